//! Measures what noticing the commits of another connection costs while nothing happens, and how long it takes: run it with
//! `--release`.

#![expect(clippy::disallowed_methods, reason = "a native program that measures time")]

use std::error::Error;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tidewater::{Engine, Options, Polling, rusqlite};

/// How many commits are noticed.
const COMMITS: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::temp_dir().join(format!("tidewater-polling-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for mode in ["WAL", "DELETE"] {
        for (how, polling) in
            [("by file events", Polling::default()), ("every 100 ms", Polling::default().with_file_events(false))]
        {
            let path = folder.join(format!("{mode}-{}.db", how.len()));
            let engine = Engine::open(path.as_path(), Options::default())?;
            engine.exec(&format!("PRAGMA journal_mode = {mode}"), ())?;
            engine.exec("CREATE TABLE t(a)", ())?;
            let (sender, events) = mpsc::channel();
            let _watch = engine.subscribe_with("SELECT max(a) FROM t", (), move |_, _| {
                let _ = sender.send(Instant::now());
            })?;

            let begun = Instant::now();
            (0..1000).try_for_each(|_| engine.poll().map(drop))?;
            let one = begun.elapsed() / 1000;

            let poller = engine.start_polling(polling)?;
            thread::sleep(Duration::from_secs(3));
            let (looks, idle) = (poller.polls(), Duration::from_secs(3));
            thread::sleep(idle);
            let looks = poller.polls() - looks;

            let other = rusqlite::Connection::open(&path)?;
            let mut waits = Vec::new();
            for number in 0..COMMITS {
                other.execute("INSERT INTO t VALUES (?)", [number])?;
                let committed = Instant::now();
                waits.push(events.recv_timeout(Duration::from_secs(30))?.saturating_duration_since(committed));
                // Not in step with the timer.
                thread::sleep(Duration::from_millis(u64::from(number * 7 % 40)));
            }
            waits.sort_unstable();
            let (median, most) = (waits[waits.len() / 2], waits[waits.len() - 1]);
            println!(
                "{mode:>6}, {how}: a look {one:?}, idle {looks} looks in {idle:?}, noticed in {median:?}, at most {most:?}"
            );
        }
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}
