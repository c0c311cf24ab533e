//! Writes: every statement that changes rows, on rows that are likely to be there.

use super::Generator;
use super::features::Feature;
use super::schema::{Column, Table};
use super::values::Kind;

/// Rows past which a table is not filled again: what several references to it join grows with a power of them.
const MOST_ROWS: usize = 24;

impl Generator {
    /// One statement that changes rows.
    pub(super) fn write(&mut self) -> String {
        let table = self.random.pick(&self.schema.tables).clone();
        let replace = if self.features.has(Feature::Replace) { 8 } else { 0 };
        let upsert = if self.features.has(Feature::Upserts) && table.key != ["rowid"] { 8 } else { 0 };
        let failing = if self.features.has(Feature::Failures) { 5 } else { 0 };
        match self.random.weighted(&[
            (24, 0),
            (5, 1),
            (12, 2),
            (15, 3),
            (8, 4),
            (5, 5),
            (3, 6),
            (3, 7),
            (10, 8),
            (7, 9),
            (2, 10),
            (replace, 11),
            (upsert, 12),
            (failing, 13),
        ]) {
            0 => {
                // Keys are few, so half of all rows meet one that is there: some are to take its place.
                let clause = self.random.weighted(&[(55, ""), (45, " OR REPLACE")]);
                self.insert(&table, clause)
            }
            1 => self.insert_select(&table),
            2 => {
                let condition = self.by_key(&table);
                self.update(&table, &condition)
            }
            3 => {
                let condition = self.by_predicate(&table);
                self.update(&table, &condition)
            }
            4 => self.update_key(&table),
            5 => self.update_from(&table),
            6 => {
                let column = self.written(&table).name;
                format!("UPDATE {} SET {column} = {column}", table.name)
            }
            7 => {
                let column = self.written(&table);
                let value = self.pool.literal(&mut self.random, column.kind);
                format!("UPDATE OR REPLACE {} SET {} = {value}", table.name, column.name)
            }
            8 => format!("DELETE FROM {} WHERE {}", table.name, self.by_key(&table)),
            9 => format!("DELETE FROM {} WHERE {}", table.name, self.by_predicate(&table)),
            10 => format!("DELETE FROM {}", table.name),
            11 => self.insert(&table, " OR REPLACE"),
            12 => self.upsert(&table),
            _ => {
                let clause = *self.random.pick(&[" OR FAIL", " OR IGNORE", " OR ABORT", " OR ROLLBACK"]);
                self.insert(&table, clause)
            }
        }
    }

    /// Rows for a table.
    pub(super) fn insert(&mut self, table: &Table, or: &str) -> String {
        let columns = self.inserted(table);
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let rows: Vec<String> = (0..self.random.between(1, 3))
            .map(|_| {
                let values: Vec<String> =
                    columns.iter().map(|column| self.pool.literal(&mut self.random, column.kind)).collect();
                format!("({})", values.join(", "))
            })
            .collect();
        format!("INSERT{or} INTO {}({}) VALUES {}", table.name, names.join(", "), rows.join(", "))
    }

    /// The column list and the values of one row.
    pub(super) fn new_row(&mut self, table: &Table) -> (String, String) {
        let columns = self.inserted(table);
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> =
            columns.iter().map(|column| self.pool.literal(&mut self.random, column.kind)).collect();
        (names.join(", "), values.join(", "))
    }

    fn inserted(&mut self, table: &Table) -> Vec<Column> {
        let skip_key = table.automatic && self.random.chance(45);
        let mut columns: Vec<Column> = table.columns.iter().filter(|column| column.writable).cloned().collect();
        if skip_key && columns.len() > 1 {
            columns.remove(0);
        }
        columns
    }

    fn insert_select(&mut self, table: &Table) -> String {
        let source = self.random.pick(&self.schema.tables).clone();
        let columns = self.inserted(table);
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let items: Vec<String> = columns
            .iter()
            .map(|column| match column.kind {
                Kind::Key => {
                    let from = self.random.pick(&source.columns).name.clone();
                    format!("abs(coalesce({from}, 0)) % 5 + {}", self.random.between(1, 6))
                }
                _ => self.random.pick(&source.columns).name.clone(),
            })
            .collect();
        format!(
            "INSERT OR IGNORE INTO {}({}) SELECT {} FROM {} ORDER BY {} LIMIT 3",
            table.name,
            names.join(", "),
            items.join(", "),
            source.name,
            source.key.join(", ")
        )
    }

    fn update(&mut self, table: &Table, condition: &str) -> String {
        let column = self.written(table);
        let value = match column.kind {
            Kind::Integer | Kind::Real if self.random.chance(30) => format!("{} + 1", column.name),
            kind => self.pool.literal(&mut self.random, kind),
        };
        format!("UPDATE {} SET {} = {value} WHERE {condition}", table.name, column.name)
    }

    fn update_key(&mut self, table: &Table) -> String {
        let key = &table.key[0];
        let kind = table.columns.iter().find(|column| column.name == *key).map_or(Kind::Key, |column| column.kind);
        let value = self.pool.literal(&mut self.random, kind);
        let conflict = *self.random.pick(&["", " OR REPLACE", " OR IGNORE"]);
        format!("UPDATE{conflict} {} SET {key} = {value} WHERE {}", table.name, self.by_key(table))
    }

    fn update_from(&mut self, table: &Table) -> String {
        let other = self.random.pick(&self.schema.tables).clone();
        let column = self.written(table);
        let (from, on) = (self.random.pick(&other.columns).name.clone(), self.random.pick(&other.columns).name.clone());
        let mine = self.random.pick(&table.columns).name.clone();
        format!(
            "UPDATE OR IGNORE {} SET {} = o.{from} FROM (SELECT * FROM {} ORDER BY {} LIMIT 1) AS o WHERE {}.{mine} = o.{on}",
            table.name,
            column.name,
            other.name,
            other.key.join(", "),
            table.name
        )
    }

    fn upsert(&mut self, table: &Table) -> String {
        let insert = self.insert(table, "");
        if self.random.chance(25) {
            return format!("{insert} ON CONFLICT DO NOTHING");
        }
        let column = self.written(table);
        let value = match self.random.below(3) {
            0 => self.pool.literal(&mut self.random, column.kind),
            1 if column.kind == Kind::Integer => format!("{} + 1", column.name),
            _ => format!("excluded.{}", column.name),
        };
        let condition =
            if self.random.chance(30) { format!(" WHERE {} IS NOT NULL", column.name) } else { String::new() };
        format!("{insert} ON CONFLICT({}) DO UPDATE SET {} = {value}{condition}", table.key.join(", "), column.name)
    }

    /// A column that is neither key nor generated, where there is one.
    fn written(&mut self, table: &Table) -> Column {
        let plain: Vec<Column> = table
            .columns
            .iter()
            .filter(|column| column.writable && !table.key.contains(&column.name))
            .cloned()
            .collect();
        self.random.pick(&plain).clone()
    }

    fn by_key(&mut self, table: &Table) -> String {
        let key = &table.key[0];
        let kind = table.columns.iter().find(|column| column.name == *key).map_or(Kind::Key, |column| column.kind);
        format!("{key} = {}", self.pool.literal(&mut self.random, kind))
    }

    fn by_predicate(&mut self, table: &Table) -> String {
        let column = self.random.pick(&table.columns).clone();
        let operator = *self.random.pick(&["=", "<", ">=", "IS", "IS NOT", "<>"]);
        format!("{} {operator} {}", column.name, self.pool.literal(&mut self.random, column.kind))
    }

    /// Rows taken away, put back, changed to other values and changed back: what a maintained result must survive.
    pub(super) fn four_phases(&mut self) -> Vec<String> {
        let table = self.random.pick(&self.schema.tables).clone();
        let writable: Vec<&str> =
            table.columns.iter().filter(|column| column.writable).map(|column| column.name.as_str()).collect();
        let list = writable.join(", ");
        let name = &table.name;
        let column = self.written(&table).name;
        let value = self.written(&table);
        let value = self.pool.literal(&mut self.random, value.kind);
        // Where triggers keep what was to be deleted, or put rows in its place, a table would double each time.
        let room = format!("(SELECT count(*) FROM {name}) < {MOST_ROWS}");
        let mut phases = vec![
            format!("INSERT INTO kept_{name}({list}) SELECT {list} FROM {name}"),
            format!("DELETE FROM {name}"),
            format!("INSERT OR IGNORE INTO {name}({list}) SELECT {list} FROM kept_{name} WHERE {room}"),
            format!("UPDATE OR IGNORE {name} SET {column} = {value}"),
        ];
        if table.key == ["rowid"] {
            // Without a key the old rows would come beside the new ones, and the table would double each time.
            phases.push(format!("DELETE FROM {name}"));
        }
        phases.push(format!("INSERT OR REPLACE INTO {name}({list}) SELECT {list} FROM kept_{name} WHERE {room}"));
        phases.push(format!("DELETE FROM kept_{name}"));
        phases
    }

    /// Tables that hold rows for the time in between.
    pub(super) fn create_keepers(&self) -> Vec<String> {
        let keeper = |table: &Table| {
            let names: Vec<&str> =
                table.columns.iter().filter(|column| column.writable).map(|column| column.name.as_str()).collect();
            format!("CREATE TABLE kept_{}({})", table.name, names.join(", "))
        };
        self.schema.tables.iter().map(keeper).collect()
    }
}
