//! Thousands of timelines: what they hold, what they cost while idle, and what one of them costs that is not.

use std::cell::Cell;

use tidewater::{Engine, Value, Watch};

use super::Run;
use crate::chat::{AUTHOR, TIMELINE, unwatched, write_into};
use crate::failure::{Failure, Outcome};
use crate::measure::{Patience, Quartiles, Side};
use crate::memory;
use crate::query::Write;
use crate::report::{Line, Target};
use crate::trio::{Trio, edit_count, select, watch};
use crate::units::bytes;

/// Channels that have fifty messages at any size.
const HOT: usize = 64;
const ROWS: usize = 50;

/// What ten thousand timelines may hold.
const MOST_BYTES: f64 = 40e6;
const TIMELINES: f64 = 10_000.0;

/// What a timeline may hold more in a table ten times as large: nothing, but for longer ids and other bodies.
const MOST_GROWTH: f64 = 1.1;

/// Commits that are timed together.
const COMMITS: usize = 10;

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let is_last = run.settings.sizes.last() == Some(&run.messages);
    fill_cache(&trio.live, run.settings.many)?;
    // What the template takes is not a timeline's: a channel that is not there brings it.
    let _template = subscribe(&trio.live, 0..=0)?;
    let before = Held::now(&trio.live);
    let (mut watches, hot_rows) = subscribe(&trio.live, 1..=HOT)?;
    if hot_rows != HOT * ROWS {
        return Err(Failure::Workload(format!("{HOT} timelines have {hot_rows} rows")));
    }
    let hot = Held::now(&trio.live).minus(before);
    growth(run, hot.live / HOT as f64);
    if !is_last {
        return Ok(());
    }
    let (others, other_rows) = subscribe(&trio.live, HOT + 1..=run.settings.many)?;
    watches.extend(others);
    let all = Held::now(&trio.live).minus(before);
    let rows = hot_rows + other_rows;
    let note = format!("{} timelines, {rows} rows", watches.len());
    // Where channels are too short for fifty rows each, those that are long enough stand for all.
    let (held, scale, note) = if rows == run.settings.many * ROWS {
        (all, TIMELINES / run.settings.many as f64, note)
    } else {
        (hot, TIMELINES / HOT as f64, format!("from {HOT} timelines of fifty rows"))
    };
    for (what, bytes) in [("allocated", held.live), ("stats().state_bytes", held.stated)] {
        state(run, &format!("10,000 timelines, {what} ({note})"), bytes * scale, MOST_BYTES, Target::AtMost(1.0));
    }
    idle(run, trio, watches.len())?;
    fan_out(run, trio, watches.len())
}

/// Reads all timelines once: where SQLite allocates as the program does, the pages that it keeps would count as state.
fn fill_cache(engine: &Engine, many: usize) -> Outcome<()> {
    for channel in 1..=many {
        engine.query(TIMELINE, [channel as i64])?;
    }
    Ok(())
}

/// Subscribes to the timelines of channels, and takes their first rows, as an application does that shows them.
fn subscribe(engine: &Engine, channels: impl Iterator<Item = usize>) -> Outcome<(Vec<Watch>, usize)> {
    let edits = edit_count();
    let (mut watches, mut rows) = (Vec::new(), 0);
    for channel in channels {
        let mut watch = watch(engine, TIMELINE, [channel as i64], &edits)?;
        rows += watch.take_snapshot().rows.len();
        watches.push(watch);
    }
    Ok((watches, rows))
}

/// Bytes held.
#[derive(Clone, Copy)]
struct Held {
    live: f64,
    stated: f64,
}

impl Held {
    fn now(engine: &Engine) -> Self {
        Self { live: memory::live_bytes() as f64, stated: engine.stats().map_or(0, |stats| stats.state_bytes) as f64 }
    }

    fn minus(self, other: Self) -> Self {
        Self { live: self.live - other.live, stated: self.stated - other.stated }
    }
}

fn growth(run: &mut Run<'_>, timeline: f64) {
    match run.hot_bytes {
        None => run.hot_bytes = Some(timeline),
        Some(small) => {
            state(run, "a timeline, beside one of the smaller table", timeline, small, Target::AtMost(MOST_GROWTH));
        }
    }
}

fn state(run: &mut Run<'_>, what: &str, above: f64, below: f64, target: Target) {
    let ratio = Quartiles::exactly(above / below);
    let (what, messages) = (what.to_owned(), run.messages);
    run.push(Line {
        group: "state",
        what,
        messages,
        above: bytes(above),
        below: bytes(below),
        ratio,
        target,
        rounds: 1,
    });
}

/// Commits per second with all timelines subscribed, beside those with one: the write is into a channel nobody watches.
fn idle(run: &mut Run<'_>, trio: &Trio, many: usize) -> Outcome<()> {
    let write = unwatched();
    let one = subscribe(&trio.bare, 1..=1)?;
    let sides =
        run.alternate(run.patience(), vec![commits(run, &trio.live, &write), commits(run, &trio.bare, &write)])?;
    drop(one);
    let rate = |side| format!("{:.0}/s", 1.0 / sides.median(side));
    let line = Line {
        group: "idle",
        what: format!("commits beside {many} idle timelines, and beside one"),
        messages: run.messages,
        above: rate(0),
        below: rate(1),
        ratio: sides.ratio(1, 0),
        target: Target::AtLeast(0.95),
        rounds: sides.rounds(),
    };
    run.push(line);
    Ok(())
}

/// Seconds of a commit, several being timed together: the write and what takes it back are both one row.
fn commits<'s>(run: &'s Run<'_>, engine: &'s Engine, write: &'s Write) -> Side<'s> {
    Box::new(move || {
        let begun = run.world.now();
        for _ in 0..COMMITS / 2 {
            write.apply.exec(engine)?;
            write.undo.exec(engine)?;
        }
        Ok((run.world.now() - begun) / COMMITS as f64)
    })
}

/// A write that one of the timelines shows, beside running all of them again.
fn fan_out(run: &mut Run<'_>, trio: &Trio, many: usize) -> Outcome<()> {
    let writes: Vec<_> = (1..=64).map(|channel| write_into(channel, AUTHOR, None)).collect();
    let warm = unwatched();
    let (next, bare) = (Cell::new(0), Cell::new(0));
    let commit = |engine: &Engine, next: &Cell<usize>| {
        next.set(next.get() + 1);
        // The re-runs have taken the caches: what a commit costs in cold ones is not what is asked here.
        for _ in 0..COMMITS {
            crate::trio::time_write(&|| run.world.now(), engine, &warm)?;
        }
        crate::trio::time_write(&|| run.world.now(), engine, &writes[next.get() % writes.len()])
    };
    let mut statement = trio.raw.prepare(TIMELINE)?;
    let mut rerun = || -> Outcome<()> {
        for channel in 1..=many {
            select(&mut statement, &[Value::from(channel as i64)])?;
        }
        Ok(())
    };
    let patience = Patience { least_rounds: 3, ..run.patience() };
    let sides = run.alternate(
        patience,
        vec![Box::new(|| commit(&trio.live, &next)), run.timed(&mut rerun), Box::new(|| commit(&trio.bare, &bare))],
    )?;
    let medians = (sides.median(0), sides.median(1));
    // Judged by what ten thousand would be, should there be fewer.
    let most = 1e-3 * TIMELINES / many as f64;
    let what = format!("a write that one of {many} timelines shows, beside re-running them");
    run.times("fan-out", &what, medians, sides.ratio(0, 1), Target::AtMost(most), sides.rounds());
    let medians = (sides.median(2), sides.median(1));
    run.times(
        "fan-out",
        "the bare commit alone, beside the same",
        medians,
        sides.ratio(2, 1),
        Target::None,
        sides.rounds(),
    );
    Ok(())
}
