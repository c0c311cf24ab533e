//! Criterion's statistics of single queries: the time of a commit with and without the subscription, and of a re-run. Use
//! them to follow one query over time; `ratios` measures ratios, which need alternation.
#![expect(missing_docs, reason = "criterion's macros make functions without them")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tidewater_benches::native::Files;
use tidewater_benches::{Data, Outcome, Trio, chat, edit_count, select, watch};

const MESSAGES: u64 = 100_000;

fn queries(criterion: &mut Criterion) {
    measure(criterion).expect("the chat can be built and asked");
}

fn measure(criterion: &mut Criterion) -> Outcome<()> {
    let files = Files::new()?;
    let trio = Trio::open(&files, Data::Chat(MESSAGES))?;
    for query in chat::suite(&trio.raw.0)? {
        let write = trio.relevant_write(&query)?;
        let mut group = criterion.benchmark_group(&query.name);
        group.sample_size(10).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(400));
        let watch = watch(&trio.live, &query.sql, query.params(), &edit_count())?;
        for (name, engine) in [("subscribed commits", &trio.live), ("bare commits", &trio.bare)] {
            // The write and its undo: criterion's clock cannot be stopped between them.
            group.bench_function(name, |bencher| {
                bencher.iter(|| write.apply.exec(engine).and_then(|()| write.undo.exec(engine)).expect("it commits"));
            });
        }
        drop(watch);
        let mut statement = trio.raw.prepare(&query.sql)?;
        group.bench_function("re-run", |bencher| {
            bencher.iter(|| black_box(select(&mut statement, &query.params).expect("it runs")));
        });
        group.finish();
    }
    Ok(())
}

criterion_group!(benches, queries);
criterion_main!(benches);
