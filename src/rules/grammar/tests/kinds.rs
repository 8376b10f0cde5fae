//! Each kind of problem outside of conditions: the rule, and the very text that is underlined.

use super::{BUCKET, ENDPOINT, both, condition, expect, lint, policy, shown};
use crate::finding::Severity;

#[test]
fn elements() {
    let rule = "policy-element";
    for (changes, underlined, message) in [
        (&[("Effect", "")][..], "{", "statement 1 has no `Effect`"),
        (&[("Principal", "")], "{", "statement 1 has neither `Principal` nor `NotPrincipal`"),
        (&[("Action", "")], "{", "statement 1 has neither `Action` nor `NotAction`"),
        (&[("Resource", "")], "{", "statement 1 has neither `Resource` nor `NotResource`"),
        (
            &[("NotAction", "\"s3:GetObject\"")],
            "\"NotAction\"",
            "statement 1 has both `Action` and `NotAction`: keep one",
        ),
        (
            &[("Resource", ""), ("resource", "\"*\"")],
            "\"resource\"",
            "`resource` is no policy element: write `Resource`",
        ),
        (&[("Conditions", "{}")], "\"Conditions\"", "`Conditions` is no policy element: write `Condition`"),
        (&[("Comment", "\"x\"")], "\"Comment\"", "`Comment` is no policy element"),
        (
            &[("Version", "\"2012-10-17\"")],
            "\"Version\"",
            "`Version` does not belong here: it stands beside `Statement`, not in it",
        ),
        (&[("Action", "null")], "null", "`Action` must be a string or an array, not null"),
        (&[("Action", "[\"s3:GetObject\", 7]")], "7", "an entry of `Action` must be a string, not a number"),
        (&[("Resource", "{}")], "{", "`Resource` must be a string or an array, not an object"),
        (&[("Sid", "1")], "1", "`Sid` must be a string, not a number"),
        (&[("Condition", "[]")], "[", "`Condition` must be an object, not an array"),
        (&[("Condition", "{\"Bool\": true}")], "true", "`Bool` must be an object, not a boolean"),
        (
            &[("Condition", "{\"StringEquals\": {\"aws:SourceVpc\": null}}")],
            "null",
            "`aws:SourceVpc` must be a string, a boolean, a number or an array, not null",
        ),
    ] {
        // An element that is missing and misspelt is one problem; an empty object adds its own.
        let text = policy(changes);
        let found: Vec<_> = lint(&text, BUCKET).into_iter().filter(|p| p.rule == rule).collect();
        assert_eq!(shown(&found, &text), [(rule.to_owned(), underlined.to_owned())], "{text}");
        assert_eq!(found[0].message, message);
    }
    expect("{}", BUCKET, &[(rule, "{")]);
    expect("[]", BUCKET, &[(rule, "["), (rule, "[")]);
    expect("7", BUCKET, &[(rule, "7")]);
    let text = r#"{"statement": [], "Version": "2012-10-17"}"#;
    let found = expect(text, BUCKET, &[(rule, "\"statement\"")]);
    assert_eq!(found[0].message, "`statement` is no policy element: write `Statement`");
    expect(r#"{"Statement": [], "Id": 3}"#, BUCKET, &[(rule, "["), (rule, "3")]);
    expect(r#"{"Statement": ["x"]}"#, BUCKET, &[(rule, "\"x\"")]);
}

#[test]
fn a_lone_statement_is_said_once_and_looked_into() {
    let text = r#"{"Effect": "deny", "Principal": "*", "Action": "s3:GetObjects", "Resource": "*"}"#;
    let right = [
        ("policy-element", "{"),
        ("policy-effect", "\"deny\""),
        ("policy-unknown-action", "\"s3:GetObjects\""),
    ];
    expect(text, ENDPOINT, &right);
    expect(
        r#"[{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]"#,
        ENDPOINT,
        &[("policy-element", "[")],
    );
}

#[test]
fn version_and_effect() {
    let found = both(&[("Effect", "\"ALLOW\"")], "policy-effect", "\"ALLOW\"");
    assert_eq!(found.message, "`Effect` must be `Allow` or `Deny`, not `ALLOW`");
    both(&[("Effect", "null")], "policy-effect", "null");
    let text = policy(&[]).replace("2012-10-17", "2012-10-18");
    let found = expect(&text, ENDPOINT, &[("policy-version", "\"2012-10-18\"")]);
    assert_eq!(found[0].message, "`Version` must be `2012-10-17` or `2008-10-17`, not `2012-10-18`");
}

#[test]
fn duplicate_keys() {
    let rule = "policy-duplicate-key";
    let text = r#"{"Statement": {"Effect": "Allow", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}"#;
    let found = expect(text, BUCKET, &[(rule, "\"Effect\"")]);
    assert_eq!(
        (found[0].span.start, found[0].related[0].0.start),
        (34, 15),
        "the second, with the first beside it"
    );
    condition(
        BUCKET,
        r#"{"Bool": {"aws:SecureTransport": "true", "AWS:securetransport": "false"}}"#,
        rule,
        "\"AWS:securetransport\"",
    );
    // Elements that differ in case are an unknown element, tags that do are one key.
    condition(
        BUCKET,
        r#"{"StringEquals": {"aws:PrincipalTag/a": "x", "aws:principaltag/A": "y"}}"#,
        rule,
        "\"aws:principaltag/A\"",
    );
    let many: Vec<String> = (0..40).map(|i| format!("\"aws:PrincipalTag/{i}\": \"x\"")).collect();
    let body = format!("{{\"StringEquals\": {{{}, \"AWS:PRINCIPALTAG/7\": \"y\"}}}}", many.join(", "));
    condition(BUCKET, &body, rule, "\"AWS:PRINCIPALTAG/7\"");
}

#[test]
fn principals() {
    let rule = "policy-principal";
    for (value, underlined) in [
        (r#""arn:aws:iam::111122223333:role/x""#, r#""arn:aws:iam::111122223333:role/x""#),
        (r#""111122223333""#, r#""111122223333""#),
        ("[\"*\"]", "["),
        ("7", "7"),
        (r#"{"aws": "*"}"#, "\"aws\""),
        (r#"{"*": "*"}"#, "\"*\""),
        (r#"{"AWS": {"x": "*"}}"#, r#"{"x": "*"}"#),
        (r#"{"AWS": ["*", 111122223333]}"#, "111122223333"),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/te*"}"#, r#""arn:aws:iam::111122223333:role/te*""#),
        (r#"{"AWS": "arn:aws:iam::*:root"}"#, r#""arn:aws:iam::*:root""#),
        (r#"{"AWS": "1111-2222-3333"}"#, r#""1111-2222-3333""#),
        (
            r#"{"AWS": "arn:aws:iam:us-east-1:111122223333:root"}"#,
            r#""arn:aws:iam:us-east-1:111122223333:root""#,
        ),
        (r#"{"AWS": "arn:aws:iam::11112222333:root"}"#, r#""arn:aws:iam::11112222333:root""#),
        (r#"{"AWS": "arn:aws:iam::111122223333:group/x"}"#, r#""arn:aws:iam::111122223333:group/x""#),
        (
            r#"{"AWS": "arn:aws:iam::111122223333:assumed-role/x/y"}"#,
            r#""arn:aws:iam::111122223333:assumed-role/x/y""#,
        ),
        (
            r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/x"}"#,
            r#""arn:aws:sts::111122223333:assumed-role/x""#,
        ),
        (r#"{"AWS": "arn:amazon:iam::111122223333:root"}"#, r#""arn:amazon:iam::111122223333:root""#),
        (r#"{"AWS": "ec2.amazonaws.com"}"#, r#""ec2.amazonaws.com""#),
        (r#"{"AWS": "AROAEXAMPLEID1234567"}"#, r#""AROAEXAMPLEID1234567""#),
        (r#"{"Service": "*"}"#, "\"*\""),
        (r#"{"Service": "CloudTrail"}"#, "\"CloudTrail\""),
        (r#"{"CanonicalUser": "abc"}"#, "\"abc\""),
        (r#"{"Federated": "cognito-identity.amazonaws.com"}"#, "\"Federated\""),
    ] {
        expect(&policy(&[("Principal", value)]), BUCKET, &[(rule, underlined)]);
    }
    let unique = lint(&policy(&[("Principal", r#"{"AWS": "AIDAEXAMPLEID1234567"}"#)]), BUCKET);
    assert_eq!(unique[0].severity, Some(Severity::Note));
    let bare = lint(&policy(&[("Principal", r#""arn:aws:iam::111122223333:role/x""#)]), BUCKET);
    assert_eq!(bare[0].help.as_deref(), Some(r#"write `{"AWS": "arn:aws:iam::111122223333:role/x"}`"#));
}

#[test]
fn endpoint_principals() {
    let rule = "policy-endpoint-principal";
    for value in [
        "\"111122223333\"",
        "\"arn:aws:iam::111122223333:root\"",
        "\"arn:aws:iam::111122223333:role/x\"",
        "\"arn:aws:sts::111122223333:assumed-role/x/y\"",
    ] {
        let text = policy(&[("Principal", &format!("{{\"AWS\": [\"*\", {value}]}}"))]);
        expect(&text, ENDPOINT, &[(rule, value)]);
        expect(&text, BUCKET, &[]);
        expect(&text, None, &[]);
    }
    let text = policy(&[("Principal", ""), ("NotPrincipal", r#"{"AWS": "111122223333"}"#)]);
    expect(&text, ENDPOINT, &[(rule, "\"NotPrincipal\"")]);
    // A malformed principal is not reported a second time.
    expect(&policy(&[("Principal", r#"{"AWS": "1"}"#)]), ENDPOINT, &[("policy-principal", "\"1\"")]);
}

#[test]
fn not_principal() {
    let rule = "policy-not-principal";
    let with =
        |effect: &str, value: &str| policy(&[("Effect", effect), ("Principal", ""), ("NotPrincipal", value)]);
    let root = r#"{"AWS": "arn:aws:iam::111122223333:root"}"#;
    expect(&with("\"Allow\"", root), BUCKET, &[(rule, "\"NotPrincipal\"")]);
    expect(&with("\"Deny\"", root), BUCKET, &[]);
    let partial = r#"{"AWS": ["arn:aws:iam::111122223333:role/x", "111122223333"]}"#;
    let found = expect(&with("\"Deny\"", partial), BUCKET, &[(rule, partial)]);
    assert!(found[0].message.contains("the session's ARN is not listed"), "{}", found[0].message);
}

#[test]
fn actions() {
    let rule = "policy-unknown-action";
    let of = |action: &str| both(&[("Action", action)], rule, action);
    assert_eq!(of("\"s3:GetObjcet\"").help.as_deref(), Some("write `s3:GetObject`"));
    assert_eq!(of("\"s3:HeadObject\"").help.as_deref(), Some("write `s3:GetObject`"));
    assert_eq!(of("\"ListBucket\"").help.as_deref(), Some("write `s3:ListBucket`"));
    assert_eq!(of("\"s:GetObject\"").help.as_deref(), Some("write `s3:` before the action's name"));
    assert_eq!(of("\"s3:Load*\"").severity, Some(Severity::Warning));
    assert_eq!(of("\"*:GetObject\"").severity, Some(Severity::Warning), "EC2 takes it");
    of("\"\"");
    of("\"s3*\"");
    let other = policy(&[("Action", "[\"s3:*\", \"sqs:SendMessage\", \"s3express:CreateSession\"]")]);
    expect(&other, ENDPOINT, &[]);
    expect(&other, None, &[]);
    let found =
        expect(&other, BUCKET, &[(rule, "\"sqs:SendMessage\""), (rule, "\"s3express:CreateSession\"")]);
    assert_eq!(found[1].severity, Some(Severity::Note));
}

#[test]
fn resources() {
    let rule = "policy-resource-arn";
    for value in [
        "\"b/*\"",
        "\"s3://b/*\"",
        "\"ARN:aws:s3:::b/*\"",
        "\" arn:aws:s3:::b/*\"",
        "\"arn:aws:s3::b/*\"",
        "\"arn:aws:s3:b/*\"",
        "\"arn:aws:s3:::\"",
        "\"arn:aws:s3:::/k\"",
        "\"arn:aws:s3::::b/*\"",
        "\"arn:aws:S3:::b/*\"",
        "\"arn:aws:s*:::b/*\"",
        "\"arn:awss:s3:::b/*\"",
        "\"arn:aws:s3:us-east-1::b/*\"",
        "\"\"",
    ] {
        both(&[("Resource", value)], rule, value);
    }
    let star = policy(&[("Resource", "\"*\"")]);
    expect(&star, BUCKET, &[(rule, "\"*\"")]);
    expect(&star, ENDPOINT, &[]);
    expect(&star, None, &[]);
    let queue = policy(&[
        ("Action", "\"s3:*\""),
        ("Resource", "[\"arn:aws:s3:::b/*\", \"arn:aws:sqs:us-east-1:111122223333:q\"]"),
    ]);
    let found = expect(&queue, ENDPOINT, &[(rule, "\"arn:aws:sqs:us-east-1:111122223333:q\"")]);
    assert_eq!(found[0].severity, Some(Severity::Warning));
    for good in [
        "arn:aws:s3:*",
        "arn:aws:s3*",
        "arn:*",
        "arn:aws:s3:::b",
        "arn:*:s3:*:*:b/x:y",
        "arn:aws:s3:us-*",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/a",
    ] {
        expect(&policy(&[("Resource", &format!("\"{good}\""))]), ENDPOINT, &[]);
    }
}

#[test]
fn resources_of_other_buckets() {
    let rule = "policy-resource-outside-bucket";
    let text = policy(&[(
        "Resource",
        r#"["arn:aws:s3:::a/*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::*/x"]"#,
    )]);
    expect(&text, BUCKET, &[(rule, "\"arn:aws:s3:::a/*\"")]);
    expect(&text, ENDPOINT, &[]);
    let text = policy(&[("Resource", r#"["arn:aws:s3:::b", "arn:aws:s3:::bb/*"]"#)]);
    expect(&text, BUCKET, &[(rule, "\"arn:aws:s3:::bb/*\"")]);
    let text = policy(&[("Resource", r#"["arn:aws:s3:::b", "arn:aws-us-gov:s3:::b/*"]"#)]);
    expect(&text, BUCKET, &[(rule, "\"arn:aws-us-gov:s3:::b/*\"")]);
}

#[test]
fn resource_types() {
    let rule = "policy-resource-type";
    let found = both(&[("Action", "[\"s3:ListBucket\", \"s3:GetObject\"]")], rule, "\"s3:ListBucket\"");
    assert_eq!(found.help.as_deref(), Some("add the bucket itself: `arn:aws:s3:::BUCKET`"));
    both(&[("Action", "\"s3:*Object\""), ("Resource", "\"arn:aws:s3:::b\"")], rule, "\"s3:*Object\"");
    let found = expect(
        &policy(&[("Action", "\"s3:ListAllMyBuckets\""), ("Resource", "\"arn:aws:s3:::*\"")]),
        ENDPOINT,
        &[(rule, "\"s3:ListAllMyBuckets\"")],
    );
    assert_eq!(found[0].severity, Some(Severity::Note));
    for (action, resource) in [
        ("s3:ListBucket", "arn:aws:s3:::b*"),
        ("s3:GetObject", "arn:aws:s3:::b*"),
        ("s3:GetObject", "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/*"),
        ("s3:ListBucket", "arn:aws:s3:::${aws:PrincipalTag/bucket}"),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/path}"),
        ("s3:ListAllMyBuckets", "*"),
    ] {
        expect(
            &policy(&[("Action", &format!("\"{action}\"")), ("Resource", &format!("\"{resource}\""))]),
            ENDPOINT,
            &[],
        );
    }
}
