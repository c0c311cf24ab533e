//! Explains how a query is maintained, for people and programs: its plan, how commits are routed to it, its metrics so far, and
//! the indexes that would help the plan.

mod idle;
mod text;
mod wanted;

pub(crate) use idle::Idle;

use std::hash::{BuildHasher, Hasher};

use crate::api::explain::{Explain, Found, LiveTemplate, PlanKind, Route, RoutePredicate};
use crate::plan::{Columns, JoinPath, Operand, PlanMetrics, Relation, Slot, Source, Step};
use crate::prepare::PreparedQuery;
use crate::routing::{Interest, RoutingKey};
use crate::storage::Session;
use crate::types::{Catalog, Value};

/// Explains a query with these values of its parameters. `live` are the metrics of its template and `metrics` those of its
/// plan's nodes, if it is subscribed to; `idle` tells why the plan is not at work, if it has one that is not.
pub(crate) fn explain(
    session: &Session<'_>,
    query: &PreparedQuery,
    slots: &[Value],
    catalog: &Catalog,
    live: Option<LiveTemplate>,
    idle: Option<Idle>,
    metrics: Option<&PlanMetrics>,
) -> Explain {
    let (reason, reason_code) = match (&query.planned, idle) {
        (Err(reason), _) => (Some(reason.to_string()), Some(reason.code())),
        (Ok(_), Some(idle)) => (Some(idle.to_string()), Some(idle.code())),
        (Ok(_), None) => (None, None),
    };
    let plan = if reason.is_none() { PlanKind::Incremental } else { PlanKind::Requery };
    let steps = query.planned.as_ref().ok().map(|planned| shown(planned.plan.steps(metrics)));
    let mut explain = Explain {
        plan,
        reason,
        reason_code,
        tables: tables(query, catalog),
        template: format!("{:016x}", hash(&query.template)),
        steps,
        routes: routes(query, slots, catalog),
        notes: notes(query),
        live,
        indexes: wanted::indexes(session, query, catalog),
        text: String::new(),
    };
    explain.text = text::write(&explain);
    explain
}

fn notes(query: &PreparedQuery) -> Vec<String> {
    let dependencies = &query.dependencies;
    let nondeterministic = (!dependencies.nondeterministic.is_empty()).then(|| {
        let names: Vec<&str> = dependencies.nondeterministic.iter().map(String::as_str).collect();
        format!("sampled at each re-run: {}", names.join(", "))
    });
    // A plan leaves out the rows whose order could matter, or gives up at run time.
    let when = if query.planned.is_ok() { "where it has to be re-run" } else { "re-run" };
    let notes = [
        query.unparsed.as_ref().map(|reason| format!("only SQLite reads the text: {reason}")),
        query.disagreement.clone(),
        dependencies.every_commit.as_ref().map(|why| format!("re-run at every commit: {why}")),
        dependencies.order_dependence.as_ref().map(|why| format!("{when} at any change of its tables: {why}")),
        nondeterministic,
    ];
    notes.into_iter().flatten().collect()
}

/// A step with the tables' names as they are shown.
fn shown(step: Step) -> Step {
    let tables = step.tables.iter().map(|table| display_name(table).to_owned()).collect();
    Step { tables, inputs: step.inputs.into_iter().map(shown).collect(), ..step }
}

fn tables(query: &PreparedQuery, catalog: &Catalog) -> Vec<(String, Vec<String>)> {
    let mut tables: Vec<(String, Columns)> = Vec::new();
    for source in &query.dependencies.sources {
        match tables.iter_mut().find(|(name, _)| **name == *source.table) {
            Some((_, columns)) => columns.extend(&source.columns),
            None => tables.push((source.table.to_string(), source.columns.clone())),
        }
    }
    tables
        .into_iter()
        .map(|(name, columns)| (display_name(&name).to_owned(), column_names(&name, &columns, catalog)))
        .collect()
}

fn routes(query: &PreparedQuery, slots: &[Value], catalog: &Catalog) -> Vec<Route> {
    let dependencies = &query.dependencies;
    let any_row_matters = dependencies.order_dependence.is_some() && query.planned.is_err();
    let interest = Interest { dependencies, slots, slot_names: &query.slots, any_row_matters };
    dependencies.sources.iter().map(|source| route(source, &interest, catalog)).collect()
}

fn route(source: &Source, interest: &Interest<'_>, catalog: &Catalog) -> Route {
    let column = |at: usize| {
        let column = catalog.tables.get(&source.table).and_then(|table| table.columns.get(at));
        column.map_or("?", |column| &column.name).to_owned()
    };
    let predicates = source.predicates.iter().map(|predicate| RoutePredicate {
        column: column(predicate.column),
        relation: match (predicate.relation, predicate.any_of.len()) {
            (Relation::Is, _) => "IS",
            (Relation::Equal, 1) => "=",
            (Relation::Equal, _) => "IN",
            (Relation::Less, _) => "<",
            (Relation::AtMost, _) => "<=",
            (Relation::Greater, _) => ">",
            (Relation::AtLeast, _) => ">=",
        },
        values: predicate.any_of.iter().map(operand).collect(),
    });
    let (found, by, over) = match RoutingKey::of(source, interest) {
        RoutingKey::Values { column: at, .. } => (Found::ByValue, Some(column(at)), Vec::new()),
        RoutingKey::Path { path, .. } => (Found::ByJoin, Some(end(&path)), joins(&path)),
        RoutingKey::Range { axis, .. } => (Found::ByRange, Some(column(axis.column)), Vec::new()),
        RoutingKey::AnyChange { .. } => (Found::ByAnyChange, None, Vec::new()),
        RoutingKey::Never => (Found::ByNoChange, None, Vec::new()),
    };
    Route {
        table: display_name(&source.table).to_owned(),
        columns: column_names(&source.table, &source.columns, catalog),
        predicates: predicates.collect(),
        found,
        by,
        over,
    }
}

/// The column at the end of a join path.
fn end(path: &JoinPath) -> String {
    let table = path.steps.last().map_or(&path.table, |step| &step.table);
    format!("{}.{}", display_name(table), path.column)
}

/// The joins of a path, from the changed row on.
fn joins(path: &JoinPath) -> Vec<String> {
    let mut before = &path.table;
    let mut joins = Vec::new();
    for step in &path.steps {
        let (from, to) = (display_name(before), display_name(&step.table));
        joins.extend(step.on.iter().map(|(column, other)| format!("{from}.{column} = {to}.{other}")));
        before = &step.table;
    }
    joins
}

/// Tables of `main` go by their bare names.
fn display_name(id: &str) -> &str {
    id.strip_prefix("main.").unwrap_or(id)
}

fn column_names(table: &str, columns: &Columns, catalog: &Catalog) -> Vec<String> {
    let Some(table) = catalog.tables.get(table) else { return Vec::new() };
    let is_read = |column: &usize| match columns {
        Columns::All => true,
        Columns::Some(read) => read.contains(column),
    };
    (0..table.columns.len()).filter(is_read).map(|column| table.columns[column].name.clone()).collect()
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Literal(value) => value.to_string(),
        Operand::Parameter(Slot::Position(position)) => format!("?{position}"),
        Operand::Parameter(Slot::Name(name)) => format!(":{name}"),
    }
}

/// The same text has the same hash in every process: nothing random goes in.
fn hash(text: &str) -> u64 {
    let mut hasher = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}
