//! The values of a case: a handful, so that rows meet, among them the ones that SQLite treats in special ways.

use tidewater::{Text, Value, ValueRef};

use super::features::{Feature, Features};
use crate::random::Random;

/// What a column is declared to hold, as far as the choice of values goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of a key or a reference to one: small integers.
    Key,
    Integer,
    Real,
    Text,
    Blob,
    /// Anything.
    Any,
}

/// The values of a case.
#[derive(Debug)]
pub(super) struct Pool {
    integers: Vec<Value>,
    reals: Vec<Value>,
    texts: Vec<Value>,
    blobs: Vec<Value>,
    mixed: bool,
}

impl Pool {
    pub(super) fn any(random: &mut Random, features: Features) -> Self {
        let extremes = features.has(Feature::Extremes);
        let mut integers: Vec<Value> = [0, 1, 2, 3, -1, 10].map(Value::Integer).into();
        let mut reals: Vec<Value> = [0.5, 1.0, 2.0, 0.1, 2.25, -1.5, 19.99].map(Value::Real).into();
        if extremes {
            integers.extend([1 << 31, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MIN].map(Value::Integer));
            reals.extend(
                [-0.0, 1e15, 1e16, 1e300, -1e300, 9_007_199_254_740_993.0, 9_223_372_036_854_775_808.0]
                    .map(Value::Real),
            );
        }
        let mut texts: Vec<Value> = ["a", "b", "A", "abc", "", "x"].map(Value::from).into();
        if features.has(Feature::MixedTypes) {
            texts.extend(["0", "1", "1.0", "01", " 1", "1 ", "1e0", "1abc", "2"].map(Value::from));
        }
        if features.has(Feature::Collations) {
            texts.extend(["ABC", "aBc", "abc ", "a ", "B"].map(Value::from));
        }
        if features.has(Feature::Generated) {
            texts.extend(["integer", "text", "null", "0g", "1g", "ag"].map(Value::from));
        }
        if extremes {
            texts.extend(["\u{e9}", "\u{1f30a}", "a%b", "2024-02-29"].map(Value::from));
            texts.push(Value::Text(Text::from_bytes(b"x\0y")));
        }
        if features.has(Feature::Json) {
            texts.extend(["[1,2]", "{\"a\":[1,2,{\"b\":null}]}", "[]", "{\"a\":1}"].map(Value::from));
        }
        let blobs =
            vec![Value::from(vec![]), Value::from(vec![0x31]), Value::from(b"abc".to_vec()), Value::from(vec![0xff])];
        let mut few = |mut values: Vec<Value>| {
            random.shuffle(&mut values);
            values.truncate(random.between(2, 4));
            values
        };
        Self {
            integers: few(integers),
            reals: few(reals),
            texts: few(texts),
            blobs: few(blobs),
            mixed: features.has(Feature::MixedTypes),
        }
    }

    /// A value for a column of this kind, now and then NULL or of another kind.
    pub(super) fn value(&self, random: &mut Random, kind: Kind) -> Value {
        if kind != Kind::Key && random.chance(15) {
            return Value::Null;
        }
        let stray = self.mixed && random.chance(20);
        let kind = match kind {
            Kind::Any => *random.pick(&[Kind::Integer, Kind::Real, Kind::Text, Kind::Blob, Kind::Integer, Kind::Text]),
            Kind::Integer | Kind::Real | Kind::Text | Kind::Blob if stray => {
                *random.pick(&[Kind::Integer, Kind::Real, Kind::Text, Kind::Blob])
            }
            kind => kind,
        };
        match kind {
            Kind::Key => Value::Integer(random.between(1, 7) as i64),
            Kind::Integer | Kind::Any => random.pick(&self.integers).clone(),
            Kind::Real => random.pick(&self.reals).clone(),
            Kind::Text => random.pick(&self.texts).clone(),
            Kind::Blob => random.pick(&self.blobs).clone(),
        }
    }

    /// A value, as SQL.
    pub(super) fn literal(&self, random: &mut Random, kind: Kind) -> String {
        literal(&self.value(random, kind))
    }
}

/// A value in SQL. Text with a NUL in it has no literal of its own.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) if text.as_bytes().contains(&0) => {
            format!("CAST({} AS TEXT)", ValueRef::Blob(text.as_bytes()))
        }
        other => other.to_string(),
    }
}
