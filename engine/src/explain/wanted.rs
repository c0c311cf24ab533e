//! The indexes that a plan would like: where one of the statements that bring its results up to date, or lead from a changed
//! row to them, looks at every row of a table, although it asks for rows by the values of columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::display_name;
use crate::api::explain::WantedIndex;
use crate::plan::quoted;
use crate::prepare::Form;
use crate::storage::{Scan, Session};
use crate::types::{Catalog, Table};

pub(super) fn indexes(session: &Session<'_>, form: &Form, catalog: &Catalog) -> Vec<WantedIndex> {
    let Ok(planned) = &form.planned else { return Vec::new() };
    let named: BTreeSet<&Arc<str>> = form.dependencies.sources.iter().map(|source| &source.table).collect();
    let tables: Vec<Arc<Table>> = named.into_iter().filter_map(|id| catalog.tables.get(id)).cloned().collect();
    let mut wanted: Vec<Scan> = Vec::new();
    // Where no trail is looked up, the first one would be, were there indexes.
    let unserved = form.dependencies.sources.iter().filter(|source| !source.leads.iter().any(|lead| lead.is_served));
    let trails = unserved.filter_map(|source| Some(source.leads.first()?.trail.sql(|_| false, 1)));
    for statement in planned.plan.upkeep().into_iter().chain(trails) {
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
    let sql = if session.check(&bare).is_ok() { bare } else { sql(quoted) };
    WantedIndex { table: display_name(&table.id).to_owned(), columns, sql }
}
