//! The events of one subscription that wait until its stream is read. Beyond a number of them, those that follow are merged, so
//! that a reader who is late costs memory by the size of the result and not by the number of commits.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::api::event::Event;
use crate::results::NetDiff;
use crate::types::{CommitId, Diff, Edit, Row, Snapshot};

/// The events of one subscription that nobody has taken yet.
#[derive(Debug)]
pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
    /// How many events wait one by one.
    most: usize,
}

/// What waits in mailboxes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backlog {
    /// Events.
    pub(crate) events: u64,
    /// Bytes of their rows.
    pub(crate) bytes: u64,
    /// Events that were merged with one before them, so far.
    pub(crate) merged: u64,
}

#[derive(Debug, Default)]
struct Mail {
    events: VecDeque<Event>,
    /// What came after those.
    merged: Option<Merged>,
    merges: u64,
    /// The last result or failure that was taken is a failure.
    reader_knows_failure: bool,
    closed: bool,
    reader: Option<Waker>,
}

/// The net effect of many events.
#[derive(Debug)]
struct Merged {
    commit: CommitId,
    change: NetChange,
    /// The reader has to hear of the result even if it is as it was: it knows of a failure.
    is_told: bool,
    /// The failure that came last, if nothing came after it.
    failure: Option<Event>,
}

#[derive(Debug)]
enum NetChange {
    Diff(NetDiff),
    /// The columns have changed: the whole result.
    Whole {
        columns: std::sync::Arc<[String]>,
        rows: Vec<Row>,
    },
}

impl Mailbox {
    pub(crate) fn new(most: usize) -> Self {
        Self { mail: Mutex::default(), most }
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first event that waits, if one does.
    pub(crate) fn take(&self) -> Option<Event> {
        self.lock().take()
    }

    /// The first event, or the end of the stream; otherwise the reader is woken when there is one or the other.
    pub(crate) fn poll(&self, context: &mut Context<'_>, engine_is_gone: bool) -> Poll<Option<Event>> {
        let mut mail = self.lock();
        match mail.take() {
            Some(event) => Poll::Ready(Some(event)),
            None if mail.closed || engine_is_gone => Poll::Ready(None),
            None => {
                mail.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Adds an event; the reader to be woken, if one waits.
    pub(crate) fn put(&self, event: Event) -> Option<Waker> {
        let mut mail = self.lock();
        mail.closed |= matches!(event, Event::Error { closed: true, .. });
        mail.put(event, self.most);
        mail.reader.take()
    }

    /// What waits.
    pub(crate) fn waiting(&self) -> Backlog {
        let mail = self.lock();
        let merged = mail.merged.iter().map(Merged::bytes);
        let bytes: usize = mail.events.iter().map(bytes).chain(merged).sum();
        let events = mail.events.len() + usize::from(mail.merged.is_some());
        Backlog { events: events as u64, bytes: bytes as u64, merged: mail.merges }
    }

    /// The engine is gone.
    pub(crate) fn close(&self) {
        let reader = {
            let mut mail = self.lock();
            mail.closed = true;
            mail.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Mail {
    fn take(&mut self) -> Option<Event> {
        if self.events.is_empty()
            && let Some(merged) = self.merged.take()
        {
            self.events.extend(merged.into_events());
        }
        let event = self.events.pop_front();
        match &event {
            Some(Event::Error { .. }) => self.reader_knows_failure = true,
            Some(Event::Diff(_) | Event::Recovered(_) | Event::Columns(_)) => self.reader_knows_failure = false,
            Some(Event::Divergence(_)) | None => {}
        }
        event
    }

    fn put(&mut self, event: Event, most: usize) {
        // A divergence is a finding of its own, but one of the first tells as much as all of them.
        if let Event::Divergence(_) = event {
            if self.events.len() < most {
                self.events.push_back(event);
            }
            return;
        }
        match &mut self.merged {
            Some(merged) => {
                self.merges += 1;
                merged.add(event);
            }
            None if self.events.len() < most => self.events.push_back(event),
            None => {
                let is_told = match self.events.back() {
                    Some(last) => matches!(last, Event::Error { .. }),
                    None => self.reader_knows_failure,
                };
                let change = NetChange::Diff(NetDiff::default());
                let mut merged = Merged { commit: event.commit(), change, is_told, failure: None };
                merged.add(event);
                self.merged = Some(merged);
            }
        }
    }
}

impl Merged {
    fn add(&mut self, event: Event) {
        self.commit = event.commit();
        match event {
            Event::Diff(diff) | Event::Recovered(diff) => {
                self.failure = None;
                match &mut self.change {
                    NetChange::Diff(net) => net.add(&diff),
                    NetChange::Whole { rows, .. } => diff.apply(rows),
                }
            }
            Event::Columns(Snapshot { columns, rows, .. }) => {
                self.failure = None;
                self.change = NetChange::Whole { columns, rows: rows.to_vec() };
            }
            Event::Error { .. } => self.failure = Some(event),
            Event::Divergence(_) => {}
        }
    }

    fn into_events(self) -> impl Iterator<Item = Event> {
        let Self { commit, change, is_told, failure } = self;
        let is_failing = failure.is_some();
        let commit = failure.as_ref().map_or(commit, |_| commit);
        let changed = match change {
            NetChange::Diff(net) => {
                let edits = net.edits();
                let has_news = !edits.is_empty() || (is_told && !is_failing);
                has_news.then(|| {
                    let diff = Diff { commit, edits: edits.into(), causes: std::sync::Arc::default() };
                    if is_told { Event::Recovered(diff) } else { Event::Diff(diff) }
                })
            }
            NetChange::Whole { columns, rows } => Some(Event::Columns(Snapshot { commit, columns, rows: rows.into() })),
        };
        changed.into_iter().chain(failure)
    }

    fn bytes(&self) -> usize {
        match &self.change {
            NetChange::Diff(net) => net.bytes(),
            NetChange::Whole { rows, .. } => rows.iter().map(row_bytes).sum(),
        }
    }
}

fn bytes(event: &Event) -> usize {
    size_of::<Event>()
        + match event {
            Event::Diff(diff) | Event::Recovered(diff) => diff.edits.iter().map(edit_bytes).sum(),
            Event::Columns(snapshot) => snapshot.rows.iter().map(row_bytes).sum(),
            Event::Error { .. } => 0,
            Event::Divergence(divergence) => {
                let rows = divergence.expected.iter().chain(divergence.actual.iter());
                rows.map(row_bytes).sum::<usize>() + divergence.script.len()
            }
        }
}

fn edit_bytes(edit: &Edit) -> usize {
    size_of::<Edit>()
        + match edit {
            Edit::Insert { row, .. } | Edit::Replace { row, .. } => row.as_bytes().len(),
            Edit::Remove { .. } | Edit::Move { .. } => 0,
        }
}

fn row_bytes(row: &Row) -> usize {
    size_of::<Row>() + row.as_bytes().len()
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;
