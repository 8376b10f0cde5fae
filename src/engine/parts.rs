//! Which condition keys hang together: keys of one group are parts of one string, or follow from one choice.
//!
//! Knows the names of keys and nothing else.

/// What hangs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// The caller and the keys that follow from it.
    Caller,
    /// The resource.
    Resource,
    /// `aws:SourceVpc` and `aws:SourceVpcArn`.
    Vpc,
    /// An organisation's id and the account's path in it; the number tells whose.
    Organization(u8),
    /// `aws:ResourceAccount` and `s3:ResourceAccount`.
    ResourceAccount,
    /// `aws:CurrentTime` and `aws:EpochTime`.
    Time,
    /// `aws:SecureTransport` and `s3:TlsVersion`.
    Tls,
    /// `aws:CalledVia` with its first and last.
    CalledVia,
    /// A key on its own.
    Single,
}

/// Which group a key belongs to, and what it says about the canonical string.
pub(super) fn place(name: &str) -> (GroupKind, Role) {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "aws:principalarn" | "aws:principalservicename" => (GroupKind::Caller, Role::Whole),
        "aws:principalaccount" => (GroupKind::Caller, Role::Account),
        "aws:username" => (GroupKind::Caller, Role::UserName),
        "aws:principaltype" | "aws:principalisawsservice" | "aws:viaawsservice" => {
            (GroupKind::Caller, Role::Fixed)
        }
        "aws:sourcevpc" => (GroupKind::Vpc, Role::VpcId),
        "aws:sourcevpcarn" => (GroupKind::Vpc, Role::Whole),
        "aws:principalorgid" => (GroupKind::Organization(0), Role::OrgId),
        "aws:principalorgpaths" => (GroupKind::Organization(0), Role::Whole),
        "aws:resourceorgid" => (GroupKind::Organization(1), Role::OrgId),
        "aws:resourceorgpaths" => (GroupKind::Organization(1), Role::Whole),
        "aws:vpceorgid" => (GroupKind::Organization(2), Role::OrgId),
        "aws:vpceorgpaths" => (GroupKind::Organization(2), Role::Whole),
        "aws:sourceorgid" => (GroupKind::Organization(3), Role::OrgId),
        "aws:sourceorgpaths" => (GroupKind::Organization(3), Role::Whole),
        "aws:resourceaccount" | "s3:resourceaccount" => (GroupKind::ResourceAccount, Role::Whole),
        "aws:currenttime" | "aws:epochtime" => (GroupKind::Time, Role::Whole),
        "aws:securetransport" | "s3:tlsversion" => (GroupKind::Tls, Role::Fixed),
        "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => (GroupKind::CalledVia, Role::Whole),
        _ => (GroupKind::Single, Role::Whole),
    }
}

/// How a key's value stands in its group's canonical string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Whole,
    Account,
    UserName,
    VpcId,
    OrgId,
    /// It follows from the scene, or from a short list.
    Fixed,
}

/// Keys whose value follows from the kind of caller, in some scenes at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FromCaller {
    /// `aws:ViaAWSService`
    ViaService,
    /// `aws:PrincipalType`
    Type,
    /// `aws:PrincipalIsAWSService`
    IsService,
    /// `aws:PrincipalArn`
    Arn,
    /// `aws:PrincipalAccount`
    Account,
}

/// What a key says about the caller.
pub(super) fn from_caller(name: &str) -> Option<FromCaller> {
    [
        ("aws:ViaAWSService", FromCaller::ViaService),
        ("aws:PrincipalType", FromCaller::Type),
        ("aws:PrincipalIsAWSService", FromCaller::IsService),
        ("aws:PrincipalArn", FromCaller::Arn),
        ("aws:PrincipalAccount", FromCaller::Account),
    ]
    .into_iter()
    .find_map(|(key, what)| name.eq_ignore_ascii_case(key).then_some(what))
}
