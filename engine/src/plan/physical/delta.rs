//! `delta`: what is linear in each of its tables (filter, projection, inner join, UNION ALL) changes by what its
//! statement gives over the changed rows.
//!
//! Let `Q(t1, .., tn)` be such a query as a function of the tables of its table references, bags with multiplicities. It is
//! linear in each argument. With `pre = post - d`, for the table references `C` that a commit changed,
//!
//! ```text
//! Q(post) - Q(pre) = sum over nonempty S of C of (-1)^(|S|+1) Q(d in S, post elsewhere),   d = new - old
//! ```
//!
//! so only the state after the commit is read, by lookups from the changed rows, and a commit that changed one
//! table reference takes two statements. Several changed table references take `3^|C| - 1`.

use super::{Evaluator, TableRef, Text};
use crate::plan::TableVersion;

/// A query that is linear in each of its tables.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The tables.
    pub table_refs: Vec<TableRef>,
    /// The query, as the sum of these: one for each choice of a part of each UNION ALL in FROM. A sum is linear only
    /// where the other summands are left out.
    pub texts: Vec<Text>,
    /// What stands for the statements wherever it can.
    pub evaluator: Option<Evaluator>,
}

/// The most table references that may change at once; more are a re-run.
pub const MOST_CHANGED: usize = 4;

/// A statement's versions, and whether its rows come or go.
pub type Term = (Vec<(usize, TableVersion)>, i64);

impl Delta {
    /// The terms of the sum above for the table references that changed.
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
        // The first is the one of the empty set.
        terms.remove(0);
        terms
    }
}
