//! The queries of a corpus with their schemas, for tests. The corpus is not part of the project: `TIDEWATER_CORPUS` names its
//! folder, or it lies beside the workspace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::api::options::{Location, Options};
use crate::storage::{Script, Session, Storage, TransactionOwner};
use crate::types::Params;

pub(super) fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let folder = std::env::var_os("TIDEWATER_CORPUS").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// A record of a file in the format of sqllogictest.
pub(super) enum Record {
    Reset,
    Statement(String),
    Query(String),
}

pub(super) fn records(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let mut lines = text.lines().peekable();
    let mut skip = false;
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let engine = words.next().unwrap_or_default();
        match kind {
            "onlyif" => skip |= engine != "sqlite",
            "skipif" => skip |= engine == "sqlite",
            "halt" if !skip => break,
            "reset" => records.push(Record::Reset),
            "statement" | "query" => {
                let mut body = Vec::new();
                while let Some(line) = lines.next_if(|line| !line.trim().is_empty() && *line != "----") {
                    body.push(line);
                }
                while lines.next_if(|line| !line.trim().is_empty()).is_some() {}
                let sql = body.join("\n");
                if !std::mem::take(&mut skip) {
                    records.push(if kind == "query" { Record::Query(sql) } else { Record::Statement(sql) });
                }
            }
            _ => {}
        }
    }
    records
}

pub(super) fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "slt" || extension == "test") {
            into.push(path);
        }
    }
    into.sort();
}

/// Visits each query of a set once in the database that it was written for. Returns whether there is a corpus.
pub(crate) fn each_query(set: &str, mut visit: impl FnMut(&str, &mut Session<'_>)) -> bool {
    let Some(folder) = corpus() else {
        eprintln!("skipped: there is no corpus");
        return false;
    };
    let mut paths = Vec::new();
    files(&folder.join(set), &mut paths);
    for path in paths {
        let bytes = std::fs::read(&path).expect("a file of the corpus");
        each_query_of(&String::from_utf8_lossy(&bytes), &mut visit);
    }
    true
}

/// Visits each query of a file in the format of sqllogictest once in the database that it was written for.
pub(crate) fn each_query_of(text: &str, visit: &mut impl FnMut(&str, &mut Session<'_>)) {
    let open = || Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut storage = open();
    let mut seen = BTreeSet::new();
    for record in records(text) {
        match record {
            Record::Reset => {
                storage = open();
                seen.clear();
            }
            Record::Statement(sql) => {
                let run = Script { sql: &sql, params: &Params::None, owner: TransactionOwner::Script };
                // What fails is meant to, or belongs to another engine.
                let _ = storage.session().run(&run, &mut |_, _| true);
            }
            Record::Query(sql) => {
                if seen.insert(sql.clone()) {
                    visit(&sql, &mut storage.session());
                }
            }
        }
    }
}
