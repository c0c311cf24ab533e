//! Values, rows, edits and events as JSON and the like, and rows as types that implement `Deserialize`.
//!
//! The crate's documentation has the table of forms, which stay as they are.

mod change;
mod column;
mod edit;
mod event;
mod hex;
mod params;
mod row;
mod typed;
mod value;

pub use typed::{Serde, from_row};
