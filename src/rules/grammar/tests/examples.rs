//! The examples of the rule files: each passing one without a problem of its rule, each failing one with at least one.

use super::super::CHECKS;
use super::lint;
use crate::policy::PolicyKind;
use serde_json::Value;

fn rules() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with("policy-"))
        .collect();
    files.sort();
    let read =
        |path: &std::path::PathBuf| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rules: Vec<Value> = files.iter().map(read).collect();
    rules.into_iter().filter(|r: &Value| r.get("check").is_some() || r.get("schema").is_some()).collect()
}

#[test]
fn every_example_does_as_it_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for rule in rules() {
        let id = rule["id"].as_str().unwrap();
        if ["policy-syntax", "policy-kind-unknown", "policy-not-found", "policy-not-read"].contains(&id) {
            continue;
        }
        for (group, must_fire) in [("pass", false), ("fail", true)] {
            let examples = rule["examples"][group].as_array().unwrap();
            assert!(examples.len() >= 2, "{id}: fewer than two of {group}");
            for example in examples {
                let text = match &example["text"] {
                    Value::String(text) => text.clone(),
                    _ => serde_json::to_string_pretty(&example["policy"]).unwrap(),
                };
                let kinds = match example["kind"].as_str() {
                    Some("bucket") => vec![PolicyKind::Bucket],
                    Some("endpoint") => vec![PolicyKind::Endpoint],
                    _ => vec![PolicyKind::Bucket, PolicyKind::Endpoint],
                };
                for kind in kinds {
                    count += 1;
                    let found = lint(&text, Some(kind));
                    let others: Vec<_> =
                        found.iter().filter(|p| p.rule != id).map(|p| (&p.rule, &p.message)).collect();
                    let fires = found.iter().any(|p| p.rule == id);
                    if fires != must_fire {
                        wrong.push(format!(
                            "{id} {group} `{}` {kind}: {:?}",
                            example["name"],
                            found.iter().map(|p| &p.message).collect::<Vec<_>>()
                        ));
                    }
                    // An example shows one rule.
                    if !others.is_empty() {
                        wrong.push(format!("{id} {group} `{}` {kind} also: {others:?}", example["name"]));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 150, "only {count} examples ran");
}

#[test]
fn rule_files_are_whole() {
    let rules = rules();
    assert_eq!(rules.len(), CHECKS.len() + 3, "each check and each schema has its file");
    for rule in &rules {
        let id = rule["id"].as_str().unwrap();
        assert!(id.starts_with("policy-"));
        assert!(rule.get("check").is_some() != rule.get("schema").is_some(), "{id}");
        if let Some(check) = rule.get("check") {
            assert!(CHECKS.contains(&check.as_str().unwrap()), "{id}: {check}");
        }
        for member in ["title", "severity", "since", "message", "help", "explanation", "reference"] {
            assert!(rule[member].as_str().is_some_and(|t| !t.is_empty()), "{id}: {member}");
        }
        for line in ["message", "help"] {
            let text = rule[line].as_str().unwrap();
            let name = ["S3 ", "EC2 "].iter().any(|n| text.starts_with(n));
            let capital = text.starts_with(|c: char| c.is_ascii_uppercase());
            assert!(!text.ends_with('.') && (name || !capital), "{id}: {text}");
        }
    }
}
