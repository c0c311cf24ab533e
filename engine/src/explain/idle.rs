//! Why a query that has a plan is re-run all the same.

/// Why no binding of a template is maintained by its plan now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Idle {
    /// See [`Strategy::Requery`](crate::Strategy::Requery).
    #[error("the engine was opened to re-run every query")]
    Strategy,
    /// See [`Options::memory_budget`](crate::Options::memory_budget).
    #[error("what its plan remembers has no room in the memory budget")]
    MemoryBudget,
    /// The window is so far behind the first row that holding all rows before it costs more.
    #[error("its OFFSET or LIMIT is too large to hold the rows up to it")]
    FarWindow,
    /// See [`LiveTemplate::refused`](crate::LiveTemplate::refused) and [`LiveTemplate::given_up`](crate::LiveTemplate::given_up).
    #[error("its plan failed or did not pay; it is tried again after some more evaluations")]
    BackedOff,
}

impl Idle {
    /// A short name that stays the same in later versions.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::MemoryBudget => "memory_budget",
            Self::FarWindow => "far_window",
            Self::BackedOff => "backed_off",
        }
    }
}
