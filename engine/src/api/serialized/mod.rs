//! Values, rows, edits and events as JSON and the like, and rows as types that implement `Deserialize`.
//!
//! The form is stable and that of `tidewater replay`:
//!
//! | what | JSON |
//! | --- | --- |
//! | NULL, INTEGER | `null`, `7` |
//! | REAL | `1.0`, `1e300`; `{"real":"inf"}`, `{"real":"-inf"}` |
//! | TEXT | `"tea"`; `{"text_hex":"ff"}` if it is not UTF-8 |
//! | BLOB | `{"blob":"00ff"}` |
//!
//! In formats that are not for people, such as CBOR, a BLOB is bytes and every REAL is a float.

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
