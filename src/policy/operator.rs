//! Condition operators: `[ForAllValues:|ForAnyValue:]Base[IfExists]`, as the IAM guide lists them (fact sheet D1).

use crate::source::short;
use std::fmt;

/// A condition operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub base: Base,
    /// The `IfExists` suffix.
    pub if_exists: bool,
}

/// The prefix that makes an operator look at each value of a multivalued key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `ForAllValues:`: true when the key is absent or empty.
    ForAll,
    /// `ForAnyValue:`: false when the key is absent or empty, also for negated comparisons.
    ForAny,
}

/// What an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Text, exactly or with wildcards.
    String,
    /// Numbers.
    Numeric,
    /// Points in time.
    Date,
    /// `true` and `false`.
    Bool,
    /// Base64-encoded bytes.
    Binary,
    /// Addresses and CIDR ranges.
    Ip,
    /// ARNs, part by part.
    Arn,
    /// Whether the key is there.
    Null,
}

macro_rules! bases {
    ($($name:ident $class:ident $negated:literal,)*) => {
        /// The comparison of an operator, without prefix and suffix.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are AWS's own")]
        pub enum Base { $($name,)* }

        impl Base {
            /// Every comparison, in the order of the IAM guide.
            pub const ALL: &'static [Base] = &[$(Base::$name,)*];

            /// The name as policies write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Base::$name => stringify!($name),)* }
            }

            /// What it compares.
            #[must_use]
            pub fn class(self) -> Class {
                match self { $(Base::$name => Class::$class,)* }
            }

            /// True for the `Not...` comparisons, which hold when **none** of the values matches.
            #[must_use]
            pub fn negated(self) -> bool {
                match self { $(Base::$name => $negated,)* }
            }
        }
    };
}

bases! {
    StringEquals String false,
    StringNotEquals String true,
    StringEqualsIgnoreCase String false,
    StringNotEqualsIgnoreCase String true,
    StringLike String false,
    StringNotLike String true,
    NumericEquals Numeric false,
    NumericNotEquals Numeric true,
    NumericLessThan Numeric false,
    NumericLessThanEquals Numeric false,
    NumericGreaterThan Numeric false,
    NumericGreaterThanEquals Numeric false,
    DateEquals Date false,
    DateNotEquals Date true,
    DateLessThan Date false,
    DateLessThanEquals Date false,
    DateGreaterThan Date false,
    DateGreaterThanEquals Date false,
    Bool Bool false,
    BinaryEquals Binary false,
    IpAddress Ip false,
    NotIpAddress Ip true,
    ArnEquals Arn false,
    ArnLike Arn false,
    ArnNotEquals Arn true,
    ArnNotLike Arn true,
    Null Null false,
}

impl Base {
    /// True when the values may hold `*` and `?` (`StringLike`, `StringNotLike` and the four Arn operators).
    #[must_use]
    pub fn wildcards(self) -> bool {
        matches!(self, Self::StringLike | Self::StringNotLike) || self.class() == Class::Arn
    }

    /// True when policy variables are substituted in the values (String and Arn operators: IAM guide, "Policy
    /// variables"; not Bool, fact sheet K7).
    #[must_use]
    pub fn variables(self) -> bool {
        matches!(self.class(), Class::String | Class::Arn)
    }

    /// True when letter case does not matter.
    #[must_use]
    pub fn ignores_case(self) -> bool {
        matches!(self, Self::StringEqualsIgnoreCase | Self::StringNotEqualsIgnoreCase)
    }
}

impl Operator {
    /// The operator with this exact spelling. Letter case counts: S3 refuses other spellings (fact sheet K13).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = match short::split_once(name, b':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::ForAll), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::ForAny), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let find = |name: &str| Base::ALL.iter().copied().find(|b| b.as_str() == name);
        let (base, if_exists) = match find(rest) {
            Some(base) => (base, false),
            None => (find(rest.strip_suffix("IfExists")?)?, true),
        };
        // `NullIfExists` does not exist (fact sheet D4).
        (!(if_exists && base == Base::Null)).then_some(Self { quantifier, base, if_exists })
    }

    /// The operator a misspelt name most likely means.
    #[must_use]
    pub fn nearest(name: &str) -> Option<Self> {
        let normal: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let mut best: Option<(usize, Self)> = None;
        for quantifier in [None, Some(Quantifier::ForAll), Some(Quantifier::ForAny)] {
            for &base in Base::ALL {
                for if_exists in [false, true] {
                    if if_exists && base == Base::Null {
                        continue;
                    }
                    let operator = Self { quantifier, base, if_exists };
                    let candidate = operator.to_string().replace(':', "").to_lowercase();
                    let distance = strsim::damerau_levenshtein(&normal, &candidate);
                    if distance <= 2 + normal.len() / 12 && best.is_none_or(|(d, _)| distance < d) {
                        best = Some((distance, operator));
                    }
                }
            }
        }
        best.map(|(_, operator)| operator)
    }

    /// True for comparisons that hold when none of the values matches.
    #[must_use]
    pub fn negated(self) -> bool {
        self.base.negated()
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantifier {
            Some(Quantifier::ForAll) => f.write_str("ForAllValues:")?,
            Some(Quantifier::ForAny) => f.write_str("ForAnyValue:")?,
            None => {}
        }
        f.write_str(self.base.as_str())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}
