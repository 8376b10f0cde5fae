//! What a policy means: patterns, condition operators, the decision on one request ([`evaluate()`]), on all requests
//! ([`search`]), and the reasons ([`explain()`]).
//!
//! No I/O; knows no file format, no rule, no finding, no colour.

pub mod bits;
pub mod caller;
pub mod cells;
pub mod changes;
pub mod evaluate;
pub mod explain;
mod extent;
pub mod groups;
pub mod holds;
pub mod pair;
mod parts;
pub mod pattern;
mod polish;
pub mod program;
pub mod request;
pub mod search;
pub mod space;
#[cfg(test)]
mod tests;
pub mod value;

pub use caller::{Caller, CallerError};
pub use evaluate::{Decision, evaluate};
pub use explain::{Explanation, Match, StatementExplanation, explain};
pub use request::{ContextValue, Request};
