//! Rule files and configurations that are hostile, or huge.

use super::text::EVIL;
use super::{FULL, Folder};
use serde_json::{Value, json};

fn rule() -> Value {
    let policy = |effect: &str| {
        json!([{ "name": effect, "policy": {
            "Version": "2012-10-17",
            "Statement": { "Effect": effect, "Principal": "*", "Action": "*", "Resource": "*" }
        } }])
    };
    json!({
        "id": "my-rule", "title": "T", "applies_to": ["endpoint"], "severity": "error", "message": "m",
        "requests": { "Principal": "*", "Action": "s3:GetObject" }, "expect": { "all": "explicitDeny" },
        "examples": { "pass": policy("Deny"), "fail": policy("Allow") }
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut rule = rule();
    rule[name] = value;
    rule
}

fn form(schema: Value) -> Value {
    let mut rule = with("schema", schema);
    rule.as_object_mut().unwrap().retain(|name, _| name != "requests" && name != "expect");
    rule
}

fn folder(rule: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::with("rules/r.json", rule);
    folder.add("p.json", FULL);
    folder
}

/// Every command that loads rules refuses this one, with its place.
#[track_caller]
fn refused(rule: impl AsRef<[u8]>) {
    let folder = folder(rule);
    for args in [
        &["check", "--rules", "rules", "p.json"][..],
        &["check", "--rules", "rules", "p.json", "--format", "json"],
        &["check", "--rules", "rules", "p.json", "--color", "always"],
        &["rules", "--rules", "rules"],
        &["explain", "my-rule", "--rules", "rules"],
        &["test", "rules"],
    ] {
        let outcome = folder.run(args).is(2);
        assert!(outcome.err.contains("r.json:"), "{}", outcome.err);
        assert_eq!(outcome.out, "", "{args:?}");
    }
}

/// Every command that loads rules takes this one; `check` ends with findings. Whether its examples pass.
#[track_caller]
fn taken(rule: &Value) -> bool {
    let folder = folder(rule.to_string());
    folder.run(&["check", "--rules", "rules", "p.json"]).is(1);
    folder.run(&["check", "--rules", "rules", "p.json", "--color", "always"]).is(1);
    folder.run(&["check", "--rules", "rules", "p.json", "--format", "json"]).is(1).json();
    folder.run(&["rules", "--rules", "rules"]).is(0);
    folder.run(&["rules", "--rules", "rules", "--format", "json"]).is(0).json();
    folder.run(&["explain", "my-rule", "--rules", "rules"]).is(0);
    let outcome = folder.run(&["test", "rules"]);
    let code = outcome.code;
    outcome.is(code);
    assert!(code < 2);
    code == 0
}

#[test]
fn text_in_rules_is_shown_harmlessly() {
    let mut all = rule();
    for name in ["title", "help", "explanation"] {
        all[name] = json!(EVIL);
    }
    // An explanation has lines of its own, which may say what they like but give no orders.
    all["explanation"] = json!(EVIL.replace("error: forged", "forged"));
    all["message"] = json!(format!("m {EVIL}"));
    all["reference"] = json!(format!("https://example.com/{EVIL}"));
    assert!(taken(&all));
    let named = json!([{ "name": EVIL, "text": EVIL }]);
    assert!(!taken(&with("examples", json!({ "pass": named, "fail": named }))));
    assert!(!taken(&form(
        json!({ "required": [EVIL], "properties": { EVIL: false, "Version": { "enum": [EVIL] } } })
    )));
    for (name, value) in [
        ("id", json!("my\nrule")),
        ("id", json!(EVIL)),
        (EVIL, json!(EVIL)),
        ("severity", json!(EVIL)),
        ("unless", json!([EVIL])),
        ("unless", json!(["no-such-rule"])),
        ("unless", json!(["my-rule"])),
        ("requests", json!({ EVIL: EVIL })),
        ("requests", json!({ "Action": EVIL, "Condition": { EVIL: { EVIL: EVIL } } })),
        ("requests", serde_json::from_str(&format!("{}{}", "[".repeat(60), "]".repeat(60))).unwrap()),
        ("check", json!(EVIL)),
    ] {
        let folder = folder(with(name, value).to_string());
        folder.run(&["check", "--rules", "rules", "p.json"]).is(2);
        folder.run(&["test", "rules", "--color", "always"]).is(2);
    }
    let folder = Folder::with(format!("rules/{}.json", EVIL.replace(['/', '\0'], "")), "{");
    folder.run(&["rules", "--rules", "rules"]).is(2);
    let folder = Folder::with(format!("{}/r.json", EVIL.replace(['/', '\0'], "")), "{");
    folder.run(&["rules", "--rules", &EVIL.replace(['/', '\0'], "")]).is(2);
}

#[test]
fn rule_files_that_are_huge_deep_or_no_json() {
    refused(" ".repeat(16 << 20));
    refused("[".repeat(100_000));
    refused(form(json!({ "not": 7 })).to_string().replace('7', &"[".repeat(100_000)));
    refused(form(json!({ "not": 7 })).to_string().replace('7', &"{\"not\":".repeat(100_000)));
    refused([0; 1000]);
    refused([0xff; 1000]);
    refused("");
    refused(b"\xff\xfe{\0}\0");
    refused(EVIL);
}

#[test]
fn schemas_that_lead_elsewhere_or_in_circles() {
    for reference in
        ["http://127.0.0.1:9/x", "file:///etc/passwd", "other.json", "#/$defs/none", "urn:x", EVIL]
    {
        refused(form(json!({ "$ref": reference })).to_string());
    }
    for schema in [
        json!({ "$ref": "#" }),
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
        json!({ "$dynamicRef": "#x", "$dynamicAnchor": "x" }),
        json!({ "allOf": vec![json!({ "anyOf": vec![json!({ "oneOf": vec![json!({ "type": "object" }); 15] }); 15] }); 15] }),
    ] {
        taken(&form(schema));
    }
}

/// A pattern either cannot be used, which is said when it is loaded, or it is matched, in linear time.
#[test]
fn patterns_that_blow_up() {
    let open = format!("({EVIL}");
    for pattern in ["((a{1,1000}){1,1000}){1,1000}", "(a+)+\\1", "^(a|a)*(?!b)c$", "(?<=a)b", "(", &open] {
        refused(form(json!({ "properties": { "Version": { "pattern": pattern } } })).to_string());
    }
    // As it is, it is a pattern: what stands in its brackets are classes.
    taken(&form(json!({ "properties": { "Version": { "pattern": EVIL } } })));
    for pattern in ["^(a+)+$", "^((a|a)*)*c$", "^(.*a){12}$", "^[a-b]{0,900}c$"] {
        let folder = folder(form(json!({ "properties": { "Version": { "pattern": pattern } } })).to_string());
        folder.add("p.json", FULL.replace("2012-10-17", &("a".repeat(500_000) + "!")));
        let args = ["check", "--rules", "rules", "--kind", "endpoint", "--format", "json", "p.json"];
        let rules = folder.run(&args).is(1).rules();
        assert!(rules.contains(&"my-rule".to_owned()), "{pattern}: {rules:?}");
    }
}

#[test]
fn thousands_of_sets_patterns_and_conditions() {
    let pattern = |i: usize| format!("arn:aws:s3:::b{i}*x*y*{i}/*");
    let sets: Vec<Value> =
        (0..2_000).map(|i| json!({ "Action": "s3:GetObject", "Resource": pattern(i) })).collect();
    let patterns: Vec<String> = (0..2_000).map(pattern).collect();
    let values: Vec<String> = (0..50).map(|i| format!("*a*{i}*")).collect();
    let conditions: Value = (0..100).map(|i| (format!("aws:PrincipalTag/{i}"), json!(values))).collect();
    for requests in [
        json!(sets),
        json!({ "Action": "s3:GetObject", "Resource": patterns }),
        json!({ "Action": "s3:GetObject", "Condition": { "StringLike": conditions } }),
    ] {
        taken(&with("requests", requests));
    }
}

/// Refused with 2, harmlessly, as a named file and as one that is found.
#[track_caller]
fn bad_config(text: impl AsRef<[u8]>) {
    let folder = Folder::with("p.json", FULL);
    folder.add("ringfence.toml", text);
    for args in [&["check"][..], &["check", "--config", "ringfence.toml", "--color", "always", "p.json"]] {
        let outcome = folder.run(args).is(2);
        assert!(outcome.err.contains("configuration"), "{}", outcome.err);
        assert!(outcome.err.len() < 4_000, "{}", outcome.err.len());
    }
}

#[test]
fn configurations_that_cannot_be_used() {
    bad_config(EVIL);
    for escape in ["\\u001b[31m\\u202e\\n::error::x", "##[error]x", "\u{202e}\u{2028} ::error \u{85}"] {
        bad_config(format!("\"{escape}\" = 1"));
        for key in
            ["vpcs", "vpc_endpoints", "accounts", "organizations", "buckets", "principals", "ip_ranges"]
        {
            bad_config(format!("[trusted]\n{key} = [\"arn:{escape}\"]"));
        }
        bad_config(format!("regions = [\"{escape}\"]"));
        bad_config(format!("[kinds]\nbucket = [\"a***{escape}\"]"));
        bad_config(format!("exclude = [\"a***{escape}\"]"));
        bad_config(format!("[rules]\n\"{escape}\" = \"off\""));
        bad_config(format!("[rules]\npolicy-syntax = \"{escape}\""));
        bad_config(format!("[[paths]]\npath = \"a***{escape}\"\nrules = {{}}"));
        bad_config(format!("[[ignore]]\nrule = \"{escape}\"\npath = \"*\"\nreason = \"x\""));
        bad_config(format!(
            "[[ignore]]\nrule = \"policy-syntax\"\npath = \"*\"\nreason = \"x\"\npointer = \"{escape}\""
        ));
        bad_config("[kinds]\nbucket = ['''\n::error::x\n***''']");
    }
    bad_config(format!("a={}", "[".repeat(100_000)));
    bad_config(format!("a={}", "{a=".repeat(100_000)));
    bad_config(format!("a{}=1", ".a".repeat(100_000)));
    bad_config(format!("[a{}]", ".a".repeat(100_000)));
    bad_config((0..60_000).map(|i| format!("k{i}=1\n")).collect::<String>());
    bad_config([0; 1000]);
    bad_config([0xff; 1000]);
    bad_config(b"\xff\xfea\0=\x001\0");
    bad_config(format!("#{}\n", "x".repeat(1 << 20)));
    bad_config("#\n".repeat(8 << 20));
}

#[test]
fn configurations_of_thousands_of_values() {
    let list = |value: fn(usize) -> String| (0..10_000).map(value).collect::<Vec<String>>().join(",");
    let folder = Folder::with("p.json", FULL);
    for text in [
        format!("[trusted]\naccounts=[{}]", list(|i| format!("\"{i:012}\""))),
        format!("[trusted]\nbuckets=[{}]", list(|i| format!("\"bucket-{i}\""))),
        format!("[trusted]\nvpcs=[{}]", list(|i| format!("\"vpc-{i:017x}\""))),
        format!("[trusted]\nip_ranges=[{}]", list(|i| format!("\"10.{}.{}.0/24\"", i / 256, i % 256))),
        format!("[kinds]\nbucket=[{}]", list(|i| format!("\"**/*a*b*{i}/**\""))),
    ] {
        folder.add("ringfence.toml", text);
        folder.run(&["check", "--format", "json"]).is(1).json();
    }
}

/// What entries say is shown harmlessly, whatever is in it.
#[test]
fn text_in_entries_is_shown_harmlessly() {
    let folder = Folder::with("endpoint.json", FULL);
    for escape in ["\\u001b[31m\\u202e\\n::error::x", "##[error]x", "\\u202e\\u2028\\n::error \\u0085"] {
        let entry = |rule: &str, more: &str| {
            format!("[[ignore]]\nrule = \"{rule}\"\npath = \"*\"\nreason = \"{escape}\"\n{more}\n")
        };
        let unused = entry("bucket-vpc-only", &format!("sid = \"{escape}\""))
            + &entry("bucket-vpc-only", &format!("pointer = \"/{escape}\""));
        folder.add("ringfence.toml", entry("endpoint-full-access", "until = 2000-01-01") + &unused);
        for args in [
            &["check"][..],
            &["check", "--color", "always"],
            &["check", "--format", "json"],
            &["config"],
            &["config", "endpoint.json"],
            &["config", "--format", "json"],
        ] {
            let outcome = folder.run(args);
            let code = outcome.code;
            assert!(code < 2, "{}", outcome.err);
            outcome.is(code);
        }
    }
    let evil = EVIL.replace('\0', "");
    let outcome = folder.run(&["config", &evil]);
    outcome.is(0);
    folder.add("ringfence.toml", "rule_folders = [\"no-such\\u001b[31m\\n::error::x##[error]\"]");
    folder.run(&["check"]).is(2);
}

/// Names of files that are hostile come into the configuration that `init` writes, harmlessly, and it can be read.
#[test]
fn hostile_names_are_written_harmlessly() {
    let folder = Folder::new();
    for name in [
        "\u{1b}[31m.json",
        "a\n::error::x.json",
        "\"]\n[trusted].json",
        "\\u0041.json",
        "{*}[?].json",
        "\u{202e}x.json",
        "\u{7f}\u{85}.json",
    ] {
        folder.add(name, FULL);
        folder.add(format!("{name}/p.json").replace(".json/", "/"), FULL);
    }
    let before = folder.run(&["check", "--format", "json"]).is(1).json();
    folder.run(&["init"]).is(0);
    super::harmless(&std::fs::read_to_string(folder.path().join("ringfence.toml")).unwrap());
    folder.run(&["config"]).is(0);
    let after = folder.run(&["check", "--format", "json"]).is(1).json();
    assert_eq!(before["findings"], after["findings"]);
    assert!(after["files"].as_array().unwrap().iter().all(|f| f["policies"][0]["kind_from"] == "config"));
}

#[test]
fn thousands_of_entries() {
    let folder = Folder::with("endpoint.json", FULL);
    let many = |entry: fn(usize) -> String| (0..5_000).map(entry).collect::<String>();
    for text in [
        many(|i| {
            format!(
                "[[ignore]]\nrule = \"endpoint-full-access\"\npath = \"**/*a*{i}*/x\"\nsid = \"{i}\"\nreason = \"x\"\n"
            )
        }),
        many(|i| {
            format!(
                "[[ignore]]\nrule = \"endpoint-full-access\"\npath = \"*\"\npointer = \"/Statement/{i}\"\nreason = \"x\"\n"
            )
        }),
        many(|i| format!("[[paths]]\npath = \"**/*{i}*\"\nrules = {{ endpoint-full-access = \"note\" }}\n")),
        format!("exclude = [{}]", many(|i| format!("\"**/*a*b*{i}/**\","))),
        format!(
            "include = [{}]",
            many(|i| format!("\"**/*a*b*{i}/**\",")).replace("\"**/*a*b*0/**\"", "\"*.json\"")
        ),
    ] {
        folder.add("ringfence.toml", text);
        folder.run(&["check", "--format", "json"]).is(1).json();
        folder.run(&["config"]).is(0);
    }
}

/// Patterns that take exponential time when every way to match them is tried.
#[test]
fn patterns_for_paths_that_blow_up() {
    let folder = Folder::new();
    let deep = format!("{}/", "a".repeat(60)).repeat(30);
    folder.add(format!("{deep}p.json"), FULL);
    for pattern in [
        format!("**/{}b/p.json", "*a".repeat(30)),
        format!("{}b", "**/*a*/".repeat(60)),
        format!("{}b", "**/".repeat(20_000)),
        format!("{}b", "*/".repeat(20_000)),
        format!("{}b", "*a".repeat(20_000)),
        format!("**/{}b", "[a-z]*".repeat(5_000)),
    ] {
        let outcome = folder.run(&["check", &pattern]).is(2);
        assert!(outcome.err.contains("matches no file"), "{}", outcome.err);
        folder.add("ringfence.toml", format!("[kinds]\nbucket = [\"{pattern}\"]"));
        let json = folder.run(&["check", "--format", "json"]).is(1).json();
        assert_eq!(json["files"][0]["policies"][0]["kind"], "endpoint");
        std::fs::remove_file(folder.path().join("ringfence.toml")).unwrap();
    }
}
