//! Modules of Terraform: which policies are found in them, where, and what their references come to.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

use ringfence::lint::{FileInput, Linter, Settings};
use ringfence::rules::RuleSet;
use ringfence::source::{Around, Memory, Node, Value, parse_file, policies};

/// The files of a folder, by their paths.
#[derive(Debug)]
struct Files<'f> {
    all: &'f [(&'f str, &'f str)],
    memory: Memory,
}

impl<'f> Files<'f> {
    fn new(all: &'f [(&'f str, &'f str)]) -> Self {
        Self { all, memory: Memory::new() }
    }
}

impl Around for Files<'_> {
    fn names(&self, folder: &str) -> Vec<String> {
        let within = |path: &str| match path.rsplit_once('/') {
            Some((of, name)) => (of == folder).then(|| name.to_owned()),
            None => folder.is_empty().then(|| path.to_owned()),
        };
        self.all.iter().filter_map(|(path, _)| within(path)).collect()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.all.iter().find(|(name, _)| *name == path).map(|(_, text)| text.as_bytes().to_vec())
    }

    fn memory(&self) -> Option<&Memory> {
        Some(&self.memory)
    }
}

/// What is said of each file: the rule (`+` an error, `-` a note), the line, and the words that are underlined.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let linter = Linter::new(RuleSet::builtin().unwrap());
    let around = Files::new(files);
    let mut out = Vec::new();
    for (path, text) in
        files.iter().filter(|(path, _)| path.rsplit('.').next() == Some("tf") && !path.contains('/'))
    {
        let file = FileInput {
            path,
            name: path,
            bytes: text.as_bytes(),
            explicit: false,
            named: true,
            around: &around,
            part: None,
        };
        for f in linter.lint(&file, &Settings::default()).findings {
            if f.rule.starts_with("endpoint-amazon-linux") {
                continue;
            }
            let line = text[..f.span.start as usize].matches('\n').count() + 1;
            let words: Vec<&str> = text[f.span.range()].split_whitespace().collect();
            let words: String = words.join(" ").chars().take(60).collect();
            out.push(format!("{path}:{line} {} `{words}`", f.rule));
        }
    }
    out
}

/// The policies of the first of these files, as JSON; symbols as they are named.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let around = Files::new(files);
    let (name, text) = files[0];
    let parsed = parse_file(name, text.as_bytes(), &around);
    policies(&parsed).0.iter().map(|located| shown(&located.node)).collect()
}

fn shown(node: &Node) -> String {
    let text = |text: &ringfence::source::Text| {
        let (mut out, mut from) = (String::new(), 0);
        for hole in &text.holes {
            out.push_str(&text.value[from..hole.at as usize]);
            out.push_str(&hole.symbol.name);
            from = hole.at as usize;
        }
        out + &text.value[from..]
    };
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(inner) => text(inner),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |m: &ringfence::source::Member| format!("{}: {}", text(&m.key), shown(&m.value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

/// What an expression comes to, as the `Resource` of a statement; the rest of the module stands before it.
fn value(module: &str, expression: &str) -> String {
    let text = format!(
        "{module}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Resource = {expression} }}] }})\n}}\n"
    );
    let found = found(&[("main.tf", &text), ("names.json", "{\"a\": \"${x} ü\"}")]);
    let [only] = found.as_slice() else { return format!("{found:?}") };
    let at = only.find("Resource: ").unwrap() + "Resource: ".len();
    only[at..only.len() - "}]}".len()].to_owned()
}

#[test]
fn references() {
    let module = r#"
        variable "text" { default = "x" }
        variable "list" { default = ["a", "b"] }
        variable "none" { default = null }
        locals {
          one  = "1-${var.text}"
          two  = [local.one, "${local.one}/*"]
          map  = { a = { b = "c" } }
          loop = local.loop
          here = local.there
          there = "${local.here}!"
        }
        resource "aws_s3_bucket" "named" { bucket = "training-data" }
        resource "aws_s3_bucket" "made" { bucket_prefix = "x" }
        resource "aws_s3_bucket" "many" {
          for_each = toset(["a", "b"])
          bucket   = "train-${each.key}"
        }
        resource "aws_iam_role" "training" { name = "training" }
        data "aws_partition" "p" {}
        data "template_file" "t" {
          template = "arn:$${part}:x"
          vars     = { part = "aws" }
        }
    "#;
    for (expression, wanted) in [
        ("local.one", "1-${var.text}"),
        ("local.two", "[1-${var.text}, 1-${var.text}/*]"),
        ("local.map.a.b", "c"),
        ("local.map[\"a\"].b", "c"),
        ("local.map.missing", "${local.map.missing}"),
        ("var.list", "[a, b]"),
        ("var.list[1]", "b"),
        ("var.other", "${var.other}"),
        ("var.none", "${var.none}"),
        ("local.loop", "${local.loop}"),
        ("local.there", "${local.there}!"),
        ("aws_s3_bucket.named.arn", "arn:aws:s3:::training-data"),
        ("\"${aws_s3_bucket.named.arn}/*\"", "arn:aws:s3:::training-data/*"),
        ("aws_s3_bucket.named.id", "training-data"),
        ("aws_s3_bucket.made.arn", "arn:aws:s3:::${aws_s3_bucket.made.bucket}"),
        ("aws_s3_bucket.made[0].arn", "arn:aws:s3:::${aws_s3_bucket.made[0].bucket}"),
        ("one(aws_s3_bucket.made[*].id)", "${aws_s3_bucket.made.bucket}"),
        ("join(\"\", aws_s3_bucket.made.*.id)", "${aws_s3_bucket.made.bucket}"),
        ("aws_s3_bucket.many[\"a\"].arn", "arn:aws:s3:::train-a"),
        (
            "aws_iam_role.training.arn",
            "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/training",
        ),
        ("\"arn:${data.aws_partition.p.partition}:s3:::b\"", "arn:aws:s3:::b"),
        ("data.aws_caller_identity.me.account_id", "${data.aws_caller_identity.current.account_id}"),
        ("data.template_file.t.rendered", "arn:aws:x"),
        ("module.elsewhere.arn", "${module.elsewhere.arn}"),
    ] {
        assert_eq!(value(module, expression), wanted, "{expression}");
    }
}

#[test]
fn functions_and_operators() {
    for (expression, wanted) in [
        ("concat([\"a\"], var.x, [\"b\"])", "[a, ${var.x}, b]"),
        ("flatten([[\"a\"], [[\"b\"]]])", "[a, b]"),
        ("compact([\"a\", \"\", null, var.x])", "[a, ${var.x}]"),
        ("merge({ a = 1 }, { a = 2, b = 3 })", "{a: 2, b: 3}"),
        ("merge({ a = 1 }, var.x)", "${merge({ a = 1 }, var.x)}"),
        ("join(\"-\", [\"a\", var.x, 1])", "a-${var.x}-1"),
        ("split(\",\", \"a,b\")", "[a, b]"),
        ("format(\"%s:%d%%\", \"a\", 1)", "a:1%"),
        ("formatlist(\"%s/*\", [\"a\", \"b\"])", "[a/*, b/*]"),
        ("replace(\"a-b\", \"-\", var.x)", "a${var.x}b"),
        ("coalesce(null, \"\", \"a\")", "a"),
        ("try({ a = 1 }.b, \"no\")", "no"),
        ("try(var.x.b, \"no\")", "${var.x.b}"),
        ("lookup({ a = \"b\" }, \"a\", \"c\")", "b"),
        ("lookup({ a = \"b\" }, \"z\", \"c\")", "c"),
        ("element([\"a\", \"b\"], 3)", "b"),
        ("length([1, 2]) == 2 ? \"two\" : \"other\"", "two"),
        ("[for x in [\"a\", \"b\"] : upper(x) if x != \"a\"]", "[B]"),
        ("[for k, v in { a = 1, b = 2 } : \"${k}${v}\"]", "[a1, b2]"),
        ("{ for x in [\"a\"] : x => \"${x}!\" }", "{a: a!}"),
        ("[for x in var.x : \"${x}/*\"]", "[${an element of var.x}/*]"),
        ("toset([\"a\"])", "[a]"),
        ("concat([[\"a\"], [\"b\"]]...)", "[a, b]"),
        ("!false && (1 < 2 || var.x) ? \"yes\" : \"no\"", "yes"),
        ("\"\\\"q\\\" \\u00e9 $${aws:username} ${\"in ${\"side\"}\"}\"", "\"q\" é ${aws:username} in side"),
        ("templatefile(\"names.json\", { x = \"y\" })", "{\"a\": \"y ü\"}"),
        ("file(\"${path.module}/names.json\")", "{\"a\": \"${x} ü\"}"),
        ("file(\"none.json\")", "${file(\"none.json\")}"),
        ("cidrsubnet(\"10.0.0.0/8\", 8, 1)", "${cidrsubnet(\"10.0.0.0/8\", 8, 1)}"),
        ("provider::x::y(1)", "${provider::x::y(1)}"),
    ] {
        assert_eq!(value("", expression), wanted, "{expression}");
    }
}

/// The data source as the AWS provider's documentation says that it works.
#[test]
fn documents() {
    let user =
        "resource \"aws_s3_bucket_policy\" \"p\" {\n  policy = data.aws_iam_policy_document.d.json\n}\n";
    let of = |blocks: &str, others: &str| {
        let text = format!("data \"aws_iam_policy_document\" \"d\" {{\n{blocks}\n}}\n{others}\n{user}");
        found(&[("main.tf", &text)]).join(" | ")
    };
    assert_eq!(
        of("statement {\n actions = [\"s3:*\"]\n resources = [\"*\", \"&{aws:username}\"]\n}", ""),
        "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: [s3:*], Resource: [*, ${aws:username}]}]}"
    );
    // One operator and key: the values come together. Principals of one type, too.
    assert_eq!(
        of(
            "version = \"2008-10-17\"\npolicy_id = \"x\"\nstatement {
               effect = \"Deny\"
               not_actions = [\"s3:Get*\"]
               not_resources = []
               principals {\n type = \"AWS\"\n identifiers = [\"1\"]\n}
               principals {\n type = \"AWS\"\n identifiers = [\"2\"]\n}
               condition {\n test = \"StringEquals\"\n variable = \"a\"\n values = [\"1\"]\n}
               condition {\n test = \"StringEquals\"\n variable = \"a\"\n values = [\"2\"]\n}
               condition {\n test = \"StringEquals\"\n variable = \"b\"\n values = [\"3\"]\n}
             }",
            ""
        ),
        "{Version: 2008-10-17, Id: x, Statement: [{Effect: Deny, Principal: {AWS: [1, 2]}, NotAction: [s3:Get*], Condition: {StringEquals: {a: [1, 2], b: [3]}}}]}"
    );
    let everyone = "statement {\n principals {\n type = \"*\"\n identifiers = [\"*\"]\n}\n}";
    assert!(of(everyone, "").contains("Principal: *"));
    // A statement replaces one with its Sid; sources come before, overrides after.
    let other = "data \"aws_iam_policy_document\" \"e\" {
        statement {\n sid = \"a\"\n actions = [\"s3:Get*\"]\n}\n statement {\n actions = [\"s3:Put*\"]\n}\n}";
    let own = "statement {\n sid = \"a\"\n actions = [\"s3:List*\"]\n}\n";
    let e = "[data.aws_iam_policy_document.e.json]";
    assert_eq!(
        of(&format!("source_policy_documents = {e}\n{own}"), other),
        "{Version: 2012-10-17, Statement: [{Sid: a, Effect: Allow, Action: [s3:List*]}, {Effect: Allow, Action: [s3:Put*]}]}"
    );
    assert_eq!(
        of(&format!("override_policy_documents = {e}\n{own}"), other),
        "{Version: 2012-10-17, Statement: [{Sid: a, Effect: Allow, Action: [s3:Get*]}, {Effect: Allow, Action: [s3:Put*]}]}"
    );
    let dynamic = "dynamic \"statement\" {\n for_each = { x = \"s3:Get*\", y = \"s3:Put*\" }\n iterator = it\n content {\n sid = it.key\n actions = [it.value]\n}\n}";
    assert_eq!(
        of(dynamic, ""),
        "{Version: 2012-10-17, Statement: [{Sid: x, Effect: Allow, Action: [s3:Get*]}, {Sid: y, Effect: Allow, Action: [s3:Put*]}]}"
    );
    // A condition that only the deployment knows: both ways.
    let maybe =
        "dynamic \"statement\" {\n for_each = var.on ? [1] : []\n content {\n actions = [\"s3:*\"]\n}\n}";
    assert_eq!(
        of(maybe, ""),
        "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: [s3:*]}]} | {Version: 2012-10-17, Statement: []}"
    );
}

const OPEN: &str = "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:*\", Resource = \"*\" }] })";

#[test]
fn endpoints_without_a_policy() {
    let endpoint = |name: &str, service: &str, rest: &str| {
        format!("resource \"aws_vpc_endpoint\" \"{name}\" {{\n  service_name = {service}\n{rest}}}\n")
    };
    let s3 = "\"com.amazonaws.${var.region}.s3\"";
    let of = |text: &str| findings(&[("main.tf", text)]).join(" | ");
    let full = "main.tf:1 endpoint-full-access `resource \"aws_vpc_endpoint\" \"e\"`";
    assert_eq!(of(&endpoint("e", s3, "")), full);
    assert_eq!(of(&endpoint("e", s3, "policy = null\n")), full);
    assert_eq!(of(&endpoint("e", "\"com.amazonaws.eu-west-1.dynamodb\"", "")), "");
    // By a data source, and by the keys of a map.
    let service = "data \"aws_vpc_endpoint_service\" \"s\" {\n  service = \"s3\"\n}\n";
    assert_eq!(of(&(endpoint("e", "data.aws_vpc_endpoint_service.s.service_name", "") + service)), full);
    let each = "for_each = toset([\"s3\", \"ecs\"])\n";
    assert_eq!(of(&endpoint("e", "\"com.amazonaws.eu-west-1.${each.key}\"", each)), full);
    // A text that is a default tells the service, if nothing else does.
    let usual = "variable \"service\" {\n  default = \"com.amazonaws.eu-west-1.s3\"\n}\n";
    assert_eq!(of(&(endpoint("e", "var.service", "") + usual)), full);
    // One with a policy of its own elsewhere is closed there.
    let other = format!(
        "resource \"aws_vpc_endpoint_policy\" \"p\" {{\n  vpc_endpoint_id = aws_vpc_endpoint.e.id\n  policy = {OPEN}\n}}\n"
    );
    let found = of(&(endpoint("e", s3, "") + &other));
    assert_eq!(found, "main.tf:6 endpoint-full-access `Effect = \"Allow\"`");
    // Where it cannot be told, that is said, once.
    let unknown = endpoint("e", "var.service", "") + &endpoint("f", "var.other", "");
    assert_eq!(of(&unknown), "main.tf:1 policy-not-read `resource \"aws_vpc_endpoint\" \"e\"`");
    // The policy tells, where the name does not.
    let found = of(&endpoint("e", "var.service", &format!("  policy = {OPEN}\n")));
    assert_eq!(found, "main.tf:3 endpoint-full-access `Effect = \"Allow\"`");
}

#[test]
fn calls_of_modules() {
    let inner = "variable \"policy\" {\n  default = null\n}\nresource \"aws_vpc_endpoint\" \"s3\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n  policy = var.policy\n}\n";
    let with = format!("module \"m\" {{\n  source = \"./m\"\n  policy = {OPEN}\n}}\n");
    let of = |text: &str| findings(&[("main.tf", text), ("m/main.tf", inner)]).join(" | ");
    assert_eq!(of(&with), "main.tf:3 endpoint-full-access `Effect = \"Allow\"`");
    // Left out, the default goes: the call makes it so.
    let without = "module \"m\" {\n  source = \"./m\"\n}\n";
    assert_eq!(of(without), "main.tf:1 endpoint-full-access `module \"m\"`");
    // The module itself only says that its caller decides.
    assert_eq!(findings(&[("main.tf", inner)]), ["main.tf:6 policy-not-read `var.policy`"]);
    // What another module returns is shown where it is used.
    let policy = format!("output \"json\" {{\n  value = {OPEN}\n}}\n");
    let using = "module \"p\" {\n  source = \"./p\"\n}\nresource \"aws_vpc_endpoint\" \"e\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n  policy = module.p.json\n}\n";
    let found = findings(&[("main.tf", using), ("p/out.tf", &policy)]);
    assert_eq!(found, ["main.tf:6 endpoint-full-access `module.p.json`"]);
    // A policy that only comes about by the call is told at the call; the module alone only says that its caller decides.
    let inner = format!(
        "variable \"attach\" {{\n  default = false\n}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = var.attach ? {OPEN} : \"\"\n}}\n"
    );
    let with = "module \"m\" {\n  source = \"./m\"\n  attach = true\n}\n";
    let found = findings(&[("main.tf", with), ("m/main.tf", &inner)]);
    let wanted = ["bucket-full-access", "bucket-outside-vpc-allowed", "policy-resource-arn"];
    assert_eq!(found, wanted.map(|rule| format!("main.tf:1 {rule} `module \"m\"`")));
    let alone = findings(&[("main.tf", &inner)]);
    assert_eq!(alone, ["main.tf:4 policy-not-read `resource \"aws_s3_bucket_policy\" \"p\"`"]);
    // What the defaults leave out is looked at as it is when somebody wants it.
    let off = "variable \"on\" {\n  default = false\n}\nresource \"aws_s3_bucket_policy\" \"p\" {\n  count = var.on ? 1 : 0\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = var.on ? [{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:*\", Resource = \"arn:aws:s3:::b/*\" }] : [] })\n}\n";
    let found = findings(&[("main.tf", off)]);
    assert_eq!(
        found,
        ["bucket-full-access", "bucket-outside-vpc-allowed"]
            .map(|rule| format!("main.tf:6 {rule} `Effect = \"Allow\"`"))
    );
    // Conditions that share a part agree on it.
    let joined = format!(
        "locals {{\n  on = var.all && !var.not\n}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  count = local.on ? 1 : 0\n  policy = var.all ? (var.not ? {OPEN} : null) : {OPEN}\n}}\n"
    );
    let told = "main.tf:4 policy-not-read `resource \"aws_s3_bucket_policy\" \"p\"`";
    assert_eq!(findings(&[("main.tf", &joined)]), [told]);
    // Nothing of a text out of another file has a place of its own.
    let using = "resource \"aws_vpc_endpoint\" \"e\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n  policy = templatefile(\"${path.module}/p.tpl\", { a = \"s3:*\" })\n}\n";
    let template = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"${a}\", \"Resource\": \"*\"}]}";
    let found = findings(&[("main.tf", using), ("p.tpl", template)]);
    assert_eq!(
        found,
        ["main.tf:3 endpoint-full-access `templatefile(\"${path.module}/p.tpl\", { a = \"s3:*\" })`"]
    );
    // Modules that many use.
    let registry = format!(
        "module \"e\" {{\n  source = \"terraform-aws-modules/vpc/aws//modules/vpc-endpoints\"\n  endpoints = {{\n    s3 = {{ service = \"s3\" }}\n    closed = {{ service = \"s3\", create = false }}\n    ecs = {{ service = \"ecs\" }}\n  }}\n}}\n\
         module \"b\" {{\n  source = \"terraform-aws-modules/s3-bucket/aws\"\n  policy = {OPEN}\n}}\n"
    );
    assert_eq!(findings(&[("main.tf", &registry)]), ["main.tf:4 endpoint-full-access `s3`"]);
    // Modules that call each other end.
    let circle = "module \"a\" {\n  source = \"../m\"\n}\nmodule \"b\" {\n  source = \"../m\"\n}\n";
    assert_eq!(findings(&[("main.tf", without), ("m/main.tf", circle)]), Vec::<String>::new());
}

#[test]
fn settings_and_the_other_files() {
    let policy = format!("variable \"policy\" {{}}\nlocals {{\n  open = {OPEN}\n}}\n");
    let user =
        "resource \"aws_vpc_endpoint\" \"e\" {\n  service_name = var.service\n  policy = local.open\n}\n";
    let settings = "service = \"com.amazonaws.eu-west-1.s3\"\n";
    let files = [("main.tf", user), ("policies.tf", &policy), ("terraform.tfvars", settings)];
    assert_eq!(findings(&files), ["policies.tf:3 endpoint-full-access `Effect = \"Allow\"`"]);
    // What an editor has is not what is on the disk.
    let around = Files::new(&files);
    let edited = "\n\n".to_owned() + &policy;
    let parsed = parse_file("policies.tf", edited.as_bytes(), &around);
    let located = policies(&parsed).0;
    assert_eq!(located.len(), 1);
    assert!(edited[located[0].node.span.range()].starts_with("{ Version"));
    // A file that cannot be read is told, and the rest of it is read all the same.
    let broken = "resource \"aws_s3_bucket_policy\" \"p\" {\n  policy = jsonencode({ a = 1 b = 2 })\n}\nresource \"aws_vpc_endpoint\" \"e\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n}\n";
    let found = findings(&[("main.tf", broken)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("main.tf:2 policy-syntax"), "{found:?}");
    assert!(found[1].starts_with("main.tf:4 endpoint-full-access"), "{found:?}");
}

/// Locals that double, conditions without end, nests: bounded, and never silent.
#[test]
fn hostile_modules_end() {
    let laughs: String =
        (1..60).map(|n| format!("  l{n} = [local.l{}, local.l{}]\n", n - 1, n - 1)).collect();
    let text = format!(
        "locals {{\n  l0 = \"x\"\n{laughs}}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = local.l18 }})\n}}\n"
    );
    assert!(!findings(&[("main.tf", &text)]).is_empty());
    // The last of the doubled lists would have a quintillion elements.
    for last in [
        "local.l59",
        "[for x in local.l16 : [for y in local.l16 : [for z in local.l16 : z]]]",
        "split(\"x\", join(\"y\", local.l16))",
    ] {
        let text = text.replace("local.l18", last);
        assert!(!findings(&[("main.tf", &text)]).is_empty(), "{last}");
    }
    let texts: String =
        (1..60).map(|n| format!("  t{n} = \"${{local.t{}}}${{local.t{}}}\"\n", n - 1, n - 1)).collect();
    let loops = format!("%{{ for a in range }}{}%{{ endfor }}", "x".repeat(1000));
    let nested = (0..6)
        .fold(loops, |inner, _| format!("%{{ for a in {list:?} }}{inner}%{{ endfor }}", list = vec![1; 100]));
    let text = format!(
        "locals {{\n  t0 = \"x\"\n{texts}  nested = \"{nested}\"\n}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = \"{{${{local.t59}}${{local.nested}}\"\n}}\n"
    );
    assert!(!findings(&[("main.tf", &text)]).is_empty());
    let nests: String = (1..400)
        .map(|n| format!("  n{n} = {}local.n{}{}\n", "[".repeat(50), n - 1, "]".repeat(50)))
        .collect();
    let all: String = (0..400).map(|n| format!("local.n{n},")).collect();
    let text = format!(
        "locals {{\n  n0 = \"x\"\n{nests}}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{all}] }})\n}}\n"
    );
    assert!(!findings(&[("main.tf", &text)]).is_empty());
    let names: String = (0..20_000).map(|n| format!("n{n}=1,")).collect();
    let text = format!(
        "resource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = templatefile(\"t.json\", {{ {names} }})\n}}\n"
    );
    let files = [("main.tf", text.as_str()), ("t.json", "{\"Statement\": ${n19999}}")];
    assert!(!findings(&files).is_empty());
    let conditions: String = (0..40)
        .map(|n| format!("dynamic \"statement\" {{\n for_each = var.x{n} ? [1] : []\n content {{\n actions = [\"s3:*\"]\n}}\n}}\n"))
        .collect();
    let text = format!(
        "data \"aws_iam_policy_document\" \"d\" {{\n{conditions}}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = data.aws_iam_policy_document.d.json\n}}\n"
    );
    let found = findings(&[("main.tf", &text)]);
    assert!(found.iter().any(|f| f.contains("policy-not-read")), "{found:?}");
    for deep in [
        "[".repeat(100_000),
        "(".repeat(100_000),
        "\"${".repeat(50_000),
        "!".repeat(100_000),
        "-".repeat(100_000),
    ] {
        let text = format!("resource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = {deep}\n}}\n");
        let found = findings(&[("main.tf", &text)]);
        let is_told = |f: &String| f.contains("policy-syntax") || f.contains("policy-not-read");
        assert!(found.iter().any(is_told), "{}", &text[..80]);
    }
}

#[test]
fn an_endpoint_that_the_call_leads_to_s3_has_the_default_there() {
    let module = "variable \"service\" {\n  type = string\n}\nresource \"aws_vpc_endpoint\" \"this\" {\n  service_name = var.service\n}\n";
    let call = |service: &str| {
        format!(
            "module \"e\" {{\n  source  = \"./mod\"\n  service = \"com.amazonaws.us-east-1.{service}\"\n}}\n"
        )
    };
    let s3 = call("s3");
    assert_eq!(
        findings(&[("main.tf", &s3), ("mod/m.tf", module)]),
        ["main.tf:1 endpoint-full-access `module \"e\"`"]
    );
    let other = call("dynamodb");
    assert_eq!(findings(&[("main.tf", &other), ("mod/m.tf", module)]), [""; 0]);
    // What the module alone is told for is not told at each call again.
    let certain = module.replace("var.service", "\"com.amazonaws.us-east-1.s3\"");
    assert_eq!(findings(&[("main.tf", &s3), ("mod/m.tf", &certain)]), [""; 0]);
}

#[test]
fn statements_keep_the_order_in_which_they_are_written() {
    let statement = |sid: &str| format!("statement {{\n    sid = {sid}\n  }}\n");
    let text = format!(
        "data \"aws_iam_policy_document\" \"d\" {{\n  {}  dynamic \"statement\" {{\n    for_each = [\"Two\", \"Three\"]\n    content {{\n      sid = statement.value\n    }}\n  }}\n  {}}}\n\
         resource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = data.aws_iam_policy_document.d.json\n}}\n",
        statement("\"One\""),
        statement("\"Four\"")
    );
    let found = found(&[("main.tf", &text)]).concat();
    let places: Vec<_> = ["One", "Two", "Three", "Four"].iter().map(|sid| found.find(sid).unwrap()).collect();
    assert!(places.is_sorted(), "{found}");
}

#[test]
fn a_loop_over_what_is_not_known_writes_one_statement() {
    let module = "variable \"accounts\" {\n  type = list(string)\n}\nresource \"aws_s3_bucket_policy\" \"p\" {\n  \
        policy = templatefile(\"${path.module}/p.tpl\", { accounts = var.accounts })\n}\n";
    let template = "{ \"Version\": \"2012-10-17\", \"Statement\": [\n%{ for a in accounts ~}\n  { \"Effect\": \"Allow\", \
        \"Principal\": {\"AWS\": \"arn:aws:iam::${a}:root\"}, \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::b/*\" },\n\
        %{ endfor ~}\n  { \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": [\"arn:aws:s3:::b\", \
        \"arn:aws:s3:::b/*\"], \"Condition\": { \"StringNotEquals\": { \"aws:SourceVpce\": \"vpce-0a1b2c3d4e5f60718\" } } } ] }\n";
    assert_eq!(findings(&[("main.tf", module), ("p.tpl", template)]), [""; 0]);
    let policy = found(&[("main.tf", module), ("p.tpl", template)]).concat();
    assert_eq!(policy.matches("Effect").count(), 2, "{policy}");
    // In the middle of a text nothing is known of how often it is there.
    let text = value("variable \"x\" {}", "\"arn:aws:s3:::b/%{ for p in var.x }${p}-%{ endfor }/*\"");
    assert!(text.contains("arn:aws:s3:::b/${") && !text.contains("-/*"), "{text}");
}

#[test]
fn a_heredoc_ends_at_its_marker_alone() {
    for (begin, end) in [("<<EOF", "EOF"), ("<<-EOF", "  EOF")] {
        let module = format!(
            "locals {{\n  setup = {begin}\nsqlplus << EOF\nexit;\nEOF\"\n  EOFS more\n{end}\n  b = \"data\"\n}}\n"
        );
        assert_eq!(value(&module, "local.b"), "data");
        assert_eq!(value(&module, "local.setup").trim_end(), "sqlplus << EOF\nexit;\nEOF\"\n  EOFS more");
    }
    // Without an end it is not read, and told where it begins.
    let open = "locals {\n  a = <<EOF\nEOF\"\n}\nresource \"aws_vpc_endpoint\" \"e\" {\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n}\n";
    assert!(findings(&[("main.tf", open)]).iter().any(|found| found.contains("policy-syntax")));
}

#[test]
fn a_plan_says_where_its_resources_are_written() {
    let resource = |address: &str, name: &str| {
        format!(
            r#"{{"address": {address:?}, "mode": "managed", "type": "aws_vpc_endpoint", "name": "{name}", "values": {{"service_name": "com.amazonaws.eu-west-1.s3", "policy": null}}}}"#
        )
    };
    let plan = format!(
        r#"{{"terraform_version": "1.9.0", "planned_values": {{"root_module": {{"resources": [{}, {}, {}, {}]}}}}}}"#,
        resource("aws_vpc_endpoint.own", "own"),
        resource("module.net[\"a.b\"].aws_vpc_endpoint.s3[0]", "s3"),
        resource("module.registry.aws_vpc_endpoint.this", "this"),
        resource("aws_vpc_endpoint.gone", "gone"),
    );
    let block = |name: &str| {
        format!(
            "resource \"aws_vpc_endpoint\" \"{name}\" {{\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n}}\n"
        )
    };
    let call = |name: &str, source: &str| format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n");
    let main = format!("\n{}{}{}", block("own"), call("net", "./network"), call("registry", "somebody/else"));
    let inner = format!("# network\n\n{}", block("s3"));
    let files = [("plan.json", &*plan), ("main.tf", &*main), ("network/m.tf", &*inner)];
    let told = |files: &[(&str, &str)]| {
        let around = Files::new(files);
        let file = FileInput {
            path: "plan.json",
            name: "plan.json",
            bytes: plan.as_bytes(),
            explicit: false,
            named: true,
            around: &around,
            part: None,
        };
        let report = Linter::new(RuleSet::builtin().unwrap()).lint(&file, &Settings::default());
        let full = report.findings.into_iter().filter(|f| &*f.rule == "endpoint-full-access");
        full.map(|f| {
            let place = f.notes.iter().find(|note| note.starts_with("it is written"));
            format!("{}: {}", f.resource.unwrap(), place.map_or("-", String::as_str))
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(
        told(&files),
        [
            "aws_vpc_endpoint.own: it is written in `main.tf`, line 2",
            "module.net[\"a.b\"].aws_vpc_endpoint.s3[0]: it is written in `network/m.tf`, line 3",
            "module.registry.aws_vpc_endpoint.this: it is written in `main.tf`, line 8",
            "aws_vpc_endpoint.gone: -",
        ]
    );
    assert!(told(&files[..1]).iter().all(|told| told.ends_with(": -")), "without the files");
}

/// Terraform takes a key that stands twice in an object; the last one counts.
#[test]
fn of_a_key_that_stands_twice_the_last_one_counts() {
    let module = "locals {\n  m = { b = \"x\", aa = 1, b = \"y\", \"c:d\" = \"1\", \"c:d\" = \"2\", b = \"z\", c = 1 }\n}\n";
    assert_eq!(value(module, "local.m.b"), "z");
    assert_eq!(value(module, "local.m[\"c:d\"]"), "2");
    assert_eq!(value(module, "local.m.c"), "1");
    // Where that is too much, it is told, and the rest is read.
    let many = format!("locals {{\n  m = {{\n{}  }}\n}}\n", "    b = 1\n".repeat(40));
    let found = findings(&[(
        "main.tf",
        &format!(
            "{many}resource \"aws_vpc_endpoint\" \"e\" {{\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n}}\n"
        ),
    )]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("policy-not-read") && found[1].contains("endpoint-full-access"), "{found:?}");
}

#[test]
fn endpoints_to_other_things_than_services_are_left_alone() {
    let endpoint = |rest: &str| {
        format!("resource \"aws_vpc_endpoint\" \"e\" {{\n  vpc_id = aws_vpc.main.id\n{rest}}}\n")
    };
    let of = |text: &str| findings(&[("main.tf", text)]).join(" | ");
    let lattice = "  vpc_endpoint_type = \"Resource\"\n  resource_configuration_arn = aws_vpclattice_resource_configuration.r.arn\n";
    assert_eq!(of(&endpoint(lattice)), "");
    assert_eq!(of(&endpoint("  service_network_arn = var.network\n")), "");
    assert!(of(&endpoint("")).contains("policy-not-read"));
    let data = |name: &str| {
        format!(
            "data \"aws_vpc_endpoint_service\" \"s\" {{\n  service_name = \"com.amazonaws.${{local.region}}.{name}\"\n}}\n"
        )
    };
    let by_name = endpoint("  service_name = data.aws_vpc_endpoint_service.s.service_name\n");
    assert_eq!(of(&(by_name.clone() + &data("transfer.server"))), "");
    assert!(of(&(by_name.clone() + &data("s3"))).contains("endpoint-full-access"));
    let either = data("s3").replace("service_name =", "service_name = null\n  service = \"s3\" # ");
    assert!(of(&(by_name + &either)).contains("endpoint-full-access"), "{either}");
}

/// A policy that is what a caller gives, written out as JSON, is no text; a list of which nothing is known is not empty.
#[test]
fn what_a_caller_gives_is_not_made_up() {
    let module = "variable \"policies\" {\n  default = {}\n}\nvariable \"on\" {\n  default = false\n}\nresource \"aws_vpc_endpoint\" \"e\" {\n  \
        count = var.on ? 1 : 0\n  service_name = \"com.amazonaws.eu-west-1.s3\"\n  policy = try(jsonencode(var.policies.s3), null)\n}\n";
    let found = findings(&[("main.tf", module)]);
    assert_eq!(found, ["main.tf:10 policy-not-read `jsonencode(var.policies.s3)`"]);
    let module = "variable \"accounts\" {}\nresource \"aws_s3_bucket_policy\" \"p\" {\n  policy = <<EOF\n{\"Version\": \"2012-10-17\", \"Statement\": [\
        {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": [${join(\",\", formatlist(\"\\\"%s\\\"\", var.accounts))}]}, \"Action\": \"s3:GetObject\", \
        \"Resource\": \"arn:aws:s3:::b/*\"}]}\nEOF\n}\n";
    let found = findings(&[("main.tf", module)]);
    assert!(found.iter().any(|f| f.contains("bucket-outside-vpc-allowed")), "{found:?}");
    assert!(!found.iter().any(|f| f.contains("policy-")), "{found:?}");
}

/// AWS takes no other bucket's name in the policy of a bucket, so two references there are one bucket.
#[test]
fn a_bucket_by_its_name_and_by_its_arn_is_one() {
    let module = |objects: &str| {
        format!(
            "resource \"aws_s3_bucket_policy\" \"p\" {{\n  bucket = local.b.bucket\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [\n\
        {{ Effect = \"Allow\", Principal = {{ AWS = \"arn:aws:iam::111122223333:root\" }}, Action = \"s3:GetObject\", Resource = \"{objects}\" }},\n\
        {{ Effect = \"Deny\", Principal = \"*\", Action = \"s3:*\", Resource = [module.m.arn, \"${{module.m.arn}}/*\"],\n\
        Condition = {{ StringNotEquals = {{ \"aws:SourceVpce\" = \"vpce-0a1b2c3d4e5f60718\" }} }} }}] }})\n}}\n"
        )
    };
    assert_eq!(findings(&[("main.tf", &module("arn:aws:s3:::${module.m.name}/*"))]), [""; 0]);
    assert_eq!(findings(&[("main.tf", &module("${module.m.arn}/*"))]), [""; 0]);
}

/// A string that is broken over lines spoils the block that it stands in, whatever its lines begin with.
#[test]
fn a_broken_string_spoils_one_block() {
    let module = r#"resource "aws_lambda_function" "f" {
  code = {
    file = "import os
import json
resource x

def f():
  print("x")
"
  }
}

resource "aws_vpc_endpoint" "e" {
  service_name = "com.amazonaws.eu-west-1.s3"
}

output "id" {
  value = aws_vpc_endpoint.e.id
}
"#;
    let found = findings(&[("main.tf", module)]);
    assert_eq!(found.len(), 2, "{found:?}");
    let endpoint = "main.tf:13 endpoint-full-access";
    assert!(found[0].contains("policy-syntax") && found[1].starts_with(endpoint), "{found:?}");
}

#[test]
fn one_instance_by_a_splat() {
    let module = |policy: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"m\" {{\n  count = 1\n  statement {{\n    actions = [\"s3:GetObject\"]\n    resources = \
            [\"arn:aws:s3:::my-bucket/*\"]\n    principals {{\n      type = \"*\"\n      identifiers = [\"*\"]\n    }}\n  }}\n}}\n\
            resource \"aws_s3_bucket_policy\" \"m\" {{\n  count = 1\n  bucket = \"my-bucket\"\n  policy = {policy}\n}}\n"
        )
    };
    for policy in ["m[0].json", "m.*.json[0]", "m.*.json[count.index]"] {
        let found = findings(&[("main.tf", &module(&format!("data.aws_iam_policy_document.{policy}")))]);
        assert!(found.iter().any(|f| f.contains("bucket-outside-vpc-allowed")), "{policy}: {found:?}");
    }
    let found =
        findings(&[("main.tf", &module("element(data.aws_iam_policy_document.m.*.json, count.index)"))]);
    assert!(found.iter().any(|f| f.contains("bucket-outside-vpc-allowed")), "{found:?}");
}

/// Of the elements of a map the condition of a loop leaves one, when it asks for a key that is not known.
#[test]
fn a_loop_that_asks_for_one_key_has_one_element() {
    let module = r#"
        locals { fence = { a = "vpce-0a1b2c3d4e5f60719", b = "vpce-0a1b2c3d4e5f60718" } }
        resource "aws_s3_bucket_policy" "p" {
          policy = jsonencode({ Version = "2012-10-17", Statement = [for k, v in local.fence : { Resource = v } if k == data.x.y.name] })
        }
    "#;
    let mut policies = found(&[("main.tf", module)]);
    policies.sort();
    let one = |id: &str| format!("{{Resource: {id}}}");
    assert_eq!(policies.len(), 3, "{policies:?}");
    assert!(policies.iter().any(|p| p.contains(&one("vpce-0a1b2c3d4e5f60719")) && !p.contains("60718")));
    assert!(policies.iter().any(|p| p.contains(&one("vpce-0a1b2c3d4e5f60718")) && !p.contains("60719")));
}

#[test]
fn products_of_sets() {
    let module = r#"
        locals { g = { for v in setproduct(["a", "b"], ["com.amazonaws.eu-west-1.s3"]) : "${v[0]}-x" => { n = v[1] } } }
        resource "aws_vpc_endpoint" "gw" {
          for_each     = local.g
          service_name = each.value.n
        }
    "#;
    let found = findings(&[("main.tf", module)]);
    assert!(found.iter().any(|f| f.contains("endpoint-full-access")), "{found:?}");
}
