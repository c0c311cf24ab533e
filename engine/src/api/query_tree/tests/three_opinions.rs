//! Three opinions on what a query reads: the binder's, SQLite's authorizer's, and one derived from sqlparser's tree; and
//! whether the printed tree means what the text meant. `disagreements.md` lists how often they differ and explains each
//! kind. `small.slt` runs everywhere; the corpus, where it is (`TIDEWATER_CORPUS`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlparser::ast::Statement;
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use super::second_opinion;
use crate::api::AsSql;
use crate::plan;
use crate::sql::corpus::{each_query, each_query_of};
use crate::sql::{Arena, bind};
use crate::storage::Session;
use crate::types::{Catalog, Row, TableKind};

const DISAGREEMENTS: &str = include_str!("disagreements.md");
const SMALL: &str = include_str!("small.slt");

/// SQLite's instructions that a query may take while its rows are compared.
const MOST_INSTRUCTIONS: u64 = 5_000_000;

/// A table, or a column of it.
type Read = (Arc<str>, Option<usize>);

/// How often each kind of disagreement was found, with the first few queries.
#[derive(Default)]
struct Survey {
    queries: usize,
    agreed: usize,
    kinds: BTreeMap<&'static str, Vec<String>>,
}

impl Survey {
    fn add(&mut self, kind: &'static str, sql: &str, what: &str) {
        self.kinds.entry(kind).or_default().push(format!("{what}: {sql}"));
    }

    fn compare(&mut self, sql: &str, session: &mut Session<'_>) {
        let Ok((_, reads)) = session.prepare(sql) else { return };
        let catalog = session.catalog().expect("a catalog");
        self.queries += 1;
        let arena = Arena::default();
        let Ok(bound) = bind(sql, &catalog, &arena) else { return self.add("binder refuses", sql, "") };
        let bound = bound.dependencies();
        let tree = match second_opinion::reads(sql, &catalog) {
            Ok(columns) => {
                flat(columns.iter().map(|(table, columns)| (table, columns.iter().copied().collect())), &catalog)
            }
            Err(why) if why.starts_with("sql parser error") => return self.add("sqlparser refuses", sql, &why),
            Err(why) => return self.add("tree unresolved", sql, &why),
        };
        let binder = flat(bound.sources.iter().map(|source| (&source.table, of_source(source, &catalog))), &catalog);
        let sqlite =
            flat(reads.tables.iter().map(|(table, columns)| (table, columns.iter().copied().collect())), &catalog);
        self.print(sql, session);
        if tree == binder && binder == sqlite {
            self.agreed += 1;
            return;
        }
        let all: BTreeSet<&Read> = tree.iter().chain(&binder).chain(&sqlite).collect();
        for read in all {
            let kind = match (tree.contains(read), binder.contains(read), sqlite.contains(read)) {
                (true, false, false) => "tree alone",
                (false, true, false) => "binder alone",
                (false, false, true) => "SQLite alone",
                (false, true, true) => "tree lacks",
                (true, false, true) => "binder lacks",
                (true, true, false) => "SQLite lacks",
                _ => continue,
            };
            self.add(kind, sql, &described(read, &catalog));
        }
    }

    /// Whether SQLite makes the same program of the printed tree as of the text, or at least the same rows.
    fn print(&mut self, sql: &str, session: &mut Session<'_>) {
        let statements = Parser::parse_sql(&SQLiteDialect {}, sql).unwrap_or_default();
        let Some(Statement::Query(tree)) = statements.first() else { return };
        let printed = tree.as_sql();
        let program = |session: &mut Session<'_>, sql: &str| session.select(&format!("EXPLAIN {sql}"), &[]);
        match (program(session, sql), program(session, &printed)) {
            (Ok(expected), Ok(program)) if expected == program => {}
            (Ok(_), Ok(_)) => {
                // Some recursive queries of the corpus never end.
                let rows = |session: &mut Session<'_>, sql: &str| -> Option<Vec<Row>> {
                    session.set_instruction_budget(MOST_INSTRUCTIONS);
                    let rows = session.select(sql, &[]).ok();
                    session.set_instruction_budget(u64::MAX);
                    rows
                };
                if rows(session, sql) != rows(session, &printed) {
                    self.add("printed differently", sql, &printed);
                }
            }
            (Ok(_), Err(error)) => self.add("print refused", sql, &format!("{error}: {printed}")),
            (Err(_), _) => {}
        }
    }
}

/// Ordinary tables and their columns: what stands behind views and virtual tables is named otherwise by each of the three.
fn flat<'t>(tables: impl Iterator<Item = (&'t Arc<str>, Vec<usize>)>, catalog: &Catalog) -> BTreeSet<Read> {
    let is_table =
        |id: &Arc<str>| catalog.tables.get(id).is_some_and(|table| matches!(table.kind, TableKind::Table { .. }));
    tables
        .filter(|(id, _)| is_table(id))
        .flat_map(|(id, columns)| {
            let columns = columns.into_iter().map(Some);
            columns.chain([None]).map(|column| (Arc::clone(id), column)).collect::<Vec<_>>()
        })
        .collect()
}

fn of_source(source: &plan::Source, catalog: &Catalog) -> Vec<usize> {
    match &source.columns {
        plan::Columns::Some(columns) => columns.iter().copied().collect(),
        plan::Columns::All => (0..catalog.tables.get(&source.table).map_or(0, |table| table.columns.len())).collect(),
    }
}

fn described((table, column): &Read, catalog: &Catalog) -> String {
    let name = column.and_then(|column| catalog.tables.get(table)?.columns.get(column));
    name.map_or_else(|| table.to_string(), |column| format!("{table}.{}", column.name))
}

/// The most disagreements of each kind in a set, as the table says.
fn allowed(set: &str) -> BTreeMap<&'static str, usize> {
    let cells = |line: &'static str| line.split('|').map(str::trim).skip(1).collect::<Vec<_>>();
    let mut rows = DISAGREEMENTS.lines().filter(|line| line.starts_with('|')).map(cells);
    let heads = rows.next().expect("a table");
    let column = heads.iter().position(|head| *head == set).expect("a column for each set");
    rows.skip(1).map(|row| (row[0], row[column].replace(',', "").parse().expect("a number"))).collect()
}

fn agree(set: &str, survey: &Survey) {
    eprintln!("{set}: {} queries, {} on which all three agree", survey.queries, survey.agreed);
    let allowed = allowed(set);
    let mut unexplained = Vec::new();
    for (kind, found) in &survey.kinds {
        eprintln!("{set}: {} times {kind}", found.len());
        found.iter().take(20).for_each(|one| eprintln!("    {}", one.replace('\n', " ")));
        if found.len() > allowed.get(kind).copied().unwrap_or_default() {
            unexplained.push(format!("{} times {kind}, first {}", found.len(), found[0]));
        }
    }
    assert!(unexplained.is_empty(), "more than disagreements.md explains: {unexplained:#?}");
    assert!(survey.agreed * 10 >= survey.queries * 8, "{} of {} agree", survey.agreed, survey.queries);
}

fn agree_in_corpus(set: &str) {
    let mut survey = Survey::default();
    if each_query(set, |sql, session| survey.compare(sql, session)) {
        agree(set, &survey);
    }
}

#[test]
fn three_opinions_on_a_small_set() {
    let mut survey = Survey::default();
    each_query_of(SMALL, &mut |sql, session| survey.compare(sql, session));
    assert!(survey.queries >= 60, "{} queries", survey.queries);
    agree("small", &survey);
}

#[test]
fn three_opinions_on_bug_reports() {
    agree_in_corpus("turso-sqltest");
}

#[test]
fn three_opinions_on_view_maintenance_tests() {
    agree_in_corpus("ivm");
}

#[test]
fn three_opinions_on_fuzzed_scripts() {
    agree_in_corpus("sqlite-fuzz");
}

#[test]
fn three_opinions_on_sqllogictest() {
    agree_in_corpus("slt");
}
