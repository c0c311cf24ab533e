//! The shell without its terminal: text in, text out, and what watched results have to tell.

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

/// The steps of an input: one dot command, or statements of which the last may lack its semicolon.
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

/// What one step led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// Something to show, perhaps nothing.
    Text(String),
    /// Something that went wrong, in words.
    Trouble(String),
    /// The user wants to leave.
    Quit,
}

/// A running shell.
pub struct Session {
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

/// What watched results have to tell and nobody has shown yet; shared with whoever shows it.
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
    /// All texts since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().texts)
    }

    fn lock(&self) -> MutexGuard<'_, Unshown> {
        self.unshown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    pub fn new(engine: Engine, surface: Surface) -> Self {
        Self { engine, watches: BTreeMap::new(), last_number: 0, news: Arc::default(), surface }
    }

    /// What watched results have to tell.
    pub fn news(&self) -> Arc<News> {
        Arc::clone(&self.news)
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.engine.in_transaction()
    }

    /// Performs one step of an input, as [`steps`] finds them.
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
            return Ok(format!("done, commit {}", self.engine.commit()));
        }
        let before = self.engine.commit();
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
            DotCommand::Stats => Reply::Text(stats_text(&self.engine.stats())),
            DotCommand::Help => Reply::Text(HELP.to_owned()),
            DotCommand::Quit => Reply::Quit,
        }
    }

    fn watch(&mut self, sql: &str) -> Result<String, Error> {
        let number = self.last_number + 1;
        // The first event can only come once the result it starts from is known.
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
                None => Reply::Trouble(format!("there is no watch {number}; .watches shows them")),
            },
        }
    }

    fn watches(&mut self) -> String {
        self.forget_ended();
        if self.watches.is_empty() {
            return "nothing is watched".to_owned();
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

fn stats_text(stats: &Stats) -> String {
    let Stats {
        commits,
        subscriptions,
        templates,
        bindings,
        dataflows,
        state_bytes,
        remembered_bytes: _,
        memory_budget: _,
        evicted: _,
        without_state: _,
        requeries,
        maintained: _,
        refused: _,
        given_up: _,
        beyond: _,
        refills: _,
        lookups: _,
        repairs: _,
        rows_in,
        rows_out,
        disagreements: _,
        divergences: _,
    } = *stats;
    [
        ("commits", commits),
        ("subscriptions", subscriptions),
        ("templates", templates),
        ("bindings", bindings),
        ("dataflows", dataflows),
        ("state bytes", state_bytes),
        ("re-runs", requeries),
        ("rows in", rows_in),
        ("rows out", rows_out),
    ]
    .map(|(name, count)| format!("{name:<14}{count:>12}"))
    .join("\n")
}
