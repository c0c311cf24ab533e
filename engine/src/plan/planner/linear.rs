//! Linearity: a query is linear in a table if each row of the table contributes its own rows to the result, whatever other
//! rows the table has.

use crate::plan::reason::{excluded, reached};
use crate::plan::{Arm, Expression, Input, Join, Limit, NonlinearPart, Query, Reason, Select, SetOperator};

/// What keeps a SELECT from being linear in its tables, if anything does.
pub(super) fn why_not<'e>(
    select: &Select,
    mut expressions: impl Iterator<Item = &'e Expression>,
) -> Option<NonlinearPart> {
    let conditions = select.items.iter().flat_map(|item| &item.on);
    if expressions.any(|expression| !expression.subqueries.is_empty()) {
        return Some(reached(NonlinearPart::Subquery));
    }
    if conditions.into_iter().any(|condition| !condition.subqueries.is_empty()) {
        return Some(reached(NonlinearPart::SubqueryInOn));
    }
    if select.items.iter().skip(1).any(|item| item.join != Join::Inner) {
        return Some(reached(NonlinearPart::OuterJoin));
    }
    select.items.iter().find_map(|item| of_input(&item.input))
}

/// How many summands a linear SELECT may have.
const MOST_SUMMANDS: usize = 16;

/// A linear SELECT as a sum of SELECTs without UNION ALL in FROM.
pub(super) fn summands(select: &Select) -> Result<Vec<Select>, Reason> {
    let mut sums = vec![select.clone()];
    for at in 0..select.items.len() {
        let Input::Query(query) = &select.items[at].input else { continue };
        let choices = parts(query)?;
        if choices.len() * sums.len() > MOST_SUMMANDS {
            return Err(reached(Reason::TooManyParts { most: MOST_SUMMANDS }));
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

/// A linear query as a sum of queries.
fn parts(query: &Query) -> Result<Vec<Query>, Reason> {
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

/// What keeps an item of FROM from being linear in its tables, if anything does.
pub(super) fn of_input(input: &Input) -> Option<NonlinearPart> {
    match input {
        Input::Table { .. } | Input::Function(..) => None,
        Input::Query(query) => of_query(query),
        // It is a derived table before anybody asks.
        Input::Recursion(_) => Some(excluded(NonlinearPart::Recursion)),
    }
}

fn of_query(query: &Query) -> Option<NonlinearPart> {
    if !matches!(query.limit, Limit::None) {
        return Some(reached(NonlinearPart::Limit));
    }
    if query.is_materialized {
        return Some(reached(NonlinearPart::Materialized));
    }
    if query.operators.iter().any(|operator| *operator != SetOperator::UnionAll) {
        return Some(reached(NonlinearPart::Compound));
    }
    if !query.is_uniform {
        return Some(reached(NonlinearPart::MixedUnionAll));
    }
    query.arms.iter().find_map(|arm| match arm {
        Arm::Values(rows) => {
            let has_query = rows.iter().flatten().any(|value| !value.subqueries.is_empty());
            has_query.then(|| reached(NonlinearPart::SubqueryInValues))
        }
        Arm::Select(select) => {
            if select.distinct {
                return Some(reached(NonlinearPart::Distinct));
            }
            if select.is_aggregated {
                return Some(reached(NonlinearPart::Aggregate));
            }
            if select.expressions().any(|expression| !expression.windows.is_empty()) {
                return Some(reached(NonlinearPart::Window));
            }
            why_not(select, select.expressions())
        }
    })
}
