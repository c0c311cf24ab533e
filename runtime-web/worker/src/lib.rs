//! The edge between Tidewater and a browser: OPFS, Web Locks, ports and timers, as thin as it can be.
//!
//! Two wasm modules come from here, by feature. `host` is the worker of a tab, with the engine and SQLite; `coordinator`
//! is the coordinator, without. What the messages mean is the business of the crates `tidewater-protocol` and
//! `tidewater-coordinator`; what a request does to the database is that of [`host`]'s service, which knows no browser.

#[cfg(target_arch = "wasm32")]
#[cfg_attr(
    not(all(feature = "host", feature = "coordinator")),
    allow(dead_code, reason = "each of the two modules uses its part")
)]
mod js;

#[cfg(feature = "host")]
pub mod host;

#[cfg(all(feature = "coordinator", target_arch = "wasm32"))]
mod coordinator;
