//! Terraform and `OpenTofu`: where in a file of a module the policies stand, and what their references come to. A value that only
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
mod memory;
mod module;
pub(super) mod plan;
mod reference;
mod scope;
mod work;
mod written;

use super::around::Around;
use super::deployed::{
    Found, default_policy, is_s3, only_at_deploy_time, placed, quoted, reference, reference_to_policy,
    service_unknown, unfolded,
};
use super::language::Language;
use super::locate::{Located, Wrapper};
use super::parse::Parsed;
use super::span::Span;
use super::syntax_error::{SyntaxError, SyntaxErrorKind};
use super::tree::{Member, Node, Text, Value};
use eval::{Eval, words};
use hcl::{Attribute, Block, SourceFile};
use module::{Loader, Module, may_matter};
use reference::MAX_CALLS;
use scope::Scope;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use work::{Work, World};

pub(super) use hcl::is_configuration;
pub use memory::Memory;
pub(super) use module::{MARKS, join};
pub use written::written;

/// Work that is done for one folder, in expressions and parts of values; beyond, all is unknown, and that is told.
const BUDGET: usize = 2_000_000;
/// Work that is done for one way in which a policy can turn out.
const BUDGET_OF_ONE: usize = 200_000;
/// Ways in which the conditions of one policy can turn out that are looked at.
const MAX_WAYS: usize = 64;

/// Reads a file of a module, with the files around it.
pub(super) fn read(name: &str, text: &str, around: &dyn Around) -> Parsed {
    let fresh = Memory::new();
    let memory = around.memory().filter(|memory| memory.has_room());
    let of_folder =
        memory.map(|memory| memory.results(&around.path(""), || results(&Loader::new(around, memory, None))));
    // What is on the disk may be another text, or not be there at all.
    let found = of_folder.and_then(|results| results.of(name, text));
    let found = found.or_else(|| results(&Loader::new(around, &fresh, Some((name, text)))).of(name, text));
    let OfFile { located, errors, .. } = found.unwrap_or_default();
    Parsed { documents: Vec::new(), located, errors, language: Language::Terraform }
}

/// What was found in the files of a folder.
#[derive(Debug, Default)]
struct Results(Vec<OfFile>);

/// What was found in a file.
#[derive(Debug, Clone, Default)]
struct OfFile {
    name: String,
    text: String,
    located: Vec<Located<'static>>,
    errors: Vec<SyntaxError>,
}

impl Results {
    fn of(&self, name: &str, text: &str) -> Option<OfFile> {
        self.0.iter().find(|file| file.name == name && file.text == text).cloned()
    }
}

fn results(loader: &Loader<'_>) -> Results {
    let files = loader.own();
    if !files.iter().any(|file| may_matter(&file.text)) {
        return Results(files.iter().filter(|file| is_asked(file)).map(|file| OfFile::of(file)).collect());
    }
    let module = Module::own(files.clone());
    let reader = Reader { loader, left: Rc::new(Cell::new(BUDGET)), told: RefCell::default() };
    let mut found = Found::default();
    reader.module(&module, &mut found);
    let of_file = |file: &Arc<SourceFile>| {
        let mut out = OfFile::of(file);
        if reader.left.get() == 0 {
            let message = "this module is too large to be read as a whole".to_owned();
            let start = Span::new(0, file.text.len().min(1));
            out.errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, start, message));
        }
        let base = u32::try_from(file.base).unwrap_or(u32::MAX);
        let own = |span: Span| Span { start: span.start - base, end: span.end - base };
        for error in found.errors.iter().filter(|error| file.range().covers(error.span)) {
            let related = error.related.clone().filter(|(span, _)| file.range().covers(*span));
            let related = related.map(|(span, message)| (own(span), message));
            out.errors.push(SyntaxError { span: own(error.span), related, ..error.clone() });
        }
        for located in found.located.iter().filter(|located| file.range().covers(located.node.span)) {
            let mut node = located.node.clone().into_owned();
            hcl::unshift(&mut node, file.base);
            out.located.push(Located { node: Cow::Owned(node), ..located.clone() });
        }
        out.errors.sort_by_key(|error| error.span);
        out.errors.dedup();
        once_for_all(&mut out.errors);
        out.located.sort_by_key(|located| located.node.span);
        out
    };
    Results(files.iter().filter(|file| is_asked(file)).map(of_file).collect())
}

/// Of several endpoints of which it is not known where they lead the first is told, and how many more there are.
fn once_for_all(errors: &mut Vec<SyntaxError>) {
    let is_one = |error: &SyntaxError| error.kind == SyntaxErrorKind::ServiceUnknown;
    let more = errors.iter().filter(|error| is_one(error)).count().saturating_sub(1);
    let mut is_first = true;
    errors.retain(|error| !is_one(error) || std::mem::take(&mut is_first));
    if more > 0
        && let Some(first) = errors.iter_mut().find(|error| is_one(error))
    {
        let endpoints = if more == 1 { "endpoint" } else { "endpoints" };
        first.message += &format!(", nor of {more} more {endpoints} of this file");
    }
}

/// Whether anybody will ask what was found in a file: one without these words is not read for itself.
fn is_asked(file: &SourceFile) -> bool {
    module::has_any(&file.text, MARKS)
}

impl OfFile {
    fn of(file: &SourceFile) -> Self {
        Self {
            name: file.name.clone(),
            text: file.text.clone(),
            located: Vec::new(),
            errors: file.errors.clone(),
        }
    }
}

struct Reader<'m> {
    loader: &'m Loader<'m>,
    /// How much work may still be done.
    left: Rc<Cell<usize>>,
    /// By the folders of modules, the addresses of which something is told when nobody calls them.
    told: RefCell<BTreeMap<String, Rc<BTreeSet<String>>>>,
}

/// A resource whose policy is looked for.
struct Resource<'r> {
    address: String,
    wrapper: Wrapper,
    /// Its place.
    header: Span,
    /// What is said of its policy.
    policy: Policy<'r>,
    /// How many there are of it.
    count: Option<(&'r SourceFile, &'r Attribute)>,
    /// It is not known to which service the endpoint leads: only its policy can tell.
    is_unsure: bool,
}

impl<'r> Resource<'r> {
    fn of(
        module: &Module<'_>,
        file: &'r SourceFile,
        block: &'r Block,
        wrapper: Wrapper,
        policy: Policy<'r>,
    ) -> Self {
        let address = match &*block.kind {
            "resource" => format!("{}{}.{}", module.prefix, block.label(0), block.label(1)),
            _ => format!("{}module.{}", module.prefix, block.label(0)),
        };
        let count = block.get("count").map(|count| (file, count));
        Self { address, wrapper, header: block.header, policy, count, is_unsure: false }
    }

    /// One of those that a call makes, which stands at a place of its own.
    fn part(self, name: &str, header: Span) -> Self {
        Self { address: format!("{}.{name}", self.address), header, ..self }
    }

    /// Whether there is none of it.
    fn is_none(&self, eval: &Eval<'_>) -> bool {
        let count = self.count.map(|(file, count)| eval.attribute(file, count, None));
        count.is_some_and(|n| matches!(&n.value, Value::Number(n) if &**n == "0"))
    }
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
    fn module(&self, module: &Module<'_>, found: &mut Found) {
        for (file, block) in module.blocks() {
            match (&*block.kind, block.label(0)) {
                ("resource", "aws_s3_bucket_policy" | "aws_s3_bucket") => {
                    if let Some(policy) = block.get("policy") {
                        let (wrapper, policy) =
                            (Wrapper::BucketPolicyResource, Policy::Written(file, policy));
                        let resource = Resource::of(module, file, block, wrapper, policy);
                        self.resource(module, file, block, &resource, found);
                    }
                }
                ("resource", "aws_vpc_endpoint") => self.endpoint(module, file, block, found),
                ("resource", "aws_vpc_endpoint_policy") => {
                    let of_s3 = self.is_policy_of_s3(module, file, block);
                    if let Some(policy) = block.get("policy").filter(|_| of_s3 != Some(false)) {
                        let (wrapper, policy) = (Wrapper::EndpointResource, Policy::Written(file, policy));
                        let resource = Resource::of(module, file, block, wrapper, policy);
                        let resource = Resource { is_unsure: of_s3.is_none(), ..resource };
                        self.resource(module, file, block, &resource, found);
                    }
                }
                ("module", _) => self.call(module, file, block, found),
                _ => {}
            }
        }
    }

    /// What the call of a module comes to: what its caller writes, at its place; and what only comes about by the call, at the call. The
    /// rest is told in the module itself.
    fn called(&self, by: &Module<'_>, called: &Module<'_>, header: Span, found: &mut Found) {
        let told = self.told_alone(called);
        let mut inner = Found::default();
        self.module(called, &mut inner);
        found.errors.append(&mut inner.errors);
        for located in inner.located {
            let own = located.address.strip_prefix(&called.prefix).unwrap_or(&located.address);
            if located.is_default && told.contains(own) {
                continue;
            }
            if by.has(located.node.span) {
                found.located.push(located);
            } else if !told.contains(own) && self.left.get() > 0 {
                let node = Cow::Owned(placed(&located.node, header));
                found.located.push(Located { node, ..located });
            }
        }
    }

    fn told_alone(&self, called: &Module<'_>) -> Rc<BTreeSet<String>> {
        if let Some(told) = self.told.borrow().get(&called.folder) {
            return Rc::clone(told);
        }
        // A module that leads to itself tells nothing of that.
        self.told.borrow_mut().insert(called.folder.clone(), Rc::default());
        let mut found = Found::default();
        self.module(&called.alone(), &mut found);
        let told: Rc<BTreeSet<String>> = Rc::new(found.located.into_iter().map(|l| l.address).collect());
        self.told.borrow_mut().insert(called.folder.clone(), Rc::clone(&told));
        told
    }

    fn endpoint(&self, module: &Module<'_>, file: &SourceFile, block: &Block, found: &mut Found) {
        let service = block.get("service_name");
        // Those to a resource or a service network have none.
        let others = ["resource_configuration_arn", "service_network_arn"];
        if service.is_none() && others.iter().any(|key| block.get(key).is_some()) {
            return;
        }
        let work = self.work(World::new()).usual();
        let eval = Eval { module, loader: self.loader, work: &work };
        let (mut to_s3, mut unknown) = (Vec::new(), Vec::new());
        for each in eval.instances(file, block) {
            let scope = each.as_ref().map(|value| Scope::one("each", value, None));
            let name = service.map(|service| eval.attribute(file, service, scope.as_ref()));
            match name.as_ref().and_then(Node::text).and_then(is_s3) {
                Some(true) => to_s3.push(each),
                Some(false) => {}
                None => unknown.push(each),
            }
        }
        let policy = match block.get("policy") {
            Some(policy) => Policy::Written(file, policy),
            None if has_policy_resource(module, block.label(1)) => return,
            None => Policy::Default,
        };
        let resource = Resource::of(module, file, block, Wrapper::EndpointResource, policy);
        for each in &to_s3 {
            self.ways(module, &resource, each.as_ref(), found);
        }
        let resource = Resource { is_unsure: true, ..resource };
        for each in &unknown {
            self.ways(module, &resource, each.as_ref(), found);
        }
    }

    /// Whether an `aws_vpc_endpoint_policy` is one of an endpoint to S3; `None` when that cannot be told.
    fn is_policy_of_s3(&self, module: &Module<'_>, file: &SourceFile, block: &Block) -> Option<bool> {
        let work = self.work(World::new()).usual();
        let eval = Eval { module, loader: self.loader, work: &work };
        let words = words(file, block.get("vpc_endpoint_id")?);
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
        module: &Module<'_>,
        file: &SourceFile,
        block: &Block,
        resource: &Resource<'_>,
        found: &mut Found,
    ) {
        let work = self.work(World::new());
        let eval = Eval { module, loader: self.loader, work: &work };
        for each in eval.instances(file, block) {
            self.ways(module, resource, each.as_ref(), found);
        }
    }

    /// Each way in which the conditions that cannot be known can turn out is a policy of its own.
    fn ways(&self, module: &Module<'_>, resource: &Resource<'_>, each: Option<&Node>, found: &mut Found) {
        let scope = each.map(|value| Scope::one("each", value, None));
        let mut known: Vec<Node> = Vec::new();
        let work = self.work(World::new());
        let is_off = resource.is_none(&Eval { module, loader: self.loader, work: &work });
        if is_off && module.call.is_some() {
            return;
        }
        let (mut worlds, mut done) = (vec![World::new()], 0);
        while let Some(world) = worlds.pop() {
            done += 1;
            if done > MAX_WAYS {
                let message =
                    format!("the policy of {} depends on too many conditions", quoted(&resource.address));
                let span = Self::near(module, resource.header);
                found.errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, span, message));
                return;
            }
            // What defaults leave out is looked at as it is when somebody wants it.
            let work = self.work(world.clone()).open(is_off);
            let eval = Eval { module, loader: self.loader, work: &work };
            // Where a condition decides whether it is there at all, it is looked at where it is.
            let is_none = resource.is_none(&eval) && work.is_guessed.get();
            let value = match resource.policy {
                Policy::Written(file, attribute) => Some(eval.attribute(file, attribute, scope.as_ref())),
                Policy::Known(node) => Some(node.clone()),
                Policy::Default => None,
            };
            let mut outcome = world;
            for condition in work.asked.take() {
                let mut other = outcome.clone();
                other.insert(condition.clone(), false);
                worlds.push(other);
                outcome.insert(condition, true);
            }
            let remark = |(span, message)| SyntaxError::new(SyntaxErrorKind::NotRead, span, message);
            found.errors.extend(work.remarks.take().into_iter().map(remark));
            if !is_none {
                self.policy(module, resource, value, &mut known, found);
            }
        }
    }

    fn policy(
        &self,
        module: &Module<'_>,
        resource: &Resource<'_>,
        value: Option<Node>,
        known: &mut Vec<Node>,
        found: &mut Found,
    ) {
        let is_endpoint = resource.wrapper == Wrapper::EndpointResource;
        let is_there = |node: &Node| match &node.value {
            Value::Null => false,
            Value::String(text) => !text.value.is_empty() || !text.holes.is_empty(),
            _ => true,
        };
        let value = value.filter(is_there);
        if resource.is_unsure && !value.as_ref().is_some_and(speaks_of_s3) {
            found.errors.push(service_unknown(&resource.address, resource.header));
            return;
        }
        let (node, is_default, embedding) = match value {
            Some(node) => {
                let (node, embedding) = unfolded(node, &mut found.errors);
                (node, false, embedding)
            }
            None if is_endpoint => (default_policy(Self::near(module, resource.header)), true, 0),
            None => {
                if module.call.is_none() && !is_endpoint && known.is_empty() {
                    // Its defaults leave it out.
                    let message = format!(
                        "whether {} has a policy, and which, the caller of the module says",
                        quoted(&resource.address)
                    );
                    found.errors.push(SyntaxError::new(
                        SyntaxErrorKind::GivenByCaller,
                        resource.header,
                        message,
                    ));
                }
                return;
            }
        };
        if known.contains(&node) {
            return;
        }
        known.push(node.clone());
        if let Some(name) = reference_to_policy(&node) {
            let message = format!("this policy is what the caller of the module gives: {}", quoted(name));
            found.errors.push(if name.starts_with("${var.") {
                SyntaxError::new(SyntaxErrorKind::GivenByCaller, node.span, message)
            } else {
                only_at_deploy_time(name, node.span)
            });
            return;
        }
        let mut node = self.home(&node, node.span);
        Self::take_unknown(&mut node, found);
        if found.located.iter().any(|other| *other.node == node && other.is_default == is_default) {
            return;
        }
        found.located.push(Located {
            node: Cow::Owned(node),
            wrapper: Some(resource.wrapper.clone()),
            document: 0,
            address: resource.address.clone(),
            resource: Some(resource.address.clone()),
            bare_statement: false,
            embedding: embedding + usize::from(is_default),
            is_default,
        });
    }

    /// Statements that are nothing but references: told, and left out.
    fn take_unknown(policy: &mut Node, found: &mut Found) {
        let Value::Object(members) = &mut policy.value else { return };
        let statements =
            members.iter_mut().rev().find(|m| &*m.key.value == "Statement").map(|m| &mut m.value);
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

    /// The place of a resource in the module that nobody calls: its own, or that of the call that makes it.
    fn near(module: &Module<'_>, span: Span) -> Span {
        let (mut module, mut span) = (module, span);
        while let Some(call) = module.call {
            (module, span) = (call.module, call.block.header);
        }
        span
    }

    /// The tree with what stands in other files than its root at the place of what is around it.
    fn home(&self, node: &Node, span: Span) -> Node {
        if !self.loader.is_same_file(span, node.span) {
            return placed(node, span);
        }
        let span = node.span;
        let value = match &node.value {
            Value::String(text) => Value::String(self.home_text(text, span)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.home(item, span)).collect()),
            Value::Object(members) => {
                let member = |m: &Member| {
                    let key = self.home_text(&m.key, span);
                    Member { value: self.home(&m.value, key.span), key }
                };
                Value::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        };
        Node { span, value }
    }

    fn home_text(&self, text: &Text, span: Span) -> Text {
        let file = self.loader.file_of(span).unwrap_or(span);
        let is_here = |&(_, at): &(u32, u32)| file.covers(Span { start: at, end: at });
        if file.covers(text.span) && text.map.iter().all(is_here) {
            return text.clone();
        }
        let place = if file.covers(text.span) { text.span } else { span };
        match placed(&Node { span: place, value: Value::String(text.clone()) }, place).value {
            Value::String(text) => text,
            _ => text.clone(),
        }
    }

    fn work(&self, world: World) -> Work {
        Work::new(world, BUDGET_OF_ONE, Rc::clone(&self.left))
    }
}

/// Whether a text of a policy names S3.
fn speaks_of_s3(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.value.contains("s3:"),
        Value::Array(items) => items.iter().any(speaks_of_s3),
        Value::Object(members) => members.iter().any(|m| speaks_of_s3(&m.value)),
        _ => false,
    }
}

/// Whether an `aws_vpc_endpoint_policy` of the module speaks of an endpoint.
fn has_policy_resource(module: &Module<'_>, name: &str) -> bool {
    let wanted = format!("aws_vpc_endpoint.{name}");
    let mut policies = module.blocks().filter(|(_, block)| block.label(0) == "aws_vpc_endpoint_policy");
    policies.any(|(file, block)| {
        let words = block.get("vpc_endpoint_id").map(|id| words(file, id)).unwrap_or_default();
        words
            .split(&wanted)
            .skip(1)
            .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c)))
    })
}
