//! What a commit costs each operator: the engine's own counts, which `explain` tells of each part of a plan, while the chat's
//! queries are subscribed to and written to. No clock is in it, so it is the same on every machine.

use std::collections::BTreeMap;

use tidewater::Step;

use super::Run;
use crate::chat;
use crate::failure::{Failure, Outcome};
use crate::report::Work;
use crate::trio::{Trio, edit_count, watch};

/// So often each query's write is made and taken back.
const TIMES: u64 = 20;

pub(super) fn measure(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let mut operators: BTreeMap<String, Work> = BTreeMap::new();
    for query in chat::suite(&trio.raw.0)? {
        let write = match trio.relevant_write(&query) {
            Ok(write) => write,
            // The suite tells why.
            Err(Failure::Workload(_)) => continue,
            Err(error) => return Err(error),
        };
        let watch = watch(&trio.live, &query.sql, query.params(), &edit_count())?;
        for _ in 0..TIMES {
            write.apply.exec(&trio.live)?;
            write.undo.exec(&trio.live)?;
        }
        let explained = trio.live.explain(&query.sql, query.params())?;
        drop(watch);
        if let Some(steps) = &explained.steps {
            add(steps, run.messages, &mut operators);
        }
        let rerun = explained.live.map(|live| (live.requeries, live.instructions_per_run));
        if let Some((times @ 1.., Some(instructions))) = rerun {
            let work = entry(&mut operators, "re-run", run.messages);
            work.parts += 1;
            work.commits += times;
            work.instructions += times * instructions;
        }
    }
    run.report.work.extend(operators.into_values());
    Ok(())
}

/// Adds what a part and those below it have come to.
fn add(step: &Step, messages: u64, operators: &mut BTreeMap<String, Work>) {
    step.inputs.iter().for_each(|input| add(input, messages, operators));
    let Some(live) = step.live.filter(|live| live.commits > 0) else { return };
    let work = entry(operators, step.strategy, messages);
    work.parts += 1;
    work.commits += live.commits;
    work.instructions += live.instructions;
    work.rows_in += live.rows_in;
    work.rows_out += live.rows_out;
    work.state_bytes += live.state_bytes;
}

fn entry<'w>(operators: &'w mut BTreeMap<String, Work>, operator: &str, messages: u64) -> &'w mut Work {
    let new = || Work { operator: operator.to_owned(), messages, ..Work::default() };
    operators.entry(operator.to_owned()).or_insert_with(new)
}
