//! Expressions: their names resolved, their values' types told from the inside out.

use sqlite3_parser::ast::{self, Expr, Operator};

use super::scope::{Meaning, Scope, merged};
use super::tree::{ColumnOf, Expression, Kind, Query, Size, Subquery};
use super::value_type::{ValueClass, ValueType};
use super::{Around, Binder, typing, walk};
use crate::plan::Columns;
use crate::sql::syntax::name::{Path, plain};

/// Operators whose chains are written without parentheses around the left operand: they bind to the left.
pub fn chains(operator: Operator) -> bool {
    matches!(operator, Operator::And | Operator::Or | Operator::Concat | Operator::Add)
}

impl<'t> Expression<'t> {
    /// An expression whose type follows from its parts.
    fn of(kind: Kind<'t>) -> Self {
        let value_type = typing::of(&kind);
        Self::with_type(kind, value_type)
    }

    fn with_type(kind: Kind<'t>, value_type: ValueType) -> Self {
        let size = size(&kind);
        Self { kind, value_type, size }
    }
}

fn size(kind: &Kind<'_>) -> Size {
    if let Kind::Binary(left, operator, right) = kind
        && chains(*operator)
        && matches!(&left.kind, Kind::Binary(_, inner, _) if inner == operator)
    {
        return left.size.and(right.size.deeper());
    }
    let operands = walk::operands(kind).into_iter().map(|operand| operand.size);
    let subquery = walk::subquery(kind).map(|subquery| subquery.query.size);
    let table = match kind {
        Kind::InTable { table, .. } => Some(table.item.size()),
        _ => None,
    };
    operands.chain(subquery).chain(table).fold(Size::default(), Size::and).deeper()
}

impl<'t> Binder<'_, 't> {
    pub(super) fn expression(
        &mut self,
        written: &'t Expr<'t>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Expression<'t> {
        if !self.has_room(around.depth) {
            return Expression::of(Kind::Raise);
        }
        if let Expr::Binary(..) = written {
            return self.binary(written, scope, around);
        }
        let around = around.deeper();
        if let Some(path) = Path::of(written) {
            return self.name(&path, scope);
        }
        let mut one = |operand: &'t Expr<'t>| Box::new(self.expression(operand, scope, around));
        let kind = match written {
            Expr::Between { lhs, not, start, end } => {
                Kind::Between { operand: one(lhs), not: *not, low: one(start), high: one(end) }
            }
            Expr::Case { base, when_then_pairs, else_expr } => {
                let base = base.map(&mut one);
                let branches = when_then_pairs.iter().map(|(when, then)| (*one(when), *one(then))).collect();
                Kind::Case { base, branches, otherwise: else_expr.map(one) }
            }
            Expr::Cast { expr, type_name } => Kind::Cast(one(expr), type_name.as_ref()),
            Expr::Collate(operand, name) => Kind::Collate(one(operand), plain(name).into_owned()),
            Expr::IsNull(operand) => Kind::IsNull(one(operand)),
            Expr::NotNull(operand) => Kind::NotNull(one(operand)),
            Expr::Unary(operator, operand) => Kind::Unary(*operator, one(operand)),
            Expr::Like { lhs, not, op, rhs, escape } => {
                Kind::Like { operand: one(lhs), not: *not, operator: *op, pattern: one(rhs), escape: escape.map(one) }
            }
            Expr::InList { lhs, not, rhs } => {
                let operand = one(lhs);
                Kind::InList { operand, not: *not, list: self.expressions(rhs.unwrap_or_default(), scope, around) }
            }
            Expr::Parenthesized(elements) => match &elements[..] {
                [inner] => Kind::Parenthesized(one(inner)),
                elements => Kind::Row(self.expressions(elements, scope, around)),
            },
            Expr::Exists(query) => Kind::Exists(self.subquery(query, scope, around)),
            Expr::Subquery(query) => Kind::Subquery(self.subquery(query, scope, around)),
            Expr::InSelect { lhs, not, rhs } => {
                let operand = one(lhs);
                Kind::InQuery { operand, not: *not, subquery: self.subquery(rhs, scope, around) }
            }
            Expr::InTable { lhs, not, rhs, args } => {
                let operand = one(lhs);
                let inside = Around { scope: Some(scope), ..around };
                Kind::InTable { operand, not: *not, table: self.set_table(rhs, *args, scope, inside) }
            }
            Expr::FunctionCall { .. } | Expr::FunctionCallStar { .. } => {
                Kind::Call(Box::new(self.call(written, scope, around)))
            }
            Expr::Literal(literal) => Kind::Literal(literal),
            Expr::Variable(number) => Kind::Parameter(number.trim_start_matches('?').parse().unwrap_or(usize::MAX)),
            Expr::Raise(..)
            | Expr::Binary(..)
            | Expr::DoublyQualified(..)
            | Expr::Id(_)
            | Expr::Name(_)
            | Expr::Qualified(..) => Kind::Raise,
        };
        Expression::of(kind)
    }

    pub(super) fn expressions(
        &mut self,
        written: &'t [Expr<'t>],
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Vec<Expression<'t>> {
        written.iter().map(|expression| self.expression(expression, scope, around)).collect()
    }

    /// Operators to the left of each other, without a call for each: a chain is as deep as it is long.
    fn binary(&mut self, written: &'t Expr<'t>, scope: &Scope<'_, 't>, around: Around<'_, 't>) -> Expression<'t> {
        let (mut rest, mut operands) = (written, Vec::new());
        while let Expr::Binary(left, operator, right) = rest {
            operands.push((*operator, *right));
            rest = left;
        }
        let around = around.deeper();
        let mut bound = self.expression(rest, scope, around);
        for (operator, right) in operands.into_iter().rev() {
            let right = Box::new(self.expression(right, scope, around));
            bound = Expression::of(Kind::Binary(Box::new(bound), operator, right));
        }
        bound
    }

    fn subquery(
        &mut self,
        written: &'t ast::Select<'t>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Subquery<'t> {
        let query: Query<'t> = self.query(written, Around { scope: Some(scope), ..around });
        Subquery { written, query }
    }

    /// What a name stands for; its columns count as read.
    fn name(&mut self, path: &Path<'_>, scope: &Scope<'_, 't>) -> Expression<'t> {
        match scope.meaning(path) {
            Meaning::Columns(level, columns) => self.columns(level, columns, scope),
            Meaning::Rowid(level, items) => {
                // A rowid that no column stands for never changes: its row is deleted and another one inserted.
                let all = scope.levels().nth(level).map_or(&[][..], |scope| scope.items);
                for base in items.iter().filter_map(|item| all.get(*item)?.base()) {
                    if let Some(column) = base.table.rowid_alias() {
                        self.read(base.reference, column);
                    }
                }
                Expression::of(Kind::Rowid(level, items))
            }
            Meaning::Alias(alias) => {
                let named = scope.results.get(alias).map(|result| result.expression.value_type);
                Expression::with_type(Kind::Alias(alias), named.unwrap_or(ValueType::UNKNOWN))
            }
            Meaning::String => Expression::of(Kind::Text(path.column.clone().into_owned())),
            Meaning::Truth(truth) => Expression::of(Kind::Truth(truth)),
            Meaning::Opaque => Expression::of(Kind::OpaqueColumn(path.column.clone().into_owned())),
            Meaning::Missing => {
                for base in scope.levels().flat_map(|scope| scope.items).filter_map(|item| item.base()) {
                    self.references[base.reference].columns = Columns::All;
                }
                Expression::of(Kind::UnknownColumn(path.column.clone().into_owned()))
            }
        }
    }

    /// Columns of the SELECT so many levels out, which USING merges if they are several.
    pub(super) fn columns(&mut self, level: usize, columns: Vec<ColumnOf>, scope: &Scope<'_, 't>) -> Expression<'t> {
        let items = scope.levels().nth(level).map_or(&[][..], |scope| scope.items);
        for (item, column) in &columns {
            if let Some(base) = items.get(*item).and_then(|item| item.base()) {
                self.read(base.reference, *column);
            }
        }
        let type_of = |&(item, column): &ColumnOf| Some(items.get(item)?.columns.get(column)?.value_type);
        let meant = merged(&columns, |item| items.get(item).map(|item| item.join));
        let value_type = match &meant[..] {
            [one] => type_of(one),
            several => {
                let class = several.iter().filter_map(type_of).map(|known| known.class).reduce(ValueClass::or);
                class.map(|class| ValueType { class, ..ValueType::UNKNOWN })
            }
        };
        Expression::with_type(Kind::Column(level, columns), value_type.unwrap_or(ValueType::UNKNOWN))
    }
}
