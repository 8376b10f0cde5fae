//! Values of conditions that have the right type and still cannot be meant: `policy-vpc-id`, `policy-literal-wildcard`
//! and `policy-private-ip`. (`policy-value-type` is in [`super::value_type`].)

use super::view::{Clause, View};
use super::words::quote;
use super::{Problem, pattern, value_type};
use crate::engine::value::net;
use crate::policy::operator::Class;
use crate::policy::{Base, Operator, PolicyKind};
use crate::source::{Node, Text};
use ipnet::IpNet;

/// Addresses that no request over the internet comes from (RFC 1918, 6598, 3927, 1122, 4193, 4291).
const PRIVATE: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

/// Runs the checks.
pub fn check(view: &View, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    for clause in &view.clauses {
        let before = out.len();
        value_type::check(clause, kind, out);
        match clause.operator.base.class() {
            Class::String => strings(clause, out),
            // Where the type is wrong already, say no more.
            Class::Ip if out.len() == before => addresses(clause, kind, out),
            _ => {}
        }
    }
}

/// The values that are strings and wholly known.
fn known<'a>(clause: &Clause<'a>) -> impl Iterator<Item = (&'a Text, &'a str)> {
    clause.value.one_or_many().iter().filter_map(Node::text).filter_map(|t| t.known().map(|k| (t, k)))
}

fn strings(clause: &Clause, out: &mut Vec<Problem>) {
    for (text, value) in known(clause) {
        if pattern::has_wildcard(value) {
            if !clause.operator.base.wildcards() {
                out.extend(literal_wildcard(clause, text, value));
            }
        } else if !pattern::has_variable(value) {
            out.extend(vpc_id(clause, text, value));
        }
    }
}

fn literal_wildcard(clause: &Clause, text: &Text, value: &str) -> Option<Problem> {
    let key = &*clause.key.value;
    let operator = clause.operator;
    // A `?` is at home in these.
    let addresses =
        ["aws:referer", "aws:UserAgent", "s3:x-amz-website-redirect-location", "s3:x-amz-copy-source"];
    let at_home = addresses.iter().any(|k| key.eq_ignore_ascii_case(k));
    if at_home && !value.contains('*') {
        return None;
    }
    let at = pattern::wildcards(value).next()?;
    let sign = value.get(at..=at)?;
    let message =
        format!("`{sign}` is no wildcard under `{operator}`: it stands for itself in {}", quote(value));
    let base = if operator.negated() { Base::StringNotLike } else { Base::StringLike };
    let (like, place) = (base.as_str(), clause.operator_key.span);
    let whole = Operator { base, ..operator };
    let found = Problem::new("policy-literal-wildcard", text.span, message)
        .related(clause.operator_key.span, "compares character by character")
        .write(place, whole.to_string(), false)
        .help(format!("write `{like}` if a wildcard is meant, or the whole value"));
    // No such id holds a `*`: the comparison never succeeds. Elsewhere it might be meant.
    let is_id = clause.fact.is_some_and(|f| f.sensitive || f.key_type == crate::aws::KeyType::Arn);
    Some(if is_id { found } else { found.warning() })
}

fn vpc_id(clause: &Clause, text: &Text, value: &str) -> Option<Problem> {
    let name = clause.fact?.name;
    let (wanted, other, other_key) = match name {
        "aws:SourceVpc" => ("vpc-", "vpce-", Some("aws:SourceVpce")),
        "aws:SourceVpce" => ("vpce-", "vpc-", Some("aws:SourceVpc")),
        "aws:Ec2InstanceSourceVpc" => ("vpc-", "vpce-", None),
        _ => return None,
    };
    if value.strip_prefix(wanted).is_some_and(is_id) {
        return None;
    }
    let problem = |message: String| Problem::new("policy-vpc-id", text.span, message);
    let what = if wanted == "vpc-" { "a VPC's id" } else { "a VPC endpoint's id" };
    if value.starts_with(other) {
        let found = problem(format!("`{name}` never holds {}: it holds {what}", quote(value)));
        let found = found.related(clause.key.span, "the key");
        return Some(match other_key {
            Some(key) => {
                let mut all = clause.value.one_or_many().iter();
                let fits = |node: &Node| node.text().is_some_and(|t| t.value.starts_with(other));
                let found = if all.all(fits) { found.write(clause.key.span, key, true) } else { found };
                found.help(format!("compare it with `{key}`"))
            }
            None => found.help(format!("write the id that begins with `{wanted}`")),
        });
    }
    Some(
        problem(format!("{} is not {what}", quote(value)))
            .help(format!("write `{wanted}` and 8 or 17 letters or digits")),
    )
}

fn is_id(id: &str) -> bool {
    matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn addresses(clause: &Clause, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    let ranges: Vec<(&Text, &str, IpNet)> =
        known(clause).filter_map(|(text, value)| Some((text, value, net(value)?))).collect();
    for (text, value, range) in &ranges {
        if let Ok(written) = value.parse::<IpNet>()
            && written.addr() != range.addr()
        {
            let message = format!(
                "{} means {}: the bits after the prefix do not count",
                quote(value),
                quote(&range.to_string())
            );
            out.push(Problem::new("policy-private-ip", text.span, message).note().write(
                text.span,
                range.to_string(),
                true,
            ));
        }
    }
    // In an endpoint policy the key is never there at all, which is another rule's to say.
    if clause.fact.is_none_or(|f| f.name != "aws:SourceIp") || kind == Some(PolicyKind::Endpoint) {
        return;
    }
    let is_private =
        |range: &IpNet| PRIVATE.iter().filter_map(|p| p.parse::<IpNet>().ok()).any(|p| p.contains(range));
    let all =
        clause.value.one_or_many().len() == ranges.len() && ranges.iter().all(|(_, _, r)| is_private(r));
    let result = if clause.operator.negated() { "always true" } else { "never true" };
    for (text, value, _) in ranges.iter().filter(|(_, _, r)| is_private(r)) {
        let message =
            format!("`aws:SourceIp` never holds the private address {}: it is the public one", quote(value));
        let found = Problem::new("policy-private-ip", text.span, message)
            .help("compare `aws:VpcSourceIp`, together with `aws:SourceVpc`, or use the public address");
        out.push(if all {
            found.related(clause.operator_key.span, format!("{result} for a request that carries the key"))
        } else {
            found.warning()
        });
    }
}
