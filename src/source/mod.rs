//! Bytes to documents: reading files, the spanned JSON tree, and where in a file the policies stand.
//!
//! Knows nothing of what a policy means.

pub mod span;
pub mod tree;

pub use span::Span;
pub use tree::{Hole, Member, Node, Symbol, Text, Value};
