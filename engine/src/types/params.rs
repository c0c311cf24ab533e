//! Parameters of a statement, by position or by name.

use super::Value;

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
pub enum Params {
    /// No parameters, for statements that have none.
    #[default]
    None,
    /// Values for `?` and `?NNN`, the first for `?1`.
    Positional(Vec<Value>),
    /// Values for `:name`, `@name` and `$name`; names with or without the sigil.
    Named(Vec<(String, Value)>),
}

impl From<()> for Params {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl<V: Into<Value>> From<Vec<V>> for Params {
    fn from(values: Vec<V>) -> Self {
        Self::Positional(values.into_iter().map(Into::into).collect())
    }
}

impl<V: Into<Value> + Clone> From<&[V]> for Params {
    fn from(values: &[V]) -> Self {
        Self::Positional(values.iter().cloned().map(Into::into).collect())
    }
}

impl<V: Into<Value>, const N: usize> From<[V; N]> for Params {
    fn from(values: [V; N]) -> Self {
        Self::Positional(values.into_iter().map(Into::into).collect())
    }
}

impl<V: Into<Value>, const N: usize> From<[(&str, V); N]> for Params {
    fn from(values: [(&str, V); N]) -> Self {
        Self::Named(values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }
}

impl From<Vec<(String, Value)>> for Params {
    fn from(values: Vec<(String, Value)>) -> Self {
        Self::Named(values)
    }
}

impl<V: Into<Value>> From<Vec<(&str, V)>> for Params {
    fn from(values: Vec<(&str, V)>) -> Self {
        Self::Named(values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),+)),+) => {$(
        impl<$($name: Into<Value>),+> From<($($name,)+)> for Params {
            fn from(values: ($($name,)+)) -> Self {
                Self::Positional(vec![$(values.$place.into()),+])
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
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
);
