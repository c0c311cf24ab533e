//! A write of one row that is recorded in the ledger, as the host of a browser does it, beside one that is not.

use std::cell::Cell;

use tidewater::{Params, WriteId};

use super::{Run, into_channel};
use crate::failure::Outcome;
use crate::report::Target;
use crate::trio::Trio;

/// Answers are forgotten when there are so many.
const MANY: u64 = 32;

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let write = into_channel();
    let seq = Cell::new(0_u64);
    let recorded = || {
        seq.set(seq.get() + 1);
        let acknowledged = if seq.get().is_multiple_of(MANY) { seq.get() - 1 } else { 0 };
        let id = WriteId { source: "5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c", seq: seq.get(), acknowledged };
        let params = Params::from(write.apply.params.clone());
        let begun = run.world.now();
        trio.live.transaction(|transaction| {
            let changes = transaction.exec(&write.apply.sql, params)?;
            transaction.record(&id, &changes.to_le_bytes())
        })?;
        let taken = run.world.now() - begun;
        write.undo.exec(&trio.live)?;
        Ok(taken)
    };
    let sides = run.alternate(run.patience(), vec![Box::new(recorded), run.side(&trio.bare, &write)])?;
    let medians = (sides.median(0), sides.median(1));
    let (ratio, rounds) = (sides.ratio(0, 1), sides.rounds());
    run.times("ledger", "a recorded write, beside a bare one", medians, ratio, Target::AtMost(1.25), rounds);
    Ok(())
}
