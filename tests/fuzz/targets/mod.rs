//! What the fuzz targets do with their bytes: one function a target, which panics when something that must hold does not.
//! `tests/fuzz/main.rs` runs them on the seeds of `testdata/fuzz/`, the crate in `fuzz/` on whatever libFuzzer finds.

mod check;
mod choices;
mod config;
mod grammar;
mod parse;
mod policy;
mod rule_file;
mod simulate;

pub use check::{check, stream, template, terraform};
pub use config::config;
pub use parse::parse;
pub use policy::policy;
pub use rule_file::rule_file;
pub use simulate::simulate;

use ringfence::config::{Config, Trusted};
use ringfence::lint::Linter;
use ringfence::policy::PolicyKind;
use ringfence::report::plain::substitute;
use ringfence::report::text::render_error;
use ringfence::rules::RuleSet;
use ringfence::source::Span;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// A target, by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const ALL: &[Target] = &[
    ("parse", parse),
    ("check", check),
    ("policy", policy),
    ("rule_file", rule_file),
    ("config", config),
    ("simulate", simulate),
    ("stream", stream),
    ("template", template),
    ("terraform", terraform),
];

/// The built-in rules, ready to run.
static LINTER: LazyLock<Arc<Linter>> = LazyLock::new(|| Arc::new(Linter::new(RuleSet::builtin().unwrap())));

/// Ids that the policies of `testdata/` name, as a configuration would list them.
static CONFIGURED: LazyLock<Config> = LazyLock::new(|| {
    let text = r#"
        regions = ["us-east-1", "eu-west-1"]
        [trusted]
        vpcs = ["vpc-0c3d4e5f60718293a"]
        vpc_endpoints = ["vpce-0a1b2c3d4e5f60718"]
        accounts = ["111122223333"]
        organizations = ["o-a1b2c3d4e5"]
        buckets = ["train-data"]
        principals = ["arn:aws:iam::111122223333:role/TrainingRole"]
        ip_ranges = ["203.0.113.0/24"]
    "#;
    Config::parse(text, Path::new("ringfence.toml"), "/".into()).unwrap()
});

/// A first byte with which no JSON begins says of which kind the policy is: `e`ndpoint or `b`ucket; as a capital letter it
/// also says that trusted ids are configured.
struct Given {
    kind: Option<PolicyKind>,
    trusted: Trusted,
    regions: Vec<String>,
}

fn given(data: &[u8]) -> (Given, &[u8]) {
    let (kind, rest) = match data {
        [b'e' | b'E', rest @ ..] => (Some(PolicyKind::Endpoint), rest),
        [b'b' | b'B', rest @ ..] => (Some(PolicyKind::Bucket), rest),
        _ => (None, data),
    };
    let given = if matches!(data, [b'E' | b'B', ..]) {
        Given { kind, trusted: CONFIGURED.trusted.clone(), regions: CONFIGURED.regions.clone() }
    } else {
        Given { kind, trusted: Trusted::default(), regions: Vec::new() }
    };
    (given, rest)
}

fn assert_inside(span: Span, data: &[u8], what: &str) {
    assert!(span.start <= span.end && span.end as usize <= data.len(), "{what}: {span:?} of {}", data.len());
}

/// Nothing in `text` moves a cursor, hides or turns text, but for line breaks.
fn assert_harmless(text: &str) {
    let bad = text.char_indices().find(|(_, c)| *c != '\n' && substitute(*c).is_some());
    assert!(bad.is_none(), "{bad:?} in {text:?}");
}

/// An error that is shown to a person: harmless, and its labels within the text they are about.
fn assert_shown(error: &dyn miette::Diagnostic, text: &[u8]) {
    for label in error.labels().into_iter().flatten() {
        let end = label.offset() + label.len();
        assert!(end <= text.len(), "label {label:?} of {}", text.len());
    }
    let mut out = Vec::new();
    render_error(error, false, &mut out).unwrap();
    assert_harmless(&String::from_utf8(out).unwrap());
    let mut coloured = Vec::new();
    render_error(error, true, &mut coloured).unwrap();
    String::from_utf8(coloured).unwrap();
}
