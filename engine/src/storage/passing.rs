//! What would be gone with the connection: settings, temporary tables, attached files. Where another connection may take the place of
//! this one at any moment, as in a browser when the active tab is closed, they are refused: nothing is to change silently.

use std::sync::{Arc, Mutex};

use rusqlite::hooks::{AuthAction, AuthContext};

use super::{lock, pragmas};
use crate::error::Error;

/// SQLite's code for what the authorizer refuses.
const SQLITE_AUTH: i32 = 23;

const TEMPORARY: &str = "a temporary table, view or trigger";

/// What the authorizer refuses of this kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Passing {
    are_refused: bool,
    /// What was refused last.
    refused: Arc<Mutex<Option<Arc<str>>>>,
}

impl Passing {
    pub(super) fn new(are_refused: bool) -> Self {
        Self { are_refused, refused: Arc::default() }
    }

    /// Whether a statement that does this is refused.
    pub(super) fn refuses(&self, context: &AuthContext<'_>) -> bool {
        if !self.are_refused {
            return false;
        }
        let Some(what) = passing(context) else { return false };
        *lock(&self.refused) = Some(what);
        true
    }

    /// The error of a statement that was refused says what of it is.
    pub(super) fn explained(&self, error: Error) -> Error {
        match (&error, lock(&self.refused).take()) {
            (Error::Sqlite { extended_code: SQLITE_AUTH, .. }, Some(what)) => Error::PassesAway(what),
            _ => error,
        }
    }
}

/// What of an action would be gone with the connection.
fn passing(AuthContext { action, database_name, .. }: &AuthContext<'_>) -> Option<Arc<str>> {
    match action {
        AuthAction::Pragma { pragma_name, pragma_value: Some(_) } => {
            let name = pragma_name.to_ascii_lowercase();
            (!pragmas::lasts(&name)).then(|| format!("PRAGMA {name}").into())
        }
        // VACUUM attaches a file without a name.
        AuthAction::Attach { filename: "" } => None,
        AuthAction::Attach { .. } => Some("ATTACH".into()),
        // Where each of them is written. SQLite names it so, or by the database of `temp.t`.
        AuthAction::Insert { table_name: "sqlite_temp_master" } => Some(TEMPORARY.into()),
        AuthAction::Insert { table_name: "sqlite_master" } if *database_name == Some("temp") => Some(TEMPORARY.into()),
        _ => None,
    }
}
