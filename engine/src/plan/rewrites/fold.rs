//! Folds items of FROM into one derived table with the columns that are named outside of them. It rewrites RIGHT and FULL
//! joins, and makes the derived tables that `over_rows` and `padded` read.
//!
//! SQL joins the items to the left of RIGHT or FULL JOIN first, so several items become one. And
//!
//! ```text
//! a FULL JOIN b ON c  =  a LEFT JOIN b ON c  UNION ALL  rows of b with NULLs for a, where NOT EXISTS (a WHERE c)
//! ```

use super::substitute::{self, By};
use crate::plan::{
    Arm, Column, Expression, Input, Item, ItemId, Join, Limit, Order, OrderBy, Query, Select, SetOperator, SqlText,
    Subquery, Used, column_name,
};

/// How many FULL joins are rewritten: each one doubles the items to its left.
const MOST_FULL: usize = 5;

/// Rewrites RIGHT and FULL joins from left to right. A join that cannot be rewritten stays.
pub(super) fn apply(select: &mut Select, order: &mut [Order], next: &mut ItemId) {
    if select.items.iter().filter(|item| item.join == Join::Full).count() > MOST_FULL {
        return;
    }
    while let Some(at) = select.items.iter().position(|item| matches!(item.join, Join::Right | Join::Full)) {
        if at > 1 && fold(select, order.iter_mut(), 0..at, next).is_none() {
            return;
        }
        if select.items[1].join == Join::Right {
            super::right_to_left::apply(select);
        } else if full(select, order, next).is_none() {
            return;
        }
    }
}

/// Folds all items and conditions into one derived table.
pub fn fold_all(select: &mut Select, by: &mut [Expression], next: &mut ItemId) -> Option<()> {
    let mut order: Vec<Order> =
        by.iter().map(|by| Order { by: OrderBy::Expression(by.clone()), term: None, suffix: String::new() }).collect();
    let filters = std::mem::take(&mut select.filters);
    let all = 0..select.items.len();
    let folded = fold(select, order.iter_mut(), all, next);
    match (folded, select.items.first_mut().map(|item| &mut item.input)) {
        (Some(()), Some(Input::Query(query))) => {
            if let Some(Arm::Select(inner)) = query.arms.first_mut() {
                inner.filters = filters;
            }
        }
        _ => return None,
    }
    for (by, order) in by.iter_mut().zip(order) {
        if let OrderBy::Expression(expression) = order.by {
            *by = expression;
        }
    }
    Some(())
}

/// Splits the outer join of an item, the last one of the derived table that [`fold_all`] made, into the matching rows and
/// one row with NULLs for each row of the other items. The reader must not depend on how often a row with NULLs comes.
pub fn beside_nulls(select: &mut Select, padded: ItemId) -> Option<()> {
    let Some(Input::Query(query)) = select.items.first_mut().map(|item| &mut item.input) else { return None };
    let [Arm::Select(matched)] = &mut query.arms[..] else { return None };
    let mut alone = matched.clone();
    alone.items.pop_if(|item| item.id == padded)?;
    let null = Expression::null();
    alone.columns.iter_mut().filter(|column| column.items.contains(&padded)).for_each(|column| *column = null.clone());
    matched.items.last_mut()?.join = Join::Inner;
    query.arms.push(Arm::Select(alone));
    query.operators.push(SetOperator::UnionAll);
    Some(())
}

/// The columns of a derived table of some items: those that are named outside of them.
fn shown(select: &Select, order: &[&mut Order], range: &std::ops::Range<usize>) -> Option<Vec<(ItemId, Column)>> {
    let inside = &select.items[range.clone()];
    let mut texts: Vec<&SqlText> = select.expressions().map(|expression| &expression.text).collect();
    for (at, item) in select.items.iter().enumerate() {
        if !range.contains(&at) {
            texts.extend(item.on.iter().map(|condition| &condition.text));
            if let Input::Function(call, _) = &item.input {
                texts.push(call);
            }
        }
    }
    texts.extend(order.iter().filter_map(|order| match &order.by {
        OrderBy::Expression(expression) => Some(&expression.text),
        OrderBy::Column(_) => None,
    }));
    let mut columns: Vec<(ItemId, Column)> = Vec::new();
    for (item, name) in texts.into_iter().flat_map(SqlText::names) {
        let Some(own) = inside.iter().find(|own| own.id == item) else { continue };
        if columns.iter().any(|(other, column)| *other == item && column.name == name) {
            continue;
        }
        let identity = match &own.input {
            Input::Table { identity, .. } => identity.as_deref().unwrap_or_default(),
            _ => &[],
        };
        let column = own.columns.iter().chain(identity).find(|column| column.name == name)?;
        columns.push((item, column.clone()));
    }
    Some(columns)
}

fn expression(item: ItemId, column: &Column) -> Expression {
    Expression {
        text: SqlText::name(item, &column.name),
        items: [item].into(),
        collation: column.collation,
        affinity: column.affinity,
        ..Expression::default()
    }
}

/// The expressions for these columns; a constant if there are none, for the number of rows.
fn shown_or_one(columns: Vec<(ItemId, Column)>) -> (Vec<Expression>, Vec<(ItemId, Column)>) {
    if columns.is_empty() {
        let one = Column { name: "1".to_owned(), collation: Some(Default::default()), affinity: Some(None) };
        let shown = Expression::integer(1);
        return (vec![shown], vec![(ItemId::MAX, one)]);
    }
    (columns.iter().map(|(item, column)| expression(*item, column)).collect(), columns)
}

fn plain(columns: Vec<Expression>, items: Vec<Item>, filters: Vec<Expression>) -> Select {
    Select { columns, items, filters, ..Select::default() }
}

fn query(arms: Vec<Select>) -> Query {
    Query {
        operators: vec![SetOperator::UnionAll; arms.len() - 1],
        arms: arms.into_iter().map(|select| Arm::Select(Box::new(select))).collect(),
        order: Vec::new(),
        limit: Limit::None,
        is_exact: false,
        is_materialized: false,
        is_uniform: false,
    }
}

/// Puts one item, which has these columns of other items, in their place.
fn replace<'o>(
    select: &mut Select,
    order: impl Iterator<Item = &'o mut Order>,
    columns: &[(ItemId, Column)],
    query: Query,
    next: &mut ItemId,
) {
    let id = *next;
    *next += 1;
    let named =
        |(at, (_, column)): (usize, &(ItemId, Column))| Column { name: column_name(at).to_string(), ..column.clone() };
    let own = columns.iter().enumerate().map(named).collect();
    let item = Item::new(id, Input::Query(Box::new(query)), own);
    select.items.insert(0, item);
    let by: By<'_> = &|item, name| {
        let at = columns.iter().position(|(other, column)| *other == item && column.name == name)?;
        Some(Expression { text: SqlText::name(id, &column_name(at)), items: [id].into(), ..Expression::default() })
    };
    // The query inside names the items themselves.
    let inside = select.items.remove(0);
    substitute::in_select(select, by);
    select.items.insert(0, inside);
    for order in order {
        if let OrderBy::Expression(expression) = &mut order.by {
            substitute::in_expression(expression, by);
        }
    }
}

fn fold<'o>(
    select: &mut Select,
    order: impl Iterator<Item = &'o mut Order>,
    range: std::ops::Range<usize>,
    next: &mut ItemId,
) -> Option<()> {
    let mut order: Vec<&mut Order> = order.collect();
    let columns = shown(select, &order, &range)?;
    let items: Vec<Item> = select.items.drain(range).collect();
    let (shown, columns) = shown_or_one(columns);
    let query = Query { is_uniform: true, ..query(vec![plain(shown, items, Vec::new())]) };
    replace(select, order.iter_mut().map(|order| &mut **order), &columns, query, next);
    Some(())
}

/// Rewrites a FULL join of the first two items.
fn full(select: &mut Select, order: &mut [Order], next: &mut ItemId) -> Option<()> {
    let order_of: Vec<&mut Order> = order.iter_mut().collect();
    let columns = shown(select, &order_of, &(0..2))?;
    drop(order_of);
    let [left, right] = [select.items[0].clone(), select.items[1].clone()];
    if matches!(right.input, Input::Function(..)) {
        return None;
    }
    let (shown, columns) = shown_or_one(columns);
    let matched = plain(shown.clone(), vec![left.clone(), Item { join: Join::Left, ..right.clone() }], Vec::new());
    let null = Expression::null();
    let of_right = |column: &Expression| column.items.contains(&right.id);
    let alone = shown.iter().map(|column| if of_right(column) { column.clone() } else { null.clone() }).collect();
    let one = Expression::integer(1);
    let counterpart = query(vec![plain(vec![one], vec![left], right.on.clone())]);
    let mut text = SqlText::default();
    text.push("NOT EXISTS ");
    text.push_subquery(counterpart.text());
    let items = counterpart.items();
    let subqueries = vec![Subquery { query: counterpart, used: Used::Exists }];
    let missing = Expression { text, items, subqueries, ..Expression::default() };
    let others = plain(alone, vec![Item { join: Join::Inner, on: Vec::new(), ..right }], vec![missing]);
    select.items.drain(..2);
    replace(select, order.iter_mut(), &columns, query(vec![matched, others]), next);
    Some(())
}
