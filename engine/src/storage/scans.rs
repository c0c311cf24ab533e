//! Finds the full scans in the statements of a plan: tables that SQLite reads row by row although the statement looks rows
//! up by the values of columns.
//!
//! EXPLAIN QUERY PLAN shows how SQLite would run the statement. To learn which columns an index would need, the statement
//! is explained again with a delta table in the table's place that pretends to have every index: SQLite offers it each
//! equality that an index could serve (<https://sqlite.org/vtab.html#the_xbestindex_method>) and uses those that fit the
//! order of its loops.

use std::sync::Arc;

use super::Session;
use crate::plan::{TableVersion, quoted};
use crate::types::{SortedSet, Table};

/// A table that is scanned, and the columns by which the statement looks rows up.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) table: Arc<Table>,
    pub(crate) columns: SortedSet<usize>,
}

impl Session<'_> {
    /// The full scans of these tables in a statement. The delta tables of all of them must be declared. A scan whose
    /// columns cannot be determined is left out.
    pub(crate) fn scans(&self, sql: &str, tables: &[Arc<Table>]) -> Vec<Scan> {
        let steps = self.steps_of(sql).unwrap_or_default();
        steps.iter().filter_map(|step| self.scan(sql, step, tables)).collect()
    }

    /// Whether a statement looks up, without a scan, every table that it joins to the delta table it starts from.
    pub(crate) fn looks_up(&self, sql: &str) -> bool {
        let is_scan = |step: &String| step.starts_with("SCAN ") && !step.contains(" VIRTUAL TABLE ");
        let steps = self.steps_of(sql).unwrap_or_default();
        !steps.is_empty() && !steps.iter().any(|step| is_scan(step) || step.contains(" USING AUTOMATIC "))
    }

    fn steps_of(&self, sql: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        // No parameter is bound: the plan does not depend on their values.
        statement.raw_query().mapped(|row| row.get(3)).collect()
    }

    fn scan(&self, sql: &str, step: &str, tables: &[Arc<Table>]) -> Option<Scan> {
        let mut words = step.split(' ');
        let (verb, alias) = (words.next()?, words.next()?);
        let is_scan = verb == "SCAN" || verb == "SEARCH" && step.contains(" USING AUTOMATIC ");
        let of = |table: &&Arc<Table>| standing_as(sql, table, alias).is_some();
        let table = tables.iter().find(of).filter(|_| is_scan)?;
        let columns = self.equalities(sql, alias, table)?;
        // If an index that begins with one of them exists, SQLite chose not to use it.
        (!columns.is_empty() && columns.is_disjoint(&self.leading_columns(table)))
            .then(|| Scan { table: Arc::clone(table), columns })
    }

    /// The columns by which a statement looks rows of a table up, if an index on them would compare the same way.
    fn equalities(&self, sql: &str, alias: &str, table: &Table) -> Option<SortedSet<usize>> {
        let place = standing_as(sql, table, alias)?;
        let version = quoted(&TableVersion::New.table_name(&table.id));
        let exchanged = format!("{}{version} AS {alias}{}", sql.get(..place.start)?, sql.get(place.end..)?);
        let steps = self.state.delta_tables.pretending(|| self.steps_of(&exchanged)).ok()?;
        let step = steps.iter().find_map(|step| step.strip_prefix(&format!("SCAN {alias} VIRTUAL TABLE INDEX ")))?;
        let (_, lookups) = step.split_once(':')?;
        let column = |lookup: &str| {
            let (at, collation) = lookup.split_once(' ')?;
            let at: usize = at.parse().ok()?;
            let serves = table.columns.get(at)?.collation.eq_ignore_ascii_case(collation.split(' ').next()?);
            serves.then_some(at)
        };
        Some(lookups.split(',').filter_map(column).collect())
    }

    /// The first columns of a table's indexes and of its primary key, and its rowid column.
    fn leading_columns(&self, table: &Table) -> SortedSet<usize> {
        let keys = table.columns.iter().enumerate().filter(|(_, column)| column.is_rowid || column.primary_key == 1);
        let mut leading: SortedSet<usize> = keys.map(|(at, _)| at).collect();
        let sql =
            "SELECT x.cid FROM pragma_index_list(?1, ?2) AS l, pragma_index_info(l.name, ?2) AS x WHERE x.seqno = 0";
        let indexed = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let columns = statement.query_map([&table.name, &table.database], |row| row.get::<_, i64>(0))?;
            columns.collect::<rusqlite::Result<Vec<_>>>()
        });
        leading.extend(indexed.unwrap_or_default().into_iter().filter_map(|column| usize::try_from(column).ok()));
        leading
    }
}

/// The place where a statement of a plan names a table with this alias.
fn standing_as(sql: &str, table: &Table, alias: &str) -> Option<std::ops::Range<usize>> {
    let named = format!("{}.{} AS {alias}", quoted(&table.database), quoted(&table.name));
    sql.match_indices(&named).map(|(start, _)| start..start + named.len()).find(|place| {
        // `i1` is also the beginning of `i10`.
        sql[place.end..].chars().next().is_none_or(|next| !next.is_ascii_digit())
    })
}
