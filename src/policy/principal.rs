//! Whom a `Principal` entry names (fact sheet A10).

use crate::source::Symbol;
use std::fmt;
use std::sync::Arc;

/// An entry of `Principal` or `NotPrincipal`, by form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalPattern {
    /// `"*"`: everyone, anonymous callers and AWS services included.
    Everyone,
    /// `{"AWS": "*"}`: the same for anonymous and IAM callers; for AWS services not documented (K3).
    EveryAws,
    /// `{"AWS": "111122223333"}` or `...:root`: the account, that is all its principals (in an endpoint policy its
    /// root user only: A11, K4).
    Account {
        /// The account's id.
        account: AccountId,
    },
    /// `{"AWS": "arn:aws:iam::A:role/..."}`: the role and its sessions.
    Role {
        /// The ARN's partition.
        partition: Arc<str>,
        /// The ARN's account.
        account: AccountId,
        /// Path and name, without the leading `role/`.
        name: Arc<str>,
    },
    /// `{"AWS": "arn:aws:iam::A:user/..."}`: the user.
    User {
        /// The ARN's partition.
        partition: Arc<str>,
        /// The ARN's account.
        account: AccountId,
        /// Path and name, without the leading `user/`.
        name: Arc<str>,
    },
    /// `{"AWS": "arn:aws:sts::A:assumed-role/ROLE/SESSION"}`: one session.
    Session {
        /// The ARN's partition.
        partition: Arc<str>,
        /// The ARN's account.
        account: AccountId,
        /// The role's name, without its path.
        role: Arc<str>,
        /// The session's name.
        session: Arc<str>,
    },
    /// `{"AWS": "arn:aws:sts::A:federated-user/NAME"}`.
    FederatedUser {
        /// The ARN's partition.
        partition: Arc<str>,
        /// The ARN's account.
        account: AccountId,
        /// The user's name.
        name: Arc<str>,
    },
    /// `{"Service": "logging.s3.amazonaws.com"}`.
    Service(Arc<str>),
    /// `{"CanonicalUser": "64 hexadecimal digits"}`: an account or a CloudFront identity, by an id that no other
    /// fact of a request tells.
    CanonicalUser(Arc<str>),
    /// Names nobody who can call S3: a deleted principal's unique id, or `Federated`, which is for role trust
    /// policies only.
    Nobody,
    /// A form that AWS refuses, with the reason: whoever is meant, it is somebody in particular.
    Unreadable(Arc<str>),
    /// Known only at deploy time: it may be anybody.
    Unknown,
}

/// Twelve digits, or a value known only at deploy time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountId {
    /// The digits.
    Known(Arc<str>),
    /// A reference in a template.
    Symbol(Arc<Symbol>),
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(id) => f.write_str(id),
            Self::Symbol(symbol) => f.write_str(&symbol.name),
        }
    }
}

/// As a policy writes it, the name of the group aside.
impl fmt::Display for PrincipalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone | Self::EveryAws => f.write_str("*"),
            Self::Account { account } => account.fmt(f),
            Self::Role { partition, account, name } => {
                write!(f, "arn:{partition}:iam::{account}:role/{name}")
            }
            Self::User { partition, account, name } => {
                write!(f, "arn:{partition}:iam::{account}:user/{name}")
            }
            Self::Session { partition, account, role, session } => {
                write!(f, "arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::FederatedUser { partition, account, name } => {
                write!(f, "arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Self::Service(name) | Self::CanonicalUser(name) => f.write_str(name),
            Self::Nobody => f.write_str("a principal that is gone"),
            Self::Unreadable(_) => f.write_str("a principal that cannot be read"),
            Self::Unknown => f.write_str("a principal known at deploy time"),
        }
    }
}

impl PrincipalPattern {
    /// The group of a `Principal` element that it stands in: `AWS`, `Service`, `CanonicalUser`; `None` for `"*"` alone.
    #[must_use]
    pub fn group(&self) -> Option<&'static str> {
        match self {
            Self::Everyone => None,
            Self::Service(_) => Some("Service"),
            Self::CanonicalUser(_) => Some("CanonicalUser"),
            _ => Some("AWS"),
        }
    }

    /// True when some text of the entry holds `text`.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        let of_account = |id: &AccountId| match id {
            AccountId::Known(id) => id.contains(text),
            AccountId::Symbol(symbol) => symbol.name.contains(text),
        };
        match self {
            Self::Everyone | Self::EveryAws | Self::Nobody | Self::Unknown => false,
            Self::Account { account } => of_account(account),
            Self::Role { account, name, .. }
            | Self::User { account, name, .. }
            | Self::FederatedUser { account, name, .. } => of_account(account) || name.contains(text),
            Self::Session { account, role, session, .. } => {
                of_account(account) || role.contains(text) || session.contains(text)
            }
            Self::Service(name) | Self::CanonicalUser(name) | Self::Unreadable(name) => name.contains(text),
        }
    }
}
