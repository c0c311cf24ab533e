//! Values that some comparison could call equal share a bucket.

use super::Bucket;
use crate::types::Value;

#[test]
fn what_could_be_equal_is_found_together() {
    let pairs = [
        (Value::from(1), Value::from(1.0)),
        (Value::from(1), Value::from("1")),
        (Value::from("1"), Value::from(" 01.0 ")),
        (Value::from("1e0"), Value::from(1)),
        (Value::from("abc"), Value::from("ABC  ")),
        (Value::from(-0.0), Value::from(0)),
        (Value::from(i64::MAX), Value::from(9_223_372_036_854_775_808.0)),
    ];
    for (one, other) in pairs {
        assert_eq!(Bucket::of(one.as_ref()), Bucket::of(other.as_ref()), "{one} and {other}");
    }
}

#[test]
fn what_never_is_equal_is_not() {
    let pairs = [
        (Value::from(1), Value::from(2)),
        (Value::from("a"), Value::from("b")),
        (Value::from("1"), Value::from(vec![b'1'])),
        (Value::from(()), Value::from(0)),
    ];
    for (one, other) in pairs {
        assert_ne!(Bucket::of(one.as_ref()), Bucket::of(other.as_ref()), "{one} and {other}");
    }
}

#[test]
fn a_number_of_more_digits_than_are_certain_has_no_bucket() {
    assert_eq!(Bucket::of(Value::from("9007199254740993").as_ref()), None);
    assert_eq!(Bucket::of(Value::from("0.1000000000000000055").as_ref()), None);
}
