//! Migrations by the version that SQLite stores in a file. `exec` is all or nothing, so a step is there whole or not at all.

use tidewater::{Engine, Error, Location, Options};

const STEPS: [&str; 2] = [
    "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL); PRAGMA user_version = 1",
    "ALTER TABLE person ADD COLUMN email TEXT; CREATE UNIQUE INDEX person_by_email ON person(email); PRAGMA user_version = 2",
];

fn migrate(engine: &Engine) -> Result<(), Error> {
    let (version,) = engine.query_one::<(usize,)>("PRAGMA user_version", ())?.unwrap_or_default();
    for step in STEPS.iter().skip(version) {
        engine.exec(step, ())?;
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let engine = Engine::open(Location::Memory, Options::default())?;
    migrate(&engine)?;
    migrate(&engine)?;
    engine.exec("INSERT INTO person(name, email) VALUES ('Ada', 'ada@example.org')", ())?;
    println!("{:?}", engine.query("SELECT * FROM person", ())?);
    Ok(())
}
