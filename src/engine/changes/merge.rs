//! From the pieces that were found to as few classes as say the same: pieces that differ along one dimension only are one.

use super::cause::Cause;
use super::cut::{Along, Dimension, Found, Part};
use super::{Actions, Body, Class, Share};
use crate::aws::{self, ActionSet};
use crate::engine::program::Test;
use crate::policy::Statement;

/// With more pieces than this, comparing each with each costs more than shorter lists are worth.
const MOST: usize = 1_000;

/// The classes of a cause.
pub(super) fn classes(cause: &Cause, dimensions: &[Dimension], mut found: Vec<Found>) -> Vec<Class> {
    while found.len() <= MOST && merge_two(&mut found, dimensions) {}
    found.into_iter().map(|piece| class(cause, dimensions, piece)).collect()
}

/// Makes one piece of two, if there are two that differ along one dimension only.
fn merge_two(found: &mut Vec<Found>, dimensions: &[Dimension]) -> bool {
    for first in 0..found.len() {
        for second in first + 1..found.len() {
            let (Some(a), Some(b)) = (found.get(first), found.get(second)) else { return false };
            let whole = |share: &Share| matches!(share, Share::Every | Share::Remaining);
            let share = match (&a.share, &b.share) {
                (a, b) if a == b => a.clone(),
                (a, b) if whole(a) && whole(b) => Share::Remaining,
                _ => continue,
            };
            let mut differing = a.piece.iter().zip(&b.piece).enumerate().filter(|(_, (a, b))| a != b);
            let (one, more) = (differing.next(), differing.next());
            let Some((place, (Some(parts), Some(others)))) = one.filter(|_| more.is_none()) else { continue };
            let mut union: Vec<usize> = parts.iter().chain(others).copied().collect();
            union.sort_unstable();
            union.dedup();
            let all = dimensions.get(place).map_or(0, |d| d.parts.len());
            let union = (union.len() < all).then_some(union);
            if let Some(entry) = found.get_mut(first) {
                entry.share = share;
                if let Some(parts) = entry.piece.get_mut(place) {
                    *parts = union;
                }
            }
            found.remove(second);
            return true;
        }
    }
    false
}

fn class(cause: &Cause, dimensions: &[Dimension], found: Found) -> Class {
    let mut out = Class {
        change: cause.change,
        share: found.share,
        bodies: cause.bodies.clone(),
        callers: None,
        ways: None,
        actions: Actions { set: ActionSet::default(), texts: Vec::new(), negated: false },
        example: found.example,
    };
    for (dimension, chosen) in dimensions.iter().zip(found.piece) {
        if dimension.along == Along::Actions {
            let is_chosen = |place: usize| chosen.as_ref().is_none_or(|c| c.contains(&place));
            let parts = dimension.parts.iter().enumerate().filter(|(place, _)| is_chosen(*place));
            let sets =
                parts.filter_map(|(_, part)| if let Part::Actions(set) = part { Some(*set) } else { None });
            out.actions = actions(cause, sets.fold(ActionSet::default(), ActionSet::or), dimension);
            continue;
        }
        let Some(chosen) = chosen else { continue };
        for part in chosen.iter().filter_map(|&place| dimension.parts.get(place)) {
            match part {
                Part::Callers(callers) => out.callers.get_or_insert_default().push(*callers),
                Part::Way(way) => out.ways.get_or_insert_default().push(*way),
                Part::Value(_) | Part::Actions(_) => {}
            }
        }
        let (Along::Principal(body) | Along::Resource(body) | Along::Condition(body, _)) = dimension.along
        else {
            continue;
        };
        if let Some(Body { statement, .. }) = out.bodies.get_mut(body) {
            narrow(statement, dimension.along, &chosen);
        }
    }
    out
}

/// The actions of the set in the words of a statement of the cause, when some of its patterns say just that; else by name.
fn actions(cause: &Cause, set: ActionSet, all: &Dimension) -> Actions {
    let sets =
        all.parts.iter().filter_map(|part| if let Part::Actions(set) = part { Some(*set) } else { None });
    let all = sets.fold(ActionSet::default(), ActionSet::or);
    let tests =
        cause.clauses.iter().filter_map(|c| if let Test::Action(test) = &c.test { Some(test) } else { None });
    let elements = cause.bodies.iter().filter_map(|b| b.statement.action.as_ref());
    for (test, element) in tests.zip(elements) {
        let values_of = |keep: &dyn Fn(ActionSet) -> bool| {
            let values = element.values.iter().zip(&test.by_pattern).filter(|(_, of)| keep(**of));
            values.map(|(value, of)| (value.source.to_string(), *of)).collect::<Vec<_>>()
        };
        let chosen = if test.negated {
            values_of(&|_| true)
        } else {
            values_of(&|of| !of.and(all).is_empty() && of.and(all).minus(set).is_empty())
        };
        let named = chosen.iter().fold(ActionSet::default(), |sum, (_, of)| sum.or(*of)).and(all);
        if if test.negated { set == all } else { named == set } {
            return Actions {
                set,
                texts: chosen.into_iter().map(|(text, _)| text).collect(),
                negated: test.negated,
            };
        }
    }
    let names = set.iter().filter_map(|index| aws::actions().get(index)).map(|a| format!("s3:{}", a.name));
    Actions { set, texts: names.collect(), negated: false }
}

/// Leaves of an element only the values chosen.
fn narrow(statement: &mut Statement, along: Along, chosen: &[usize]) {
    match along {
        Along::Principal(_) => {
            if let Some(element) = &mut statement.principal {
                keep(&mut element.values, chosen);
            }
        }
        Along::Resource(_) => {
            if let Some(element) = &mut statement.resource {
                keep(&mut element.values, chosen);
            }
        }
        Along::Condition(_, place) => {
            if let Some(condition) = statement.conditions.get_mut(place) {
                keep(&mut condition.values, chosen);
            }
        }
        Along::Actions | Along::Callers | Along::Ways => {}
    }
}

fn keep<T>(values: &mut Vec<T>, chosen: &[usize]) {
    let mut place = 0;
    values.retain(|_| {
        place += 1;
        chosen.contains(&(place - 1))
    });
}
