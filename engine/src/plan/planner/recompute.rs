//! Plans of `key recompute`: what the key is, and the statements that give the rows of a key.

use super::affected_keys::affected_keys;
use super::check::Check;
use super::key::Key;
use super::{Planner, is_nullable};
use crate::plan::reason::{excluded, reached};
use crate::plan::{
    CollatedPart, Expression, Input, Item, Linear, Node, Over, PlannerFeature, Reason, Recompute, Select, SqlText,
    select_text,
};
use crate::types::{Collation, SortedSet};

/// The kind of key whose columns identify the rows of the preserved tables.
const BY_ROW: &str = "by row";

/// A SELECT by the rows of its preserved tables.
pub(super) fn identified(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let keys = rows_as_keys(planner, select)?;
    let mut recompute = recompute(planner, select, by, &keys, BY_ROW)?;
    if !planner.disabled.has(PlannerFeature::Delta) && recompute.check.is_none() {
        let columns = select.columns.iter().chain(by.iter().copied()).map(|column| &column.text);
        let columns: Vec<&SqlText> = columns.chain(keys.iter().map(|key| &key.text)).collect();
        let plain = Select { distinct: false, ..select.clone() };
        recompute.linear = Some(Linear { text: select_text(&plain, &columns), table_refs: preserved(select) });
    }
    Ok(Node::Recompute(recompute))
}

/// The references to tables that no join pads with NULLs.
fn preserved(select: &Select) -> Vec<usize> {
    let table_ref = |(at, item): (usize, &Item)| match item.input {
        Input::Table { table_ref, .. } if !is_nullable(select, at) => Some(table_ref),
        _ => None,
    };
    select.items.iter().enumerate().filter_map(table_ref).collect()
}

/// Lets the window of the whole query hold the rows of each key, if the keys are rows. Returns the key, which then comes
/// behind the columns; nothing if the keys are not rows.
pub(super) fn leave_to_window(
    planner: &Planner,
    select: &Select,
    by: &[&Expression],
    recompute: &mut Recompute,
) -> Result<Vec<SqlText>, Reason> {
    if recompute.what != BY_ROW || recompute.check.is_some() {
        return Ok(Vec::new());
    }
    let keys = rows_as_keys(planner, select)?;
    let columns = select.columns.iter().chain(by.iter().copied()).map(|column| &column.text);
    let columns: Vec<&SqlText> = columns.chain(keys.iter().map(|key| &key.text)).collect();
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
                    let text = SqlText::name(item.id, &column.name);
                    // A key with another has no identity.
                    let collation = column.collation.ok_or_else(|| excluded(Reason::Collation(CollatedPart::Key)))?;
                    keys.push(Key { text, items: [item.id].into(), collation, never_null });
                }
            }
            Input::Table { identity: None, table_ref } => {
                return Err(reached(Reason::HiddenRowid { table: planner.table_refs[*table_ref].table.to_string() }));
            }
            // The rows of a function follow from those of the other items.
            Input::Function(..) => {}
            Input::Query(_) | Input::Recursion(_) => {
                return Err(reached(Reason::DerivedBesideNonlinear));
            }
        }
    }
    let is_row = |item: &Item| matches!(item.input, Input::Function(..));
    if select.items.iter().all(is_row) {
        // Without tables there is one row, whatever changes in the tables of its subqueries.
        let text = SqlText::constant("1");
        keys.push(Key { text, items: SortedSet::new(), collation: Collation::Binary, never_null: true });
    }
    if keys.is_empty() {
        return Err(reached(Reason::NoPreservedTable));
    }
    Ok(keys)
}

/// A SELECT by its groups. Without GROUP BY all rows are one group, and the key has no columns.
pub(super) fn grouped(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let keys = select.groups.iter().map(Key::of).collect::<Result<Vec<_>, _>>()?;
    let what = if keys.is_empty() { "of all rows" } else { "by group" };
    recompute(planner, select, by, &keys, what).map(Node::Recompute)
}

/// A SELECT by the partitions of its window functions. Without a common partition it is one part, which is worth it only for
/// a query in FROM, or over a derived table that is expensive to evaluate.
pub(super) fn partitioned(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let windows: Vec<&Over> =
        select.expressions().chain(by.iter().copied()).flat_map(|expression| &expression.windows).collect();
    let Some((first, others)) = windows.split_first() else { return Err(Reason::Internal("no window function")) };
    // The expressions by which all windows are partitioned; each group has one value of them.
    let is_common = |expression: &&Expression| {
        let same = |other: &Expression| other.text == expression.text;
        others.iter().all(|other| other.partition.iter().any(same))
            && (!select.is_aggregated || select.groups.iter().any(same))
            && !expression.has_aggregate
    };
    let keys = first.partition.iter().filter(is_common).map(Key::of).collect::<Result<Vec<_>, _>>()?;
    let is_of_state =
        |item: &Item| matches!(item.input, Input::Table { table_ref, .. } if planner.is_of_state(table_ref));
    let is_worth_it = planner.in_from || select.items.iter().any(is_of_state);
    match (keys.is_empty(), is_worth_it) {
        (false, _) => recompute(planner, select, by, &keys, "by partition").map(Node::Recompute),
        (true, true) => recompute(planner, select, by, &keys, "of all rows").map(Node::Recompute),
        // The plan would do nothing but re-run the query.
        (true, false) => Err(reached(Reason::WholeWindow)),
    }
}

fn recompute(
    planner: &mut Planner,
    select: &Select,
    by: &[&Expression],
    keys: &[Key],
    what: &'static str,
) -> Result<Recompute, Reason> {
    planner.disabled.allows(PlannerFeature::Recompute)?;
    let affected_keys = affected_keys(select, by, keys)?;
    let check = Check::of(planner, select, by)?;
    let having = select.having.as_ref().map(|having| check.having(having));
    let plain = Select { distinct: false, having, ..select.clone() };
    let check = check.column();
    let mut columns: Vec<&SqlText> =
        plain.columns.iter().chain(by.iter().copied()).map(|column| &column.text).collect();
    let width = columns.len();
    columns.extend(check.iter().map(|(text, _)| text));
    let with_keys: Vec<&SqlText> = columns.iter().copied().chain(keys.iter().map(|key| &key.text)).collect();
    let restricted = restricted(&plain, keys, planner.parameters);
    Ok(Recompute {
        table_refs: planner.table_refs(),
        key: keys.iter().map(|key| key.collation).collect(),
        affected_keys,
        rows: planner.render(&select_text(&restricted, &columns)),
        remembers: true,
        all: planner.render_all(&select_text(&plain, &with_keys)),
        width,
        check: check.as_ref().map(|(_, why)| *why),
        what,
        linear: None,
    })
}

/// The SELECT of one key, whose values are the parameters after the query's own.
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

/// The SELECT of one group.
pub(super) fn restricted_to_group(select: &Select, parameters: usize) -> Result<Select, Reason> {
    let keys = select.groups.iter().map(Key::of).collect::<Result<Vec<_>, _>>()?;
    Ok(restricted(select, &keys, parameters))
}
