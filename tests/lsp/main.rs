//! The language server, with an editor in memory.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::expect_used,
    reason = "tests"
)]

mod editor;
mod edits;
mod process;

use editor::{Editor, able, applied, offset, uri};
use ringfence::lsp::Ended;
use serde_json::{Value, json};
use std::fs;

const BAD: &str = include_str!("../../testdata/bad/for-any-value-bucket-policy.json");
const GOOD: &str = include_str!("../../testdata/good/user-guide-vpce-bucket-policy.json");
const FILE: &str = "file:///policies/train-bucket-policy.json";

fn names(rules: &[(String, String)]) -> Vec<&str> {
    rules.iter().map(|(rule, _)| rule.as_str()).collect()
}

#[test]
fn findings_come_and_go() {
    let mut editor = Editor::plain();
    editor.open(FILE, BAD);
    let operator = "\"ForAnyValue:StringNotEquals\"".to_owned();
    let rules = [
        ("bucket-outside-vpc-allowed".to_owned(), operator.clone()),
        ("policy-set-operator".to_owned(), operator),
    ];
    assert_eq!(editor.rules(FILE), rules);
    let first = editor.found(FILE)[0].clone();
    assert_eq!(first["severity"], 1);
    assert_eq!(first["source"], "ringfence");
    assert!(
        first["message"].as_str().unwrap().contains("request:\n  principal  arn:aws:sts::111122223333"),
        "{first}"
    );
    assert!(first["codeDescription"]["href"].as_str().unwrap().starts_with("https://"));
    let related = &first["relatedInformation"][0];
    assert_eq!(related["message"], "statement 1 allows it");
    assert_eq!(&BAD[offset(BAD, &related["location"]["range"]["start"])..][..17], "\"Effect\": \"Allow\"");

    editor.write(FILE, GOOD);
    assert_eq!(editor.found(FILE), Vec::<Value>::new());
    editor.write(FILE, BAD);
    assert_eq!(editor.found(FILE).len(), 2);
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": FILE } }));
    editor.write(FILE, "{\"name\": \"no policy any more\"}");
    assert_eq!(editor.found(FILE), Vec::<Value>::new());
    editor.write(FILE, BAD);
    assert_eq!(editor.found(FILE).len(), 2);
    editor.close(FILE);
    editor.until(|editor| editor.shown[FILE].1.is_empty());
    editor.quit();
}

#[test]
fn a_half_typed_line_has_its_finding_and_the_rest_keeps_theirs() {
    let mut editor = Editor::plain();
    let text = BAD.replace("\"Action\": [\"s3:GetObject\"", "\"Action\": [\"s3:GetObjct\"");
    editor.open(FILE, &text);
    assert!(names(&editor.rules(FILE)).contains(&"policy-unknown-action"));
    let at = text.find("    {\n      \"Effect\": \"Deny\"").unwrap();
    editor.edit(FILE, at..at, "    { \"Effect\": \"Al\n");
    let rules = editor.rules(FILE);
    let syntax = rules.iter().find(|(rule, _)| rule == "policy-syntax").unwrap();
    assert!(syntax.1.contains("Al"), "{rules:?}");
    assert!(names(&rules).contains(&"policy-unknown-action"), "{rules:?}");
    editor.edit(FILE, at..at + "    { \"Effect\": \"Al\n".len(), "");
    assert!(!names(&editor.rules(FILE)).contains(&"policy-syntax"));
    editor.quit();
}

#[test]
fn columns_are_in_the_unit_that_was_agreed_on() {
    let text = "{ \"Version\": \"2012-10-17\", \"Statement\": [{ \"Sid\": \"e\u{301}\u{1F600}\u{1F468}\u{200D}\u{1F469}\", \"Effect\": \"allow\",\r\n \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"*\" }] }";
    let mut capabilities = able();
    for (unit, name) in [("utf-8", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-16")] {
        capabilities["general"]["positionEncodings"] = json!([unit]);
        let mut editor = Editor::new(None, &capabilities, &json!({ "delay": 0 }));
        assert_eq!(editor.capabilities["positionEncoding"], name);
        editor.open(FILE, text);
        let found = editor.found(FILE);
        let effect = found.iter().find(|d| d["code"] == "policy-effect").unwrap();
        let before = &text[..text.find("\"allow\"").unwrap()];
        let wanted = if name == "utf-8" { before.len() } else { before.encode_utf16().count() };
        assert_eq!(effect["range"]["start"], json!({ "line": 0, "character": wanted }));
        editor.quit();
    }
    // A part of a line behind characters of two units is replaced where the editor means.
    let mut editor = Editor::plain();
    editor.open(FILE, text);
    let at = text.find("allow").unwrap();
    editor.edit(FILE, at..at + 1, "A");
    assert!(!names(&editor.rules(FILE)).contains(&"policy-effect"));
    editor.quit();
}

#[test]
fn what_is_out_of_date_is_never_shown_last() {
    let mut editor = Editor::new(None, &able(), &json!({ "delay": 1 }));
    editor.open(FILE, BAD);
    for n in 0..200 {
        editor.write(FILE, if n % 2 == 0 { GOOD } else { BAD });
    }
    assert_eq!(editor.found(FILE).len(), 2);
    let seen = editor.shown[FILE].0;
    // A question makes sure that nothing is under way any more.
    editor.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": FILE } })).unwrap();
    assert_eq!(editor.shown[FILE].0, seen);
    editor.quit();
}

#[test]
fn fixes_are_actions() {
    let mut editor = Editor::plain();
    editor.open(FILE, BAD);
    let at = BAD.find("ForAnyValue:").unwrap();
    let actions = editor.actions(FILE, at..at, None);
    let titles: Vec<&str> = actions.iter().map(|a| a["title"].as_str().unwrap()).collect();
    insta::assert_snapshot!(titles.join("\n"), @r"
    Write `StringNotEquals` in place of `ForAnyValue:StringNotEquals`
    Ignore `bucket-outside-vpc-allowed` here, with a reason in ringfence.toml
    Ignore `policy-set-operator` here, with a reason in ringfence.toml
    Make all safe fixes of Ringfence
    ");
    let fix = actions.iter().find(|a| a["isPreferred"] == true).unwrap().clone();
    assert_eq!(fix["diagnostics"][0]["code"], "bucket-outside-vpc-allowed");
    editor.apply(FILE, &fix);
    assert_eq!(editor.found(FILE), Vec::<Value>::new());
    assert_eq!(editor.text(FILE), BAD.replace("ForAnyValue:", ""));

    // All at once, of a text with several mistakes; what is not touched stays.
    let text = BAD.replace("\"Deny\"", "\"deny\"");
    editor.write(FILE, &text);
    let all = editor.actions(FILE, 0..0, Some("source.fixAll"));
    assert_eq!(all.len(), 1, "{all:?}");
    editor.apply(FILE, &all[0]);
    assert_eq!(editor.found(FILE), Vec::<Value>::new());
    assert_eq!(editor.text(FILE), BAD.replace("ForAnyValue:", ""));
    assert_eq!(editor.actions(FILE, 0..0, Some("source.fixAll")), Vec::<Value>::new());
    assert_eq!(editor.actions(FILE, 0..0, Some("refactor")), Vec::<Value>::new());
    editor.quit();
}

#[test]
fn a_finding_is_ignored_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("train-bucket-policy.json");
    fs::write(&file, BAD).unwrap();
    let file = uri(&file);
    let toml = folder.path().join("ringfence.toml");
    let mut editor = Editor::new(Some(folder.path()), &able(), &json!({ "delay": 0 }));
    editor.open(&file, BAD);
    let at = BAD.find("ForAnyValue:").unwrap();
    let actions = editor.actions(&file, at..at, None);
    let ignore =
        actions.iter().find(|a| a["title"].as_str().unwrap().starts_with("Ignore `bucket-outside")).unwrap();
    let changes = ignore["edit"]["documentChanges"].as_array().unwrap();
    assert_eq!(
        (changes[0]["kind"].as_str(), changes[0]["uri"].as_str()),
        (Some("create"), Some(&*uri(&toml)))
    );
    let text = applied("", changes[1]["edits"].as_array().unwrap());
    insta::assert_snapshot!(text, @r#"
    [[ignore]]
    rule = "bucket-outside-vpc-allowed"
    path = "train-bucket-policy.json"
    pointer = "/Statement/1"
    reason = ""
    "#);
    // The editor goes where the reason is to be written.
    let command = &ignore["command"];
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    editor.request("workspace/executeCommand", params).unwrap();
    let shown = editor.requests.iter().find(|r| r.method == "window/showDocument").unwrap().params.clone();
    assert_eq!(shown["uri"], uri(&toml));
    let reason = offset(&text, &shown["selection"]["start"]);
    assert!(text[..reason].ends_with("reason = \""), "{shown}");

    // Without a reason the file is no configuration, and that is shown in it, and where it matters.
    fs::write(&toml, &text).unwrap();
    let touched = json!({ "changes": [{ "uri": uri(&toml), "type": 1 }] });
    editor.notify("workspace/didChangeWatchedFiles", touched.clone());
    editor.until(|editor| editor.shown.get(&uri(&toml)).is_some_and(|(_, list)| list.len() == 1));
    let trouble = editor.shown[&uri(&toml)].1[0].clone();
    assert!(trouble["message"].as_str().unwrap().contains("no reason"), "{trouble}");
    let is_refused =
        |editor: &Editor| editor.shown[&file].1[0]["message"].as_str().unwrap().starts_with("not checked: ");
    editor.until(is_refused);

    let text = format!("{}a test{}", &text[..reason], &text[reason..]);
    fs::write(&toml, text).unwrap();
    editor.notify("workspace/didChangeWatchedFiles", touched);
    editor.until(|editor| editor.shown[&uri(&toml)].1.is_empty());
    let is_left = |editor: &Editor| editor.shown[&file].1.iter().all(|d| d["code"] == "policy-set-operator");
    editor.until(is_left);
    editor.quit();
}

#[test]
fn policies_that_are_not_open_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("old")).unwrap();
    fs::write(path("a-bucket-policy.json"), BAD).unwrap();
    fs::write(path("old/b-bucket-policy.json"), BAD).unwrap();
    fs::write(path("package.json"), "{}").unwrap();
    fs::write(path("ringfence.toml"), "exclude = [\"old/\"]\n").unwrap();
    let (a, b) = (uri(&path("a-bucket-policy.json")), uri(&path("old/b-bucket-policy.json")));
    let mut editor = Editor::new(Some(folder.path()), &able(), &json!({}));
    editor.until(|editor| editor.shown.get(&a).is_some_and(|(_, list)| list.len() == 2));
    assert_eq!(editor.shown[&a].0, None);
    assert_eq!(editor.requests[0].method, "client/registerCapability");

    // Open, it is the editor's text that counts; closed, the file again.
    editor.open(&a, GOOD);
    assert_eq!(editor.found(&a), Vec::<Value>::new());
    editor.close(&a);
    editor.until(|editor| editor.shown[&a].1.len() == 2);
    fs::remove_file(path("a-bucket-policy.json")).unwrap();
    let gone = json!({ "changes": [{ "uri": a, "type": 3 }] });
    editor.notify("workspace/didChangeWatchedFiles", gone);
    editor.until(|editor| editor.shown[&a].1.is_empty());
    assert!(!editor.shown.contains_key(&b), "it is excluded");

    fs::write(path("ringfence.toml"), "").unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&path("ringfence.toml")), "type": 2 }] });
    editor.notify("workspace/didChangeWatchedFiles", changed);
    editor.until(|editor| editor.shown.contains_key(&b));
    let folder_uri = uri(folder.path());
    let removed = json!({ "event": { "added": [], "removed": [{ "uri": folder_uri, "name": "root" }] } });
    editor.notify("workspace/didChangeWorkspaceFolders", removed);
    editor.until(|editor| editor.shown[&b].1.is_empty());
    editor.quit();
}

/// A file of a module is read with the others as they are on the disk, and shows what is written in it.
#[test]
fn modules_of_terraform() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["bucket.tf", "endpoint.tf", "policies.tf"] {
        fs::copy(format!("testdata/terraform/network/{name}"), path(name)).unwrap();
    }
    let mut editor = Editor::new(Some(folder.path()), &able(), &json!({}));
    let (policies, bucket) = (uri(&path("policies.tf")), uri(&path("bucket.tf")));
    editor.until(|editor| editor.shown.len() == 2);
    let text = fs::read_to_string(path("policies.tf")).unwrap();
    editor.open(&policies, &text);
    let fence = ["bucket-outside-vpc-allowed", "policy-set-operator"];
    assert_eq!(names(&editor.rules(&policies)), fence);
    let lenses = json!({ "textDocument": { "uri": policies } });
    let lenses = editor.request("textDocument/codeLens", lenses).unwrap();
    assert!(
        lenses[0]["command"]["title"].as_str().unwrap().starts_with("bucket policy: 1 error"),
        "{lenses}"
    );
    editor.write(&policies, &text.replace("ForAnyValue:", ""));
    assert_eq!(names(&editor.rules(&policies)), Vec::<&str>::new());
    // Without the bucket policy that uses it, the document is nobody's.
    editor.write(&policies, &text);
    editor.open(&bucket, "");
    fs::write(path("bucket.tf"), "").unwrap();
    editor.write(&policies, &format!("{text}\n"));
    assert_eq!(names(&editor.rules(&policies)), Vec::<&str>::new());
    editor.quit();
}

/// What is missing in a template and in a module is added as their text is written, and then it is no more missing.
#[test]
fn what_is_missing_is_added_in_templates_and_modules() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::new(Some(folder.path()), &able(), &json!({ "delay": 0 }));
    for (form, name, preferred, added) in [
        (
            "cloudformation-yaml",
            "endpoint-repos-bad.yaml",
            true,
            "\n              - arn:aws:s3:::repo.*.amazonaws.com/*\n",
        ),
        (
            "terraform-policy-document",
            "endpoint-repos-bad.tf",
            false,
            "\"arn:aws:s3:::repo.*.amazonaws.com/*\"",
        ),
    ] {
        let text = fs::read_to_string(format!("testdata/forms/{form}/{name}")).unwrap();
        let path = folder.path().join(name);
        fs::write(&path, &text).unwrap();
        let file = uri(&path);
        editor.open(&file, &text);
        let found = editor.found(&file);
        let missing = found.iter().find(|d| d["code"] == "endpoint-amazon-linux-repos").unwrap();
        let at = offset(&text, &missing["range"]["start"]);
        let actions = editor.actions(&file, at..at, Some("quickfix"));
        let fix = actions
            .iter()
            .find(|a| a["title"].as_str().unwrap().starts_with("Add `arn:aws:s3:::repo"))
            .unwrap();
        assert_eq!(fix["isPreferred"], preferred);
        editor.apply(&file, &fix.clone());
        assert!(editor.text(&file).contains(added), "{}", editor.text(&file));
        let left = editor.found(&file);
        assert!(!left.iter().any(|d| d["code"] == "endpoint-amazon-linux-repos"), "{left:?}");
    }
    editor.quit();
}

#[test]
fn each_folder_has_its_own_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::new(Some(folder.path()), &able(), &json!({ "delay": 0, "workspace": false }));
    for (name, rules) in [("on", ""), ("off", "[rules]\nbucket-outside-vpc-allowed = \"off\"\n")] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("ringfence.toml"), rules).unwrap();
        // It is on no disk, and yet it has a place.
        let file = uri(&folder.path().join(name).join("new-bucket-policy.json"));
        editor.open(&file, BAD);
        let is_on = names(&editor.rules(&file)).contains(&"bucket-outside-vpc-allowed");
        assert_eq!(is_on, name == "on");
    }
    editor.open("untitled:Untitled-1-bucket-policy", BAD);
    assert_eq!(editor.found("untitled:Untitled-1-bucket-policy").len(), 2);
    editor.quit();
}

#[test]
fn what_stands_under_the_pointer_is_told() {
    let mut editor = Editor::plain();
    editor.open(FILE, BAD);
    let mut said = String::new();
    for word in [
        "s3:GetObject",
        "ForAnyValue",
        "aws:SourceVpce",
        "train-data/*",
        "role/TrainingRole",
        "\"Deny\"",
        "2012-10-17",
    ] {
        let position = editor::place(BAD, BAD.find(word).unwrap() + 1);
        let params = json!({ "textDocument": { "uri": FILE }, "position": position });
        let hover = editor.request("textDocument/hover", params).unwrap();
        let text = hover["contents"]["value"].as_str().unwrap_or("(nothing)");
        said.push_str(&format!("--- {word}\n{text}\n"));
    }
    insta::assert_snapshot!(said, @r#"
    --- s3:GetObject
    **`s3:GetObject`**: an S3 action that reads

    Works on
    - objects: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`
    - objects through access points: `arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}/object/${ObjectName}`

    Beside the global keys its requests can carry `aws:ResourceTag/`, `s3:AccessGrantsInstanceArn`, `s3:AccessPointNetworkOrigin`, `s3:AccessPointTag/`, `s3:authType`, `s3:BucketTag/`, `s3:DataAccessPointAccount`, `s3:DataAccessPointArn`, `s3:ExistingObjectTag/`, `s3:ResourceAccount`, `s3:signatureAge`, `s3:signatureversion`, and 2 more.
    --- ForAnyValue
    **`ForAnyValue:StringNotEquals`**: compares text.

    Holds when some value of the request fits none of the policy's values. **False** when the request does not carry the key.
    --- aws:SourceVpce
    **`aws:SourceVpce`**: id of the VPC endpoint that the request came through; absent otherwise.

    Holds a text. A wildcard in its value has no valid use.

    In a request without it, `ForAnyValue:StringNotEquals` is **false**: this Deny does not apply.

    Here: some value of `aws:SourceVpce` is not `vpce-0a1b2c3d4e5f60718`.
    --- train-data/*
    Every object in the bucket `train-data`, and not the bucket itself.
    --- role/TrainingRole
    `arn:aws:iam::111122223333:role/TrainingRole`: the role, in all its sessions
    --- "Deny"
    **Statement 2** denies every S3 action on `arn:aws:s3:::train-data` and `arn:aws:s3:::train-data/*` to everyone, if some value of `aws:SourceVpce` is not `vpce-0a1b2c3d4e5f60718`.
    --- 2012-10-17
    (nothing)
    "#);
    let symbols =
        editor.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": FILE } })).unwrap();
    let names: Vec<_> =
        symbols[0]["children"].as_array().unwrap().iter().map(|s| (&s["name"], &s["detail"])).collect();
    insta::assert_debug_snapshot!((&symbols[0]["name"], names), @r#"
    (
        String("bucket policy"),
        [
            (
                String("statement 1"),
                String("Allow"),
            ),
            (
                String("statement 2"),
                String("Deny"),
            ),
        ],
    )
    "#);
    editor.quit();
}

#[test]
fn lines_say_what_is_known_of_a_policy_and_its_statements() {
    let mut editor = Editor::plain();
    let mut lines = |text: &str| {
        let uri = format!("file:///policies/{}-bucket-policy.json", text.len());
        editor.open(&uri, text);
        let lenses =
            editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } })).unwrap();
        let line = |lens: &Value| {
            format!("{}: {}", lens["range"]["start"]["line"], lens["command"]["title"].as_str().unwrap())
        };
        lenses.as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(GOOD), @r"
    0: bucket policy: nothing found; allows no request from outside vpce-0a1b2c3d4e5f60718; denies every request from outside vpce-0a1b2c3d4e5f60718
    3: denies every request from outside vpce-0a1b2c3d4e5f60718
    ");
    insta::assert_snapshot!(lines(BAD), @"0: bucket policy: 1 error, 1 warning");
    insta::assert_snapshot!(lines(&GOOD.replace("StringNotEquals", "StringEquals").replace("\"aws:SourceVpce\"", "\"aws:SourceVpcee\"")), @r"
    0: bucket policy: 2 errors; allows no request from outside your VPC
    3: never matches any request
    ");
}

#[test]
fn what_can_be_written_is_offered() {
    let mut editor = Editor::plain();
    editor.open(FILE, GOOD);
    let mut offered = |text: &str| -> (Vec<String>, Value) {
        let at = text.find('|').unwrap();
        let text = text.replace('|', "");
        editor.write(FILE, &text);
        let params = json!({ "textDocument": { "uri": FILE }, "position": editor::place(&text, at) });
        let items = editor.request("textDocument/completion", params).unwrap();
        let mut items = items.as_array().unwrap().clone();
        items.sort_by_key(|item| item["sortText"].as_str().unwrap().to_owned());
        let first = items.first().cloned().unwrap_or_default();
        (items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect(), first)
    };
    let (elements, _) = offered("{\"Statement\": [{\"Effect\": \"Deny\", |");
    assert_eq!(elements[..5], ["Sid", "Principal", "Action", "Resource", "Condition"]);
    assert!(!elements.contains(&"Effect".to_owned()));
    let (actions, first) = offered("{\"Statement\": [{\"Action\": [\"s3:Get|\n");
    assert!(actions.len() > 20 && actions.contains(&"s3:GetObject".to_owned()));
    assert!(!actions.contains(&"s3:PutObject".to_owned()), "only what has been begun: {actions:?}");
    for written in ["getobj", "gtobjt"] {
        let text = format!("{{\"Statement\": [{{\"Action\": [\"{written}|");
        assert!(offered(&text).0.contains(&"s3:GetObject".to_owned()), "{written}");
    }
    // What is replaced is what the label is compared with: clients differ in what they make of quotes.
    assert_eq!(first["textEdit"]["newText"], "s3:GetAccelerateConfiguration\"");
    let start = &first["textEdit"]["range"]["start"]["character"];
    assert_eq!((start, &first["filterText"]), (&json!(28), &Value::Null), "from behind the quote on");
    let (operators, first) = offered("{\"Statement\": {\"Condition\": {\"|\"}}}");
    assert!(operators.contains(&"StringNotEqualsIfExists".to_owned()) && operators[0].len() < 20);
    assert_eq!(first["textEdit"]["newText"], operators[0], "the quotes are there");
    let place = json!({ "line": 0, "character": 31 });
    assert_eq!(
        first["additionalTextEdits"],
        json!([{ "range": { "start": place, "end": place }, "newText": ": " }])
    );
    let (_, first) = offered("{\"Statement\": {\"Condition\": {\"|\": {}}}}");
    assert_eq!(first.get("additionalTextEdits"), None, "the colon is there");
    let (keys, first) = offered("{\"Statement\": {\"Condition\": {\"IpAddress\": {\"|");
    assert_eq!(keys[0], "aws:Ec2InstanceSourcePrivateIPv4", "those of the operator's kind come first");
    assert_eq!(first["textEdit"]["newText"], "aws:Ec2InstanceSourcePrivateIPv4\": ");
    let (bools, first) = offered("{\"Statement\": {\"Condition\": {\"Bool\": {\"aws:SecureTransport\": |");
    assert_eq!(bools, ["false", "true"]);
    assert_eq!(first["textEdit"]["newText"], "\"false\"");
    assert_eq!(offered("{\"Statement\": [{\"Effect\": \"|").0, ["Allow", "Deny"]);
    assert_eq!(offered("{\"Statement\": [{\"Effect\" |").0, Vec::<String>::new());

    let item = json!({ "label": "aws:SourceVpce", "data": "key" });
    let item = editor.request("completionItem/resolve", item).unwrap();
    assert!(item["documentation"]["value"].as_str().unwrap().contains("VPC endpoint"), "{item}");
    editor.quit();
}

#[test]
fn a_question_can_be_taken_back() {
    let mut editor = Editor::plain();
    editor.open(FILE, BAD);
    let params = json!({ "textDocument": { "uri": FILE } });
    let ids: Vec<i32> = (0..20).map(|_| editor.ask("textDocument/codeLens", params.clone())).collect();
    let last = ids[19];
    editor.notify("$/cancelRequest", json!({ "id": last }));
    // That it is answered, either way, and that the others are.
    let mut taken_back = 0;
    let mut answers = std::collections::BTreeMap::new();
    for _ in &ids {
        let (id, answer) = editor.any_answer();
        taken_back += usize::from(matches!(&answer, Err((code, _)) if *code == -32800));
        assert!(answers.insert(id, answer).is_none());
    }
    assert_eq!(answers.len(), 20);
    assert!(taken_back <= 1);
    editor.quit();
}

#[test]
fn what_is_not_understood_ends_nothing() {
    let mut editor = Editor::new(None, &able(), &json!({ "delay": "soon", "colour": true }));
    assert_eq!(editor.request("textDocument/rename", json!({})).unwrap_err().0, -32601);
    assert_eq!(editor.request("textDocument/hover", json!({ "position": 1 })).unwrap_err().0, -32602);
    assert_eq!(editor.request("workspace/executeCommand", json!({ "command": "rm" })).unwrap_err().0, -32602);
    for method in
        ["textDocument/didChange", "textDocument/didOpen", "$/unknown", "workspace/didChangeWatchedFiles"]
    {
        editor.notify(method, json!({ "textDocument": [] }));
    }
    let unknown =
        json!({ "textDocument": { "uri": FILE, "version": 3 }, "contentChanges": [{ "text": "x" }] });
    editor.notify("textDocument/didChange", unknown);
    let hover = json!({ "textDocument": { "uri": FILE }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.request("textDocument/hover", hover).unwrap(), Value::Null);
    let far =
        json!({ "textDocument": { "uri": FILE }, "position": { "line": u32::MAX, "character": u32::MAX } });
    editor.open(FILE, BAD);
    assert_eq!(editor.request("textDocument/hover", far.clone()).unwrap(), Value::Null);
    assert!(editor.request("textDocument/completion", far).is_ok());
    assert_eq!(editor.found(FILE).len(), 2);
    assert_eq!(
        editor.logged[..2],
        [
            "`colour` is no option of Ringfence, or has the wrong type",
            "`delay` is no option of Ringfence, or has the wrong type"
        ]
    );
    editor.quit();
}

#[test]
fn an_editor_that_goes_takes_the_server_with_it() {
    assert_eq!(Editor::plain().vanish(), Ended::Left);
    let mut editor = Editor::plain();
    editor.open(FILE, BAD);
    assert_eq!(editor.vanish(), Ended::Left);
}
