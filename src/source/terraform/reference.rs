//! What names lead to: locals, variables, resources and data sources, the outputs of modules in other folders.
//!
//! Knows the attributes of a few types of resources that a policy refers to: a bucket's ARN holds its name.
//! Source: the AWS provider's documentation of these types.

use super::document;
use super::eval::{At, Eval, Place, entries, used};
use super::hcl::{Block, SourceFile};
use super::module::{Call, Module};
use super::scope::Scope;
use crate::source::builder::Builder;
use crate::source::deployed::{as_text, is_json, placed, string};
use crate::source::span::Span;
use crate::source::tree::{Node, Text, Value};
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};

/// Modules that call modules: followed this many levels deep.
pub(super) const MAX_CALLS: usize = 4;

/// The account that a configuration is applied to, and its Region: the same whatever the data source is called.
const ACCOUNT: &str = "${data.aws_caller_identity.current.account_id}";
const REGION: &str = "${Region}";

/// A step from a value to a part of it.
#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(Node),
    /// `[*]` or `.*`
    Every,
}

/// `x.*.name[0]` becomes `x[0].name`: an index behind `.*` is one of the instances of a resource, of which only one is looked at.
fn of_one_instance(traversal: &Traversal, steps: &mut Vec<Step>) {
    let is_resource = matches!(&traversal.expr, Expression::Variable(root)
        if !matches!(root.as_str(), "local" | "var" | "module" | "each" | "path"));
    let splat = traversal.operators.iter().position(|o| matches!(o.value(), TraversalOperator::AttrSplat(_)));
    let Some(splat) = splat.filter(|_| is_resource) else { return };
    let index = steps.iter().skip(splat).position(|step| matches!(step, Step::Index(_))).map(|at| at + splat);
    if let Some(index) = index {
        let index = steps.remove(index);
        if let Some(slot) = steps.get_mut(splat) {
            *slot = index;
        }
    }
}

impl Eval<'_> {
    pub(super) fn traversal(&self, traversal: &Traversal, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let span = at.span(traversal.span());
        let mut steps: Vec<Step> = traversal
            .operators
            .iter()
            .map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
                TraversalOperator::Index(index) => Step::Index(self.expression(index, at, scope)),
                TraversalOperator::LegacyIndex(index) => {
                    Step::Index(Node { span, value: Value::Number(index.value().to_string().into()) })
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Every,
            })
            .collect();
        of_one_instance(traversal, &mut steps);
        let found = match &traversal.expr {
            Expression::Variable(root) => self.named(root.as_str(), &steps, span, scope),
            other => self.steps(&self.expression(other, at, scope), &steps),
        };
        match found.and_then(|node| self.work.charged(node)) {
            Some(node) => used(&node, span),
            None => self.untold(&at.words(traversal.span()), span),
        }
    }

    /// A value from another file at the place of its use.
    pub(super) fn brought(&self, node: &Node, span: Span) -> Node {
        if self.loader.is_same_file(span, node.span) { node.clone() } else { placed(node, span) }
    }

    fn named(&self, root: &str, steps: &[Step], span: Span, scope: Option<&Scope<'_>>) -> Option<Node> {
        if let Some(found) = Scope::find(scope, root) {
            return self.steps(found, steps);
        }
        let (first, rest) = match steps {
            [Step::Name(first), rest @ ..] => (&**first, rest),
            _ => return None,
        };
        match root {
            "local" => {
                let find = || {
                    let (file, attribute) = self.module.local(first)?;
                    Some(self.attribute(file, attribute, None))
                };
                self.steps(&self.work.once(format!("{}local.{first}", self.module.prefix), find)?, rest)
            }
            "var" => {
                let name = format!("{}var.{first}", self.module.prefix);
                self.steps(&self.work.once(name, || self.variable(first))?, rest)
            }
            "path" => Some(string(if first == "module" { &self.module.folder } else { "" }, span)),
            "module" => match rest {
                [Step::Name(output), rest @ ..] => self.steps(&self.output(first, output, span)?, rest),
                [Step::Index(_) | Step::Every, Step::Name(output), rest @ ..] => {
                    self.steps(&self.output(first, output, span)?, rest)
                }
                _ => None,
            },
            "each" | "count" | "self" | "terraform" => None,
            "data" => match rest {
                [Step::Name(name), rest @ ..] => self.resource(true, first, name, rest, span),
                _ => None,
            },
            kind => {
                let [Step::Name(name), rest @ ..] = steps else { return None };
                self.resource(false, kind, name, rest, span)
            }
        }
    }

    /// The part of a value that steps lead to.
    fn steps(&self, node: &Node, steps: &[Step]) -> Option<Node> {
        let Some((step, rest)) = steps.split_first() else { return Some(node.clone()) };
        match (step, &node.value) {
            (Step::Name(name), Value::Object(_)) => self.steps(self.found(node.get(name))?, rest),
            (Step::Index(index), Value::Object(_)) => {
                self.steps(self.found(node.get(index.text()?.known()?))?, rest)
            }
            // Of the instances of a resource only one is looked at.
            (Step::Index(index), Value::Array(items)) if items.len() == 1 && !is_number(index) => {
                self.steps(items.first()?, rest)
            }
            (Step::Index(index), Value::Array(items)) => {
                let index: usize = as_text(index)?.value.parse().ok()?;
                self.steps(self.found(items.get(index))?, rest)
            }
            (Step::Every, Value::Array(items)) => {
                let items = items.iter().map(|item| self.steps(item, rest)).collect::<Option<_>>()?;
                Some(Node { span: node.span, value: Value::Array(items) })
            }
            _ => None,
        }
    }

    fn found<T>(&self, found: Option<T>) -> Option<T> {
        if found.is_none() {
            self.work.is_missing.set(true);
        }
        found
    }

    /// What a variable is known to be: what a call or a file of settings gives to it, or its default where that is no plain text: a text
    /// may well be another, and is decided for all that it may be.
    fn variable(&self, name: &str) -> Option<Node> {
        if let Some(Call { module, file, block }) = self.module.call
            && let Some(given) = block.get(name)
        {
            return Some(Eval { module, ..*self }.attribute(file, given, None));
        }
        if self.module.call.is_none()
            && let Some((file, attribute)) = self.module.setting(name)
        {
            return Some(self.attribute(file, attribute, None));
        }
        let (file, block) = self.module.block("variable", &[name])?;
        let default = self.attribute(file, block.get("default")?, None);
        let is_told = match &default.value {
            // A call that leaves it out makes it so.
            Value::String(text) => is_json(text) || self.work.is_usual || self.module.call.is_some(),
            // Nobody is known to call this module: the caller may give something.
            Value::Null => self.module.call.is_some(),
            _ if self.work.is_open && self.module.call.is_none() => !is_switch(&default),
            _ => true,
        };
        is_told.then_some(default)
    }

    fn output(&self, module: &str, output: &str, span: Span) -> Option<Node> {
        let (file, block) = self.module.block("module", &[module])?;
        let called = self.called(Call { module: self.module, file, block })?;
        let inner = Eval { module: &called, ..*self };
        let (file, block) = called.block("output", &[output])?;
        // Nobody who reads the other folder knows what it is for, so it is shown where it is used.
        let value = inner.attribute(file, block.get("value")?, None);
        Some(placed(&value, span))
    }

    /// The module that a block calls, when it stands in a folder here.
    pub(super) fn called<'c>(&self, call: Call<'c>) -> Option<Module<'c>> {
        let source = self.attribute(call.file, call.block.get("source")?, None);
        let folder = source.text()?.known().filter(|source| source.starts_with('.'))?.to_owned();
        if self.module.depth >= MAX_CALLS {
            return None;
        }
        Some(Module::called(call, &folder, self.loader))
    }

    fn resource(&self, is_data: bool, kind: &str, name: &str, steps: &[Step], span: Span) -> Option<Node> {
        // Of `x[0].arn` and `x[*].arn` the instance does not matter, but it is a part of the name.
        let (instance, every, steps) = match steps {
            [Step::Every, rest @ ..] => (String::new(), true, rest),
            [Step::Index(index), rest @ ..] => {
                (as_text(index).map(|t| format!("[{}]", t.value)).unwrap_or_default(), false, rest)
            }
            rest => (String::new(), false, rest),
        };
        let [Step::Name(attribute), rest @ ..] = steps else { return None };
        let block = self.module.block(if is_data { "data" } else { "resource" }, &[kind, name]);
        let data = if is_data { "data." } else { "" };
        let owner = format!("{data}{kind}.{name}{instance}");
        let each = block.and_then(|(file, block)| {
            let key = instance.strip_prefix('[')?.strip_suffix(']')?;
            let is_it = |each: &Node| each.get("key").and_then(as_text).is_some_and(|k| &*k.value == key);
            self.instances(file, block).into_iter().flatten().find(is_it)
        });
        let scope = each.as_ref().map(|value| Scope::one("each", value, None));
        let value = self.of_resource(&owner, kind, attribute, block, scope.as_ref(), span);
        let value = value.or_else(|| {
            (every || !instance.is_empty()).then(|| self.untold(&format!("{owner}.{attribute}"), span))
        })?;
        if every {
            let list = Node { span, value: Value::Array(vec![value]) };
            let all: Vec<Step> = std::iter::once(Step::Every).chain(rest.iter().cloned()).collect();
            return self.steps(&list, &all);
        }
        self.steps(&value, rest)
    }

    fn of_resource(
        &self,
        owner: &str,
        kind: &str,
        attribute: &str,
        block: Option<(&SourceFile, &Block)>,
        scope: Option<&Scope<'_>>,
        span: Span,
    ) -> Option<Node> {
        let symbol = |name: &str| crate::source::deployed::unknown(name, span);
        match (kind, attribute) {
            ("aws_partition", "partition") => Some(string("aws", span)),
            ("aws_partition", "dns_suffix") => Some(string("amazonaws.com", span)),
            ("aws_region", "name" | "id" | "region") => Some(symbol(REGION)),
            ("aws_caller_identity", "account_id" | "id") => Some(symbol(ACCOUNT)),
            ("aws_iam_policy_document", "json" | "minified_json") => {
                let (file, block) = block?;
                let name = format!("{}{owner}", self.module.prefix);
                self.work.once(name, || Some(document::document(self, file, block, scope)))
            }
            // A service of somebody's own is not S3.
            ("aws_vpc_endpoint_service", "service_name") if !owner.starts_with("data.") => {
                Some(string("com.amazonaws.vpce.region.vpce-svc", span))
            }
            ("aws_vpc_endpoint_service", "service_name") => {
                let (file, block) = block?;
                let name = block.get("service_name").map(|name| self.attribute(file, name, scope));
                if let Some(name) = name.filter(|name| !matches!(name.value, Value::Null)) {
                    return Some(name);
                }
                let service = self.attribute(file, block.get("service")?, scope);
                let mut out = Builder::default();
                out.literal("com.amazonaws.", span);
                out.symbol(REGION);
                out.literal(".", span);
                out.foreign(&as_text(&service)?, span);
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            ("template_file", "rendered") => {
                let (file, block) = block?;
                let template = self.attribute(file, block.get("template")?, scope);
                let names = block.get("vars").map(|vars| self.attribute(file, vars, scope));
                let names = names.as_ref().and_then(Node::object).unwrap_or_default();
                // What cannot be known of the template itself is left in it.
                let text = template.text().filter(|text| text.holes.is_empty())?;
                self.filled(At { source: &text.value, place: Place::Text(text) }, names, text.span)
            }
            ("aws_elb_service_account", "arn") => {
                let mut out = Builder::default();
                out.literal("arn:aws:iam::", span);
                out.symbol("${data.aws_elb_service_account.main.id}");
                out.literal(":root", span);
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            ("aws_cloudfront_origin_access_identity", "iam_arn") => {
                let mut out = Builder::default();
                out.literal("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ", span);
                out.literal(name_of(owner), span);
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            ("aws_s3_bucket", "arn" | "id" | "bucket") => {
                let mut out = Builder::default();
                if attribute == "arn" {
                    out.literal("arn:aws:s3:::", span);
                }
                match block.and_then(|(file, block)| self.given_name(file, block, "bucket", scope)) {
                    Some(name) => out.foreign(&name, span),
                    None => out.symbol(&format!("${{{}{owner}.bucket}}", self.module.prefix)),
                }
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            ("aws_iam_role" | "aws_iam_user", "arn") => {
                let (file, block) = block?;
                if block.get("path").is_some() {
                    return None;
                }
                let mut out = Builder::default();
                out.literal("arn:aws:iam::", span);
                out.symbol(ACCOUNT);
                out.literal(if kind == "aws_iam_role" { ":role/" } else { ":user/" }, span);
                match self.given_name(file, block, "name", scope).filter(|name| name.holes.is_empty()) {
                    Some(name) => out.foreign(&name, span),
                    // It will have a name that nothing else has: this one stands for it.
                    None => out.literal(block.label(1), span),
                }
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            (_, "arn" | "id") => None,
            _ => {
                let (file, block) = block?;
                let value = self.attribute(file, block.get(attribute)?, scope);
                as_text(&value).is_some_and(|text| is_of_one(&text)).then_some(value)
            }
        }
    }

    /// The name that a block gives, unless that differs from one instance to the next.
    fn given_name(
        &self,
        file: &SourceFile,
        block: &Block,
        attribute: &str,
        scope: Option<&Scope<'_>>,
    ) -> Option<Text> {
        let name = as_text(&self.attribute(file, block.get(attribute)?, scope))?;
        is_of_one(&name).then_some(name)
    }

    /// The names that `for_each` and `count` give to each instance of a block: for one that is not known, a single instance
    /// without them.
    pub(super) fn instances(&self, file: &SourceFile, block: &Block) -> Vec<Option<Node>> {
        let Some(each) = block.get("for_each") else { return vec![None] };
        let items = self.attribute(file, each, None);
        let is_map = items.object().is_some();
        let Some(items) = entries(&items).filter(|items| !items.is_empty() && items.len() <= MAX_INSTANCES)
        else {
            return vec![None];
        };
        let of = |(key, value): (Node, Node)| {
            let key = if is_map { key } else { value.clone() };
            Some(crate::source::deployed::object(vec![("key", key), ("value", value)], each.key.span))
        };
        items.into_iter().map(of).collect()
    }
}

/// Instances of one block that are looked at one by one.
const MAX_INSTANCES: usize = 64;

/// The resource's own name in `type.name[instance]`.
fn name_of(owner: &str) -> &str {
    let name = owner.rsplit_once('.').map_or(owner, |(_, name)| name);
    name.split('[').next().unwrap_or(name)
}

fn is_switch(default: &Node) -> bool {
    match &default.value {
        Value::Bool(_) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn is_number(node: &Node) -> bool {
    as_text(node).is_some_and(|text| text.known().is_some_and(|known| known.parse::<usize>().is_ok()))
}

fn is_of_one(text: &Text) -> bool {
    text.holes.iter().all(|hole| !["each.", "count."].iter().any(|part| hole.symbol.name.contains(part)))
}
