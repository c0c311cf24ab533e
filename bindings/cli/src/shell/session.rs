//! The shell without a terminal: takes text, returns text, and collects the changes of watched results.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidewater::{Engine, Error, Event, Params, Stats, Watch};

use super::command::{DotCommand, HELP, asks_for_rows, is_dot_command};
use super::live::Live;
use super::split::{is_blank, split};
use super::surface::Surface;
use crate::cell::printable;
use crate::table::{counted, table};
use crate::text::{one_line, paragraph};

/// Splits an input into steps: one dot command, or statements. The last one may lack its semicolon.
pub fn steps(input: &str) -> Vec<&str> {
    if is_dot_command(input) {
        return vec![input];
    }
    let (mut statements, rest) = split(input);
    if !is_blank(rest) {
        statements.push(rest);
    }
    statements
}

/// The outcome of a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// Text to show; it may be empty.
    Text(String),
    /// An error message.
    Trouble(String),
    /// The user quits.
    Quit,
}

/// A running shell.
pub struct Shell {
    engine: Engine,
    watches: BTreeMap<u32, Watched>,
    last_number: u32,
    news: Arc<News>,
    surface: Surface,
}

struct Watched {
    watch: Watch,
    sql: String,
}

/// Texts of watched results that are not shown yet; shared with the prompt.
#[derive(Default)]
pub struct News {
    unshown: Mutex<Unshown>,
}

#[derive(Default)]
struct Unshown {
    texts: Vec<String>,
    ended: Vec<u32>,
}

impl News {
    /// Takes all texts since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().texts)
    }

    fn lock(&self) -> MutexGuard<'_, Unshown> {
        self.unshown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shell {
    pub fn new(engine: Engine, surface: Surface) -> Self {
        Self { engine, watches: BTreeMap::new(), last_number: 0, news: Arc::default(), surface }
    }

    /// The texts of watched results.
    pub fn news(&self) -> Arc<News> {
        Arc::clone(&self.news)
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.engine.in_transaction()
    }

    /// Performs one step that [`steps`] returned.
    pub fn perform(&mut self, step: &str) -> Reply {
        if is_dot_command(step) { self.dot_command(step) } else { answered(self.statement(step)) }
    }

    fn statement(&self, sql: &str) -> Result<String, Error> {
        if asks_for_rows(sql) {
            let answer = self.engine.query(sql, Params::None)?;
            if !answer.columns.is_empty() {
                let count = counted(answer.rows.len(), "row");
                return Ok(format!("{}\n{count}", table(&answer.columns, &answer.rows, self.surface.width())));
            }
            return Ok(format!("done, commit {}", self.engine.last_commit()));
        }
        let before = self.engine.last_commit();
        let executed = self.engine.exec(sql, Params::None)?;
        let changed = counted(usize::try_from(executed.changes).unwrap_or(usize::MAX), "row");
        Ok(match (executed.commit == before, executed.changes) {
            (true, 0) => "done".to_owned(),
            (true, _) => format!("{changed} changed, not committed yet"),
            (false, 0) => format!("done, commit {}", executed.commit),
            (false, _) => format!("{changed} changed, commit {}", executed.commit),
        })
    }

    fn dot_command(&mut self, line: &str) -> Reply {
        let command = match DotCommand::parse(line) {
            Ok(command) => command,
            Err(message) => return Reply::Trouble(one_line(&message)),
        };
        match command {
            DotCommand::Watch(sql) => answered(self.watch(sql)),
            DotCommand::Unwatch(number) => self.unwatch(number),
            DotCommand::Watches => Reply::Text(self.watches()),
            DotCommand::Tables => answered(self.listing(
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'tidewater_commit' ORDER BY name",
                Params::None,
            )),
            DotCommand::Schema(None) => answered(self.listing(
                "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'tidewater_commit' ORDER BY rowid",
                Params::None,
            )),
            DotCommand::Schema(Some(name)) => answered(self.listing(
                "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name = ?1 COLLATE NOCASE ORDER BY rowid",
                Params::from([name]),
            )),
            DotCommand::Explain(sql) => {
                answered(self.engine.explain(sql, Params::None).map(|explain| paragraph(&explain.text)))
            }
            DotCommand::Stats => answered(self.engine.stats().map(|stats| stats_text(&stats))),
            DotCommand::Help => Reply::Text(HELP.to_owned()),
            DotCommand::Quit => Reply::Quit,
        }
    }

    fn watch(&mut self, sql: &str) -> Result<String, Error> {
        let number = self.last_number + 1;
        // No event can arrive before the first result is known.
        let live: Arc<Mutex<Option<Live>>> = Arc::default();
        let (receiver, news) = (Arc::clone(&live), Arc::clone(&self.news));
        let watch = self.engine.subscribe_with(sql, Params::None, move |_, event| {
            let mut live = receiver.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(live) = &mut *live {
                let mut unshown = news.lock();
                unshown.texts.push(live.receive(event));
                if matches!(event, Event::Error { closed: true, .. }) {
                    unshown.ended.push(number);
                }
            }
        })?;
        let first = Live::new(number, watch.snapshot(), self.surface);
        let text = format!("watch {number}, {}\n{}", watch.plan().as_str(), first.page());
        *live.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
        self.last_number = number;
        self.watches.insert(number, Watched { watch, sql: sql.to_owned() });
        Ok(text)
    }

    fn unwatch(&mut self, number: Option<u32>) -> Reply {
        self.forget_ended();
        match number {
            None => {
                let count = std::mem::take(&mut self.watches).len();
                Reply::Text(format!(
                    "{} stopped",
                    if count == 1 { "1 watch".to_owned() } else { format!("{count} watches") }
                ))
            }
            Some(number) => match self.watches.remove(&number) {
                Some(_) => Reply::Text(format!("watch {number} stopped")),
                None => Reply::Trouble(format!("there is no watch {number}; .watches lists them")),
            },
        }
    }

    fn watches(&mut self) -> String {
        self.forget_ended();
        if self.watches.is_empty() {
            return "no watches".to_owned();
        }
        let line = |(number, watched): (&u32, &Watched)| {
            format!("{number}  {}  {}", watched.watch.plan().as_str(), one_line(&watched.sql))
        };
        self.watches.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn forget_ended(&mut self) {
        for number in std::mem::take(&mut self.news.lock().ended) {
            self.watches.remove(&number);
        }
    }

    fn listing(&self, sql: &str, params: Params) -> Result<String, Error> {
        let answer = self.engine.query(sql, params)?;
        let texts = answer.rows.iter().filter_map(|row| match row.get(0) {
            Some(tidewater::ValueRef::Text(bytes)) => {
                Some(String::from_utf8_lossy(bytes).lines().map(printable).collect::<Vec<_>>().join("\n"))
            }
            _ => None,
        });
        Ok(texts.collect::<Vec<_>>().join("\n"))
    }
}

fn answered(result: Result<String, Error>) -> Reply {
    match result {
        Ok(text) => Reply::Text(text),
        Err(error) => Reply::Trouble(one_line(&error.to_string())),
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
