//! Expressions, written anew with the names of the plan.

use std::sync::Arc;

use sqlite3_parser::ast::{self, Expr, LikeOperator, Literal, Operator, UnaryOperator};

use super::collation::{self, exact};
use super::nulls::{null_with, own_item};
use super::{Around, Level, Lowered, Lowering, affinity};
use crate::plan::{Expression, Join, Number, Query, Subquery, Used, quoted};
use crate::sql::name::{Path, bare, plain};
use crate::sql::scope::{Meaning, Shape};
use crate::sql::{literal, print, shape};
use crate::types::{Collation, ColumnKind, Value};

/// Why a column that a FULL JOIN merges is not written.
const MERGED: &str = "a column of USING in a FULL join";

/// Operators whose chains are written without parentheses around the left operand: they bind to the left.
fn chains(operator: Operator) -> bool {
    matches!(operator, Operator::And | Operator::Or | Operator::Concat | Operator::Add)
}

impl<'c> Lowering<'c> {
    /// The conjuncts of a condition.
    pub(super) fn conjuncts(
        &mut self,
        condition: &'c Expr<'c>,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<Vec<Expression>> {
        let mut pending = vec![condition];
        let mut conjuncts = Vec::new();
        while let Some(condition) = pending.pop() {
            match bare(condition) {
                Expr::Binary(left, Operator::And, right) => pending.extend([*right, left]),
                conjunct => {
                    let mut lowered = self.expression(conjunct, level, around)?;
                    Self::note_condition(conjunct, level, &mut lowered);
                    conjuncts.push(lowered);
                }
            }
        }
        Ok(conjuncts)
    }

    /// What a condition that has to be true says of the rows.
    fn note_condition(condition: &Expr<'_>, level: &Level<'_, 'c>, lowered: &mut Expression) {
        let column = |expression: &Expr<'_>| own_item(expression, level);
        match condition {
            Expr::Binary(left, operator, right) => {
                if matches!(
                    operator,
                    Operator::Equals
                        | Operator::NotEquals
                        | Operator::Less
                        | Operator::LessEquals
                        | Operator::Greater
                        | Operator::GreaterEquals
                ) {
                    let items = [left, right].into_iter().filter_map(|side| column(side));
                    lowered.rejects_nulls_of.extend(items);
                }
            }
            Expr::Like { lhs, .. } | Expr::Between { lhs, .. } | Expr::NotNull(lhs) => {
                lowered.rejects_nulls_of.extend(column(lhs));
            }
            Expr::InList { lhs, rhs: Some(list), .. } if !list.is_empty() => {
                lowered.rejects_nulls_of.extend(column(lhs));
            }
            Expr::InSelect { .. } => {
                // Where it has to be true, false and NULL are the same.
                if let Some(Subquery { used: Used::In(_, is_condition), .. }) = lowered.subqueries.first_mut() {
                    *is_condition = matches!(condition, Expr::InSelect { not: false, .. });
                }
            }
            _ => {}
        }
    }

    /// An expression.
    pub(super) fn expression(
        &mut self,
        expression: &'c Expr<'c>,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<Expression> {
        if around.is_outermost()
            && let Some(Meaning::Columns(0, columns)) = level.scope.meaning_of(bare(expression))
            && let merged = level.coalesced(&columns)
            && merged.len() > 1
        {
            return self.coalescing(level, &merged);
        }
        let mut out = Expression::default();
        self.write(expression, &mut out, level, around)?;
        (out.collation, out.is_collated) = match collation::of(expression, level) {
            Some(Some(collation)) => (Some(collation), true),
            Some(None) => (Some(Collation::Binary), false),
            None => (None, false),
        };
        out.affinity = affinity::of(expression, level);
        out.is_exact = exact(shape::shape(expression, &level.scope), out.collation) != Shape::Loose;
        out.is_null_with = null_with(expression, level);
        Ok(out)
    }

    pub(super) fn expressions(
        &mut self,
        expressions: impl IntoIterator<Item = &'c Expr<'c>>,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<Vec<Expression>> {
        expressions.into_iter().map(|expression| self.expression(expression, level, around)).collect()
    }

    pub(super) fn write(
        &mut self,
        expression: &'c Expr<'c>,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let around = around.deeper()?;
        match expression {
            Expr::Binary(left, operator, right) => {
                let is_chain = chains(*operator) && matches!(left, Expr::Binary(_, inner, _) if inner == operator);
                if is_chain {
                    // As deep as the chain is long, so without a call for each operator.
                    let mut operands = vec![*right];
                    let mut rest = *left;
                    while let Expr::Binary(left, inner, right) = rest
                        && inner == operator
                    {
                        operands.push(right);
                        rest = left;
                    }
                    self.operand(rest, out, level, around)?;
                    for operand in operands.into_iter().rev() {
                        out.text.push(&format!(" {} ", symbol(*operator)));
                        self.operand(operand, out, level, around)?;
                    }
                } else {
                    out.can_fail |= matches!(operator, Operator::ArrowRight | Operator::ArrowRightShift);
                    self.compared(left, right, *operator, out, level, around)?;
                    out.text.push(&format!(" {} ", symbol(*operator)));
                    if matches!(operator, Operator::Equals | Operator::Is) && collation::are_mixed(left, right, level) {
                        out.text.push("+ ");
                    }
                    self.compared(right, left, *operator, out, level, around)?;
                }
            }
            Expr::Unary(operator, operand) => {
                out.text.push(match operator {
                    UnaryOperator::BitwiseNot => "~ ",
                    UnaryOperator::Negative => "- ",
                    UnaryOperator::Not => "NOT ",
                    UnaryOperator::Positive => "+ ",
                });
                self.operand(operand, out, level, around)?;
            }
            Expr::Between { lhs, not, start, end } => {
                self.operand(lhs, out, level, around)?;
                out.text.push(if *not { " NOT BETWEEN " } else { " BETWEEN " });
                self.lifted(start, out, level, around)?;
                out.text.push(" AND ");
                self.lifted(end, out, level, around)?;
            }
            Expr::Case { base, when_then_pairs, else_expr } => {
                out.text.push("CASE");
                if let Some(base) = base {
                    out.text.push(" ");
                    self.operand(base, out, level, around)?;
                }
                for (when, then) in *when_then_pairs {
                    out.text.push(" WHEN ");
                    self.operand(when, out, level, around)?;
                    out.text.push(" THEN ");
                    self.operand(then, out, level, around)?;
                }
                if let Some(other) = else_expr {
                    out.text.push(" ELSE ");
                    self.operand(other, out, level, around)?;
                }
                out.text.push(" END");
            }
            Expr::Cast { expr, type_name } => {
                out.text.push("CAST(");
                self.write(expr, out, level, around)?;
                out.text.push(" AS");
                if let Some(type_name) = type_name {
                    out.text.push(" ");
                    out.text.push(&print::text(type_name));
                }
                out.text.push(")");
            }
            Expr::Collate(operand, collation) => {
                self.operand(operand, out, level, around)?;
                out.text.push(&format!(" COLLATE {}", quoted(&plain(collation))));
            }
            Expr::IsNull(operand) => {
                self.operand(operand, out, level, around)?;
                out.text.push(" ISNULL");
            }
            Expr::NotNull(operand) => {
                self.operand(operand, out, level, around)?;
                out.text.push(" NOTNULL");
            }
            Expr::Like { lhs, not, op, rhs, escape } => {
                self.operand(lhs, out, level, around)?;
                out.text.push(if *not { " NOT " } else { " " });
                out.text.push(match op {
                    LikeOperator::Glob => "GLOB ",
                    LikeOperator::Like => "LIKE ",
                    LikeOperator::Match => return Err("MATCH is answered by an index that SQLite keeps".to_owned()),
                    LikeOperator::Regexp => "REGEXP ",
                });
                self.operand(rhs, out, level, around)?;
                if let Some(escape) = escape {
                    out.text.push(" ESCAPE ");
                    self.operand(escape, out, level, around)?;
                }
            }
            Expr::InList { lhs, not, rhs } => {
                self.operand(lhs, out, level, around)?;
                out.text.push(if *not { " NOT IN (" } else { " IN (" });
                for (at, element) in rhs.unwrap_or_default().iter().enumerate() {
                    out.text.push(if at == 0 { "" } else { ", " });
                    self.lifted(element, out, level, around)?;
                }
                out.text.push(")");
            }
            Expr::Parenthesized(elements) => {
                out.text.push("(");
                for (at, element) in elements.iter().enumerate() {
                    out.text.push(if at == 0 { "" } else { ", " });
                    self.write(element, out, level, around)?;
                }
                out.text.push(")");
            }
            Expr::Exists(query) => {
                out.text.push("EXISTS ");
                self.subquery(query, Used::Exists, out, level, around)?;
            }
            Expr::Subquery(query) => self.subquery(query, Used::Value, out, level, around)?,
            Expr::InSelect { lhs, not, rhs } => {
                self.operand(lhs, out, level, around)?;
                out.text.push(if *not { " NOT IN " } else { " IN " });
                let elements = self.expressions(elements_of(lhs), level, around)?;
                self.subquery(rhs, Used::In(elements, false), out, level, around)?;
            }
            Expr::InTable { lhs, not, rhs, args: None } => {
                self.operand(lhs, out, level, around)?;
                out.text.push(if *not { " NOT IN " } else { " IN " });
                let elements = self.expressions(elements_of(lhs), level, around)?;
                let query = self.whole_table(rhs, around)?;
                put_subquery(query, Used::In(elements, false), out);
            }
            Expr::InTable { .. } => return Err("IN with a table-valued function".to_owned()),
            Expr::FunctionCall { .. } | Expr::FunctionCallStar { .. } => self.call(expression, out, level, around)?,
            Expr::Literal(_) => out.text.push(print::text(expression).trim_start()),
            Expr::Variable(number) => out.text.push(&format!("?{}", number.trim_start_matches('?'))),
            Expr::Raise(..) => return Err("RAISE outside a trigger".to_owned()),
            Expr::DoublyQualified(..) | Expr::Id(_) | Expr::Name(_) | Expr::Qualified(..) => {
                self.name(expression, out, level)?;
            }
        }
        Ok(())
    }

    /// An expression as an operand: in parentheses unless it needs none.
    fn operand(
        &mut self,
        expression: &'c Expr<'c>,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let is_closed = matches!(
            expression,
            Expr::Parenthesized(_)
                | Expr::Literal(_)
                | Expr::Variable(_)
                | Expr::FunctionCall { .. }
                | Expr::FunctionCallStar { .. }
                | Expr::Cast { .. }
                | Expr::Case { .. }
                | Expr::Subquery(_)
                | Expr::Id(_)
                | Expr::Name(_)
                | Expr::Qualified(..)
                | Expr::DoublyQualified(..)
        );
        if is_closed {
            return self.write(expression, out, level, around);
        }
        out.text.push("(");
        self.write(expression, out, level, around)?;
        out.text.push(")");
        Ok(())
    }

    /// One side of a binary operator; a literal that is compared becomes a parameter.
    fn compared(
        &mut self,
        side: &'c Expr<'c>,
        other: &'c Expr<'c>,
        operator: Operator,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let compares = matches!(
            operator,
            Operator::Equals
                | Operator::NotEquals
                | Operator::Less
                | Operator::LessEquals
                | Operator::Greater
                | Operator::GreaterEquals
        );
        match other {
            Expr::Literal(_) | Expr::Variable(_) => self.operand(side, out, level, around),
            _ if compares => self.lifted(side, out, level, around),
            _ => self.operand(side, out, level, around),
        }
    }

    /// An operand that becomes a parameter if it is a literal, so that queries which differ in it share their plan. What is
    /// usual for flags stays as it is: SQLite chooses a partial index by the text.
    fn lifted(
        &mut self,
        expression: &'c Expr<'c>,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let value = match expression {
            Expr::Literal(Literal::Numeric(digits)) => literal::number(digits),
            Expr::Literal(Literal::String(text)) => Some(literal::string(text)),
            _ => None,
        };
        match value {
            Some(value) if value != Value::Integer(0) && value != Value::Integer(1) => {
                self.literals.push(value);
                out.text.push(&format!("?{}", self.parameters + self.literals.len()));
                Ok(())
            }
            _ => self.operand(expression, out, level, around),
        }
    }

    fn subquery(
        &mut self,
        query: &'c ast::Select<'c>,
        used: Used,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let (query, _) = self.query(query, Around { level: Some(level), ..around })?;
        put_subquery(query, used, out);
        Ok(())
    }

    /// The first of several columns that is not NULL, which a FULL JOIN with USING merges. To SQLite it has the affinity and the
    /// collating sequence of the first, which what is written here has not: so it must not be compared.
    pub(super) fn coalescing(&mut self, level: &Level<'_, 'c>, merged: &[(usize, usize)]) -> Lowered<Expression> {
        let mut out = Expression { is_exact: true, collation: Some(Collation::Binary), ..Expression::default() };
        for (at, (item, column)) in merged.iter().enumerate() {
            self.note_column(level, *item, *column);
            let shape = level.scope.items[*item].columns[*column].shape;
            out.is_exact &= shape != Shape::Loose && level.scope.items[merged[0].0].columns[merged[0].1].shape == shape;
            let (item, column) = (&level.items[*item], &level.items[*item].columns[*column]);
            if column.collation != Some(Collation::Binary) {
                return Err(MERGED.to_owned());
            }
            out.text.push(if at == 0 { "coalesce(" } else { ", " });
            out.text.push_name(item.id, &column.name);
            out.items.insert(item.id);
        }
        out.text.push(")");
        Ok(out)
    }

    fn name(&mut self, expression: &Expr<'_>, out: &mut Expression, level: &Level<'_, 'c>) -> Lowered<()> {
        let Some(path) = Path::of(expression) else { return Err("a name".to_owned()) };
        match level.scope.meaning(&path) {
            Meaning::Columns(up, columns) => {
                let named = level.up(up).ok_or("a name")?;
                let (item, column) = named.merged(&columns)?;
                self.note_column(named, item, column);
                let item = named.items.get(item).ok_or("a name")?;
                let column = item.columns.get(column).ok_or("a column that is not listed")?;
                out.text.push_name(item.id, &column.name);
                out.items.insert(item.id);
            }
            Meaning::Rowid(up, items) => {
                let named = level.up(up).ok_or("a name")?;
                let [item] = items[..] else { return Err("a rowid of several tables".to_owned()) };
                let base = named.scope.items.get(item).and_then(|item| item.base.as_ref()).ok_or("a rowid")?;
                let name = base.table.rowid_name().ok_or("a table whose rowid has no name left")?;
                let item = &named.items[item];
                match base.table.rowid_alias().and_then(|alias| item.columns.get(alias)) {
                    Some(alias) => out.text.push_name(item.id, &alias.name),
                    None => out.text.push_name(item.id, name),
                }
                out.items.insert(item.id);
            }
            Meaning::Alias(at) => {
                let result = level.results.get(at).ok_or("an alias")?;
                if result.has_aggregate || !result.windows.is_empty() {
                    // Fine where it stands, but it has to be known of the whole.
                    out.has_aggregate |= result.has_aggregate;
                    out.can_fail |= result.can_fail;
                    out.aggregates.extend(result.aggregates.iter().cloned());
                    out.windows.extend(result.windows.iter().cloned());
                }
                out.text.push("(");
                out.text.append(&result.text);
                out.text.push(")");
                out.items.extend(&result.items);
                out.subqueries.extend(result.subqueries.iter().cloned());
            }
            Meaning::String => {
                let text = path.column.replace('\'', "''");
                out.text.push(&format!("'{text}'"));
            }
            Meaning::Truth(truth) => out.text.push(if truth { "TRUE" } else { "FALSE" }),
            Meaning::Opaque => return Err(format!("the column {} is not listed", path.column)),
            Meaning::Missing => return Err(format!("the column {} is not known", path.column)),
        }
        Ok(())
    }

    /// Notes that a column is read, whose value no hook shows if it is virtual.
    pub(super) fn note_column(&mut self, level: &Level<'_, 'c>, item: usize, column: usize) {
        let Some(base) = level.scope.items.get(item).and_then(|item| item.base.as_ref()) else { return };
        if base.table.columns.get(column).is_some_and(|column| column.kind == ColumnKind::GeneratedVirtual) {
            self.virtual_columns.insert(Arc::clone(&base.table.id));
        }
    }
}

impl<'a, 'c> Level<'a, 'c> {
    /// Which of several columns that USING merges are meant (sqlite3's lookupName): the leftmost, but that of the right table
    /// of a RIGHT JOIN, and of a FULL JOIN the first that is not NULL.
    pub(super) fn coalesced(&self, columns: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let mut meant: Vec<(usize, usize)> = Vec::new();
        for column in columns {
            match self.items.get(column.0).map(|item| item.join) {
                Some(Join::Right) => meant = vec![*column],
                Some(Join::Full) => meant.push(*column),
                Some(Join::Inner | Join::Left) | None if meant.is_empty() => meant.push(*column),
                Some(Join::Inner | Join::Left) | None => {}
            }
        }
        meant
    }

    /// The same, where it is one.
    pub(super) fn merged(&self, columns: &[(usize, usize)]) -> Lowered<(usize, usize)> {
        match self.coalesced(columns)[..] {
            [one] => Ok(one),
            _ => Err(MERGED.to_owned()),
        }
    }

    /// Whether a column is the rowid, which has an affinity and no collating sequence.
    pub(super) fn is_rowid(&self, item: usize, column: usize) -> bool {
        let base = self.scope.items.get(item).and_then(|item| item.base.as_ref());
        base.is_some_and(|base| base.table.rowid_alias() == Some(column))
    }

    /// The names so many levels out.
    pub(super) fn up(&self, levels: usize) -> Option<&Level<'a, 'c>> {
        (0..levels).try_fold(self, |level, _| level.parent)
    }
}

/// The elements of what IN compares.
fn elements_of<'e, 'c>(compared: &'e Expr<'c>) -> Vec<&'e Expr<'c>> {
    match bare(compared) {
        Expr::Parenthesized(elements) => elements.iter().collect(),
        other => vec![other],
    }
}

/// Writes a subquery.
fn put_subquery(query: Query, used: Used, out: &mut Expression) {
    out.text.push_subquery(query.text());
    out.items.extend(query.items());
    out.subqueries.push(Subquery { query, used });
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::And => "AND",
        Operator::ArrowRight => "->",
        Operator::ArrowRightShift => "->>",
        Operator::BitwiseAnd => "&",
        Operator::BitwiseOr => "|",
        Operator::Concat => "||",
        Operator::Equals => "=",
        Operator::Divide => "/",
        Operator::Greater => ">",
        Operator::GreaterEquals => ">=",
        Operator::Is => "IS",
        Operator::IsNot => "IS NOT",
        Operator::LeftShift => "<<",
        Operator::Less => "<",
        Operator::LessEquals => "<=",
        Operator::Modulus => "%",
        Operator::Multiply => "*",
        Operator::NotEquals => "<>",
        Operator::Or => "OR",
        Operator::RightShift => ">>",
        Operator::Subtract => "-",
    }
}

/// The number that a literal or parameter of LIMIT is.
pub(super) fn number(expression: &Expr<'_>) -> Option<Number> {
    match bare(expression) {
        Expr::Literal(Literal::Numeric(digits)) => digits.parse().ok().map(Number::Literal),
        Expr::Unary(UnaryOperator::Negative, operand) => match number(operand)? {
            Number::Literal(number) => Some(Number::Literal(-number)),
            Number::Parameter(_) => None,
        },
        Expr::Variable(number) => number.trim_start_matches('?').parse().ok().map(Number::Parameter),
        _ => None,
    }
}

/// The column, counted from 0, that an integer in ORDER BY or GROUP BY stands for.
pub(super) fn ordinal(expression: &Expr<'_>) -> Option<usize> {
    match bare(expression) {
        // What is no integer of 32 bits is a constant to SQLite.
        Expr::Literal(Literal::Numeric(digits)) => usize::try_from(digits.parse::<i32>().ok()?.checked_sub(1)?).ok(),
        _ => None,
    }
}
