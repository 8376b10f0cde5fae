//! The words from which random policies and requests are made: few enough that they often meet.

/// What a key's values are, and so which operators go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Arn,
    Ip,
    Number,
    Date,
    Bool,
}

/// A condition key, and values that policies and requests use for it.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub many: bool,
    pub values: &'static [&'static str],
}

const fn key(name: &'static str, kind: Kind, values: &'static [&'static str]) -> Key {
    Key { name, kind, many: false, values }
}

const fn list(name: &'static str, values: &'static [&'static str]) -> Key {
    Key { name, kind: Kind::Text, many: true, values }
}

const VPCE: &[&str] = &[
    "vpce-0aaaaaaaaaaaaaaaa",
    "vpce-0bbbbbbbbbbbbbbbb",
    "vpce-1a2b3c4d",
    "vpce-*",
    "vpce-0?aaaaaaaaaaaaaaa",
    "*",
];
const VPC: &[&str] = &["vpc-0aaaaaaaaaaaaaaaa", "vpc-0bbbbbbbbbbbbbbbb", "vpc-1a2b3c4d", "vpc-0b*", "vpc-*"];
const ORG: &[&str] =
    &["o-corp123456", "o-other12345", "o-*", "o-corp*", "${aws:ResourceOrgID}", "${aws:PrincipalOrgID}"];
const PATHS: &[&str] = &[
    "o-corp123456/r-ab12/*",
    "o-corp123456/*",
    "o-corp123456/r-ab12/ou-ab12-11111111/",
    "o-other12345/r-zz99/",
    "o-*/r-ab12/*",
    "*",
];
const ACCOUNT: &[&str] = &[
    "111122223333",
    "444455556666",
    "999999999999",
    "1111*",
    "${aws:PrincipalAccount}",
    "${aws:ResourceAccount}",
    "anonymous",
];
const BOOL: &[&str] = &["true", "false", "true", "false", "True", "FALSE", "yes"];
const IP: &[&str] = &[
    "203.0.113.0/24",
    "203.0.113.9",
    "203.0.113.9/32",
    "198.51.100.7",
    "10.0.0.0/8",
    "10.0.1.7",
    "10.0.1.255/23",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::1",
    "2001:db8:0:0::/64",
    "::/0",
    "2001:db8::1/128",
    "128.0.0.0/1",
];
const DATE: &[&str] = &[
    "2026-01-01T00:00:00Z",
    "2025-06-30T12:00:00Z",
    "2026-01-01",
    "2025-06",
    "2026-01-01T02:00:00+02:00",
    "2025-12-31T23:59:59Z",
    "2026-01-01T00:00:00.500Z",
    "2026-01-01T00:00Z",
];
const NUMBER: &[&str] = &["10", "11", "100", "9.5", "10.0", "0", "-1", "1000"];
const TAG: &[&str] =
    &["ml", "ops", "m*", "${aws:PrincipalTag/team}", "${aws:username, 'ml'}", "ML", "m?", "secret"];
const NAME: &[&str] = &["alice", "bob", "al*", "Alice", "${aws:PrincipalTag/team}", "ml", "?ob"];

pub const KEYS: &[Key] = &[
    key("aws:SourceVpce", Kind::Text, VPCE),
    key("aws:SourceVpc", Kind::Text, VPC),
    key("aws:VpceAccount", Kind::Text, ACCOUNT),
    key("aws:VpceOrgID", Kind::Text, ORG),
    key("aws:PrincipalOrgID", Kind::Text, ORG),
    key("aws:ResourceOrgID", Kind::Text, ORG),
    key("aws:PrincipalAccount", Kind::Text, ACCOUNT),
    key("aws:ResourceAccount", Kind::Text, ACCOUNT),
    key("s3:ResourceAccount", Kind::Text, ACCOUNT),
    key("aws:SourceAccount", Kind::Text, ACCOUNT),
    key("aws:PrincipalTag/team", Kind::Text, TAG),
    key("s3:ExistingObjectTag/class", Kind::Text, TAG),
    key("s3:RequestObjectTag/class", Kind::Text, TAG),
    key("aws:username", Kind::Text, NAME),
    key("aws:userid", Kind::Text, &["AIDAEXAMPLE", "AROAEXAMPLE:job", "AROAEXAMPLE:*", "alice", "anonymous"]),
    key("aws:PrincipalType", Kind::Text, &["User", "AssumedRole", "Anonymous", "Account", "A*"]),
    key("aws:RequestedRegion", Kind::Text, &["us-east-1", "eu-west-1", "eu-*", "us-?ast-1", "US-EAST-1"]),
    key(
        "aws:PrincipalServiceName",
        Kind::Text,
        &["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com", "*.amazonaws.com"],
    ),
    key(
        "s3:prefix",
        Kind::Text,
        &["home/", "home/alice/", "home/*", "home/${aws:username}/*", "home/${*}", "home/*/", "", "a"],
    ),
    key("s3:delimiter", Kind::Text, &["/", ":", "?", "${?}"]),
    key("s3:x-amz-acl", Kind::Text, &["private", "public-read", "public-*", "bucket-owner-full-control"]),
    key("s3:x-amz-server-side-encryption", Kind::Text, &["AES256", "aws:kms", "aws:*", "aes256"]),
    key("s3:authType", Kind::Text, &["REST-HEADER", "REST-QUERY-STRING", "REST-*"]),
    key("s3:VersionId", Kind::Text, &["v1", "v2", "v*"]),
    list("aws:PrincipalOrgPaths", PATHS),
    list("aws:VpceOrgPaths", PATHS),
    list("aws:ResourceOrgPaths", PATHS),
    list("aws:CalledVia", &["athena.amazonaws.com", "glue.amazonaws.com", "*.amazonaws.com", "athena*"]),
    list("s3:RequestObjectTagKeys", &["a", "b", "aa", "a*", "?", "class"]),
    list(
        "aws:PrincipalServiceNamesList",
        &["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com", "*.s3.amazonaws.com"],
    ),
    key(
        "aws:PrincipalArn",
        Kind::Arn,
        &[
            "arn:aws:iam::111122223333:role/App",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::*:role/App",
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::444455556666:user/alice",
            "arn:*:iam::111122223333:*",
            "arn:aws:iam::111122223333:role/team/App",
            "arn:aws:iam::${aws:PrincipalAccount}:role/*",
            "arn:aws:iam::111122223333:user/${aws:username}",
            "*",
            "arn:aws:iam::*",
            "arn:aws:iam::????22223333:role/???",
        ],
    ),
    key(
        "aws:SourceArn",
        Kind::Arn,
        &[
            "arn:aws:cloudtrail:us-east-1:111122223333:trail/t",
            "arn:aws:cloudtrail:*:111122223333:trail/*",
            "arn:aws:s3:::src",
            "arn:aws:s3:::s*",
            "arn:aws:logs:eu-west-1:111122223333:log-group:a:b",
            "arn:aws:logs:*:*:log-group:*:b",
            "arn:aws:cloudtrail:us-east-1:${aws:SourceAccount}:trail/t",
        ],
    ),
    key(
        "aws:SourceVpcArn",
        Kind::Arn,
        &[
            "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aaaaaaaaaaaaaaaa",
            "arn:aws:ec2:*:111122223333:vpc/*",
            "arn:aws:ec2:*:*:vpc/vpc-0b*",
            "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0bbbbbbbbbbbbbbbb",
            "arn:aws:ec2:us-east-1:111122223333:vpc/${aws:SourceVpc}",
        ],
    ),
    key("aws:SourceIp", Kind::Ip, IP),
    key("aws:VpcSourceIp", Kind::Ip, IP),
    key("s3:max-keys", Kind::Number, NUMBER),
    key("s3:signatureAge", Kind::Number, NUMBER),
    key("s3:TlsVersion", Kind::Number, &["1.2", "1.3", "1.20", "1"]),
    key("aws:MultiFactorAuthAge", Kind::Number, NUMBER),
    key("aws:CurrentTime", Kind::Date, DATE),
    key("aws:TokenIssueTime", Kind::Date, DATE),
    key("aws:EpochTime", Kind::Date, &["1767225600", "1751284800", "1767225601", "2026-01-01T00:00:00Z"]),
    key("aws:SecureTransport", Kind::Bool, BOOL),
    key("aws:PrincipalIsAWSService", Kind::Bool, BOOL),
    key("aws:ViaAWSService", Kind::Bool, BOOL),
    key("aws:MultiFactorAuthPresent", Kind::Bool, BOOL),
];

/// Values that fit no type well; a policy that holds one is a policy with a mistake in it.
pub const ODD: &[&str] = &[
    "",
    "abc",
    "10abc",
    "1e1",
    "2001:DB8::1",
    "2001:0db8:0::1",
    "not an arn",
    "2026",
    "true",
    "*",
    "${aws:userid}",
    "${aws:CalledVia}",
];

pub const STRING: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
];
pub const ARN: &[&str] = &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"];
pub const IP_OPERATORS: &[&str] = &["IpAddress", "NotIpAddress"];
pub const NUMERIC: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
pub const DATES: &[&str] = &[
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];

pub const ACTIONS: &[&str] = &[
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
    "s3:List*",
    "s3:PutObject?cl",
    "s3:*tagging",
    "ec2:*",
];

pub const RESOURCES: &[&str] = &[
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
    "arn:aws:s3:::other",
    "arn:aws:s3:::bkt/*x*",
    "arn:aws:s3:::b?t/home/*",
    "arn:aws:s3:::bkt/${*}",
    "arn:aws:s3:::bkt/a${$}b",
    "arn:aws:s3:::${aws:PrincipalAccount}/*",
    "arn:aws:s3:::Bkt/*",
    "arn:aws:s3:::bkt/Home/*",
];

/// Resources of shapes that people write seldom.
pub const ODD_RESOURCES: &[&str] = &[
    "arn:aws:s3:*",
    "arn:aws:s3*",
    "arn:*",
    "arn:aws:s3:*:bkt/*",
    "arn:aws:s3:*:*:bkt/*",
    "arn:aws:s3:*:*:b*/x",
    "arn:aws:s3:*:*:*",
    "arn:AWS:s3:::bkt/*",
    "arn:aws:S3:::bkt/*",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/ap/object/*",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/*",
    "arn:aws:s3:us-east-1::bkt/*",
    "arn:aws:s3::111122223333:bkt/*",
    "arn:aws:s3:::bkt/${aws:CalledVia}/*",
    "arn:aws:s3:::bkt/x:y*",
    "arn:aws:s3::*:bkt",
];

pub const OBJECTS: &[&str] = &[
    "x",
    "a/k",
    "alice/z",
    "ml/q",
    "none/y",
    "home/alice/1",
    "1/2/k",
    "x:y",
    "a$b",
    "s3:::bkt/k",
    "${*}",
    "Home/x",
    "q?",
    "AROA/x",
    "\u{e9}t\u{e9}",
];

pub const CALLERS: &[&str] = &[
    "anonymous",
    "anonymous",
    "arn:aws:sts::111122223333:assumed-role/App/job",
    "arn:aws:sts::111122223333:assumed-role/App/other",
    "arn:aws:sts::444455556666:assumed-role/App/job",
    "arn:aws:sts::111122223333:assumed-role/app/job",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::444455556666:user/alice",
    "arn:aws:iam::111122223333:user/team/bob",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
    "arn:aws:sts::111122223333:federated-user/alice",
    "cloudtrail.amazonaws.com",
    "logging.s3.amazonaws.com",
    "arn:aws:iam::111122223333:role/App",
    "arn:aws-cn:iam::111122223333:user/alice",
];

/// Entries of `{"AWS": ...}`.
pub const AWS_PRINCIPALS: &[&str] = &[
    "*",
    "111122223333",
    "444455556666",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:role/App",
    "arn:aws:iam::444455556666:role/App",
    "arn:aws:iam::111122223333:role/team/App",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:user/team/bob",
    "arn:aws:sts::111122223333:assumed-role/App/job",
    "arn:aws:sts::111122223333:federated-user/alice",
    "AIDAEXAMPLEEXAMPLE12",
    "arn:aws-cn:iam::111122223333:user/alice",
];

pub const CANONICAL: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
