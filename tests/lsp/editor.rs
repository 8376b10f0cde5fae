//! An editor in memory: it speaks with the server in this process, message by message.

use crossbeam_channel::RecvTimeoutError;
use lsp_server::{Connection, Message, Notification, Request, Response};
use ringfence::lsp::{Ended, ServeError, serve};
use ringfence::project::Projects;
use ringfence::rules::RuleSet;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

/// Longer than anything takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Editor {
    connection: Option<Connection>,
    server: Option<JoinHandle<Result<Ended, ServeError>>>,
    asked: i32,
    texts: BTreeMap<String, (i32, String)>,
    /// The last that was shown of each text, with its version.
    pub shown: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    pub logged: Vec<String>,
    /// What the server asked of the editor.
    pub requests: Vec<Request>,
    pub capabilities: Value,
}

/// What an editor of today can do.
pub fn able() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "workspace": {
            "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] },
            "didChangeWatchedFiles": { "dynamicRegistration": true }
        },
        "window": { "showDocument": { "support": true } }
    })
}

impl Editor {
    pub fn new(root: Option<&Path>, capabilities: &Value, options: &Value) -> Self {
        let (ours, theirs) = Connection::memory();
        let server = std::thread::spawn(move || {
            let load = || {
                let rules = RuleSet::builtin().map_err(|error| error.to_string())?;
                Projects::new(rules, None).map_err(|error| error.to_string())
            };
            serve(&theirs, &load)
        });
        let mut editor = Self {
            connection: Some(ours),
            server: Some(server),
            asked: 0,
            texts: BTreeMap::new(),
            shown: BTreeMap::new(),
            logged: Vec::new(),
            requests: Vec::new(),
            capabilities: Value::Null,
        };
        let folders = root.map(|root| json!([{ "uri": uri(root), "name": "root" }]));
        let params = json!({
            "processId": null, "capabilities": capabilities, "workspaceFolders": folders,
            "initializationOptions": options,
        });
        let result = editor.request("initialize", params).unwrap();
        editor.capabilities = result.get("capabilities").unwrap().clone();
        editor.notify("initialized", json!({}));
        editor
    }

    /// An editor that looks at single files.
    pub fn plain() -> Self {
        Self::new(None, &able(), &json!({ "delay": 0 }))
    }

    fn send(&self, message: impl Into<Message>) {
        self.connection.as_ref().unwrap().sender.send(message.into()).unwrap();
    }

    pub fn notify(&self, method: &str, params: Value) {
        self.send(Notification { method: method.to_owned(), params });
    }

    pub fn ask(&mut self, method: &str, params: Value) -> i32 {
        self.asked += 1;
        self.send(Request { id: self.asked.into(), method: method.to_owned(), params });
        self.asked
    }

    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, (i32, String)> {
        let id = self.ask(method, params);
        self.answer(id)
    }

    pub fn answer(&mut self, id: i32) -> Result<Value, (i32, String)> {
        loop {
            if let Message::Response(Response { id: answered, response_result }) = self.next() {
                assert_eq!(answered, id.into(), "answers come in the order of the questions");
                return response_result.map_err(|error| (error.code, error.message));
            }
        }
    }

    /// The next answer, whatever the question was.
    pub fn any_answer(&mut self) -> (String, Result<Value, (i32, String)>) {
        loop {
            if let Message::Response(Response { id, response_result }) = self.next() {
                return (id.to_string(), response_result.map_err(|error| (error.code, error.message)));
            }
        }
    }

    /// The next message; what is told is noted too.
    fn next(&mut self) -> Message {
        let connection = self.connection.as_ref().unwrap();
        let message = match connection.receiver.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => panic!("the server says nothing"),
            Err(RecvTimeoutError::Disconnected) => panic!("the server is gone"),
        };
        match &message {
            Message::Notification(note) if note.method == "textDocument/publishDiagnostics" => {
                let uri = note.params["uri"].as_str().unwrap().to_owned();
                let list = note.params["diagnostics"].as_array().unwrap().clone();
                self.shown.insert(uri, (note.params["version"].as_i64(), list));
            }
            Message::Notification(note) => {
                assert_eq!(note.method, "window/logMessage");
                self.logged.push(note.params["message"].as_str().unwrap().to_owned());
            }
            Message::Request(request) => self.requests.push(request.clone()),
            Message::Response(_) => {}
        }
        message
    }

    /// Waits until what is shown, or said, is as wanted.
    pub fn until(&mut self, is_wanted: impl Fn(&Self) -> bool) {
        while !is_wanted(self) {
            self.next();
        }
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        self.texts.insert(uri.to_owned(), (1, text.to_owned()));
        let document = json!({ "uri": uri, "languageId": "json", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// The whole text anew.
    pub fn write(&mut self, uri: &str, text: &str) {
        let (version, known) = self.texts.get_mut(uri).unwrap();
        *version += 1;
        text.clone_into(known);
        let document = json!({ "uri": uri, "version": *version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", change);
    }

    /// A part of the text anew, by its place in UTF-16.
    pub fn edit(&mut self, uri: &str, range: std::ops::Range<usize>, new: &str) {
        let (version, text) = self.texts.get_mut(uri).unwrap();
        *version += 1;
        let document = json!({ "uri": uri, "version": *version });
        let range_there = json!({ "start": place(text, range.start), "end": place(text, range.end) });
        text.replace_range(range, new);
        let change = json!([{ "range": range_there, "text": new }]);
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change }));
    }

    pub fn text(&self, uri: &str) -> &str {
        &self.texts[uri].1
    }

    pub fn close(&mut self, uri: &str) {
        self.texts.remove(uri);
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// What is shown of the text as it is now.
    pub fn found(&mut self, uri: &str) -> Vec<Value> {
        let version = i64::from(self.texts[uri].0);
        self.until(|editor| editor.shown.get(uri).is_some_and(|(shown, _)| *shown == Some(version)));
        self.shown[uri].1.clone()
    }

    /// The rules of what is shown of the text as it is now, each with the text that is underlined.
    pub fn rules(&mut self, uri: &str) -> Vec<(String, String)> {
        let found = self.found(uri);
        let text = self.text(uri).to_owned();
        let rule = |d: &Value| {
            let range = offset(&text, &d["range"]["start"])..offset(&text, &d["range"]["end"]);
            (d["code"].as_str().unwrap_or_default().to_owned(), text[range].to_owned())
        };
        found.iter().map(rule).collect()
    }

    /// What can be done about the text between two places.
    pub fn actions(&mut self, uri: &str, range: std::ops::Range<usize>, only: Option<&str>) -> Vec<Value> {
        let text = self.text(uri);
        let range = json!({ "start": place(text, range.start), "end": place(text, range.end) });
        let only = only.map(|only| vec![only]);
        // What other servers said of the place, in whatever form.
        let others = json!([{ "message": 7, "relatedInformation": [{}] }]);
        let context = json!({ "diagnostics": others, "only": only });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
        self.request("textDocument/codeAction", params).unwrap().as_array().unwrap().clone()
    }

    /// Makes an action's edits of one text.
    pub fn apply(&mut self, uri: &str, action: &Value) {
        let changes = action["edit"]["documentChanges"].as_array().unwrap();
        let change = changes.iter().find(|c| c["textDocument"]["uri"] == uri).unwrap();
        assert_eq!(change["textDocument"]["version"], self.texts[uri].0);
        let text = applied(self.text(uri), change["edits"].as_array().unwrap());
        self.write(uri, &text);
    }

    /// Says good-bye.
    pub fn quit(mut self) {
        self.request("shutdown", Value::Null).unwrap();
        assert_eq!(self.request("textDocument/hover", json!({})).unwrap_err().0, -32600);
        self.notify("exit", Value::Null);
        assert_eq!(self.server.take().unwrap().join().unwrap().unwrap(), Ended::Asked);
    }

    /// Goes without a word.
    pub fn vanish(mut self) -> Ended {
        drop(self.connection.take());
        self.server.take().unwrap().join().unwrap().unwrap()
    }
}

/// The text after edits, whose places are all those of the text before.
pub fn applied(text: &str, edits: &[Value]) -> String {
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(text, &range["start"]), offset(text, &range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.0));
    let mut out = text.to_owned();
    for (start, end, new) in edits {
        out.replace_range(start..end, new);
    }
    out
}

/// A place in UTF-16. Slow and obvious: for the tests.
pub fn place(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    json!({ "line": line, "character": before[start..].encode_utf16().count() })
}

pub fn offset(text: &str, place: &Value) -> usize {
    let (line, wanted) = (place["line"].as_u64().unwrap(), place["character"].as_u64().unwrap());
    let mut start = 0;
    for _ in 0..line {
        start += text[start..].find('\n').unwrap() + 1;
    }
    let mut units = 0;
    let length: usize = text[start..]
        .chars()
        .take_while(|c| {
            let more = units < wanted;
            units += c.len_utf16() as u64;
            more
        })
        .map(char::len_utf8)
        .sum();
    start + length
}

pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
