//! `ringfence init`.

use super::{FENCE, FULL, Folder, IDENTITY};
use serde_json::Value;
use std::fs;

/// A repository with policies of both kinds.
fn repository() -> Folder {
    let folder = Folder::with("vpce/a-endpoint.json", FULL);
    folder.add("vpce/b-endpoint.json", FULL.replace("\"Resource\": \"*\"", "\"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:ResourceAccount\": \"111122223333\"}}"));
    folder.add("buckets/train.json", FENCE);
    folder.add("buckets/[x]*\".json", FENCE);
    folder.add("buckets/role.json", IDENTITY);
    folder.add("package.json", "{}");
    folder.add(
        "open.json",
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b12/*"}]}"#,
    );
    folder
}

#[test]
fn init_looks_at_the_repository_and_says_what_it_did() {
    let folder = repository();
    let outcome = folder.run(&["init"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    insta::assert_snapshot!(outcome.out, @r#"
    looked at 7 JSON files: 5 policies in 5 files
      bucket    buckets/[x]*".json  (by its content)
      bucket    buckets/train.json  (by its content)
      unknown   open.json  (name and content leave it open)
      endpoint  vpce/a-endpoint.json  (by its content)
      endpoint  vpce/b-endpoint.json  (by its content)
    wrote ringfence.toml
      ids that the policies name, as comments under [trusted]: accounts (1), buckets (2), vpc_endpoints (1)
      1 file whose kind cannot be told, as comments under [kinds]: say which they are
    next: take the `#` away from what is yours under [trusted], then run `ringfence check`
    "#);
    let text = fs::read_to_string(folder.path().join("ringfence.toml")).unwrap();
    let from = text.find("# Which files").unwrap();
    let to = text.find("# How severe").unwrap();
    insta::assert_snapshot!(&text[from..to], @r##"
    # Which files hold which kind of policy.
    [kinds]
    endpoint = ["vpce/*.json"]
    bucket = [
      "buckets/[[]x[]][*]\".json",
      "buckets/train.json",
    ]
    # Nothing tells which kind these are; add them to one of the lists:
    #   "open.json"

    # What is yours. Unset, the ids that a policy itself names are taken to be yours; only an id that stands here can tell
    # that a policy names the wrong one.
    [trusted]
    # vpcs = ["vpc-0123456789abcdef0"]
    # vpc_endpoints = [
    #   "vpce-0123456789abcdef0",  # buckets/[x]*".json, buckets/train.json
    # ]
    # accounts = [
    #   "111122223333",  # vpce/b-endpoint.json
    # ]
    # organizations = ["o-a1b2c3d4e5"]
    # buckets = [
    #   "amzn-s3-demo-bucket",  # buckets/[x]*".json, buckets/train.json
    #   "b12",  # open.json
    # ]
    # principals = ["arn:aws:iam::111122223333:role/NAME"]
    # ip_ranges = ["203.0.113.0/24"]
    "##);
}

#[test]
fn what_init_writes_changes_no_finding() {
    let folder = repository();
    let findings = || -> Value { folder.run(&["check", "--format", "json"]).json()["findings"].clone() };
    let before = findings();
    assert_eq!(folder.run(&["init"]).code, 0);
    assert_eq!(findings(), before);
    // With everything taken out of its comment it is a configuration still.
    let path = folder.path().join("ringfence.toml");
    let text = fs::read_to_string(&path).unwrap();
    let open: String = text
        .lines()
        .filter(|line| {
            !line.starts_with("# ")
                || line.contains(" = ")
                || line.contains("[[")
                || line.starts_with("#   \"")
                || *line == "# ]"
        })
        .filter(|line| !line.ends_with(".json\"") || !line.starts_with("#   \""))
        .map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line)))
        .collect();
    fs::write(&path, &open).unwrap();
    let outcome = folder.run(&["config"]);
    assert_eq!(outcome.code, 0, "{}\n{open}", outcome.err);
}

#[test]
fn init_replaces_nothing_unless_told() {
    let folder = Folder::with("ringfence.toml", "regions = []\n");
    let outcome = folder.run(&["init"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.starts_with("error: `ringfence.toml` exists already\n  help: "), "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path().join("ringfence.toml")).unwrap(), "regions = []\n");
    assert_eq!(folder.run(&["init", "--force"]).code, 0);
    assert_ne!(fs::read_to_string(folder.path().join("ringfence.toml")).unwrap(), "regions = []\n");
    assert_eq!(folder.run(&["init", "none"]).code, 2);
}

#[cfg(unix)]
#[test]
fn init_writes_through_no_link() {
    let folder = Folder::with("elsewhere", "x");
    std::os::unix::fs::symlink("elsewhere", folder.path().join("ringfence.toml")).unwrap();
    assert_eq!(folder.run(&["init"]).code, 2);
    assert_eq!(folder.run(&["init", "--force"]).code, 2);
    assert_eq!(fs::read_to_string(folder.path().join("elsewhere")).unwrap(), "x");
}

#[test]
fn folders_with_a_configuration_of_their_own_are_left_out() {
    let folder = repository();
    folder.add("vpce/ringfence.toml", "");
    let outcome = folder.run(&["init", "."]);
    assert!(outcome.out.contains("left out `vpce`: it has a configuration of its own"), "{}", outcome.out);
    assert!(!fs::read_to_string(folder.path().join("ringfence.toml")).unwrap().contains("vpce/*"));
    let outcome = folder.run(&["init", "buckets"]);
    assert!(outcome.out.contains("`ringfence.toml` no longer counts here"), "{}", outcome.out);
}
