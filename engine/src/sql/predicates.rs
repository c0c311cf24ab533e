//! The comparisons with constants that a row of an occurrence has to satisfy.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator, Expr, Ident, UnaryOperator, Value as Parsed};

use super::dependencies::Analysis;
use super::literal;
use super::scope::{Meaning, Scope, bare, path};
use crate::plan::{Operand, Predicate, Relation, Slot};
use crate::types::{ColumnKind, Value};

/// A comparison of a column of an item with constants.
struct Comparison {
    item: usize,
    predicate: Predicate,
}

/// What a comparison has on one side, with its explicit collating sequence.
struct Side<T> {
    what: T,
    collation: Option<String>,
}

impl Analysis<'_> {
    /// Adds the predicates among the conjuncts of a condition to the sources of the items that they are about.
    pub(super) fn conjuncts(&mut self, condition: &Expr, scope: &Scope<'_>, items: Range<usize>) {
        for conjunct in parts(condition, &BinaryOperator::And) {
            let Some(comparison) = disjunction(conjunct, scope) else { continue };
            let item = &scope.items[comparison.item];
            let may_be_null = |operand: &Operand| !matches!(operand, Operand::Literal(value) if *value != Value::Null);
            let accepts_nulls =
                comparison.predicate.relation == Relation::Is && comparison.predicate.any_of.iter().any(may_be_null);
            if !items.contains(&comparison.item) || (item.is_nullable && accepts_nulls) {
                continue;
            }
            if let Some(base) = &item.base
                && base.table.columns[comparison.predicate.column].kind != ColumnKind::GeneratedVirtual
            {
                self.found.sources[base.source].predicates.push(comparison.predicate);
            }
        }
    }
}

/// The operands of a chain of one operator, in their order.
pub(super) fn parts<'e>(expression: &'e Expr, operator: &BinaryOperator) -> Vec<&'e Expr> {
    let mut pending = vec![expression];
    let mut parts = Vec::new();
    while let Some(expression) = pending.pop() {
        match bare(expression) {
            Expr::BinaryOp { left, op, right } if op == operator => pending.extend([&**right, &**left]),
            part => parts.push(part),
        }
    }
    parts
}

/// `a = 1 OR a = 2` is `a IN (1, 2)`.
fn disjunction(condition: &Expr, scope: &Scope<'_>) -> Option<Comparison> {
    let mut alternatives = parts(condition, &BinaryOperator::Or).into_iter();
    let mut first = comparison(alternatives.next()?, scope)?;
    for alternative in alternatives {
        let other = comparison(alternative, scope)?;
        let is_alike = other.item == first.item
            && other.predicate.column == first.predicate.column
            && other.predicate.relation == first.predicate.relation
            && other.predicate.collation == first.predicate.collation;
        if !is_alike {
            return None;
        }
        first.predicate.any_of.extend(other.predicate.any_of);
    }
    Some(first)
}

fn comparison(condition: &Expr, scope: &Scope<'_>) -> Option<Comparison> {
    match condition {
        Expr::BinaryOp { left, op, right } => {
            let relation = match op {
                BinaryOperator::Eq => Relation::Equal,
                BinaryOperator::Spaceship => Relation::Is,
                _ => return None,
            };
            // `x IS TRUE` asks for truth, not for 1.
            let asks_truth =
                |side: &Expr| matches!(bare(side), Expr::Value(value) if matches!(value.value, Parsed::Boolean(_)));
            if relation == Relation::Is && asks_truth(right) {
                return None;
            }
            let (column, constant, left_collation) = match column(left, scope) {
                Some(column) => (column, operand(right, scope)?, true),
                None => (column(right, scope)?, operand(left, scope)?, false),
            };
            let (on_left, on_right) = if left_collation {
                (column.collation, constant.collation)
            } else {
                (constant.collation, column.collation)
            };
            Some(compared(scope, column.what, relation, on_left.or(on_right), vec![constant.what]))
        }
        Expr::InList { expr, list, negated: false } => {
            let column = column(expr, scope)?;
            let operands = list.iter().map(|element| operand(element, scope).filter(|side| side.collation.is_none()));
            let operands = operands.map(|side| side.map(|side| side.what)).collect::<Option<Vec<_>>>()?;
            Some(compared(scope, column.what, Relation::Equal, column.collation, operands))
        }
        _ => None,
    }
}

fn compared(
    scope: &Scope<'_>,
    (item, column): (usize, usize),
    relation: Relation,
    explicit: Option<String>,
    any_of: Vec<Operand>,
) -> Comparison {
    let base = scope.items[item].base.as_ref();
    let own = base.and_then(|base| base.table.columns.get(column)).map(|column| column.collation.as_str());
    let collation = explicit.unwrap_or_else(|| own.unwrap_or("BINARY").to_owned()).to_ascii_uppercase();
    Comparison { item, predicate: Predicate { column, relation, collation, any_of } }
}

/// The expression without parentheses and COLLATE, of which the outermost decides.
fn collated(expression: &Expr) -> Side<&Expr> {
    let mut collation = None;
    let mut what = bare(expression);
    while let Expr::Collate { expr, collation: name } = what {
        let name = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_ascii_uppercase());
        collation = collation.or(name);
        what = bare(expr);
    }
    Side { what, collation }
}

fn column(expression: &Expr, scope: &Scope<'_>) -> Option<Side<(usize, usize)>> {
    let Side { what, collation } = collated(expression);
    Some(Side { what: scope.own_column(what)?, collation })
}

fn operand(expression: &Expr, scope: &Scope<'_>) -> Option<Side<Operand>> {
    let Side { what, collation } = collated(expression);
    let what = match what {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match bare(expr) {
            Expr::Value(value) => Operand::Literal(negative(&value.value)?),
            _ => return None,
        },
        Expr::Value(value) => constant(&value.value, scope)?,
        other => match path(other)? {
            [name] if scope.meaning(std::slice::from_ref(name)) == Meaning::String => {
                Operand::Literal(Value::from(name.value.as_str()))
            }
            _ => return None,
        },
    };
    Some(Side { what, collation })
}

fn negative(value: &Parsed) -> Option<Value> {
    let Parsed::Number(digits, _) = value else { return None };
    match literal::number(digits)? {
        Value::Integer(value) => value.checked_neg().map(Value::Integer),
        Value::Real(value) => Some(Value::Real(-value)),
        _ => None,
    }
}

fn constant(value: &Parsed, scope: &Scope<'_>) -> Option<Operand> {
    Some(Operand::Literal(match value {
        Parsed::Null => Value::Null,
        Parsed::Number(digits, _) => literal::number(digits)?,
        Parsed::SingleQuotedString(text) => Value::from(text.as_str()),
        Parsed::HexStringLiteral(digits) => literal::blob(&format!("x'{digits}'"))?,
        Parsed::Boolean(truth) => {
            let name = Ident::new(if *truth { "true" } else { "false" });
            match scope.meaning(&[name]) {
                Meaning::Missing => Value::from(*truth),
                _ => return None,
            }
        }
        Parsed::Placeholder(spelling) => return Some(Operand::Parameter(slot(spelling)?)),
        _ => return None,
    }))
}

fn slot(spelling: &str) -> Option<Slot> {
    match spelling.strip_prefix('?') {
        Some(number) => number.parse().ok().map(Slot::Position),
        None => spelling.get(1..).map(|name| Slot::Name(name.to_owned())),
    }
}
