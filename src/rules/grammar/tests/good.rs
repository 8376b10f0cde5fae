//! Policies that are as they should be: no error, no warning.

use super::{BUCKET, ENDPOINT, lint};
use crate::finding::Severity;
use crate::policy::PolicyKind;

#[track_caller]
fn silent(text: &str, kind: Option<PolicyKind>) {
    let found = lint(text, kind);
    let loud: Vec<_> = found
        .iter()
        .filter(|p| p.severity != Some(Severity::Note))
        .map(|p| format!("{}: {} at {}", p.rule, p.message, &text[p.span.range()]))
        .collect();
    assert!(loud.is_empty(), "{}", loud.join("\n"));
}

#[test]
fn default_endpoint_policy() {
    let text = r#"{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*","Principal":"*"}]}"#;
    assert_eq!(lint(text, ENDPOINT), []);
    assert_eq!(lint(text, None), []);
}

#[test]
fn package_repositories_denied() {
    silent(
        r#"{"Statement": [
            {"Sid": "DenyRepositories", "Principal": "*", "Action": ["s3:GetObject"], "Effect": "Deny",
             "Resource": ["arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*",
                          "arn:aws:s3:::amazonlinux.*.amazonaws.com/*", "arn:aws:s3:::al2023-repos-*-de612dc2/*"]},
            {"Principal": "*", "Action": "s3:*", "Effect": "Allow", "Resource": "*"}]}"#,
        ENDPOINT,
    );
}

#[test]
fn bucket_limited_to_an_endpoint_or_a_vpc() {
    for (operator, key, value) in [
        ("StringNotEquals", "aws:SourceVpce", r#""vpce-1a2b3c4d""#),
        ("StringNotEquals", "aws:sourceVpce", r#"["vpce-1a2b3c4d", "vpce-0a1b2c3d4e5f60718"]"#),
        ("StringNotEquals", "AWS:SourceVPC", r#""vpc-111bbb22""#),
        ("StringNotEqualsIfExists", "aws:SourceVpc", r#"["vpc-0123456789abcdef0"]"#),
        ("StringNotEquals", "aws:VpceOrgID", r#""o-corp123456""#),
        (
            "ArnNotEquals",
            "aws:SourceVpcArn",
            r#""arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0""#,
        ),
        ("StringNotLike", "aws:SourceVpce", r#"["vpce-0a1b*", "vpce-0a1c*"]"#),
        ("NotIpAddress", "aws:SourceIp", r#"["203.0.113.0/24", "2001:db8:1234::/48"]"#),
        ("NotIpAddress", "aws:VpcSourceIp", r#""10.1.0.0/16""#),
    ] {
        silent(
            &format!(
                r#"{{"Version": "2012-10-17", "Id": "Policy1415115909152", "Statement": [
                    {{"Sid": "Access-to-specific-VPCE-only", "Principal": "*", "Action": "s3:*", "Effect": "Deny",
                     "Resource": ["arn:aws:s3:::awsexamplebucket1", "arn:aws:s3:::awsexamplebucket1/*"],
                     "Condition": {{"{operator}": {{"{key}": {value}}}}}}}]}}"#
            ),
            BUCKET,
        );
    }
}

#[test]
fn network_perimeter_on_a_bucket() {
    silent(
        r#"{"Version": "2012-10-17", "Statement": [{
            "Sid": "EnforceNetworkPerimeter", "Effect": "Deny", "Principal": {"AWS": "*"}, "NotAction": "s3:PutObjectTagging",
            "Resource": ["arn:*:s3:::training-data", "arn:*:s3:::training-data/*"],
            "Condition": {
                "NotIpAddressIfExists": {"aws:SourceIp": ["203.0.113.0/24"]},
                "StringNotEqualsIfExists": {"aws:VpceOrgID": "o-corp123456", "aws:PrincipalTag/network-perimeter-exception": "true",
                    "aws:PrincipalAccount": ["111122223333"], "aws:VpceAccount": ["444455556666"]},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": ["arn:aws:iam::*:role/aws-service-role/*"]}}},
           {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:*:s3:::training-data/*",
            "Condition": {"ForAllValues:StringNotLikeIfExists": {"aws:PrincipalOrgPaths": "o-corp123456/*"},
                          "NumericLessThan": {"s3:TlsVersion": 1.2}, "Bool": {"aws:SecureTransport": false},
                          "Null": {"s3:x-amz-server-side-encryption": true}}}]}"#,
        BUCKET,
    );
}

#[test]
fn data_perimeter_on_an_endpoint() {
    silent(
        r#"{"Version": "2012-10-17", "Statement": [
           {"Sid": "AllowRequestsByOrgsIdentitiesToOrgsResources", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-corp123456", "aws:ResourceOrgID": "o-corp123456"}}},
           {"Sid": "AllowRequestsByAWSServicePrincipals", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}},
           {"Sid": "AllowRequestsToAWSOwnedResources", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::packages.eu-west-1.amazonaws.com/*", "arn:aws:s3:::amazonlinux-2-repos-eu-west-1",
                         "arn:aws:s3:::amazonlinux-2-repos-eu-west-1/*", "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"]},
           {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:ResourceAccount": "444455556666",
                                           "s3:DataAccessPointAccount": "444455556666"},
                          "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*", "s3:DataAccessPointArn": "arn:aws:s3:*:444455556666:accesspoint/*"}}}]}"#,
        ENDPOINT,
    );
}

#[test]
fn everyday_bucket_policies() {
    for statement in [
        r#""Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "arn:aws:s3:::site/*", "Condition": {"StringLike": {"aws:Referer": ["http://www.example.com/*", "http://example.com/*"]}}"#,
        r#""Principal": {"Service": ["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com"]}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::site/AWSLogs/111122223333/*", "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}}"#,
        r#""Principal": {"AWS": ["arn:aws:iam::111122223333:user/Dave", "111122223333"]}, "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": "arn:aws:s3:::site""#,
        r#""Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*""#,
        r#""Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::site/*", "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:key/ab"}, "Null": {"s3:x-amz-grant-full-control": "false"}}"#,
        r#""Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::site", "Condition": {"StringEquals": {"s3:prefix": ["", "home/${aws:username}"], "s3:delimiter": ["/"]}, "NumericLessThanEquals": {"s3:max-keys": "10"}}"#,
        r#""Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*", "Condition": {"Null": {"aws:MultiFactorAuthAge": true}, "NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600", "s3:signatureAge": 600000}, "StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:authType": "REST-HEADER"}}"#,
        r#""Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::site", "arn:aws:s3:::site/${aws:PrincipalTag/team}/*"], "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2030-01-01T00:00:00Z", "aws:EpochTime": "1893456000"}, "StringNotLike": {"aws:userid": ["AROAEXAMPLEID:*", "111122223333"]}}"#,
    ] {
        silent(
            &format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Sid": "a b-c", "Effect": "Deny", {statement}}}}}"#
            ),
            BUCKET,
        );
    }
}
