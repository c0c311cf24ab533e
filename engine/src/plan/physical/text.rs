//! SQL of a plan in pieces: tables can be replaced by their versions, and columns by expressions.

use super::TableRef;
use crate::plan::{ItemId, TableVersion, logical_alias};

/// SQL with places for tables and columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlText {
    /// The pieces in their order.
    pub pieces: Vec<Piece>,
}

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// SQL as it is.
    Sql(String),
    /// The table of a table reference, by its place in the list of the node or the logical plan.
    Table(usize),
    /// A column of an item of FROM, by its name in SQL.
    Name(ItemId, String),
    /// A call of an aggregate.
    Aggregate(Box<SqlText>),
    /// A subquery in an expression.
    Subquery(Box<SqlText>),
    /// A term of PARTITION BY or ORDER BY of a window.
    Term(Box<SqlText>),
    /// CROSS JOIN of the query. A statement for all rows keeps it, so that SQLite joins in this order; a statement for some
    /// rows starts elsewhere and has a plain JOIN.
    Cross,
}

impl SqlText {
    /// The SQL, with versions in the place of some table references.
    #[must_use]
    pub fn render(&self, table_refs: &[TableRef], versions: &[(usize, TableVersion)]) -> String {
        let mut sql = String::new();
        self.render_into(&mut sql, table_refs, versions, " JOIN ");
        sql
    }

    /// The SQL of a statement for all rows, which keeps the query's CROSS JOINs.
    #[must_use]
    pub fn render_all(&self, table_refs: &[TableRef]) -> String {
        let mut sql = String::new();
        self.render_into(&mut sql, table_refs, &[], " CROSS JOIN ");
        sql
    }

    fn render_into(&self, sql: &mut String, table_refs: &[TableRef], versions: &[(usize, TableVersion)], cross: &str) {
        for piece in &self.pieces {
            match piece {
                Piece::Cross => sql.push_str(cross),
                Piece::Sql(text) => sql.push_str(text),
                Piece::Table(index) => {
                    let version = versions
                        .iter()
                        .find(|(shown, _)| shown == index)
                        .map_or(TableVersion::Post, |(_, version)| *version);
                    sql.push_str(&table_refs[*index].read(version));
                }
                Piece::Name(item, column) => {
                    sql.push_str(&logical_alias(*item));
                    sql.push('.');
                    sql.push_str(column);
                }
                Piece::Aggregate(inside) | Piece::Term(inside) => inside.render_into(sql, table_refs, versions, cross),
                Piece::Subquery(query) => {
                    sql.push('(');
                    query.render_into(sql, table_refs, versions, cross);
                    sql.push(')');
                }
            }
        }
    }

    /// SQL that reads no table.
    #[must_use]
    pub fn constant(sql: &str) -> Self {
        Self { pieces: vec![Piece::Sql(sql.to_owned())] }
    }

    /// A column of an item of FROM.
    #[must_use]
    pub fn name(item: ItemId, column: &str) -> Self {
        Self { pieces: vec![Piece::Name(item, column.to_owned())] }
    }

    /// Appends SQL.
    pub fn push(&mut self, sql: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Sql(text)) => text.push_str(sql),
            _ => self.pieces.push(Piece::Sql(sql.to_owned())),
        }
    }

    /// Appends the table of a table reference.
    pub fn push_table(&mut self, table_ref: usize) {
        self.pieces.push(Piece::Table(table_ref));
    }

    /// Appends the CROSS JOIN of a query.
    pub fn push_cross(&mut self) {
        self.pieces.push(Piece::Cross);
    }

    /// Appends a column of an item of FROM.
    pub fn push_name(&mut self, item: ItemId, column: &str) {
        self.pieces.push(Piece::Name(item, column.to_owned()));
    }

    /// Appends a call of an aggregate.
    pub fn push_aggregate(&mut self, call: Self) {
        self.pieces.push(Piece::Aggregate(Box::new(call)));
    }

    /// Appends a subquery.
    pub fn push_subquery(&mut self, query: Self) {
        self.pieces.push(Piece::Subquery(Box::new(query)));
    }

    /// Appends a term of a window.
    pub fn push_term(&mut self, term: Self) {
        self.pieces.push(Piece::Term(Box::new(term)));
    }

    /// The text with some pieces replaced by other texts in parentheses.
    #[must_use]
    pub fn replaced(&self, by: &dyn Fn(&Piece) -> Option<Self>) -> Self {
        let mut text = Self::default();
        for piece in &self.pieces {
            match (by(piece), piece) {
                (Some(other), _) if matches!(other.pieces[..], [Piece::Name(..)]) => text.append(&other),
                (Some(other), _) => {
                    text.push("(");
                    text.append(&other);
                    text.push(")");
                }
                (None, Piece::Aggregate(call)) => text.push_aggregate(call.replaced(by)),
                (None, Piece::Subquery(query)) => text.push_subquery(query.replaced(by)),
                (None, Piece::Term(term)) => text.push_term(term.replaced(by)),
                (None, Piece::Sql(sql)) => text.push(sql),
                (None, piece) => text.pieces.push(piece.clone()),
            }
        }
        text
    }

    /// The text with some pieces replaced by other texts, without parentheses.
    #[must_use]
    pub fn exchanged(&self, by: &dyn Fn(&Piece) -> Option<Self>) -> Self {
        let mut text = Self::default();
        for piece in &self.pieces {
            match (by(piece), piece) {
                (Some(other), _) => text.append(&other),
                (None, Piece::Aggregate(call)) => text.push_aggregate(call.exchanged(by)),
                (None, Piece::Subquery(query)) => text.push_subquery(query.exchanged(by)),
                (None, Piece::Term(term)) => text.push_term(term.exchanged(by)),
                (None, piece) => text.append(&Self { pieces: vec![piece.clone()] }),
            }
        }
        text
    }

    /// The text with every `part` in parentheses replaced by `other`, parenthesized as well.
    #[must_use]
    pub fn with_part(&self, part: &Self, other: &Self) -> Self {
        let mut sought = Self::default();
        sought.push("(");
        sought.append(part);
        sought.push(")");
        let mut text = Self::default();
        let mut rest = self.pieces.clone();
        while let Some((before, after)) = split_at(&rest, &sought.pieces) {
            text.append(&Self { pieces: before });
            text.push("(");
            text.append(other);
            text.push(")");
            rest = after;
        }
        text.append(&Self { pieces: rest });
        text
    }

    /// Appends another text.
    pub fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            match piece {
                Piece::Sql(sql) => self.push(sql),
                piece => self.pieces.push(piece.clone()),
            }
        }
    }

    /// The columns that it names.
    #[must_use]
    pub fn names(&self) -> Vec<(ItemId, String)> {
        let mut found = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Name(item, column) => found.push((*item, column.clone())),
                Piece::Aggregate(inside) | Piece::Subquery(inside) | Piece::Term(inside) => {
                    found.extend(inside.names());
                }
                Piece::Sql(_) | Piece::Table(_) | Piece::Cross => {}
            }
        }
        found
    }

    /// The table references in it, in their order.
    #[must_use]
    pub fn table_refs(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Table(table_ref) => found.push(*table_ref),
                Piece::Aggregate(inside) | Piece::Subquery(inside) | Piece::Term(inside) => {
                    found.extend(inside.table_refs());
                }
                Piece::Sql(_) | Piece::Name(..) | Piece::Cross => {}
            }
        }
        found
    }
}

/// The pieces before and after the first place where `sought` stands; it begins and ends with SQL.
fn split_at(pieces: &[Piece], sought: &[Piece]) -> Option<(Vec<Piece>, Vec<Piece>)> {
    let [Piece::Sql(first), middle @ .., Piece::Sql(last)] = sought else { return None };
    pieces.windows(sought.len()).enumerate().find_map(|(at, found)| {
        let [Piece::Sql(begins), between @ .., Piece::Sql(ends)] = found else { return None };
        let (before, after) = (begins.strip_suffix(first.as_str())?, ends.strip_prefix(last.as_str())?);
        if between != middle {
            return None;
        }
        let before = pieces[..at].iter().cloned().chain([Piece::Sql(before.to_owned())]);
        let after = [Piece::Sql(after.to_owned())].into_iter().chain(pieces[at + sought.len()..].iter().cloned());
        Some((before.collect(), after.collect()))
    })
}

/// A quoted identifier.
#[must_use]
pub fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
