//! Each kind of problem inside conditions, and with policy variables: the rule, and the very text that is underlined.

use super::{BUCKET, ENDPOINT, condition, expect, lint, policy};
use crate::finding::Severity;

#[test]
fn operators() {
    let rule = "policy-unknown-operator";
    let found =
        condition(BUCKET, r#"{"StringNotEqual": {"aws:SourceVpc": "x"}}"#, rule, "\"StringNotEqual\"");
    assert_eq!(found.help.as_deref(), Some("write `StringNotEquals`"));
    let found = condition(BUCKET, r#"{"bool": {"aws:SecureTransport": "true"}}"#, rule, "\"bool\"");
    assert_eq!(found.help.as_deref(), Some("write `Bool`"));
    condition(BUCKET, r#"{"Matches": {"aws:SourceVpc": "x"}}"#, rule, "\"Matches\"");
    let rule = "policy-set-operator";
    condition(BUCKET, r#"{"NullIfExists": {"aws:SourceVpc": "true"}}"#, rule, "\"NullIfExists\"");
    condition(BUCKET, r#"{"ForAnyValue:Null": {"aws:CalledVia": "true"}}"#, rule, "\"ForAnyValue:Null\"");
    condition(
        BUCKET,
        r#"{"StringNotLike": {"aws:VpceOrgPaths": "o-corp123456/*"}}"#,
        rule,
        "\"StringNotLike\"",
    );
    let found = condition(
        BUCKET,
        r#"{"ForAnyValue:StringNotEquals": {"aws:SourceVpc": "vpc-12345678"}}"#,
        rule,
        "\"ForAnyValue:StringNotEquals\"",
    );
    assert_eq!(found.severity, Some(Severity::Warning));
    let found = condition(
        BUCKET,
        r#"{"ForAnyValue:StringEquals": {"aws:SourceVpc": "vpc-12345678"}}"#,
        rule,
        "\"ForAnyValue:StringEquals\"",
    );
    assert_eq!(found.severity, Some(Severity::Note));
}

#[test]
fn condition_keys() {
    let rule = "policy-unknown-condition-key";
    let found = condition(
        BUCKET,
        r#"{"StringNotEquals": {"aws:SourceVPCE1": "vpce-12345678"}}"#,
        rule,
        "\"aws:SourceVPCE1\"",
    );
    assert_eq!(found.help.as_deref(), Some("write `aws:SourceVpce`"));
    let found = condition(
        BUCKET,
        r#"{"StringNotEquals": {"s3:SourceVpce": "vpce-12345678"}}"#,
        rule,
        "\"s3:SourceVpce\"",
    );
    assert_eq!(found.help.as_deref(), Some("write `aws:SourceVpce`"));
    condition(BUCKET, r#"{"StringEquals": {"aws:SourceVpc/x": "y"}}"#, rule, "\"aws:SourceVpc/x\"");
    condition(BUCKET, r#"{"StringEquals": {"aws:PrincipalTag/": "y"}}"#, rule, "\"aws:PrincipalTag/\"");
    condition(BUCKET, r#"{"StringEquals": {"s3:ExistingObjectTag": "y"}}"#, rule, "\"s3:ExistingObjectTag\"");
    let found = condition(ENDPOINT, r#"{"StringEquals": {"ec2:Vpc": "y"}}"#, rule, "\"ec2:Vpc\"");
    assert_eq!(found.severity, Some(Severity::Warning));
    condition(BUCKET, r#"{"Bool": {"aws:IsMcpServiceAction": "true"}}"#, rule, "\"aws:IsMcpServiceAction\"");
    let found = condition(BUCKET, r#"{"StringEquals": {"s3:prefix": "home"}}"#, rule, "\"s3:prefix\"");
    assert_eq!(found.label, "never holds", "all actions, but objects only");
    condition(ENDPOINT, r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, rule, "\"aws:SourceIp\"");
    // A web identity provider's keys, and the question whether a key is there.
    expect(
        &policy(&[(
            "Condition",
            r#"{"StringEquals": {"oidc.example.com/id/1:sub": "x"}, "Null": {"s3:prefix": "true"}}"#,
        )]),
        BUCKET,
        &[],
    );
}

#[test]
fn value_types() {
    let rule = "policy-value-type";
    for (body, underlined) in [
        (r#"{"Bool": {"aws:SecureTransport": "no"}}"#, "\"no\""),
        (r#"{"Bool": {"aws:SecureTransport": ["true", "false"]}}"#, r#"["true", "false"]"#),
        (r#"{"Null": {"aws:SourceVpc": "absent"}}"#, "\"absent\""),
        (r#"{"NumericLessThan": {"s3:TlsVersion": ["1.2", "v1"]}}"#, "\"v1\""),
        (r#"{"DateLessThan": {"aws:CurrentTime": "31.12.2026"}}"#, "\"31.12.2026\""),
        (r#"{"NotIpAddress": {"aws:VpcSourceIp": ["10.0.0.0/8", "10.0.0.0/33"]}}"#, "\"10.0.0.0/33\""),
        (r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}"#, "\"arn:aws:iam::*\""),
        (r#"{"ArnEquals": {"aws:SourceVpce": "vpce-12345678"}}"#, "\"vpce-12345678\""),
        (r#"{"NumericEquals": {"aws:PrincipalType": "1"}}"#, "\"NumericEquals\""),
        (r#"{"IpAddress": {"aws:SourceVpc": "10.0.0.0/8"}}"#, "\"IpAddress\""),
        (r#"{"StringNotLike": {"aws:VpcSourceIp": "10.0.100.*"}}"#, "\"StringNotLike\""),
        (r#"{"StringEquals": {"aws:SourceAccount": "1111-2222-3333"}}"#, "\"1111-2222-3333\""),
        (r#"{"StringEquals": {"aws:SourceAccount": 12345678901}}"#, "12345678901"),
        (r#"{"StringEquals": {"aws:PrincipalTag/a": ["x", true]}}"#, "true"),
        (r#"{"StringEquals": {"aws:PrincipalType": "assumedrole"}}"#, "\"assumedrole\""),
    ] {
        condition(BUCKET, body, rule, underlined);
        condition(ENDPOINT, body, rule, underlined);
    }
    for good in [
        r#"{"Bool": {"aws:SecureTransport": true}, "Null": {"aws:SourceVpc": false}}"#,
        r#"{"DateLessThan": {"aws:CurrentTime": ["2026", "2026-12", "2026-12-31", "2026-12-31T10:00Z", "1767225600"]}}"#,
        r#"{"IpAddress": {"aws:VpcSourceIp": ["10.0.0.7", "fd00::/8"]}}"#,
        r#"{"NumericLessThan": {"s3:signatureAge": 600000.5}}"#,
        r#"{"NumericEquals": {"aws:PrincipalTag/level": "3"}}"#,
        r#"{"StringEqualsIgnoreCase": {"aws:PrincipalType": "user"}}"#,
        r#"{"StringEquals": {"aws:PrincipalAccount": ["anonymous", "111122223333"]}}"#,
    ] {
        expect(&policy(&[("Condition", good)]), BUCKET, &[]);
    }
}

#[test]
fn vpc_ids() {
    let rule = "policy-vpc-id";
    for (key, value) in [
        ("aws:SourceVpce", "\"vpc-12345678\""),
        ("aws:SourceVpc", "\"vpce-12345678\""),
        ("aws:SourceVpc", "\"vpc-1234567\""),
        ("aws:SourceVpc", "\"12345678\""),
        ("aws:SourceVpce", "\"<your-endpoint>\""),
        ("aws:Ec2InstanceSourceVpc", "\"VPC-12345678\""),
    ] {
        condition(BUCKET, &format!("{{\"StringNotEquals\": {{\"{key}\": [{value}]}}}}"), rule, value);
    }
}

#[test]
fn wildcards_and_addresses() {
    let rule = "policy-literal-wildcard";
    let found = condition(BUCKET, r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-*"}}"#, rule, "\"vpce-*\"");
    assert_eq!(
        (found.severity, found.help.as_deref()),
        (None, Some("write `StringNotLike` if a wildcard is meant, or the whole value"))
    );
    let found = condition(BUCKET, r#"{"StringEquals": {"aws:PrincipalTag/a": "x?"}}"#, rule, "\"x?\"");
    assert_eq!(found.severity, Some(Severity::Warning));
    let rule = "policy-private-ip";
    assert_eq!(
        condition(BUCKET, r#"{"IpAddress": {"aws:SourceIp": "172.31.0.0/16"}}"#, rule, "\"172.31.0.0/16\"")
            .severity,
        None
    );
    let found = condition(
        BUCKET,
        r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.7", "10.1.2.3"]}}"#,
        rule,
        "\"10.1.2.3\"",
    );
    assert_eq!(found.severity, Some(Severity::Warning));
    let found =
        condition(BUCKET, r#"{"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}"#, rule, "\"203.0.113.7/24\"");
    assert_eq!(found.severity, Some(Severity::Note));
    assert!(found.message.contains("`203.0.113.0/24`"), "{}", found.message);
    expect(
        &policy(&[("Condition", r#"{"IpAddress": {"aws:SourceIp": ["172.0.0.0/8", "0.0.0.0/0", "::/0"]}}"#)]),
        BUCKET,
        &[],
    );
}

#[test]
fn variables() {
    let rule = "policy-variable";
    let resource = |r: &str| policy(&[("Resource", &format!("\"arn:aws:s3:::b/{r}\""))]);
    for (r, underlined) in [
        ("${aws:username", "${aws:username"),
        ("${}", "${}"),
        ("${aws:user name}", "${aws:user name}"),
        ("${aws:username, none}", "${aws:username, none}"),
        ("${aws:PrincipalOrgPaths}", "${aws:PrincipalOrgPaths}"),
        ("${aws:username}/${aws:usrname}", "${aws:usrname}"),
        ("${Bucket}", "${Bucket}"),
        ("${AWS::AccountId}", "${AWS::AccountId}"),
    ] {
        expect(&resource(r), BUCKET, &[(rule, underlined)]);
    }
    for good in ["${aws:userName}", "${aws:PrincipalTag/team, 'x y'}", "${*}${?}${$}", "$5"] {
        expect(&resource(good), BUCKET, &[]);
        let old = resource(good).replace("2012-10-17", "2008-10-17");
        let silent = !good.contains("${");
        assert_eq!(lint(&old, BUCKET).is_empty(), silent, "{old}");
    }
    expect(
        &policy(&[("Resource", "\"arn:aws:s3:${aws:RequestedRegion}::b/*\"")]),
        ENDPOINT,
        &[(rule, "${aws:RequestedRegion}")],
    );
    expect(
        &policy(&[("Principal", r#"{"AWS": "${aws:PrincipalArn}"}"#)]),
        BUCKET,
        &[(rule, "${aws:PrincipalArn}")],
    );
    condition(
        BUCKET,
        r#"{"DateLessThan": {"aws:CurrentTime": "${aws:TokenIssueTime}"}}"#,
        rule,
        "${aws:TokenIssueTime}",
    );
    let found = condition(
        BUCKET,
        r#"{"Bool": {"aws:SecureTransport": "${aws:ViaAWSService}"}}"#,
        rule,
        "${aws:ViaAWSService}",
    );
    assert_eq!(found.severity, Some(Severity::Warning));
    // Spans lead through escapes.
    let text = policy(&[("Resource", "\"arn:aws:s3:::b\\u002f\\u0024{aws:usrname}\"")]);
    expect(&text, BUCKET, &[(rule, "\\u0024{aws:usrname}")]);
}

#[test]
fn save_limits_of_endpoints() {
    let rule = "policy-endpoint-save-limits";
    condition(ENDPOINT, r#"{"StringLike": {"aws:ResourceOrgID": "o-??????z???"}}"#, rule, "\"o-??????z???\"");
    condition(
        ENDPOINT,
        r#"{"NumericEquals": {"aws:ResourceAccount": "111122223333"}}"#,
        rule,
        "\"NumericEquals\"",
    );
    let found = condition(ENDPOINT, r#"{"StringLike": {"aws:PrincipalTag/a": "x*y"}}"#, rule, "\"x*y\"");
    assert_eq!(found.severity, Some(Severity::Warning));
    condition(
        ENDPOINT,
        r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1111????3333:root"}}"#,
        rule,
        "\"arn:aws:iam::1111????3333:root\"",
    );
    expect(
        &policy(&[("Resource", "\"arn:aws:s3:*:11112222*:accesspoint/a\"")]),
        ENDPOINT,
        &[(rule, "\"arn:aws:s3:*:11112222*:accesspoint/a\"")],
    );
    for good in ["team-a*", "*team-a", "*/team-a/*", "abcdef*ghijkl", "abcdef?x"] {
        expect(
            &policy(&[("Condition", &format!(r#"{{"StringLike": {{"aws:PrincipalTag/a": "{good}"}}}}"#))]),
            ENDPOINT,
            &[],
        );
    }
}
