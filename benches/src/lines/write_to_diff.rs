//! From a write of one row to its diff with one affected subscription, beside the commit that nobody listens to.

use tidewater::Value;

use super::{Run, into_channel};
use crate::chat::{AUTHOR, CHANNEL, TIMELINE, TIMELINE_JOIN, TIMELINE_LEFT_JOIN};
use crate::failure::Outcome;
use crate::report::Target;
use crate::trio::{Trio, edit_count, watch};

const GROUP: &str = "write to diff";

/// A query with its parameters, and the most that its write may cost: beside the bare commit, and beside SQLite alone.
type Shape = (&'static str, &'static str, &'static [i64], f64, f64);

const SHAPES: &[Shape] = &[
    ("filter", "SELECT id, channel_id, body FROM messages WHERE author_id = ?", &[AUTHOR], 2.0, 1.4),
    ("window", TIMELINE, &[CHANNEL], 2.0, 1.5),
    ("count per channel", "SELECT channel_id, count(*) FROM messages GROUP BY channel_id", &[], 2.0, 1.6),
    (
        "join",
        "SELECT m.id, u.name, m.body FROM messages m JOIN users u ON u.id = m.author_id WHERE m.channel_id = ?",
        &[CHANNEL],
        3.0,
        2.0,
    ),
    (
        "left join",
        "SELECT m.id, u.name, m.body FROM messages m LEFT JOIN users u ON u.id = m.author_id WHERE m.channel_id = ?",
        &[CHANNEL],
        3.0,
        2.0,
    ),
    ("join, window", TIMELINE_JOIN, &[CHANNEL], 3.0, 2.0),
    ("left join, window", TIMELINE_LEFT_JOIN, &[CHANNEL], 3.0, 2.0),
];

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let write = into_channel();
    let sides = run.writes(run.patience(), trio, &write)?;
    let medians = (sides.median(1), sides.median(2));
    run.times(GROUP, "nobody, beside SQLite alone", medians, sides.ratio(1, 2), Target::AtMost(1.2), sides.rounds());
    // Two engines that do the same: how far a ratio can be off.
    let medians = (sides.median(0), sides.median(1));
    run.times(GROUP, "nobody, beside nobody", medians, sides.ratio(0, 1), Target::None, sides.rounds());
    for (shape, sql, slots, most, most_beside) in SHAPES {
        let watch = watch(&trio.live, sql, slots.iter().copied().map(Value::from).collect::<Vec<_>>(), &edit_count())?;
        let sides = run.writes(run.patience(), trio, &write)?;
        drop(watch);
        let (live, bare, raw) = (sides.median(0), sides.median(1), sides.median(2));
        run.times(GROUP, shape, (live, bare), sides.ratio(0, 1), Target::AtMost(*most), sides.rounds());
        let beside = format!("{shape}, beside SQLite alone");
        run.times(GROUP, &beside, (live, raw), sides.ratio(0, 2), Target::AtMost(*most_beside), sides.rounds());
    }
    Ok(())
}
