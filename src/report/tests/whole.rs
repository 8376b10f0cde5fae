//! What no input may break: each report is whole, has every finding, and gives nobody orders but who is meant.

use super::formats::{EVIL, hostile, of};
use super::*;

const ALL: [Format; 8] = [
    Format::Text,
    Format::Json,
    Format::Sarif,
    Format::Github,
    Format::Gitlab,
    Format::Junit,
    Format::Rdjsonl,
    Format::Markdown,
];

/// The findings of a report, counted by a reader of its format.
fn count(format: Format, out: &str) -> usize {
    let json = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{e}: {text}"))
    };
    let length = |value: &serde_json::Value| value.as_array().unwrap().len();
    match format {
        Format::Text => out.matches("[bucket-vpc-only]: ").count() + out.matches("[policy-effect]: ").count(),
        Format::Json => length(&json(out)["findings"]),
        Format::Sarif => length(&json(out)["runs"][0]["results"]),
        Format::Gitlab => length(&json(out)),
        Format::Rdjsonl => out.lines().map(json).filter(serde_json::Value::is_object).count(),
        Format::Github => out.lines().filter(|line| line.starts_with("::")).count(),
        Format::Junit => failures(out),
        // It shows no findings.
        Format::Patch => 0,
        Format::Markdown => {
            out.lines().filter(|line| line.starts_with("| ")).count() - out.matches("###").count()
        }
    }
}

/// Reads XML to its end.
fn failures(xml: &str) -> usize {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut failures, mut depth) = (0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                depth += 1;
                failures += usize::from(tag.name().as_ref() == "failure");
                tag.attributes().for_each(|a| assert!(!a.unwrap().value.contains('<')));
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    let legal = |c: char| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(legal), "{xml}");
    failures
}

/// None, one or several files, with and without findings: each report is whole, and has every finding once.
#[test]
fn every_format_has_every_finding() {
    for format in ALL {
        for (files, found) in [(0, 0), (1, 0), (1, 1), (3, 2), (40, 30)] {
            let files: Vec<_> = (0..files)
                .map(|i| {
                    report(&format!("p{i}.json"), POLICY, vec![finding(); if i % 2 == 0 { found } else { 0 }])
                })
                .collect();
            let all: usize = files.iter().map(|(report, _)| report.findings.len()).sum();
            assert_eq!(count(format, &render(format, &files, false)), all, "{format:?}");
        }
        assert_eq!(count(format, &of(format)), 2, "{format:?}");
    }
}

/// Every character there is, in every text of a finding.
#[test]
fn no_character_breaks_a_format() {
    let all = (0..=0x33ff).chain(0xd700..=0xffff).chain([0x1_d173, 0x1_f600, 0x1_fffe, 0xe_0001, 0x10_ffff]);
    let all: String = all.filter_map(char::from_u32).collect();
    for text in [all.as_str(), EVIL, "]]>", "-->", "\u{85}\u{2028}", "`", "``a`", "%25::"] {
        let mut one = finding().label(Span::new(0, 9), text).note(text).help(text);
        one.message = text.to_owned();
        one.span_message = text.to_owned();
        one.rule = text.into();
        one.reference = Some(text.to_owned());
        let witness = one.witness.as_mut().unwrap();
        witness.request.resource = text.to_owned();
        witness.request.context.insert(text.to_owned(), ContextValue::Many(vec![text.to_owned()]));
        let file = report(text, POLICY, vec![one]);
        for format in ALL {
            let out = render(format, std::slice::from_ref(&file), false);
            let bad: Vec<char> =
                out.chars().filter(|c| *c != '\n' && plain::substitute(*c).is_some()).collect();
            assert!(bad.is_empty(), "{format:?}: {bad:?}");
            // Text is guarded when it leaves, as a whole.
            let mut guarded = Vec::new();
            let mut guard = guard::Guard::new(&mut guarded);
            guard.write_all(out.as_bytes()).unwrap();
            guard.flush().unwrap();
            assert!(format != Format::Junit || failures(&String::from_utf8(guarded).unwrap()) == 1);
            if format != Format::Text {
                assert!(format == Format::Junit || !out.contains("##["), "{format:?}: {out}");
                let commands = out.lines().filter(|line| line.trim_start().starts_with("::")).count();
                assert_eq!(commands, usize::from(format == Format::Github), "{format:?}");
                assert_eq!(count(format, &out), 1, "{format:?}");
            }
        }
    }
}

/// What GitHub makes of a command.
fn unescaped(text: &str) -> String {
    let text = text.replace("%3A", ":").replace("%2C", ",");
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn github_reads_what_was_meant() {
    let mut one = finding();
    one.message = "100%, a:b%0Ac %25".to_owned();
    let out = render(Format::Github, &[report("a,b:c%2C.json", POLICY, vec![one])], false);
    let line = out.lines().next().unwrap();
    let (properties, data) = line.strip_prefix("::error ").unwrap().split_once("::").unwrap();
    let properties: Vec<(&str, String)> =
        properties.split(',').map(|p| p.split_once('=').unwrap()).map(|(k, v)| (k, unescaped(v))).collect();
    assert_eq!(properties[0], ("file", "a,b:c%2C.json".to_owned()));
    assert_eq!(properties[1], ("line", "7".to_owned()));
    assert_eq!(properties.last().unwrap(), &("title", "bucket-vpc-only".to_owned()));
    assert!(unescaped(data).starts_with("100%, a:b%0Ac %25\nhere: "), "{data}");
    assert_eq!(out.lines().last(), Some("1 file, 1 policy: 1 error"));
}

#[test]
fn a_summary_has_an_end() {
    let files: Vec<_> = (0..60).map(|i| report(&format!("p{i}.json"), POLICY, vec![finding(); 50])).collect();
    let out = render(Format::Markdown, &files, false);
    assert!(out.len() < 1024 * 1024, "{}", out.len());
    let shown = count(Format::Markdown, &out);
    assert!(shown > 1000);
    assert!(
        out.ends_with(&format!(
            "\n{} findings more: the other reports of this run have them.\n",
            3000 - shown
        ))
    );
}

#[test]
fn sarif_is_valid() {
    let schema = include_str!("../../../testdata/sarif/sarif-schema-2.1.0.json");
    // One of its patterns has a bracket that only a lenient reader takes for a character.
    let schema = schema.replace("{2}]?$", "{2}\\\\]?$");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap();
    let absolute = report("/abs/p.json", POLICY, vec![finding()]);
    for files in [vec![], vec![hostile(), absolute], vec![report("clean.json", "{}", Vec::new())]] {
        let log: serde_json::Value = serde_json::from_str(&render(Format::Sarif, &files, false)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    // And the schema refuses something.
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [{}] }] })));
}
