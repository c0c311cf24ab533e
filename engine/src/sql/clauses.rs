//! The clauses of one SELECT, whatever of them is written.

use sqlite3_parser::ast::{Distinctness, Expr, FromClause, OneSelect, ResultColumn, WindowDef};

/// A SELECT that is no VALUES.
#[derive(Clone, Copy)]
pub(super) struct Clauses<'t> {
    pub(super) is_distinct: bool,
    pub(super) columns: &'t [ResultColumn<'t>],
    pub(super) from: Option<&'t FromClause<'t>>,
    pub(super) filter: Option<&'t Expr<'t>>,
    pub(super) groups: &'t [Expr<'t>],
    pub(super) having: Option<&'t Expr<'t>>,
    pub(super) windows: &'t [WindowDef<'t>],
}

impl<'t> Clauses<'t> {
    /// The clauses of an arm of a query, unless it is VALUES.
    pub(super) fn of(arm: &'t OneSelect<'t>) -> Option<Self> {
        let OneSelect::Select { distinctness, columns, from, where_clause, group_by, having, window_clause } = arm
        else {
            return None;
        };
        Some(Self {
            is_distinct: *distinctness == Some(Distinctness::Distinct),
            columns,
            from: from.as_ref(),
            filter: *where_clause,
            groups: group_by.unwrap_or_default(),
            having: *having,
            windows: window_clause.unwrap_or_default(),
        })
    }

    /// The expressions of the result columns, wildcards aside.
    pub(super) fn shown(&self) -> impl Iterator<Item = &'t Expr<'t>> + use<'t> {
        self.columns.iter().filter_map(shown)
    }
}

/// The expression of a result column, unless it is a wildcard.
pub(super) fn shown<'t>(column: &'t ResultColumn<'t>) -> Option<&'t Expr<'t>> {
    match column {
        ResultColumn::Expr(expression, _) => Some(expression),
        ResultColumn::Star | ResultColumn::TableStar(_) => None,
    }
}
