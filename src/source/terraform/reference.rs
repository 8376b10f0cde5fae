//! What names lead to: locals, variables, resources and data sources, the outputs of modules in other folders.
//!
//! Knows the attributes of a few types of resources that a policy refers to: a bucket's ARN holds its name.
//! Source: the AWS provider's documentation of these types.

use super::document;
use super::eval::{At, Eval, Scope, entries, used};
use super::hcl::{Block, SourceFile};
use super::module::Module;
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
const REGION: &str = "${data.aws_region.current.name}";

/// A step from a value to a part of it.
#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(Node),
    /// `[*]` or `.*`
    Every,
}

/// A name with what is taken from it, where it stands.
struct Named {
    span: Span,
    words: String,
}

impl Eval<'_> {
    pub(super) fn traversal(&self, traversal: &Traversal, at: At<'_>, scope: Option<&Scope<'_>>) -> Node {
        let named = Named { span: at.span(traversal.span()), words: at.words(traversal.span()) };
        let steps: Vec<Step> = traversal
            .operators
            .iter()
            .map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
                TraversalOperator::Index(index) => Step::Index(self.expression(index, at, scope)),
                TraversalOperator::LegacyIndex(index) => {
                    Step::Index(Node { span: named.span, value: Value::Number(index.value().to_string().into()) })
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Every,
            })
            .collect();
        let found = match &traversal.expr {
            Expression::Variable(root) => self.named(root.as_str(), &steps, &named, scope),
            other => self.steps(&self.expression(other, at, scope), &steps),
        };
        match found {
            Some(node) => used(&node, named.span),
            None => self.untold(&named.words, named.span),
        }
    }

    /// A value from another folder at the place of its use, when that is in the file that is asked about: nobody who reads the other
    /// folder knows what it is for.
    pub(super) fn brought(&self, node: &Node, span: Span) -> Node {
        let is_foreign = self.loader.is_here(span) && !self.loader.is_here(node.span);
        if is_foreign { placed(node, span) } else { node.clone() }
    }

    fn named(&self, root: &str, steps: &[Step], named: &Named, scope: Option<&Scope<'_>>) -> Option<Node> {
        if let Some(found) = Scope::find(scope, root) {
            return self.steps(found, steps);
        }
        let (first, rest) = match steps {
            [Step::Name(first), rest @ ..] => (&**first, rest),
            _ => return None,
        };
        match root {
            "local" => {
                let (file, attribute) = self.module.local(first)?;
                self.steps(&self.attribute(file, attribute, None), rest)
            }
            "var" => self.steps(&self.variable(first)?, rest),
            "path" => Some(string(if first == "module" { &self.module.folder } else { "" }, named.span)),
            "module" => match rest {
                [Step::Name(output), rest @ ..] => self.steps(&self.output(first, output, named)?, rest),
                [Step::Index(_) | Step::Every, Step::Name(output), rest @ ..] => {
                    self.steps(&self.output(first, output, named)?, rest)
                }
                _ => None,
            },
            "each" | "count" | "self" | "terraform" => None,
            "data" => match rest {
                [Step::Name(name), rest @ ..] => self.resource(true, first, name, rest, named),
                _ => None,
            },
            kind => {
                let [Step::Name(name), rest @ ..] = steps else { return None };
                self.resource(false, kind, name, rest, named)
            }
        }
    }

    /// The part of a value that steps lead to.
    fn steps(&self, node: &Node, steps: &[Step]) -> Option<Node> {
        let Some((step, rest)) = steps.split_first() else { return Some(node.clone()) };
        match (step, &node.value) {
            (Step::Name(name), Value::Object(_)) => self.steps(node.get(name)?, rest),
            (Step::Index(index), Value::Object(_)) => self.steps(node.get(index.text()?.known()?)?, rest),
            (Step::Index(index), Value::Array(items)) => {
                let index: usize = as_text(index)?.value.parse().ok()?;
                self.steps(items.get(index)?, rest)
            }
            (Step::Every, Value::Array(items)) => {
                let items = items.iter().map(|item| self.steps(item, rest)).collect::<Option<_>>()?;
                Some(Node { span: node.span, value: Value::Array(items) })
            }
            _ => None,
        }
    }

    /// What a variable is known to be: what a call or a file of settings gives to it, or its default where that is no plain text: a text
    /// may well be another, and is decided for all that it may be.
    fn variable(&self, name: &str) -> Option<Node> {
        if let Some(given) = self.module.given.as_ref().and_then(|given| given.get(name)) {
            return Some(given.clone());
        }
        if self.module.given.is_none()
            && let Some((file, attribute)) = self.module.setting(name)
        {
            return Some(self.attribute(file, attribute, None));
        }
        let (file, block) = self.module.block("variable", &[name])?;
        let default = self.attribute(file, block.get("default")?, None);
        let is_told = match &default.value {
            Value::String(text) => is_json(text) || self.work.is_usual,
            // Nobody is known to call this module: the caller may give something.
            Value::Null => self.module.given.is_some(),
            _ => true,
        };
        is_told.then_some(default)
    }

    fn output(&self, module: &str, output: &str, named: &Named) -> Option<Node> {
        let (file, block) = self.module.block("module", &[module])?;
        let called = self.called(file, block)?;
        let inner = Eval { module: &called, ..*self };
        let (file, block) = called.block("output", &[output])?;
        let value = inner.attribute(file, block.get("value")?, None);
        Some(self.brought(&value, named.span))
    }

    /// The module that a block calls, when it stands in a folder here, with what it is given.
    pub(super) fn called(&self, file: &SourceFile, block: &Block) -> Option<Module> {
        let source = self.attribute(file, block.get("source")?, None);
        let folder = source.text()?.known().filter(|source| source.starts_with('.'))?.to_owned();
        if self.module.depth >= MAX_CALLS {
            return None;
        }
        let mut module = self.module.called(&folder, block.label(0), block.header, self.loader);
        let given = block.attributes.iter().filter(|a| !matches!(&*a.key.value, "source" | "count" | "for_each"));
        module.given = Some(given.map(|a| (a.key.value.to_string(), self.attribute(file, a, None))).collect());
        Some(module)
    }

    fn resource(&self, is_data: bool, kind: &str, name: &str, steps: &[Step], named: &Named) -> Option<Node> {
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
        let value = self.of_resource(&owner, kind, attribute, block, named);
        let value = value.or_else(|| (every || !instance.is_empty()).then(|| {
            self.untold(&format!("{owner}.{attribute}"), named.span)
        }))?;
        if every {
            let list = Node { span: named.span, value: Value::Array(vec![value]) };
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
        named: &Named,
    ) -> Option<Node> {
        let span = named.span;
        let symbol = |name: &str| crate::source::deployed::unknown(name, span);
        match (kind, attribute) {
            ("aws_partition", "partition") => Some(string("aws", span)),
            ("aws_partition", "dns_suffix") => Some(string("amazonaws.com", span)),
            ("aws_region", "name" | "id" | "region") => Some(symbol(REGION)),
            ("aws_caller_identity", "account_id") => Some(symbol(ACCOUNT)),
            ("aws_iam_policy_document", "json" | "minified_json") => {
                let (file, block) = block?;
                document::document(self, file, block)
            }
            ("aws_vpc_endpoint_service", "service_name") => {
                let (file, block) = block?;
                let service = self.attribute(file, block.get("service")?, None);
                let mut out = Builder::default();
                out.literal("com.amazonaws.", span);
                out.symbol(REGION);
                out.literal(".", span);
                out.foreign(&as_text(&service)?, span);
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            ("aws_s3_bucket", "arn" | "id" | "bucket") => {
                let mut out = Builder::default();
                if attribute == "arn" {
                    out.literal("arn:aws:s3:::", span);
                }
                match block.and_then(|(file, block)| self.given_name(file, block, "bucket")) {
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
                match self.given_name(file, block, "name").filter(|name| name.holes.is_empty()) {
                    Some(name) => out.foreign(&name, span),
                    // It will have a name that nothing else has: this one stands for it.
                    None => out.literal(block.label(1), span),
                }
                Some(Node { span, value: Value::String(out.finish(span)) })
            }
            (_, "arn" | "id") => None,
            _ => {
                let (file, block) = block?;
                let value = self.attribute(file, block.get(attribute)?, None);
                as_text(&value).is_some_and(|text| is_of_one(&text)).then_some(value)
            }
        }
    }

    /// The name that a block gives, unless that differs from one instance to the next.
    fn given_name(&self, file: &SourceFile, block: &Block, attribute: &str) -> Option<Text> {
        let name = as_text(&self.attribute(file, block.get(attribute)?, None))?;
        is_of_one(&name).then_some(name)
    }

    /// The names that `for_each` and `count` give to each instance of a block: for one that is not known, a single instance
    /// without them.
    pub(super) fn instances(&self, file: &SourceFile, block: &Block) -> Vec<Option<Node>> {
        let Some(each) = block.get("for_each") else { return vec![None] };
        let items = self.attribute(file, each, None);
        let is_map = items.object().is_some();
        let Some(items) = entries(&items).filter(|items| !items.is_empty() && items.len() <= MAX_INSTANCES) else {
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

fn is_of_one(text: &Text) -> bool {
    text.holes.iter().all(|hole| !["each.", "count."].iter().any(|part| hole.symbol.name.contains(part)))
}
