//! Ten thousand row changes in one commit that a hundred subscriptions listen to, beside the commit itself.

use super::Run;
use crate::chat::hundred;
use crate::failure::Outcome;
use crate::query::Write;
use crate::report::Target;
use crate::trio::{Trio, edit_count, watch};

const GROUP: &str = "bulk";
const ROWS: u64 = 10_000;

/// Above all ids and times that the content has.
const NEW: u64 = 100_000_000;

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let above = run.messages - ROWS;
    let inserts = Write::of(
        &format!(
            "INSERT INTO messages(id, channel_id, author_id, body, created_at) \
             SELECT id + {NEW}, channel_id, author_id, body, created_at + {NEW} FROM messages WHERE id > {above}"
        ),
        &format!("DELETE FROM messages WHERE id > {NEW}"),
    );
    let updates = Write::of(
        &format!("UPDATE messages SET body = body || '!' WHERE id > {above}"),
        &format!("UPDATE messages SET body = substr(body, 1, length(body) - 1) WHERE id > {above}"),
    );
    let unread = Write::of(
        &format!("UPDATE messages SET edited_at = 7 WHERE id > {above}"),
        &format!("UPDATE messages SET edited_at = NULL WHERE id > {above}"),
    );
    let deletes = Write { apply: inserts.undo.clone(), undo: inserts.apply.clone() };
    let writes = [
        ("10,000 inserts", &inserts, 1.4),
        ("10,000 updates of a column that nobody reads", &unread, 1.15),
        ("10,000 updates", &updates, 2.5),
        ("10,000 deletes", &deletes, 1.4),
    ];
    for (what, write, most) in writes {
        if std::ptr::eq(write, &deletes) {
            for engine in [&trio.live, &trio.bare] {
                inserts.apply.exec(engine)?;
            }
            trio.raw.execute(&inserts.apply)?;
        }
        let edits = edit_count();
        let watches = hundred().into_iter().map(|(sql, slot)| watch(&trio.live, sql, [slot], &edits));
        let watches: Vec<_> = watches.collect::<Outcome<_>>()?;
        let sides = run.writes(run.patience(), trio, write)?;
        drop(watches);
        let (live, bare, raw) = (sides.median(0), sides.median(1), sides.median(2));
        run.times(GROUP, what, (live, bare), sides.ratio(0, 1), Target::AtMost(2.0), sides.rounds());
        let beside = format!("{what}, beside SQLite alone");
        run.times(GROUP, &beside, (live, raw), sides.ratio(0, 2), Target::AtMost(most), sides.rounds());
    }
    for engine in [&trio.live, &trio.bare] {
        inserts.undo.exec(engine)?;
    }
    trio.raw.execute(&inserts.undo)
}
