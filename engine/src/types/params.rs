//! Parameters of a statement, by position or by name.

use super::Value;

/// Values for a statement's parameters.
///
/// ```
/// use tidewater::{Params, Value};
/// let positional = Params::from([Value::from(1), Value::from("x")]);
/// let named = Params::from([("id", Value::from(1))]);
/// assert_ne!(positional, named);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Params {
    /// No parameters; slots that the statement has stay NULL, as in SQLite.
    #[default]
    None,
    /// Values for `?` and `?NNN`, the first for `?1`.
    Positional(Vec<Value>),
    /// Values for `:name`, `@name` and `$name`; names without the sigil.
    Named(Vec<(String, Value)>),
}

impl From<()> for Params {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl From<Vec<Value>> for Params {
    fn from(values: Vec<Value>) -> Self {
        Self::Positional(values)
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
