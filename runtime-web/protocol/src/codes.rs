//! Codes of the errors that the runtime itself raises; the engine's own codes pass through unchanged.

/// The page client was closed, or nobody answers any more, while the statement may have been committed; or the host died while it ran a statement that
/// no transaction contains.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";
/// The page was out of reach for so long that the record of its writes was deleted: what it had under way may or may not have been committed.
pub const SESSION_EXPIRED: &str = "session_expired";
/// Another tab runs another version of the library; one of the two has to be reloaded.
pub const UPGRADE_REQUIRED: &str = "upgrade_required";
/// The application closed the database before an answer came, or the subscription has ended.
pub const CLOSED: &str = "closed";
/// The database is held by somebody who has not registered with this coordinator; it is waited for.
pub const STORAGE_BUSY: &str = "storage_busy";
/// No worker could open the database, and the coordinator has stopped trying.
pub const UNAVAILABLE: &str = "unavailable";
/// Another tab has opened the database with another configuration.
pub const CONFIGURATION_MISMATCH: &str = "configuration_mismatch";
/// Nobody served the database within the time that the application gives it.
pub const TIMEOUT: &str = "timeout";
/// A message that does not follow the protocol: a bug in the library or a foreign sender.
pub const BAD_MESSAGE: &str = "bad_message";
/// Each host that was given the request died before it answered: no other one is given it.
pub const POISONED_REQUEST: &str = "poisoned_request";
/// A transaction was rolled back before it was committed: the host died, or it was open for longer than it may.
pub const TRANSACTION_LOST: &str = "transaction_lost";
/// The host's WebAssembly instance trapped; the request that was running may be the cause.
pub const HOST_PANICKED: &str = "host_panicked";

/// Every code above with its name, for the TypeScript side.
pub const ALL: [(&str, &str); 12] = [
    ("outcomeUnknown", OUTCOME_UNKNOWN),
    ("sessionExpired", SESSION_EXPIRED),
    ("upgradeRequired", UPGRADE_REQUIRED),
    ("closed", CLOSED),
    ("storageBusy", STORAGE_BUSY),
    ("unavailable", UNAVAILABLE),
    ("configurationMismatch", CONFIGURATION_MISMATCH),
    ("timeout", TIMEOUT),
    ("badMessage", BAD_MESSAGE),
    ("poisonedRequest", POISONED_REQUEST),
    ("transactionLost", TRANSACTION_LOST),
    ("hostPanicked", HOST_PANICKED),
];
