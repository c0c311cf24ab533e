//! `delta`: what is linear in each of its tables (filter, projection, inner join, UNION ALL) changes by what its
//! statement gives over the changed rows.
//!
//! Let `Q(t1, .., tn)` be such a query as a function of the tables of its occurrences, bags with multiplicities. It is
//! linear in each argument. With `pre = post - d`, for the occurrences `C` that a commit changed,
//!
//! ```text
//! Q(post) - Q(pre) = sum over nonempty S of C of (-1)^(|S|+1) Q(d in S, post elsewhere),   d = new - old
//! ```
//!
//! so only the state after the commit is read, by lookups from the changed rows, and a commit that changed one
//! occurrence takes two statements. Several changed occurrences take `3^|C| - 1`.

use super::{Evaluator, Occurrence, Text};
use crate::plan::Face;

/// A query that is linear in each of its tables.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The tables.
    pub occurrences: Vec<Occurrence>,
    /// The query, as the sum of these: one for each choice of a part of each UNION ALL in FROM. A sum is linear only
    /// where the other summands are left out.
    pub texts: Vec<Text>,
    /// What stands for the statements wherever it can.
    pub evaluator: Option<Evaluator>,
}

/// The most occurrences that may change at once; more are a re-run.
pub const MOST_CHANGED: usize = 4;

/// A statement's faces, and whether its rows come or go.
pub type Term = (Vec<(usize, Face)>, i64);

impl Delta {
    /// The terms of the sum above for the occurrences that changed.
    #[must_use]
    pub fn terms(changed: &[usize]) -> Vec<Term> {
        let mut terms: Vec<Term> = vec![(Vec::new(), -1)];
        for &occurrence in changed {
            let with = |face, sign: i64| {
                move |(faces, weight): &Term| {
                    let mut faces = faces.clone();
                    faces.push((occurrence, face));
                    (faces, weight * sign)
                }
            };
            let old: Vec<Term> = terms.iter().map(with(Face::Old, 1)).collect();
            let new: Vec<Term> = terms.iter().map(with(Face::New, -1)).collect();
            terms.extend(old);
            terms.extend(new);
        }
        // The first is the one of the empty set.
        terms.remove(0);
        terms
    }
}
