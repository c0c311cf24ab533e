//! Questions to an expression that several readers of the bound tree ask.

use sqlite3_parser::ast::Operator;

use super::tree::{ColumnOf, Expression, Item, Kind};

impl<'t> Expression<'t> {
    /// The expression without the parentheses around it.
    pub fn bare(&self) -> &Self {
        let mut expression = self;
        while let Kind::Parenthesized(inner) = &expression.kind {
            expression = inner;
        }
        expression
    }

    /// Whether both are the same but for parentheses around them.
    pub fn is_same(&self, other: &Self) -> bool {
        self.bare() == other.bare()
    }

    /// The operands of a chain of one operator, in their order.
    pub fn chain(&self, operator: Operator) -> Vec<&Self> {
        let mut pending = vec![self];
        let mut parts = Vec::new();
        while let Some(expression) = pending.pop() {
            let part = expression.bare();
            match &part.kind {
                Kind::Binary(left, own, right) if *own == operator => pending.extend([&**right, &**left]),
                _ => parts.push(part),
            }
        }
        parts
    }

    /// The one column of one item of the SELECT itself that the expression plainly is.
    pub fn own_column(&self) -> Option<ColumnOf> {
        match &self.bare().kind {
            Kind::Column(0, columns) => match columns[..] {
                [column] => Some(column),
                _ => None,
            },
            _ => None,
        }
    }

    /// The same, of a base table; the rowid is the column that stands for it.
    pub fn own_base_column(&self, items: &[Item<'_>]) -> Option<ColumnOf> {
        match &self.bare().kind {
            Kind::Rowid(0, named) => match named[..] {
                [item] => Some((item, items.get(item)?.base()?.table.rowid_alias()?)),
                _ => None,
            },
            _ => self.own_column().filter(|(item, _)| items.get(*item).is_some_and(|item| item.base().is_some())),
        }
    }
}
