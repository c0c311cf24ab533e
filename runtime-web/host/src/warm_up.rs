//! Doing once what a host does first. Browsers compile a function of a WebAssembly module when it is called, and the first host of a fresh
//! module spent most of its time on that.

use std::time::Duration;

use tidewater::{Engine, Error, Location};
use tidewater_protocol::{
    ClientId, Configuration, Epoch, PROTOCOL, PageToHost, RequestId, Seq, StorageMode, SubscriptionId, TabId,
};

use crate::service::{Service, options};

const SCHEMA: &str = "CREATE TABLE room(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE message(id INTEGER PRIMARY KEY, room INTEGER REFERENCES room, body TEXT, at REAL);
    CREATE INDEX message_by_room ON message(room, at)";
const WRITES: [&str; 5] = [
    "INSERT INTO room(name) VALUES ('a'), ('b')",
    "INSERT INTO message(room, body, at) VALUES (1, 'x', 0.5), (2, 'y', 1.5)",
    "INSERT INTO message(room, body, at) SELECT id, name, 2.5 FROM room",
    "UPDATE message SET body = body || '!' WHERE room = 1",
    "DELETE FROM message WHERE id = 1",
];
const QUERIES: [&str; 5] = [
    "SELECT id, name FROM room ORDER BY name",
    "SELECT m.id, r.name, m.body FROM message m JOIN room r ON r.id = m.room WHERE m.room = 1 ORDER BY m.at DESC LIMIT 50",
    "SELECT room, count(*), max(at) FROM message GROUP BY room ORDER BY room",
    "SELECT count(*) AS n FROM message WHERE room = 2 AND at > 0",
    "SELECT name FROM room r WHERE EXISTS (SELECT 1 FROM message m WHERE m.room = r.id)",
];

/// Serves a page that does not exist, on a database in memory that is dropped at the end.
pub fn warm_up(clock: fn() -> Duration) {
    // Nobody is there to be told of an error, and the first host will meet it again.
    let _ = serve_nobody(clock);
}

fn serve_nobody(clock: fn() -> Duration) -> Result<(), Error> {
    let configuration = Configuration { foreign_keys: true };
    let engine = Engine::open(Location::Memory, options(clock, configuration))?;
    let mut service = Service::begin(engine, StorageMode::Memory, configuration, Epoch(0))?;
    let tab = TabId::from("nobody");
    let hello = PageToHost::Hello {
        client: ClientId::from("nobody"),
        protocol: PROTOCOL,
        nonce: 1,
        restart: false,
        configuration,
        schema: Some(SCHEMA.to_owned()),
    };
    service.receive(&tab, hello);
    for (number, sql) in (1..).zip(QUERIES) {
        let (subscription, sql) = (SubscriptionId(number), sql.to_owned());
        service.receive(&tab, PageToHost::Subscribe { subscription, sql, params: None, resumed: false });
    }
    for (number, sql) in (1..).zip(WRITES) {
        let (request, seq, acknowledged, sql) = (RequestId(number), Seq(number), Seq(0), sql.to_owned());
        service.receive(&tab, PageToHost::Exec { request, seq, acknowledged, sql, params: None, timeout: None });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What fails is not compiled.
    #[test]
    fn everything_that_it_asks_for_is_done() {
        let configuration = Configuration { foreign_keys: true };
        let engine = Engine::open(Location::Memory, options(|| Duration::ZERO, configuration)).unwrap();
        engine.exec(SCHEMA, ()).unwrap();
        let planned = QUERIES.map(|sql| engine.explain(sql, ()).unwrap().steps.is_some());
        assert_eq!(planned, [true; 5]);
        for sql in WRITES {
            assert!(engine.exec(sql, ()).unwrap().changes > 0, "{sql}");
        }
        assert_eq!(serve_nobody(|| Duration::ZERO), Ok(()));
    }
}
