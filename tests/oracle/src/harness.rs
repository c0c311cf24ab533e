//! Runs an engine and the oracle side by side: both take every step, and every commit is compared.

use std::sync::{Arc, Mutex, PoisonError};

use tidewater::{
    DisabledFeatures, Engine, Event, Location, Options, Params, PlanKind, Row, Strategy, SubscriptionId, SumStore,
};

use crate::capture::Capture;
use crate::case::Step;
use crate::compare::{Query, compare, is_random};
use crate::finding::{Fault, Finding};
use crate::hygiene;
use crate::live::{Checked, Live, State, check, fails_by_plan, report, same_names};
use crate::log::Log;
use crate::mirror::{Answer, Mirror, Stamp, TOO_SLOW};
use crate::tally::Tally;
use crate::text::leading_keyword;

/// How a history is checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the engine maintains.
    pub strategy: Strategy,
    /// Whether paranoid mode is on.
    pub paranoid: bool,
    /// Whether the cost gate may re-run maintainable queries. On tables this small it usually would.
    pub cost_gate: bool,
    /// How many changed rows of a table the engine keeps in a commit, instead of what the cost gate says.
    pub most_captured_rows: Option<usize>,
    /// What the planner leaves out, with what a case says itself.
    pub disabled: DisabledFeatures,
    /// Where the engine keeps sums.
    pub sums: SumStore,
    /// Whether the captured changes are compared with the tables.
    pub capture: bool,
    /// Whether a fresh subscriber is compared with each live one at the end.
    pub late: bool,
    /// The limit of a statement, in thousands of SQLite instructions.
    pub allowance: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            strategy: Strategy::Auto,
            paranoid: false,
            cost_gate: false,
            most_captured_rows: None,
            disabled: DisabledFeatures::NOTHING,
            sums: SumStore::default(),
            capture: true,
            late: true,
            allowance: 400,
        }
    }
}

/// How many changed rows of a table [`Way::Bulk`] keeps: the next row gives them up.
const MOST_CAPTURED_ROWS: usize = 1;

/// A way to play a case. Every way gives the same rows at each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Plans are used wherever there are any.
    Always,
    /// The cost gate decides.
    Gated,
    /// As always, but where a commit changes several rows of a table, they are given up, and what reads the table is evaluated again.
    Bulk,
    /// Every affected query is re-run.
    Requery,
}

impl Way {
    /// All but [`Way::Bulk`], which cases take in the place of [`Way::Gated`] by turns.
    pub const ALL: [Self; 3] = [Self::Always, Self::Gated, Self::Requery];

    /// The settings, changed to go this way.
    #[must_use]
    pub fn settings(self, settings: &Settings) -> Settings {
        let strategy = if self == Self::Requery { Strategy::Requery } else { settings.strategy };
        // Who sees every change batch makes the engine capture whole rows; where plans are always used, it captures what they read.
        let capture = settings.capture && !matches!(self, Self::Always | Self::Bulk);
        let most_captured_rows = (self == Self::Bulk).then_some(MOST_CAPTURED_ROWS).or(settings.most_captured_rows);
        Settings { strategy, cost_gate: self == Self::Gated, capture, most_captured_rows, ..settings.clone() }
    }
}

/// The outcome of a subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// It is live.
    Live,
    /// Neither SQLite nor the engine accepts the query.
    Refused,
    /// SQLite takes too long.
    TooSlow,
}

type Inbox = Arc<Mutex<Vec<(SubscriptionId, Event)>>>;

/// The engine, the oracle and the live subscriptions.
pub struct Harness {
    engine: Engine,
    mirror: Mirror,
    live: Vec<Live>,
    inbox: Inbox,
    capture: Option<Capture>,
    settings: Settings,
    stamp: Stamp,
    /// What was counted so far.
    pub tally: Tally,
    /// What was delivered so far.
    pub log: Log,
}

impl Harness {
    /// Two empty databases.
    ///
    /// # Panics
    /// When the engine cannot open a database in memory.
    #[must_use]
    pub fn new(settings: Settings, log: Log) -> Self {
        let options = Options::default()
            .with_foreign_keys(false)
            .with_strategy(settings.strategy)
            .with_paranoid(settings.paranoid)
            .with_cost_gate(settings.cost_gate)
            .with_disabled_features(settings.disabled)
            .with_sums(settings.sums);
        let options = match settings.most_captured_rows {
            Some(rows) => options.with_most_captured_rows(rows),
            None => options,
        };
        let engine = Engine::open(Location::Memory, options).expect("the engine opens a database in memory");
        let capture = settings.capture.then(|| Capture::of(&engine));
        let mirror = Mirror::new(settings.allowance);
        let stamp = mirror.stamp();
        Self {
            engine,
            mirror,
            live: Vec::new(),
            inbox: Inbox::default(),
            capture,
            settings,
            stamp,
            tally: Tally::default(),
            log,
        }
    }

    /// The oracle's database, to look things up in.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// The engine under test.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How many subscriptions are live.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.live.len()
    }

    /// The rows of each live subscription, in an order that depends on the rows only.
    #[must_use]
    pub fn bags(&self) -> Vec<(u64, Vec<Row>)> {
        let sorted = |live: &Live| {
            let mut rows = live.rows.clone();
            rows.sort_by(|left, right| left.as_bytes().cmp(right.as_bytes()));
            (live.id, rows)
        };
        self.live.iter().map(sorted).collect()
    }

    /// Takes a step.
    ///
    /// # Errors
    /// The finding of the step.
    pub fn step(&mut self, step: &Step) -> Result<(), Finding> {
        match step {
            Step::Exec { sql, params } => self.exec(sql, params).map(|_| ()),
            Step::Subscribe { id, sql, params } => match self.subscribe(*id, sql, params)? {
                Subscribed::Refused => {
                    self.tally.invalid += 1;
                    Ok(())
                }
                Subscribed::Live | Subscribed::TooSlow => Ok(()),
            },
            Step::Unsubscribe { id } => {
                self.unsubscribe(*id);
                Ok(())
            }
        }
    }

    /// Runs a script in both and compares every subscription, unless a transaction stays open. Returns whether the script
    /// succeeded.
    ///
    /// # Errors
    /// A difference between the two, or a wrong delivery.
    pub fn exec(&mut self, sql: &str, params: &Params) -> Result<bool, Finding> {
        if is_random(sql) {
            return Err(Finding::new(Fault::GaveUp, sql, "the two databases would part".to_owned()));
        }
        let was_open = self.mirror.in_transaction();
        let is_one_transaction = self.mirror.wraps(sql);
        let theirs = self.mirror.exec(sql, params);
        if theirs.as_ref().is_err_and(|error| error == TOO_SLOW) {
            return Err(Finding::new(Fault::GaveUp, sql, String::new()));
        }
        let answers = self.answers();
        let ours = match is_one_transaction {
            Ok(true) => self.engine.exec(sql, params.clone()),
            Ok(false) | Err(_) => self.engine.exec_each(sql, params.clone()),
        };
        let wrong = |detail: String| Finding::new(Fault::Write, sql, detail);
        match (&ours, &theirs) {
            (Ok(executed), Ok(changes)) if executed.changes != *changes => {
                return Err(wrong(format!("{} changes instead of {changes}", executed.changes)));
            }
            (Ok(_), Ok(_)) => {}
            (Err(_), Err(_)) => self.tally.failed_writes += 1,
            (Ok(_), Err(error)) => return Err(wrong(format!("succeeded where SQLite fails: {error}"))),
            (Err(error), Ok(_)) => return Err(wrong(format!("failed where SQLite succeeds: {error}"))),
        }
        if self.engine.in_transaction() != self.mirror.in_transaction() {
            return Err(wrong(format!(
                "in a transaction: {}, SQLite: {}",
                self.engine.in_transaction(),
                self.mirror.in_transaction()
            )));
        }
        let delivered = self.receive()?;
        if !self.mirror.in_transaction() {
            self.check_commit(sql, delivered, answers)?;
        } else if was_open && delivered > 0 && !hygiene::may_commit(sql) {
            return Err(Finding::new(Fault::Hygiene, sql, "delivered while a transaction is open".to_owned()));
        }
        Ok(theirs.is_ok())
    }

    /// Subscribes, if SQLite accepts the query.
    ///
    /// # Errors
    /// When the engine and SQLite do not agree.
    pub fn subscribe(&mut self, id: u64, sql: &str, params: &Params) -> Result<Subscribed, Finding> {
        let expected = match self.mirror.query(sql, params) {
            Answer::Rows(rows) => rows,
            Answer::TooSlow => {
                self.tally.too_slow += 1;
                return Ok(Subscribed::TooSlow);
            }
            Answer::Unpreparable(error) | Answer::Failing(error) => {
                return match self.engine.subscribe(sql, params.clone()) {
                    Ok(_) if fails_by_plan(&self.mirror, &error, &Query::new(sql, params, &[]), |_| true) => {
                        Ok(Subscribed::Refused)
                    }
                    Ok(_) => Err(Finding::new(Fault::Mismatch, sql, format!("accepted, SQLite says: {error}"))),
                    Err(_) => Ok(Subscribed::Refused),
                };
            }
        };
        let inbox = Arc::clone(&self.inbox);
        let subscribed = self.engine.subscribe_with(sql, params.clone(), move |id, event| {
            inbox.lock().unwrap_or_else(PoisonError::into_inner).push((id, event.clone()));
        });
        let watch = match subscribed {
            Ok(watch) => watch,
            Err(error) => {
                self.tally.rejected += 1;
                return Err(Finding::new(Fault::Rejected, sql, format!("SQLite accepts it, the engine: {error}")));
            }
        };
        let snapshot = watch.snapshot();
        let wrong = |detail: String| Finding::new(Fault::Mismatch, sql, detail);
        if !same_names(&snapshot.columns, &expected.columns) {
            return Err(wrong(format!("columns {:?} instead of {:?}", snapshot.columns, expected.columns)));
        }
        if snapshot.commit != self.engine.last_commit() {
            return Err(wrong(format!("snapshot of commit {} at {}", snapshot.commit, self.engine.last_commit())));
        }
        let query = Query::new(sql, params, &expected.columns);
        let again = || self.engine.query(sql, params.clone()).ok().map(|rows| rows.rows);
        compare(&self.mirror, &query, &snapshot.rows, &expected.rows, again)
            .map_err(|problem| wrong(report("snapshot", &problem, &snapshot.rows, &expected.rows)))?;
        self.log.snapshot(id, &snapshot.rows);
        self.tally.subscriptions += 1;
        match watch.plan() {
            PlanKind::Incremental => self.tally.incremental += 1,
            PlanKind::Requery => {
                self.tally.requery += 1;
                let explained = self.engine.explain(sql, params.clone());
                if let Some(reason) = explained.ok().and_then(|explained| explained.reason) {
                    *self.tally.reasons.entry(reason).or_default() += 1;
                }
            }
        }
        let (columns, rows, last) = (snapshot.columns.to_vec(), snapshot.rows.to_vec(), snapshot.commit.0);
        self.live.push(Live {
            id,
            query,
            watch,
            columns,
            rows,
            state: State::Good,
            moved: false,
            last,
            needless_moves: 0,
            wasteful: 0,
        });
        Ok(Subscribed::Live)
    }

    /// Ends a subscription; the name of one that has already ended is accepted.
    pub fn unsubscribe(&mut self, id: u64) {
        self.live.retain(|live| live.id != id);
    }

    /// Compares each live subscription with a fresh one to the same query.
    ///
    /// # Errors
    /// What differs.
    pub fn finish(&mut self) -> Result<(), Finding> {
        let repairs = self.engine.stats().expect("no call of the engine is around this one").repairs;
        if repairs > 0 {
            return Err(Finding::new(
                Fault::Repair,
                "",
                format!("{repairs} results were not what had been maintained"),
            ));
        }
        if !self.settings.late || self.mirror.in_transaction() {
            return Ok(());
        }
        for live in &self.live {
            if live.state != State::Good || live.query.sampled {
                continue;
            }
            let Query { sql, params, .. } = &live.query;
            let wrong = |detail: String| Finding::new(Fault::Late, sql, detail);
            let fresh = self
                .engine
                .subscribe(sql, params.clone())
                .map_err(|error| wrong(format!("late subscriber: {error}")))?;
            let fresh = fresh.snapshot();
            let again = || self.engine.query(sql, params.clone()).ok().map(|rows| rows.rows);
            compare(&self.mirror, &live.query, &live.rows, &fresh.rows, again)
                .map_err(|problem| wrong(report("accumulated and fresh", &problem, &live.rows, &fresh.rows)))?;
        }
        Ok(())
    }

    /// Applies the delivered events and returns their number.
    fn receive(&mut self) -> Result<usize, Finding> {
        let events = std::mem::take(&mut *self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        hygiene::order(&events).map_err(|problem| Finding::new(Fault::Hygiene, "", problem))?;
        for (id, event) in &events {
            let Some(live) = self.live.iter_mut().find(|live| live.watch.id() == *id) else {
                return Err(Finding::new(
                    Fault::Hygiene,
                    "",
                    format!("event for subscription {id}, which is not live: {event:?}"),
                ));
            };
            self.log.event(live.id, event);
            if event.diff().is_some() {
                self.tally.diffs += 1;
            }
            live.take(event).map_err(|problem| Finding::new(Fault::Hygiene, &live.query.sql, problem))?;
            self.tally.wasteful += std::mem::take(&mut live.wasteful);
            self.tally.needless_moves += std::mem::take(&mut live.needless_moves);
        }
        Ok(events.len())
    }

    /// SQLite's answer to each live subscription. It is asked before the engine, which has no time limit: a query that
    /// takes too long is given up.
    fn answers(&mut self) -> Vec<Answer> {
        if self.mirror.in_transaction() || self.mirror.stamp() == self.stamp {
            return Vec::new();
        }
        let mut answers = Vec::with_capacity(self.live.len());
        let mirror = &self.mirror;
        let before = self.live.len();
        self.live.retain(|live| {
            let answer = mirror.query(&live.query.sql, &live.query.params);
            let slow = matches!(answer, Answer::TooSlow);
            if !slow {
                answers.push(answer);
            }
            !slow
        });
        self.tally.too_slow += (before - self.live.len()) as u64;
        answers
    }

    fn check_commit(&mut self, after: &str, delivered: usize, answers: Vec<Answer>) -> Result<(), Finding> {
        let stamp = self.mirror.stamp();
        let committed = stamp != self.stamp;
        if !committed && delivered == 0 && leading_keyword(after) != "PRAGMA" {
            return Ok(());
        }
        if let Some(capture) = &mut self.capture {
            let reread = !stamp.same_schema(self.stamp) || after.to_ascii_uppercase().contains("VACUUM");
            let checked = capture.check(&self.mirror, reread);
            self.tally.tables += checked.map_err(|problem| Finding::new(Fault::Capture, after, problem))?;
        }
        self.stamp = stamp;
        self.tally.commits += u64::from(committed);
        let mut ended = Vec::new();
        let mut answers = answers.into_iter();
        for (index, live) in self.live.iter().enumerate() {
            let answer = answers.next().unwrap_or_else(|| self.mirror.query(&live.query.sql, &live.query.params));
            match check(&self.mirror, &self.engine, live, answer)? {
                Checked::Agreed(agreement) if committed => self.tally.count(agreement),
                Checked::Failing if committed => self.tally.failing += 1,
                Checked::Agreed(_) | Checked::Failing => {}
                Checked::Closed => {
                    self.tally.closed += 1;
                    ended.push(index);
                }
            }
        }
        for live in &mut self.live {
            if live.moved {
                continue;
            }
            live.moved = live.last > live.watch.snapshot().commit.0 && live.state != State::Closed;
            self.tally.moved += u64::from(live.moved);
        }
        for index in ended.into_iter().rev() {
            self.live.remove(index);
        }
        Ok(())
    }
}
