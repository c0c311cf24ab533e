//! The walk: deletes and restores every row, changes every value and back, and changes rows of several tables in one
//! transaction.

/// A table, its columns and its rows: the first column is what a row is found by.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    rows: &'static [&'static [&'static str]],
}

/// Parents with a reference to themselves, children, and what hangs on those; NULLs, duplicates and references to what is
/// not there in all of them.
const TABLES: [Table; 3] = [
    Table {
        name: "p",
        columns: &["id", "boss", "name", "n"],
        rows: &[
            &["1", "NULL", "'a'", "1"],
            &["2", "1", "'A'", "2"],
            &["3", "1", "NULL", "NULL"],
            &["4", "9", "'x'", "2"],
        ],
    },
    Table {
        name: "c",
        columns: &["id", "p", "k", "n"],
        rows: &[
            &["1", "1", "'x'", "1"],
            &["2", "1", "'y'", "2"],
            &["3", "2", "'x'", "NULL"],
            &["4", "2", "NULL", "-2"],
            &["5", "NULL", "'x'", "5"],
            &["6", "8", "'z'", "1"],
        ],
    },
    Table {
        name: "d",
        columns: &["rowid", "c", "word"],
        rows: &[&["1", "1", "'s'"], &["2", "1", "'s'"], &["3", "2", "'x'"], &["4", "NULL", "'s'"], &["5", "7", "NULL"]],
    },
];

pub(super) fn schema() -> Vec<String> {
    [
        "CREATE TABLE p(id INTEGER PRIMARY KEY, boss INTEGER, name TEXT COLLATE NOCASE, n INTEGER)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER, k TEXT, n INTEGER)",
        "CREATE TABLE d(c INTEGER, word TEXT)",
        "CREATE INDEX c_p ON c(p)",
        "CREATE VIEW v AS SELECT p.id, p.name, count(c.id) AS n FROM p LEFT JOIN c ON c.p = p.id GROUP BY p.id",
    ]
    .map(str::to_owned)
    .into()
}

pub(super) fn first_rows() -> Vec<String> {
    TABLES.iter().flat_map(|table| table.rows.iter().map(|row| table.insert(row))).collect()
}

impl Table {
    fn insert(&self, row: &[&str]) -> String {
        format!("INSERT INTO {}({}) VALUES({})", self.name, self.columns.join(", "), row.join(", "))
    }

    fn delete(&self, row: &[&str]) -> String {
        format!("DELETE FROM {} WHERE {} = {}", self.name, self.columns[0], row[0])
    }

    fn update(&self, key: &str, column: usize, value: &str) -> String {
        format!("UPDATE {} SET {} = {value} WHERE {} = {key}", self.name, self.columns[column], self.columns[0])
    }

    /// A value that the column has in another row; for what rows are found by, one that no row has.
    fn other(&self, row: usize, column: usize) -> Option<String> {
        if column == 0 {
            return Some(format!("1{}", self.rows[row][0]));
        }
        let value = self.rows[row][column];
        let after = self.rows[row..].iter().chain(&self.rows[..row]).map(|row| row[column]);
        after.into_iter().find(|other| *other != value).map(str::to_owned)
    }

    /// The four phases.
    fn phases(&self) -> Vec<String> {
        let mut steps: Vec<String> = self.rows.iter().map(|row| self.delete(row)).collect();
        steps.extend(self.rows.iter().rev().map(|row| self.insert(row)));
        let mut back = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            for column in 1..self.columns.len() {
                if let Some(value) = self.other(at, column) {
                    steps.push(self.update(row[0], column, &value));
                    back.push(self.update(row[0], column, row[column]));
                }
            }
        }
        steps.extend(back);
        for (at, row) in self.rows.iter().enumerate() {
            if let Some(value) = self.other(at, 0) {
                steps.push(self.update(row[0], 0, &value));
                steps.push(self.update(&value, 0, row[0]));
            }
        }
        steps
    }
}

fn transaction(steps: &[String]) -> String {
    format!("BEGIN; {}; COMMIT", steps.join("; "))
}

/// All steps after the first rows; they lead back to where they began.
pub(super) fn walk() -> Vec<String> {
    let mut steps: Vec<String> = TABLES.iter().flat_map(Table::phases).collect();
    for (at, one) in TABLES.iter().enumerate() {
        for two in &TABLES[at + 1..] {
            for (left, right) in one.rows.iter().zip(two.rows) {
                steps.push(transaction(&[one.delete(left), two.delete(right)]));
                steps.push(transaction(&[two.insert(right), one.insert(left)]));
            }
            for (row, column) in [(0, 1), (1, 1), (1, 2)] {
                let (Some(left), Some(right)) = (one.other(row, column), two.other(row, column)) else { continue };
                let (mine, theirs) = (one.rows[row], two.rows[row]);
                steps.push(transaction(&[one.update(mine[0], column, &left), two.update(theirs[0], column, &right)]));
                steps.push(transaction(&[
                    one.update(mine[0], column, mine[column]),
                    two.update(theirs[0], column, theirs[column]),
                ]));
            }
            // One goes where the other comes.
            let (left, right) = (one.rows[1], two.rows[1]);
            steps.push(one.delete(left));
            steps.push(transaction(&[one.insert(left), two.delete(right)]));
            steps.push(two.insert(right));
        }
    }
    let removed: Vec<String> = TABLES.iter().map(|table| format!("DELETE FROM {}", table.name)).collect();
    steps.push(transaction(&removed));
    steps.push(transaction(&first_rows()));
    steps
}

#[cfg(test)]
mod tests {
    use super::{TABLES, walk};

    #[test]
    fn the_walk_changes_every_value_of_every_row() {
        let steps = walk();
        for table in &TABLES {
            for (row, values) in table.rows.iter().enumerate() {
                assert!(steps.contains(&table.delete(values)) && steps.contains(&table.insert(values)));
                assert!((0..table.columns.len()).all(|column| table.other(row, column).is_some()));
            }
        }
    }
}
