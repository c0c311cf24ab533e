//! How a query is maintained, for people and programs: its plan, what routes commits to it, what that has come to so far,
//! and the indexes that the plan would like.

mod text;
mod wanted;

use std::hash::{BuildHasher, Hasher};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::live::Live;
use crate::plan::{Columns, Operand, Relation, Slot, Source, Step, Trail};
use crate::storage::Session;
use crate::subscribe::{Form, Interest, Standing, standing};
use crate::types::{Catalog, Value};

/// How a result is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// From the changes of each commit.
    Incremental,
    /// By running the query again when a commit can affect it.
    Requery,
}

impl Plan {
    /// `incremental` or `requery`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incremental => "incremental",
            Self::Requery => "requery",
        }
    }
}

/// How a query would be maintained, and how it is if it is subscribed to.
///
/// Serialized, its fields keep their names; `tables` is a list of `{"name", "columns"}`. `docs/explain.md` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explain {
    /// How the result is maintained.
    pub plan: Plan,
    /// Why there is no incremental plan, if there is none.
    pub reason: Option<String>,
    /// The base tables that are read, with their columns; a table that is read without its columns has none.
    #[serde(serialize_with = "as_objects")]
    pub tables: Vec<(String, Vec<String>)>,
    /// A hash of the template: queries that differ only in literals, spelling or layout have the same.
    pub template: String,
    /// The plan as a tree, if there is one.
    pub steps: Option<Step>,
    /// What brings commits to the query, one for each place where it reads a base table.
    pub routes: Vec<Route>,
    /// What else there is to know: functions that are sampled, what makes every commit count.
    pub notes: Vec<String>,
    /// How things stand with the template, if anybody subscribes to it.
    pub live: Option<LiveTemplate>,
    /// The indexes without which statements of the plan look at every row of a table.
    pub indexes: Vec<WantedIndex>,
    /// The whole as indented text.
    pub text: String,
}

/// What brings commits to a query through one place where it reads a base table: a changed row matters if one of the columns
/// changed (or the whole row came or went), and the row, as it was or as it is, satisfies the predicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The table.
    pub table: String,
    /// The columns that are read.
    pub columns: Vec<String>,
    /// The comparisons with constants that a row has to satisfy.
    pub predicates: Vec<RoutePredicate>,
    /// How it is found from a changed row.
    pub found: Found,
    /// The column whose constants or bounds it is found by, if it is.
    pub by: Option<String>,
    /// The joins over which a changed row leads to that column of another table, if it does.
    pub over: Vec<String>,
}

/// A comparison of a column with constants, one of which has to match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoutePredicate {
    /// The column.
    pub column: String,
    /// `=`, `IN`, `IS`, `<`, `<=`, `>` or `>=`.
    pub relation: &'static str,
    /// The constants as SQL writes them, and parameters as `?1` or `:name`.
    pub values: Vec<String>,
}

/// How a query is found from a changed row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It is looked up by a value of the row: others cost nothing.
    ByValue,
    /// It is looked up by the range that a value of the row is in: others cost nothing.
    ByRange,
    /// It is looked up by the values to which joins lead from the row: others cost nothing.
    ByJoin,
    /// Every change of the table runs through it, and its columns and predicates are looked at.
    ByAnyChange,
    /// No row can match, for nothing equals NULL, or its bounds have nothing between them.
    ByNoChange,
}

/// How things stand with a template that is subscribed to: what is held, and what commits have come to so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LiveTemplate {
    /// Its bindings, each with values of its own.
    pub bindings: u64,
    /// The subscriptions to them.
    pub subscriptions: u64,
    /// How many of the bindings are maintained by the plan now; the others are re-run.
    pub planned: u64,
    /// Rows that are held for results.
    pub state_rows: u64,
    /// Bytes that are held, for results and for what the plan remembers.
    pub state_bytes: u64,
    /// Commits that had any of its results maintained or re-run.
    pub commits: u64,
    /// Results brought up to date from what a commit changed.
    pub maintained: u64,
    /// Results evaluated anew, whyever.
    pub requeries: u64,
    /// Of those, the ones that the cost gate refused: maintaining would have cost more.
    pub refused: u64,
    /// Of those, the ones whose maintenance was given up: a statement failed or it got too dear.
    pub given_up: u64,
    /// Windows that no row of a commit came to.
    pub beyond: u64,
    /// Windows that had to be filled again.
    pub refills: u64,
    /// SQLite's instructions that one of those commits took on average, for all bindings together.
    pub instructions_per_commit: Option<u64>,
    /// SQLite's instructions that maintaining a changed row takes by now: what the cost gate goes by.
    pub instructions_per_row: Option<u64>,
    /// SQLite's instructions that the last evaluation of a binding took on average: what it compares them with.
    pub instructions_per_run: Option<u64>,
}

/// An index that would spare statements of a plan a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WantedIndex {
    /// The table.
    pub table: String,
    /// The columns by whose values its rows are asked for.
    pub columns: Vec<String>,
    /// The statement that makes it.
    pub sql: String,
}

/// Explains a query with these values of its parameters.
pub(crate) fn explain(
    session: &Session<'_>,
    live: &mut Live,
    form: &Form,
    slots: &[Value],
    catalog: &Catalog,
) -> Explain {
    let (plan, reason) = match &form.planned {
        Ok(_) => (Plan::Incremental, None),
        Err(reason) => (Plan::Requery, Some(reason.clone())),
    };
    let standing = live.standing_of(form);
    let steps = form.planned.as_ref().ok().map(|planned| {
        let metrics = standing.as_ref().and_then(|_| live.metrics_of(planned));
        shown(planned.plan.steps(metrics.as_ref()))
    });
    let mut explain = Explain {
        plan,
        reason,
        tables: tables(form, catalog),
        template: format!("{:016x}", hash(&form.template)),
        steps,
        routes: routes(form, slots, catalog),
        notes: notes(form),
        live: standing,
        indexes: wanted::indexes(session, form, catalog),
        text: String::new(),
    };
    explain.text = text::write(&explain);
    explain
}

fn notes(form: &Form) -> Vec<String> {
    let dependencies = &form.dependencies;
    let nondeterministic = (!dependencies.nondeterministic.is_empty()).then(|| {
        let names: Vec<&str> = dependencies.nondeterministic.iter().map(String::as_str).collect();
        format!("sampled at each re-run: {}", names.join(", "))
    });
    // A plan takes the rows that the order could matter to, or gives way at run time.
    let when = if form.planned.is_ok() { "where it has to be re-run" } else { "re-run" };
    let notes = [
        form.unparsed.as_ref().map(|reason| format!("read by SQLite alone: {reason}")),
        form.disagreement.clone(),
        dependencies.every_commit.as_ref().map(|why| format!("re-run at every commit: {why}")),
        dependencies.plan_dependent.as_ref().map(|why| format!("{when} at any change of its tables: {why}")),
        nondeterministic,
    ];
    notes.into_iter().flatten().collect()
}

/// A step with the tables' names as they are shown.
fn shown(step: Step) -> Step {
    let tables = step.tables.iter().map(|table| display_name(table).to_owned()).collect();
    Step { tables, inputs: step.inputs.into_iter().map(shown).collect(), ..step }
}

fn tables(form: &Form, catalog: &Catalog) -> Vec<(String, Vec<String>)> {
    let mut tables: Vec<(String, Columns)> = Vec::new();
    for source in &form.dependencies.sources {
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

fn routes(form: &Form, slots: &[Value], catalog: &Catalog) -> Vec<Route> {
    let dependencies = &form.dependencies;
    let any_row_matters = dependencies.plan_dependent.is_some() && form.planned.is_err();
    let interest = Interest { dependencies, slots, slot_names: &form.slots, any_row_matters };
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
    let (found, by, over) = match standing(source, interest) {
        Standing::Under(at) => (Found::ByValue, Some(column(at)), Vec::new()),
        Standing::Over(trail) => (Found::ByJoin, Some(end(&trail)), joins(&trail)),
        Standing::Within(at) => (Found::ByRange, Some(column(at)), Vec::new()),
        Standing::Among => (Found::ByAnyChange, None, Vec::new()),
        Standing::Nowhere => (Found::ByNoChange, None, Vec::new()),
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

/// The column that a trail leads to.
fn end(trail: &Trail) -> String {
    let table = trail.links.last().map_or(&trail.table, |link| &link.table);
    format!("{}.{}", display_name(table), trail.column)
}

/// The joins of a trail, from the changed row on.
fn joins(trail: &Trail) -> Vec<String> {
    let mut before = &trail.table;
    let mut joins = Vec::new();
    for link in &trail.links {
        let (from, to) = (display_name(before), display_name(&link.table));
        joins.extend(link.on.iter().map(|(column, other)| format!("{from}.{column} = {to}.{other}")));
        before = &link.table;
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

fn as_objects<S: Serializer>(tables: &[(String, Vec<String>)], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Table<'t> {
        name: &'t str,
        columns: &'t [String],
    }
    let mut list = serializer.serialize_seq(Some(tables.len()))?;
    for (name, columns) in tables {
        list.serialize_element(&Table { name, columns })?;
    }
    list.end()
}
