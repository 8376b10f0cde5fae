//! What is known of an action, a condition key, an operator or an ARN, in Markdown. The facts are those of `crate::aws` and of
//! the engine.

use crate::aws::{self, ActionSet, ConditionKey, KeyType, ResourceType};
use crate::config::Trusted;
use crate::engine::holds::when_absent;
use crate::engine::pattern::Truth;
use crate::policy::operator::Class;
use crate::policy::{Base, Condition, Effect, Operator, PrincipalPattern, Quantifier, Statement};
use crate::report::plain::plain;
use crate::words;

/// How many actions or keys are named at most.
const MOST: usize = 12;

/// A text as code on one line: nothing in it can end the code or hide.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

fn codes<T: AsRef<str>>(texts: impl ExactSizeIterator<Item = T>) -> String {
    let more = texts.len().saturating_sub(MOST);
    let mut out: Vec<String> = texts.take(MOST).map(|t| code(t.as_ref())).collect();
    if more > 0 {
        out.push(format!("and {more} more"));
    }
    out.join(", ")
}

/// An entry of `Action`, as written.
pub(super) fn action(written: &str) -> String {
    let name = match written.split_once(':') {
        Some((service, name)) if service.eq_ignore_ascii_case("s3") => name,
        Some(_) => return format!("{}: an action of another service than S3", code(written)),
        None if written == "*" => written,
        None => return format!("{}: not an action; it has the form {}", code(written), code("s3:GetObject")),
    };
    if name.contains(['*', '?']) {
        let set: Vec<_> = ActionSet::matching(name).actions().collect();
        let names = set.iter().map(|action| format!("s3:{}", action.name));
        return format!(
            "{}: {} of the {} actions of S3\n\n{}",
            code(written),
            set.len(),
            aws::actions().len(),
            codes(names)
        );
    }
    let Some(action) = aws::action(name) else {
        let near = aws::nearest_action(name)
            .map(|near| format!("; perhaps {} is meant", code(&format!("s3:{near}"))));
        return format!("{}: S3 has no such action{}", code(written), near.unwrap_or_default());
    };
    let mut out = format!("**{}**: {}", code(&format!("s3:{}", action.name)), access(action.access));
    if action.resources.is_empty() {
        out.push_str("\n\nWorks on the account as a whole: only `*` in `Resource` covers it.");
    } else {
        let mut resources = action.resources.to_vec();
        // What a policy speaks of most comes first.
        resources.sort_by_key(|r| !matches!(r, ResourceType::Bucket | ResourceType::Object));
        let works = resources.iter().map(|r| format!("- {}: {}", words_of(*r), code(r.arn_format())));
        out.push_str(&format!("\n\nWorks on\n{}", works.collect::<Vec<_>>().join("\n")));
    }
    let keys: Vec<_> = action.listed_keys().map(|key| key.name).collect();
    if !keys.is_empty() {
        out.push_str(&format!("\n\nBeside the global keys its requests can carry {}.", codes(keys.iter())));
    }
    out
}

fn access(level: &str) -> String {
    format!(
        "an S3 action that {}",
        match level {
            "List" => "lists",
            "Read" => "reads",
            "Write" => "writes",
            "Tagging" => "changes tags",
            _ => "changes permissions",
        }
    )
}

fn words_of(resource: ResourceType) -> &'static str {
    match resource {
        ResourceType::AccessGrant => "access grants",
        ResourceType::AccessGrantsInstance => "instances of Access Grants",
        ResourceType::AccessGrantsLocation => "locations of Access Grants",
        ResourceType::AccessPoint => "access points",
        ResourceType::AccessPointObject => "objects through access points",
        ResourceType::Bucket => "buckets",
        ResourceType::Job => "jobs of Batch Operations",
        ResourceType::MultiRegionAccessPoint => "multi-Region access points",
        ResourceType::MultiRegionAccessPointRequest => "requests about multi-Region access points",
        ResourceType::Object => "objects",
        ResourceType::ObjectLambdaAccessPoint => "Object Lambda access points",
        ResourceType::StorageLensConfiguration => "configurations of Storage Lens",
        ResourceType::StorageLensGroup => "groups of Storage Lens",
    }
}

/// A condition key, and what its absence does under the operator.
pub(super) fn key(condition: &Condition, statement: &Statement) -> String {
    let mut out = if let Some(fact) = aws::condition_key(&condition.key) {
        self::fact(fact, &condition.key)
    } else {
        let near = aws::nearest_condition_key(&condition.key);
        let near = near.map(|near| format!("; perhaps {} is meant", code(near))).unwrap_or_default();
        format!("{}: no request to S3 carries such a key{near}", code(&condition.key))
    };
    out.push_str(&format!("\n\n{}", absent(condition, statement)));
    out
}

/// What is known of a condition key.
pub(super) fn fact(fact: &ConditionKey, written: &str) -> String {
    let name = if fact.variable_part { written } else { fact.name };
    let mut out = format!("**{}**: {}.", code(name), fact.summary);
    out.push_str(&format!(
        "\n\nHolds {}{}{}.",
        if fact.multivalued { "any number of values, each " } else { "" },
        type_of(fact.key_type),
        if fact.multivalued { "; ask with `ForAnyValue:` or `ForAllValues:`" } else { "" },
    ));
    if !fact.values.is_empty() {
        out.push_str(&format!(" One of {}.", codes(fact.values.iter())));
    }
    if fact.sensitive {
        out.push_str(" A wildcard in its value has no valid use.");
    }
    if fact.inferred {
        out.push_str("\n\nWhen it is present is inferred; no page of AWS says it.");
    }
    out
}

fn type_of(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::String => "a text",
        KeyType::Arn => "an ARN",
        KeyType::Bool => "`true` or `false`",
        KeyType::Numeric => "a number",
        KeyType::Date => "a point in time",
        KeyType::Ip => "an IP address",
        KeyType::Binary => "bytes in base64",
    }
}

/// What a request without the key comes to.
fn absent(condition: &Condition, statement: &Statement) -> String {
    let operator = code(&condition.operator.to_string());
    if condition.operator.base == Base::Null {
        return format!("{operator} asks whether the key is there.");
    }
    let effect = statement.effect.map_or("statement", Effect::as_str);
    match when_absent(condition.operator) {
        Truth::True => {
            format!("In a request without it, {operator} is **true**: this {effect} is not held back by it.")
        }
        Truth::False => {
            format!("In a request without it, {operator} is **false**: this {effect} does not apply.")
        }
        Truth::Unknown => format!("AWS does not say what {operator} is in a request without it."),
    }
}

/// A condition operator.
pub(super) fn operator(operator: Operator) -> String {
    let mut out =
        format!("**{}**: compares {}", code(&operator.to_string()), words::class(operator.base.class()));
    if operator.base.class() == Class::Null {
        let name = code(&operator.to_string());
        return match operator.quantifier {
            None => format!(
                "**{name}**: whether the request carries the key: `true` asks for its absence, `false` for its presence."
            ),
            Some(Quantifier::ForAll) => format!("**{name}**: always true, whatever the request carries."),
            Some(Quantifier::ForAny) => format!("**{name}**: always false, whatever the request carries."),
        };
    }
    if operator.base.wildcards() {
        out.push_str("; `*` and `?` in the policy's values are wildcards");
    }
    out.push('.');
    let comparison = words::comparison(operator).unwrap_or_default();
    let values = if operator.negated() { "none" } else { "one" };
    let whose = match operator.quantifier {
        None => "the request's value",
        Some(Quantifier::ForAny) => "some value of the request",
        Some(Quantifier::ForAll) => "every value of the request",
    };
    let fits =
        comparison.trim_start_matches("is not").trim_start_matches("does not match").trim_start_matches("is");
    let fits = if fits.trim().is_empty() { String::new() } else { format!(" ({})", comparison.trim()) };
    out.push_str(&format!("\n\nHolds when {whose} fits {values} of the policy's values{fits}."));
    out.push_str(match when_absent(operator) {
        Truth::True => " **True** when the request does not carry the key.",
        Truth::False => " **False** when the request does not carry the key.",
        Truth::Unknown => " AWS does not say what it is when the request does not carry the key.",
    });
    out
}

/// An ARN of `Resource`, or another entry of it.
pub(super) fn resource(written: &str, trusted: &Trusted) -> String {
    if written == "*" {
        return "`*`: every bucket and every object of anyone".to_owned();
    }
    let fields: Vec<&str> = written.splitn(6, ':').collect();
    let ["arn", _, "s3", "", "", path] = fields.as_slice() else {
        return format!("{}: not the ARN of a bucket or of objects", code(written));
    };
    let (bucket, key) = path.split_once('/').map_or((*path, None), |(bucket, key)| (bucket, Some(key)));
    let mut out = match key {
        None => format!("The bucket {} itself, and none of its objects", code(bucket)),
        Some("*") => format!("Every object in the bucket {}, and not the bucket itself", code(bucket)),
        Some(key) if key.contains(['*', '?']) => {
            format!("The objects in the bucket {} whose keys match {}", code(bucket), code(key))
        }
        Some(key) => format!("The object {} in the bucket {}", code(key), code(bucket)),
    };
    if bucket.contains(['*', '?']) {
        out = out.replacen("the bucket", "any bucket like", 1).replacen("The bucket", "Any bucket like", 1);
    }
    if let Some(repository) = aws::repository_of_bucket(bucket) {
        let current = if repository.current { "downloads from it today" } else { "downloaded from it once" };
        out.push_str(&format!(
            ".\n\nA package repository of {}, which {current}{}",
            repository.distribution,
            if repository.documented { "; the SageMaker page names it" } else { "" }
        ));
    } else if aws::is_aws_owned_bucket_pattern(bucket) {
        out.push_str(".\n\nA bucket that AWS owns");
    } else if trusted.buckets.iter().any(|name| name == bucket) {
        out.push_str(".\n\nOne of your buckets, by `ringfence.toml`");
    }
    out.push('.');
    out
}

/// An entry of `Principal`.
pub(super) fn principal(pattern: &PrincipalPattern, is_endpoint: bool) -> String {
    use PrincipalPattern as P;
    let name = code(&pattern.to_string());
    match pattern {
        P::Everyone => "`*`: everyone, anonymous callers and AWS services too".to_owned(),
        P::EveryAws => {
            "`*`: everyone, anonymous callers too; whether AWS services, AWS does not say".to_owned()
        }
        P::Account { .. } if is_endpoint => {
            format!("{name}: the root user of that account, in an endpoint policy")
        }
        P::Account { .. } => {
            format!("{name}: every principal of that account that its own policies allow it")
        }
        P::Role { .. } => format!("{name}: the role, in all its sessions"),
        P::User { .. } => format!("{name}: the user"),
        P::Session { .. } => format!("{name}: one session of a role, by the session's name"),
        P::FederatedUser { .. } => format!("{name}: a federated session, by its name"),
        P::Service(_) => format!("{name}: an AWS service that calls for itself"),
        P::CanonicalUser(_) => format!("{name}: an account or a CloudFront identity, by its canonical id"),
        P::Nobody => "nobody: this principal is gone, or can never call S3".to_owned(),
        P::Unreadable(reason) => format!("AWS refuses this: {}", plain(reason)),
        P::Unknown => "known only at deploy time".to_owned(),
    }
}
