//! The forms in which an application may give a query.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A query: SQL text, or, with the feature `sqlparser`, a syntax tree of that crate (`sqlparser::ast::Query`).
pub trait AsSql {
    /// The query as SQL text in SQLite's dialect.
    fn as_sql(&self) -> Cow<'_, str>;
}

impl AsSql for str {
    fn as_sql(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl AsSql for String {
    fn as_sql(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl AsSql for Cow<'_, str> {
    fn as_sql(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

/// Pointers and references give what they point to.
macro_rules! pointers {
    ($($pointer:ty),+) => {
        $(impl<T: AsSql + ?Sized> AsSql for $pointer {
            fn as_sql(&self) -> Cow<'_, str> {
                (**self).as_sql()
            }
        })+
    };
}

pointers!(&T, Box<T>, Rc<T>, Arc<T>);
