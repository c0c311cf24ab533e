//! `delta`: a query that is linear in each of its tables (filter, projection, inner join, UNION ALL). It changes by what its
//! statement returns over the changed rows.
//!
//! Let `Q(t1, .., tn)` be such a query as a function of the tables at its table references, which are bags with
//! multiplicities. It is linear in each argument. With `pre = post - d`, and `C` the table references that a commit changed,
//!
//! ```text
//! Q(post) - Q(pre) = sum over nonempty S of C of (-1)^(|S|+1) Q(d in S, post elsewhere),   d = new - old
//! ```
//!
//! So only the state after the commit is read, by lookups from the changed rows. A commit that changed one table reference
//! takes two statements; several changed table references take `3^|C| - 1`.

use super::{Evaluator, SqlText, TableRef};
use crate::plan::TableVersion;

/// A query that is linear in each of its tables.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The table references.
    pub table_refs: Vec<TableRef>,
    /// The query as a sum of statements: one for each combination of parts of the UNION ALLs in FROM. Each summand is linear
    /// by itself.
    pub texts: Vec<SqlText>,
    /// The evaluator that replaces the statements where it can.
    pub evaluator: Option<Evaluator>,
}

/// The most table references that may change in one commit; beyond, the query is re-run.
pub const MOST_CHANGED: usize = 4;

/// The table versions that a statement reads, and the weight of its rows.
pub type Term = (Vec<(usize, TableVersion)>, i64);

impl Delta {
    /// The terms of the sum above for the changed table references.
    #[must_use]
    pub fn terms(changed: &[usize]) -> Vec<Term> {
        let mut terms: Vec<Term> = vec![(Vec::new(), -1)];
        for &table_ref in changed {
            let with = |version, sign: i64| {
                move |(versions, weight): &Term| {
                    let mut versions = versions.clone();
                    versions.push((table_ref, version));
                    (versions, weight * sign)
                }
            };
            let old: Vec<Term> = terms.iter().map(with(TableVersion::Old, 1)).collect();
            let new: Vec<Term> = terms.iter().map(with(TableVersion::New, -1)).collect();
            terms.extend(old);
            terms.extend(new);
        }
        // The first term is that of the empty set.
        terms.remove(0);
        terms
    }
}
