//! An outside judge: the same random policies and requests through `evaluate` and through a policy simulator that nobody
//! here wrote (`scripts/judge.sh` installs it). A difference must be one of `known-differences.json`, each with the AWS
//! page that decides it, and vanish when just that construct is written in other words; any other fails the run.
//!
//! `cargo run --example judge -- FOLDER [COMPARISONS] [SEED]`: an example, since it needs node and the package. The result does
//! not depend on the number of workers (`JUDGE_WORKERS`, 2 if not said otherwise).
//! `--self-check` in place of the last two shows that it can fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    missing_docs,
    reason = "a test program"
)]

mod document;
mod known;
mod peer;
mod pool;
mod random;
mod report;
mod requests;
mod rewrite;
mod self_check;

use fastrand::Rng;
use known::Known;
use peer::Judge;
use report::Report;
use ringfence::engine::{Request, evaluate};
use ringfence::policy::{PolicyKind, lower};
use ringfence::source::parse;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A run ends when this many differences are shown.
const SHOWN: usize = 10;
/// Requests asked of one policy.
const BATCH: usize = 20;

/// A policy and a request whose context is complete.
#[derive(Debug, Clone)]
pub struct Case {
    pub policy: Value,
    pub request: Value,
}

/// What both sides say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub ours: String,
    pub theirs: String,
}

/// Both sides, for one kind of policy.
#[derive(Debug)]
pub struct Side<'j> {
    pub kind: PolicyKind,
    /// The keys that follow from the caller are not given to our side: it must know them.
    pub bare: bool,
    /// Makes our side wrong, to see that it is found out.
    pub fault: Option<self_check::Fault>,
    pub judge: &'j mut Judge,
}

impl Side<'_> {
    pub fn ours(&self, case: &Case) -> String {
        let mut request = case.request.clone();
        let role_with_path = case.request.to_string().contains(":role/team/");
        if self.bare && !role_with_path {
            let context = request["context"].as_object_mut().expect("a context");
            context.retain(|key, _| !requests::OF_CALLER.iter().any(|k| k.eq_ignore_ascii_case(key)));
        }
        let mut policy = case.policy.to_string();
        if let Some(fault) = self.fault {
            policy = fault.policy(policy);
        }
        let parsed = parse(policy.as_bytes());
        assert!(parsed.errors.is_empty(), "{policy}");
        let policy = lower(&parsed.documents[0], self.kind);
        let request: Request = serde_json::from_value(request).expect("a request");
        let decision = evaluate(&policy, &request).as_str();
        self.fault.map_or(decision, |f| f.decision(decision)).to_owned()
    }

    pub fn theirs(&mut self, case: &Case) -> String {
        self.judge.one(self.kind, case)
    }
}

/// What became of a comparison.
#[derive(Debug)]
pub enum Outcome {
    Agree,
    /// The entries of the table that explain it.
    Known(Vec<usize>),
    /// With the smallest case that shows it, for the first of a policy.
    Unexplained(Option<(Case, Verdict)>),
}

/// Policy number `number` of the seed and its requests, each through both sides.
pub fn round(
    number: u64,
    seed: u64,
    judge: &mut Judge,
    known: &mut Known,
    fault: Option<self_check::Fault>,
    mut each: impl FnMut(PolicyKind, &Verdict, Outcome),
) {
    let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let kind = if rng.u8(..3) > 0 { PolicyKind::Bucket } else { PolicyKind::Endpoint };
    let policy = random::policy(&mut rng, kind);
    let requests: Vec<Value> = (0..BATCH).map(|_| requests::request(&mut rng, kind, &policy)).collect();
    let answers = judge.ask(kind, &policy, &requests.iter().collect::<Vec<_>>());
    let mut shown = false;
    for (request, theirs) in requests.into_iter().zip(answers) {
        let case = Case { policy: policy.clone(), request };
        let mut side = Side { kind, bare: rng.bool(), fault, judge };
        let verdict = Verdict { ours: side.ours(&case), theirs };
        let outcome = if verdict.ours == verdict.theirs {
            Outcome::Agree
        } else {
            match known.explain(&case, &verdict, &mut side) {
                Some(entries) => Outcome::Known(entries),
                // One a policy is shown; the others have the same cause, mostly.
                None if std::mem::replace(&mut shown, true) => Outcome::Unexplained(None),
                None => Outcome::Unexplained(Some(report::smaller(&case, &mut side, known))),
            }
        };
        each(kind, &verdict, outcome);
    }
}

/// The share of one worker, with a judge of its own: every `workers`-th policy, from number `first` on.
fn work(folder: &Path, first: u64, workers: u64, policies: u64, seed: u64, stop: &AtomicUsize) -> Report {
    let mut judge = Judge::start(folder);
    let mut report = Report::new(Known::load());
    let mut known = Known::load();
    for number in (first..policies).step_by(usize::try_from(workers).unwrap()) {
        if stop.load(Ordering::Relaxed) >= SHOWN {
            break;
        }
        round(number, seed, &mut judge, &mut known, None, |kind, verdict, outcome| {
            stop.fetch_add(usize::from(report.take(kind, verdict, outcome)), Ordering::Relaxed);
        });
    }
    report.known = known;
    report.asked = judge.asked;
    report
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder =
        PathBuf::from(arguments.next().expect("the folder in which scripts/judge.sh installed the package"));
    let second = arguments.next().unwrap_or_else(|| "5000".to_owned());
    {
        let mut judge = Judge::start(&folder);
        report::traps(&mut judge, &mut Known::load());
        if second == "--self-check" {
            self_check::run(&mut judge);
            return;
        }
    }
    let policies: u64 = second.parse::<u64>().expect("a number of comparisons").div_ceil(BATCH as u64);
    let seed: u64 = arguments.next().map_or(1, |s| s.parse().expect("a seed"));
    let workers =
        std::env::var("JUDGE_WORKERS").map_or(2, |n| n.parse::<u64>().expect("a number of workers"));
    let stop = AtomicUsize::new(0);
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let start = |first| {
            let (folder, stop) = (&folder, &stop);
            scope.spawn(move || work(folder, first, workers, policies, seed, stop))
        };
        let running: Vec<_> = (0..workers).map(start).collect();
        running.into_iter().map(|worker| worker.join().expect("a worker ends with a report")).collect()
    });
    let report = reports.into_iter().reduce(Report::and).expect("at least one worker");
    report.print(seed);
    assert!(report.unexplained == 0, "{} differences are none of the known ones", report.unexplained);
    assert!(report.comparisons as u64 == policies * BATCH as u64, "all comparisons took place");
    report.check_balance();
}
