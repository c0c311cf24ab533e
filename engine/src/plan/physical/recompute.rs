//! `key recompute`: the result falls into parts by a key (a row of the preserved tables of an outer join, a group, a
//! window's partition), and the part of each key that a commit touches is asked of SQLite again. A key of no values has one
//! part, which is the whole result.
//!
//! The keys may be too many, never too few. Let `f(k)` be the part of key `k`. It changes only if a row that it is made
//! of changed: in a preserved table, then the changed row itself has the key; or in one that the row of the key finds
//! through a join or a subquery, then the changed row is found from there. Where two tables of one path changed in the
//! same commit, a row that went is found from the other's old row only: so the statements put the changed rows, old and
//! new, in the place of every nonempty set of the tables on the path, and the state after the commit elsewhere
//! (`pre` is a part of `post` and `old` together).
//!
//! Of `f(k)` as it was, a window with an end needs to know only what it holds, so where the keys are rows nothing else has to
//! be remembered: the held rows of the touched keys go, those that the statement gives come, and what sorts past the end
//! does not matter.

use std::sync::Arc;

use super::{TableRef, Text};
use crate::plan::OrderDependence;
use crate::types::Collation;

/// A query whose result falls into parts by a key.
#[derive(Clone, Debug)]
pub struct Recompute {
    /// The tables.
    pub table_refs: Vec<TableRef>,
    /// How the keys compare. If they have no values, there is but one, and any row that a statement for affected keys finds is it.
    pub key: Vec<Collation>,
    /// The statements that find the keys which a change touches.
    pub affected_keys: Vec<AffectedKeys>,
    /// The rows of one key; its values are the parameters after the query's own.
    pub rows: Arc<str>,
    /// Whether the rows of each key are remembered. Where they are not, a window has those of them that matter, with the key
    /// behind the columns, as `rows` has it then too.
    pub remembers: bool,
    /// All rows, with the key behind the columns.
    pub all: Arc<str>,
    /// How many columns a row has, without the key.
    pub width: usize,
    /// Why the rows of a key may show what SQLite alone knows, if they may: of several values of the key that are equal and
    /// differ, of such values of an aggregate's argument, or of rows that a window leaves tied. Then a column comes after the
    /// others that is not 0 where they do.
    pub check: Option<OrderDependence>,
    /// What kind of key it is, for people.
    pub what: &'static str,
}

/// A statement that finds the keys which a change of some tables touches.
#[derive(Clone, Debug)]
pub struct AffectedKeys {
    /// Selects the key, or anything where the key has no values.
    pub text: Text,
    /// The table references on its path, of which any set can have changed.
    pub path: Vec<usize>,
}
