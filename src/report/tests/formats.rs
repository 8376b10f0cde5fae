//! The formats for services: a snapshot of each with text that is not ASCII and a hostile Sid.

use super::*;

/// Clears the screen, forges lines and annotations, turns the text's direction, ends elements, cells and code.
pub(super) const EVIL: &str = "\u{1b}[2J\n::error::f\r##[error]g%0A\u{202e}\u{200f}]]></failure>&<b>`|*[x](https://example.com)\u{ffff}\0";

/// A finding on a line with wide text before it, about a statement with a hostile Sid.
pub(super) fn hostile() -> (FileReport, Vec<u8>) {
    let source =
        "{\n  \"Statement\": [{ \"Sid\": \"値😀\", \"Effect\": \"Deny\", \"Action\": \"s3:*\" }]\n}\n";
    let mut first = finding();
    first.span = span(source, "\"Effect\"");
    first.labels.clear();
    first = first.label(span(source, "\"s3:*\""), format!("statement 1 (`{EVIL}`) denies it"));
    first.message = format!("größer: statement 1 (`{EVIL}`) does not apply");
    let second = Finding::new("policy-effect", Severity::Note, "`x` is no effect", span(source, "\"Deny\""));
    report("./dir ä,:%/p.json", source, vec![first, second])
}

pub(super) fn of(format: Format) -> String {
    let out = render(format, &[hostile(), report("clean.json", "{}", Vec::new())], false);
    out.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn sarif_head() {
    let out = of(Format::Sarif);
    insta::assert_snapshot!(out.split_once("      \"results\"").unwrap().0, @r#"
    {
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "columnKind": "unicodeCodePoints",
          "newlineSequences": ["\r\n", "\n", "\r"],
          "tool": {
            "driver": {
              "name": "Ringfence",
              "version": "VERSION",
              "semanticVersion": "VERSION",
              "rules": [
                {
                  "id": "bucket-vpc-only",
                  "shortDescription": {
                    "text": "Not every request from outside the VPC is denied"
                  },
                  "fullDescription": {
                    "text": "a request from outside is not denied"
                  },
                  "helpUri": "https://docs.aws.amazon.com/IAM/latest/UserGuide/",
                  "help": {
                    "text": "use `StringNotEquals`",
                    "markdown": "What *AWS* does.\n\nWhat to write instead: use `StringNotEquals`\n\nSee <https://docs.aws.amazon.com/IAM/latest/UserGuide/>.\n\n`ringfence explain bucket-vpc-only` tells more."
                  },
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "properties": {
                    "tags": [
                      "security",
                      "aws"
                    ]
                  }
                }
              ]
            }
          },
    "#);
}

#[test]
fn sarif_result() {
    let out = of(Format::Sarif);
    let results = out.split_once("\"results\": ").unwrap().1;
    let first = results.split_once(",\n        {\n          \"ruleId\": \"policy-effect\"").unwrap().0;
    insta::assert_snapshot!(format!("results:\n{}", first.strip_prefix("[\n").unwrap()), @r#"
    results:
            {
              "ruleId": "bucket-vpc-only",
              "level": "error",
              "message": {
                "text": "größer: statement 1 (`␛[2J␊::error::f␍#\u0023[error]g%0A��]]></failure>&<b>`|*[x] (https://example.com)￿␀`) does not apply\nhere: false when the key is absent\nrequest: principal anonymous, action s3:GetObject, resource arn:aws:s3:::b/k, context aws:CalledVia = [a.amazonaws.com, b.amazonaws.com], aws:SourceIp = 203.0.113.9; decision implicitDeny\nnote: assumed to be yours: `vpce-0123456789abcdef0`\nhelp: use `StringNotEquals`"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "dir%20%C3%A4%2C%3A%25/p.json",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 2,
                      "startColumn": 32,
                      "endLine": 2,
                      "endColumn": 40
                    }
                  },
                  "message": {
                    "text": "false when the key is absent"
                  }
                }
              ],
              "relatedLocations": [
                {
                  "id": 1,
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "dir%20%C3%A4%2C%3A%25/p.json",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 2,
                      "startColumn": 60,
                      "endLine": 2,
                      "endColumn": 66
                    }
                  },
                  "message": {
                    "text": "statement 1 (`␛[2J␊::error::f␍#\u0023[error]g%0A��]]></failure>&<b>`|*[x] (https://example.com)￿␀`) denies it"
                  }
                }
              ],
              "partialFingerprints": {},
              "properties": {
                "verdict": "violated",
                "policyKind": "bucket",
                "witness": {
                  "principal": "anonymous",
                  "action": "s3:GetObject",
                  "resource": "arn:aws:s3:::b/k",
                  "context": {
                    "aws:CalledVia": [
                      "a.amazonaws.com",
                      "b.amazonaws.com"
                    ],
                    "aws:SourceIp": "203.0.113.9"
                  },
                  "decision": "implicitDeny"
                }
              }
            }
    "#);
}

#[test]
fn github() {
    insta::assert_snapshot!(of(Format::Github), @r#"
    ::error file=dir ä%2C%3A%25/p.json,line=2,endLine=2,col=32,endColumn=40,title=bucket-vpc-only::größer: statement 1 (`␛[2J␊::error::f␍#♯[error]g%250A��]]></failure>&<b>`|*[x](https://example.com)￿␀`) does not apply%0Ahere: false when the key is absent%0Arequest: principal anonymous, action s3:GetObject, resource arn:aws:s3:::b/k, context aws:CalledVia = [a.amazonaws.com, b.amazonaws.com], aws:SourceIp = 203.0.113.9; decision implicitDeny%0Anote: assumed to be yours: `vpce-0123456789abcdef0`%0Ahelp: use `StringNotEquals`
    ::notice file=dir ä%2C%3A%25/p.json,line=2,endLine=2,col=42,endColumn=48,title=policy-effect::`x` is no effect
    2 files, 2 policies: 1 error, 1 note
    "#);
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(of(Format::Gitlab), @r#"
    [
      {
        "description": "größer: statement 1 (`␛[2J␊::error::f␍#\u0023[error]g%0A��]]></failure>&<b>`|*[x](https://example.com)￿␀`) does not apply\nhere: false when the key is absent\nrequest: principal anonymous, action s3:GetObject, resource arn:aws:s3:::b/k, context aws:CalledVia = [a.amazonaws.com, b.amazonaws.com], aws:SourceIp = 203.0.113.9; decision implicitDeny\nnote: assumed to be yours: `vpce-0123456789abcdef0`\nhelp: use `StringNotEquals`",
        "check_name": "bucket-vpc-only",
        "fingerprint": null,
        "severity": "critical",
        "location": {
          "path": "dir ä,:%/p.json",
          "lines": {
            "begin": 2,
            "end": 2
          }
        }
      },
      {
        "description": "`x` is no effect",
        "check_name": "policy-effect",
        "fingerprint": null,
        "severity": "info",
        "location": {
          "path": "dir ä,:%/p.json",
          "lines": {
            "begin": 2,
            "end": 2
          }
        }
      }
    ]
    "#);
}

#[test]
fn junit() {
    insta::assert_snapshot!(of(Format::Junit), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="ringfence">
    <testsuite name="dir ä,:%/p.json" tests="2" failures="2" errors="0" skipped="0">
      <testcase name="bucket-vpc-only" classname="dir ä,:%/p.json" file="dir ä,:%/p.json" line="2">
        <failure message="größer: statement 1 (`␛[2J␊::error::f␍##[error]g%0A��]]&gt;&lt;/failure&gt;&amp;&lt;b&gt;`|*[x](https://example.com)�␀`) does not apply" type="error">dir ä,:%/p.json:2:32
    here: false when the key is absent
    request: principal anonymous, action s3:GetObject, resource arn:aws:s3:::b/k, context aws:CalledVia = [a.amazonaws.com, b.amazonaws.com], aws:SourceIp = 203.0.113.9; decision implicitDeny
    note: assumed to be yours: `vpce-0123456789abcdef0`
    help: use `StringNotEquals`</failure>
      </testcase>
      <testcase name="policy-effect" classname="dir ä,:%/p.json" file="dir ä,:%/p.json" line="2">
        <failure message="`x` is no effect" type="note">dir ä,:%/p.json:2:42</failure>
      </testcase>
    </testsuite>
    <testsuite name="clean.json" tests="1" failures="0" errors="0" skipped="0">
      <testcase name="policies" classname="clean.json" file="clean.json"/>
    </testsuite>
    </testsuites>
    "#);
}

#[test]
fn rdjsonl() {
    insta::assert_snapshot!(of(Format::Rdjsonl), @r#"
    {"message":"größer: statement 1 (`␛[2J␊::error::f␍#\u0023[error]g%0A��]]></failure>&<b>`|*[x](https://example.com)￿␀`) does not apply\nhere: false when the key is absent\nrequest: principal anonymous, action s3:GetObject, resource arn:aws:s3:::b/k, context aws:CalledVia = [a.amazonaws.com, b.amazonaws.com], aws:SourceIp = 203.0.113.9; decision implicitDeny\nnote: assumed to be yours: `vpce-0123456789abcdef0`\nhelp: use `StringNotEquals`","location":{"path":"dir ä,:%/p.json","range":{"start":{"line":2,"column":37},"end":{"line":2,"column":45}}},"severity":"ERROR","source":{"name":"ringfence"},"code":{"value":"bucket-vpc-only","url":"https://docs.aws.amazon.com/IAM/latest/UserGuide/"}}
    {"message":"`x` is no effect","location":{"path":"dir ä,:%/p.json","range":{"start":{"line":2,"column":47},"end":{"line":2,"column":53}}},"severity":"INFO","source":{"name":"ringfence"},"code":{"value":"policy-effect"}}
    "#);
}

#[test]
fn markdown() {
    insta::assert_snapshot!(of(Format::Markdown), @r#"
    ## Ringfence

    2 files, 2 policies: 1 error, 1 note

    ### <code>dir ä,:%/p.json</code>

    | Place | Severity | Rule | Finding |
    |---|---|---|---|
    | 2:32 | error | [<code>bucket-vpc-only</code>](https://docs.aws.amazon.com/IAM/latest/UserGuide/) | größer: statement 1 (<code>␛&#91;2J␊::error::f␍&#35;&#35;&#91;error&#93;g%0A��&#93;&#93;&#62;&#60;/failure&#62;&#38;&#60;b&#62;</code>&#124;&#42;&#91;x&#93;(https&#58;//example.com)￿␀&#96;) does not apply |
    | 2:42 | note | <code>policy-effect</code> | <code>x</code> is no effect |

    <details><summary>2:32 <code>bucket-vpc-only</code></summary>

    - here: false when the key is absent
    - request: principal anonymous, action s3:GetObject, resource arn:aws:s3:::b/k, context aws:CalledVia = &#91;a.amazonaws.com, b.amazonaws.com&#93;, aws:SourceIp = 203.0.113.9; decision implicitDeny
    - note: assumed to be yours: <code>vpce-0123456789abcdef0</code>
    - help: use <code>StringNotEquals</code>

    </details>
    "#);
}
