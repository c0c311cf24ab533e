//! Names: the columns, rowids and aliases that expressions are made of.

use std::sync::Arc;

use super::{Level, Lowered, Lowering};
use crate::plan::{Expression, Reason};
use crate::sql::bind::tree::{ColumnOf, Kind};
use crate::sql::bind::{self, tree};
use crate::types::{Affinity, Collation, ColumnKind};

impl Lowering {
    pub(super) fn write_column<'t>(
        &mut self,
        up: usize,
        columns: &[ColumnOf],
        out: &mut Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        let named = level.up(up).ok_or(Reason::Internal("a name"))?;
        let [(item, column)] = named.merged(columns)[..] else { return Err(Reason::UsingInFullJoin) };
        self.note_column(named, item, column);
        // The arguments of a function can name items on its right, which have no place yet.
        let place = named.places.get(item).ok_or(Reason::Internal("a name of a table further on"))?;
        let column = place.columns.get(column).ok_or(Reason::Internal("a column that is not listed"))?;
        out.text.push_name(place.id, &column.name);
        out.items.insert(place.id);
        Ok(())
    }

    pub(super) fn write_rowid(
        &mut self,
        up: usize,
        items: &[usize],
        out: &mut Expression,
        level: &Level<'_, '_>,
    ) -> Lowered<()> {
        let named = level.up(up).ok_or(Reason::Internal("a name"))?;
        let [item] = items[..] else { return Err(Reason::AmbiguousRowid) };
        let place = named.places.get(item).filter(|place| !place.is_nested);
        let place = place.ok_or_else(|| Reason::UnknownColumn { column: "rowid".to_owned() })?;
        let base = named.items.get(item).and_then(|item| item.base()).ok_or(Reason::Internal("a rowid"))?;
        let name = base.table.rowid_name().ok_or_else(|| Reason::HiddenRowid { table: base.table.name.clone() })?;
        match base.table.rowid_alias().and_then(|alias| place.columns.get(alias)) {
            Some(alias) => out.text.push_name(place.id, &alias.name),
            None => out.text.push_name(place.id, name),
        }
        out.items.insert(place.id);
        Ok(())
    }

    pub(super) fn write_alias(at: usize, out: &mut Expression, level: &Level<'_, '_>) -> Lowered<()> {
        let result = level.results.get(at).ok_or(Reason::Internal("an alias"))?;
        if result.has_aggregate || !result.windows.is_empty() {
            // Fine where it stands, but it has to be known of the whole.
            out.has_aggregate |= result.has_aggregate;
            out.can_fail |= result.can_fail;
            out.aggregates.extend(result.aggregates.iter().cloned());
            out.windows.extend(result.windows.iter().cloned());
        }
        out.text.push("(");
        out.text.append(&result.text);
        out.text.push(")");
        out.items.extend(&result.items);
        out.subqueries.extend(result.subqueries.iter().cloned());
        Ok(())
    }

    /// The first of several columns that is not NULL, which a FULL JOIN with USING merges. To SQLite it has the affinity and the
    /// collating sequence of the first, which what is written here has not: so it must not be compared.
    pub(super) fn coalescing(&mut self, level: &Level<'_, '_>, merged: &[ColumnOf]) -> Lowered<Expression> {
        let mut out = Expression { is_exact: true, collation: Some(Collation::Binary), ..Expression::default() };
        let type_of = |(item, column): ColumnOf| level.items[item].columns[column].value_type;
        for (at, (item, column)) in merged.iter().enumerate() {
            self.note_column(level, *item, *column);
            let own = type_of((*item, *column));
            out.is_exact &= own.is_exact() && type_of(merged[0]).class == own.class;
            let place = &level.places[*item];
            let column = &place.columns[*column];
            if column.collation != Some(Collation::Binary) {
                return Err(Reason::UsingInFullJoin);
            }
            out.text.push(if at == 0 { "coalesce(" } else { ", " });
            out.text.push_name(place.id, &column.name);
            out.items.insert(place.id);
        }
        out.text.push(")");
        Ok(out)
    }

    /// Notes that a column is read, whose value no hook shows if it is virtual.
    pub(super) fn note_column(&mut self, level: &Level<'_, '_>, item: usize, column: usize) {
        let Some(base) = level.items.get(item).and_then(|item| item.base()) else { return };
        if base.table.columns.get(column).is_some_and(|column| column.kind == ColumnKind::GeneratedVirtual) {
            self.virtual_columns.insert(Arc::clone(&base.table.id));
        }
    }
}

impl<'a, 't> Level<'a, 't> {
    /// Which of several columns that USING merges are meant.
    pub(super) fn merged(&self, columns: &[ColumnOf]) -> Vec<ColumnOf> {
        bind::merged(columns, |item| self.items.get(item).map(|item| item.join))
    }

    /// The names so many levels out.
    fn up(&self, levels: usize) -> Option<&Level<'a, 't>> {
        (0..levels).try_fold(self, |level, _| level.parent)
    }
}

/// A column that is compared: its collating sequence and affinity, where they are known.
pub(super) type Compared = (Option<Collation>, Option<Option<Affinity>>);

/// Whether two columns are compared byte by byte and the right one has another collating sequence. SQLite takes them for
/// one value then (its termIsEquivalence), also where what the right one is equal to by its own sequence is looked up by the
/// left one. It does so in some plans and not in others, so the right one has to be written as no column.
pub(super) fn is_mixed(left: Compared, right: Compared) -> bool {
    let is_number = |affinity| matches!(affinity, Some(Affinity::Integer | Affinity::Numeric | Affinity::Real));
    // Without its own affinity it is compared by that of the left one.
    let is_alike = match (left.1, right.1) {
        (Some(left), Some(right)) => left == right || (is_number(left) && is_number(right)),
        _ => false,
    };
    is_alike && left.0 == Some(Collation::Binary) && right.0 != Some(Collation::Binary)
}

/// The same of expressions.
pub(super) fn are_mixed(left: &tree::Expression<'_>, right: &tree::Expression<'_>) -> bool {
    let compared = |side: &tree::Expression<'_>| {
        let is_column = matches!(side.bare().kind, Kind::Column(..));
        is_column.then_some((side.value_type.collation, side.value_type.affinity))
    };
    compared(left).zip(compared(right)).is_some_and(|(left, right)| is_mixed(left, right))
}
