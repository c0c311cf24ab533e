//! Files and the clock.

mod clock;
mod files;

pub use clock::Stopwatch;
pub use files::Files;
