//! Plans of `key recompute`: what the key is, and which statements find the keys that a change touches.

use super::check::Check;
use super::{Planner, is_nullable, linear, table_refs_of};
use crate::plan::{
    AffectedKeys, Arm, CollatedPart, Expression, Input, Item, ItemId, Join, Limit, Node, NonlinearPlace, Over, Piece,
    PlannerFeature, Query, Reason, Recompute, Select, Subquery, Text, Used, select_text,
};
use crate::types::{Collation, SortedSet};

/// A value of the key.
struct Key {
    text: Text,
    items: SortedSet<ItemId>,
    collation: Collation,
    /// `=` may find it by an index where it is never NULL.
    never_null: bool,
}

/// What kind of key the rows of the preserved tables are.
const BY_ROW: &str = "by row";

/// Rows of a SELECT by the rows of its preserved tables.
pub(super) fn identified(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let keys = rows_as_keys(planner, select)?;
    recompute(planner, select, by, &keys, BY_ROW)
}

/// Leaves it to the window over the whole query to remember the rows of each key, if the keys are rows: the key, which comes
/// behind the columns then; nothing if the keys are no rows.
pub(super) fn leave_to_window(
    planner: &Planner,
    select: &Select,
    by: &[&Expression],
    recompute: &mut Recompute,
) -> Result<Vec<Text>, Reason> {
    if recompute.what != BY_ROW || recompute.check.is_some() {
        return Ok(Vec::new());
    }
    let keys = rows_as_keys(planner, select)?;
    let columns = select.columns.iter().chain(by.iter().copied()).map(|column| &column.text);
    let columns: Vec<&Text> = columns.chain(keys.iter().map(|key| &key.text)).collect();
    recompute.rows = planner.render(&select_text(&restricted(select, &keys, planner.parameters), &columns));
    recompute.remembers = false;
    Ok(keys.into_iter().map(|key| key.text).collect())
}

fn rows_as_keys(planner: &Planner, select: &Select) -> Result<Vec<Key>, Reason> {
    let mut keys = Vec::new();
    for at in 0..select.items.len() {
        let item = &select.items[at];
        if is_nullable(select, at) {
            continue;
        }
        match &item.input {
            Input::Table { identity: Some(identity), table_ref } => {
                let never_null = planner.table_refs[*table_ref].derived.is_none();
                for column in identity {
                    let text = Text::name(item.id, &column.name);
                    let collation = column.collation.ok_or(Reason::Collation(CollatedPart::Key))?;
                    keys.push(Key { text, items: [item.id].into(), collation, never_null });
                }
            }
            Input::Table { identity: None, table_ref } => {
                return Err(Reason::HiddenRowid { table: planner.table_refs[*table_ref].table.to_string() });
            }
            // Its rows follow from those of the others.
            Input::Function(..) => {}
            Input::Query(_) | Input::Recursion(_) => {
                return Err(Reason::DerivedBesideNonlinear);
            }
        }
    }
    let is_row = |item: &Item| matches!(item.input, Input::Function(..));
    if select.items.iter().all(is_row) {
        // What no table decides is one thing, whatever of the tables in its subqueries changes.
        let text = Text::constant("1");
        keys.push(Key { text, items: SortedSet::new(), collation: Collation::Binary, never_null: true });
    }
    if keys.is_empty() {
        return Err(Reason::NoPreservedTable);
    }
    Ok(keys)
}

/// Groups; without GROUP BY all rows are one, and its key has no values.
pub(super) fn grouped(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let keys = select.groups.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let what = if keys.is_empty() { "of all rows" } else { "by group" };
    recompute(planner, select, by, &keys, what)
}

/// The statements that find whether a change touches any row of a SELECT.
pub(super) fn any(select: &Select, by: &[&Expression]) -> Result<Vec<AffectedKeys>, Reason> {
    affected_keys(select, by, &[])
}

/// Partitions of window functions. Where there are none, all rows, for those who read from them; or if they are of a derived
/// table that is dear to evaluate.
pub(super) fn partitioned(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let windows: Vec<&Over> =
        select.expressions().chain(by.iter().copied()).flat_map(|expression| &expression.windows).collect();
    let Some((first, others)) = windows.split_first() else { return Err(Reason::Internal("no window function")) };
    // What every window is partitioned by, and what every group has one value of.
    let is_common = |expression: &&Expression| {
        let same = |other: &Expression| other.text == expression.text;
        others.iter().all(|other| other.partition.iter().any(same))
            && (!select.is_aggregated || select.groups.iter().any(same))
            && !expression.has_aggregate
    };
    let keys = first.partition.iter().filter(is_common).map(key).collect::<Result<Vec<_>, _>>()?;
    let is_of_state =
        |item: &Item| matches!(item.input, Input::Table { table_ref, .. } if planner.is_of_state(table_ref));
    let is_worth_it = planner.in_from || select.items.iter().any(is_of_state);
    match (keys.is_empty(), is_worth_it) {
        (false, _) => recompute(planner, select, by, &keys, "by partition"),
        (true, true) => recompute(planner, select, by, &keys, "of all rows"),
        // To ask for it again is all that there would be to a plan.
        (true, false) => Err(Reason::WholeWindow),
    }
}

fn key(expression: &Expression) -> Result<Key, Reason> {
    if !expression.subqueries.is_empty() {
        return Err(Reason::SubqueryInKey);
    }
    Ok(Key {
        text: expression.text.clone(),
        items: expression.items.clone(),
        collation: expression.collation.ok_or(Reason::Collation(CollatedPart::Group))?,
        never_null: false,
    })
}

fn recompute(
    planner: &mut Planner,
    select: &Select,
    by: &[&Expression],
    keys: &[Key],
    what: &'static str,
) -> Result<Node, Reason> {
    planner.disabled.allows(PlannerFeature::Recompute)?;
    let affected_keys = affected_keys(select, by, keys)?;
    let check = Check::of(planner, select, by)?;
    let having = select.having.as_ref().map(|having| check.having(having));
    let plain = Select { distinct: false, having, ..select.clone() };
    let check = check.column();
    let mut columns: Vec<&Text> = plain.columns.iter().chain(by.iter().copied()).map(|column| &column.text).collect();
    let width = columns.len();
    columns.extend(check.iter().map(|(text, _)| text));
    let with_keys: Vec<&Text> = columns.iter().copied().chain(keys.iter().map(|key| &key.text)).collect();
    let restricted = restricted(&plain, keys, planner.parameters);
    Ok(Node::Recompute(Recompute {
        table_refs: planner.table_refs(),
        key: keys.iter().map(|key| key.collation).collect(),
        affected_keys,
        rows: planner.render(&select_text(&restricted, &columns)),
        remembers: true,
        all: planner.render_all(&select_text(&plain, &with_keys)),
        width,
        check: check.as_ref().map(|(_, why)| *why),
        what,
    }))
}

/// The SELECT for one key, whose values are the parameters after these.
fn restricted(select: &Select, keys: &[Key], parameters: usize) -> Select {
    let mut restricted = select.clone();
    for (at, key) in keys.iter().enumerate() {
        let mut filter = Expression::default();
        filter.text.push("(");
        filter.text.append(&key.text);
        filter.text.push(&format!(") {} ?{}", if key.never_null { "=" } else { "IS" }, parameters + at + 1));
        restricted.filters.push(filter);
    }
    restricted
}

/// The same, for what sums up a group.
pub(super) fn restricted_to_group(select: &Select, parameters: usize) -> Result<Select, Reason> {
    let keys = select.groups.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    Ok(restricted(select, &keys, parameters))
}

/// The statements that find the keys which a change touches.
fn affected_keys(select: &Select, by: &[&Expression], keys: &[Key]) -> Result<Vec<AffectedKeys>, Reason> {
    if select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full)) {
        return Err(Reason::RightOrFullJoin);
    }
    let preserved: Vec<usize> = (0..select.items.len()).filter(|&at| !is_nullable(select, at)).collect();
    let kept: SortedSet<ItemId> = preserved.iter().map(|&at| select.items[at].id).collect();
    if keys.iter().any(|key| !key.items.is_subset(&kept)) {
        return Err(Reason::PaddedKey);
    }
    let mut affected_keys = Vec::new();
    // The preserved tables themselves.
    let items = kept_items(select, &kept);
    if let Some(part) = items.iter().find_map(|item| linear::of_input(&item.input)) {
        return Err(part.at(NonlinearPlace::Beside));
    }
    let path: Vec<usize> = items.iter().flat_map(|item| table_refs_of(&item.input)).collect();
    if !path.is_empty() {
        push_affected_keys(&mut affected_keys, keys, &items, &plain_filters(&select.filters, &kept), &path)?;
    }
    // Tables that the row of a preserved one finds by an outer join.
    for (at, item) in select.items.iter().enumerate().filter(|(at, _)| is_nullable(select, *at)) {
        if let Some(part) = linear::of_input(&item.input) {
            return Err(part.at(NonlinearPlace::OuterJoin));
        }
        if item.on.iter().any(|condition| !condition.subqueries.is_empty()) {
            return Err(Reason::SubqueryInOuterJoin);
        }
        let items = found_items(select, &kept, at);
        let path = table_refs_of(&item.input);
        if path.is_empty() {
            continue;
        }
        push_affected_keys(&mut affected_keys, keys, &items, &plain_filters(&select.filters, &kept), &path)?;
    }
    // Tables that subqueries read.
    let conditions = select.items.iter().filter(|item| kept.contains(&item.id)).flat_map(|item| &item.on);
    let shown = select.columns.iter().chain(&select.having).chain(by.iter().copied());
    // An aggregate of no rows has a row all the same, for which they are asked.
    let of_nothing = select.is_aggregated && select.groups.is_empty();
    let is_shown = |expression: &Expression| of_nothing && shown.clone().any(|shown| shown.text == expression.text);
    for expression in select.expressions().chain(conditions).chain(by.iter().copied()) {
        for subquery in &expression.subqueries {
            let named = subquery.query.items();
            if is_shown(expression) && expression.aggregate().is_none() {
                if select.items.iter().any(|item| named.contains(&item.id)) {
                    return Err(Reason::RowSubqueryBesideAggregate);
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

/// Statements for affected keys for the tables of a subquery: its FROM joined to that of the SELECT around it, by what its WHERE says.
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
            Arm::Values(_) => return Err(Reason::SubqueryInValues),
        };
        if select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full)) {
            return Err(Reason::RightOrFullJoinInSubquery);
        }
        if let Some(part) = select.items.iter().find_map(|item| linear::of_input(&item.input)) {
            return Err(part.at(NonlinearPlace::Subquery));
        }
        // What is said of a table that an outer join fills with NULLs need not have been true of the NULLs.
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
                // All the others that are joined to it like this are on its path.
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

/// That an element of `x IN (SELECT y ..)` may be equal to what the subquery gives.
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
    // A NULL among the elements makes the whole NULL that was false.
    filter.text.push(if is_condition { "))" } else { ")) IS NOT FALSE" });
    filter.items.extend(x.items.iter().chain(&y.items));
    Some(filter)
}

/// A statement for affected keys for each part of each UNION ALL in FROM.
fn push_affected_keys(
    affected_keys: &mut Vec<AffectedKeys>,
    keys: &[Key],
    items: &[Item],
    filters: &[Expression],
    path: &[usize],
) -> Result<(), Reason> {
    let select = Select { distinct: true, items: items.to_vec(), filters: filters.to_vec(), ..Select::default() };
    let keys: Vec<&Text> = keys.iter().map(|key| &key.text).collect();
    let one = Text::constant("1");
    for summand in linear::summands(&select)? {
        let text = match keys.is_empty() {
            false => select_text(&summand, &keys),
            true => {
                // All rows are one key, which any row finds.
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

/// Where a row comes to an outer join or goes, one of NULLs goes or comes: a condition further on can be true of that one.
fn or_without(condition: &mut Expression, item: ItemId) {
    if !condition.items.contains(&item) {
        return;
    }
    let null = Text::constant("NULL");
    let with_nulls = condition.text.replaced(&|piece| match piece {
        Piece::Name(named, _) if *named == item => Some(null.clone()),
        _ => None,
    });
    let mut either = Text::default();
    either.push("(");
    either.append(&condition.text);
    either.push(") OR (");
    either.append(&with_nulls);
    either.push(")");
    condition.text = either;
}

/// The items by which a row of an outer join's table finds the preserved ones: that table and those before it.
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

/// The items of FROM that are wanted, with those of their conditions that name no other item.
fn kept_items(select: &Select, wanted: &SortedSet<ItemId>) -> Vec<Item> {
    // Names of the SELECTs around this one are there as well.
    let all: SortedSet<ItemId> = select.items.iter().map(|item| item.id).collect();
    let is_known = |condition: &&Expression| {
        condition.is_scalar() && condition.items.iter().all(|item| wanted.contains(item) || !all.contains(item))
    };
    let items = select.items.iter().filter(|item| wanted.contains(&item.id));
    items.map(|item| Item { on: item.on.iter().filter(is_known).cloned().collect(), ..item.clone() }).collect()
}

/// The conditions that name only these items and look at no other rows.
fn plain_filters(filters: &[Expression], names: &SortedSet<ItemId>) -> Vec<Expression> {
    filters.iter().filter(|filter| filter.is_scalar() && filter.items.is_subset(names)).cloned().collect()
}
