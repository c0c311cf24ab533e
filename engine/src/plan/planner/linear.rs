//! What is linear in each of its tables: a row of a table adds its own rows to the result, whatever other rows of the
//! table there are.

use crate::plan::{Arm, Expression, Input, Join, Limit, Query, Select, SetOperator};

/// Why a SELECT's rows are not linear in its tables, if they are not.
pub(super) fn why_not<'e>(
    select: &Select,
    mut expressions: impl Iterator<Item = &'e Expression>,
) -> Option<&'static str> {
    let conditions = select.items.iter().flat_map(|item| &item.on);
    if expressions.any(|expression| !expression.subqueries.is_empty()) {
        return Some("a subquery");
    }
    if conditions.into_iter().any(|condition| !condition.subqueries.is_empty()) {
        return Some("a subquery in ON");
    }
    if select.items.iter().skip(1).any(|item| item.join != Join::Inner) {
        return Some("an outer join");
    }
    select.items.iter().find_map(|item| of_input(&item.input))
}

/// How many summands a linear SELECT may have.
const MOST_SUMMANDS: usize = 16;

/// A linear SELECT as a sum of SELECTs without UNION ALL in their FROM.
pub(super) fn summands(select: &Select) -> Result<Vec<Select>, String> {
    let mut sums = vec![select.clone()];
    for at in 0..select.items.len() {
        let Input::Query(query) = &select.items[at].input else { continue };
        let choices = parts(query)?;
        if choices.len() * sums.len() > MOST_SUMMANDS {
            return Err("too many parts of UNION ALL in FROM".to_owned());
        }
        let with = |sum: &Select| {
            choices
                .iter()
                .map(|choice| {
                    let mut sum = sum.clone();
                    sum.items[at].input = Input::Query(Box::new(choice.clone()));
                    sum
                })
                .collect::<Vec<_>>()
        };
        sums = sums.iter().flat_map(with).collect();
    }
    Ok(sums)
}

/// A linear query as the queries that it is the sum of.
fn parts(query: &Query) -> Result<Vec<Query>, String> {
    let mut parts = Vec::new();
    for arm in &query.arms {
        let one = |arm: Arm| Query { arms: vec![arm], operators: Vec::new(), order: Vec::new(), ..query.clone() };
        match arm {
            Arm::Values(_) => parts.push(one(arm.clone())),
            Arm::Select(select) => {
                parts.extend(summands(select)?.into_iter().map(|summand| one(Arm::Select(Box::new(summand)))));
            }
        }
    }
    Ok(parts)
}

/// Why an item of FROM is not linear in its tables, if it is not.
pub(super) fn of_input(input: &Input) -> Option<&'static str> {
    match input {
        Input::Table { .. } | Input::Function(..) => None,
        Input::Query(query) => of_query(query),
        Input::Recursion(_) => Some("a recursive CTE"),
    }
}

fn of_query(query: &Query) -> Option<&'static str> {
    if !matches!(query.limit, Limit::None) {
        return Some("LIMIT in FROM");
    }
    if query.is_materialized {
        return Some("a MATERIALIZED CTE");
    }
    if query.operators.iter().any(|operator| *operator != SetOperator::UnionAll) {
        return Some("a compound SELECT in FROM");
    }
    if !query.is_uniform {
        return Some("UNION ALL of columns that compare differently, in FROM");
    }
    query.arms.iter().find_map(|arm| match arm {
        Arm::Values(rows) => {
            let has_query = rows.iter().flatten().any(|value| !value.subqueries.is_empty());
            has_query.then_some("a subquery in VALUES")
        }
        Arm::Select(select) => {
            if select.distinct {
                return Some("DISTINCT in FROM");
            }
            if select.is_aggregated {
                return Some("an aggregate in FROM");
            }
            if select.expressions().any(|expression| !expression.windows.is_empty()) {
                return Some("a window function in FROM");
            }
            why_not(select, select.expressions())
        }
    })
}
