//! What names mean: the items of FROM, what columns they have, and the scopes around a subquery.

use std::ops::Range;

use sqlite3_parser::ast::WindowDef;

use super::tree::{ColumnOf, Item, ResultColumn};
use crate::plan::Join;
use crate::sql::syntax::name::{Path, Quotes};
use crate::types::TableKind;

impl Item<'_> {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.is_named(name))
    }

    /// Whether a column that is not known by its name could have any name.
    fn may_have(&self) -> bool {
        self.is_opaque || self.columns.iter().any(|column| column.name.is_none())
    }

    pub(super) fn is_called(&self, qualifier: &str) -> bool {
        [&self.name, &self.group].into_iter().flatten().any(|name| name.eq_ignore_ascii_case(qualifier))
    }

    /// Whether a column of the item can be called by the database and table of a path.
    fn answers_to(&self, path: &Path<'_>) -> bool {
        path.table.as_ref().is_none_or(|table| self.is_called(table))
            && path.database.as_ref().is_none_or(|database| {
                self.base().is_none_or(|base| base.table.database.eq_ignore_ascii_case(database))
            })
    }

    fn has_rowid(&self) -> bool {
        self.base().is_some_and(|base| base.table.kind == TableKind::Table { without_rowid: false })
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Columns of items of the scope so many levels out; more than one if USING merged them.
    Columns(usize, Vec<ColumnOf>),
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

/// A SELECT's names, and those around it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 't> {
    /// All items of FROM.
    pub(super) items: &'a [Item<'t>],
    /// Those that can be named: in a join in parentheses only those of it.
    pub(super) named: (usize, usize),
    /// The result columns, where expressions can name them.
    pub(super) results: &'a [ResultColumn<'t>],
    /// The windows that WINDOW names.
    pub(super) windows: &'t [WindowDef<'t>],
    pub(super) parent: Option<&'a Scope<'a, 't>>,
}

impl<'a, 't> Scope<'a, 't> {
    /// A scope in which these items can be named, and no result columns.
    pub(super) fn of(items: &'a [Item<'t>], named: Range<usize>, parent: Option<&'a Scope<'a, 't>>) -> Self {
        Self { items, named: (named.start, named.end), results: &[], windows: &[], parent }
    }

    /// A scope without names of its own.
    pub(super) fn empty(parent: Option<&'a Scope<'a, 't>>) -> Self {
        Self::of(&[], 0..0, parent)
    }

    /// This scope and those around it.
    pub(super) fn levels(&'a self) -> impl Iterator<Item = &'a Scope<'a, 't>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// What `column`, `table.column` or `database.table.column` stands for, looked up as SQLite does.
    pub(super) fn meaning(&self, path: &Path<'_>) -> Meaning {
        let name = &*path.column;
        let mut is_opaque = false;
        for (level, scope) in std::iter::successors(Some(self), |scope| scope.parent).enumerate() {
            let (start, end) = scope.named;
            let items = scope.items.iter().enumerate().take(end).skip(start);
            let candidates: Vec<_> = items.filter(|(_, item)| item.answers_to(path)).collect();
            let columns: Vec<_> = candidates.iter().filter_map(|(at, item)| Some((*at, item.column(name)?))).collect();
            if !columns.is_empty() {
                return Meaning::Columns(level, columns);
            }
            if is_rowid(name) {
                let items: Vec<_> = candidates.iter().filter(|(_, item)| item.has_rowid()).map(|(at, _)| *at).collect();
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

    /// The result column that AS calls so.
    pub(super) fn alias(&self, name: &str) -> Option<usize> {
        let is_called = |column: &ResultColumn<'_>| {
            column.is_alias && column.name.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(name))
        };
        self.results.iter().position(is_called)
    }
}

/// Which of several columns that USING merges are meant (sqlite3's lookupName): the leftmost, but that of the right table of
/// a RIGHT JOIN, and of a FULL JOIN the first that is not NULL. `join` tells how an item is joined.
pub fn merged(columns: &[ColumnOf], join: impl Fn(usize) -> Option<Join>) -> Vec<ColumnOf> {
    let mut meant: Vec<ColumnOf> = Vec::new();
    for column in columns {
        match join(column.0) {
            Some(Join::Right) => meant = vec![*column],
            Some(Join::Full) => meant.push(*column),
            Some(Join::Inner | Join::Left) | None if meant.is_empty() => meant.push(*column),
            Some(Join::Inner | Join::Left) | None => {}
        }
    }
    meant
}

fn is_rowid(name: &str) -> bool {
    ["rowid", "oid", "_rowid_"].iter().any(|rowid| name.eq_ignore_ascii_case(rowid))
}
