//! Input made to harm: the program on it as people run it, with a time limit and a limit on memory. Never a panic, never a
//! hang, never a clean result because something could not be read. `docs/evidence/hostile-input.md` lists the cases.
#![cfg(unix)]
#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    clippy::missing_panics_doc,
    missing_docs,
    clippy::new_without_default,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod engine;
mod files;
mod output;
mod rules_and_config;
mod text;

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Much longer than any case takes, for slow machines: whatever reaches it hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// KiB of address space that a run may take (`ulimit -v`); what it takes beyond ends it with a signal, and so the test.
const MEMORY: usize = 1024 * 1024;

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Outcome {
    /// Asserts the exit code and that the output harms nobody.
    #[track_caller]
    pub fn is(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", head(&self.out), head(&self.err));
        harmless(&self.out);
        harmless(&self.err);
        assert!(!self.err.contains("internal error"), "{}", self.err);
        self
    }

    /// The same for the format that is made of workflow commands: nothing but those, and the counts.
    #[track_caller]
    pub fn annotates(mut self, code: i32) -> Self {
        let mut rest = String::new();
        for line in self.out.lines() {
            let command = ["::error file=", "::warning file=", "::notice file="]
                .iter()
                .find_map(|command| line.strip_prefix(command));
            let counts = || {
                assert!(line.contains(" polic") && line.starts_with(|c: char| c.is_ascii_digit()), "{line}");
                line
            };
            rest.push_str(command.unwrap_or_else(counts));
            rest.push('\n');
        }
        let out = std::mem::replace(&mut self.out, rest);
        Self { out, ..self.is(code) }
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", head(&self.out)))
    }

    /// The rules of the findings, each once.
    #[track_caller]
    pub fn rules(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().unwrap();
        let mut rules: Vec<String> =
            findings.iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect();
        rules.sort();
        rules.dedup();
        rules
    }
}

fn head(text: &str) -> String {
    text.chars().take(2000).collect()
}

/// Asserts that a terminal or a CI service that shows the text does nothing but show it. Of escape sequences, only those that
/// set colours may be in it.
#[track_caller]
pub fn harmless(text: &str) {
    let text = without_colours(text);
    let bad: Vec<char> = text
        .chars()
        .filter(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{feff}')
        })
        .collect();
    assert!(bad.is_empty(), "{bad:?} in {}", head(&text));
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("::"), "a workflow command: {line}");
        assert!(!line.starts_with("error: forged"), "a forged line: {line}");
        for (at, _) in line.match_indices("##") {
            let rest = line[at + 2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            assert!(!rest.starts_with('['), "a logging command: {line}");
        }
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match rest.strip_prefix('m') {
            Some(shown) => out.push_str(shown),
            None => panic!("an escape sequence that sets no colour: {:?}", head(part)),
        }
    }
    out
}

/// Waits for the end, and ends what does not end.
pub fn watch(mut child: Child) -> Outcome {
    let mut out = child.stdout.take().map(reader);
    let mut err = child.stderr.take().map(reader);
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("still running after {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = |handle: &mut Option<thread::JoinHandle<Vec<u8>>>| {
        let bytes = handle.take().map(|h| h.join().unwrap()).unwrap_or_default();
        String::from_utf8(bytes).expect("the output is UTF-8")
    };
    let (out, err) = (text(&mut out), text(&mut err));
    let code = status.code().unwrap_or_else(|| {
        panic!("ended by signal {:?} (out of memory?): {}", status.signal(), head(&err));
    });
    Outcome { code, out, err }
}

fn reader(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// An empty folder of its own, removed at the end.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ringfence-hostile-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn with(name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        folder.add(name, text);
        folder
    }

    pub fn add(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A shell script in this folder, in which `$0` is the program and `$@` are the arguments.
    pub fn shell<S: AsRef<OsStr>>(&self, script: &str, args: &[S]) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_ringfence")).args(args);
        command.current_dir(&self.0).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program with these arguments, within bounds.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome {
        watch(self.shell(&format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\""), args).spawn().unwrap())
    }

    /// With something on standard input.
    pub fn feed<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Outcome {
        let mut child = self.shell("exec \"$0\" \"$@\"", args).stdin(Stdio::piped()).spawn().unwrap();
        let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
        let writer = thread::spawn(move || stdin.write_all(&input).ok());
        let outcome = watch(child);
        writer.join().unwrap();
        outcome
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The library's own way holds a file open for each level.
        let _ = Command::new("rm").arg("-rf").arg(&self.0).status();
    }
}

/// What AWS gives an endpoint by default.
pub const FULL: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }]
}
"#;

/// A policy of these statements and one that allows everything.
pub fn open_policy(mut statements: Vec<serde_json::Value>) -> String {
    statements
        .push(serde_json::json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }));
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}
