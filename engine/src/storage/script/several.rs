//! Several statements: one after the other, or all in one transaction or savepoint.

use super::given::Given;
use super::rules::{Rules, Step};
use super::{OnCommit, Script, ScriptOutput, TransactionOwner, statement_kind};
use crate::error::Error;
use crate::sql::statements;
use crate::storage::{Session, convert, lock};

/// The savepoint of a script that runs inside a transaction.
const SAVEPOINT: &str = "tidewater_script";

impl Session<'_> {
    pub(super) fn run_several(
        &mut self,
        script: &Script<'_>,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        match script.owner {
            TransactionOwner::Statement => self.run_each(script, output, on_commit),
            TransactionOwner::Caller => self.run_in_savepoint(script, output, on_commit),
            TransactionOwner::Script if self.has_open_transaction() => self.run_in_savepoint(script, output, on_commit),
            TransactionOwner::Script => self.run_as_one(script, &mut Rules::new(false), output, on_commit),
        }
    }

    /// Each statement by itself, up to the first that fails.
    fn run_each(
        &mut self,
        script: &Script<'_>,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        let mut given = Given::new(script.params);
        for text in statements(script.sql) {
            self.run_text(text, script, &mut given, true, output, on_commit)?;
            self.commit_wrapped(on_commit)?;
        }
        given.finish()
    }

    /// All statements within a savepoint of the open transaction.
    fn run_in_savepoint(
        &mut self,
        script: &Script<'_>,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        self.control(&format!("SAVEPOINT {SAVEPOINT}"))?;
        let ran = self.run_as_one(script, &mut Rules::new(true), output, on_commit);
        if ran.is_err() && !self.connection.is_autocommit() {
            lock(&self.state.recorder).invalidate();
            self.state.catalog_is_stale = true;
            // The first error is returned; an error of undoing is not.
            let _ = self.control(&format!("ROLLBACK TO {SAVEPOINT}"));
        }
        // OR ROLLBACK has ended the transaction with all its savepoints.
        if !self.connection.is_autocommit() {
            self.control(&format!("RELEASE {SAVEPOINT}"))?;
        }
        ran
    }

    fn run_as_one(
        &mut self,
        script: &Script<'_>,
        rules: &mut Rules,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        let mut given = Given::new(script.params);
        let mut statements = statements(script.sql).peekable();
        let mut is_first = true;
        while let Some(text) = statements.next() {
            let step = rules.admit(text, statement_kind(text), is_first, statements.peek().is_none())?;
            is_first = false;
            match step {
                Step::Run => self.run_text(text, script, &mut given, false, output, on_commit)?,
                Step::Begin => {
                    self.control(text)?;
                    self.state.wrapped = true;
                }
                Step::Commit => {
                    given.finish()?;
                    return self.commit_wrapped(on_commit);
                }
                Step::RollBack => return self.rollback_wrapped(),
            }
        }
        rules.finish()?;
        given.finish()
    }

    fn run_text(
        &mut self,
        text: &str,
        script: &Script<'_>,
        given: &mut Given<'_>,
        alone: bool,
        output: &mut ScriptOutput,
        on_commit: OnCommit<'_>,
    ) -> Result<(), Error> {
        let connection = self.connection;
        // The statements are parts of the script.
        let start = text.as_ptr().addr() - script.sql.as_ptr().addr();
        let mut statement = connection.prepare(text).map_err(|error| convert::moved(self.refused(error), start))?;
        let values = given.values(&convert::signature(&statement).slots)?;
        convert::bind_slots(&mut statement, &values)?;
        let ran = self.run_statement(&mut statement, statement_kind(text), script, alone, output, on_commit);
        drop(statement);
        ran?;
        self.after_statement(on_commit)
    }
}
