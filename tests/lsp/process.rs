//! The server as a program: `ringfence lsp`, over its standard streams.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn new(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringfence"))
            .arg("lsp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn raw(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        self.raw(&message.to_string());
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the server is gone");
            match line.trim_end() {
                "" => break,
                header => length = header.strip_prefix("Content-Length: ").unwrap().parse().unwrap(),
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The answer to a request; what else is told is passed over.
    fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn begin(&mut self) {
        let params = json!({ "processId": null, "rootUri": null, "capabilities": {} });
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
        let answer = self.answer(1);
        assert_eq!(answer["result"]["serverInfo"]["name"], "ringfence");
        self.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
    }

    fn end(mut self) -> (i32, String) {
        drop(self.input.take());
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code().unwrap(), errors)
    }
}

#[test]
fn good_bye_ends_it_well() {
    let mut program = Program::new(&["--stdio"]);
    program.begin();
    program.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "shutdown" }));
    assert_eq!(program.answer(2)["result"], Value::Null);
    program.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn broken_messages_are_passed_over() {
    let mut program = Program::new(&[]);
    program.begin();
    for broken in ["{", "[]", "null", "{\"jsonrpc\": \"2.0\"}", "\u{0}"] {
        program.raw(broken);
    }
    program.send(&json!({ "jsonrpc": "2.0", "id": 3, "method": "textDocument/hover", "params": 7 }));
    assert_eq!(program.answer(3)["error"]["code"], -32602);
    program.send(&json!({ "jsonrpc": "2.0", "id": 4, "method": "shutdown" }));
    program.answer(4);
    program.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(program.end(), (0, String::new()));
}

/// Memory does not grow with the number of changes.
#[test]
#[cfg(target_os = "linux")]
fn a_long_session_leaks_nothing() {
    const FILE: &str = "file:///policies/train-bucket-policy.json";
    let mut program = Program::new(&[]);
    let params = json!({ "capabilities": {}, "initializationOptions": { "delay": 0 } });
    program.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
    program.answer(1);
    program.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
    let document = json!({ "uri": FILE, "languageId": "json", "version": 0, "text": super::BAD });
    let opened = json!({ "textDocument": document });
    program.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": opened }));
    let pages = |program: &Program| -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", program.child.id())).unwrap();
        text.split(' ').nth(1).unwrap().parse().unwrap()
    };
    let mut before = 0;
    for version in 1..=6000 {
        let text = super::BAD.replace("train-data", &format!("train-data-{version}"));
        let document = json!({ "uri": FILE, "version": version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        program.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": change }));
        // Each change is looked at.
        while program.read()["params"]["version"] != version {}
        if version == 1000 {
            before = pages(&program);
        }
    }
    let grown = pages(&program).saturating_sub(before) * 4096;
    assert!(grown < 4 * 1024 * 1024, "{grown} bytes for 5,000 changes");
}

#[test]
fn an_editor_that_goes_ends_it() {
    let mut program = Program::new(&[]);
    program.begin();
    assert_eq!(program.end(), (1, String::new()));
    assert_eq!(Program::new(&[]).end(), (1, String::new()));
}

#[test]
fn a_first_message_of_another_kind_is_told() {
    let mut program = Program::new(&[]);
    program.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    let (code, errors) = program.end();
    assert_eq!(code, 2);
    assert!(errors.contains("does not speak the protocol"), "{errors}");
}
