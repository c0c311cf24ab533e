//! The JSON format of `tidewater replay` and the `--json` flags: values, edits, events and answers.

mod line;
mod message;
mod value;

pub use line::{write_json, write_line, write_line_to};
pub use message::{Answer, EventLine, Failure, SubscriptionName};
pub use value::{Cell, parse_value};
use value::{Edits, RowsJson};
