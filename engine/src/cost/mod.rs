//! What maintaining costs and may cost: pure policy, without a lock and without SQLite. Work is counted in SQLite's
//! instructions, so it is the same on every machine and needs no clock.

mod backoff;
mod gate;
mod instructions;
mod memory;
mod metrics;

pub(crate) use backoff::Backoff;
pub(crate) use gate::{CostGate, Rerun};
pub(crate) use instructions::{InstructionBudgets, is_window_near, should_measure_query};
pub(crate) use memory::MemoryBudget;
pub(crate) use metrics::{Counters, Metrics, Outcome, TemplateMetrics};
