//! From a piece of a tree back to a text that SQLite reads as the same piece.

use std::borrow::Cow;
use std::convert::Infallible;

use sqlite3_parser::ast::Literal;
use sqlite3_parser::ast::fmt::{ToTokens, TokenStream};
use sqlite3_parser::dialect::TokenType;

/// The text of an expression, a SELECT, an item of FROM, a result column, a term of ORDER BY.
///
/// Names, literals and keywords are the ones that were read, so a piece means in another statement what its names mean
/// there; parameters are their numbers. Only white space and comments are lost, and with them the names of result columns
/// that are called by their own text: what names one of those (an opaque column of the bound tree) may
/// name nothing afterwards.
pub fn text(piece: &impl ToTokens) -> String {
    let mut text = Printed::default();
    match piece.to_tokens(&mut text) {
        Ok(()) => text.text,
    }
}

/// The text of a literal.
pub fn literal<'t>(literal: &Literal<'t>) -> Cow<'t, str> {
    Cow::Borrowed(match literal {
        Literal::Numeric(text) | Literal::String(text) | Literal::Keyword(text) => text,
        Literal::Blob(digits) => return Cow::Owned(format!("x'{digits}'")),
        Literal::Null => "NULL",
        Literal::CurrentDate => "CURRENT_DATE",
        Literal::CurrentTime => "CURRENT_TIME",
        Literal::CurrentTimestamp => "CURRENT_TIMESTAMP",
    })
}

/// Tokens with spaces between them where they would run together otherwise: where the parser itself leaves them out,
/// `'a' 'b'` becomes one token. Calls are written as is usual, for a result column without an alias is called by its text.
#[derive(Default)]
struct Printed {
    text: String,
    last: Option<TokenType>,
}

impl Printed {
    fn is_tight(&self, next: TokenType) -> bool {
        match (self.last, next) {
            (None | Some(TokenType::TK_LP | TokenType::TK_DOT), _) => true,
            (_, TokenType::TK_RP | TokenType::TK_COMMA | TokenType::TK_DOT) => true,
            (last, TokenType::TK_LP) => last == Some(TokenType::TK_ID),
            _ => false,
        }
    }
}

impl TokenStream for Printed {
    type Error = Infallible;

    fn append(&mut self, kind: TokenType, value: Option<&str>) -> Result<(), Infallible> {
        if !self.is_tight(kind) {
            self.text.push(' ');
        }
        self.last = Some(kind);
        match (kind, value) {
            (TokenType::TK_BLOB, digits) => {
                self.text.push_str("x'");
                self.text.push_str(digits.unwrap_or_default());
                self.text.push('\'');
            }
            (_, Some(value)) => self.text.push_str(value),
            (kind, None) => self.text.push_str(kind.as_str().unwrap_or_default()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
