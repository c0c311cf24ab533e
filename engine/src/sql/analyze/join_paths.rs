//! What inner joins by equality say of the rows of an table_ref: the constants that their columns are equal to because a
//! column they are joined to is, and the paths to the constants of others.
//!
//! Equality is that of SQLite where both columns have one affinity and one of its own collating sequences: then neither
//! value is converted, and an index compares as the condition does.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use sqlite3_parser::ast::Operator;

use super::Analysis;
use crate::plan::{Join, JoinPath, JoinStep, PathLookup, Predicate, quoted};
use crate::sql::bind::tree::{Base, ColumnOf, Expression, Item, Joined, Kind, Select};
use crate::types::{Collation, Column, ColumnKind};

/// The joins of a path: each is a lookup for every row that the one before has found.
const MOST_STEPS: usize = 3;

impl<'t> Analysis<'_, 't> {
    /// Adds what equalities of columns give to the sources of the items.
    pub(super) fn join_paths(&mut self, select: &Select<'t>) {
        if !self.is_utf8 {
            return;
        }
        let items = &select.from.items;
        let mut equalities = Vec::new();
        if let Some(filter) = &select.filter {
            conjuncts(filter, items, &(0..items.len()), &mut equalities);
        }
        for joined in select.from.all_joins().into_iter().filter(|joined| joined.join == Join::Inner) {
            if let Some(on) = &joined.on {
                conjuncts(on, items, &(joined.left.start..joined.right.end), &mut equalities);
            }
            merged(joined, items, &mut equalities);
        }
        equalities.retain(|(one, other)| is_exact(items, *one, *other));
        while self.hand_on(&equalities, items) {}
        for item in 0..items.len() {
            self.path_lookups(item, &equalities, items);
        }
    }

    /// What a column is compared with, its equals are; whether any of them had not been told yet.
    fn hand_on(&mut self, equalities: &[(ColumnOf, ColumnOf)], items: &[Item<'_>]) -> bool {
        let mut is_news = false;
        for (one, other) in equalities.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]) {
            let (Some((_, source, column)), Some((_, target, _))) = (column(items, one), column(items, other)) else {
                continue;
            };
            let compares_alike =
                |predicate: &&Predicate| predicate.column == one.1 && is_own(&predicate.collation, column);
            let told = self.found.sources[source.reference].predicates.iter().filter(compares_alike);
            let told: Vec<_> = told.map(|predicate| Predicate { column: other.1, ..predicate.clone() }).collect();
            let known = &mut self.found.sources[target.reference].predicates;
            for predicate in told {
                if !known.contains(&predicate) {
                    known.push(predicate);
                    is_news = true;
                }
            }
        }
        is_news
    }

    /// The shortest paths from an item that is compared with no constants itself to those that are.
    fn path_lookups(&mut self, start: usize, equalities: &[(ColumnOf, ColumnOf)], items: &[Item<'_>]) {
        let Some(base) = items[start].base() else { return };
        let constant = |analysis: &Self, item: usize| {
            let base: &Base = items[item].base()?;
            let predicates = &analysis.found.sources[base.reference].predicates;
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
                    let table = Arc::clone(&items[start].base().map_or(&base.table, |base| &base.table).id);
                    let path = Arc::new(JoinPath { table, rowid, steps, column });
                    path_lookups.push(PathLookup { path, predicate, is_served: false });
                } else if steps.len() < MOST_STEPS {
                    open.push_back((next, steps));
                }
            }
        }
        self.found.sources[base.reference].path_lookups = path_lookups;
    }
}

/// The equalities of columns among the conjuncts of a condition on these items.
fn conjuncts(
    condition: &Expression<'_>,
    items: &[Item<'_>],
    about: &Range<usize>,
    found: &mut Vec<(ColumnOf, ColumnOf)>,
) {
    for conjunct in condition.chain(Operator::And) {
        let Kind::Binary(left, Operator::Equals, right) = &conjunct.kind else { continue };
        if let (Some(one), Some(other)) = (left.own_base_column(items), right.own_base_column(items))
            && about.contains(&one.0)
            && about.contains(&other.0)
        {
            found.push((one, other));
        }
    }
}

/// The equalities that USING and NATURAL are, where one item of each side has the column.
fn merged(joined: &Joined<'_>, items: &[Item<'_>], found: &mut Vec<(ColumnOf, ColumnOf)>) {
    for name in &joined.using {
        let [left, right] = [&joined.left, &joined.right].map(|side| {
            let mut columns = side.clone().filter_map(|item| Some((item, items[item].column(name)?)));
            columns.next().filter(|_| columns.next().is_none())
        });
        found.extend(left.zip(right));
    }
}

/// A column of a base table, unless an outer join may have NULLs in its place.
fn column<'i, 't>(items: &'i [Item<'t>], (item, column): ColumnOf) -> Option<(&'i Item<'t>, &'i Base, &'i Column)> {
    let item = items.get(item).filter(|item| !item.is_nullable)?;
    let base = item.base()?;
    let column = base.table.columns.get(column)?;
    (column.kind != ColumnKind::GeneratedVirtual).then_some((item, base, column))
}

fn is_exact(items: &[Item<'_>], one: ColumnOf, other: ColumnOf) -> bool {
    let (Some((_, _, a)), Some((_, _, b))) = (column(items, one), column(items, other)) else { return false };
    one.0 != other.0
        && a.affinity == b.affinity
        && a.collation.eq_ignore_ascii_case(&b.collation)
        && Collation::named(&a.collation).is_some()
}

fn is_own(collation: &str, column: &Column) -> bool {
    collation.eq_ignore_ascii_case(&column.collation)
}

fn step(from: usize, to: usize, equalities: &[(ColumnOf, ColumnOf)], items: &[Item<'_>]) -> Option<JoinStep> {
    let directed = equalities.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
    let between = directed.filter(|(one, other)| one.0 == from && other.0 == to);
    let name = |place| column(items, place).map(|(_, _, column)| column.name.clone());
    let on: Vec<_> = between.filter_map(|(one, other)| Some((name(one)?, name(other)?))).collect();
    let table = &items[to].base()?.table;
    let name = format!("{}.{}", quoted(&table.database), quoted(&table.name));
    (!on.is_empty()).then(|| JoinStep { table: Arc::clone(&table.id), name, on })
}
