//! The state of a live table: the rows, and for a moment the changes to them. Time is passed in.

use std::time::Duration;

use tidewater::{CommitId, Diff, Edit, Event, Row, Snapshot};

use crate::cell::looks_like_another_row;

/// How long a row shows its last change.
pub const MARK_LASTS: Duration = Duration::from_millis(1200);

/// How long a notice is shown.
const NOTICE_LASTS: Duration = Duration::from_secs(5);

/// What is told when another file has come in the place of the one that was watched.
const REPLACED: &str = "another file has come in the place of the one that was watched; these are its rows";

/// A diff with more edits than this replaces the page: its removed rows disappear at once.
const EDITS_FOLLOWED: usize = 500;

/// A live result with its recent history.
pub struct Model {
    columns: Vec<String>,
    lines: Vec<Line>,
    /// How many of `lines` show removed rows.
    ghosts: usize,
    /// When the latest visible mark was made.
    marked_at: Option<Duration>,
    commit: CommitId,
    trouble: Option<String>,
    /// When the file was replaced, if that is to be told.
    replaced_at: Option<Duration>,
}

/// One line of the table.
pub struct Line {
    /// The row; a removed row is the last one it was.
    pub row: Row,
    /// Its last change; few lines have one.
    pub mark: Option<Box<Mark>>,
}

/// A change of a row, and its time.
pub struct Mark {
    /// What happened.
    pub what: Happened,
    /// When, on the clock of the caller.
    pub at: Duration,
}

/// A kind of change.
#[derive(Debug, PartialEq, Eq)]
pub enum Happened {
    /// The row was added.
    Added,
    /// Some values changed; one flag for each column.
    Changed(Vec<bool>),
    /// The row moved.
    Moved,
    /// The row was removed; it is shown for a last moment.
    Removed,
}

impl Line {
    fn marked(row: Row, what: Happened, at: Duration) -> Self {
        Self { row, mark: Some(Box::new(Mark { what, at })) }
    }

    fn is_ghost(&self) -> bool {
        matches!(self.mark.as_deref(), Some(Mark { what: Happened::Removed, .. }))
    }
}

impl Model {
    /// A model of the first result.
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut model = Self {
            columns: Vec::new(),
            lines: Vec::new(),
            ghosts: 0,
            marked_at: None,
            commit: snapshot.commit,
            trouble: None,
            replaced_at: None,
        };
        model.reset(snapshot);
        model
    }

    /// Starts again from a snapshot with other columns.
    fn reset(&mut self, snapshot: &Snapshot) {
        self.columns = snapshot.columns.to_vec();
        self.lines = snapshot.rows.iter().map(|row| Line { row: row.clone(), mark: None }).collect();
        self.ghosts = 0;
        self.marked_at = None;
        self.commit = snapshot.commit;
        self.trouble = None;
    }

    /// Starts again from the result of another file.
    pub fn replace(&mut self, snapshot: &Snapshot, now: Duration) {
        self.reset(snapshot);
        self.replaced_at = Some(now);
    }

    /// What is told for a while.
    pub const fn notice(&self) -> Option<&'static str> {
        if self.replaced_at.is_some() { Some(REPLACED) } else { None }
    }

    /// Applies an event. Returns whether it was the last one.
    pub fn receive(&mut self, event: &Event, now: Duration) -> bool {
        match event {
            Event::Diff(diff) | Event::Recovered(diff) => self.apply(diff, now),
            Event::Columns(snapshot) => self.reset(snapshot),
            Event::Error { commit, error, .. } => self.fail(*commit, error.to_string()),
            Event::Divergence(divergence) => {
                self.fail(divergence.commit, "the rows shown differ from what SQLite returns".to_owned());
            }
            _ => {}
        }
        matches!(event, Event::Error { closed: true, .. })
    }

    /// Whether any row still shows a mark.
    pub const fn is_fading(&self) -> bool {
        self.marked_at.is_some()
    }

    /// Applies a diff and marks the changed rows.
    pub fn apply(&mut self, diff: &Diff, now: Duration) {
        let follow = diff.edits.len() <= EDITS_FOLLOWED;
        if !follow {
            self.drop_ghosts(|_| false);
        }
        for edit in diff.edits.iter() {
            self.perform(edit, follow, now);
        }
        self.marked_at = Some(now);
        self.commit = diff.commit;
        self.trouble = None;
    }

    /// Notes that there is no result for `commit`; the last good rows stay.
    fn fail(&mut self, commit: CommitId, message: String) {
        self.commit = commit;
        self.trouble = Some(message);
    }

    /// Drops expired marks. Returns whether the display changes.
    pub fn expire(&mut self, now: Duration) -> bool {
        let is_told = |at: &mut Duration| now.saturating_sub(*at) >= NOTICE_LASTS;
        let has_told = self.replaced_at.take_if(is_told).is_some();
        let Some(marked_at) = self.marked_at else { return has_told };
        if now.saturating_sub(marked_at) >= MARK_LASTS {
            self.marked_at = None;
        }
        let is_over = |mark: &Mark| now.saturating_sub(mark.at) >= MARK_LASTS;
        let before = self.lines.len();
        self.drop_ghosts(|mark| !is_over(mark));
        let mut changed = has_told || self.lines.len() != before;
        for line in &mut self.lines {
            if line.mark.as_deref().is_some_and(is_over) {
                line.mark = None;
                changed = true;
            }
        }
        changed
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// All lines, including those of removed rows.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The number of rows of the result.
    pub const fn row_count(&self) -> usize {
        self.lines.len() - self.ghosts
    }

    /// The commit that the rows belong to.
    pub const fn commit(&self) -> CommitId {
        self.commit
    }

    /// Why the rows are not up to date, if they are not.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn perform(&mut self, edit: &Edit, follow: bool, now: Duration) {
        match edit {
            Edit::Insert { index, row } => {
                let place = self.place(*index);
                self.lines.insert(place, Line::marked(row.clone(), Happened::Added, now));
            }
            Edit::Remove { index } => {
                let place = self.place(*index);
                if follow {
                    self.lines[place].mark = Some(Box::new(Mark { what: Happened::Removed, at: now }));
                    self.ghosts += 1;
                } else {
                    self.lines.remove(place);
                }
            }
            Edit::Replace { index, row } => {
                let place = self.place(*index);
                let row_count = self.row_count();
                let line = &mut self.lines[place];
                if follow && looks_like_another_row(&line.row, row, row_count) {
                    line.mark = Some(Box::new(Mark { what: Happened::Removed, at: now }));
                    self.ghosts += 1;
                    self.lines.insert(place + 1, Line::marked(row.clone(), Happened::Added, now));
                    return;
                }
                let changed = row.values().zip(line.row.values()).map(|(new, old)| new != old).collect();
                *line = Line::marked(row.clone(), Happened::Changed(changed), now);
            }
            Edit::Move { from, to } => {
                let place = self.place(*from);
                let line = self.lines.remove(place);
                let place = self.place(*to);
                self.lines.insert(place, Line::marked(line.row, Happened::Moved, now));
            }
        }
    }

    /// The line of the row with this index; the end for an index past the last row.
    fn place(&self, index: usize) -> usize {
        if self.ghosts == 0 {
            return index;
        }
        let mut rows = self.lines.iter().enumerate().filter(|(_, line)| !line.is_ghost());
        rows.nth(index).map_or(self.lines.len(), |(place, _)| place)
    }

    fn drop_ghosts(&mut self, stays: impl Fn(&Mark) -> bool) {
        if self.ghosts > 0 {
            self.lines.retain(|line| !line.is_ghost() || line.mark.as_deref().is_some_and(&stays));
            self.ghosts = self.lines.iter().filter(|line| line.is_ghost()).count();
        }
    }
}

#[cfg(test)]
mod tests;
