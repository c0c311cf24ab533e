//! The derived dependencies against what SQLite's authorizer reports, on the queries of a corpus with their schemas. The
//! corpus is not part of the project: `TIDEWATER_CORPUS` names its folder, or it lies beside the workspace.

use std::collections::BTreeMap;

use super::watch_tests::Watch;
use crate::api::options::{Location, Options};
use crate::live::Registry;
use crate::plan::{Columns, Dependencies};
use crate::sql::bind::unstored;
use crate::sql::corpus::{Record, corpus, each_query, files, records};
use crate::storage::{Reads, Script, SealedCommit, Session, Storage, TransactionOwner};
use crate::types::{Catalog, Params, TableKind};

/// Queries of a set for which SQLite reports more than they read: of `SELECT a FROM t UNION SELECT b FROM u ORDER BY b` it
/// reports `t.b` if there is one, for it tries the term there.
const KNOWN_GAPS: usize = 1;

#[derive(Default, Debug)]
struct Tally {
    queries: usize,
    parsed: usize,
    exact: usize,
    superset: usize,
    predicates: usize,
    every_commit: usize,
    order_dependence: BTreeMap<String, usize>,
    unparsed: BTreeMap<String, Vec<String>>,
    missing: Vec<String>,
}

/// What SQLite reads beyond the derived dependencies.
fn missing(sql: &str, found: &Dependencies, reads: &Reads, catalog: &Catalog) -> Vec<String> {
    // SQLite reports a CTE by its name if no column of it is read.
    let has_cte = sql.to_ascii_lowercase().contains("with");
    let mut missing = Vec::new();
    for (id, columns) in &reads.tables {
        let kind = catalog.tables.get(id).map(|table| &table.kind);
        let covered = match kind {
            Some(TableKind::Table { .. }) => found.sources.iter().any(|source| &source.table == id),
            Some(_) => {
                let prefix = format!("{id}_");
                found.every_commit.is_some() || found.sources.iter().any(|source| source.table.starts_with(&prefix))
            }
            None => {
                let (database, name) = id.split_once('.').unwrap_or(("main", id));
                found.every_commit.is_some() || has_cte || unstored::is_unstored(Some(database), name)
            }
        };
        if !covered {
            missing.push(id.to_string());
        } else if matches!(kind, Some(TableKind::Table { .. })) {
            let own: Vec<_> = found.sources.iter().filter(|source| &source.table == id).collect();
            for column in columns {
                let reads = |columns: &Columns| match columns {
                    Columns::All => true,
                    Columns::Some(columns) => columns.contains(column),
                };
                if !own.iter().any(|source| reads(&source.columns)) {
                    missing.push(format!("{id}.{column}"));
                }
            }
        }
    }
    missing
}

/// Whether the derived columns are no more than those that SQLite reports.
fn is_exact(found: &Dependencies, reads: &Reads) -> bool {
    found.sources.iter().all(|source| match (reads.tables.get(&source.table), &source.columns) {
        (Some(columns), Columns::Some(own)) => own.is_subset(columns),
        _ => false,
    })
}

fn check(sql: &str, session: &mut Session<'_>, tally: &mut Tally) {
    let Ok((_, mut reads)) = session.prepare(sql) else { return };
    session.add_opened(sql, &mut reads);
    let catalog = session.catalog().expect("a catalog");
    tally.queries += 1;
    match super::dependencies(sql, &catalog) {
        Ok(found) => {
            tally.parsed += 1;
            tally.predicates += usize::from(found.sources.iter().any(|source| !source.predicates.is_empty()));
            tally.every_commit += usize::from(found.every_commit.is_some());
            if let Some(reason) = &found.order_dependence {
                *tally.order_dependence.entry(reason.to_string()).or_default() += 1;
            }
            let missing = missing(sql, &found, &reads, &catalog);
            if !missing.is_empty() {
                tally.missing.push(format!("{sql}\n    reads {}", missing.join(", ")));
            } else if is_exact(&found, &reads) {
                tally.exact += 1;
            } else {
                tally.superset += 1;
            }
        }
        Err(unparsed) => tally.unparsed.entry(unparsed.reason.to_string()).or_default().push(sql.to_owned()),
    }
}

fn survey(set: &str) -> Option<Tally> {
    let mut tally = Tally::default();
    if !each_query(set, |sql, session| check(sql, session, &mut tally)) {
        return None;
    }
    let unparsed = tally.queries - tally.parsed;
    eprintln!(
        "{set}: {} queries, {unparsed} unparsed, {} exactly as SQLite, {} more, {} with predicates, {} every commit",
        tally.queries, tally.exact, tally.superset, tally.predicates, tally.every_commit
    );
    eprintln!("order-dependent: {:#?}", tally.order_dependence);
    for (reason, queries) in &tally.unparsed {
        eprintln!("{} unparsed: {reason}\n    {}", queries.len(), queries[0]);
    }
    for missing in &tally.missing {
        eprintln!("missing: {missing}");
    }
    Some(tally)
}

fn holds(set: &str) {
    if let Some(tally) = survey(set) {
        assert!(tally.missing.len() <= KNOWN_GAPS, "{} queries read more than was derived", tally.missing.len());
        assert!(tally.parsed * 1000 >= tally.queries * 995, "{} of {} parsed", tally.parsed, tally.queries);
    }
}

#[test]
fn sqlite_reads_nothing_else_in_its_own_tests() {
    holds("sqlite-tcl");
}

#[test]
fn sqlite_reads_nothing_else_in_bug_reports() {
    holds("turso-sqltest");
}

#[test]
fn sqlite_reads_nothing_else_in_view_maintenance_tests() {
    holds("ivm");
}

#[test]
fn sqlite_reads_nothing_else_in_fuzzed_scripts() {
    holds("sqlite-fuzz");
}

#[test]
fn sqlite_reads_nothing_else_in_sqllogictest() {
    holds("slt");
}

fn stays_right(set: &str, at_least: usize) {
    let Some(folder) = corpus() else { return eprintln!("skipped: there is no corpus") };
    let mut paths = Vec::new();
    files(&folder.join(set), &mut paths);
    let (mut spared, mut wrong) = (0, Vec::new());
    for path in paths {
        let bytes = std::fs::read(&path).expect("a file of the corpus");
        let mut storage = None;
        let mut watch = Watch::default();
        for record in records(&String::from_utf8_lossy(&bytes)) {
            let open = || Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
            match record {
                Record::Reset => {
                    storage = None;
                    watch.registry = Registry::default();
                }
                Record::Statement(sql) => {
                    let run = Script { sql: &sql, params: &Params::None, owner: TransactionOwner::Script };
                    let mut on_commit = |session: &mut Session<'_>, sealed: &SealedCommit| {
                        watch.commit(session, sealed);
                        true
                    };
                    let _ = storage.get_or_insert_with(open).session().run(&run, &mut on_commit);
                }
                Record::Query(sql) => {
                    let mut session = storage.get_or_insert_with(open).session();
                    // An open transaction's rows are nobody's answer, and subscribing is refused.
                    if !session.has_open_transaction() {
                        watch.add(&sql, &mut session);
                    }
                }
            }
        }
        spared += watch.spared;
        wrong.extend(watch.wrong);
    }
    eprintln!("{set}: {spared} answers that no commit was said to touch, {} of them changed", wrong.len());
    wrong.iter().for_each(|wrong| eprintln!("changed: {wrong}"));
    assert!(wrong.is_empty(), "{} answers changed unnoticed", wrong.len());
    assert!(spared >= at_least, "only {spared} answers were left alone");
}

#[test]
fn no_commit_changes_an_answer_unnoticed_in_sqlites_own_tests() {
    stays_right("sqlite-tcl", 10_000);
}

#[test]
fn no_commit_changes_an_answer_unnoticed_in_bug_reports() {
    stays_right("turso-sqltest", 1);
}

#[test]
fn no_commit_changes_an_answer_unnoticed_in_view_maintenance_tests() {
    stays_right("ivm", 500);
}
