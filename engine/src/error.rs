//! The one error type of the engine, with codes that stay stable across versions.

use std::sync::Arc;

/// What can go wrong. [`Error::code`] is stable and meant for programs; the message is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// SQLite refused or failed: bad SQL, a violated constraint, a full disk.
    #[error("{message}")]
    Sqlite {
        /// SQLite's extended result code, <https://sqlite.org/rescode.html>.
        extended_code: i32,
        /// SQLite's message.
        message: Arc<str>,
        /// Where in the text that was given the error is, in bytes, if SQLite says so.
        offset: Option<u32>,
    },
    /// A parameter has no value, one was given that the statement does not have, or a value has no form in SQLite.
    #[error("{0}")]
    BadParameters(Arc<str>),
    /// A row cannot be read as the type that was asked for.
    #[error("{0}")]
    Conversion(Arc<str>),
    /// Paranoid mode found that a maintained result is not what SQLite returns: a fault of the engine. The text is the SQL that makes
    /// it happen again.
    #[error("a maintained result differs from SQLite's; this makes it happen again:\n{0}")]
    Diverged(Arc<str>),
    /// Only a statement that returns rows and changes nothing can be subscribed.
    #[error("only a single SELECT can be subscribed")]
    NotASelect,
    /// Only what reads or writes rows, or changes the schema, can be described: others take effect when they are compiled.
    #[error("only SELECT, INSERT, UPDATE, DELETE and changes of the schema can be described")]
    NotDescribed,
    /// The call needs exactly one statement.
    #[error("expected one statement, found {0}")]
    NotOneStatement(&'static str),
    /// A transaction is open, so there is no committed state to answer from.
    #[error("a transaction is open; commit it or roll it back first")]
    InTransaction,
    /// A statement that begins or ends a transaction was given where the transaction is not the script's own.
    #[error("{0} cannot be used inside Engine::transaction")]
    TransactionControl(&'static str),
    /// A script of several statements is one transaction, and so is the closure of `Engine::transaction`; this statement cannot be
    /// part of one. Nothing of the script was kept.
    #[error("{0} has to be a call of its own: several statements are run as one transaction")]
    MustStandAlone(Arc<str>),
    /// With [`Options::is_replaceable`](crate::Options::is_replaceable): the statement does something that would be gone with the connection.
    #[error(
        "{0} would be gone when another connection takes the place of this one; set it where the database is opened"
    )]
    PassesAway(Arc<str>),
    /// The query has no incremental plan, and [`Strategy::Incremental`](crate::Strategy::Incremental) asked for one.
    #[error("no incremental plan: {0}")]
    NotIncremental(Arc<str>),
    /// Code that was given the connection has left a transaction open; it was rolled back.
    #[error("a transaction was left open and has been rolled back")]
    TransactionLeftOpen,
    /// The engine was called from inside a call of its own on the same thread: from a closure given to `Engine::transaction`, from
    /// an observer, or from a SQL function. Dropping a subscription is allowed there.
    #[error(
        "the engine was called from inside one of its own calls: inside Engine::transaction use the Transaction; from an \
         observer or a SQL function, call it when they have returned"
    )]
    Reentrant,
    /// Another thread has begun a transaction by SQL and has not ended it within the busy timeout.
    #[error("another thread has a transaction open; try again when it has ended")]
    AnothersTransaction,
    /// A statement ran longer than [`Options::statement_timeout`](crate::Options::statement_timeout) allows. It has changed nothing.
    #[error("the statement ran longer than it may")]
    Timeout,
    /// The rows of a query are more than [`Options::most_result_bytes`](crate::Options::most_result_bytes) allows.
    #[error("the rows of the result take more memory than a result may")]
    ResultTooLarge,
    /// A write was asked for again whose answer is forgotten, or that was not recorded before later ones of its source: it may have been
    /// done. It was not done now.
    #[error("write {0} may have been done: its source has acknowledged it, or later ones were done")]
    AnswerForgotten(u64),
    /// The engine is gone, or the subscription has ended: nothing more will come of it.
    #[error("{0}")]
    Closed(&'static str),
    /// The file cannot be opened as a database of this engine.
    #[error("{0}")]
    CannotOpen(Arc<str>),
}

impl Error {
    /// The stable code.
    ///
    /// | code | meaning |
    /// | --- | --- |
    /// | `sql_error` | the SQL is wrong for this schema, or failed while running |
    /// | `constraint` | a constraint was violated |
    /// | `busy` | another connection, or a transaction of another thread, holds the database; try again |
    /// | `read_only` | the database cannot be written |
    /// | `full` | disk or quota is full |
    /// | `io` | reading or writing the file failed |
    /// | `corrupt` | the file is damaged or not a database |
    /// | `interrupted` | the statement was interrupted |
    /// | `timeout` | the statement ran longer than it may |
    /// | `result_too_large` | the rows of the result take more memory than a result may |
    /// | `too_big` | a value or statement exceeds a limit of SQLite |
    /// | `out_of_memory` | SQLite could not allocate |
    /// | `bad_parameters` | the parameters do not fit the statement |
    /// | `conversion` | a row cannot be read as the type that was asked for |
    /// | `diverged` | in paranoid mode: a maintained result is not SQLite's |
    /// | `not_a_select` | only a single SELECT can be subscribed |
    /// | `not_described` | a statement that cannot be described without running it |
    /// | `not_one_statement` | the call needs exactly one statement |
    /// | `in_transaction` | a transaction is open |
    /// | `transaction_control` | BEGIN, COMMIT or ROLLBACK where it is not allowed |
    /// | `must_stand_alone` | a statement that no transaction contains is part of a script |
    /// | `passes_away` | a setting, temporary table or attached file that would be gone with the connection |
    /// | `transaction_left_open` | code that was given the connection did not end its transaction |
    /// | `reentrant` | the engine was called from inside a call of its own |
    /// | `not_incremental` | an incremental plan was demanded and there is none |
    /// | `answer_forgotten` | a write was asked for again after its answer was acknowledged |
    /// | `closed` | the engine is gone, or the subscription has ended |
    /// | `cannot_open` | the database cannot be opened |
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sqlite { extended_code, .. } => sqlite_code(*extended_code),
            Self::BadParameters(_) => "bad_parameters",
            Self::Conversion(_) => "conversion",
            Self::Diverged(_) => "diverged",
            Self::NotASelect => "not_a_select",
            Self::NotDescribed => "not_described",
            Self::NotOneStatement(_) => "not_one_statement",
            Self::InTransaction => "in_transaction",
            Self::TransactionControl(_) => "transaction_control",
            Self::NotIncremental(_) => "not_incremental",
            Self::MustStandAlone(_) => "must_stand_alone",
            Self::PassesAway(_) => "passes_away",
            Self::TransactionLeftOpen => "transaction_left_open",
            Self::Reentrant => "reentrant",
            Self::AnothersTransaction => "busy",
            Self::Timeout => "timeout",
            Self::ResultTooLarge => "result_too_large",
            Self::AnswerForgotten(_) => "answer_forgotten",
            Self::Closed(_) => "closed",
            Self::CannotOpen(_) => "cannot_open",
        }
    }
}

/// Why a plan is given up for a binding. The query itself is then run, so no application is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// A statement of the plan failed, as it does when it has used up the instructions it may take.
    StatementFailed,
    /// The statements together took more instructions than they may.
    OverBudget,
    /// More tables of one statement changed in one commit than a plan has terms for.
    TooManyTables,
    /// A check beside the rows says that they depend on the order in which SQLite comes to them.
    CheckFailed,
    /// The least integer, which a column for integers may hold as a float as well.
    LeastInteger,
    /// A sum whose overflow depends on the order of its rows.
    SumMayOverflow,
    /// Rows that are equal to SQL and differ: SQLite alone knows which of them it shows.
    EqualRowsDiffer,
    /// A recursion without an end in sight.
    NoEndInSight,
    /// The values of virtual columns cannot be computed for a row, or not as the table has them.
    VirtualColumns,
}

impl From<Error> for GiveUp {
    fn from(_: Error) -> Self {
        Self::StatementFailed
    }
}

/// The primary result codes of <https://sqlite.org/rescode.html>, which are the low byte of the extended ones.
fn sqlite_code(extended_code: i32) -> &'static str {
    match extended_code & 0xff {
        5 | 6 => "busy",
        7 => "out_of_memory",
        8 => "read_only",
        9 => "interrupted",
        10 => "io",
        11 | 26 => "corrupt",
        13 => "full",
        14 => "cannot_open",
        18 => "too_big",
        19 => "constraint",
        _ => "sql_error",
    }
}
