//! Reports of faults: the SQL by which a divergence happens again.

mod script;

pub(crate) use script::{Query, script};
