//! Measuring two or more things alternately.
//!
//! Criterion measures one thing after another, minutes apart on a machine whose speed drifts by more than the ratios that
//! are judged here. So the ratios have a sampler of their own: all sides are measured in every round, the order turning
//! with the rounds, and medians are compared. `benches/queries.rs` has criterion's own statistics of single queries.

mod sampler;
mod statistics;

pub use sampler::{Patience, Side, alternate};
pub use statistics::{Quartiles, Sides, median};

/// Seconds since some moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;
