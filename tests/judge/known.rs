//! The known differences. Each is a construct of which AWS's documentation gives one reading and the judge takes another, and
//! comes with a **rewrite**: it writes the construct, in a policy and request where it stands, in other words that both
//! sides read alike. A difference is explained by an entry only if it vanishes when the entry's rewrite is made, so an
//! entry cannot hide a difference that has another cause.

use crate::rewrite::{conditions, names, open, variables};
use crate::{Case, Side, Verdict};
use serde::Deserialize;

/// Which copy of the policy is rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The judge's, to say in its terms what AWS documents.
    Judge,
    /// Ours, to fill in the judge's reading where the documentation is open and our answer is `undecided`.
    Ours,
}

/// An entry of `known-differences.json`.
#[derive(Debug, Deserialize)]
pub struct Entry {
    pub id: String,
    pub what: String,
    pub source: String,
    pub ours: String,
    #[serde(skip)]
    pub alone: u64,
    #[serde(skip)]
    pub together: u64,
}

type Rewrite = fn(&Case) -> Option<Case>;

/// The entry's rewrite. `None` from it: the construct does not stand here.
const REWRITES: &[(&str, Copy, Rewrite)] = &[
    ("no-version-variables", Copy::Judge, variables::no_version_variables),
    ("negated-unresolved-variable", Copy::Judge, variables::negated_unresolved),
    ("not-resource-unresolved-variable", Copy::Judge, variables::not_resource_unresolved),
    ("empty-variable", Copy::Judge, variables::empty_variable),
    ("variable-in-arn-value", Copy::Judge, variables::variable_in_arn),
    ("variable-in-bool", Copy::Judge, variables::variable_in_bool),
    ("null-with-set-operator", Copy::Judge, conditions::null_with_set),
    ("ipv4-everything", Copy::Judge, conditions::ipv4_everything),
    ("ip-single-address", Copy::Judge, conditions::single_address),
    ("epoch-seconds", Copy::Judge, conditions::epoch),
    ("number-not-a-number", Copy::Judge, conditions::number_form),
    ("negated-type-mismatch", Copy::Judge, conditions::negated_mismatch),
    ("arn-first-field", Copy::Judge, conditions::arn_prefix),
    ("arn-of-five-fields", Copy::Judge, conditions::arn_of_five),
    ("empty-list", Copy::Judge, conditions::empty_list),
    ("role-name-case", Copy::Judge, names::role_case),
    ("role-path", Copy::Judge, names::role_path),
    ("arn-segment-case", Copy::Judge, names::segment_case),
    ("region-account-wildcards", Copy::Judge, names::region_account_wildcards),
    ("short-arn-in-not-resource", Copy::Judge, names::short_not_resource),
    ("any-value-if-exists-absent", Copy::Ours, open::any_value_if_exists),
    ("plain-operator-many-values", Copy::Ours, open::plain_many),
    ("every-aws-principal-service", Copy::Ours, open::every_aws),
    ("federated-user-as-user", Copy::Ours, open::federated_as_user),
    ("not-principal-partial", Copy::Ours, open::not_principal),
    ("wildcard-across-colons", Copy::Ours, open::crossing),
    ("star-as-arn-value", Copy::Ours, open::star_as_arn),
    ("text-as-address", Copy::Ours, open::text_as_address),
    ("binary-operator", Copy::Ours, open::binary),
    ("empty-string-all-values", Copy::Ours, open::empty_all_values),
    ("multivalued-variable", Copy::Ours, open::multivalued_variable),
    ("session-of-unknown-name", Copy::Ours, open::unknown_session),
];

#[derive(Debug)]
pub struct Known {
    pub entries: Vec<Entry>,
}

impl Known {
    pub fn load() -> Self {
        let entries: Vec<Entry> =
            serde_json::from_str(include_str!("known-differences.json")).expect("valid JSON");
        let ids: Vec<&str> = entries.iter().map(|e| e.id.as_str()).collect();
        let rewrites: Vec<&str> = REWRITES.iter().map(|r| r.0).collect();
        assert_eq!(
            ids, rewrites,
            "known-differences.json and the rewrites name the same entries in the same order"
        );
        let page = include_str!("../../docs/evidence/judge.md");
        for e in &entries {
            let row = format!("| `{}` | {} | {} | {} |", e.id, e.what, e.ours, e.source);
            assert!(
                page.contains(&row),
                "docs/evidence/judge.md lacks this row, or tells it otherwise:\n{row}"
            );
        }
        Self { entries }
    }

    pub fn copy(index: usize) -> Copy {
        REWRITES[index].1
    }

    /// The fewest entries that explain the difference, the first of them that do; counts them. None: not explained.
    pub fn explain(&mut self, case: &Case, verdict: &Verdict, side: &mut Side) -> Option<Vec<usize>> {
        // A rewrite may bring out a construct that another one is about.
        let all = REWRITES.iter().fold(case.clone(), |case, r| (r.2)(&case).unwrap_or(case));
        let stands = |i: &usize| (REWRITES[*i].2)(case).or_else(|| (REWRITES[*i].2)(&all)).is_some();
        let here: Vec<usize> = (0..REWRITES.len()).filter(stands).collect();
        // An undecided answer needs our copy rewritten; a decided one only the judge's.
        let undecided = verdict.ours == "undecided";
        for size in 1..=here.len().min(4) {
            for set in subsets(&here, size) {
                if undecided != set.iter().any(|&i| Self::copy(i) == Copy::Ours)
                    || !explains(&set, case, verdict, side)
                {
                    continue;
                }
                for &i in &set {
                    if size == 1 {
                        self.entries[i].alone += 1;
                    } else {
                        self.entries[i].together += 1;
                    }
                }
                return Some(set);
            }
        }
        None
    }
}

/// Whether both sides agree once the rewrites are made.
fn explains(set: &[usize], case: &Case, verdict: &Verdict, side: &mut Side) -> bool {
    let apply = |copy: Copy| {
        let rewrites = set.iter().filter(|&&i| Known::copy(i) == copy);
        rewrites.fold(case.clone(), |case, &i| (REWRITES[i].2)(&case).unwrap_or(case))
    };
    let (ours, theirs) = (apply(Copy::Ours), apply(Copy::Judge));
    let decided = if set.iter().any(|&i| Known::copy(i) == Copy::Ours) {
        let now = side.ours(&ours);
        if now == "undecided" {
            return false;
        }
        now
    } else {
        // The judge's copy must still say to us what the original said.
        if side.ours(&theirs) != verdict.ours {
            return false;
        }
        verdict.ours.clone()
    };
    side.theirs(&theirs) == decided
}

/// All subsets of this size, in order.
fn subsets(of: &[usize], size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut out = Vec::new();
    for (i, &first) in of.iter().enumerate() {
        for mut rest in subsets(&of[i + 1..], size - 1) {
            rest.insert(0, first);
            out.push(rest);
        }
    }
    out
}
