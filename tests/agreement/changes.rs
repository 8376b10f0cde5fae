//! `changes` against the slow and obvious: random policies and changes of them, and for each a few hundred random requests put
//! through `evaluate` with both versions. A request whose decision changes must be in a class that says so, and a class of which
//! every request changes must hold none that does not.

use crate::each_pair;
use crate::random::{body, conditions, pick, policy, request, typed};
use fastrand::Rng;
use ringfence::aws;
use ringfence::engine::changes::{BUDGET, Callers, Change, Class, Share, changes};
use ringfence::engine::program::Program;
use ringfence::engine::space::{Network, Space};
use ringfence::engine::{Caller, Decision, Request, evaluate};
use ringfence::policy::{Effect, Policy, PolicyKind};
use serde_json::{Value, json};

/// Another version of the document: some of its statements changed, left out, or added; or only written otherwise.
fn changed(rng: &mut Rng, document: &Value) -> (Value, bool) {
    let mut out = document.clone();
    let statements = out["Statement"].as_array_mut().unwrap();
    rng.shuffle(statements);
    for (number, statement) in statements.iter_mut().enumerate() {
        statement["Sid"] = json!(format!("Number{number}"));
        for list in ["Action", "Resource"] {
            if statement[list].is_string() {
                statement[list] = json!([statement[list], statement[list]]);
            }
        }
    }
    let rewritten = rng.u8(..8) == 0;
    for _ in 0..if rewritten { 0 } else { rng.usize(1..3) } {
        if statements.is_empty() || rng.u8(..6) == 0 {
            let mut new = Value::Object(body(rng));
            new["Effect"] = json!(pick(rng, &["Allow", "Deny"]));
            statements.push(new);
            continue;
        }
        let place = rng.usize(..statements.len());
        let other = Value::Object(body(rng));
        let statement = statements[place].as_object_mut().unwrap();
        match rng.u8(..8) {
            0 => drop(statements.remove(place)),
            1 => {
                statement.insert("Condition".into(), conditions(rng, 2));
            }
            2 => {
                statement.insert("Effect".into(), json!(pick(rng, &["Allow", "Deny"])));
            }
            // One more or another value.
            n => {
                let element = pick(rng, &["Principal", "Action", "Resource"]);
                if let (Some(old), Some(new)) = (statement.get(element).cloned(), other.get(element)) {
                    let values = |v: &Value| v.as_array().cloned().unwrap_or_else(|| vec![v.clone()]);
                    let mut all = values(new);
                    if n > 4 && element != "Principal" {
                        all.extend(values(&old));
                    }
                    let new = if element == "Principal" { new.clone() } else { all.into() };
                    statement.insert(element.into(), new);
                }
            }
        }
    }
    (out, rewritten)
}

/// Whether the request is one of the class: surely, surely not, or `None` when it cannot be told.
fn is_in(class: &Class, kind: PolicyKind, request: &Request) -> Option<bool> {
    let who = match &request.principal {
        Caller::Anonymous => Callers::Anonymous,
        Caller::Service(_) => Callers::Service,
        Caller::CanonicalUser(_) => Callers::CanonicalUser,
        _ => Callers::Iam,
    };
    let way = match () {
        () if kind == PolicyKind::Endpoint || request.get("aws:SourceVpc").is_some() => Network::Endpoint,
        () if request.get("aws:SourceIp").is_some() => Network::Internet,
        () => Network::Service,
    };
    let action = aws::action(request.action.strip_prefix("s3:").unwrap()).unwrap();
    if class.callers.as_ref().is_some_and(|list| !list.contains(&who))
        || class.ways.as_ref().is_some_and(|list| !list.contains(&way))
        || !class.actions.set.contains(action.index)
    {
        return Some(false);
    }
    let mut sure = true;
    for body in &class.bodies {
        let mut statement = body.statement.clone();
        statement.effect = Some(Effect::Allow);
        let alone = Policy {
            kind,
            span: statement.span,
            version: ringfence::policy::Version::V2012,
            statements: vec![statement],
        };
        match evaluate(&alone, request) {
            Decision::Allowed => {}
            Decision::Undecided => sure = false,
            _ => return Some(false),
        }
    }
    sure.then_some(true)
}

fn change(kind: PolicyKind, before: Decision, after: Decision) -> Option<Change> {
    use Decision::{Allowed, ExplicitDeny, ImplicitDeny};
    match (before, after) {
        (ExplicitDeny | ImplicitDeny, Allowed) => Some(Change::NewlyAllowed),
        (Allowed, ExplicitDeny | ImplicitDeny) => Some(Change::NoLongerAllowed),
        (ExplicitDeny, ImplicitDeny) if kind == PolicyKind::Bucket => Some(Change::NoLongerDenied),
        (ImplicitDeny, ExplicitDeny) if kind == PolicyKind::Bucket => Some(Change::NewlyDenied),
        _ => None,
    }
}

#[derive(Default, Debug)]
struct Tally {
    same: usize,
    every: usize,
    remaining: usize,
    some: usize,
    undecided: usize,
    changing: usize,
    steady: usize,
}

fn one_pair(rng: &mut Rng, tally: &mut Tally) {
    let kind = if rng.u8(..3) > 0 { PolicyKind::Bucket } else { PolicyKind::Endpoint };
    let (document, old) = policy(rng, kind);
    let (other, rewritten) = changed(rng, &document);
    let new = typed(&other, kind);
    let classes = changes(&old, &new, BUDGET);
    assert_eq!(classes, changes(&old, &new, BUDGET), "not deterministic");
    if rewritten {
        assert!(classes.is_empty(), "only rewritten:\n{document}\n{other}\n{classes:#?}");
    }
    tally.same += usize::from(classes.is_empty());
    for class in &classes {
        match class.share {
            Share::Every => tally.every += 1,
            Share::Remaining => tally.remaining += 1,
            Share::Some => tally.some += 1,
            Share::Undecided(_) => tally.undecided += 1,
        }
        assert_eq!(class.example.is_none(), matches!(class.share, Share::Undecided(_)));
        let Some(example) = &class.example else { continue };
        let text = serde_json::to_string(&example.request).unwrap();
        let read: Request = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        let (before, after) = (evaluate(&old, &read), evaluate(&new, &read));
        assert_eq!((before, after), (example.before, example.after), "{text}\n{document}\n{other}");
        assert_eq!(change(kind, before, after), Some(class.change), "{text}\n{document}\n{other}");
        assert_eq!(
            is_in(class, kind, &read),
            Some(true),
            "{text} is not in its class {class:#?}\n{document}\n{other}"
        );
    }
    let space = Space::new(&Program::new(&[&old, &new]));
    let partitions: Vec<&str> = space.partitions.iter().map(String::as_str).collect();
    let bucket: Vec<_> = ringfence::engine::pattern::literal("bkt").collect();
    for _ in 0..150 {
        let partition = pick(rng, &partitions);
        let own = &space.buckets;
        if kind == PolicyKind::Bucket
            && !own.is_empty()
            && !own.contains(&(partition.to_owned(), bucket.clone()))
        {
            continue;
        }
        let value = request(rng, kind, partition);
        let request: Request = serde_json::from_value(value.clone()).unwrap();
        let (before, after) = (evaluate(&old, &request), evaluate(&new, &request));
        if before == Decision::Undecided || after == Decision::Undecided {
            continue;
        }
        if let Some(change) = change(kind, before, after) {
            tally.changing += 1;
            let covers = |c: &Class| c.change == change && is_in(c, kind, &request) != Some(false);
            assert!(
                classes.iter().any(covers),
                "{value}\n{before} before, {after} now, and in no class: {classes:#?}\n{document}\n{other}"
            );
        } else {
            tally.steady += 1;
        }
        let decided_by_others = |c: &Class| match c.change {
            Change::NewlyAllowed => after == Decision::ExplicitDeny,
            Change::NoLongerAllowed => before == Decision::ExplicitDeny,
            Change::NoLongerDenied => after != Decision::ImplicitDeny,
            Change::NewlyDenied => before != Decision::ImplicitDeny,
        };
        let wrong = classes.iter().find(|c| {
            (c.share == Share::Every || c.share == Share::Remaining && !decided_by_others(c))
                && is_in(c, kind, &request) == Some(true)
                && change(kind, before, after) != Some(c.change)
        });
        assert!(
            wrong.is_none(),
            "{value}\n{before} before, {after} now, which {wrong:#?} says otherwise\n{document}\n{other}"
        );
    }
}

#[test]
fn changes_agree_with_evaluate() {
    let mut tally = Tally::default();
    let pairs = each_pair(150, |rng| one_pair(rng, &mut tally));
    eprintln!("{pairs} pairs: {tally:?}");
    // The generator must reach all answers, or the test proves nothing.
    let pairs = usize::try_from(pairs).unwrap();
    let enough = [tally.every * 5, tally.remaining * 8, tally.some * 20, tally.undecided * 20];
    assert!(tally.same < 3 * pairs / 4 && enough.into_iter().all(|n| n > pairs), "{tally:?}");
    assert!(tally.changing > pairs && tally.steady > 10 * pairs, "{tally:?}");
}
