//! The few things of a browser that we use, declared by hand: Web Locks are unstable in web-sys, and the shell hands in
//! objects that only look like ports.

pub mod locks;
pub mod message;
pub mod panic;
pub mod port;
pub mod timer;
