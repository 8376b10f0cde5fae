use super::*;
use crate::source::{parse, policies};

fn detected(name: &str, json: &str) -> Detected {
    let parsed = parse(json.as_bytes());
    let (found, _) = policies(&parsed);
    let located = found.first().unwrap_or_else(|| panic!("no policy in {json}"));
    detect(name, &located.node, located.wrapper.as_ref())
}

fn statement(body: &str) -> String {
    format!(r#"{{"Statement": [{{{body}}}]}}"#)
}

const BUCKET: Detected = Detected::Policy(PolicyKind::Bucket, KindFrom::Content);
const ENDPOINT: Detected = Detected::Policy(PolicyKind::Endpoint, KindFrom::Content);
const BUCKET_BY_NAME: Detected = Detected::Policy(PolicyKind::Bucket, KindFrom::Name);
const ENDPOINT_BY_NAME: Detected = Detected::Policy(PolicyKind::Endpoint, KindFrom::Name);

/// An Allow to everyone on one bucket: legal in both kinds.
const ONE_BUCKET: &str =
    r#""Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#;

const FENCE: &str = r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"StringNotEquals": {"aws:sourceVpce": "vpce-0123456789abcdef0"}}"#;

#[test]
fn a_table_of_contents() {
    let cases = [
        // The AWS default, and what an endpoint policy alone can say.
        (r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#, ENDPOINT),
        (r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*""#, ENDPOINT),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]"#,
            ENDPOINT,
        ),
        (
            r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::packages.*.amazonaws.com/*""#,
            ENDPOINT,
        ),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::prod-us-west-2-starport-layer-bucket/*""#,
            ENDPOINT,
        ),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}"#,
            ENDPOINT,
        ),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::my-*""#,
            ENDPOINT,
        ),
        // What a bucket policy alone can say.
        (FENCE, BUCKET),
        (
            r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#,
            BUCKET,
        ),
        (
            r#""Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*""#,
            BUCKET,
        ),
        (
            r#""Effect": "Allow", "Principal": {"CanonicalUser": "0123"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#,
            BUCKET,
        ),
        (
            r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#,
            BUCKET,
        ),
        (
            r#""Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*""#,
            BUCKET,
        ),
        // Either.
        (ONE_BUCKET, Detected::Unknown),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#,
            Detected::Unknown,
        ),
        // Neither.
        (
            r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#,
            Detected::Identity,
        ),
        (r#""Effect": "Allow", "Action": "*", "Resource": "*""#, Detected::Identity),
        (
            r#""Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole""#,
            Detected::Identity,
        ),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:q""#,
            Detected::Identity,
        ),
        (
            r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*""#,
            Detected::Identity,
        ),
        (
            r#""Effect": "Deny", "Principal": "*", "Action": ["s3:*", "kms:*"], "Resource": "*""#,
            Detected::Identity,
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(detected("policy.json", &statement(body)), expected, "{body}");
    }
}

#[test]
fn names_and_content_are_weighed_together() {
    let everything = r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#;
    let cases = [
        ("vpce_bucket_policy.json", FENCE, BUCKET),
        ("restrict-s3-access-from-specific-vpc-endpoint.json", FENCE, BUCKET),
        ("vpce_bucket_policy.json", ONE_BUCKET, BUCKET_BY_NAME),
        ("MyBucketPolicy.json", ONE_BUCKET, BUCKET_BY_NAME),
        ("bucketpolicy.json", ONE_BUCKET, BUCKET_BY_NAME),
        ("s3-vpc-endpoint.json", ONE_BUCKET, Detected::Unknown),
        ("s3-vpc-endpoint-policy.json", ONE_BUCKET, ENDPOINT_BY_NAME),
        ("vpce-policy.json", ONE_BUCKET, ENDPOINT_BY_NAME),
        ("policy.json", ONE_BUCKET, Detected::Unknown),
        ("endpoint.json", everything, ENDPOINT),
        ("allow-bucket.json", everything, Detected::Unknown),
        ("org-rcp.json", everything, Detected::Identity),
    ];
    for (name, body, expected) in cases {
        assert_eq!(detected(name, &statement(body)), expected, "{name}: {body}");
    }
}

#[test]
fn a_name_can_promise_a_principal_that_is_missing() {
    let body = statement(r#""Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*""#);
    assert_eq!(detected("bucket-policy.json", &body), BUCKET_BY_NAME);
    assert_eq!(detected("lambda-bucket-policy.json", &body), Detected::Identity);
    assert_eq!(detected("bucket.json", &body), Detected::Identity);
}

#[test]
fn the_document_around_it_decides() {
    let policy = statement(ONE_BUCKET).replace('\n', " ");
    let output = serde_json::json!({"Policy": policy}).to_string();
    let expected = Detected::Policy(PolicyKind::Bucket, KindFrom::Wrapper);
    assert_eq!(detected("vpce-policy.json", &output), expected);
}

#[test]
fn words_of_names() {
    let words = |name| name_words(name).0;
    assert_eq!(words("S3VpcEndpoint-policy_v2.json"), ["s3", "vpc", "endpoint", "policy", "v2"]);
    assert_eq!(words(".json"), ["json"]);
    assert_eq!(words("été.BUCKET"), ["été"]);
    assert!(words("").is_empty());
}
