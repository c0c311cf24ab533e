//! Many subscriptions of one query with values of their own; a write affects one: over a join, and by a range.

use tidewater::Value;

use super::Run;
use crate::chat::CHANNEL;
use crate::failure::Outcome;
use crate::query::{Statement, Write};
use crate::report::Target;
use crate::trio::{Trio, edit_count, watch};

/// What a write may cost beside thousands of subscriptions, as a multiple of what it costs beside the one it concerns.
const MOST: f64 = 1.5;

const OVER_A_JOIN: &str = "SELECT m.id, m.body, c.name FROM messages m JOIN channels c ON c.id = m.channel_id \
                           WHERE c.topic = ? AND m.created_at > 9000000000000";

const BY_A_RANGE: &str = "SELECT id, body FROM messages WHERE created_at > ?";

/// Later than all messages that are there.
const LATER: i64 = 9_000_000_000_000;

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    if run.settings.sizes.last() != Some(&run.messages) {
        return Ok(());
    }
    let write = written(LATER + 15);
    let own = Statement::new("UPDATE channels SET topic = id", Vec::new());
    own.exec(&trio.live)?;
    own.exec(&trio.bare)?;
    // As many topics as there are subscribers, most of which no channel has.
    let topic = |at: usize| Value::from((CHANNEL as usize + at).to_string());
    line(run, trio, "over a join", OVER_A_JOIN, &topic, &write)?;
    line(run, trio, "by a range", BY_A_RANGE, &|at| Value::from(LATER + 10 * (at as i64 + 1)), &write)
}

/// A message that is taken back.
fn written(at: i64) -> Write {
    let sql = "INSERT INTO messages(id, channel_id, author_id, body, created_at) VALUES (?, ?, 1, 'x', ?)";
    let id = Value::from(1_i64 << 40);
    Write {
        apply: Statement::new(sql, vec![id.clone(), Value::from(CHANNEL), Value::from(at)]),
        undo: Statement::new("DELETE FROM messages WHERE id = ?", vec![id]),
    }
}

fn line(
    run: &mut Run<'_>,
    trio: &Trio,
    what: &str,
    sql: &str,
    value: &dyn Fn(usize) -> Value,
    write: &Write,
) -> Outcome<()> {
    let (edits, many) = (edit_count(), run.settings.many);
    let watches = (0..many).map(|at| watch(&trio.live, sql, [value(at)], &edits)).collect::<Outcome<Vec<_>>>()?;
    let one = watch(&trio.bare, sql, [value(0)], &edits)?;
    let sides = run.alternate(run.patience(), vec![run.side(&trio.live, write), run.side(&trio.bare, write)])?;
    drop((watches, one));
    let what = format!("a write that concerns one of {many} subscriptions {what}, beside that one alone");
    let medians = (sides.median(0), sides.median(1));
    run.times("routing", &what, medians, sides.ratio(0, 1), Target::AtMost(MOST), sides.rounds());
    Ok(())
}
