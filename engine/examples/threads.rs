//! Several threads write; one callback keeps a list current. A write returns when its event was delivered.

use std::sync::{Arc, Mutex};
use std::thread;

use tidewater::{Engine, Error, Event, Location, Options};

fn main() -> Result<(), Error> {
    let engine = Engine::open(Location::Memory, Options::default())?;
    engine.exec("CREATE TABLE visit(id INTEGER PRIMARY KEY, worker INTEGER)", ())?;

    let rows = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&rows);
    let sql = "SELECT worker, count(*) FROM visit GROUP BY worker ORDER BY worker";
    let _watch = engine.subscribe_with(sql, (), move |_, event| {
        if let Event::Diff(diff) = event {
            diff.apply(&mut kept.lock().expect("no callback panics"));
        }
    })?;

    thread::scope(|scope| {
        for worker in 0..4 {
            let engine = engine.clone();
            scope.spawn(move || {
                for _ in 0..25 {
                    engine.exec("INSERT INTO visit(worker) VALUES (?)", [worker]).expect("a write");
                }
            });
        }
    });

    let rows = rows.lock().expect("no callback panics");
    assert_eq!(*rows, engine.query(sql, ())?.rows);
    rows.iter().for_each(|row| println!("{row:?}"));
    Ok(())
}
