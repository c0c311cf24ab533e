//! Paranoid mode in an application's tests: every result is compared with SQLite's after every commit.

use tidewater::{Engine, Error, Location, Options};

fn main() -> Result<(), Error> {
    let engine = Engine::open(Location::Memory, Options::default().with_paranoid(true))?;
    engine.exec("CREATE TABLE sale(id INTEGER PRIMARY KEY, shop TEXT, amount INTEGER)", ())?;
    let _live = engine.subscribe("SELECT shop, sum(amount) FROM sale GROUP BY shop HAVING sum(amount) > 100", ())?;
    for amount in 0..50 {
        engine.exec("INSERT INTO sale(shop, amount) VALUES ('north', ?1), ('south', ?1 * 2)", [amount])?;
    }
    let stats = engine.stats()?;
    assert_eq!(stats.divergences, 0, "a fault of the engine: the event has the SQL that makes it happen again");
    println!("{} results maintained, {} re-run", stats.maintained, stats.requeries);
    Ok(())
}
