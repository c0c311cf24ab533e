//! Columns that the groups decide: all rows of a group have the same value there, so an operator that keeps groups apart by them as
//! well has the same groups, and it does not matter of which row SQLite shows them.
//!
//! A group has one value of what it is grouped by; of each column that is equal to such a one in every row, or to a
//! constant; and of all columns of a base table if it has one value of what identifies the table's rows. Where an outer
//! join found no row the identity is NULL, which no row has: then they are all NULL.

use crate::plan::{Column, Expression, Input, Item, ItemId, Join, Order, OrderBy, Piece, Select, Text};
use crate::types::{Affinity, Collation, SortedSet};

/// A column of an item, by its name in SQL.
type Place<'s> = (ItemId, &'s str);

pub(super) fn apply(select: &mut Select, order: &[Order]) {
    // What RIGHT and FULL joins fill with NULLs is said nothing of by the conditions before them.
    let has_other = select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full));
    if select.groups.is_empty() || has_other {
        return;
    }
    let by = order.iter().filter_map(|order| match &order.by {
        OrderBy::Expression(expression) => Some(expression),
        OrderBy::Column(_) => None,
    });
    let bare = select.bare_columns(&by.collect::<Vec<_>>());
    let determined = Determined::of(select);
    select.determined = bare.iter().filter_map(|(item, name)| determined.expression((*item, name))).collect();
}

/// What all rows of a group have the same value of.
struct Determined<'s> {
    items: &'s [Item],
    columns: SortedSet<Place<'s>>,
    /// Items of which a group has one row, or none.
    rows: SortedSet<ItemId>,
}

impl<'s> Determined<'s> {
    fn of(select: &'s Select) -> Self {
        let exact = select.groups.iter().filter(|group| group.is_exact);
        let mut determined =
            Self { items: &select.items, columns: exact.filter_map(named).collect(), rows: SortedSet::new() };
        let inner = select.items.iter().filter(|item| item.join == Join::Inner).flat_map(|item| &item.on);
        let conditions: Vec<&Expression> = select.filters.iter().chain(inner).collect();
        while determined.goes_on(&conditions) {}
        determined
    }

    /// Adds what follows from what is known so far, if anything does.
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

    fn has(&self, place: Place<'_>) -> bool {
        self.rows.contains(&place.0) || self.columns.contains(&place)
    }

    /// Whether a group has one value of a column that is equal to another one or, where there is none, to a constant. The
    /// comparison must not convert what the column stores: 1 is equal to '1' and to '1.0'.
    fn follows(&self, place: Place<'_>, equal: Option<Place<'_>>) -> bool {
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

    fn column(&self, (item, name): Place<'_>) -> Option<&'s Column> {
        let item = self.items.iter().find(|own| own.id == item)?;
        let identity = match &item.input {
            Input::Table { identity, .. } => identity.as_deref().unwrap_or_default(),
            Input::Query(_) | Input::Function(..) | Input::Recursion(_) => &[],
        };
        item.columns.iter().chain(identity).find(|column| column.name == name)
    }

    fn expression(&self, place: Place<'_>) -> Option<Expression> {
        let column = self.column(place).filter(|_| self.has(place))?;
        Some(Expression {
            text: Text::name(place.0, place.1),
            items: [place.0].into(),
            collation: column.collation,
            affinity: column.affinity,
            is_exact: stores_one_form(column),
            ..Expression::default()
        })
    }
}

/// The column that an expression plainly is.
fn named(expression: &Expression) -> Option<Place<'_>> {
    match &expression.text.pieces[..] {
        [Piece::Name(item, name)] => Some((*item, name)),
        _ => None,
    }
}

/// Columns that a condition says are equal to others, or to a constant.
fn equalities(condition: &Expression) -> Vec<(Place<'_>, Option<Place<'_>>)> {
    match &condition.text.pieces[..] {
        [Piece::Name(one, a), Piece::Sql(sql), Piece::Name(other, b)] if sql == " = " => {
            let (left, right) = ((*one, a.as_str()), (*other, b.as_str()));
            vec![(left, Some(right)), (right, Some(left))]
        }
        [Piece::Name(item, name), Piece::Sql(sql)] if sql.strip_prefix(" = ").is_some_and(is_constant) => {
            vec![((*item, name), None)]
        }
        _ => Vec::new(),
    }
}

/// Whether SQL is a whole number or a parameter.
fn is_constant(sql: &str) -> bool {
    let digits = sql.strip_prefix('?').unwrap_or(sql);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a base table's column stores values that SQL calls equal, texts being compared byte by byte, in one form: 1 and
/// 1.0 are not both in it.
fn stores_one_form(column: &Column) -> bool {
    matches!(column.affinity, Some(Some(affinity)) if affinity != Affinity::Blob)
}
