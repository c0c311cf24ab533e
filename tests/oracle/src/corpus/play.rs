//! Plays the records of one database with its queries subscribed.

use tidewater::{Params, Row, ValueRef};

use super::slt::Record;
use super::variant::{Action, Variant, actions};
use crate::finding::Finding;
use crate::harness::{Harness, Settings, Subscribed};
use crate::log::Log;
use crate::mirror::{Answer, Mirror};
use crate::random::Random;
use crate::runner::{CaseReport, caught};

/// When a query becomes a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// As soon as SQLite accepts it, before the rows arrive.
    Early,
    /// Where the file first runs it.
    Late,
}

/// How to play a database of a file.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// When to subscribe.
    pub policy: Policy,
    /// How to transform the writes.
    pub variant: Variant,
    /// The maximum number of queries to subscribe to.
    pub subscriptions: usize,
    /// What chance is made from.
    pub seed: u64,
    /// Queries to skip because they already gave a finding.
    pub without: Vec<String>,
}

/// Plays a database; the first finding ends it.
#[must_use]
pub fn play(records: &[Record], plan: &Schedule, settings: &Settings) -> CaseReport {
    let mut harness = Harness::new(settings.clone(), Log::hashed());
    let finding = caught(|| Player::new(records, plan, &mut harness).run().err());
    crate::runner::close(&harness, finding)
}

struct Player<'a> {
    harness: &'a mut Harness,
    actions: Vec<Action>,
    policy: Policy,
    /// Queries not yet subscribed to, and whether it makes sense to try again before the schema changes.
    waiting: Vec<String>,
    next: u64,
}

impl<'a> Player<'a> {
    fn new(records: &[Record], plan: &Schedule, harness: &'a mut Harness) -> Self {
        let mut random = Random::new(plan.seed);
        let mut waiting: Vec<String> = Vec::new();
        for record in records {
            if let Record::Query(sql) = record
                && !waiting.contains(sql)
                && !plan.without.contains(sql)
            {
                waiting.push(sql.clone());
            }
        }
        random.shuffle(&mut waiting);
        waiting.truncate(plan.subscriptions);
        let actions = actions(records, plan.variant, &mut random);
        Self { harness, actions, policy: plan.policy, waiting, next: 0 }
    }

    fn run(mut self) -> Result<(), Finding> {
        self.register_early()?;
        for action in std::mem::take(&mut self.actions) {
            match action {
                Action::Ask(sql) if self.policy == Policy::Late => self.register_late(&sql)?,
                Action::Ask(_) => {}
                Action::Write(statements) => {
                    for sql in statements {
                        self.write(&sql)?;
                    }
                }
                Action::Bounce(table) => self.bounce(&table)?,
                Action::Churn => self.churn()?,
            }
        }
        self.harness.finish()
    }

    fn write(&mut self, sql: &str) -> Result<(), Finding> {
        let schema = self.harness.mirror().stamp();
        self.harness.exec(sql, &Params::None)?;
        let same = self.harness.mirror().stamp().same_schema(schema);
        if same { Ok(()) } else { self.register_early() }
    }

    fn register_early(&mut self) -> Result<(), Finding> {
        if self.policy == Policy::Late || self.harness.mirror().in_transaction() {
            return Ok(());
        }
        let mut still = Vec::new();
        for sql in std::mem::take(&mut self.waiting) {
            match self.harness.mirror().query(&sql, &Params::None) {
                Answer::Rows(_) => self.subscribe(&sql)?,
                Answer::Unpreparable(_) | Answer::Failing(_) => still.push(sql),
                Answer::TooSlow => {}
            }
        }
        self.waiting = still;
        Ok(())
    }

    fn register_late(&mut self, sql: &str) -> Result<(), Finding> {
        let wanted = self.waiting.iter().position(|waiting| waiting == sql);
        if let (Some(index), false) = (wanted, self.harness.mirror().in_transaction()) {
            self.waiting.remove(index);
            self.subscribe(sql)?;
        }
        Ok(())
    }

    fn subscribe(&mut self, sql: &str) -> Result<(), Finding> {
        self.next += 1;
        if self.harness.subscribe(self.next, sql, &Params::None)? == Subscribed::Refused {
            self.harness.tally.invalid += 1;
        }
        Ok(())
    }

    /// Deletes and reinserts the last added row. A trigger or constraint that refuses does so in both databases.
    fn bounce(&mut self, table: &str) -> Result<(), Finding> {
        let mirror = self.harness.mirror();
        if mirror.in_transaction() {
            return Ok(());
        }
        let Some(columns) = columns(mirror, table) else { return Ok(()) };
        let list = columns.join(", ");
        let sql = format!("SELECT rowid, {list} FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})");
        let Answer::Rows(rows) = mirror.query(&sql, &Params::None) else { return Ok(()) };
        let Some(row) = rows.rows.first() else { return Ok(()) };
        let values: Vec<_> = row.values().map(ValueRef::to_value).collect();
        let hidden = !columns.iter().any(|column| column.eq_ignore_ascii_case("\"rowid\""));
        let delete = format!("DELETE FROM {table} WHERE rowid = ?1");
        self.harness.exec(&delete, &Params::Positional(values[..1].to_vec()))?;
        let marks: Vec<String> = (1..=columns.len() + 1).map(|index| format!("?{index}")).collect();
        if hidden {
            let insert = format!("INSERT OR IGNORE INTO {table}(rowid, {list}) VALUES({})", marks.join(", "));
            self.harness.exec(&insert, &Params::Positional(values))?;
        }
        Ok(())
    }

    fn churn(&mut self) -> Result<(), Finding> {
        let tables = self.harness.mirror().rows(
            "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'",
        );
        for table in tables.iter().map(text) {
            if let Some(column) = columns(self.harness.mirror(), &table).and_then(|columns| columns.into_iter().next())
            {
                self.harness.exec(&format!("UPDATE {table} SET {column} = {column}"), &Params::None)?;
            }
        }
        Ok(())
    }
}

/// The quoted names of a table's columns that can be written.
fn columns(mirror: &Mirror, table: &str) -> Option<Vec<String>> {
    let name = table.trim_matches('"').replace("\"\"", "\"");
    let sql = "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM pragma_table_xinfo(?1) WHERE hidden = 0";
    match mirror.query(sql, &Params::from([name])) {
        Answer::Rows(rows) if !rows.rows.is_empty() => Some(rows.rows.iter().map(text).collect()),
        _ => None,
    }
}

fn text(row: &Row) -> String {
    match row.get(0) {
        Some(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}
