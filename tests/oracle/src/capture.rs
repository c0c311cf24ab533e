//! The capture oracle: a copy of every table kept from change batches alone, compared with the tables at each commit.
//!
//! A wrong result can come from a missing or phantom change as well as from a plan; this shows which.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tidewater::{ChangeBatch, CommitId, Engine, Params, Row, RowKey, Value, ValueRef};

use crate::mirror::{Answer, Mirror};

type Copy = HashMap<RowKey, Row>;

/// Copies of the tables, built from change batches.
pub struct Capture {
    batches: Arc<Mutex<Vec<(CommitId, ChangeBatch)>>>,
    tables: HashMap<String, (Reading, Copy)>,
}

/// How a table is read so that its rows look as in a change batch.
struct Reading {
    sql: String,
    /// Columns of the primary key in the key's order, for a table without rowid.
    key: Option<Vec<usize>>,
}

impl Capture {
    /// Starts to listen.
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        let batches = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&batches);
        let observer = move |commit, batch: &ChangeBatch| {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push((commit, batch.clone()));
        };
        engine.on_change(observer).expect("no call of the engine is around this one");
        Self { batches, tables: HashMap::new() }
    }

    /// Applies what was reported since the last call and compares every table. Returns the number of tables. `reread` says
    /// that rows may have changed without a report, by a schema change or VACUUM.
    ///
    /// # Errors
    /// Which table differs and how.
    pub fn check(&mut self, mirror: &Mirror, reread: bool) -> Result<u64, String> {
        let batches = std::mem::take(&mut *self.batches.lock().unwrap_or_else(PoisonError::into_inner));
        if reread {
            self.tables = readings(mirror)
                .into_iter()
                .map(|(id, reading)| {
                    let copy = reading.read(mirror);
                    (id, (reading, copy))
                })
                .collect();
            return Ok(0);
        }
        for (commit, batch) in &batches {
            self.apply(*commit, batch)?;
        }
        for (id, (reading, copy)) in &self.tables {
            let actual = reading.read(mirror);
            if actual != *copy {
                return Err(format!("{id}: {}", first_difference(copy, &actual)));
            }
        }
        Ok(self.tables.len() as u64)
    }

    fn apply(&mut self, commit: CommitId, batch: &ChangeBatch) -> Result<(), String> {
        for (id, changes) in &batch.tables {
            let Some((_, copy)) = self.tables.get_mut(&**id) else { continue };
            for change in &changes.rows {
                if change.old == change.new {
                    return Err(format!("commit {commit}, {id}: a change that changes nothing, {:?}", change.key));
                }
                let before = match &change.new {
                    Some(new) => copy.insert(change.key.clone(), new.clone()),
                    None => copy.remove(&change.key),
                };
                if before != change.old {
                    return Err(format!(
                        "commit {commit}, {id} {:?}: old image {:?}, was {before:?}",
                        change.key, change.old
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Reading {
    fn read(&self, mirror: &Mirror) -> Copy {
        let Answer::Rows(answer) = mirror.contents(&self.sql) else { return Copy::new() };
        answer.rows.into_iter().map(|row| self.keyed(row)).collect()
    }

    fn keyed(&self, row: Row) -> (RowKey, Row) {
        match &self.key {
            Some(key) => {
                let values = key.iter().filter_map(|column| row.get(*column)).map(ValueRef::to_value);
                (RowKey::PrimaryKey(values.collect()), row)
            }
            None => {
                let rowid = match row.get(0) {
                    Some(ValueRef::Integer(rowid)) => rowid,
                    _ => 0,
                };
                (RowKey::RowId(rowid), row.values().skip(1).map(ValueRef::to_value).collect())
            }
        }
    }
}

/// Ordinary tables of `main` and `temp` whose rowid no column hides.
fn readings(mirror: &Mirror) -> Vec<(String, Reading)> {
    let listed = mirror.rows(
        "SELECT lower(schema || '.' || name), schema, name, wr FROM pragma_table_list
         WHERE type = 'table' AND schema IN ('main', 'temp') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    listed
        .iter()
        .filter_map(|table| {
            let [id, schema, name] = [0, 1, 2].map(|column| text(table, column));
            let without_rowid = table.get(3) == Some(ValueRef::Integer(1));
            reading(mirror, &schema, &name, without_rowid).map(|reading| (id, reading))
        })
        .collect()
}

fn reading(mirror: &Mirror, schema: &str, name: &str, without_rowid: bool) -> Option<Reading> {
    let columns = match mirror.query(
        "SELECT name, pk, hidden FROM pragma_table_xinfo(?1, ?2)",
        &Params::from([Value::from(name), Value::from(schema)]),
    ) {
        Answer::Rows(answer) => answer.rows,
        _ => return None,
    };
    let mut key: Vec<(i64, usize)> = Vec::new();
    let mut items = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let named = text(column, 0);
        if ["rowid", "oid", "_rowid_"].contains(&named.to_ascii_lowercase().as_str()) {
            return None;
        }
        if let Some(ValueRef::Integer(place @ 1..)) = column.get(1) {
            key.push((place, index));
        }
        // The hook cannot read a virtual generated column.
        let shown = column.get(2) != Some(ValueRef::Integer(2));
        items.push(if shown { quoted(&named) } else { "NULL".to_owned() });
    }
    if !without_rowid {
        items.insert(0, "rowid".to_owned());
    }
    key.sort_unstable();
    let sql = format!("SELECT {} FROM {}.{}", items.join(", "), quoted(schema), quoted(name));
    Some(Reading { sql, key: without_rowid.then(|| key.into_iter().map(|(_, index)| index).collect()) })
}

fn first_difference(captured: &Copy, actual: &Copy) -> String {
    let missing = actual.iter().find(|(key, row)| captured.get(*key) != Some(*row));
    let phantom = captured.iter().find(|(key, _)| !actual.contains_key(*key));
    match (missing, phantom) {
        (Some((key, row)), _) => format!("{key:?} is {row:?}, captured {:?}", captured.get(key)),
        (None, Some((key, row))) => format!("{key:?} is gone, captured {row:?}"),
        (None, None) => "nothing differs".to_owned(),
    }
}

fn text(row: &Row, column: usize) -> String {
    match row.get(column) {
        Some(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
