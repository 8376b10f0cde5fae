use super::{FENCE, FULL, Folder, IDENTITY};
use std::io::Read;
use std::process::Stdio;

/// Not JSON, with something to say about it: a report without work for the engine.
const BROKEN: &str = "{\"Statement\": [{\"Effect\": \"Deny\",}]}";

#[test]
fn a_hole_is_shown_with_its_request_and_fails_the_run() {
    let outcome = Folder::with("endpoint.json", FULL).run(&["check", "endpoint.json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, ""));
    let out = &outcome.out;
    assert!(out.contains("error[endpoint-full-access]: "), "{out}");
    assert!(out.contains("[endpoint.json:5:7]"), "{out}");
    assert!(out.contains("\n  request:\n    principal  "), "{out}");
    assert!(out.contains("\n    decision   allowed\n"), "{out}");
    assert!(out.contains("\n  help: "), "{out}");
    assert!(out.lines().last().unwrap().starts_with("1 file, 1 policy: "), "{out}");
}

#[test]
fn a_policy_without_a_hole_gives_one_line() {
    let outcome = Folder::with("fence.json", FENCE).run(&["check", "fence.json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert_eq!(outcome.out, "1 file, 1 policy: nothing found\n");
}

#[test]
fn json_is_the_contract() {
    let outcome = Folder::with("endpoint.json", FULL).run(&["check", "--format", "json", "endpoint.json"]);
    assert_eq!(outcome.code, 1);
    let json = outcome.json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["files"][0]["path"], "endpoint.json");
    assert_eq!(json["files"][0]["policies"][0]["kind"], "endpoint");
    assert_eq!(json["files"][0]["policies"][0]["kind_from"], "content");
    assert!(outcome.decisions().contains(&"endpoint-full-access".to_owned()));
    for finding in json["findings"].as_array().unwrap() {
        for key in ["rule", "severity", "verdict", "path", "message", "span", "labels"] {
            assert!(!finding[key].is_null(), "{key}: {finding}");
        }
        let span = &finding["span"];
        let offset = usize::try_from(span["start"]["offset"].as_u64().unwrap()).unwrap();
        let line = FULL[..offset].matches('\n').count() + 1;
        assert_eq!(span["start"]["line"], line);
    }
    assert_eq!(json["summary"]["files"], 1);
}

#[test]
fn the_severity_that_fails_is_chosen() {
    let folder = Folder::with("endpoint.json", FULL);
    for (level, code) in [("error", 1), ("warning", 1), ("note", 1), ("never", 0)] {
        assert_eq!(folder.run(&["check", "--fail-on", level, "."]).code, code, "{level}");
    }
    let open = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}"#;
    let unknown = Folder::with("p.json", open);
    let outcome = unknown.run(&["check", "--fail-on", "never", "--format", "json", "."]);
    assert_eq!(outcome.json()["findings"][0]["rule"], "policy-kind-unknown");
    assert_eq!(unknown.run(&["check", "."]).code, 0, "a warning");
    assert_eq!(unknown.run(&["check", "--fail-on", "warning", "."]).code, 1);
}

#[test]
fn files_without_a_policy_are_skipped_when_a_hook_hands_them_over() {
    let folder = Folder::with("package.json", r#"{"name": "x"}"#);
    folder.add("iam.json", IDENTITY);
    let outcome = folder.run(&["check", "package.json", "iam.json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert_eq!(outcome.out, "0 files, 0 policies (2 files without a policy skipped): nothing found\n");
    let forced = folder.run(&["check", "--kind", "bucket", "package.json"]);
    assert_eq!(forced.code, 1, "with --kind it must hold one: {forced:?}");
}

#[test]
fn a_folder_without_policies_is_no_success() {
    let folder = Folder::with("good/fence.json", FENCE);
    folder.add("other/package.json", "{}");
    let outcome = folder.run(&["check", "good", "other"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.starts_with("error: no policy found in `other`\n  help: "), "{}", outcome.err);
    assert!(outcome.out.starts_with("1 file, 1 policy"), "the rest is checked: {}", outcome.out);
    assert_eq!(folder.run(&["check", "good", "other", "--allow-no-policies"]).code, 0);
    assert_eq!(folder.run(&["check"]).code, 0, "the working folder holds one");
}

#[test]
fn a_file_that_is_no_json_never_passes() {
    let folder = Folder::with("bucket-policy.json", BROKEN);
    let outcome = folder.run(&["check", "."]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("error[policy-syntax]"), "{}", outcome.out);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_checked() {
    let outcome = Folder::with("endpoint.json", FULL).run(&["check", "endpoint.json", "missing.json"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.out.contains("endpoint-full-access"));
    assert_eq!(outcome.err, "error: `missing.json` does not exist\n");
}

#[test]
fn standard_input_goes_by_the_name_it_is_given() {
    let folder = Folder::with("buckets/ringfence.toml", "[kinds]\nbucket = [\"*.json\"]");
    let args = ["check", "--format", "json", "--stdin-filename", "buckets/x.json", "-"];
    let json = folder.run_with(&args, FENCE).json();
    assert_eq!(json["files"][0]["path"], "buckets/x.json");
    assert_eq!(json["files"][0]["policies"][0]["kind_from"], "config");
    let plain = folder.run_with(&["check", "-"], FULL);
    assert!(plain.out.contains("[<stdin>:5:7]"), "{}", plain.out);
    assert_eq!(folder.run(&["check", "--stdin-filename", "x.json", "buckets"]).code, 2);
}

#[test]
fn two_runs_give_the_same_bytes_however_many_threads() {
    let folder = Folder::with("endpoint.json", FULL);
    // More than are checked at a time.
    for i in 0..600 {
        folder.add(format!("{}/p{i}.json", i % 7), if i % 50 == 0 { FENCE } else { BROKEN });
    }
    for format in ["text", "json"] {
        let one = folder.run(&["check", "--format", format, "--jobs", "1"]);
        assert_eq!(one.code, 1);
        for jobs in ["2", "8"] {
            assert_eq!(folder.run(&["check", "--format", format, "--jobs", jobs]), one);
        }
    }
}

#[test]
fn colours_go_where_they_are_wanted() {
    let folder = Folder::with("endpoint.json", FULL);
    assert!(!folder.run(&["check"]).out.contains('\u{1b}'), "no terminal");
    assert!(folder.run(&["check", "--color", "always"]).out.contains("\u{1b}["));
    let output = folder.command(&["check"]).env("NO_COLOR", "1").env("FORCE_COLOR", "1").output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let folder = Folder::new();
    for i in 0..400 {
        folder.add(format!("p{i}.json"), BROKEN);
    }
    let mut child = folder.command(&["check"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
    assert_eq!(child.wait().unwrap().code(), Some(1), "what was found still counts");
}

/// Findings that fill more memory than is kept for them wait in a file; nothing is lost on the way, and if there is no
/// room for the file, the run fails.
#[cfg(unix)]
#[test]
fn more_findings_than_memory_is_kept_for() {
    let folder = Folder::new();
    for i in 0..900 {
        folder.add(format!("p{i:03}.json"), BROKEN);
    }
    let args = ["check", "--format", "json"];
    let outcome = folder.run(&args);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.len() > 1 << 19, "{}", outcome.out.len());
    let json = outcome.json();
    let paths: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert!(paths.is_sorted());
    assert_eq!((paths.len(), json["files"].as_array().unwrap().len()), (900, 900));
    let nowhere = folder.command(&args).env("TMPDIR", folder.path().join("nowhere")).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2), "{}", String::from_utf8_lossy(&nowhere.stderr));
    assert!(String::from_utf8_lossy(&nowhere.stderr).starts_with("error: "));
}

/// What cannot be written was not reported.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_success() {
    let folder = Folder::with("fence.json", FENCE);
    for i in 0..300 {
        folder.add(format!("p{i}.json"), BROKEN);
    }
    for args in [&["check", "fence.json"][..], &["check"], &["check", "--format", "json"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = folder.command(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "), "{args:?}");
    }
}

#[test]
fn bad_usage_is_not_a_finding() {
    let folder = Folder::new();
    for args in [&["check", "--kind", "queue"][..], &["chek"], &[], &["check", "--rules", "none"]] {
        assert_eq!(folder.run(args).code, 2, "{args:?}");
    }
}

#[test]
fn folders_that_other_programs_fill_are_passed_over_unless_they_are_named() {
    let folder = Folder::with("endpoint.json", FENCE);
    folder.add("app/node_modules/x/endpoint.json", FULL);
    folder.add("cdk.out/\u{1b}/endpoint.json", FULL);
    let quiet = folder.run(&["check", "."]);
    assert_eq!((quiet.code, &*quiet.err), (0, ""));
    let told = folder.run(&["check", "--verbose", "."]);
    assert_eq!((told.code, &told.out), (0, &quiet.out));
    insta::assert_snapshot!(told.err, @r"
    note: `./app/node_modules` is passed over: other programs fill it; name it to have it checked
    note: `./cdk.out` is passed over: other programs fill it; name it to have it checked
    ");
    assert_eq!(folder.run(&["check", "-v", "cdk.out"]).code, 1);
}
