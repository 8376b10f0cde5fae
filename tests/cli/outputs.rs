//! `--output`: several reports of one run, on standard output and in files.

use super::{FENCE, FULL, Folder, Outcome};
use std::fs;

const FORMATS: [&str; 8] = ["text", "json", "sarif", "github", "gitlab", "junit", "rdjsonl", "markdown"];

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

/// What lies in the folder, by name.
fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_holds_what_standard_output_would() {
    let folder = Folder::with("p/endpoint.json", FULL);
    for format in FORMATS {
        let shown = folder.run(&["check", "--format", format, "p"]);
        assert_eq!(shown, folder.run(&["check", "--output", format, "p"]), "{format}");
        assert_eq!(shown, folder.run(&["check", "--output", &format!("{format}=-"), "p"]), "{format}");
        let quiet = folder.run(&["check", "--output", &format!("{format}=out=1"), "p"]);
        assert_eq!(quiet, Outcome { code: 1, out: String::new(), err: String::new() });
        assert_eq!(read(&folder, "out=1"), shown.out, "{format}");
        assert_eq!(names(&folder), ["out=1", "p"], "nothing is left behind");
    }
}

#[test]
fn all_reports_of_one_run() {
    let folder = Folder::with("p/endpoint.json", FULL);
    let mut args: Vec<String> = vec!["check".into(), "p".into()];
    for format in &FORMATS[1..] {
        args.extend(["--output".to_owned(), format!("{format}={format}")]);
    }
    args.extend(["--format".to_owned(), "text".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = folder.run(&args);
    assert_eq!(outcome, folder.run(&["check", "p"]));
    for format in &FORMATS[1..] {
        assert_eq!(read(&folder, format), folder.run(&["check", "--format", format, "p"]).out, "{format}");
    }
}

#[test]
fn the_format_changes_no_exit_code() {
    let folder = Folder::new();
    folder.add("open/endpoint.json", FULL);
    folder.add("fence/bucket.json", FENCE);
    for (args, code) in [
        (&["open"][..], 1),
        (&["fence"], 0),
        (&["open", "--fail-on", "never"], 0),
        (&["fence", "--fail-on", "note"], 0),
        (&["open", "nowhere"], 2),
    ] {
        for format in FORMATS {
            assert_eq!(
                folder.run(&[&["check", "--format", format], args].concat()).code,
                code,
                "{format} {args:?}"
            );
            let output = format!("{format}=out");
            assert_eq!(
                folder.run(&[&["check", "--output", &output], args].concat()).code,
                code,
                "{format} {args:?}"
            );
        }
    }
    // What could not be checked is told to whoever reads the report alone.
    let failed = folder.run(&["check", "--format", "sarif", "open", "nowhere"]).json();
    assert_eq!(failed["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn two_reports_cannot_share_a_place() {
    let folder = Folder::with("endpoint.json", FULL);
    for (args, message) in [
        (&["--output", "text", "--output", "json"][..], "two reports are to go to standard output"),
        (&["--format", "text", "--output", "json=-"], "two reports are to go to standard output"),
        (&["--output", "text=x", "--output", "json=x"], "two reports are to go to `x`"),
        (&["--output", "json="], "names no file after the `=`"),
        (&["--output", "sarrif=x"], "'sarif'"),
        (&["--output", "sarif=no/x"], "cannot write `no/x`: there is no such folder"),
        (&["--output", "sarif=."], "cannot write `.`: "),
    ] {
        let outcome = folder.run(&[&["check"], args].concat());
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?}");
        assert!(outcome.err.contains(message), "{args:?}: {}", outcome.err);
        assert_eq!(names(&folder), ["endpoint.json"]);
    }
}

#[test]
fn a_run_that_fails_early_leaves_the_old_report() {
    let folder = Folder::with("endpoint.json", FULL);
    folder.add("old.sarif", "old");
    folder.add("rules/r.json", "{}");
    assert_eq!(folder.run(&["check", "--rules", "rules", "--output", "sarif=old.sarif"]).code, 2);
    assert_eq!(read(&folder, "old.sarif"), "old");
    assert_eq!(folder.run(&["check", "--output", "sarif=old.sarif"]).code, 1);
    assert!(read(&folder, "old.sarif").starts_with('{'));
}

#[cfg(unix)]
#[test]
fn links_devices_and_rights_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::with("endpoint.json", FULL);
    let path = |name: &str| folder.path().join(name);
    folder.add("there/real", "old and longer than nothing");
    fs::set_permissions(path("there/real"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("there/real", path("link")).unwrap();
    assert_eq!(folder.run(&["check", "--output", "rdjsonl=link"]).code, 1);
    assert!(fs::symlink_metadata(path("link")).unwrap().is_symlink());
    assert!(read(&folder, "there/real").starts_with("{\"message\""));
    assert_eq!(fs::metadata(path("there/real")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(folder.run(&["check", "--output", "rdjsonl=/dev/null", "--output", "rdjsonl=new"]).code, 1);
    // As the shell would make it.
    let made = folder.path().join("by-shell");
    std::process::Command::new("touch").arg(&made).status().unwrap();
    let rights = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode();
    assert_eq!(rights("new"), rights("by-shell"));
}

/// The commands of the GitHub format go past the guard; the same words in a policy do not.
#[test]
fn only_the_github_format_gives_commands() {
    let sid = FULL.replace("\"Effect\"", "\"Sid\": \"::error::forged\\n::error::forged\", \"Effect\"");
    let folder = Folder::with("endpoint.json", sid);
    for format in FORMATS {
        let out = folder.run(&["check", "--format", format]).out;
        let commands = out.lines().filter(|line| line.trim_start().starts_with("::")).count();
        if format == "github" {
            assert_eq!(commands, out.lines().count() - 1, "{out}");
            assert!(
                out.lines().take(commands).all(|line| line.contains(" file=endpoint.json,line=")),
                "{out}"
            );
        } else {
            assert_eq!(commands, 0, "{out}");
        }
    }
}
