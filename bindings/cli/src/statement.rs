//! What the text of a statement shows without SQLite.

use tidewater::{is_complete, statements};

/// The complete statements of a text, and the text behind them.
pub fn complete_statements(text: &str) -> (Vec<&str>, &str) {
    let mut complete = Vec::new();
    let mut statements = statements(text);
    loop {
        let rest = statements.rest();
        match statements.next() {
            Some(statement) if is_complete(statement) => complete.push(statement),
            _ => return (complete, rest),
        }
    }
}

/// Whether a text has no statements and nothing open.
pub fn is_blank(text: &str) -> bool {
    is_complete(text) && statements(text).next().is_none()
}

/// Whether a statement is run for its rows and not for its effect.
pub fn asks_for_rows(statement: &str) -> bool {
    let mut words = words(statement);
    match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
        "SELECT" | "VALUES" | "EXPLAIN" | "WITH" | "PRAGMA" => true,
        _ => words.any(|word| word.eq_ignore_ascii_case("RETURNING")),
    }
}

/// Whether the first statement of a script begins a transaction, which the script then ends itself or leaves open.
pub fn begins_transaction(script: &str) -> bool {
    let word = words(script).next().unwrap_or_default();
    word.eq_ignore_ascii_case("begin") || word.eq_ignore_ascii_case("savepoint")
}

/// A statement from its first word on.
pub fn without_leading_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let end = if text.starts_with("--") {
            text.find('\n')
        } else if text.starts_with("/*") {
            text.find("*/").map(|end| end + 2)
        } else {
            return text;
        };
        text = end.map_or("", |end| &text[end..]);
    }
}

/// The words outside comments. Quoted text counts as words too, which at worst hides a change count.
fn words(statement: &str) -> impl Iterator<Item = &str> {
    without_leading_comments(statement)
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_asked_for_by_the_first_word_or_returning() {
        for (statement, expected) in [
            ("select 1", true),
            ("-- x\n/* y */ WITH a AS (SELECT 1) SELECT * FROM a", true),
            ("(SELECT 1)", true),
            ("INSERT INTO t VALUES (1)", false),
            ("INSERT INTO t VALUES (1) RETURNING x", true),
            ("PRAGMA table_info(t)", true),
            ("COMMIT", false),
        ] {
            assert_eq!(asks_for_rows(statement), expected, "{statement}");
        }
    }

    #[test]
    fn complete_statements_are_divided_from_what_is_not() {
        let (complete, rest) = complete_statements(" SELECT 1; ;\n-- a; b\nSELECT ';' ; SELECT");
        assert_eq!((complete.as_slice(), rest), (&[" SELECT 1;", "\n-- a; b\nSELECT ';' ;"][..], " SELECT"));
        assert_eq!(complete_statements("SELECT 1; /* open"), (vec!["SELECT 1;"], " /* open"));
        assert_eq!(complete_statements(" -- a"), (vec![], " -- a"));
    }

    #[test]
    fn comments_and_space_are_blank() {
        assert!(is_blank(" \n-- x\n/* ; */ "));
        assert!(!is_blank(" -- x\nSELECT"));
        assert!(!is_blank("/* open"));
    }

    #[test]
    fn a_transaction_begins_with_a_word() {
        assert!(begins_transaction("/* a */ BEGIN") && begins_transaction("savepoint x"));
        assert!(!begins_transaction("SELECT 'begin'"));
    }
}
