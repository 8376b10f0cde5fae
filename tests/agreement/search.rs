//! `search` against the slow and obvious: random policies and sets of requests, and for each a few hundred random requests put
//! through `evaluate` one by one. A request with the wanted outcome where `search` has proved that there is none is a
//! failure; so is a witness that does not stand up.

use crate::each_pair;
use crate::random::{pick, policy, request, set, typed};
use fastrand::Rng;
use ringfence::engine::groups::Cache;
use ringfence::engine::program::Program;
use ringfence::engine::search::{Answer, BUDGET, Question, Wanted};
use ringfence::engine::space::Space;
use ringfence::engine::{Decision, Request, evaluate};
use ringfence::policy::PolicyKind;

#[derive(Default, Debug)]
struct Tally {
    found: usize,
    proved: usize,
    undecided: usize,
    avoidable: usize,
    requests: usize,
}

fn one_pair(rng: &mut Rng, tally: &mut Tally) {
    let kind = if rng.u8(..3) > 0 { PolicyKind::Bucket } else { PolicyKind::Endpoint };
    let (document, policy) = policy(rng, kind);
    let set_document = set(rng);
    // As for the rules: who is asked about reads the set as a bucket policy's body.
    let set = typed(&set_document, PolicyKind::Bucket);
    let mut program = Program::new(&[&policy]);
    let clauses = program.clauses(&set.statements[0], PolicyKind::Bucket);
    let space = Space::new(&program);
    let cache = Cache::default();
    let policies = [&policy];
    let question = Question::new(&policies, &program, &clauses, &space, &cache);
    let wanted = [Wanted::Allowed, Wanted::ExplicitDeny, Wanted::ImplicitDeny, Wanted::NotExplicitDeny]
        [rng.usize(..4)];
    let answer = question.search(&[wanted], BUDGET);
    assert_eq!(answer, question.search(&[wanted], BUDGET), "not deterministic: {document}");
    let admits = |decision: Decision| match wanted {
        Wanted::Allowed => decision == Decision::Allowed,
        Wanted::ExplicitDeny => decision == Decision::ExplicitDeny,
        Wanted::ImplicitDeny => decision == Decision::ImplicitDeny,
        Wanted::NotExplicitDeny => matches!(decision, Decision::Allowed | Decision::ImplicitDeny),
        Wanted::Any => true,
    };
    match &answer {
        Answer::Found(request) => {
            tally.found += 1;
            let text = serde_json::to_string(request).unwrap();
            let read: Request = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            let decision = evaluate(&policy, &read);
            let fine =
                admits(decision) || wanted == Wanted::NotExplicitDeny && decision == Decision::Undecided;
            assert!(fine, "witness {text} gets {decision}, wanted {wanted:?}\n{document}");
            assert_eq!(
                evaluate(&set, &read),
                Decision::Allowed,
                "witness {text} is not in the set {set_document}\n{document}"
            );
        }
        Answer::None | Answer::Undecided(_) => {
            let undecided = matches!(answer, Answer::Undecided(_));
            tally.undecided += usize::from(undecided);
            tally.proved += usize::from(!undecided);
            let partitions: Vec<&str> = space.partitions.iter().map(String::as_str).collect();
            let mut avoidable = false;
            for _ in 0..300 {
                let partition = pick(rng, &partitions);
                if kind == PolicyKind::Bucket {
                    // The policy may name other buckets than `bkt`, or `bkt` in one partition only.
                    let own = &space.buckets;
                    let b: Vec<_> = ringfence::engine::pattern::literal("bkt").collect();
                    if !own.is_empty() && !own.contains(&(partition.to_owned(), b)) {
                        continue;
                    }
                }
                let value = request(rng, kind, partition);
                let request: Request = serde_json::from_value(value.clone()).unwrap();
                tally.requests += 1;
                if evaluate(&set, &request) == Decision::Allowed && admits(evaluate(&policy, &request)) {
                    assert!(
                        undecided,
                        "search found nothing, but {value}\nhas {wanted:?} under\n{document}\nin {set_document}"
                    );
                    avoidable = true;
                }
            }
            tally.avoidable += usize::from(avoidable);
        }
    }
}

#[test]
fn search_agrees_with_evaluate() {
    let mut tally = Tally::default();
    let pairs = each_pair(1_000, |rng| one_pair(rng, &mut tally));
    eprintln!("{pairs} pairs: {tally:?}");
    // The generator must reach all answers, or the test proves nothing.
    assert!(
        tally.found * 5 > usize::try_from(pairs).unwrap()
            && tally.proved * 20 > usize::try_from(pairs).unwrap()
    );
    assert!(tally.undecided * 5 < usize::try_from(pairs).unwrap(), "{tally:?}");
}
