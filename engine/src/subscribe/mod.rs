//! Who wants what: templates with their bindings, which of them a change batch can affect, and the edits from one result
//! to the next. No SQLite: whoever calls brings the fresh rows.

mod budget;
mod chunk;
mod counts;
mod diff;
mod index;
mod listing;
mod merge;
mod plans;
mod ranges;
mod registry;
mod routing;
mod setbacks;
mod successors;
mod window;

#[cfg(test)]
mod diff_tests;
#[cfg(test)]
mod routing_tests;

pub(crate) use budget::Budget;
pub(crate) use counts::{Counts, Standings};
pub(crate) use diff::{Order, edits_between};
pub(crate) use index::{Standing, standing};
pub(crate) use listing::{Listing, Sorting};
pub(crate) use plans::Plans;
pub(crate) use registry::{Form, Held, Planned, Registry, Routed};
pub(crate) use routing::Interest;
pub(crate) use window::{Applied, Maintained, filling};
