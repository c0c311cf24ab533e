//! The schema as the engine sees it: tables, views and columns of every attached database.

use std::sync::Arc;

use serde::Serialize;

use super::SortedMap;

/// A type affinity, as <https://sqlite.org/datatype3.html#type_affinity> defines them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Affinity {
    /// BLOB, also called NONE: nothing is converted.
    Blob,
    /// TEXT.
    Text,
    /// NUMERIC.
    Numeric,
    /// INTEGER.
    Integer,
    /// REAL.
    Real,
}

impl Affinity {
    /// A declared type that has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blob => "BLOB",
            Self::Text => "TEXT",
            Self::Numeric => "NUMERIC",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
        }
    }

    /// The affinity of a declared type, by the rules of section 3.1 of SQLite's document, applied in their order.
    #[must_use]
    pub fn of_declared_type(declared: &str) -> Self {
        let upper = declared.to_ascii_uppercase();
        let has = |needle: &str| upper.contains(needle);
        if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || upper.is_empty() {
            Self::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Numeric
        }
    }
}

/// How a column's value comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Written by statements.
    Ordinary,
    /// `GENERATED ALWAYS AS (..) VIRTUAL`: computed when read; no hook can see it.
    GeneratedVirtual,
    /// `GENERATED ALWAYS AS (..) STORED`.
    GeneratedStored,
    /// A hidden column of a virtual table, such as the arguments of a table-valued function.
    Hidden,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name as declared.
    pub name: String,
    /// The affinity of its declared type.
    pub affinity: Affinity,
    /// Its collating sequence, as declared; `BINARY` when none is.
    pub collation: String,
    /// How its value comes to be.
    pub kind: ColumnKind,
    /// Declared NOT NULL, or part of the key of a WITHOUT ROWID table: no row has NULL here.
    pub not_null: bool,
    /// It is the rowid under another name: declared INTEGER PRIMARY KEY, which INT PRIMARY KEY, for one, is not.
    pub is_rowid: bool,
    /// Its place in the primary key, counted from 1; 0 when it has none.
    pub primary_key: u32,
}

/// What a name in FROM stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// An ordinary table.
    Table {
        /// Declared WITHOUT ROWID.
        without_rowid: bool,
    },
    /// A view, with the text of its CREATE VIEW statement.
    View {
        /// The statement.
        sql: String,
    },
    /// A virtual table. Its changes show in the shadow tables that it keeps, if it keeps any.
    Virtual {
        /// The module's name in lower case, such as `fts5`.
        module: String,
        /// The text of its CREATE VIRTUAL TABLE statement.
        sql: String,
    },
}

/// A table, view or virtual table.
#[derive(Clone, Debug)]
pub struct Table {
    /// `database.table` in lower case; the key in the catalog and in change batches.
    pub id: Arc<str>,
    /// The database's name: `main`, `temp` or the name it is attached as.
    pub database: String,
    /// The table's name as declared.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Its columns in their order, hidden and generated ones included.
    pub columns: Vec<Column>,
}

impl Table {
    /// The column of this name, found as SQLite finds it: without regard to ASCII case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The columns of the primary key, in its order.
    #[must_use]
    pub fn primary_key(&self) -> Vec<usize> {
        (1..).map_while(|place| self.columns.iter().position(|column| column.primary_key == place)).collect()
    }

    /// A name of the rowid that no column takes for itself; of a table WITHOUT ROWID it names nothing.
    #[must_use]
    pub fn rowid_name(&self) -> Option<&'static str> {
        ["rowid", "_rowid_", "oid"].into_iter().find(|name| self.column(name).is_none())
    }

    /// The column that stands for the rowid, if one is declared INTEGER PRIMARY KEY.
    #[must_use]
    pub fn rowid_alias(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.is_rowid)
    }
}

/// The schema of every attached database at one moment.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Tables by their ids.
    pub tables: SortedMap<Arc<str>, Arc<Table>>,
    /// The databases in the order in which an unqualified name is looked up: `temp`, `main`, then the attached ones.
    pub search_path: Vec<String>,
    /// Whether texts are stored as UTF-8, in whose bytes they then compare.
    pub is_utf8: bool,
}

impl Catalog {
    /// The table that `name` stands for, looked up as SQLite does, or in `database` alone if that is given.
    #[must_use]
    pub fn resolve(&self, database: Option<&str>, name: &str) -> Option<&Arc<Table>> {
        match database {
            Some(database) => self.tables.get(table_id(database, name).as_str()),
            None => self.search_path.iter().find_map(|database| self.tables.get(table_id(database, name).as_str())),
        }
    }
}

/// The key of a table in the catalog and in change batches.
#[must_use]
pub fn table_id(database: &str, table: &str) -> String {
    format!("{}.{}", database.to_ascii_lowercase(), table.to_ascii_lowercase())
}
