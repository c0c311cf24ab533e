//! What the bound tree tells of the columns of a result.

mod aggregation;
mod never_null;

use super::BoundQuery;
use crate::types::{Affinity, Collation};

/// What is known of the values of a result column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResultColumn {
    /// Its affinity, if it has one and it is known.
    pub(crate) affinity: Option<Affinity>,
    /// Its collating sequence, if it is known to be one of SQLite's own.
    pub(crate) collation: Option<Collation>,
    /// It is certainly never NULL.
    pub(crate) not_null: bool,
}

impl BoundQuery<'_> {
    /// What is known of the result columns, in their order.
    pub(crate) fn result_columns(&self) -> Vec<ResultColumn> {
        let query = &self.bound.query;
        let never_null = never_null::columns(query);
        let column = |(output, not_null): (&super::bind::tree::Output, bool)| ResultColumn {
            affinity: output.value_type.affinity.flatten(),
            collation: output.value_type.collation,
            not_null,
        };
        query.outputs.iter().zip(never_null).map(column).collect()
    }
}
