//! The judge can fail: our side is made wrong in ways that an engine can be wrong in, and each must be found out.

use crate::known::Known;
use crate::peer::Judge;
use crate::{Outcome, round};

/// A way to be wrong.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The policy is read as if this text were that one.
    Reads(&'static str, &'static str),
    /// Each decision is taken for another one.
    Decides(fn(&str) -> &'static str),
}

impl Fault {
    pub fn policy(self, policy: String) -> String {
        match self {
            Self::Reads(from, to) => policy.replace(from, to),
            Self::Decides(_) => policy,
        }
    }

    pub fn decision(self, decision: &'static str) -> &'static str {
        match self {
            Self::Decides(f) => f(decision),
            Self::Reads(..) => decision,
        }
    }
}

fn next(decision: &str) -> &'static str {
    match decision {
        "allowed" => "implicitDeny",
        "implicitDeny" => "explicitDeny",
        "explicitDeny" => "allowed",
        _ => "undecided",
    }
}

const FAULTS: &[(&str, Fault)] = &[
    ("StringNotEquals read as StringEquals", Fault::Reads("\"StringNotEquals\"", "\"StringEquals\"")),
    ("StringEquals with wildcards", Fault::Reads("\"StringEquals\"", "\"StringLike\"")),
    ("IfExists left out", Fault::Reads("IfExists\"", "\"")),
    ("ForAnyValue read as ForAllValues", Fault::Reads("ForAnyValue:", "ForAllValues:")),
    ("set operators left out", Fault::Reads("\"ForAllValues:", "\"")),
    ("NotAction read as Action", Fault::Reads("\"NotAction\"", "\"Action\"")),
    ("NotResource read as Resource", Fault::Reads("\"NotResource\"", "\"Resource\"")),
    ("letter case ignored", Fault::Reads("\"StringEquals\"", "\"StringEqualsIgnoreCase\"")),
    ("less than read as less or equal", Fault::Reads("LessThan\"", "LessThanEquals\"")),
    ("bucket ARN covers objects", Fault::Reads(":::bkt\"", ":::bkt*\"")),
    ("Null turned round", Fault::Reads("\"Null\"", "\"Bool\"")),
    ("address ranges read as their first address", Fault::Reads("0.0.0/8\"", "0.0.0/32\"")),
    ("no variables", Fault::Reads("${", "{")),
    (
        "account taken for its root user",
        Fault::Reads("\"111122223333\"", "\"arn:aws:iam::111122223333:user/alice\""),
    ),
];

/// Policies tried for each fault before it counts as not found.
const TRIES: u64 = 600;

pub fn run(judge: &mut Judge) {
    for (name, fault) in FAULTS {
        let mut found = false;
        let mut tried = 0;
        while !found && tried < TRIES {
            round(tried, 7, judge, &mut Known::load(), Some(*fault), |_, _, outcome| {
                found |= matches!(outcome, Outcome::Unexplained(..));
            });
            tried += 1;
        }
        assert!(found, "not found out in {TRIES} policies: {name}");
        println!("found out at policy {tried}: {name}");
    }
    // Every single wrong decision, not just one: a known difference must not swallow another one.
    let (mut wrong, mut missed) = (0, 0);
    for number in 0..15 {
        round(number, 8, judge, &mut Known::load(), Some(Fault::Decides(next)), |_, verdict, outcome| {
            let was_right = next(&verdict.theirs) == verdict.ours;
            wrong += u32::from(was_right);
            missed += u32::from(was_right && !matches!(outcome, Outcome::Unexplained(..)));
        });
    }
    assert!(wrong > 200 && missed == 0, "{missed} of {wrong} wrong decisions were not found out");
    println!("{wrong} of {wrong} single wrong decisions found out");
}
