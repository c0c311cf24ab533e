//! Other SQLite crates in the same program: they migrate and write the engine's database, and its subscriptions follow.

use diesel::connection::SimpleConnection;
use rusqlite_migration::{M, Migrations};
use sqlx::ConnectOptions;
use tidewater::{Engine, Event, Options, Row, Subscription, Value};

const CREATE: &str = "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)";

fn current(live: &mut Subscription, rows: &mut Vec<Row>) {
    while let Some(event) = live.try_next() {
        match event {
            Event::Diff(diff) => diff.apply(rows),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn every_crate_writes_one_file_and_the_subscription_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = Engine::open(path.as_path(), Options::default().with_paranoid(true)).unwrap();
    engine.exec("PRAGMA journal_mode = WAL", ()).unwrap();
    let migrations = Migrations::new(vec![M::up(CREATE)]);
    engine.with_connection(|connection| migrations.to_latest(connection)).unwrap().unwrap();

    let mut live = engine.subscribe("SELECT text FROM note ORDER BY id", ()).unwrap();
    let mut rows = live.take_snapshot().rows.to_vec();
    engine.exec("INSERT INTO note(text) VALUES ('tidewater')", ()).unwrap();

    let url = format!("sqlite://{}", path.display());
    let mut sqlx = url.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap().connect().await.unwrap();
    sqlx::query("INSERT INTO note(text) VALUES ('sqlx')").execute(&mut sqlx).await.unwrap();

    let mut diesel: diesel::SqliteConnection = diesel::Connection::establish(path.to_str().unwrap()).unwrap();
    diesel.batch_execute("INSERT INTO note(text) VALUES ('diesel')").unwrap();

    let tokio_rusqlite = tokio_rusqlite::Connection::open(&path).await.unwrap();
    let insert = |sql: &'static str| move |connection: &mut tidewater::rusqlite::Connection| connection.execute(sql, []);
    tokio_rusqlite.call(insert("INSERT INTO note(text) VALUES ('tokio-rusqlite')")).await.unwrap();

    let config = deadpool_sqlite::Config::new(&path);
    let pool = config.create_pool(deadpool_sqlite::Runtime::Tokio1).unwrap();
    let pooled = pool.get().await.unwrap();
    pooled.interact(insert("INSERT INTO note(text) VALUES ('deadpool')")).await.unwrap().unwrap();

    assert!(engine.poll().unwrap());
    current(&mut live, &mut rows);
    let written = ["tidewater", "sqlx", "diesel", "tokio-rusqlite", "deadpool"];
    assert_eq!(rows, written.map(|text| Row::from_iter([Value::from(text)])));
    assert_eq!(engine.stats().unwrap().divergences, 0);
}

mod embedded {
    refinery::embed_migrations!("migrations");
}

#[test]
fn refinery_migrates_through_the_engines_connection() {
    let engine = Engine::open(tidewater::Location::Memory, Options::default()).unwrap();
    let report = engine.with_connection(|connection| embedded::migrations::runner().run(connection)).unwrap().unwrap();
    assert_eq!(report.applied_migrations().len(), 1);
    let mut live = engine.subscribe("SELECT text FROM note", ()).unwrap();
    engine.exec("INSERT INTO note(text) VALUES ('after')", ()).unwrap();
    assert!(matches!(live.try_next(), Some(Event::Diff(_))));
}
