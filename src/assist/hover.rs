//! What is said of the thing under the pointer.

use super::part::{Part, at};
use super::{View, facts};
use crate::policy::PolicyKind;
use crate::report::plain::plain;
use crate::source::Span;
use crate::words;

/// A few words on a part of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The part.
    pub span: Span,
    /// The words, in Markdown.
    pub text: String,
}

/// What is known of the part of a statement at a byte of the file: an action, a condition key, an operator, an ARN, a principal; or
/// what the statement says.
#[must_use]
pub fn hover(view: &View<'_>, offset: usize) -> Option<Hover> {
    let found = at(view, u32::try_from(offset).ok()?)?;
    let trusted = &view.settings.trusted;
    let text = match found.part {
        Part::Action(action) => facts::action(&action.source),
        Part::Resource(resource) => facts::resource(&resource.source, trusted),
        Part::Principal(entry) => {
            facts::principal(&entry.pattern, found.shown.kind == Some(PolicyKind::Endpoint))
        }
        Part::Operator(condition) => facts::operator(condition.operator),
        Part::Key(condition) | Part::Value(condition) => {
            format!(
                "{}\n\nHere: {}.",
                facts::key(condition, found.statement),
                plain(&words::condition(condition))
            )
        }
        Part::Statement => {
            let name = found.statement.name();
            let mut chars = name.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            let said = words::statement(found.statement);
            format!("**{}{}** {}.", first, plain(chars.as_str()), plain(&said))
        }
    };
    Some(Hover { span: found.span, text })
}
