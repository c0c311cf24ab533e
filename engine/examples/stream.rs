//! A subscription as a stream in tokio. The engine has no runtime: calls that may wait go to a thread for blocking work.

use tidewater::{Engine, Error, Event, Location, Options};
use tokio::task::spawn_blocking;
use tokio_stream::StreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let engine = Engine::open(Location::Memory, Options::default())?;
    engine.exec("CREATE TABLE message(id INTEGER PRIMARY KEY, body TEXT)", ())?;
    let mut newest = engine.subscribe("SELECT body FROM message ORDER BY id DESC LIMIT 2", ())?;
    let mut rows = newest.take_snapshot().rows.to_vec();

    let writer = engine.clone();
    let writing = spawn_blocking(move || {
        for body in ["hello", "how are you", "good night"] {
            writer.exec("INSERT INTO message(body) VALUES (?)", [body])?;
        }
        Ok::<_, Error>(writer.last_commit())
    });

    let last = writing.await.expect("the writer does not panic")?;
    while let Some(event) = newest.next().await {
        if let Event::Diff(diff) = &event {
            diff.apply(&mut rows);
            println!("{:?}: {rows:?}", diff.commit);
        }
        if event.commit() == last {
            break;
        }
    }
    assert_eq!(rows, engine.query("SELECT body FROM message ORDER BY id DESC LIMIT 2", ())?.rows);
    Ok(())
}
