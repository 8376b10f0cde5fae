//! Bytes to documents: reading files, the spanned JSON tree, and where in a file the policies stand.
//!
//! Knows nothing of what a policy means.

pub mod around;
mod builder;
pub mod cursor;
mod deployed;
pub mod files;
mod grammar;
mod json_lines;
mod language;
mod layout;
mod lexer;
pub mod lines;
pub mod locate;
pub mod parse;
mod path_pattern;
pub mod pointer;
mod relocate;
pub mod short;
mod sieve;
pub mod span;
pub mod syntax_error;
mod template;
mod terraform;
pub mod to_json;
pub mod tree;
mod unclosed;
mod yaml;

pub use around::{Alone, Around, Folder};
pub use cursor::Cursor;
pub use files::{
    CollectError, CollectOptions, Collected, Found, Input, ReadError, collect, collect_with, is_binary,
    is_readable, read,
};
pub use grammar::MAX_DEPTH;
pub use json_lines::{Lines, Part, Stream, is_stream};
pub use language::{Language, may_be_long, parse_file};
pub use layout::layout;
pub use lines::{Encoding, LineIndex, Position};
pub use locate::{Located, Wrapper, policies};
pub use parse::{Parsed, parse, parse_embedded, parse_long};
pub use path_pattern::PathPattern;
pub use pointer::{Place, resolve};
pub use span::Span;
pub use syntax_error::{MAX_SYNTAX_ERRORS, SyntaxError, SyntaxErrorKind};
pub use terraform::{Memory, written};
pub use to_json::to_json;
pub use tree::{Hole, Member, Node, Symbol, Text, Value, node_at};

pub use yaml::parse_yaml;

/// Files longer than this many bytes (1 MiB) are not read: AWS takes at most 20 KB for a policy.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Plans, states, and lists that AWS prints are read up to this many bytes (64 MiB): few of them are kept.
pub const MAX_DOCUMENT_BYTES: usize = 64 * MAX_FILE_BYTES;
