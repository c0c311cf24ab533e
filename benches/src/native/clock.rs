//! The clock, read here and nowhere else.

use std::time::Instant;

/// Tells the seconds since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a program that measures has to; the library takes it as an argument"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
