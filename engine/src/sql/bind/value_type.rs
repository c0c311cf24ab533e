//! What is known of the values of a column or an expression without evaluating it.

use crate::types::{Affinity, Collation, Column};

/// What kind of values a column or an expression has. In all but `Ambiguous`, two values that SQL calls equal are the same
/// value, so it does not matter which of them DISTINCT, GROUP BY or MIN shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueClass {
    /// INTEGER affinity and no collation: their sum does not depend on the order.
    Integer,
    /// REAL affinity and no collation: whole numbers are REAL as well.
    Real,
    /// TEXT or NUMERIC affinity and no collation.
    Plain,
    /// Equality is ambiguous: 1 and 1.0, or `a` and `A`, may both be among them.
    Ambiguous,
}

impl ValueClass {
    pub fn of_column(column: &Column) -> Self {
        match column.affinity {
            _ if column.collation != "BINARY" => Self::Ambiguous,
            Affinity::Integer => Self::Integer,
            // A REAL column stores 0.0 for -0.0.
            Affinity::Real => Self::Real,
            Affinity::Text | Affinity::Numeric => Self::Plain,
            Affinity::Blob => Self::Ambiguous,
        }
    }

    /// The class of values that are of one or the other.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ambiguous, _) | (_, Self::Ambiguous) => Self::Ambiguous,
            (Self::Integer, Self::Integer) => Self::Integer,
            (Self::Real, Self::Real) => Self::Real,
            // 1.0 may be among the one and 1 among the other.
            (Self::Real, _) | (_, Self::Real) => Self::Ambiguous,
            _ => Self::Plain,
        }
    }
}

/// The storage classes that values can have besides NULL, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageClasses(u8);

impl StorageClasses {
    pub const NONE: Self = Self(0);
    pub const NUMBER: Self = Self(1);
    pub const TEXT: Self = Self(2);
    pub const BLOB: Self = Self(4);
    pub const ANY: Self = Self(7);

    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Of a column.
    pub fn of_affinity(affinity: Option<Option<Affinity>>) -> Self {
        match affinity {
            Some(Some(Affinity::Integer | Affinity::Numeric | Affinity::Real)) => Self::NUMBER.or(Self::BLOB),
            Some(Some(Affinity::Text)) => Self::TEXT.or(Self::BLOB),
            _ => Self::ANY,
        }
    }
}

/// What is known of the values of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueType {
    /// The affinity, or that there is none, by SQLite's rules (sqlite3ExprAffinity); nothing where they go deeper than
    /// what is told here.
    pub affinity: Option<Option<Affinity>>,
    /// The collating sequence by SQLite's rules (sqlite3ExprCollSeq), BINARY where there is none; nothing where they go
    /// deeper than what is told here.
    pub collation: Option<Collation>,
    /// Whether it has that collating sequence itself, as columns do. To others BINARY is lent, which gives way to the
    /// sequences of the other SELECTs of a compound.
    pub is_collated: bool,
    /// Whether a COLLATE is in it, at any depth.
    pub has_collate: bool,
    pub class: ValueClass,
    pub storage: StorageClasses,
}

impl ValueType {
    /// Of what nothing is known.
    pub const UNKNOWN: Self = Self {
        affinity: None,
        collation: None,
        is_collated: false,
        has_collate: false,
        class: ValueClass::Ambiguous,
        storage: StorageClasses::ANY,
    };

    /// Of what is no column: it has no collating sequence of its own.
    pub fn of_value(affinity: Option<Option<Affinity>>, class: ValueClass, storage: StorageClasses) -> Self {
        Self { affinity, collation: Some(Collation::Binary), is_collated: false, has_collate: false, class, storage }
    }

    /// Of a column of a base table.
    pub fn of_column(column: &Column) -> Self {
        let (affinity, collation) = (Some(Some(column.affinity)), Collation::named(&column.collation));
        Self {
            affinity,
            collation,
            // The rowid has an affinity and no collating sequence.
            is_collated: collation.is_some() && !column.is_rowid,
            has_collate: false,
            class: ValueClass::of_column(column),
            storage: StorageClasses::of_affinity(affinity),
        }
    }

    /// Of a column of an item of FROM that is a query with this column.
    pub fn as_column(self) -> Self {
        Self {
            is_collated: self.collation.is_some(),
            has_collate: false,
            storage: StorageClasses::of_affinity(self.affinity),
            ..self
        }
    }

    /// Values that are equal by a collating sequence may differ.
    pub fn with_exact_class(self) -> Self {
        match self.class {
            ValueClass::Plain if self.collation != Some(Collation::Binary) => {
                Self { class: ValueClass::Ambiguous, ..self }
            }
            _ => self,
        }
    }

    /// Whether two of the values that are equal to SQL are the same value.
    pub fn is_exact(&self) -> bool {
        self.class != ValueClass::Ambiguous
    }
}
