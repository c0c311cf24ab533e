//! Expressions of a logical plan, with what the planner needs to know of them.

use crate::plan::{ItemId, Known, Piece, Query, SqlText, Test};
use crate::types::{Affinity, Collation, SortedSet};

/// An expression.
#[derive(Clone, Debug, Default)]
pub struct Expression {
    /// The expression as SQL.
    pub text: SqlText,
    /// What it is, if it is as simple as that.
    pub known: Known,
    /// The items of FROM that it names, also in its subqueries.
    pub items: SortedSet<ItemId>,
    /// The subqueries directly in it.
    pub subqueries: Vec<Subquery>,
    /// The windows of its window functions.
    pub windows: Vec<Over>,
    /// Whether it contains an aggregate.
    pub has_aggregate: bool,
    /// Its aggregates.
    pub aggregates: Vec<Aggregate>,
    /// How its text compares, if that is known.
    pub collation: Option<Collation>,
    /// Whether it has that collating sequence itself, as a column has one. Other expressions compare by BINARY, which gives
    /// way to the collating sequences of other SELECTs of a compound.
    pub is_collated: bool,
    /// Its affinity, or that it has none, if that is known.
    pub affinity: Option<Option<Affinity>>,
    /// Whether two of its values that are equal in SQL are the same value.
    pub is_exact: bool,
    /// Whether it contains a function that fails for some values.
    pub can_fail: bool,
    /// Items for which a row of NULLs makes the expression false or NULL.
    pub rejects_nulls_of: SortedSet<ItemId>,
    /// Items for which a row of NULLs makes the expression NULL.
    pub is_null_with: SortedSet<ItemId>,
}

/// The window of a window function.
#[derive(Clone, Debug)]
pub struct Over {
    /// PARTITION BY.
    pub partition: Vec<Expression>,
    /// ORDER BY.
    pub order: Vec<Expression>,
    /// Whether the function's value depends on the order of rows that ORDER BY leaves tied.
    pub shows_ties: bool,
    /// Whether the function fails if its sum overflows.
    pub can_overflow: bool,
    /// For a sum that does not depend on ties: an expression that is not 0 where the rounding depends on row order.
    pub rounding: Option<Expression>,
}

impl Over {
    /// Its expressions, mutably.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expression> {
        self.partition.iter_mut().chain(&mut self.order).chain(&mut self.rounding)
    }
}

/// A call of an aggregate.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The call as SQL.
    pub text: SqlText,
    /// Its name in lower case.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<Expression>,
    /// DISTINCT.
    pub distinct: bool,
    /// FILTER.
    pub filter: Option<Expression>,
    /// Whether it has an ORDER BY.
    pub ordered: bool,
}

impl Aggregate {
    /// Whether it is MIN or MAX.
    #[must_use]
    pub fn is_extremum(&self) -> bool {
        matches!(self.name.as_str(), "min" | "max")
    }

    /// Whether one row that comes or goes changes the value by what that row says alone: it is a sum, or an extremum of
    /// exact values.
    #[must_use]
    pub fn is_sum(&self) -> bool {
        match self.name.as_str() {
            "min" | "max" => !self.ordered && self.arguments.iter().all(|argument| argument.is_exact),
            "count" => !self.ordered,
            "sum" | "total" | "avg" => !self.ordered && !self.distinct,
            _ => false,
        }
    }
}

/// A subquery in an expression.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// The query.
    pub query: Query,
    /// How it is used.
    pub used: Used,
}

/// How a subquery is used.
#[derive(Clone, Debug)]
pub enum Used {
    /// EXISTS.
    Exists,
    /// As a value or row of values.
    Value,
    /// `x IN (SELECT ..)`: the elements of `x`, and whether a NULL result means the same as false.
    In(Vec<Expression>, bool),
}

impl Expression {
    /// A whole number.
    #[must_use]
    pub fn integer(number: i64) -> Self {
        let text = SqlText::constant(&number.to_string());
        Self { text, known: Known::Integer(number), ..Self::default() }
    }

    /// NULL.
    #[must_use]
    pub fn null() -> Self {
        Self { text: SqlText::constant("NULL"), known: Known::Truth(false), ..Self::default() }
    }

    /// The aggregate, if the expression is nothing else.
    #[must_use]
    pub fn aggregate(&self) -> Option<&Aggregate> {
        match (&self.text.pieces[..], &self.aggregates[..]) {
            ([Piece::Aggregate(_)], [aggregate]) => Some(aggregate),
            _ => None,
        }
    }

    /// The column, if the expression is nothing else.
    #[must_use]
    pub fn named(&self) -> Option<(ItemId, &str)> {
        match &self.text.pieces[..] {
            [Piece::Name(item, name)] => Some((*item, name)),
            _ => None,
        }
    }

    /// The column that the condition tests, and the tests; all have to hold.
    #[must_use]
    pub fn tested(&self) -> Option<(ItemId, &str, &[Test])> {
        // The operand may have been another expression, or a rewrite has put one there.
        match (&self.known, &self.text.pieces[..]) {
            (Known::Tests(tests), [Piece::Name(item, name), Piece::Sql(_)]) => Some((*item, name, tests)),
            _ => None,
        }
    }

    /// The two columns whose equality the condition is.
    #[must_use]
    pub fn equated(&self) -> Option<[(ItemId, &str); 2]> {
        match (&self.known, &self.text.pieces[..]) {
            (Known::Equal, [Piece::Name(one, a), Piece::Sql(_), Piece::Name(other, b)]) => {
                Some([(*one, a), (*other, b)])
            }
            _ => None,
        }
    }

    /// Whether it is evaluated row by row, without other rows.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.subqueries.is_empty() && self.windows.is_empty() && !self.has_aggregate
    }
}

impl Expression {
    /// Changes each subquery, and the SQL accordingly.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn change_subqueries<E>(&mut self, mut change: impl FnMut(&mut Query) -> Result<(), E>) -> Result<(), E> {
        for subquery in &mut self.subqueries {
            let before = subquery.query.text();
            change(&mut subquery.query)?;
            let after = subquery.query.text();
            if before != after {
                self.text = self.text.exchanged(&|piece| match piece {
                    Piece::Subquery(inside) if **inside == before => {
                        Some(SqlText { pieces: vec![Piece::Subquery(Box::new(after.clone()))] })
                    }
                    _ => None,
                });
                self.items.extend(subquery.query.items());
            }
        }
        Ok(())
    }
}

impl Expression {
    /// Changes each subquery with a function that never fails.
    pub fn each_subquery(&mut self, mut change: impl FnMut(&mut Query)) {
        let done = self.change_subqueries(|query| {
            change(query);
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = done;
    }
}
