//! Which clauses can leave a doubt: those whose truth some request leaves unknown, and those that compare keys.

use crate::engine::holds::{Slot, View};
use crate::engine::program::{Clause, Program, ResourcePattern, Test, ValueTest, is_whole_variable};
use crate::policy::Quantifier;

/// An inexact clause is certain all the same when the key it tests is absent: no value is compared.
pub(super) fn settled(clause: &Clause, view: &View) -> bool {
    match &clause.test {
        Test::Condition(test) => *view.slot(test.slot) == Slot::Absent,
        _ => false,
    }
}

/// Pairs of keys of which some clause says that one equals, or does not equal, the other.
pub(super) fn links<'c>(clauses: impl Iterator<Item = &'c Clause>) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for clause in clauses {
        let Test::Condition(test) = &clause.test else { continue };
        let whole = test.values.iter().any(|v| matches!(v, ValueTest::Variables(t) if is_whole_variable(t)));
        if !whole {
            continue;
        }
        for &slot in clause.slots.iter().skip(1) {
            let pair = (test.slot, slot);
            if slot != test.slot && !out.contains(&pair) {
                out.push(pair);
            }
        }
    }
    out
}

/// True for clauses that some request leaves unknown.
pub(super) fn may_be_unknown(program: &Program, canonical: bool) -> impl Fn(&Clause) -> bool + '_ {
    move |clause| {
        clause.inexact
            || match &clause.test {
                Test::Unreadable(_) => true,
                Test::Action(test) => test.sure != test.maybe,
                Test::Principal(test) => {
                    use crate::policy::PrincipalPattern as P;
                    test.negated
                        || test.entries.iter().any(|e| {
                            matches!(e, P::EveryAws | P::User { .. } | P::Unreadable(_) | P::Unknown)
                                || canonical && matches!(e, P::Account { .. } | P::Role { .. })
                        })
                }
                Test::Resource(test) => {
                    test.patterns.iter().any(|p| matches!(p, ResourcePattern::Arn { crossing: Some(_), .. }))
                }
                Test::Condition(test) => {
                    let fact = program.keys.get(test.slot).and_then(|k| k.fact);
                    // An empty string under `ForAllValues`, an absent key under `ForAnyValue...IfExists`.
                    let quantifier = test.operator.quantifier;
                    quantifier == Some(Quantifier::ForAll)
                        || quantifier == Some(Quantifier::ForAny) && test.operator.if_exists
                        || quantifier.is_none() && fact.is_some_and(|f| f.multivalued)
                        || test
                            .values
                            .iter()
                            .any(|v| matches!(v, ValueTest::Unknown(_) | ValueTest::Variables(_)))
                        || fact.is_some_and(|f| {
                            f.name.get(..13).is_some_and(|n| n.eq_ignore_ascii_case("aws:Principal"))
                        })
                }
            }
    }
}
