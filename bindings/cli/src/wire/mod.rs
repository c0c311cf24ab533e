//! The JSON the command speaks: values, edits, events and answers, as `tidewater replay` and the `--json` flags print them.

mod line;
mod message;
mod value;

pub use line::write_line;
pub use message::{Answer, EventLine, Failure, SubscriptionName, stats_answer};
pub use value::parse_value;
use value::{Edits, RowsJson};
