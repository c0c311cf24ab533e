//! One SELECT: FROM, the result columns with wildcards spread out, then what can name both.

use sqlite3_parser::ast;

use super::affinity;
use super::collation::{self, exact};
use super::expression::ordinal;
use super::from::From;
use super::{Around, Level, Lowered, Lowering, Shown, ordered};
use crate::plan::{self, Expression, Order, OrderBy, Piece, Text};
use crate::sql::clauses::Clauses;
use crate::sql::name::{self, Path, bare, plain};
use crate::sql::scope::{Meaning, ResultColumn, Scope, Shape};
use crate::sql::shape;

impl<'c> Lowering<'c> {
    pub(super) fn select(
        &mut self,
        clauses: Clauses<'c>,
        terms: &'c [ast::SortedColumn<'c>],
        around: Around<'_, 'c>,
    ) -> Lowered<(plan::Select, Vec<Order>, Vec<Shown>)> {
        let From { names, places, merged, mut items, conditions, has_right_join } = self.from(clauses.from, around)?;
        let parent_scope = around.level.map(|level| &level.scope);
        let (named, columns, shown) = {
            // A result column cannot name another one.
            let scope = Scope { items: &names, results: &[], parent: parent_scope };
            let level = Level {
                scope,
                items: &places,
                results: &[],
                has_right_join,
                windows: clauses.windows,
                parent: around.level,
            };
            self.results(clauses.columns, &merged, &level, around)?
        };
        let (on, filters, groups, having, order) = {
            let scope = Scope { items: &names, results: &named, parent: parent_scope };
            let level = Level {
                scope,
                items: &places,
                results: &columns,
                has_right_join,
                windows: clauses.windows,
                parent: around.level,
            };
            let mut on = Vec::with_capacity(items.len());
            for (first, condition) in conditions {
                let mut conjuncts = self.merging(&merged[first], first, &level)?;
                if let Some(condition) = condition {
                    conjuncts.extend(self.conjuncts(condition, &level, around)?);
                }
                on.push(conjuncts);
            }
            let filters = match clauses.filter {
                Some(filter) => self.conjuncts(filter, &level, around)?,
                None => Vec::new(),
            };
            let groups = self.groups(clauses.groups, &columns, &level, around)?;
            let having = clauses.having.map(|having| self.expression(having, &level, around)).transpose()?;
            let order = self.order_terms(terms, &columns, &level, around)?;
            (on, filters, groups, having, order)
        };
        for (item, on) in items.iter_mut().zip(on) {
            item.on = on;
        }
        let by = order.iter().filter_map(|order| match &order.by {
            OrderBy::Expression(expression) => Some(expression),
            OrderBy::Column(_) => None,
        });
        let is_aggregated = !groups.is_empty()
            || columns.iter().chain(&having).chain(by).any(|expression| expression.has_aggregate)
            || having.is_some();
        let decided = Vec::new();
        let distinct = clauses.is_distinct;
        let select = plan::Select { distinct, columns, items, filters, groups, decided, having, is_aggregated };
        Ok((select, order, shown))
    }

    /// The result columns: for the scope, for the plan, and for those who read from the SELECT.
    fn results(
        &mut self,
        columns: &'c [ast::ResultColumn<'c>],
        merged: &[Vec<String>],
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<(Vec<ResultColumn<'c>>, Vec<Expression>, Vec<Shown>)> {
        let (mut named, mut lowered, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for column in columns {
            match column {
                ast::ResultColumn::Expr(expression, called) => {
                    let name = match called {
                        Some(called) => Some(name::alias(called)),
                        None => Path::of(bare(expression)).map(|path| path.column.into_owned()),
                    };
                    let result = self.expression(expression, level, around)?;
                    let shape = exact(shape::shape(expression, &level.scope), result.collation);
                    let affinity = affinity::of(expression, level);
                    let classes = affinity::classes(expression, level);
                    shown.push(Shown {
                        name: name.clone(),
                        affinity,
                        is_cast: matches!(bare(expression), ast::Expr::Cast { .. }),
                        collation: result.collation,
                        is_collated: result.is_collated,
                        shape,
                        classes,
                    });
                    named.push(ResultColumn { name, is_alias: called.is_some(), expression: Some(expression) });
                    lowered.push(result);
                }
                wildcard => {
                    let qualifier = match wildcard {
                        ast::ResultColumn::TableStar(table) => Some(plain(table.0)),
                        _ => None,
                    };
                    for (at, item) in level.scope.items.iter().enumerate() {
                        if qualifier.as_ref().is_some_and(|qualifier| !item.is_called(qualifier)) {
                            continue;
                        }
                        for (column, output) in item.columns.iter().enumerate() {
                            let is_merged = output
                                .name
                                .as_ref()
                                .is_some_and(|name| merged[at].iter().any(|merged| merged.eq_ignore_ascii_case(name)));
                            if output.is_hidden || (is_merged && qualifier.is_none()) {
                                continue;
                            }
                            let meant = match (&output.name, &qualifier) {
                                (Some(name), None) => sharing(level, merged, at, column, name),
                                _ => vec![(at, column)],
                            };
                            let several = level.coalesced(&meant);
                            let expression = match around.is_outermost() && several.len() > 1 {
                                true => self.coalescing(level, &several)?,
                                false => {
                                    let (at, column) = level.merged(&meant)?;
                                    self.column(level, at, column)?
                                }
                            };
                            shown.push(Shown {
                                name: output.name.clone(),
                                affinity: expression.affinity,
                                is_cast: false,
                                collation: expression.collation,
                                is_collated: expression.is_collated,
                                shape: if expression.is_exact { output.shape } else { Shape::Loose },
                                classes: affinity::of_affinity(expression.affinity),
                            });
                            named.push(ResultColumn { name: output.name.clone(), is_alias: false, expression: None });
                            lowered.push(expression);
                        }
                    }
                }
            }
        }
        Ok((named, lowered, shown))
    }

    /// A column of an item.
    pub(super) fn column(&mut self, level: &Level<'_, 'c>, item: usize, column: usize) -> Lowered<Expression> {
        self.note_column(level, item, column);
        let shape = level.scope.items[item].columns[column].shape;
        let is_rowid = level.is_rowid(item, column);
        let (item, column) = (&level.items[item], &level.items[item].columns[column]);
        let mut expression = Expression {
            items: [item.id].into(),
            collation: column.collation,
            is_collated: column.collation.is_some() && !is_rowid,
            affinity: column.affinity,
            is_exact: shape != Shape::Loose,
            ..Expression::default()
        };
        expression.text.push_name(item.id, &column.name);
        Ok(expression)
    }

    /// GROUP BY; its numbers and aliases are those of result columns.
    fn groups(
        &mut self,
        groups: &'c [ast::Expr<'c>],
        columns: &[Expression],
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<Vec<Expression>> {
        let group = |group: &'c ast::Expr<'c>| match ordinal(group) {
            Some(column) => columns.get(column).cloned().ok_or_else(|| "GROUP BY a constant".to_owned()),
            None => self.expression_or_column(group, columns, level, around),
        };
        let groups = groups.iter().map(group).collect::<Lowered<Vec<_>>>()?;
        // SQLite would read a lone number as that of a column.
        match groups.iter().any(|group| group.items.is_empty()) {
            true => Err("GROUP BY a constant".to_owned()),
            false => Ok(groups),
        }
    }

    /// An expression of GROUP BY or ORDER BY; a result column where it says the same. The alias of one stands for it; and one
    /// that is written again has other parameters in the place of its literals, unless it is taken as it is.
    fn expression_or_column(
        &mut self,
        expression: &'c ast::Expr<'c>,
        columns: &[Expression],
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<Expression> {
        if let Some(Meaning::Alias(column)) = level.scope.meaning_of(bare(expression))
            && let Some(column) = columns.get(column)
        {
            return Ok(column.clone());
        }
        let literals = self.literals.len();
        let lowered = self.expression(expression, level, around)?;
        let says_the_same = |(column, result): &(&Expression, &ResultColumn<'_>)| {
            let is_written_alike = result.expression.map(bare) == Some(bare(expression));
            is_written_alike && column.is_scalar() && is_alike(&column.text, &lowered.text)
        };
        match columns.iter().zip(level.scope.results).find(says_the_same) {
            Some((column, _)) => {
                self.literals.truncate(literals);
                Ok(column.clone())
            }
            None => Ok(lowered),
        }
    }

    fn order_terms(
        &mut self,
        terms: &'c [ast::SortedColumn<'c>],
        columns: &[Expression],
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<Vec<Order>> {
        let mut order = Vec::with_capacity(terms.len());
        for term in terms {
            let (inner, explicit) = match &term.expr {
                ast::Expr::Collate(inner, collation) => (*inner, Some(*collation)),
                other => (other, None),
            };
            let named = Path::of(bare(inner)).filter(Path::is_bare);
            let column = match (ordinal(inner), named) {
                (Some(column), _) => Some(column),
                // An alias comes before a column of the same name.
                (None, Some(path)) => level.scope.alias(&path.column),
                (None, None) => None,
            };
            let (by, own) = match column {
                Some(column) => {
                    let expression = columns.get(column).ok_or("ORDER BY a column that is not there")?;
                    (OrderBy::Column(column), expression.collation)
                }
                None => {
                    let expression = self.expression_or_column(inner, columns, level, around)?;
                    let collation = expression.collation;
                    match columns.iter().position(|column| column.text == expression.text) {
                        Some(column) => (OrderBy::Column(column), collation),
                        None => (OrderBy::Expression(expression), collation),
                    }
                }
            };
            let collation = match explicit {
                Some(name) => crate::types::Collation::named(&plain(name)),
                None => own,
            };
            order.push(ordered(by, term, collation));
        }
        Ok(order)
    }

    /// The conditions of USING and NATURAL: each column is that of the first item which has it.
    fn merging(&mut self, names: &[String], at: usize, level: &Level<'_, 'c>) -> Lowered<Vec<Expression>> {
        let mut conditions = Vec::with_capacity(names.len());
        for name in names {
            let place = |item: usize| Some((item, level.scope.items[item].column(name)?));
            let mut lefts: Vec<(usize, usize)> = (0..at).filter_map(place).collect();
            let right = place(at).ok_or("USING a column that is not there")?;
            // Beside a RIGHT or FULL join SQLite compares the first of them that is not NULL.
            lefts.truncate(if level.has_right_join { lefts.len() } else { 1 });
            let mut condition = Expression::default();
            let mut name = |(item, column): (usize, usize)| {
                self.note_column(level, item, column);
                let item = &level.items[item];
                condition.items.insert(item.id);
                (item.id, &item.columns[column])
            };
            let (right_id, right) = name(right);
            let mut is_mixed = false;
            match lefts[..] {
                [] => return Err("USING a column that is not there".to_owned()),
                [left] => {
                    let (id, left) = name(left);
                    condition.text.push_name(id, &left.name);
                    condition.rejects_nulls_of.insert(id);
                    is_mixed = collation::is_mixed((left.collation, left.affinity), (right.collation, right.affinity));
                }
                _ => {
                    condition.text.push("coalesce(");
                    for (at, left) in lefts.into_iter().enumerate() {
                        let (id, left) = name(left);
                        let is_alike = left.collation.is_some() && left.collation == right.collation;
                        if !is_alike || left.affinity.is_none() || left.affinity != right.affinity {
                            // To SQLite it has the affinity and the collating sequence of the first.
                            return Err(
                                "USING columns that compare differently, beside a RIGHT or FULL join".to_owned()
                            );
                        }
                        condition.text.push(if at == 0 { "" } else { ", " });
                        condition.text.push_name(id, &left.name);
                    }
                    condition.text.push(")");
                }
            }
            condition.text.push(if is_mixed { " = + " } else { " = " });
            condition.text.push_name(right_id, &right.name);
            condition.rejects_nulls_of.insert(right_id);
            conditions.push(condition);
        }
        Ok(conditions)
    }
}

/// The columns that a wildcard's column stands for: itself, and those further on that USING merges with it.
fn sharing(level: &Level<'_, '_>, merged: &[Vec<String>], at: usize, column: usize, name: &str) -> Vec<(usize, usize)> {
    let others = (at + 1..merged.len()).filter(|other| merged[*other].iter().any(|own| own.eq_ignore_ascii_case(name)));
    let others = others.filter_map(|other| Some((other, level.scope.items[other].column(name)?)));
    [(at, column)].into_iter().chain(others).collect()
}

/// Whether two texts differ in the numbers of parameters alone.
fn is_alike(one: &Text, other: &Text) -> bool {
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
