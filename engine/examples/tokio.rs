//! The engine in tokio: tasks write, read and follow a live query, and nothing blocks the runtime.

use std::time::Duration;

use tidewater::{AsyncEngine, Error, Event, Location, Options};
use tokio::time::timeout;

const TOTALS: &str = "SELECT account, sum(cents) FROM payment GROUP BY account ORDER BY account";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let engine = AsyncEngine::open(Location::Memory, Options::default()).await?;
    engine.exec("CREATE TABLE payment(id INTEGER PRIMARY KEY, account TEXT, cents INTEGER)", ()).await?;
    let mut totals = engine.subscribe(TOTALS, ()).await?;
    let mut rows = totals.take_snapshot().rows.to_vec();

    // Tasks that write. Each call waits on a thread of the engine's.
    let writers = ["ada", "grace", "edsger"].map(|account| {
        let engine = engine.clone();
        tokio::spawn(async move {
            for cents in 1..=10 {
                engine.exec("INSERT INTO payment(account, cents) VALUES (?, ?)", (account, cents)).await?;
            }
            Ok::<_, Error>(())
        })
    });

    // A transaction is a closure, which owns what it uses.
    let corrected = engine
        .transaction(move |transaction| {
            transaction.exec("INSERT INTO payment(account, cents) VALUES ('ada', -5), ('grace', 5)", ())?;
            transaction.query("SELECT count(*) FROM payment", ())
        })
        .await?;
    println!("transferred in {:?}", corrected.1.commit);
    for writer in writers {
        writer.await.expect("no task panics")?;
    }

    // A write is answered when its event is in the stream.
    let last = engine.last_commit()?;
    while let Some(event) = totals.next().await {
        if let Event::Diff(diff) = &event {
            diff.apply(&mut rows);
        }
        if event.commit() == last {
            break;
        }
    }
    rows.iter().for_each(|row| println!("{row:?}"));
    assert_eq!(rows, engine.query(TOTALS, ()).await?.rows);

    // A dropped future ends its read; the next call finds the thread free.
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    assert!(timeout(Duration::from_millis(20), engine.query(endless, ())).await.is_err());
    engine.close().await;
    Ok(())
}
