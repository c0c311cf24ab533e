//! Which result columns are certainly never NULL.
//!
//! What cannot be told may be NULL. Arithmetic is among it: of infinities it comes to NULL.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use sqlite3_parser::ast::{Literal, Operator};

use super::aggregation::may_have_no_row;
use crate::sql::bind::tree::{Arm, Call, ColumnOf, Expression, Input, Kind, OrderTerm, Query, Select, Subquery};
use crate::types::ColumnKind;

/// Functions that never give NULL.
const NEVER: [&str; 9] =
    ["count", "cume_dist", "dense_rank", "hex", "percent_rank", "quote", "rank", "row_number", "typeof"];

/// Functions that give NULL only if they are given it.
const AS_GIVEN: [&str; 10] =
    ["abs", "instr", "length", "lower", "ltrim", "octet_length", "replace", "rtrim", "trim", "upper"];

/// Of each result column, whether it is never NULL.
pub(super) fn columns(query: &Query<'_>) -> Vec<bool> {
    Reader::default().read(query)
}

/// The SELECT that an expression stands in.
struct Scope<'s, 't> {
    select: &'s Select<'t>,
    /// There may be a row of the result with no row below it.
    may_have_no_row: bool,
    /// The columns that WHERE lets through only with a value.
    demanded: Vec<ColumnOf>,
}

#[derive(Default)]
struct Reader {
    /// Queries that were read: several items of FROM can share one.
    known: FxHashMap<*const (), Rc<[bool]>>,
}

impl Reader {
    fn query(&mut self, query: &Query<'_>) -> Rc<[bool]> {
        let address = std::ptr::from_ref(query).cast();
        if let Some(known) = self.known.get(&address) {
            return Rc::clone(known);
        }
        let found: Rc<[bool]> = self.read(query).into();
        self.known.insert(address, Rc::clone(&found));
        found
    }

    fn read(&mut self, query: &Query<'_>) -> Vec<bool> {
        let mut columns = vec![!query.arms.is_empty(); query.outputs.len()];
        for arm in &query.arms {
            let of_arm = self.arm(arm, &query.order);
            let others = of_arm.into_iter().chain(std::iter::repeat(false));
            columns.iter_mut().zip(others).for_each(|(column, other)| *column &= other);
        }
        columns
    }

    fn arm(&mut self, arm: &Arm<'_>, order: &[OrderTerm<'_>]) -> Vec<bool> {
        match arm {
            Arm::Select(select) => {
                let demanded = select.filter.as_ref().map(demanded).unwrap_or_default();
                let scope = Scope { select, may_have_no_row: may_have_no_row(select, order), demanded };
                select.columns.iter().map(|column| self.expression(&column.expression, &scope)).collect()
            }
            Arm::Values { rows, outputs } => {
                let select = Select::default();
                let scope = Scope { select: &select, may_have_no_row: false, demanded: Vec::new() };
                let mut columns = vec![!rows.is_empty(); outputs.len()];
                for row in rows {
                    let values = row.iter().map(|value| self.expression(value, &scope));
                    columns.iter_mut().zip(values).for_each(|(column, value)| *column &= value);
                }
                columns
            }
        }
    }

    fn expression(&mut self, expression: &Expression<'_>, scope: &Scope<'_, '_>) -> bool {
        match &expression.kind {
            Kind::Literal(literal) => !matches!(literal, Literal::Null | Literal::Keyword(_)),
            Kind::Text(_) | Kind::Truth(_) | Kind::IsNull(_) | Kind::NotNull(_) | Kind::Exists(_) => true,
            Kind::Column(0, columns) => columns.iter().all(|column| self.column(*column, scope)),
            Kind::Rowid(0, items) => items.iter().all(|item| has_rowid(*item, scope)),
            Kind::Alias(column) => {
                let named = scope.select.columns.get(*column);
                named.is_some_and(|column| self.expression(&column.expression, scope))
            }
            Kind::Parenthesized(operand)
            | Kind::Cast(operand, _)
            | Kind::Collate(operand, _)
            | Kind::Unary(_, operand) => self.expression(operand, scope),
            Kind::Row(elements) => self.all(elements, scope),
            Kind::Binary(left, operator, right) => match operator {
                Operator::Is | Operator::IsNot => true,
                operator => keeps_values(*operator) && self.expression(left, scope) && self.expression(right, scope),
            },
            Kind::Between { operand, low, high, .. } => {
                [operand, low, high].into_iter().all(|operand| self.expression(operand, scope))
            }
            Kind::Case { branches, otherwise, .. } => {
                let results = branches.iter().map(|(_, result)| result);
                otherwise
                    .as_deref()
                    .is_some_and(|otherwise| results.chain([otherwise]).all(|result| self.expression(result, scope)))
            }
            Kind::InList { operand, list, .. } => {
                list.is_empty() || (self.expression(operand, scope) && self.all(list, scope))
            }
            Kind::InQuery { operand, subquery, .. } => {
                self.expression(operand, scope) && self.query(&subquery.query).iter().all(|never| *never)
            }
            Kind::Subquery(subquery) => is_count(subquery),
            Kind::Call(call) => self.call(call, scope),
            Kind::Column(..)
            | Kind::InTable { .. }
            | Kind::Like { .. }
            | Kind::OpaqueColumn(_)
            | Kind::Parameter(_)
            | Kind::Raise
            | Kind::Rowid(..)
            | Kind::UnknownColumn(_) => false,
        }
    }

    fn all(&mut self, expressions: &[Expression<'_>], scope: &Scope<'_, '_>) -> bool {
        expressions.iter().all(|expression| self.expression(expression, scope))
    }

    fn column(&mut self, column: ColumnOf, scope: &Scope<'_, '_>) -> bool {
        if scope.may_have_no_row {
            return false;
        }
        if scope.demanded.contains(&column) {
            return true;
        }
        let (item, column) = column;
        let Some(item) = scope.select.from.items.get(item).filter(|item| !item.is_nullable) else { return false };
        match &item.input {
            Input::Table(base) => base.table.columns.get(column).is_some_and(|column| {
                column.is_rowid || (column.not_null && column.kind != ColumnKind::GeneratedVirtual)
            }),
            Input::Query { query, .. } => self.query(query).get(column).is_some_and(|never| *never),
            Input::Recursive(_) | Input::Step(_) | Input::Unstored(_) | Input::Opaque { .. } => false,
        }
    }

    fn call(&mut self, call: &Call<'_>, scope: &Scope<'_, '_>) -> bool {
        match call.name.as_str() {
            name if NEVER.contains(&name) => true,
            name if AS_GIVEN.contains(&name) => self.all(&call.arguments, scope),
            "coalesce" | "ifnull" => call.arguments.iter().any(|argument| self.expression(argument, scope)),
            "iif" | "if" if call.arguments.len() == 3 => self.all(&call.arguments[1..], scope),
            "min" | "max" if call.arguments.len() > 1 => self.all(&call.arguments, scope),
            // A group has a row.
            "min" | "max" if call.over.is_none() && call.filter.is_none() => {
                !scope.select.groups.is_empty() && self.all(&call.arguments, scope)
            }
            _ => false,
        }
    }
}

/// Whether an operator gives NULL only if it is given it.
fn keeps_values(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::And
            | Operator::Or
            | Operator::Equals
            | Operator::NotEquals
            | Operator::Less
            | Operator::LessEquals
            | Operator::Greater
            | Operator::GreaterEquals
            | Operator::Concat
            | Operator::BitwiseAnd
            | Operator::BitwiseOr
            | Operator::LeftShift
            | Operator::RightShift
    )
}

fn has_rowid(item: usize, scope: &Scope<'_, '_>) -> bool {
    use crate::types::TableKind;
    let item = scope.select.from.items.get(item).filter(|item| !item.is_nullable && !scope.may_have_no_row);
    let base = item.and_then(|item| item.base());
    base.is_some_and(|base| matches!(base.table.kind, TableKind::Table { without_rowid: false }))
}

/// Whether a subquery is one row with a count.
fn is_count(subquery: &Subquery<'_>) -> bool {
    let query = &subquery.query;
    match &query.arms[..] {
        [Arm::Select(select)] if query.limit.is_none() && select.groups.is_empty() && select.having.is_none() => {
            matches!(&select.columns[..], [column] if matches!(&column.expression.bare().kind,
                Kind::Call(call) if call.name == "count" && call.is_star && call.over.is_none()))
        }
        _ => false,
    }
}

/// The columns that a condition lets through only with a value.
fn demanded(filter: &Expression<'_>) -> Vec<ColumnOf> {
    let mut found = Vec::new();
    for part in filter.chain(Operator::And) {
        match &part.kind {
            Kind::NotNull(operand)
            | Kind::Between { operand, .. }
            | Kind::InList { operand, not: false, .. }
            | Kind::InQuery { operand, not: false, .. } => found.extend(operand.own_column()),
            Kind::Binary(left, Operator::IsNot, right) if matches!(right.bare().kind, Kind::Literal(Literal::Null)) => {
                found.extend(left.own_column());
            }
            Kind::Binary(left, operator, right) if is_comparison(*operator) => {
                found.extend(left.own_column().into_iter().chain(right.own_column()));
            }
            _ => found.extend(part.own_column()),
        }
    }
    found
}

fn is_comparison(operator: Operator) -> bool {
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
