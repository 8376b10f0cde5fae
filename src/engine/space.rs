//! The space of requests: which there are, and how the parts of one hang together. Without these ties a witness would be
//! nonsense and a proof would fail: a bucket action goes with a bucket's ARN, the network keys stand or fall together,
//! `aws:PrincipalArn` follows from the caller, a bucket policy sees only its own bucket (fact sheet, sections E and G).
//!
//! A request is a *scene* (kind of caller, network, partition), an action, and one sample for each *group* of parts that
//! depend on one another. What single keys are is data, in [`crate::aws`].

use super::bits::Bits;
use super::holds::Slot;
use super::parts::FromCaller;
use super::pattern::{Class, Tok, literal, push_literal};
use super::program::{Program, ResourcePattern, Test};
use crate::aws::{Action, ActionSet, ConditionKey, Presence, ResourceType};
use crate::policy::{PolicyKind, PrincipalPattern};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// What kind of caller makes the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// Nobody who signed.
    Anonymous,
    /// A role's session.
    Role,
    /// An IAM user.
    User,
    /// An account's root user.
    Root,
    /// A session of `GetFederationToken`.
    FederatedUser,
    /// An AWS service in its own name.
    Service,
    /// Known only by a canonical user id.
    CanonicalUser,
}

impl CallerKind {
    /// True for callers with an account of their own that the request tells.
    #[must_use]
    pub fn is_iam(self) -> bool {
        matches!(self, Self::Role | Self::User | Self::Root | Self::FederatedUser)
    }
}

/// Which way the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// From a public address.
    Internet,
    /// Through a VPC endpoint.
    Endpoint,
    /// From inside AWS, where the network keys are redacted.
    Service,
}

/// The coarse choices of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scene {
    /// Who.
    pub caller: CallerKind,
    /// Which way.
    pub network: Network,
    /// Whether an AWS service calls with the caller's credentials.
    pub via_service: bool,
    /// The partition of the caller and of the resource.
    pub partition: Arc<str>,
}

impl Scene {
    /// What every request of the scene holds for a key that follows from the kind of caller; `None`: it can differ, or the
    /// key has to do with something else.
    #[must_use]
    pub(super) fn implied(&self, key: FromCaller) -> Option<Slot> {
        use FromCaller::{Account, Arn, IsService, Type, ViaService};
        let one = |value: &'static str| Some(Slot::one(value));
        let truth = |value: bool| Some(Slot::truth(value));
        match (key, self.caller) {
            (ViaService, _) => truth(self.via_service),
            (Type | Arn | Account, CallerKind::CanonicalUser) | (Account, CallerKind::Service) => {
                Some(Slot::Unknown)
            }
            (Type, CallerKind::Anonymous) => one("Anonymous"),
            (Type, CallerKind::Root) => one("Account"),
            (Type, CallerKind::User) => one("User"),
            (Type, CallerKind::FederatedUser) => one("FederatedUser"),
            (Type, CallerKind::Role) => one("AssumedRole"),
            (IsService | Arn, CallerKind::Anonymous) | (Type | Arn, CallerKind::Service) => {
                Some(Slot::Absent)
            }
            (IsService, kind) => truth(kind == CallerKind::Service),
            (Account, CallerKind::Anonymous) => one("anonymous"),
            (Account | Arn, _) => None,
        }
    }
}

/// Whether a request carries a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Never in this scene.
    Absent,
    /// Always in this scene.
    Present,
    /// It may.
    Optional,
    /// Not known.
    Unknown,
}

/// The coarse facts of one question: what the policies at hand are and whom and what they name.
#[derive(Debug, Clone)]
pub struct Space {
    /// Endpoint or bucket.
    pub kind: PolicyKind,
    /// The partitions to consider.
    pub partitions: Vec<String>,
    /// The bucket of a bucket policy, with its partition; several when its resources name several. Empty: any bucket.
    pub buckets: Vec<(String, Vec<Tok>)>,
    /// Some statement names a canonical user.
    pub canonical: bool,
    /// The actions whose requests meet the policies at all.
    pub actions: ActionSet,
    scenes: Rc<Scenes>,
}

/// The scenes of a space, and what is the same for every policy in them.
#[derive(Debug, Default)]
struct Scenes {
    partitions: Vec<String>,
    canonical: bool,
    list: Vec<Scene>,
    /// For the clauses of [`Program::for_sets`].
    failing: Failing,
}

/// The scenes in which a clause of a set fails for every request, by the clause's number.
pub(super) type Failing = RefCell<FxHashMap<u32, Rc<Bits>>>;

/// The scenes of spaces made before, for the policies of one kind: they are mostly the same.
#[derive(Debug, Default)]
pub struct KnownScenes(RefCell<Vec<Rc<Scenes>>>);

/// How many are kept: more than there are partitions.
const MAX_KNOWN: usize = 16;

impl KnownScenes {
    fn get(&self, kind: PolicyKind, partitions: &[String], canonical: bool) -> Rc<Scenes> {
        let mut known = self.0.borrow_mut();
        if let Some(same) = known.iter().find(|s| s.partitions == partitions && s.canonical == canonical) {
            return Rc::clone(same);
        }
        let list = scenes(kind, partitions, canonical);
        let new = Rc::new(Scenes { partitions: partitions.to_vec(), canonical, list, ..Scenes::default() });
        if known.len() < MAX_KNOWN {
            known.push(Rc::clone(&new));
        }
        new
    }
}

impl Space {
    /// The space that the program's policies live in.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        Self::among(&KnownScenes::default(), program)
    }

    /// As [`Space::new`], for one program after another whose policies are of the same kind and whose sets are the same.
    #[must_use]
    pub fn among(known: &KnownScenes, program: &Program) -> Self {
        let kind = program.kinds.first().copied().unwrap_or(PolicyKind::Endpoint);
        let mut partitions: Vec<String> = Vec::new();
        let mut buckets: Vec<(String, Vec<Tok>)> = Vec::new();
        let mut canonical = false;
        let clauses = || program.statements.iter().flat_map(|s| &s.clauses);
        for clause in clauses() {
            match &clause.test {
                Test::Resource(test) => {
                    for pattern in &test.patterns {
                        let tokens;
                        let tokens: &[Tok] = match pattern {
                            ResourcePattern::Arn { tokens, .. } => tokens,
                            ResourcePattern::Variables(template) => {
                                tokens = template_tokens(template);
                                &tokens
                            }
                            _ => continue,
                        };
                        if !partitions.iter().any(|p| is_in(tokens, p))
                            && let Some(partition) = partition_of(tokens)
                        {
                            push_new(&mut partitions, partition);
                        }
                        if let Some(bucket) = bucket_of(tokens)
                            && !buckets.iter().any(|(p, b)| b == bucket && is_in(tokens, p))
                        {
                            let partition = partition_of(tokens).unwrap_or_default();
                            push_new(&mut buckets, (partition, bucket.to_vec()));
                        }
                    }
                }
                Test::Principal(test) => {
                    canonical |= test.entries.iter().any(|e| matches!(e, PrincipalPattern::CanonicalUser(_)));
                }
                _ => {}
            }
        }
        if partitions.is_empty() {
            partitions.push("aws".to_owned());
        }
        // `arn:*:s3:::bucket`: the bucket, in whatever partition the others are.
        let wild: Vec<_> = buckets.iter().filter(|(p, _)| p.is_empty()).map(|(_, b)| b.clone()).collect();
        buckets.retain(|(p, _)| !p.is_empty());
        for bucket in wild {
            if !buckets.iter().any(|(_, b)| *b == bucket) {
                buckets.extend(partitions.iter().map(|p| (p.clone(), bucket.clone())));
            }
        }
        let scenes = known.get(kind, &partitions, canonical);
        Self { kind, partitions, buckets, canonical, actions: met(kind), scenes }
    }

    /// The same space with some of its scenes alone.
    #[must_use]
    pub(super) fn within(&self, keep: impl Fn(&Scene) -> bool) -> Self {
        let list = self.scenes().iter().filter(|scene| keep(scene)).cloned().collect();
        Self { scenes: Rc::new(Scenes { list, ..Scenes::default() }), ..self.clone() }
    }

    /// The scenes, the most telling first.
    #[must_use]
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes.list
    }

    /// The scenes in which clauses of sets fail, as far as known.
    pub(super) fn failing(&self) -> &Failing {
        &self.scenes.failing
    }

    /// True when requests with this action meet the policy at all.
    #[must_use]
    pub fn has_action(&self, action: &Action) -> bool {
        self.actions.contains(action.index)
    }

    /// Which kinds of resource the action has here, one bit each: actions that differ in nothing else see the same resources.
    #[must_use]
    pub fn resource_kinds(&self, action: &Action) -> u64 {
        resource_kinds(self.kind, action)
    }

    /// The resources that requests with this action can name, as patterns; `None`: only `*`.
    #[must_use]
    pub fn resources(&self, action: &Action, scene: &Scene, program: &Program) -> Option<Vec<Vec<Tok>>> {
        if action.resources.is_empty() {
            return None;
        }
        let mut out = Vec::new();
        let mut names: Vec<Vec<Tok>> = Vec::new();
        if self.kind == PolicyKind::Bucket && !self.buckets.is_empty() {
            names
                .extend(self.buckets.iter().filter(|(p, _)| **p == *scene.partition).map(|(_, b)| b.clone()));
        } else {
            // Three characters at least; old buckets have upper-case letters and underscores too.
            let rest = Class::NO_COLON.and(Class::NO_SLASH);
            names.push(vec![Tok::One(Class::ALNUM), Tok::One(rest), Tok::One(rest), Tok::Many(rest)]);
            names.extend(program.symbols.chars().map(|c| vec![Tok::Char(c)]));
        }
        for &resource in action.resources {
            if self.kind == PolicyKind::Bucket
                && !matches!(resource, ResourceType::Bucket | ResourceType::Object)
            {
                continue;
            }
            match resource {
                ResourceType::Bucket | ResourceType::Object => {
                    for name in &names {
                        let mut tokens: Vec<Tok> =
                            literal(&format!("arn:{}:s3:::", scene.partition)).collect();
                        tokens.extend(name);
                        if resource == ResourceType::Object {
                            tokens.extend([
                                Tok::Char('/'),
                                Tok::One(Class::ANY_VALUE),
                                Tok::Many(Class::ANY),
                            ]);
                        }
                        out.push(tokens);
                    }
                }
                other => out.push(arn_domain(other.arn_format(), &scene.partition)),
            }
        }
        Some(out)
    }
}

fn resource_kinds(kind: PolicyKind, action: &Action) -> u64 {
    let seen = |r: &&ResourceType| {
        kind == PolicyKind::Endpoint || matches!(r, ResourceType::Bucket | ResourceType::Object)
    };
    action.resources.iter().filter(seen).fold(0, |bits, r| bits | 1 << (*r as u64))
}

/// The actions whose requests meet policies of the kind at all.
fn met(kind: PolicyKind) -> ActionSet {
    let sorts = by_resources(kind).iter();
    let own = sorts.filter(|(action, _)| kind == PolicyKind::Endpoint || resource_kinds(kind, action) != 0);
    own.fold(ActionSet::default(), |all, (_, alike)| all.or(*alike))
}

/// For a kind of policy, the actions by the resources they have: one of each sort, and all that are like it.
pub(super) fn by_resources(kind: PolicyKind) -> &'static [(&'static Action, ActionSet)] {
    type Sorts = Vec<(&'static Action, ActionSet)>;
    static SORTS: LazyLock<[Sorts; 2]> = LazyLock::new(|| {
        [PolicyKind::Endpoint, PolicyKind::Bucket].map(|kind| {
            let (mut out, mut sorts): (Sorts, _) = (Vec::new(), Vec::new());
            for action in crate::aws::actions() {
                let sort = (resource_kinds(kind, action), action.resources.is_empty());
                let known = sorts.iter().position(|other| *other == sort);
                if let Some((_, alike)) = known.and_then(|place| out.get_mut(place)) {
                    alike.insert(action.index);
                } else {
                    out.push((action, ActionSet::of(action.index)));
                    sorts.push(sort);
                }
            }
            out
        })
    });
    let [endpoint, bucket] = &*SORTS;
    if kind == PolicyKind::Endpoint { endpoint } else { bucket }
}

fn scenes(kind: PolicyKind, partitions: &[String], canonical: bool) -> Vec<Scene> {
    use CallerKind::{Anonymous, CanonicalUser, FederatedUser, Role, Root, Service, User};
    let partitions: Vec<Arc<str>> = partitions.iter().map(|p| Arc::from(p.as_str())).collect();
    let mut out = Vec::new();
    let mut add = |caller, network, via_service| {
        for partition in &partitions {
            out.push(Scene { caller, network, via_service, partition: Arc::clone(partition) });
        }
    };
    if kind == PolicyKind::Endpoint {
        // Whatever an endpoint's policy sees came through that endpoint.
        for caller in [Anonymous, Role, User, Root, FederatedUser, Service] {
            add(caller, Network::Endpoint, false);
        }
    } else {
        for network in [Network::Internet, Network::Endpoint] {
            add(Anonymous, network, false);
            add(Role, network, false);
        }
        for caller in [User, Root, FederatedUser] {
            add(caller, Network::Internet, false);
            add(caller, Network::Endpoint, false);
        }
        add(Service, Network::Service, false);
        for caller in [Role, User, Root, FederatedUser] {
            add(caller, Network::Service, true);
        }
    }
    if canonical {
        if kind == PolicyKind::Bucket {
            add(CanonicalUser, Network::Internet, false);
        }
        add(CanonicalUser, Network::Endpoint, false);
    }
    out
}

/// Whether requests of this scene carry a key.
#[must_use]
pub fn status(fact: &ConditionKey, scene: &Scene, action: &Action) -> Status {
    if action.has_key(fact) { status_of(fact.presence, scene) } else { Status::Absent }
}

/// Whether requests of this scene carry a key of this presence, when their action can.
#[must_use]
pub fn status_of(presence: Presence, scene: &Scene) -> Status {
    use CallerKind::{Anonymous, CanonicalUser, Role, Service, User};
    let when = |present: bool| if present { Status::Present } else { Status::Absent };
    let may = |possible: bool| if possible { Status::Optional } else { Status::Absent };
    let caller = scene.caller;
    match presence {
        Presence::Signed
        | Presence::PrincipalOrganization
        | Presence::PrincipalOptional
        | Presence::Session
        | Presence::User
            if caller == CanonicalUser =>
        {
            Status::Unknown
        }
        Presence::Always | Presence::WithAction => Status::Present,
        Presence::Endpoint => when(scene.network == Network::Endpoint),
        Presence::EndpointOrganization => may(scene.network == Network::Endpoint),
        Presence::Internet => when(scene.network == Network::Internet),
        Presence::Signed => when(caller != Anonymous),
        Presence::PrincipalOrganization | Presence::Session => may(caller.is_iam()),
        Presence::ResourceOrganization | Presence::AccessPoint | Presence::Tls | Presence::Optional => {
            Status::Optional
        }
        Presence::PrincipalOptional => may(caller.is_iam() || caller == Service),
        Presence::User => when(caller == User),
        Presence::Service => when(caller == Service),
        Presence::ServiceOnBehalf => may(caller == Service),
        Presence::ForwardAccess => may(scene.via_service),
        Presence::Ec2Credentials | Presence::Federated => may(caller == Role),
        Presence::Never => Status::Absent,
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// The pattern of a template with any text where a variable stands.
#[must_use]
pub fn template_tokens(template: &crate::policy::Template) -> Vec<Tok> {
    use crate::policy::Part;
    let mut out = Vec::with_capacity(template.source.len());
    for part in &template.parts {
        match part {
            Part::Literal(text) => push_literal(text, &mut out),
            Part::AnyOne => out.push(Tok::One(Class::ANY)),
            Part::AnyRun | Part::Variable(_) | Part::Symbol(_) => out.push(Tok::Many(Class::ANY)),
        }
    }
    out
}

/// The literal text of an ARN pattern's second field.
#[must_use]
pub fn partition_of(tokens: &[Tok]) -> Option<String> {
    let mut out = String::new();
    for tok in strip_text(tokens, "arn:")? {
        match tok {
            Tok::Char(':') => return (!out.is_empty()).then_some(out),
            Tok::Char(c) => out.push(*c),
            _ => return None,
        }
    }
    None
}

/// What follows this text.
fn strip_text<'t>(tokens: &'t [Tok], text: &str) -> Option<&'t [Tok]> {
    let mut rest = tokens;
    for c in text.chars() {
        rest = rest.strip_prefix(&[Tok::Char(c)])?;
    }
    Some(rest)
}

/// True when the pattern begins with `arn:` and this partition.
fn is_in(tokens: &[Tok], partition: &str) -> bool {
    let Some(rest) = strip_text(tokens, "arn:").and_then(|rest| strip_text(rest, partition)) else {
        return false;
    };
    !partition.is_empty() && rest.first() == Some(&Tok::Char(':'))
}

/// The bucket's name in an ARN pattern, when no wildcard is in it. An ARN with a Region or an account is no bucket's.
fn bucket_of(tokens: &[Tok]) -> Option<&[Tok]> {
    let mut colons = tokens.iter().enumerate().filter(|(_, t)| **t == Tok::Char(':')).map(|(i, _)| i);
    let (third, fifth) = (colons.nth(2)?, colons.nth(1)?);
    if tokens.get(third..fifth)?.iter().any(|t| matches!(t, Tok::Char(c) if *c != ':')) {
        return None;
    }
    let rest = tokens.get(fifth + 1..)?;
    let name = rest.split(|t| *t == Tok::Char('/')).next()?;
    let is_plain = |t: &Tok| matches!(t, Tok::Char(c) if *c != ':');
    (!name.is_empty() && name.iter().all(is_plain)).then_some(name)
}

/// The ARNs of a resource type, from its format (`arn:${Partition}:s3:${Region}:${Account}:job/${JobId}`).
fn arn_domain(format: &str, partition: &str) -> Vec<Tok> {
    let mut out = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend(literal(before));
        let Some((name, after)) = after.split_once('}') else { break };
        match name {
            "Partition" => out.extend(literal(partition)),
            "Account" => out.extend(account()),
            "Region" => out.extend([Tok::One(Class::ALNUM), Tok::Many(Class::NO_COLON)]),
            _ => out.extend([Tok::One(Class::ANY_VALUE), Tok::Many(Class::ANY)]),
        }
        rest = after;
    }
    out.extend(literal(rest));
    out
}

/// Twelve digits.
pub fn account() -> impl Iterator<Item = Tok> {
    std::iter::repeat_n(Tok::One(Class::DIGIT), 12)
}

/// The forms of an id such as `vpc-` with 8 or 17 letters and digits (fact sheet D5).
#[must_use]
pub fn id(prefix: &str) -> Vec<Vec<Tok>> {
    [17, 8]
        .iter()
        .map(|&n| literal(prefix).chain(std::iter::repeat_n(Tok::One(Class::ALNUM), n)).collect())
        .collect()
}

/// The form of an organisation's id: `o-` and ten or more letters and digits.
pub fn organization() -> impl Iterator<Item = Tok> {
    literal("o-").chain(std::iter::repeat_n(Tok::One(Class::ALNUM), 10)).chain([Tok::Many(Class::ALNUM)])
}
