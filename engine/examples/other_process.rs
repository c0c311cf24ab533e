//! Another process writes the same file; the engine notices when it is asked to look.

use std::error::Error;
use std::process::Command;
use std::{env, fs};

use tidewater::{Engine, Event, Options};

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
    let mut jobs = engine.subscribe("SELECT name FROM job", ())?;

    let status = Command::new(env::current_exe()?).arg(&path).status()?;
    assert!(status.success());
    // A program that waits for others calls this from time to time.
    assert!(engine.poll()?);
    let Some(Event::Diff(diff)) = jobs.try_next() else { return Err("no diff".into()) };
    println!("{:?}", diff.edits);
    drop((engine, jobs));
    fs::remove_dir_all(folder)?;
    Ok(())
}
