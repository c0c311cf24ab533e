//! A watched result in the shell: its rows, and a short text for what each commit changes.

use ratatui::crossterm::style::Color;
use tidewater::{Diff, Edit, Event, Row, Snapshot};

use super::surface::Surface;
use crate::cell::{cell_text, looks_like_another_row};
use crate::count::{counted, grouped};
use crate::output::table;
use crate::text::one_line;

/// A diff with more edits than this is shown as a new table.
const EDITS_SHOWN: usize = 20;

/// The maximum number of rows of a table that is shown without being asked for.
const ROWS_SHOWN: usize = 20;

/// One watched result.
pub struct Live {
    number: u32,
    columns: Vec<String>,
    rows: Vec<Row>,
    surface: Surface,
}

impl Live {
    pub fn new(number: u32, snapshot: &Snapshot, surface: Surface) -> Self {
        Self { number, columns: snapshot.columns.to_vec(), rows: snapshot.rows.to_vec(), surface }
    }

    /// The whole result.
    pub fn page(&self) -> String {
        table(&self.columns, &self.rows, self.surface.width())
    }

    /// The first rows of the result, and the number of the others.
    fn first_page(&self) -> String {
        let shown = &self.rows[..self.rows.len().min(ROWS_SHOWN)];
        let page = table(&self.columns, shown, self.surface.width());
        match self.rows.len() - shown.len() {
            0 => page,
            more => format!("{page}\n… and {} more", grouped(more)),
        }
    }

    /// Applies an event and returns a text that says what it changed.
    pub fn receive(&mut self, event: &Event) -> String {
        let title = format!("watch {}, commit {}", self.number, event.commit());
        match event {
            Event::Recovered(diff) if diff.edits.is_empty() => format!("{title}, answered again with the same rows"),
            Event::Diff(diff) | Event::Recovered(diff) if diff.edits.len() <= EDITS_SHOWN => {
                let changes = self.changes(diff);
                format!("{title}, {}\n{changes}", counted(self.rows.len(), "row"))
            }
            Event::Diff(diff) | Event::Recovered(diff) => {
                diff.apply(&mut self.rows);
                format!("{title}, {}\n{}", counted(self.rows.len(), "row"), self.first_page())
            }
            Event::Columns(snapshot) => {
                self.columns = snapshot.columns.to_vec();
                self.rows = snapshot.rows.to_vec();
                format!("{title}, the columns changed\n{}", self.first_page())
            }
            Event::Error { error, closed, .. } => {
                let end = if *closed { "ended" } else { "failed" };
                let text = format!("{title}, {end}: {}", one_line(&error.to_string()));
                self.surface.paint(text, Color::Red)
            }
            Event::Divergence(_) => {
                self.surface.paint(format!("{title}: the rows are not what SQLite returns"), Color::Red)
            }
            _ => title,
        }
    }

    fn changes(&mut self, diff: &Diff) -> String {
        let mut lines = Vec::with_capacity(diff.edits.len());
        for edit in diff.edits.iter() {
            lines.push(match edit {
                Edit::Insert { row, .. } => self.surface.paint(format!("  + {}", cells(row)), Color::Green),
                Edit::Remove { index } => self.surface.paint(format!("  - {}", self.row(*index, cells)), Color::Red),
                Edit::Replace { index, row } => self.row(*index, |old| self.replaced(old, row)),
                Edit::Move { from, to } => {
                    let text = self.row(*from, cells);
                    self.surface.paint(format!("  ↕ {text}  to row {}", to + 1), Color::Blue)
                }
            });
            edit.apply(&mut self.rows);
        }
        lines.join("\n")
    }

    fn replaced(&self, old: &Row, new: &Row) -> String {
        if looks_like_another_row(old, new, self.rows.len()) {
            let gone = self.surface.paint(format!("  - {}", cells(old)), Color::Red);
            return format!("{gone}\n{}", self.surface.paint(format!("  + {}", cells(new)), Color::Green));
        }
        self.surface.paint(format!("  ~ {}", changed_cells(old, new)), Color::Yellow)
    }

    fn row(&self, index: usize, text: impl Fn(&Row) -> String) -> String {
        self.rows.get(index).map(text).unwrap_or_default()
    }
}

fn cells(row: &Row) -> String {
    row.values().map(cell_text).collect::<Vec<_>>().join("  ")
}

fn changed_cells(old: &Row, new: &Row) -> String {
    let pairs = old.values().zip(new.values());
    let cells = pairs.map(|(before, after)| match before == after {
        true => cell_text(after),
        false => format!("{} → {}", cell_text(before), cell_text(after)),
    });
    cells.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tidewater::{CommitId, Error, Value};

    fn row(id: i64, name: &str) -> Row {
        [Value::from(id), Value::from(name)].into_iter().collect()
    }

    fn live() -> Live {
        let columns = Arc::from(["id".to_owned(), "name".to_owned()]);
        let snapshot = Snapshot { commit: CommitId(1), columns, rows: Arc::from([row(1, "ann"), row(2, "bob")]) };
        Live::new(4, &snapshot, Surface::Pipe)
    }

    #[test]
    fn a_diff_is_told_row_by_row() {
        let edits = [
            Edit::Remove { index: 0 },
            Edit::Replace { index: 0, row: row(2, "bea") },
            Edit::Insert { index: 1, row: row(3, "cy") },
            Edit::Move { from: 1, to: 0 },
        ];
        let told =
            live().receive(&Event::Diff(Diff { commit: CommitId(2), edits: edits.into(), causes: Arc::default() }));
        assert_eq!(told, "watch 4, commit 2, 2 rows\n  - 1  ann\n  ~ 2  bob → bea\n  + 3  cy\n  ↕ 3  cy  to row 1");
    }

    #[test]
    fn a_flood_is_told_as_the_beginning_of_a_table() {
        let edits: Vec<Edit> = (0..9_998).map(|id| Edit::Insert { index: 0, row: row(id, "x") }).collect();
        let mut live = live();
        let told =
            live.receive(&Event::Diff(Diff { commit: CommitId(2), edits: edits.into(), causes: Arc::default() }));
        assert!(told.starts_with("watch 4, commit 2, 10,000 rows\n╭"), "{told}");
        assert!(told.ends_with("╯\n… and 9,980 more"), "{told}");
        assert_eq!(told.matches('x').count(), ROWS_SHOWN);
        assert_eq!(live.page().matches('x').count(), 9_998);
    }

    #[test]
    fn a_flood_that_leaves_little_is_told_whole() {
        let inserts: Vec<Edit> = vec![Edit::Insert { index: 0, row: row(3, "cy") }; 19];
        let mut live = live();
        live.receive(&Event::Diff(Diff { commit: CommitId(2), edits: inserts.into(), causes: Arc::default() }));
        let edits: Vec<Edit> = vec![Edit::Remove { index: 0 }; 21];
        let told =
            live.receive(&Event::Diff(Diff { commit: CommitId(3), edits: edits.into(), causes: Arc::default() }));
        assert_eq!(told, format!("watch 4, commit 3, 0 rows\n{}", live.page()));
    }

    #[test]
    fn an_error_says_whether_the_watch_goes_on() {
        let error = |closed| Event::Error { commit: CommitId(2), error: Arc::new(Error::InTransaction), closed };
        assert!(live().receive(&error(true)).starts_with("watch 4, commit 2, ended: "));
        assert!(live().receive(&error(false)).starts_with("watch 4, commit 2, failed: "));
    }
}
