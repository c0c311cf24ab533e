//! Expressions, written again with the names of the plan.

use sqlite3_parser::ast::{Literal, Operator, UnaryOperator};

use super::nulls::null_with;
use super::{Level, Lowered, Lowering};
use crate::plan::{self, Known, Number, Query, Reason, Subquery, Used, quoted};
use crate::sql::bind::tree::{Expression, Kind};
use crate::sql::syntax::print;

impl Lowering {
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
        out.known = self.write(expression, &mut out, level)?;
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

    /// Appends an expression; what it is if there is nothing else.
    pub(super) fn write<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<Known> {
        match &expression.kind {
            Kind::Binary(left, operator, right) => return self.binary(left, *operator, right, out, level),
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
            | Kind::NotNull(_) => return self.test(expression, out, level),
            Kind::Call(call) => self.call(call, out, level)?,
            Kind::Literal(literal) => {
                out.text.push(&print::literal(literal));
                return Ok(match literal {
                    Literal::Null => Known::Truth(false),
                    _ => integer(expression).map_or(Known::Other, Known::Integer),
                });
            }
            Kind::Parameter(number) => out.text.push(&format!("?{number}")),
            Kind::Column(up, columns) => self.write_column(*up, columns, out, level)?,
            Kind::Rowid(up, items) => self.write_rowid(*up, items, out, level)?,
            Kind::Alias(at) => Self::write_alias(*at, out, level)?,
            Kind::Text(text) => out.text.push(&format!("'{}'", text.replace('\'', "''"))),
            Kind::Truth(truth) => {
                out.text.push(if *truth { "TRUE" } else { "FALSE" });
                return Ok(Known::Truth(*truth));
            }
            Kind::OpaqueColumn(name) => return Err(Reason::UnlistedColumn { column: name.clone() }),
            Kind::UnknownColumn(name) => return Err(Reason::UnknownColumn { column: name.clone() }),
            Kind::Raise => return Err(Reason::Internal("RAISE outside a trigger")),
        }
        Ok(Known::Other)
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
    pub(super) fn compared_with_set<'t>(
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

    /// An expression as an operand: in parentheses unless it needs none. The constant that it is, if it is a whole number or a
    /// parameter.
    pub(super) fn operand<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<Option<Number>> {
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
        if needs_parentheses {
            out.text.push("(");
            self.write(expression, out, level)?;
            out.text.push(")");
            return Ok(None);
        }
        let known = self.write(expression, out, level)?;
        Ok(match (&expression.kind, known) {
            (Kind::Parameter(number), _) => Some(Number::Parameter(*number)),
            (_, Known::Integer(number)) => Some(Number::Literal(number)),
            _ => None,
        })
    }
}

/// The whole number that a literal is.
pub(super) fn integer(expression: &Expression<'_>) -> Option<i64> {
    match &expression.kind {
        Kind::Literal(Literal::Numeric(digits)) => digits.parse().ok(),
        _ => None,
    }
}

/// Writes a subquery.
pub(super) fn put_subquery(query: Query, used: Used, out: &mut plan::Expression) {
    out.text.push_subquery(query.text());
    out.items.extend(query.items());
    out.subqueries.push(Subquery { query, used });
}

pub(super) fn symbol(operator: Operator) -> &'static str {
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
