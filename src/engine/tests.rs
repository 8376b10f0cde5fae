//! Tests of the engine from inside; larger ones are in `tests/`.

use super::pattern::Truth;
use super::program::Program;
use super::search::{Answer, BUDGET, Question, Wanted};
use super::space::Space;
use super::*;
use crate::aws;
use crate::policy::{Policy, PolicyKind, lower};
use crate::source::parse;

fn policy(kind: PolicyKind, json: &serde_json::Value) -> Policy {
    let parsed = parse(json.to_string().as_bytes());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    lower(&parsed.documents[0], kind)
}

/// Searches a policy for requests of a set, both as JSON.
fn search(
    kind: PolicyKind,
    json: &serde_json::Value,
    requests: &serde_json::Value,
    wanted: Wanted,
) -> Answer {
    let policy = policy(kind, json);
    let rule = self::policy(kind, &serde_json::json!({"Version": "2012-10-17", "Statement": [requests]}));
    let mut program = Program::new(&[&policy]);
    let mut statement = rule.statements[0].clone();
    statement.unreadable.clear();
    let requests = program.clauses(&statement, PolicyKind::Bucket);
    let space = Space::new(&program);
    Question::new(&[&policy], &program, &requests, &space, &groups::Cache::default())
        .search(&[wanted], BUDGET)
}

#[test]
fn decision_traps() {
    let traps: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../testdata/engine/decision-traps.json")).unwrap();
    assert!(traps.len() >= 24);
    for trap in &traps {
        let kind = serde_json::from_value(trap["kind"].clone()).unwrap();
        let policy = policy(kind, &trap["policy"]);
        let request: Request = serde_json::from_value(trap["request"].clone()).unwrap();
        let wanted = match trap["verdict"].as_str().unwrap() {
            "Allow" => Decision::Allowed,
            "ExplicitDeny" => Decision::ExplicitDeny,
            "ImplicitDeny" => Decision::ImplicitDeny,
            other => panic!("{other}"),
        };
        assert_eq!(evaluate(&policy, &request), wanted, "{} {}", trap["id"], trap["title"]);
        let explanation = explain(&policy, &request);
        assert_eq!(explanation.decision, wanted);
        for statement in explanation.statements {
            println!("{} {:?} {:?}: {}", trap["id"], statement.effect, statement.matched, statement.reason);
        }
    }
}

#[test]
fn searches() {
    let deny = |condition: serde_json::Value| {
        serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": condition}]})
    };
    let outside = serde_json::json!({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0aaaaaaaaaaaaaaaa"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}}});
    let good = deny(serde_json::json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0aaaaaaaaaaaaaaaa"}}));
    assert_eq!(search(PolicyKind::Bucket, &good, &outside, Wanted::NotExplicitDeny), Answer::None);
    for bad in [
        serde_json::json!({"ForAnyValue:StringNotEquals": {"aws:SourceVpce": "vpce-0aaaaaaaaaaaaaaaa"}}),
        serde_json::json!({"StringNotLike": {"aws:SourceVpce": "vpce-*"}}),
        serde_json::json!({"Null": {"aws:SourceVpce": "true"}}),
        serde_json::json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0aaaaaaaaaaaaaaaa"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}),
        serde_json::json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0aaaaaaaaaaaaaaaa", "aws:PrincipalOrgID": "o-corp123456"}}),
    ] {
        let answer = search(PolicyKind::Bucket, &deny(bad.clone()), &outside, Wanted::Allowed);
        println!("{bad}\n   {answer:?}");
        assert!(matches!(answer, Answer::Found(_)), "{bad} {answer:?}");
    }
    assert_eq!(Truth::True.and(Truth::Unknown), Truth::Unknown);
}

/// What a scene says of its callers is what each of them says: the facts stand in two places, for all callers and for one.
#[test]
fn scenes_and_callers_agree() {
    let callers = [
        "anonymous",
        "arn:aws:iam::111122223333:role/team/R",
        "arn:aws:iam::111122223333:user/u",
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:federated-user/f",
        "cloudtrail.amazonaws.com",
    ];
    let keys = ["aws:PrincipalType", "aws:PrincipalIsAWSService", "aws:PrincipalArn", "aws:PrincipalAccount"];
    let mut compared = 0;
    for text in callers {
        let caller: Caller = text.parse().unwrap();
        for key in keys {
            let scene = space::Scene {
                caller: match caller {
                    Caller::Anonymous => space::CallerKind::Anonymous,
                    Caller::Role { .. } => space::CallerKind::Role,
                    Caller::User { .. } => space::CallerKind::User,
                    Caller::Root { .. } => space::CallerKind::Root,
                    Caller::FederatedUser { .. } => space::CallerKind::FederatedUser,
                    Caller::Service(_) => space::CallerKind::Service,
                    Caller::CanonicalUser(_) => space::CallerKind::CanonicalUser,
                },
                network: space::Network::Endpoint,
                via_service: false,
                partition: "aws".into(),
            };
            let implied = scene.implied(parts::from_caller(key).unwrap());
            if let Some(slot) = implied.filter(|slot| *slot != holds::Slot::Unknown) {
                assert_eq!(slot, evaluate::implied(&caller, key), "{text} {key}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 15);
}

#[test]
fn a_plain_operator_on_a_list_proves_nothing() {
    let deny = serde_json::json!({"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"}]});
    // No path ends with `*`, but what `StringEquals` says of a list is not documented.
    let set = serde_json::json!({"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/?",
        "Condition": {"StringEquals": {"aws:ResourceOrgPaths": "o-corp123456/r-ab12/*"}}});
    let answer = search(PolicyKind::Bucket, &deny, &set, Wanted::NotExplicitDeny);
    assert!(matches!(answer, Answer::Undecided(_)), "{answer:?}");
}

#[test]
fn a_chain_of_services_has_two_ends() {
    let allow = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com", "aws:CalledViaLast": "glue.amazonaws.com"}}}]});
    let chain = serde_json::json!({"Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"ForAllValues:StringLike": {"aws:CalledVia": ["athena.*", "glue.*"]}}});
    for set in [serde_json::json!({"Principal": "*", "Action": "s3:*", "Resource": "*"}), chain] {
        let answer = search(PolicyKind::Bucket, &allow, &set, Wanted::Allowed);
        assert!(matches!(answer, Answer::Found(_)), "{answer:?}");
    }
}

#[test]
fn a_witness_has_one_vpc() {
    let allow = serde_json::json!({"Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b",
            "Condition": {"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/vpc-0b*"}}}]});
    let set = serde_json::json!({"Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotLike": {"aws:SourceVpc": "vpc-0bbbbbbbbbbbbbbbb"}}});
    let answer = search(PolicyKind::Bucket, &allow, &set, Wanted::Allowed);
    let Answer::Found(request) = answer else { panic!("{answer:?}") };
    let text = |key| serde_json::to_value(request.get(key)).unwrap().as_str().unwrap().to_owned();
    assert!(text("aws:SourceVpcArn").ends_with(&format!(":vpc/{}", text("aws:SourceVpc"))), "{request:?}");
}

#[test]
fn keys_that_do_not_matter_go_with_those_that_do() {
    let policy = serde_json::json!({"Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b",
            "Condition": {"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/vpc-0b*"}, "StringEquals": {"aws:ResourceAccount": "111122223333"}}}]});
    let set = serde_json::json!({"Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringLike": {"aws:SourceVpc": "vpc-0aaaaaaaaaaaaaaaa"}, "StringEquals": {"s3:ResourceAccount": "444455556666"}}});
    let answer = search(PolicyKind::Bucket, &policy, &set, Wanted::NotExplicitDeny);
    let Answer::Found(request) = answer else { panic!("{answer:?}") };
    let text = |key| serde_json::to_value(request.get(key)).unwrap().as_str().unwrap().to_owned();
    assert!(text("aws:SourceVpcArn").ends_with(":vpc/vpc-0aaaaaaaaaaaaaaaa"), "{request:?}");
    assert_eq!(text("aws:ResourceAccount"), "444455556666");
}

#[test]
fn numbers_of_requests_are_whole() {
    let deny = serde_json::json!({"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"}]});
    let set = serde_json::json!({"Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"NumericEquals": {"s3:max-keys": "1.3"}}});
    assert_eq!(search(PolicyKind::Bucket, &deny, &set, Wanted::NotExplicitDeny), Answer::None);
}

#[test]
fn a_set_with_a_variable_in_its_resource_is_not_empty() {
    let deny = serde_json::json!({"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"}]});
    let set =
        serde_json::json!({"Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:userid}"});
    let answer = search(PolicyKind::Bucket, &deny, &set, Wanted::NotExplicitDeny);
    assert_ne!(answer, Answer::None);
}

/// What an IAM user's ARN is granted goes for the federated sessions that the user has asked for, and a session's ARN does
/// not tell who asked (IAM User Guide, evaluation logic: "IAM federated user sessions").
#[test]
fn a_federated_session_may_be_any_user_of_its_account() {
    let decide = |element: &str, account: &str, name: &str| {
        let user = "arn:aws:iam::111122223333:user/alice";
        let json = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", element: {"AWS": user}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]});
        let request = serde_json::json!({"principal": format!("arn:aws:sts::{account}:federated-user/{name}"),
            "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"});
        evaluate(&policy(PolicyKind::Bucket, &json), &serde_json::from_value(request).unwrap())
    };
    assert_eq!(decide("Principal", "111122223333", "alice"), Decision::Undecided);
    assert_eq!(decide("Principal", "111122223333", "carol"), Decision::Undecided);
    assert_eq!(decide("Principal", "444455556666", "alice"), Decision::ImplicitDeny);
    assert_eq!(decide("NotPrincipal", "111122223333", "carol"), Decision::Undecided);
    assert_eq!(decide("NotPrincipal", "444455556666", "alice"), Decision::ExplicitDeny);
}

/// The table of actions is sorted, so a pattern's actions are found without looking at all of them.
#[test]
fn a_pattern_names_the_actions_that_it_matches_one_by_one() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut patterns: Vec<String> = [
        "*",
        "**",
        "?",
        "Get*",
        "get*",
        "*Object",
        "G?tObject",
        "Z*",
        "A",
        "",
        "*-*",
        "GetObject",
        "getobject*",
    ]
    .map(String::from)
    .to_vec();
    while patterns.len() < 3_000 {
        let action = aws::actions()[random.usize(..aws::actions().len())].name;
        let mut pattern: Vec<u8> = action.into();
        for _ in 0..random.usize(0..4) {
            let (at, sign) = (random.usize(..pattern.len()), *random.choice(b"**?xo").unwrap());
            pattern[at] = sign;
            if sign == b'*' {
                pattern.truncate(at + 1 + random.usize(..pattern.len() - at));
            }
        }
        if random.bool() {
            pattern.make_ascii_lowercase();
        }
        patterns.push(String::from_utf8(pattern).unwrap());
    }
    for pattern in patterns {
        let regex = regex::escape(&pattern).replace(r"\*", ".*").replace(r"\?", ".");
        let regex =
            regex::RegexBuilder::new(&format!("^(?:{regex})$")).case_insensitive(true).build().unwrap();
        let expected: Vec<_> =
            aws::actions().iter().map(|a| a.name).filter(|name| regex.is_match(name)).collect();
        let found: Vec<_> = aws::ActionSet::matching(&pattern).actions().map(|a| a.name).collect();
        assert_eq!(found, expected, "{pattern}");
    }
}
