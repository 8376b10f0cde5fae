//! Policies from bytes: mostly of the right form, with every action, condition key and operator that the program knows, and
//! now and then something else where it does not belong.

use super::choices::Choices;
use ringfence::aws::{self, KeyType};
use ringfence::policy::Base;
use serde_json::{Map, Value, json};

const PRINCIPALS: &[&str] = &[
    "*",
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:role/TrainingRole",
    "arn:aws:iam::111122223333:role/path/TrainingRole",
    "arn:aws:iam::444455556666:user/alice",
    "arn:aws:sts::111122223333:assumed-role/TrainingRole/session",
    "arn:aws:sts::111122223333:federated-user/fred",
    "arn:aws-cn:iam::444455556666:role/R",
    "arn:aws:iam::111122223333:role/*",
    "AROAEXAMPLEID",
    "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
];
const SERVICES: &[&str] = &["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com", "*"];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::train-data",
    "arn:aws:s3:::train-data/*",
    "arn:aws:s3:::train-data*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::*/*",
    "arn:aws:s3:::packages.*.amazonaws.com/*",
    "arn:aws:s3:::repo.*.amazonaws.com/*",
    "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
    "arn:aws:s3:::amazonlinux-2-repos-us-east-1/*",
    "arn:aws:s3:::al2023-repos-*-de612dc2/*",
    "arn:aws:s3:::train-data/${aws:username}/*",
    "arn:aws:s3:::train-data/${aws:PrincipalTag/team, 'none'}/*",
    "arn:aws-cn:s3:::train-data/*",
    "arn:*:s3:::train-data/?*",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/ap/object/*",
    "train-data/*",
];
const TEXTS: &[&str] = &[
    "vpce-0a1b2c3d4e5f60718",
    "vpc-0c3d4e5f60718293a",
    "vpce-*",
    "*",
    "",
    "111122223333",
    "o-a1b2c3d4e5",
    "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*",
    "arn:aws:iam::111122223333:role/TrainingRole",
    "arn:aws:iam::*:role/*",
    "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0c3d4e5f60718293a",
    "203.0.113.0/24",
    "10.0.0.0/8",
    "2001:db8::/32",
    "0.0.0.0/0",
    "true",
    "false",
    "1.2",
    "10",
    "2026-01-01T00:00:00Z",
    "1767225600",
    "AES256",
    "Anonymous",
    "team-?",
    "${aws:PrincipalTag/team}",
    "${aws:ResourceOrgID}",
    "${*}",
    "${nothing",
    "home/",
    "\u{1b}[31m",
    "\u{202e}é\u{f0001}",
];
const IDS: &[&str] = &["One", "Two", "\u{1b}]0;x\u{7}", ""];

/// A document, as JSON.
pub(super) fn policy(c: &mut Choices<'_>) -> Value {
    let mut out = Map::new();
    match c.below(8) {
        0..=5 => drop(out.insert("Version".into(), json!("2012-10-17"))),
        6 => {}
        _ => drop(out.insert("Version".into(), json!(c.pick(&["2008-10-17", "2012-10-18", ""])))),
    }
    let mut statements = vec![statement(c)];
    while statements.len() < 5 && c.below(5) >= 2 {
        statements.push(statement(c));
    }
    let bare = statements.len() == 1 && c.one_in(8);
    let statements = if bare { statements.remove(0) } else { Value::Array(statements) };
    out.insert("Statement".into(), statements);
    Value::Object(out)
}

fn statement(c: &mut Choices<'_>) -> Value {
    let mut out = Map::new();
    if c.one_in(6) {
        out.insert("Sid".into(), json!(c.pick(IDS)));
    }
    out.insert("Effect".into(), json!(c.pick(&["Allow", "Deny", "Allow", "Deny", "Allow", "Deny", "deny"])));
    let mut element = |name: &str, c: &mut Choices<'_>, value: fn(&mut Choices<'_>) -> Value| {
        let value = if c.one_in(64) { odd(c) } else { value(c) };
        match c.below(40) {
            0..=35 => drop(out.insert(name.to_owned(), value)),
            36..=38 => drop(out.insert(format!("Not{name}"), value)),
            _ => {}
        }
    };
    element("Principal", c, principal);
    element("Action", c, |c| some(c, action));
    element("Resource", c, |c| some(c, |c| varied(RESOURCES, c)));
    if c.below(3) > 0 {
        let condition = if c.one_in(64) { odd(c) } else { condition(c) };
        out.insert("Condition".into(), condition);
    }
    Value::Object(out)
}

/// One value, or a list of some.
fn some(c: &mut Choices<'_>, value: fn(&mut Choices<'_>) -> Value) -> Value {
    match c.below(8) {
        0..=4 => value(c),
        5 => json!([value(c)]),
        6 => json!([value(c), value(c)]),
        _ => (0..c.below(5)).map(|_| value(c)).collect(),
    }
}

/// What does not belong there.
fn odd(c: &mut Choices<'_>) -> Value {
    match c.below(7) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(""),
        4 => json!(true),
        5 => json!(-1.5e3),
        _ => json!([["*"], {"AWS": null}]),
    }
}

/// One of the list, at times with something put in, put on or cut off.
fn varied(list: &[&str], c: &mut Choices<'_>) -> Value {
    let text = c.pick(list);
    if c.below(4) < 3 {
        return json!(text);
    }
    let at = c.below(text.chars().count() + 1);
    let (before, after): (String, String) =
        (text.chars().take(at).collect(), text.chars().skip(at).collect());
    json!(match c.below(6) {
        0 => format!("{before}*{after}"),
        1 => format!("{before}?{after}"),
        2 => before,
        3 => after,
        4 => format!("{before}${{aws:SourceVpce}}{after}"),
        _ => format!("{}{after}", before.to_uppercase()),
    })
}

fn principal(c: &mut Choices<'_>) -> Value {
    match c.below(8) {
        0..=3 => json!("*"),
        4 | 5 => json!({"AWS": some(c, |c| varied(PRINCIPALS, c))}),
        6 => json!({"Service": some(c, |c| varied(SERVICES, c))}),
        _ => {
            let kind = c.pick(&["CanonicalUser", "Federated", "AWS"]);
            json!({kind: some(c, |c| varied(PRINCIPALS, c)), "Service": varied(SERVICES, c)})
        }
    }
}

fn action(c: &mut Choices<'_>) -> Value {
    match c.below(6) {
        0 => json!("s3:*"),
        1 => json!("*"),
        2 | 3 => varied(&["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteBucket", "s3:Get*"], c),
        _ => {
            let actions = aws::actions();
            let name = actions[c.below(actions.len())].name;
            varied(&[&format!("s3:{}", name.trim_start_matches("s3:"))], c)
        }
    }
}

fn condition(c: &mut Choices<'_>) -> Value {
    let mut out = Map::new();
    for _ in 0..=c.below(3) {
        let (key, key_type) = key(c);
        let block = out.entry(operator(c, key_type)).or_insert_with(|| json!({}));
        let value = some(c, |c| if c.one_in(32) { odd(c) } else { varied(TEXTS, c) });
        if let Some(block) = block.as_object_mut() {
            block.insert(key, value);
        }
    }
    Value::Object(out)
}

/// The keys that matter most often, else any there is.
fn key(c: &mut Choices<'_>) -> (String, KeyType) {
    const USUAL: [&str; 8] = [
        "aws:SourceVpce",
        "aws:SourceVpc",
        "aws:PrincipalArn",
        "aws:SourceIp",
        "aws:PrincipalOrgID",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgPaths",
        "aws:VpcSourceIp",
    ];
    let keys = aws::condition_keys();
    let key = match c.below(3) {
        0 | 1 => aws::condition_key(c.pick(&USUAL)).unwrap(),
        _ => &keys[c.below(keys.len())],
    };
    let name = if key.variable_part { format!("{}team", key.name) } else { key.name.to_owned() };
    let name = match c.below(16) {
        14 => name.to_lowercase(),
        15 => format!("{name}x"),
        _ => name,
    };
    (name, key.key_type)
}

/// Mostly one that fits the key's type.
fn operator(c: &mut Choices<'_>, key_type: KeyType) -> String {
    let fitting: &[Base] = match key_type {
        KeyType::String => {
            &[Base::StringEquals, Base::StringNotEquals, Base::StringLike, Base::StringNotLike]
        }
        KeyType::Arn => &[Base::ArnLike, Base::ArnNotLike, Base::StringLike, Base::ArnNotEquals],
        KeyType::Bool => &[Base::Bool],
        KeyType::Numeric => &[Base::NumericLessThan, Base::NumericEquals, Base::NumericGreaterThanEquals],
        KeyType::Date => &[Base::DateLessThan, Base::DateGreaterThanEquals, Base::DateNotEquals],
        KeyType::Ip => &[Base::IpAddress, Base::NotIpAddress],
        KeyType::Binary => &[Base::BinaryEquals],
    };
    let base = match c.below(5) {
        0..=3 => fitting[c.below(fitting.len())],
        _ => Base::ALL[c.below(Base::ALL.len())],
    };
    let prefix = ["", "", "", "", "ForAllValues:", "ForAnyValue:"][c.below(6)];
    let suffix = ["", "", "", "IfExists"][c.below(4)];
    format!("{prefix}{}{suffix}", base.as_str())
}
