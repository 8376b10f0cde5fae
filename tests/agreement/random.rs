//! Random policies, sets of requests, and requests that hang together.

use fastrand::Rng;
use ringfence::policy::{Policy, PolicyKind, lower};
use ringfence::source::parse;
use serde_json::{Map, Value, json};

const VPCE: [&str; 4] =
    ["vpce-0aaaaaaaaaaaaaaaa", "vpce-0bbbbbbbbbbbbbbbb", "vpce-1a2b3c4d", "vpce-0123456789abcdef0"];
const VPC: [&str; 3] = ["vpc-0aaaaaaaaaaaaaaaa", "vpc-0bbbbbbbbbbbbbbbb", "vpc-1a2b3c4d"];
const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "999999999999"];
const ORGS: [&str; 3] = ["o-corp123456", "o-other12345", "o-zzzzzzzzzz"];

pub fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(..list.len())]
}

pub fn some(rng: &mut Rng, list: &[&str]) -> Value {
    if rng.u8(..3) > 0 {
        return json!(pick(rng, list));
    }
    let n = rng.usize(1..4);
    Value::Array((0..n).map(|_| json!(pick(rng, list))).collect())
}

pub fn principal(rng: &mut Rng) -> Value {
    match rng.u8(..12) {
        0..=5 => json!("*"),
        6 => json!({"AWS": "*"}),
        7 => json!({"AWS": pick(rng, &ACCOUNTS)}),
        8 => json!({"AWS": [
            pick(rng, &["arn:aws:iam::111122223333:role/App", "arn:aws:iam::111122223333:role/team/App", "arn:aws:iam::444455556666:role/App"]),
            pick(rng, &["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:assumed-role/App/job"]),
        ]}),
        9 => {
            json!({"AWS": pick(rng, &["arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:assumed-role/App/job"])})
        }
        10 => json!({"Service": pick(rng, &["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com"])}),
        _ => json!({"AWS": pick(rng, &ACCOUNTS), "Service": "cloudtrail.amazonaws.com"}),
    }
}

const ACTIONS: [&str; 13] = [
    "s3:*",
    "*",
    "s3:GetObject",
    "s3:Get*",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:*Object",
    "s3:GetObject*",
    "S3:getobject",
    "s3:*Bucket*",
    "s3:DeleteObject",
    "s3:?etObject",
    "s3:ListAllMyBuckets",
];
const RESOURCES: [&str; 16] = [
    "arn:aws:s3:::bkt",
    "arn:aws:s3:::bkt/*",
    "arn:aws:s3:::bkt*",
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bkt/x",
    "arn:aws:s3:::bkt/*/k",
    "arn:aws:s3:::bkt/?",
    "arn:*:s3:::bkt/*",
    "arn:aws:s3:::*/*",
    "arn:aws-cn:s3:::bkt/*",
    "arn:aws:s3:::bkt/${aws:username}/*",
    "arn:aws:s3:::bkt/${aws:PrincipalTag/team, 'none'}/*",
    "arn:aws:s3:::o12",
    "arn:aws:s3:*:bkt/*",
    "arn:aws:s3:::bkt/*x*",
];

pub fn condition(rng: &mut Rng) -> (String, String, Value) {
    const STRING: [&str; 6] = [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ];
    const ARN: [&str; 4] = ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"];
    let (operator, key, value) = match rng.u8(..25) {
        0..=3 => (
            pick(rng, &STRING),
            pick(rng, &["aws:SourceVpce", "aws:sourceVpce"]),
            some(
                rng,
                &[
                    "vpce-0aaaaaaaaaaaaaaaa",
                    "vpce-0bbbbbbbbbbbbbbbb",
                    "vpce-*",
                    "vpce-1a2b3c4d",
                    "*",
                    "vpce-0?aaaaaaaaaaaaaaa",
                    "vpc-0aaaaaaaaaaaaaaaa",
                ],
            ),
        ),
        4..=5 => (
            pick(rng, &STRING),
            "aws:SourceVpc",
            some(rng, &["vpc-0aaaaaaaaaaaaaaaa", "vpc-0b*", "vpc-1a2b3c4d", "VPC-1A2B3C4D"]),
        ),
        6 => (
            pick(rng, &ARN),
            "aws:SourceVpcArn",
            some(
                rng,
                &[
                    "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aaaaaaaaaaaaaaaa",
                    "arn:aws:ec2:*:111122223333:vpc/*",
                    "arn:aws:ec2:*:*:vpc/vpc-0b*",
                ],
            ),
        ),
        7 => (
            pick(rng, &["IpAddress", "NotIpAddress"]),
            pick(rng, &["aws:SourceIp", "aws:VpcSourceIp"]),
            some(rng, &["203.0.113.0/24", "10.0.0.0/8", "198.51.100.7", "0.0.0.0/0", "2001:db8::/32"]),
        ),
        8..=9 => (
            pick(
                rng,
                &["ArnEquals", "ArnNotLike", "ArnLike", "StringLike", "StringNotEquals", "StringNotLike"],
            ),
            "aws:PrincipalArn",
            some(
                rng,
                &[
                    "arn:aws:iam::111122223333:role/App",
                    "arn:aws:iam::111122223333:role/*",
                    "arn:aws:iam::*:role/App",
                    "arn:aws:iam::111122223333:root",
                    "*App",
                    "arn:aws:iam::444455556666:user/alice",
                ],
            ),
        ),
        10 => (
            pick(rng, &STRING),
            "aws:PrincipalAccount",
            some(rng, &["111122223333", "444455556666", "1111*", "anonymous"]),
        ),
        11 => (
            pick(rng, &STRING),
            "aws:PrincipalOrgID",
            some(rng, &["o-corp123456", "o-other12345", "o-*", "${aws:ResourceOrgID}"]),
        ),
        12 => (
            pick(rng, &STRING),
            "aws:PrincipalOrgPaths",
            some(rng, &["o-corp123456/*", "o-corp123456/r-ab12/ou-ab12-11111111/*", "o-*"]),
        ),
        13 => (
            pick(rng, &["Bool", "StringEquals"]),
            pick(rng, &["aws:PrincipalIsAWSService", "aws:ViaAWSService", "aws:SecureTransport"]),
            json!(pick(rng, &["true", "false"])),
        ),
        14 => (
            pick(rng, &["StringEquals", "StringNotEquals"]),
            "aws:PrincipalType",
            some(rng, &["Anonymous", "AssumedRole", "User"]),
        ),
        15 => (
            pick(rng, &["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals"]),
            pick(rng, &["s3:TlsVersion", "s3:max-keys"]),
            json!(pick(rng, &["1.2", "10", "1.3"])),
        ),
        16 => (pick(rng, &STRING), "s3:prefix", some(rng, &["", "home/*", "home/${aws:username}/*", "a"])),
        17 => (
            pick(rng, &["DateLessThan", "DateGreaterThan", "DateEquals"]),
            "aws:CurrentTime",
            json!(pick(rng, &["2026-06-01T00:00:00Z", "2025-01-01"])),
        ),
        18 => (
            pick(rng, &STRING),
            pick(rng, &["aws:ResourceAccount", "s3:ResourceAccount"]),
            some(rng, &["111122223333", "${aws:PrincipalAccount}", "444455556666"]),
        ),
        19 => {
            (pick(rng, &STRING), "aws:ResourceOrgID", some(rng, &["o-corp123456", "${aws:PrincipalOrgID}"]))
        }
        20 => (pick(rng, &STRING), "aws:PrincipalTag/team", some(rng, &["ml", "m*", "ops"])),
        21 => (
            pick(rng, &STRING),
            pick(rng, &["aws:SourceVcpe", "aws:VpceOrgID"]),
            some(rng, &["vpce-0aaaaaaaaaaaaaaaa", "o-corp123456"]),
        ),
        22 => (pick(rng, &STRING), "s3:RequestObjectTagKeys", some(rng, &["a", "b", "a*"])),
        23 => (
            pick(rng, &STRING),
            pick(rng, &["aws:username", "aws:userid"]),
            some(rng, &["alice", "al*", "${aws:PrincipalTag/team}"]),
        ),
        _ => (
            "Null",
            pick(
                rng,
                &[
                    "aws:SourceVpce",
                    "aws:SourceIp",
                    "aws:PrincipalOrgID",
                    "aws:PrincipalArn",
                    "aws:TokenIssueTime",
                ],
            ),
            json!(pick(rng, &["true", "false"])),
        ),
    };
    let multivalued = matches!(key, "aws:PrincipalOrgPaths" | "s3:RequestObjectTagKeys");
    let prefix = match rng.u8(..12) {
        0 => "ForAllValues:",
        1 => "ForAnyValue:",
        _ if multivalued && rng.u8(..8) > 0 => pick(rng, &["ForAllValues:", "ForAnyValue:"]),
        _ => "",
    };
    let suffix = if operator != "Null" && rng.u8(..4) == 0 { "IfExists" } else { "" };
    (format!("{prefix}{operator}{suffix}"), key.to_owned(), value)
}

pub fn conditions(rng: &mut Rng, most: usize) -> Value {
    let mut out: Map<String, Value> = Map::new();
    for _ in 0..rng.usize(..=most) {
        let (operator, key, value) = condition(rng);
        let block = out.entry(operator).or_insert_with(|| json!({}));
        let block = block.as_object_mut().unwrap();
        if !block.keys().any(|k| k.eq_ignore_ascii_case(&key)) {
            block.insert(key, value);
        }
    }
    Value::Object(out)
}

pub fn body(rng: &mut Rng) -> Map<String, Value> {
    let mut out = Map::new();
    let not = if rng.u8(..25) == 0 { "NotPrincipal" } else { "Principal" };
    out.insert(not.into(), principal(rng));
    out.insert(if rng.u8(..8) == 0 { "NotAction" } else { "Action" }.into(), some(rng, &ACTIONS));
    let resources = if rng.bool() { &RESOURCES[..6] } else { &RESOURCES[..] };
    out.insert(if rng.u8(..10) == 0 { "NotResource" } else { "Resource" }.into(), some(rng, resources));
    let condition = conditions(rng, 3);
    if condition.as_object().is_some_and(|c| !c.is_empty()) {
        out.insert("Condition".into(), condition);
    }
    out
}

pub fn policy(rng: &mut Rng, kind: PolicyKind) -> (Value, Policy) {
    let mut statements = Vec::new();
    for _ in 0..rng.usize(1..=4) {
        let mut statement = body(rng);
        statement.insert("Effect".into(), json!(if rng.u8(..5) < 2 { "Allow" } else { "Deny" }));
        statements.push(Value::Object(statement));
    }
    let mut document = json!({ "Statement": statements });
    if rng.u8(..10) > 0 {
        document["Version"] = json!("2012-10-17");
    }
    let typed = typed(&document, kind);
    (document, typed)
}

pub fn typed(document: &Value, kind: PolicyKind) -> Policy {
    let parsed = parse(document.to_string().as_bytes());
    assert!(parsed.errors.is_empty());
    lower(&parsed.documents[0], kind)
}

/// The set of requests, as a policy that allows just it.
pub fn set(rng: &mut Rng) -> Value {
    let mut body = if rng.bool() {
        json!({"Principal": "*", "Action": "s3:*", "Resource": "*"})
    } else {
        Value::Object(body(rng))
    };
    body["Condition"] = conditions(rng, 2);
    body["Effect"] = json!("Allow");
    json!({"Version": "2012-10-17", "Statement": [body]})
}

/// A random request that hangs together, written from the fact sheet, not from the engine.
pub fn request(rng: &mut Rng, kind: PolicyKind, partition: &str) -> Value {
    let mut context = Map::new();
    let account = pick(rng, &ACCOUNTS);
    let caller = rng.u8(..10);
    let org = (rng.u8(..3) > 0).then(|| pick(rng, &ORGS));
    let (principal, type_) = match caller {
        0..=1 => ("anonymous".to_owned(), "Anonymous"),
        2..=4 => {
            let (path, name, session) =
                (pick(rng, &["", "team/"]), pick(rng, &["App", "Other"]), pick(rng, &["job", "x"]));
            context.insert(
                "aws:PrincipalArn".into(),
                json!(format!("arn:{partition}:iam::{account}:role/{path}{name}")),
            );
            (format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"), "AssumedRole")
        }
        5..=6 => {
            let name = pick(rng, &["alice", "bob", "ml"]);
            context.insert("aws:username".into(), json!(name));
            context.insert(
                "aws:PrincipalArn".into(),
                json!(format!("arn:{partition}:iam::{account}:user/{name}")),
            );
            (format!("arn:{partition}:iam::{account}:user/{name}"), "User")
        }
        7 => {
            context.insert("aws:PrincipalArn".into(), json!(format!("arn:{partition}:iam::{account}:root")));
            (format!("arn:{partition}:iam::{account}:root"), "Account")
        }
        8 => (pick(rng, &["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com"]).to_owned(), ""),
        _ => {
            context.insert(
                "aws:PrincipalArn".into(),
                json!(format!("arn:{partition}:sts::{account}:federated-user/fred")),
            );
            (format!("arn:{partition}:sts::{account}:federated-user/fred"), "FederatedUser")
        }
    };
    let (anonymous, service) = (type_ == "Anonymous", type_.is_empty());
    let iam = !anonymous && !service;
    if !service {
        context.insert("aws:PrincipalType".into(), json!(type_));
        context.insert("aws:PrincipalAccount".into(), json!(if anonymous { "anonymous" } else { account }));
    }
    if !anonymous {
        context.insert("aws:PrincipalIsAWSService".into(), json!(service.to_string()));
    }
    context.insert(
        "aws:userid".into(),
        json!(if anonymous { "anonymous" } else { pick(rng, &["alice", "AIDAX", "ml"]) }),
    );
    if let (true, Some(org)) = (iam, org) {
        context.insert("aws:PrincipalOrgID".into(), json!(org));
        let path = pick(rng, &["r-ab12/", "r-ab12/ou-ab12-11111111/", "r-zz99/ou-zz99-22222222/"]);
        context.insert("aws:PrincipalOrgPaths".into(), json!([format!("{org}/{path}")]));
    }
    if iam && rng.bool() {
        context.insert("aws:PrincipalTag/team".into(), json!(pick(rng, &["ml", "mx", "ops", "k"])));
    }
    if iam && rng.bool() {
        context.insert("aws:TokenIssueTime".into(), json!("2026-01-01T00:00:00Z"));
    }
    let via = iam && kind == PolicyKind::Bucket && rng.u8(..5) == 0;
    context.insert("aws:ViaAWSService".into(), json!(via.to_string()));
    if kind == PolicyKind::Endpoint || !via && !service && rng.bool() {
        let id = pick(rng, &VPC);
        context.insert("aws:SourceVpc".into(), json!(id));
        context.insert("aws:SourceVpce".into(), json!(pick(rng, &VPCE)));
        let owner = pick(rng, &ACCOUNTS);
        let region = pick(rng, &["us-east-1", "eu-west-1"]);
        context.insert(
            "aws:SourceVpcArn".into(),
            json!(format!("arn:{partition}:ec2:{region}:{owner}:vpc/{id}")),
        );
        context
            .insert("aws:VpcSourceIp".into(), json!(pick(rng, &["10.0.1.7", "172.31.0.9", "198.51.100.7"])));
        if rng.bool() {
            context.insert("aws:VpceOrgID".into(), json!(pick(rng, &ORGS)));
        }
    } else if !via && !service {
        let ip = pick(rng, &["203.0.113.9", "198.51.100.7", "198.51.100.8", "2001:db8::1", "2a00::1"]);
        context.insert("aws:SourceIp".into(), json!(ip));
    }
    let tls = rng.u8(..4) > 0;
    context.insert("aws:SecureTransport".into(), json!(tls.to_string()));
    context.insert(
        "aws:CurrentTime".into(),
        json!(pick(
            rng,
            &["2026-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z"]
        )),
    );
    let owner = pick(rng, &ACCOUNTS);
    context.insert("aws:ResourceAccount".into(), json!(owner));
    if rng.bool() {
        context.insert("aws:ResourceOrgID".into(), json!(pick(rng, &ORGS)));
    }
    let bucket =
        if kind == PolicyKind::Bucket { "bkt" } else { pick(rng, &["bkt", "bkt", "bktt", "other", "o12"]) };
    let action = pick(
        rng,
        &[
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListBucket",
            "s3:DeleteObject",
            "s3:GetObjectVersion",
            "s3:GetBucketPolicy",
            "s3:ListAllMyBuckets",
            "s3:PutObjectTagging",
        ],
    );
    let action =
        if kind == PolicyKind::Bucket && action == "s3:ListAllMyBuckets" { "s3:ListBucket" } else { action };
    let resource = match action {
        "s3:ListAllMyBuckets" => "*".to_owned(),
        "s3:ListBucket" | "s3:GetBucketPolicy" => format!("arn:{partition}:s3:::{bucket}"),
        _ => format!(
            "arn:{partition}:s3:::{bucket}/{}",
            pick(rng, &["x", "a/k", "alice/z", "ml/q", "none/y", "zz", "1/2/k", "s3:::bkt/k"])
        ),
    };
    // Every action carries the version of the connection, and who owns the resource by either name.
    if tls {
        context.insert("s3:TlsVersion".into(), json!(pick(rng, &["1.2", "1.3"])));
    }
    context.insert("s3:ResourceAccount".into(), json!(owner));
    if action == "s3:ListBucket" {
        if rng.bool() {
            context.insert(
                "s3:prefix".into(),
                json!(pick(rng, &["", "home/", "home/alice/", "home/bob/x", "a", "q"])),
            );
        }
        if rng.bool() {
            context.insert("s3:max-keys".into(), json!(pick(rng, &["1", "10", "11"])));
        }
    }
    if matches!(action, "s3:PutObject" | "s3:PutObjectTagging") && rng.bool() {
        context.insert(
            "s3:RequestObjectTagKeys".into(),
            json!((0..rng.usize(1..3)).map(|_| pick(rng, &["a", "b", "aa", "z"])).collect::<Vec<_>>()),
        );
    }
    json!({"principal": principal, "action": action, "resource": resource, "context": context})
}
