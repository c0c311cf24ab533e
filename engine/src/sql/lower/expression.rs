//! Expressions, written again with the names of the plan.

use sqlite3_parser::ast::{LikeOperator, Literal, Operator, UnaryOperator};

use super::name::are_mixed;
use super::nulls::{null_with, own_item};
use super::{Level, Lowered, Lowering};
use crate::plan::{self, Number, Query, Reason, Subquery, Used, quoted};
use crate::sql::bind::chains;
use crate::sql::bind::tree::{Expression, Kind};
use crate::sql::syntax::{literal, print};
use crate::types::Value;

impl Lowering {
    /// The conjuncts of a condition.
    pub(super) fn conjuncts<'t>(
        &mut self,
        condition: &Expression<'t>,
        level: &Level<'_, 't>,
    ) -> Lowered<Vec<plan::Expression>> {
        let mut conjuncts = Vec::new();
        for conjunct in condition.chain(Operator::And) {
            let mut lowered = self.expression(conjunct, level)?;
            note_condition(conjunct, level, &mut lowered);
            conjuncts.push(lowered);
        }
        Ok(conjuncts)
    }

    pub(super) fn expression<'t>(
        &mut self,
        expression: &Expression<'t>,
        level: &Level<'_, 't>,
    ) -> Lowered<plan::Expression> {
        if level.is_outermost
            && let Kind::Column(0, columns) = &expression.bare().kind
            && let merged = level.merged(columns)
            && merged.len() > 1
        {
            return self.coalescing(level, &merged);
        }
        let mut out = plan::Expression::default();
        self.write(expression, &mut out, level)?;
        let value_type = &expression.value_type;
        (out.collation, out.is_collated) = (value_type.collation, value_type.is_collated);
        out.affinity = value_type.affinity;
        out.is_exact = value_type.is_exact();
        out.is_null_with = null_with(expression, level);
        Ok(out)
    }

    pub(super) fn expressions<'e, 't: 'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expression<'t>>,
        level: &Level<'_, 't>,
    ) -> Lowered<Vec<plan::Expression>> {
        expressions.into_iter().map(|expression| self.expression(expression, level)).collect()
    }

    pub(super) fn write<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        match &expression.kind {
            Kind::Binary(left, operator, right) => self.binary(left, *operator, right, out, level)?,
            Kind::Unary(operator, operand) => {
                out.text.push(match operator {
                    UnaryOperator::BitwiseNot => "~ ",
                    UnaryOperator::Negative => "- ",
                    UnaryOperator::Not => "NOT ",
                    UnaryOperator::Positive => "+ ",
                });
                self.operand(operand, out, level)?;
            }
            Kind::Case { base, branches, otherwise } => {
                out.text.push("CASE");
                if let Some(base) = base {
                    out.text.push(" ");
                    self.operand(base, out, level)?;
                }
                for (when, then) in branches {
                    out.text.push(" WHEN ");
                    self.operand(when, out, level)?;
                    out.text.push(" THEN ");
                    self.operand(then, out, level)?;
                }
                if let Some(otherwise) = otherwise {
                    out.text.push(" ELSE ");
                    self.operand(otherwise, out, level)?;
                }
                out.text.push(" END");
            }
            Kind::Cast(operand, target) => {
                out.text.push("CAST(");
                self.write(operand, out, level)?;
                out.text.push(" AS");
                if let Some(target) = target {
                    out.text.push(" ");
                    out.text.push(&print::text(*target));
                }
                out.text.push(")");
            }
            Kind::Collate(operand, collation) => {
                self.operand(operand, out, level)?;
                out.text.push(&format!(" COLLATE {}", quoted(collation)));
            }
            Kind::Parenthesized(inner) => self.list(std::slice::from_ref(&**inner), out, level)?,
            Kind::Row(elements) => self.list(elements, out, level)?,
            Kind::Exists(subquery) => {
                out.text.push("EXISTS ");
                let query = self.query(&subquery.query, level.around())?;
                put_subquery(query, Used::Exists, out);
            }
            Kind::Subquery(subquery) => {
                let query = self.query(&subquery.query, level.around())?;
                put_subquery(query, Used::Value, out);
            }
            Kind::Between { .. }
            | Kind::InList { .. }
            | Kind::InQuery { .. }
            | Kind::InTable { .. }
            | Kind::IsNull(_)
            | Kind::Like { .. }
            | Kind::NotNull(_) => self.test(expression, out, level)?,
            Kind::Call(call) => self.call(call, out, level)?,
            Kind::Literal(literal) => out.text.push(&print::literal(literal)),
            Kind::Parameter(number) => out.text.push(&format!("?{number}")),
            Kind::Column(up, columns) => self.write_column(*up, columns, out, level)?,
            Kind::Rowid(up, items) => self.write_rowid(*up, items, out, level)?,
            Kind::Alias(at) => Self::write_alias(*at, out, level)?,
            Kind::Text(text) => out.text.push(&format!("'{}'", text.replace('\'', "''"))),
            Kind::Truth(truth) => out.text.push(if *truth { "TRUE" } else { "FALSE" }),
            Kind::OpaqueColumn(name) => return Err(Reason::UnlistedColumn { column: name.clone() }),
            Kind::UnknownColumn(name) => return Err(Reason::UnknownColumn { column: name.clone() }),
            Kind::Raise => return Err(Reason::Internal("RAISE outside a trigger")),
        }
        Ok(())
    }

    /// An expression that tests an operand: BETWEEN, IN, LIKE, IS NULL.
    fn test<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        match &expression.kind {
            Kind::Between { operand, not, low, high } => {
                self.operand(operand, out, level)?;
                out.text.push(if *not { " NOT BETWEEN " } else { " BETWEEN " });
                self.lifted(low, out, level)?;
                out.text.push(" AND ");
                self.lifted(high, out, level)?;
            }
            Kind::IsNull(operand) => {
                self.operand(operand, out, level)?;
                out.text.push(" ISNULL");
            }
            Kind::NotNull(operand) => {
                self.operand(operand, out, level)?;
                out.text.push(" NOTNULL");
            }
            Kind::Like { operand, not, operator, pattern, escape } => {
                self.operand(operand, out, level)?;
                out.text.push(if *not { " NOT " } else { " " });
                out.text.push(match operator {
                    LikeOperator::Glob => "GLOB ",
                    LikeOperator::Like => "LIKE ",
                    LikeOperator::Match => return Err(Reason::Match),
                    LikeOperator::Regexp => "REGEXP ",
                });
                self.operand(pattern, out, level)?;
                if let Some(escape) = escape {
                    out.text.push(" ESCAPE ");
                    self.operand(escape, out, level)?;
                }
            }
            Kind::InList { operand, not, list } => {
                self.operand(operand, out, level)?;
                out.text.push(if *not { " NOT IN (" } else { " IN (" });
                for (at, element) in list.iter().enumerate() {
                    out.text.push(if at == 0 { "" } else { ", " });
                    self.lifted(element, out, level)?;
                }
                out.text.push(")");
            }
            Kind::InQuery { operand, not, subquery } => {
                let elements = self.compared_with_set(operand, *not, out, level)?;
                let query = self.query(&subquery.query, level.around())?;
                put_subquery(query, Used::In(elements, false), out);
            }
            Kind::InTable { operand, not, table } => {
                if table.arguments.is_some() {
                    return Err(Reason::InTableFunction);
                }
                let elements = self.compared_with_set(operand, *not, out, level)?;
                let query = self.whole_table(&table.item, level.around())?;
                put_subquery(query, Used::In(elements, false), out);
            }
            _ => return Err(Reason::Internal("not a test")),
        }
        Ok(())
    }

    fn binary<'t>(
        &mut self,
        left: &Expression<'t>,
        operator: Operator,
        right: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        let symbol = format!(" {} ", symbol(operator));
        if chains(operator) && matches!(&left.kind, Kind::Binary(_, inner, _) if *inner == operator) {
            // As deep as the chain is long, so without a call for each operator.
            let (mut rest, mut operands) = (left, vec![right]);
            while let Kind::Binary(left, inner, right) = &rest.kind
                && *inner == operator
            {
                operands.push(right);
                rest = left;
            }
            self.operand(rest, out, level)?;
            for operand in operands.into_iter().rev() {
                out.text.push(&symbol);
                self.operand(operand, out, level)?;
            }
            return Ok(());
        }
        out.can_fail |= matches!(operator, Operator::ArrowRight | Operator::ArrowRightShift);
        self.compared(left, right, operator, out, level)?;
        out.text.push(&symbol);
        if matches!(operator, Operator::Equals | Operator::Is) && are_mixed(left, right) {
            out.text.push("+ ");
        }
        self.compared(right, left, operator, out, level)
    }

    fn list<'t>(
        &mut self,
        elements: &[Expression<'t>],
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        out.text.push("(");
        for (at, element) in elements.iter().enumerate() {
            out.text.push(if at == 0 { "" } else { ", " });
            self.write(element, out, level)?;
        }
        out.text.push(")");
        Ok(())
    }

    /// Writes the left side of IN and the operator; the elements of that side.
    fn compared_with_set<'t>(
        &mut self,
        operand: &Expression<'t>,
        not: bool,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<Vec<plan::Expression>> {
        self.operand(operand, out, level)?;
        out.text.push(if not { " NOT IN " } else { " IN " });
        match &operand.bare().kind {
            Kind::Row(elements) => self.expressions(elements, level),
            _ => self.expressions([operand.bare()], level),
        }
    }

    /// An expression as an operand: in parentheses unless it needs none.
    fn operand<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        let needs_parentheses = matches!(
            expression.kind,
            Kind::Between { .. }
                | Kind::Binary(..)
                | Kind::Collate(..)
                | Kind::Exists(_)
                | Kind::InList { .. }
                | Kind::InQuery { .. }
                | Kind::InTable { .. }
                | Kind::IsNull(_)
                | Kind::Like { .. }
                | Kind::NotNull(_)
                | Kind::Unary(..)
        );
        if !needs_parentheses {
            return self.write(expression, out, level);
        }
        out.text.push("(");
        self.write(expression, out, level)?;
        out.text.push(")");
        Ok(())
    }

    /// One side of a binary operator; a literal that is compared becomes a parameter.
    fn compared<'t>(
        &mut self,
        side: &Expression<'t>,
        other: &Expression<'t>,
        operator: Operator,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        match other.kind {
            Kind::Literal(_) | Kind::Parameter(_) => self.operand(side, out, level),
            _ if compares(operator) => self.lifted(side, out, level),
            _ => self.operand(side, out, level),
        }
    }

    /// An operand that becomes a parameter if it is a literal, so that queries which differ in it share their plan. What is
    /// usual for flags stays as it is: SQLite chooses a partial index by the text.
    fn lifted<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<()> {
        let value = match expression.kind {
            Kind::Literal(Literal::Numeric(digits)) => literal::number(digits),
            Kind::Literal(Literal::String(text)) => Some(literal::string(text)),
            _ => None,
        };
        match value {
            Some(value) if value != Value::Integer(0) && value != Value::Integer(1) => {
                self.literals.push(value);
                out.text.push(&format!("?{}", self.parameters + self.literals.len()));
                Ok(())
            }
            _ => self.operand(expression, out, level),
        }
    }
}

/// What a condition that has to be true says of the rows.
fn note_condition(condition: &Expression<'_>, level: &Level<'_, '_>, lowered: &mut plan::Expression) {
    let column = |expression: &Expression<'_>| own_item(expression, level);
    match &condition.kind {
        Kind::Binary(left, operator, right) if compares(*operator) => {
            lowered.rejects_nulls_of.extend([left, right].into_iter().filter_map(|side| column(side)));
        }
        Kind::Like { operand, .. } | Kind::Between { operand, .. } | Kind::NotNull(operand) => {
            lowered.rejects_nulls_of.extend(column(operand));
        }
        Kind::InList { operand, list, .. } if !list.is_empty() => lowered.rejects_nulls_of.extend(column(operand)),
        Kind::InQuery { not, .. } => {
            // Where it has to be true, false and NULL are the same.
            if let Some(Subquery { used: Used::In(_, is_condition), .. }) = lowered.subqueries.first_mut() {
                *is_condition = !not;
            }
        }
        _ => {}
    }
}

fn compares(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Equals
            | Operator::NotEquals
            | Operator::Less
            | Operator::LessEquals
            | Operator::Greater
            | Operator::GreaterEquals
    )
}

/// Writes a subquery.
fn put_subquery(query: Query, used: Used, out: &mut plan::Expression) {
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
pub(super) fn number(expression: &Expression<'_>) -> Option<Number> {
    match &expression.bare().kind {
        Kind::Literal(Literal::Numeric(digits)) => digits.parse().ok().map(Number::Literal),
        Kind::Unary(UnaryOperator::Negative, operand) => match number(operand)? {
            Number::Literal(number) => Some(Number::Literal(-number)),
            Number::Parameter(_) => None,
        },
        Kind::Parameter(number) => Some(Number::Parameter(*number)),
        _ => None,
    }
}
