//! Bare columns: columns of FROM that a grouped SELECT names outside of aggregates and groups. SQLite shows them of any row of
//! the group; if there is exactly one MIN or MAX, of a row that has the extremum
//! (<https://sqlite.org/lang_select.html#bareagg>). So the order of rows does not matter where all rows of a group have the
//! same value, or a single row has the extremum.

use super::values::several;
use crate::plan::reason::reached;
use crate::plan::{Aggregate, Arm, Expression, Input, Order, OrderDependence, Query, Reason, Select, SqlText};

/// The bare columns of a SELECT and its ORDER BY that the groups do not determine.
fn undetermined(select: &Select, by: &[&Expression]) -> Vec<SqlText> {
    let named = select.bare_columns(by).into_iter().map(|(item, name)| SqlText::name(item, &name));
    named.filter(|column| select.determined.iter().all(|determined| determined.text != *column)).collect()
}

/// Whether there are such columns.
pub(super) fn has_undetermined(select: &Select, by: &[&Expression]) -> bool {
    !undetermined(select, by).is_empty()
}

/// Whether there are bare columns where no check is made: in a subquery of an expression, or in the base of a recursion.
pub(super) fn stands_unchecked(query: &Query) -> bool {
    in_query(query, false)
}

fn in_query(query: &Query, is_unchecked: bool) -> bool {
    let by: Vec<&Expression> = query.order.iter().filter_map(Order::expression).collect();
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

/// A summand that is not 0 if a bare column of the group depends on row order; nothing if there is no such column.
pub(super) fn summand(select: &Select, by: &[&Expression]) -> Result<Option<SqlText>, Reason> {
    let columns = undetermined(select, by);
    if columns.is_empty() {
        return Ok(None);
    }
    if select.expressions().chain(by.iter().copied()).any(|expression| !expression.windows.is_empty()) {
        return Err(reached(Reason::Order(OrderDependence::BareColumn)));
    }
    let mut text = SqlText::default();
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
    Ok(Some(text))
}

/// The only MIN or MAX, if there is exactly one and every row of the group takes part in it.
fn extremum<'s>(select: &'s Select, by: &[&'s Expression]) -> Option<&'s Aggregate> {
    let all = select.columns.iter().chain(&select.having).chain(by.iter().copied());
    let mut extrema = all.flat_map(|expression| &expression.aggregates).filter(|aggregate| aggregate.is_extremum());
    let first = extrema.next()?;
    let is_alone = extrema.all(|other| other.text == first.text);
    (is_alone && !first.distinct && !first.ordered && first.filter.is_none()).then_some(first)
}

/// A condition that holds if several rows of a group may have the extremum. Other ties count as well.
fn tied(extremum: &Aggregate) -> Option<SqlText> {
    let [argument] = &extremum.arguments[..] else { return None };
    let collation = argument.collation?;
    let mut text = SqlText::default();
    let mut add = |before: &str, after: &str| {
        text.push(before);
        text.append(&argument.text);
        text.push(after);
    };
    add("count(", ") <> ");
    add("count(DISTINCT (", &format!(") COLLATE {})", collation.name()));
    // If all values are NULL, every row has the extremum.
    add(" OR (count(", ") = 0 AND count(*) > 1)");
    Some(text)
}
