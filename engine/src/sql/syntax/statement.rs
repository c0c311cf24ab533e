//! What kind of statement a text starts with, told from its first words alone: every write passes here, so nothing is
//! parsed.

use super::lexer::{Lexer, Token, TokenKind};
use super::name::plain;

/// A statement by its leading keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// Nothing but white space, comments and semicolons.
    Empty,
    /// BEGIN.
    Begin,
    /// COMMIT or END.
    Commit,
    /// ROLLBACK of the whole transaction.
    Rollback,
    /// ROLLBACK TO a savepoint.
    RollbackTo,
    /// SAVEPOINT.
    Savepoint,
    /// RELEASE.
    Release,
    /// SELECT, VALUES or EXPLAIN.
    Select,
    /// WITH, before a SELECT or a write: whether the prepared statement is read-only tells which.
    With,
    /// INSERT, REPLACE, UPDATE or DELETE.
    Dml,
    /// CREATE, DROP, ALTER, REINDEX or ANALYZE.
    Schema,
    /// PRAGMA, which may take effect when it is compiled.
    Pragma,
    /// VACUUM, ATTACH or DETACH: what may not run inside a transaction.
    Unwrapped,
}

/// The kind of the statement that `sql` starts with; nothing when it starts with no statement's keyword.
pub(crate) fn leading_keyword(sql: &str) -> Option<StatementKind> {
    let mut tokens = Lexer::new(sql).skip_while(|token| token.is_symbol(";"));
    let Some(first) = tokens.next() else {
        return Some(StatementKind::Empty);
    };
    if first.kind != TokenKind::Word {
        return None;
    }
    Some(match first.text.to_ascii_lowercase().as_str() {
        "begin" => StatementKind::Begin,
        "commit" | "end" => StatementKind::Commit,
        "rollback" => rollback(tokens),
        "savepoint" => StatementKind::Savepoint,
        "release" => StatementKind::Release,
        "select" | "values" | "explain" => StatementKind::Select,
        "with" => StatementKind::With,
        "insert" | "replace" | "update" | "delete" => StatementKind::Dml,
        "create" | "drop" | "alter" | "reindex" | "analyze" => StatementKind::Schema,
        "pragma" => StatementKind::Pragma,
        "vacuum" | "attach" | "detach" => StatementKind::Unwrapped,
        _ => return None,
    })
}

/// `ROLLBACK [TRANSACTION [name]] [TO [SAVEPOINT] name]`, after its first word.
fn rollback<'a>(tokens: impl Iterator<Item = Token<'a>>) -> StatementKind {
    let next: Vec<_> = tokens.take_while(|token| !token.is_symbol(";")).take(3).collect();
    let to = match next.first() {
        Some(first) if first.is_word("transaction") => next[1..].iter().any(|token| token.is_word("to")),
        Some(first) => first.is_word("to"),
        None => false,
    };
    if to { StatementKind::RollbackTo } else { StatementKind::Rollback }
}

/// The name of a PRAGMA in lower case, and whether it is given an argument.
pub(crate) fn pragma(sql: &str) -> (String, bool) {
    let mut tokens = Lexer::new(sql).skip_while(|token| token.is_symbol(";")).skip(1).peekable();
    let mut name = tokens.next();
    if tokens.next_if(|token| token.is_symbol(".")).is_some() {
        name = tokens.next();
    }
    let has_argument = tokens.next().is_some_and(|token| !token.is_symbol(";"));
    (name.map(|name| plain(name.text).to_ascii_lowercase()).unwrap_or_default(), has_argument)
}

/// The name in SAVEPOINT, RELEASE and ROLLBACK TO, which is their last word; savepoints are told apart without regard to case.
pub(crate) fn savepoint_name(sql: &str) -> String {
    let name = Lexer::new(sql).filter(|token| !token.is_symbol(";")).last();
    name.map(|name| plain(name.text).to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
