//! Characters that a terminal acts on, that forge lines or that give orders to a CI service, in every place that the
//! output shows, in every format.

use super::{FULL, Folder};
use serde_json::{Value, json};

/// Clears the screen, rings, turns the text's direction, forges lines and CI annotations.
pub const EVIL: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{202e}\n::error file=x::forged\nerror: forged\r\u{2028}##[error]f\u{9b}31m\
    ##vso[task.complete]\u{200f}\u{61c}\u{2029}\0\u{b}\u{c}\u{7f}%0A ::warning::w";

fn statement(change: impl FnOnce(&mut Value)) -> Value {
    let mut one = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    change(&mut one);
    json!({ "Version": "2012-10-17", "Statement": [one] })
}

fn condition(operator: &str, key: &str, value: &str) -> Value {
    statement(|s| s["Condition"] = json!({ operator: { key: value } }))
}

/// A policy with the text in each place that can hold one.
fn policies() -> Vec<(&'static str, Value)> {
    let sid = statement(|s| s["Sid"] = json!(EVIL));
    let mut top = sid.clone();
    top[EVIL] = json!(EVIL);
    top["Id"] = json!(EVIL);
    let mut version = sid.clone();
    version["Version"] = json!(EVIL);
    let mut twice = sid.clone();
    let one = sid["Statement"][0].clone();
    twice["Statement"] = json!([one, one]);
    let deny = statement(|s| {
        s["Sid"] = json!(EVIL);
        s["Effect"] = json!("Deny");
        s["Condition"] = json!({ "ForAnyValue:StringNotEquals": { "aws:SourceVpce": EVIL } });
    });
    let mut fence = deny.clone();
    fence["Statement"] = json!([deny["Statement"][0], one]);
    let tag = format!("aws:PrincipalTag/{EVIL}");
    vec![
        ("sid", sid.clone()),
        ("effect", statement(|s| s["Effect"] = json!(EVIL))),
        (
            "action",
            statement(|s| s["Action"] = json!([EVIL, format!("s3:{EVIL}"), format!("s3:Get{EVIL}*")])),
        ),
        ("resource", statement(|s| s["Resource"] = json!([EVIL, format!("arn:aws:s3:::b/{EVIL}*")]))),
        ("variable", statement(|s| s["Resource"] = json!(format!("arn:aws:s3:::b/${{{EVIL}}}")))),
        (
            "principal",
            statement(|s| {
                s["Principal"] =
                    json!({ EVIL: EVIL, "AWS": format!("arn:aws:iam::111122223333:role/{EVIL}") });
            }),
        ),
        ("element", statement(|s| s[EVIL] = json!(EVIL))),
        ("operator", condition(EVIL, "aws:SourceVpce", EVIL)),
        ("key", condition("StringEquals", EVIL, EVIL)),
        ("tag", condition("StringEquals", &tag, EVIL)),
        ("vpce", condition("StringNotEquals", "aws:SourceVpce", EVIL)),
        ("like", condition("StringLike", "aws:PrincipalArn", EVIL)),
        ("ip", condition("IpAddress", "aws:SourceIp", EVIL)),
        ("date", condition("DateLessThan", "aws:CurrentTime", EVIL)),
        ("number", condition("NumericLessThan", "s3:max-keys", EVIL)),
        ("top", top),
        ("version", version),
        ("twice", twice),
        ("fence", fence),
        ("wrapper", json!({ "Resources": { EVIL: { "Properties": { "PolicyDocument": sid } } } })),
        ("embedded", json!({ "Policy": sid.to_string() })),
        (
            "embedded-broken",
            json!({ EVIL: { "Policy": sid.to_string().chars().take(120).collect::<String>() }, "Policy": sid.to_string() }),
        ),
        ("cli", json!({ "VpcEndpoints": [{ "VpcEndpointId": EVIL, "PolicyDocument": sid.to_string() }] })),
    ]
}

/// The same with most of the characters as they are instead of as JSON escapes.
fn raw(policy: &Value) -> String {
    let mut text = policy.to_string();
    for (escape, c) in
        [("\\u001b", "\u{1b}"), ("\\r", "\r"), ("\\n", "\n"), ("\\u0007", "\u{7}"), ("\\f", "\u{c}")]
    {
        text = text.replace(escape, c);
    }
    text
}

fn folder() -> Folder {
    let folder = Folder::new();
    for (name, policy) in policies() {
        folder.add(format!("{name}.json"), policy.to_string());
        folder.add(format!("{name}-lines.json"), format!("{policy:#}"));
        folder.add(format!("{name}-raw.json"), raw(&policy));
    }
    folder
}

#[test]
fn nothing_a_policy_holds_reaches_the_terminal_raw() {
    let folder = folder();
    for kind in ["endpoint", "bucket"] {
        folder.run(&["check", "--kind", kind]).is(1);
        let coloured = folder.run(&["check", "--kind", kind, "--color", "always"]).is(1);
        assert!(coloured.out.contains("\u{1b}["));
        let json = folder.run(&["check", "--kind", kind, "--format", "json"]).is(1).json();
        for file in json["files"].as_array().unwrap() {
            let found = json["findings"].as_array().unwrap().iter().any(|f| f["path"] == file["path"]);
            assert!(found, "nothing found in {file}");
        }
        assert_eq!(json["files"].as_array().unwrap().len(), 3 * policies().len());
    }
}

/// The formats for services: whole for whoever reads them, and nobody else takes their text for orders.
#[test]
fn reports_for_services_are_whole_and_harmless() {
    let folder = folder();
    for (i, name) in [EVIL.replace(['/', '\0'], ""), "::error::x,y:z%0A".to_owned()].iter().enumerate() {
        folder.add(format!("{name}{i}.json"), statement(|s| s["Sid"] = json!(EVIL)).to_string());
    }
    for kind in ["endpoint", "bucket"] {
        let check = |format: &str| {
            let args = ["check", "--kind", kind, "--format", format, "--output", "json=all"];
            let outcome = folder.run(&args);
            if format == "github" { outcome.annotates(1) } else { outcome.is(1) }
        };
        let out = check("sarif").out;
        let all: Value = serde_json::from_slice(&std::fs::read(folder.path().join("all")).unwrap()).unwrap();
        let count = all["findings"].as_array().unwrap().len();
        assert!(count > 100, "{count}");
        let sarif: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), count);
        let issues = check("gitlab").json();
        let fingerprints: std::collections::BTreeSet<&str> =
            issues.as_array().unwrap().iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(fingerprints.len(), count, "each is known by its own");
        let lines = check("rdjsonl").out;
        lines.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap()));
        assert_eq!(lines.lines().count(), count);
        assert_eq!(check("github").out.lines().count(), count + 1);
        assert_eq!(failed_cases(&check("junit").out), count);
        let markdown = check("markdown").out;
        for c in ["<b>", "<script", "](http:"] {
            assert!(!markdown.contains(c), "{markdown}");
        }
    }
}

/// Reads XML to its end, and counts.
fn failed_cases(xml: &str) -> usize {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut count = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => count += usize::from(tag.local_name().as_ref() == "failure"),
            Event::Eof => return count,
            _ => {}
        }
    }
}

#[test]
fn json_says_exactly_what_the_policy_says() {
    let hostile = "x##[error]\u{1b}\u{202e}\u{2028}y###vso[z";
    let folder = Folder::with("p.json", FULL.replace("\"Allow\"", &json!(hostile).to_string()));
    let json = folder.run(&["check", "--kind", "endpoint", "--format", "json"]).is(1).json();
    let messages: Vec<&str> =
        json["findings"].as_array().unwrap().iter().filter_map(|f| f["message"].as_str()).collect();
    assert!(messages.iter().any(|m| m.contains("x##[error]\u{1b}\u{202e}\u{2028}y###vso[")), "{messages:?}");
}

#[test]
fn simulate_shows_requests_and_statements_harmlessly() {
    let folder = folder();
    let context =
        json!({ EVIL: [EVIL, EVIL], "aws:SourceIp": EVIL, "::error::k": "v", "aws:SourceVpce": "##[error]" });
    let request = json!({ "principal": "anonymous", "action": EVIL, "resource": EVIL, "context": context });
    folder.add("request", request.to_string());
    for (name, _) in policies() {
        let file = format!("{name}.json");
        // Some files hold more than one policy.
        let args =
            ["simulate", "--kind", "bucket", "--index", "0", "--policy", &file, "--request", "request"];
        let text = folder.run(&args).is(0);
        assert!(text.out.contains("decision"), "{}", text.out);
        let json = folder.run(&[&args[..], &["--format", "json"]].concat()).is(0).json();
        assert!(json["decision"].is_string());
    }
    for bad in [
        json!({ "principal": EVIL, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k" }),
        json!({ EVIL: 1 }),
        json!({ "principal": { EVIL: EVIL } }),
        json!([EVIL]),
        json!(EVIL),
    ] {
        folder.add("bad", bad.to_string());
        folder.run(&["simulate", "--kind", "bucket", "--policy", "sid.json", "--request", "bad"]).is(2);
    }
    let deep = format!("{{\"context\": {}", "[".repeat(100_000));
    let args = ["simulate", "--kind", "bucket", "--policy", "sid.json", "--request", "-"];
    folder.feed(&args, deep.as_bytes()).is(2);
}

/// No word of a Sid may come to stand first on a line, wherever the text is wrapped.
#[test]
fn a_sid_cannot_forge_a_ci_annotation() {
    let folder = Folder::new();
    for length in (0..110).step_by(4) {
        let sid = format!(
            "{} ::error file=a.json,line=1::forged ##[error]x ##vso[task.complete]y",
            "x".repeat(length)
        );
        let policy = statement(|s| {
            s["Sid"] = json!(sid);
            s["Effect"] = json!(sid);
        });
        folder.add(format!("{length}.json"), policy.to_string());
        folder.add(format!("lines-{length}.json"), format!("{policy:#}").replace("\\n", "\n"));
    }
    for args in [&["check", "--kind", "endpoint"][..], &["check", "--kind", "endpoint", "--format", "json"]] {
        let outcome = folder.run(args).is(1);
        assert!(outcome.out.contains("forged"), "it is shown, but as text");
    }
}

#[test]
fn names_of_files_are_harmless() {
    let name = EVIL.replace(['/', '\0'], "");
    let folder = Folder::new();
    let names = [format!("{name}.json"), "::error::x.json".to_owned(), "##[error]x.json".to_owned()];
    // More than fifty findings a file: those beyond are lines that begin with the file's name.
    let actions = vec!["x"; 60];
    let many = statement(|s| s["Action"] = json!(actions)).to_string();
    for name in &names {
        folder.add(name, &many);
    }
    folder.run(&["check"]).is(1);
    folder.run(&["check", "--color", "always"]).is(1);
    let json = folder.run(&["check", "--format", "json"]).is(1).json();
    let paths: Vec<&str> =
        json["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    for name in &names {
        assert!(paths.contains(&name.as_str()), "{paths:?}");
        folder.run(&["check", "--format", "text", "--", name]).is(1);
        let args = ["check", "--stdin-filename", name, "-"];
        folder.feed(&args, FULL.as_bytes()).is(1);
        folder.feed(&[&args[..], &["--format", "json"]].concat(), FULL.as_bytes()).is(1);
        folder.add(
            "request",
            r#"{"principal": "anonymous", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}"#,
        );
        folder.run(&["simulate", "--kind", "bucket", "--policy", name, "--request", "request"]).is(0);
        folder.run(&["simulate", "--policy", "request", "--request", name]).is(2);
    }
}

#[test]
fn arguments_are_shown_harmlessly_when_they_are_wrong() {
    let folder = Folder::new();
    let evil = EVIL.replace('\0', "");
    let evil = evil.as_str();
    let dashes = format!("--{evil}");
    let (star, open, bad) = (format!("*{evil}"), format!("[{evil}"), format!("a***{evil}"));
    for args in [
        &[evil][..],
        &[&dashes],
        &["check", evil],
        &["check", &dashes],
        &["check", &star],
        &["check", &open],
        &["check", &bad],
        &["check", "--format", evil],
        &["check", "--output", evil],
        &["check", "--output", &format!("json=no/such/{evil}")],
        &["check", "--output", &format!("{evil}=x")],
        &["check", "--kind", evil],
        &["check", "--fail-on", evil],
        &["check", "--color", evil],
        &["check", "--jobs", evil],
        &["check", "--config", evil],
        &["check", "--rules", evil],
        &["check", "--stdin-filename", evil],
        &["explain", evil],
        &["rules", "--format", evil],
        &["simulate", "--policy", evil, "--request", evil],
        &["simulate", "--index", evil],
        &["test", evil],
        &["completions", evil],
        &["man", evil],
    ] {
        let outcome = folder.run(args).is(2);
        assert!(!outcome.err.is_empty(), "{args:?}");
        folder.run(&[args, &["--color=always"]].concat()).is(2);
    }
}
