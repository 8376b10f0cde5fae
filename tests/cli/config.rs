use super::{FENCE, FULL, Folder};

#[test]
fn globs_tell_the_kind_and_a_flag_beats_them() {
    let folder = Folder::with("ringfence.toml", "[kinds]\nendpoint = [\"vpce/**/*.json\"]\n");
    folder.add("vpce/deep/fence.json", FENCE);
    let kind = |args: &[&str]| {
        let json = folder.run(args).json();
        let policy = &json["files"][0]["policies"][0];
        (policy["kind"].as_str().unwrap().to_owned(), policy["kind_from"].as_str().unwrap().to_owned())
    };
    assert_eq!(kind(&["check", "--format", "json"]), ("endpoint".into(), "config".into()));
    let flagged = kind(&["check", "--format", "json", "--kind", "bucket"]);
    assert_eq!(flagged, ("bucket".into(), "flag".into()));
}

#[test]
fn a_mistake_is_shown_in_its_place() {
    let folder = Folder::with("ringfence.toml", "[trusted]\nvpc = [\"vpc-0123456789abcdef0\"]\n");
    folder.add("a.json", FULL);
    folder.add("b.json", FULL);
    let outcome = folder.run(&["check"]);
    assert_eq!(outcome.code, 2);
    insta::assert_snapshot!(outcome.err, @r#"
    error: invalid configuration
       ╭─[ringfence.toml:2:1]
     1 │ [trusted]
     2 │ vpc = ["vpc-0123456789abcdef0"]
       · ─┬─
       ·  ╰─┤ unknown key `vpc`, expected one of `vpcs`, `vpc_endpoints`, `accounts`, `organizations`,
       ·    │ `buckets`, `principals`, `ip_ranges`
       ╰────
      help: write `vpcs`
    "#);
}

#[test]
fn only_the_files_it_is_for_suffer_from_a_bad_configuration() {
    let folder = Folder::with("bad/ringfence.toml", "x");
    folder.add("bad/endpoint.json", FULL);
    folder.add("good/endpoint.json", FULL);
    let outcome = folder.run(&["check"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.out.contains("good/endpoint.json"), "{}", outcome.out);
    assert!(!outcome.out.contains("bad/endpoint.json"), "{}", outcome.out);
    assert!(outcome.err.contains("bad/ringfence.toml:1:"), "{}", outcome.err);
}

#[test]
fn a_file_of_both_kinds_is_a_configuration_error() {
    let folder = Folder::with("ringfence.toml", "[kinds]\nendpoint = [\"*.json\"]\nbucket = [\"p*\"]\n");
    folder.add("p.json", FULL);
    let outcome = folder.run(&["check"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("`p.json` matches patterns of both kinds"), "{}", outcome.err);
}

#[test]
fn a_named_configuration_goes_for_all_files() {
    let folder = Folder::with("conf/my.toml", "[kinds]\nbucket = [\"*.json\"]\n");
    folder.add("conf/p.json", FENCE);
    let json = folder.run(&["check", "--config", "conf/my.toml", "--format", "json", "conf"]).json();
    assert_eq!(json["files"][0]["policies"][0]["kind_from"], "config");
    assert_eq!(folder.run(&["check", "--config", "conf/none.toml", "conf"]).code, 2);
}
