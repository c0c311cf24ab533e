//! A result as it is held between commits.

use std::sync::Arc;

use super::window::Maintained;
use crate::types::Row;

/// A result as it is held.
#[derive(Debug)]
pub(crate) enum HeldResult {
    /// The rows alone: what comes next is the whole result.
    Rows(Arc<[Row]>),
    /// Rows that can be brought up to date by changes.
    Maintained(Box<Maintained>),
}

impl HeldResult {
    /// The rows.
    pub(crate) fn rows(&self) -> Arc<[Row]> {
        match self {
            Self::Rows(rows) => Arc::clone(rows),
            Self::Maintained(maintained) => maintained.rows().into(),
        }
    }

    /// Keeps the rows and nothing else.
    pub(crate) fn keep_rows_only(&mut self) {
        if let Self::Maintained(maintained) = self {
            *self = Self::Rows(maintained.rows().into());
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Maintained(maintained) => maintained.len(),
        }
    }

    /// Bytes that are held, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.iter().map(|row| row.as_bytes().len() + size_of::<Row>()).sum(),
            Self::Maintained(maintained) => maintained.state_bytes(),
        }
    }
}
