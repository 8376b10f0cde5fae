//! JSON Lines, of any length.

use super::{FENCE, FULL, Folder, IDENTITY};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A policy on one line.
fn line(policy: &str) -> String {
    serde_json::from_str::<Value>(policy).unwrap().to_string()
}

/// Lines of policies; every hundredth has a hole. More than a megabyte.
fn long() -> (String, usize) {
    let mut text = String::new();
    for number in 1..=6000 {
        let policy = if number % 100 == 0 { FULL } else { FENCE };
        writeln!(text, "{}", line(policy)).unwrap();
    }
    assert!(text.len() > 1024 * 1024);
    (text, 60)
}

#[test]
fn each_line_is_a_document() {
    let item = json!({ "resourceType": "AWS::EC2::VPCEndpoint", "configuration": {
        "serviceName": "com.amazonaws.eu-west-1.s3", "policyDocument": line(FULL) } });
    let lines = [
        line(FENCE),
        String::new(),
        line(IDENTITY),
        item.to_string(),
        "{\"Statement\": [".to_owned(),
        line(FULL),
    ];
    for end in ["\n", "\r\n"] {
        let folder = Folder::with("items.jsonl", lines.join(end));
        let done = folder.run(&["check", "--format", "json", "--kind", "endpoint", "items.jsonl"]);
        let report = done.json();
        let found: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| {
                format!("{}: {} of {}", f["span"]["start"]["line"], f["rule"].as_str().unwrap(), f["policy"])
            })
            .collect();
        insta::allow_duplicates! { insta::assert_debug_snapshot!(found, @r#"
        [
            "1: policy-allows-nothing of 0",
            "1: endpoint-amazon-linux-2-repos of 0",
            "1: endpoint-amazon-linux-repos of 0",
            "3: endpoint-amazon-linux-2-repos of 1",
            "3: endpoint-amazon-linux-repos of 1",
            "3: policy-element of 1",
            "3: endpoint-full-access of 1",
            "3: policy-allows-nothing of 1",
            "3: endpoint-foreign-buckets of 1",
            "4: endpoint-amazon-linux-2-repos of 2",
            "4: endpoint-amazon-linux-repos of 2",
            "4: endpoint-full-access of 2",
            "5: policy-allows-nothing of 3",
            "5: endpoint-amazon-linux-2-repos of 3",
            "5: endpoint-amazon-linux-repos of 3",
            "5: policy-element of 3",
            "5: policy-syntax of null",
            "6: endpoint-amazon-linux-2-repos of 4",
            "6: endpoint-amazon-linux-repos of 4",
            "6: endpoint-full-access of 4",
        ]
        "#); }
        assert_eq!((done.code, report["summary"]["files"].as_u64()), (1, Some(1)));
    }
}

#[test]
fn a_long_stream_is_read_in_parts() {
    let (text, bad) = long();
    let folder = Folder::with("items.ndjson", &text);
    for (args, input) in [
        (&["check", "--format", "json", "items.ndjson"][..], ""),
        (&["check", "--format", "json", "--jobs", "1", "items.ndjson"], ""),
        (&["check", "--format", "json", "--stdin-filename", "items.ndjson", "-"], &*text),
    ] {
        let done = folder.run_with(args, input);
        let report = done.json();
        assert_eq!(report["files"], json!([{ "path": "items.ndjson", "policies": [] }]));
        let counts = &report["summary"];
        assert_eq!(
            (&counts["files"], &counts["policies"], &counts["skipped"]),
            (&json!(1), &json!(6000), &json!(0))
        );
        let found = report["findings"].as_array().unwrap();
        let full: Vec<_> = found.iter().filter(|f| f["rule"] == "endpoint-full-access").collect();
        assert_eq!(full.len(), bad);
        for (number, finding) in full.iter().enumerate() {
            let start = &finding["span"]["start"];
            assert_eq!(start["line"], 100 * (number + 1));
            let offset = usize::try_from(start["offset"].as_u64().unwrap()).unwrap();
            assert_eq!(text[..offset].matches('\n').count() + 1, 100 * (number + 1));
            let begin = text[..offset].rfind('\n').unwrap() + 1;
            assert_eq!(start["column"], 1 + offset - begin, "{finding}");
            assert_eq!(finding["policy"], Value::Null);
        }
        let mut marks: Vec<_> = found.iter().map(|f| f["fingerprint"].as_str().unwrap()).collect();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), found.len(), "each finding has a fingerprint of its own");
    }
}

#[test]
fn each_format_tells_the_line() {
    let (text, bad) = long();
    let folder = Folder::with("items.jsonl", &text);
    for (format, place) in [
        ("text", "[items.jsonl:300:"),
        ("sarif", "\"startLine\": 300,"),
        ("github", "file=items.jsonl,line=300,"),
        ("gitlab", "\"begin\": 300,"),
        ("junit", "line=\"300\""),
        ("rdjsonl", "\"start\":{\"line\":300,"),
        ("markdown", "| 300:"),
    ] {
        let done = folder.run(&["check", "--format", format, "items.jsonl"]);
        assert!(done.code == 1 && done.out.contains(place), "{format}: {}", &done.out[..2000]);
    }
    let shown = folder.run(&["check", "items.jsonl"]).out;
    assert!(shown.contains("\n 300 │ {"), "the line's number in the picture");
    assert!(shown.contains("1 file, 6000 policies: "), "{}", &shown[shown.len() - 200..]);
    assert!(shown.matches("error[endpoint-full-access]").count() == bad);
}

#[test]
fn a_line_that_is_broken_or_too_long_hides_no_other() {
    let (text, _) = long();
    let folder = Folder::new();
    let mut bytes = text.into_bytes();
    bytes.extend(b"{\"Statement\": \"\xff\"}\n{\"Statement\": \"");
    bytes.extend(std::iter::repeat_n(b'a', 3 * 1024 * 1024));
    bytes.extend(b"\"}\n");
    bytes.extend(line(FULL).bytes());
    folder.add("items.jsonl", &bytes);
    let report = folder.run(&["check", "--format", "json", "items.jsonl"]).json();
    let last: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            format!(
                "{}: {}: {}",
                f["span"]["start"]["line"],
                f["rule"].as_str().unwrap(),
                f["message"].as_str().unwrap()
            )
        })
        .filter(|told| told.starts_with("600"))
        .collect();
    insta::assert_debug_snapshot!(last, @r#"
    [
        "600: endpoint-amazon-linux-2-repos: packages can be downloaded from the Amazon Linux 2 repositories: not every `s3:GetObject` on them is denied",
        "600: endpoint-amazon-linux-repos: packages can be downloaded from the Amazon Linux repositories: not every `s3:GetObject` on them is denied",
        "600: endpoint-full-access: full access: anyone may use every S3 action on any bucket through this endpoint, strangers on their own buckets included",
        "6000: endpoint-amazon-linux-2-repos: packages can be downloaded from the Amazon Linux 2 repositories: not every `s3:GetObject` on them is denied",
        "6000: endpoint-amazon-linux-repos: packages can be downloaded from the Amazon Linux repositories: not every `s3:GetObject` on them is denied",
        "6000: endpoint-full-access: full access: anyone may use every S3 action on any bucket through this endpoint, strangers on their own buckets included",
        "6001: policy-syntax: the line is not UTF-8",
        "6002: policy-syntax: the line is longer than 1024 KiB and was not read",
        "6003: endpoint-amazon-linux-2-repos: packages can be downloaded from the Amazon Linux 2 repositories: not every `s3:GetObject` on them is denied",
        "6003: endpoint-amazon-linux-repos: packages can be downloaded from the Amazon Linux repositories: not every `s3:GetObject` on them is denied",
        "6003: endpoint-full-access: full access: anyone may use every S3 action on any bucket through this endpoint, strangers on their own buckets included",
    ]
    "#);
}

#[test]
fn a_stream_of_other_things_is_no_policy() {
    let data = "{\"text\": \"The quick brown fox\"}\n".repeat(50_000);
    let folder = Folder::with("p/train.jsonl", &data);
    folder.add("p/endpoint.json", FENCE);
    let done = folder.run(&["check", "--format", "json", "p"]);
    let counts = &done.json()["summary"];
    assert_eq!((done.code, &counts["files"], &counts["skipped"]), (0, &json!(1), &json!(1)), "{done:?}");
    let alone = folder.run(&["check", "--format", "json", "p/train.jsonl"]);
    assert_eq!((alone.code, &alone.json()["summary"]["skipped"]), (0, &json!(1)), "{alone:?}");
}

#[test]
fn what_needs_the_whole_is_refused() {
    let (text, _) = long();
    let folder = Folder::with("items.jsonl", &text);
    for args in [
        &["check", "--fix", "items.jsonl"][..],
        &["check", "--diff", "items.jsonl"],
        &["baseline", "items.jsonl"],
    ] {
        let done = folder.run(args);
        assert_eq!(done.code, 2, "{args:?}: {done:?}");
        assert_eq!(done.err.matches("`items.jsonl` is a stream").count(), 1, "once: {done:?}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap(), text);
}

#[test]
fn findings_name_the_resource() {
    let endpoint = json!({ "VpcEndpointId": "vpce-0123456789abcdef0", "ServiceName": "com.amazonaws.eu-west-1.s3",
        "PolicyDocument": line(FULL) });
    let item = |kind: &str, key: &str, name: &str, configuration: Value| json!({ "resourceType": kind, key: name, "configuration": configuration });
    let configuration = json!({ "serviceName": "com.amazonaws.eu-west-1.s3", "policyDocument": line(FULL) });
    let id = item("AWS::EC2::VPCEndpoint", "resourceId", "vpce-0fedcba9876543210", configuration);
    let module =
        "resource \"aws_vpc_endpoint\" \"s3\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n}\n";
    let template = "Resources:\n  S3Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      \
        ServiceName: com.amazonaws.eu-west-1.s3\n";
    let folder = Folder::with(
        "a.jsonl",
        format!("{}\n{}\n", json!({ "VpcEndpoints": [endpoint] }), json!({ "Results": [id.to_string()] })),
    );
    folder.add("m/main.tf", module);
    folder.add("t.yaml", template);
    let report = folder.run(&["check", "--format", "json", "."]).json();
    let named: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["rule"] == "endpoint-full-access")
        .map(|f| format!("{}: {}", f["path"].as_str().unwrap(), f["resource"]))
        .collect();
    insta::assert_debug_snapshot!(named, @r#"
    [
        "a.jsonl: \"vpce-0123456789abcdef0\"",
        "a.jsonl: \"vpce-0fedcba9876543210\"",
        "m/main.tf: \"aws_vpc_endpoint.s3\"",
        "t.yaml: \"Resources/S3Endpoint\"",
    ]
    "#);
    let sarif = folder.run(&["check", "--format", "sarif", "m"]).json();
    assert_eq!(
        sarif["runs"][0]["results"][0]["locations"][0]["logicalLocations"],
        json!([{ "fullyQualifiedName": "aws_vpc_endpoint.s3", "kind": "resource" }])
    );
    let text = folder.run(&["check", "t.yaml"]).out;
    assert!(text.contains("\n  policy of: Resources/S3Endpoint\n"), "{text}");
    let long = folder
        .run_with(
            &["check", "-"],
            &json!({ "VpcEndpoints": [{ "VpcEndpointId": "x\u{1b}".repeat(100_000),
        "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": line(FULL) }] })
            .to_string(),
        )
        .out;
    assert!(long.contains("policy of: x␛x") && long.len() < 20_000, "{}", long.len());
}
