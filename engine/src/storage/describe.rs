//! What SQLite tells of a statement without running it.

use super::answers::refuse_several;
use super::{Session, convert};
use crate::error::Error;

/// A compiled statement as SQLite describes it.
pub(crate) struct StatementFacts {
    pub(crate) columns: Vec<ColumnFacts>,
    /// The names of the parameters, without sigils.
    pub(crate) slots: Vec<Option<String>>,
    pub(crate) only_reads: bool,
}

/// A column of its result.
pub(crate) struct ColumnFacts {
    pub(crate) name: String,
    pub(crate) declared_type: Option<String>,
    /// Database, table and column that it is of, if it plainly is one.
    pub(crate) origin: Option<(String, String, String)>,
}

impl Session<'_> {
    /// Compiles one statement, which must not take effect by that.
    pub(crate) fn describe(&self, sql: &str) -> Result<StatementFacts, Error> {
        refuse_several(sql)?;
        // Not a cached statement: that of an older schema would tell of that one.
        let statement = self.connection.prepare(sql).map_err(convert::error)?;
        // Iterators in some versions of rusqlite, vectors in others.
        #[allow(clippy::useless_conversion, reason = "of another version")]
        let columns = statement.columns_with_metadata().into_iter().zip(statement.columns());
        let columns = columns.map(|(column, declared)| ColumnFacts {
            name: column.name().to_owned(),
            declared_type: declared.decl_type().map(str::to_owned),
            origin: match (column.database_name(), column.table_name(), column.origin_name()) {
                (Some(database), Some(table), Some(origin)) => {
                    Some((database.to_owned(), table.to_owned(), origin.to_owned()))
                }
                _ => None,
            },
        });
        let columns = columns.collect();
        Ok(StatementFacts {
            columns,
            slots: convert::signature(&statement).slots.to_vec(),
            only_reads: statement.readonly(),
        })
    }
}
