//! The program's side of `scripts/second-opinion.sh`: reads one JSON object a line and writes one a line.
//!
//! - `{"kind", "policy", "requests", "wanted"}` is a question. Its answer: `found` with the request, `none` or `undecided`,
//!   and the microseconds that the search took with all that it makes ready for it.
//! - With a `request` besides, it is a request to judge: what the policy decides on it, and whether it is in the set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test tool")]

use ringfence::engine::groups::Cache;
use ringfence::engine::program::Program;
use ringfence::engine::search::{Answer, BUDGET, Question, Wanted};
use ringfence::engine::space::Space;
use ringfence::engine::{Request, evaluate};
use ringfence::policy::{Policy, PolicyKind, lower};
use ringfence::source::parse;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::time::Instant;

fn typed(document: &Value, kind: PolicyKind) -> Policy {
    let parsed = parse(document.to_string().as_bytes());
    assert!(parsed.errors.is_empty(), "{document}");
    lower(&parsed.documents[0], kind)
}

/// The set of requests, as a policy that allows just it.
fn set(requests: &Value) -> Policy {
    let mut body = requests.clone();
    body["Effect"] = json!("Allow");
    typed(&json!({"Version": "2012-10-17", "Statement": [body]}), PolicyKind::Bucket)
}

fn answer(policy: &Policy, set: &Policy, wanted: Wanted) -> Value {
    let start = Instant::now();
    let mut program = Program::new(&[policy]);
    let clauses = program.clauses(&set.statements[0], PolicyKind::Bucket);
    let space = Space::new(&program);
    let cache = Cache::default();
    let policies = [policy];
    let question = Question::new(&policies, &program, &clauses, &space, &cache);
    let answer = question.search(&[wanted], BUDGET);
    let micros = start.elapsed().as_secs_f64() * 1e6;
    let mut out = match answer {
        Answer::Found(request) => json!({"answer": "found", "request": request}),
        Answer::None => json!({"answer": "none"}),
        Answer::Undecided(why) => json!({"answer": "undecided", "reason": why.reason}),
    };
    out["micros"] = json!(micros);
    out["by_extent"] = json!(question.is_excluded(&[wanted]));
    out
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let kind = match value["kind"].as_str() {
            Some("endpoint") => PolicyKind::Endpoint,
            Some("bucket") => PolicyKind::Bucket,
            other => return Err(format!("{other:?} is no kind of policy").into()),
        };
        let (policy, set) = (typed(&value["policy"], kind), set(&value["requests"]));
        let wanted = match value["wanted"].as_str() {
            Some("allowed") => Wanted::Allowed,
            Some("explicitDeny") => Wanted::ExplicitDeny,
            Some("implicitDeny") => Wanted::ImplicitDeny,
            Some("notExplicitDeny") => Wanted::NotExplicitDeny,
            other => return Err(format!("{other:?} is no outcome").into()),
        };
        let result = if let Some(request) = value.get("request") {
            let request: Request = serde_json::from_value(request.clone())?;
            json!({"decision": evaluate(&policy, &request), "set": evaluate(&set, &request)})
        } else {
            answer(&policy, &set, wanted)
        };
        writeln!(out, "{result}")?;
    }
    Ok(())
}
