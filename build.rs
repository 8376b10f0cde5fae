//! Puts the rule files of `rules/` into the program as plain data, so that a run reads no rule file: the texts, the
//! sets of requests as the policy documents that the program's own parser reads, the schemas and the examples as JSON
//! (read when asked for). A new rule file is found by itself. `src/rules/load/builtin.rs` has the form of what is
//! written here; a test holds it against the files read as a user's would be.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let mut files: Vec<_> = fs::read_dir("rules")?.collect::<std::result::Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut out = String::from("&[\n");
    for file in files {
        let path = file.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let is_rule = path.extension().is_some_and(|e| e == "json") && !name.ends_with(".schema.json");
        if !is_rule {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        let rule: Value =
            serde_json::from_str(&fs::read_to_string(&path)?).map_err(|e| format!("rules/{name}: {e}"))?;
        out.push_str(&literal(&name, &rule).map_err(|e| format!("rules/{name}: {e}"))?);
    }
    out.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("rules.rs"), out)?;
    Ok(())
}

/// One rule as a Rust literal.
fn literal(file: &str, rule: &Value) -> Result<String> {
    let mut out = format!("    Builtin {{ file: {file:?}");
    for name in ["id", "title", "message"] {
        write!(out, ", {name}: {:?}", text(&rule[name])?)?;
    }
    for name in ["help", "explanation", "reference", "since"] {
        write!(out, ", {name}: {:?}", rule.get(name).map(text).transpose()?)?;
    }
    write!(out, ", severity: Severity::{}", variant(&rule["severity"])?)?;
    write!(out, ", applies_to: &[{}]", list(rule.get("applies_to"), "PolicyKind::")?)?;
    let cases = rule.get("severity_if").and_then(Value::as_object).into_iter().flatten();
    let case = |(outcome, severity): (&String, &Value)| -> Result<String> {
        let outcome = variant(&Value::String(outcome.clone()))?;
        Ok(format!("(Outcome::{outcome}, Severity::{})", variant(severity)?))
    };
    write!(out, ", severity_if: &[{}]", cases.map(case).collect::<Result<Vec<_>>>()?.join(", "))?;
    let unless = rule.get("unless").and_then(Value::as_array).into_iter().flatten();
    write!(out, ", unless: &{:?}", unless.map(text).collect::<Result<Vec<_>>>()?)?;
    write!(out, ", body: {}", body(rule)?)?;
    let asked = rule.get("requests").unwrap_or(&Value::Null).to_string();
    let examples = rule.get("examples").unwrap_or(&Value::Null).to_string();
    writeln!(out, ", requests: {asked:?}, examples: {examples:?} }},")?;
    Ok(out)
}

fn body(rule: &Value) -> Result<String> {
    if let Some(check) = rule.get("check") {
        return Ok(format!("BuiltinBody::Check({:?})", text(check)?));
    }
    if let Some(schema) = rule.get("schema") {
        return Ok(format!("BuiltinBody::Schema({:?})", schema.to_string()));
    }
    let (sets, expect) = question(rule)?;
    let only_if = match rule.get("only_if") {
        Some(condition) => {
            let (sets, expect) = question(condition)?;
            format!("Some((&{sets:?}, {expect}))")
        }
        None => "None".to_owned(),
    };
    Ok(format!("BuiltinBody::Decision {{ requests: &{sets:?}, expect: {expect}, only_if: {only_if} }}"))
}

/// Sets of requests, each as a policy document, and what must hold for them.
fn question(rule: &Value) -> Result<(Vec<String>, String)> {
    let requests = rule.get("requests").ok_or("neither `requests` nor `schema` nor `check`")?;
    let sets = requests.as_array().map_or(std::slice::from_ref(requests), Vec::as_slice);
    let document = |set: &Value| {
        let mut set = set.clone();
        set.sort_all_objects();
        format!("{{\"Statement\":[{set}],\"Version\":\"2012-10-17\"}}")
    };
    let expect = rule.get("expect").and_then(Value::as_object).and_then(|e| e.iter().next());
    let (form, outcome) = expect.ok_or("no `expect`")?;
    let expect =
        format!("Expect::{}(Outcome::{})", variant(&Value::String(form.clone()))?, variant(outcome)?);
    Ok((sets.iter().map(document).collect(), expect))
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| format!("a text is missing or is no text: {value}").into())
}

/// `explicitDeny` and `some_action` as variants: the compiler refuses those that do not exist.
fn variant(value: &Value) -> Result<String> {
    let words = text(value)?.split('_');
    Ok(words.filter_map(|w| w.split_at_checked(1)).map(|(a, b)| a.to_uppercase() + b).collect())
}

fn list(values: Option<&Value>, prefix: &str) -> Result<String> {
    let values = values.and_then(Value::as_array).ok_or("`applies_to` is no list")?;
    let values: Vec<String> =
        values.iter().map(|v| Ok(prefix.to_owned() + &variant(v)?)).collect::<Result<_>>()?;
    Ok(values.join(", "))
}
