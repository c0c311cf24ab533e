//! What there is in a database: files, tables, indexes, and the statements that created them.

use tidewater::{Engine, Error, Params, Value};

use crate::cell::{printable, printable_up_to, text_at as text};
use crate::dump::COMMIT_TABLE;
use crate::output::literal::quoted;
use crate::text::width;

/// Names of tables and views; those of other files and temporary ones have the name of their database before them.
pub fn tables(engine: &Engine, pattern: Option<&str>) -> Result<Vec<String>, Error> {
    names(engine, "type IN ('table', 'view') AND name", pattern)
}

/// Names of indexes, of one table or of all.
pub fn indexes(engine: &Engine, table: Option<&str>) -> Result<Vec<String>, Error> {
    names(engine, "type = 'index' AND tbl_name", table)
}

fn names(engine: &Engine, condition: &str, pattern: Option<&str>) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for database in databases(engine)? {
        let schema = quoted(&database.name);
        let sql = format!(
            "SELECT name FROM {schema}.sqlite_schema WHERE {condition} LIKE ?1 \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '{COMMIT_TABLE}'"
        );
        let rows = engine.query(&sql, Params::from([pattern.unwrap_or("%")]))?;
        names.extend(rows.rows.iter().map(|row| match database.name.as_str() {
            "main" => text(row, 0),
            other => format!("{other}.{}", text(row, 0)),
        }));
    }
    names.sort_unstable();
    Ok(names)
}

/// The statements that created what has this name or belongs to the table with it, or everything.
pub fn schema(engine: &Engine, name: Option<&str>) -> Result<String, Error> {
    let mut lines = Vec::new();
    for database in databases(engine)? {
        let schema = quoted(&database.name);
        let condition = if name.is_some() { "(tbl_name LIKE ?1 OR name LIKE ?1)" } else { "1" };
        let sql = format!(
            "SELECT sql || ';' FROM {schema}.sqlite_schema WHERE sql IS NOT NULL AND {condition} AND name <> '{COMMIT_TABLE}' \
             ORDER BY rowid"
        );
        let params = name.map_or(Params::None, |name| Params::from([name]));
        let rows = engine.query(&sql, params)?.rows;
        if database.name != "main" && !rows.is_empty() {
            lines.push(format!("-- {}", printable(&database.name)));
        }
        lines.extend(rows.iter().map(|row| text(row, 0)));
    }
    Ok(lines
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| printable_up_to(usize::MAX, line))
        .collect::<Vec<_>>()
        .join("\n"))
}

/// A database of the connection.
struct Database {
    name: String,
    file: String,
}

fn databases(engine: &Engine) -> Result<Vec<Database>, Error> {
    let rows = engine.query("SELECT name, file FROM pragma_database_list ORDER BY seq", ())?;
    Ok(rows.rows.iter().map(|row| Database { name: text(row, 0), file: text(row, 1) }).collect())
}

/// Each database with its file, but for that of temporary tables: SQLite opens it by itself, and it has no file.
pub fn files(engine: &Engine) -> Result<String, Error> {
    let line = |database: Database| {
        let file = if database.file.is_empty() { "\"\"".to_owned() } else { printable(&database.file) };
        format!("{}: {file}", printable(&database.name))
    };
    let listed = databases(engine)?.into_iter().filter(|database| database.name != "temp");
    Ok(listed.map(line).collect::<Vec<_>>().join("\n"))
}

/// Names as columns that fill the width of a terminal, or one on each line.
pub fn in_columns(names: &[String], room: Option<u16>) -> String {
    let names: Vec<_> = names.iter().map(|name| printable(name)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0) + 2;
    let columns = room.map_or(1, |room| usize::from((room / widest).max(1)));
    let lines = names.len().div_ceil(columns);
    let line = |line: usize| {
        let cells = names.iter().skip(line).step_by(lines.max(1));
        let cells = cells.map(|name| format!("{name}{:1$}", "", usize::from(widest - width(name))));
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..lines).map(line).collect::<Vec<_>>().join("\n")
}

/// The tables and views with their columns, as completion knows them.
pub fn tables_with_columns(engine: &Engine) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut tables = Vec::new();
    for name in tables_by_database(engine)? {
        let columns =
            engine.query("SELECT name FROM pragma_table_xinfo(?1, ?2) WHERE hidden <> 1", name.parameters())?;
        let columns = columns.rows.iter().map(|row| text(row, 0)).collect();
        tables.push((name.name, columns));
    }
    Ok(tables)
}

struct Named {
    name: String,
    database: String,
}

impl Named {
    fn parameters(&self) -> Params {
        Params::Positional(vec![Value::from(self.name.as_str()), Value::from(self.database.as_str())])
    }
}

fn tables_by_database(engine: &Engine) -> Result<Vec<Named>, Error> {
    let rows = engine.query(
        &format!(
            "SELECT name, schema FROM pragma_table_list WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '{COMMIT_TABLE}' \
             ORDER BY name"
        ),
        (),
    )?;
    Ok(rows.rows.iter().map(|row| Named { name: text(row, 0), database: text(row, 1) }).collect())
}

/// The names of SQLite's functions.
pub fn functions(engine: &Engine) -> Result<Vec<String>, Error> {
    let rows =
        engine.query("SELECT DISTINCT name FROM pragma_function_list WHERE name GLOB '[a-z]*' ORDER BY name", ())?;
    Ok(rows.rows.iter().map(|row| text(row, 0)).collect())
}

#[cfg(test)]
mod tests {
    use super::in_columns;

    #[test]
    fn names_fill_the_lines_column_by_column() {
        let names = ["a", "bb", "ccc", "d", "e"].map(str::to_owned);
        assert_eq!(in_columns(&names, Some(14)), "a    d\nbb   e\nccc");
        assert_eq!(in_columns(&names, Some(1)), "a\nbb\nccc\nd\ne");
        assert_eq!(in_columns(&names, None), "a\nbb\nccc\nd\ne");
        assert_eq!(in_columns(&[], Some(80)), "");
    }
}
