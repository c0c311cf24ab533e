//! `fixpoint`: a recursive CTE. Its rows are held; what a commit changes is followed step by step, each step a statement over
//! the rows that the last one made, until a step makes none.
//!
//! Let `B` be where the recursion begins and `T` its step, linear in the rows it is given and in each of its tables. The rows
//! are `P = B + T P`. A commit is followed in two halves, with `T'` the step over the rows of its tables that the commit left
//! (what is now there less what is new), so that in each half rows either only go or only come:
//!
//! ```text
//! UNION ALL   P - P' = sum over k of T'^k (B - B' + (T - T') P)       P'' - P' = sum over k of T''^k (B'' - B' + (T'' - T') P')
//! ```
//!
//! The first sum ends because `T'` is a part of `T`, the second where the whole recursion ends. As a set (UNION), first all
//! that could have been made of what is gone goes; then what something that is left makes comes back; then what is new
//! comes, and what it makes.

use std::sync::Arc;

use super::{Node, TableRef, Text};
use crate::types::Collation;

/// A recursive query.
#[derive(Clone, Debug)]
pub struct Fixpoint {
    /// The tables.
    pub table_refs: Vec<TableRef>,
    /// The table reference that the steps read as the recursion's own rows.
    pub own: usize,
    /// The same once more, for the rows that are sought again.
    pub again: usize,
    /// Where it begins.
    pub base: Box<Node>,
    /// The steps.
    pub steps: Vec<Text>,
    /// Those of `again`'s rows that each step makes.
    pub sought: Vec<Text>,
    /// By base table, the columns that the steps read, if they read no more of a row: rows that agree in them are the same to
    /// a step, so that one which goes and one which comes are none.
    pub reads: Vec<(Arc<str>, Vec<usize>)>,
    /// Whether it is a set.
    pub is_set: bool,
    /// How the columns compare.
    pub columns: Vec<Collation>,
    /// The whole.
    pub all: Arc<str>,
}
