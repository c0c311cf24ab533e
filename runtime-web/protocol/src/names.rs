//! Names that all tabs, workers and versions of an origin must agree on: Web Locks, the BroadcastChannel, the SharedWorker.
//!
//! Each is a pattern, from which the functions here and their TypeScript twins are made.

use crate::{InstanceId, TabId};

/// Pattern of [`storage`].
pub const STORAGE: &str = "tidewater/{database}/storage";
/// Pattern of [`page`].
pub const PAGE: &str = "tidewater/{database}/page/{tab}";
/// Pattern of [`worker`].
pub const WORKER: &str = "tidewater/{database}/worker/{tab}";
/// Pattern of [`coordinator`].
pub const COORDINATOR: &str = "tidewater/{database}/coordinator";
/// Pattern of [`coordinator_instance`].
pub const COORDINATOR_INSTANCE: &str = "tidewater/{database}/coordinator/{instance}";
/// Pattern of [`coordinator_at`].
pub const COORDINATOR_AT: &str = "tidewater/{database}/coordinator-at/{place}";
/// Pattern of [`shared_worker`].
pub const SHARED_WORKER: &str = "tidewater/{database}";
/// Pattern of [`bus`].
pub const BUS: &str = "tidewater/{database}/bus/6";

/// Every pattern with its function's name, for the TypeScript side.
pub const ALL: [(&str, &str); 8] = [
    ("storage", STORAGE),
    ("page", PAGE),
    ("worker", WORKER),
    ("coordinator", COORDINATOR),
    ("coordinatorInstance", COORDINATOR_INSTANCE),
    ("coordinatorAt", COORDINATOR_AT),
    ("sharedWorker", SHARED_WORKER),
    ("bus", BUS),
];

/// The lock that makes a worker the host: exclusive, taken inside the worker before storage is touched (whatever the storage
/// mode), with `ifAvailable`, never queued for, held for life.
#[must_use]
pub fn storage(database: &str) -> String {
    fill(STORAGE, database, "")
}

/// The lock that a page client holds while it lives.
#[must_use]
pub fn page(database: &str, tab: &TabId) -> String {
    fill(PAGE, database, &tab.0)
}

/// The lock that a worker holds while it lives.
#[must_use]
pub fn worker(database: &str, tab: &TabId) -> String {
    fill(WORKER, database, &tab.0)
}

/// The lock that makes a worker the coordinator: exclusive, held for life. Of the SharedWorkers of several builds one has it, and the
/// others say [`Elsewhere`](crate::CoordinatorToPage::Elsewhere) and end. Where there is no SharedWorker it is queued for by one
/// DedicatedWorker in each tab, which its page terminates on `freeze` and `pagehide`, so that no frozen tab is granted it.
#[must_use]
pub fn coordinator(database: &str) -> String {
    fill(COORDINATOR, database, "")
}

/// The lock that a coordinator holds while it lives.
#[must_use]
pub fn coordinator_instance(database: &str, instance: &InstanceId) -> String {
    fill(COORDINATOR_INSTANCE, database, &instance.0)
}

/// The lock that a SharedWorker holds while it is the coordinator, whose name tells everybody where it is: bundlers give the
/// workers of each build a URL of their own, and with the URL and name of a SharedWorker that runs it is connected to, also when the server
/// does not have its script any more. `place` is the range of protocols that it speaks, its instance and its URL:
/// `{oldest}-{newest}/{instance}/{url}`. This name never changes, whatever the protocol.
#[must_use]
pub fn coordinator_at(database: &str, place: &str) -> String {
    fill(COORDINATOR_AT, database, place)
}

/// The name of the SharedWorker that is the coordinator.
#[must_use]
pub fn shared_worker(database: &str) -> String {
    fill(SHARED_WORKER, database, "")
}

/// The BroadcastChannel that carries [`Envelope`](crate::Envelope)s where there is no SharedWorker. It has the version of the protocol in its
/// name: everybody on it has to understand what everybody says.
#[must_use]
pub fn bus(database: &str) -> String {
    fill(BUS, database, "")
}

/// Whether `name` can name a database: 1 to 64 ASCII letters, digits, `.`, `_` or `-`, not starting with a dot. It becomes
/// part of lock names and of a directory's name.
#[must_use]
pub fn is_database_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

/// [`is_database_name`] as a regular expression.
pub const DATABASE_NAME_PATTERN: &str = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$";

fn fill(pattern: &str, database: &str, id: &str) -> String {
    // What is between braces is every second piece.
    let pieces = pattern.split(['{', '}']).enumerate();
    pieces
        .map(|(at, piece)| {
            if at % 2 == 0 {
                piece
            } else if piece == "database" {
                database
            } else {
                id
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_patterns_filled() {
        assert_eq!(storage("shop"), "tidewater/shop/storage");
        assert_eq!(page("shop", &TabId::from("a1")), "tidewater/shop/page/a1");
        assert_eq!(worker("shop", &TabId::from("a1")), "tidewater/shop/worker/a1");
        assert_eq!(coordinator("shop"), "tidewater/shop/coordinator");
        assert_eq!(coordinator_instance("shop", &InstanceId::from("c1")), "tidewater/shop/coordinator/c1");
        let place = "1-1/c1/https://shop.example/assets/coordinator-3f2a.js";
        assert_eq!(coordinator_at("shop", place), format!("tidewater/shop/coordinator-at/{place}"));
        assert_eq!(shared_worker("shop"), "tidewater/shop");
        assert_eq!(bus("shop"), format!("tidewater/shop/bus/{}", crate::PROTOCOL));
    }

    #[test]
    fn names_of_databases() {
        for good in ["a", "shop", "Shop_2.db", "-x", &"a".repeat(64)] {
            assert!(is_database_name(good), "{good}");
        }
        for bad in ["", ".hidden", "a/b", "a b", "ü", &"a".repeat(65)] {
            assert!(!is_database_name(bad), "{bad}");
        }
    }
}
