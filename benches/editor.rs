//! What somebody who types waits for: `cargo bench --bench editor`. An editor in memory speaks with the server, over a policy of
//! 20 KB; the wait after the last key (`delay`) is not counted. `scripts/performance.py` reads what comes out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark")]

#[path = "support/mod.rs"]
mod support;

use divan::Bencher;
use lsp_server::{Connection, Message, Notification, Request};
use ringfence::lsp::serve;
use ringfence::project::Projects;
use ringfence::rules::RuleSet;
use serde_json::{Value, json};

const FILE: &str = "file:///policies/train-bucket-policy.json";

fn main() {
    divan::main();
}

struct Editor {
    connection: Connection,
    asked: i32,
    version: i32,
    text: String,
}

impl Editor {
    fn new() -> Self {
        let (connection, theirs) = Connection::memory();
        // It ends with the process.
        std::thread::spawn(move || {
            let load = || Projects::new(RuleSet::builtin().unwrap(), None).map_err(|error| error.to_string());
            serve(&theirs, &load).unwrap();
        });
        let text = support::text(&support::bucket_statements(72));
        assert!((19_000..22_000).contains(&text.len()), "{}", text.len());
        let mut editor = Self { connection, asked: 0, version: 1, text };
        let options = json!({ "delay": 0 });
        editor.request("initialize", json!({ "capabilities": {}, "initializationOptions": options }));
        editor.notify("initialized", json!({}));
        let document = json!({ "uri": FILE, "languageId": "json", "version": 1, "text": editor.text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        editor.shown();
        editor
    }

    fn notify(&self, method: &str, params: Value) {
        let note = Notification { method: method.to_owned(), params };
        self.connection.sender.send(note.into()).unwrap();
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let request = Request { id: self.asked.into(), method: method.to_owned(), params };
        self.connection.sender.send(request.into()).unwrap();
        loop {
            if let Message::Response(response) = self.connection.receiver.recv().unwrap() {
                return response.response_result.unwrap();
            }
        }
    }

    /// Waits for what is found in the text as it is now.
    fn shown(&self) -> usize {
        loop {
            if let Message::Notification(note) = self.connection.receiver.recv().unwrap()
                && note.params["version"] == self.version
            {
                return note.params["diagnostics"].as_array().unwrap().len();
            }
        }
    }

    /// A letter more in a Sid.
    fn type_a_letter(&mut self) {
        self.version += 1;
        let line = self.text.lines().position(|line| line.contains("\"Sid\"")).unwrap();
        let column = self.text.lines().nth(line).unwrap().find("\"Sid\": \"").unwrap() + 8;
        let place = json!({ "line": line, "character": column });
        let change = json!([{ "range": { "start": place, "end": place }, "text": "x" }]);
        let document = json!({ "uri": FILE, "version": self.version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change }));
    }

    fn ask(&mut self, method: &str, more: &Value) -> Value {
        let mut params = json!({ "textDocument": { "uri": FILE } });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.request(method, params)
    }
}

#[divan::bench]
fn a_change(bencher: Bencher) {
    let mut editor = Editor::new();
    bencher.bench_local(|| {
        editor.type_a_letter();
        editor.shown()
    });
}

#[divan::bench]
fn b_hover(bencher: Bencher) {
    let mut editor = Editor::new();
    let position = json!({ "position": { "line": 8, "character": 12 } });
    bencher.bench_local(|| editor.ask("textDocument/hover", &position));
}

#[divan::bench]
fn c_completion(bencher: Bencher) {
    let mut editor = Editor::new();
    let position = json!({ "position": { "line": 8, "character": 12 } });
    bencher.bench_local(|| editor.ask("textDocument/completion", &position));
}

#[divan::bench]
fn d_lenses(bencher: Bencher) {
    let mut editor = Editor::new();
    bencher.bench_local(|| editor.ask("textDocument/codeLens", &json!({})));
}

/// After each change: for the same text it is only looked up.
#[divan::bench]
fn e_actions(bencher: Bencher) {
    let mut editor = Editor::new();
    let place = json!({ "line": 8, "character": 12 });
    let more = json!({ "range": { "start": place, "end": place }, "context": { "diagnostics": [] } });
    bencher.bench_local(|| {
        editor.type_a_letter();
        editor.ask("textDocument/codeAction", &more)
    });
}
