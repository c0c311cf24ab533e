//! Parameters of a statement, by position or by name.

use super::{IntoValue, OutOfRange, Value};

/// Values for a statement's parameters.
///
/// Arrays, slices and vectors of values are positional, and so are tuples and [`params!`](crate::params), whose values may be of
/// several types; arrays and vectors of pairs are by name.
///
/// ```
/// use tidewater::{Params, params};
/// assert_eq!(Params::from((1, "x", None::<f64>)), params![1, "x", ()]);
/// assert_eq!(Params::from([1, 2]), Params::from(vec![1, 2]));
/// assert_ne!(Params::from([("id", 1)]), Params::from(("id", 1)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Params {
    /// No parameters, for statements that have none.
    #[default]
    None,
    /// Values for `?` and `?NNN`, the first for `?1`.
    Positional(Vec<Value>),
    /// Values for `:name`, `@name` and `$name`; names with or without the sigil.
    Named(Vec<(String, Value)>),
    /// One of the values is an integer that SQLite cannot store: running a statement with them is
    /// [`Error::BadParameters`](crate::Error::BadParameters).
    OutOfRange(OutOfRange),
}

impl From<()> for Params {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl Params {
    /// Values by position, as [`params!`](crate::params) collects them.
    #[doc(hidden)]
    pub fn positional(values: impl IntoIterator<Item = Result<Value, OutOfRange>>) -> Self {
        values.into_iter().collect::<Result<_, _>>().map_or_else(Self::OutOfRange, Self::Positional)
    }

    fn named<'n>(values: impl IntoIterator<Item = (&'n str, Result<Value, OutOfRange>)>) -> Self {
        let values = values.into_iter().map(|(name, value)| Ok((name.to_owned(), value?)));
        values.collect::<Result<_, _>>().map_or_else(Self::OutOfRange, Self::Named)
    }
}

impl<V: IntoValue> From<Vec<V>> for Params {
    fn from(values: Vec<V>) -> Self {
        Self::positional(values.into_iter().map(IntoValue::into_value))
    }
}

impl<V: IntoValue + Clone> From<&[V]> for Params {
    fn from(values: &[V]) -> Self {
        Self::positional(values.iter().cloned().map(IntoValue::into_value))
    }
}

impl<V: IntoValue, const N: usize> From<[V; N]> for Params {
    fn from(values: [V; N]) -> Self {
        Self::positional(values.into_iter().map(IntoValue::into_value))
    }
}

impl<V: IntoValue, const N: usize> From<[(&str, V); N]> for Params {
    fn from(values: [(&str, V); N]) -> Self {
        Self::named(values.into_iter().map(|(name, value)| (name, value.into_value())))
    }
}

impl From<Vec<(String, Value)>> for Params {
    fn from(values: Vec<(String, Value)>) -> Self {
        Self::Named(values)
    }
}

impl<V: IntoValue> From<Vec<(&str, V)>> for Params {
    fn from(values: Vec<(&str, V)>) -> Self {
        Self::named(values.into_iter().map(|(name, value)| (name, value.into_value())))
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),+)),+) => {$(
        impl<$($name: IntoValue),+> From<($($name,)+)> for Params {
            fn from(values: ($($name,)+)) -> Self {
                Self::positional([$(values.$place.into_value()),+])
            }
        }
    )+};
}

tuples!(
    (A 0),
    (A 0, B 1),
    (A 0, B 1, C 2),
    (A 0, B 1, C 2, D 3),
    (A 0, B 1, C 2, D 3, E 4),
    (A 0, B 1, C 2, D 3, E 4, F 5),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
);
