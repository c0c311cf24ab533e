//! DISTINCT goes where rows differ anyway, and where the consumer of the rows takes equal ones once: then nothing has to count
//! them.
//!
//! Rows differ where a SELECT shows all that it groups by, or what identifies the rows of all its tables. Equal ones are
//! taken once by a set operator to the right, by EXISTS and by IN.

use crate::plan::{Arm, Input, ItemId, Join, Limit, Query, Select, SetOperator, Subquery, Text, Used};

pub(super) fn apply(query: &mut Query) {
    let last_set = query.operators.iter().rposition(|operator| *operator != SetOperator::UnionAll);
    for (at, arm) in query.arms.iter_mut().enumerate() {
        let Arm::Select(select) = arm else { continue };
        // Operators bind to the left: the one before an arm and all that come after it have its rows in theirs. Of values
        // that are equal and differ the first one may be shown.
        let is_in_set = last_set.is_some_and(|last| at <= last + 1) && query.is_exact;
        // To compare rows is to evaluate all of their columns: one that fails may be left out where it is not asked for.
        let can_fail = select.columns.iter().any(|column| column.can_fail);
        if select.distinct && !can_fail && (is_in_set || has_no_equal_rows(select)) {
            select.distinct = false;
        }
        for expression in select.all_expressions_mut() {
            // Whether there is a row does not hang on how many; LIMIT and OFFSET count them. What IN looks for may be equal to
            // one of several values that DISTINCT calls equal, and not to another.
            let takes_once = |subquery: &Subquery| match subquery.used {
                Used::Exists => true,
                Used::In(..) => subquery.query.is_exact,
                Used::Value => false,
            };
            let mut takes_once = expression.subqueries.iter().map(takes_once).collect::<Vec<_>>().into_iter();
            expression.each_subquery(|query| {
                let is_plain = matches!(query.limit, Limit::None) && query.operators.is_empty();
                if takes_once.next().unwrap_or(false) && is_plain {
                    query.arms.iter_mut().for_each(take_equal_rows);
                }
            });
        }
    }
}

fn take_equal_rows(arm: &mut Arm) {
    if let Arm::Select(select) = arm {
        select.distinct = false;
    }
}

/// Whether no two rows of a SELECT are equal, for what tells them apart is shown.
fn has_no_equal_rows(select: &Select) -> bool {
    let shows = |text: &Text| select.columns.iter().any(|column| column.text == *text);
    if select.is_aggregated {
        return select.groups.iter().all(|group| shows(&group.text));
    }
    let shows_column = |item: ItemId, column: &str| shows(&Text::name(item, column));
    !select.items.is_empty()
        && select.items.iter().all(|item| match &item.input {
            Input::Table { identity: Some(identity), .. } => {
                // A row of NULLs stands there once for each row of the others, and an identity has no NULL.
                matches!(item.join, Join::Inner | Join::Left)
                    && !identity.is_empty()
                    && identity.iter().all(|column| shows_column(item.id, &column.name))
            }
            Input::Table { .. } | Input::Query(_) | Input::Function(..) | Input::Recursion(_) => false,
        })
}
