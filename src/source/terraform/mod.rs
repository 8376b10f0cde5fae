//! Terraform and OpenTofu: where in a file of a module the policies stand, and what their references come to. A value that only
//! `apply` tells becomes a symbol, equal to itself and otherwise unknown.
//!
//! The files of a folder are one module, so a file is read with those around it; but of what is found only that is told which
//! **stands in the file itself**: a policy document in one file and the bucket policy that uses it in another is a finding in the first.
//!
//! Knows the configuration language and a few types of resources; nothing of what a policy means.
//!
//! Sources: Terraform's language documentation; the AWS provider's documentation of the resources named in `found`.

mod calls;
mod document;
mod eval;
mod functions;
mod hcl;
mod module;
pub(super) mod plan;
mod reference;

use super::around::Around;
use super::deployed::{Found, default_policy, is_s3, only_at_deploy_time, placed, quoted, reference, unfolded};
use super::language::Language;
use super::locate::{Located, Wrapper};
use super::parse::Parsed;
use super::span::Span;
use super::syntax_error::{SyntaxError, SyntaxErrorKind};
use super::tree::{Member, Node, Text, Value};
use eval::{Eval, Scope, Work, World};
use hcl::{Attribute, Block, SourceFile};
use module::{Loader, Module};
use reference::MAX_CALLS;
use std::cell::Cell;

pub(super) use hcl::is_configuration;

/// Expressions that are looked at for one file; beyond, all is unknown.
const BUDGET: usize = 2_000_000;
/// Expressions that are looked at for one way in which a policy can turn out.
const BUDGET_OF_ONE: usize = 200_000;
/// Ways in which the conditions of one policy can turn out that are looked at.
const MAX_WAYS: usize = 64;

/// Reads a file of a module, with the files around it.
pub(super) fn read(name: &str, text: &str, around: &dyn Around) -> Parsed {
    let loader = Loader::new(around, text.len());
    let mut module = Module::own(name, text, &loader);
    let mut errors = module.take_errors();
    let reader = Reader { loader: &loader, left: Cell::new(BUDGET) };
    let mut found = Found::default();
    reader.module(&module, &mut found);
    if reader.left.get() == 0 {
        let message = "this module is too large to be read as a whole".to_owned();
        found.errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, Span::new(0, text.len().min(1)), message));
    }
    found.errors.retain(|error| loader.is_here(error.span));
    errors.append(&mut found.errors);
    errors.sort_by_key(|error| error.span);
    errors.dedup();
    found.located.sort_by_key(|located| located.node.span);
    Parsed { documents: Vec::new(), located: found.located, errors, language: Language::Terraform }
}

struct Reader<'m> {
    loader: &'m Loader<'m>,
    left: Cell<usize>,
}

/// A resource whose policy is looked for.
struct Resource<'r> {
    address: String,
    wrapper: Wrapper,
    /// Its place.
    header: Span,
    /// What is said of its policy.
    policy: Policy<'r>,
}

/// Where a resource's policy comes from.
#[derive(Clone, Copy)]
enum Policy<'r> {
    /// An attribute.
    Written(&'r SourceFile, &'r Attribute),
    /// A value that was worked out.
    Known(&'r Node),
    /// There is none: the default goes.
    Default,
}

impl Reader<'_> {
    /// The policies of a module that stand in the file that is asked about.
    fn module(&self, module: &Module, found: &mut Found) {
        for (file, block) in module.blocks() {
            match (&*block.kind, block.label(0)) {
                ("resource", "aws_s3_bucket_policy" | "aws_s3_bucket") => {
                    if let Some(policy) = block.get("policy") {
                        let wrapper = Wrapper::BucketPolicyResource;
                        self.resource(module, file, block, wrapper, Policy::Written(file, policy), found);
                    }
                }
                ("resource", "aws_vpc_endpoint") => self.endpoint(module, file, block, found),
                ("resource", "aws_vpc_endpoint_policy") => {
                    if let Some(policy) = block.get("policy")
                        && self.is_policy_of_s3(module, file, block) != Some(false)
                    {
                        let wrapper = Wrapper::EndpointResource;
                        self.resource(module, file, block, wrapper, Policy::Written(file, policy), found);
                    }
                }
                ("module", _) => self.call(module, file, block, found),
                _ => {}
            }
        }
    }

    fn endpoint(&self, module: &Module, file: &SourceFile, block: &Block, found: &mut Found) {
        let service = block.get("service_name");
        let mut leads_to_s3 = false;
        let work = self.work(World::new()).usual();
        let eval = Eval { module, loader: self.loader, work: &work };
        for each in eval.instances(file, block) {
            let scope = each.as_ref().map(|value| Scope { name: "each", value, outer: None });
            let name = service.map(|service| eval.attribute(file, service, scope.as_ref()));
            match name.as_ref().and_then(Node::text).and_then(is_s3) {
                Some(is_s3) => leads_to_s3 |= is_s3,
                None if module.call.is_some() => leads_to_s3 |= block.get("policy").is_some(),
                None => {
                    let message =
                        format!("it cannot be told whether the endpoint {} leads to S3", quoted(block.label(1)));
                    let span = name.map_or(block.header, |name| name.span);
                    found.errors.push(SyntaxError::new(SyntaxErrorKind::ServiceUnknown, span, message));
                }
            }
        }
        if !leads_to_s3 {
            return;
        }
        let policy = match block.get("policy") {
            Some(policy) => Policy::Written(file, policy),
            None if has_policy_resource(module, block.label(1)) => return,
            None => Policy::Default,
        };
        self.resource(module, file, block, Wrapper::EndpointResource, policy, found);
    }

    /// Whether an `aws_vpc_endpoint_policy` is one of an endpoint to S3; `None` when that cannot be told.
    fn is_policy_of_s3(&self, module: &Module, file: &SourceFile, block: &Block) -> Option<bool> {
        let work = self.work(World::new()).usual();
        let eval = Eval { module, loader: self.loader, work: &work };
        let words = eval.words(file, block.get("vpc_endpoint_id")?);
        let mut parts = words.split(['.', '[']);
        let kind = match parts.next()? {
            "data" => ("data", parts.next()?),
            other => ("resource", other),
        };
        let (file, endpoint) = module.block(kind.0, &[kind.1, parts.next()?])?;
        is_s3(eval.attribute(file, endpoint.get("service_name")?, None).text()?)
    }

    fn resource(
        &self,
        module: &Module,
        file: &SourceFile,
        block: &Block,
        wrapper: Wrapper,
        policy: Policy<'_>,
        found: &mut Found,
    ) {
        let address = format!("{}{}.{}", module.prefix, block.label(0), block.label(1));
        let eval_with = |work: &Work| {
            let eval = Eval { module, loader: self.loader, work };
            eval.instances(file, block)
        };
        let instances = eval_with(&self.work(World::new()));
        let resource = Resource { address, wrapper, header: block.header, policy };
        for each in instances {
            self.ways(module, &resource, each.as_ref(), found);
        }
    }

    /// Each way in which the conditions that cannot be known can turn out is a policy of its own.
    fn ways(&self, module: &Module, resource: &Resource<'_>, each: Option<&Node>, found: &mut Found) {
        let scope = each.map(|value| Scope { name: "each", value, outer: None });
        let mut known: Vec<Node> = Vec::new();
        let (mut worlds, mut done) = (vec![World::new()], 0);
        while let Some(world) = worlds.pop() {
            done += 1;
            if done > MAX_WAYS {
                let message =
                    format!("the policy of {} depends on too many conditions", quoted(&resource.address));
                let span = self.near(module, resource.header);
                found.errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, span, message));
                return;
            }
            let work = self.work(world.clone());
            let eval = Eval { module, loader: self.loader, work: &work };
            let value = match resource.policy {
                Policy::Written(file, attribute) => Some(eval.attribute(file, attribute, scope.as_ref())),
                Policy::Known(node) => Some(node.clone()),
                Policy::Default => None,
            };
            self.left.set(self.left.get().saturating_sub(BUDGET_OF_ONE - work.left()));
            let mut outcome = world;
            for condition in work.asked.take() {
                let mut other = outcome.clone();
                other.insert(condition.clone(), false);
                worlds.push(other);
                outcome.insert(condition, true);
            }
            let remark = |(span, message)| SyntaxError::new(SyntaxErrorKind::NotRead, span, message);
            found.errors.extend(work.remarks.take().into_iter().map(remark));
            self.policy(module, resource, value, &mut known, found);
        }
    }

    fn policy(
        &self,
        module: &Module,
        resource: &Resource<'_>,
        value: Option<Node>,
        known: &mut Vec<Node>,
        found: &mut Found,
    ) {
        let is_endpoint = resource.wrapper == Wrapper::EndpointResource;
        let value = value.filter(|node| !matches!(node.value, Value::Null));
        let (node, is_default, embedding) = match value {
            Some(node) => {
                let (node, embedding) = unfolded(node, &mut found.errors);
                (node, false, embedding)
            }
            // Without a word about the policy in the module itself, that is told there.
            None if is_endpoint && (module.call.is_none() || !matches!(resource.policy, Policy::Default)) => {
                (default_policy(self.near(module, resource.header)), true, 0)
            }
            None => return,
        };
        // Of a module that is called, only what its caller writes is told.
        if !self.loader.is_here(node.span) || known.contains(&node) {
            return;
        }
        known.push(node.clone());
        if let Some(name) = reference(&node) {
            let message = format!("this policy is what the caller of the module gives: {}", quoted(name));
            found.errors.push(if name.starts_with("${var.") {
                SyntaxError::new(SyntaxErrorKind::GivenByCaller, node.span, message)
            } else {
                only_at_deploy_time(name, node.span)
            });
            return;
        }
        let mut node = self.home(&node, node.span);
        self.take_unknown(&mut node, found);
        if found.located.iter().any(|other| *other.node == node && other.is_default == is_default) {
            return;
        }
        found.located.push(Located {
            node: std::borrow::Cow::Owned(node),
            wrapper: Some(resource.wrapper.clone()),
            document: 0,
            address: resource.address.clone(),
            bare_statement: false,
            embedding: embedding + usize::from(is_default),
            is_default,
        });
    }

    /// Statements that are nothing but references: told, and left out.
    fn take_unknown(&self, policy: &mut Node, found: &mut Found) {
        let Value::Object(members) = &mut policy.value else { return };
        let statements = members.iter_mut().rev().find(|m| &*m.key.value == "Statement").map(|m| &mut m.value);
        let mut tell = |node: &Node| {
            let name = reference(node)?;
            let message = format!("statements that come from elsewhere were not read: {}", quoted(name));
            found.errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, node.span, message));
            Some(())
        };
        if let Some(node) = statements {
            match &mut node.value {
                Value::Array(items) => items.retain(|item| tell(item).is_none()),
                _ => {
                    if tell(node).is_some() {
                        node.value = Value::Array(Vec::new());
                    }
                }
            }
        }
    }

    /// A place in the file that is asked about: that of a resource, or that of the call that makes it.
    fn near(&self, module: &Module, span: Span) -> Span {
        match module.call {
            Some(call) if !self.loader.is_here(span) => call,
            _ => span,
        }
    }

    /// The tree with what stands in other files at the place of what is around it.
    fn home(&self, node: &Node, span: Span) -> Node {
        if !self.loader.is_here(node.span) {
            return placed(node, span);
        }
        let span = node.span;
        let value = match &node.value {
            Value::String(text) => Value::String(self.home_text(text, span)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.home(item, span)).collect()),
            Value::Object(members) => {
                let member = |m: &Member| {
                    let key = self.home_text(&m.key, span);
                    let place = if self.loader.is_here(m.key.span) { key.span } else { span };
                    Member { value: self.home(&m.value, place), key }
                };
                Value::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        };
        Node { span, value }
    }

    fn home_text(&self, text: &Text, span: Span) -> Text {
        let is_here = |&(_, file): &(u32, u32)| self.loader.is_here(Span { start: file, end: file });
        if self.loader.is_here(text.span) && text.map.iter().all(is_here) {
            return text.clone();
        }
        let place = if self.loader.is_here(text.span) { text.span } else { span };
        match placed(&Node { span: place, value: Value::String(text.clone()) }, place).value {
            Value::String(text) => text,
            _ => text.clone(),
        }
    }

    fn work(&self, world: World) -> Work {
        Work::new(world, BUDGET_OF_ONE.min(self.left.get()))
    }
}

/// Whether an `aws_vpc_endpoint_policy` of the module speaks of an endpoint.
fn has_policy_resource(module: &Module, name: &str) -> bool {
    let wanted = format!("aws_vpc_endpoint.{name}");
    let mut policies = module.blocks().filter(|(_, block)| block.label(0) == "aws_vpc_endpoint_policy");
    policies.any(|(file, block)| {
        let loader = Loader::new(&super::around::Alone, 0);
        let work = Work::new(World::new(), 0);
        let eval = Eval { module, loader: &loader, work: &work };
        let words = block.get("vpc_endpoint_id").map(|id| eval.words(file, id)).unwrap_or_default();
        words.split(&wanted).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c)))
    })
}
