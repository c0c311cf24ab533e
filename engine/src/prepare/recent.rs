//! Prepares a query: SQLite compiles it, our own analysis derives what it depends on, and SQLite's authorizer checks that.

use std::collections::VecDeque;
use std::sync::Arc;

use super::query::{Planned, PreparedQuery};
use crate::error::Error;
use crate::plan::{
    AlwaysAffected, Columns, Dependencies, DisabledFeatures, JoinPath, OrderDependence, Reason, Source, plan,
};
use crate::results::Order;
use crate::sql::{self, Arena, BoundQuery, Normalised, Unparsed};
use crate::storage::{Reads, Session, Signature, Unplannable};
use crate::types::{Catalog, ColumnKind, SortedSet, Table, TableKind};

/// How many prepared queries are kept, whether or not anybody subscribes to them.
const MOST_RECENT: usize = 32;

/// The queries that were prepared last, for texts that differ only in layout and comments: of a page that is shown again, or
/// with a comment that names the caller.
#[derive(Default)]
pub(crate) struct RecentQueries(VecDeque<Ready>);

struct Ready {
    /// What the names in it stand for.
    catalog: Arc<Catalog>,
    core: Box<str>,
    query: PreparedQuery,
}

impl RecentQueries {
    /// The prepared query of a text.
    pub(crate) fn prepare(
        &mut self,
        session: &mut Session<'_>,
        text: &str,
        disabled: DisabledFeatures,
    ) -> Result<PreparedQuery, Error> {
        let catalog = session.catalog()?;
        let normalised = sql::normalise(text);
        if self.0.iter().any(|ready| !Arc::ptr_eq(&ready.catalog, &catalog)) {
            self.0.clear();
        }
        let says_the_same =
            |ready: &Ready| ready.query.template == normalised.text && ready.query.literals == normalised.literals;
        let query = match self.0.iter().find(|ready| says_the_same(ready)) {
            Some(ready) if *ready.core == *normalised.core => PreparedQuery { sql: text.into(), ..ready.query.clone() },
            Some(ready) => {
                let Signature { columns, slots } = session.signature(text)?;
                PreparedQuery { sql: text.into(), columns, slots, ..ready.query.clone() }
            }
            None => {
                let query = prepare(session, text, &normalised, &catalog, disabled)?;
                // Why there is no plan may have been a lock, which is tried again.
                if query.planned.is_ok() {
                    self.0.truncate(MOST_RECENT - 1);
                    self.0.push_front(Ready { catalog, core: normalised.core.into(), query: query.clone() });
                }
                query
            }
        };
        Ok(query)
    }
}

fn prepare(
    session: &mut Session<'_>,
    text: &str,
    normalised: &Normalised<'_>,
    catalog: &Catalog,
    disabled: DisabledFeatures,
) -> Result<PreparedQuery, Error> {
    let (shape, mut reads) = session.prepare(text)?;
    let unplannable = session.unplannable(&reads.functions).map(|(name, why)| (name.to_owned(), why));
    let arena = Arena::default();
    let bound = sql::bind(text, catalog, &arena);
    let (mut dependencies, unparsed) = match &bound {
        Ok(bound) => (bound.dependencies(), None),
        Err(unparsed) => (unread(&reads), Some(unparsed.reason.clone())),
    };
    if bound.as_ref().map_or(true, BoundQuery::may_read_silently) {
        session.add_opened(text, &mut reads);
    }
    let disagreement = add_reads(&mut dependencies, &reads, catalog, unparsed.is_none());
    let disagreement = if unparsed.is_some() { None } else { disagreement };
    for lookup in dependencies.sources.iter_mut().flat_map(|source| &mut source.path_lookups) {
        lookup.is_served = is_served(session, &lookup.path, catalog);
    }
    if let Some((name, Unplannable::Nondeterministic)) = &unplannable {
        dependencies.nondeterministic.insert(name.clone());
    }
    let declares_order = bound.as_ref().map_or_else(|_| sql::declares_order(text), BoundQuery::declares_order);
    let analysed = Analysed { bound: bound.as_ref(), shape: &shape, dependencies: &dependencies, catalog, unplannable };
    let planned = planned(session, &analysed, disabled);
    Ok(PreparedQuery {
        sql: text.into(),
        template: Arc::clone(&normalised.text),
        literals: normalised.literals.clone(),
        columns: shape.columns,
        slots: shape.slots,
        order: if declares_order { Order::Declared } else { Order::Incidental },
        dependencies: Arc::new(dependencies),
        disagreement,
        unparsed,
        planned,
    })
}

/// What is known of a query before it is planned.
struct Analysed<'r> {
    bound: Result<&'r BoundQuery<'r>, &'r Unparsed>,
    shape: &'r Signature,
    dependencies: &'r Dependencies,
    catalog: &'r Catalog,
    /// A function of the application's that no plan can call.
    unplannable: Option<(String, Unplannable)>,
}

/// Plans a query that only depends on rows which the hooks report.
fn planned(session: &mut Session<'_>, analysed: &Analysed<'_>, disabled: DisabledFeatures) -> Result<Planned, Reason> {
    let Analysed { bound, shape, dependencies, catalog, unplannable } = analysed;
    let bound = bound.map_err(|unparsed| Reason::Unparsed(Box::new(unparsed.reason.clone())))?;
    if let Some(affected) = &dependencies.every_commit {
        return Err(affected.clone().into());
    }
    if let Some(name) = dependencies.nondeterministic.first() {
        return Err(Reason::Nondeterministic { function: name.clone() });
    }
    if let Some((function, Unplannable::Aggregate)) = unplannable {
        return Err(Reason::ApplicationAggregate { function: function.clone() });
    }
    if !catalog.is_utf8 {
        return Err(Reason::Utf16);
    }
    if dependencies.order_dependence.is_some() && dependencies.names_index {
        return Err(Reason::IndexedOrder);
    }
    let logical = bound.lower(shape.slots.len())?;
    let plan = plan(&logical, dependencies.order_dependent(), disabled)?;
    if plan.width != shape.columns.len() {
        return Err(Reason::UnresolvedColumns);
    }
    for table_ref in logical.table_refs.iter().filter(|table_ref| table_ref.derived.is_none()) {
        let table = catalog.tables.get(&table_ref.table).ok_or(Reason::UnknownTable)?;
        session.declare_delta_tables(table).map_err(|error| Reason::Sqlite(error.to_string()))?;
    }
    for (table, columns) in &plan.declared {
        session.declare_derived(table, columns).map_err(|error| Reason::Sqlite(error.to_string()))?;
    }
    for id in &logical.virtual_columns {
        let table = catalog.tables.get(id).ok_or(Reason::UnknownTable)?;
        let declared = session.declare_virtual_columns(table);
        declared.map_err(|error| Reason::VirtualColumns { table: table.name.clone(), error: error.to_string() })?;
        if logical.makes_json && session.has_json_columns(id) {
            return Err(Reason::JsonVirtualColumns { table: table.name.clone() });
        }
    }
    // SQLite's builds differ: one may lack a function that a statement calls. Then the query is re-run from the start, and
    // `explain` tells why.
    for statement in plan.statements() {
        session.compile(&statement).map_err(|error| Reason::RefusedStatement(error.to_string()))?;
    }
    Ok(Planned { plan: Arc::new(plan), literals: logical.literals, virtual_columns: logical.virtual_columns })
}

/// Whether SQLite looks up every join of a path by an index or by rowid.
fn is_served(session: &mut Session<'_>, path: &JoinPath, catalog: &Catalog) -> bool {
    let ids = std::iter::once(&path.table).chain(path.steps.iter().map(|step| &step.table));
    let mut tables = ids.map(|id| catalog.tables.get(id));
    let are_declared = tables.all(|table| table.is_some_and(|table| session.declare_delta_tables(table).is_ok()));
    are_declared && session.looks_up(&path.sql(|_| false, 1))
}

/// What is left to go by when only SQLite understands the text: its authorizer tells tables, columns and functions.
fn unread(reads: &Reads) -> Dependencies {
    Dependencies {
        every_commit: reads.functions.iter().find_map(|name| sql::tells_of_connection(name)),
        order_dependence: Some(OrderDependence::Unparsed),
        ..Dependencies::default()
    }
}

/// Adds to the dependencies what SQLite reads beyond them, and tells what that was.
fn add_reads(dependencies: &mut Dependencies, reads: &Reads, catalog: &Catalog, is_parsed: bool) -> Option<String> {
    let mut added = Vec::new();
    for (id, columns) in &reads.tables {
        match catalog.tables.get(id) {
            Some(table) if matches!(table.kind, TableKind::Table { .. }) => {
                add_table(dependencies, table, columns, &mut added)
            }
            Some(table) => add_virtual_table(dependencies, table, catalog, &mut added),
            // SQLite reports a CTE by its name where no column of it is read. Of a text that was parsed, every name that
            // is neither a CTE nor in the catalog is known already.
            None if is_parsed => {}
            None => add_unlisted_table(dependencies, id, &mut added),
        }
    }
    (!added.is_empty()).then(|| format!("SQLite also reads {}", added.join(", ")))
}

fn add_table(dependencies: &mut Dependencies, table: &Table, columns: &SortedSet<usize>, added: &mut Vec<String>) {
    let known: Vec<&Source> = dependencies.sources.iter().filter(|source| source.table == table.id).collect();
    let is_virtual = |column: usize| table.columns.get(column).is_some_and(|c| c.kind == ColumnKind::GeneratedVirtual);
    let missing: SortedSet<usize> = columns
        .iter()
        .copied()
        .filter(|column| {
            !known.iter().any(|source| match &source.columns {
                Columns::All => true,
                Columns::Some(columns) => columns.contains(column) && !is_virtual(*column),
            })
        })
        .collect();
    if !known.is_empty() && missing.is_empty() {
        return;
    }
    added.push(match missing.first().and_then(|column| table.columns.get(*column)) {
        Some(column) => format!("{}.{}", table.id, column.name),
        None => table.id.to_string(),
    });
    // No hook shows a virtual column's value, so any change of the row may be one of the column.
    let columns = if missing.iter().any(|column| is_virtual(*column)) { Columns::All } else { Columns::Some(missing) };
    let (predicates, path_lookups) = (Vec::new(), Vec::new());
    dependencies.sources.push(Source { table: Arc::clone(&table.id), columns, predicates, path_lookups });
}

/// A virtual table that our own reading has not resolved to its shadow tables may change with every commit.
fn add_virtual_table(dependencies: &mut Dependencies, table: &Table, catalog: &Catalog, added: &mut Vec<String>) {
    let prefix = format!("{}_", table.id);
    let resolved = dependencies
        .sources
        .iter()
        .any(|source| source.table.starts_with(&prefix) && catalog.tables.contains_key(&source.table));
    if !resolved && dependencies.every_commit.is_none() {
        added.push(table.id.to_string());
        dependencies.every_commit = Some(AlwaysAffected::VirtualTable { table: table.id.to_string(), module: None });
    }
}

/// System tables, whose changes no hook reports, and eponymous virtual tables.
fn add_unlisted_table(dependencies: &mut Dependencies, id: &str, added: &mut Vec<String>) {
    let (database, name) = id.rsplit_once('.').map_or((None, id), |(database, name)| (Some(database), name));
    if !sql::is_unstored(database, name) && dependencies.every_commit.is_none() {
        added.push(id.to_owned());
        dependencies.every_commit = Some(AlwaysAffected::Unreported { table: name.to_owned() });
    }
}
