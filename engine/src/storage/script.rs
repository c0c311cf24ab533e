//! Running SQL text: one or many statements, wrapped in a transaction of ours where the text manages none, with every
//! commit sealed the moment it happened.
//!
//! A script of several statements outside a transaction is all or nothing; a statement alone leaves what SQLite leaves of it
//! (OR FAIL keeps the rows before the conflict). A script that begins a transaction of its own is left alone, and what
//! cannot run inside a transaction (PRAGMA, VACUUM, ATTACH, DETACH) commits what came before it and runs as it is.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Statement};

use super::conflict::failed_under_fail;
use super::{SOMEBODY_ELSE, Sealed, Session, convert, lock};
use crate::error::Error;
use crate::sql::{StatementKind, leading_keyword};
use crate::types::{ChangeBatch, Params, Rows};

/// Who decides where the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// The script itself, or we at its end.
    Script,
    /// The caller: BEGIN, COMMIT and ROLLBACK are refused.
    Caller,
}

/// How to run a script.
pub(crate) struct Run<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) control: Control,
}

/// What running a script gave. What committed before an error stays committed.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Rows written, as `sqlite3_changes64` counts them, added up over the script.
    pub(crate) changes: u64,
    /// The answer of the last statement that has columns.
    pub(crate) rows: Option<Rows>,
}

/// Why everything is evaluated anew when rows were not reported.
const SETTING_CHANGED: &str = "a setting of the connection changed";

/// Called with every commit right after it, before the next statement runs. It answers whether anybody saw a change.
pub(crate) type OnCommit<'a> = &'a mut dyn FnMut(&mut Session<'_>, &Sealed) -> bool;

impl Session<'_> {
    /// Runs a script.
    pub(crate) fn run(&mut self, run: &Run<'_>, on_commit: OnCommit<'_>) -> (Outcome, Result<(), Error>) {
        let mut outcome = Outcome::default();
        let ran = self.run_statements(run, &mut outcome, on_commit);
        let settled = match (run.control, ran) {
            (Control::Caller, ran) => ran,
            (Control::Script, Ok(())) => self.commit_wrapped(on_commit),
            (Control::Script, Err(error)) => {
                // The first error is the answer; what undoing adds to it is not.
                let _ = self.rollback_wrapped();
                Err(error)
            }
        };
        (outcome, settled)
    }

    fn run_statements(&mut self, run: &Run<'_>, outcome: &mut Outcome, on_commit: OnCommit<'_>) -> Result<(), Error> {
        let connection = self.connection;
        if statement_kind(run.sql) == StatementKind::Empty {
            return Ok(());
        }
        match connection.prepare_cached(run.sql) {
            Ok(mut statement) => {
                let kind = statement_kind(run.sql);
                let ran = self.run_statement(&mut statement, kind, run, true, outcome, on_commit);
                drop(statement);
                ran.and_then(|()| self.after_statement(on_commit))
            }
            Err(rusqlite::Error::MultipleStatement) => self.run_batch(run, outcome, on_commit),
            // The statement may be wrong, or be a later one whose table the script has yet to create.
            Err(error) if is_one_statement(run.sql) => Err(convert::error(error)),
            Err(_) => self.run_batch(run, outcome, on_commit),
        }
    }

    fn run_batch(&mut self, run: &Run<'_>, outcome: &mut Outcome, on_commit: OnCommit<'_>) -> Result<(), Error> {
        let mut batch = Batch::new(self.connection, run.sql);
        while let Some(mut statement) = batch.next().map_err(convert::error)? {
            let kind = statement_kind(&statement.expanded_sql().unwrap_or_default());
            let ran = self.run_statement(&mut statement, kind, run, false, outcome, on_commit);
            drop(statement);
            ran?;
            self.after_statement(on_commit)?;
        }
        Ok(())
    }

    fn run_statement(
        &mut self,
        statement: &mut Statement<'_>,
        kind: StatementKind,
        run: &Run<'_>,
        alone: bool,
        outcome: &mut Outcome,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        self.before_statement(statement, kind, run.control, on_commit)?;
        convert::bind(statement, run.params, alone)?;
        let stepped = if statement.column_count() > 0 {
            convert::rows(statement)
                .map(|rows| outcome.rows = Some(Rows { rows, columns: convert::columns(statement) }))
        } else {
            statement.raw_execute().map(|_| ()).map_err(convert::error)
        };
        if matches!(kind, StatementKind::Dml | StatementKind::With) && !statement.readonly() && stepped.is_ok() {
            outcome.changes += self.connection.changes();
        }
        match stepped {
            Ok(()) => {
                self.note_effects(kind, statement);
                Ok(())
            }
            Err(error) => {
                // Rows that the statement had written are undone without a report, unless it kept them (OR FAIL).
                lock(&self.state.recorder).invalidate();
                self.state.wrapped &= !self.connection.is_autocommit();
                let is_ours_alone = alone && self.state.wrapped && run.control == Control::Script;
                if is_ours_alone
                    && lock(&self.state.recorder).would_change_rows(self.connection)
                    && failed_under_fail(self.connection, run.sql, &error)
                {
                    self.commit_wrapped(on_commit)?;
                }
                Err(error)
            }
        }
    }

    fn before_statement(
        &mut self,
        statement: &Statement<'_>,
        kind: StatementKind,
        control: Control,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        use StatementKind::{Begin, Commit, Pragma, Release, Rollback, Unwrapped};
        if let (Control::Caller, Begin | Commit | Rollback) = (control, kind) {
            return Err(Error::TransactionControl(match kind {
                Begin => "BEGIN",
                Commit => "COMMIT",
                _ => "ROLLBACK",
            }));
        }
        let autocommit = self.connection.is_autocommit();
        match kind {
            Begin if self.state.wrapped => self.commit_wrapped(on_commit),
            Commit | Rollback if self.state.wrapped => {
                Err(convert::no_transaction(if kind == Commit { "commit" } else { "rollback" }))
            }
            Commit | Release if !autocommit && !self.state.wrapped => self.store_number(),
            Pragma | Unwrapped if self.state.wrapped && control == Control::Script => self.commit_wrapped(on_commit),
            Begin
            | Commit
            | Rollback
            | Release
            | Pragma
            | Unwrapped
            | StatementKind::RollbackTo
            | StatementKind::Savepoint => Ok(()),
            _ if statement.readonly() && kind != StatementKind::Schema => Ok(()),
            _ => {
                self.refresh_catalog()?;
                if autocommit {
                    self.control("BEGIN")?;
                    self.state.wrapped = true;
                }
                Ok(())
            }
        }
    }

    fn note_effects(&mut self, kind: StatementKind, statement: &Statement<'_>) {
        match kind {
            StatementKind::Schema => {
                lock(&self.state.recorder).schema_changed();
                self.state.catalog_is_stale = true;
            }
            // What writes to the schema itself, no hook reports.
            StatementKind::Dml | StatementKind::With if self.state.schema_is_writable && !statement.readonly() => {
                lock(&self.state.recorder).schema_changed();
                self.state.catalog_is_stale = true;
            }
            StatementKind::RollbackTo => {
                lock(&self.state.recorder).invalidate();
                self.state.catalog_is_stale = true;
            }
            StatementKind::Unwrapped => self.setting_changed(),
            // A pragma that only tells needs no second look at the subscriptions; which one sets cannot be told from
            // outside, so all with an argument are taken to.
            StatementKind::Pragma if statement.expanded_sql().is_none_or(|text| text.contains(['=', '('])) => {
                self.setting_changed();
            }
            _ => {}
        }
    }

    fn setting_changed(&mut self) {
        self.state.settings_changed = true;
        self.state.is_alone = false;
        self.state.catalog_is_stale = true;
        let is_writable = self.connection.pragma_query_value(None, "writable_schema", |row| row.get::<_, i64>(0));
        self.state.schema_is_writable = is_writable.is_ok_and(|flag| flag != 0);
    }

    /// Seals what a statement committed, if it did.
    fn after_statement(&mut self, on_commit: OnCommit<'_>) -> Result<(), Error> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        self.state.wrapped = false;
        let committed = lock(&self.state.recorder).take_committed();
        if lock(&self.state.recorder).has_effects() {
            let sealed = self.seal();
            on_commit(self, &sealed);
        } else if std::mem::take(&mut self.state.settings_changed) {
            self.without_rows(Some(SETTING_CHANGED), on_commit);
        } else if committed {
            // SQLite wrote something that no hook reports, such as a row of sqlite_sequence.
            self.without_rows(None, on_commit);
        }
        Ok(())
    }

    /// Results may have changed without a row that was reported. It takes a number only if somebody sees it.
    fn without_rows(&mut self, everything: Option<&'static str>, on_commit: OnCommit<'_>) {
        let sealed = Sealed {
            commit: self.state.commit_number.last().next(),
            batch: ChangeBatch::default(),
            tentative: true,
            everything,
        };
        if on_commit(self, &sealed) {
            self.state.commit_number.take_without_storing();
        }
    }

    /// Begins a transaction that the caller ends.
    pub(crate) fn begin_wrapped(&mut self) -> Result<(), Error> {
        self.control("BEGIN")?;
        self.state.wrapped = true;
        Ok(())
    }

    /// Commits the transaction that a script or a caller was wrapped in, if one is open.
    pub(crate) fn commit_wrapped(&mut self, on_commit: OnCommit<'_>) -> Result<(), Error> {
        if !self.state.wrapped {
            return Ok(());
        }
        let committed = self.store_number().and_then(|()| self.control("COMMIT"));
        if let Err(error) = committed {
            // A deferred constraint, or a full disk: all or nothing. The first error is the answer.
            let _ = self.rollback_wrapped();
            return Err(error);
        }
        self.after_statement(on_commit)
    }

    /// Undoes the transaction that a script or a caller was wrapped in, if one is open.
    pub(crate) fn rollback_wrapped(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.state.wrapped) || self.connection.is_autocommit() {
            return Ok(());
        }
        self.control("ROLLBACK")
    }

    /// Stores the number that the open transaction will have, if it changed anything.
    fn store_number(&mut self) -> Result<(), Error> {
        if !lock(&self.state.recorder).has_effects() {
            return Ok(());
        }
        if self.notice_external_change()? {
            self.state.commit_number.reload(self.connection)?;
        }
        if self.state.commit_number.store_next(self.connection)? {
            lock(&self.state.recorder).schema_changed();
        }
        Ok(())
    }

    /// What was committed is sealed, come what may: rows that cannot be read make the batch incomplete.
    fn seal(&mut self) -> Sealed {
        let (batch, incomplete) = lock(&self.state.recorder).seal(self.connection);
        let external = std::mem::take(&mut self.state.external).then_some(SOMEBODY_ELSE);
        let setting = std::mem::take(&mut self.state.settings_changed).then_some(SETTING_CHANGED);
        let everything = incomplete.or(external).or(setting);
        Sealed { commit: self.state.commit_number.take(), batch, tentative: false, everything }
    }
}

/// What begins with no keyword of SQLite's is left to SQLite, as a statement that does nothing special.
fn statement_kind(sql: &str) -> StatementKind {
    leading_keyword(sql).unwrap_or(StatementKind::Select)
}

/// Whether a text that does not compile holds no second statement: no semicolon but a last one.
fn is_one_statement(sql: &str) -> bool {
    !sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';').contains(';')
}
