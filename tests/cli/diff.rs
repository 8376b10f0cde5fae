use super::{FENCE, FULL, Folder, Outcome};
use serde_json::Value;
use std::process::Command;

/// A bucket policy: one team writes.
const TEAM: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Team",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:role/Train" },
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "arn:aws:s3:::train-data/*"
    }
  ]
}
"#;

/// The same, and everybody reads.
const OPEN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Everyone",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::train-data/*"
    },
    {
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:role/Train" },
      "Action": ["s3:PutObject", "s3:GetObject"],
      "Resource": ["arn:aws:s3:::train-data/*"]
    }
  ]
}
"#;

fn two(old: &str, new: &str) -> Folder {
    let folder = Folder::with("old-bucket-policy.json", old);
    folder.add("new-bucket-policy.json", new);
    folder
}

fn compare(folder: &Folder, more: &[&str]) -> Outcome {
    let mut args = vec!["diff", "old-bucket-policy.json", "new-bucket-policy.json"];
    args.extend(more);
    folder.run(&args)
}

fn git(folder: &Folder, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]);
    let output = command.args(args).current_dir(folder.path()).env("HOME", folder.path()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
}

fn repository(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new();
    for (name, text) in files {
        folder.add(name, text);
    }
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "first"]);
    folder
}

fn run_git(folder: &Folder, args: &[&str]) -> Outcome {
    let mut all = vec!["diff"];
    all.extend(args);
    let output = folder.command(&all).env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn what_is_newly_allowed_is_listed_with_an_example() {
    let outcome = compare(&two(TEAM, OPEN), &[]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    insta::assert_snapshot!(outcome.out, @"
    new-bucket-policy.json, bucket policy:
      newly allowed: anonymous callers and AWS services, `s3:GetObject` on `arn:aws:s3:::train-data/*`,
        by statement 1 (`Everyone`)
        for example:
          principal  anonymous
          action     s3:GetObject
          resource   arn:aws:s3:::train-data/data/part-0001
          context    aws:SourceIp = 203.0.113.9
          decision   implicitDeny before, allowed now
      newly allowed in part: IAM principals, `s3:GetObject` on `arn:aws:s3:::train-data/*`, by statement
        1 (`Everyone`)
        for example:
          principal  arn:aws:sts::999999999999:assumed-role/AnyRole/session
          action     s3:GetObject
          resource   arn:aws:s3:::train-data/data/part-0001
          context    aws:PrincipalArn = arn:aws:iam::999999999999:role/AnyRole
                     aws:SourceIp = 203.0.113.9
          decision   implicitDeny before, allowed now

    1 policy compared: 2 newly allowed
    ");
    assert_eq!(compare(&two(TEAM, OPEN), &["--fail-on-new-access"]).code, 1);
}

#[test]
fn what_is_no_longer_allowed_is_no_new_access() {
    let outcome = compare(&two(OPEN, TEAM), &["--fail-on-new-access", "--format", "json"]);
    assert_eq!(outcome.code, 0);
    let json = outcome.json();
    let changes = json["policies"][0]["changes"].as_array().unwrap();
    assert!(changes.iter().all(|c| c["change"] == "noLongerAllowed"), "{changes:?}");
    assert_eq!(json["summary"]["newly_allowed"], 0);
    assert_eq!(json["summary"]["no_longer_allowed"], changes.len());
}

#[test]
fn a_policy_that_is_only_written_otherwise_means_the_same() {
    let minified = serde_json::from_str::<Value>(&TEAM.replace("Team", "Other")).unwrap().to_string();
    let outcome = compare(&two(TEAM, &minified), &["--fail-on-new-access"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.out,
        "new-bucket-policy.json, bucket policy: no change in meaning\n\n1 policy compared: no change in meaning\n"
    );
}

#[test]
fn a_deny_that_is_gone_leaves_the_rest_to_other_policies() {
    let outcome = compare(&two(FENCE, &FENCE.replace("\"s3:*\"", "\"s3:PutObject\"")), &["--format", "json"]);
    let json = outcome.json();
    let changes = json["policies"][0]["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(change["change"], "noLongerDenied");
        assert_eq!(
            (&change["example"]["before"], &change["example"]["after"]),
            (&"explicitDeny".into(), &"implicitDeny".into())
        );
        assert!(!change["actions"].as_array().unwrap().contains(&"s3:PutObject".into()), "{change}");
    }
}

#[test]
fn an_example_can_be_simulated() {
    let folder = two(TEAM, OPEN);
    let json = compare(&folder, &["--format", "json"]).json();
    let example = &json["policies"][0]["changes"][0]["example"];
    for (file, decision) in [("old", &example["before"]), ("new", &example["after"])] {
        let file = format!("{file}-bucket-policy.json");
        let args = ["simulate", "--policy", &file, "--request", "-", "--format", "json"];
        assert_eq!(&folder.run_with(&args, &example.to_string()).json()["decision"], decision);
    }
}

#[test]
fn what_cannot_be_judged_is_undecided_and_counts() {
    let unknown = FENCE.replace("\"Principal\": \"*\"", "\"NotPrincipal\": {\"AWS\": \"111122223333\"}");
    for new in [unknown.as_str(), "{\"Statement\": [", &FENCE.replace("Deny", "deny")] {
        let outcome = compare(&two(FENCE, new), &["--fail-on-new-access"]);
        assert_eq!(outcome.code, 1, "{}", outcome.out);
        assert!(!outcome.out.contains("no change in meaning"), "{}", outcome.out);
    }
    // The same doubt in both versions is no difference.
    let rewritten = serde_json::from_str::<Value>(&unknown).unwrap().to_string();
    let outcome = compare(&two(&unknown, &rewritten), &["--fail-on-new-access"]);
    assert_eq!(outcome.code, 0, "{}", outcome.out);
    // Nor is it when another element of that statement changes: what is known to close is all there is.
    let wider = unknown.replace("\"s3:PutObject\"", "\"s3:*\"");
    assert_eq!(
        compare(&two(&unknown.replace("\"s3:*\"", "\"s3:PutObject\""), &wider), &["--fail-on-new-access"])
            .code,
        0
    );
}

#[test]
fn a_missing_policy_is_what_aws_does_without_one() {
    let folder = Folder::with("vpce-policy.json", FULL);
    folder.add("fence-bucket-policy.json", FENCE);
    let outcome = folder.run(&["diff", "/dev/null", "vpce-policy.json"]);
    assert!(
        outcome.out.contains(
            "added (an endpoint without a policy has the default, full access): no change in meaning"
        ),
        "{}",
        outcome.out
    );
    let outcome = folder.run(&["diff", "/dev/null", "fence-bucket-policy.json", "--fail-on-new-access"]);
    assert_eq!(outcome.code, 0, "{}", outcome.out);
    assert!(outcome.out.contains("newly explicitly denied: anyone, `s3:*`"), "{}", outcome.out);
    let outcome = folder.run(&["diff", "fence-bucket-policy.json", "/dev/null", "--fail-on-new-access"]);
    assert_eq!(outcome.code, 1, "{}", outcome.out);
    assert!(outcome.out.contains("no longer explicitly denied: anyone, `s3:*`"), "{}", outcome.out);
}

#[test]
fn mistakes_fail_the_run() {
    let folder = two(TEAM, OPEN);
    folder.add("other.json", "{}");
    for args in [
        &["diff"] as &[&str],
        &["diff", "old-bucket-policy.json"],
        &["diff", "old-bucket-policy.json", "new-bucket-policy.json", "other.json"],
        &["diff", "old-bucket-policy.json", "missing.json"],
        &["diff", "other.json", "other.json"],
        &["diff", "--git", "HEAD"],
    ] {
        let outcome = folder.run(args);
        assert_eq!(outcome.code, 2, "{args:?} {outcome:?}");
        assert!(outcome.err.starts_with("error: "), "{}", outcome.err);
    }
}

#[test]
fn git_tells_what_changed_since_a_revision() {
    let folder = repository(&[
        ("buckets/a-bucket-policy.json", TEAM),
        ("buckets/b-bucket-policy.json", TEAM),
        ("buckets/gone-bucket-policy.json", &FENCE.replace("demo", "gone")),
        ("buckets/moved-bucket-policy.json", FENCE),
        ("vpce-policy.json", FULL),
        ("package.json", "{}"),
    ]);
    let outcome = run_git(&folder, &["--git", "HEAD", "--fail-on-new-access"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "0 policies compared: no change in meaning\n"),
        "{outcome:?}"
    );
    folder.add("buckets/a-bucket-policy.json", OPEN);
    folder.add("buckets/new-bucket-policy.json", OPEN);
    folder.add("package.json", "{\"a\": 1}");
    assert_eq!(folder.run(&["baseline"]).code, 0);
    std::fs::remove_file(folder.path().join("buckets/gone-bucket-policy.json")).unwrap();
    git(&folder, &["mv", "buckets/moved-bucket-policy.json", "buckets/n\u{e4}me-bucket-policy.json"]);
    let outcome = run_git(&folder, &["--git", "HEAD", "--format", "json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let json = outcome.json();
    let told: Vec<(&str, Option<&str>, &str)> = json["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["path"].as_str().unwrap(), p["old_path"].as_str(), p["meaning"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("buckets/a-bucket-policy.json", None, "changed"),
            ("buckets/gone-bucket-policy.json", None, "changed"),
            ("buckets/new-bucket-policy.json", None, "changed"),
            ("buckets/n\u{e4}me-bucket-policy.json", Some("buckets/moved-bucket-policy.json"), "same"),
        ]
    );
    let only = run_git(&folder, &["--git", "HEAD", "buckets/a-bucket-policy.json"]);
    assert!(only.out.contains("1 policy compared: 2 newly allowed"), "{}", only.out);
    assert_eq!(run_git(&folder, &["--git", "HEAD", "vpce-policy.json", "--fail-on-new-access"]).code, 0);
    for args in [&["--git", "nothing"] as &[&str], &["--git", "--output=x"], &["--git", "HEAD", "bukets"]] {
        let outcome = run_git(&folder, args);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?} {}", outcome.err);
    }
}
