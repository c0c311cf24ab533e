//! The comparisons with constants that a row of a table reference has to satisfy.

use std::ops::Range;

use sqlite3_parser::ast::{Expr, Literal, Operator, UnaryOperator};

use super::dependencies::Analysis;
use super::literal;
use super::name::{Path, bare, plain};
use super::scope::{Meaning, Scope};
use crate::plan::{Operand, Predicate, Relation, Slot};
use crate::types::{Affinity, ColumnKind, Value};

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
    pub(super) fn conjuncts(&mut self, condition: &Expr<'_>, scope: &Scope<'_>, items: Range<usize>) {
        for conjunct in parts(condition, Operator::And) {
            for comparison in comparisons(conjunct, scope) {
                self.predicate(comparison, scope, &items);
            }
        }
    }

    fn predicate(&mut self, Comparison { item: at, predicate }: Comparison, scope: &Scope<'_>, items: &Range<usize>) {
        let item = &scope.items[at];
        let may_be_null = |operand: &Operand| !matches!(operand, Operand::Literal(value) if *value != Value::Null);
        let accepts_nulls = predicate.relation == Relation::Is && predicate.any_of.iter().any(may_be_null);
        // Of texts that are no UTF-8 the order is another one.
        let is_known = self.catalog.is_utf8 || !predicate.relation.is_range();
        if !items.contains(&at) || (item.is_nullable && accepts_nulls) || !is_known {
            return;
        }
        if let Some(base) = &item.base
            && base.table.columns[predicate.column].kind != ColumnKind::GeneratedVirtual
        {
            self.found.sources[base.source].predicates.push(predicate);
        }
    }
}

/// What a conjunct says of one column; BETWEEN is two comparisons.
fn comparisons(conjunct: &Expr<'_>, scope: &Scope<'_>) -> Vec<Comparison> {
    match conjunct {
        Expr::Between { lhs, not: false, start, end } => {
            let bounds = [(start, Relation::AtLeast), (end, Relation::AtMost)];
            bounds.into_iter().filter_map(|(bound, relation)| of_sides(lhs, relation, bound, scope)).collect()
        }
        _ => disjunction(conjunct, scope).into_iter().collect(),
    }
}

/// The operands of a chain of one operator, in their order.
pub(super) fn parts<'e, 't>(expression: &'e Expr<'t>, operator: Operator) -> Vec<&'e Expr<'t>> {
    let mut pending = vec![expression];
    let mut parts = Vec::new();
    while let Some(expression) = pending.pop() {
        match bare(expression) {
            Expr::Binary(left, op, right) if *op == operator => pending.extend([*right, *left]),
            part => parts.push(part),
        }
    }
    parts
}

/// `a = 1 OR a = 2` is `a IN (1, 2)`.
fn disjunction(condition: &Expr<'_>, scope: &Scope<'_>) -> Option<Comparison> {
    let mut alternatives = parts(condition, Operator::Or).into_iter();
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

fn comparison(condition: &Expr<'_>, scope: &Scope<'_>) -> Option<Comparison> {
    match condition {
        Expr::Binary(left, op, right) => {
            let relation = match op {
                Operator::Equals => Relation::Equal,
                Operator::Is => Relation::Is,
                Operator::Less => Relation::Less,
                Operator::LessEquals => Relation::AtMost,
                Operator::Greater => Relation::Greater,
                Operator::GreaterEquals => Relation::AtLeast,
                _ => return None,
            };
            // `x IS TRUE` asks for truth, not for 1.
            let asks_truth = matches!(scope.meaning_of(bare(right)), Some(Meaning::Truth(_)));
            if relation == Relation::Is && asks_truth {
                return None;
            }
            of_sides(left, relation, right, scope)
        }
        Expr::IsNull(operand) => {
            let column = column(operand, scope)?;
            let null = vec![Operand::Literal(Value::Null)];
            Some(compared(scope, column.what, Relation::Is, column.collation, null))
        }
        Expr::InList { lhs, rhs, not: false } => {
            let column = column(lhs, scope)?;
            let list = rhs.unwrap_or_default().iter();
            let operands = list.map(|element| operand(element, scope).filter(|side| side.collation.is_none()));
            let operands = operands.map(|side| side.map(|side| side.what)).collect::<Option<Vec<_>>>()?;
            Some(compared(scope, column.what, Relation::Equal, column.collation, operands))
        }
        _ => None,
    }
}

/// A comparison of a column on one side with a constant on the other.
fn of_sides(left: &Expr<'_>, relation: Relation, right: &Expr<'_>, scope: &Scope<'_>) -> Option<Comparison> {
    let (column, relation, constant, explicit) = match column(left, scope) {
        Some(column) => {
            let constant = operand(right, scope)?;
            (column.what, relation, constant.what, column.collation.or(constant.collation))
        }
        None => {
            let (constant, column) = (operand(left, scope)?, column(right, scope)?);
            (column.what, relation.mirrored(), constant.what, constant.collation.or(column.collation))
        }
    };
    Some(compared(scope, column, relation, explicit, vec![constant]))
}

fn compared(
    scope: &Scope<'_>,
    (item, column): (usize, usize),
    relation: Relation,
    explicit: Option<String>,
    any_of: Vec<Operand>,
) -> Comparison {
    let base = scope.items[item].base.as_ref();
    let own = base.and_then(|base| base.table.columns.get(column));
    let affinity = own.map_or(Affinity::Blob, |own| own.affinity);
    let own = own.map(|column| column.collation.as_str());
    let collation = explicit.unwrap_or_else(|| own.unwrap_or("BINARY").to_owned()).to_ascii_uppercase();
    Comparison { item, predicate: Predicate { column, relation, affinity, collation, any_of } }
}

/// The expression without parentheses and COLLATE, of which the outermost decides.
fn collated<'e, 't>(expression: &'e Expr<'t>) -> Side<&'e Expr<'t>> {
    let mut collation = None;
    let mut what = bare(expression);
    while let Expr::Collate(operand, name) = what {
        collation.get_or_insert_with(|| plain(name).to_ascii_uppercase());
        what = bare(operand);
    }
    Side { what, collation }
}

fn column(expression: &Expr<'_>, scope: &Scope<'_>) -> Option<Side<(usize, usize)>> {
    let Side { what, collation } = collated(expression);
    Some(Side { what: scope.own_column(what)?, collation })
}

fn operand(expression: &Expr<'_>, scope: &Scope<'_>) -> Option<Side<Operand>> {
    let Side { what, collation } = collated(expression);
    let what = match what {
        Expr::Unary(UnaryOperator::Negative, digits) => Operand::Literal(negative(bare(digits))?),
        Expr::Literal(literal) => Operand::Literal(constant(literal)?),
        Expr::Variable(number) => Operand::Parameter(Slot::Position(number.parse().ok()?)),
        name => match scope.meaning_of(name)? {
            Meaning::String => Operand::Literal(Value::from(&*Path::of(name)?.column)),
            Meaning::Truth(truth) => Operand::Literal(Value::from(truth)),
            _ => return None,
        },
    };
    Some(Side { what, collation })
}

fn negative(expression: &Expr<'_>) -> Option<Value> {
    let Expr::Literal(Literal::Numeric(digits)) = expression else { return None };
    match literal::number(digits)? {
        Value::Integer(value) => value.checked_neg().map(Value::Integer),
        Value::Real(value) => Some(Value::Real(-value)),
        _ => None,
    }
}

fn constant(literal: &Literal<'_>) -> Option<Value> {
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Numeric(digits) => literal::number(digits)?,
        Literal::String(text) => literal::string(text),
        Literal::Blob(digits) => literal::blob(&format!("x'{digits}'"))?,
        Literal::Keyword(_) | Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp => return None,
    })
}
