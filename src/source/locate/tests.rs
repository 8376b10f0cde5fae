#![allow(clippy::string_slice, reason = "tests")]

use super::*;
use crate::source::parse;
use crate::source::syntax_error::SyntaxErrorKind;

/// Address, wrapper (`b`ucket, `e`ndpoint or `-`), bareness and text of each policy.
fn found(file: &str) -> Vec<(usize, String, char, bool, String)> {
    let parsed = parse(file.as_bytes());
    let (policies, _) = policies(&parsed);
    policies
        .into_iter()
        .map(|l| {
            let wrapper = match l.wrapper {
                None => '-',
                Some(Wrapper::GetBucketPolicy) => 'b',
                Some(Wrapper::DescribeVpcEndpoints { .. }) => 'e',
                Some(Wrapper::BucketPolicyResource | Wrapper::EndpointResource) => 't',
            };
            (l.document, l.address, wrapper, l.bare_statement, file[l.node.span.range()].to_owned())
        })
        .collect()
}

fn addresses(file: &str) -> Vec<String> {
    found(file).into_iter().map(|f| f.1).collect()
}

const S3: &str = r#"{"Statement":[{"Effect":"Allow","Resource":"arn:aws:s3:::b"}]}"#;

fn embed(json: &str) -> String {
    serde_json::to_string(json).unwrap()
}

#[test]
fn a_policy_at_top_level() {
    assert_eq!(found(S3), [(0, String::new(), '-', false, S3.to_owned())]);
    let two = format!("{S3}\n{S3}");
    assert_eq!(found(&two).iter().map(|f| f.0).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn policies_inside_of_other_output() {
    let file = format!(
        r#"{{"Roles": [{{"AssumeRolePolicyDocument": {S3}}}, {{"x/y": {S3}}}], "Statement": "n/a"}}"#
    );
    assert_eq!(addresses(&file), ["/Roles/0/AssumeRolePolicyDocument", "/Roles/1/x~1y"]);
    assert_eq!(addresses(&format!("[{S3}, 1, \"x\", {S3}]")), ["/0", "/3"]);
}

#[test]
fn get_bucket_policy() {
    let policy = embed(S3);
    let plain = format!(r#"{{"Policy": {policy}}}"#);
    let escaped = policy[1..policy.len() - 1].to_owned();
    assert_eq!(found(&plain), [(0, "/Policy".into(), 'b', false, escaped)]);
    let kind = |file: &str| found(file)[0].2;
    assert_eq!(
        kind(&format!(r#"{{"status_code": 200, "data": {{"ResponseMetadata": {{}}, "Policy": {policy}}}}}"#)),
        'b'
    );
    assert_eq!(kind(&format!(r#"{{"Bucket": "b", "Policy": {S3}}}"#)), 'b');
    assert_eq!(kind(&format!(r#"{{"Policy": {policy}, "RevisionId": "1"}}"#)), '-', "a function's policy");
    assert_eq!(kind(&format!(r#"{{"Attributes": {{"Policy": {policy}}}}}"#)), '-', "a queue's policy");
    let key = embed(&S3.replace(":s3:", ":kms:"));
    assert_eq!(kind(&format!(r#"{{"Policy": {key}}}"#)), '-', "a key's policy");
}

#[test]
fn describe_vpc_endpoints() {
    let policy = embed(S3);
    let endpoint = |service: &str| {
        format!(r#"{{"PolicyDocument": {policy}, "ServiceName": "com.amazonaws.eu-west-1.{service}"}}"#)
    };
    let file = format!(
        r#"{{"VpcEndpoints": [{}, {}, {{"PolicyDocument": {policy}}}]}}"#,
        endpoint("dynamodb"),
        endpoint("s3")
    );
    let parsed = parse(file.as_bytes());
    let (located, errors) = policies(&parsed);
    let shown: Vec<_> = located.iter().map(|l| (l.address.as_str(), l.wrapper.clone())).collect();
    let wrapper =
        |name: Option<&str>| Some(Wrapper::DescribeVpcEndpoints { service_name: name.map(str::to_owned) });
    let right = [
        ("/VpcEndpoints/1/PolicyDocument", wrapper(Some("com.amazonaws.eu-west-1.s3"))),
        ("/VpcEndpoints/2/PolicyDocument", wrapper(None)),
    ];
    assert_eq!((shown, errors), (right.to_vec(), vec![]));
    assert_eq!(found(&format!(r#"{{"VpcEndpoint": {}}}"#, endpoint("s3")))[0].2, 'e');
    assert_eq!(found(&endpoint("s3"))[0].2, 'e', "what create-vpc-endpoint takes");
    assert_eq!(found(&endpoint("s3express")), []);
}

#[test]
fn errors_inside_of_strings_come_along() {
    let file = format!(r#"{{"Policy": {}}}"#, embed(r#"{"Statement": [{"Effect": "Allow",}]}"#));
    let parsed = parse(file.as_bytes());
    let (located, errors) = policies(&parsed);
    assert_eq!((located.len(), errors.len(), errors[0].kind), (1, 1, SyntaxErrorKind::TrailingComma));
    assert_eq!(
        (errors[0].span.start as usize, &file[errors[0].span.range()]),
        (file.rfind(",}").unwrap(), ",")
    );
    let prose = parse(br#"{"note": "[a statement] of {intent}"}"#);
    assert_eq!(policies(&prose), (vec![], vec![]), "prose is no broken policy");
}

#[test]
fn twice_embedded() {
    let file = format!(r#"{{"body": {}}}"#, embed(&format!(r#"{{"Policy": {}}}"#, embed(S3))));
    let all = found(&file);
    assert_eq!((all.len(), all[0].1.as_str()), (1, "/body/Policy"));
    assert!(all[0].4.starts_with(r#"{\\\"Statement"#), "{}", all[0].4);
}

#[test]
fn a_mistyped_policy_is_not_passed_over() {
    for policy in [
        r#"{"version": "2012-10-17", "statement": []}"#,
        r#"{"statement": {"effect": "Allow", "action": "s3:*"}}"#,
        r#"{"Statements": [{"Effect": "Allow", "Action": "s3:*"}]}"#,
        r#"{"Version": "2012-10-17", "Statment": []}"#,
        r#"{"Version": "2012-10-17"}"#,
        r#"{"Version": "2012-10-17", "Statement": "#,
        r#"{"Statement": "#,
        r#"{"Statement": []}"#,
        r#"{"Id": "x", "Statement": "s3:*"}"#,
    ] {
        assert_eq!(addresses(policy), [""], "{policy}");
    }
    for other in [
        "{}",
        "[]",
        "1",
        r#"{"version": "1.0.0", "name": "package", "statement": "MIT"}"#,
        r#"{"Statement": [{"balance": 3}]}"#,
        r#"{"effect": "fade", "action": "hide"}"#,
        r#"{"statement": [{"actions": ["s3:*"], "effect": "Allow"}]}"#,
        r#"{"Version": "2", "Statement text": "x"}"#,
    ] {
        assert_eq!(addresses(other), [""; 0], "{other}");
    }
}

#[test]
fn statements_without_a_policy() {
    let statement = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}"#;
    assert_eq!(found(statement), [(0, String::new(), '-', true, statement.to_owned())]);
    let array = format!("[{statement}, {{\"Sid\": \"x\"}}]");
    assert_eq!(found(&array), [(0, String::new(), '-', true, array.clone())]);
    let mixed = format!("[{statement}, {S3}]");
    let shown: Vec<_> = found(&mixed).into_iter().map(|f| (f.1, f.3)).collect();
    assert_eq!(shown, [("/0".to_owned(), true), ("/1".to_owned(), false)]);
    assert_eq!(addresses(&format!(r#"{{"x": {statement}}}"#)), [""; 0], "not at top level");
}

#[test]
fn hostile_documents_take_linear_time() {
    let start = std::time::Instant::now();
    let key = "k".repeat(400_000);
    let wide = format!(r#"{{"{key}": [{}1]}}"#, "{},".repeat(150_000));
    assert_eq!(found(&wide), []);
    let many = format!(r#"{{"{key}": [{}1]}}"#, r#"{"Statement":[]},"#.repeat(20_000));
    let all = found(&many);
    assert_eq!((all.len(), all[19_999].1.as_str()), (20_000, "/…/19999"));
    let strings = format!("[{}1]", r#""{\"Statement\":","#.repeat(50_000));
    assert_eq!(found(&strings).len(), 50_000);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
