//! What a script of several statements may contain. Such a script is one transaction, so a statement that begins or ends another
//! one, or that no transaction undoes, has to be a call of its own.

use crate::error::Error;
use crate::sql::{StatementKind, pragma, savepoint_name};
use crate::storage::pragmas;

/// What to do with a statement of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It runs within the transaction of the script.
    Run,
    /// It begins that transaction.
    Begin,
    /// It ends that transaction.
    Commit,
    /// It undoes that transaction.
    RollBack,
}

/// The rules of one script.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The script runs inside a transaction that is not its own.
    is_nested: bool,
    /// The script began with BEGIN.
    has_begun: bool,
    /// The savepoints that the script has set and not released.
    savepoints: Vec<String>,
}

impl Rules {
    pub(super) fn new(is_nested: bool) -> Self {
        Self { is_nested, ..Self::default() }
    }

    /// What to do with the next statement.
    pub(super) fn admit(
        &mut self,
        text: &str,
        kind: StatementKind,
        is_first: bool,
        is_last: bool,
    ) -> Result<Step, Error> {
        match kind {
            StatementKind::Begin if is_first && !self.is_nested => {
                self.has_begun = true;
                Ok(Step::Begin)
            }
            StatementKind::Commit if self.has_begun && is_last => Ok(self.end(Step::Commit)),
            StatementKind::Rollback if self.has_begun && is_last => Ok(self.end(Step::RollBack)),
            StatementKind::Begin => Err(alone("BEGIN")),
            StatementKind::Commit => Err(alone("COMMIT")),
            StatementKind::Rollback => Err(alone("ROLLBACK")),
            StatementKind::Unwrapped | StatementKind::Pragma => admit_alone(text, kind).map(|()| Step::Run),
            StatementKind::Savepoint => {
                self.savepoints.push(savepoint_name(text));
                Ok(Step::Run)
            }
            StatementKind::Release | StatementKind::RollbackTo => {
                let name = savepoint_name(text);
                let Some(place) = self.savepoints.iter().rposition(|known| *known == name) else {
                    return Err(alone("RELEASE or ROLLBACK TO a savepoint from before"));
                };
                self.savepoints.truncate(if kind == StatementKind::Release { place } else { place + 1 });
                Ok(Step::Run)
            }
            _ => Ok(Step::Run),
        }
    }

    fn end(&mut self, step: Step) -> Step {
        self.has_begun = false;
        self.savepoints.clear();
        step
    }

    /// At the end of the script: it has to have ended what it began.
    pub(super) fn finish(&self) -> Result<(), Error> {
        match (self.has_begun, self.savepoints.is_empty()) {
            (true, _) => Err(alone("BEGIN without COMMIT at the end")),
            (false, false) => Err(alone("SAVEPOINT without RELEASE")),
            (false, true) => Ok(()),
        }
    }
}

/// Refuses a statement that no transaction contains, where one is open.
pub(super) fn admit_alone(text: &str, kind: StatementKind) -> Result<(), Error> {
    match kind {
        StatementKind::Unwrapped => Err(alone("VACUUM, ATTACH or DETACH")),
        StatementKind::Pragma if !is_transactional(text) => Err(Error::MustStandAlone(described(text))),
        _ => Ok(()),
    }
}

/// Whether a transaction contains what a PRAGMA does.
pub(super) fn is_transactional(text: &str) -> bool {
    let (name, has_argument) = pragma(text);
    !has_argument || pragmas::is_transactional(&name)
}

/// Whether a PRAGMA gives a connection a setting by which it could answer otherwise than others: all but those of the file, of
/// durability and of speed.
pub(super) fn sets_apart(text: &str) -> bool {
    const SHARED: [&str; 9] = [
        "busy_timeout",
        "cache_size",
        "foreign_keys",
        "journal_mode",
        "journal_size_limit",
        "mmap_size",
        "synchronous",
        "wal_autocheckpoint",
        "wal_checkpoint",
    ];
    !SHARED.contains(&pragma(text).0.as_str())
}

/// A PRAGMA as messages name it.
fn described(text: &str) -> std::sync::Arc<str> {
    format!("PRAGMA {}", pragma(text).0).into()
}

fn alone(what: &str) -> Error {
    Error::MustStandAlone(what.into())
}

#[cfg(test)]
mod tests {
    use super::{Rules, Step};
    use crate::error::Error;
    use crate::sql::{StatementKind, leading_keyword, statements};

    fn admitted(script: &str, is_nested: bool) -> Result<Vec<Step>, String> {
        let mut rules = Rules::new(is_nested);
        let statements: Vec<&str> = statements(script).collect();
        let steps = statements.iter().enumerate().map(|(place, text)| {
            let kind = leading_keyword(text).unwrap_or(StatementKind::Select);
            rules.admit(text, kind, place == 0, place + 1 == statements.len())
        });
        let steps: Result<Vec<Step>, Error> = steps.collect();
        steps.and_then(|steps| rules.finish().map(|()| steps)).map_err(|error| match error {
            Error::MustStandAlone(what) => what.to_string(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_script_that_is_one_transaction_is_taken() {
        use Step::{Begin, Commit, RollBack, Run};
        assert_eq!(admitted("INSERT INTO t VALUES (1); PRAGMA user_version = 1; SELECT 1", false), Ok(vec![Run; 3]));
        assert_eq!(admitted("BEGIN IMMEDIATE; DELETE FROM t; END;", false), Ok(vec![Begin, Run, Commit]));
        assert_eq!(admitted("BEGIN; DELETE FROM t; ROLLBACK", false), Ok(vec![Begin, Run, RollBack]));
        assert_eq!(admitted("SAVEPOINT a; ROLLBACK TO a; RELEASE \"A\"; SELECT 1", true), Ok(vec![Run; 4]));
        assert_eq!(admitted("PRAGMA table_info(t); PRAGMA foreign_keys; SELECT 1", false), Ok(vec![Run; 3]));
    }

    #[test]
    fn what_no_transaction_contains_has_to_stand_alone() {
        for (script, what) in [
            ("INSERT INTO t VALUES (1); PRAGMA main.journal_mode = WAL", "PRAGMA journal_mode"),
            ("PRAGMA foreign_keys(0); DROP TABLE t", "PRAGMA foreign_keys"),
            ("DELETE FROM t; VACUUM", "VACUUM, ATTACH or DETACH"),
            ("DELETE FROM t; BEGIN; DELETE FROM t; COMMIT", "BEGIN"),
            ("BEGIN; DELETE FROM t; COMMIT; BEGIN; DELETE FROM t; COMMIT", "COMMIT"),
            ("BEGIN; DELETE FROM t", "BEGIN without COMMIT at the end"),
            ("DELETE FROM t; COMMIT", "COMMIT"),
            ("DELETE FROM t; ROLLBACK", "ROLLBACK"),
            ("SAVEPOINT a; DELETE FROM t", "SAVEPOINT without RELEASE"),
            ("DELETE FROM t; RELEASE a", "RELEASE or ROLLBACK TO a savepoint from before"),
        ] {
            assert_eq!(admitted(script, false), Err(what.to_owned()), "{script}");
        }
        assert_eq!(admitted("BEGIN; DELETE FROM t; COMMIT", true), Err("BEGIN".to_owned()));
    }
}
