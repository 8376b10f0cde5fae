use super::{FENCE, FULL, Folder};

const OUTSIDE: &str = r#"{"principal": "anonymous", "action": "s3:GetObject",
    "resource": "arn:aws:s3:::amzn-s3-demo-bucket/k", "context": {"aws:SourceIp": "203.0.113.9"}, "note": "ignored"}"#;

#[test]
fn the_answer_is_given_statement_by_statement() {
    let folder = Folder::with("fence.json", FENCE);
    let outcome = folder.run_with(&["simulate", "--policy", "fence.json", "--request", "-"], OUTSIDE);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert!(outcome.out.contains("\ndecision   explicitDeny\n"), "{}", outcome.out);
    assert!(outcome.out.contains("statement 1 (Deny) applies\n"), "{}", outcome.out);
    let args = ["simulate", "--policy", "fence.json", "--request", "-", "--format", "json"];
    let json = folder.run_with(&args, OUTSIDE).json();
    assert_eq!(json["decision"], "explicitDeny");
    let statement = &json["statements"][0];
    assert_eq!(statement["index"], 0);
    assert!(statement["sid"].is_null());
    assert_eq!(statement["effect"], "Deny");
    assert_eq!(statement["matched"], true);
    assert!(!statement["reason"].as_str().unwrap().is_empty());
}

#[test]
fn a_witness_can_be_given_as_it_is() {
    let folder = Folder::with("endpoint.json", FULL);
    let findings = folder.run(&["check", "--format", "json", "endpoint.json"]).json();
    let findings = findings["findings"].as_array().unwrap();
    let witnesses: Vec<_> = findings.iter().map(|f| &f["witness"]).filter(|w| !w.is_null()).collect();
    assert!(!witnesses.is_empty());
    for witness in witnesses {
        let args = ["simulate", "--policy", "endpoint.json", "--request", "-", "--format", "json"];
        assert_eq!(folder.run_with(&args, &witness.to_string()).json()["decision"], witness["decision"]);
    }
}

#[test]
fn of_several_policies_one_is_chosen() {
    let folder = Folder::with("two.json", format!("{FULL}{FENCE}"));
    let run = |more: &[&str]| {
        let mut args = vec!["simulate", "--policy", "two.json", "--request", "-", "--format", "json"];
        args.extend(more);
        folder.run_with(&args, OUTSIDE)
    };
    let outcome = run(&[]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("`--index 0` to `--index 1`"), "{}", outcome.err);
    assert_eq!(run(&["--index", "0"]).json()["decision"], "allowed");
    assert_eq!(run(&["--index", "1"]).json()["decision"], "explicitDeny");
    assert_eq!(run(&["--index", "2"]).code, 2);
}

#[test]
fn mistakes_in_the_request_are_named() {
    let folder = Folder::with("endpoint.json", FULL);
    let cases = [
        (r#"{"principal": "anonymous", "action": "s3:GetObject"}"#, "missing member `resource`"),
        (r#"{"principal": 5, "action": "s3:GetObject", "resource": "*"}"#, "expected a string (line 1"),
        (r#"{"principal": "bob", "action": "s3:GetObject", "resource": "*"}"#, "`bob`"),
        (r#"{"principal": "anonymous", "action": "GetObject", "resource": "*"}"#, "`s3:GetObject`"),
        (
            r#"{"principal": "anonymous", "action": "s3:GetObject", "resource": "*", "context": {"k": {}}}"#,
            "list of strings",
        ),
        ("[1]", "cannot be used"),
        ("", "cannot be used"),
    ];
    for (request, expected) in cases {
        let outcome = folder.run_with(&["simulate", "--policy", "endpoint.json", "--request", "-"], request);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{request}");
        let err = outcome.err.replace("\n  ", " ");
        assert!(err.contains(expected), "{request}: {err}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_gets_no_answer() {
    let folder = Folder::with("broken.json", "Statement: [,]}");
    folder.add("none.json", "{}");
    for file in ["broken.json", "none.json", "missing.json"] {
        let outcome = folder.run_with(&["simulate", "--policy", file, "--request", "-"], OUTSIDE);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{file}");
    }
}

/// As `check` does, so that every witness of `check` can be confirmed here.
#[test]
fn a_broken_file_is_judged_as_far_as_it_can_be_read() {
    let text = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",}]}"#;
    let folder = Folder::with("endpoint.json", text);
    let args = ["simulate", "--policy", "endpoint.json", "--request", "-"];
    let outcome = folder.run_with(&args, OUTSIDE);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.out.contains("the file is not JSON (1:95: a comma before the closing `}`)"),
        "{}",
        outcome.out
    );
    let json = folder.run_with(&[&args[..], &["--format", "json"]].concat(), OUTSIDE).json();
    assert_eq!(json["decision"], "allowed");
    assert!(json["syntax_error"].as_str().unwrap().starts_with("1:95: "));
}

#[test]
fn an_open_kind_matters_only_when_the_answer_depends_on_it() {
    let policy = |principal: &str| {
        format!(
            r#"{{"Statement": {{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"}}}}"#
        )
    };
    let folder = Folder::with("p.json", policy("\"*\""));
    let json = folder
        .run_with(&["simulate", "--policy", "p.json", "--request", "-", "--format", "json"], OUTSIDE)
        .json();
    assert_eq!((&json["decision"], &json["kind"]), (&"allowed".into(), &serde_json::Value::Null));
}
