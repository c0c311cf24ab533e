//! The normalised text of a query: what stays the same when only its literals differ.

use std::sync::Arc;

use super::lexer::{Token, TokenKind, tokens};
use super::literal;
use crate::types::Value;

/// Stands for a literal. No token of SQLite's is spelled like this, so it cannot be confused with one.
const SLOT: &str = "#";

/// A query's text with slots for its literals, and the literals in their order.
///
/// Two texts whose normal forms are equal are the same query: only white space, comments, the case of unquoted words,
/// the spelling of literals and semicolons at the ends are lost. The names of result columns may differ. The text alone
/// does not say what the query means: a literal can be a position in ORDER BY or, quoted, a name.
#[derive(Clone, Debug)]
pub(crate) struct Normalised<'t> {
    /// The text from its first token to its last: what SQLite names columns after is in it.
    pub(crate) core: &'t str,
    /// The tokens, separated by single spaces.
    pub(crate) text: Arc<str>,
    /// The values of the slots.
    pub(crate) literals: Vec<Value>,
}

/// Brings a text to its normal form. What SQLite cannot divide into tokens stays as it is.
pub(crate) fn normalise(sql: &str) -> Normalised<'_> {
    let Some(tokens) = tokens(sql) else {
        return Normalised { core: sql, text: sql.into(), literals: Vec::new() };
    };
    let is_end = |token: &Token<'_>| token.is_symbol(";");
    let start = tokens.iter().take_while(|token| is_end(token)).count();
    let end = tokens.len() - tokens[start..].iter().rev().take_while(|token| is_end(token)).count();

    let core = match &tokens[start..end] {
        [first, .., last] => sql.get(place(sql, first)..place(sql, last) + last.text.len()),
        _ => None,
    };
    let mut text = String::with_capacity(sql.len());
    let mut literals = Vec::new();
    for token in &tokens[start..end] {
        if !text.is_empty() {
            text.push(' ');
        }
        let literal = match token.kind {
            TokenKind::Number => literal::number(token.text),
            TokenKind::String => Some(literal::string(token.text)),
            TokenKind::Blob => literal::blob(token.text),
            _ => None,
        };
        match literal {
            Some(value) => {
                text.push_str(SLOT);
                literals.push(value);
            }
            None if token.kind == TokenKind::Word => text.push_str(&token.text.to_ascii_lowercase()),
            None => text.push_str(token.text),
        }
    }
    Normalised { core: core.unwrap_or(sql), text: text.into(), literals }
}

/// Where a token begins in the text that it is of.
fn place(sql: &str, token: &Token<'_>) -> usize {
    token.text.as_ptr().addr().wrapping_sub(sql.as_ptr().addr())
}

#[cfg(test)]
mod tests;
