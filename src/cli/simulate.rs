//! `ringfence simulate`: what one request gets from one policy, and why.

use super::failure::Failure;
use super::{CLEAN, KindArg, Streams};
use crate::config::Discovery;
use crate::engine::{Explanation, Match, Request, StatementExplanation, explain};
use crate::kind::{Detected, detect};
use crate::policy::{Effect, PolicyKind, lower};
use crate::report::json;
use crate::report::plain::{plain, wrap};
use crate::report::text::request_lines;
use crate::source::{Folder, LineIndex, Located, Parsed, SyntaxErrorKind, files, parse_file, policies};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const AFTER_HELP: &str = "\
A request is a JSON object such as
  {\"principal\": \"arn:aws:iam::111122223333:role/Train\",
   \"action\": \"s3:GetObject\",
   \"resource\": \"arn:aws:s3:::amzn-s3-demo-bucket/key\",
   \"context\": {\"aws:SourceVpce\": \"vpce-0123456789abcdef0\"}}
The principal is \"anonymous\", the ARN of an IAM or STS principal, or a service such as \"cloudtrail.amazonaws.com\".
A context key that is not given is absent from the request. The `witness` of a finding can be given as it is.

The decision is that of the policy alone: `allowed`, `explicitDeny`, `implicitDeny` (nothing allows it), or `undecided`.

Exit codes: 0 an answer was given, whatever it is; 2 it was not.";

/// Show what one request gets from a policy, statement by statement
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SimulateArgs {
    /// The file that holds the policy
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The file that holds the request, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Which kind of policy it is [default: from the configuration, else from the file's name and content]
    #[arg(long, value_enum)]
    kind: Option<KindArg>,
    /// The configuration file [default: the nearest ringfence.toml above the policy]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which policy of a file that holds several, counted from 0 as in the JSON output of `check`
    #[arg(long, value_name = "N")]
    index: Option<usize>,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people
    Text,
    /// One JSON object
    Json,
}

#[derive(Serialize)]
struct Output<'e> {
    decision: &'static str,
    kind: Option<PolicyKind>,
    statements: Vec<StatementOut<'e>>,
    /// What is wrong with the file as JSON, when something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    syntax_error: Option<&'e str>,
}

#[derive(Serialize)]
struct StatementOut<'e> {
    index: usize,
    sid: Option<&'e str>,
    effect: Option<&'static str>,
    /// Null when it cannot be told.
    matched: Option<bool>,
    reason: &'e str,
}

impl SimulateArgs {
    pub(super) fn run(&self, streams: &mut Streams) -> Result<u8, Failure> {
        let request = read_request(&self.request)?;
        let bytes = files::read(&self.policy).map_err(|e| Failure::new(e.to_string()))?;
        let name = self.policy.file_name().unwrap_or_default().to_string_lossy();
        let parsed = parse_file(&name, &bytes, &Folder::of(&self.policy));
        // Several documents in a row are each a policy. After any other mistake the policy is judged as `check` judges it:
        // as far as it can be read, and saying so.
        let broken =
            parsed.errors.iter().find(|e| e.kind != SyntaxErrorKind::MoreThanOneDocument).map(|error| {
                let place = LineIndex::new(&bytes).position(error.span.start as usize);
                format!("{}:{}: {}", place.line, place.column, error.message)
            });
        let (kind, explanation) = self.explain(&parsed, broken.as_deref(), &request)?;
        match self.format {
            FormatArg::Json => write_json(kind, &explanation, broken.as_deref(), &mut streams.out)?,
            FormatArg::Text => {
                self.write_text(kind, &explanation, &request, &bytes, &mut streams.out)?;
                if let Some(broken) = broken {
                    let note = format!(
                        "note: the file is not JSON ({}), so this is the policy as far as it can be read",
                        plain(&broken)
                    );
                    writeln!(streams.out, "\n{}", wrap(&note, "", "  "))?;
                }
            }
        }
        Ok(CLEAN)
    }

    fn explain(
        &self,
        parsed: &Parsed,
        broken: Option<&str>,
        request: &Request,
    ) -> Result<(Option<PolicyKind>, Explanation), Failure> {
        let shown = self.policy.display();
        let (found, _) = policies(parsed);
        if let (Some(broken), true) = (broken, found.is_empty()) {
            let message = format!("`{shown}` is not JSON: {broken}");
            return Err(Failure::with_help(message, format!("see `ringfence check {shown}`")));
        }
        let located = self.choose(&found)?;
        let explain_as = |kind| explain(&lower(&located.node, kind), request);
        let kind = match self.kind {
            Some(kind) => Some(kind.into()),
            None => self.configured_kind()?,
        };
        if let Some(kind) = kind {
            return Ok((Some(kind), explain_as(kind)));
        }
        let name = self.policy.file_name().unwrap_or_default().to_string_lossy();
        if let Detected::Policy(kind, _) = detect(&name, &located.node, located.wrapper.as_ref()) {
            return Ok((Some(kind), explain_as(kind)));
        }
        // Nothing tells the kind: when both give the same answer, that is the answer.
        let as_bucket = explain_as(PolicyKind::Bucket);
        if as_bucket.decision == explain_as(PolicyKind::Endpoint).decision {
            return Ok((None, as_bucket));
        }
        Err(Failure::with_help(
            format!("the decision depends on which kind of policy `{shown}` holds, and nothing tells it"),
            "add `--kind endpoint` or `--kind bucket`",
        ))
    }

    fn configured_kind(&self) -> Result<Option<PolicyKind>, Failure> {
        let discovery = Discovery::new(self.config.as_deref()).map_err(Failure::report)?;
        let config = discovery.for_file(&self.policy).map_err(|error| Failure::report((*error).clone()))?;
        config.kind_of(&self.policy).map_err(Failure::report)
    }

    fn choose<'f, 't>(&self, found: &'f [Located<'t>]) -> Result<&'f Located<'t>, Failure> {
        let shown = self.policy.display();
        match (found, self.index) {
            ([], _) => Err(Failure::new(format!("`{shown}` holds no policy"))),
            ([only], None) => Ok(only),
            (_, None) => Err(Failure::with_help(
                format!("`{shown}` holds {} policies", found.len()),
                format!("choose one with `--index 0` to `--index {}`", found.len() - 1),
            )),
            (_, Some(index)) => found.get(index).ok_or_else(|| {
                Failure::new(format!("`{shown}` has no policy {index}: it holds {}", found.len()))
            }),
        }
    }

    fn write_text(
        &self,
        kind: Option<PolicyKind>,
        explanation: &Explanation,
        request: &Request,
        bytes: &[u8],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let path = self.policy.to_string_lossy();
        let path = plain(&path);
        let lines = LineIndex::new(bytes);
        for (name, value) in request_lines(request) {
            writeln!(out, "{name:<11}{value}")?;
        }
        let kind = kind.map_or("of either kind".to_owned(), |kind| format!("as {kind} policy"));
        writeln!(out, "{:<11}{path}, {kind}", "policy")?;
        writeln!(out, "{:<11}{}", "decision", explanation.decision.as_str())?;
        for statement in &explanation.statements {
            let place = lines.position(statement.span.start as usize);
            let applies = match statement.matched {
                Match::Yes => "applies",
                Match::No => "does not apply",
                Match::Unknown => "may apply",
            };
            writeln!(out)?;
            writeln!(out, "{path}:{}:{}: {} {applies}", place.line, place.column, name(statement))?;
            writeln!(out, "{}", wrap(&plain(&statement.reason), "  ", "  "))?;
        }
        Ok(())
    }
}

/// `statement 2 (`Sid`, Deny)`.
fn name(statement: &StatementExplanation) -> String {
    let sid = statement.sid.as_ref().map(|sid| format!("`{}`", plain(sid)));
    let facts: Vec<String> = sid.into_iter().chain(statement.effect.map(|e| e.as_str().to_owned())).collect();
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    format!("statement {}{facts}", statement.index + 1)
}

fn write_json(
    kind: Option<PolicyKind>,
    explanation: &Explanation,
    syntax_error: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let statements = explanation.statements.iter().map(|s| StatementOut {
        index: s.index,
        sid: s.sid.as_deref(),
        effect: s.effect.map(Effect::as_str),
        matched: match s.matched {
            Match::Yes => Some(true),
            Match::No => Some(false),
            Match::Unknown => None,
        },
        reason: &s.reason,
    });
    let output = Output {
        decision: explanation.decision.as_str(),
        kind,
        statements: statements.collect(),
        syntax_error,
    };
    json::write(&output, out)
}

fn read_request(path: &Path) -> Result<Request, Failure> {
    let from_stdin = path.as_os_str() == "-";
    let shown = if from_stdin { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let bytes = if from_stdin {
        files::read_limited(io::stdin().lock())
            .map_err(|e| Failure::new(format!("{shown} cannot be read: {e}")))?
    } else {
        files::read(path).map_err(|e| Failure::new(e.to_string()))?
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = match error.line() {
            0 => String::new(),
            line => format!(" (line {line}, column {})", error.column()),
        };
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().replace("field", "member");
        let message = message.replace("invalid type: map", "invalid type: an object").replace("sequence", "list");
        Failure::with_help(
            format!("the request in {shown} cannot be used: {message}{place}"),
            "a request has `principal`, `action` and `resource`, each a string, and may have `context`, an object; \
             see `ringfence simulate --help`",
        )
    })
}
