//! The end of a statement is where SQLite says it is.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::ffi::CString;

use tidewater::{is_complete, statements};

fn sqlite_says_complete(text: &str) -> bool {
    let text = CString::new(text).unwrap();
    // SAFETY: the argument is a string with its terminating zero that outlives the call; nothing else is read.
    unsafe { rusqlite::ffi::sqlite3_complete(text.as_ptr()) == 1 }
}

/// Every sequence of up to five pieces, against SQLite itself.
#[test]
fn sqlite_agrees_on_what_is_complete() {
    const PIECES: [&str; 12] =
        [";", " ", "a", "EXPLAIN ", "CREATE ", "temp ", " trigger ", " end", "';'", "--;\n", "/*;*/", "é"];
    let mut checked = 0;
    for length in 1..=5_u32 {
        for number in 0..PIECES.len().pow(length) {
            let text: String =
                (0..length).map(|place| PIECES[number / PIECES.len().pow(place) % PIECES.len()]).collect();
            // SQLite wants a semicolon even of a text that is only white space and comments.
            let expected = sqlite_says_complete(&text) || statements(&text).next().is_none();
            assert_eq!(is_complete(&text), expected, "{text:?}");
            checked += 1;
        }
    }
    assert!(checked > 250_000);
}

/// SQLite takes the pieces of a text for the same statements.
#[test]
fn sqlite_ends_each_statement_at_the_same_place() {
    let text = "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT ';'; DELETE FROM t WHERE a = 1; END;\n\
        -- a;b\nINSERT INTO t VALUES ('a;b'), (\"a;b\") /* ; */; EXPLAIN SELECT [a;b] FROM (SELECT 1 AS [a;b]); SELECT 1";
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let pieces: Vec<&str> = statements(text).collect();
    assert_eq!(pieces.concat(), text);
    assert_eq!(pieces.len(), 5);
    for piece in pieces {
        connection.prepare(piece).unwrap().raw_query().next().unwrap();
    }
}
