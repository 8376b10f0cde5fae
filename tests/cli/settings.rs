//! The settings of `ringfence.toml` that change what is reported.

use super::{FENCE, FULL, Folder};
use serde_json::Value;

/// Two statements that open other people's buckets, the first of them with a name.
const TWO_HOLES: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Vendor",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::*/shared/*"
    },
    {
      "Sid": "Other",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::*/*"
    }
  ]
}
"#;

fn rules(json: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|f| (text(&f["rule"]), text(&f["severity"]))).collect()
}

fn severity_of(json: &Value, rule: &str) -> Option<String> {
    rules(json).into_iter().find(|(id, _)| id == rule).map(|(_, severity)| severity)
}

fn check(folder: &Folder, args: &[&str]) -> Value {
    folder.run(&[&["check", "--format", "json"], args].concat()).json()
}

fn ignore(text: &str) -> String {
    format!(
        "[[ignore]]\nrule = \"endpoint-full-access\"\npath = \"endpoint.json\"\nreason = \"a test\"\n{text}\n"
    )
}

#[test]
fn rules_have_the_severity_that_is_configured() {
    let folder = Folder::with("endpoint.json", FULL);
    folder.add("old/endpoint.json", FULL);
    folder.add(
        "ringfence.toml",
        "[rules]\nendpoint-full-access = \"note\"\nendpoint-amazon-linux-repos = \"off\"\n\
         [[paths]]\npath = \"old/\"\nrules = { endpoint-full-access = \"warning\" }\n\
         [[paths]]\npath = [\"old/*\", \"older/*\"]\n[paths.rules]\nendpoint-full-access = \"off\"\n",
    );
    let json = check(&folder, &["endpoint.json"]);
    assert_eq!(severity_of(&json, "endpoint-full-access").as_deref(), Some("note"));
    assert_eq!(severity_of(&json, "endpoint-amazon-linux-repos"), None);
    assert_eq!(severity_of(&json, "endpoint-amazon-linux-2-repos").as_deref(), Some("error"));
    let json = check(&folder, &["old"]);
    assert_eq!(severity_of(&json, "endpoint-full-access"), None, "later wins");
    // A rule that is off makes no other redundant.
    assert_eq!(severity_of(&json, "endpoint-foreign-buckets").as_deref(), Some("warning"));
}

#[test]
fn what_is_milder_than_its_rule_stays_so_and_undecided_is_a_warning_at_least() {
    let one = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b1/*"}]}"#;
    let folder = Folder::with("vpce-policy.json", one);
    let repos = "endpoint-amazon-linux-repos";
    assert_eq!(severity_of(&check(&folder, &[]), repos).as_deref(), Some("note"));
    folder.add("ringfence.toml", format!("[rules]\n{repos} = \"warning\"\n"));
    assert_eq!(severity_of(&check(&folder, &[]), repos).as_deref(), Some("note"));
    let unclear =
        one.replace("b1/*\"", "*/*\", \"Condition\": {\"StringFoo\": {\"aws:SourceAccount\": \"1\"}}");
    folder.add("vpce-policy.json", unclear);
    folder.add("ringfence.toml", "[rules]\nendpoint-foreign-buckets = \"note\"\n");
    let json = check(&folder, &["--kind", "endpoint"]);
    let undecided = json["findings"].as_array().unwrap().iter().find(|f| f["verdict"] == "undecided");
    assert!(undecided.is_some(), "{json:#}");
    for finding in json["findings"].as_array().unwrap().iter().filter(|f| f["verdict"] == "undecided") {
        assert_ne!(finding["severity"], "note", "{finding:#}");
    }
}

#[test]
fn a_rule_that_does_not_exist_is_refused_in_its_place() {
    let folder = Folder::with("endpoint.json", FULL);
    folder.add("ringfence.toml", "[rules]\nendpoint-ful-access = \"off\"\n");
    let outcome = folder.run(&["check"]);
    assert_eq!(outcome.code, 2);
    insta::assert_snapshot!(outcome.err, @r#"
    error: invalid configuration
       ╭─[ringfence.toml:2:1]
     1 │ [rules]
     2 │ endpoint-ful-access = "off"
       · ─────────┬─────────
       ·          ╰── there is no rule `endpoint-ful-access`
       ╰────
      help: write `endpoint-full-access`
    "#);
    for text in [
        "[[paths]]\npath = \"*\"\nrules = { bucket-vpc-onyl = \"off\" }",
        "[[ignore]]\nrule = \"bucket-vpc-onyl\"\npath = \"*\"\nreason = \"x\"",
    ] {
        folder.add("ringfence.toml", text);
        let outcome = folder.run(&["check"]);
        assert_eq!(outcome.code, 2);
        assert!(outcome.err.contains("help: write `bucket-vpc-only`"), "{}", outcome.err);
    }
}

#[test]
fn an_ignore_takes_a_finding_out_and_is_counted() {
    let folder = Folder::with("endpoint.json", FULL);
    let before = rules(&check(&folder, &[]));
    folder.add("ringfence.toml", ignore(""));
    let json = check(&folder, &[]);
    let left: Vec<_> = before.iter().filter(|(rule, _)| rule != "endpoint-full-access").cloned().collect();
    assert_eq!(rules(&json), left);
    assert_eq!(json["summary"]["ignored"], 1);
    let outcome = folder.run(&["check"]);
    assert_eq!(outcome.out.lines().last().unwrap(), "1 file, 1 policy: 2 errors, 1 ignored");
    // Nothing but what is ignored: still told.
    folder.add("bucket.json", FENCE.replace("NotEquals", "Equals"));
    folder.add(
        "ringfence.toml",
        "[[ignore]]\nrule = \"bucket-vpc-only\"\npath = \"bucket.json\"\nreason = \"a\"\n\
         [[ignore]]\nrule = \"bucket-vpc-locked-out\"\npath = \"bucket.json\"\nreason = \"b\"\n",
    );
    let outcome = folder.run(&["check", "bucket.json"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "1 file, 1 policy: nothing found, 2 ignored\n"));
}

#[test]
fn an_ignore_can_be_for_a_statement_or_a_place() {
    let folder = Folder::with("endpoint.json", FULL.replace("\"Effect\"", "\"Sid\": \"All\", \"Effect\""));
    for (part, ignored) in [
        ("sid = \"All\"", 1),
        ("sid = \"all\"", 0),
        ("pointer = \"\"", 1),
        ("pointer = \"/Statement\"", 1),
        ("pointer = \"/Statement/0\"", 1),
        ("pointer = \"/Statement/1\"", 0),
        ("pointer = \"/Statement/0/Effect\"", 1),
        ("pointer = \"/Statement/0/Action\"", 0),
        ("pointer = \"/Version\"", 0),
    ] {
        folder.add("ringfence.toml", ignore(part));
        assert_eq!(check(&folder, &[])["summary"]["ignored"], ignored, "{part}");
    }
}

#[test]
fn an_accepted_hole_does_not_hide_another() {
    let folder = Folder::with("vpce-policy.json", TWO_HOLES);
    let rule = "endpoint-foreign-buckets";
    let accept = |sid: &str| {
        format!("[[ignore]]\nrule = \"{rule}\"\npath = \"*.json\"\nsid = \"{sid}\"\nreason = \"agreed\"\n")
    };
    let lines = |json: &Value| -> Vec<u64> {
        let findings = json["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule);
        findings.map(|f| f["span"]["start"]["line"].as_u64().unwrap()).collect()
    };
    let first = lines(&check(&folder, &[]))[0];
    let (shown, hidden) = if first < 11 { ("Vendor", "Other") } else { ("Other", "Vendor") };
    folder.add("ringfence.toml", accept(shown));
    let json = check(&folder, &[]);
    assert_eq!(lines(&json).len(), 1, "{json:#}");
    assert_ne!(lines(&json)[0], first);
    assert_eq!(json["summary"]["ignored"], 1);
    folder.add("ringfence.toml", accept(shown) + &accept(hidden));
    let json = check(&folder, &[]);
    assert_eq!((lines(&json), &json["summary"]["ignored"]), (vec![], &Value::from(2)));
    assert!(!rules(&json).iter().any(|(rule, _)| rule == "config-unused-ignore"), "{json:#}");
}

#[test]
fn an_ignore_that_matches_nothing_is_reported_in_its_line() {
    let folder = Folder::with("endpoint.json", FULL);
    folder.add("ringfence.toml", format!("# first\n{}", ignore("sid = \"None\"")));
    let outcome = folder.run(&["check"]);
    assert_eq!(outcome.code, 1);
    let from = outcome.out.find("warning[config-unused-ignore]").unwrap();
    insta::assert_snapshot!(&outcome.out[from..], @r#"
    warning[config-unused-ignore]: this ignore matches nothing: `endpoint-full-access` is not found
      there
       ╭─[ringfence.toml:3:8]
     2 │ [[ignore]]
     3 │ rule = "endpoint-full-access"
       ·        ──────────────────────
     4 │ path = "endpoint.json"
       ╰────
      help: delete the entry, or correct its `rule`, `path`, `sid` or `pointer`
      see: ringfence explain config-unused-ignore

    2 files, 1 policy: 3 errors, 1 warning
    "#);
    let explained = folder.run(&["explain", "config-unused-ignore"]);
    assert_eq!(explained.code, 0);
    assert!(explained.out.contains("  [[ignore]]\n  rule = "), "{}", explained.out);
}

/// An ignore is judged only when all files of which it speaks were checked.
#[test]
fn runs_over_some_files_say_nothing_of_ignores_for_others() {
    let folder = Folder::with("vpce/a.json", FULL);
    folder.add("vpce/b.json", FULL);
    folder.add("other/fence.json", FENCE);
    let entry = |path: &str, rule: &str| {
        format!("[[ignore]]\nrule = \"{rule}\"\npath = \"{path}\"\nreason = \"x\"\n")
    };
    let reported = |args: &[&str]| {
        let json = check(&folder, args);
        rules(&json).iter().filter(|(rule, _)| rule == "config-unused-ignore").count()
    };
    // Never matches.
    folder.add("ringfence.toml", entry("vpce/**", "bucket-vpc-only"));
    for (args, expected) in [
        (&["vpce/a.json"][..], 0),
        (&["vpce/a.json", "vpce/b.json"], 0),
        (&["vpce/*.json"], 0),
        (&["other"], 0),
        (&["vpce"], 1),
        (&["."], 1),
        (&[], 1),
    ] {
        assert_eq!(reported(args), expected, "{args:?}");
    }
    folder.add("ringfence.toml", entry("vpce/a.json", "bucket-vpc-only"));
    for (args, expected) in [(&["vpce/a.json"][..], 1), (&["vpce/b.json"], 0), (&["."], 1), (&["other"], 0)] {
        assert_eq!(reported(args), expected, "{args:?}");
    }
    // A file that is gone; one that a walk does not meet.
    folder.add("ringfence.toml", entry("vpce/gone.json", "bucket-vpc-only"));
    assert_eq!((reported(&["."]), reported(&["vpce/a.json"])), (1, 0));
    folder.add(".hidden/x.json", FULL);
    folder.add("ringfence.toml", entry(".hidden/x.json", "endpoint-full-access"));
    assert_eq!((reported(&["."]), reported(&[".hidden/x.json"])), (0, 0));
    let excluded = format!("exclude = [\"vpce/a.json\"]\n{}", entry("vpce/a.json", "endpoint-full-access"));
    folder.add("ringfence.toml", excluded);
    assert_eq!((reported(&["."]), reported(&["vpce/b.json"])), (1, 0));
    // When the run failed, nothing is known.
    folder.add("ringfence.toml", entry("vpce/**", "bucket-vpc-only"));
    assert_eq!(reported(&[".", "missing.json"]), 0);
    // A rule like others.
    let off = format!("[rules]\nconfig-unused-ignore = \"off\"\n{}", entry("vpce/**", "bucket-vpc-only"));
    folder.add("ringfence.toml", off);
    assert_eq!(reported(&["."]), 0);
}

#[test]
fn an_ignore_ends_after_its_last_day() {
    let folder = Folder::with("endpoint.json", FULL);
    folder.add("ringfence.toml", ignore("until = 2027-01-31"));
    let on = |day: &str| {
        let mut command = folder.command(&["check", "--format", "json"]);
        let output = command.env("RINGFENCE_TODAY", day).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let json: Value = serde_json::from_str(&on("2027-01-31").1).unwrap();
    assert_eq!(json["summary"]["ignored"], 1);
    let json: Value = serde_json::from_str(&on("2027-02-01").1).unwrap();
    assert_eq!(json["summary"]["ignored"], 0);
    let finding = json["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "endpoint-full-access");
    let notes = finding.unwrap()["notes"].as_array().unwrap();
    assert_eq!(notes.last().unwrap(), "ringfence.toml:2 ignored this until 2027-01-31, because: a test");
    assert!(!rules(&json).iter().any(|(rule, _)| rule == "config-unused-ignore"));
    assert_eq!(on("tomorrow").0, 2);
    // The day is asked for only when an entry ends.
    folder.add("ringfence.toml", ignore(""));
    assert_eq!(on("tomorrow").0, 1);
}

#[test]
fn entries_need_a_reason_and_a_date_is_a_date() {
    let folder = Folder::with("endpoint.json", FULL);
    for (text, expected) in [
        ("[[ignore]]\nrule = \"policy-syntax\"\npath = \"*\"", "missing key `reason`"),
        ("[[ignore]]\nrule = \"policy-syntax\"\npath = \"*\"\nreason = \" \"", "there is no reason here"),
        (&ignore("until = \"2027-01-31\""), "without quotes"),
        (&ignore("until = 2027-01-31T10:00:00Z"), "not a date"),
        (&ignore("until = 10:00:00"), "not a date"),
        (&ignore("sid = \"a\"\npointer = \"/a\""), "both say where"),
        (&ignore("pointer = \"Statement/0\""), "not a JSON pointer"),
        (&ignore("Sid = \"a\""), "unknown key `Sid`"),
        ("[[ignore]]\nrule = \"policy-syntax\"\npath = \"../*\"\nreason = \"x\"", "must stay in the folder"),
        ("[rules]\npolicy-size = \"of\"", "not a severity"),
        ("[rules]\npolicy-syntax = \"off\"", "never passes"),
        ("[[paths]]\npath = \"*\"\nrules = { policy-syntax = \"note\" }", "never passes"),
        ("[[paths]]\npath = 7\nrules = {}", "expected a pattern"),
        ("[[paths]]\npath = \"*\"", "missing key `rules`"),
        ("rule_folders = [\"\"]", "not a folder"),
        ("ignores = []", "write `ignore`"),
    ] {
        folder.add("ringfence.toml", text);
        let outcome = folder.run(&["check"]);
        assert_eq!(outcome.code, 2, "{text}");
        assert!(outcome.err.contains(expected), "{text}: {}", outcome.err);
        assert!(outcome.err.contains("ringfence.toml:"), "{text}: {}", outcome.err);
    }
}

#[test]
fn a_broken_file_is_ignored_by_its_own_rule_alone() {
    let folder = Folder::with("endpoint-policy.json", "{\"Statement\": [{\"Effect\": \"Allow\",}]}");
    let entry = |rule: &str| format!("[[ignore]]\nrule = \"{rule}\"\npath = \"**\"\nreason = \"x\"\n");
    folder.add("ringfence.toml", entry("policy-element"));
    assert!(severity_of(&check(&folder, &[]), "policy-syntax").is_some());
    folder.add("ringfence.toml", entry("policy-syntax"));
    assert_eq!(severity_of(&check(&folder, &[]), "policy-syntax"), None);
}

#[test]
fn files_are_excluded_and_included_by_patterns() {
    let folder = Folder::with("a/endpoint.json", FULL);
    folder.add("a/endpoint.policy", FULL);
    folder.add("b/endpoint.json", FULL);
    folder.add("ringfence.toml", "exclude = [\"b/\"]\n");
    let paths = |args: &[&str]| -> Vec<String> {
        let json = check(&folder, args);
        let files = json["files"].as_array().unwrap().iter();
        files.map(|f| f["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&[]), ["./a/endpoint.json".trim_start_matches("./")]);
    let outcome = folder.run(&["check", "b/endpoint.json"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "0 files, 0 policies (1 file excluded): nothing found\n")
    );
    assert_eq!(check(&folder, &[])["summary"]["excluded"], 1);
    folder.add("ringfence.toml", "include = [\"**/*.policy\"]\n");
    assert_eq!(paths(&[]), ["a/endpoint.policy"]);
    assert_eq!(paths(&["b/endpoint.json"]), ["b/endpoint.json"], "a file that is named is checked");
    let stdin = folder.run_with(&["check", "--stdin-filename", "b/x.json", "-"], FULL);
    assert_eq!(stdin.code, 1);
    folder.add("ringfence.toml", "exclude = [\"b/\"]\n");
    let stdin = folder.run_with(&["check", "--stdin-filename", "b/x.json", "-"], FULL);
    assert_eq!(stdin.code, 0);
}

#[test]
fn rule_folders_go_for_the_files_of_their_configuration() {
    let rule = r#"{"id": "our-rule", "title": "T", "applies_to": ["endpoint"], "severity": "warning", "message": "m",
        "requests": {"Principal": "*", "Action": "s3:GetObject"}, "expect": {"all": "explicitDeny"},
        "examples": {
            "pass": [{"name": "p", "policy": {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}}],
            "fail": [{"name": "f", "policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}}]}}"#;
    let folder = Folder::with("one/our-rules/our-rule.json", rule);
    folder.add("one/endpoint.json", FULL);
    folder.add("two/endpoint.json", FULL);
    folder.add("one/ringfence.toml", "rule_folders = [\"our-rules\"]\n[rules]\nour-rule = \"error\"\n");
    let json = check(&folder, &["one/endpoint.json", "two/endpoint.json"]);
    let ours: Vec<_> =
        json["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "our-rule").collect();
    assert_eq!(ours.len(), 1);
    assert_eq!((&ours[0]["path"], &ours[0]["severity"]), (&"one/endpoint.json".into(), &"error".into()));
    folder.add("ringfence.toml", "rule_folders = [\"one/our-rules\"]\n");
    assert_eq!(folder.run(&["explain", "our-rule"]).code, 0);
    assert!(folder.run(&["rules"]).out.contains("our-rule"));
    folder.add("one/our-rules/our-rule.json", "{");
    let outcome = folder.run(&["check", "one/endpoint.json"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("one/our-rules/our-rule.json:1:"), "{}", outcome.err);
}

#[test]
fn simulate_goes_by_the_same_configuration() {
    let folder = Folder::with("p.json", FULL);
    folder.add(
        "r.json",
        r#"{"principal": "anonymous", "action": "s3:GetObject", "resource": "arn:aws:s3:::b1/k"}"#,
    );
    folder.add("ringfence.toml", "[kinds]\nbucket = [\"p.json\"]\n");
    let args = ["simulate", "--policy", "p.json", "--request", "r.json", "--format", "json"];
    assert_eq!(folder.run(&args).json()["kind"], "bucket");
    folder.add("ringfence.toml", "kinds = 7");
    assert_eq!(folder.run(&args).code, 2);
}

#[test]
fn config_shows_what_counts_and_where_it_comes_from() {
    let folder = Folder::with(
        "ringfence.toml",
        "regions = [\"eu-west-1\"]\nexclude = [\"examples/\"]\n\n[kinds]\nendpoint = [\"vpce/**\"]\n\n[trusted]\n\
         vpcs = [\n  \"vpc-0123456789abcdef0\",\n  \"vpc-1a2b3c4d\",\n]\n\n[rules]\nbucket-vpc-only = \"warning\"\n\n\
         [[paths]]\npath = \"vpce/old/\"\nrules = { endpoint-foreign-buckets = \"off\" }\n\n\
         [[ignore]]\nrule = \"endpoint-full-access\"\npath = \"vpce/old/a.json\"\nsid = \"All\"\nreason = \"agreed\"\nuntil = 2027-01-31\n",
    );
    insta::assert_snapshot!(folder.run(&["config", "vpce/old/a.json"]).out, @r"
    path                            vpce/old/a.json
    configuration                   ringfence.toml
    kind                            endpoint                                                 ringfence.toml:5
    regions                         eu-west-1                                                ringfence.toml:1
    include                         *.json, *.yaml, *.yml, *.template, *.tf, *.tofu          default
    exclude                         examples/                                                ringfence.toml:2
    rule_folders                    none                                                     default
    kinds.endpoint                  vpce/**                                                  ringfence.toml:5
    kinds.bucket                    none                                                     default
    trusted.vpcs                    vpc-0123456789abcdef0                                    ringfence.toml:9
                                    vpc-1a2b3c4d                                             ringfence.toml:10
    trusted.vpc_endpoints           those that a policy names                                default
    trusted.accounts                those that a policy names                                default
    trusted.organizations           those that a policy names                                default
    trusted.buckets                 none                                                     default
    trusted.principals              none                                                     default
    trusted.ip_ranges               none                                                     default
    rules.bucket-vpc-only           warning                                                  ringfence.toml:14
    rules.endpoint-foreign-buckets  off                                                      ringfence.toml:18
    rules                           36 as they come                                          default
    ignore                          endpoint-full-access at `All`, until 2027-01-31: agreed  ringfence.toml:21
    ");
    let json = folder.run(&["config", "--format", "json"]).json();
    assert_eq!(json["configuration"], "ringfence.toml");
    assert_eq!(json["settings"][6]["values"][1]["line"], 10);
    assert_eq!(json["ignores"][0]["place"], "ringfence.toml:21");
    let json = Folder::new().run(&["config", "x/y.json", "--format", "json"]).json();
    assert_eq!(json["configuration"], Value::Null);
    let schema = Folder::new().run(&["config", "--schema"]);
    assert_eq!(schema.json()["title"], "Configuration of Ringfence");
}
