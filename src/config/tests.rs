use super::*;
use crate::policy::PolicyKind;
use miette::Diagnostic;
use std::fs;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("ringfence.toml"), std::env::current_dir().unwrap())
}

/// Help, and the text and words of each label.
fn problem(text: &str) -> (String, Vec<(String, String)>) {
    let error = parse(text).unwrap_err();
    let labels = error.labels().unwrap().map(|label| {
        let under = text.get(label.offset()..label.offset() + label.len()).unwrap().to_owned();
        (under, label.label().unwrap_or_default().to_owned())
    });
    (error.help().map(|h| h.to_string()).unwrap_or_default(), labels.collect())
}

#[test]
fn a_whole_file_is_read() {
    let config = parse(
        r#"
        regions = ["eu-west-1", "us-gov-east-1"]
        [kinds]
        endpoint = ["vpce/**/*.json"]
        bucket = ["b/*.json", "./c.json"]
        [trusted]
        vpcs = ["vpc-0123456789abcdef0", "vpc-1a2b3c4d"]
        vpc_endpoints = ["vpce-0123456789abcdef0"]
        accounts = ["111122223333"]
        organizations = ["o-a1b2c3d4e5"]
        buckets = ["amzn-s3-demo-bucket"]
        principals = ["arn:aws:iam::111122223333:role/path/Name"]
        ip_ranges = ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7"]
        "#,
    )
    .unwrap();
    assert_eq!(config.regions, ["eu-west-1", "us-gov-east-1"]);
    assert_eq!(config.trusted.vpcs.len(), 2);
    let kind = |path: &str| config.kind_of(Path::new(path)).unwrap();
    assert_eq!(kind("vpce/x.json"), Some(PolicyKind::Endpoint));
    assert_eq!(kind("vpce/a/b/x.json"), Some(PolicyKind::Endpoint));
    assert_eq!(kind("./x/../vpce/x.json"), Some(PolicyKind::Endpoint));
    assert_eq!(kind("b/x.json"), Some(PolicyKind::Bucket));
    assert_eq!(kind("c.json"), Some(PolicyKind::Bucket));
    assert_eq!(kind("b/deeper/x.json"), None, "`*` stays in its folder");
    assert_eq!(kind("/elsewhere/vpce/x.json"), None);
    assert_eq!(parse("").unwrap().trusted, Trusted::default());
}

#[test]
fn misspelt_keys_are_named_with_what_was_meant() {
    let cases = [
        ("[kind]\nbucket = []", "kind", "write `kinds`"),
        ("[kinds]\nendpoints = []", "endpoints", "write `endpoint`"),
        ("[trusted]\nvpc_endpoint = []", "vpc_endpoint", "write `vpc_endpoints`"),
        ("region = []", "region", "write `regions`"),
        ("zzz = 1", "zzz", ""),
    ];
    for (text, under, expected) in cases {
        let (help, labels) = problem(text);
        assert_eq!((help.as_str(), labels[0].0.as_str()), (expected, under), "{text}");
    }
}

#[test]
fn values_that_are_no_ids_are_refused_with_their_place() {
    let cases = [
        ("vpcs", "vpce-0123456789abcdef0", "move it to `vpc_endpoints`"),
        ("vpcs", "vpc-xyz", "write `vpc-`"),
        ("vpcs", "vpc-*", "write `vpc-`"),
        ("vpc_endpoints", "vpc-0123456789abcdef0", "move it to `vpcs`"),
        ("vpc_endpoints", "vpce-0123", "write `vpce-`"),
        ("accounts", "1111-2222-3333", "write its 12 digits"),
        ("organizations", "o-short", "write `o-`"),
        ("buckets", "arn:aws:s3:::amzn-s3-demo-bucket/*", "write `amzn-s3-demo-bucket`"),
        ("buckets", "my-*", "write the name alone"),
        ("principals", "111122223333", "write the whole ARN"),
        ("principals", "arn:aws:s3:::b", "write the whole ARN"),
        ("ip_ranges", "203.0.113.0/33", "write it as CIDR"),
        ("ip_ranges", "203.0.113.0/+1", "write it as CIDR"),
        ("ip_ranges", "203.0.113", "write it as CIDR"),
    ];
    for (key, value, expected) in cases {
        let (help, labels) = problem(&format!("[trusted]\n{key} = [\"{value}\"]"));
        assert!(help.starts_with(expected), "{key} {value}: {help}");
        assert_eq!(labels[0].0, format!("\"{value}\""));
    }
    for region in ["eu", "EU-west-1", "eu-west-", "eu--1"] {
        assert!(
            problem(&format!("regions = [\"{region}\"]")).0.starts_with("write it as AWS does"),
            "{region}"
        );
    }
    for glob in ["../x", "/x", "", "a**b"] {
        assert_eq!(problem(&format!("[kinds]\nbucket = [\"{glob}\"]")).1[0].0, format!("\"{glob}\""));
    }
}

#[test]
fn what_is_no_toml_or_of_the_wrong_type_has_its_place() {
    assert_eq!(problem("regions = \"eu-west-1\"").1[0].0, "\"eu-west-1\"");
    assert_eq!(problem("[trusted]\naccounts = [111122223333]").1[0].0, "111122223333");
    assert_eq!(problem("regions = [").1.len(), 1);
}

#[test]
fn a_file_of_both_kinds_is_an_error_that_shows_both_patterns() {
    let text = "[kinds]\nendpoint = [\"vpce*.json\"]\nbucket = [\"*bucket.json\"]";
    let error = parse(text).unwrap().kind_of(Path::new("vpce-bucket.json")).unwrap_err();
    assert_eq!(error.to_string(), "`vpce-bucket.json` matches patterns of both kinds");
    let labels: Vec<&str> =
        error.labels().unwrap().map(|l| text.get(l.offset()..l.offset() + l.len()).unwrap()).collect();
    assert_eq!(labels, ["\"vpce*.json\"", "\"*bucket.json\""]);
}

#[test]
fn the_nearest_file_wins_and_is_read_once() {
    let root = std::env::temp_dir().join(format!("ringfence-config-{}", std::process::id()));
    let inner = root.join("a/b");
    fs::create_dir_all(&inner).unwrap();
    fs::write(root.join(FILE_NAME), "regions = [\"eu-west-1\"]").unwrap();
    fs::write(root.join("a").join(FILE_NAME), "regions = [\"eu-west-2\"]").unwrap();
    let discovery = Discovery::default();
    let regions = |path: &Path| discovery.for_file(path).unwrap().regions.clone();
    assert_eq!(regions(&root.join("p.json")), ["eu-west-1"]);
    assert_eq!(regions(&inner.join("p.json")), ["eu-west-2"]);
    assert_eq!(regions(&inner.join("../../p.json")), ["eu-west-1"]);
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(regions(&inner.join("q.json")), ["eu-west-2"], "from memory");
    let fixed = Discovery::fixed(Config::default());
    assert!(fixed.for_file(&inner.join("q.json")).unwrap().regions.is_empty());
}
