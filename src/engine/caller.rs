//! Who makes a request.

use std::fmt;
use std::str::FromStr;

/// The caller of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Caller {
    /// An unsigned request.
    #[default]
    Anonymous,
    /// An account's root user.
    Root {
        /// Partition of its ARN.
        partition: String,
        /// Twelve digits.
        account: String,
    },
    /// An IAM user.
    User {
        /// Partition of its ARN.
        partition: String,
        /// Twelve digits.
        account: String,
        /// Path and name: `team/alice`.
        name: String,
    },
    /// A role, by one of its sessions.
    Role {
        /// Partition of its ARN.
        partition: String,
        /// Twelve digits.
        account: String,
        /// Path and name of the role; only the name when the path is not known (a session's ARN does not tell it).
        name: String,
        /// The session's name; `None` when the request names only the role.
        session: Option<String>,
    },
    /// A session made with `GetFederationToken`.
    FederatedUser {
        /// Partition of its ARN.
        partition: String,
        /// Twelve digits.
        account: String,
        /// The user's name.
        name: String,
    },
    /// An AWS service that calls in its own name.
    Service(String),
    /// A caller known only by its canonical user id.
    CanonicalUser(String),
}

impl Caller {
    /// The account it belongs to.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
            _ => None,
        }
    }

    /// The partition of its ARN.
    #[must_use]
    pub fn partition(&self) -> Option<&str> {
        match self {
            Self::Root { partition, .. }
            | Self::User { partition, .. }
            | Self::Role { partition, .. }
            | Self::FederatedUser { partition, .. } => Some(partition),
            _ => None,
        }
    }

    /// What `aws:PrincipalArn` holds: for a session the **role's** ARN (fact sheet, section E).
    #[must_use]
    pub fn principal_arn(&self) -> Option<String> {
        match self {
            Self::Role { partition, account, name, .. } => {
                Some(format!("arn:{partition}:iam::{account}:role/{name}"))
            }
            Self::Root { .. } | Self::User { .. } | Self::FederatedUser { .. } => Some(self.to_string()),
            _ => None,
        }
    }

    /// What `aws:PrincipalType` holds. Not told for services and canonical users.
    #[must_use]
    pub fn principal_type(&self) -> Option<&'static str> {
        match self {
            Self::Anonymous => Some("Anonymous"),
            Self::Root { .. } => Some("Account"),
            Self::User { .. } => Some("User"),
            Self::Role { .. } => Some("AssumedRole"),
            Self::FederatedUser { .. } => Some("FederatedUser"),
            Self::Service(_) | Self::CanonicalUser(_) => None,
        }
    }

    /// True for requests with a signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        *self != Self::Anonymous
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Root { partition, account } => write!(f, "arn:{partition}:iam::{account}:root"),
            Self::User { partition, account, name } => {
                write!(f, "arn:{partition}:iam::{account}:user/{name}")
            }
            Self::Role { partition, account, name, session: None } => {
                write!(f, "arn:{partition}:iam::{account}:role/{name}")
            }
            Self::Role { partition, account, name, session: Some(session) } => {
                let name = name.rsplit('/').next().unwrap_or(name);
                write!(f, "arn:{partition}:sts::{account}:assumed-role/{name}/{session}")
            }
            Self::FederatedUser { partition, account, name } => {
                write!(f, "arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Self::Service(name) | Self::CanonicalUser(name) => f.write_str(name),
        }
    }
}

/// A request's `principal` that names no caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no principal: use `anonymous`, an IAM or STS ARN such as \
     `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`, or a service name such as `cloudtrail.amazonaws.com`"
)]
pub struct CallerError(String);

impl FromStr for Caller {
    type Err = CallerError;

    fn from_str(text: &str) -> Result<Self, CallerError> {
        let error = || CallerError(text.to_owned());
        if text == "anonymous" {
            return Ok(Self::Anonymous);
        }
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Self::CanonicalUser(text.to_owned()));
        }
        let Some(rest) = text.strip_prefix("arn:") else {
            let is_name = |label: &str| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            };
            let is_service = text.contains('.') && text.split('.').all(is_name);
            return if is_service { Ok(Self::Service(text.to_owned())) } else { Err(error()) };
        };
        let mut fields = rest.splitn(5, ':');
        let (Some(partition), Some(service), Some(""), Some(account), Some(name)) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(error());
        };
        let (partition, account) = (partition.to_owned(), account.to_owned());
        if partition.is_empty() || account.is_empty() {
            return Err(error());
        }
        // A path may stand before a name, not in its place.
        let is_name = |name: &str| !name.is_empty() && !name.ends_with('/');
        match (service, name.split_once('/')) {
            ("iam", None) if name == "root" => Ok(Self::Root { partition, account }),
            ("iam", Some(("user", name))) if is_name(name) => {
                Ok(Self::User { partition, account, name: name.to_owned() })
            }
            ("iam", Some(("role", name))) if is_name(name) => {
                Ok(Self::Role { partition, account, name: name.to_owned(), session: None })
            }
            ("sts", Some(("assumed-role", name))) => match name.rsplit_once('/') {
                Some((role, session)) if is_name(role) && !session.is_empty() => Ok(Self::Role {
                    partition,
                    account,
                    name: role.to_owned(),
                    session: Some(session.to_owned()),
                }),
                _ => Err(error()),
            },
            ("sts", Some(("federated-user", name))) if !name.is_empty() => {
                Ok(Self::FederatedUser { partition, account, name: name.to_owned() })
            }
            _ => Err(error()),
        }
    }
}
