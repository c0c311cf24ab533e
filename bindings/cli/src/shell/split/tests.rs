//! The end of a statement is where SQLite says it is.

use std::ffi::CString;

use super::*;

fn sqlite_says_complete(text: &str) -> bool {
    let text = CString::new(text).unwrap();
    // SAFETY: the argument is a string with its terminating zero that outlives the call; nothing else is read.
    unsafe { rusqlite::ffi::sqlite3_complete(text.as_ptr()) == 1 }
}

#[test]
fn statements_come_apart_at_their_semicolons() {
    let (statements, rest) = split(" SELECT 1; ;\n-- a; b\nSELECT ';' ; SELECT");
    assert_eq!(statements, ["SELECT 1;", "-- a; b\nSELECT ';' ;"]);
    assert_eq!(rest, " SELECT");
}

#[test]
fn a_trigger_holds_its_body_together() {
    let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 'END;'; END;";
    let text = format!("{trigger} SELECT 2;");
    assert_eq!(split(&text), (vec![trigger, "SELECT 2;"], ""));
}

#[test]
fn comments_and_space_are_blank() {
    assert!(is_blank(" \n-- x\n/* ; */ "));
    assert!(!is_blank(" -- x\n;"));
    assert!(!is_blank("/* open"));
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
            let (statements, rest) = split(&text);
            // SQLite calls a text complete that ends after a semicolon; lone semicolons are no statements to us.
            let ours = is_blank(rest) && (!statements.is_empty() || text.contains(';'));
            let ours = ours && !(statements.is_empty() && is_blank(&text));
            assert_eq!(ours, sqlite_says_complete(&text), "{text:?}");
            checked += 1;
        }
    }
    assert!(checked > 250_000);
}
