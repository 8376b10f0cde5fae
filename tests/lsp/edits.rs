//! A long session: thousands of random edits, and then the same findings as of the text alone.

use super::editor::{Editor, able, place};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// How many edits; a long run sets `RINGFENCE_EDITS`.
fn edits() -> usize {
    std::env::var("RINGFENCE_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000)
}

const FILE: &str = "file:///policies/edited-bucket-policy.json";

#[test]
fn after_any_edits_the_findings_are_those_of_the_text() {
    let mut rng = fastrand::Rng::with_seed(11);
    let mut editor = Editor::new(None, &able(), &json!({ "delay": 0 }));
    editor.open(FILE, super::BAD);
    let pieces = [
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\n",
        "\r\n",
        "é",
        "\u{1F600}",
        "e\u{301}",
        "\"Deny\"",
        "\"Effect\"",
        "s3:*",
        "*",
        "\"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}",
        "${aws:username}",
        "\\u00e9",
        "IfExists",
        " ",
    ];
    let mut checked = 0;
    for round in 0..edits() {
        let text = editor.text(FILE);
        if text.len() > 4000 || rng.usize(..400) == 0 {
            let whole = if rng.bool() { super::BAD } else { super::GOOD };
            editor.write(FILE, whole);
        } else {
            let somewhere = |rng: &mut fastrand::Rng, text: &str| {
                let at = rng.usize(..=text.len());
                (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap()
            };
            let start = somewhere(&mut rng, text);
            let length = [0, 0, 1, 3, 12][rng.usize(..5)];
            let end = (start + length..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(start);
            let new = if rng.u8(..3) == 0 { "" } else { pieces[rng.usize(..pieces.len())] };
            // Lines end in one way for the obvious reference, in three for the server.
            if text[..end].ends_with('\r') || text[start..].starts_with('\n') && text[..start].ends_with('\r')
            {
                continue;
            }
            editor.edit(FILE, start..end, new);
        }
        if round % 251 == 0 {
            compare(&mut editor);
            checked += 1;
        }
    }
    compare(&mut editor);
    assert!(checked >= edits() / 251);
    editor.quit();
}

/// What is shown is what the server says of the same text opened anew, and what `check` says of it.
fn compare(editor: &mut Editor) {
    let shown = editor.found(FILE);
    let text = editor.text(FILE).to_owned();
    let mut fresh = Editor::plain();
    fresh.open(FILE, &text);
    let wanted: Vec<Value> = fresh.found(FILE);
    fresh.quit();
    assert_eq!(shown, wanted, "{text}");
    let place = |offset: &Value| place(&text, usize::try_from(offset.as_u64().unwrap()).unwrap());
    let found = check(&text);
    let found = found["findings"].as_array().unwrap().iter().map(|f| {
        let range = json!({ "start": place(&f["span"]["start"]["offset"]), "end": place(&f["span"]["end"]["offset"]) });
        (f["rule"].clone(), range, f["message"].clone())
    });
    let first_line = |d: &Value| d["message"].as_str().unwrap().lines().next().unwrap().to_owned();
    let shown: Vec<_> =
        shown.iter().map(|d| (d["code"].clone(), d["range"].clone(), Value::from(first_line(d)))).collect();
    let plain =
        |text: &Value| Value::from(ringfence::report::plain::plain(text.as_str().unwrap()).into_owned());
    assert_eq!(
        shown,
        found.map(|(rule, range, message)| (rule, range, plain(&message))).collect::<Vec<_>>(),
        "{text}"
    );
}

/// `ringfence check` of the text.
fn check(text: &str) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(["check", "--only-policies", "--allow-no-policies", "--format", "json"])
        .args(["--stdin-filename", "/policies/edited-bucket-policy.json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
