//! Which bindings a change batch can affect: by column, by value, by range, and by the values at the end of join paths from the
//! changed rows.

mod change_values;
mod index;
mod interest;
mod key;
mod path_lookup;
mod ranges;
mod readers;
mod router;

#[cfg(test)]
mod routing_tests;

pub(crate) use interest::Interest;
pub(crate) use key::RoutingKey;
pub(crate) use path_lookup::{LookUp, PathReader, PathSource};
pub(crate) use router::{Affected, Routed, Router};
