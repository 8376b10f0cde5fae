//! A class of requests in one sentence.

use crate::diff::PolicyDiff;
use crate::engine::changes::{Body, Callers, Change, Class, Share, Version};
use crate::engine::space::Network;
use crate::policy::{Condition, Effect, PrincipalPattern};
use crate::words::{list, values};

/// How the decision changes.
pub(super) fn change(class: &Class) -> &'static str {
    match class.change {
        Change::NewlyAllowed => "newly allowed",
        Change::NoLongerDenied => "no longer explicitly denied",
        Change::NoLongerAllowed => "no longer allowed",
        Change::NewlyDenied => "newly explicitly denied",
    }
}

/// `newly allowed in part: anyone, ...`
pub(super) fn sentence(class: &Class, policy: &PolicyDiff) -> String {
    let change = change(class);
    let rest = format!("{}, {}", requests(class), cause(class, policy));
    match &class.share {
        Share::Every => format!("{change}: {rest}"),
        Share::Remaining => {
            let others = match class.change {
                Change::NewlyAllowed => "what a Deny stops",
                Change::NoLongerAllowed => "what a Deny stopped before",
                Change::NoLongerDenied => "what other statements decide",
                Change::NewlyDenied => "what other statements decided before",
            };
            format!("{change}: {rest}, but for {others}")
        }
        Share::Some => format!("{change} in part: {rest}"),
        Share::Undecided(reason) => format!("perhaps {change}: {rest}: {reason}"),
    }
}

/// Whose requests, for what and on what, from where and when.
fn requests(class: &Class) -> String {
    let bodies = || class.bodies.iter().map(|b| &b.statement);
    let mut out = who(class);
    let actions = list(&class.actions.texts, "and");
    out.push_str(", ");
    out.push_str(&if class.actions.negated { format!("every action but {actions}") } else { actions });
    let mut resources: Vec<String> = Vec::new();
    for element in bodies().filter_map(|s| s.resource.as_ref()) {
        let texts = values(&element.values, "and");
        let text = if element.negated { format!("everything but {texts}") } else { texts };
        if element.negated || !element.values.iter().any(|v| &*v.source == "*") && !resources.contains(&text)
        {
            resources.push(text);
        }
    }
    out.push_str(" on ");
    out.push_str(&if resources.is_empty() {
        "every resource".to_owned()
    } else {
        resources.join(" within ")
    });
    if let Some(ways) = &class.ways {
        let ways = ways.iter().map(|way| match way {
            Network::Internet => "from the internet",
            Network::Endpoint => "through a VPC endpoint",
            Network::Service => "from inside AWS",
        });
        out.push_str(&format!(" {}", ways.collect::<Vec<_>>().join(" or ")));
    }
    let mut conditions: Vec<String> = bodies().flat_map(|s| &s.conditions).map(condition).collect();
    conditions.dedup();
    if !conditions.is_empty() {
        out.push_str(&format!(", where {}", conditions.join(" and ")));
    }
    out
}

fn who(class: &Class) -> String {
    let mut named: Vec<String> = Vec::new();
    for element in class.bodies.iter().filter_map(|b| b.statement.principal.as_ref()) {
        let everyone =
            |p: &PrincipalPattern| matches!(p, PrincipalPattern::Everyone | PrincipalPattern::EveryAws);
        if element.negated || !element.values.iter().any(|e| everyone(&e.pattern)) {
            let texts = element.values.iter().map(|e| e.pattern.to_string()).collect::<Vec<_>>();
            let texts = list(&texts, "and");
            named.push(if element.negated { format!("anyone but {texts}") } else { texts });
        }
    }
    named.dedup();
    let kinds = class.callers.as_ref().map(|callers| {
        let kinds = callers.iter().map(|c| match c {
            Callers::Anonymous => "anonymous callers",
            Callers::Iam => "IAM principals",
            Callers::Service => "AWS services",
            Callers::CanonicalUser => "canonical users",
        });
        kinds.collect::<Vec<_>>().join(" and ")
    });
    match (named.is_empty(), kinds) {
        (true, None) => "anyone".to_owned(),
        (true, Some(kinds)) => kinds,
        (false, None) => named.join(" within "),
        (false, Some(kinds)) => format!("{} ({kinds})", named.join(" within ")),
    }
}

fn condition(condition: &Condition) -> String {
    format!("`{}` `{}` {}", condition.key, condition.operator, values(&condition.values, "or"))
}

/// Which statements make the difference.
fn cause(class: &Class, policy: &PolicyDiff) -> String {
    let of = |effect: Effect| class.bodies.iter().find(|b| b.statement.effect == Some(effect));
    let name = |body: &Body| {
        let missing = match body.version {
            Version::Old => policy.old.is_none(),
            Version::New | Version::Both => policy.new.is_none(),
        };
        match body.version {
            _ if missing => "the default policy of an endpoint".to_owned(),
            Version::Old => format!("{} of the old version", body.statement.name()),
            Version::New | Version::Both => body.statement.name(),
        }
    };
    match (class.change, of(Effect::Allow), of(Effect::Deny)) {
        (Change::NewlyAllowed, Some(allow), Some(deny)) => {
            format!("by {}, no longer denied by {}", name(allow), name(deny))
        }
        (Change::NoLongerAllowed, Some(_), Some(deny)) => format!("denied by {}", name(deny)),
        (Change::NoLongerAllowed, Some(allow), None) => format!("which {} allowed", name(allow)),
        (Change::NoLongerDenied, _, Some(deny)) => format!("which {} denied", name(deny)),
        (_, Some(body), None) | (_, _, Some(body)) => format!("by {}", name(body)),
        (_, None, None) => class.bodies.first().map_or_else(String::new, |body| format!("by {}", name(body))),
    }
}
