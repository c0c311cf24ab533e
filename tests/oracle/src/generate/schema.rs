//! Schemas: one to four tables with keys, types, collations, constraints, indexes, triggers and views of every kind.

use super::Generator;
use super::features::Feature;
use super::values::Kind;

/// A column, as far as queries and writes care.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether statements may write it; generated columns they may not.
    pub(super) writable: bool,
}

/// A table or view.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Columns that tell rows apart, `rowid` for a table without a declared key; none for a view.
    pub(super) key: Vec<String>,
    /// Whether the declared key can be left out of an INSERT.
    pub(super) automatic: bool,
}

/// What exists at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    pub(super) tables: Vec<Table>,
    pub(super) views: Vec<Table>,
    /// The statements that made the views.
    pub(super) view_texts: Vec<String>,
    pub(super) indexes: Vec<String>,
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

impl Generator {
    /// Writes the statements that make the schema.
    pub(super) fn create_schema(&mut self) -> Vec<String> {
        let mut statements = Vec::new();
        for index in 0..self.random.between(1, 3) {
            statements.push(self.create_table(index));
        }
        for _ in 0..self.random.below(3) {
            statements.push(self.create_index());
        }
        if self.features.has(Feature::Views) {
            for _ in 0..self.random.between(1, 2) {
                statements.extend(self.create_view());
            }
        }
        if self.features.has(Feature::Triggers) {
            for _ in 0..self.random.between(1, 2) {
                statements.push(self.create_trigger());
            }
        }
        statements
    }

    fn create_table(&mut self, index: usize) -> String {
        let name = format!("t{index}");
        let strict = self.features.has(Feature::Strict) && self.random.chance(40);
        let without_rowid = self.features.has(Feature::WithoutRowid) && self.random.chance(50);
        let mut definitions = Vec::new();
        let mut constraints = Vec::new();
        let mut columns = Vec::new();
        let mut column = |name: &str, kind| columns.push(Column { name: name.to_owned(), kind, writable: true });
        let (mut key, mut automatic) = (vec!["id".to_owned()], false);
        match self.random.weighted(&[(20, 0), (40, 1), (3, 2), (12, 3), (12, 4)]) {
            0 if !without_rowid => key = vec!["rowid".to_owned()],
            2 if !without_rowid => {
                definitions.push("id INTEGER PRIMARY KEY AUTOINCREMENT".to_owned());
                column("id", Kind::Key);
                automatic = true;
            }
            3 => {
                let collation = self.collation();
                definitions.push(format!("id TEXT{collation} NOT NULL PRIMARY KEY"));
                column("id", Kind::Text);
            }
            4 => {
                definitions.extend(["id INTEGER NOT NULL".to_owned(), "id2 INTEGER NOT NULL".to_owned()]);
                constraints.push("PRIMARY KEY(id2, id)".to_owned());
                column("id", Kind::Key);
                column("id2", Kind::Key);
                key = vec!["id2".to_owned(), "id".to_owned()];
            }
            _ => {
                definitions.push("id INTEGER PRIMARY KEY".to_owned());
                column("id", Kind::Key);
                automatic = !without_rowid;
            }
        }
        for name in &NAMES[..self.random.between(1, 4)] {
            let (definition, kind) = self.column_definition(name, strict);
            definitions.push(definition);
            column(name, kind);
        }
        if self.features.has(Feature::Generated) && self.random.chance(60) {
            let storage = self.random.pick(&["STORED", "VIRTUAL"]);
            let (expression, kind) = *self.random.pick(&[
                ("coalesce(a, 0) || 'g'", Kind::Text),
                ("typeof(a)", Kind::Text),
                ("a IS NULL", Kind::Key),
                ("length(a)", Kind::Key),
                ("-a", Kind::Integer),
                ("abs(a)", Kind::Integer),
                ("a -> '$.a'", Kind::Text),
            ]);
            let declared = if strict { " ANY" } else { *self.random.pick(&["", " TEXT", " INTEGER", " REAL", " NUM"]) };
            let collation = self.collation();
            definitions.push(format!("g{declared}{collation} GENERATED ALWAYS AS ({expression}) {storage}"));
            columns.push(Column { name: "g".to_owned(), kind, writable: false });
        }
        definitions.extend(constraints);
        let options = match (strict, without_rowid) {
            (true, true) => " STRICT, WITHOUT ROWID",
            (true, false) => " STRICT",
            (false, true) => " WITHOUT ROWID",
            (false, false) => "",
        };
        let statement = format!("CREATE TABLE {name}({}){options}", definitions.join(", "));
        self.schema.tables.push(Table { name, columns, key, automatic });
        statement
    }

    fn column_definition(&mut self, name: &str, strict: bool) -> (String, Kind) {
        if name == "a"
            && self.features.has(Feature::ForeignKeys)
            && self.random.chance(60)
            && let Some(reference) = self.reference()
        {
            return (format!("{name} INTEGER{reference}"), Kind::Key);
        }
        let declared = if strict {
            *self.random.pick(&[
                ("INTEGER", Kind::Integer),
                ("INT", Kind::Key),
                ("REAL", Kind::Real),
                ("TEXT", Kind::Text),
                ("ANY", Kind::Any),
            ])
        } else {
            self.random.weighted(&[
                (20, ("INTEGER", Kind::Integer)),
                (15, ("INT", Kind::Key)),
                (18, ("TEXT", Kind::Text)),
                (10, ("REAL", Kind::Real)),
                (6, ("NUMERIC", Kind::Any)),
                (5, ("BLOB", Kind::Any)),
                (6, ("", Kind::Any)),
                (3, ("VARCHAR(3)", Kind::Text)),
                (3, ("DECIMAL(5,2)", Kind::Real)),
                (2, ("BOOLEAN", Kind::Integer)),
                (2, ("DATE", Kind::Text)),
                (2, ("BLOB", Kind::Blob)),
            ])
        };
        let mut definition = format!("{name} {}", declared.0);
        if declared.1 == Kind::Text {
            definition.push_str(&self.collation());
        }
        if self.random.chance(10) {
            definition.push_str(" NOT NULL DEFAULT ");
            definition.push_str(match declared.1 {
                Kind::Text => "'d'",
                Kind::Blob => "x'00'",
                _ => "0",
            });
        }
        if self.random.chance(6) {
            definition.push_str(&format!(" CHECK({name} IS NULL OR typeof({name}) <> 'text' OR length({name}) < 9)"));
        }
        if self.random.chance(5) {
            let constraint: &&str =
                self.random.pick(&[" UNIQUE", " UNIQUE ON CONFLICT REPLACE", " UNIQUE ON CONFLICT IGNORE"]);
            definition.push_str(constraint);
        }
        (definition, declared.1)
    }

    pub(super) fn collation(&mut self) -> String {
        if !self.features.has(Feature::Collations) || self.random.chance(50) {
            return String::new();
        }
        format!(" COLLATE {}", self.random.pick(&["NOCASE", "RTRIM", "BINARY"]))
    }

    fn reference(&mut self) -> Option<String> {
        let parents: Vec<String> = self
            .schema
            .tables
            .iter()
            .filter(|table| table.key == ["id"] && table.columns[0].kind == Kind::Key)
            .map(|table| table.name.clone())
            .collect();
        if parents.is_empty() {
            return None;
        }
        let parent = self.random.pick(&parents).clone();
        let deleting = self.random.pick(&["", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE RESTRICT"]);
        let updating = self.random.pick(&["", " ON UPDATE CASCADE", " ON UPDATE SET NULL"]);
        let deferred = if self.random.chance(25) { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
        Some(format!(" REFERENCES {parent}(id){deleting}{updating}{deferred}"))
    }

    pub(super) fn create_index(&mut self) -> String {
        let table = self.random.pick(&self.schema.tables).clone();
        let name = format!("i{}", self.schema.indexes.len());
        let column = self.random.pick(&table.columns).name.clone();
        let mut term = column;
        if self.features.has(Feature::ExpressionIndexes) && self.random.chance(30) {
            let shapes = ["lower({})", "({} + 1)", "coalesce({}, 0)"];
            term = self.random.pick(&shapes).replace("{}", &term);
        } else {
            term.push_str(&self.collation());
        }
        if self.random.chance(25) {
            term.push_str(" DESC");
        }
        let partial = if self.features.has(Feature::PartialIndexes) && self.random.chance(40) {
            let column = &self.random.pick(&table.columns).name;
            format!(" WHERE {column} IS NOT NULL")
        } else {
            String::new()
        };
        self.schema.indexes.push(name.clone());
        format!("CREATE INDEX {name} ON {}({term}){partial}", table.name)
    }

    /// A view over what there is so far, views included.
    fn create_view(&mut self) -> Option<String> {
        let name = format!("v{}", self.schema.views.len());
        let width = self.random.between(1, 3);
        let body = self.select_of_width(width);
        let columns: Vec<Column> = NAMES[..width]
            .iter()
            .map(|name| Column { name: (*name).to_owned(), kind: Kind::Any, writable: false })
            .collect();
        let list = NAMES[..width].join(", ");
        self.schema.views.push(Table { name: name.clone(), columns, key: Vec::new(), automatic: false });
        let text = format!("CREATE VIEW {name}({list}) AS {body}");
        self.schema.view_texts.push(text.clone());
        Some(text)
    }

    fn create_trigger(&mut self) -> String {
        let table = self.random.pick(&self.schema.tables).clone();
        let target = self.random.pick(&self.schema.tables).clone();
        let name = self.alias("r");
        let event = *self.random.pick(&["INSERT", "UPDATE", "DELETE"]);
        // A BEFORE trigger that changes or deletes the very row leaves the write undefined
        // (<https://sqlite.org/lang_createtrigger.html#undef>): an upsert then puts rows out of order in the b-tree.
        let when = if table.name == target.name { "AFTER" } else { *self.random.pick(&["AFTER", "AFTER", "BEFORE"]) };
        let row = if event == "DELETE" { "old" } else { "new" };
        let source = format!("{row}.{}", self.random.pick(&table.columns).name);
        let body = match self.random.below(4) {
            0 => format!("DELETE FROM {} WHERE {} = {source}", target.name, target.columns[0].name),
            1 if table.name != target.name => {
                let column = self.random.pick(&target.columns).clone();
                let value = self.pool.literal(&mut self.random, column.kind);
                let written = if column.writable { column.name } else { target.columns[0].name.clone() };
                format!(
                    "UPDATE OR IGNORE {} SET {written} = {value} WHERE {} = {source}",
                    target.name, target.columns[0].name
                )
            }
            2 => format!("SELECT RAISE(IGNORE) WHERE {source} IS NULL"),
            _ => {
                let (columns, values) = self.new_row(&target);
                format!("INSERT OR IGNORE INTO {}({columns}) VALUES({values})", target.name)
            }
        };
        let condition = if self.random.chance(30) { format!(" WHEN {source} IS NOT NULL") } else { String::new() };
        format!("CREATE TRIGGER {name} {when} {event} ON {} FOR EACH ROW{condition} BEGIN {body}; END", table.name)
    }
}
