//! Tests of the decision rules.

use super::decide::{Given, decide};
use super::*;
use crate::config::Trusted;
use crate::finding::Finding;
use crate::policy::lower;
use crate::source::parse;
use serde_json::{Value, json};

fn run(kind: PolicyKind, json: &Value) -> Vec<Finding> {
    let text = json.to_string();
    let parsed = parse(text.as_bytes());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let policy = lower(&parsed.documents[0], kind);
    let rules = RuleSet::builtin().unwrap();
    decide(&rules, &policy, Given { trusted: &Trusted::default(), regions: &[] })
}

fn ids(kind: PolicyKind, json: &Value) -> Vec<String> {
    run(kind, json)
        .into_iter()
        .map(|f| {
            format!(
                "{}:{}{}",
                f.rule,
                f.severity.as_str(),
                if f.verdict == crate::finding::Verdict::Undecided { "?" } else { "" }
            )
        })
        .collect()
}

#[test]
fn default_endpoint_policy() {
    let json = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    assert_eq!(
        ids(PolicyKind::Endpoint, &json),
        [
            "endpoint-amazon-linux-2-repos:error",
            "endpoint-amazon-linux-repos:error",
            "endpoint-full-access:error"
        ]
    );
}

const GET: &str = "s3:GetObject";

#[test]
fn endpoint_forms() {
    let deny =
        |resources: Value| json!({"Effect": "Deny", "Principal": "*", "Action": GET, "Resource": resources});
    let page = json!(["arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*"]);
    let page2 = json!(["arn:aws:s3:::amazonlinux.*.amazonaws.com/*"]);
    let current = json!(["arn:aws:s3:::amazonlinux-2-repos-*/*", "arn:aws:s3:::al2023-repos-*/*"]);
    let scoped = json!({"Effect": "Allow", "Principal": "*", "Action": [GET, "s3:PutObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::train", "arn:aws:s3:::train/*"]});
    let p = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
    assert_eq!(
        ids(PolicyKind::Endpoint, &p(json!([deny(page.clone())]))),
        [
            "endpoint-amazon-linux-2-repos:note",
            "endpoint-amazon-linux-current-repos:note",
            "policy-allows-nothing:error"
        ]
    );
    assert_eq!(
        ids(
            PolicyKind::Endpoint,
            &p(json!([scoped, deny(page.clone()), deny(page2.clone()), deny(current)]))
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        ids(
            PolicyKind::Endpoint,
            &p(
                json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, deny(page), deny(page2)])
            )
        ),
        ["endpoint-amazon-linux-current-repos:warning", "endpoint-full-access:error"]
    );
}

#[test]
fn bucket_forms() {
    let both = json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"]);
    let p = |condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/X"}, "Action": GET, "Resource": "arn:aws:s3:::b/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": condition}]})
    };
    let e = "vpce-0aaaaaaaaaaaaaaaa";
    let v = "vpc-0bbbbbbbbbbbbbbbb";
    for good in [
        json!({"StringNotEquals": {"aws:SourceVpce": e}}),
        json!({"StringNotEqualsIfExists": {"aws:SourceVpc": v}}),
        json!({"StringNotEquals": {"aws:SourceVpc": [v, "vpc-1a2b3c4d"]}}),
        json!({"StringNotEquals": {"aws:SourceVpc": v, "aws:SourceVpce": e}}),
        json!({"StringNotEqualsIfExists": {"aws:SourceVpc": v}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"StringNotEqualsIfExists": {"aws:SourceVpc": v}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}}),
        json!({"StringNotEquals": {"aws:VpceOrgID": "o-corp123456"}}),
        json!({"ArnNotEquals": {"aws:SourceVpcArn": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0bbbbbbbbbbbbbbbb"}}),
        json!({"StringNotEquals": {"aws:VpceAccount": "111122223333"}}),
    ] {
        assert_eq!(ids(PolicyKind::Bucket, &p(good.clone())), Vec::<String>::new(), "{good}");
    }
    for (bad, want) in [
        (json!({"ForAnyValue:StringNotEquals": {"aws:SourceVpce": e}}), "bucket-outside-vpc-allowed"),
        (json!({"StringNotLike": {"aws:SourceVpce": "vpce-*"}}), "bucket-outside-vpc-allowed"),
        (json!({"Null": {"aws:SourceVpce": "true"}}), "bucket-outside-vpc-allowed"),
        (
            json!({"StringNotEquals": {"aws:SourceVpc": v, "aws:PrincipalOrgID": "o-corp123456"}}),
            "bucket-outside-vpc-allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:SourceVpc": v}, "Bool": {"aws:PrincipalIsAWSService": "false"}}),
            "bucket-vpc-only",
        ),
        (json!({"StringNotEquals": {"aws:SourceVpce": "vpce-*"}}), "bucket-vpc-locked-out"),
        (json!({"StringNotEquals": {"aws:SourceVcpe": e}}), "bucket-vpc-locked-out"),
        (json!({"StringNotEquals": {"aws:SourceVpce": v}}), "bucket-vpc-locked-out"),
        (json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "bucket-vpc-locked-out"),
    ] {
        let found = run(PolicyKind::Bucket, &p(bad.clone()));
        println!("{bad}");
        for f in &found {
            println!(
                "   {} {:?} {}\n      {:?}\n     {:?}",
                f.rule, f.verdict, f.span_message, f.labels, f.witness
            );
        }
        assert!(found.iter().any(|f| &*f.rule == want), "{bad} {found:?}");
    }
}

#[test]
fn what_is_no_string_is_never_a_pass() {
    let p = |element: &str, value: Value| {
        let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::train/*"});
        statement[element] = value;
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let reference = json!({"Fn::Sub": "arn:aws:s3:::${Bucket}/*"});
    for policy in [
        p("Resource", json!([reference])),
        p("Resource", reference.clone()),
        p("Action", json!([{"Ref": "Actions"}])),
        p("Principal", json!({"AWS": {"Ref": "Who"}})),
        p("Condition", json!({"StringEquals": {"aws:PrincipalOrgID": {"Ref": "Organization"}}})),
    ] {
        let found = ids(PolicyKind::Bucket, &policy);
        assert!(found.contains(&"bucket-outside-vpc-allowed:error?".to_owned()), "{policy}: {found:?}");
        let found = ids(PolicyKind::Endpoint, &policy);
        assert!(found.contains(&"policy-allows-nothing:error?".to_owned()), "{policy}: {found:?}");
    }
}

#[test]
fn an_address_to_be_filled_in_is_some_address() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::train", "arn:aws:s3:::train/*"],
        "Condition": {"NotIpAddress": {"aws:SourceIp": "<office>"}}
    }]});
    // Requests through an endpoint carry no such key, whatever the address is.
    assert_eq!(ids(PolicyKind::Bucket, &policy), ["bucket-vpc-locked-out:warning", "bucket-vpc-only:error?"]);
}

#[test]
fn a_request_is_on_the_policys_own_bucket() {
    let p = |resource: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        }]})
    };
    for (resource, head) in [
        ("arn:aws:s3:::train-eu-west-1/*", "arn:aws:s3:::train-eu-west-1"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/train/object/*", "arn:aws:s3:::some-bucket"),
    ] {
        let found = run(PolicyKind::Bucket, &p(resource));
        let witness = found.iter().find_map(|f| f.witness.as_ref()).expect("a finding with a request");
        assert!(witness.request.resource.starts_with(head), "{}", witness.request.resource);
    }
}

#[test]
fn without_a_deny_the_place_is_the_whole_policy() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::train/logs/*"
    }]});
    let found = run(PolicyKind::Bucket, &policy);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(&*finding.rule, "bucket-vpc-only");
    assert_eq!(
        (finding.span.start, finding.span_message.as_str()),
        (0, "no statement of this policy is a Deny")
    );
}
