//! The first result of a subscription beside the plain SELECT: of a query that is new, and of a known template.

use std::cell::Cell;

use super::Run;
use crate::chat::{AUTHOR, CHANNEL, TIMELINE, TIMELINE_JOIN, TIMELINE_LEFT_JOIN};
use crate::failure::Outcome;
use crate::report::Target;
use crate::trio::{Trio, edit_count, select, watch};

const GROUP: &str = "hydrate";

const QUERIES: &[(&str, &str, &[i64], &[i64])] = &[
    ("window", TIMELINE, &[CHANNEL], &[CHANNEL + 1]),
    ("join, window", TIMELINE_JOIN, &[CHANNEL], &[CHANNEL + 1]),
    ("left join, window", TIMELINE_LEFT_JOIN, &[CHANNEL], &[CHANNEL + 1]),
    ("filter", "SELECT id, channel_id, body FROM messages WHERE author_id = ?", &[AUTHOR], &[AUTHOR + 1]),
    (
        "group of a channel",
        "SELECT author_id, count(*) FROM messages WHERE channel_id = ? GROUP BY author_id",
        &[CHANNEL],
        &[CHANNEL + 1],
    ),
    ("count per channel", "SELECT channel_id, count(*) FROM messages WHERE id > ? GROUP BY channel_id", &[0], &[1]),
];

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    for (name, sql, slots, others) in QUERIES {
        let params: Vec<tidewater::Value> = slots.iter().map(|slot| (*slot).into()).collect();
        let others: Vec<tidewater::Value> = others.iter().map(|slot| (*slot).into()).collect();

        // A comment that nobody has written before: neither side has seen the text, and both compile it.
        let texts = Cell::new(0);
        let new_text = || {
            texts.set(texts.get() + 1);
            format!("{sql} -- {}", texts.get())
        };
        let sides = run.alternate(
            run.patience(),
            vec![
                Box::new(|| {
                    let text = new_text();
                    let begun = run.world.now();
                    let watch = watch(&trio.live, &text, params.clone(), &edit_count())?;
                    let taken = run.world.now() - begun;
                    drop(watch);
                    Ok(taken)
                }),
                Box::new(|| {
                    let text = new_text();
                    let begun = run.world.now();
                    let rows = select(&mut trio.raw.0.prepare(&text)?, &params)?;
                    let taken = run.world.now() - begun;
                    drop(rows);
                    Ok(taken)
                }),
            ],
        )?;
        let medians = (sides.median(0), sides.median(1));
        let what = format!("{name}, beside compiling and running");
        run.times(GROUP, &what, medians, sides.ratio(0, 1), Target::AtMost(1.3), sides.rounds());

        let known = watch(&trio.live, sql, others, &edit_count())?;
        let mut statement = trio.raw.prepare(sql)?;
        let sides = run.alternate(
            run.patience(),
            vec![
                Box::new(|| {
                    let begun = run.world.now();
                    let watch = watch(&trio.live, sql, params.clone(), &edit_count())?;
                    let taken = run.world.now() - begun;
                    drop(watch);
                    Ok(taken)
                }),
                run.timed(|| select(&mut statement, &params).map(drop)),
            ],
        )?;
        drop(known);
        let medians = (sides.median(0), sides.median(1));
        let what = format!("{name}, one more binding, beside running");
        run.times(GROUP, &what, medians, sides.ratio(0, 1), Target::AtMost(1.3), sides.rounds());
    }
    Ok(())
}
