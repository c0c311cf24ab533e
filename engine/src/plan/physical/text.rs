//! Statements of a plan: SQL with a place for each table, where one of its faces is read.

use super::Occurrence;
use crate::plan::Face;

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
    /// The table of an occurrence, by its place in the node's list.
    Table(usize),
}

impl Text {
    /// The text, with the faces of some occurrences in the place of their tables.
    #[must_use]
    pub fn render(&self, occurrences: &[Occurrence], faces: &[(usize, Face)]) -> String {
        let mut sql = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => sql.push_str(text),
                Piece::Table(index) => {
                    let occurrence = &occurrences[*index];
                    match faces.iter().find(|(shown, _)| shown == index) {
                        Some((_, face)) if *face != Face::Post => {
                            sql.push_str(&quoted(&face.table_name(&occurrence.table)));
                        }
                        _ => sql.push_str(&occurrence.name),
                    }
                }
            }
        }
        sql
    }

    /// SQL that reads no table.
    #[must_use]
    pub fn constant(sql: &str) -> Self {
        Self { pieces: vec![Piece::Sql(sql.to_owned())] }
    }

    /// Appends SQL.
    pub fn push(&mut self, sql: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Sql(text)) => text.push_str(sql),
            _ => self.pieces.push(Piece::Sql(sql.to_owned())),
        }
    }

    /// Appends the place of an occurrence's table.
    pub fn push_table(&mut self, occurrence: usize) {
        self.pieces.push(Piece::Table(occurrence));
    }

    /// Appends another text.
    pub fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            match piece {
                Piece::Sql(sql) => self.push(sql),
                Piece::Table(_) => self.pieces.push(piece.clone()),
            }
        }
    }

    /// The occurrences whose tables stand in it, in their order.
    pub fn occurrences(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Table(occurrence) => Some(*occurrence),
            Piece::Sql(_) => None,
        })
    }
}

/// An identifier as SQL writes it, whatever is in it.
#[must_use]
pub fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
