//! The shell without a terminal: performs statements and dot commands, and prints what comes of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tidewater::{Engine, Stats};

use super::command::{DotCommand, HELP, is_dot_command};
use super::destination::Destination;
use super::listing;
use super::script::{Script, Step};
use super::settings::Settings;
use super::surface::Surface;
use super::watched::{News, Watches};
use crate::count::counted;
use crate::dump::dump;
use crate::failure::Failure;
use crate::interruption::Interruption;
use crate::output::{Mode, Printer};
use crate::statement::asks_for_rows;
use crate::text::{one_line, paragraph};

/// How deep `.read` may be in files that are read.
const DEEPEST: usize = 25;

/// What follows a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next step.
    Continue,
    /// Nothing of this input: an error ended it, or Ctrl-C.
    Stop,
    /// Nothing at all: the user quits.
    Quit,
}

/// A running shell.
pub struct Shell {
    engine: Engine,
    surface: Surface,
    settings: Settings,
    output: Destination,
    watches: Watches,
    interruption: Interruption,
    /// The files that are being read, outermost first.
    reading: Vec<String>,
    has_failed: bool,
}

impl Shell {
    pub fn new(engine: Engine, surface: Surface, settings: Settings, interruption: Interruption) -> Self {
        let (output, watches) = (Destination::new(), Watches::new(surface));
        Self { engine, surface, settings, output, watches, interruption, reading: Vec::new(), has_failed: false }
    }

    /// The texts of watched results.
    pub fn news(&self) -> Arc<News> {
        self.watches.news()
    }

    /// The database.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether anything has failed.
    pub const fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Performs steps one after the other. Fails if the output cannot be written.
    pub fn perform(&mut self, steps: &[Step]) -> io::Result<Flow> {
        for step in steps {
            let flow = self.step(step)?;
            if flow != Flow::Continue {
                return Ok(flow);
            }
        }
        Ok(Flow::Continue)
    }

    /// Performs the steps in lines as they come.
    pub fn perform_lines(&mut self, mut input: impl BufRead) -> io::Result<Flow> {
        let mut script = Script::default();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            let steps = script.push(&String::from_utf8_lossy(&line));
            let flow = self.perform(&steps)?;
            if flow != Flow::Continue {
                return Ok(flow);
            }
            line.clear();
        }
        let last = script.finish();
        self.perform(last.as_slice())
    }

    fn step(&mut self, step: &Step) -> io::Result<Flow> {
        let interruption = self.interruption.clone();
        // What a file contains belongs to the command that reads it.
        let running = self.reading.is_empty().then(|| interruption.begin());
        let performed = if is_dot_command(&step.text) { self.command(&step.text) } else { self.statement(&step.text) };
        drop(running);
        let flow = match performed {
            Ok(flow) => flow,
            Err(Failure::Output(error)) => return Err(error),
            Err(Failure::Message(message)) => self.complain(&message, step.line)?,
        };
        self.output.end_command()?;
        self.tell_news(step.line)?;
        Ok(if self.interruption.is_requested() && flow == Flow::Continue { Flow::Stop } else { flow })
    }

    fn complain(&mut self, message: &str, line: usize) -> io::Result<Flow> {
        self.output.flush()?;
        let place = self.reading.last().map(|file| format!("{file}:{line}: ")).unwrap_or_default();
        self.surface.complain(&format!("{place}{message}"))?;
        self.has_failed = true;
        Ok(if self.settings.stops_at_errors { Flow::Stop } else { Flow::Continue })
    }

    /// Tells what watched results have become, by commits of other programs as well.
    fn tell_news(&mut self, line: usize) -> io::Result<()> {
        if let Err(error) = self.engine.poll() {
            self.complain(&one_line(&error.to_string()), line)?;
        }
        self.news().take().iter().try_for_each(|text| self.output.tell(text))
    }

    fn statement(&mut self, sql: &str) -> Result<Flow, Failure> {
        let began = Instant::now();
        let done = if asks_for_rows(sql) { self.query(sql) } else { self.exec(sql) };
        if self.settings.has_timer {
            writeln!(self.output, "took {:.3} s", began.elapsed().as_secs_f64())?;
        }
        done.map(|()| Flow::Continue)
    }

    fn query(&mut self, sql: &str) -> Result<(), Failure> {
        let Self { engine, output, interruption, .. } = self;
        let width = if output.is_file() { None } else { self.surface.width() };
        let mut printer = Printer::new(&self.settings.format, width);
        let mut written = Ok(());
        let columns = engine.query_each(sql, (), |row| {
            written = printer.row(row.columns(), row.row(), output).and_then(|()| output.end_row());
            if written.is_err() || interruption.is_requested() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        written?;
        if columns.is_empty() {
            return self.tell(&format!("done, commit {}", self.engine.last_commit()));
        }
        let rows = printer.finish(&columns, output)?;
        if interruption.is_requested() {
            return Err(Failure::interrupted());
        }
        if self.settings.format.mode == Mode::Box { self.tell(&counted(rows, "row")) } else { Ok(()) }
    }

    fn exec(&mut self, sql: &str) -> Result<(), Failure> {
        let before = self.engine.last_commit();
        let executed = self.engine.exec(sql, ())?;
        let changed = counted(usize::try_from(executed.changes).unwrap_or(usize::MAX), "row");
        let text = match (executed.commit == before, executed.changes) {
            (true, 0) => "done".to_owned(),
            (true, _) => format!("{changed} changed, not committed yet"),
            (false, 0) => format!("done, commit {}", executed.commit),
            (false, _) => format!("{changed} changed, commit {}", executed.commit),
        };
        match self.settings.tells_changes {
            Some(true) => Ok(writeln!(self.output, "{text}")?),
            Some(false) => Ok(()),
            None => self.tell(&text),
        }
    }

    /// Says something beside the rows.
    fn tell(&mut self, text: &str) -> Result<(), Failure> {
        if self.settings.is_talkative() {
            writeln!(self.output, "{text}")?;
        }
        Ok(())
    }

    fn command(&mut self, line: &str) -> Result<Flow, Failure> {
        let command = DotCommand::parse(line).map_err(|message| Failure::Message(one_line(&message)))?;
        let width = if self.output.is_file() { None } else { self.surface.width() };
        let text = match command {
            DotCommand::Quit => return Ok(Flow::Quit),
            DotCommand::Read(file) => return self.read(&file),
            DotCommand::Dump(names) => {
                dump(&self.engine, &names, &self.interruption, &mut self.output)?;
                String::new()
            }
            DotCommand::Import(import) => {
                let imported = import.run(&self.engine, &self.interruption)?;
                let created = if imported.has_created { ", which is new" } else { "" };
                let rows = counted(imported.rows, "row");
                self.tell(&format!("{rows} imported into {}{created}", one_line(&import.table)))?;
                String::new()
            }
            DotCommand::Output(None) => {
                self.output.close()?;
                String::new()
            }
            DotCommand::Output(Some(file)) => self.open_output(&file, false)?,
            DotCommand::Once(file) => self.open_output(&file, true)?,
            DotCommand::Watch(sql) => self.watches.watch(&self.engine, &sql)?,
            DotCommand::Unwatch(number) => self.watches.unwatch(number).map_err(Failure::Message)?,
            DotCommand::Watches => self.watches.list(),
            DotCommand::Databases => listing::files(&self.engine)?,
            DotCommand::Indexes(table) => {
                listing::in_columns(&listing::indexes(&self.engine, table.as_deref())?, width)
            }
            DotCommand::Tables(pattern) => {
                listing::in_columns(&listing::tables(&self.engine, pattern.as_deref())?, width)
            }
            DotCommand::Schema(name) => listing::schema(&self.engine, name.as_deref())?,
            DotCommand::Explain(sql) => paragraph(&self.engine.explain(&sql, ())?.text),
            DotCommand::Stats => stats_text(&self.engine.stats()?),
            DotCommand::Print(text) => format!("{text}\n"),
            DotCommand::Help => HELP.to_owned(),
            setting => self.set(setting),
        };
        if !text.is_empty() {
            writeln!(self.output, "{}", text.strip_suffix('\n').unwrap_or(&text))?;
        }
        Ok(Flow::Continue)
    }

    /// Changes a setting. Returns what there is to say.
    fn set(&mut self, setting: DotCommand) -> String {
        let format = &mut self.settings.format;
        match setting {
            DotCommand::Bail(on) => self.settings.stops_at_errors = on,
            DotCommand::Changes(on) => self.settings.tells_changes = Some(on),
            DotCommand::Timer(on) => self.settings.has_timer = on,
            DotCommand::Headers(on) => format.headers = Some(on),
            DotCommand::NullValue(text) => format.null = Some(text),
            DotCommand::Mode(None) => return format!("mode {}; there are {}", format.mode.name(), Mode::names()),
            DotCommand::Mode(Some((mode, table))) => {
                format.mode = mode;
                format.table = table.unwrap_or_else(|| "tab".to_owned());
            }
            // Every other command is performed.
            _ => {}
        }
        String::new()
    }

    fn open_output(&mut self, file: &Path, is_once: bool) -> Result<String, Failure> {
        match self.output.open(file, is_once) {
            Ok(()) => Ok(String::new()),
            Err(error) => Err(Failure::Message(format!("cannot write {}: {error}", file.display()))),
        }
    }

    fn read(&mut self, file: &Path) -> Result<Flow, Failure> {
        let name = one_line(&file.display().to_string());
        if self.reading.len() == DEEPEST {
            return Err(Failure::Message(format!("{name} is read by files that read each other, {DEEPEST} deep")));
        }
        let opened = File::open(file).and_then(|opened| match opened.metadata()?.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => Ok(opened),
        });
        let opened = opened.map_err(|error| Failure::Message(format!("cannot read {name}: {error}")))?;
        self.reading.push(name);
        let performed = self.perform_lines(BufReader::new(opened));
        self.reading.pop();
        Ok(performed?)
    }
}

/// Every counter on its line. The names are those that `tidewater replay` prints, so a new counter shows in both.
fn stats_text(stats: &Stats) -> String {
    let Ok(serde_json::Value::Object(counters)) = serde_json::to_value(stats) else { return String::new() };
    counters
        .iter()
        .filter_map(|(name, count)| Some(format!("{:<18}{:>12}", name.replace('_', " "), count.as_u64()?)))
        .collect::<Vec<_>>()
        .join("\n")
}
