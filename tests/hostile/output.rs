//! Standard streams that take nothing: a reader that went away, a full disk, a closed descriptor.

use super::{FULL, Folder, watch};
use serde_json::json;

/// Enough findings that no buffer holds their text.
fn many() -> Folder {
    let folder = Folder::new();
    for number in 0..40 {
        folder.add(format!("{number}.json"), FULL);
    }
    folder
}

fn code(folder: &Folder, script: &str) -> i32 {
    watch(folder.shell(script, &[""; 0]).spawn().unwrap()).code
}

#[test]
fn a_reader_that_stops_reading_changes_no_exit_code() {
    let folder = many();
    for format in ["text", "json", "sarif", "github", "gitlab", "junit", "rdjsonl", "markdown"] {
        let script = format!("{{ \"$0\" check --format {format}; echo $? >code; }} | head -n 1; cat code");
        let outcome = watch(folder.shell(&script, &[""; 0]).spawn().unwrap());
        assert_eq!(outcome.out.lines().last(), Some("1"), "{outcome:?}");
        assert!(outcome.err.is_empty(), "{outcome:?}");
        // Nobody reads from the start.
        let script =
            format!("{{ sleep 0.1; \"$0\" check --format {format}; echo $? >code; }} | true; cat code");
        assert_eq!(watch(folder.shell(&script, &[""; 0]).spawn().unwrap()).out, "1\n");
    }
    for command in ["rules", "explain bucket-vpc-only", "--help", "completions bash", "man"] {
        let script = format!("{{ sleep 0.1; \"$0\" {command}; echo $? >code; }} | true; cat code");
        let outcome = watch(folder.shell(&script, &[""; 0]).spawn().unwrap());
        assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("0\n", ""), "{command}");
    }
    // A rule whose many examples fail, more than any buffer or pipe holds.
    let example = json!({ "name": "x".repeat(200), "policy": { "Statement": [] } });
    let examples = json!({ "pass": vec![example.clone(); 500], "fail": vec![example; 500] });
    let rule = json!({
        "id": "my-rule", "title": "T", "applies_to": ["bucket"], "severity": "error", "message": "m",
        "requests": { "Principal": "*", "Action": "s3:GetObject" }, "expect": { "all": "explicitDeny" },
        "examples": examples
    });
    folder.add("rules/r.json", rule.to_string());
    for reader in ["true", "head -n 1"] {
        let script =
            format!("{{ sleep 0.1; \"$0\" test rules; echo $? >code; }} | {reader} >/dev/null; cat code");
        let outcome = watch(folder.shell(&script, &[""; 0]).spawn().unwrap());
        assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("1\n", ""), "{reader}");
    }
    let script = "{ \"$0\" check nowhere.json 2>&1 >/dev/null; echo $? >code; } | true; cat code";
    assert_eq!(watch(folder.shell(script, &[""; 0]).spawn().unwrap()).out, "2\n");
}

#[test]
fn a_full_disk_fails_the_run() {
    let folder = many();
    folder.add("clean.json", json!({ "a": 1 }).to_string());
    let request =
        json!({ "principal": "anonymous", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k" });
    folder.add("request", request.to_string());
    for command in [
        "check",
        "check --format json",
        "check --format sarif",
        "check --format github",
        "check --format gitlab",
        "check --format junit",
        "check --format rdjsonl",
        "check --format markdown",
        "check --output text --output json=out.json",
        "check --allow-no-policies clean.json",
        "check --fail-on never",
        "simulate --policy 0.json --request request",
        "simulate --policy 0.json --request request --format json",
        "rules",
        "rules --format json",
        "explain bucket-vpc-only",
        "test",
        "completions bash",
        "man",
        "--help",
        "--version",
        "check --help",
    ] {
        let outcome =
            watch(folder.shell(&format!("\"$0\" {command} >/dev/full"), &[""; 0]).spawn().unwrap()).is(2);
        // Once: the cause of an error is not told as a note when it is the error.
        assert_eq!(outcome.err.matches("No space left on device").count(), 1, "{command}: {outcome:?}");
        // Where not even that can be told, the exit code tells it.
        assert_eq!(code(&folder, &format!("\"$0\" {command} >/dev/full 2>/dev/full")), 2, "{command}");
    }
}

/// Another report goes on where one cannot be written.
#[test]
fn a_full_disk_under_one_report_fails_the_run() {
    let folder = many();
    for format in ["text", "json", "sarif", "github", "gitlab", "junit", "rdjsonl", "markdown"] {
        let command = format!("\"$0\" check --output {format}=/dev/full --output json");
        let outcome = watch(folder.shell(&command, &[""; 0]).spawn().unwrap()).is(2);
        assert_eq!(outcome.err.matches("No space left on device").count(), 1, "{format}: {outcome:?}");
        assert!(outcome.err.contains("cannot write `/dev/full`"), "{format}: {outcome:?}");
        assert!(outcome.json()["findings"].as_array().unwrap().len() >= 40);
    }
}

#[test]
fn messages_that_cannot_be_written_change_no_exit_code() {
    let folder = many();
    for redirection in ["2>/dev/full", "2>&-"] {
        assert_eq!(code(&folder, &format!("\"$0\" check {redirection}")), 1);
        for command in [
            "check nowhere",
            "check 0.json nowhere",
            "check --nonsense",
            "explain nothing",
            "test nowhere",
            "",
        ] {
            assert_eq!(
                code(&folder, &format!("\"$0\" {command} {redirection}")),
                2,
                "{command} {redirection}"
            );
        }
    }
}

#[test]
fn closed_streams() {
    let folder = many();
    for (command, expected) in
        [("check", 1), ("check nowhere", 2), ("check --format json", 1), ("check -", 1)]
    {
        for redirection in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
            let got = code(&folder, &format!("\"$0\" {command} {redirection}"));
            // The library puts an empty stream in place of a closed one: what is found still counts.
            assert_eq!(got, expected, "{command} {redirection}");
        }
    }
}
