//! Long documents: what is found in one of which only a part is kept is what is found in the whole.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use fastrand::Rng;
use ringfence::source::{parse, parse_long, policies};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// Asserts that leaving things out of a text loses nothing. False when it is none of which that can be told.
fn is_the_same(text: &[u8]) -> bool {
    let Some(long) = parse_long(text) else { return false };
    let short = parse(text);
    let shown = String::from_utf8_lossy(text);
    assert_eq!(long.errors, short.errors, "{shown}");
    assert_eq!(policies(&long), policies(&short), "{shown}");
    true
}

fn policy(rng: &mut Rng) -> Value {
    let bucket = format!("arn:aws:s3:::b{}/*", rng.u8(..3));
    let one = json!({ "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": [bucket], "Condition": {} });
    let document = match rng.u8(..5) {
        0 => json!({ "Version": "2012-10-17", "Statment": [one, { "Sid": "x" }] }),
        1 => json!({ "STATEMENT": [one] }),
        2 => json!({ "Statement": one }),
        _ => json!({ "Version": "2012-10-17", "Statement": [one, { "Effect": "Deny" }, 7] }),
    };
    match rng.u8(..9) {
        0 => Value::Null,
        1 => document,
        2 => "".into(),
        3 => "{ broken".into(),
        4 => format!("{{\"Statement\": [{{\"Effect\" \"Allow\"}}], \"a\": {}", rng.u8(..9)).into(),
        5 => Value::String(document.to_string()).to_string().into(),
        6 => document.to_string().replace('S', "\\u0053").into(),
        _ => document.to_string().into(),
    }
}

/// Things of which AWS and Terraform say much, and nothing that matters.
fn chatter(rng: &mut Rng) -> Value {
    match rng.u8(..6) {
        0 => json!({ "Tags": [{ "Key": "Name", "Value": "x" }, [1, 2, [{}]]], "n": 1.5e3 }),
        1 => json!([{ "type": "aws_instance", "resources": [{ "a": 1 }] }, null, true]),
        2 => json!("2026-10-17T00:00:00Z, a statement of something"),
        3 => json!({ "resources": [{ "policy": policy(rng) }] }),
        4 => policy(rng),
        _ => json!({}),
    }
}

fn members<'k>(rng: &mut Rng, all: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let mut all: Vec<(&str, Value)> = all.into_iter().filter(|_| rng.u8(..12) > 0).collect();
    all.push(("zz", chatter(rng)));
    rng.shuffle(&mut all);
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn list(rng: &mut Rng, one: fn(&mut Rng) -> Value) -> Value {
    (0..rng.usize(..5)).map(|_| if rng.u8(..20) == 0 { chatter(rng) } else { one(rng) }).collect()
}

const KINDS: [&str; 6] = [
    "aws_vpc_endpoint",
    "aws_vpc_endpoint_policy",
    "aws_s3_bucket_policy",
    "aws_s3_bucket",
    "aws_iam_policy",
    "aws_instance",
];

fn values(rng: &mut Rng) -> Value {
    let service = ["com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.ec2"][rng.usize(..2)];
    let all = [
        ("policy", policy(rng)),
        ("service_name", service.into()),
        ("id", format!("vpce-{}", rng.u8(..2)).into()),
        ("vpc_endpoint_id", format!("vpce-{}", rng.u8(..2)).into()),
        ("bucket", format!("b{}", rng.u8(..3)).into()),
    ];
    members(rng, all)
}

/// A resource of a plan, of its configuration, or of a state.
fn resource(rng: &mut Rng) -> Value {
    let (kind, name) = (KINDS[rng.usize(..6)], format!("n{}", rng.u8(..3)));
    let reference = json!({ "references": [format!("aws_vpc_endpoint.n{}", rng.u8(..3))] });
    let policy = match rng.u8(..3) {
        0 => json!({ "constant_value": null }),
        1 => json!({ "references": ["local.p"] }),
        _ => json!({}),
    };
    let expressions = members(rng, [("policy", policy), ("vpc_endpoint_id", reference)]);
    let instances = json!([{ "attributes": values(rng) }, { "attributes": values(rng), "index_key": 1 }]);
    let all = [
        ("address", format!("{kind}.{name}{}", ["", "[0]"][rng.usize(..2)]).into()),
        ("mode", ["managed", "data"][usize::from(rng.u8(..8) == 0)].into()),
        ("type", kind.into()),
        ("name", name.into()),
        ("values", values(rng)),
        ("expressions", expressions),
        ("instances", instances),
    ];
    members(rng, all)
}

fn module(rng: &mut Rng) -> Value {
    let inner = |rng: &mut Rng| if rng.u8(..6) == 0 { module(rng) } else { json!({}) };
    let calls = json!({ "a": { "module": inner(rng) }, "b": { "module": inner(rng) } });
    let children = json!([inner(rng), inner(rng)]);
    let resources = list(rng, resource);
    members(rng, [("resources", resources), ("child_modules", children), ("module_calls", calls)])
}

fn endpoint(rng: &mut Rng) -> Value {
    let service = ["com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.ec2"][rng.usize(..2)];
    let all = [
        ("VpcEndpointId", format!("vpce-{}", rng.u8(..9)).into()),
        ("ServiceName", service.into()),
        ("PolicyDocument", policy(rng)),
        ("Groups", json!([{ "GroupId": "sg-1" }])),
    ];
    members(rng, all)
}

fn item(rng: &mut Rng) -> Value {
    let text = json!({ "policyText": policy(rng) });
    let api = json!({ "serviceName": "com.amazonaws.eu-west-1.s3", "policyDocument": policy(rng) });
    let of = |rng: &mut Rng, value: Value| if rng.bool() { value } else { value.to_string().into() };
    let (text, api) = (of(rng, text), of(rng, api));
    let supplement = json!({ "BucketPolicy": text });
    let kind = ["AWS::S3::Bucket", "AWS::EC2::VPCEndpoint", "AWS::EC2::Instance"][rng.usize(..3)];
    let all = [
        ("resourceType", kind.into()),
        ("resourceId", "b1".into()),
        ("configuration", api),
        ("supplementaryConfiguration", supplement),
    ];
    members(rng, all)
}

fn document(rng: &mut Rng) -> Value {
    let root = |rng: &mut Rng| json!({ "root_module": module(rng) });
    let terraform = || ("terraform_version", "1.9.0".into());
    let mut all = match rng.u8(..8) {
        0 | 1 => vec![
            terraform(),
            ("planned_values", root(rng)),
            ("configuration", root(rng)),
            ("prior_state", json!({ "values": root(rng) })),
            ("resource_changes", list(rng, resource)),
        ],
        2 => vec![terraform(), ("values", root(rng))],
        3 => vec![terraform(), ("version", 4.into()), ("resources", list(rng, resource))],
        4 => vec![("VpcEndpoints", list(rng, endpoint)), ("ResponseMetadata", json!({ "RetryAttempts": 0 }))],
        5 => vec![("configurationItems", list(rng, item)), ("fileVersion", "1.0".into())],
        6 => vec![("baseConfigurationItems", list(rng, item)), ("resources", list(rng, resource))],
        _ => {
            let lines = (0..rng.u8(..5)).map(|_| item(rng).to_string()).collect::<Vec<_>>();
            vec![("Results", lines.into()), ("QueryInfo", json!({ "SelectFields": [] }))]
        }
    };
    if rng.u8(..10) == 0 {
        all.push(("Version", "2012-10-17".into()));
        all.push(("Statement", policy(rng)));
    }
    members(rng, all)
}

#[test]
fn nothing_is_lost() {
    let mut rng = Rng::with_seed(11);
    let (mut same, mut found) = (0, 0);
    for _ in 0..6_000 {
        let document = document(&mut rng);
        let text = if rng.bool() { document.to_string() } else { format!("{document:#}") };
        if is_the_same(text.as_bytes()) {
            same += 1;
            found += policies(&parse(text.as_bytes())).0.len();
        }
    }
    assert!(same > 4_000 && found > 4_000, "{same} documents, {found} policies");
}

/// The same for texts that are broken: what can be read is found, and the mistakes are told.
#[test]
fn mistakes_stay_where_they_are() {
    let mut rng = Rng::with_seed(12);
    let (mut same, mut wrong) = (0, 0);
    for _ in 0..6_000 {
        let mut text = document(&mut rng).to_string().into_bytes();
        let at = rng.usize(..text.len());
        match rng.u8(..5) {
            0 => text.truncate(at),
            1 => drop(text.remove(at)),
            2 => text.insert(at, b"{}[]\",:\\\n"[rng.usize(..9)]),
            3 => text.splice(at..at, *b" // \n").for_each(drop),
            _ => text.extend_from_within(..),
        }
        if is_the_same(&text) {
            same += 1;
            wrong += usize::from(!parse(&text).errors.is_empty());
        }
    }
    assert!(same > 2_000 && wrong > 1_000, "{same} documents, {wrong} of them broken");
}

/// All JSON that lies in the repository's test data, as it is and as what a list or a resource holds.
#[test]
fn what_the_tests_hold_is_found() {
    fn walk(folder: &Path, same: &mut usize) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, same);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for part in [&*text].into_iter().chain(text.lines()) {
                let around = [
                    part.to_owned(),
                    format!(r#"{{"configurationItems": [{{"a": 1}}, {part}, {{"policyText": {part}}}]}}"#),
                    format!(r#"{{"VpcEndpoints": [{{"PolicyDocument": {}}}, {{}}]}}"#, json!(part)),
                    format!(
                        r#"{{"terraform_version": "1", "resources": [{{"type": "aws_s3_bucket_policy", "name": "a", "instances": [{{"attributes": {{"policy": {part}}}}}]}}]}}"#
                    ),
                ];
                *same += around.iter().filter(|text| is_the_same(text.as_bytes())).count();
                if text.len() > 100_000 {
                    break;
                }
            }
        }
    }
    let mut same = 0;
    walk(Path::new("testdata"), &mut same);
    assert!(same > 1_000, "{same}");
}

/// What is no plan, no state and no list that AWS prints is not read, whatever is in it.
#[test]
fn other_documents_are_none() {
    let others = [
        json!({}),
        json!([{ "VpcEndpoints": [] }]),
        json!({ "Results": [{ "Target": "Cargo.lock" }] }),
        json!({ "terraform_version": "1.9.0", "outputs": {} }),
        json!({ "Version": "2012-10-17", "VpcEndpoints": [] }),
        json!({ "Effect": "Allow", "Action": "*", "VpcEndpoints": [] }),
        json!({ "VpcEndpoints": [], "resources": [{ "policy": 1 }] }),
        json!({ "Resources": { "A": { "Type": "AWS::S3::BucketPolicy" } } }),
    ];
    for other in others {
        assert_eq!(parse_long(other.to_string().as_bytes()), None, "{other}");
    }
    assert_eq!(parse_long(b"{\"VpcEndpoints\": []}\n{}"), None, "two documents");
    assert_eq!(parse_long(b"{\"VpcEndpoints\": [\"\xff\"]}"), None, "no UTF-8");
    let crowd = "[],".repeat(1 << 21);
    assert_eq!(parse_long(format!("{{\"VpcEndpoints\": [{crowd}[]]}}").as_bytes()), None, "too much is kept");
}
