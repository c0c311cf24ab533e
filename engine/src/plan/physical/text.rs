//! Statements of a plan: SQL with a place for each table, where one of its versions is read.

use super::TableRef;
use crate::plan::{ItemId, TableVersion, logical_alias};

/// SQL text in which the tables can be exchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The parts, to be written one after another.
    pub pieces: Vec<Piece>,
}

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// SQL as it is.
    Sql(String),
    /// The table of a table reference, by its place in the node's list.
    Table(usize),
    /// A column of an item of FROM, by its name in SQL.
    Name(ItemId, String),
    /// A call of an aggregate.
    Aggregate(Box<Text>),
    /// A subquery in an expression.
    Subquery(Box<Text>),
    /// An expression that a window is partitioned or ordered by.
    Term(Box<Text>),
    /// CROSS JOIN where all rows are asked for, as the query has it. What asks for some of them has its own place to begin at,
    /// and a plain JOIN.
    Cross,
}

impl Text {
    /// The text, with the versions of some table references in the place of their tables.
    #[must_use]
    pub fn render(&self, table_refs: &[TableRef], versions: &[(usize, TableVersion)]) -> String {
        let mut sql = String::new();
        self.render_into(&mut sql, table_refs, versions, " JOIN ");
        sql
    }

    /// The text as it asks for all rows: it keeps the order that the query tells SQLite to join in.
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

    /// Appends the place of a table reference's table.
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

    /// Appends what a window is partitioned or ordered by.
    pub fn push_term(&mut self, term: Self) {
        self.pieces.push(Piece::Term(Box::new(term)));
    }

    /// The text with other texts, in parentheses, in the place of some of its pieces.
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

    /// The text with other texts in the place of some of its pieces.
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

    /// The text with another one in the place of a part that stands in parentheses by itself, wherever it does.
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

    /// The table references whose tables stand in it, in their order.
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

/// What comes before and after the first place of a text that begins and ends with SQL.
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

/// An identifier as SQL writes it, whatever is in it.
#[must_use]
pub fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
