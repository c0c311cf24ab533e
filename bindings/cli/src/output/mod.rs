//! Results as text: rows go in one by one and come out in one of several modes. Nothing is gathered but the first rows of a table,
//! by which its columns get their widths.

mod aligned;
mod delimited;
mod json;
pub mod literal;
mod mode;
mod printer;
mod records;

pub use aligned::table;
pub use mode::{Format, Mode};
pub use printer::Printer;
