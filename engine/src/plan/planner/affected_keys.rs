//! The statements that find the keys which a change affects. The keys may be too many, never too few: see
//! [`Recompute`](crate::plan::Recompute).

use super::key::Key;
use super::{is_nullable, linear, table_refs_of};
use crate::plan::reason::reached;
use crate::plan::{
    AffectedKeys, Arm, Expression, Item, ItemId, Join, Known, Limit, NonlinearPlace, Piece, Query, Reason, Select,
    SqlText, Subquery, Used, select_text,
};
use crate::types::SortedSet;

/// The statements that find whether a change affects any row of a SELECT.
pub(super) fn any(select: &Select, by: &[&Expression]) -> Result<Vec<AffectedKeys>, Reason> {
    affected_keys(select, by, &[])
}

/// The statements that find the keys which a change affects.
pub(super) fn affected_keys(select: &Select, by: &[&Expression], keys: &[Key]) -> Result<Vec<AffectedKeys>, Reason> {
    if select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full)) {
        return Err(reached(Reason::RightOrFullJoin));
    }
    let preserved: Vec<usize> = (0..select.items.len()).filter(|&at| !is_nullable(select, at)).collect();
    let kept: SortedSet<ItemId> = preserved.iter().map(|&at| select.items[at].id).collect();
    if keys.iter().any(|key| !key.items.is_subset(&kept)) {
        return Err(reached(Reason::PaddedKey));
    }
    let mut affected_keys = Vec::new();
    // Changes of the preserved tables themselves.
    let items = kept_items(select, &kept);
    if let Some(part) = items.iter().find_map(|item| linear::of_input(&item.input)) {
        return Err(reached(part.at(NonlinearPlace::Beside)));
    }
    let path: Vec<usize> = items.iter().flat_map(|item| table_refs_of(&item.input)).collect();
    if !path.is_empty() {
        push_affected_keys(&mut affected_keys, keys, &items, &plain_filters(&select.filters, &kept), &path)?;
    }
    // Changes of tables that a preserved row finds by an outer join.
    for (at, item) in select.items.iter().enumerate().filter(|(at, _)| is_nullable(select, *at)) {
        if let Some(part) = linear::of_input(&item.input) {
            return Err(reached(part.at(NonlinearPlace::OuterJoin)));
        }
        if item.on.iter().any(|condition| !condition.subqueries.is_empty()) {
            return Err(reached(Reason::SubqueryInOuterJoin));
        }
        let items = found_items(select, &kept, at);
        let path = table_refs_of(&item.input);
        if path.is_empty() {
            continue;
        }
        push_affected_keys(&mut affected_keys, keys, &items, &plain_filters(&select.filters, &kept), &path)?;
    }
    // Changes of tables that subqueries read.
    let conditions = select.items.iter().filter(|item| kept.contains(&item.id)).flat_map(|item| &item.on);
    let shown = select.columns.iter().chain(&select.having).chain(by.iter().copied());
    // An aggregate of no rows still has a row, for which the subqueries are evaluated.
    let of_nothing = select.is_aggregated && select.groups.is_empty();
    let is_shown = |expression: &Expression| of_nothing && shown.clone().any(|shown| shown.text == expression.text);
    for expression in select.expressions().chain(conditions).chain(by.iter().copied()) {
        for subquery in &expression.subqueries {
            let named = subquery.query.items();
            if is_shown(expression) && expression.aggregate().is_none() {
                if select.items.iter().any(|item| named.contains(&item.id)) {
                    return Err(reached(Reason::RowSubqueryBesideAggregate));
                }
                into_subquery(&mut affected_keys, keys, &[], &[], subquery)?;
                continue;
            }
            let with: SortedSet<ItemId> = match select.items.iter().rposition(|item| named.contains(&item.id)) {
                Some(last) => kept.iter().copied().chain(select.items[..=last].iter().map(|item| item.id)).collect(),
                None => kept.clone(),
            };
            let items = kept_items(select, &with);
            let filters = plain_filters(&select.filters, &kept);
            into_subquery(&mut affected_keys, keys, &items, &filters, subquery)?;
        }
    }
    Ok(affected_keys)
}

/// The statements for the tables of a subquery: its FROM, joined to that of the SELECT around it by the subquery's
/// conditions.
fn into_subquery(
    affected_keys: &mut Vec<AffectedKeys>,
    keys: &[Key],
    around: &[Item],
    filters: &[Expression],
    subquery: &Subquery,
) -> Result<(), Reason> {
    let Query { arms, .. } = &subquery.query;
    for arm in arms {
        let select = match arm {
            Arm::Select(select) => select,
            Arm::Values(rows) if rows.iter().flatten().all(|value| value.subqueries.is_empty()) => continue,
            Arm::Values(_) => return Err(reached(Reason::SubqueryInValues)),
        };
        if select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full)) {
            return Err(reached(Reason::RightOrFullJoinInSubquery));
        }
        if let Some(part) = select.items.iter().find_map(|item| linear::of_input(&item.input)) {
            return Err(reached(part.at(NonlinearPlace::Subquery)));
        }
        // A condition on a table that an outer join fills with NULLs need not have held for the NULLs.
        let preserved = (0..select.items.len()).filter(|&at| !is_nullable(select, at)).map(|at| select.items[at].id);
        let kept: SortedSet<ItemId> = preserved.collect();
        let names: SortedSet<ItemId> = around.iter().map(|item| item.id).chain(kept.iter().copied()).collect();
        let mut filters: Vec<Expression> = filters.to_vec();
        if let Used::In(elements, is_condition) = &subquery.used
            && !select.is_aggregated
            && matches!(subquery.query.limit, Limit::None)
            && elements.len() == select.columns.len()
        {
            let equalities = elements.iter().zip(&select.columns).filter_map(|(x, y)| equals(x, y, *is_condition));
            filters.extend(equalities.filter(|equality| equality.items.is_subset(&names)));
        }
        filters.extend(plain_filters(&select.filters, &names));
        for target in 0..select.items.len() {
            let path: Vec<usize> = match is_nullable(select, target) {
                true => table_refs_of(&select.items[target].input),
                // All preserved items are on the path of the first one.
                false if select.items[..target].iter().enumerate().any(|(at, _)| !is_nullable(select, at)) => continue,
                false => (0..select.items.len())
                    .filter(|&at| !is_nullable(select, at))
                    .flat_map(|at| table_refs_of(&select.items[at].input))
                    .collect(),
            };
            if path.is_empty() {
                continue;
            }
            let own = match is_nullable(select, target) {
                true => found_items(select, &kept, target),
                false => kept_items(select, &kept),
            };
            let first = own.first().map(|item| item.id);
            let joined =
                |item: Item| Item { join: if Some(item.id) == first { Join::Inner } else { item.join }, ..item };
            let items: Vec<Item> = around.iter().cloned().chain(own.into_iter().map(joined)).collect();
            push_affected_keys(affected_keys, keys, &items, &filters, &path)?;
        }
        let mut items = around.to_vec();
        items.extend(select.items.iter().enumerate().map(|(at, item)| Item {
            join: if at == 0 { Join::Inner } else { item.join },
            on: item.on.iter().filter(|condition| condition.is_scalar()).cloned().collect(),
            ..item.clone()
        }));
        let conditions = select.items.iter().flat_map(|item| &item.on);
        for expression in select.expressions().chain(conditions) {
            for inner in &expression.subqueries {
                into_subquery(affected_keys, keys, &items, &filters, inner)?;
            }
        }
    }
    Ok(())
}

/// The condition that an element of `x IN (SELECT y ..)` may equal what the subquery returns.
fn equals(x: &Expression, y: &Expression, is_condition: bool) -> Option<Expression> {
    if !x.is_scalar() || !y.is_scalar() {
        return None;
    }
    // IN compares as `x` does.
    let collation = x.collation?;
    let mut filter = Expression::default();
    filter.text.push("((");
    filter.text.append(&x.text);
    filter.text.push(&format!(") COLLATE {} = (", collation.name()));
    filter.text.append(&y.text);
    // A NULL among the elements turns false into NULL.
    filter.text.push(if is_condition { "))" } else { ")) IS NOT FALSE" });
    filter.items.extend(x.items.iter().chain(&y.items));
    Some(filter)
}

/// Adds a statement for each combination of parts of the UNION ALLs in FROM.
fn push_affected_keys(
    affected_keys: &mut Vec<AffectedKeys>,
    keys: &[Key],
    items: &[Item],
    filters: &[Expression],
    path: &[usize],
) -> Result<(), Reason> {
    let select = Select { distinct: true, items: items.to_vec(), filters: filters.to_vec(), ..Select::default() };
    let keys: Vec<&SqlText> = keys.iter().map(|key| &key.text).collect();
    let one = SqlText::constant("1");
    for summand in linear::summands(&select)? {
        let text = match keys.is_empty() {
            false => select_text(&summand, &keys),
            true => {
                // All rows are one key, and any row finds it.
                let mut text = select_text(&Select { distinct: false, ..summand }, &[&one]);
                text.push(" LIMIT 1");
                text
            }
        };
        let path: Vec<usize> = text.table_refs().into_iter().filter(|table_ref| path.contains(table_ref)).collect();
        if !path.is_empty() && !affected_keys.iter().any(|known| known.text == text && known.path == path) {
            affected_keys.push(AffectedKeys { text, path });
        }
    }
    Ok(())
}

/// If a row of an outer join comes or goes, a row of NULLs goes or comes, and a later condition can hold for that one.
fn or_without(condition: &mut Expression, item: ItemId) {
    if !condition.items.contains(&item) {
        return;
    }
    let null = SqlText::constant("NULL");
    let with_nulls = condition.text.replaced(&|piece| match piece {
        Piece::Name(named, _) if *named == item => Some(null.clone()),
        _ => None,
    });
    let mut either = SqlText::default();
    either.push("(");
    either.append(&condition.text);
    either.push(") OR (");
    either.append(&with_nulls);
    either.push(")");
    (condition.text, condition.known) = (either, Known::Other);
}

/// The items by which a row of an outer-joined table finds the preserved rows: that table and the items before it.
fn found_items(select: &Select, kept: &SortedSet<ItemId>, at: usize) -> Vec<Item> {
    let target = select.items[at].id;
    let mut with: SortedSet<ItemId> = kept.clone();
    with.extend(select.items[..=at].iter().map(|item| item.id));
    let mut items = kept_items(select, &with);
    for found in &mut items {
        if found.id == target {
            found.join = Join::Inner;
        } else if kept.contains(&found.id) {
            found.on.iter_mut().for_each(|condition| or_without(condition, target));
        }
    }
    items
}

/// The wanted items of FROM, with those of their conditions that name no other item.
fn kept_items(select: &Select, wanted: &SortedSet<ItemId>) -> Vec<Item> {
    // The items of the SELECTs around this one can be named too.
    let all: SortedSet<ItemId> = select.items.iter().map(|item| item.id).collect();
    let is_known = |condition: &&Expression| {
        condition.is_scalar() && condition.items.iter().all(|item| wanted.contains(item) || !all.contains(item))
    };
    let items = select.items.iter().filter(|item| wanted.contains(&item.id));
    items.map(|item| Item { on: item.on.iter().filter(is_known).cloned().collect(), ..item.clone() }).collect()
}

/// The conditions that name only these items and read no other rows.
fn plain_filters(filters: &[Expression], names: &SortedSet<ItemId>) -> Vec<Expression> {
    filters.iter().filter(|filter| filter.is_scalar() && filter.items.is_subset(names)).cloned().collect()
}
