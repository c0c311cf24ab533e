//! Finds columns that are functionally determined by the groups: all rows of a group have the same value, so it does not
//! matter which row SQLite takes it from, and grouping by them as well changes nothing.
//!
//! The groups determine the expressions of GROUP BY; each column that equals a determined column or a constant in every row;
//! and all columns of a base table whose identity they determine. If an outer join finds no row, the identity is NULL, which
//! no row has, and all columns are NULL.

use crate::plan::{Column, Expression, Input, Item, ItemId, Join, Order, Select, SqlText, Test};
use crate::types::{Affinity, Collation, SortedSet};

/// A column of an item, by its name in SQL.
type ColumnName<'s> = (ItemId, &'s str);

pub(super) fn apply(select: &mut Select, order: &[Order]) {
    // Conditions say nothing of the NULLs that a later RIGHT or FULL join fills in.
    let has_other = select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full));
    if select.groups.is_empty() || has_other {
        return;
    }
    let by = order.iter().filter_map(Order::expression);
    let bare = select.bare_columns(&by.collect::<Vec<_>>());
    let determined = Determined::of(select);
    select.determined = bare.iter().filter_map(|(item, name)| determined.expression((*item, name))).collect();
}

/// What is known to be determined.
struct Determined<'s> {
    items: &'s [Item],
    columns: SortedSet<ColumnName<'s>>,
    /// Items that have one row or none in each group.
    rows: SortedSet<ItemId>,
}

impl<'s> Determined<'s> {
    fn of(select: &'s Select) -> Self {
        let exact = select.groups.iter().filter(|group| group.is_exact);
        let mut determined = Self {
            items: &select.items,
            columns: exact.filter_map(Expression::named).collect(),
            rows: SortedSet::new(),
        };
        let inner = select.items.iter().filter(|item| item.join == Join::Inner).flat_map(|item| &item.on);
        let conditions: Vec<&Expression> = select.filters.iter().chain(inner).collect();
        while determined.goes_on(&conditions) {}
        determined
    }

    /// Adds what follows from the known columns. Whether anything was added.
    fn goes_on(&mut self, conditions: &[&'s Expression]) -> bool {
        let known = self.columns.len() + self.rows.len();
        for (place, equal) in conditions.iter().flat_map(|condition| equalities(condition)) {
            if self.follows(place, equal) {
                self.columns.insert(place);
            }
        }
        for item in self.items {
            if let Input::Table { identity: Some(identity), .. } = &item.input
                && !identity.is_empty()
                && identity.iter().all(|column| self.has((item.id, &column.name)))
            {
                self.rows.insert(item.id);
            }
        }
        known < self.columns.len() + self.rows.len()
    }

    fn has(&self, place: ColumnName<'_>) -> bool {
        self.rows.contains(&place.0) || self.columns.contains(&place)
    }

    /// Whether a column is determined that equals `equal`, or a constant if there is none. The comparison must not convert
    /// what the column stores: 1 equals '1' and '1.0'.
    fn follows(&self, place: ColumnName<'_>, equal: Option<ColumnName<'_>>) -> bool {
        let is_binary = |column: &&Column| column.collation == Some(Collation::Binary);
        let is_base = self.items.iter().any(|own| own.id == place.0 && matches!(own.input, Input::Table { .. }));
        let Some(own) = self.column(place).filter(is_binary).filter(|own| is_base && stores_one_form(own)) else {
            return false;
        };
        let Some(equal) = equal else { return true };
        let is_number = own.affinity != Some(Some(Affinity::Text));
        let compares_alike = |other: &Column| is_number || own.affinity == other.affinity;
        self.has(equal) && self.column(equal).filter(is_binary).is_some_and(compares_alike)
    }

    fn column(&self, (item, name): ColumnName<'_>) -> Option<&'s Column> {
        let item = self.items.iter().find(|own| own.id == item)?;
        let identity = match &item.input {
            Input::Table { identity, .. } => identity.as_deref().unwrap_or_default(),
            Input::Query(_) | Input::Function(..) | Input::Recursion(_) => &[],
        };
        item.columns.iter().chain(identity).find(|column| column.name == name)
    }

    fn expression(&self, place: ColumnName<'_>) -> Option<Expression> {
        let column = self.column(place).filter(|_| self.has(place))?;
        Some(Expression {
            text: SqlText::name(place.0, place.1),
            items: [place.0].into(),
            collation: column.collation,
            affinity: column.affinity,
            is_exact: stores_one_form(column),
            ..Expression::default()
        })
    }
}

/// The columns that a condition equates with other columns or with constants.
fn equalities(condition: &Expression) -> Vec<(ColumnName<'_>, Option<ColumnName<'_>>)> {
    if let Some([left, right]) = condition.equated() {
        return vec![(left, Some(right)), (right, Some(left))];
    }
    match condition.tested() {
        Some((item, name, [Test::Equal(constants)])) if constants.len() == 1 => vec![((item, name), None)],
        _ => Vec::new(),
    }
}

/// Whether a base table's column stores equal values, text being compared byte by byte, in one form: not both 1 and 1.0.
fn stores_one_form(column: &Column) -> bool {
    matches!(column.affinity, Some(Some(affinity)) if affinity != Affinity::Blob)
}
