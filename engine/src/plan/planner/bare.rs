//! Bare columns: in a SELECT that groups, columns of its FROM that are neither in an aggregate nor grouped by. SQLite shows them
//! of any row of the group; but of the row that has the extremum where there is exactly one MIN or MAX
//! (<https://sqlite.org/lang_select.html#bareagg>). So they are decided where all rows of a group have the same value, and
//! where one row alone has the extremum.

use super::check::{Check, different};
use crate::plan::{Aggregate, Arm, Expression, Input, OrderBy, OrderDependence, Query, Reason, Select, Text};

/// The bare columns of a SELECT with its order of which a group may have several values.
fn undetermined(select: &Select, by: &[&Expression]) -> Vec<Text> {
    let named = select.bare_columns(by).into_iter().map(|(item, name)| Text::name(item, &name));
    named.filter(|column| select.determined.iter().all(|determined| determined.text != *column)).collect()
}

/// Whether there are any.
pub(super) fn has_undetermined(select: &Select, by: &[&Expression]) -> bool {
    !undetermined(select, by).is_empty()
}

/// Whether there are bare columns where no check is made: in a subquery of an expression, or where a recursion begins.
pub(super) fn stands_unchecked(query: &Query) -> bool {
    in_query(query, false)
}

fn in_query(query: &Query, is_unchecked: bool) -> bool {
    let by: Vec<&Expression> = query
        .order
        .iter()
        .filter_map(|order| match &order.by {
            OrderBy::Expression(expression) => Some(expression),
            OrderBy::Column(_) => None,
        })
        .collect();
    let in_subqueries =
        |expression: &Expression| expression.subqueries.iter().any(|subquery| in_query(&subquery.query, true));
    query.arms.iter().any(|arm| match arm {
        Arm::Select(select) => in_select(select, &by, is_unchecked),
        Arm::Values(rows) => rows.iter().flatten().any(in_subqueries),
    })
}

fn in_select(select: &Select, by: &[&Expression], is_unchecked: bool) -> bool {
    let conditions = select.items.iter().flat_map(|item| &item.on);
    let mut expressions = select.expressions().chain(conditions).chain(by.iter().copied());
    (is_unchecked && has_undetermined(select, by))
        || expressions.any(|expression| expression.subqueries.iter().any(|subquery| in_query(&subquery.query, true)))
        || select.items.iter().any(|item| match &item.input {
            Input::Query(query) => in_query(query, is_unchecked),
            Input::Recursion(recursion) => {
                in_query(&recursion.base, true) || recursion.steps.iter().any(|step| in_select(step, &[], true))
            }
            Input::Table { .. } | Input::Function(..) => false,
        })
}

/// Adds to a check that the bare columns of a group are left to the order of its rows.
pub(super) fn add(check: &mut Check, select: &Select, by: &[&Expression]) -> Result<(), Reason> {
    let columns = undetermined(select, by);
    if columns.is_empty() {
        return Ok(());
    }
    if select.expressions().chain(by.iter().copied()).any(|expression| !expression.windows.is_empty()) {
        return Err(Reason::Order(OrderDependence::BareColumn));
    }
    let mut text = Text::default();
    text.push("((");
    for (at, column) in columns.iter().enumerate() {
        text.push(if at == 0 { "" } else { " OR " });
        text.append(&several(column));
    }
    text.push(")");
    if let Some(tied) = extremum(select, by).and_then(tied) {
        text.push(" AND (");
        text.append(&tied);
        text.push(")");
    }
    text.push(") + ");
    check.add_to_group(text, OrderDependence::BareColumn);
    Ok(())
}

/// That a group has several values of something.
pub(super) fn several(value: &Text) -> Text {
    let mut text = Text::default();
    text.push("(");
    text.append(&different(value));
    text.push(" + (count(");
    text.append(value);
    text.push(") < count(*)) > 1)");
    text
}

/// The only MIN or MAX, if there is but one and each row of the group takes part in it.
fn extremum<'s>(select: &'s Select, by: &[&'s Expression]) -> Option<&'s Aggregate> {
    let all = select.columns.iter().chain(&select.having).chain(by.iter().copied());
    let mut extrema = all.flat_map(|expression| &expression.aggregates).filter(|aggregate| aggregate.is_extremum());
    let first = extrema.next()?;
    let is_alone = extrema.all(|other| other.text == first.text);
    (is_alone && !first.distinct && !first.ordered && first.filter.is_none()).then_some(first)
}

/// That several rows of a group may have the extremum. That other rows are tied is taken for the same.
fn tied(extremum: &Aggregate) -> Option<Text> {
    let [argument] = &extremum.arguments[..] else { return None };
    let collation = argument.collation?;
    let mut text = Text::default();
    let mut add = |before: &str, after: &str| {
        text.push(before);
        text.append(&argument.text);
        text.push(after);
    };
    add("count(", ") <> ");
    add("count(DISTINCT (", &format!(") COLLATE {})", collation.name()));
    // Where all are NULL each row has what there is of an extremum.
    add(" OR (count(", ") = 0 AND count(*) > 1)");
    Some(text)
}
