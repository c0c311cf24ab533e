//! Names as the tree has them, quotes and all, and what they say without.

use std::borrow::Cow;

use sqlite3_parser::ast::{As, Expr};

use super::literal;

/// What a name says, without the quotes it is written in.
pub fn plain(written: &str) -> Cow<'_, str> {
    match written.as_bytes().first() {
        Some(b'"' | b'`' | b'[' | b'\'') => Cow::Owned(literal::unquote(written)),
        _ => Cow::Borrowed(written),
    }
}

/// What an alias says.
pub fn alias(alias: &As<'_>) -> String {
    let (As::As(name) | As::Elided(name)) = alias;
    plain(name.0).into_owned()
}

/// How the last part of a path is written, which decides what it is if it names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// TRUE and FALSE are truth values.
    None,
    /// A string.
    Double,
    /// An error.
    Other,
}

/// `column`, `table.column` or `database.table.column`, without quotes.
#[derive(Clone, Debug)]
pub struct Path<'t> {
    pub database: Option<Cow<'t, str>>,
    pub table: Option<Cow<'t, str>>,
    pub column: Cow<'t, str>,
    pub quotes: Quotes,
}

impl<'t> Path<'t> {
    /// The path that an expression is, if it is one.
    pub fn of(expression: &Expr<'t>) -> Option<Self> {
        let (database, table, column) = match expression {
            Expr::Id(id) => (None, None, id.0),
            Expr::Name(name) => (None, None, name.0),
            Expr::Qualified(table, column) => (None, Some(table.0), column.0),
            Expr::DoublyQualified(database, table, column) => (Some(database.0), Some(table.0), column.0),
            _ => return None,
        };
        let quotes = match column.as_bytes().first() {
            Some(b'"') => Quotes::Double,
            Some(b'`' | b'[' | b'\'') => Quotes::Other,
            _ => Quotes::None,
        };
        Some(Self { database: database.map(plain), table: table.map(plain), column: plain(column), quotes })
    }

    /// Whether it is the column's name alone.
    pub fn is_bare(&self) -> bool {
        self.table.is_none()
    }
}

/// The expression without the parentheses around it.
pub fn bare<'e, 't>(mut expression: &'e Expr<'t>) -> &'e Expr<'t> {
    while let Expr::Parenthesized(elements) = expression
        && let [inner] = &elements[..]
    {
        expression = inner;
    }
    expression
}
