//! Prints a live result as lines, for pipes: JSON events, or whole tables.

use std::io::Write;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Instant;

use anyhow::{Result, anyhow};
use tidewater::{CommitId, Engine, Event, Row, Snapshot, Subscription};

use super::TICK;
use super::trouble::Trouble;
use crate::table::{counted, table};
use crate::text::one_line;
use crate::wire::{EventLine, write_line};

/// Prints the first result and then every event as JSON lines.
pub fn json(engine: &Engine, mut subscription: Subscription) -> Result<ExitCode> {
    let mut output = std::io::stdout().lock();
    let mut lines = Vec::new();
    write_line(&EventLine::snapshot(subscription.snapshot(), subscription.plan()), &mut lines);
    let mut look = Look::new(engine);
    loop {
        let mut is_closed = false;
        while let Some(event) = subscription.try_next() {
            is_closed |= matches!(event, Event::Error { closed: true, .. });
            write_line(&EventLine::event(None, &event), &mut lines);
        }
        output.write_all(&lines)?;
        output.flush()?;
        lines.clear();
        if is_closed {
            return Ok(ExitCode::FAILURE);
        }
        sleep(TICK);
        look.again();
    }
}

/// Prints the result as a table whenever it changes.
pub fn tables(engine: &Engine, mut subscription: Subscription) -> Result<ExitCode> {
    let mut output = std::io::stdout().lock();
    let mut state = State::new(subscription.snapshot());
    let mut is_new = true;
    let mut look = Look::new(engine);
    loop {
        while let Some(event) = subscription.try_next() {
            is_new |= state.receive(&event)?;
        }
        if is_new {
            writeln!(output, "{}", state.page())?;
            output.flush()?;
            is_new = false;
        }
        sleep(TICK);
        look.again();
    }
}

/// Polls for commits. An error is printed once, and polling goes on.
struct Look<'a> {
    engine: &'a Engine,
    start: Instant,
    trouble: Trouble,
}

impl<'a> Look<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, start: Instant::now(), trouble: Trouble::default() }
    }

    fn again(&mut self) {
        let began = self.start.elapsed();
        let looked = self.engine.poll().map(|_| ());
        let is_new = self.trouble.receive(looked, began, self.start.elapsed());
        if is_new && let Some(message) = self.trouble.message() {
            eprintln!("tidewater: {}", one_line(message));
        }
    }
}

/// The current rows.
struct State {
    columns: Vec<String>,
    rows: Vec<Row>,
    commit: CommitId,
}

impl State {
    fn new(snapshot: &Snapshot) -> Self {
        Self { columns: snapshot.columns.to_vec(), rows: snapshot.rows.to_vec(), commit: snapshot.commit }
    }

    /// Applies an event. Returns whether there is something new to print.
    fn receive(&mut self, event: &Event) -> Result<bool> {
        match event {
            Event::Diff(diff) | Event::Recovered(diff) => {
                diff.apply(&mut self.rows);
                self.commit = diff.commit;
                Ok(true)
            }
            Event::Columns(snapshot) => {
                *self = Self::new(snapshot);
                Ok(true)
            }
            Event::Error { error, closed: true, .. } => Err(anyhow!("{error}")),
            Event::Error { error, .. } => {
                eprintln!("tidewater: {}", one_line(&error.to_string()));
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn page(&self) -> String {
        let title = format!("commit {}, {}", self.commit, counted(self.rows.len(), "row"));
        format!("{title}\n{}\n", table(&self.columns, &self.rows, None))
    }
}
