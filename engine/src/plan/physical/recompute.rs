//! `key recompute`: the result is partitioned by a key (a row of the preserved tables of an outer join, a group, a window's
//! partition), and SQLite is asked again for the rows of each key that a commit affects. A key without columns has one part,
//! the whole result.
//!
//! The affected keys may be too many, never too few. Let `f(k)` be the rows of key `k`. They change only if a row that they
//! are made of changed: one of a preserved table, which has the key itself; or one that is found from a row of the key by a
//! join or a subquery, and from which the key is found in turn. If two tables on one such path changed in the same commit, a
//! deleted row may be found only from the other's old row. So the statements read the changed rows, old and new, at every
//! nonempty set of the table references on the path, and the tables after the commit elsewhere (`pre` is contained in `post`
//! and `old` together).
//!
//! A window with an end only needs `f(k)` as far as it holds those rows. So if the keys are rows, nothing else is held: the
//! window's rows of the affected keys go, those that the statement returns come, and rows behind the end do not matter.
//!
//! If the keys are rows and only tables that no join pads with NULLs have changed, the query is linear in what has changed: each
//! of their rows contributes its own rows, whatever the optional tables and the subqueries hold, as long as that stays. It then
//! changes as by [`Delta`](super::Delta), without a search for keys.

use std::sync::Arc;

use super::{SqlText, TableRef};
use crate::plan::OrderDependence;
use crate::types::Collation;

/// A query whose result is partitioned by a key.
#[derive(Clone, Debug)]
pub struct Recompute {
    /// The table references.
    pub table_refs: Vec<TableRef>,
    /// How the key columns compare. Without columns there is one key, and any row that a statement for affected keys returns
    /// is that key.
    pub key: Vec<Collation>,
    /// The statements that find the keys which a change affects.
    pub affected_keys: Vec<AffectedKeys>,
    /// The rows of one key; the key is the parameters after the query's own.
    pub rows: Arc<str>,
    /// Whether the rows of each key are held here. If not, a window holds those that matter, and `rows` returns the key
    /// behind the columns.
    pub remembers: bool,
    /// All rows, with the key behind the columns.
    pub all: Arc<str>,
    /// How many columns a row has, without the key.
    pub width: usize,
    /// Why the rows of a key may depend on row order, if they may: by one of several equal values that differ, or by rows
    /// that a window leaves tied. Then a column behind the others is not 0 where they do.
    pub check: Option<OrderDependence>,
    /// The kind of key, for people.
    pub what: &'static str,
    /// What it is linear in, if the keys are rows.
    pub linear: Option<Linear>,
}

/// A statement that is linear in some of its tables while the others stay as they are.
#[derive(Clone, Debug)]
pub struct Linear {
    /// All rows, with the key behind the columns.
    pub text: SqlText,
    /// The table references that it is linear in.
    pub table_refs: Vec<usize>,
}

/// A statement that finds the keys which a change of some tables affects.
#[derive(Clone, Debug)]
pub struct AffectedKeys {
    /// Selects the key columns, or any constant if the key has none.
    pub text: SqlText,
    /// The table references on its path; any subset can have changed.
    pub path: Vec<usize>,
}
