//! One SELECT: FROM, the result columns, then what can name both.

use super::{Around, Level, Lowered, Lowering, name, ordered};
use crate::plan::{self, Expression, Join, Known, Order, OrderBy, Piece, Reason, SqlText};
use crate::sql::bind::tree::{self, Group, Joined, OrderTerm, ResultColumn};

impl Lowering {
    pub(super) fn select<'t>(
        &mut self,
        select: &tree::Select<'t>,
        terms: &[OrderTerm<'t>],
        around: Around<'_, 't>,
    ) -> Lowered<(plan::Select, Vec<Order>)> {
        let (mut items, places) = self.from(&select.from, around)?;
        let level = Level { items: &select.from.items, places: &places, ..Level::empty(around) };
        let result = |column: &ResultColumn<'t>| self.expression(&column.expression, &level);
        let columns = select.columns.iter().map(result).collect::<Lowered<Vec<_>>>()?;
        let level = Level { results: &columns, ..level };
        let has_right_join = select.from.joins.iter().any(|joined| matches!(joined.join, Join::Right | Join::Full));
        for (item, joined) in items.iter_mut().zip(&select.from.joins) {
            item.on = self.merging(joined, has_right_join, &level)?;
            if let Some(on) = &joined.on {
                item.on.extend(self.conjuncts(on, &level)?);
            }
        }
        let filters = match &select.filter {
            Some(filter) => self.conjuncts(filter, &level)?,
            None => Vec::new(),
        };
        let groups = self.groups(select, &level)?;
        let having = select.having.as_ref().map(|having| self.expression(having, &level)).transpose()?;
        let order = terms.iter().map(|term| self.order_term(term, select, &level)).collect::<Lowered<Vec<_>>>()?;
        let by = order.iter().filter_map(|order| match &order.by {
            OrderBy::Expression(expression) => Some(expression),
            OrderBy::Column(_) => None,
        });
        let is_aggregated = !groups.is_empty()
            || columns.iter().chain(&having).chain(by).any(|expression| expression.has_aggregate)
            || having.is_some();
        let determined = Vec::new();
        let distinct = select.is_distinct;
        Ok((plan::Select { distinct, columns, items, filters, groups, determined, having, is_aggregated }, order))
    }

    fn groups<'t>(&mut self, select: &tree::Select<'t>, level: &Level<'_, 't>) -> Lowered<Vec<Expression>> {
        let group = |group: &Group<'t>| match group {
            Group::Column(column) => level.results.get(*column).cloned().ok_or(Reason::GroupByConstant),
            Group::Expression(expression) => self.expression_or_column(expression, select, level),
        };
        let groups = select.groups.iter().map(group).collect::<Lowered<Vec<_>>>()?;
        // SQLite would read a lone number as that of a column.
        match groups.iter().any(|group| group.items.is_empty()) {
            true => Err(Reason::GroupByConstant),
            false => Ok(groups),
        }
    }

    /// An expression of GROUP BY or ORDER BY; a result column where it says the same. One that is written again has other
    /// parameters in the place of its literals, unless it is taken as it is.
    fn expression_or_column<'t>(
        &mut self,
        expression: &tree::Expression<'t>,
        select: &tree::Select<'t>,
        level: &Level<'_, 't>,
    ) -> Lowered<Expression> {
        let literals = self.literals.len();
        let lowered = self.expression(expression, level)?;
        let says_the_same = |(column, bound): &(&Expression, &ResultColumn<'_>)| {
            bound.expression.is_same(expression) && column.is_scalar() && is_alike(&column.text, &lowered.text)
        };
        match level.results.iter().zip(&select.columns).find(says_the_same) {
            Some((column, _)) => {
                self.literals.truncate(literals);
                Ok(column.clone())
            }
            None => Ok(lowered),
        }
    }

    fn order_term<'t>(
        &mut self,
        term: &OrderTerm<'t>,
        select: &tree::Select<'t>,
        level: &Level<'_, 't>,
    ) -> Lowered<Order> {
        let columns = level.results;
        let (by, own) = match &term.by {
            tree::OrderBy::Column(column) => {
                let missing = Reason::Internal("ORDER BY a column that is not there");
                (OrderBy::Column(*column), columns.get(*column).ok_or(missing)?.collation)
            }
            tree::OrderBy::Expression(expression) => {
                let expression = self.expression_or_column(expression, select, level)?;
                let collation = expression.collation;
                match columns.iter().position(|column| column.text == expression.text) {
                    Some(column) => (OrderBy::Column(column), collation),
                    None => (OrderBy::Expression(expression), collation),
                }
            }
            tree::OrderBy::Unknown => return Err(Reason::Internal("ORDER BY a column that is not there")),
        };
        Ok(ordered(by, term, own))
    }

    /// The conditions of USING and NATURAL: each column is that of the first item which has it.
    fn merging<'t>(
        &mut self,
        joined: &Joined<'t>,
        has_right_join: bool,
        level: &Level<'_, 't>,
    ) -> Lowered<Vec<Expression>> {
        let missing = || Reason::Internal("USING a column that is not there");
        let mut conditions = Vec::with_capacity(joined.using.len());
        for name in &joined.using {
            let place = |item: usize| Some((item, level.items.get(item)?.column(name)?));
            let mut lefts: Vec<(usize, usize)> = joined.left.clone().filter_map(place).collect();
            let right = place(joined.right.start).ok_or_else(missing)?;
            // Beside a RIGHT or FULL join SQLite compares the first of them that is not NULL.
            lefts.truncate(if has_right_join { lefts.len() } else { 1 });
            let mut condition = Expression::default();
            let mut name = |(item, column): (usize, usize)| {
                self.note_column(level, item, column);
                let place = &level.places[item];
                condition.items.insert(place.id);
                (place.id, &place.columns[column])
            };
            let (right_id, right) = name(right);
            let mut is_mixed = false;
            match lefts[..] {
                [] => return Err(missing()),
                [left] => {
                    let (id, left) = name(left);
                    condition.text.push_name(id, &left.name);
                    condition.rejects_nulls_of.insert(id);
                    is_mixed = name::is_mixed((left.collation, left.affinity), (right.collation, right.affinity));
                }
                _ => {
                    condition.text.push("coalesce(");
                    for (at, left) in lefts.into_iter().enumerate() {
                        let (id, left) = name(left);
                        let is_alike = left.collation.is_some() && left.collation == right.collation;
                        if !is_alike || left.affinity.is_none() || left.affinity != right.affinity {
                            // To SQLite it has the affinity and the collating sequence of the first.
                            return Err(Reason::UsingMixedColumns);
                        }
                        condition.text.push(if at == 0 { "" } else { ", " });
                        condition.text.push_name(id, &left.name);
                    }
                    condition.text.push(")");
                }
            }
            condition.text.push(if is_mixed { " = + " } else { " = " });
            condition.text.push_name(right_id, &right.name);
            condition.known = if is_mixed { Known::Other } else { Known::Equal };
            condition.rejects_nulls_of.insert(right_id);
            conditions.push(condition);
        }
        Ok(conditions)
    }
}

/// Whether two texts differ in the numbers of parameters alone.
fn is_alike(one: &SqlText, other: &SqlText) -> bool {
    let sql = |sql: &str| {
        let mut parts = sql.split('?');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + "?" + part.trim_start_matches(|digit: char| digit.is_ascii_digit()))
    };
    let pieces = one.pieces.iter().zip(&other.pieces);
    one.pieces.len() == other.pieces.len()
        && pieces.into_iter().all(|pieces| match pieces {
            (Piece::Sql(one), Piece::Sql(other)) => sql(one) == sql(other),
            (one, other) => one == other,
        })
}
