//! What a live table shows: the rows, and for a moment what happened to them. Time is passed in.

use std::time::Duration;

use tidewater::{CommitId, Diff, Edit, Event, Row, Snapshot};

use crate::cell::looks_like_another_row;

/// How long a row shows what happened to it.
pub const MARK_LASTS: Duration = Duration::from_millis(1200);

/// A diff with more edits than this is a new page rather than a change to follow: its removed rows vanish at once.
const EDITS_FOLLOWED: usize = 500;

/// A live result with its recent history.
pub struct Model {
    columns: Vec<String>,
    lines: Vec<Line>,
    /// How many of `lines` show removed rows.
    ghosts: usize,
    /// When the latest mark that still shows was made.
    marked_at: Option<Duration>,
    commit: CommitId,
    trouble: Option<String>,
}

/// One line of the table.
pub struct Line {
    /// The row, the last one it had if it is removed.
    pub row: Row,
    /// What happened to it last.
    pub mark: Option<Mark>,
}

/// What happened to a row, and when.
pub struct Mark {
    /// What happened.
    pub what: Happened,
    /// When, on the clock of the caller.
    pub at: Duration,
}

/// What can happen to a row.
#[derive(Debug, PartialEq, Eq)]
pub enum Happened {
    /// It came.
    Added,
    /// Some of its values changed; for each column, whether it did.
    Changed(Vec<bool>),
    /// It stands elsewhere.
    Moved,
    /// It went, and is shown for the last time.
    Removed,
}

impl Line {
    fn marked(row: Row, what: Happened, at: Duration) -> Self {
        Self { row, mark: Some(Mark { what, at }) }
    }

    fn is_ghost(&self) -> bool {
        matches!(self.mark, Some(Mark { what: Happened::Removed, .. }))
    }
}

impl Model {
    /// A result as it first stands.
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut model = Self {
            columns: Vec::new(),
            lines: Vec::new(),
            ghosts: 0,
            marked_at: None,
            commit: snapshot.commit,
            trouble: None,
        };
        model.reset(snapshot);
        model
    }

    /// Starts anew from a snapshot in another shape.
    fn reset(&mut self, snapshot: &Snapshot) {
        self.columns = snapshot.columns.to_vec();
        self.lines = snapshot.rows.iter().map(|row| Line { row: row.clone(), mark: None }).collect();
        self.ghosts = 0;
        self.marked_at = None;
        self.commit = snapshot.commit;
        self.trouble = None;
    }

    /// Takes an event in; whether it was the last one.
    pub fn receive(&mut self, event: &Event, now: Duration) -> bool {
        match event {
            Event::Diff(diff) => self.apply(diff, now),
            Event::Columns(snapshot) => self.reset(snapshot),
            Event::Error { commit, error, .. } => self.fail(*commit, error.to_string()),
            Event::Divergence(divergence) => {
                self.fail(divergence.commit, "the rows shown are not what SQLite returns".to_owned());
            }
        }
        matches!(event, Event::Error { closed: true, .. })
    }

    /// Whether some row still shows what happened to it.
    pub const fn is_fading(&self) -> bool {
        self.marked_at.is_some()
    }

    /// Brings the rows to the diff's commit and marks what it touched.
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

    /// Notes that the result cannot be shown as of `commit`; the last good rows stay.
    fn fail(&mut self, commit: CommitId, message: String) {
        self.commit = commit;
        self.trouble = Some(message);
    }

    /// Forgets marks that had their time. Returns whether anything looks different now.
    pub fn expire(&mut self, now: Duration) -> bool {
        let Some(marked_at) = self.marked_at else { return false };
        if now.saturating_sub(marked_at) >= MARK_LASTS {
            self.marked_at = None;
        }
        let is_over = |mark: &Mark| now.saturating_sub(mark.at) >= MARK_LASTS;
        let before = self.lines.len();
        self.drop_ghosts(|mark| !is_over(mark));
        let mut changed = self.lines.len() != before;
        for line in &mut self.lines {
            if line.mark.as_ref().is_some_and(is_over) {
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

    /// All lines, those of removed rows included.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many rows the result has.
    pub const fn row_count(&self) -> usize {
        self.lines.len() - self.ghosts
    }

    /// The commit that the rows equal.
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
                    self.lines[place].mark = Some(Mark { what: Happened::Removed, at: now });
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
                    line.mark = Some(Mark { what: Happened::Removed, at: now });
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

    /// Where the row of this index stands among the lines; past the last row, the end.
    fn place(&self, index: usize) -> usize {
        if self.ghosts == 0 {
            return index;
        }
        let mut rows = self.lines.iter().enumerate().filter(|(_, line)| !line.is_ghost());
        rows.nth(index).map_or(self.lines.len(), |(place, _)| place)
    }

    fn drop_ghosts(&mut self, stays: impl Fn(&Mark) -> bool) {
        if self.ghosts > 0 {
            self.lines.retain(|line| !line.is_ghost() || line.mark.as_ref().is_some_and(&stays));
            self.ghosts = self.lines.iter().filter(|line| line.is_ghost()).count();
        }
    }
}

#[cfg(test)]
mod tests;
