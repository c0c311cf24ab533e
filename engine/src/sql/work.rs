//! How often texts were read on this thread, for tests that count work.

use std::cell::Cell;

/// Texts that were divided into tokens, parsed and bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) parsed: usize,
    pub(crate) bound: usize,
}

thread_local! {
    static WORK: Cell<Work> = const { Cell::new(Work { parsed: 0, bound: 0 }) };
}

pub(super) fn parsed() {
    WORK.set(Work { parsed: WORK.get().parsed + 1, ..WORK.get() });
}

pub(super) fn bound() {
    WORK.set(Work { bound: WORK.get().bound + 1, ..WORK.get() });
}

/// What was done since this was called last.
pub(crate) fn take() -> Work {
    WORK.take()
}
