//! What each part costs: `cargo bench --bench parts`, for one of them `cargo bench --bench parts -- rule`.
//!
//! The parts work on a hundred policies at a time. `growth` lints one policy that has ever more statements or values.
//! `scripts/performance.py` reads what comes out.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a benchmark; the attribute makes undocumented items"
)]

#[path = "support/mod.rs"]
mod support;

use divan::{Bencher, black_box};
use ringfence::config::Trusted;
use ringfence::lint::{FileInput, FileReport, Linter, Settings};
use ringfence::policy::{Policy, PolicyKind, lower};
use ringfence::report::{Format, Rendered, Summary, Writer};
use ringfence::rules::decide::{Given, decide_with};
use ringfence::rules::grammar::{self, Gate, Subject};
use ringfence::rules::stock::Stock;
use ringfence::rules::{Body, RuleSet};
use ringfence::source::{self, Node, files};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

const POLICIES: usize = 100;
const STATEMENTS: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 200];
const VALUES: [usize; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];

fn main() {
    divan::main();
}

/// A policy in all its stages.
struct Sample {
    name: String,
    text: String,
    kind: PolicyKind,
    node: Node,
    policy: Policy,
}

impl Sample {
    fn file(&self) -> FileInput<'_> {
        let (path, bytes) = (&*self.name, self.text.as_bytes());
        FileInput {
            path,
            name: path,
            bytes,
            explicit: false,
            named: false,
            around: &source::Alone,
            part: None,
        }
    }
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let samples = support::fleet(POLICIES).map(|(name, policy)| {
        let text = support::text(&policy);
        let kind = if name.contains("endpoint") { PolicyKind::Endpoint } else { PolicyKind::Bucket };
        let node = source::parse(text.as_bytes()).documents.remove(0);
        let policy = lower(&node, kind);
        Sample { name, text, kind, node, policy }
    });
    samples.collect()
});

static LINTER: LazyLock<Arc<Linter>> = LazyLock::new(|| Arc::new(Linter::new(RuleSet::builtin().unwrap())));

fn lint(name: &str, text: &str) -> FileReport {
    let file = FileInput {
        path: name,
        name,
        bytes: text.as_bytes(),
        explicit: false,
        named: false,
        around: &source::Alone,
        part: None,
    };
    LINTER.lint(&file, &Settings::default())
}

/// The folder of this bench, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parts").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    folder
}

/// Runs a part on every policy.
fn on_each<O>(bencher: Bencher, part: impl Fn(&Sample) -> O) {
    LazyLock::force(&SAMPLES);
    LazyLock::force(&LINTER);
    bencher.bench_local(|| {
        for sample in SAMPLES.iter() {
            black_box(part(black_box(sample)));
        }
    });
}

#[divan::bench_group]
mod start {
    use super::{Bencher, PolicyKind, RuleSet};

    #[divan::bench]
    fn rules() -> RuleSet {
        RuleSet::builtin().unwrap()
    }

    #[divan::bench]
    fn gate(bencher: Bencher) {
        bencher.bench(|| super::gate(PolicyKind::Bucket));
    }
}

/// The schema rules for a kind of policy.
fn gate(kind: PolicyKind) -> Gate {
    let rules = LINTER.rules().for_kind(Some(kind));
    let fragments = rules.filter_map(|rule| match &rule.body {
        Body::Schema(schema) => Some((rule.id.to_string(), serde_json::from_str(schema).unwrap())),
        _ => None,
    });
    Gate::new(&fragments.collect::<Vec<_>>()).unwrap()
}

#[divan::bench_group]
mod part {
    use super::{
        Arc, Bencher, Format, LINTER, POLICIES, PolicyKind, Settings, Stock, Subject, decide_by, files,
        folder, gate, grammar, lower, on_each, rendered, source, support,
    };

    #[divan::bench]
    fn a_read(bencher: Bencher) {
        let folder = folder("fleet");
        support::write_fleet(&folder, POLICIES).unwrap();
        on_each(bencher, |sample| files::read(&folder.join(&sample.name)).unwrap());
    }

    #[divan::bench]
    fn b_serde_json(bencher: Bencher) {
        on_each(bencher, |sample| serde_json::from_str::<serde_json::Value>(&sample.text).unwrap());
    }

    #[divan::bench]
    fn c_parse(bencher: Bencher) {
        on_each(bencher, |sample| source::parse(sample.text.as_bytes()));
    }

    #[divan::bench]
    fn d_kind(bencher: Bencher) {
        on_each(bencher, |sample| ringfence::kind::detect(&sample.name, &sample.node, None));
    }

    #[divan::bench]
    fn e_lower(bencher: Bencher) {
        on_each(bencher, |sample| lower(&sample.node, sample.kind));
    }

    #[divan::bench]
    fn f_gate_schemas(bencher: Bencher) {
        let (endpoint, bucket) = (gate(PolicyKind::Endpoint), gate(PolicyKind::Bucket));
        on_each(bencher, |sample| match sample.kind {
            PolicyKind::Endpoint => endpoint.problems(&sample.node),
            PolicyKind::Bucket => bucket.problems(&sample.node),
        });
    }

    #[divan::bench]
    fn g_gate_checks(bencher: Bencher) {
        on_each(bencher, |sample| {
            grammar::checks(&Subject {
                node: &sample.node,
                policy: &sample.policy,
                kind: Some(sample.kind),
                text: sample.text.as_bytes(),
                embedded: false,
            })
        });
    }

    #[divan::bench]
    fn h_decide(bencher: Bencher) {
        let stock = Stock::new(Arc::new(LINTER.rules().clone()));
        on_each(bencher, |sample| decide_by(&stock, sample));
    }

    #[divan::bench]
    fn i_all(bencher: Bencher) {
        let session = LINTER.session();
        on_each(bencher, |sample| session.lint(&sample.file(), &Settings::default()));
    }

    #[divan::bench]
    fn j_text(bencher: Bencher) {
        rendered(bencher, Format::Text);
    }

    #[divan::bench]
    fn k_json(bencher: Bencher) {
        rendered(bencher, Format::Json);
    }
}

fn decide_by(stock: &Stock, sample: &Sample) -> usize {
    let given = Given { trusted: &Trusted::default(), regions: &[] };
    decide_with(stock, &sample.policy, given, &|_| true).len()
}

fn rendered(bencher: Bencher, format: Format) {
    let reports: Vec<FileReport> = SAMPLES.iter().map(|s| lint(&s.name, &s.text)).collect();
    bencher.bench(|| {
        let mut out = Vec::new();
        let mut writer = Writer::new(format, &[], Box::new(&mut out)).unwrap();
        let mut summary = Summary::default();
        for (sample, report) in SAMPLES.iter().zip(&reports) {
            let part = Rendered::new(format, report, sample.text.as_bytes(), false).unwrap();
            summary += part.counts();
            writer.add(&part).unwrap();
        }
        writer.finish(&summary, false).unwrap();
        out
    });
}

/// Each decision rule alone, on all policies of its kind.
#[divan::bench(args = decision_rules())]
fn rule(bencher: Bencher, id: &str) {
    let folder = folder(id);
    std::fs::create_dir(&folder).unwrap();
    let file = format!("{id}.json");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(&file);
    let text = std::fs::read_to_string(source).unwrap();
    let mut rule: serde_json::Value = serde_json::from_str(&text).unwrap();
    // The rules that would make this one redundant are not there.
    rule.as_object_mut().unwrap().remove("unless");
    std::fs::write(folder.join(&file), rule.to_string()).unwrap();
    let rules = RuleSet::only_dir(&folder).unwrap();
    let stock = Stock::new(Arc::new(rules));
    on_each(bencher, |sample| decide_by(&stock, sample));
}

fn decision_rules() -> Vec<String> {
    let decision = |body: &Body| matches!(body, Body::Decision { .. });
    LINTER.rules().rules().iter().filter(|r| decision(&r.body)).map(|r| r.id.to_string()).collect()
}

#[divan::bench_group]
mod growth {
    use super::{Bencher, LINTER, LazyLock, STATEMENTS, VALUES, lint, support};
    use serde_json::Value;

    fn grown(bencher: Bencher, kind: &str, policy: &Value) {
        let (name, text) = (format!("{kind}-policy.json"), support::text(policy));
        LazyLock::force(&LINTER);
        bencher.bench(|| lint(&name, &text));
    }

    #[divan::bench(args = STATEMENTS)]
    fn endpoint_statements(bencher: Bencher, count: usize) {
        grown(bencher, "endpoint", &support::endpoint_statements(count));
    }

    #[divan::bench(args = STATEMENTS)]
    fn bucket_statements(bencher: Bencher, count: usize) {
        grown(bencher, "bucket", &support::bucket_statements(count));
    }

    #[divan::bench(args = VALUES)]
    fn condition_values(bencher: Bencher, count: usize) {
        grown(bencher, "bucket", &support::condition_values(count));
    }

    #[divan::bench(args = VALUES)]
    fn resource_values(bencher: Bencher, count: usize) {
        grown(bencher, "endpoint", &support::resource_values(count));
    }

    #[divan::bench(args = VALUES)]
    fn principal_values(bencher: Bencher, count: usize) {
        grown(bencher, "bucket", &support::principal_values(count));
    }
}
