use super::{FENCE, FULL, Folder};
use serde_json::Value;

/// A bucket policy that everybody reads through.
const OPEN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Readers",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::train-data/public/*"
    }
  ]
}
"#;

fn folder() -> Folder {
    let folder = Folder::with("buckets/open-bucket-policy.json", OPEN);
    folder.add("buckets/fence-bucket-policy.json", FENCE);
    folder.add("vpce-policy.json", FULL);
    folder
}

const CHECK: [&str; 4] = ["check", "--baseline", ".ringfence-baseline.json", "."];

#[test]
fn what_is_kept_is_not_shown_again() {
    let folder = folder();
    assert_eq!(folder.run(&["check", "."]).code, 1);
    let outcome = folder.run(&["baseline"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert_eq!(outcome.out, ".ringfence-baseline.json: 4 findings in 2 files\n");
    let outcome = folder.run(&CHECK);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{}", outcome.out);
    assert_eq!(outcome.out, "3 files, 3 policies: nothing found, 4 in the baseline\n");
    // The same from another folder, and by an absolute path.
    let path = folder.path().join("buckets");
    let args = ["check", "--baseline", ".ringfence-baseline.json", path.to_str().unwrap()];
    assert_eq!(folder.run(&args).code, 0);
    // Without it, everything as before; and the baseline itself holds no policies.
    let outcome = folder.run(&["check", ".", ".ringfence-baseline.json"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("3 policies (1 file without a policy skipped)"), "{}", outcome.out);
}

#[test]
fn one_more_hole_is_shown_alone_in_every_format() {
    let folder = folder();
    let _ = folder.run(&["baseline"]);
    folder.add(
        "buckets/open-bucket-policy.json",
        format!("\n{}", OPEN.replace("Readers", "Everyone").replace("public/*", "*")),
    );
    let outcome = folder.run(&CHECK);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("error[bucket-outside-vpc-allowed]"), "{}", outcome.out);
    assert!(outcome.out.contains("1 error"), "{}", outcome.out);
    assert!(outcome.out.contains("arn:aws:s3:::train-data/"), "{}", outcome.out);
    for format in ["json", "sarif", "github", "gitlab", "junit", "rdjsonl", "markdown"] {
        let mut args = CHECK.to_vec();
        args.extend(["--format", format]);
        let outcome = folder.run(&args);
        assert_eq!(outcome.code, 1, "{format}");
        assert!(outcome.out.contains("bucket-outside-vpc-allowed"), "{format}: {}", outcome.out);
        let results = match format {
            "json" => outcome.json()["findings"].as_array().unwrap().len(),
            "sarif" => outcome.json()["runs"][0]["results"].as_array().unwrap().len(),
            "gitlab" => outcome.json().as_array().unwrap().len(),
            "github" => outcome.out.lines().filter(|l| l.starts_with("::")).count(),
            "rdjsonl" => outcome.out.lines().count(),
            "junit" => outcome.out.matches("<failure").count(),
            _ => 1,
        };
        assert_eq!(results, 1, "{format}: {}", outcome.out);
    }
    let json = folder.run(&[&CHECK[..], &["--format", "json"]].concat()).json();
    assert_eq!(json["summary"]["hidden"].as_u64().unwrap() + 1, all(&folder));
    assert_eq!(json["summary"]["unmatched"], 0);
}

/// How many findings there are without a baseline.
fn all(folder: &Folder) -> u64 {
    let json: Value = folder.run(&["check", "--format", "json", "."]).json();
    json["findings"].as_array().unwrap().len() as u64
}

#[test]
fn what_is_gone_is_told_and_shrinking_drops_it() {
    let folder = folder();
    let _ = folder.run(&["baseline"]);
    std::fs::remove_file(folder.path().join("vpce-policy.json")).unwrap();
    folder.add(
        "buckets/fence-bucket-policy.json",
        FENCE.replace("[\"arn:aws:s3:::amzn-s3-demo-bucket\", ", "["),
    );
    let before = folder.run(&CHECK);
    assert!(before.err.starts_with("note: "), "{}", before.err);
    assert!(
        before.err.contains("of the baseline are found no more: `ringfence baseline --shrink` drops them"),
        "{}",
        before.err
    );
    let outcome = folder.run(&["baseline", "--shrink"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.out.contains("dropped"), "{}", outcome.out);
    let after = folder.run(&CHECK);
    assert_eq!((after.code, after.err.as_str(), &after.out), (before.code, "", &before.out));
    // What was not checked is kept.
    let outcome = folder.run(&["baseline", "--shrink", "buckets/fence-bucket-policy.json"]);
    assert!(outcome.out.ends_with(", 0 dropped\n"), "{}", outcome.out);
}

#[test]
fn a_moved_file_is_known_by_what_it_holds() {
    let folder = folder();
    let _ = folder.run(&["baseline"]);
    let path = |name: &str| folder.path().join(name);
    std::fs::rename(path("buckets/open-bucket-policy.json"), path("moved-bucket-policy.json")).unwrap();
    let outcome = folder.run(&CHECK);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{}", outcome.out);
    // A copy is no move.
    folder.add("buckets/open-bucket-policy.json", OPEN);
    assert_eq!(folder.run(&CHECK).code, 1);
}

#[test]
fn a_baseline_that_cannot_be_used_fails_the_run() {
    let folder = folder();
    let outcome = folder.run(&CHECK);
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    assert!(outcome.err.contains("`ringfence baseline --output FILE` writes one"), "{}", outcome.err);
    for text in ["{}", "[", OPEN] {
        folder.add(".ringfence-baseline.json", text);
        assert_eq!(folder.run(&CHECK).code, 2);
        assert_eq!(folder.run(&["baseline", "--shrink"]).code, 2);
    }
    assert_eq!(folder.run(&["baseline", "--output", "no/such/folder.json"]).code, 2);
    assert_eq!(folder.run(&["baseline", "-"]).code, 2);
}
