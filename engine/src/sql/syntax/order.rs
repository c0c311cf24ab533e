//! Whether a query orders its rows itself, told from its tokens, so that it is known for any text that SQLite accepts.

use super::lexer::Lexer;

/// Whether there is an ORDER BY outside all parentheses: subqueries, windows and aggregates stand inside some.
pub(crate) fn declares_order(sql: &str) -> bool {
    let mut depth = 0_usize;
    Lexer::new(sql).any(|token| {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is_word("order")
    })
}

#[cfg(test)]
mod tests;
