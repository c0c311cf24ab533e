//! Guides: threading, blocking, cancellation, durability.

/// Threading.
#[doc = include_str!("../guide/threading.md")]
pub mod threading {}

/// Blocking.
#[doc = include_str!("../guide/blocking.md")]
pub mod blocking {}

/// Cancellation.
#[doc = include_str!("../guide/cancellation.md")]
pub mod cancellation {}

/// Durability.
#[doc = include_str!("../guide/durability.md")]
pub mod durability {}
