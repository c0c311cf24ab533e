//! Functions whose value is in no table: they tell of the connection, of the time, or of chance.

use sqlite3_parser::ast::Literal;

use super::Analysis;
use crate::plan::AlwaysAffected;
use crate::sql::bind::tree::{Call, Expression, Kind};
use crate::sql::syntax::name::plain;

/// Functions that tell of the connection, which every commit changes.
const CONNECTION_FUNCTIONS: [&str; 4] = ["changes", "total_changes", "last_insert_rowid", "sqlite_offset"];

/// Functions that never give the same value twice.
const RANDOM_FUNCTIONS: [&str; 2] = ["random", "randomblob"];

/// Functions of a time that is an argument, and how many arguments come before it.
const TIME_FUNCTIONS: [(&str, usize); 6] =
    [("date", 0), ("time", 0), ("datetime", 0), ("julianday", 0), ("unixepoch", 0), ("strftime", 1)];

/// Why a function's value may change with every commit, if so.
pub(crate) fn tells_of_connection(name: &str) -> Option<AlwaysAffected> {
    CONNECTION_FUNCTIONS.contains(&name).then(|| AlwaysAffected::ConnectionFunction { function: name.to_owned() })
}

impl Analysis<'_, '_> {
    /// CURRENT_TIME and its like tell the time.
    pub(super) fn clock(&mut self, literal: &Literal<'_>) {
        let name = match literal {
            Literal::CurrentDate => "current_date",
            Literal::CurrentTime => "current_time",
            Literal::CurrentTimestamp => "current_timestamp",
            _ => return,
        };
        self.found.nondeterministic.insert(name.to_owned());
    }

    pub(super) fn function(&mut self, call: &Call<'_>) {
        let name = call.name.as_str();
        if let Some(reason) = tells_of_connection(name) {
            self.every_commit(&reason);
        }
        let tells_time = match TIME_FUNCTIONS.iter().find(|(time, _)| *time == name) {
            Some((_, before)) => call.arguments.len() <= *before || call.arguments.iter().any(is_now),
            None => name == "timediff" && call.arguments.iter().any(is_now),
        };
        if tells_time || RANDOM_FUNCTIONS.contains(&name) {
            self.found.nondeterministic.insert(name.to_owned());
        }
    }
}

/// Whether an argument is `'now'`, which may be written as a name.
fn is_now(argument: &Expression<'_>) -> bool {
    let says_now = |text: &str| text.trim().eq_ignore_ascii_case("now");
    match &argument.bare().kind {
        Kind::Literal(Literal::String(text)) => says_now(&plain(text)),
        Kind::Text(text) | Kind::OpaqueColumn(text) | Kind::UnknownColumn(text) => says_now(text),
        _ => false,
    }
}
