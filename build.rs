//! Puts the rule files of `rules/` into the program as plain data, so that a run reads no rule file: the texts, the
//! sets of requests as the policy documents that the program's own parser reads, the schemas and the examples as JSON
//! (read when asked for). A new rule file is found by itself. `src/rules/load/builtin.rs` has the form of what is
//! written here; a test holds it against the files read as a user's would be.
//!
//! Likewise the two long tables of `src/aws/data/`, the actions and the condition keys: every run needs them, and reading
//! them took a quarter of a short one.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "src/aws/probe.rs"]
mod probe;

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
        out.push_str(&literal(&rule).map_err(|e| format!("rules/{name}: {e}"))?);
    }
    out.push(']');
    let folder = env::var("OUT_DIR")?;
    let folder = Path::new(&folder);
    fs::write(folder.join("rules.rs"), out)?;
    println!("cargo::rerun-if-changed=src/aws/data");
    println!("cargo::rerun-if-changed=src/aws/probe.rs");
    let (keys, listed) = condition_keys()?;
    fs::write(folder.join("condition_keys.rs"), keys)?;
    fs::write(folder.join("actions.rs"), actions(&listed)?)?;
    link_for_a_quick_start();
    Ok(())
}

/// On Linux (`x86_64`, glibc), what the loader does before the program starts is a third of the time that checking one file takes.
///
/// - A program that can be loaded anywhere has 25,000 addresses to write: it is linked for a fixed one. Its libraries, stack and
///   heap still stand at random places.
/// - `libgcc_s.so`, which unwinds after a panic, is one library more to find, map and bind: its static form is linked where the
///   compiler has it.
fn link_for_a_quick_start() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    if !is("CARGO_CFG_TARGET_OS", "linux")
        || !is("CARGO_CFG_TARGET_ENV", "gnu")
        || !is("CARGO_CFG_TARGET_ARCH", "x86_64")
    {
        return;
    }
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // Another machine's linker would have to be asked; a sanitizer brings an unwinder of its own.
    let is_asked = env::var("HOST") == env::var("TARGET") && env::var_os("CARGO_CFG_SANITIZE").is_none();
    if let Some(folder) = is_asked.then(static_unwinder).flatten() {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// The folder of `libgcc_eh.a`, if the linker's driver knows one. It prints the bare name when it does not.
fn static_unwinder() -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let driver = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let said = Command::new(driver).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let file = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim_end());
    (file.is_absolute() && file.is_file()).then(|| file.parent().map(Path::to_owned))?
}

/// One rule as a Rust literal.
fn literal(rule: &Value) -> Result<String> {
    let mut out = String::from("    Builtin { ");
    for name in ["id", "title", "message"] {
        write!(out, "{name}: {:?}, ", text(&rule[name])?)?;
    }
    for name in ["help", "explanation", "reference", "since", "holds"] {
        write!(out, "{name}: {:?}, ", rule.get(name).map(text).transpose()?)?;
    }
    write!(out, "severity: Severity::{}", variant(&rule["severity"])?)?;
    write!(out, ", applies_to: &[{}]", list(rule.get("applies_to"), "PolicyKind::")?)?;
    let cases = rule.get("severity_if").and_then(Value::as_object).into_iter().flatten();
    let case = |(outcome, severity): (&String, &Value)| -> Result<String> {
        let outcome = variant(&Value::String(outcome.clone()))?;
        Ok(format!("(Outcome::{outcome}, Severity::{})", variant(severity)?))
    };
    write!(out, ", severity_if: &[{}]", cases.map(case).collect::<Result<Vec<_>>>()?.join(", "))?;
    let cases = rule.get("message_if").and_then(Value::as_object).into_iter().flatten();
    let case = |(outcome, message): (&String, &Value)| -> Result<String> {
        Ok(format!("(Outcome::{}, {:?})", variant(&Value::String(outcome.clone()))?, text(message)?))
    };
    write!(out, ", message_if: &[{}]", cases.map(case).collect::<Result<Vec<_>>>()?.join(", "))?;
    let unless = rule.get("unless").and_then(Value::as_array).into_iter().flatten();
    write!(out, ", unless: &{:?}", unless.map(text).collect::<Result<Vec<_>>>()?)?;
    write!(out, ", fix: {}, body: {}", fix(rule)?, body(rule)?)?;
    let asked = rule.get("requests").unwrap_or(&Value::Null).to_string();
    let examples = rule.get("examples").unwrap_or(&Value::Null).to_string();
    writeln!(out, ", requests: {asked:?}, examples: {examples:?} }},")?;
    Ok(out)
}

/// What may be done, in JSON.
fn fix(rule: &Value) -> Result<String> {
    let Some(fix) = rule.get("fix") else { return Ok("None".to_owned()) };
    let (kind, value) = fix.as_object().and_then(|f| f.iter().next()).ok_or("`fix` is empty")?;
    let mut value = value.clone();
    value.sort_all_objects();
    Ok(format!("Some(BuiltinFix::{}({:?}))", variant(&Value::String(kind.clone()))?, value.to_string()))
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

/// The lines of a file of AWS facts, each in its `N` fields.
fn rows<const N: usize>(name: &str) -> Result<Vec<[String; N]>> {
    let text = fs::read_to_string(Path::new("src/aws/data").join(name))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let row = |(number, line): (usize, &str)| {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        fields.try_into().map_err(|_| format!("{name}:{}: not {N} fields", number + 1).into())
    };
    lines.map(row).collect()
}

/// The members of a list field: separated by commas, `-` when there are none.
fn members(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').filter(|member| *member != "-")
}

/// Which of two words a field is.
fn is_first(field: &str, first: &str, second: &str) -> Result<bool> {
    if field == first || field == second {
        Ok(field == first)
    } else {
        Err(format!("`{field}` is neither `{first}` nor `{second}`").into())
    }
}

/// The condition keys as Rust literals, and the names of those that have a number: the listed ones.
fn condition_keys() -> Result<(String, Vec<String>)> {
    let (mut out, mut listed) = (String::new(), Vec::new());
    let mut names = Vec::new();
    for (index, row) in rows::<9>("condition-keys.tsv")?.into_iter().enumerate() {
        let [name, types, multiplicity, scope, presence, sensitive, values, mark, summary] = row;
        let (key_type, other) = types.split_once('|').map_or((&*types, None), |(a, b)| (a, Some(b)));
        let number = is_first(&scope, "listed", "global")?.then_some(listed.len());
        writeln!(
            out,
            "    ConditionKey {{ name: {name:?}, index: {index}, key_type: KeyType::{key_type}, \
             other_type: {}, multivalued: {}, presence: Presence::{presence}, inferred: {}, sensitive: {}, \
             variable_part: {}, values: &{:?}, summary: {summary:?}, listed: {number:?} }},",
            other.map_or_else(|| "None".to_owned(), |other| format!("Some(KeyType::{other})")),
            is_first(&multiplicity, "multi", "single")?,
            is_first(&mark, "I", "D")?,
            is_first(&sensitive, "sensitive", "-")?,
            name.ends_with('/'),
            members(&values).collect::<Vec<_>>(),
        )?;
        listed.extend(number.map(|_| name.clone()));
        names.push(name);
    }
    if listed.len() > 128 {
        return Err("more than 128 listed keys: widen `Action::keys`".into());
    }
    Ok((lookup(&out, &names), listed))
}

/// The actions as Rust literals; each has a bit for every key that it or one of its resource types lists.
fn actions(listed: &[String]) -> Result<String> {
    let bits = |names: &str, common: u128| {
        members(names).try_fold(0, |bits, name| match listed.iter().position(|key| key == name) {
            Some(number) => Ok(bits | 1 << number),
            None if name == "@common" => Ok(bits | common),
            None => Err(format!("condition key `{name}` is not listed in condition-keys.tsv")),
        })
    };
    let groups = rows::<2>("key-groups.tsv")?;
    let [[group, common]] = groups.as_slice() else { return Err("not one group of keys".into()) };
    if group != "@common" {
        return Err(format!("unknown group `{group}`").into());
    }
    let common = bits(common, 0)?;
    let types = rows::<3>("resource-types.tsv")?;
    let (mut out, mut names) = (String::new(), Vec::new());
    for (index, [name, access, resources, own_keys]) in rows::<4>("actions.tsv")?.into_iter().enumerate() {
        let (mut keys, mut numbers) = (bits(&own_keys, common)?, Vec::new());
        for resource in members(&resources) {
            let row = types.iter().enumerate().find(|(_, [name, ..])| name == resource);
            let (number, [_, _, inherited]) =
                row.ok_or_else(|| format!("unknown resource type `{resource}`"))?;
            keys |= bits(inherited, common)?;
            numbers.push(format!("ResourceType::ALL[{number}]"));
        }
        writeln!(
            out,
            "    Action {{ name: {name:?}, index: {index}, access: {access:?}, resources: &[{}], keys: {keys} }},",
            numbers.join(", "),
        )?;
        names.push(name);
    }
    Ok(lookup(&out, &names))
}

/// Rows and the hash table of their names as a Rust literal; a half or less of the table is in use. Of names that differ in
/// letter case only, the first is found.
fn lookup(rows: &str, names: &[String]) -> String {
    let mut places = vec![0; (2 * names.len()).next_power_of_two()];
    for (number, name) in (1..).zip(names) {
        let free = probe::probe(places.len(), name).find(|at| places.get(*at) == Some(&0));
        if let Some(place) = free.and_then(|at| places.get_mut(at)) {
            *place = number;
        }
    }
    format!("Lookup {{ rows: &[\n{rows}], places: &{places:?} }}")
}
