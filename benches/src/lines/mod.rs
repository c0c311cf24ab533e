//! The ratios, a file for each group of them.

mod bulk;
mod hydrate;
mod ledger;
mod many;
mod operators;
mod routing;
mod suite;
mod window;
mod write_to_diff;

use crate::failure::Outcome;
use crate::measure::{Patience, Quartiles, Side, Sides, alternate};
use crate::report::{Line, QueryCost, Report, Target};
use crate::trio::{Raw, Trio, time_write};
use crate::units::time;
use crate::world::{Data, Settings, World};
use crate::{Write, chat};

type Measure = fn(&mut Run<'_>, &Trio) -> Outcome<()>;

const MEASURES: &[(&str, Measure)] = &[
    ("write to diff", write_to_diff::measure),
    ("ledger", ledger::measure),
    ("window", window::measure),
    ("suite", suite::measure_chat),
    ("hydrate", hydrate::measure),
    ("bulk", bulk::measure),
    ("many", many::measure),
    ("operators", operators::measure),
    ("routing", routing::measure),
];

/// Names of the groups.
pub const GROUPS: &[&str] =
    &["write to diff", "ledger", "window", "suite", "hydrate", "bulk", "many", "operators", "routing"];

/// A run under way.
struct Run<'a> {
    world: &'a dyn World,
    settings: &'a Settings,
    report: Report,
    /// Messages in the databases that are being measured; 0 for Chinook.
    messages: u64,
    /// Bytes that the timelines of the hot channels took at the smaller size.
    hot_bytes: Option<f64>,
}

/// Measures all lines, or those of the groups that the settings name.
///
/// # Errors
/// When a database cannot be had, or a workload is not what its line needs.
pub fn run(world: &dyn World, settings: &Settings) -> Outcome<Report> {
    let mut run = Run { world, settings, report: Report::default(), messages: 0, hot_bytes: None };
    let wanted = |name: &str| settings.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    for messages in &settings.sizes {
        run.messages = *messages;
        let trio = Trio::open(world, Data::Chat(*messages))?;
        for (_, measure) in MEASURES.iter().filter(|(name, _)| wanted(name)) {
            measure(&mut run, &trio)?;
        }
    }
    if wanted("suite") && world.chinook().is_some() {
        run.messages = 0;
        suite::measure_chinook(&mut run)?;
    }
    if wanted("suite") {
        suite::summarise(&mut run);
    }
    Ok(run.report)
}

impl Run<'_> {
    fn patience(&self) -> Patience {
        self.settings.patience
    }

    fn alternate(&self, patience: Patience, sides: Vec<Side<'_>>) -> Outcome<Sides> {
        alternate(&|| self.world.now(), patience, sides)
    }

    /// The write on all three databases: subscribed, bare, SQLite alone.
    fn writes(&self, patience: Patience, trio: &Trio, write: &Write) -> Outcome<Sides> {
        self.alternate(
            patience,
            vec![self.side(&trio.live, write), self.side(&trio.bare, write), self.raw_side(&trio.raw, write)],
        )
    }

    fn side<'s>(&'s self, engine: &'s tidewater::Engine, write: &'s Write) -> Side<'s> {
        Box::new(move || time_write(&|| self.world.now(), engine, write))
    }

    fn raw_side<'s>(&'s self, raw: &'s Raw, write: &'s Write) -> Side<'s> {
        Box::new(move || raw.time_write(&|| self.world.now(), write))
    }

    /// The time of something that is not a write.
    fn timed<'s>(&'s self, mut body: impl FnMut() -> Outcome<()> + 's) -> Side<'s> {
        Box::new(move || {
            let begun = self.world.now();
            body()?;
            Ok(self.world.now() - begun)
        })
    }

    fn push(&mut self, line: Line) {
        self.world.say(&line.row());
        self.report.lines.push(line);
    }

    fn push_query(&mut self, cost: QueryCost) {
        let (maintain, rerun) = (time(cost.maintain.median), time(cost.rerun));
        self.world.say(&format!("  {}: a commit {maintain}, a re-run {rerun}", cost.name));
        self.report.queries.push(cost);
    }

    /// A line that compares two times.
    fn times(
        &mut self,
        group: &'static str,
        what: &str,
        (above, below): (f64, f64),
        ratio: Quartiles,
        target: Target,
        rounds: usize,
    ) {
        let (above, below) = (time(above), time(below));
        let (what, messages) = (what.to_owned(), self.messages);
        self.push(Line { group, what, messages, above, below, ratio, target, rounds });
    }
}

/// The write that the lines about one channel use.
fn into_channel() -> Write {
    chat::write_into(chat::CHANNEL, chat::AUTHOR, None)
}
