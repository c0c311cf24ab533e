//! How a query would be maintained, for people and programs.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};

use crate::plan::{Columns, Operand, Relation, Slot, Source, Step};
use crate::subscribe::Form;
use crate::types::Catalog;

/// How a result is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// How a query would be maintained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explain {
    /// How the result is maintained.
    pub plan: Plan,
    /// Why there is no incremental plan, if there is none.
    pub reason: Option<String>,
    /// The base tables that are read, with their columns; a table that is read without its columns has none.
    pub tables: Vec<(String, Vec<String>)>,
    /// A hash of the template: queries that differ only in literals, spelling or layout have the same.
    pub template: String,
    /// The plan as a tree, if there is one.
    pub steps: Option<Step>,
    /// The whole as indented text.
    pub text: String,
}

pub(crate) fn explain(form: &Form, catalog: &Catalog) -> Explain {
    let tables = tables(form, catalog);
    let template = format!("{:016x}", hash(&form.template));
    let (plan, reason) = match &form.planned {
        Ok(_) => (Plan::Incremental, None),
        Err(reason) => (Plan::Requery, Some(reason.clone())),
    };
    let mut text = plan.as_str().to_owned();
    if let Some(reason) = &reason {
        let _ = write!(text, ": {reason}");
    }
    let _ = writeln!(text, "\n  template {template}");
    let steps = form.planned.as_ref().ok().map(|planned| planned.plan.steps());
    if let Some(step) = &steps {
        write_step(&mut text, step, 1);
    }
    for source in &form.dependencies.sources {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}", describe(source, catalog));
    }
    let dependencies = &form.dependencies;
    let nondeterministic = (!dependencies.nondeterministic.is_empty()).then(|| {
        let names: Vec<&str> = dependencies.nondeterministic.iter().map(String::as_str).collect();
        format!("sampled at each re-run: {}", names.join(", "))
    });
    let notes = [
        form.unparsed.as_ref().map(|reason| format!("read by SQLite alone: {reason}")),
        form.disagreement.clone(),
        dependencies.every_commit.as_ref().map(|why| format!("re-run at every commit: {why}")),
        dependencies.plan_dependent.as_ref().map(|why| format!("re-run at any change of its tables: {why}")),
        nondeterministic,
    ];
    for note in notes.into_iter().flatten() {
        let _ = writeln!(text, "  {note}");
    }
    Explain { plan, reason, tables, template, steps, text }
}

fn write_step(text: &mut String, step: &Step, depth: usize) {
    let tables: Vec<&str> = step.tables.iter().map(|table| display_name(table)).collect();
    let tables = if tables.is_empty() { String::new() } else { format!(" ({})", tables.join(", ")) };
    let _ = writeln!(text, "{:indent$}{}: {}{tables}", "", step.strategy, step.detail, indent = depth * 2);
    for input in &step.inputs {
        write_step(text, input, depth + 1);
    }
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

fn describe(source: &Source, catalog: &Catalog) -> String {
    let mut text = format!(
        "{}({})",
        display_name(&source.table),
        column_names(&source.table, &source.columns, catalog).join(", ")
    );
    for (index, predicate) in source.predicates.iter().enumerate() {
        let column = catalog.tables.get(&source.table).and_then(|table| table.columns.get(predicate.column));
        let operands: Vec<String> = predicate.any_of.iter().map(operand).collect();
        let relation = match (predicate.relation, operands.len()) {
            (Relation::Is, _) => "IS",
            (Relation::Equal, 1) => "=",
            (Relation::Equal, _) => "IN",
        };
        let joiner = if index == 0 { "where" } else { "and" };
        let _ =
            write!(text, " {joiner} {} {relation} {}", column.map_or("?", |column| &column.name), operands.join(", "));
    }
    text
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
