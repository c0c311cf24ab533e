//! Runs SQL text: one statement or many. The engine wraps them in a transaction if the text has none of its own, and seals
//! every commit as soon as it happens.
//!
//! A script of several statements is all or nothing: one transaction, or one savepoint where a transaction is open. What no
//! transaction contains is refused there ([`rules`]). A single statement leaves what SQLite leaves (OR FAIL keeps the rows before
//! the conflict).

mod given;
mod rules;
mod several;

use rusqlite::Statement;

use super::capture::Recorded;
use super::conflict::failed_under_fail;
use super::{SOMEBODY_ELSE, SealedCommit, Session, State, convert, lock, open};
use crate::error::Error;
use crate::sql::{StatementKind, leading_keyword, statements};
use crate::types::{ChangeBatch, Params, Rows};

/// Who ends the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionOwner {
    /// The engine, at the end of the script.
    Script,
    /// The engine, at the end of each statement, as SQLite would. Statements may begin and end transactions.
    Statement,
    /// The caller. BEGIN, COMMIT and ROLLBACK in the text are refused.
    Caller,
}

/// SQL text and how to run it.
pub(crate) struct Script<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) owner: TransactionOwner,
}

/// The output of a script. What was committed before an error stays committed.
#[derive(Debug, Default)]
pub(crate) struct ScriptOutput {
    /// Rows written, as `sqlite3_changes64` counts them, added up over the script.
    pub(crate) changes: u64,
    /// The rows of the last statement that returns any columns.
    pub(crate) rows: Option<Rows>,
}

/// Why every subscription is evaluated again although no row was reported.
const SETTING_CHANGED: &str = "a setting of the connection changed";

/// Called right after every commit, before the next statement runs. Returns whether any subscriber saw a change.
pub(crate) type OnCommit<'a> = &'a mut dyn FnMut(&mut Session<'_>, &SealedCommit) -> bool;

impl Session<'_> {
    /// Runs a script.
    pub(crate) fn run(&mut self, script: &Script<'_>, on_commit: OnCommit<'_>) -> (ScriptOutput, Result<(), Error>) {
        let mut output = ScriptOutput::default();
        let ran = self.run_statements(script, &mut output, on_commit);
        let settled = match (script.owner, ran) {
            (TransactionOwner::Caller, ran) => ran,
            (_, Ok(())) => self.commit_wrapped(on_commit),
            (_, Err(error)) => {
                // The first error is returned; an error of the rollback is not.
                let _ = self.rollback_wrapped();
                Err(error)
            }
        };
        (output, settled)
    }

    fn run_statements(
        &mut self,
        script: &Script<'_>,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        let kind = statement_kind(script.sql);
        if kind == StatementKind::Empty {
            return Ok(());
        }
        if is_several(script.sql) {
            return self.run_several(script, output, on_commit);
        }
        if script.owner == TransactionOwner::Caller {
            rules::admit_alone(script.sql, kind)?;
        }
        lock(&self.state.recorder).look_up_statement();
        let mut statement = self.connection.prepare_cached(script.sql).map_err(|error| self.refused(error))?;
        let values = convert::slot_values(&convert::signature(&statement).slots, script.params)?;
        convert::bind_slots(&mut statement, &values)?;
        lock(&self.state.recorder).run_statement(script.sql);
        let ran = self.run_statement(&mut statement, kind, script, true, output, on_commit);
        lock(&self.state.recorder).end_statement();
        drop(statement);
        ran.and_then(|()| self.after_statement(on_commit))
    }

    /// Runs a statement whose parameters are bound.
    fn run_statement(
        &mut self,
        statement: &mut Statement<'_>,
        kind: StatementKind,
        script: &Script<'_>,
        alone: bool,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        self.before_statement(statement, kind, script.owner, alone, on_commit)?;
        let limit = self.limit_of(statement);
        let stepped = self.interruptible(|| {
            if statement.column_count() > 0 {
                let rows = convert::rows(statement, limit)?;
                output.rows = Some(Rows { rows, columns: convert::columns(statement) });
                Ok(())
            } else {
                statement.raw_execute().map(|_| ()).map_err(convert::error)
            }
        });
        if matches!(kind, StatementKind::Dml | StatementKind::With) && !statement.readonly() && stepped.is_ok() {
            output.changes += self.connection.changes();
        }
        match stepped {
            Ok(()) => {
                self.note_effects(kind, statement);
                Ok(())
            }
            Err(error) => {
                // SQLite undoes the statement's rows without a report, unless it keeps them (OR FAIL).
                lock(&self.state.recorder).invalidate();
                let is_autocommit = self.connection.is_autocommit();
                if is_autocommit && !self.state.wrapped && lock(&self.state.recorder).has_effects() {
                    // It was no part of a transaction, and SQLite has committed the rows before the conflict (OR FAIL).
                    self.after_statement(on_commit)?;
                }
                self.state.wrapped &= !is_autocommit;
                let is_ours_alone = alone && self.state.wrapped && script.owner != TransactionOwner::Caller;
                if is_ours_alone
                    && lock(&self.state.recorder).would_change_rows(self.connection)
                    && failed_under_fail(self.connection, &statement.expanded_sql().unwrap_or_default(), &error)
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
        owner: TransactionOwner,
        is_alone: bool,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        use StatementKind::{Begin, Commit, Pragma, Release, Rollback, RollbackTo, Savepoint, Schema, Unwrapped};
        if let (TransactionOwner::Caller, Begin | Commit | Rollback) = (owner, kind) {
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
            Begin | Commit | Rollback | Release | Unwrapped => Ok(()),
            // Alone it runs as it is. In a script, the transaction of the script contains what it does.
            Pragma | Savepoint if is_alone => Ok(()),
            RollbackTo => Ok(()),
            _ if statement.readonly() && !matches!(kind, Schema | Pragma | Savepoint) => Ok(()),
            _ => {
                self.refresh_catalog()?;
                let is_dml = matches!(kind, StatementKind::Dml | StatementKind::With);
                if autocommit && !(is_alone && is_dml && self.commits_without_a_number()) {
                    self.control("BEGIN")?;
                    self.state.wrapped = true;
                }
                Ok(())
            }
        }
    }

    /// Whether nothing has to be written beside the rows of the next commit, so that a statement needs no transaction around it.
    fn commits_without_a_number(&self) -> bool {
        let State { is_alone, has_exact_commit_numbers, catalog_is_stale, .. } = *self.state;
        is_alone
            && !has_exact_commit_numbers
            && !catalog_is_stale
            && self.state.commit_number.is_next_reserved()
            && !lock(&self.state.recorder).is_number_touched()
    }

    fn note_effects(&mut self, kind: StatementKind, statement: &Statement<'_>) {
        match kind {
            StatementKind::Schema => {
                lock(&self.state.recorder).schema_changed();
                self.state.catalog_is_stale = true;
            }
            // No hook reports a direct write to the schema.
            StatementKind::Dml | StatementKind::With if self.state.schema_is_writable && !statement.readonly() => {
                lock(&self.state.recorder).schema_changed();
                self.state.catalog_is_stale = true;
            }
            StatementKind::RollbackTo => {
                lock(&self.state.recorder).invalidate();
                self.state.catalog_is_stale = true;
            }
            StatementKind::Unwrapped => self.setting_changed(),
            // A setting may change every result.
            StatementKind::Pragma if statement.expanded_sql().is_none_or(|text| !rules::is_transactional(&text)) => {
                self.state.is_set_apart |= statement.expanded_sql().is_none_or(|text| rules::sets_apart(&text));
                self.setting_changed();
            }
            _ => {}
        }
    }

    pub(super) fn setting_changed(&mut self) {
        self.state.is_wal = open::is_wal(self.connection);
        self.state.settings_changed = true;
        self.state.is_alone = false;
        self.state.catalog_is_stale = true;
        let is_writable = self.connection.pragma_query_value(None, "writable_schema", |row| row.get::<_, i64>(0));
        self.state.schema_is_writable = is_writable.is_ok_and(|flag| flag != 0);
    }

    /// Seals the commit of a statement, if it committed.
    pub(super) fn after_statement(&mut self, on_commit: OnCommit<'_>) -> Result<(), Error> {
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
            // SQLite wrote something that no hook reports, such as a row of `sqlite_sequence`.
            self.without_rows(None, on_commit);
        }
        Ok(())
    }

    /// Handles a possible change of results without reported rows. It uses a commit number only if a subscriber sees a
    /// change.
    fn without_rows(&mut self, everything: Option<&'static str>, on_commit: OnCommit<'_>) {
        let sealed = SealedCommit {
            commit: self.state.commit_number.last().next(),
            batch: ChangeBatch::default(),
            bulk: Vec::new(),
            written: Vec::new(),
            tentative: true,
            everything,
        };
        if on_commit(self, &sealed) {
            self.state.commit_number.take_without_storing();
        }
    }

    /// Begins a transaction on behalf of the caller, who ends it.
    pub(crate) fn begin_wrapped(&mut self, begin: &str) -> Result<(), Error> {
        self.control(begin)?;
        self.state.wrapped = true;
        Ok(())
    }

    /// Commits the transaction that the engine began, if one is open.
    pub(crate) fn commit_wrapped(&mut self, on_commit: OnCommit<'_>) -> Result<(), Error> {
        if !self.state.wrapped {
            return Ok(());
        }
        let committed = self.store_number().and_then(|()| self.control("COMMIT"));
        if let Err(error) = committed {
            // A deferred constraint or a full disk: all or nothing. The first error is returned.
            let _ = self.rollback_wrapped();
            return Err(error);
        }
        self.after_statement(on_commit)
    }

    /// Whether a transaction is open, also one that the engine has begun.
    pub(crate) fn is_within_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Rolls back the transaction that the engine began, if one is open.
    pub(crate) fn rollback_wrapped(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.state.wrapped) || self.connection.is_autocommit() {
            return Ok(());
        }
        self.control("ROLLBACK")
    }

    /// Stores the commit number of the open transaction, if it changed anything.
    fn store_number(&mut self) -> Result<(), Error> {
        if !lock(&self.state.recorder).has_effects() {
            return Ok(());
        }
        self.renew_number()?;
        if lock(&self.state.recorder).take_number_touched() || self.state.catalog_is_stale {
            self.state.commit_number.reserve_again();
        }
        let can_reserve = self.state.is_alone && !self.state.has_exact_commit_numbers;
        if self.state.commit_number.store_next(self.connection, can_reserve)? {
            lock(&self.state.recorder).schema_changed();
        }
        Ok(())
    }

    /// Takes a number that another connection has stored meanwhile.
    pub(super) fn renew_number(&mut self) -> Result<(), Error> {
        if self.notice_external_change()? {
            self.state.commit_number.reload(self.connection)?;
        }
        Ok(())
    }

    /// Seals a commit. This cannot fail: rows that cannot be read make the batch incomplete.
    fn seal(&mut self) -> SealedCommit {
        let Recorded { batch, bulk, written, incomplete } = lock(&self.state.recorder).seal(self.connection);
        let external = std::mem::take(&mut self.state.external).then_some(SOMEBODY_ELSE);
        let setting = std::mem::take(&mut self.state.settings_changed).then_some(SETTING_CHANGED);
        let everything = incomplete.or(external).or(setting);
        SealedCommit { commit: self.state.commit_number.take(), batch, bulk, written, tentative: false, everything }
    }
}

/// The kind of a statement. A text without a known keyword is left to SQLite, like a SELECT.
fn statement_kind(sql: &str) -> StatementKind {
    leading_keyword(sql).unwrap_or(StatementKind::Select)
}

/// Whether a text has several statements. It is to be asked before the text is compiled: rusqlite compiles what follows the first
/// statement as well, and some statements take effect when they are compiled.
pub(super) fn is_several(sql: &str) -> bool {
    // Most texts have no semicolon but at their end.
    sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';').contains(';') && statements(sql).nth(1).is_some()
}
