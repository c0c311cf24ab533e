//! Queries in FROM with LIMIT. The rows that LIMIT keeps depend on all rows of the query and their order, so they are one
//! part, which is recomputed when any of these rows comes or goes.
//!
//! A plain SELECT is run as it is: SQLite stops at the last row that is wanted, by an index if there is one. Groups,
//! DISTINCT and window functions are maintained without LIMIT, as a derived table that LIMIT reads.

use std::sync::Arc;

use super::derived::key;
use super::{Planner, affected_keys, fails_between_tables};
use crate::plan::reason::reached;
use crate::plan::{
    AffectedKeys, Arm, CollatedPart, Column, Expression, Input, Item, Limit, Node, Order, OrderBy, PlannerFeature,
    Query, Reason, Recompute, Select, SqlText, column_name, select_text,
};

/// The kind of part, for people.
const WHAT: &str = "of the rows that LIMIT leaves";

impl Planner {
    /// A query with LIMIT as a table of the plan.
    pub(super) fn limited(&mut self, query: &Query, columns: &[Column]) -> Result<Input, Reason> {
        self.disabled.allows(PlannerFeature::Recompute)?;
        if self.order_dependent.rows {
            return Err(reached(Reason::LimitOverTies));
        }
        if matches!(&query.limit, Limit::Other(text) if !text.table_refs().is_empty()) {
            return Err(reached(Reason::LimitSubquery));
        }
        if query.order.iter().any(|order| order.term.is_none()) {
            return Err(reached(Reason::Collation(CollatedPart::Order)));
        }
        let by: Vec<&Expression> = query.order.iter().filter_map(Order::expression).collect();
        if by.iter().any(|by| !by.subqueries.is_empty() || !by.windows.is_empty()) {
            return Err(reached(Reason::OrderBySubquery));
        }
        let direct = match (&query.arms[..], self.disabled.has(PlannerFeature::Direct)) {
            ([Arm::Select(select)], false) if is_plain(select) => affected_keys::any(select, &by).ok(),
            _ => None,
        };
        let (text, affected_keys) = match direct {
            Some(affected_keys) => (query.text(), affected_keys),
            None => self.over_unlimited(query, columns, &by)?,
        };
        let all: Arc<str> = self.render_all(&text);
        let node = Node::Recompute(Recompute {
            table_refs: self.table_refs(),
            key: Vec::new(),
            affected_keys,
            rows: Arc::clone(&all),
            remembers: true,
            all,
            width: columns.len(),
            check: None,
            what: WHAT,
            linear: None,
        });
        self.hold(node, columns, key(query))
    }

    /// The SELECT of a query with LIMIT over a derived table of all its rows, and the statement that tells whether these
    /// changed.
    fn over_unlimited(
        &mut self,
        query: &Query,
        columns: &[Column],
        by: &[&Expression],
    ) -> Result<(SqlText, Vec<AffectedKeys>), Reason> {
        let node = match &query.arms[..] {
            [Arm::Select(select)] if !select.distinct || by.is_empty() => self.select(select, by)?,
            [Arm::Select(_)] => return Err(reached(Reason::DistinctOrder)),
            _ => self.query(query)?,
        };
        let mut held = columns.to_vec();
        held.extend(by.iter().enumerate().map(|(at, by)| Column {
            name: column_name(columns.len() + at).to_string(),
            collation: by.collation,
            affinity: by.affinity,
        }));
        let input = self.hold(node, &held, None)?;
        let Input::Table { table_ref, .. } = input else {
            return Err(Reason::Internal("a held table is not a table"));
        };
        let id = self.item();
        let named = |column: &Column| Expression { text: SqlText::name(id, &column.name), ..Expression::default() };
        let mut ordered_by = held[columns.len()..].iter();
        let order = query.order.iter().filter_map(|order| {
            let by = match &order.by {
                OrderBy::Column(column) => OrderBy::Column(*column),
                OrderBy::Expression(_) => OrderBy::Expression(named(ordered_by.next()?)),
            };
            Some(Order { by, ..order.clone() })
        });
        let all = Select {
            columns: columns.iter().map(named).collect(),
            items: vec![Item::new(id, input, held.clone())],
            ..Select::default()
        };
        let mut any = select_text(&all, &[&SqlText::constant("1")]);
        any.push(" LIMIT 1");
        let order = order.collect();
        let limited = Query { order, limit: query.limit.clone(), ..Query::of(Arm::Select(Box::new(all))) };
        Ok((limited.text(), vec![AffectedKeys { text: any, path: vec![table_ref] }]))
    }
}

/// Whether each row of a SELECT comes from rows of its FROM alone, whatever other rows there are.
fn is_plain(select: &Select) -> bool {
    let has_windows = select.expressions().any(|expression| !expression.windows.is_empty());
    !select.distinct && !select.is_aggregated && !has_windows && !fails_between_tables(select)
}
