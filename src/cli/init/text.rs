//! The configuration that `init` writes.

use super::survey::{PolicyFile, Survey};
use crate::policy::PolicyKind;
use crate::report::plain::plain;
use crate::report::toml::{pattern, string};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// How many files are named beside an id.
const MAX_NAMED: usize = 3;

const HEAD: &str = "\
# What Ringfence is to know about the policies below this folder. Every setting: docs/configuration.md of Ringfence;
# `ringfence config FILE` shows what it comes to for a file.

# The Regions the policies are meant for. Unset: all.
# regions = [\"eu-west-1\"]

# Files that are not checked.
# exclude = [\"examples/\"]
";

const TAIL: &str = "
# How severe a rule's findings are: \"error\", \"warning\", \"note\" or \"off\". `ringfence rules` lists the rules.
[rules]
# endpoint-foreign-buckets = \"error\"

# The same for some files; later entries win.
# [[paths]]
# path = \"legacy/\"
# rules = { bucket-vpc-only = \"warning\" }

# Findings that somebody looked at and accepted, with the reason.
# [[ignore]]
# rule = \"endpoint-foreign-buckets\"
# path = \"vpce/shared.json\"
# sid = \"AllowVendor\"
# reason = \"the vendor's bucket, agreed with security\"
# until = 2027-01-31
";

/// The text of the file.
pub(super) fn write(survey: &Survey) -> String {
    let mut out = HEAD.to_owned();
    out.push_str("\n# Which files hold which kind of policy.\n[kinds]\n");
    for kind in [PolicyKind::Endpoint, PolicyKind::Bucket] {
        list(kind.as_str(), &patterns(survey, kind), &mut out);
    }
    let unknown: Vec<&PolicyFile> = survey.files.iter().filter(|file| file.kinds.contains(&None)).collect();
    if !unknown.is_empty() {
        out.push_str("# Nothing tells which kind these are; add them to one of the lists:\n");
        for file in unknown {
            comment(&format!("  {}", pattern(&file.path)), &mut out);
        }
    }
    out.push_str(
        "\n# What is yours. Unset, the ids that a policy itself names are taken to be yours; only an id that stands here can tell\n\
         # that a policy names the wrong one.\n[trusted]\n",
    );
    for (key, example) in EXAMPLES {
        match survey.ids.get(key) {
            Some(ids) => {
                comment(&format!("{key} = ["), &mut out);
                for (id, files) in ids {
                    let id = string(id);
                    comment(&format!("  {id},  # {}", named(files.iter().map(String::as_str))), &mut out);
                }
                comment("]", &mut out);
            }
            None => comment(&format!("{key} = [{example}]"), &mut out),
        }
    }
    out.push_str(TAIL);
    out
}

const EXAMPLES: [(&str, &str); 7] = [
    ("vpcs", "\"vpc-0123456789abcdef0\""),
    ("vpc_endpoints", "\"vpce-0123456789abcdef0\""),
    ("accounts", "\"111122223333\""),
    ("organizations", "\"o-a1b2c3d4e5\""),
    ("buckets", "\"amzn-s3-demo-bucket\""),
    ("principals", "\"arn:aws:iam::111122223333:role/NAME\""),
    ("ip_ranges", "\"203.0.113.0/24\""),
];

/// Patterns for the files of a kind: one for a folder that holds nothing else, else each file.
fn patterns(survey: &Survey, kind: PolicyKind) -> Vec<String> {
    let mut folders: BTreeMap<&str, Vec<&PolicyFile>> = BTreeMap::new();
    for file in survey.files.iter().filter(|file| file.kind_to_write() == Some(kind)) {
        folders.entry(file.folder()).or_default().push(file);
    }
    let mut out = Vec::new();
    for (folder, files) in folders {
        let is_all = survey.met.get(folder) == Some(&files.len());
        if files.len() > 1 && is_all && files.iter().all(|file| has_usual_extension(file)) {
            out.push(string(&format!("{}*.json", glob::Pattern::escape(folder))));
        } else {
            out.extend(files.iter().map(|file| pattern(&file.path)));
        }
    }
    out
}

/// A pattern minds letter case, a walk does not.
fn has_usual_extension(file: &PolicyFile) -> bool {
    Path::new(&file.path).extension().is_some_and(|extension| extension == "json")
}

fn list(key: &str, values: &[String], out: &mut String) {
    match values {
        [] => comment(&format!("{key} = [\"{key}-policies/*.json\"]"), out),
        [one] => out.push_str(&format!("{key} = [{one}]\n")),
        many => {
            let _ = writeln!(out, "{key} = [");
            for value in many {
                out.push_str(&format!("  {value},\n"));
            }
            out.push_str("]\n");
        }
    }
}

fn named<'a>(mut files: impl ExactSizeIterator<Item = &'a str>) -> String {
    let first: Vec<&str> = files.by_ref().take(MAX_NAMED).collect();
    let more = if files.len() > 0 { format!(" and {} more", files.len()) } else { String::new() };
    first.join(", ") + &more
}

/// A comment on one line.
fn comment(text: &str, out: &mut String) {
    out.push_str(&format!("# {}\n", plain(text)));
}
