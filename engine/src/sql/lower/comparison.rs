//! Comparisons and tests, written again; what they are, if they compare a column with constants.

use sqlite3_parser::ast::{LikeOperator, Literal, Operator};

use super::expression::{integer, put_subquery, symbol};
use super::name::are_mixed;
use super::nulls::own_item;
use super::{Level, Lowered, Lowering};
use crate::plan::{self, Known, Number, Reason, Subquery, Test, Used};
use crate::sql::bind::chains;
use crate::sql::bind::tree::{Expression, Kind};
use crate::sql::syntax::literal;
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

    /// An expression that tests an operand: BETWEEN, IN, LIKE, IS NULL.
    pub(super) fn test<'t>(
        &mut self,
        expression: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<Known> {
        match &expression.kind {
            Kind::Between { operand, not, low, high } => {
                self.operand(operand, out, level)?;
                out.text.push(if *not { " NOT BETWEEN " } else { " BETWEEN " });
                let low = self.lifted(low, out, level)?;
                out.text.push(" AND ");
                let high = self.lifted(high, out, level)?;
                if let (false, Some(low), Some(high)) = (*not, low, high) {
                    return Ok(Known::Tests(vec![Test::AtLeast(low), Test::AtMost(high)]));
                }
            }
            Kind::IsNull(operand) => {
                self.operand(operand, out, level)?;
                out.text.push(" ISNULL");
                return Ok(Known::Tests(vec![Test::Null]));
            }
            Kind::NotNull(operand) => {
                self.operand(operand, out, level)?;
                out.text.push(" NOTNULL");
                return Ok(Known::Tests(vec![Test::NotNull]));
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
                let mut constants = (!not && !list.is_empty()).then(|| Vec::with_capacity(list.len()));
                for (at, element) in list.iter().enumerate() {
                    out.text.push(if at == 0 { "" } else { ", " });
                    match (self.lifted(element, out, level)?, &mut constants) {
                        (Some(constant), Some(constants)) => constants.push(constant),
                        _ => constants = None,
                    }
                }
                out.text.push(")");
                if let Some(constants) = constants {
                    return Ok(Known::Tests(vec![Test::Equal(constants)]));
                }
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
        Ok(Known::Other)
    }

    pub(super) fn binary<'t>(
        &mut self,
        left: &Expression<'t>,
        operator: Operator,
        right: &Expression<'t>,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<Known> {
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
            return Ok(Known::Other);
        }
        out.can_fail |= matches!(operator, Operator::ArrowRight | Operator::ArrowRightShift);
        self.compared(left, right, operator, out, level)?;
        out.text.push(&symbol);
        let is_mixed = matches!(operator, Operator::Equals | Operator::Is) && are_mixed(left, right);
        if is_mixed {
            out.text.push("+ ");
        }
        let constant = self.compared(right, left, operator, out, level)?;
        if is_mixed {
            return Ok(Known::Other);
        }
        if let (Some(left), Some(right)) = (integer(left), integer(right)) {
            return Ok(compared(left, operator, right).map_or(Known::Other, Known::Truth));
        }
        let is_null = matches!(right.kind, Kind::Literal(Literal::Null));
        Ok(match constant {
            None if is_null && operator == Operator::Is => Known::Tests(vec![Test::Null]),
            None if is_null && operator == Operator::IsNot => Known::Tests(vec![Test::NotNull]),
            Some(constant) => test(operator, constant).map_or(Known::Other, |test| Known::Tests(vec![test])),
            None if operator == Operator::Equals => Known::Equal,
            None => Known::Other,
        })
    }

    /// One side of a binary operator; a literal that is compared becomes a parameter.
    fn compared<'t>(
        &mut self,
        side: &Expression<'t>,
        other: &Expression<'t>,
        operator: Operator,
        out: &mut plan::Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<Option<Number>> {
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
    ) -> Lowered<Option<Number>> {
        let value = match expression.kind {
            Kind::Literal(Literal::Numeric(digits)) => literal::number(digits),
            Kind::Literal(Literal::String(text)) => Some(literal::string(text)),
            _ => None,
        };
        match value {
            Some(value) if value != Value::Integer(0) && value != Value::Integer(1) => {
                self.literals.push(value);
                let parameter = self.parameters + self.literals.len();
                out.text.push(&format!("?{parameter}"));
                Ok(Some(Number::Parameter(parameter)))
            }
            _ => self.operand(expression, out, level),
        }
    }
}

/// What a condition that has to be true says of the rows.
pub(super) fn note_condition(condition: &Expression<'_>, level: &Level<'_, '_>, lowered: &mut plan::Expression) {
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

/// What a comparison with a constant tests.
fn test(operator: Operator, constant: Number) -> Option<Test> {
    Some(match operator {
        Operator::Equals => Test::Equal(vec![constant]),
        Operator::NotEquals => Test::Unequal(constant),
        Operator::Less => Test::Less(constant),
        Operator::LessEquals => Test::AtMost(constant),
        Operator::Greater => Test::Greater(constant),
        Operator::GreaterEquals => Test::AtLeast(constant),
        _ => return None,
    })
}

/// The comparison of two numbers.
fn compared(left: i64, operator: Operator, right: i64) -> Option<bool> {
    Some(match operator {
        Operator::Equals => left == right,
        Operator::NotEquals => left != right,
        Operator::Less => left < right,
        Operator::LessEquals => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterEquals => left >= right,
        _ => return None,
    })
}
