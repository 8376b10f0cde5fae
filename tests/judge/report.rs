//! What a run found, as Markdown.

use crate::known::{Copy, Known};
use crate::peer::Judge;
use crate::{Case, Outcome, Side, Verdict};
use ringfence::policy::PolicyKind;
use serde_json::Value;

#[derive(Debug)]
pub struct Report {
    pub comparisons: usize,
    pub unexplained: usize,
    pub asked: u64,
    pub known: Known,
    bucket: usize,
    undecided: usize,
    agree: usize,
    explained: usize,
    /// By the judge's decision.
    decisions: [usize; 3],
}

const DECISIONS: [&str; 3] = ["allowed", "explicitDeny", "implicitDeny"];

impl Report {
    pub fn new(known: Known) -> Self {
        Self {
            comparisons: 0,
            unexplained: 0,
            asked: 0,
            known,
            bucket: 0,
            undecided: 0,
            agree: 0,
            explained: 0,
            decisions: [0; 3],
        }
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        self.comparisons += other.comparisons;
        self.unexplained += other.unexplained;
        self.asked += other.asked;
        self.bucket += other.bucket;
        self.undecided += other.undecided;
        self.agree += other.agree;
        self.explained += other.explained;
        for (n, m) in self.decisions.iter_mut().zip(other.decisions) {
            *n += m;
        }
        for (entry, more) in self.known.entries.iter_mut().zip(other.known.entries) {
            entry.alone += more.alone;
            entry.together += more.together;
        }
        self
    }

    /// Counts a comparison. True when it printed a difference.
    pub fn take(&mut self, kind: PolicyKind, verdict: &Verdict, outcome: Outcome) -> bool {
        self.comparisons += 1;
        self.bucket += usize::from(kind == PolicyKind::Bucket);
        self.undecided += usize::from(verdict.ours == "undecided");
        if let Some(i) = DECISIONS.iter().position(|d| *d == verdict.theirs) {
            self.decisions[i] += 1;
        }
        match outcome {
            Outcome::Agree => self.agree += 1,
            Outcome::Known(_) => self.explained += usize::from(verdict.ours != "undecided"),
            Outcome::Unexplained(None) => self.unexplained += 1,
            Outcome::Unexplained(Some((case, verdict))) => {
                self.unexplained += 1;
                println!("DIFFERENCE that is none of the known ones ({kind:?} policy)");
                println!("policy:  {}\nrequest: {}", case.policy, case.request);
                println!("ours:    {}\njudge:   {}\n", verdict.ours, verdict.theirs);
                return true;
            }
        }
        if self.comparisons.is_multiple_of(20_000) {
            eprintln!("{} comparisons by this worker", self.comparisons);
        }
        false
    }

    pub fn print(&self, seed: u64) {
        let percent = |n: usize| {
            let tenths = (n * 1000 + self.comparisons / 2) / self.comparisons.max(1);
            format!("{}.{} %", tenths / 10, tenths % 10)
        };
        println!("| Figure | Value |\n|---|---|");
        println!("| Seed | {seed} |");
        println!(
            "| Comparisons | {} ({} bucket, {} endpoint) |",
            self.comparisons,
            self.bucket,
            self.comparisons - self.bucket
        );
        println!("| Same decision | {} ({}) |", self.agree, percent(self.agree));
        println!("| Known difference | {} ({}) |", self.explained, percent(self.explained));
        println!("| Undecided by us, explained | {} ({}) |", self.undecided, percent(self.undecided));
        println!("| Unexplained difference | {} |", self.unexplained);
        for (name, n) in DECISIONS.iter().zip(self.decisions) {
            println!("| Judge says {name} | {} |", percent(n));
        }
        println!("| Questions put to the judge | {} |\n", self.asked);
        println!("| Known difference | Explains alone | With others |\n|---|---|---|");
        for (i, entry) in self.known.entries.iter().enumerate() {
            let kind = if Known::copy(i) == Copy::Ours { " (undecided by us)" } else { "" };
            println!("| `{}`{kind} | {} | {} |", entry.id, entry.alone, entry.together);
        }
        for entry in self.known.entries.iter().filter(|e| e.alone == 0) {
            println!("\nNote: `{}` explained nothing by itself in this run.", entry.id);
        }
    }

    /// A run in which one decision is rare would prove little.
    pub fn check_balance(&self) {
        for (name, n) in DECISIONS.iter().zip(self.decisions) {
            assert!(n * 100 >= self.comparisons * 15, "less than 15 % of the decisions are {name}");
        }
    }
}

/// The decision traps through the judge: the same rule as for random policies.
pub fn traps(judge: &mut Judge, known: &mut Known) {
    let traps: Vec<Value> =
        serde_json::from_str(include_str!("../../testdata/engine/decision-traps.json")).unwrap();
    let mut differ = Vec::new();
    for trap in &traps {
        let kind = serde_json::from_value(trap["kind"].clone()).unwrap();
        let case = Case { policy: trap["policy"].clone(), request: trap["request"].clone() };
        let mut side = Side { kind, bare: false, fault: None, judge };
        let verdict = Verdict { ours: side.ours(&case), theirs: side.theirs(&case) };
        if verdict.ours != verdict.theirs {
            let entries = known.explain(&case, &verdict, &mut side);
            let entries = entries.unwrap_or_else(|| panic!("{} {verdict:?}", trap["id"]));
            differ.push(format!("{} ({})", trap["id"].as_str().unwrap(), known.entries[entries[0]].id));
        }
    }
    println!(
        "{} decision traps, known differences in {}: {}\n",
        traps.len(),
        differ.len(),
        differ.join(", ")
    );
}

/// The case with as little left as still shows the difference.
pub fn smaller(case: &Case, side: &mut Side, known: &mut Known) -> (Case, Verdict) {
    let mut differs = |case: Case| {
        let verdict = Verdict { ours: side.ours(&case), theirs: side.theirs(&case) };
        let here = verdict.ours != verdict.theirs && known.explain(&case, &verdict, side).is_none();
        here.then_some((case, verdict))
    };
    let mut now = differs(case.clone()).expect("it differs");
    loop {
        let next = shrinks(&now.0).into_iter().find_map(&mut differs);
        match next {
            Some(smaller) => now = smaller,
            None => return now,
        }
    }
}

/// The case with one thing left out, in every way.
fn shrinks(case: &Case) -> Vec<Case> {
    let mut out = Vec::new();
    let mut drop_at = |pointer: &str, key: &str| {
        let mut case = case.clone();
        let root = if pointer.starts_with("/context") { &mut case.request } else { &mut case.policy };
        match root.pointer_mut(pointer) {
            Some(Value::Object(map)) => drop(map.remove(key)),
            Some(Value::Array(list)) if list.len() > 1 => drop(list.remove(key.parse().unwrap_or(0))),
            _ => return,
        }
        out.push(case);
    };
    for (i, statement) in case.policy["Statement"].as_array().into_iter().flatten().enumerate() {
        drop_at("/Statement", &i.to_string());
        for (name, element) in statement.as_object().into_iter().flatten() {
            for j in 0..element.as_array().map_or(0, Vec::len) {
                drop_at(&format!("/Statement/{i}/{name}"), &j.to_string());
            }
        }
        for (operator, block) in statement["Condition"].as_object().into_iter().flatten() {
            drop_at(&format!("/Statement/{i}/Condition"), operator);
            for (key, values) in block.as_object().into_iter().flatten() {
                drop_at(&format!("/Statement/{i}/Condition/{operator}"), key);
                let escaped = key.replace('/', "~1");
                for j in 0..values.as_array().map_or(0, Vec::len) {
                    drop_at(&format!("/Statement/{i}/Condition/{operator}/{escaped}"), &j.to_string());
                }
            }
        }
    }
    for key in case.request["context"].as_object().into_iter().flat_map(|c| c.keys()) {
        drop_at("/context", key);
    }
    out
}
