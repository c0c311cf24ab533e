//! Divides a text into its statements, as SQLite would come to them one after the other.
//!
//! A semicolon ends a statement, but for CREATE TRIGGER, which ends at `; END ;`: <https://sqlite.org/c3ref/complete.html>.

use super::lexer::{Lexer, Token, TokenKind};

/// The statements of a text, each with its semicolon. Empty ones are left out; the last one may lack its semicolon.
pub(crate) fn split(sql: &str) -> impl Iterator<Item = &str> {
    Split { rest: sql }
}

struct Split<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let (statement, is_empty) = first(self.rest);
            let statement = &self.rest[..statement];
            self.rest = &self.rest[statement.len()..];
            if !is_empty {
                return Some(statement);
            }
            if statement.is_empty() || self.rest.is_empty() {
                return None;
            }
        }
    }
}

/// How long the first statement is, and whether it is empty.
fn first(sql: &str) -> (usize, bool) {
    let mut lexer = Lexer::new(sql);
    let mut words = Vec::new();
    let mut is_trigger = false;
    let (mut before, mut last) = (None, None);
    let mut is_empty = true;
    for token in lexer.by_ref() {
        let is_end = token.is_symbol(";") && (!is_trigger || (is_end_word(last) && is_semicolon(before)));
        if is_end {
            break;
        }
        is_empty = false;
        if token.kind == TokenKind::Word && words.len() < MOST_WORDS {
            words.push(token.text);
            is_trigger = begins_trigger(&words);
        }
        (before, last) = (last, Some(token));
    }
    (sql.len() - lexer.rest().len(), is_empty)
}

/// `EXPLAIN QUERY PLAN CREATE TEMP TRIGGER` has the most words before it is known.
const MOST_WORDS: usize = 6;

fn begins_trigger(words: &[&str]) -> bool {
    let mut words = words.iter().map(|word| word.to_ascii_lowercase()).peekable();
    if words.next_if_eq("explain").is_some() && words.next_if_eq("query").is_some() {
        words.next_if_eq("plan");
    }
    if words.next_if_eq("create").is_none() {
        return false;
    }
    words.next_if(|word| word == "temp" || word == "temporary");
    words.next_if_eq("trigger").is_some()
}

fn is_end_word(token: Option<Token<'_>>) -> bool {
    token.is_some_and(|token| token.is_word("end"))
}

fn is_semicolon(token: Option<Token<'_>>) -> bool {
    token.is_some_and(|token| token.is_symbol(";"))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn statements_end_at_semicolons_outside_of_texts_comments_and_triggers() {
        let statements = [
            "SELECT ';', \"a;b\", [c;d] -- ;\n;",
            " /* ; */ INSERT INTO t VALUES ('it''s;');",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t; END;",
            "\nCREATE TEMP TRIGGER g BEFORE DELETE ON t BEGIN SELECT 1; END;",
            "EXPLAIN QUERY PLAN CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;",
            "CREATE TABLE trigger_like(a);",
            "BEGIN;",
            "END;",
            "SELECT 1",
        ];
        assert_eq!(split(&statements.concat()).collect::<Vec<_>>(), statements);
    }

    #[test]
    fn empty_statements_are_left_out_and_what_is_unfinished_is_kept() {
        assert_eq!(split("").count(), 0);
        assert_eq!(split(" ; ;; -- nothing\n").count(), 0);
        assert_eq!(split(";SELECT 1;;").collect::<Vec<_>>(), ["SELECT 1;"]);
        assert_eq!(split("SELECT 1; SELECT 'open").collect::<Vec<_>>(), ["SELECT 1;", " SELECT 'open"]);
        assert_eq!(split("SELECT \u{1} ; x").collect::<Vec<_>>(), ["SELECT \u{1} ; x"]);
    }
}
