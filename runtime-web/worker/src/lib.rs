//! The edge between Tidewater and a browser: OPFS, Web Locks, ports and timers, as thin as it can be.
//!
//! Two wasm modules come from here, by feature. `host` is the worker of a tab, with the engine and SQLite; `coordinator`
//! is the coordinator, without. What the messages mean is the business of the crate `tidewater-protocol`; everything that is
//! to be decided, of the crates `tidewater-host` and `tidewater-coordinator`, which know no browser.
#![cfg(target_arch = "wasm32")]

#[cfg_attr(
    not(all(feature = "host", feature = "coordinator")),
    allow(dead_code, reason = "each of the two modules uses its part")
)]
mod js;

#[cfg(feature = "coordinator")]
mod coordinator;
#[cfg(feature = "host")]
mod files;
#[cfg(feature = "host")]
mod host;
