//! From a file's bytes to its findings: the one way that the command line, the tests and an editor share. Pure: no I/O, no
//! clock, no environment.
//!
//! Parse, locate the policies, tell their kind, run the grammar gate, then the decision rules. Nothing that could not be
//! read or decided is passed over in silence.

mod accepted;
pub mod instance;

use crate::config::{Ignore, Level, Levels, Trusted};
use crate::finding::{Finding, Fingerprint, Label, Remedy, Severity, Verdict, fingerprint};
use crate::kind::{Detected, KindFrom, detect};
use crate::notation::{Notation, retold};
use crate::policy::{Policy, PolicyKind, lower, statements};
use crate::rules::decide::{Given, decide_with};
use crate::rules::grammar::{self, Gate, GateError, Problem, Subject};
use crate::rules::stock::Stock;
use crate::rules::{Body, Rule, RuleSet};
pub use crate::source::Alone;
use crate::source::{
    self, Around, Language, Located, Node, Parsed, Part, Span, SyntaxError, SyntaxErrorKind,
};
pub use accepted::Accepted;
use chrono::NaiveDate;
use instance::{StandIns, Which, instance};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// The rules, ready to be run over any number of files, from any number of threads.
#[derive(Debug)]
pub struct Linter {
    rules: Arc<RuleSet>,
    /// For endpoint policies, bucket policies, and those of unknown kind.
    gates: [Gates; 3],
}

/// The schema rules for one kind of policy as validators, each built when first needed.
#[derive(Debug, Default)]
struct Gates {
    /// All of them.
    every: OnceLock<Result<Gate, GateError>>,
    /// Those about which a policy of the usual form must be asked too: users' own.
    uncovered: OnceLock<Result<Gate, GateError>>,
}

/// A file to lint.
#[derive(Debug, Clone, Copy)]
pub struct FileInput<'a> {
    /// The path as findings show it.
    pub path: &'a str,
    /// The file's name without folders: it can tell the policy's kind.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// The user said of which kind the policy in it is, so there must be one.
    pub explicit: bool,
    /// The user named this file (it was not met while walking a folder).
    pub named: bool,
    /// The files around it.
    pub around: &'a dyn Around,
    /// Where it stands, when it is a part of a stream.
    pub part: Option<Part>,
}

impl FileInput<'_> {
    /// Reads it in its language.
    #[must_use]
    pub fn parse(&self) -> Parsed {
        source::parse_file(self.name, self.bytes, self.around)
    }
}

/// What is known of a file's policies, from flags and configuration.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The kind, and who says so.
    pub kind: Option<(PolicyKind, KindFrom)>,
    /// Trusted ids.
    pub trusted: Trusted,
    /// Regions in use; empty: all.
    pub regions: Vec<String>,
    /// What the configuration says of rules for this file.
    pub levels: Levels,
    /// The configuration's entries of `[[ignore]]` that speak of this file.
    pub ignores: Vec<Arc<Ignore>>,
    /// The day, for entries that end; `None`: they do not.
    pub today: Option<NaiveDate>,
    /// Whether findings are to have fingerprints, which cost time.
    pub fingerprints: bool,
}

/// A policy that was linted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyReport {
    /// Its kind; `None`: not known.
    pub kind: Option<PolicyKind>,
    /// What told the kind.
    pub kind_from: Option<KindFrom>,
}

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// The path as given.
    pub path: String,
    /// Which part of a stream it is about: its places count from there, and its policies have no numbers.
    pub part: Option<Part>,
    /// The policies that were linted, in the order of the file.
    pub policies: Vec<PolicyReport>,
    /// The findings, sorted.
    pub findings: Vec<Finding>,
    /// Findings that the configuration ignores, sorted.
    pub accepted: Vec<Accepted>,
    /// The numbers of the entries of `[[ignore]]` that speak of a finding, those that have ended among them.
    pub matched: Vec<usize>,
    /// How many findings a baseline hides: they are in none of the lists.
    pub hidden: usize,
    /// How many things that the baseline keeps of this file match nothing any more.
    pub unmatched: usize,
    /// False when nothing in the file is an endpoint or bucket policy.
    pub holds_policy: bool,
}

impl FileReport {
    fn new(path: &str) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }
}

/// A linter at work in one thread, with what one file can use of another's.
#[derive(Debug)]
pub struct Session {
    linter: Arc<Linter>,
    stock: Stock,
}

impl Session {
    /// The linter at work.
    #[must_use]
    pub fn linter(&self) -> &Arc<Linter> {
        &self.linter
    }

    /// The rules it runs.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.linter.rules
    }

    /// What the rules that are `on` find in a policy, or in a part of one, by what it decides.
    #[must_use]
    pub fn decide(&self, policy: &Policy, settings: &Settings, on: &dyn Fn(&Rule) -> bool) -> Vec<Finding> {
        let given = Given { trusted: &settings.trusted, regions: &settings.regions };
        decide_with(&self.stock, policy, given, on)
    }

    /// Lints one file.
    #[must_use]
    pub fn lint(&self, file: &FileInput<'_>, settings: &Settings) -> FileReport {
        self.linter.lint_with(&self.stock, file, settings)
    }
}

/// A policy of a file that is linted, with its kind.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'t> {
    /// The policy and its place.
    pub located: &'t Located<'t>,
    /// Its kind.
    pub report: PolicyReport,
}

/// The policies that are linted of those found in a file: endpoint and bucket policies, and what may be one.
pub fn judged<'t>(
    located: &'t [Located<'t>],
    file: &FileInput<'t>,
    settings: &Settings,
) -> impl Iterator<Item = Judged<'t>> {
    located.iter().filter_map(move |located| {
        let (kind, kind_from) = kind_of(located, file, settings)?;
        Some(Judged { located, report: PolicyReport { kind, kind_from } })
    })
}

impl Linter {
    /// A linter with these rules.
    #[must_use]
    pub fn new(rules: RuleSet) -> Self {
        Self { rules: Arc::new(rules), gates: <[Gates; 3]>::default() }
    }

    /// The rules it runs.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Lints one file.
    #[must_use]
    pub fn lint(&self, file: &FileInput<'_>, settings: &Settings) -> FileReport {
        self.lint_with(&Stock::new(Arc::clone(&self.rules)), file, settings)
    }

    /// For linting one file after another in one thread: quicker, and the findings are the same.
    #[must_use]
    pub fn session(self: &Arc<Self>) -> Session {
        Session { linter: Arc::clone(self), stock: Stock::new(Arc::clone(&self.rules)) }
    }

    fn lint_with(&self, stock: &Stock, file: &FileInput<'_>, settings: &Settings) -> FileReport {
        let parsed = file.parse();
        let (located, embedded_errors) = source::policies(&parsed);
        let mut out = FileReport { part: file.part, ..FileReport::new(file.path) };
        for policy in judged(&located, file, settings) {
            self.policy(stock, &policy, (file, &parsed), settings, &mut out);
        }
        let has_resources = located.iter().any(Located::is_resource);
        if has_resources && parsed.language == Language::Json && !out.findings.is_empty() {
            say_where(&located, file, settings, &mut out);
        }
        let has_remarks = embedded_errors.iter().any(|error| error.kind.is_remark());
        let errors = parsed.errors.iter().chain(&embedded_errors);
        let is_json = parsed.language.is_json();
        if out.holds_policy
            || has_remarks
            || !is_json && !parsed.errors.is_empty()
            || concerns_a_policy(file, &parsed.errors)
        {
            let mut findings: Vec<Finding> = errors.map(|error| self.syntax(error)).collect();
            if file.explicit && !out.holds_policy {
                for finding in &mut findings {
                    finding.severity = Severity::Error;
                }
            }
            self.settle(findings, None, settings, &mut out);
        }
        if file.explicit && !out.holds_policy && out.findings.is_empty() && out.accepted.is_empty() {
            let span = parsed.documents.first().map_or(Span::default(), |d| first_byte(d.span));
            self.settle(self.coded("presence", span).into_iter().collect(), None, settings, &mut out);
        }
        out.findings.sort_by_cached_key(Finding::sort_key);
        if has_resources {
            // The ways that a template's conditions turn out share most of what is found. What is decided of one place is one
            // thing, whatever the request is that shows it.
            let words = |f: &Finding| if f.witness.is_some() { String::new() } else { f.message.clone() };
            let mut seen = BTreeSet::new();
            out.findings.retain(|f| seen.insert((f.span, Arc::clone(&f.rule), f.verdict, words(f))));
        }
        out.accepted.sort_by_cached_key(|accepted| accepted.finding.sort_key());
        if settings.fingerprints {
            for finding in out.findings.iter_mut().filter(|f| f.fingerprint.is_none()) {
                finding.fingerprint = Some(Fingerprint::in_file(finding, file.bytes));
            }
            fingerprint::number(&mut out.findings, file.part.unwrap_or_default().lines);
        }
        out
    }

    fn policy(
        &self,
        stock: &Stock,
        judged: &Judged<'_>,
        (file, parsed): (&FileInput<'_>, &Parsed),
        settings: &Settings,
        out: &mut FileReport,
    ) {
        let Judged { located, report: PolicyReport { kind, kind_from } } = *judged;
        out.holds_policy = true;
        let number = out.policies.len();
        let (found, accepted) = (out.findings.len(), out.accepted.len());
        out.policies.push(PolicyReport { kind, kind_from });
        let policy = lower(&located.node, kind.unwrap_or(PolicyKind::Endpoint));
        let embedded = matches!(located.node, Cow::Owned(_));
        let subject = Subject { node: &located.node, policy: &policy, kind, text: file.bytes, embedded };
        let mut findings = self.grammar(&subject, &located.node);
        match kind {
            Some(_) => {
                let given = Given { trusted: &settings.trusted, regions: &settings.regions };
                let is_on = |rule: &Rule| settings.levels.get(&*rule.id) != Some(&Level::Off);
                if located.is_resource() && instance::has_symbols(&located.node) {
                    let (node, names) = instance(&located.node, Which::Buckets, policy.kind);
                    let policy = lower(&node, policy.kind);
                    let mut decided = decide_with(stock, &policy, given, &is_on);
                    show(stock, &node, names, policy.kind, given, &mut decided);
                    findings.extend(decided);
                } else {
                    findings.extend(decide_with(stock, &policy, given, &is_on));
                }
            }
            None => findings.extend(self.coded("kind", first_byte(located.node.span))),
        }
        let notation = (located.is_resource() && !findings.is_empty())
            .then(|| notation(located, file, parsed))
            .flatten()
            .unwrap_or(Notation::json(0));
        for finding in &mut findings {
            finding.policy = Some(number);
            finding.help = finding.help.take().map(|help| retold(&help, notation));
            finding.kind = kind;
            finding.resource = located.resource.as_deref().map(cut);
            if located.is_resource() {
                finding.span = word(file.bytes, finding.span);
            }
            if located.is_default {
                "without a policy, the default goes for it".clone_into(&mut finding.span_message);
                finding.labels.clear();
                finding.notes.push(DEFAULT.to_owned());
                let help = finding.help.take().unwrap_or_default();
                let is_call = located.resource.as_deref().is_some_and(|r| r.starts_with("module."));
                finding.help = Some(format!("{}: {help}", give_one(notation, is_call)));
            }
        }
        let subject = accepted::Subject { node: &located.node, policy: &policy };
        self.settle(findings, Some(subject), settings, out);
        if out.accepted.len() > accepted {
            self.ask_again(stock, subject, settings, (number, accepted), out);
        }
        if settings.fingerprints {
            for finding in out.findings.iter_mut().skip(found) {
                finding.fingerprint = Some(Fingerprint::in_policy(finding, &located.node, &policy));
            }
        }
    }

    fn grammar(&self, subject: &Subject<'_>, node: &Node) -> Vec<Finding> {
        let mut problems = grammar::checks(subject);
        match self.gate(subject.kind, grammar::is_usual(node)) {
            Ok(gate) => problems.extend(gate.problems(node)),
            Err(error) => {
                // A rule file's schema was tried when it was loaded; this is the last resort.
                let mut finding = Finding::new(
                    "policy-element",
                    Severity::Error,
                    format!("the form of this policy could not be checked: {error}"),
                    first_byte(node.span),
                );
                finding.verdict = Verdict::Undecided;
                return vec![finding];
            }
        }
        problems.into_iter().filter_map(|problem| self.problem(problem, subject.kind)).collect()
    }

    /// The validator to run over a policy of this kind, of the usual form or not.
    fn gate(&self, kind: Option<PolicyKind>, usual: bool) -> Result<&Gate, &GateError> {
        let gates = match kind {
            Some(PolicyKind::Endpoint) => &self.gates[0],
            Some(PolicyKind::Bucket) => &self.gates[1],
            None => &self.gates[2],
        };
        let slot = if usual { &gates.uncovered } else { &gates.every };
        let is_asked = |rule: &Rule| !(usual && rule.builtin && grammar::COVERED.contains(&&*rule.id));
        let make = || {
            let fragments = self.rules.for_kind(kind).filter(|rule| is_asked(rule));
            let fragments = fragments.filter_map(|rule| match &rule.body {
                Body::Schema(schema) => Some(Gate::fragment(&rule.id, schema)),
                _ => None,
            });
            Gate::new(&fragments.collect::<Result<Vec<_>, _>>()?)
        };
        slot.get_or_init(make).as_ref()
    }

    /// A problem as a finding of its rule; `None` when the rule is not about this kind of policy.
    fn problem(&self, problem: Problem, kind: Option<PolicyKind>) -> Option<Finding> {
        let rule = self.rules.get(&problem.rule)?;
        if kind.is_some_and(|k| !rule.applies_to.contains(&k)) {
            return None;
        }
        let mut out = of(rule, problem.message, problem.span);
        // A problem may be milder than its rule, not graver.
        out.severity = problem.severity.map_or(rule.severity, |s| s.min(rule.severity));
        out.span_message = problem.label;
        out.labels = problem.related.into_iter().map(|(span, message)| Label { span, message }).collect();
        out.remedy = problem.remedy.or_else(|| rule.written_in_place(problem.span));
        out.help = problem.help.or_else(|| rule.help.clone());
        Some(out)
    }

    fn syntax(&self, error: &SyntaxError) -> Finding {
        let mut out = match self.rule_of_check(if error.kind.is_remark() { "not-read" } else { "syntax" }) {
            Some(rule) => of(rule, error.message.clone(), error.span),
            None => Finding::new("policy-syntax", Severity::Error, error.message.clone(), error.span),
        };
        if matches!(error.kind, SyntaxErrorKind::ServiceUnknown | SyntaxErrorKind::GivenByCaller) {
            out.severity = Severity::Note;
        }
        out.help = error.help.clone().or(out.help);
        let span = error.span;
        out.remedy = match error.kind {
            SyntaxErrorKind::TrailingComma | SyntaxErrorKind::Bom => Some(Remedy::Erase { span }),
            SyntaxErrorKind::MoreThanOneDocument => Some(Remedy::Join { span }),
            _ => None,
        };
        if let Some((span, message)) = &error.related {
            out = out.label(*span, message.clone());
        }
        out
    }

    /// The finding of a check that has no more to say than its rule's file does.
    fn coded(&self, check: &str, span: Span) -> Option<Finding> {
        self.rule_of_check(check).map(|rule| of(rule, rule.message.clone(), span))
    }

    fn rule_of_check(&self, check: &str) -> Option<&Rule> {
        self.rules.rules().iter().find(|rule| matches!(&rule.body, Body::Check(name) if name == check))
    }
}

/// Says of what a plan or a state makes where the files of its module write it.
fn say_where(located: &[Located<'_>], file: &FileInput<'_>, settings: &Settings, out: &mut FileReport) {
    let address = |judged: Judged<'_>| {
        let address = judged.located.resource.clone().filter(|address| address.contains('.'));
        address.filter(|_| judged.located.is_resource())
    };
    let addresses: Vec<Option<String>> = judged(located, file, settings).map(address).collect();
    // What is found in one policy stands together.
    let mut last = None;
    for finding in &mut out.findings {
        let Some(number) = finding.policy else { continue };
        let (_, place) = match last.take() {
            Some(known @ (of, _)) if of == number => last.insert(known),
            _ => {
                let address = addresses.get(number).and_then(Option::as_deref);
                last.insert((number, address.and_then(|address| source::written(address, file.around))))
            }
        };
        if let Some((path, line)) = place {
            finding.notes.push(format!("it is written in `{path}`, line {line}"));
        }
    }
}

/// A name, cut where it is longer than any that AWS or Terraform gives.
fn cut(name: &str) -> String {
    const LONGEST: usize = 512;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => name.get(..end).unwrap_or_default().to_owned() + "…",
        None => name.to_owned(),
    }
}

/// How a policy of a resource is written; for one that is not written, how it would be.
fn notation(located: &Located<'_>, file: &FileInput<'_>, parsed: &Parsed) -> Option<Notation> {
    if located.is_default {
        return match parsed.language {
            Language::Terraform => Some(Notation::Object),
            Language::Yaml => Some(Notation::Yaml),
            _ => None,
        };
    }
    let statement = statements(&located.node).last().copied()?;
    let found = Notation::of(file.bytes, parsed.language, &parsed.documents, statement);
    // One that blocks make which are repeated.
    let is_document = || {
        let text = file.bytes.get(located.node.span.range()).unwrap_or_default();
        parsed.language == Language::Terraform && text.starts_with(b"data")
    };
    found.or_else(|| is_document().then_some(Notation::Block))
}

/// What is to be done first where a policy has no place yet.
fn give_one(notation: Notation, is_call: bool) -> &'static str {
    match notation {
        // Only the module knows what it takes for one.
        Notation::Object if is_call => {
            "give it a policy, by the argument that the module has for it (`jsonencode({ Version = \"2012-10-17\", Statement = [...] })`)"
        }
        Notation::Object => {
            "give it a policy (`policy = jsonencode({ Version = \"2012-10-17\", Statement = [...] })`)"
        }
        Notation::Yaml => "give it a policy (`PolicyDocument: {Version: \"2012-10-17\", Statement: [...]}`)",
        _ => "give it a policy of its own",
    }
}

/// What is said of the policy of an endpoint that has none.
const DEFAULT: &str =
    "this endpoint has no policy of its own, so it has the default, which allows everything";

/// Shows what was found of a policy with values that are known only at deploy time by requests with texts in their place. What
/// does not hold for these cannot hold for all.
fn show(
    stock: &Stock,
    node: &Node,
    mut names: StandIns,
    kind: PolicyKind,
    given: Given<'_>,
    findings: &mut [Finding],
) {
    let is_shown = |f: &&mut Finding| f.verdict == Verdict::Violated && f.witness.is_some();
    if !findings.iter_mut().any(|f| is_shown(&f)) {
        return;
    }
    // Once its buckets have names, most policies have nothing more to fill in, and were asked about as they are.
    let example = instance::has_symbols(node).then(|| {
        let (node, more) = instance(node, Which::All, kind);
        names.extend(more);
        lower(&node, kind)
    });
    for finding in findings.iter_mut().filter(is_shown) {
        if let Some(policy) = &example {
            let again = decide_with(stock, policy, given, &|rule| rule.id == finding.rule);
            let Some(again) = again.into_iter().find(|f| f.verdict == Verdict::Violated) else {
                finding.verdict = Verdict::Undecided;
                finding.severity = finding.severity.max(Severity::Warning);
                finding.notes.push(
                    "internal error: this does not stand up to an example; please report it".to_owned(),
                );
                continue;
            };
            *finding = Finding { notes: std::mem::take(&mut finding.notes), ..again };
        }
        let told: Vec<String> = finding.witness.iter().flat_map(|w| w.request.texts()).collect();
        let is_told = |text: &String| told.iter().any(|t| t.contains(text.as_str()));
        let shown: Vec<String> = names
            .iter()
            .filter(|(_, text)| is_told(text))
            .map(|(name, text)| format!("`{text}` for `{name}`"))
            .collect();
        if !shown.is_empty() {
            finding.notes.insert(0, format!("the request is an example, with {}", shown.join(", ")));
        }
    }
}

/// A policy's kind and what told it, when anything does; `None`: it is none to lint.
fn kind_of(
    located: &Located<'_>,
    file: &FileInput<'_>,
    settings: &Settings,
) -> Option<(Option<PolicyKind>, Option<KindFrom>)> {
    if let Some((kind, from)) = settings.kind {
        return Some((Some(kind), Some(from)));
    }
    match detect(file.name, &located.node, located.wrapper.as_ref()) {
        Detected::Policy(kind, from) => Some((Some(kind), Some(from))),
        Detected::Unknown => Some((None, None)),
        Detected::Identity => None,
    }
}

fn of(rule: &Rule, message: String, span: Span) -> Finding {
    let mut out = Finding::new(Arc::clone(&rule.id), rule.severity, message, span);
    out.help.clone_from(&rule.help);
    out.reference.clone_from(&rule.reference);
    out.page = rule.page();
    out
}

/// The word that a place of one letter begins: where a policy has no brace of its own.
fn word(text: &[u8], span: Span) -> Span {
    if span.len() != 1 {
        return span;
    }
    let rest = text.get(span.range().start..).unwrap_or_default();
    let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    Span { end: span.start + u32::try_from(length.max(1)).unwrap_or(1), ..span }
}

fn first_byte(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start + 1) }
}

/// Whether a file in which no policy was recognised, and which is no JSON, must be reported. A broken policy must never
/// pass; somebody's configuration file with comments in it is none of our business.
fn concerns_a_policy(file: &FileInput<'_>, errors: &[SyntaxError]) -> bool {
    if errors.is_empty() {
        return false;
    }
    let has =
        |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()));
    let speaks = |word: &&str| has(file.bytes, word);
    let suspicious = file.explicit
        || ["\"Statement\"", "\"Effect\"", "\"Principal\""].iter().any(speaks)
        || ["policy", "bucket", "endpoint", "vpce"].iter().any(|w| has(file.name.as_bytes(), w));
    let relaxed_json = |error: &SyntaxError| {
        matches!(
            error.kind,
            SyntaxErrorKind::Comment
                | SyntaxErrorKind::TrailingComma
                | SyntaxErrorKind::SingleQuotes
                | SyntaxErrorKind::UnquotedKey
                | SyntaxErrorKind::Bom
        )
    };
    suspicious || file.named && !errors.iter().all(relaxed_json)
}
