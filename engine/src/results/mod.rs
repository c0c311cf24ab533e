//! Results as subscribers have them: lists and windows of rows, and the edits from one result to the next.

mod chunk;
mod copies;
mod diff;
mod held;
mod list;
mod merge;
mod net;
mod replacements;
mod rising;
mod sorting;
mod window;

#[cfg(test)]
mod diff_tests;

pub(crate) use diff::{Order, edits_between};
pub(crate) use held::HeldResult;
pub(crate) use list::Listing;
pub(crate) use net::NetDiff;
pub(crate) use sorting::Sorting;
pub(crate) use window::{Applied, Maintained, filling};
