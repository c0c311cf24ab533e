//! Checks at run time whether the rows of a key depend on row order. SQLite's plan for the query may visit the rows in
//! another order than for the key's statement, and that order decides which of several equal values is shown.
//!
//! A check is an expression that is 0 if nothing depends on the order.

use super::values::{different, filtered, several, zero};
use super::{Planner, bare, is_nullable};
use crate::plan::reason::reached;
use crate::plan::{
    Aggregate, Arm, CollatedPart, Expression, Input, Item, OrderDependence, Over, Piece, ROUNDS_BY_ORDER, Reason,
    Select, SqlText, Subquery,
};

/// The summands of a check.
#[derive(Default)]
pub(super) struct Check {
    /// Summands that are aggregates over the rows of a group, each once.
    of_group: Vec<SqlText>,
    /// Summands that are window functions over the rows of a partition, each once.
    of_partition: Vec<SqlText>,
    /// What may depend on the order; nothing if there is no summand.
    why: Option<OrderDependence>,
}

impl Check {
    pub(super) fn of(planner: &Planner, select: &Select, by: &[&Expression]) -> Result<Self, Reason> {
        let mut check = Self::default();
        let has_bare_columns = planner.order_dependent.bare_columns && bare::has_undetermined(select, by);
        for group in select.groups.iter().filter(|group| !group.is_exact) {
            check.add_group(group, has_bare_columns);
        }
        let is_derived = |item: &Item| match item.input {
            Input::Table { table_ref, .. } => planner.table_refs[table_ref].derived.is_some(),
            Input::Query(_) | Input::Function(..) | Input::Recursion(_) => false,
        };
        let has_derived = select.items.iter().any(is_derived);
        if has_derived && select.groups.is_empty() && !select.bare_columns(by).is_empty() {
            // SQLite may flatten the derived table, and without rows its columns need not be NULL.
            check.add_to_group(SqlText::constant("(count(*) = 0) + "), reached(OrderDependence::EmptyDerivedTable));
        }
        if has_bare_columns && let Some(summand) = bare::summand(select, by)? {
            check.add_to_group(summand, reached(OrderDependence::BareColumn));
        }
        for aggregate in select.expressions().chain(by.iter().copied()).flat_map(|expression| &expression.aggregates) {
            check.add_aggregate(aggregate)?;
            if has_derived || !select.groups.is_empty() {
                check.add_sum(aggregate);
            }
        }
        if planner.order_dependent.rows {
            let conditions = select.items.iter().flat_map(|item| &item.on);
            select
                .expressions()
                .chain(by.iter().copied())
                .chain(conditions)
                .try_for_each(|expression| is_sure(planner, expression))?;
        }
        for over in select.expressions().chain(by.iter().copied()).flat_map(|expression| &expression.windows) {
            if (over.shows_ties || over.rounding.is_some()) && !is_total(planner, select, over) {
                check.add_window(over);
            }
        }
        Ok(check)
    }

    /// The column that a statement returns behind the others, and why it may not be 0.
    pub(super) fn column(&self) -> Option<(SqlText, OrderDependence)> {
        let why = self.why?;
        let mut text = SqlText::default();
        self.of_group.iter().chain(&self.of_partition).for_each(|summand| text.append(summand));
        text.push("0");
        Some((text, why))
    }

    /// HAVING that also keeps a group for which HAVING itself depends on the order: a group that is not returned is not
    /// checked.
    pub(super) fn having(&self, having: &Expression) -> Expression {
        let is_sure = |aggregate: &Aggregate| aggregate.name == "count";
        let names_rows = having.text.pieces.iter().any(|piece| matches!(piece, Piece::Name(..) | Piece::Subquery(_)));
        if self.of_group.is_empty() || (!names_rows && having.aggregates.iter().all(is_sure)) {
            return having.clone();
        }
        let mut text = SqlText::default();
        text.push("(");
        text.append(&having.text);
        text.push(") OR (");
        self.of_group.iter().for_each(|summand| text.append(summand));
        text.push("0)");
        Expression { text, ..having.clone() }
    }

    /// Adds a summand that is not 0 if the rows of a group show their order.
    pub(super) fn add_to_group(&mut self, summand: SqlText, why: OrderDependence) {
        if !self.of_group.contains(&summand) {
            self.of_group.push(summand);
        }
        self.why = Some(why);
    }

    /// Adds that a group has several values of what it is grouped by.
    fn add_group(&mut self, group: &Expression, has_bare_columns: bool) {
        let mut text = SqlText::default();
        if has_bare_columns {
            // A MIN or MAX would decide which row the values are taken from.
            text.append(&several(&group.text));
            text.push(" + ");
        } else {
            let mut add = |before: &str, between: &str, after: &str| {
                text.push(before);
                text.append(&group.text);
                text.push(between);
                text.append(&group.text);
                text.push(after);
            };
            // Text differs by its bytes, numbers by their types.
            add("(min((", ") COLLATE BINARY) IS NOT max((", ") COLLATE BINARY)) + ");
            add("(min(typeof(", ")) <> max(typeof(", "))) + ");
            let zero = zero(&group.text);
            text.push("(min(");
            text.append(&zero);
            text.push(") IS NOT max(");
            text.append(&zero);
            text.push(")) + ");
        }
        self.add_to_group(text, reached(OrderDependence::EqualInGroup));
    }

    /// Adds that an aggregate takes one of several equal values: each class of equal values must have a single member.
    fn add_aggregate(&mut self, aggregate: &Aggregate) -> Result<(), Reason> {
        let chooses = aggregate.is_extremum() || (aggregate.distinct && aggregate.name != "count");
        for argument in aggregate.arguments.iter().filter(|argument| chooses && !argument.is_exact) {
            let collation = argument.collation.ok_or_else(|| reached(Reason::Collation(CollatedPart::Aggregate)))?;
            let value = filtered(argument, aggregate.filter.as_ref()).text;
            let mut text = SqlText::default();
            text.push("(count(DISTINCT (");
            text.append(&value);
            text.push(&format!(") COLLATE {}) <> ", collation.name()));
            text.append(&different(&value));
            text.push(") + ");
            self.add_to_group(text, reached(OrderDependence::EqualInAggregate));
        }
        Ok(())
    }

    /// Adds that the rounding of a sum depends on row order, which another statement may change.
    fn add_sum(&mut self, aggregate: &Aggregate) {
        if let Some(rounds) = rounds(aggregate) {
            self.add_to_group(rounds, reached(OrderDependence::FloatSum));
        }
    }

    /// Adds that rows of a partition are tied; for a sum over ties, that its rounding depends on their order.
    fn add_window(&mut self, over: &Over) {
        let mut text = SqlText::default();
        if let Some(rounding) = &over.rounding {
            text.append(&rounding.text);
            text.push(" + ");
            self.why = Some(reached(OrderDependence::FloatSum));
        } else {
            text.push("(count(*) OVER (");
            for (at, term) in over.partition.iter().chain(&over.order).enumerate() {
                text.push(if at == 0 { "PARTITION BY " } else { ", " });
                text.append(&term.text);
            }
            text.push(") > 1) + ");
            self.why = Some(reached(OrderDependence::TiedWindow));
        }
        if !self.of_partition.contains(&text) {
            self.of_partition.push(text);
        }
    }
}

/// Checks that no subquery depends on the order of a held derived table, whose rows have another order than in the query.
fn is_sure(planner: &Planner, expression: &Expression) -> Result<(), Reason> {
    for Subquery { query, .. } in &expression.subqueries {
        let table_refs = query.text().table_refs();
        let has_held = table_refs.iter().any(|&table_ref| planner.table_refs[table_ref].derived.is_some());
        if has_held && query.depends_on_order() {
            return Err(reached(Reason::SubqueryOrder));
        }
        for arm in &query.arms {
            if let Arm::Select(select) = arm {
                let conditions = select.items.iter().flat_map(|item| &item.on);
                select.expressions().chain(conditions).try_for_each(|inner| is_sure(planner, inner))?;
            }
        }
    }
    Ok(())
}

/// The largest number up to which all whole numbers are exact as floats, also if they are read from text.
const WHOLE_FLOATS: &str = "4503599627370496.0";

/// A summand that is not 0 if a sum overflows or its rounding depends on row order.
pub(super) fn rounds(aggregate: &Aggregate) -> Option<SqlText> {
    if !matches!(aggregate.name.as_str(), "sum" | "total" | "avg") {
        return None;
    }
    let value = filtered(aggregate.arguments.first()?, aggregate.filter.as_ref()).text;
    let mut text = SqlText::default();
    text.push(ROUNDS_BY_ORDER);
    if aggregate.distinct {
        text.push("(DISTINCT ");
        text.append(&value);
    } else {
        // SQLite sums text by the number that it begins with.
        let mut add = |before: &str, after: &str| {
            text.push(before);
            text.append(&value);
            text.push(after);
        };
        add("(CASE WHEN typeof(", ") IN ('text', 'blob')");
        add(" AND abs(CAST(", &format!(" AS REAL)) < {WHOLE_FLOATS}"));
        add(" THEN CAST(", " AS REAL)");
        add(" ELSE ", " END");
    }
    text.push(") + ");
    Some(text)
}

/// Whether no two rows of a partition can be tied.
fn is_total(planner: &Planner, select: &Select, over: &Over) -> bool {
    let is_term = |text: &SqlText| over.partition.iter().chain(&over.order).any(|term| term.text == *text);
    if select.is_aggregated {
        return !select.groups.is_empty() && select.groups.iter().all(|group| is_term(&group.text));
    }
    select.items.iter().enumerate().all(|(at, item)| match &item.input {
        // A derived table may contain a row several times.
        Input::Table { identity: Some(identity), table_ref } => {
            let is_base = planner.table_refs[*table_ref].derived.is_none();
            (is_base || planner.keyed.contains(table_ref))
                && !is_nullable(select, at)
                && identity.iter().all(|column| is_term(&SqlText::name(item.id, &column.name)))
        }
        Input::Table { .. } | Input::Query(_) | Input::Function(..) | Input::Recursion(_) => false,
    })
}
