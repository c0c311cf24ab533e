//! What it means that a browser does not give the database's files, and for how long it is worth asking again.

use tidewater_protocol::HostFailure;

/// What a browser says when it does not give the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// It has no such files.
    NotSupported,
    /// It threw an exception of this name.
    Exception {
        /// `DOMException`'s `name`.
        name: &'a str,
        /// Whether it was asked for the file system itself, and not for a file.
        is_root: bool,
    },
    /// The files were had, and are not what they should be.
    Broken,
}

/// What to tell the coordinator about a refusal, once it has been asked again for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// What stands in the way.
    pub reason: HostFailure,
    /// For how many milliseconds to ask again, from the first time on.
    pub milliseconds: u64,
}

/// How many milliseconds lie between two attempts.
pub const RETRY_EVERY: u64 = 20;
/// How long files are waited for that are held elsewhere. Browsers free a dead worker's files a moment after its locks
/// (Firefox) or two seconds later (a worker that was busy).
const HELD_FOR: u64 = 5_000;
/// How long a file system is asked for again that is refused without a word of its being forbidden: taken at its word, a
/// passing failure would put an empty database in memory in the place of the one on disk.
const REFUSED_FOR: u64 = 1_000;

/// What a refusal means.
#[must_use]
pub fn patience(refusal: Refusal<'_>) -> Patience {
    let (reason, milliseconds) = match refusal {
        Refusal::Exception { name: "NoModificationAllowedError", .. } => (HostFailure::Busy, HELD_FOR),
        Refusal::Exception { name: "SecurityError" | "NotSupportedError", .. } | Refusal::NotSupported => {
            (HostFailure::Unavailable, 0)
        }
        Refusal::Exception { is_root: true, .. } => (HostFailure::Unavailable, REFUSED_FOR),
        Refusal::Exception { .. } | Refusal::Broken => (HostFailure::Failed, 0),
    };
    Patience { reason, milliseconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, is_root: bool) -> (HostFailure, bool) {
        let Patience { reason, milliseconds } = patience(Refusal::Exception { name, is_root });
        (reason, milliseconds > RETRY_EVERY)
    }

    #[test]
    fn busy_files_are_waited_for_and_never_replaced_by_memory() {
        for is_root in [false, true] {
            assert_eq!(told("NoModificationAllowedError", is_root), (HostFailure::Busy, true));
        }
    }

    #[test]
    fn only_a_file_system_that_does_not_exist_is_unavailable_at_once() {
        assert_eq!(told("SecurityError", true), (HostFailure::Unavailable, false));
        assert_eq!(patience(Refusal::NotSupported).reason, HostFailure::Unavailable);
        assert_eq!(told("UnknownError", true), (HostFailure::Unavailable, true));
        assert_eq!(told("UnknownError", false), (HostFailure::Failed, false));
        assert_eq!(patience(Refusal::Broken), Patience { reason: HostFailure::Failed, milliseconds: 0 });
    }
}
