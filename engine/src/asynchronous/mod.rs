//! The engine for async programs: threads of its own make the calls that wait, and tasks await their answers.
//!
//! A call is put into a bounded queue. One thread, the writer, takes calls in their order; a few others, the readers, answer the
//! queries that need not wait for it. Nothing here needs a runtime: the channels wake whatever task awaits, of any executor.
//!
//! Invariants: every future settles, because the end of a thread drops the channels that futures wait for; a call whose future was
//! dropped before it began is not run; no call leaves a transaction open for the next one, which may be another task's.

mod call;
mod engine;
mod options;
mod readers;
mod subscription;
mod writer;

pub use engine::AsyncEngine;
pub use options::AsyncOptions;
pub use subscription::AsyncSubscription;
