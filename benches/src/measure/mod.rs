//! Measuring two or more things alternately.
//!
//! Criterion measures one thing after another, minutes apart, and a machine's speed drifts by more than the ratios here.
//! The ratios therefore have their own sampler: every round measures all sides, in rotating order, and medians are
//! compared. `benches/queries.rs` has criterion's statistics of single queries.

mod sampler;
mod statistics;

pub use sampler::{Patience, Side, alternate};
pub use statistics::{Quartiles, Sides, median};

/// Seconds since a fixed moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;
