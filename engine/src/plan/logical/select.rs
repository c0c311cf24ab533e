//! A SELECT of a logical plan.

use crate::plan::{Expression, Item, ItemId, Piece, SqlText};

/// A SELECT.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// DISTINCT.
    pub distinct: bool,
    /// The result columns, with wildcards expanded.
    pub columns: Vec<Expression>,
    /// FROM.
    pub items: Vec<Item>,
    /// The conjuncts of WHERE.
    pub filters: Vec<Expression>,
    /// GROUP BY.
    pub groups: Vec<Expression>,
    /// Bare columns that are functionally determined by the groups: all rows of a group have the same value, so grouping by
    /// them as well makes no other groups. They are exact if two values that a group has one after the other differ byte by
    /// byte whenever they differ.
    pub determined: Vec<Expression>,
    /// HAVING.
    pub having: Option<Expression>,
    /// Whether it has GROUP BY or aggregates.
    pub is_aggregated: bool,
}

impl Select {
    /// Every expression in it, including those of FROM, mutably.
    pub fn all_expressions_mut(&mut self) -> impl Iterator<Item = &mut Expression> {
        let conditions = self.items.iter_mut().flat_map(|item| &mut item.on);
        let own = self.columns.iter_mut().chain(&mut self.filters).chain(&mut self.groups).chain(&mut self.having);
        own.chain(conditions)
    }

    /// The bare columns: columns of FROM that the SELECT or its ORDER BY names outside of aggregates and groups, each once.
    #[must_use]
    pub fn bare_columns(&self, by: &[&Expression]) -> Vec<(ItemId, String)> {
        let mut bare = Vec::new();
        if !self.is_aggregated {
            return bare;
        }
        for expression in self.columns.iter().chain(&self.having).chain(by.iter().copied()) {
            for column in self.bare_columns_of(expression) {
                if !bare.contains(&column) {
                    bare.push(column);
                }
            }
        }
        bare
    }

    /// The bare columns of one expression, as often as it names them.
    pub fn bare_columns_of(&self, expression: &Expression) -> Vec<(ItemId, String)> {
        let is_own = |item: ItemId| self.items.iter().any(|own| own.id == item);
        let is_bare = |(item, name): &(ItemId, String)| is_own(*item) && !self.is_group(&SqlText::name(*item, name));
        self.outside_groups(&expression.text).into_iter().filter(is_bare).collect()
    }

    fn is_group(&self, text: &SqlText) -> bool {
        self.groups.iter().any(|group| group.text == *text)
    }

    /// The columns that a text names outside of aggregates and groups.
    fn outside_groups(&self, text: &SqlText) -> Vec<(ItemId, String)> {
        if self.is_group(text) {
            return Vec::new();
        }
        let named = text.pieces.iter().flat_map(|piece| match piece {
            Piece::Name(item, name) => vec![(*item, name.clone())],
            Piece::Subquery(inside) => inside.names(),
            Piece::Term(term) => self.outside_groups(term),
            Piece::Aggregate(_) | Piece::Sql(_) | Piece::Table(_) | Piece::Cross => Vec::new(),
        });
        named.collect()
    }

    /// Every expression in it except those of FROM.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.columns.iter().chain(&self.filters).chain(&self.groups).chain(&self.having)
    }
}
