//! What is a request and what is refused.

use super::*;
use tidewater::Value;

fn parsed(line: &str) -> Request {
    Request::parse(line.as_bytes()).unwrap()
}

#[test]
fn each_op_is_read() {
    assert_eq!(parsed(r#"{"op":"exec","sql":"A"}"#), Request::Exec { sql: "A".to_owned(), params: Params::None });
    assert_eq!(
        parsed(r#" {"sql":"A","params":[1,"x"],"op":"query"} "#),
        Request::Query { sql: "A".to_owned(), params: Params::Positional(vec![Value::Integer(1), Value::from("x")]) }
    );
    assert_eq!(
        parsed(r#"{"op":"explain","sql":"A","params":{"b":null,"a":{"blob":"00"}}}"#),
        Request::Explain {
            sql: "A".to_owned(),
            params: Params::Named(vec![("a".to_owned(), Value::from(vec![0_u8])), ("b".to_owned(), Value::Null)])
        }
    );
    assert_eq!(parsed(r#"{"op":"stats","ignored":[[[]]]}"#), Request::Stats);
    assert!(matches!(parsed(r#"{"op":"unsubscribe","id":7}"#), Request::Unsubscribe { .. }));
}

#[test]
fn a_name_is_kept_as_written_and_compared_as_meant() {
    let name = |json: &str| match parsed(&format!(r#"{{"op":"unsubscribe","id":{json}}}"#)) {
        Request::Unsubscribe { name } => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(r#""\u0061""#).json().get(), r#""\u0061""#);
    assert_eq!(name(r#""\u0061""#), name(r#""a""#));
    assert_ne!(name("1"), name(r#""1""#));
    assert_eq!(name("12345678901234567890123").json().get(), "12345678901234567890123");
}

#[test]
fn everything_else_is_a_bad_request() {
    let deep = "[".repeat(200_000);
    for line in [
        "",
        "   ",
        "{",
        "null",
        r#"["stats",null,null,null]"#,
        r#"{"op":"stats"} x"#,
        r#"{"op":"drop"}"#,
        r#"{"sql":"A"}"#,
        r#"{"op":5}"#,
        r#"{"op":"exec"}"#,
        r#"{"op":"exec","sql":5}"#,
        r#"{"op":"exec","sql":"A","sql":"B"}"#,
        r#"{"op":"exec","sql":"A","params":5}"#,
        r#"{"op":"exec","sql":"A","params":[[1]]}"#,
        r#"{"op":"exec","sql":"A","params":[true]}"#,
        r#"{"op":"exec","sql":"A","params":[9223372036854775808]}"#,
        r#"{"op":"subscribe","sql":"A"}"#,
        r#"{"op":"subscribe","id":null,"sql":"A"}"#,
        r#"{"op":"subscribe","id":[1],"sql":"A"}"#,
        r#"{"op":"unsubscribe","id":true}"#,
        &format!(r#"{{"op":"exec","sql":"A","params":[{deep}"#),
    ] {
        let refused = Request::parse(line.as_bytes()).unwrap_err();
        assert_eq!(refused.code, "bad_request", "{line}");
    }
    assert_eq!(Request::parse(b"{\"op\":\"stats\xff\"}").unwrap_err().code, "bad_request");
}
