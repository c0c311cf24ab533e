//! Every value must come back from its JSON bit for bit, and nothing that is not a value may pass for one.

use super::*;
use crate::wire::write_line;

fn line(message: &impl Serialize) -> String {
    let mut line = Vec::new();
    write_line(message, &mut line);
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

fn written(value: &Value) -> String {
    line(&Cell(value.as_ref()))
}

fn read(json: &str) -> Result<Value, String> {
    parse_value(serde_json::from_str::<&RawValue>(json).unwrap())
}

#[test]
fn each_value_has_one_spelling() {
    for (value, json) in [
        (Value::Null, "null"),
        (Value::Integer(i64::MIN), "-9223372036854775808"),
        (Value::Integer(i64::MAX), "9223372036854775807"),
        (Value::Real(1.0), "1.0"),
        (Value::Real(-0.0), "-0.0"),
        (Value::Real(1e300), "1e300"),
        (Value::Real(0.1 + 0.2), "0.30000000000000004"),
        (Value::Real(f64::INFINITY), r#"{"real":"inf"}"#),
        (Value::Real(f64::NEG_INFINITY), r#"{"real":"-inf"}"#),
        (Value::from("a\"\n\u{0}é"), r#""a\"\n\u0000é""#),
        (Value::Text(Text::from_bytes(&[0x61, 0xff])), r#"{"text_hex":"61ff"}"#),
        (Value::from(vec![0_u8, 0xab]), r#"{"blob":"00ab"}"#),
        (Value::from(Vec::<u8>::new()), r#"{"blob":""}"#),
    ] {
        assert_eq!(written(&value), json);
        assert_eq!(read(json), Ok(value), "{json}");
    }
}

#[test]
fn every_finite_real_keeps_its_bits_and_its_type() {
    // A multiplicative walk through all exponents, subnormals included.
    let mut bits = 1_u64;
    for _ in 0..100_000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let real = f64::from_bits(bits);
        if real.is_finite() {
            let json = written(&Value::Real(real));
            assert!(json.contains(['.', 'e']), "{json} would read as an INTEGER");
            assert_eq!(read(&json), Ok(Value::Real(real)), "{json}");
        }
    }
}

#[test]
fn numbers_are_read_by_their_spelling() {
    assert_eq!(read("-0"), Ok(Value::Integer(0)));
    assert_eq!(read("-0.0"), Ok(Value::Real(-0.0)));
    assert_eq!(read("1e2"), Ok(Value::Real(100.0)));
    assert_eq!(read("1E+2"), Ok(Value::Real(100.0)));
    assert_eq!(read("9223372036854775808.0"), Ok(Value::Real(9_223_372_036_854_775_808.0)));
}

#[test]
fn what_is_not_a_value_is_refused() {
    for json in [
        "9223372036854775808",
        "-9223372036854775809",
        "1e999",
        "true",
        "[1]",
        "{}",
        r#"{"real":"nan"}"#,
        r#"{"real":1.5}"#,
        r#"{"blob":"abc"}"#,
        r#"{"blob":"zz"}"#,
        r#"{"blob":"00","text_hex":"00"}"#,
        r#"{"hex":"00"}"#,
        r#""\ud800""#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

#[test]
fn edits_name_what_they_do() {
    let row: Row = [Value::Integer(1), Value::Null].into_iter().collect();
    let edits = [
        Edit::Insert { index: 0, row: row.clone() },
        Edit::Remove { index: 1 },
        Edit::Replace { index: 2, row },
        Edit::Move { from: 3, to: 4 },
    ];
    assert_eq!(
        line(&Edits(&edits)),
        r#"[{"insert":0,"row":[1,null]},{"remove":1},{"replace":2,"row":[1,null]},{"move":3,"to":4}]"#
    );
}
