//! Prints a live result as lines, for pipes: JSON events, or the whole result whenever it changes.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Instant;

use anyhow::{Result, anyhow};
use tidewater::{CommitId, Event, Row, Snapshot};

use super::TICK;
use super::following::{Following, News, Source};
use super::trouble::Trouble;
use crate::closed_pipe::check_standard_output;
use crate::count::counted;
use crate::output::{Format, Mode, Printer};
use crate::text::one_line;
use crate::wire::{EventLine, write_line_to};

type Output = BufWriter<StdoutLock<'static>>;

/// Prints the first result and then every event as JSON lines.
pub fn json(source: Source) -> Result<ExitCode> {
    let (following, first) = Following::start(source)?;
    let mut output = BufWriter::new(io::stdout().lock());
    print_snapshot(&first, following.plan(), &mut output)?;
    drop(first);
    follow(following, output, |news, plan, output| match news {
        News::Replaced(snapshot) => {
            print_snapshot(&snapshot, plan, output)?;
            Ok(None)
        }
        News::Event(event) => {
            write_line_to(&EventLine::event(None, event), output)?;
            let is_closed = matches!(event, Event::Error { closed: true, .. });
            Ok(is_closed.then_some(ExitCode::FAILURE))
        }
    })
}

fn print_snapshot(snapshot: &Snapshot, plan: tidewater::PlanKind, output: &mut Output) -> io::Result<()> {
    write_line_to(&EventLine::snapshot(snapshot, plan), output)
}

/// Prints the result in a format whenever it changes.
pub fn tables(source: Source, format: &Format) -> Result<ExitCode> {
    let (following, first) = Following::start(source)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let mut state = State::new(&first);
    drop(first);
    state.print(format, &mut output)?;
    follow(following, output, |news, _, output| {
        if state.receive(news)? {
            state.print(format, output)?;
        }
        Ok(None)
    })
}

/// Looks for news again and again. An obstacle is told once, and looking goes on. Fails when nobody reads any more.
fn follow(
    mut following: Following,
    mut output: Output,
    mut receive: impl FnMut(News<'_>, tidewater::PlanKind, &mut Output) -> Result<Option<ExitCode>>,
) -> Result<ExitCode> {
    let start = Instant::now();
    let mut trouble = Trouble::default();
    loop {
        output.flush()?;
        check_standard_output()?;
        sleep(TICK);
        let began = start.elapsed();
        let mut end = Ok(None);
        let plan = following.plan();
        let looked = following.look(|news| {
            if matches!(news, News::Replaced(_)) {
                eprintln!(
                    "tidewater: another file has come in the place of the one that was watched; this is its result"
                );
            }
            if matches!(end, Ok(None)) {
                end = receive(news, plan, &mut output);
            }
        });
        let is_new = trouble.receive(looked, began, start.elapsed());
        if is_new && let Some(message) = trouble.message() {
            eprintln!("tidewater: {}", one_line(message));
        }
        if let Some(status) = end? {
            output.flush()?;
            return Ok(status);
        }
    }
}

/// The current rows.
struct State {
    columns: Vec<String>,
    rows: Vec<Row>,
    commit: CommitId,
    has_printed: bool,
}

impl State {
    fn new(snapshot: &Snapshot) -> Self {
        Self {
            columns: snapshot.columns.to_vec(),
            rows: snapshot.rows.to_vec(),
            commit: snapshot.commit,
            has_printed: false,
        }
    }

    /// Takes the news. Returns whether there is something new to print.
    fn receive(&mut self, news: News<'_>) -> Result<bool> {
        match news {
            News::Event(Event::Diff(diff) | Event::Recovered(diff)) => {
                diff.apply(&mut self.rows);
                self.commit = diff.commit;
                Ok(true)
            }
            News::Event(Event::Columns(snapshot)) => Ok(self.replace(snapshot)),
            News::Replaced(snapshot) => Ok(self.replace(&snapshot)),
            News::Event(Event::Error { error, closed: true, .. }) => Err(anyhow!("{error}")),
            News::Event(Event::Error { error, .. }) => {
                eprintln!("tidewater: {}", one_line(&error.to_string()));
                Ok(false)
            }
            News::Event(_) => Ok(false),
        }
    }

    fn replace(&mut self, snapshot: &Snapshot) -> bool {
        *self = Self { has_printed: self.has_printed, ..Self::new(snapshot) };
        true
    }

    /// A box is for people, and has a title. Other results have an empty line between them, but for JSON, which needs none.
    fn print(&mut self, format: &Format, output: &mut Output) -> io::Result<()> {
        let is_box = format.mode == Mode::Box;
        if is_box {
            writeln!(output, "commit {}, {}", self.commit, counted(self.rows.len(), "row"))?;
        } else if self.has_printed && format.mode != Mode::Json {
            writeln!(output)?;
        }
        self.has_printed = true;
        let mut printer = Printer::new(format, None);
        self.rows.iter().try_for_each(|row| printer.row(&self.columns, row, output))?;
        printer.finish(&self.columns, output)?;
        if is_box { writeln!(output) } else { Ok(()) }
    }
}
