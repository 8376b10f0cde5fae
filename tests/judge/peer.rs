//! The other side: a node process that runs `driver.mjs` where the package is installed.

use crate::Case;
use ringfence::policy::PolicyKind;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

#[derive(Debug)]
pub struct Judge {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub asked: u64,
}

#[derive(Deserialize)]
struct Line {
    answers: Vec<Value>,
}

impl Judge {
    /// Starts it in the folder that holds the driver and the installed package.
    pub fn start(folder: &Path) -> Self {
        let mut child = Command::new("node")
            .arg("driver.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node can be started");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, input, output, asked: 0 }
    }

    /// What it says of each request. An error, or an answer that is none, ends the run: a comparison that did not take
    /// place must not pass for one that did.
    pub fn ask(&mut self, kind: PolicyKind, policy: &Value, requests: &[&Value]) -> Vec<String> {
        let kind = if kind == PolicyKind::Bucket { "bucket" } else { "endpoint" };
        writeln!(self.input, "{}", json!({"kind": kind, "policy": policy, "requests": requests}))
            .expect("node reads");
        self.input.flush().expect("node reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("node answers");
        let Ok(Line { answers }) = serde_json::from_str::<Line>(&line) else {
            panic!("node ended, or said: {line}")
        };
        assert_eq!(answers.len(), requests.len(), "an answer to each request");
        self.asked += answers.len() as u64;
        let text = |(i, answer): (usize, Value)| match answer.as_str() {
            Some(text @ ("allowed" | "explicitDeny" | "implicitDeny")) => text.to_owned(),
            _ => panic!("no answer but {answer} to\n{policy}\n{}", requests[i]),
        };
        answers.into_iter().enumerate().map(text).collect()
    }

    pub fn one(&mut self, kind: PolicyKind, case: &Case) -> String {
        self.ask(kind, &case.policy, &[&case.request]).remove(0)
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // It ends by itself when its input does; this is for a run that ends early.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
