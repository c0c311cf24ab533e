//! One kind of write over and over, for a profiler: `profile WHAT [TIMES]`, for example
//!
//! ```text
//! CARGO_PROFILE_RELEASE_DEBUG=line-tables-only cargo build --release -p tidewater-benches --example profile
//! valgrind --tool=callgrind --toggle-collect=tidewater::api::engine::Engine::exec target/release/examples/profile updates
//! ```
//!
//! counts the instructions of the writes alone. It prints how many rows were written: what a profiler says is to be divided by
//! it.

use std::process::ExitCode;

use tidewater::{Engine, Options, Value, Watch};
use tidewater_benches::chat::{self, AUTHOR, CHANNEL, TIMELINE, TIMELINE_JOIN, TIMELINE_LEFT_JOIN};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const MESSAGES: u64 = 100_000;

const USAGE: &str =
    "profile nobody | filter | window | count | join-window | left-join-window | inserts | updates | unread [TIMES]";

/// Queries that one row affects.
const SHAPES: &[(&str, &str, &[i64])] = &[
    ("nobody", "SELECT 1", &[]),
    ("filter", "SELECT id, channel_id, body FROM messages WHERE author_id = ?", &[AUTHOR]),
    ("window", TIMELINE, &[CHANNEL]),
    ("count", "SELECT channel_id, count(*) FROM messages GROUP BY channel_id", &[]),
    ("join-window", TIMELINE_JOIN, &[CHANNEL]),
    ("left-join-window", TIMELINE_LEFT_JOIN, &[CHANNEL]),
];

/// Writes of 10,000 rows, and what undoes them, under a hundred subscriptions.
const BULK: &[(&str, [&str; 2])] = &[
    (
        "inserts",
        [
            "INSERT INTO messages(id, channel_id, author_id, body, created_at) \
             SELECT id + 100000000, channel_id, author_id, body, created_at + 100000000 FROM messages WHERE id > 90000",
            "DELETE FROM messages WHERE id > 100000000",
        ],
    ),
    (
        "updates",
        [
            "UPDATE messages SET body = body || '!' WHERE id > 90000",
            "UPDATE messages SET body = substr(body, 1, length(body) - 1) WHERE id > 90000",
        ],
    ),
    (
        "unread",
        ["UPDATE messages SET edited_at = 7 WHERE id > 90000", "UPDATE messages SET edited_at = NULL WHERE id > 90000"],
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("usage: {USAGE}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("profile: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a profile; whether there is such a one.
fn run(arguments: &[String]) -> Outcome<bool> {
    let Some((what, times)) = arguments.split_first() else { return Ok(false) };
    let times = times.first().map(|times| times.parse::<u64>()).transpose()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("chat.db");
    chat::fill(&rusqlite::Connection::open(&path)?, MESSAGES)?;
    let engine = Engine::open(path, Options::default().with_exclusive(true))?;
    if let Some((_, sql, slots)) = SHAPES.iter().find(|(name, ..)| name == what) {
        let slots: Vec<Value> = slots.iter().copied().map(Value::from).collect();
        let _watch = engine.subscribe_with(*sql, slots, |_, _| {})?;
        let write = chat::write_into(CHANNEL, AUTHOR, None);
        let times = times.unwrap_or(2_000);
        for _ in 0..times {
            write.apply.exec(&engine)?;
            write.undo.exec(&engine)?;
        }
        println!("{} rows", 2 * times);
        return Ok(true);
    }
    let Some((_, writes)) = BULK.iter().find(|(name, _)| name == what) else { return Ok(false) };
    let watches = chat::hundred().into_iter().map(|(sql, slot)| engine.subscribe_with(sql, [slot], |_, _| {}));
    let _watches: Vec<Watch> = watches.collect::<Result<_, _>>()?;
    let times = times.unwrap_or(6);
    for sql in std::iter::repeat_n(writes, usize::try_from(times)?).flatten() {
        engine.exec(sql, ())?;
    }
    println!("{} rows", 20_000 * times);
    Ok(true)
}
