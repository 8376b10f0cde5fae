//! Files that were made to harm whoever looks at the report.

use super::{FULL, Folder};

/// A Sid that clears the screen, rings, turns the text's direction and forges a line.
const SID: &str = r"\u001b[2J\u0007\u202e\nerror: forged\u009b31m";

fn hostile(pad: &str) -> String {
    FULL.replace("\"Effect\"", &format!("\"Sid\": \"{SID}\u{202e}\u{9b}\",{pad}\"Effect\""))
}

#[track_caller]
fn harmless(text: &str) {
    let bad: Vec<char> = text
        .chars()
        .filter(|c| {
            (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect();
    assert!(bad.is_empty(), "{bad:?} in {text}");
}

#[test]
fn no_control_character_reaches_the_terminal() {
    let folder = Folder::new();
    folder.add("lines.json", hostile("\n\t\t"));
    folder.add("one-line.json", hostile("").replace('\n', ""));
    folder.add("wide.json", hostile("\t\"値\": \"😀👨\u{200d}👩\",\t").replace('\n', " "));
    folder.add("long.json", hostile(&" ".repeat(900_000)).replace('\n', ""));
    folder.add("broken.json", hostile("").replace('}', "\u{1b}"));
    let text = folder.run(&["check"]);
    assert_eq!(text.code, 1);
    harmless(&text.out);
    harmless(&text.err);
    assert!(!text.out.lines().any(|l| l.starts_with("error: forged")), "{}", text.out);
    assert!(text.out.lines().all(|l| l.chars().count() <= 400), "lines stay short");
    let json = folder.run(&["check", "--format", "json"]);
    assert_eq!(json.json()["files"].as_array().unwrap().len(), 5);
    harmless(&json.out);
}

#[test]
fn a_minified_file_is_shown_in_part_with_the_right_place() {
    let line = FULL.replace('\n', "").replace("\"Effect\"", &format!("{}\"Effect\"", " ".repeat(200_000)));
    let column = line.find("\"Effect\"").unwrap() + 1;
    let outcome = Folder::with("min.json", &line).run(&["check", "min.json"]);
    assert!(outcome.out.contains(&format!("[min.json:1:{column}]")), "{}", outcome.out);
    assert!(outcome.out.len() < 20_000, "{}", outcome.out.len());
}

#[cfg(unix)]
#[test]
fn names_of_files_are_made_harmless_too() {
    let name = "evil\u{1b}[31m\nerror: forged.json";
    let folder = Folder::with(name, FULL);
    for args in [&["check"][..], &["check", name, "no\u{1b}such"]] {
        let outcome = folder.run(args);
        harmless(&outcome.out);
        harmless(&outcome.err);
        assert!(outcome.out.contains("evil␛[31m␊error: forged.json"), "{}", outcome.out);
    }
    assert_eq!(folder.run(&["check", "--format", "json"]).json()["files"][0]["path"], name);
}
