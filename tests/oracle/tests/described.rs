//! What is said of the queries of generated histories without running them holds for what they return: a column that is never NULL
//! has none, at any time of the history; names, origins and declared types are SQLite's.

use tidewater::rusqlite::{Connection, Statement};
use tidewater::{ColumnDescription, Engine, Location, Options, Params, ValueRef};
use tidewater_oracle::case::{Case, Step};
use tidewater_oracle::generate::{Family, case_of};

/// Cases of each family.
const CASES: u64 = 20;

/// How often a column that was described had a value or NULL.
#[derive(Debug, Default)]
struct Tally {
    queries: u64,
    columns: u64,
    with_origin: u64,
    never_null: u64,
    rows: u64,
    wrong: Vec<String>,
}

#[test]
fn what_is_described_is_what_queries_return() {
    let mut tally = Tally::default();
    for family in Family::ALL {
        for seed in 0..CASES {
            play(&case_of(family, seed), &mut tally);
        }
    }
    eprintln!(
        "{} queries, {} columns, {} with an origin, {} never NULL; {} rows",
        tally.queries, tally.columns, tally.with_origin, tally.never_null, tally.rows
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(tally.queries > 500 && tally.rows > 10_000, "{} queries, {} rows", tally.queries, tally.rows);
    assert!(tally.never_null * 10 > tally.columns, "{} of {} columns", tally.never_null, tally.columns);
}

fn play(case: &Case, tally: &mut Tally) {
    let engine = Engine::open(Location::Memory, Options::default().with_foreign_keys(false)).expect("memory opens");
    let mut queries: Vec<(&str, &Params, Vec<ColumnDescription>)> = Vec::new();
    for step in &case.steps {
        match step {
            Step::Exec { sql, params } => {
                if engine.exec(sql, params.clone()).is_err() {
                    continue;
                }
                // A schema that has changed may mean other columns.
                let is_schema = ["CREATE", "ALTER", "DROP"].iter().any(|word| sql.contains(word));
                for (sql, params, columns) in &mut queries {
                    if is_schema {
                        *columns = described(&engine, sql, tally);
                    }
                    compare(&engine, sql, params, columns, tally);
                }
            }
            Step::Subscribe { sql, params, .. } => {
                tally.queries += 1;
                let columns = described(&engine, sql, tally);
                compare(&engine, sql, params, &columns, tally);
                queries.push((sql, params, columns));
            }
            Step::Unsubscribe { .. } => {}
        }
    }
}

/// The description, compared with what SQLite says of the statement.
fn described(engine: &Engine, sql: &str, tally: &mut Tally) -> Vec<ColumnDescription> {
    let theirs = engine.with_connection(|connection| facts(connection, sql)).expect("no transaction is open");
    let (Ok(described), Some(theirs)) = (engine.describe(sql), theirs) else { return Vec::new() };
    let ours: Vec<_> = described
        .columns
        .iter()
        .map(|column| {
            let origin = column.origin.as_ref();
            (
                column.name.clone(),
                origin.map(|origin| (origin.database.clone(), origin.table.clone(), origin.column.clone())),
                column.declared_type.clone(),
            )
        })
        .collect();
    if ours != theirs {
        tally.wrong.push(format!("{sql}\n  {ours:?}\n  {theirs:?}"));
    }
    tally.columns += ours.len() as u64;
    tally.with_origin += ours.iter().filter(|(_, origin, _)| origin.is_some()).count() as u64;
    tally.never_null += described.columns.iter().filter(|column| column.not_null).count() as u64;
    described.columns
}

/// Name, origin and declared type of a column.
type Facts = (String, Option<(String, String, String)>, Option<String>);

fn facts(connection: &Connection, sql: &str) -> Option<Vec<Facts>> {
    let statement: Statement<'_> = connection.prepare(sql).ok()?;
    let types: Vec<_> = statement.columns().map(|column| column.decl_type().map(str::to_owned)).collect();
    let columns = statement.columns_with_metadata();
    let origin = |column: &tidewater::rusqlite::ColumnMetadata<'_>| {
        Some((column.database_name()?.to_owned(), column.table_name()?.to_owned(), column.origin_name()?.to_owned()))
    };
    Some(
        columns
            .into_iter()
            .zip(types)
            .map(|(column, declared)| (column.name().to_owned(), origin(&column), declared))
            .collect(),
    )
}

fn compare(engine: &Engine, sql: &str, params: &Params, columns: &[ColumnDescription], tally: &mut Tally) {
    // A query of the history may fail at run time, or take long.
    let Ok(rows) = engine.query(sql, params.clone()) else { return };
    tally.rows += rows.rows.len() as u64;
    for row in &rows.rows {
        for (column, value) in columns.iter().zip(row.values()) {
            if column.not_null && value == ValueRef::Null && tally.wrong.len() < 20 {
                tally.wrong.push(format!("NULL in `{}` of {sql}", column.name));
            }
        }
    }
}
