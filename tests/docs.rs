//! The documentation against the program: what README, CONTRIBUTING and `docs/` show is what comes out.
//!
//! - A block marked `console` holds `$ command` lines, each with its whole output (and then its errors). `$ ringfence ...`
//!   runs the built program in a folder with `testdata/` and the files of the page in it, `$ echo $?` tells the last exit
//!   code; `$ cp ...` copies a file of the page. A line of only `...` stands for any lines.
//! - A block marked `json NAME` or `toml NAME` is a file of the page. Every JSON block must be a rule, a policy or a
//!   request, and every TOML block a configuration.
//! - `docs/rules/` has the page of each built-in rule, as `ringfence explain --markdown` prints it.
//! - The tables of rules in README and in `docs/rules/README.md` are those of the program, and `docs/SUMMARY.md` names each rule.
//!
//! `RINGFENCE_UPDATE_DOCS=1 cargo test --test docs` rewrites the outputs (but for blocks with `...` in them), the
//! rules' pages and the tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::missing_docs_in_private_items,
    reason = "tests"
)]

use ringfence::config::{CONFIG_SCHEMA, Config, Trusted};
use ringfence::engine::Request;
use ringfence::engine::search::BUDGET;
use ringfence::lint::Linter;
use ringfence::page::page;
use ringfence::policy::PolicyKind;
use ringfence::rules::{Body, Rule, RuleSet};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const HOW: &str =
    "`RINGFENCE_UPDATE_DOCS=1 cargo test --test docs` rewrites it; look at the difference before you commit";

/// Held by a test that may rewrite a page: tests run at the same time.
static REWRITING: Mutex<()> = Mutex::new(());

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn updating() -> bool {
    std::env::var_os("RINGFENCE_UPDATE_DOCS").is_some_and(|value| value == "1")
}

/// The pages, relative to the repository.
fn pages() -> Vec<PathBuf> {
    let mut out =
        vec![PathBuf::from("README.md"), PathBuf::from("CONTRIBUTING.md"), PathBuf::from("CHANGELOG.md")];
    markdown_in(&root().join("docs"), &mut out);
    out.sort();
    assert!(out.len() >= 50, "the pages are here: {out:?}");
    out
}

fn markdown_in(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown_in(&path, out);
        } else if path.extension().is_some_and(|e| e == "md") {
            out.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}

/// Whether a page is made of a rule's file.
fn is_rule_page(page: &Path) -> bool {
    page.starts_with("docs/rules") && !page.ends_with("README.md")
}

/// A fenced block.
#[derive(Debug)]
struct Block {
    /// What follows the fence: a language, and perhaps a file name.
    info: String,
    /// The number of its first line, from 1.
    line: usize,
    body: String,
}

impl Block {
    fn language(&self) -> &str {
        self.info.split(' ').next().unwrap()
    }

    fn file_name(&self) -> Option<&str> {
        self.info.split_once(' ').map(|(_, name)| name.trim())
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(info), false) => {
                out.push(Block { info: info.to_owned(), line: number + 2, body: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => writeln!(out.last_mut().unwrap().body, "{line}").unwrap(),
            (None, false) => {}
        }
    }
    assert!(!open, "a block is not closed");
    out
}

/// A folder of its own, removed at the end. Outside the repository, so that no configuration or ignore file reaches it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ringfence-docs-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The words of a command line as a shell takes them: blanks and single quotes, nothing else.
fn words(command: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            out.push(part.to_owned());
        } else {
            out.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    out
}

/// Output and errors of `ringfence ...` in a folder, and the exit code.
fn ringfence(words: &[String], dir: &Path) -> (String, i32) {
    let (words, input) = match words.iter().position(|w| w == "<") {
        Some(at) => (&words[..at], Stdio::from(fs::File::open(dir.join(&words[at + 1])).unwrap())),
        None => (words, Stdio::null()),
    };
    let output = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(words)
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .env_remove("FORCE_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(input)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (text, output.status.code().expect("an exit code"))
}

/// What a `console` block should be.
fn run(block: &Block, dir: &Path) -> String {
    let mut out = String::new();
    let mut last = None;
    let mut commands = 0;
    for line in block.body.lines() {
        let Some(command) = line.strip_prefix("$ ") else {
            assert!(commands > 0, "a console block begins with `$ command`: {line}");
            continue;
        };
        commands += 1;
        writeln!(out, "$ {command}").unwrap();
        let words = words(command);
        match words[0].as_str() {
            "ringfence" => {
                let (text, code) = ringfence(&words[1..], dir);
                out.push_str(&text);
                last = Some(code);
            }
            "cp" if words.len() == 3 => drop(fs::copy(dir.join(&words[1]), dir.join(&words[2])).unwrap()),
            "echo" if command == "echo $?" => {
                writeln!(out, "{}", last.take().expect("a command before `echo $?`")).unwrap();
            }
            _ => panic!(
                "a console block holds `ringfence` and `cp` commands; mark others with `sh`: {command}"
            ),
        }
    }
    assert!(commands > 0, "a console block without a command");
    out
}

/// Whether the lines are those of the page, in which `...` stands for any.
fn agree(shown: &[&str], real: &[&str]) -> bool {
    match shown.split_first() {
        None => real.is_empty(),
        Some((&"...", rest)) => (0..=real.len()).any(|skip| agree(rest, &real[skip..])),
        Some((line, rest)) => {
            real.split_first().is_some_and(|(first, real)| first == line && agree(rest, real))
        }
    }
}

#[test]
fn consoles_show_what_comes_out() {
    let _alone = REWRITING.lock();
    let mut commands = 0;
    let mut wrong = String::new();
    if updating() {
        write_rule_pages();
    }
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        let blocks = blocks(&text);
        let folder = Folder::new();
        if text.contains("testdata/") {
            copy(&root().join("testdata"), &folder.0.join("testdata"));
        }
        for block in &blocks {
            if let Some(name) = block.file_name() {
                folder.write(name, &block.body);
            }
        }
        let mut updated = text.clone();
        for block in blocks.iter().filter(|b| b.language() == "console") {
            let real = run(block, &folder.0);
            commands += real.lines().filter(|line| line.starts_with("$ ringfence")).count();
            let shown: Vec<&str> = block.body.lines().collect();
            if agree(&shown, &real.lines().collect::<Vec<_>>()) {
                continue;
            }
            if updating() && !shown.contains(&"...") {
                updated = updated.replacen(
                    &format!("```console\n{}```", block.body),
                    &format!("```console\n{real}```"),
                    1,
                );
                continue;
            }
            writeln!(wrong, "{}:{}: this comes out:\n{real}", page.display(), block.line).unwrap();
        }
        if updated != text {
            fs::write(root().join(&page), updated).unwrap();
        }
    }
    assert!(commands >= 100, "only {commands} commands");
    assert!(wrong.is_empty(), "{wrong}\n{HOW}");
}

#[test]
fn three_dots_stand_for_any_lines() {
    assert!(agree(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(agree(&["a", "..."], &["a"]));
    assert!(!agree(&["a", "...", "d"], &["a", "b"]));
    assert!(!agree(&["a"], &["a", "b"]));
    assert!(!agree(&["a", "b"], &["a"]));
}

/// What the pages of the rules should be.
fn rule_pages() -> Vec<(PathBuf, String)> {
    let linter = Arc::new(Linter::new(RuleSet::builtin().unwrap()));
    let page = |rule: &Rule| (format!("docs/rules/{}.md", rule.id).into(), page(&linter, rule).unwrap());
    linter.rules().rules().iter().map(page).collect()
}

fn write_rule_pages() {
    for (path, text) in rule_pages() {
        fs::write(root().join(path), text).unwrap();
    }
}

#[test]
fn each_rule_has_its_page() {
    let _alone = REWRITING.lock();
    if updating() {
        write_rule_pages();
    }
    let rules = rule_pages();
    for (path, text) in &rules {
        let written = fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(&written == text, "{} is not what the rule's file makes. {HOW}", path.display());
    }
    let here: Vec<PathBuf> = pages().into_iter().filter(|page| is_rule_page(page)).collect();
    let paths: Vec<PathBuf> = rules.into_iter().map(|(path, _)| path).collect();
    assert_eq!(here, paths, "a page without a rule");
    // And the program prints it.
    let text = fs::read_to_string(root().join("docs/rules/policy-syntax.md")).unwrap();
    let arguments = ["explain", "--markdown", "policy-syntax"].map(str::to_owned);
    assert_eq!(ringfence(&arguments, &Folder::new().0).0, text);
}

/// The rows of a table of rules; `folder` leads to their pages.
fn rows(rules: &[Rule], decision: bool, folder: &str) -> String {
    let mut out = "| Rule | Severity | Policies | Finds |\n|---|---|---|---|\n".to_owned();
    for rule in rules.iter().filter(|r| matches!(r.body, Body::Decision { .. }) == decision) {
        let kinds: Vec<&str> = rule.applies_to.iter().map(|kind| kind.as_str()).collect();
        let title = rule.title.replace('*', r"\*").replace('|', r"\|");
        let (id, severity, kinds) = (&rule.id, rule.severity.as_str(), kinds.join(", "));
        writeln!(out, "| [`{id}`]({folder}{id}.md) | {severity} | {kinds} | {title} |").unwrap();
    }
    out
}

#[test]
fn the_tables_list_the_rules() {
    let _alone = REWRITING.lock();
    let rules = RuleSet::builtin().unwrap();
    for (page, folder) in [("README.md", "docs/rules/"), ("docs/rules/README.md", "")] {
        let mut tables = Vec::new();
        for (name, decision) in [("decision rules", true), ("form rules", false)] {
            tables.push((
                format!("<!-- {name} -->\n\n"),
                format!("\n<!-- end of {name} -->"),
                rows(rules.rules(), decision, folder),
            ));
        }
        keep_up_to_date(page, &tables);
    }
    let list: String = rules.rules().iter().map(|r| format!("  - [{}](rules/{}.md)\n", r.id, r.id)).collect();
    let (begin, end) = ("- [Rules](rules/README.md)\n", "- [Fixes](fixes.md)\n");
    keep_up_to_date("docs/SUMMARY.md", &[(begin.to_owned(), end.to_owned(), list)]);
}

/// Holds what stands between two marks of a page against what should, or rewrites it.
fn keep_up_to_date(page: &str, parts: &[(String, String, String)]) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let mut updated = text.clone();
    for (begin, end, part) in parts {
        let from = updated.find(begin).expect("the beginning of the table") + begin.len();
        let to = updated.find(end).expect("the end of the table");
        updated.replace_range(from..to, part);
    }
    if updating() {
        fs::write(&path, updated).unwrap();
    } else {
        assert!(updated == text, "what {page} says of the rules is not what the program does. {HOW}");
    }
}

/// The commands of a script or a block, without what only concerns building and where output goes.
fn cargo_commands(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().map(|line| {
        let words = line.split_whitespace().skip_while(|w| matches!(*w, "$" | "step"));
        let words = words.take_while(|w| !matches!(*w, ">" | "||" | "&&" | "#" | "|"));
        words.filter(|w| !matches!(*w, "--locked" | "--quiet" | "--release")).collect::<Vec<_>>()
    });
    lines.filter(|words| words.first() == Some(&"cargo")).collect()
}

#[test]
fn the_gate_runs_the_two_commands_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    let quick = blocks.iter().find(|b| b.language() == "sh").expect("a block with the two commands");
    let commands = cargo_commands(&quick.body);
    assert_eq!(commands.len(), 2, "the main job and the tests: {commands:?}");
    let script = fs::read_to_string(root().join(".ci/run")).unwrap();
    let gate = cargo_commands(&script);
    for command in &commands {
        assert!(gate.contains(command), "`.ci/run` does not run `{}`", command.join(" "));
    }
    assert_eq!(commands[1], ["cargo", "test"]);
    // And the main job finds holes.
    let arguments: Vec<String> =
        commands[0].iter().skip_while(|w| **w != "--").skip(1).map(|w| (*w).to_owned()).collect();
    let (_, code) = ringfence(&arguments, root());
    assert_eq!(code, 1, "{arguments:?}");
}

#[test]
fn json_examples_are_what_they_say() {
    let (mut rules, mut policies, mut requests) = (0, 0, 0);
    // The blocks of a rule's page are its examples, which `ringfence test` runs, and its question.
    for page in pages().into_iter().filter(|page| !is_rule_page(page)) {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for block in blocks(&text).iter().filter(|b| b.language() == "json") {
            let place = format!("{}:{}", page.display(), block.line);
            let value: Value = serde_json::from_str(&block.body).unwrap_or_else(|e| panic!("{place}: {e}"));
            if value.get("id").is_some() {
                let folder = Folder::new();
                folder.write("rule.json", &block.body);
                let mut set = RuleSet::builtin().unwrap();
                set.load_dir(&folder.0).unwrap_or_else(|e| panic!("{place}: {e}"));
                let (out, code) =
                    ringfence(&["test".to_owned(), folder.0.to_str().unwrap().to_owned()], &folder.0);
                assert_eq!(code, 0, "{place}: {out}");
                rules += 1;
            } else if value.get("Statement").is_some() {
                policies += 1;
            } else {
                let request: Result<Request, _> = serde_json::from_value(value);
                request.unwrap_or_else(|e| panic!("{place}: neither a rule nor a policy nor a request: {e}"));
                requests += 1;
            }
        }
    }
    assert!(
        rules > 0 && policies > 0 && requests > 0,
        "{rules} rules, {policies} policies, {requests} requests"
    );
}

#[test]
fn toml_examples_are_configurations() {
    let mut complete = false;
    let rules = RuleSet::builtin().unwrap();
    let schema = jsonschema::draft202012::new(&serde_json::from_str(CONFIG_SCHEMA).unwrap()).unwrap();
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for block in blocks(&text).iter().filter(|b| b.language() == "toml") {
            let place = format!("{}:{}", page.display(), block.line);
            let config = Config::parse(&block.body, Path::new("ringfence.toml"), root().to_owned());
            let config = config.unwrap_or_else(|e| panic!("{place}: {e:?}"));
            let known = |id: &str| rules.get(id).is_some();
            config.check_rules(known, |_| None).unwrap_or_else(|e| panic!("{place}: {e:?}"));
            let table: toml::Table = toml::from_str(&block.body).unwrap();
            let json = serde_json::to_string(&table).unwrap();
            // A date of TOML, as serde sees it, is its text for a schema.
            let json: Value = serde_json::from_str(&json).unwrap();
            let problems: Vec<String> =
                schema.iter_errors(&dates_as_text(json)).map(|e| e.to_string()).collect();
            assert!(problems.is_empty(), "{place}: {problems:?}");
            complete |= is_complete(&config);
        }
    }
    assert!(complete, "no page shows every setting in one example");
}

fn dates_as_text(value: Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("$__toml_private_datetime") => {
            map.into_iter().next().unwrap().1
        }
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, dates_as_text(value))).collect(),
        Value::Array(list) => list.into_iter().map(dates_as_text).collect(),
        other => other,
    }
}

/// Whether every setting there is has a value.
fn is_complete(config: &Config) -> bool {
    let Trusted { vpcs, vpc_endpoints, accounts, organizations, buckets, principals, ip_ranges } =
        &config.trusted;
    let lists =
        [vpcs, vpc_endpoints, accounts, organizations, buckets, principals, ip_ranges, &config.regions];
    let kind = |path: &str| config.kind_of(&root().join(path)).unwrap();
    let file = |path: &str| config.file(&root().join(path));
    let legacy = file("buckets/legacy-x.json").levels();
    lists.iter().all(|list| !list.is_empty())
        && !config.rule_folders.is_empty()
        && file("examples/x.json").is_excluded()
        && file("x.policy").is_included(Path::new("x.policy"))
        && legacy.len() > file("vpce/train.json").levels().len()
        && config.ignores().iter().any(|ignore| ignore.part.is_some() && ignore.until.is_some())
        && kind("vpce/train.json") == Some(PolicyKind::Endpoint)
        && kind("buckets/train.json") == Some(PolicyKind::Bucket)
}

/// The names of all members, but for those of a context, which are condition keys.
fn members(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                out.insert(name.clone());
                if name != "context" {
                    members(value, out);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| members(value, out)),
        _ => {}
    }
}

#[test]
fn the_json_page_names_every_member() {
    let page = fs::read_to_string(root().join("docs/json-output.md")).unwrap();
    let runs: [&[&str]; 3] = [
        &["check", "--format", "json", "testdata/bad", "testdata/sagemaker"],
        &["rules", "--format", "json"],
        &[
            "simulate",
            "--format",
            "json",
            "--policy",
            "testdata/bad/null-bucket-policy.json",
            "--request",
            "r.json",
        ],
    ];
    let folder = Folder::new();
    copy(&root().join("testdata"), &folder.0.join("testdata"));
    folder.write(
        "r.json",
        r#"{"principal": "anonymous", "action": "s3:GetObject", "resource": "arn:aws:s3:::train-data/k"}"#,
    );
    let mut names = BTreeSet::new();
    for run in runs {
        let arguments: Vec<String> = run.iter().map(|&word| word.to_owned()).collect();
        let (out, _) = ringfence(&arguments, &folder.0);
        members(&serde_json::from_str(&out).unwrap(), &mut names);
    }
    assert!(names.len() > 30, "{names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/json-output.md does not name {missing:?}");
}

#[test]
fn the_budget_is_the_one_that_the_page_names() {
    let page = fs::read_to_string(root().join("docs/how-it-decides.md")).unwrap();
    let steps = format!("{},{:03} steps", BUDGET / 1000, BUDGET % 1000);
    assert!(page.contains(&steps), "docs/how-it-decides.md does not say `{steps}`");
}

#[test]
fn links_within_the_repository_lead_somewhere() {
    let mut links = 0;
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for target in
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
        {
            if target.contains("://") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap();
            let from = root().join(&page);
            assert!(from.parent().unwrap().join(file).exists(), "{}: {target}", page.display());
            links += 1;
        }
    }
    assert!(links > 5, "{links} links");
}
