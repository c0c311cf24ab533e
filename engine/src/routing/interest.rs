//! Whether a change can affect a binding through one of its table references: by column, then by predicate.
//!
//! The answer "no" must be right; "yes" only costs work. A predicate rules a row out only where the comparison is certainly
//! not true, whatever affinity does to the two values.

use super::change_values::ChangeValues;
use super::ranges::Axis;
use crate::plan::{BulkWrite, Columns, Dependencies, Operand, Predicate, Relation, Slot, Source};
use crate::types::{Row, Value, ValueRef};

/// What a binding depends on: its dependencies with the values that its parameters have.
pub(crate) struct Interest<'a> {
    pub(crate) dependencies: &'a Dependencies,
    pub(crate) slots: &'a [Value],
    pub(crate) slot_names: &'a [Option<String>],
    /// The result depends on SQLite's plan and is re-run, so that it stays what a fresh evaluation gives.
    pub(crate) any_row_matters: bool,
}

impl Interest<'_> {
    /// Whether a table that the binding reads has changed by more rows than were kept.
    pub(crate) fn is_touched_in_bulk(&self, bulk: &[BulkWrite]) -> bool {
        let is_touched = |source: &Source, write: &BulkWrite| {
            source.table == write.table && (self.any_row_matters || source.columns.overlaps(&write.columns))
        };
        bulk.iter().any(|write| self.dependencies.sources.iter().any(|source| is_touched(source, write)))
    }

    /// Whether a change of the source's table can change the result through it.
    pub(super) fn is_touched(&self, source: &Source, change: &ChangeValues<'_>) -> bool {
        self.any_row_matters
            || change.changes_any(&source.columns)
                && change.images().any(|values| self.may_satisfy(&source.predicates, values))
    }

    fn may_satisfy(&self, predicates: &[Predicate], values: &[ValueRef<'_>]) -> bool {
        predicates.iter().all(|predicate| {
            let Some(value) = values.get(predicate.column).copied() else { return true };
            predicate.any_of.iter().any(|operand| match self.value(operand) {
                Some(constant) if predicate.relation.is_range() => {
                    Axis::of(predicate).is_none_or(|axis| axis.may_hold(value, predicate.relation, constant))
                }
                Some(constant) => may_equal(predicate, value, constant),
                None => true,
            })
        })
    }

    /// The constant that an operand is, if it is known.
    pub(super) fn value<'b>(&'b self, operand: &'b Operand) -> Option<ValueRef<'b>> {
        match operand {
            Operand::Literal(value) => Some(value.as_ref()),
            Operand::Parameter(Slot::Position(position)) => self.slots.get(position.checked_sub(1)?).map(Value::as_ref),
            Operand::Parameter(Slot::Name(name)) => {
                let mut slots = self.slot_names.iter().enumerate().filter(|(_, slot)| slot.as_ref() == Some(name));
                // `:a` and `@a` are two parameters of one name, which an array may give two values.
                match (slots.next(), slots.next()) {
                    (Some((slot, _)), None) => self.slots.get(slot).map(Value::as_ref),
                    _ => None,
                }
            }
        }
    }
}

pub(super) fn reads_a_changed_column(columns: &Columns, old: &Row, new: &Row) -> bool {
    match columns {
        Columns::All => true,
        Columns::Some(columns) => {
            let mut pairs = old.values().zip(new.values()).enumerate();
            pairs.any(|(column, (before, after))| before != after && columns.contains(&column))
        }
    }
}

fn may_equal(predicate: &Predicate, value: ValueRef<'_>, constant: ValueRef<'_>) -> bool {
    match (value, constant) {
        (ValueRef::Null, ValueRef::Null) => predicate.relation == Relation::Is,
        (ValueRef::Null, _) | (_, ValueRef::Null) => false,
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a == b,
        (ValueRef::Real(a), ValueRef::Real(b)) => a == b,
        (ValueRef::Text(a), ValueRef::Text(b)) => may_collate_equal(&predicate.collation, a, b),
        (ValueRef::Blob(a), ValueRef::Blob(b)) => a == b,
        // Affinity may turn one class into the other, and an INTEGER may equal a REAL.
        _ => true,
    }
}

fn may_collate_equal(collation: &str, a: &[u8], b: &[u8]) -> bool {
    match collation {
        "BINARY" => a == b,
        "NOCASE" => a.eq_ignore_ascii_case(b),
        "RTRIM" => trim_spaces(a) == trim_spaces(b),
        _ => true,
    }
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    &text[..end]
}
