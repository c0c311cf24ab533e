//! What tells at run time that only SQLite's own run of a query says what the rows of a key show: its plan comes to the rows in
//! an order of its own, and that order decides which of several equal values is shown.
//!
//! A check is an expression that is 0 where nothing is left to the order.

use super::{Planner, bare, is_nullable};
use crate::plan::{
    Aggregate, Arm, CollatedPart, Expression, Input, Item, OrderDependence, Over, Piece, ROUNDS_BY_ORDER, Reason,
    Select, Subquery, Text,
};

/// What is not 0 where the order of rows shows.
#[derive(Default)]
pub(super) struct Check {
    /// Of the rows of a group, as summands of aggregates, each once.
    of_group: Vec<Text>,
    /// Of the rows of a partition, as summands of window functions, each once.
    of_partition: Vec<Text>,
    /// What is left to the order; nothing if nothing is.
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
            // SQLite may take the table apart, and what its columns are made of need not be NULL for want of a row.
            check.add_to_group(Text::constant("(count(*) = 0) + "), OrderDependence::EmptyDerivedTable);
        }
        if has_bare_columns {
            bare::add(&mut check, select, by)?;
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

    /// The column that a statement shows behind the others, and why it may come to something else than 0.
    pub(super) fn column(&self) -> Option<(Text, OrderDependence)> {
        let why = self.why?;
        let mut text = Text::default();
        self.of_group.iter().chain(&self.of_partition).for_each(|summand| text.append(summand));
        text.push("0");
        Some((text, why))
    }

    /// HAVING that keeps a group of which the order decides what HAVING says: where it is not shown nothing is checked.
    pub(super) fn having(&self, having: &Expression) -> Expression {
        let is_sure = |aggregate: &Aggregate| aggregate.name == "count";
        let names_rows = having.text.pieces.iter().any(|piece| matches!(piece, Piece::Name(..) | Piece::Subquery(_)));
        if self.of_group.is_empty() || (!names_rows && having.aggregates.iter().all(is_sure)) {
            return having.clone();
        }
        let mut text = Text::default();
        text.push("(");
        text.append(&having.text);
        text.push(") OR (");
        self.of_group.iter().for_each(|summand| text.append(summand));
        text.push("0)");
        Expression { text, ..having.clone() }
    }

    /// Adds what is not 0 where the rows of a group show their order.
    pub(super) fn add_to_group(&mut self, summand: Text, why: OrderDependence) {
        if !self.of_group.contains(&summand) {
            self.of_group.push(summand);
        }
        self.why = Some(why);
    }

    /// A group has several values of what it is grouped by.
    fn add_group(&mut self, group: &Expression, has_bare_columns: bool) {
        let mut text = Text::default();
        if has_bare_columns {
            // A MIN or MAX would have its say in which row they are of.
            text.append(&bare::several(&group.text));
            text.push(" + ");
        } else {
            let mut add = |before: &str, between: &str, after: &str| {
                text.push(before);
                text.append(&group.text);
                text.push(between);
                text.append(&group.text);
                text.push(after);
            };
            // Texts differ by their bytes, numbers by their types.
            add("(min((", ") COLLATE BINARY) IS NOT max((", ") COLLATE BINARY)) + ");
            add("(min(typeof(", ")) <> max(typeof(", "))) + ");
            let zero = zero(&group.text);
            text.push("(min(");
            text.append(&zero);
            text.push(") IS NOT max(");
            text.append(&zero);
            text.push(")) + ");
        }
        self.add_to_group(text, OrderDependence::EqualInGroup);
    }

    /// An aggregate takes one of several equal values: of each class of them there has to be but one.
    fn add_aggregate(&mut self, aggregate: &Aggregate) -> Result<(), Reason> {
        let chooses = aggregate.is_extremum() || (aggregate.distinct && aggregate.name != "count");
        for argument in aggregate.arguments.iter().filter(|argument| chooses && !argument.is_exact) {
            let collation = argument.collation.ok_or(Reason::Collation(CollatedPart::Aggregate))?;
            let value = filtered(&argument.text, aggregate.filter.as_ref());
            let mut text = Text::default();
            text.push("(count(DISTINCT (");
            text.append(&value);
            text.push(&format!(") COLLATE {}) <> ", collation.name()));
            text.append(&different(&value));
            text.push(") + ");
            self.add_to_group(text, OrderDependence::EqualInAggregate);
        }
        Ok(())
    }

    /// A sum rounds as the order of its rows has it. By another statement SQLite may come to them in another order.
    fn add_sum(&mut self, aggregate: &Aggregate) {
        if let Some(rounds) = rounds(aggregate) {
            self.add_to_group(rounds, OrderDependence::FloatSum);
        }
    }

    /// Rows of a partition are tied; of a sum that takes those together, only that it shows in which order it does.
    fn add_window(&mut self, over: &Over) {
        let mut text = Text::default();
        if let Some(rounding) = &over.rounding {
            text.append(&rounding.text);
            text.push(" + ");
            self.why = Some(OrderDependence::FloatSum);
        } else {
            text.push("(count(*) OVER (");
            for (at, term) in over.partition.iter().chain(&over.order).enumerate() {
                text.push(if at == 0 { "PARTITION BY " } else { ", " });
                text.append(&term.text);
            }
            text.push(") > 1) + ");
            self.why = Some(OrderDependence::TiedWindow);
        }
        if !self.of_partition.contains(&text) {
            self.of_partition.push(text);
        }
    }
}

/// A subquery whose answer is left to the order has to come to the rows as it does in the query: those of a derived table that is
/// held have another order.
fn is_sure(planner: &Planner, expression: &Expression) -> Result<(), Reason> {
    for Subquery { query, .. } in &expression.subqueries {
        let table_refs = query.text().table_refs();
        let has_held = table_refs.iter().any(|&table_ref| planner.table_refs[table_ref].derived.is_some());
        if has_held && query.depends_on_order() {
            return Err(Reason::SubqueryOrder);
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

/// The largest number so that it and all whole ones below are floats, be they read as texts or not.
const WHOLE_FLOATS: &str = "4503599627370496.0";

/// A summand that is not 0 where a sum rounds as the order of its rows has it, or overflows.
pub(super) fn rounds(aggregate: &Aggregate) -> Option<Text> {
    if !matches!(aggregate.name.as_str(), "sum" | "total" | "avg") {
        return None;
    }
    let value = filtered(&aggregate.arguments.first()?.text, aggregate.filter.as_ref());
    let mut text = Text::default();
    text.push(ROUNDS_BY_ORDER);
    if aggregate.distinct {
        text.push("(DISTINCT ");
        text.append(&value);
    } else {
        // A text is summed up as the number that it begins with.
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

/// How many different values there are, where no two that differ in type or bytes are the same. What of it counts values of
/// one type cannot take two of them for one, except for 0.0 and -0.0: these are told apart by the angle that they make.
pub(super) fn different(value: &Text) -> Text {
    let mut text = Text::default();
    let mut add = |before: &str, between: &str, after: &str| {
        text.push(before);
        text.append(value);
        text.push(between);
        text.append(value);
        text.push(after);
    };
    add("count(DISTINCT CASE typeof(", ") WHEN 'integer' THEN (", ") END)");
    add(" + count(DISTINCT CASE typeof(", ") WHEN 'real' THEN (", ") END)");
    add(" + count(DISTINCT (CASE WHEN typeof(", ") IN ('text', 'blob') THEN (", ") END) COLLATE BINARY)");
    text.push(" + (count(DISTINCT ");
    text.append(&zero(value));
    text.push(") > 1)");
    text
}

/// The angle that 0.0 makes, which is another one for -0.0; NULL for any other value.
fn zero(value: &Text) -> Text {
    let mut text = Text::default();
    for part in ["CASE WHEN (", ") = 0.0 AND typeof(", ") = 'real' THEN atan2("] {
        text.push(part);
        text.append(value);
    }
    text.push(", -1) END");
    text
}

/// A value, or NULL where the aggregate leaves its row out.
pub(super) fn filtered(value: &Text, filter: Option<&Expression>) -> Text {
    let Some(filter) = filter else { return value.clone() };
    let mut text = Text::default();
    text.push("CASE WHEN ");
    text.append(&filter.text);
    text.push(" THEN ");
    text.append(value);
    text.push(" END");
    text
}

/// Whether no two rows of a partition can be tied.
fn is_total(planner: &Planner, select: &Select, over: &Over) -> bool {
    let is_term = |text: &Text| over.partition.iter().chain(&over.order).any(|term| term.text == *text);
    if select.is_aggregated {
        return !select.groups.is_empty() && select.groups.iter().all(|group| is_term(&group.text));
    }
    select.items.iter().enumerate().all(|(at, item)| match &item.input {
        // A derived table may have a row several times.
        Input::Table { identity: Some(identity), table_ref } => {
            let is_base = planner.table_refs[*table_ref].derived.is_none();
            (is_base || planner.keyed.contains(table_ref))
                && !is_nullable(select, at)
                && identity.iter().all(|column| is_term(&Text::name(item.id, &column.name)))
        }
        Input::Table { .. } | Input::Query(_) | Input::Function(..) | Input::Recursion(_) => false,
    })
}
