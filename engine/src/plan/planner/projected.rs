//! A grouped SELECT as a projection: its groups, aggregates and bare columns are a derived table, and its columns, HAVING,
//! ORDER BY and window functions are expressions over it. SQLite too evaluates groups and HAVING before window functions.

use super::{Planner, accumulate, recompute};
use crate::plan::reason::{excluded, reached};
use crate::plan::rewrites::as_value;
use crate::plan::{
    Aggregate, Column, Expression, Input, Item, ItemId, Known, Node, Over, Piece, PlannerFeature, Reason, Select,
    SqlText, column_name,
};
use crate::types::Collation;

/// The columns of the derived table.
struct Held<'s> {
    groups: &'s [Expression],
    aggregates: Vec<&'s Aggregate>,
    /// Bare columns, which the groups determine or a check covers.
    bare: Vec<SqlText>,
    item: ItemId,
}

pub(super) fn projected(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    planner.disabled.allows(PlannerFeature::Projection)?;
    planner.attempt(|planner| of_groups(planner, select, by))
}

fn of_groups(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    let expressions = || select.columns.iter().chain(&select.having).chain(by.iter().copied());
    if expressions().any(|expression| !expression.subqueries.is_empty()) {
        return Err(reached(Reason::SubqueryBesideAggregates));
    }
    let has_windows = expressions().any(|expression| !expression.windows.is_empty());
    // Columns that the groups do not determine are checked where groups are recomputed.
    let bare = match has_windows {
        true => select.bare_columns(by).into_iter().map(|(item, name)| SqlText::name(item, &name)).collect(),
        false => select.determined.iter().map(|determined| determined.text.clone()).collect(),
    };
    let mut held = Held { groups: &select.groups, aggregates: Vec::new(), bare, item: planner.item() };
    for aggregate in expressions().flat_map(|expression| &expression.aggregates) {
        if !held.aggregates.iter().any(|known| known.text == aggregate.text) {
            held.aggregates.push(aggregate);
        }
    }
    let (shown, columns) = held.columns(select)?;
    let over = |expression: &Expression| held.over(expression);
    let outer = Select {
        columns: select.columns.iter().map(over).collect::<Result<_, _>>()?,
        filters: select.having.iter().map(over).collect::<Result<_, _>>()?,
        ..Select::default()
    };
    let by = by.iter().map(|expression| over(expression)).collect::<Result<Vec<_>, _>>()?;
    let grouped = Select { distinct: false, columns: shown, having: None, ..select.clone() };
    let node = match accumulate::accumulated(planner, &grouped, &[]) {
        Err(_) if has_windows => recompute::grouped(planner, &grouped, &[])?,
        accumulated => accumulated?,
    };
    let input = planner.hold(node, &columns, Some((0..select.groups.len()).collect()))?;
    let items = vec![Item::new(held.item, input, columns)];
    let outer = Select { items, ..outer };
    planner.without_distinct(&outer, &by.iter().collect::<Vec<_>>())
}

impl Held<'_> {
    /// The columns of the SELECT of the groups, and of the derived table.
    fn columns(&self, select: &Select) -> Result<(Vec<Expression>, Vec<Column>), Reason> {
        let sums = self.aggregates.iter().map(|aggregate| {
            let mut text = SqlText::default();
            text.push_aggregate(aggregate.text.clone());
            Expression {
                text,
                aggregates: vec![(*aggregate).clone()],
                has_aggregate: true,
                // The value of an aggregate has no affinity and compares byte by byte.
                affinity: Some(None),
                collation: Some(Collation::Binary),
                ..Expression::default()
            }
        });
        let mut shown: Vec<Expression> = self.groups.iter().cloned().chain(sums).collect();
        for text in &self.bare {
            if let Some(determined) = select.determined.iter().find(|determined| determined.text == *text) {
                shown.push(determined.clone());
                continue;
            }
            // Lowering lists each column that it names.
            let column = named(select, text).ok_or_else(|| excluded(Reason::HiddenColumn))?;
            let Column { collation, affinity, .. } = column.clone();
            let items = text.names().into_iter().map(|(item, _)| item).collect();
            shown.push(Expression { text: text.clone(), items, collation, affinity, ..Expression::default() });
        }
        if shown.is_empty() {
            return Err(reached(Reason::NoGroupColumn));
        }
        let column = |(at, shown): (usize, &Expression)| Column {
            name: column_name(at).to_string(),
            collation: shown.collation,
            affinity: shown.affinity,
        };
        let columns = shown.iter().enumerate().map(column).collect();
        Ok((shown, columns))
    }

    /// The column of the derived table for a whole expression.
    fn column(&self, text: &SqlText) -> Option<SqlText> {
        let group = || self.groups.iter().position(|group| group.text == *text);
        let aggregate = || match &text.pieces[..] {
            [Piece::Aggregate(call)] => self.aggregates.iter().position(|aggregate| aggregate.text == **call),
            _ => None,
        };
        let bare = || self.bare.iter().position(|bare| bare == text);
        let before = (self.groups.len(), self.groups.len() + self.aggregates.len());
        let at = group().or_else(|| Some(before.0 + aggregate()?)).or_else(|| Some(before.1 + bare()?))?;
        Some(SqlText::name(self.item, &column_name(at)))
    }

    /// An expression over the derived table.
    fn over(&self, expression: &Expression) -> Result<Expression, Reason> {
        let whole = self.column(&expression.text);
        let known = if whole.is_some() { Known::Other } else { expression.known.clone() };
        let text = whole.unwrap_or_else(|| {
            self.with_groups(&expression.text).replaced(&|piece| match piece {
                Piece::Aggregate(_) => Some(as_value(&self.column(&SqlText { pieces: vec![piece.clone()] })?)),
                Piece::Name(..) => self.column(&SqlText { pieces: vec![piece.clone()] }),
                Piece::Term(term) => self.column(term),
                Piece::Sql(_) | Piece::Table(_) | Piece::Subquery(_) | Piece::Cross => None,
            })
        });
        if !self.is_over(&text) {
            return Err(reached(Reason::NeitherGroupNorAggregate));
        }
        Ok(Expression {
            text,
            known,
            items: [self.item].into(),
            windows: expression.windows.iter().map(|over| self.window(over)).collect::<Result<_, _>>()?,
            has_aggregate: false,
            aggregates: Vec::new(),
            subqueries: Vec::new(),
            rejects_nulls_of: Default::default(),
            is_null_with: Default::default(),
            ..expression.clone()
        })
    }

    /// A text in which the expressions of GROUP BY are replaced by columns, where they are parts of it.
    fn with_groups(&self, text: &SqlText) -> SqlText {
        let mut text = text.clone();
        for (at, group) in self.groups.iter().enumerate().filter(|(_, group)| !group.can_fail) {
            let column = SqlText::name(self.item, &column_name(at));
            // The column has the affinity of the expression, but always a collating sequence.
            text = match (group.is_collated, group.affinity) {
                (true, Some(_)) => text.with_part(&group.text, &column),
                (false, Some(None)) => text.with_part(&group.text, &as_value(&column)),
                _ => text,
            };
        }
        text
    }

    fn window(&self, over: &Over) -> Result<Over, Reason> {
        let mut over = over.clone();
        for expression in over.expressions_mut() {
            *expression = self.over(expression)?;
        }
        Ok(over)
    }

    fn is_over(&self, text: &SqlText) -> bool {
        text.pieces.iter().all(|piece| match piece {
            Piece::Name(named, _) => *named == self.item,
            Piece::Aggregate(_) | Piece::Subquery(_) | Piece::Table(_) | Piece::Cross => false,
            Piece::Term(term) => self.is_over(term),
            Piece::Sql(_) => true,
        })
    }
}

/// The column of FROM that a text names.
fn named<'s>(select: &'s Select, text: &SqlText) -> Option<&'s Column> {
    let [Piece::Name(id, name)] = &text.pieces[..] else { return None };
    let item = select.items.iter().find(|item| item.id == *id)?;
    let identity = match &item.input {
        Input::Table { identity, .. } => identity.as_deref().unwrap_or_default(),
        Input::Query(_) | Input::Function(..) | Input::Recursion(_) => &[],
    };
    item.columns.iter().chain(identity).find(|column| column.name == *name)
}
