//! SQLite reads what is written as the same value.

use tidewater::{Engine, Location, Options, Value};

use super::*;

fn read_again(engine: &Engine, value: &Value) -> Value {
    let sql = format!("SELECT {}", literal(value.as_ref()));
    assert!(!sql.contains(['\n', '\r', '\0']), "{sql:?}");
    engine.query(&sql, ()).unwrap().rows[0].get(0).unwrap().to_value()
}

#[test]
fn every_value_is_read_as_it_was() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let texts = ["", "it's", "a\nb", "a\r\nb\\n\\r", "\\n\n\\(n0)", "a\0b", "\0", "水\u{202e}", "1", "-- ; /*"];
    let mut values: Vec<Value> = texts.into_iter().map(Value::from).collect();
    values.push(Value::Text(tidewater::Text::from_bytes(b"\xff\n\xfe")));
    values.extend([vec![], vec![0, 255, b'\'']].map(Value::from));
    values.extend([i64::MIN, i64::MAX, 0, -1].map(Value::Integer));
    values.push(Value::Null);
    for value in values {
        assert_eq!(read_again(&engine, &value), value);
    }
}

#[test]
fn reals_are_read_to_the_bit() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let named = [0.1, 1.0, -1.5, 1e22, 1e23, 1e300, f64::MAX, f64::MIN_POSITIVE, 123_456_789.123_456_78, f64::INFINITY];
    let edges = [f64::NEG_INFINITY, 9_007_199_254_740_993.0, 1e15, 1.0 / 3.0, 2.0_f64.powi(-60), 5e-324, 2.5e-310];
    // Random bits, the same in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let random = (0..50_000).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f64::from_bits(state)
    });
    for value in named.into_iter().chain(edges).chain(random).filter(|value| !value.is_nan()) {
        let again = read_again(&engine, &Value::Real(value));
        let Value::Real(again) = again else { panic!("{value:?} became {again:?}") };
        assert_eq!(again.to_bits(), value.to_bits(), "{value:?} as {}", real_literal(value));
    }
}

#[test]
fn short_reals_stay_short() {
    for (value, text) in
        [(0.1, "0.1"), (1.0, "1.0"), (-2.5, "-2.5"), (1e-7, "1e-7"), (1e300, "1.000000000000000053e300")]
    {
        assert_eq!(real_literal(value), text);
    }
}

#[test]
fn names_are_quoted_where_they_have_to_be() {
    for (given, quoted) in [
        ("item", "item"),
        ("order", "\"order\""),
        ("a b", "\"a b\""),
        ("A", "\"A\""),
        ("1a", "\"1a\""),
        ("q\"", "\"q\"\"\""),
    ] {
        assert_eq!(name(given), quoted);
    }
}
