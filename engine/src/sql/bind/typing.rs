//! What type the values of an expression have, told from its operands by SQLite's rules.

use sqlite3_parser::ast::{self, Literal, Operator, UnaryOperator};

use super::tree::{Expression, Kind, Output};
use super::unstored::Unstored;
use super::value_class;
use super::value_type::{StorageClasses, ValueType};
use super::walk;
use crate::types::{Affinity, Collation, Column, ColumnKind};

/// The type of an expression of this kind; of names it is told where they are resolved.
pub(super) fn of(kind: &Kind<'_>) -> ValueType {
    let class = value_class::of(kind);
    let none = Some(None);
    let has_collate = || walk::operands(kind).iter().any(|operand| operand.value_type.has_collate);
    let plain = match kind {
        Kind::Parenthesized(inner) => return inner.value_type,
        Kind::Collate(operand, name) => {
            let collation = Collation::named(name);
            let is_collated = collation.is_some();
            return ValueType { collation, is_collated, has_collate: true, class, ..operand.value_type };
        }
        Kind::Cast(operand, target) => {
            let affinity = Some(Some(affinity_of_cast(*target)));
            let storage = StorageClasses::of_affinity(affinity);
            return ValueType { affinity, class, storage, ..operand.value_type }.with_exact_class();
        }
        Kind::Unary(UnaryOperator::Positive, operand) => {
            return ValueType { affinity: none, class, ..operand.value_type }.with_exact_class();
        }
        Kind::Literal(literal) => return ValueType::of_value(none, class, storage_of_literal(literal)),
        Kind::Parameter(_) => return ValueType::of_value(none, class, StorageClasses::ANY),
        Kind::Text(_) => return ValueType::of_value(none, class, StorageClasses::TEXT),
        Kind::Truth(_) => return ValueType::of_value(none, class, StorageClasses::NUMBER),
        Kind::Rowid(..) => {
            let affinity = Some(Some(Affinity::Integer));
            return ValueType::of_value(affinity, class, StorageClasses::of_affinity(affinity));
        }
        Kind::OpaqueColumn(_) | Kind::UnknownColumn(_) => {
            return ValueType { collation: Some(Collation::Binary), ..ValueType::UNKNOWN };
        }
        Kind::Column(..) | Kind::Alias(_) | Kind::Raise => return ValueType::UNKNOWN,
        Kind::Row(_) => {
            return ValueType { has_collate: has_collate(), storage: StorageClasses::NUMBER, ..ValueType::UNKNOWN };
        }
        Kind::Subquery(_) => ValueType::of_value(None, class, StorageClasses::ANY),
        Kind::InTable { .. } => ValueType::of_value(None, class, StorageClasses::NUMBER),
        Kind::Binary(_, operator, _) => ValueType::of_value(none, class, storage_of_operator(*operator)),
        Kind::Case { branches, otherwise, .. } => {
            let results = branches.iter().map(|(_, result)| result).chain(otherwise.as_deref());
            let storage = results.map(|result| result.value_type.storage);
            ValueType::of_value(none, class, storage.fold(StorageClasses::NONE, StorageClasses::or))
        }
        Kind::Call(_) | Kind::Like { .. } => ValueType::of_value(none, class, StorageClasses::ANY),
        Kind::Between { .. }
        | Kind::Exists(_)
        | Kind::InList { .. }
        | Kind::InQuery { .. }
        | Kind::IsNull(_)
        | Kind::NotNull(_)
        | Kind::Unary(..) => ValueType::of_value(none, class, StorageClasses::NUMBER),
    };
    match has_collate() {
        // It may be the one that decides.
        true => ValueType { collation: None, has_collate: true, ..plain }.with_exact_class(),
        false => plain,
    }
}

fn affinity_of_cast(target: Option<&ast::Type<'_>>) -> Affinity {
    Affinity::of_declared_type(target.map_or("", |declared| declared.name))
}

fn storage_of_literal(literal: &Literal<'_>) -> StorageClasses {
    match literal {
        Literal::Null => StorageClasses::NONE,
        Literal::String(_) => StorageClasses::TEXT,
        Literal::Blob(_) => StorageClasses::BLOB,
        Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp => StorageClasses::ANY,
        Literal::Numeric(_) | Literal::Keyword(_) => StorageClasses::NUMBER,
    }
}

fn storage_of_operator(operator: Operator) -> StorageClasses {
    match operator {
        Operator::Concat => StorageClasses::TEXT.or(StorageClasses::BLOB),
        // These are functions to SQLite.
        Operator::ArrowRight | Operator::ArrowRightShift => StorageClasses::ANY,
        _ => StorageClasses::NUMBER,
    }
}

/// The affinity of a column that several SELECTs give (sqlite3SubqueryColumnTypes): that of the first which has one, unless
/// another one can give values that it would change. Where CAST gives a number in the first of several, the column takes
/// whole numbers and fractions as they are.
pub fn common_affinity<'s>(parts: impl Iterator<Item = &'s Output>) -> Option<Option<Affinity>> {
    let (mut first, mut storage) = (None, StorageClasses::NONE);
    let mut parts = parts.peekable();
    let is_cast = parts.peek().is_some_and(|part| part.is_cast);
    let mut several = 0;
    for part in parts {
        several += 1;
        let affinity = part.value_type.affinity?;
        match first {
            None if affinity.is_some() => first = affinity,
            _ => storage = storage.or(part.value_type.storage),
        }
    }
    Some(match first {
        Some(Affinity::Text) if storage.has(StorageClasses::NUMBER) => Some(Affinity::Blob),
        Some(Affinity::Integer | Affinity::Numeric | Affinity::Real) if storage.has(StorageClasses::TEXT) => {
            Some(Affinity::Blob)
        }
        Some(Affinity::Integer | Affinity::Real) if is_cast && several > 1 => Some(Affinity::Numeric),
        other => other,
    })
}

impl Output {
    /// A column of a base table.
    pub(super) fn of_column(column: &Column) -> Self {
        Self {
            name: Some(column.name.clone()),
            is_hidden: column.kind == ColumnKind::Hidden,
            value_type: ValueType::of_column(column),
            is_cast: false,
        }
    }

    /// The columns of what has no rows of the database's tables.
    pub(super) fn of_unstored(table: &Unstored) -> Vec<Self> {
        let column = |(name, affinity, is_hidden): (&str, _, _)| {
            let (affinity, collation) = (Some(Some(affinity)), Some(Collation::Binary));
            let value_type = ValueType { affinity, collation, ..ValueType::UNKNOWN }.as_column();
            Self { name: Some(name.to_owned()), is_hidden, value_type, is_cast: false }
        };
        table.columns().map(column).collect()
    }

    /// What an expression gives.
    pub(super) fn of_expression(name: Option<String>, expression: &Expression<'_>) -> Self {
        let is_cast = matches!(expression.bare().kind, Kind::Cast(..));
        Self { name, is_hidden: false, value_type: expression.value_type, is_cast }
    }

    /// As a column of an item of FROM that is a query.
    pub(super) fn as_column(&self) -> Self {
        Self { is_hidden: false, value_type: self.value_type.as_column(), is_cast: false, ..self.clone() }
    }

    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}
