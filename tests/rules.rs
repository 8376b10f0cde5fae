//! The built-in rules against their own examples, and rule files that a user adds: used when good, refused with their
//! place when broken.

#![allow(
    clippy::similar_names,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_docs_in_private_items,
    reason = "tests"
)]

use ringfence::config::Trusted;
use ringfence::engine::evaluate;
use ringfence::finding::{Finding, Verdict};
use ringfence::policy::{Policy, PolicyKind, lower};
use ringfence::rules::decide::{Given, decide};
use ringfence::rules::{Body, Example, Rule, RuleError, RuleSet};
use ringfence::source::parse;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer examples of either sort than this are too few to trust a built-in decision rule.
const FEWEST: usize = 4;

fn run(rules: &RuleSet, policy: &Policy, trusted: Option<&Trusted>) -> Vec<Finding> {
    let nothing = Trusted::default();
    decide(rules, policy, Given { trusted: trusted.unwrap_or(&nothing), regions: &[] })
}

fn policies(text: &str, kind: PolicyKind) -> Vec<Policy> {
    parse(text.as_bytes()).documents.iter().map(|document| lower(document, kind)).collect()
}

/// What is wrong with what the rules say of an example; empty when all is well.
fn judge(rules: &RuleSet, rule: &Rule, example: &Example, fires: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut complain = |what: String| out.push(format!("{}: `{}`: {what}", rule.id, example.name));
    let policies = policies(&example.text, example.kind.unwrap_or(rule.applies_to[0]));
    if policies.is_empty() {
        complain("holds no document".to_owned());
    }
    let mut fired = false;
    for policy in &policies {
        if let Some(unreadable) = policy.statements.iter().flat_map(|s| &s.unreadable).next() {
            complain(format!("cannot be read: {}", unreadable.reason));
        }
        for finding in run(rules, policy, example.trusted.as_ref()) {
            if let Some(witness) = &finding.witness {
                let decision = evaluate(policy, &witness.request);
                if decision != witness.decision {
                    complain(format!(
                        "{}: the witness is said to get {}, and gets {decision}",
                        finding.rule, witness.decision
                    ));
                }
            } else if finding.verdict == Verdict::Violated && finding.rule == rule.id {
                complain("fires without a witness".to_owned());
            }
            if finding.rule == rule.id {
                match finding.verdict {
                    Verdict::Violated => fired = true,
                    Verdict::Undecided => complain(format!("undecided: {}", finding.span_message)),
                }
            }
        }
    }
    match (fired, fires) {
        (true, false) => complain("fires, and should be silent".to_owned()),
        (false, true) => complain("is silent, and should fire".to_owned()),
        _ => {}
    }
    out
}

#[test]
fn every_example_of_a_decision_rule_comes_out_as_it_says() {
    let rules = RuleSet::builtin().unwrap();
    let mut work = Vec::new();
    for rule in rules.rules().iter().filter(|r| matches!(r.body, Body::Decision { .. })) {
        let examples = rule.examples().unwrap();
        assert!(examples.pass.len() >= FEWEST, "{}: too few passing examples", rule.id);
        assert!(examples.fail.len() >= FEWEST, "{}: too few failing examples", rule.id);
        work.extend(examples.pass.into_iter().map(|e| (rule, e, false)));
        work.extend(examples.fail.into_iter().map(|e| (rule, e, true)));
    }
    assert!(work.len() >= 200, "only {} examples", work.len());
    // Two threads, for an unoptimized build: the examples depend on nothing of one another.
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((rule, example, fires)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().unwrap().extend(judge(&rules, rule, example, *fires));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_decision_rule_says_what_a_reader_needs() {
    for rule in RuleSet::builtin().unwrap().rules().iter().filter(|r| matches!(r.body, Body::Decision { .. }))
    {
        let id = &rule.id;
        assert!(rule.explanation.as_ref().is_some_and(|e| e.len() > 200), "{id}: explanation");
        assert!(rule.help.as_ref().is_some_and(|h| !h.ends_with('.')), "{id}: help");
        assert!(rule.reference.as_ref().is_some_and(|r| r.starts_with("https://")), "{id}: reference");
        assert!(
            !rule.message.ends_with('.') && rule.message.starts_with(char::is_lowercase),
            "{id}: message"
        );
        assert!(!rule.title.ends_with('.') && rule.title.starts_with(char::is_uppercase), "{id}: title");
        let examples = rule.examples().unwrap();
        let mut names: Vec<_> = examples.pass.iter().chain(&examples.fail).map(|e| &e.name).collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "{id}: two examples have one name");
    }
}

/// The schema is a good JSON Schema, every rule file meets it, and every rule file is loaded.
#[test]
fn built_in_rule_files_meet_the_rule_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let read =
        |path: &Path| -> Value { serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() };
    let schema = read(&folder.join("rule.schema.json"));
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".schema.json") || !name.ends_with(".json") {
            continue;
        }
        files += 1;
        let rule = read(&path);
        let errors: Vec<_> =
            validator.iter_errors(&rule).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
        assert_eq!(
            format!("{}.json", rule["id"].as_str().unwrap()),
            name,
            "a rule's file is called after it"
        );
    }
    assert!(files >= 10);
    assert_eq!(files, RuleSet::builtin().unwrap().rules().len());
}

/// A folder for one test's rule files, removed with its last use.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("ringfence-rules-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    fn load(&self) -> Result<RuleSet, RuleError> {
        let mut rules = RuleSet::builtin().unwrap();
        let before: Vec<_> = rules.rules().iter().map(|r| r.id.clone()).collect();
        match rules.load_dir(&self.0) {
            Ok(()) => Ok(rules),
            Err(error) => {
                let after: Vec<_> = rules.rules().iter().map(|r| r.id.clone()).collect();
                assert_eq!(before, after, "nothing of a broken folder is loaded");
                Err(error)
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn bucket(statements: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A question of a user's own: may anyone change the bucket's policy from outside their administrators' role?
fn own_rule() -> Value {
    let locked = bucket(&json!([
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*BucketPolicy", "Resource": "arn:aws:s3:::b",
         "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"}}}
    ]));
    let open = bucket(&json!([
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucketPolicy", "Resource": "arn:aws:s3:::b",
         "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"}}}
    ]));
    json!({
        "id": "our-bucket-policy-stays",
        "title": "Someone else than our administrators may change the bucket's policy",
        "applies_to": ["bucket"],
        "severity": "warning",
        "requests": {
            "Principal": "*",
            "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
            "Resource": "*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"}}
        },
        "expect": {"all": "explicitDeny"},
        "message": "someone else than our administrators may change this bucket's policy",
        "examples": {
            "pass": [{"name": "denied for everyone else", "policy": locked}],
            "fail": [{"name": "deleting is denied, replacing is not", "policy": open}]
        }
    })
}

#[test]
fn a_rule_file_added_at_run_time_is_used() {
    let folder = Folder::new(&[("ours.json", &own_rule().to_string()), ("README.md", "not a rule")]);
    let rules = folder.load().unwrap();
    assert_eq!(rules.rules().len(), RuleSet::builtin().unwrap().rules().len() + 1);
    let rule = rules.get("our-bucket-policy-stays").unwrap();
    assert!(!rule.builtin);
    let examples = rule.examples().unwrap();
    assert_eq!(judge(&rules, rule, &examples.pass[0], false), Vec::<String>::new());
    assert_eq!(judge(&rules, rule, &examples.fail[0], true), Vec::<String>::new());
    let policy = &policies(&examples.fail[0].text, PolicyKind::Bucket)[0];
    let found = run(&rules, policy, None);
    let finding = found.iter().find(|f| &*f.rule == "our-bucket-policy-stays").unwrap();
    assert_eq!(finding.severity.as_str(), "warning");
    assert_eq!(finding.witness.as_ref().unwrap().request.action, "s3:PutBucketPolicy");

    // `ringfence test DIR` runs a folder's rules alone.
    let alone = RuleSet::only_dir(&folder.0).unwrap();
    assert_eq!(alone.rules().len(), 1);
}

#[test]
fn a_rule_may_refer_to_a_built_in_one() {
    let mut rule = own_rule();
    rule["unless"] = json!(["bucket-full-access"]);
    let folder = Folder::new(&[("ours.json", &rule.to_string())]);
    let rules = folder.load().unwrap();
    let anyone = bucket(
        &json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}]),
    );
    let found = run(&rules, &policies(&anyone.to_string(), PolicyKind::Bucket)[0], None);
    let ids: Vec<&str> = found.iter().map(|f| &*f.rule).collect();
    assert!(ids.contains(&"bucket-full-access"), "{ids:?}");
    assert!(!ids.contains(&"our-bucket-policy-stays"), "{ids:?}");
}

/// A rule with one thing changed, pretty-printed so that every member has its line.
fn broken(change: impl FnOnce(&mut Value)) -> String {
    let mut rule = own_rule();
    change(&mut rule);
    format!("{rule:#}")
}

/// The position, from 1, of the first place of `needle`.
fn position(text: &str, needle: &str) -> (usize, usize) {
    let before = &text[..text.find(needle).expect("the needle is in the text")];
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Loads a folder with a good rule and this one; the error must be at `needle` and speak of `about`.
fn refused(text: &str, needle: &str, about: &str) {
    let mut good = own_rule();
    good["id"] = json!("a-good-rule");
    let folder = Folder::new(&[("a-good-one.json", &good.to_string()), ("broken.json", text)]);
    let error = folder.load().expect_err(about);
    assert!(error.path.ends_with("broken.json"), "{error}");
    assert_eq!((error.line, error.column), position(text, needle), "{error}\n{text}");
    assert!(error.message.contains(about), "{error}: speaks of {about}?");
    assert!(
        error.to_string().starts_with(&format!("{}:{}:{}: ", error.path, error.line, error.column)),
        "{error}"
    );
}

#[test]
fn a_rule_file_that_is_no_json_is_refused_at_the_place() {
    let text = broken(|_| {}).replace("\"severity\": \"warning\",", "\"severity\": 'warning',");
    refused(&text, "'warning'", "quote");
    let text = "{\n  \"id\": \"x\",\n}";
    refused(text, ",\n}", "comma");
}

#[test]
fn an_unknown_member_is_refused_at_the_place() {
    refused(&broken(|r| r["sverity"] = json!("error")), "\"sverity\"", "sverity");
    refused(&broken(|r| r["examples"]["passes"] = json!([])), "\"passes\"", "passes");
    refused(
        &broken(|r| r["requests"]["Effect"] = json!("Deny")),
        "\"Effect\": \"Deny\",\n    \"Principal\"",
        "Effect",
    );
}

#[test]
fn a_wrong_value_is_refused_at_the_place() {
    refused(&broken(|r| r["expect"] = json!({"all": "denied"})), "\"denied\"", "denied");
    refused(&broken(|r| r["severity"] = json!("fatal")), "\"fatal\"", "fatal");
    refused(&broken(|r| r["id"] = json!("Our Rule")), "\"Our Rule\"", "Our Rule");
    refused(&broken(|r| r["severity_if"] = json!({"denied": "note"})), "\"denied\"", "denied");
    refused(&broken(|r| r["message_if"] = json!({"denied": "words"})), "\"denied\"", "denied");
}

#[test]
fn a_rule_without_examples_is_refused() {
    let text = broken(|r| r["examples"]["fail"] = json!([]));
    refused(&text, "[]", "");
    let text = broken(|r| {
        r.as_object_mut().unwrap().remove("examples");
    });
    refused(&text, "{", "examples");
}

#[test]
fn an_id_that_is_taken_is_refused_at_the_place() {
    refused(&broken(|r| r["id"] = json!("bucket-vpc-only")), "\"bucket-vpc-only\"", "bucket-vpc-only");
    refused(&broken(|r| r["id"] = json!("a-good-rule")), "\"a-good-rule\"", "a-good-rule");
}

#[test]
fn an_unless_to_nowhere_is_refused_at_the_place() {
    refused(&broken(|r| r["unless"] = json!(["bucket-vpc-onyl"])), "\"bucket-vpc-onyl\"", "bucket-vpc-onyl");
}

#[test]
fn a_json_schema_that_is_none_is_refused_at_the_place() {
    let text = broken(|r| {
        let rule = r.as_object_mut().unwrap();
        rule.remove("requests");
        rule.remove("expect");
        rule.insert("schema".to_owned(), json!({"type": "objekt"}));
    });
    refused(&text, "\"schema\"", "JSON Schema");
}

#[test]
fn a_question_and_a_schema_in_one_rule_are_refused() {
    refused(&broken(|r| r["schema"] = json!({"type": "object"})), "\"expect\"", "expect");
}

#[test]
fn a_folder_without_rules_is_an_error() {
    let folder = Folder::new(&[("README.md", "no rule")]);
    assert!(folder.load().is_err());
    assert!(RuleSet::only_dir(Path::new("/nowhere/at/all")).is_err());
}

/// Every policy of `testdata/` does what its folder says: `good/` gives no finding of a decision rule, `bad/` gives one.
#[test]
fn the_policies_to_try_do_what_their_folder_says() {
    let rules = RuleSet::builtin().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for (folder, silent) in [("good", true), ("bad", false)] {
        let mut paths: Vec<_> =
            std::fs::read_dir(data.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() >= 10, "{folder}");
        for path in paths {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let parsed = parse(&std::fs::read(&path).unwrap());
            assert!(parsed.errors.is_empty(), "{name}: {:?}", parsed.errors);
            let (located, errors) = ringfence::source::policies(&parsed);
            assert!(errors.is_empty() && located.len() == 1, "{name}");
            let kind = match ringfence::kind::detect(&name, &located[0].node, located[0].wrapper.as_ref()) {
                ringfence::kind::Detected::Policy(kind, _) => kind,
                other => panic!("{name}: {other:?}"),
            };
            let expected =
                if name.contains("-endpoint-policy") { PolicyKind::Endpoint } else { PolicyKind::Bucket };
            assert_eq!(kind, expected, "{name}");
            let policy = lower(&located[0].node, kind);
            let found = run(&rules, &policy, None);
            for finding in &found {
                if let Some(witness) = &finding.witness {
                    assert_eq!(
                        evaluate(&policy, &witness.request),
                        witness.decision,
                        "{name}: {}",
                        finding.rule
                    );
                }
            }
            let ids: Vec<_> = found.iter().map(|f| &f.rule).collect();
            assert_eq!(ids.is_empty(), silent, "{name}: {ids:?}");
            let readme = std::fs::read_to_string(data.join("README.md")).unwrap();
            assert!(readme.contains(&format!("`{folder}/{name}`")), "{name} is not in testdata/README.md");
        }
    }
}
