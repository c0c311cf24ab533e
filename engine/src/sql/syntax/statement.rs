//! What kind of statement a text starts with, told from its first words alone: every write passes here, so nothing is
//! parsed.

use super::lexer::{Lexer, Token, TokenKind};

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

#[cfg(test)]
mod tests;
