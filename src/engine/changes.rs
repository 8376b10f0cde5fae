//! What a change of a policy means: every request on which the two versions decide otherwise, in classes.
//!
//! Each difference has a *cause*: a new Allow, or a Deny that is gone, and the other way round. The requests of a cause are cut
//! along what its statements list (actions, principals, resources, values), along who calls and which way the request comes,
//! until each piece is known to hold no difference, to differ altogether, or cannot be cut any further. So the classes cover every
//! difference, and what is said of each holds; see `cause` for why no cause is missing and `cut` for the cutting.

mod cause;
mod cut;
mod merge;

use super::cells::Budget;
use super::evaluate::Decision;
use super::pair::Pair;
use super::program::Program;
use super::request::Request;
use super::space::{CallerKind, Network, Space};
use crate::aws::ActionSet;
use crate::policy::{Policy, PolicyKind, Statement};
use cut::Cutter;

/// The steps that a comparison may take.
pub const BUDGET: u64 = 6_000_000;

/// How the decision on a request changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Allowed now, and not before.
    NewlyAllowed,
    /// No Deny applies any more, and no Allow either: what another policy allows is open now. Bucket policies only, since an
    /// endpoint's policy stops what it does not allow, whatever others say.
    NoLongerDenied,
    /// Allowed before, and no longer.
    NoLongerAllowed,
    /// A Deny applies that did not, to what was not allowed by this policy before either. Bucket policies only.
    NewlyDenied,
}

impl Change {
    /// The name used in every output for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewlyAllowed => "newlyAllowed",
            Self::NoLongerDenied => "noLongerDenied",
            Self::NoLongerAllowed => "noLongerAllowed",
            Self::NewlyDenied => "newlyDenied",
        }
    }

    /// True when some request gets more than before, or may get it from another policy.
    #[must_use]
    pub fn opens(self) -> bool {
        matches!(self, Self::NewlyAllowed | Self::NoLongerDenied)
    }
}

/// How much of a class changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// Each of its requests.
    Every,
    /// Each of its requests that no other statement decides: a Deny stops the rest, or, of what is no longer denied, an Allow allows
    /// it.
    Remaining,
    /// Some of its requests, the example among them.
    Some,
    /// It cannot be told whether any does, for this reason.
    Undecided(String),
}

/// Who calls, in kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Callers {
    /// Nobody who signed.
    Anonymous,
    /// Roles, users, root users and federated sessions.
    Iam,
    /// AWS services in their own name.
    Service,
    /// Callers known by a canonical user id only.
    CanonicalUser,
}

impl Callers {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Anonymous, Self::Iam, Self::Service, Self::CanonicalUser];
}

impl From<CallerKind> for Callers {
    fn from(kind: CallerKind) -> Self {
        match kind {
            CallerKind::Anonymous => Self::Anonymous,
            CallerKind::Service => Self::Service,
            CallerKind::CanonicalUser => Self::CanonicalUser,
            CallerKind::Role | CallerKind::User | CallerKind::Root | CallerKind::FederatedUser => Self::Iam,
        }
    }
}

/// In which version a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// In the old one alone.
    Old,
    /// In the new one alone.
    New,
    /// In both; its number is that in the new one.
    Both,
}

/// A statement that makes the difference, cut down to what the class is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Where it stands.
    pub version: Version,
    /// The statement, with those values of its elements alone that the class is about.
    pub statement: Statement,
}

/// A request of a class, and what the two versions decide on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The request.
    pub request: Request,
    /// The old version's decision.
    pub before: Decision,
    /// The new version's decision.
    pub after: Decision,
}

/// Requests of which the decision changes in one way and for one cause: those that meet all bodies, come from one of the callers,
/// one of the ways, and are for one of the actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// How the decision changes.
    pub change: Change,
    /// For how many of the requests.
    pub share: Share,
    /// The statements that make the difference.
    pub bodies: Vec<Body>,
    /// Who; `None`: whoever the bodies admit.
    pub callers: Option<Vec<Callers>>,
    /// Which way; `None`: any.
    pub ways: Option<Vec<Network>>,
    /// Which actions.
    pub actions: Actions,
    /// One of the requests that change; none when it is undecided whether there are any.
    pub example: Option<Example>,
}

/// Actions, and how to say which in few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actions {
    /// The actions, by [`crate::aws::Action::index`].
    pub set: ActionSet,
    /// Patterns, as a statement has them, or names.
    pub texts: Vec<String>,
    /// The texts say which they are not.
    pub negated: bool,
}

/// Compares two versions of a policy of one kind: the classes of requests whose decision changes, those that open something first.
/// None: the change has no meaning.
#[must_use]
pub fn changes(old: &Policy, new: &Policy, budget: u64) -> Vec<Class> {
    let pair = Pair::new(old, new);
    if pair.is_same() {
        return Vec::new();
    }
    let policies = pair.parts();
    let mut program = Program::new(&policies);
    let space = Space::new(&program);
    let causes = cause::causes(policies, &program);
    let mut budget = Budget::new(budget);
    let (mut spaces, mut out) = (Vec::new(), Vec::new());
    for cause in causes {
        let dimensions = cut::dimensions(&cause, &space, &mut program);
        let mut cutter = Cutter {
            versions: [old, new],
            policies: &policies,
            program: &program,
            space: &space,
            cause: &cause,
            dimensions: &dimensions,
            spaces: &mut spaces,
            budget: &mut budget,
            found: Vec::new(),
        };
        cutter.run();
        out.extend(merge::classes(&cause, &dimensions, cutter.found));
    }
    let weight = |share: &Share| match share {
        Share::Every | Share::Remaining => 0,
        Share::Some => 1,
        Share::Undecided(_) => 2,
    };
    let numbers = |c: &Class| c.bodies.iter().map(|b| b.statement.index).collect::<Vec<_>>();
    out.sort_by_cached_key(|c| (c.change, weight(&c.share), numbers(c)));
    out
}

/// Whether decisions of this kind of policy that are no permission differ: an endpoint's policy stops a request in either way.
fn tells_denials(kind: PolicyKind) -> bool {
    kind == PolicyKind::Bucket
}
