//! `--since` and `--staged`.

use super::{FENCE, FULL, Folder, Outcome};
use std::ffi::OsStr;
use std::process::Command;

fn git_command(folder: &Folder) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder.path());
    command
}

fn git(folder: &Folder, args: &[impl AsRef<OsStr>]) -> String {
    let mut command = git_command(folder);
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]);
    let output = command.args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(folder: &Folder) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--allow-empty", "-m", "x"]);
}

/// A repository with an old hole in it.
fn repository() -> Folder {
    let folder = Folder::with("policies/old.json", FULL);
    folder.add("policies/fence.json", FENCE);
    folder.add("package.json", "{}");
    git(&folder, &["init", "--quiet"]);
    commit(&folder);
    folder
}

fn run_in(folder: &Folder, below: &str, args: &[&str]) -> Outcome {
    let mut command = folder.command(&["check", "--format", "json"]);
    command.args(args).current_dir(folder.path().join(below));
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", folder.path());
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The exit code and the policies that were checked.
fn checked_in(folder: &Folder, below: &str, args: &[&str]) -> (i32, Vec<String>) {
    let outcome = run_in(folder, below, args);
    assert_eq!(outcome.err, "");
    let json = outcome.json();
    let paths = json["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap().to_owned());
    (outcome.code, paths.collect())
}

fn checked(folder: &Folder, args: &[&str]) -> (i32, Vec<String>) {
    checked_in(folder, "", args)
}

fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn nothing_changed_is_clean() {
    let folder = repository();
    assert_eq!(checked(&folder, &[]).0, 1, "there is a hole");
    for args in [
        &["--since", "HEAD"][..],
        &["--staged"],
        &["--since", "HEAD..HEAD"],
        &["--since=main...", "policies"],
    ] {
        assert_eq!(checked(&folder, args), (0, vec![]), "{args:?}");
    }
    folder.add("package.json", "{\"a\": 1}");
    assert_eq!(checked(&folder, &["--since", "HEAD"]), (0, vec![]), "no policy changed");
}

#[test]
fn changed_new_renamed_and_deleted_files() {
    let folder = repository();
    git(&folder, &["mv", "policies/old.json", "policies/renamed.json"]);
    folder.add("policies/fence.json", FULL);
    folder.add("new.json", FULL);
    folder.add("ignored.json", FULL);
    folder.add(".gitignore", "ignored.json\n");
    folder.add("new.txt", FULL);
    let all = paths(&["new.json", "policies/fence.json", "policies/renamed.json"]);
    assert_eq!(checked(&folder, &["--since", "HEAD"]), (1, all));
    // Not staged yet, the two others.
    assert_eq!(checked(&folder, &["--staged"]), (1, paths(&["policies/renamed.json"])));

    git(&folder, &["rm", "--quiet", "-f", "policies/renamed.json", "policies/fence.json"]);
    assert_eq!(checked(&folder, &["--staged"]), (0, vec![]), "gone");
    // The argument is a file that was there.
    assert_eq!(checked(&folder, &["--since", "HEAD", "policies/old.json"]), (0, vec![]));
    let wrong = run_in(&folder, "", &["--since", "HEAD", "policies/olt.json"]);
    assert_eq!((wrong.code, wrong.err.as_str()), (2, "error: `policies/olt.json` does not exist\n"));
}

#[test]
fn arguments_narrow_further_and_are_shown_as_given() {
    let folder = repository();
    for name in [
        "a.json",
        "policies/new.json",
        "policies/deep/new.json",
        "policies/.hidden/x.json",
        "policies/new.policy",
    ] {
        folder.add(name, FULL);
    }
    let since = |below: &str, more: &[&str]| {
        let mut args = vec!["--since", "HEAD"];
        args.extend(more);
        checked_in(&folder, below, &args).1
    };
    assert_eq!(since("", &["policies"]), paths(&["policies/deep/new.json", "policies/new.json"]));
    assert_eq!(since("", &["./policies/new.json", "a.json"]), paths(&["a.json", "policies/new.json"]));
    assert_eq!(since("", &["policies/new.policy"]), paths(&["policies/new.policy"]), "named");
    assert_eq!(since("", &["policies/*.json"]), paths(&["policies/new.json"]));
    assert_eq!(since("", &["**/n*.json"]), paths(&["policies/deep/new.json", "policies/new.json"]));
    assert_eq!(since("", &["policies/.hidden"]), paths(&["policies/.hidden/x.json"]));
    assert_eq!(since("policies", &[]), paths(&["deep/new.json", "new.json"]));
    assert_eq!(
        since("policies/deep", &["../../a.json", "../*.json"]),
        paths(&["../../a.json", "../new.json"])
    );
    let whole = folder.path().canonicalize().unwrap();
    let whole = whole.join("policies/deep");
    let whole = whole.to_str().unwrap();
    assert_eq!(since("policies", &[whole]), vec![format!("{whole}/new.json")]);
    assert_eq!(since("policies", &["deep", whole]), paths(&["deep/new.json"]), "one file");

    let outside = run_in(&folder, "", &["--since", "HEAD", "/"]);
    assert_eq!(outside.code, 1, "the repository lies below: {outside:?}");
    let other = Folder::new();
    let outside = run_in(&folder, "", &["--since", "HEAD", other.path().to_str().unwrap()]);
    assert_eq!(outside.code, 2);
    assert!(outside.err.contains("lies outside the git repository"), "{}", outside.err);
}

#[test]
fn what_others_did_since_is_no_change_of_ours() {
    let folder = repository();
    git(&folder, &["switch", "--quiet", "-c", "topic"]);
    folder.add("topic.json", FULL);
    commit(&folder);
    git(&folder, &["switch", "--quiet", "main"]);
    folder.add("policies/old.json", FENCE);
    folder.add("theirs.json", FULL);
    commit(&folder);
    git(&folder, &["switch", "--quiet", "topic"]);
    assert_eq!(checked(&folder, &["--since", "main"]), (1, paths(&["topic.json"])));
    assert_eq!(checked(&folder, &["--since", "main...topic"]), (1, paths(&["topic.json"])));
    // From one to the other, whatever lies between.
    let both = paths(&["policies/old.json", "topic.json"]);
    assert_eq!(checked(&folder, &["--since", "main..topic"]), (1, both));
    assert_eq!(
        checked(&folder, &["--since", "topic..main"]),
        (1, paths(&["policies/old.json", "theirs.json"]))
    );
}

#[test]
fn content_comes_from_where_the_option_says() {
    let folder = repository();
    folder.add("p.json", FULL);
    git(&folder, &["add", "p.json"]);
    folder.add("p.json", FENCE);
    let p = || paths(&["p.json"]);
    assert_eq!(checked(&folder, &["--since", "HEAD"]), (0, p()), "on disk it is mended");
    assert_eq!(checked(&folder, &["--staged"]), (1, p()), "what is staged is not");
    assert_eq!(checked(&folder, &["--staged", "--since", "HEAD", "p.json"]), (1, p()));
    git(&folder, &["commit", "--quiet", "-m", "hole"]);
    assert_eq!(checked(&folder, &["--since", "HEAD~1.."]), (1, p()), "nor what is committed");
    commit(&folder);
    assert_eq!(checked(&folder, &["--since", "HEAD~1.."]), (0, p()));
    assert_eq!(checked(&folder, &["--since", "HEAD~2..HEAD~1"]), (1, p()));
    assert_eq!(checked(&folder, &["--staged", "--since", "HEAD~2"]), (0, p()));
    // A range asks nothing of the working tree: a bare repository has none.
    git(&folder, &["clone", "--quiet", "--bare", ".", "bare.git"]);
    assert_eq!(checked_in(&folder, "bare.git", &["--since", "HEAD~2..HEAD~1"]), (1, p()));
}

#[test]
fn many_and_long_files_come_out_of_git_whole() {
    let folder = repository();
    for number in 0..100 {
        // Filler, so that each has a length of its own; every tenth has a hole.
        let text = if number % 10 == 0 { FULL } else { FENCE };
        folder.add(format!("many/{number:03}.json"), format!("{}{text}", "\n".repeat(number * 100)));
    }
    folder.add("many/long.json", " ".repeat(3 << 20));
    git(&folder, &["add", "."]);
    let outcome = run_in(&folder, "", &["--staged", "many", "many/long.json", "-j", "4"]);
    let json = outcome.json();
    assert_eq!(json["files"].as_array().unwrap().len(), 101, "{}", outcome.err);
    let with = |rule: &str| {
        let findings = json["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule);
        findings.map(|f| f["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let tenth: Vec<String> = (0..10).map(|n| format!("many/{:03}.json", n * 10)).collect();
    assert_eq!(with("endpoint-full-access"), tenth);
    assert_eq!(with("policy-syntax"), paths(&["many/long.json"]));
}

#[cfg(unix)]
#[test]
fn names_of_any_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let folder = repository();
    let names: [&[u8]; 6] = [
        b"a b.json",
        b"quo\"te.json",
        b"new\nline.json",
        b"back\\slash.json",
        b"not\xffutf8.json",
        b"[x]*.json",
    ];
    for name in names {
        folder.add(OsStr::from_bytes(name), FULL);
    }
    // Disk, index and commit tell the same.
    let disk = checked(&folder, &["--since", "HEAD"]);
    assert_eq!((disk.0, disk.1.len()), (1, names.len()), "{disk:?}");
    assert_eq!(checked(&folder, &["--since", "HEAD", "[x]*.json"]).1, paths(&["[x]*.json"]));
    git(&folder, &["add", "."]);
    assert_eq!(checked(&folder, &["--staged"]), disk);
    commit(&folder);
    assert_eq!(checked(&folder, &["--since", "HEAD~1.."]), disk);
}

#[cfg(unix)]
#[test]
fn links_and_repositories_within_are_no_files() {
    let folder = repository();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    git(&folder, &["init", "--quiet", "inner"]);
    folder.add("inner/x.json", FULL);
    std::os::unix::fs::symlink("policies/old.json", folder.path().join("link.json")).unwrap();
    assert_eq!(checked(&folder, &["--since", "HEAD"]), (0, vec![]));
    git(&folder, &["-C", "inner", "add", "."]);
    git(&folder, &["-C", "inner", "commit", "--quiet", "-m", "x"]);
    git(&folder, &["add", "link.json", "inner"]);
    assert_eq!(checked(&folder, &["--staged"]), (0, vec![]));
    assert_eq!(checked(&folder, &["--since", "HEAD"]), (0, vec![]));
}

#[test]
fn the_first_commit_and_a_conflict() {
    let folder = Folder::with("p.json", FULL);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    assert_eq!(checked(&folder, &["--staged"]), (1, paths(&["p.json"])));
    let none = run_in(&folder, "", &["--since", "HEAD"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("`HEAD` names no commit"), "{}", none.err);

    commit(&folder);
    git(&folder, &["switch", "--quiet", "-c", "topic"]);
    folder.add("p.json", FENCE);
    commit(&folder);
    git(&folder, &["switch", "--quiet", "main"]);
    folder.add("p.json", FULL.replace("\"*\"", "[\"*\"]"));
    commit(&folder);
    let merge = ["-c", "user.name=t", "-c", "user.email=t@example.com", "merge", "--quiet", "topic"];
    let merged = git_command(&folder).args(merge).output().unwrap();
    assert!(String::from_utf8(merged.stdout).unwrap().contains("CONFLICT"));
    let staged = run_in(&folder, "", &["--staged"]);
    assert_eq!((staged.code, staged.out.as_str()), (2, ""));
    assert!(staged.err.contains("`p.json` is not merged yet"), "{}", staged.err);
    // On disk it has the marks of the conflict in it.
    let disk = run_in(&folder, "", &["--since", "HEAD"]);
    let findings = disk.json()["findings"].clone();
    assert!(findings.as_array().unwrap().iter().any(|f| f["rule"] == "policy-syntax"), "{findings}");
}

#[test]
fn failures_tell_what_to_do() {
    let folder = repository();
    commit(&folder);
    let plain = Folder::with("p.json", FULL);
    let fails = |folder: &Folder, args: &[&str], message: &str, help: &str| {
        let outcome = run_in(folder, "", args);
        let err = outcome.err.replace("\n        ", " ");
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(message) && err.contains(help), "{args:?}: {err}");
    };
    fails(&plain, &["--since", "HEAD"], "not a git repository", "`--since` works in a git repository");
    fails(&plain, &["--staged"], "not a git repository", "`--staged` works in a git repository");
    fails(
        &folder,
        &["--since", "nope"],
        "`nope` names no commit",
        "in a shallow clone it may have to be fetched",
    );
    fails(&folder, &["--since", "HEAD..nope"], "`nope` names no commit", "");
    fails(&folder, &["--since=--output=x"], "`--output=x` names no commit", "");
    fails(&folder, &["--since", "HEAD:policies"], "names no commit", "");
    fails(&folder, &["--since", ""], "`` names no commit", "");
    fails(&folder, &["--since", "HEAD..HEAD", "--staged"], "`--staged` with what is staged", "leave out");
    fails(&folder, &["--staged", "-"], "not from standard input", "leave out `-`");

    // No commit in common: another root, or a shallow clone.
    let old = git(&folder, &["rev-parse", "HEAD~1"]);
    git(
        &folder,
        &["clone", "--quiet", "--depth", "1", &format!("file://{}", folder.path().display()), "shallow"],
    );
    let shallow = run_in(&folder, "shallow", &["--since", &old]);
    assert!(shallow.code == 2 && shallow.err.contains("in a shallow clone"), "{shallow:?}");
    git(&folder, &["switch", "--quiet", "--orphan", "other"]);
    commit(&folder);
    fails(
        &folder,
        &["--since", "main"],
        "`main` and `HEAD` have no commit in common",
        "git fetch --unshallow",
    );

    let mut command = folder.command(&["check", "--since", "HEAD"]);
    let output = command.env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("need the `git` program"));
}

#[test]
fn the_configuration_of_the_working_tree_counts() {
    let folder = repository();
    folder.add("ringfence.toml", "[kinds]\nbucket = [\"policies/*.json\"]\n");
    folder.add("policies/p.json", FULL);
    git(&folder, &["add", "."]);
    for args in [&["--staged"][..], &["--since", "HEAD"]] {
        let json = run_in(&folder, "", args).json();
        assert_eq!(json["files"][0]["policies"][0]["kind_from"], "config", "{args:?}");
    }
}

/// A repository that comes from elsewhere must not make `ringfence check` run anything.
#[cfg(unix)]
#[test]
fn nothing_of_the_configuration_runs() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository();
    folder.add("p.json", FENCE);
    folder.add("q.json", FENCE);
    folder.add(".gitattributes", "*.json filter=evil diff=evil\n");
    commit(&folder);
    let marker = folder.path().join("ran");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", marker.display());
    for name in ["evil.sh", ".git/hooks/post-index-change", "hooks/post-index-change", "inner.sh"] {
        folder.add(name, &script);
        let path = folder.path().join(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let evil = folder.path().join("evil.sh");
    let evil = evil.to_str().unwrap();
    let config: Vec<(&str, &str)> = [
        "core.fsmonitor",
        "core.pager",
        "pager.diff",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.process",
        "filter.evil.smudge",
        "core.sshCommand",
        "core.editor",
        "alias.diff",
        "alias.rev-parse",
    ]
    .map(|key| (key, evil))
    .into();
    for (key, value) in
        config.into_iter().chain([("filter.evil.required", "true"), ("core.hooksPath", "hooks")])
    {
        git(&folder, &["config", key, value]);
    }
    // The same content with another time, and another content.
    let age = |name: &str| {
        let file = std::fs::File::options().write(true).open(folder.path().join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(3600)).unwrap();
    };
    age("q.json");
    folder.add("p.json", FULL);
    let evil_runs = git_command(&folder).args(["diff", "--stat"]).output().unwrap();
    assert!(marker.exists(), "the trap works: {evil_runs:?}");
    std::fs::remove_file(&marker).unwrap();
    age("q.json");

    let disk = run_in(&folder, "", &["--since", "HEAD", "p.json", "q.json"]);
    assert!(!marker.exists(), "{}", std::fs::read_to_string(&marker).unwrap());
    assert_eq!((disk.code, disk.json()["files"].as_array().unwrap().len()), (1, 1), "{disk:?}");
    for args in [&["--staged"][..], &["--since", "HEAD~1.."], &["--since", "HEAD~1..."]] {
        let outcome = run_in(&folder, "", args);
        assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{args:?}");
        assert!(!marker.exists(), "{args:?}: {}", std::fs::read_to_string(&marker).unwrap());
    }
}

/// A hook is given all JSON files there are, as its own business or not.
#[test]
fn only_policies_skips_broken_files_that_are_none() {
    let folder = Folder::with("broken.json", "{\"a\": ");
    folder.add("empty.json", "");
    folder.add("long.json", " ".repeat(3 << 20));
    folder.add("binary.json", b"\0\x01\x02");
    folder.add("comma.json", FENCE.trim_end().trim_end_matches('}').to_owned() + ",}");
    let names = ["broken.json", "empty.json", "long.json", "binary.json"];
    for name in names {
        assert_eq!(folder.run(&["check", name]).code, 1, "{name}");
    }
    let mut args = vec!["check", "--only-policies"];
    args.extend(names);
    let skipped = folder.run(&args);
    assert_eq!((skipped.code, skipped.err.as_str()), (0, ""), "{skipped:?}");
    args.push("comma.json");
    let found = folder.run(&args);
    assert!(found.code == 1 && found.out.contains("comma.json:"), "{found:?}");
    // Who says that it is one, means it.
    assert_eq!(folder.run(&["check", "--only-policies", "--kind", "bucket", "empty.json"]).code, 1);
}

/// A long answer of AWS's is read out of git as from the disk, and what follows it too.
#[test]
fn long_documents_are_read_from_git() {
    let endpoint = serde_json::json!({ "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": FULL });
    let other = serde_json::json!({ "ServiceName": "com.amazonaws.eu-west-1.ec2", "x": "y".repeat(2 << 20) });
    let long = serde_json::json!({ "VpcEndpoints": [other, endpoint] }).to_string();
    let folder = repository();
    folder.add("policies/a.json", &long);
    folder.add("policies/b.json", long.replace("VpcEndpoints", "rows"));
    folder.add("policies/c.json", FULL);
    git(&folder, &["add", "--all"]);
    let paths = ["policies/a.json", "policies/c.json"].map(str::to_owned).to_vec();
    assert_eq!(checked(&folder, &["--staged"]), (1, paths));
}
