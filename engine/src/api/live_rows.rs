//! Rows of a live query as a type, kept up to date.
//!
//! Invariants: `rows` is the result at `commit`; `ahead` is what came after it and cannot be read as the type. Whatever is reported
//! as an error, the next result that can be read is told as what it changes in `rows`.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
#[cfg(not(target_family = "wasm"))]
use std::time::Duration;

use futures_core::Stream;

use super::as_sql::AsSql;
use super::engine::Engine;
use super::row_edit::{RowEdit, exchange, new_row, perform_one};
use super::rows::{FromRow, NamedRow};
use super::subscription::Subscription;
use crate::api::event::Event;
use crate::api::explain::PlanKind;
use crate::error::Error;
use crate::results::NetDiff;
use crate::types::{CommitId, Diff, Edit, Params, Row, Snapshot, SubscriptionId};

/// The rows of a live query as a type, kept up to date. Dropping it unsubscribes.
///
/// It is the slice of the rows as [`LiveRows::changes`] or [`LiveRows::refresh`] last left them; both take in what commits have
/// brought meanwhile and do not wait. As a `Stream` it waits: each item is what [`LiveRows::changes`] returns.
///
/// A result that cannot be read as `T`, and a query that fails, are errors of these calls. The rows then stay as they are until a
/// result can be read again; the edits to that one follow.
///
/// ```
/// use tidewater::{Engine, FromRow, Location, Options, RowEdit};
/// # fn main() -> Result<(), tidewater::Error> {
/// #[derive(Debug, FromRow, PartialEq)]
/// struct Todo {
///     id: i64,
///     title: String,
/// }
/// let engine = Engine::open(Location::Memory, Options::default())?;
/// engine.exec("CREATE TABLE todo(id INTEGER PRIMARY KEY, title TEXT NOT NULL)", ())?;
/// let mut todos = engine.live::<Todo>("SELECT id, title FROM todo ORDER BY id", ())?;
/// engine.exec("INSERT INTO todo(title) VALUES ('read'), ('write')", ())?;
///
/// let edits = todos.changes()?;
/// assert!(matches!(&edits[..], [RowEdit::Insert { index: 0, .. }, RowEdit::Insert { index: 1, .. }]));
/// assert_eq!(todos.len(), 2);
/// assert_eq!(todos[1].title, "write");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LiveRows<T> {
    subscription: Subscription,
    columns: Arc<[String]>,
    rows: Vec<T>,
    commit: CommitId,
    ahead: Ahead,
    /// Why `rows` is not the result, if it is not.
    failure: Option<Error>,
    /// An error that is reported by the next call: this one has edits to report.
    unreported: Option<Error>,
    /// The event that the stream has waited for.
    arrived: Option<Event>,
}

/// What came after the rows.
#[derive(Debug)]
enum Ahead {
    Nothing,
    Edits(NetDiff),
    /// A result of other columns.
    Whole {
        columns: Arc<[String]>,
        rows: Vec<Row>,
    },
}

/// Where edits go, if anybody asks for them.
type Told<'e, T> = Option<&'e mut Vec<RowEdit<T>>>;

impl Engine {
    /// Subscribes to a query whose rows are kept up to date as a type: see [`LiveRows`].
    ///
    /// # Errors
    /// As [`Engine::subscribe`], and [`Error::Conversion`] for rows that cannot be read as `T`.
    pub fn live<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<LiveRows<T>, Error> {
        LiveRows::new(self.subscribe(sql, params)?)
    }
}

impl<T: FromRow> LiveRows<T> {
    /// The rows of a subscription of which no event has been taken.
    fn new(mut subscription: Subscription) -> Result<Self, Error> {
        let Snapshot { commit, columns, rows } = subscription.take_snapshot();
        Ok(Self {
            rows: read(&columns, rows.iter())?,
            subscription,
            columns,
            commit,
            ahead: Ahead::Nothing,
            failure: None,
            unreported: None,
            arrived: None,
        })
    }

    /// Brings the rows up to date and gives the steps that lead there from the rows as they were, in order. There are none if
    /// nothing changed. It does not wait.
    ///
    /// # Errors
    /// [`Error::Conversion`] while rows cannot be read as `T`, what SQLite says while the query fails, and in paranoid mode
    /// [`Error::Diverged`]; each once, after the edits that came before it.
    pub fn changes(&mut self) -> Result<Vec<RowEdit<T>>, Error> {
        let mut edits = Vec::new();
        self.take_in(Some(&mut edits)).map(|_| edits)
    }

    /// Brings the rows up to date; whether anything came. It does not wait.
    ///
    /// # Errors
    /// As [`LiveRows::changes`].
    pub fn refresh(&mut self) -> Result<bool, Error> {
        self.take_in(None)
    }

    /// As [`LiveRows::changes`], but if nothing waits, it blocks this thread until something comes, at most so long. There are no
    /// edits when the time is up, or when nothing more will come.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(a)", ())?;
    /// let mut live = engine.live::<(i64,)>("SELECT a FROM t", ())?;
    /// let writer = std::thread::spawn(move || engine.exec("INSERT INTO t VALUES (1)", ()));
    /// assert_eq!(live.changes_timeout(Duration::from_secs(60))?.len(), 1);
    /// # writer.join().expect("the writer ends")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`LiveRows::changes`].
    #[cfg(not(target_family = "wasm"))]
    pub fn changes_timeout(&mut self, timeout: Duration) -> Result<Vec<RowEdit<T>>, Error> {
        let mut edits = Vec::new();
        if !self.take_in(Some(&mut edits))? {
            self.arrived = self.subscription.next_timeout(timeout);
            self.take_in(Some(&mut edits))?;
        }
        Ok(edits)
    }

    /// Takes in what waits up to the first error; whether there was anything.
    fn take_in(&mut self, mut told: Told<'_, T>) -> Result<bool, Error> {
        if let Some(error) = self.unreported.take() {
            return Err(error);
        }
        let mut anything = false;
        while let Some(event) = self.arrived.take().or_else(|| self.subscription.try_next()) {
            match self.take(event, told.as_deref_mut()) {
                Ok(()) => anything = true,
                Err(error) if anything => {
                    self.unreported = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(anything)
    }

    fn take(&mut self, event: Event, told: Told<'_, T>) -> Result<(), Error> {
        let commit = event.commit();
        let taken = match event {
            Event::Diff(diff) | Event::Recovered(diff) => self.follow(&diff, told),
            Event::Columns(Snapshot { columns, rows, .. }) => {
                self.ahead = Ahead::Whole { columns, rows: rows.to_vec() };
                self.catch_up(told)
            }
            Event::Error { error, .. } => Err((*error).clone()),
            // The rows are as the events say, which others have too.
            Event::Divergence(divergence) => return Err(Error::Diverged(divergence.script.into())),
        };
        self.failure = taken.as_ref().err().cloned();
        if taken.is_ok() {
            self.commit = commit;
        }
        taken
    }

    fn follow(&mut self, diff: &Diff, told: Told<'_, T>) -> Result<(), Error> {
        match &mut self.ahead {
            Ahead::Nothing => {
                let done = self.perform(&diff.edits, told);
                if done.is_err() {
                    let mut net = NetDiff::default();
                    net.add(diff);
                    self.ahead = Ahead::Edits(net);
                }
                return done;
            }
            Ahead::Edits(net) => net.add(diff),
            Ahead::Whole { rows, .. } => diff.apply(rows),
        }
        self.catch_up(told)
    }

    /// Brings the rows to what came after them, if that can be read now.
    fn catch_up(&mut self, told: Told<'_, T>) -> Result<(), Error> {
        match &self.ahead {
            Ahead::Nothing => {}
            Ahead::Edits(net) => {
                let edits = net.edits();
                self.perform(&edits, told)?;
            }
            Ahead::Whole { columns, rows } => {
                let new = read(columns, rows.iter())?;
                let copies = told.as_ref().map_or(Ok(Vec::new()), |_| read(columns, rows.iter()))?;
                self.columns = Arc::clone(columns);
                let old = std::mem::replace(&mut self.rows, new);
                if let Some(told) = told {
                    exchange(old, copies, told);
                }
            }
        }
        self.ahead = Ahead::Nothing;
        Ok(())
    }

    /// Performs edits, all of them or none.
    fn perform(&mut self, edits: &[Edit], mut told: Told<'_, T>) -> Result<(), Error> {
        let mut new = read(&self.columns, edits.iter().filter_map(new_row))?.into_iter();
        // The edits own their rows, as the list does; types need not be `Clone`.
        let copies = told.as_ref().map_or(Ok(Vec::new()), |_| read(&self.columns, edits.iter().filter_map(new_row)))?;
        let mut copies = copies.into_iter();
        for edit in edits {
            let step = perform_one(&mut self.rows, edit, &mut new, &mut copies);
            if let (Some(told), Some(step)) = (told.as_deref_mut(), step) {
                told.push(step);
            }
        }
        Ok(())
    }
}

impl<T> LiveRows<T> {
    /// The rows as they were last brought up to date.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// Hands the rows out and unsubscribes.
    #[must_use]
    pub fn into_rows(self) -> Vec<T> {
        self.rows
    }

    /// The commit that the rows are of, or a later one that changed nothing of them.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.commit
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Why the rows are not the result at present, if they are not: the query fails, or its rows cannot be read as `T`.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Which subscription this is.
    #[must_use]
    pub fn id(&self) -> SubscriptionId {
        self.subscription.id()
    }

    /// How the result is maintained now: see [`Subscription::plan`].
    #[must_use]
    pub fn plan(&self) -> PlanKind {
        self.subscription.plan()
    }

    /// Gives the parameters other values, in place: see [`Subscription::rebind`]. The rows follow with the next
    /// [`LiveRows::changes`] or [`LiveRows::refresh`].
    ///
    /// # Errors
    /// As [`Subscription::rebind`].
    pub fn rebind(&self, params: impl Into<Params>) -> Result<(), Error> {
        self.subscription.rebind(params)
    }
}

impl<T> Deref for LiveRows<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows
    }
}

impl<'r, T> IntoIterator for &'r LiveRows<T> {
    type Item = &'r T;
    type IntoIter = std::slice::Iter<'r, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for LiveRows<T> {}

impl<T: FromRow> Stream for LiveRows<T> {
    type Item = Result<Vec<RowEdit<T>>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let mut edits = Vec::new();
            match self.take_in(Some(&mut edits)) {
                Ok(true) => return Poll::Ready(Some(Ok(edits))),
                Ok(false) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            match ready!(Pin::new(&mut self.subscription).poll_next(context)) {
                Some(event) => self.arrived = Some(event),
                None => return Poll::Ready(None),
            }
        }
    }
}

fn read<'r, T: FromRow>(columns: &[String], rows: impl Iterator<Item = &'r Row>) -> Result<Vec<T>, Error> {
    rows.map(|row| T::from_row(NamedRow::new(columns, row))).collect()
}
