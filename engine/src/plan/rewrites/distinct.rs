//! Removes DISTINCT where rows differ anyway, and where the reader counts equal rows once. Then nothing has to count them.
//!
//! Rows differ if a SELECT shows all of its groups, or the identities of all of its tables. Equal rows are counted once by a
//! set operator to the right, by EXISTS and by IN.

use crate::plan::{Arm, Input, ItemId, Join, Limit, Query, Select, SetOperator, SqlText, Subquery, Used};

pub(super) fn apply(query: &mut Query) {
    let last_set = query.operators.iter().rposition(|operator| *operator != SetOperator::UnionAll);
    for (at, arm) in query.arms.iter_mut().enumerate() {
        let Arm::Select(select) = arm else { continue };
        // Operators associate to the left: the operator before an arm and all later ones read its rows. Of equal values that
        // differ, the first one may be shown.
        let is_in_set = last_set.is_some_and(|last| at <= last + 1) && query.is_exact;
        // DISTINCT evaluates all columns of a row; without it, SQLite may skip a column that fails.
        let can_fail = select.columns.iter().any(|column| column.can_fail);
        if select.distinct && !can_fail && (is_in_set || has_no_equal_rows(select)) {
            select.distinct = false;
        }
        for expression in select.all_expressions_mut() {
            // EXISTS does not depend on the number of rows, but LIMIT and OFFSET count them. IN may find one of several
            // values that DISTINCT calls equal, and not another.
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

/// Whether no two rows of a SELECT are equal, because it shows what tells them apart.
fn has_no_equal_rows(select: &Select) -> bool {
    let shows = |text: &SqlText| select.columns.iter().any(|column| column.text == *text);
    if select.is_aggregated {
        return select.groups.iter().all(|group| shows(&group.text));
    }
    let shows_column = |item: ItemId, column: &str| shows(&SqlText::name(item, column));
    !select.items.is_empty()
        && select.items.iter().all(|item| match &item.input {
            Input::Table { identity: Some(identity), .. } => {
                // A row of NULLs comes once for each row of the other items, and an identity has no NULL.
                matches!(item.join, Join::Inner | Join::Left)
                    && !identity.is_empty()
                    && identity.iter().all(|column| shows_column(item.id, &column.name))
            }
            Input::Table { .. } | Input::Query(_) | Input::Function(..) | Input::Recursion(_) => false,
        })
}
