//! Another process writes the same file; a thread of the engine's notices, and a callback is told.

use std::error::Error;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs};

use tidewater::{Engine, Event, Options, Polling};

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(path) = env::args().nth(1) {
        // The other process.
        let engine = Engine::open(path.as_str(), Options::default())?;
        engine.exec("INSERT INTO job(name) VALUES ('from the other process')", ())?;
        return Ok(());
    }

    let folder = env::temp_dir().join(format!("tidewater-example-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let path = folder.join("jobs.db");
    let engine = Engine::open(path.as_path(), Options::default())?;
    engine.exec("CREATE TABLE job(id INTEGER PRIMARY KEY, name TEXT)", ())?;
    let (sender, events) = mpsc::channel();
    let watch = engine.subscribe_with("SELECT name FROM job", (), move |_, event| drop(sender.send(event.clone())))?;
    let poller = engine.start_polling(Polling::default())?;

    let status = Command::new(env::current_exe()?).arg(&path).status()?;
    assert!(status.success());
    let Event::Diff(diff) = events.recv_timeout(Duration::from_secs(30))? else { return Err("no diff".into()) };
    println!("{:?}", diff.edits);
    drop((poller, watch, engine));
    fs::remove_dir_all(folder)?;
    Ok(())
}
