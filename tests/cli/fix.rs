//! `check --fix`, `--diff` and `--fixes`.

use super::{FENCE, FULL, Folder};
use insta::assert_snapshot;
use ringfence::finding::Edit;
use ringfence::fix::text::changed;
use ringfence::source::Span;
use serde_json::Value;
use std::fs;

/// A fence with a hole that one word closes, laid out in a way of its own, and a warning that stays.
const FENCE_WITH_HOLE: &str = "{ \"Version\" : \"2012-10-17\",\n\n  \"Statement\" :\n  {\n\t\"Effect\": \"Deny\", \"Principal\": \"*\",\n\t\"Action\": \"s3:*\",\n\t\"Resource\": [ \"arn:aws:s3:::train-data\"\n\t           , \"arn:aws:s3:::train-data/*\" ],\n\t\"Condition\": { \"ForAnyValue:StringNotEquals\": { \"aws:SourceVpce\": \"vpce-0a1b2c3d4e5f60718\" } }\n  }\n}   \n\n";

#[test]
fn a_fix_is_one_word_in_place_and_the_rest_stays_as_it_is() {
    let folder = Folder::with("bucket.json", FENCE_WITH_HOLE);
    let outcome = folder.run(&["check", "--fix", "bucket.json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert_eq!(outcome.out, "1 file, 1 policy: nothing found\n1 fix made\n");
    let fixed = fs::read_to_string(folder.path().join("bucket.json")).unwrap();
    assert_eq!(fixed, FENCE_WITH_HOLE.replace("ForAnyValue:", ""));
    assert_eq!(folder.run(&["check", "--fix", "."]).out, "1 file, 1 policy: nothing found\n");
}

#[test]
fn a_diff_shows_what_would_change_and_writes_nothing() {
    let folder = Folder::with("endpoint.json", FULL);
    folder.add("fence.json", FENCE);
    let outcome = folder.run(&["check", "--diff", "."]);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, ""), "the file as it is has holes");
    assert_eq!(fs::read_to_string(folder.path().join("endpoint.json")).unwrap(), FULL);
    assert_snapshot!(outcome.out, @r#"
    --- endpoint.json
    +++ endpoint.json
    @@ -6,6 +6,18 @@
           "Principal": "*",
           "Action": "*",
           "Resource": "*"
    +    },
    +    {
    +      "Effect": "Deny",
    +      "Principal": "*",
    +      "Action": "s3:GetObject",
    +      "Resource": [
    +        "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
    +        "arn:aws:s3:::packages.*.amazonaws.com/*",
    +        "arn:aws:s3:::repo.*.amazonaws.com/*",
    +        "arn:aws:s3:::amazonlinux-2-repos-*/*",
    +        "arn:aws:s3:::al2023-repos-*/*"
    +      ]
         }
       ]
     }
    "#);
    let fixed = folder.run(&["check", "--fix", "."]);
    assert_eq!(fixed.code, 1, "full access is left");
    assert!(fixed.out.ends_with(": 1 error\n3 fixes made\n"), "{}", fixed.out);
    assert_eq!(folder.run(&["check", "--diff", "."]).out, "");
}

#[test]
fn line_ends_tabs_and_one_line_are_kept() {
    let folder = Folder::new();
    let value: Value = serde_json::from_str(FULL).unwrap();
    let tabs = serde_json::to_string_pretty(&value).unwrap().replace("  ", "\t").replace('\n', "\r\n");
    for (text, name) in [(&value.to_string(), "endpoint-one.json"), (&tabs, "endpoint-tabs.json")] {
        folder.add(name, text);
        folder.run(&["check", "--fix", name]).out.find("fixes made").expect("fixed");
        let fixed = fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            fixed.matches("\r\n").count(),
            fixed.matches('\n').count() * usize::from(text.contains('\n'))
        );
        assert_eq!(fixed.contains('\n'), text.contains('\n'), "{fixed}");
        assert_eq!(fixed.contains(": "), text.contains(": "), "{fixed}");
        assert_eq!(fixed.ends_with('}'), text.ends_with('}'), "{fixed}");
        let begin = fixed.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let end = fixed.bytes().rev().zip(text.bytes().rev()).take_while(|(a, b)| a == b).count();
        assert!(begin + end >= text.len(), "more than one place has changed: {fixed}");
        assert!(fixed.contains("arn:aws:s3:::packages.*.amazonaws.com/*"), "{fixed}");
    }
    assert_snapshot!(fs::read_to_string(folder.path().join("endpoint-one.json")).unwrap(), @r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::amazonlinux.*.amazonaws.com/*","arn:aws:s3:::packages.*.amazonaws.com/*","arn:aws:s3:::repo.*.amazonaws.com/*","arn:aws:s3:::amazonlinux-2-repos-*/*","arn:aws:s3:::al2023-repos-*/*"]}],"Version":"2012-10-17"}"#);
}

#[test]
fn standard_input_comes_out_fixed_and_the_report_stands_elsewhere() {
    let folder = Folder::new();
    let outcome =
        folder.run_with(&["check", "--fix", "-", "--stdin-filename", "bucket.json"], FENCE_WITH_HOLE);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.out, FENCE_WITH_HOLE.replace("ForAnyValue:", ""));
    assert_eq!(outcome.err, "1 file, 1 policy: nothing found\n1 fix made\n");
    // What needs no fix, or is no policy, comes out as it went in, also what looks like a command to a CI service.
    for text in [FENCE, "{\n  \"a\":\n::error::1\n##[x]\n", "", "[1, 2]"] {
        let outcome = folder.run_with(&["check", "--fix", "-"], text);
        assert_eq!(outcome.out, text, "{outcome:?}");
    }
    let other = folder.run_with(&["check", "--fix", "-", "other.json"], FENCE);
    assert_eq!((other.code, other.out.as_str()), (2, ""), "{other:?}");
}

#[test]
fn unsafe_fixes_are_made_when_asked_for() {
    let text = FENCE_WITH_HOLE
        .replace("ForAnyValue:StringNotEquals", "StringNotEquals")
        .replace("s3:*\"", "s3:GetObjects\"");
    let folder = Folder::with("bucket.json", &text);
    let shown = folder.run(&["check", "--fixes", "bucket.json"]);
    assert!(
        shown
            .out
            .contains("fix: write `s3:GetObject` in place of `s3:GetObjects` (unsafe: it guesses that `s3:GetObject` is\n"),
        "{}",
        shown.out
    );
    let safe = folder.run(&["check", "--fix", "bucket.json"]);
    assert!(safe.out.contains("with `--fix --unsafe-fixes`"), "{}", safe.out);
    assert_eq!(fs::read_to_string(folder.path().join("bucket.json")).unwrap(), text);
    let outcome = folder.run(&["check", "--fix", "--unsafe-fixes", "bucket.json"]);
    assert!(outcome.out.contains("made"), "{}", outcome.out);
    let fixed = fs::read_to_string(folder.path().join("bucket.json")).unwrap();
    assert!(fixed.contains("\t\"Action\": \"s3:GetObject\",\n") && !fixed.contains("GetObjects"), "{fixed}");
}

#[test]
fn json_carries_the_edits() {
    let folder = Folder::with("bucket.json", FENCE_WITH_HOLE);
    let plain = folder.run(&["check", "--format", "json", "bucket.json"]).json();
    assert_eq!(plain["findings"][0]["fix"], Value::Null, "not asked for");
    assert_eq!(plain["summary"].get("fixes"), None);
    let json = folder.run(&["check", "--fixes", "--format", "json", "bucket.json"]).json();
    assert_eq!(json["summary"]["fixes"], serde_json::json!({"safe": 2, "unsafe": 0, "made": 0}));
    for finding in json["findings"].as_array().unwrap() {
        let fix = &finding["fix"];
        assert_eq!((fix["safety"].as_str(), &fix["caution"]), (Some("safe"), &Value::Null));
        let offset =
            |edit: &Value, end: &str| usize::try_from(edit["span"][end]["offset"].as_u64().unwrap()).unwrap();
        let edits = fix["edits"].as_array().unwrap().iter();
        let edits = edits
            .map(|e| Edit::new(Span::new(offset(e, "start"), offset(e, "end")), e["text"].as_str().unwrap()));
        let made = changed(FENCE_WITH_HOLE.as_bytes(), &edits.collect::<Vec<_>>()).unwrap();
        assert_eq!(String::from_utf8(made).unwrap(), FENCE_WITH_HOLE.replace("ForAnyValue:", ""));
    }
}

#[test]
fn a_policy_in_a_string_is_fixed_through_its_escapes() {
    let policy: Value =
        serde_json::from_str(&FENCE_WITH_HOLE.replace("\"arn:aws:s3:::train-data\"\n\t           , ", ""))
            .unwrap();
    for text in [policy.to_string(), serde_json::to_string_pretty(&policy).unwrap()] {
        let output = serde_json::json!({ "Policy": text }).to_string();
        let folder = Folder::with("out.json", &output);
        let outcome = folder.run(&["check", "--fix", "out.json"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let fixed: Value =
            serde_json::from_slice(&fs::read(folder.path().join("out.json")).unwrap()).unwrap();
        let inner: Value = serde_json::from_str(fixed["Policy"].as_str().unwrap()).unwrap();
        let mut wanted = policy.clone();
        wanted["Statement"]["Resource"] =
            serde_json::json!(["arn:aws:s3:::train-data/*", "arn:aws:s3:::train-data"]);
        wanted["Statement"]["Condition"] =
            serde_json::json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}});
        assert_eq!(inner, wanted);
    }
}

#[test]
fn flags_that_do_not_go_together() {
    let folder = Folder::with("fence.json", FENCE);
    for args in [
        &["check", "--fix", "--diff"][..],
        &["check", "--fix", "--fixes"],
        &["check", "--unsafe-fixes"],
        &["check", "--diff", "--format", "json"],
    ] {
        let outcome = folder.run(args);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?}");
        assert!(!outcome.err.is_empty());
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn permissions_stay_and_links_are_followed() {
        let folder = Folder::with("real/bucket.json", FENCE_WITH_HOLE);
        let (real, link) = (folder.path().join("real/bucket.json"), folder.path().join("bucket.json"));
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real/bucket.json", &link).unwrap();
        assert_eq!(folder.run(&["check", "--fix", "bucket.json"]).code, 0);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), FENCE_WITH_HOLE.replace("ForAnyValue:", ""));
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path().join("real")).unwrap().count(), 1, "nothing is left behind");
    }

    /// No file may grow: so for root too, who may write anywhere.
    #[test]
    fn a_file_that_cannot_be_written_fails_the_run_and_stays() {
        let folder = Folder::with("bucket.json", FENCE_WITH_HOLE);
        let program = env!("CARGO_BIN_EXE_ringfence");
        let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" check --fix bucket.json";
        let output = std::process::Command::new("sh")
            .args(["-c", script, program])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains("cannot write `bucket.json`"), "{err}");
        assert_eq!(fs::read_to_string(folder.path().join("bucket.json")).unwrap(), FENCE_WITH_HOLE);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}

/// A fence as a template and as a module, with two words that are wrong.
const TEMPLATE: &str = "Resources:
  Fence:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: deny
            Principal: '*'
            Action: 's3:*'
            Resource: [!Sub 'arn:aws:s3:::${Data}', !Sub 'arn:aws:s3:::${Data}/*']
            Condition:
              \"ForAnyValue:StringNotEquals\": {'aws:SourceVpce': vpce-0a1b2c3d4e5f60718}
";
const MODULE: &str = r#"data "aws_iam_policy_document" "fence" {
  statement {
    effect    = "deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "ForAnyValue:StringNotEquals"
      variable = "aws:SourceVpce"
      values   = ["vpce-0a1b2c3d4e5f60718"]
    }
  }
}
resource "aws_s3_bucket_policy" "fence" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.fence.json
}
"#;

#[test]
fn words_are_corrected_in_templates_and_modules() {
    let right = |text: &str| text.replace("deny", "Deny").replace("ForAnyValue:", "");
    let folder = Folder::with("stack.yaml", TEMPLATE);
    let outcome = folder.run(&["check", "--fix", "."]);
    assert_eq!(
        (outcome.code, &*outcome.out),
        (0, "1 file, 1 policy: nothing found\n2 fixes made\n"),
        "{outcome:?}"
    );
    assert_eq!(fs::read_to_string(folder.path().join("stack.yaml")).unwrap(), right(TEMPLATE));

    // Another file of the module may use the words.
    let folder = Folder::with("main.tf", MODULE);
    let outcome = folder.run(&["check", "--fix", "--format", "json", "."]);
    assert_eq!(outcome.json()["summary"]["fixes"]["made"], 0);
    assert_eq!(fs::read_to_string(folder.path().join("main.tf")).unwrap(), MODULE);
    let json = outcome.json();
    let found = json["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "policy-effect");
    let fix = &found.unwrap()["fix"];
    assert_eq!(
        (&fix["safety"], &fix["caution"]),
        (&"unsafe".into(), &"other files of the module may use it".into())
    );
    let outcome = folder.run(&["check", "--fix", "--unsafe-fixes", "."]);
    assert_eq!(
        (outcome.code, &*outcome.out),
        (0, "1 file, 1 policy: nothing found\n2 fixes made\n"),
        "{outcome:?}"
    );
    assert_eq!(fs::read_to_string(folder.path().join("main.tf")).unwrap(), right(MODULE));
}

#[test]
fn what_is_more_than_a_word_is_left_alone_in_templates() {
    for effect in ["!Sub '${Effect}'", "\"de\\x6ey\""] {
        let text = TEMPLATE.replace("ForAnyValue:", "").replace("deny", effect);
        let folder = Folder::with("stack.yaml", &text);
        let outcome = folder.run(&["check", "--fix", "--unsafe-fixes", "."]);
        assert_eq!(fs::read_to_string(folder.path().join("stack.yaml")).unwrap(), text, "{outcome:?}");
    }
}
