//! Fixes, on the failing examples of all rules: each fix that is offered is made, and what is claimed of it is looked at again
//! by other means. The finding is gone when the changed file is checked afresh; bytes outside of the edits are the same; and none
//! of some hundred random requests gets more than before when it goes through `evaluate`.
//!
//! `RINGFENCE_SEED` sets the seed. `cargo test --test fixes -- --nocapture` prints how many examples of each rule have a fix.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_docs_in_private_items,
    reason = "tests"
)]

use fastrand::Rng;
use ringfence::aws::{self, ResourceType};
use ringfence::engine::{Decision, Request, evaluate};
use ringfence::finding::{Fix, Safety};
use ringfence::fix::{self, text};
use ringfence::kind::KindFrom;
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::policy::{Effect, Policy, PolicyKind, lower, statements};
use ringfence::rules::{Example, Rule, RuleSet};
use ringfence::source::{self, Node, parse};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Random requests for each fix of an example as it stands in its file, and as it is written in other ways.
const REQUESTS: [usize; 2] = [200, 30];

fn linter() -> Arc<Linter> {
    Arc::new(Linter::new(RuleSet::builtin().unwrap()))
}

fn settings(rule: &Rule, example: &Example) -> Settings {
    let only = match rule.applies_to.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let kind = example.kind.or(only).map(|kind| (kind, KindFrom::Flag));
    Settings { kind, trusted: example.trusted.clone().unwrap_or_default(), ..Settings::default() }
}

fn file<'a>(bytes: &'a [u8], settings: &Settings) -> FileInput<'a> {
    let explicit = settings.kind.is_some();
    FileInput {
        path: "example.json",
        name: "example.json",
        bytes,
        explicit,
        named: true,
        around: &source::Alone,
        part: None,
    }
}

/// The policies of a text, all its documents together: what two documents say in a row counts as one policy.
fn policy(bytes: &[u8], kind: PolicyKind) -> (Vec<Node>, Policy) {
    let parsed = parse(bytes);
    let located = source::policies(&parsed).0;
    let mut nodes = Vec::new();
    let mut out: Option<Policy> = None;
    for one in &located {
        let typed = lower(&one.node, kind);
        nodes.extend(statements(&one.node).into_iter().cloned());
        match &mut out {
            Some(out) => out.statements.extend(typed.statements),
            None => out = Some(typed),
        }
    }
    (nodes, out.unwrap())
}

/// What the old policy decides where a statement that AWS refuses to save counts as absent.
fn as_saved(policy: &Policy) -> Policy {
    let mut out = policy.clone();
    out.statements.retain(|s| s.unreadable.is_empty() && s.effect.is_some());
    out
}

/// Requests about what the policies name, and about strangers.
struct Requests {
    actions: Vec<String>,
    buckets: Vec<String>,
    objects: Vec<String>,
    principals: Vec<String>,
    values: BTreeMap<String, Vec<String>>,
}

impl Requests {
    fn about(policies: &[&Policy]) -> Self {
        let texts =
            |list: &mut dyn Iterator<Item = String>| list.collect::<BTreeSet<_>>().into_iter().collect();
        let all = || policies.iter().flat_map(|p| &p.statements);
        let filled = |pattern: &str, with: &str| pattern.replace('*', with).replace('?', "x");
        let named =
            all().filter_map(|s| s.action.as_ref()).flat_map(|a| &a.values).map(|t| t.source.to_string());
        let usual =
            ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteBucket", "s3:GetObjectVersion"];
        let exists = |name: &String| name.strip_prefix("s3:").and_then(aws::action).is_some();
        let mut actions: Vec<String> = texts(&mut named.filter(exists));
        actions.extend(usual.map(str::to_owned));
        let patterns: Vec<String> = all()
            .filter_map(|s| s.resource.as_ref())
            .flat_map(|r| &r.values)
            .map(|t| t.source.to_string())
            .collect();
        let (mut buckets, mut objects) = (BTreeSet::new(), BTreeSet::new());
        for pattern in &patterns {
            for with in ["", "eu-west-1", "k/x.rpm", "zzz"] {
                let one = filled(pattern, with);
                if !one.starts_with("arn:") {
                    continue;
                }
                let bucket = one.split('/').next().unwrap().to_owned();
                objects.insert(format!("{bucket}/a/b"));
                objects.insert(if one.contains('/') { one } else { format!("{one}/k") });
                buckets.insert(bucket);
            }
        }
        for name in [
            "packages.eu-west-1.amazonaws.com",
            "repo.us-east-1.amazonaws.com",
            "amazonlinux.us-east-1.amazonaws.com",
            "amazonlinux-2-repos-eu-west-1",
            "al2023-repos-us-east-1-de612dc2",
            "strangers",
        ] {
            buckets.insert(format!("arn:aws:s3:::{name}"));
            objects.insert(format!("arn:aws:s3:::{name}/x"));
        }
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for condition in all().flat_map(|s| &s.conditions) {
            let list = values.entry(condition.key.to_string()).or_default();
            for value in &condition.values {
                list.extend([filled(&value.source, "ab"), "zz".to_owned()]);
            }
        }
        let principals = [
            "anonymous",
            "arn:aws:sts::111122223333:assumed-role/TrainingRole/job",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::444455556666:root",
            "arn:aws:sts::999999999999:assumed-role/Other/x",
            "cloudtrail.amazonaws.com",
            "logging.s3.amazonaws.com",
        ];
        Self {
            actions,
            buckets: buckets.into_iter().collect(),
            objects: objects.into_iter().collect(),
            principals: principals.map(str::to_owned).to_vec(),
            values,
        }
    }

    fn one(&self, rng: &mut Rng, kind: PolicyKind) -> Request {
        let pick = |rng: &mut Rng, list: &[String]| list[rng.usize(..list.len())].clone();
        let action = pick(rng, &self.actions);
        let of_object = aws::action(action.strip_prefix("s3:").unwrap())
            .is_some_and(|a| a.applies_to(ResourceType::Object));
        let resource = pick(rng, if of_object { &self.objects } else { &self.buckets });
        let principal = pick(rng, &self.principals);
        let service = principal.ends_with(".amazonaws.com");
        let mut context = serde_json::Map::new();
        context.insert("aws:SecureTransport".into(), rng.bool().to_string().into());
        context.insert("aws:ViaAWSService".into(), "false".into());
        let through = kind == PolicyKind::Endpoint || !service && rng.bool();
        for (key, values) in &self.values {
            let fact = aws::condition_key(key);
            let network = ["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:SourceVpcArn"];
            let is = |name: &str| key.eq_ignore_ascii_case(name);
            // The network keys go together; what follows from the caller `evaluate` fills in.
            let present = if network.iter().any(|n| is(n)) {
                through
            } else if is("aws:SourceIp") {
                !through && !service
            } else if [
                "aws:PrincipalArn",
                "aws:PrincipalAccount",
                "aws:PrincipalType",
                "aws:PrincipalIsAWSService",
                "aws:PrincipalServiceName",
                "aws:SecureTransport",
                "aws:ViaAWSService",
            ]
            .iter()
            .any(|n| is(n))
            {
                false
            } else if key.to_ascii_lowercase().starts_with("aws:principal") {
                principal.starts_with("arn:") && rng.bool()
            } else {
                fact.is_some() && rng.bool()
            };
            if present {
                let value = pick(rng, values);
                let many = fact.is_some_and(|f| f.multivalued);
                context.insert(key.clone(), if many { json!([value]) } else { value.into() });
            }
        }
        let request =
            json!({ "principal": principal, "action": action, "resource": resource, "context": context });
        serde_json::from_value(request).unwrap()
    }
}

/// What is wrong with a fix; nothing when it is as promised.
fn wrong(bytes: &[u8], new: &[u8], kind: PolicyKind, requests: usize, rng: &mut Rng) -> Vec<String> {
    let mut out = Vec::new();
    let ((old_nodes, old), (new_nodes, new)) = (policy(bytes, kind), policy(new, kind));
    let saved = as_saved(&old);
    let pool = Requests::about(&[&old, &new]);
    let (mut met, mut drawn) = (0, 0);
    // More of them where few meet a statement.
    while drawn < requests || met == 0 && drawn < 50 * requests {
        drawn += 1;
        let request = pool.one(rng, kind);
        let (was, is) = (evaluate(&old, &request), evaluate(&new, &request));
        let was = if was == Decision::Undecided { evaluate(&saved, &request) } else { was };
        met += usize::from(is != Decision::ImplicitDeny);
        let opened = match (was, is) {
            (Decision::Allowed, _) | (Decision::Undecided, Decision::Undecided) => false,
            (_, Decision::Allowed) => true,
            (Decision::ExplicitDeny, Decision::ImplicitDeny) => kind == PolicyKind::Bucket,
            (_, Decision::Undecided) => evaluate(&as_saved(&new), &request) == Decision::Allowed,
            _ => false,
        };
        if opened {
            out.push(format!("{was} became {is}: {}", serde_json::to_string(&request).unwrap()));
        }
    }
    if met == 0
        && !new.statements.is_empty()
        && new.statements.iter().all(|s| s.unreadable.is_empty())
        && kind == PolicyKind::Endpoint
    {
        out.push("no request met any statement: the test tests nothing".to_owned());
    }
    drop((old_nodes, new_nodes));
    out
}

/// The text with the fix made, checked byte by byte against what its edits say.
fn made(bytes: &[u8], fix: &Fix) -> Vec<u8> {
    let new = text::changed(bytes, &fix.edits).expect("edits that overlap");
    let mut rest = new.as_slice();
    let mut done = 0;
    for edit in &fix.edits {
        let kept = &bytes[done..edit.span.range().start];
        assert!(rest.starts_with(kept), "bytes before an edit differ");
        rest = rest[kept.len()..].strip_prefix(edit.text.as_bytes()).expect("the edit's text");
        done = edit.span.range().end;
    }
    assert_eq!(rest, &bytes[done..], "bytes after the last edit differ");
    new
}

fn find<'r>(report: &'r FileReport, rule: &Rule) -> Option<&'r ringfence::finding::Finding> {
    report.findings.iter().find(|f| f.rule == rule.id)
}

fn every_example(mut look: impl FnMut(&Rule, &Example, &str)) {
    let linter = linter();
    for rule in linter.rules().rules() {
        // Findings about a configuration stand in no policy.
        let examples = rule.examples().unwrap().fail;
        for example in examples.into_iter().filter(|example| example.config.is_none()) {
            // As written, on one line, and with other line ends and indentation.
            let value: Option<Value> = serde_json::from_str(&example.text).ok();
            look(rule, &example, &example.text);
            if let Some(value) = value
                .filter(|_| rule.id.as_ref() != "policy-size" && rule.id.as_ref() != "policy-duplicate-key")
            {
                look(rule, &example, &value.to_string());
                let tabs =
                    serde_json::to_string_pretty(&value).unwrap().replace("  ", "\t").replace('\n', "\r\n");
                look(rule, &example, &format!("{tabs}\r\n"));
            }
        }
    }
}

#[test]
fn each_fix_of_each_failing_example_does_what_it_promises() {
    let seed = std::env::var("RINGFENCE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(2026);
    let linter = linter();
    let mut rng = Rng::with_seed(seed);
    let mut problems = Vec::new();
    let mut table: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut without: Vec<String> = Vec::new();
    let mut fixes = 0;
    every_example(|rule, example, text| {
        let settings = settings(rule, example);
        let file = file(text.as_bytes(), &settings);
        let mut report = linter.lint(&file, &settings);
        fix::propose(&linter.session(), &file, &settings, &mut report);
        let Some(finding) = find(&report, rule) else { panic!("{}: {}", rule.id, example.name) };
        if text == example.text {
            let row = table.entry(rule.id.to_string()).or_default();
            let column = match &finding.fix {
                Some(fix) => usize::from(fix.safety == Safety::Unsafe),
                None => 2,
            };
            row[column] += 1;
            if column == 2 {
                without.push(format!("{}: {}", rule.id, example.name));
            }
        }
        for finding in &report.findings {
            let Some(fix) = &finding.fix else { continue };
            fixes += 1;
            let new = made(text.as_bytes(), fix);
            let after = linter.lint(&FileInput { bytes: &new, ..file }, &settings);
            let mut complain = |what: String| {
                problems.push(format!(
                    "{}: {}: {}: {what}\n{text}\n{}",
                    rule.id,
                    example.name,
                    fix.title,
                    String::from_utf8_lossy(&new)
                ));
            };
            let same =
                |f: &&ringfence::finding::Finding| f.rule == finding.rule && f.policy == finding.policy;
            let count = |report: &FileReport| report.findings.iter().filter(same).count();
            if count(&after) >= count(&report) {
                complain(format!("{} is still there", finding.rule));
            }
            if text.contains("\r\n") != String::from_utf8_lossy(&new).contains("\r\n")
                || String::from_utf8_lossy(&new).replace("\r\n", "").contains('\n') && text.contains("\r\n")
            {
                complain("other line ends".to_owned());
            }
            if !text.contains('\n') && new.contains(&b'\n') {
                complain("a policy of one line has several".to_owned());
            }
            let requests = REQUESTS[usize::from(text != example.text)];
            let kind = settings.kind.map_or(PolicyKind::Endpoint, |k| k.0);
            for what in wrong(text.as_bytes(), &new, kind, requests, &mut rng) {
                complain(what);
            }
            if settings.kind.is_none() {
                for what in wrong(text.as_bytes(), &new, PolicyKind::Bucket, requests, &mut rng) {
                    complain(what);
                }
            }
        }
    });
    eprintln!("{:<40} safe unsafe none", "rule");
    for (rule, [safe, not_safe, none]) in &table {
        eprintln!("{rule:<40} {safe:>4} {not_safe:>6} {none:>4}");
    }
    eprintln!("without:\n{}", without.join("\n"));
    assert!(problems.is_empty(), "{} of {fixes} fixes:\n{}", problems.len(), problems.join("\n\n"));
    assert!(fixes > 200, "{fixes}");
}

/// Fixes are made until none is left: then there is none, and nothing was opened on the way.
#[test]
fn fixing_again_changes_nothing() {
    let linter = linter();
    let mut rng = Rng::with_seed(7);
    every_example(|rule, example, text| {
        if text != example.text {
            return;
        }
        let settings = settings(rule, example);
        let file = file(text.as_bytes(), &settings);
        for wanted in [Safety::Safe, Safety::Unsafe] {
            let report = linter.lint(&file, &settings);
            let once = fix::apply(&linter.session(), &file, &settings, report, wanted);
            let again = FileInput { bytes: &once.bytes, ..file };
            let report = linter.lint(&again, &settings);
            assert_eq!(report.findings, once.report.findings, "{}: {}", rule.id, example.name);
            let twice = fix::apply(&linter.session(), &again, &settings, report, wanted);
            assert!(twice.made.is_empty(), "{}: {}: {:?}", rule.id, example.name, twice.made);
            assert_eq!(twice.bytes, once.bytes);
            if wanted == Safety::Safe {
                assert!(once.made.iter().all(|f| f.safety == Safety::Safe), "{:?}", once.made);
            }
            if let (Some((kind, _)), false) = (settings.kind, once.made.is_empty()) {
                let found = wrong(text.as_bytes(), &once.bytes, kind, REQUESTS[1], &mut rng);
                assert!(found.is_empty(), "{}: {}: {found:?}", rule.id, example.name);
            }
        }
    });
}

/// The comparison finds what it is for.
#[test]
fn the_test_itself_sees_what_is_opened() {
    let fence = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::train-data/*"}},{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::train-data","arn:aws:s3:::train-data/*"],"Condition":{condition}}}]}}"#
        )
    };
    let narrow = fence(r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-0a1b2c3d4e5f60718"}}"#);
    let wide = fence(r#"{"ForAnyValue:StringNotEquals":{"aws:SourceVpce":"vpce-0a1b2c3d4e5f60718"}}"#);
    let mut rng = Rng::with_seed(1);
    assert!(wrong(wide.as_bytes(), narrow.as_bytes(), PolicyKind::Bucket, REQUESTS[0], &mut rng).is_empty());
    assert!(!wrong(narrow.as_bytes(), wide.as_bytes(), PolicyKind::Bucket, REQUESTS[0], &mut rng).is_empty());
    let (_, policy) = policy(wide.as_bytes(), PolicyKind::Bucket);
    assert_eq!(policy.statements[1].effect, Some(Effect::Deny));
}
