//! What names mean: the items of FROM, what columns they have, and the scopes around a subquery.

use std::sync::Arc;

use sqlite3_parser::ast::Expr;

use super::name::{Path, Quotes};
use crate::types::{Affinity, Column, ColumnKind, Table, TableKind};

/// What is known of the values of a column or an expression. In all but `Loose`, two values that SQL calls equal are
/// the same value, so it does not matter which of them DISTINCT, GROUP BY or MIN shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// INTEGER affinity and no collation: their sum does not depend on the order.
    Integer,
    /// REAL affinity and no collation: whole numbers are REAL as well.
    Real,
    /// TEXT or NUMERIC affinity and no collation.
    Plain,
    /// Anything else: 1 and 1.0, or `a` and `A`, may both be among them.
    Loose,
}

impl Shape {
    pub(super) fn of(column: &Column) -> Self {
        match column.affinity {
            _ if column.collation != "BINARY" => Self::Loose,
            Affinity::Integer => Self::Integer,
            // A REAL column stores 0.0 for -0.0.
            Affinity::Real => Self::Real,
            Affinity::Text | Affinity::Numeric => Self::Plain,
            Affinity::Blob => Self::Loose,
        }
    }

    /// The shape of values that are of one or the other.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Loose, _) | (_, Self::Loose) => Self::Loose,
            (Self::Integer, Self::Integer) => Self::Integer,
            (Self::Real, Self::Real) => Self::Real,
            // 1.0 may be among the one and 1 among the other.
            (Self::Real, _) | (_, Self::Real) => Self::Loose,
            _ => Self::Plain,
        }
    }
}

/// A column of a result or of an item of FROM.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// Its name; nothing where SQLite takes it from the text of an expression.
    pub(super) name: Option<String>,
    /// Left out of `*`.
    pub(super) is_hidden: bool,
    pub(super) shape: Shape,
}

impl Output {
    pub(super) fn of(column: &Column) -> Self {
        Self { name: Some(column.name.clone()), is_hidden: column.kind == ColumnKind::Hidden, shape: Shape::of(column) }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The base table that an item of FROM is a table reference of.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// The index of its source.
    pub(super) source: usize,
    pub(super) table: Arc<Table>,
}

/// One item of FROM.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its alias, or the table's name.
    pub(super) name: Option<String>,
    /// The alias of the parentheses it is in.
    pub(super) group: Option<String>,
    pub(super) columns: Vec<Output>,
    /// There may be columns that are not listed.
    pub(super) is_opaque: bool,
    /// The table, if its rows are the rows of one.
    pub(super) base: Option<Base>,
    /// It has rows of NULLs where an outer join finds no match.
    pub(super) is_nullable: bool,
}

impl Item {
    /// The column of this name.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.is_named(name))
    }

    /// Whether `name` could be a column that is not known by its name.
    fn may_have(&self) -> bool {
        self.is_opaque || self.columns.iter().any(|column| column.name.is_none())
    }

    pub(super) fn is_called(&self, qualifier: &str) -> bool {
        [&self.name, &self.group].into_iter().flatten().any(|name| name.eq_ignore_ascii_case(qualifier))
    }

    /// Whether a column of the item can be called by the database and table of a path.
    fn answers_to(&self, path: &Path<'_>) -> bool {
        let base = self.base.as_ref();
        path.table.as_ref().is_none_or(|table| self.is_called(table))
            && path
                .database
                .as_ref()
                .is_none_or(|database| base.is_none_or(|base| base.table.database.eq_ignore_ascii_case(database)))
    }

    fn has_rowid(&self) -> bool {
        self.base.as_ref().is_some_and(|base| base.table.kind == TableKind::Table { without_rowid: false })
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Columns of items, `(item, column)`, of the scope so many levels out; more than one if USING merged them.
    Columns(usize, Vec<(usize, usize)>),
    /// The rowids of items of the scope so many levels out.
    Rowid(usize, Vec<usize>),
    /// A result column of the SELECT, by its index.
    Alias(usize),
    /// No name at all, but a string in double quotes.
    String,
    /// No name at all, but TRUE or FALSE.
    Truth(bool),
    /// A column that cannot be told, of an item whose reads are all known.
    Opaque,
    /// Nothing that is known.
    Missing,
}

/// A result column of a SELECT.
#[derive(Clone)]
pub(super) struct ResultColumn<'a> {
    pub(super) name: Option<String>,
    /// Whether it is named by AS: only then can expressions name it.
    pub(super) is_alias: bool,
    /// What it shows; nothing if it comes from a wildcard.
    pub(super) expression: Option<&'a Expr<'a>>,
}

/// A SELECT's names, and those around it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) items: &'a [Item],
    /// The result columns, where expressions can name them.
    pub(super) results: &'a [ResultColumn<'a>],
    pub(super) parent: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    /// This scope and those around it.
    pub(super) fn levels(&'a self) -> impl Iterator<Item = &'a Scope<'a>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// What `column`, `table.column` or `database.table.column` stands for, looked up as SQLite does.
    pub(super) fn meaning(&self, path: &Path<'_>) -> Meaning {
        let name = &*path.column;
        let mut is_opaque = false;
        for (level, scope) in std::iter::successors(Some(self), |scope| scope.parent).enumerate() {
            let mut candidates = scope.items.iter().enumerate().collect::<Vec<_>>();
            candidates.retain(|(_, item)| item.answers_to(path));
            let columns =
                candidates.iter().filter_map(|(at, item)| Some((*at, item.column(name)?))).collect::<Vec<_>>();
            if !columns.is_empty() {
                return Meaning::Columns(level, columns);
            }
            if is_rowid(name) {
                let items =
                    candidates.iter().filter(|(_, item)| item.has_rowid()).map(|(at, _)| *at).collect::<Vec<_>>();
                if !items.is_empty() {
                    return Meaning::Rowid(level, items);
                }
            }
            if path.is_bare()
                && let Some(alias) = scope.alias(name)
            {
                return if level == 0 { Meaning::Alias(alias) } else { Meaning::Opaque };
            }
            is_opaque |= candidates.iter().any(|(_, item)| item.may_have());
        }
        match path.quotes {
            _ if is_opaque => Meaning::Opaque,
            Quotes::Double if path.is_bare() => Meaning::String,
            Quotes::None if path.is_bare() && name.eq_ignore_ascii_case("true") => Meaning::Truth(true),
            Quotes::None if path.is_bare() && name.eq_ignore_ascii_case("false") => Meaning::Truth(false),
            _ => Meaning::Missing,
        }
    }

    /// What an expression stands for, if it is a name.
    pub(super) fn meaning_of(&self, expression: &Expr<'_>) -> Option<Meaning> {
        Path::of(expression).map(|path| self.meaning(&path))
    }

    /// The result column that AS calls so.
    pub(super) fn alias(&self, name: &str) -> Option<usize> {
        let is_called = |column: &ResultColumn<'_>| {
            column.is_alias && column.name.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(name))
        };
        self.results.iter().position(is_called)
    }

    /// The one column of one base table of this very SELECT that `expression` plainly is: `(item, column)`.
    pub(super) fn own_column(&self, expression: &Expr<'_>) -> Option<(usize, usize)> {
        match self.meaning_of(expression)? {
            Meaning::Columns(0, columns) => match columns[..] {
                [(item, column)] if self.items[item].base.is_some() => Some((item, column)),
                _ => None,
            },
            Meaning::Rowid(0, items) => match items[..] {
                [item] => Some((item, self.items[item].base.as_ref()?.table.rowid_alias()?)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_rowid(name: &str) -> bool {
    ["rowid", "oid", "_rowid_"].iter().any(|rowid| name.eq_ignore_ascii_case(rowid))
}
