//! A page of a long list that slides: the parameters change in place, and edits turn the old rows into the new ones.

use tidewater::{Engine, Error, Event, Location, Options};

fn main() -> Result<(), Error> {
    let engine = Engine::open(Location::Memory, Options::default())?;
    engine.exec("CREATE TABLE line(id INTEGER PRIMARY KEY)", ())?;
    engine.exec("WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 100) INSERT INTO line SELECT x FROM i", ())?;

    let mut page = engine.subscribe("SELECT id FROM line ORDER BY id LIMIT ? OFFSET ?", [5, 0])?;
    let mut rows = page.take_snapshot().rows.to_vec();
    for offset in [1, 2, 50] {
        page.rebind([5, offset])?;
        while let Some(Event::Diff(diff)) = page.try_next() {
            println!("to {offset}: {} edits", diff.edits.len());
            diff.apply(&mut rows);
        }
    }
    assert_eq!(rows, engine.query("SELECT id FROM line LIMIT 5 OFFSET 50", ())?.rows);
    Ok(())
}
