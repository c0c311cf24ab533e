//! Logical plans: a query with every name resolved, as pieces of SQL that can be put together in other ways.
//!
//! Each item of FROM, in every SELECT of the query, has an alias of its own (`i0`, `i1`, ..), and every name is written with
//! its alias, so a piece means the same in any statement that has its items. Views and CTEs are the SELECTs that they stand
//! for.

mod display;
mod expression;
mod from;
mod known;
mod select;
mod statement;

use std::sync::Arc;

pub use expression::{Aggregate, Expression, Over, Subquery, Used};
pub use from::{Column, Input, Item, Join, Recursion};
pub use known::Known;
pub use select::Select;
pub use statement::select_text;

use super::{SetOperator, SqlText, TableRef, Window};
use crate::types::{SortTerm, SortedSet, Value};

/// The identity of an item of FROM in its query.
pub type ItemId = usize;

/// A query, and the tables that it reads.
#[derive(Clone, Debug)]
pub struct Logical {
    /// The query.
    pub query: Query,
    /// The places in all SELECTs where base tables are read.
    pub table_refs: Vec<TableRef>,
    /// How many items of FROM all SELECTs have together.
    pub items: usize,
    /// The tables whose virtual generated columns are read; no hook reports these.
    pub virtual_columns: SortedSet<Arc<str>>,
    /// Whether a JSON function is called, which tells JSON of a virtual column from other text.
    pub makes_json: bool,
    /// The literals that became parameters, which come after the query's own parameters.
    pub literals: Vec<Value>,
    /// How many parameters the query has, including the literals.
    pub parameters: usize,
}

/// One or several SELECTs, with their common ORDER BY and LIMIT.
#[derive(Clone, Debug)]
pub struct Query {
    /// The SELECTs from left to right.
    pub arms: Vec<Arm>,
    /// The operators before the second SELECT and those after it.
    pub operators: Vec<SetOperator>,
    /// ORDER BY.
    pub order: Vec<Order>,
    /// LIMIT and OFFSET.
    pub limit: Limit,
    /// Whether two rows that are equal in SQL are the same row.
    pub is_exact: bool,
    /// Whether SQLite evaluates all of it, whatever the query around it needs (MATERIALIZED).
    pub is_materialized: bool,
    /// Whether each column has the same affinity and collating sequence in all SELECTs. Then an expression over one of the
    /// SELECTs means the same as over all.
    pub is_uniform: bool,
}

/// LIMIT and OFFSET.
#[derive(Clone, Debug)]
pub enum Limit {
    /// No LIMIT.
    None,
    /// Numbers or parameters.
    Window(Window),
    /// Other expressions; the SQL includes `LIMIT`.
    Other(SqlText),
}

/// A term of ORDER BY.
#[derive(Clone, Debug)]
pub struct Order {
    /// What it sorts by.
    pub by: OrderBy,
    /// The direction and collating sequence; nothing if the collating sequence is not known.
    pub term: Option<SortTerm>,
    /// What SQL has after the expression: COLLATE, DESC, NULLS LAST.
    pub suffix: String,
}

impl Order {
    /// The expression, if it is not a result column.
    #[must_use]
    pub fn expression(&self) -> Option<&Expression> {
        match &self.by {
            OrderBy::Expression(expression) => Some(expression),
            OrderBy::Column(_) => None,
        }
    }
}

/// What a term of ORDER BY sorts by.
#[derive(Clone, Debug)]
pub enum OrderBy {
    /// A result column.
    Column(usize),
    /// Another expression.
    Expression(Expression),
}

/// A part of a query: a SELECT or VALUES.
#[derive(Clone, Debug)]
pub enum Arm {
    /// SELECT.
    Select(Box<Select>),
    /// VALUES.
    Values(Vec<Vec<Expression>>),
}

/// The alias of an item.
#[must_use]
pub fn alias(item: ItemId) -> String {
    format!("i{item}")
}

/// The name of a column of a query in FROM.
#[must_use]
pub fn column_name(column: usize) -> Arc<str> {
    format!("c{column}").into()
}

/// The column of a query in FROM with this name, counted from 0.
#[must_use]
pub fn column_of(name: &str) -> Option<usize> {
    name.strip_prefix('c')?.parse().ok()
}

impl Query {
    /// A query of one SELECT or VALUES.
    #[must_use]
    pub fn of(arm: Arm) -> Self {
        Self {
            arms: vec![arm],
            operators: Vec::new(),
            order: Vec::new(),
            limit: Limit::None,
            is_exact: false,
            is_materialized: false,
            is_uniform: false,
        }
    }

    /// Whether it names no items of the queries around it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let own = self.own_items();
        self.text().names().iter().all(|(item, _)| own.contains(item))
    }

    /// The items of FROM in it, at any depth.
    fn own_items(&self) -> SortedSet<ItemId> {
        let mut own = SortedSet::new();
        let mut pending = vec![self];
        while let Some(query) = pending.pop() {
            for arm in &query.arms {
                let Arm::Select(select) = arm else { continue };
                for item in &select.items {
                    own.insert(item.id);
                    match &item.input {
                        Input::Query(query) => pending.push(query),
                        Input::Recursion(recursion) => {
                            pending.push(&recursion.base);
                            own.extend(recursion.steps.iter().flat_map(|step| &step.items).map(|item| item.id));
                        }
                        Input::Table { .. } | Input::Function(..) => {}
                    }
                }
                let conditions = select.items.iter().flat_map(|item| &item.on);
                let subqueries = select.expressions().chain(conditions).flat_map(|expression| &expression.subqueries);
                pending.extend(subqueries.map(|subquery| &subquery.query));
            }
        }
        own
    }

    /// The items of FROM that its expressions name, at any depth, its own and those of the queries around it.
    #[must_use]
    pub fn items(&self) -> SortedSet<ItemId> {
        let mut items = SortedSet::new();
        for arm in &self.arms {
            match arm {
                Arm::Select(select) => {
                    select.expressions().for_each(|expression| items.extend(&expression.items));
                    for item in &select.items {
                        item.on.iter().for_each(|condition| items.extend(&condition.items));
                        match &item.input {
                            Input::Table { .. } => {}
                            Input::Query(query) => items.extend(query.items()),
                            Input::Function(_, named) => items.extend(named),
                            Input::Recursion(recursion) => items.extend(recursion.base.items()),
                        }
                    }
                }
                Arm::Values(rows) => rows.iter().flatten().for_each(|value| items.extend(&value.items)),
            }
        }
        for order in &self.order {
            if let OrderBy::Expression(expression) = &order.by {
                items.extend(&expression.items);
            }
        }
        items
    }

    /// Whether its result can depend on the order in which SQLite visits its rows. The queries in its FROM are not looked
    /// at.
    #[must_use]
    pub fn depends_on_order(&self) -> bool {
        let chooses = |aggregate: &Aggregate| match aggregate.name.as_str() {
            "count" => false,
            "min" | "max" => aggregate.arguments.iter().any(|argument| !argument.is_exact),
            _ => true,
        };
        let shows = |select: &Select| {
            let all = || select.columns.iter().chain(&select.having);
            (select.distinct && select.columns.iter().any(|column| !column.is_exact))
                || select.groups.iter().any(|group| !group.is_exact)
                || all().flat_map(|expression| &expression.aggregates).any(chooses)
                || all().any(|expression| !expression.windows.is_empty())
        };
        let is_limited = !matches!(self.limit, Limit::None);
        is_limited || self.arms.iter().any(|arm| matches!(arm, Arm::Select(select) if shows(select)))
    }
}
