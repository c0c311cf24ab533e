//! Normalised text, and what SQLite makes of it.

use std::sync::Arc;

use super::normalise;
use crate::types::Value;

fn normal(text: &str, literals: Vec<Value>) -> (Arc<str>, Vec<Value>) {
    (text.into(), literals)
}

fn said(sql: &str) -> (Arc<str>, Vec<Value>) {
    let normalised = normalise(sql);
    (normalised.text, normalised.literals)
}

#[test]
fn what_stands_around_the_tokens_is_no_part_of_the_core() {
    for sql in ["SELECT a + b", " SELECT a + b;", ";;/* x */SELECT a + b -- y", "SELECT a + b /* z"] {
        assert_eq!(normalise(sql).core, "SELECT a + b");
    }
    assert_eq!(normalise("SELECT a/* x */+ b").core, "SELECT a/* x */+ b");
    for sql in ["", ";", "x", "SELECT 'open "] {
        assert_eq!(normalise(sql).core, sql);
    }
}

#[test]
fn only_what_means_nothing_is_lost() {
    let sql = ";SELECT  A.\"B c\",[d e]/* x */ FROM `T` A -- y\n WHERE a=1 AND b IN('it''s',X'0A',2.50) ; ";
    let literals = vec![1.into(), "it's".into(), Value::Blob([10].into()), 2.5.into()];
    let text = "select a . \"B c\" , [d e] from `T` a where a = # and b in ( # , # , # )";
    assert_eq!(said(sql), normal(text, literals));
}

#[test]
fn parameters_keep_their_spelling() {
    let sql = "SELECT ?,?2,:Name,@Name,$Name::x(Y z";
    assert_eq!(said(sql), normal(sql, vec![]), "white space in Tcl's parentheses is refused");
    assert_eq!(
        said("SELECT ?,?2,:Name,@Name,$Name::x(Y)"),
        normal("select ? , ?2 , :Name , @Name , $Name::x(Y)", vec![])
    );
}

#[test]
fn literals_that_differ_in_value_or_type_differ() {
    let forms = ["1", "1.0", "'1'", "x'31'", "-1", "\"1\"", "null", "9223372036854775808", "9223372036854775808.0"];
    for (at, one) in forms.iter().enumerate() {
        for other in &forms[at + 1..] {
            assert_ne!(said(&format!("select {one}")), said(&format!("select {other}")));
        }
    }
}

#[test]
fn literals_of_one_value_are_equal_however_spelled() {
    for (one, other) in [
        ("16", "0x10"),
        ("1000", "1_000"),
        ("255", "0X00ff"),
        ("-1", "- 0x1"),
        ("1.5", "15e-1"),
        (".5", "0.50"),
        ("1.", "1e0"),
        ("x'aB'", "X'Ab'"),
    ] {
        assert_eq!(said(&format!("select {one}")), said(&format!("SELECT {other};")));
    }
}

#[test]
fn what_is_no_sequence_of_tokens_stays_as_it_is() {
    for sql in
        ["SELECT 'open", "SELECT 12ab", "SELECT  x'1'", "SELECT !", "SELECT #", "SELECT \"a", "SELECT [a", "a\0B"]
    {
        assert_eq!(said(sql), normal(sql, vec![]));
    }
}

#[test]
fn real_literals_have_the_values_sqlite_gives_them() {
    let connection = rusqlite::Connection::open_in_memory().expect("an in-memory database");
    let mut state = 1_u64;
    let mut literals = 0;
    for _ in 0..20_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let digits = (state >> 20) % 10_u64.pow(1 + u32::try_from(state >> 33 & 15).expect("small"));
        let exponent = i64::try_from(state >> 40 & 1023).expect("small") - 512;
        let text = format!("{digits}.{}e{exponent}", state >> 59);
        let Some(Value::Real(ours)) = super::literal::number(&text) else {
            continue;
        };
        let theirs: f64 = connection.query_row(&format!("SELECT {text}"), [], |row| row.get(0)).expect("a literal");
        assert_eq!(ours.to_bits(), theirs.to_bits(), "{text}");
        literals += 1;
    }
    assert!(literals > 10_000, "{literals}");
}

#[test]
fn a_normal_text_normalises_to_itself() {
    let once = normalise("SELECT a->>'$.x', \"a\"\"b\" FROM t WHERE a<>1 AND b IS NOT ?3 ORDER BY 1");
    let with_literals = once.text.replace('#', "1");
    assert_eq!(normalise(&with_literals).text, once.text);
}
