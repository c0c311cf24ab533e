//! The JSON format of `tidewater replay` and the `--json` flags: values, edits, events and answers.

mod line;
mod message;
mod value;

pub use line::write_line;
pub use message::{Answer, EventLine, Failure, SubscriptionName};
pub use value::parse_value;
use value::{Edits, RowsJson};
