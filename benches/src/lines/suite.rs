//! Every query of the suites: what a commit that concerns it takes longer for it, beside running it again.

use super::{Run, into_channel};
use crate::failure::Outcome;
use crate::measure::{Quartiles, median};
use crate::query::Query;
use crate::report::{Line, QueryCost, Target};
use crate::trio::{Trio, edit_count, select, watch};
use crate::units::{plain, time};
use crate::world::Data;
use crate::{Failure, chat};

const GROUP: &str = "suite";

/// A query's share of the time that a line has.
const SHARE: f64 = 0.35;

pub(super) fn measure_chat(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let queries = chat::suite(&trio.raw.0)?;
    noise(run, trio)?;
    measure(run, trio, &queries)
}

/// What a subscription costs that is not there: how far a cost can be off.
fn noise(run: &mut Run<'_>, trio: &Trio) -> Outcome<()> {
    let write = into_channel();
    let sides = run.writes(run.patience().share(SHARE), trio, &write)?;
    let (cost, bare) = (sides.difference(0, 1), sides.median(1));
    let ratio = Quartiles { low: cost.low / bare, median: cost.median / bare, high: cost.high / bare };
    let what = "no subscription, beside the bare commit: noise";
    run.times(GROUP, what, (cost.median, bare), ratio, Target::None, sides.rounds());
    Ok(())
}

pub(super) fn measure_chinook(run: &mut Run<'_>) -> Outcome<()> {
    let Some(chinook) = run.world.chinook() else { return Ok(()) };
    let queries = chinook.queries();
    let trio = Trio::open(run.world, Data::Chinook)?;
    measure(run, &trio, &queries)
}

fn measure(run: &mut Run<'_>, trio: &Trio, queries: &[Query]) -> Outcome<()> {
    for query in queries {
        let write = match trio.relevant_write(query) {
            Ok(write) => write,
            // Told in the report; the others are measured all the same.
            Err(Failure::Workload(why)) => {
                run.world.say(&format!("  {why}"));
                run.report.left_out.push(why);
                continue;
            }
            Err(error) => return Err(error),
        };
        let watches = [&trio.live, &trio.rerunning]
            .map(|engine| watch(engine, &query.sql, query.params(), &edit_count()))
            .into_iter()
            .collect::<Outcome<Vec<_>>>()?;
        let rows = watches.first().map_or(0, |watch| watch.snapshot().rows.len());
        let mut statement = trio.raw.prepare(&query.sql)?;
        let sides = run.alternate(
            run.patience().share(SHARE),
            vec![
                run.side(&trio.live, write),
                run.side(&trio.bare, write),
                run.timed(|| select(&mut statement, &query.params).map(drop)),
                run.side(&trio.rerunning, write),
            ],
        )?;
        drop(watches);
        run.push_query(QueryCost {
            name: query.name.clone(),
            class: query.class,
            messages: run.messages,
            maintain: sides.difference(0, 1),
            rerun: sides.median(2),
            ratio: sides.share(0, 1, 2),
            rerun_told: sides.difference(3, 1).median,
            ratio_told: sides.excess(0, 1, 3),
            rows,
        });
    }
    Ok(())
}

/// The two lines that judge all queries together.
pub(super) fn summarise(run: &mut Run<'_>) {
    let mut sizes: Vec<_> = run.report.queries.iter().map(|query| query.messages).collect();
    sizes.sort_unstable();
    sizes.dedup();
    for messages in sizes {
        let queries: Vec<_> = run.report.queries.iter().filter(|query| query.messages == messages).collect();
        let Some(worst) = queries.iter().max_by(|a, b| a.ratio.median.total_cmp(&b.ratio.median)) else { continue };
        let mut lines = Vec::new();
        let over = queries.iter().filter(|query| query.ratio.median > 1.5).count();
        let line = |what: String, above, below, ratio, most, rounds| Line {
            group: GROUP,
            what,
            messages,
            above,
            below,
            ratio,
            target: Target::AtMost(most),
            rounds,
        };
        let what = format!("the worst of {}: {} ({over} above 1.5)", queries.len(), worst.name);
        let (above, below) = (time(worst.maintain.median), time(worst.rerun));
        let worst = line(what, above, below, worst.ratio, 1.5, 0);
        // What is re-run has to be compared with what was there, and told, as well.
        let told = queries.iter().filter_map(|query| Some((query, query.ratio_told?)));
        if let Some((told, ratio)) = told.max_by(|(_, a), (_, b)| a.median.total_cmp(&b.median)) {
            let what = format!("the same, beside re-running and telling: {}", told.name);
            let (above, below) = (time(told.maintain.median), time(told.rerun_told));
            let told = line(what, above, below, ratio, 1.5, 0);
            lines.push(told);
        }
        let ratios: Vec<_> = queries.iter().map(|query| query.ratio.median).collect();
        let all = Quartiles::of(ratios);
        let maintain = median(queries.iter().map(|query| query.maintain.median).collect());
        let rerun = median(queries.iter().map(|query| query.rerun).collect());
        let what = format!(
            "the median of {} (quartiles {} and {} of queries)",
            queries.len(),
            plain(all.low),
            plain(all.high)
        );
        let middle = line(what, time(maintain), time(rerun), all, 0.1, 0);
        lines.insert(0, worst);
        lines.push(middle);
        for line in lines {
            run.push(line);
        }
    }
}
