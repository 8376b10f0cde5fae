//! Random requests that a policy has much to say about: taken from one of its statements and then changed a little, so that
//! all three decisions are common and near misses are frequent.

use crate::document::{Operator, each, variables};
use crate::pool::{CALLERS, KEYS, Key, Kind, OBJECTS};
use crate::random::{case, chance, flip, pick};
use fastrand::Rng;
use ringfence::aws::{self, ResourceType};
use ringfence::policy::PolicyKind;
use serde_json::{Map, Value, json};

/// A request that the policy has something to say about.
pub fn request(rng: &mut Rng, kind: PolicyKind, policy: &Value) -> Value {
    let statements = each(&policy["Statement"]);
    let denies: Vec<&Value> = statements.iter().filter(|s| s["Effect"] == "Deny").collect();
    let target = match denies.as_slice() {
        [_, ..] if chance(rng, 40) => denies[rng.usize(..denies.len())],
        _ => &statements[rng.usize(..statements.len().min(4))],
    };
    let principal = caller(rng, target);
    let (action, resource_type) = action(rng, kind, target);
    let mut context = implied(rng, &principal);
    // The keys of the whole policy, the target's last: what it asks for counts.
    let mut order: Vec<&Value> = statements.iter().collect();
    order.push(target);
    for (i, statement) in order.iter().enumerate() {
        for (operator, block) in statement["Condition"].as_object().into_iter().flatten() {
            for (name, values) in block.as_object().into_iter().flatten() {
                if i + 1 == order.len() && chance(rng, 75) {
                    satisfy(rng, &Operator::parse(operator), name, values, &mut context);
                } else if chance(rng, 60) {
                    set(rng, name, Some(values), &mut context);
                }
            }
        }
        for (name, _) in variables(&statement.to_string()) {
            if chance(rng, 60) && find(&context, &name).is_none() {
                set(rng, &name, None, &mut context);
            }
        }
    }
    for _ in 0..rng.usize(..3) {
        let key = &KEYS[rng.usize(..KEYS.len())];
        set(rng, key.name, None, &mut context);
    }
    if chance(rng, 25) && !context.is_empty() {
        let names: Vec<String> = context.keys().cloned().collect();
        let name = &names[rng.usize(..names.len())];
        near(rng, name, &mut context);
    }
    let resource = resource(rng, target, resource_type, &context);
    context.retain(|name, _| {
        aws::condition_key(name).is_some_and(|key| aws::action(&action).is_some_and(|a| a.has_key(key)))
    });
    json!({"principal": principal, "action": format!("s3:{action}"), "resource": resource, "context": context})
}

fn caller(rng: &mut Rng, target: &Value) -> String {
    let element = if target["Principal"].is_null() { &target["NotPrincipal"] } else { &target["Principal"] };
    let listed: Vec<String> = element
        .as_object()
        .into_iter()
        .flat_map(|o| o.values().flat_map(each))
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect();
    if !listed.is_empty() && chance(rng, 60) {
        let of = |text: &str| match text {
            t if t.ends_with("role/App") => {
                t.replace(":iam:", ":sts:").replace("role/App", "assumed-role/App/job")
            }
            t if t.ends_with("role/team/App") => {
                t.replace(":iam:", ":sts:").replace("role/team/App", "assumed-role/App/job")
            }
            t if t.starts_with("arn:") || t.ends_with("amazonaws.com") => t.to_owned(),
            t if t.len() == 12 => format!("arn:aws:sts::{t}:assumed-role/App/job"),
            _ => "anonymous".to_owned(),
        };
        return of(&listed[rng.usize(..listed.len())]);
    }
    pick(rng, CALLERS).to_owned()
}

/// The keys that follow from the caller (fact sheet, section E), written down here a second time.
fn implied(rng: &mut Rng, principal: &str) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: &str| {
        out.insert(key.to_owned(), json!(value));
    };
    if principal == "anonymous" {
        put("aws:PrincipalType", "Anonymous");
        put("aws:PrincipalAccount", "anonymous");
        put("aws:userid", "anonymous");
        return out;
    }
    let Some(arn) = principal.strip_prefix("arn:") else {
        put("aws:PrincipalIsAWSService", "true");
        put("aws:PrincipalServiceName", principal);
        return out;
    };
    let fields: Vec<&str> = arn.split(':').collect();
    let (partition, account, name) = (fields[0], fields[3], fields[4]);
    put("aws:PrincipalIsAWSService", "false");
    put("aws:PrincipalAccount", account);
    let mut segments = name.split('/');
    match segments.next().unwrap_or_default() {
        "assumed-role" => {
            let role = segments.next().unwrap_or_default();
            let path = if chance(rng, 20) { "team/" } else { "" };
            put("aws:PrincipalArn", &format!("arn:{partition}:iam::{account}:role/{path}{role}"));
            put("aws:PrincipalType", "AssumedRole");
        }
        "role" => {
            put("aws:PrincipalArn", principal);
            put("aws:PrincipalType", "AssumedRole");
        }
        "user" => {
            put("aws:PrincipalArn", principal);
            put("aws:PrincipalType", "User");
            put("aws:username", segments.next_back().unwrap_or_default());
        }
        "root" => {
            put("aws:PrincipalArn", principal);
            put("aws:PrincipalType", "Account");
        }
        _ => {
            put("aws:PrincipalArn", principal);
            put("aws:PrincipalType", "FederatedUser");
        }
    }
    out
}

/// Keys whose value is the caller's own: no request may hold another one.
pub const OF_CALLER: &[&str] = &[
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalType",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:username",
];

fn of_caller(name: &str, context: &Map<String, Value>) -> bool {
    OF_CALLER.iter().any(|k| k.eq_ignore_ascii_case(name))
        || name.eq_ignore_ascii_case("aws:userid") && context.contains_key("aws:userid")
}

fn action(rng: &mut Rng, kind: PolicyKind, target: &Value) -> (String, ResourceType) {
    let element = if target["Action"].is_null() { &target["NotAction"] } else { &target["Action"] };
    let wanted = each(element);
    let wanted = wanted[rng.usize(..wanted.len())].as_str().unwrap_or_default().to_ascii_lowercase();
    let pattern = wanted.strip_prefix("s3:").unwrap_or("*").replace('*', ".*").replace('?', ".");
    let matcher = regex::Regex::new(&format!("(?i)^{pattern}$"));
    let common =
        ["GetObject", "PutObject", "ListBucket", "DeleteObject", "PutObjectTagging", "ListBucketVersions"];
    for attempt in 0..40 {
        let name = if rng.bool() {
            pick(rng, &common)
        } else {
            aws::actions()[rng.usize(..aws::actions().len())].name
        };
        let Some(action) = aws::action(name) else { continue };
        let fits = attempt > 30 || chance(rng, 10) || matcher.as_ref().is_ok_and(|m| m.is_match(name));
        let on = |t| action.applies_to(t);
        let endpoint = kind == PolicyKind::Endpoint;
        let resource_type = if on(ResourceType::Object) {
            if endpoint && on(ResourceType::AccessPointObject) && chance(rng, 8) {
                ResourceType::AccessPointObject
            } else {
                ResourceType::Object
            }
        } else if on(ResourceType::Bucket) {
            ResourceType::Bucket
        } else if action.resources.is_empty() && endpoint {
            // No resource: the account. Stands for it here, since such an action works on no job.
            ResourceType::Job
        } else {
            continue;
        };
        if fits {
            return (name.to_owned(), resource_type);
        }
    }
    ("GetObject".to_owned(), ResourceType::Object)
}

fn resource(
    rng: &mut Rng,
    target: &Value,
    resource_type: ResourceType,
    context: &Map<String, Value>,
) -> String {
    let element = if target["Resource"].is_null() { &target["NotResource"] } else { &target["Resource"] };
    let listed = each(element);
    let pattern = listed[rng.usize(..listed.len())].as_str().unwrap_or_default().to_owned();
    let fields: Vec<&str> = pattern.splitn(6, ':').collect();
    let from_policy = fields.len() == 6 && chance(rng, 65);
    let mut partition = if from_policy { fields[1] } else { "aws" };
    if partition == "*" || chance(rng, 4) {
        partition = pick(rng, &["aws", "aws-cn", "aws-us-gov"]);
    }
    let partition = partition.to_ascii_lowercase();
    let name = if from_policy { instance(rng, fields[5], context) } else { String::new() };
    let (bucket, key) = match name.split_once('/') {
        Some((bucket, key)) => (bucket.to_owned(), Some(key.to_owned())),
        None => (name, None),
    };
    let legal = |b: &str| b.len() > 2 && b.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let bucket = if legal(&bucket) { bucket } else { pick(rng, &["bkt", "bkt", "other", "bktt"]).to_owned() };
    let mut key = key.filter(|k| !k.is_empty() && !k.contains('*')).unwrap_or_else(|| {
        let key = pick(rng, OBJECTS);
        if key.contains('*') { "x".to_owned() } else { key.to_owned() }
    });
    if chance(rng, 12) {
        key = near_text(rng, &key).replace('*', "s");
        if key.is_empty() {
            key.push('x');
        }
    }
    match resource_type {
        ResourceType::Job => "*".to_owned(),
        ResourceType::Bucket => format!("arn:{partition}:s3:::{bucket}"),
        ResourceType::AccessPointObject => {
            format!("arn:{partition}:s3:us-east-1:111122223333:accesspoint/ap/object/{key}")
        }
        _ => format!("arn:{partition}:s3:::{bucket}/{key}"),
    }
}

// --- Context -----------------------------------------------------------------------------------------------------

pub fn find<'a>(context: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    context.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v)
}

fn spec(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name.eq_ignore_ascii_case(name))
}

/// A text that the pattern matches.
fn instance(rng: &mut Rng, pattern: &str, context: &Map<String, Value>) -> String {
    let mut text = pattern.to_owned();
    for (name, whole) in variables(pattern) {
        let value = find(context, &name)
            .and_then(Value::as_str)
            .unwrap_or(pick(rng, &["alice", "none", "ml"]))
            .to_owned();
        text = text.replace(&whole, if name.len() == 1 { &name } else { &value });
    }
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '*' => out.push_str(pick(rng, &["", "x", "k", "alice", "1", "home/x", "bkt/k"])),
            '?' => out.push_str(pick(rng, &["a", "1", "k", "b"])),
            c => out.push(c),
        }
    }
    out
}

/// The text with one small change.
fn near_text(rng: &mut Rng, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    match rng.u8(..5) {
        0 => drop(chars.pop()),
        1 => chars.push('x'),
        2 if !chars.is_empty() => chars.insert(0, 'x'),
        3 if !chars.is_empty() => {
            let at = rng.usize(..chars.len());
            chars[at] = flip(chars[at]);
        }
        _ if !chars.is_empty() => {
            let at = rng.usize(..chars.len());
            chars[at] = if chars[at].is_ascii_digit() { '7' } else { 'q' };
        }
        _ => {}
    }
    chars.into_iter().collect()
}

/// Gives the key one of the policy's values, or one of its own.
fn set(rng: &mut Rng, name: &str, values: Option<&Value>, context: &mut Map<String, Value>) {
    if of_caller(name, context) {
        return;
    }
    let Some(spec) = spec(name) else { return };
    let one = |rng: &mut Rng, context: &Map<String, Value>| {
        let listed = values.map(each).unwrap_or_default();
        let text = if !listed.is_empty() && chance(rng, 60) {
            let value = &listed[rng.usize(..listed.len())];
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        } else {
            pick(rng, spec.values).to_owned()
        };
        plausible(rng, spec, &text, context)
    };
    let value = if spec.many {
        Value::Array((0..rng.usize(..4)).map(|_| json!(one(rng, context))).collect())
    } else {
        json!(one(rng, context))
    };
    put(rng, name, value, context);
}

/// A value of the key's kind, near the policy's text.
fn plausible(rng: &mut Rng, spec: &Key, text: &str, context: &Map<String, Value>) -> String {
    match spec.kind {
        Kind::Ip => pick(
            rng,
            &[
                "203.0.113.9",
                "203.0.114.1",
                "198.51.100.7",
                "198.51.100.8",
                "10.0.1.7",
                "10.0.0.1",
                "10.0.2.1",
                "2001:db8::1",
                "2001:db8::2",
                "2001:db9::1",
                "192.0.2.1",
            ],
        )
        .to_owned(),
        Kind::Number => match text.parse::<i64>() {
            Ok(n) => (n + rng.i64(-1..=1)).to_string(),
            Err(_) => pick(rng, &["1.2", "1.3", "10", "9.5", "9.50"]).to_owned(),
        },
        Kind::Date if spec.name == "aws:EpochTime" => {
            pick(rng, &["1767225600", "1751284800", "1767225599", "2026-01-01T00:00:00Z"]).to_owned()
        }
        Kind::Date => pick(
            rng,
            &[
                "1767225600",
                "2026-01-01T00:00:00Z",
                "2025-06-30T12:00:00Z",
                "2025-06-01T00:00:00Z",
                "2026-01-01T00:00:00.500Z",
                "2027-01-01T00:00:00Z",
            ],
        )
        .to_owned(),
        Kind::Bool => pick(rng, &["true", "false"]).to_owned(),
        Kind::Text | Kind::Arn => instance(rng, text, context),
    }
}

fn put(rng: &mut Rng, name: &str, value: Value, context: &mut Map<String, Value>) {
    context.retain(|k, _| !k.eq_ignore_ascii_case(name));
    let Some(spec) = spec(name) else { return };
    let name = if chance(rng, 10) { case(rng, spec.name) } else { spec.name.to_owned() };
    context.insert(name, value);
}

/// Makes the condition hold, mostly.
fn satisfy(rng: &mut Rng, operator: &Operator, name: &str, values: &Value, context: &mut Map<String, Value>) {
    let listed = each(values);
    let absent = operator.base == "Null" && listed.iter().any(|v| *v == json!("true") || *v == json!(true));
    let optional = (operator.negated() || operator.if_exists) && chance(rng, 30);
    if (absent || optional) && !of_caller(name, context) {
        context.retain(|k, _| !k.eq_ignore_ascii_case(name));
    } else {
        set(rng, name, Some(values), context);
    }
}

/// Changes the key's value a little, or takes it away.
fn near(rng: &mut Rng, name: &str, context: &mut Map<String, Value>) {
    if of_caller(name, context) {
        return;
    }
    let Some(value) = context.get(name).cloned() else { return };
    let Some(spec) = spec(name) else { return };
    match value {
        _ if chance(rng, 30) => drop(context.remove(name)),
        Value::String(text) if matches!(spec.kind, Kind::Text | Kind::Arn) => {
            let text = near_text(rng, &text);
            context.insert(name.to_owned(), json!(text));
        }
        Value::Array(mut list) => {
            list.push(json!(pick(rng, &["", "q", "zz/"])));
            context.insert(name.to_owned(), Value::Array(list));
        }
        _ => {}
    }
}
