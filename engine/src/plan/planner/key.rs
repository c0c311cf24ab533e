//! Keys: the columns that a result is partitioned by.

use crate::plan::reason::reached;
use crate::plan::{CollatedPart, Expression, ItemId, Reason, SqlText};
use crate::types::{Collation, SortedSet};

/// A column of a key.
pub(super) struct Key {
    pub(super) text: SqlText,
    /// The items of FROM that it names.
    pub(super) items: SortedSet<ItemId>,
    /// How its values compare.
    pub(super) collation: Collation,
    /// Whether it is never NULL, so that `=` can use an index where IS could not.
    pub(super) never_null: bool,
}

impl Key {
    /// The key column of an expression of GROUP BY or PARTITION BY.
    pub(super) fn of(expression: &Expression) -> Result<Self, Reason> {
        if !expression.subqueries.is_empty() {
            return Err(reached(Reason::SubqueryInKey));
        }
        Ok(Self {
            text: expression.text.clone(),
            items: expression.items.clone(),
            collation: expression.collation.ok_or_else(|| reached(Reason::Collation(CollatedPart::Group)))?,
            never_null: false,
        })
    }
}
