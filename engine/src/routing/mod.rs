//! Which bindings a change batch can affect: by column, by value, by range and by the joins that lead from a changed row to
//! the values that bindings are looked up by.

mod index;
mod interest;
mod join_paths;
mod ranges;

#[cfg(test)]
mod routing_tests;

use std::sync::Arc;

pub(crate) use index::{LookUp, Standing, TableIndex, standing};
pub(crate) use interest::Interest;
pub(crate) use join_paths::PathReader;

/// The changes of a commit that one binding has to do with: by table, their places among its changes.
pub(crate) type Routed = Vec<(Arc<str>, Vec<usize>)>;
