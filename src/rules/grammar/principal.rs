//! `policy-principal`, `policy-endpoint-principal` and `policy-not-principal`: whom `Principal` may name, and how
//! (fact sheet A10, A11).

use super::view::{Part, View};
use super::words::{is_broken, opening, quote};
use super::{Problem, Remedy, pattern};
use crate::aws;
use crate::policy::{Effect, PolicyKind};
use crate::source::{Member, Node, Text, Value};

const RULE: &str = "policy-principal";
/// The keys of a `Principal` object.
const GROUPS: [&str; 4] = ["AWS", "Service", "CanonicalUser", "Federated"];

/// What one entry names, as far as the checks ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Everyone,
    Account,
    /// An IAM role, an IAM user, or the session of a role.
    Role,
    User,
    Session,
    Service,
    Other,
}

/// Runs the checks.
pub fn check(view: &View, kind: Option<PolicyKind>, out: &mut Vec<Problem>) {
    let Some(part) = view.principal else { return };
    let before = out.len();
    let mut named: Vec<(&Text, Who)> = Vec::new();
    match &part.value.value {
        Value::String(text) => {
            if let Some(problem) = alone(part, text) {
                out.push(problem);
            }
            named.push((text, Who::Everyone));
        }
        Value::Object(members) => members.iter().for_each(|m| group(m, &mut named, out)),
        _ => {
            let what = part.value.kind_in_words();
            let message = format!("{} must be `*` or an object, not {what}", quote(&part.key.value));
            let span = if part.value.array().is_some() { opening(part.value) } else { part.value.span };
            let found = Problem::new(RULE, span, message);
            let everyone = part.value.array().is_some_and(|list| {
                !list.is_empty() && list.iter().all(|n| n.text().and_then(Text::known) == Some("*"))
            });
            let found = if everyone { found.write(part.value.span, "*", true) } else { found };
            out.push(found.help("write `\"*\"` or `{\"AWS\": [...]}`"));
        }
    }
    let is_sound = out.iter().skip(before).all(|p| p.severity.is_some());
    if is_sound && kind == Some(PolicyKind::Endpoint) {
        endpoint(part, &named, out);
    }
    if is_sound && part.negated {
        not_principal(view, part, &named, out);
    }
}

/// A principal that is a string.
fn alone(part: Part, text: &Text) -> Option<Problem> {
    let name = text.known()?;
    if name == "*" || pattern::has_variable(name) {
        return None;
    }
    let group = if name.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
    let message = format!("only `*` may stand alone as {}, not {}", quote(&part.key.value), quote(name));
    let write = Remedy::Write { span: text.span, value: serde_json::json!({ group: name }), sure: true };
    Some(
        Problem::new(RULE, text.span, message)
            .help(format!("write `{{\"{group}\": \"{}\"}}`", super::words::cut(name)))
            .remedy(write),
    )
}

/// One member of a `Principal` object.
fn group<'a>(member: &'a Member, named: &mut Vec<(&'a Text, Who)>, out: &mut Vec<Problem>) {
    let key = &*member.key.value;
    if !GROUPS.contains(&key) {
        if member.key.holes.is_empty() && !pattern::has_variable(key) {
            let found =
                Problem::new(RULE, member.key.span, format!("{} is no kind of principal", quote(key)));
            out.push(
                match GROUPS.iter().find(|g| {
                    key.len() < 20 && strsim::damerau_levenshtein(&g.to_lowercase(), &key.to_lowercase()) <= 1
                }) {
                    Some(group) => found.write(member.key.span, *group, group.eq_ignore_ascii_case(key)),
                    None if key == "*" => found.help("write `\"Principal\": \"*\"`"),
                    None => found.help("write `AWS`, `Service` or `CanonicalUser`"),
                },
            );
        }
        return;
    }
    if key == "Federated" {
        let message = "`Federated` names nobody who can call S3: it is for the trust policies of roles";
        out.push(
            Problem::new(RULE, member.key.span, message)
                .warning()
                .help("name the role that the federated users assume"),
        );
        return;
    }
    for value in member.value.one_or_many() {
        if is_broken(value) {
            continue;
        }
        let Some(text) = value.text() else {
            let message = format!("a principal must be a string, not {}", value.kind_in_words());
            let found = Problem::new(RULE, value.span, message);
            let found = match &value.value {
                Value::Number(id) if id.len() == 12 => found.write(value.span, &**id, true),
                _ => found,
            };
            out.push(found.help(number_help(value)));
            continue;
        };
        let Some(name) = text.known().filter(|n| !pattern::has_variable(n)) else {
            named.push((text, Who::Other));
            continue;
        };
        let verdict = match key {
            "AWS" => aws_principal(name),
            "Service" => service(name),
            _ => canonical(name),
        };
        match verdict {
            Ok(who) => named.push((text, who)),
            Err(complaint) => {
                let mut found = Problem::new(RULE, text.span, complaint.message);
                found.help = complaint.help;
                out.push(if complaint.is_note { found.note() } else { found });
            }
        }
    }
}

fn number_help(value: &Node) -> &'static str {
    match value.value {
        Value::Number(_) => "write the account id in quotes: a number loses its leading zeros",
        _ => "write one string, or a list of strings",
    }
}

struct Complaint {
    message: String,
    help: Option<String>,
    is_note: bool,
}

fn complaint(message: String, help: &str) -> Complaint {
    Complaint { message, help: (!help.is_empty()).then(|| help.to_owned()), is_note: false }
}

fn aws_principal(name: &str) -> Result<Who, Complaint> {
    let shown = quote(name);
    if name == "*" {
        return Ok(Who::Everyone);
    }
    // A session's or a path's text may hold neither `*` nor `?`.
    if name.contains(['*', '?']) {
        let help = "write `*` and ask for the caller with `ArnLike` on `aws:PrincipalArn`";
        return Err(complaint(
            format!("{shown} has a wildcard, which AWS does not take inside a principal"),
            help,
        ));
    }
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        if name.len() == 12 && !name.contains('-') {
            return Ok(Who::Account);
        }
        return Err(complaint(format!("{shown} is no account id"), "write its twelve digits"));
    }
    if is_unique_id(name) {
        let message =
            format!("{shown} is the id of a user or role that has been deleted, and matches nobody");
        return Err(Complaint {
            message,
            help: Some("remove it or name the new one".to_owned()),
            is_note: true,
        });
    }
    if name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(complaint(format!("{shown} is a canonical user id"), "write it under `CanonicalUser`"));
    }
    if name.ends_with(".amazonaws.com") {
        return Err(complaint(format!("{shown} is a service"), "write it under `Service`"));
    }
    let fields: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, rest] = fields.as_slice() else {
        let help = "write `*`, an account id, or the ARN of a role, a user or a session";
        return Err(complaint(format!("{shown} is no principal"), help));
    };
    if aws::partition(partition).is_none() {
        return Err(complaint(
            format!("there is no partition {}", quote(partition)),
            "write `aws`, `aws-cn` or `aws-us-gov`",
        ));
    }
    if !region.is_empty() {
        return Err(complaint(
            format!("{shown} has a Region, which a principal's ARN has not"),
            "leave the fourth field empty",
        ));
    }
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if !is_account && *account != "cloudfront" {
        return Err(complaint(format!("{} is no account id", quote(account)), "write its twelve digits"));
    }
    let (kind, path) = rest.split_once('/').unwrap_or((rest, ""));
    match (*service, kind) {
        ("iam", "root") if path.is_empty() && *rest == "root" => Ok(Who::Account),
        ("iam", "role") if !path.is_empty() => Ok(Who::Role),
        ("iam", "user") if !path.is_empty() => Ok(Who::User),
        ("sts", "federated-user") if !path.is_empty() => Ok(Who::Other),
        ("sts", "assumed-role") => match path.split_once('/') {
            Some((role, session)) if !role.is_empty() && !session.is_empty() => Ok(Who::Session),
            _ => Err(complaint(
                format!("{shown} names no session"),
                "write `assumed-role/ROLE/SESSION`, or the role's own ARN",
            )),
        },
        ("iam", "group") => Err(complaint(
            format!("{shown} is a group, and a group cannot be a principal"),
            "name roles or users",
        )),
        ("iam", "assumed-role") => {
            Err(complaint(format!("{shown} must be written with `sts`: sessions belong to it"), ""))
        }
        ("sts", "role" | "user") => {
            Err(complaint(format!("{shown} must be written with `iam`: roles and users belong to it"), ""))
        }
        _ => Err(complaint(
            format!("{shown} is no role, user, session or account"),
            "end it in `:root`, `:role/NAME` or `:user/NAME`",
        )),
    }
}

fn is_unique_id(name: &str) -> bool {
    name.len() >= 16
        && ["AIDA", "AROA", "AGPA", "ANPA", "AIPA", "ASIA", "AKIA"].iter().any(|p| name.starts_with(p))
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn service(name: &str) -> Result<Who, Complaint> {
    if name.contains(['*', '?']) {
        return Err(complaint(
            format!("{} is no service: AWS takes no wildcard there", quote(name)),
            "name each service",
        ));
    }
    let plain =
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'));
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".aws.internal", ".aws.com"];
    let known = suffixes.iter().any(|s| name.ends_with(s))
        || aws::partitions()
            .iter()
            .any(|p| name.strip_suffix(p.dns_suffix).is_some_and(|n| n.ends_with('.')));
    if plain && known {
        return Ok(Who::Service);
    }
    Err(complaint(
        format!("{} is no service principal", quote(name)),
        "write it like `logging.s3.amazonaws.com`",
    ))
}

fn canonical(name: &str) -> Result<Who, Complaint> {
    if name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Who::Other);
    }
    Err(complaint(format!("{} is no canonical user id", quote(name)), "write its 64 hexadecimal digits"))
}

fn endpoint(part: Part, named: &[(&Text, Who)], out: &mut Vec<Problem>) {
    const ENDPOINT: &str = "policy-endpoint-principal";
    if part.negated {
        let message = "an endpoint policy needs a `Principal` element, and AWS does not say what `NotPrincipal` does in one";
        out.push(
            Problem::new(ENDPOINT, part.key.span, message)
                .help("write `\"Principal\": \"*\"` and ask for the caller in a `Condition`"),
        );
        return;
    }
    for (text, who) in named {
        let (what, key) = match who {
            Who::Everyone => continue,
            Who::Account => (
                "stands for the account's root user alone, not for its roles and users",
                "aws:PrincipalAccount",
            ),
            Who::Role | Who::User => (
                "is stored as a unique id and matches nobody once it is deleted and made anew",
                "aws:PrincipalArn",
            ),
            Who::Session => {
                ("is one session, which `aws:PrincipalArn` knows by its role", "aws:PrincipalArn")
            }
            Who::Service => ("is a service: ask with `aws:PrincipalServiceName`", "aws:PrincipalServiceName"),
            Who::Other if !text.holes.is_empty() || pattern::has_variable(&text.value) => continue,
            Who::Other => ("cannot be told there", "aws:PrincipalArn"),
        };
        let message = "a gateway endpoint's policy takes only `*` as principal";
        out.push(Problem::new(ENDPOINT, text.span, message).label(what).help(format!(
            "write `\"Principal\": \"*\"` and ask for the caller with `{key}` in a `Condition`"
        )));
    }
}

fn not_principal(view: &View, part: Part, named: &[(&Text, Who)], out: &mut Vec<Problem>) {
    const NOT: &str = "policy-not-principal";
    match view.effect {
        Some(Effect::Allow) => {
            let message = if named.iter().any(|(_, who)| *who == Who::Everyone) {
                "`Allow` with `NotPrincipal` of `*` grants to nobody"
            } else {
                "`Allow` with `NotPrincipal` grants to everyone else, anonymous callers included"
            };
            out.push(Problem::new(NOT, part.key.span, message).help("name whom you mean in `Principal`"));
        }
        Some(Effect::Deny) => {
            let has = |who| named.iter().any(|(_, w)| *w == who);
            let lacks_account = (has(Who::Role) || has(Who::User) || has(Who::Session)) && !has(Who::Account);
            let lacks_role = has(Who::Session) && !has(Who::Role);
            let lacks_session = has(Who::Role) && !has(Who::Session);
            let lacking: Vec<&str> = [
                (lacks_account, "the account's"),
                (lacks_role, "the role's"),
                (lacks_session, "the session's"),
            ]
            .into_iter()
            .filter_map(|(lacks, what)| lacks.then_some(what))
            .collect();
            if !lacking.is_empty() {
                let message = format!(
                    "this `Deny` may hit the very callers that it exempts: {} ARN is not listed",
                    lacking.join(" and ")
                );
                let found = Problem::new(NOT, part.value.span, message).warning();
                out.push(
                    found.help(
                        "write `\"Principal\": \"*\"` with `ArnNotEquals` on `aws:PrincipalArn` instead",
                    ),
                );
            }
        }
        None => {}
    }
}
