//! What inner joins by equality say of the rows of a table reference: the constants that their columns are equal to because a
//! column they are joined to is, and the join paths to the constants of others.
//!
//! Equality is that of SQLite where both columns have one affinity and one of its own collating sequences: then neither
//! value is converted, and an index compares as the condition does.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use sqlite3_parser::ast::{Expr, Operator};

use super::dependencies::Analysis;
use super::from::{Condition, From, JoinKind, On};
use super::name::bare;
use super::predicates::parts;
use super::scope::{Base, Item, Scope};
use crate::plan::{JoinPath, JoinStep, PathLookup, Predicate, quoted};
use crate::types::{Collation, Column, ColumnKind};

/// The joins of a path: each is a lookup for every row that the one before has found.
const MOST_STEPS: usize = 3;

/// A column of an item of FROM.
type Place = (usize, usize);

impl Analysis<'_> {
    /// Adds what equalities of columns give to the sources of the items.
    pub(super) fn equalities(&mut self, filter: Option<&Expr<'_>>, from: &From<'_>, scope: &Scope<'_>) {
        if !self.catalog.is_utf8 {
            return;
        }
        let mut equalities = Vec::new();
        let all = 0..from.items.len();
        filter.into_iter().for_each(|filter| conjuncts(filter, scope, &all, &mut equalities));
        for condition in from.conditions.iter().filter(|condition| condition.kind == JoinKind::Inner) {
            match &condition.on {
                On::Expression(expression) => conjuncts(expression, scope, &condition.items, &mut equalities),
                On::Names(names) => merged(names, condition, &from.items, &mut equalities),
            }
        }
        equalities.retain(|(one, other)| is_exact(&from.items, *one, *other));
        while self.hand_on(&equalities, &from.items) {}
        for item in 0..from.items.len() {
            self.path_lookups(item, &equalities, &from.items);
        }
    }

    /// What a column is compared with, its equals are; whether any of them had not been told yet.
    fn hand_on(&mut self, equalities: &[(Place, Place)], items: &[Item]) -> bool {
        let mut is_news = false;
        for (one, other) in equalities.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]) {
            let (Some((_, source, column)), Some((_, target, _))) = (column(items, one), column(items, other)) else {
                continue;
            };
            let compares_alike =
                |predicate: &&Predicate| predicate.column == one.1 && is_own(&predicate.collation, column);
            let told = self.found.sources[source.source].predicates.iter().filter(compares_alike);
            let told: Vec<_> = told.map(|predicate| Predicate { column: other.1, ..predicate.clone() }).collect();
            let known = &mut self.found.sources[target.source].predicates;
            for predicate in told {
                if !known.contains(&predicate) {
                    known.push(predicate);
                    is_news = true;
                }
            }
        }
        is_news
    }

    /// The shortest join paths from an item that is compared with no constants itself to those that are.
    fn path_lookups(&mut self, start: usize, equalities: &[(Place, Place)], items: &[Item]) {
        let Some(base) = &items[start].base else { return };
        let constant = |analysis: &Self, item: usize| {
            let base: &Base = items[item].base.as_ref()?;
            let predicates = &analysis.found.sources[base.source].predicates;
            let is_constant = |predicate: &&Predicate| {
                !predicate.relation.is_range() && Collation::named(&predicate.collation).is_some()
            };
            Some((base, predicates.iter().find(is_constant)?.clone()))
        };
        let Some(rowid) = base.table.rowid_name().filter(|_| constant(self, start).is_none()) else { return };
        let mut path_lookups = Vec::new();
        let mut seen = vec![start];
        let mut open = VecDeque::from([(start, Vec::<JoinStep>::new())]);
        while let Some((item, steps)) = open.pop_front() {
            for next in 0..items.len() {
                if seen.contains(&next) {
                    continue;
                }
                let Some(step) = step(item, next, equalities, items) else { continue };
                seen.push(next);
                let steps: Vec<JoinStep> = steps.iter().cloned().chain([step]).collect();
                if let Some((base, predicate)) = constant(self, next) {
                    let column = base.table.columns[predicate.column].name.clone();
                    let table = Arc::clone(&items[start].base.as_ref().map_or(&base.table, |base| &base.table).id);
                    let path = Arc::new(JoinPath { table, rowid, steps, column });
                    path_lookups.push(PathLookup { path, predicate, is_served: false });
                } else if steps.len() < MOST_STEPS {
                    open.push_back((next, steps));
                }
            }
        }
        self.found.sources[base.source].path_lookups = path_lookups;
    }
}

/// The equalities of columns among the conjuncts of a condition on these items.
fn conjuncts(condition: &Expr<'_>, scope: &Scope<'_>, items: &Range<usize>, found: &mut Vec<(Place, Place)>) {
    for conjunct in parts(condition, Operator::And) {
        let Expr::Binary(left, Operator::Equals, right) = conjunct else { continue };
        if let (Some(one), Some(other)) = (scope.own_column(bare(left)), scope.own_column(bare(right)))
            && items.contains(&one.0)
            && items.contains(&other.0)
        {
            found.push((one, other));
        }
    }
}

/// The equalities that USING and NATURAL are, where one item of each side has the column.
fn merged(names: &[String], condition: &Condition<'_>, items: &[Item], found: &mut Vec<(Place, Place)>) {
    let sides = [condition.items.start..condition.middle, condition.middle..condition.items.end];
    for name in names {
        let [left, right] = sides.clone().map(|side| {
            let mut columns = side.filter_map(|item| Some((item, items[item].column(name)?)));
            columns.next().filter(|_| columns.next().is_none())
        });
        found.extend(left.zip(right));
    }
}

/// A column of a base table, unless an outer join may have NULLs in its place.
fn column(items: &[Item], (item, column): Place) -> Option<(&Item, &Base, &Column)> {
    let item = items.get(item).filter(|item| !item.is_nullable)?;
    let base = item.base.as_ref()?;
    let column = base.table.columns.get(column)?;
    (column.kind != ColumnKind::GeneratedVirtual).then_some((item, base, column))
}

fn is_exact(items: &[Item], one: Place, other: Place) -> bool {
    let (Some((_, _, a)), Some((_, _, b))) = (column(items, one), column(items, other)) else { return false };
    one.0 != other.0
        && a.affinity == b.affinity
        && a.collation.eq_ignore_ascii_case(&b.collation)
        && Collation::named(&a.collation).is_some()
}

fn is_own(collation: &str, column: &Column) -> bool {
    collation.eq_ignore_ascii_case(&column.collation)
}

fn step(from: usize, to: usize, equalities: &[(Place, Place)], items: &[Item]) -> Option<JoinStep> {
    let directed = equalities.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
    let between = directed.filter(|(one, other)| one.0 == from && other.0 == to);
    let name = |place| column(items, place).map(|(_, _, column)| column.name.clone());
    let on: Vec<_> = between.filter_map(|(one, other)| Some((name(one)?, name(other)?))).collect();
    let table = &items[to].base.as_ref()?.table;
    let name = format!("{}.{}", quoted(&table.database), quoted(&table.name));
    (!on.is_empty()).then(|| JoinStep { table: Arc::clone(&table.id), name, on })
}
