//! The same policies in each form of a template and of a Terraform module: the same verdicts, and labels over the same elements.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::expect_used,
    reason = "tests"
)]

use ringfence::config::Trusted;
use ringfence::finding::{Finding, Remedy, Safety};
use ringfence::fix;
use ringfence::kind::KindFrom;
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::policy::PolicyKind;
use ringfence::rules::RuleSet;
use ringfence::source::{Alone, Around};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

fn lint(name: &str, text: &str, kind: Option<PolicyKind>) -> FileReport {
    lint_among(name, text, kind, &Alone)
}

fn lint_among(name: &str, text: &str, kind: Option<PolicyKind>, around: &dyn Around) -> FileReport {
    let linter = Linter::new(RuleSet::builtin().unwrap());
    let settings = Settings { kind: kind.map(|kind| (kind, KindFrom::Config)), ..Settings::default() };
    linter.lint(&input(name, text, around), &settings)
}

fn input<'a>(name: &'a str, text: &'a str, around: &'a dyn Around) -> FileInput<'a> {
    FileInput { path: name, name, bytes: text.as_bytes(), explicit: false, named: true, around, part: None }
}

/// What is found, and the words that are underlined: without quotes and white space, which differ from form to form.
fn verdicts(report: &FileReport, text: &str, told: impl Fn(&str) -> String) -> Vec<String> {
    let words = |f: &Finding| {
        let text: String = text[f.span.range()].chars().filter(|c| c.is_alphanumeric()).collect();
        // Containers look different in each form; a place at their beginning is the same.
        told(&text.chars().take(12).collect::<String>())
    };
    let is_scalar =
        |f: &Finding| text[f.span.range()].len() > 1 && !text[f.span.range()].contains(['{', '[', '\n']);
    report
        .findings
        .iter()
        .map(|f| {
            format!(
                "{} {:?} {:?} {}",
                f.rule,
                f.verdict,
                f.severity,
                if is_scalar(f) { words(f) } else { String::new() }
            )
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Where JSON has a brace underlined, a form without one has the first word.
fn without_beginnings(found: Vec<String>, wanted: &[String]) -> Vec<String> {
    let is_brace = |verdict: &String| wanted.contains(verdict) && verdict.ends_with(' ');
    let verdict = |found: String| {
        let (verdict, _) = found.rsplit_once(' ').unwrap();
        let verdict = format!("{verdict} ");
        if !wanted.contains(&found) && is_brace(&verdict) { verdict } else { found }
    };
    let out: BTreeSet<String> = found.into_iter().map(verdict).collect();
    out.into_iter().collect()
}

/// A value as YAML in block style.
fn yaml(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let key = if key.contains([':', '*']) { format!("\"{key}\"") } else { key.clone() };
                match value {
                    Value::Object(inner)
                        if inner.len() == 1 && inner.keys().all(|k| k == "Ref" || k.starts_with("Fn::")) =>
                    {
                        let (function, argument) = inner.iter().next().unwrap();
                        writeln!(out, "{pad}{key}: !{} {argument}", function.trim_start_matches("Fn::"))
                            .unwrap();
                    }
                    Value::Object(inner) if !inner.is_empty() => {
                        writeln!(out, "{pad}{key}:").unwrap();
                        yaml(value, indent + 2, out);
                    }
                    Value::Array(inner) if !inner.is_empty() => {
                        writeln!(out, "{pad}{key}:").unwrap();
                        yaml(value, indent + 2, out);
                    }
                    other => writeln!(out, "{pad}{key}: {other}").unwrap(),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(_) => {
                        let mut inner = String::new();
                        yaml(item, indent + 2, &mut inner);
                        writeln!(out, "{pad}- {}", inner.trim_start().trim_end()).unwrap();
                    }
                    other => writeln!(out, "{pad}- {other}").unwrap(),
                }
            }
        }
        other => writeln!(out, "{pad}{other}").unwrap(),
    }
}

/// The policy with references in place of its bucket's name and its endpoint's id.
fn referring(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "vpce-0a1b2c3d4e5f60718" => json!({ "Ref": "Endpoint" }),
        Value::String(text) if text.contains(":::train-data") => {
            json!({ "Fn::Sub": text.replace("arn:aws:s3:::train-data", "${Data.Arn}") })
        }
        Value::Array(items) => items.iter().map(referring).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(k, v)| (k.clone(), if k == "Sid" { v.clone() } else { referring(v) }))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn template(kind: PolicyKind, policy: &Value) -> Value {
    let resource = match kind {
        PolicyKind::Bucket => {
            json!({ "Type": "AWS::S3::BucketPolicy", "Properties": { "Bucket": { "Ref": "Data" }, "PolicyDocument": policy } })
        }
        PolicyKind::Endpoint => json!({ "Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "VpcId": { "Ref": "Vpc" }, "ServiceName": { "Fn::Sub": "com.amazonaws.${AWS::Region}.s3" }, "PolicyDocument": policy } }),
    };
    json!({ "Resources": { "Data": { "Type": "AWS::S3::Bucket" }, "Guarded": resource } })
}

/// A policy of `testdata/` that stands alone in its file, and what is found in it.
struct Raw {
    name: String,
    text: String,
    policy: Value,
    kind: PolicyKind,
    report: FileReport,
}

fn policies() -> Vec<Raw> {
    let mut out = Vec::new();
    for folder in ["testdata/good", "testdata/bad"] {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
            let text = fs::read_to_string(path).unwrap();
            let Ok(policy) = serde_json::from_str::<Value>(&text) else { continue };
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let report = lint(&name, &text, None);
            let [only] = report.policies.as_slice() else { continue };
            let Some(kind) = only.kind.filter(|_| policy.get("Statement").is_some()) else { continue };
            out.push(Raw { name, text, policy, kind, report });
        }
    }
    out
}

/// A value as HCL.
fn hcl(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(members) => {
            out.push_str("{\n");
            for (key, value) in members {
                let key =
                    if key.chars().all(char::is_alphanumeric) { key.clone() } else { format!("{key:?}") };
                write!(out, "{pad}  {key} = ").unwrap();
                hcl(value, indent + 2, out);
                out.push('\n');
            }
            write!(out, "{pad}}}").unwrap();
        }
        Value::Array(items) => {
            out.push_str("[\n");
            for item in items {
                write!(out, "{pad}  ").unwrap();
                hcl(item, indent + 2, out);
                out.push_str(",\n");
            }
            write!(out, "{pad}]").unwrap();
        }
        Value::String(_) => out.push_str(&value.to_string().replace("${", "$${")),
        other => write!(out, "{other}").unwrap(),
    }
}

/// The policy as the blocks of a data source, when these can write it.
fn blocks(policy: &Value) -> Option<String> {
    let list = |value: &Value| match value {
        Value::Array(items) => items.iter().all(Value::is_string).then(|| value.clone()),
        Value::String(_) => Some(json!([value])),
        _ => None,
    };
    let written = |value: &Value| value.to_string().replace("${", "&{");
    let members = policy.as_object()?;
    let has_only = members.keys().all(|k| matches!(k.as_str(), "Version" | "Statement" | "Id"));
    if !has_only || policy.get("Version")?.as_str()? != "2012-10-17" {
        return None;
    }
    let mut out = String::from("data \"aws_iam_policy_document\" \"fence\" {\n");
    if let Some(id) = policy.get("Id") {
        writeln!(out, "  policy_id = {id}").unwrap();
    }
    for statement in policy.get("Statement")?.as_array()? {
        out.push_str("  statement {\n");
        for (key, value) in statement.as_object()? {
            let list_name = match key.as_str() {
                "Action" => "actions",
                "NotAction" => "not_actions",
                "Resource" => "resources",
                "NotResource" => "not_resources",
                "Sid" | "Effect" => {
                    writeln!(out, "    {} = {}", key.to_lowercase(), written(value)).unwrap();
                    continue;
                }
                "Principal" | "NotPrincipal" => {
                    let name = if key == "Principal" { "principals" } else { "not_principals" };
                    let all = json!({ "*": ["*"] });
                    let types = if value == "*" { &all } else { value };
                    for (kind, ids) in types.as_object()? {
                        let ids = written(&list(ids)?);
                        writeln!(
                            out,
                            "    {name} {{\n      type = {kind:?}\n      identifiers = {ids}\n    }}"
                        )
                        .unwrap();
                    }
                    continue;
                }
                "Condition" => {
                    for (test, keys) in value.as_object()? {
                        for (key, values) in keys.as_object()? {
                            let values = written(&list(values)?);
                            writeln!(
                                out,
                                "    condition {{\n      test = {test:?}\n      variable = {key:?}\n      values = {values}\n    }}"
                            )
                            .unwrap();
                        }
                    }
                    continue;
                }
                _ => return None,
            };
            writeln!(out, "    {list_name} = {}", written(&list(value)?)).unwrap();
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    Some(out)
}

/// The policy with lists where the data source has them.
fn listed(policy: &Value) -> Value {
    let list = |value: &Value| if value.is_string() { json!([value]) } else { value.clone() };
    let mut out = policy.clone();
    for statement in out["Statement"].as_array_mut().into_iter().flatten() {
        for (key, value) in statement.as_object_mut().into_iter().flatten() {
            match key.as_str() {
                "Action" | "NotAction" | "Resource" | "NotResource" => *value = list(value),
                "Principal" | "NotPrincipal" => {
                    value.as_object_mut().into_iter().flatten().for_each(|(_, ids)| *ids = list(ids));
                }
                "Condition" => {
                    let operators = value.as_object_mut().into_iter().flatten();
                    for (_, values) in operators.filter_map(|(_, keys)| keys.as_object_mut()).flatten() {
                        *values = list(values);
                    }
                }
                _ => {}
            }
        }
    }
    out
}

/// A resource with a policy that is written so.
fn resource(kind: PolicyKind, policy: &str) -> String {
    match kind {
        PolicyKind::Bucket => {
            format!(
                "resource \"aws_s3_bucket_policy\" \"fence\" {{\n  bucket = aws_s3_bucket.data.id\n  policy = {policy}\n}}\n"
            )
        }
        PolicyKind::Endpoint => format!(
            "resource \"aws_vpc_endpoint\" \"fence\" {{\n  vpc_id = aws_vpc.main.id\n  service_name = \"com.amazonaws.${{var.region}}.s3\"\n  policy = {policy}\n}}\n"
        ),
    }
}

/// A form of a policy in a module: the file's name, its text, and another file of the folder.
type Configuration = (&'static str, String, Option<(&'static str, String)>);

fn configurations(kind: PolicyKind, policy: &Value) -> Vec<Configuration> {
    let mut object = String::new();
    hcl(policy, 2, &mut object);
    let text = format!("{policy:#}").replace("${", "$${");
    let one_line = Value::from(policy.to_string()).to_string().replace("${", "$${");
    let encoded = format!("jsonencode({object})");
    let address = match kind {
        PolicyKind::Bucket => "aws_s3_bucket_policy",
        PolicyKind::Endpoint => "aws_vpc_endpoint",
    };
    let inner = |policy: &str| {
        json!({ "resource": { address: { "fence": {
            "service_name": "com.amazonaws.${var.region}.s3", "policy": policy } } } })
        .to_string()
    };
    let inside = resource(kind, "var.policy") + "variable \"policy\" {}\n";
    let separate = "resource \"aws_vpc_endpoint\" \"s3\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n}\n\
        resource \"aws_vpc_endpoint_policy\" \"s3\" {\n  vpc_endpoint_id = aws_vpc_endpoint.s3.id\n  policy = ";
    let mut out = vec![
        ("jsonencode.tf", resource(kind, &encoded), None),
        ("heredoc.tf", resource(kind, &format!("<<POLICY\n{text}\nPOLICY")), None),
        (
            "indented.tofu",
            resource(kind, &format!("<<-EOT\n    {}\n  EOT", text.replace('\n', "\n    "))),
            None,
        ),
        ("quoted.tf", resource(kind, &one_line), None),
        ("encoded-in-heredoc.tf", resource(kind, &format!("<<EOT\n${{jsonencode({object})}}\nEOT")), None),
        ("local.tf", format!("locals {{\n  fence = {encoded}\n}}\n{}", resource(kind, "local.fence")), None),
        (
            "there.tf",
            format!("locals {{\n  fence = {object}\n}}\n"),
            Some(("here.tf", resource(kind, "jsonencode(local.fence)"))),
        ),
        (
            "conditional.tf",
            resource(kind, &format!("var.off || local.name == \"\" ? null : {encoded}"))
                + "variable \"off\" {\n  default = false\n}\nlocals {\n  name = \"x\"\n}\n",
            None,
        ),
        ("configuration.tf.json", inner(&policy.to_string().replace("${", "$${")), None),
        (
            "call.tf",
            format!("module \"fence\" {{\n  source = \"./fence\"\n  policy = {encoded}\n}}\n"),
            Some(("fence/main.tf", inside)),
        ),
    ];
    if let Some(blocks) = blocks(policy) {
        let user = resource(kind, "data.aws_iam_policy_document.fence.json");
        out.push(("document.tf", format!("{blocks}{user}"), None));
        out.push(("document-alone.tf", blocks, Some(("main.tf", user))));
    }
    match kind {
        PolicyKind::Endpoint => {
            out.push(("separate.tf", format!("{separate}{encoded}\n}}\n"), None));
            out.push((
                "registry.tf",
                format!("module \"endpoints\" {{\n  source = \"terraform-aws-modules/vpc/aws//modules/vpc-endpoints\"\n  endpoints = {{\n    s3 = {{\n      service = \"s3\"\n      policy = {encoded}\n    }}\n  }}\n}}\n"),
                None,
            ));
        }
        PolicyKind::Bucket => out.push((
            "bucket-module.tf",
            format!("module \"data\" {{\n  source = \"terraform-aws-modules/s3-bucket/aws\"\n  attach_policy = true\n  policy = {encoded}\n}}\n"),
            None,
        )),
    }
    out
}

/// The forms of a policy in a template.
fn templates(kind: PolicyKind, policy: &Value) -> Vec<(&'static str, String)> {
    let json = template(kind, policy);
    let mut block = String::new();
    yaml(&json, 0, &mut block);
    let sub = json!({ "Fn::Sub": policy.to_string().replace("${", "${!") });
    vec![
        ("t.json", json.to_string()),
        ("t.template", format!("{json:#}")),
        ("t.yaml", block),
        ("flow.yml", json.to_string()),
        ("text.json", template(kind, &Value::from(policy.to_string())).to_string()),
        ("sub.json", template(kind, &sub).to_string()),
    ]
}

/// What `terraform show -json` prints of a plan and of a state, the state file, and the answers of AWS's API.
fn outputs(kind: PolicyKind, policy: &Value) -> Vec<(&'static str, String)> {
    let (address, values) = match kind {
        PolicyKind::Bucket => {
            ("aws_s3_bucket_policy", json!({ "bucket": "train-data", "policy": policy.to_string() }))
        }
        PolicyKind::Endpoint => (
            "aws_vpc_endpoint",
            json!({ "service_name": "com.amazonaws.eu-west-1.s3", "policy": policy.to_string() }),
        ),
    };
    let resource = json!({ "address": format!("module.fence[\"a.b\"].{address}.fence"), "mode": "managed",
        "type": address, "name": "fence", "values": values });
    let root = json!({ "root_module": { "child_modules": [{ "address": "module.fence", "resources": [resource] }] } });
    let instance = json!([{ "attributes": values }]);
    let api = match kind {
        PolicyKind::Bucket => json!({ "Policy": policy.to_string() }),
        PolicyKind::Endpoint => json!({ "VpcEndpoints": [
            { "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": policy.to_string() },
            { "ServiceName": "com.amazonaws.eu-west-1.dynamodb", "PolicyDocument": "{}" }] }),
    };
    let item = match kind {
        PolicyKind::Bucket => json!({ "resourceType": "AWS::S3::Bucket", "supplementaryConfiguration": {
            "BucketPolicy": { "policyText": policy.to_string() } } }),
        PolicyKind::Endpoint => json!({ "resourceType": "AWS::EC2::VPCEndpoint", "configuration": {
            "serviceName": "com.amazonaws.eu-west-1.s3", "policyDocument": policy.to_string() } }),
    };
    vec![
        ("plan.json", json!({ "format_version": "1.2", "terraform_version": "1.9.0", "planned_values": root }).to_string()),
        ("show.json", json!({ "format_version": "1.0", "terraform_version": "1.9.0", "values": root }).to_string()),
        (
            "state.json",
            json!({ "version": 4, "terraform_version": "1.9.0",
                "resources": [{ "mode": "managed", "type": address, "name": "fence", "instances": instance }] })
            .to_string(),
        ),
        ("api.json", api.to_string()),
        ("items.jsonl", format!("{{\"resourceType\": \"AWS::S3::Bucket\"}}\n\n{item}\n")),
        ("answers.ndjson", format!("{{}}\n{api}")),
        ("item.json", item.to_string()),
        ("results.json", json!({ "Results": [item.to_string()] }).to_string()),
    ]
}

/// Other files of a folder.
#[derive(Debug)]
struct Others(Vec<(&'static str, String)>);

impl Around for Others {
    fn names(&self, folder: &str) -> Vec<String> {
        let within = |path: &str| match path.rsplit_once('/') {
            Some((of, name)) => (of == folder).then(|| name.to_owned()),
            None => folder.is_empty().then(|| path.to_owned()),
        };
        self.0.iter().filter_map(|(path, _)| within(path)).collect()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.iter().find(|(name, _)| *name == path).map(|(_, text)| text.clone().into_bytes())
    }
}

#[test]
fn what_tools_print_has_the_same_verdicts() {
    for Raw { name, text, policy, kind, report: raw } in policies() {
        if raw.findings.iter().any(|f| matches!(&*f.rule, "policy-duplicate-key" | "policy-size")) {
            continue;
        }
        let same = str::to_owned;
        for (form, text_of_form) in outputs(kind, &policy) {
            let report = lint(form, &text_of_form, None);
            assert_eq!(report.policies.len(), 1, "{name} as {form}: {:?}\n{text_of_form}", report.findings);
            assert_eq!(report.policies[0].kind, Some(kind), "{name} as {form}");
            assert_eq!(
                verdicts(&report, &text_of_form, same),
                verdicts(&raw, &text, same),
                "{name} as {form}\n{text_of_form}"
            );
        }
    }
}

#[test]
fn each_form_of_a_module_has_the_same_verdicts() {
    let mut compared = BTreeMap::new();
    for Raw { name, text, policy, kind, report: raw } in policies() {
        if raw.findings.iter().any(|f| matches!(&*f.rule, "policy-duplicate-key" | "policy-size")) {
            continue;
        }
        for (form, text_of_form, other) in configurations(kind, &policy) {
            // What these blocks have for a member has another name, and what they write is always well formed.
            let is_document = form.starts_with("document");
            let same = |words: &str| {
                let words = if is_document { words.to_lowercase() } else { words.to_owned() };
                if is_document {
                    words.trim_start_matches("not").trim_end_matches('s').to_owned()
                } else {
                    words
                }
            };
            let keep = |verdict: &String| !is_document || !verdict.starts_with("policy-");
            let listed = format!("{:#}", listed(&policy));
            let (text, raw) =
                if is_document { (&listed, &lint(&name, &listed, Some(kind))) } else { (&text, &raw) };
            let wanted: Vec<String> = verdicts(raw, text, same).into_iter().filter(keep).collect();
            let around = Others(other.iter().cloned().collect());
            let report = lint_among(form, &text_of_form, None, &around);
            assert_eq!(report.policies.len(), 1, "{name} as {form}: {:?}\n{text_of_form}", report.findings);
            assert_eq!(report.policies[0].kind, Some(kind));
            let found: Vec<String> =
                verdicts(&report, &text_of_form, same).into_iter().filter(keep).collect();
            assert_eq!(without_beginnings(found, &wanted), wanted, "{name} as {form}\n{text_of_form}");
            // The file that uses the policy has nothing to say of what stands in the other one.
            if let Some((using, text)) = other.filter(|(using, _)| !using.contains('/')) {
                let around = Others(vec![(form, text_of_form.clone())]);
                let report = lint_among(using, &text, None, &around);
                assert!(report.findings.is_empty(), "{name} as {form}: {:?}", report.findings);
            }
            *compared.entry(form).or_insert(0) += 1;
        }
    }
    assert!(compared.len() == 15 && compared.values().all(|n| *n > 6), "{compared:?}");
}

#[test]
fn each_form_has_the_same_verdicts() {
    let mut compared = 0;
    for Raw { name, text, policy, kind, report: raw } in policies() {
        // A key twice, and how long a text is, are not the same in another form.
        if raw.findings.iter().any(|f| matches!(&*f.rule, "policy-duplicate-key" | "policy-size")) {
            continue;
        }
        let same = str::to_owned;
        let wanted = verdicts(&raw, &text, same);
        for (form, text) in templates(kind, &policy) {
            let report = lint(form, &text, None);
            assert_eq!(report.policies.len(), 1, "{name} as {form}: {:?}", report.findings);
            assert_eq!(report.policies[0].kind, Some(kind));
            let found = without_beginnings(verdicts(&report, &text, same), &wanted);
            assert_eq!(found, wanted, "{name} as {form}\n{text}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

/// With references, what is found is the same too, as long as no rule is about what a text looks like.
#[test]
fn references_change_no_verdict() {
    let mut compared = 0;
    for Raw { name, policy, kind, report: raw, .. } in policies() {
        let with = template(kind, &referring(&policy));
        if !with.to_string().contains("Data.Arn") && !with.to_string().contains("\"Endpoint\"") {
            continue;
        }
        let rules = |report: &FileReport| {
            let decided = report.findings.iter().filter(|f| !f.rule.starts_with("policy-"));
            decided.map(|f| (f.rule.to_string(), f.verdict, f.severity)).collect::<Vec<_>>()
        };
        let mut block = String::new();
        yaml(&with, 0, &mut block);
        let report = lint("t.yaml", &block, None);
        let (mut found, mut wanted) = (rules(&report), rules(&raw));
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{name}\n{block}");
        compared += 1;
    }
    assert!(compared > 10, "{compared}");
}

/// The fixes for what is missing in a file, as the rule and what its fix says that it does; and the rules that find something once
/// all fixes are made, but for those of the form.
fn additions(file: &FileInput<'_>, kind: Option<PolicyKind>) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let linter = Arc::new(Linter::new(RuleSet::builtin().unwrap()));
    let trusted = Trusted { vpc_endpoints: vec!["vpce-0a1b2c3d4e5f60718".to_owned()], ..Trusted::default() };
    let settings = Settings { kind: kind.map(|k| (k, KindFrom::Config)), trusted, ..Settings::default() };
    let session = linter.session();
    let mut report = session.lint(file, &settings);
    let fixed = fix::apply(&session, file, &settings, report.clone(), Safety::Unsafe);
    fix::propose(&session, file, &settings, &mut report);
    let missing = |f: &&Finding| matches!(f.remedy, Some(Remedy::Deny | Remedy::Add { .. }));
    let found = report.findings.iter().filter(missing);
    let titles = found.filter_map(|f| Some((f.rule.to_string(), f.fix.as_ref()?.title.clone())));
    let left = fixed.report.findings.iter().map(|f| f.rule.to_string()).filter(|r| !r.starts_with("policy-"));
    (titles.collect(), left.collect())
}

#[test]
fn what_is_missing_is_added_in_each_form() {
    let mut added = BTreeMap::<_, usize>::new();
    for Raw { name, text, policy, kind, report } in policies() {
        if report.findings.iter().any(|f| matches!(&*f.rule, "policy-duplicate-key" | "policy-size")) {
            continue;
        }
        let (wanted, left) = additions(&input(&name, &text, &Alone), Some(kind));
        let modules = configurations(kind, &policy);
        let templates = templates(kind, &policy).into_iter().map(|(form, text)| (form, text, None));
        for (form, text, other) in modules.into_iter().chain(templates) {
            let around = Others(other.into_iter().collect());
            let (found, remaining) = additions(&input(form, &text, &around), None);
            for (rule, title) in &wanted {
                assert_eq!(found.get(rule), Some(title), "{name} as {form}: {rule}\n{text}");
                *added.entry(form).or_default() += 1;
            }
            assert_eq!(remaining, left, "{name} as {form}");
        }
    }
    assert!(added.len() == 21 && added.values().all(|n| *n >= 8), "{added:?}");
}

/// Behind a mistake nothing is read, so of the resource in which it stands nothing is known; the others are looked at.
#[test]
fn of_a_resource_that_is_not_finished_nothing_is_said() {
    let text = "Resources:\n  A:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      ServiceName: com.amazonaws.eu-west-1.s3\n  B:\n    \
        Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: b\n      PolicyDocument:\n        Statement:\n          - Effect: Allow\n            \
        Principal: \"*\"\n            Action: *\n            Resource: arn:aws:s3:::b/*\n";
    let report = lint("t.yaml", text, None);
    let rules: BTreeSet<(&str, usize)> = report
        .findings
        .iter()
        .map(|f| (&*f.rule, text[..f.span.range().start].matches('\n').count() + 1))
        .collect();
    let endpoint = ["endpoint-amazon-linux-2-repos", "endpoint-amazon-linux-repos", "endpoint-full-access"];
    let wanted = endpoint.map(|rule| (rule, 2)).into_iter().chain([("policy-syntax", 14)]);
    assert_eq!(rules, wanted.collect());
}
