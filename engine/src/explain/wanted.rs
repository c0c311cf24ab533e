//! Suggested indexes: where a maintenance statement of a plan, or a path lookup, scans a table although it asks for rows by
//! the values of columns.

use std::sync::Arc;

use super::display_name;
use crate::api::explain::WantedIndex;
use crate::plan::quoted;
use crate::prepare::PreparedQuery;
use crate::storage::{Scan, Session};
use crate::types::{Catalog, SortedSet, Table};

pub(super) fn indexes(session: &Session<'_>, query: &PreparedQuery, catalog: &Catalog) -> Vec<WantedIndex> {
    let Ok(planned) = &query.planned else { return Vec::new() };
    let named: SortedSet<&Arc<str>> = query.dependencies.sources.iter().map(|source| &source.table).collect();
    let tables: Vec<Arc<Table>> = named.into_iter().filter_map(|id| catalog.tables.get(id)).cloned().collect();
    let mut wanted: Vec<Scan> = Vec::new();
    // Where no join path is served by indexes, the first one would be if they existed.
    let unserved =
        query.dependencies.sources.iter().filter(|source| !source.path_lookups.iter().any(|lookup| lookup.is_served));
    let paths = unserved.filter_map(|source| Some(source.path_lookups.first()?.path.sql(|_| false, 1)));
    for statement in planned.plan.maintenance_statements().into_iter().chain(paths) {
        for scan in session.scans(&statement, &tables) {
            if !wanted.iter().any(|known| serves(known, &scan)) {
                wanted.retain(|known| !serves(&scan, known));
                wanted.push(scan);
            }
        }
    }
    wanted.iter().map(|scan| index(session, scan)).collect()
}

/// Whether the index for one scan begins with the columns of the one for another.
fn serves(scan: &Scan, other: &Scan) -> bool {
    scan.table.id == other.table.id
        && other.columns.iter().zip(&scan.columns).filter(|(a, b)| a == b).count() == other.columns.len()
}

fn index(session: &Session<'_>, Scan { table, columns }: &Scan) -> WantedIndex {
    let columns: Vec<String> =
        columns.iter().filter_map(|at| table.columns.get(*at)).map(|column| column.name.clone()).collect();
    let sql = |written: fn(&str) -> String| {
        let name = written(&format!("{}_by_{}", table.name, columns.join("_")));
        let name = if table.database == "main" { name } else { format!("{}.{name}", written(&table.database)) };
        let columns = columns.iter().map(|column| written(column)).collect::<Vec<_>>().join(", ");
        format!("CREATE INDEX {name} ON {}({columns})", written(&table.name))
    };
    // With quotes only where there have to be some.
    let bare = sql(str::to_owned);
    let sql = if session.compiles(&bare) { bare } else { sql(quoted) };
    WantedIndex { table: display_name(&table.id).to_owned(), columns, sql }
}
