//! A window that a commit affects without moving its boundary, beside running it again: by itself, and as a subscription that is
//! compared and told.

use super::Run;
use crate::chat::{CHANNEL, TIMELINE, edit, message_of};
use crate::failure::Outcome;
use crate::report::Target;
use crate::trio::{Trio, edit_count, select, watch};

const GROUP: &str = "window";

/// The difference of two commits is small beside either: it takes more rounds to see it.
const ROUNDS: usize = 4;

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let places = [("a body inside changes", 10), ("a body below changes", 60)];
    for (what, back) in places {
        let write = edit(message_of(&trio.raw.0, CHANNEL, back)?);
        let watches = [&trio.live, &trio.rerunning]
            .map(|engine| watch(engine, TIMELINE, [CHANNEL], &edit_count()))
            .into_iter()
            .collect::<Outcome<Vec<_>>>()?;
        let mut statement = trio.raw.prepare(TIMELINE)?;
        let sides = run.alternate(
            run.patience().longer(ROUNDS),
            vec![
                run.side(&trio.live, &write),
                run.side(&trio.bare, &write),
                run.timed(|| select(&mut statement, &[CHANNEL.into()]).map(drop)),
                run.side(&trio.rerunning, &write),
            ],
        )?;
        drop(watches);
        let medians = (sides.difference(0, 1).median, sides.median(2));
        run.times(GROUP, what, medians, sides.share(0, 1, 2), Target::AtMost(0.5), sides.rounds());
        if let Some(told) = sides.excess(0, 1, 3) {
            let medians = (sides.difference(0, 1).median, sides.difference(3, 1).median);
            let what = format!("{what}, beside re-running and telling");
            run.times(GROUP, &what, medians, told, Target::AtMost(0.5), sides.rounds());
        }
    }
    Ok(())
}
