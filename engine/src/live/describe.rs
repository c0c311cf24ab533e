//! Describes a statement: SQLite tells of its columns and parameters, the bound tree of their values.

use crate::api::description::{ColumnDescription, ColumnOrigin, Description, ParameterDescription};
use crate::error::Error;
use crate::sql::{self, Arena, ResultColumn, StatementKind, leading_keyword};
use crate::storage::{ColumnFacts, Session};
use crate::types::{Catalog, Collation};

/// Describes one statement without running it.
pub(super) fn describe(session: &mut Session<'_>, text: &str) -> Result<Description, Error> {
    match leading_keyword(text) {
        Some(StatementKind::Empty) => return Err(Error::NotOneStatement("none")),
        None | Some(StatementKind::Select | StatementKind::With | StatementKind::Dml | StatementKind::Schema) => {}
        Some(_) => return Err(Error::NotDescribed),
    }
    let facts = session.describe(text)?;
    let catalog = session.catalog()?;
    let arena = Arena::default();
    let known = match sql::bind(text, &catalog, &arena) {
        Ok(bound) => bound.result_columns(),
        Err(_) => Vec::new(),
    };
    let is_known = known.len() == facts.columns.len();
    let known = known.into_iter().filter(|_| is_known).chain(std::iter::repeat(ResultColumn::default()));
    let columns = facts.columns.into_iter().zip(known).map(|(column, known)| describe_column(column, known, &catalog));
    let parameters = (1..).zip(facts.slots).map(|(number, name)| ParameterDescription { number, name });
    Ok(Description { columns: columns.collect(), parameters: parameters.collect(), only_reads: facts.only_reads })
}

fn describe_column(column: ColumnFacts, known: ResultColumn, catalog: &Catalog) -> ColumnDescription {
    let ColumnFacts { name, declared_type, origin } = column;
    let stored = origin.as_ref().and_then(|(database, table, column)| {
        let table = catalog.resolve(Some(database), table)?;
        table.columns.get(table.column(column)?)
    });
    let collation = known.collation.map(Collation::name).map(str::to_owned);
    ColumnDescription {
        affinity: known.affinity.or_else(|| stored.map(|column| column.affinity)),
        // Of sequences that the application has registered, the catalog alone knows the names.
        collation: collation.or_else(|| stored.map(|column| column.collation.clone())),
        not_null: known.not_null,
        origin: origin.map(|(database, table, column)| ColumnOrigin { database, table, column }),
        name,
        declared_type,
    }
}
