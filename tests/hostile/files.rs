//! What a file system can hold that is no readable, well-named, steady regular file.

use super::{FULL, Folder, Outcome, harmless, watch};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn fifo(folder: &Folder, name: &str) {
    let made = Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap();
    assert!(made.success());
}

/// Each argument alone ends with 2 and a word about it.
#[track_caller]
fn refused(folder: &Folder, name: &str, why: &str) {
    let outcome = folder.run(&["check", name]).is(2);
    assert!(outcome.err.contains(why), "{name}: {}", outcome.err);
    // Beside a good file it still fails the run, and the good file is still checked.
    folder.add("good.json", FULL);
    let outcome = folder.run(&["check", "good.json", name]).is(2);
    assert!(outcome.out.contains("endpoint-full-access"), "{name}: {}", outcome.out);
    fs::remove_file(folder.path().join("good.json")).unwrap();
    for args in [["--policy", name, "--request", "/dev/null"], ["--policy", "/dev/null", "--request", name]] {
        folder.run(&[&["simulate"], &args[..]].concat()).is(2);
    }
    let config = folder.run(&["check", "--config", name]).is(2);
    assert!(config.err.contains("configuration"), "{name}: {}", config.err);
}

#[test]
fn links_pipes_sockets_and_devices() {
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name);
    symlink("self.json", path("self.json")).unwrap();
    symlink("b.json", path("a.json")).unwrap();
    symlink("a.json", path("b.json")).unwrap();
    symlink("nowhere", path("dangling.json")).unwrap();
    symlink("/dev/zero", path("zero.json")).unwrap();
    symlink("pipe.json", path("to-pipe.json")).unwrap();
    fifo(&folder, "pipe.json");
    let _socket = UnixListener::bind(path("socket.json")).unwrap();
    for (name, why) in [
        ("self.json", "symbolic links"),
        ("a.json", "symbolic links"),
        ("dangling.json", "does not exist"),
        ("zero.json", "a device"),
        ("/dev/zero", "a device"),
        ("pipe.json", "a pipe"),
        ("to-pipe.json", "a pipe"),
        ("socket.json", "a socket"),
    ] {
        refused(&folder, name, why);
    }
    // Nothing in this folder can be checked: not a clean result.
    folder.run(&["check"]).is(2);
    folder.run(&["check", "*.json"]).is(2);
    folder.run(&["rules", "--rules", "."]).is(2);
    folder.run(&["test", "."]).is(2);
}

#[test]
fn loops_of_folders_are_walked_once() {
    let folder = Folder::with("one/two/p.json", FULL);
    symlink("..", folder.path().join("one/two/up")).unwrap();
    symlink(".", folder.path().join("one/here")).unwrap();
    fs::create_dir(folder.path().join("folder.json")).unwrap();
    for args in [&["check", "--format", "json"][..], &["check", "--format", "json", "**/*.json"]] {
        let json = folder.run(args).is(1).json();
        assert_eq!(json["files"].as_array().unwrap().len(), 1, "{json}");
    }
    let outcome = folder.run(&["check", "folder.json"]).is(2);
    assert!(outcome.err.contains("no policy found in `folder.json`"), "{}", outcome.err);
}

/// A configuration that cannot be read is not taken for none.
#[test]
fn a_configuration_that_is_no_file() {
    for make in [
        |folder: &Folder| fifo(folder, "ringfence.toml"),
        |folder: &Folder| symlink("/dev/zero", folder.path().join("ringfence.toml")).unwrap(),
        |folder: &Folder| symlink("nowhere", folder.path().join("ringfence.toml")).unwrap(),
        |folder: &Folder| symlink("ringfence.toml", folder.path().join("ringfence.toml")).unwrap(),
        |folder: &Folder| fs::create_dir(folder.path().join("ringfence.toml")).unwrap(),
    ] {
        let folder = Folder::with("p.json", FULL);
        make(&folder);
        let outcome = folder.run(&["check", "p.json"]).is(2);
        assert!(outcome.err.contains("configuration `ringfence.toml`"), "{}", outcome.err);
    }
}

/// The program without the right to read what permissions forbid, which root has otherwise.
fn run_unprivileged(folder: &Folder, args: &[&str]) -> Outcome {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let drop = "setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all";
    let prefix = if root { drop } else { "" };
    // The test tests something only if this cannot be read.
    let readable =
        folder.shell(&format!("{prefix} cat secret.json secret/p.json"), &[""; 0]).output().unwrap();
    assert!(readable.stdout.is_empty() && !readable.status.success(), "the files can be read: {readable:?}");
    watch(folder.shell(&format!("exec {prefix} \"$0\" \"$@\""), args).spawn().unwrap())
}

#[test]
fn what_permissions_forbid_is_reported() {
    let folder = Folder::with("p.json", FULL);
    folder.add("secret.json", FULL);
    folder.add("secret/p.json", FULL);
    folder.add("rules/r.json", "{}");
    folder.add("ringfence.toml", "");
    let lock =
        |name: &str| fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o0)).unwrap();
    lock("secret.json");
    lock("secret");
    for args in [&["check"][..], &["check", "."], &["check", "**/*.json"], &["check", "--allow-no-policies"]]
    {
        let outcome = run_unprivileged(&folder, args).is(2);
        assert!(outcome.err.contains("secret.json` cannot be read: Permission denied"), "{}", outcome.err);
        assert!(outcome.err.contains("secret` cannot be read"), "{}", outcome.err);
        assert!(outcome.out.contains("endpoint-full-access"), "the rest is checked: {}", outcome.out);
    }
    for args in [["check", "secret.json"], ["check", "secret"], ["check", "secret/p.json"]] {
        let outcome = run_unprivileged(&folder, &args).is(2);
        assert!(outcome.err.contains("Permission denied"), "{}", outcome.err);
    }
    lock("rules");
    run_unprivileged(&folder, &["check", "--rules", "rules", "p.json"]).is(2);
    lock("ringfence.toml");
    let outcome = run_unprivileged(&folder, &["check", "p.json"]).is(2);
    assert!(outcome.err.contains("configuration `ringfence.toml` cannot be read"), "{}", outcome.err);
    fs::set_permissions(folder.path().join("secret"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(folder.path().join("rules"), fs::Permissions::from_mode(0o700)).unwrap();
}

/// The system says yes to opening, and no to reading.
#[cfg(target_os = "linux")]
#[test]
fn an_error_while_reading() {
    let folder = Folder::new();
    symlink("/proc/self/mem", folder.path().join("mem.json")).unwrap();
    for name in ["mem.json", "/proc/self/mem"] {
        let outcome = folder.run(&["check", name]).is(2);
        assert!(outcome.err.contains("cannot be read"), "{}", outcome.err);
        folder.run(&["check", "--config", name]).is(2);
        folder.run(&["simulate", "--policy", name, "--request", name]).is(2);
    }
}

#[test]
fn files_that_change_and_vanish_during_the_walk() {
    let folder = Folder::with("p.json", FULL);
    let (stop, path) = (Arc::new(AtomicBool::new(false)), folder.path().to_owned());
    let changer = thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            for round in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let sub = path.join(format!("d{}", round % 7));
                let file = sub.join("q.json");
                let _ = fs::create_dir_all(&sub);
                let _ = fs::write(&file, FULL);
                let _ = fs::write(&file, FULL.repeat(round % 300));
                let _ = fs::remove_file(&file);
                // What was a file when it was looked at is a pipe when it is opened.
                let _ = Command::new("mkfifo").arg(&file).status();
                let _ = fs::remove_file(&file);
                let _ = fs::write(sub.join("r.json"), "{");
                let _ = fs::remove_dir_all(&sub);
            }
        }
    });
    for round in 0..30 {
        let format = if round % 2 == 0 { "json" } else { "text" };
        let outcome = folder.run(&["check", "--format", format]);
        harmless(&outcome.out);
        harmless(&outcome.err);
        // What vanished before it could be read is told; the file that stays is checked each time.
        assert_eq!(outcome.code, if outcome.err.is_empty() { 1 } else { 2 }, "{outcome:?}");
        assert!(outcome.out.contains("endpoint-full-access"), "{outcome:?}");
    }
    stop.store(true, Ordering::Relaxed);
    changer.join().unwrap();
}

#[test]
fn names_that_are_not_utf8() {
    let folder = Folder::new();
    let name = OsStr::from_bytes(b"p\xff\xfe\x9b31m.json");
    folder.add(name, FULL);
    folder.add(OsStr::from_bytes(b"d\xff/q.json"), FULL);
    for pattern in [".", "*.json", "**/*", "p*", "d?/*"] {
        let json = folder.run(&["check", "--format", "json", pattern]).is(1).json();
        assert!(!json["files"].as_array().unwrap().is_empty(), "{pattern}");
        folder.run(&["check", pattern]).is(1);
    }
    let check = [OsStr::new("check"), name];
    let outcome = folder.run(&check).is(1);
    assert!(outcome.out.contains("p\u{fffd}\u{fffd}"), "{}", outcome.out);
    for args in [["--config"], ["--rules"], ["--format"], ["--stdin-filename"], ["--kind"]] {
        folder.run(&[OsStr::new("check"), OsStr::new(args[0]), name]).is(2);
    }
    for command in ["explain", "test", "completions"] {
        folder.run(&[OsStr::new(command), name]).is(2);
    }
    folder.run(&[name]).is(2);
}

#[test]
fn long_names_deep_folders_and_many_files() {
    let folder = Folder::new();
    let long = format!("{}.json", "n".repeat(250));
    folder.add(&long, FULL);
    folder.run(&["check", &long]).is(1);
    for length in [300, 5_000, 100_000] {
        let outcome = folder.run(&["check", &"n".repeat(length)]).is(2);
        assert!(outcome.err.contains("File name too long"), "{}", outcome.err);
        folder.run(&["check", &format!("{}*", "n/".repeat(length / 2))]).is(2);
    }
    for number in 0..10_000 {
        folder.add(format!("many/{}/{number}.json", number / 1000), "{}");
    }
    let json = folder.run(&["check", "--format", "json"]).is(1).json();
    assert_eq!((&json["summary"]["files"], &json["summary"]["skipped"]), (&1.into(), &10_000.into()));
    fs::remove_file(folder.path().join(&long)).unwrap();
    folder.run(&["check"]).is(2);
}

/// Deeper than the longest path that the system takes: what lies there cannot be read, and that is said.
#[test]
fn a_folder_nested_thousands_deep() {
    let folder = Folder::with("p.json", FULL);
    let deep = |levels: usize| "d/".repeat(levels);
    folder.add(format!("a/{}q.json", deep(1_900)), FULL);
    let json = folder.run(&["check", "--format", "json"]).is(1).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
    folder.add(format!("b/{}r.json", deep(1_900)), FULL);
    let bottom = folder.path().join(format!("a/{}b", deep(1_900)));
    fs::rename(folder.path().join("b"), bottom).unwrap();
    let outcome = folder.run(&["check"]).is(2);
    assert!(outcome.err.contains("File name too long"), "{}", outcome.err);
    assert!(outcome.out.contains("endpoint-full-access"));
}

#[test]
fn files_beyond_the_limit() {
    let folder = Folder::with("big.json", " ".repeat(2 << 20));
    let sparse = fs::File::create(folder.path().join("sparse.json")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    for name in ["big.json", "sparse.json"] {
        let outcome = folder.run(&["check", name]).is(1);
        assert!(outcome.out.contains("longer than 1024 KiB"), "{}", outcome.out);
        folder.run(&["check", "--config", name, "big.json"]).is(2);
        folder.run(&["simulate", "--policy", "big.json", "--request", name]).is(2);
    }
    let endless = folder.shell("yes | \"$0\" check --stdin-filename p.json -", &[""; 0]).spawn().unwrap();
    watch(endless).is(1);
}

/// A plan: an endpoint with the default policy, and `rest` behind it.
fn plan(rest: &str) -> String {
    let endpoint = r#"{"address": "aws_vpc_endpoint.s3", "mode": "managed", "type": "aws_vpc_endpoint", "values": {"service_name": "com.amazonaws.eu-west-1.s3", "policy": null}}"#;
    format!(
        r#"{{"terraform_version": "1.9.0", "planned_values": {{"root_module": {{"resources": [{endpoint}{rest}"#
    )
}

#[test]
fn long_documents() {
    let folder = Folder::new();
    let resource =
        r#", {"address": "aws_instance.a", "type": "aws_instance", "values": {"tags": ["a", "b"]}}"#;
    let end = "]}}}";
    let padded = |length: usize| {
        let plan = plan("");
        format!("{plan}{}{end}", " ".repeat(length - plan.len() - end.len()))
    };
    let checked = |text: &str| {
        folder.add("plan.json", text);
        folder.run(&["check", "plan.json"]).is(1).out
    };
    let is_found = |out: &str| out.contains("error[endpoint-full-access]");
    let is_refused = |out: &str| out.contains("longer than 1024 KiB") && !is_found(out);

    // Up to the limit, and a byte beyond; from a pipe too.
    assert!(is_found(&checked(&padded(64 << 20))));
    let piped = folder.shell("cat plan.json | \"$0\" check -", &[""; 0]).spawn().unwrap();
    assert!(is_found(&watch(piped).is(1).out));
    assert!(is_refused(&checked(&padded((64 << 20) + 1))));
    let piped = folder.shell("cat plan.json | \"$0\" check -", &[""; 0]).spawn().unwrap();
    assert!(is_refused(&watch(piped).is(1).out));

    // Cut off, and broken behind the first mebibyte: told with the place, and what can be read is checked.
    let many = plan(&resource.repeat(20_000));
    let cut = checked(&many);
    assert!(is_found(&cut) && cut.contains("error[policy-syntax]: the document ends here"), "{cut}");
    assert!(cut.contains(&format!("plan.json:1:{}", many.len())), "{cut}");
    let comma = checked(&format!("{many},{end}"));
    assert!(is_found(&comma) && comma.contains("a comma before the closing `]`"), "{comma}");
    let cut = checked(&format!(r#"{{"a": [{}"#, &many[..3 << 19]));
    assert!(is_refused(&cut), "{cut}");

    // Nested deeper than is read, more than may be kept, and what is no such document.
    let deep = checked(&format!("{}, {}", plan(""), "[".repeat(3 << 20)));
    assert!(is_found(&deep) && deep.contains("nesting deeper than 128 levels"), "{deep}");
    let endpoint = r#"{"VpcEndpointId": "a", "PolicyDocument": "{\"Statement\": []}"},"#;
    for element in ["1,", "{\"a\":1},", endpoint] {
        let text = format!(r#"{{"VpcEndpoints": [{}1]}}"#, element.repeat((50 << 20) / element.len()));
        assert!(is_refused(&checked(&text)), "{element}");
    }
    assert!(is_refused(&checked(&format!(r#"{{"terraform_version": [{}1]}}"#, "1,".repeat(2 << 20)))));
    let utf16: Vec<u8> = many.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("plan.json"), utf16).unwrap();
    assert!(is_refused(&folder.run(&["check", "plan.json"]).is(1).out));
}
