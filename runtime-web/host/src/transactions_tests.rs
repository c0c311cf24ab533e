//! Transactions that stay open: what others see, when they end, and what a new host says of one that was being committed.

use std::path::Path;
use std::time::Duration;

use tidewater::{Engine, Location, Options};
use tidewater_protocol::frame::{RowsFrame, ValueRef};
use tidewater_protocol::{
    ClientId, Configuration, Epoch, HostToPage, PROTOCOL, PageToHost, RequestId, Seq, StorageMode, SubscriptionId,
    TabId, codes,
};

use crate::{Host, PortNumber, Service};

const CONFIGURATION: Configuration = Configuration { foreign_keys: true };
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS t(x UNIQUE)";

/// A host with the page clients `a` and `b`.
struct Site {
    host: Host<&'static str>,
    ports: Vec<(&'static str, PortNumber)>,
    now: Duration,
    last: u64,
}

impl Site {
    fn of(engine: Engine, storage: StorageMode) -> Self {
        let service = Service::begin(engine, storage, CONFIGURATION, Epoch(0)).unwrap();
        let mut site = Self { host: Host::new(service), ports: Vec::new(), now: Duration::ZERO, last: 0 };
        for tab in ["a", "b"] {
            let number = site.host.expect(&TabId::from(tab), true).unwrap();
            site.host.offer(TabId::from(tab), number, tab);
            site.ports.push((tab, number));
            let (client, configuration, schema) = (ClientId::from(tab), CONFIGURATION, Some(SCHEMA.to_owned()));
            site.post(
                tab,
                PageToHost::Hello { client, protocol: PROTOCOL, nonce: 1, restart: true, configuration, schema },
            );
        }
        assert_eq!(site.work().len(), 2);
        site
    }

    fn in_memory() -> Self {
        Self::of(Engine::open(Location::Memory, Options::default()).unwrap(), StorageMode::Memory)
    }

    fn in_file(file: &Path) -> Self {
        let options = Options::default().with_exclusive(true);
        Self::of(Engine::open(file, options).unwrap(), StorageMode::Opfs)
    }

    fn post(&mut self, tab: &'static str, message: PageToHost) {
        let (_, number) = self.ports.iter().find(|(other, _)| *other == tab).unwrap();
        self.host.receive(&TabId::from(tab), *number, message);
    }

    fn next(&mut self) -> RequestId {
        self.last += 1;
        RequestId(self.last)
    }

    /// Does all that can be done: what was posted to whom.
    fn work(&mut self) -> Vec<(&'static str, HostToPage)> {
        let mut posted = Vec::new();
        loop {
            let turn = self.host.turn(self.now, || false).unwrap();
            posted.extend(
                turn.posts
                    .into_iter()
                    .flat_map(|(tab, packet)| packet.messages.into_iter().map(|message| (*tab, message))),
            );
            if !turn.has_more {
                return posted;
            }
        }
    }

    fn ask(&mut self, tab: &'static str, message: PageToHost) -> HostToPage {
        self.post(tab, message);
        let mut posted = self.work();
        assert_eq!((posted.len(), posted[0].0), (1, tab), "{posted:?}");
        posted.remove(0).1
    }

    fn begin(&mut self, tab: &'static str) -> RequestId {
        let request = self.next();
        assert_eq!(self.ask(tab, PageToHost::Begin { request }), HostToPage::Begun { request });
        request
    }

    fn step(&mut self, tab: &'static str, transaction: RequestId, sql: &str) -> Result<Vec<i64>, String> {
        let request = self.next();
        let sql = sql.to_owned();
        match self.ask(tab, PageToHost::Step { request, transaction, sql, params: None, timeout: None }) {
            HostToPage::Stepped { result, .. } => Ok(result.rows.map(|rows| integers(&rows.0)).unwrap_or_default()),
            HostToPage::Failed { error, .. } => Err(error.code),
            other => panic!("{other:?}"),
        }
    }

    fn committing(&mut self, transaction: RequestId, seq: u64) -> PageToHost {
        PageToHost::Commit { request: self.next(), transaction, seq: Seq(seq) }
    }

    fn exec(&mut self, tab: &'static str, seq: u64, sql: &str) -> RequestId {
        let request = self.next();
        let (seq, sql) = (Seq(seq), sql.to_owned());
        self.post(tab, PageToHost::Exec { request, seq, acknowledged: Seq(0), sql, params: None, timeout: None });
        request
    }

    fn rows(&self) -> usize {
        self.host.service.engine.query("SELECT x FROM t", ()).unwrap().rows.len()
    }
}

fn integers(rows: &[u8]) -> Vec<i64> {
    let rows = RowsFrame::new(rows).unwrap();
    let first = |row: &[u8]| {
        tidewater_protocol::frame::Values::new(row).next().unwrap().map(|value| match value {
            ValueRef::Integer(integer) => integer,
            other => panic!("{other:?}"),
        })
    };
    rows.iter().map(|row| first(row).unwrap()).collect()
}

fn code(message: HostToPage) -> String {
    let HostToPage::Failed { error, .. } = message else { panic!("{message:?}") };
    error.code
}

#[test]
fn others_wait_and_see_all_of_it_at_its_end() {
    let mut site = Site::in_memory();
    let (subscription, sql) = (SubscriptionId(1), "SELECT x FROM t ORDER BY x".to_owned());
    site.ask("b", PageToHost::Subscribe { subscription, sql, params: None, resumed: false });
    // What its own page asked for before and what others ask for meanwhile waits.
    let begin = site.begin("a");
    let [mine, theirs] =
        [site.exec("a", 1, "INSERT INTO t VALUES (10)"), site.exec("b", 1, "INSERT INTO t VALUES (20)")];
    assert_eq!(site.work(), []);
    assert_eq!(site.step("a", begin, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"), Ok(vec![]));
    assert_eq!(site.step("a", begin, "INSERT INTO t VALUES (3), (1)"), Err("constraint".to_owned()));
    assert_eq!(site.step("a", begin, "SELECT x FROM t ORDER BY x"), Ok(vec![1, 2]));
    let commit = site.committing(begin, 1);
    site.post("a", commit.clone());
    let posted = site.work();
    let told = posted.iter().find(|(tab, _)| *tab == "b");
    assert!(matches!(told, Some((_, HostToPage::Delivery(_)))), "{posted:?}");
    let PageToHost::Commit { request, .. } = commit else { unreachable!() };
    let executed = posted.iter().filter_map(|(_, message)| match message {
        HostToPage::Executed { request, changes, .. } => Some((*request, *changes)),
        _ => None,
    });
    let executed: Vec<_> = executed.collect();
    assert!([(request, 2), (mine, 1), (theirs, 1)].iter().all(|one| executed.contains(one)), "{executed:?}");
    assert_eq!(site.rows(), 4);
}

#[test]
fn it_is_undone_by_its_page_by_its_lease_and_by_the_end_of_its_page() {
    for end in ["roll back", "idle", "long", "leaves", "restart"] {
        let mut site = Site::in_memory();
        let begin = site.begin("a");
        assert_eq!(site.step("a", begin, "INSERT INTO t VALUES (1)"), Ok(vec![]));
        let waits = site.exec("b", 1, "INSERT INTO t VALUES (2)");
        let request = RequestId(77);
        match end {
            "roll back" => site.post("a", PageToHost::RollBack { request, transaction: begin }),
            "idle" => site.now += Duration::from_millis(5_000),
            "long" => {
                for _ in 0..8 {
                    site.now += Duration::from_millis(3_750);
                    if site.now < Duration::from_secs(30) {
                        assert_eq!(site.step("a", begin, "SELECT 1"), Ok(vec![1]));
                    }
                }
            }
            "leaves" => site.host.disconnect(&TabId::from("a")),
            _ => {
                let (client, configuration) = (ClientId::from("a"), CONFIGURATION);
                let (protocol, schema) = (PROTOCOL, None);
                site.post("a", PageToHost::Hello { client, protocol, nonce: 2, restart: true, configuration, schema });
            }
        }
        let posted = site.work();
        let is_answered = |(_, message): &(_, HostToPage)| matches!(message, HostToPage::Executed { request, .. } if *request == waits);
        assert!(posted.iter().any(is_answered), "{end}: {posted:?}");
        assert_eq!(site.rows(), 1, "{end}");
        if end == "idle" || end == "long" {
            assert_eq!(site.step("a", begin, "SELECT 1"), Err(codes::TRANSACTION_LOST.to_owned()));
            let commit = site.committing(begin, 1);
            assert_eq!(code(site.ask("a", commit)), codes::TRANSACTION_LOST);
        }
    }
}

#[test]
fn one_that_is_used_is_not_idle() {
    let mut site = Site::in_memory();
    let begin = site.begin("a");
    for _ in 0..6 {
        site.now += Duration::from_millis(4_900);
        assert_eq!(site.step("a", begin, "SELECT 1"), Ok(vec![1]));
    }
    let commit = site.committing(begin, 1);
    assert!(matches!(site.ask("a", commit), HostToPage::Executed { .. }));
}

#[test]
fn what_sqlite_rolls_back_is_over() {
    let mut site = Site::in_memory();
    let begin = site.begin("a");
    assert_eq!(site.step("a", begin, "INSERT INTO t VALUES (1)"), Ok(vec![]));
    assert_eq!(site.step("a", begin, "INSERT OR ROLLBACK INTO t VALUES (1)"), Err("constraint".to_owned()));
    assert_eq!(site.step("a", begin, "SELECT 1"), Err(codes::TRANSACTION_LOST.to_owned()));
    assert_eq!(site.step("a", begin, "COMMIT"), Err(codes::TRANSACTION_LOST.to_owned()));
    assert_eq!(site.rows(), 0);
}

#[test]
fn its_end_is_no_statement() {
    let mut site = Site::in_memory();
    let begin = site.begin("a");
    for sql in ["COMMIT", "ROLLBACK", "BEGIN", "INSERT INTO t VALUES (1); COMMIT"] {
        assert!(site.step("a", begin, sql).is_err(), "{sql}");
    }
    assert_eq!(site.step("b", begin, "SELECT 1"), Err(codes::TRANSACTION_LOST.to_owned()), "it is another's");
    assert_eq!(site.step("a", begin, "INSERT INTO t VALUES (1)"), Ok(vec![]));
    let commit = site.committing(begin, 1);
    assert!(matches!(site.ask("a", commit), HostToPage::Executed { changes: 1, .. }));
}

#[test]
fn a_new_host_knows_whether_it_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.sqlite");
    let mut site = Site::in_file(&file);
    let first = site.begin("a");
    assert_eq!(site.step("a", first, "INSERT INTO t VALUES (1)"), Ok(vec![]));
    let committed = site.committing(first, 1);
    let answer = site.ask("a", committed.clone());
    let second = site.begin("a");
    assert_eq!(site.step("a", second, "INSERT INTO t VALUES (2)"), Ok(vec![]));
    // Its page has asked for the end, and the host dies.
    let lost = site.committing(second, 2);
    drop(site);

    let mut site = Site::in_file(&file);
    assert_eq!(site.rows(), 1);
    assert_eq!(site.ask("a", committed.clone()), answer);
    assert_eq!(code(site.ask("a", lost)), codes::TRANSACTION_LOST);
    // What was done between two numbers is not done again.
    let third = site.begin("a");
    assert_eq!(site.step("a", third, "INSERT INTO t VALUES (3)"), Ok(vec![]));
    let commit = site.committing(third, 3);
    assert!(matches!(site.ask("a", commit), HostToPage::Executed { .. }));
    assert_eq!(code(site.ask("a", committed)), codes::TRANSACTION_LOST, "it has acknowledged that one");
    assert_eq!(site.rows(), 2);
}

#[test]
fn what_was_committed_in_the_same_turn_before_it_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.sqlite");
    let mut site = Site::in_file(&file);
    for number in 1..=5 {
        site.exec("a", number, &format!("INSERT INTO t VALUES ({number})"));
    }
    let begin = site.next();
    site.post("a", PageToHost::Begin { request: begin });
    for number in 1..=5 {
        site.exec("b", number, &format!("INSERT INTO t VALUES (-{number})"));
    }
    let posted = site.work();
    assert!(posted.contains(&("a", HostToPage::Begun { request: begin })), "{posted:?}");
    // More than a page cache holds: SQLite writes some of it before the end.
    let many = "WITH RECURSIVE n(i) AS (VALUES (100) UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO t SELECT i FROM n";
    assert_eq!(site.step("a", begin, many), Ok(vec![]));
    let commit = site.committing(begin, 1);
    site.post("a", commit);
    site.work();
    let rows = site.rows();
    drop(site);
    assert_eq!(Site::in_file(&file).rows(), rows);
}
