//! `fixpoint`: a recursive CTE. Its rows are held. A change is followed step by step: each step is a statement over the rows
//! of the step before, until a step gives none.
//!
//! Let `B` be the base of the recursion and `T` its step, which is linear in the rows it is given and in each of its tables.
//! The rows are `P = B + T P`. A commit is followed in two halves. `T'` is the step over the rows that the commit left
//! unchanged, so that in the first half rows only go and in the second rows only come:
//!
//! ```text
//! UNION ALL   P - P' = sum over k of T'^k (B - B' + (T - T') P)       P'' - P' = sum over k of T''^k (B'' - B' + (T'' - T') P')
//! ```
//!
//! The first sum ends because `T'` is a part of `T`, the second where the whole recursion ends. For a set (UNION),
//! everything that the removed rows could have made goes first; then what the remaining rows still make comes back; then the
//! new rows come, with all that they make.

use std::sync::Arc;

use super::{Node, SqlText, TableRef};
use crate::types::Collation;

/// A recursive query.
#[derive(Clone, Debug)]
pub struct Fixpoint {
    /// The table references.
    pub table_refs: Vec<TableRef>,
    /// The table reference by which the steps read the recursion's own rows.
    pub own: usize,
    /// The same for the rows that are looked for again.
    pub again: usize,
    /// The base of the recursion.
    pub base: Box<Node>,
    /// The steps.
    pub steps: Vec<SqlText>,
    /// For each step, the rows of `again` that it makes.
    pub sought: Vec<SqlText>,
    /// For each base table, the columns that the steps read, if they read nothing else of it. An old and a new row that
    /// agree in these columns cancel out.
    pub reads: Vec<(Arc<str>, Vec<usize>)>,
    /// Whether it is a set (UNION).
    pub is_set: bool,
    /// How the columns compare.
    pub columns: Vec<Collation>,
    /// The statement that returns all rows.
    pub all: Arc<str>,
}
