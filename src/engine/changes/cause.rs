//! What can make a difference, complete by case: a request that is newly allowed is allowed by an Allow that
//!
//! - is new: then this Allow is the cause, or
//! - stands in both versions: then the old one denied the request, and the cause is that Deny, which is gone (had it stayed, it
//!   would deny still), together with the Allow.
//!
//! A request that is newly left to other policies was denied by a Deny that is gone. What is no longer allowed, and what is newly
//! denied, are the same seen from the new version.

use super::{Body, Change, Version, tells_denials};
use crate::engine::pair::{NEW, OLD, Pair, SHARED};
use crate::engine::program::{Clause, Compiled, Program};
use crate::engine::search::Wanted;
use crate::policy::{Effect, Policy};

/// One cause, as searches: a request meets its clauses and one of `meets`. Of the other requests that meet its clauses, those that
/// meet one of `others` are no concern of the cause, since other statements decide them; those that meet one of `breaks` are
/// what they were.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) change: Change,
    pub(super) bodies: Vec<Body>,
    pub(super) clauses: Vec<Clause>,
    pub(super) meets: Vec<[Wanted; 3]>,
    pub(super) breaks: Vec<[Wanted; 3]>,
    pub(super) others: Vec<[Wanted; 3]>,
}

/// From which version to which: forwards finds what opens, backwards what closes.
#[derive(Debug, Clone, Copy)]
struct Direction {
    forwards: bool,
}

impl Direction {
    fn from(self) -> usize {
        if self.forwards { OLD } else { NEW }
    }

    fn to(self) -> usize {
        if self.forwards { NEW } else { OLD }
    }

    fn searches(self, pairs: &[(Wanted, Wanted)]) -> Vec<[Wanted; 3]> {
        let one = |&(from, to): &(Wanted, Wanted)| {
            if self.forwards { Pair::wanted(from, to) } else { Pair::wanted(to, from) }
        };
        pairs.iter().flat_map(one).collect()
    }
}

/// All causes there can be.
pub(super) fn causes(policies: [&Policy; 3], program: &Program) -> Vec<Cause> {
    use Wanted::{Allowed, Any, ExplicitDeny, ImplicitDeny, NotExplicitDeny};
    let of = |owner: usize, effect: Effect| {
        program.statements.iter().filter(move |s| s.owner == owner && s.effect == effect)
    };
    let kind = program.kinds.first().copied();
    let mut out = Vec::new();
    for direction in [Direction { forwards: true }, Direction { forwards: false }] {
        let searches = |pairs: &[(Wanted, Wanted)]| direction.searches(pairs);
        let denied = searches(&[(Any, ExplicitDeny)]);
        let mut add = |change, statements: &[&Compiled], meets, breaks, others| {
            out.push(Cause {
                change,
                bodies: statements.iter().filter_map(|s| body(s, policies)).collect(),
                clauses: statements.iter().flat_map(|s| s.clauses.iter().cloned()).collect(),
                meets,
                breaks,
                others,
            });
        };
        let change = if direction.forwards { Change::NewlyAllowed } else { Change::NoLongerAllowed };
        for allow in of(direction.to(), Effect::Allow) {
            // It applies, so the request is allowed unless something denies it.
            let meets = searches(&[(ImplicitDeny, NotExplicitDeny), (ExplicitDeny, NotExplicitDeny)]);
            add(change, &[allow], meets, searches(&[(Allowed, NotExplicitDeny)]), denied.clone());
        }
        for deny in of(direction.from(), Effect::Deny) {
            for allow in of(SHARED, Effect::Allow) {
                let meets = searches(&[(Any, NotExplicitDeny)]);
                add(change, &[allow, deny], meets, Vec::new(), denied.clone());
            }
        }
        if !kind.is_some_and(tells_denials) {
            continue;
        }
        let change = if direction.forwards { Change::NoLongerDenied } else { Change::NewlyDenied };
        for deny in of(direction.from(), Effect::Deny) {
            let others = searches(&[(Any, Allowed), (Any, ExplicitDeny)]);
            add(change, &[deny], searches(&[(Any, ImplicitDeny)]), Vec::new(), others);
        }
    }
    out
}

fn body(compiled: &Compiled, policies: [&Policy; 3]) -> Option<Body> {
    let version = match compiled.owner {
        OLD => Version::Old,
        NEW => Version::New,
        _ => Version::Both,
    };
    let of_owner = policies.get(compiled.owner)?;
    let statement = of_owner.statements.iter().find(|s| s.index == compiled.index)?;
    Some(Body { version, statement: statement.clone() })
}
