//! Long documents: what AWS prints, of more than 1 MiB.

use super::{FULL, Folder};
use serde_json::{Value, json};

/// An answer with a policy at its end, and so many other endpoints before it.
fn endpoints(others: usize) -> String {
    let other = json!({ "VpcEndpointId": "vpce-1", "ServiceName": "com.amazonaws.eu-west-1.ec2", "Groups": ["x".repeat(900)] });
    let full = json!({ "VpcEndpointId": "vpce-2", "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": FULL, "Groups": [] });
    let all: Vec<Value> = std::iter::repeat_n(other, others).chain([full]).collect();
    json!({ "VpcEndpoints": all }).to_string()
}

/// What is found, with its places counted from the last byte.
fn from_the_end(mut report: Value, length: usize) -> Value {
    fn count(value: &mut Value, length: usize) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| count(one, length)),
            Value::Object(members) => {
                for key in ["offset", "column"] {
                    if let Some(place) = members.get_mut(key) {
                        *place = (length as u64 - place.as_u64().unwrap()).into();
                    }
                }
                members.values_mut().for_each(|one| count(one, length));
            }
            _ => {}
        }
    }
    let mut findings = report["findings"].take();
    count(&mut findings, length);
    findings
}

#[test]
fn what_is_found_is_that_of_a_short_one() {
    let found = |others| {
        let text = endpoints(others);
        let folder = Folder::with("vpce.json", &text);
        let named = folder.run(&["check", "--format", "json", "vpce.json"]);
        assert_eq!(named, folder.run(&["check", "--format", "json", "."]), "also when it is met");
        assert_eq!(named.code, 1, "{named:?}");
        from_the_end(named.json(), text.len())
    };
    let short = found(3);
    assert!(short.as_array().unwrap().iter().any(|f| f["rule"] == "endpoint-full-access"));
    assert_eq!(found(3_000), short);
}

#[test]
fn it_has_no_fixes_and_stays_as_it_is() {
    let fixed = |mode, others| {
        let text = endpoints(others).replace("\\\"Version\\\"", "\\\"version\\\"");
        let folder = Folder::with("vpce.json", &text);
        let done = folder.run(&["check", mode, "vpce.json"]);
        assert_eq!(done.code, 1, "{done:?}");
        let is_changed = std::fs::read_to_string(folder.path().join("vpce.json")).unwrap() != text;
        (is_changed, done.out.contains("fix"))
    };
    assert_eq!(fixed("--fix", 3), (true, true), "a short one has");
    for mode in ["--fix", "--fixes", "--diff"] {
        assert_eq!(fixed(mode, 3_000), (false, false), "{mode}");
    }
}

#[test]
fn other_long_files_are_not_read() {
    let rows = endpoints(3_000).replace("VpcEndpoints", "rows");
    let folder = Folder::with("rows.json", &rows);
    let named = folder.run(&["check", "rows.json"]);
    assert!(named.code == 1 && named.out.contains("longer than 1024 KiB"), "{named:?}");
    // YAML and HCL neither.
    for name in ["vpce.yaml", "main.tf"] {
        folder.add(name, format!("# AWS::S3::BucketPolicy aws_s3_bucket_policy\n{}", endpoints(3_000)));
        let named = folder.run(&["check", name]);
        assert!(named.code == 1 && named.out.contains("longer than 1024 KiB"), "{named:?}");
    }
}
