//! JUnit XML, for services that show test results: a suite for each file, a failed case for each finding, and a case that
//! passes for a file without any.

use super::places::Places;
use super::plain::plain;
use super::words;
use crate::finding::Finding;
use crate::lint::FileReport;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use std::collections::BTreeMap;
use std::io;

pub(super) const BEGIN: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ringfence\">\n";
pub(super) const END: &[u8] = b"</testsuites>\n";

pub(super) fn render_file(report: &FileReport, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let path = legal(&plain(&words::path(&report.path)));
    let count = report.findings.len();
    let (tests, failures) = (count.max(1).to_string(), count.to_string());
    let attributes = [
        ("name", path.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
        ("skipped", "0"),
    ];
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    let suite = writer.create_element("testsuite").with_attributes(attributes);
    suite.write_inner_content(|writer| {
        if report.findings.is_empty() {
            let case = [("name", "policies"), ("classname", &path), ("file", &path)];
            writer.create_element("testcase").with_attributes(case).write_empty()?;
        } else {
            let places = Places::in_report(report, bytes);
            let mut seen = BTreeMap::new();
            for finding in &report.findings {
                let times: &mut usize = seen.entry(&finding.rule).or_default();
                *times += 1;
                failure(writer, finding, &path, *times, &places)?;
            }
        }
        Ok(())
    })?;
    out.push(b'\n');
    Ok(())
}

/// A failed case. Its name has no place in it, so that it is the same one when lines move.
fn failure(
    writer: &mut Writer<&mut Vec<u8>>,
    finding: &Finding,
    path: &str,
    times: usize,
    places: &Places<'_>,
) -> io::Result<()> {
    let rule = legal(&plain(&finding.rule));
    let name = if times > 1 { format!("{rule} ({times})") } else { rule };
    let start = places.at(finding.span.start as usize);
    let line = start.line.to_string();
    let case = [("name", name.as_str()), ("classname", path), ("file", path), ("line", &line)];
    writer.create_element("testcase").with_attributes(case).write_inner_content(|writer| {
        let message = legal(&plain(&finding.message));
        let attributes = [("message", message.as_str()), ("type", finding.severity.as_str())];
        let place = format!("{path}:{line}:{}", start.column);
        let lines = words::lines(finding).into_iter().skip(1).map(|line| legal(&line));
        let text = std::iter::once(place).chain(lines).collect::<Vec<_>>().join("\n");
        let element = writer.create_element("failure").with_attributes(attributes);
        element.write_text_content(BytesText::new(&text))?;
        Ok(())
    })?;
    Ok(())
}

/// Without the characters that XML 1.0 has no way to write and that [`plain`] leaves.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
