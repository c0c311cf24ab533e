//! Writes that are asked for again: of a host that did them, and of one that opens the database after it.

use std::path::Path;

use tidewater::{Engine, Options};
use tidewater_protocol::frame::{RowsFrame, ValueRef};
use tidewater_protocol::{
    ClientId, Configuration, Epoch, HostToPage, PROTOCOL, PageToHost, RequestId, Seq, Statement, StorageMode, TabId,
    codes,
};

use crate::{Outgoing, Service};

const CONFIGURATION: Configuration = Configuration { foreign_keys: true };

/// A host of the database in a file, with a page client that is `a` in the tab that is called so.
struct Site {
    service: Service,
    tab: TabId,
}

impl Site {
    fn open(file: &Path, tab: &str) -> Self {
        let engine = Engine::open(file, Options::default()).unwrap();
        let service = Service::begin(engine, StorageMode::Opfs, CONFIGURATION, Epoch(0)).unwrap();
        let mut site = Self { service, tab: TabId::from(tab) };
        let hello = PageToHost::Hello {
            client: ClientId::from("a"),
            protocol: PROTOCOL,
            nonce: 1,
            restart: false,
            configuration: CONFIGURATION,
            schema: Some("CREATE TABLE IF NOT EXISTS t(x UNIQUE)".to_owned()),
        };
        assert!(matches!(site.ask(hello), HostToPage::Welcome { .. }));
        site
    }

    /// The answer, with the number of the request left out.
    fn ask(&mut self, request: PageToHost) -> HostToPage {
        let mut outgoing: Vec<Outgoing> = self.service.receive(&self.tab, request);
        outgoing.pop().map(|outgoing| outgoing.message).unwrap()
    }

    fn count(&mut self, sql: &str) -> i64 {
        let HostToPage::Queried { rows, .. } = self.ask(query(1_000, sql)) else { panic!("{sql}") };
        match RowsFrame::new(&rows.0).unwrap().values(0).unwrap().next() {
            Some(Ok(ValueRef::Integer(count))) => count,
            other => panic!("{other:?}"),
        }
    }
}

fn exec(seq: u64, sql: &str) -> PageToHost {
    let (request, seq, acknowledged, sql) = (RequestId(9), Seq(seq), Seq(0), sql.to_owned());
    PageToHost::Exec { request, seq, acknowledged, sql, params: None, timeout: None }
}

fn query(seq: u64, sql: &str) -> PageToHost {
    let (request, seq, acknowledged, sql) = (RequestId(9), Seq(seq), Seq(0), sql.to_owned());
    PageToHost::Query { request, seq, acknowledged, sql, params: None, timeout: None }
}

fn transaction(seq: u64, statements: &[&str]) -> PageToHost {
    let statement = |sql: &&str| Statement { sql: (*sql).to_owned(), params: None };
    let (request, seq, acknowledged) = (RequestId(9), Seq(seq), Seq(0));
    PageToHost::Transaction {
        request,
        seq,
        acknowledged,
        statements: statements.iter().map(statement).collect(),
        timeout: None,
    }
}

fn code(answer: &HostToPage) -> &str {
    match answer {
        HostToPage::Failed { error, .. } => &error.code,
        _ => "done",
    }
}

#[test]
fn the_next_host_gives_the_answers_that_were_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.sqlite");
    let requests = [
        exec(1, "INSERT INTO t VALUES (1), (2)"),
        query(2, "INSERT INTO t VALUES (3) RETURNING x, x + 1 AS next"),
        transaction(3, &["INSERT INTO t VALUES (4)", "SELECT count(*) AS n FROM t", "DELETE FROM t WHERE x = 1"]),
        exec(4, "INSERT INTO t VALUES (5), (4)"),
        query(5, "INSERT INTO t VALUES (2) RETURNING x"),
        transaction(6, &["INSERT INTO t VALUES (6)", "INSERT INTO missing VALUES (1)"]),
        exec(7, "UPDATE t SET x = 9 WHERE x = 10"),
        exec(8, "VACUUM"),
        exec(9, "BEGIN; INSERT INTO t VALUES (10); COMMIT"),
        exec(10, "INSERT OR FAIL INTO t VALUES (11), (10)"),
    ];
    let mut first = Site::open(&file, "first");
    let answers: Vec<HostToPage> = requests.iter().map(|request| first.ask(request.clone())).collect();
    let codes: Vec<&str> = answers.iter().map(code).collect();
    let (constraint, done) = ("constraint", "done");
    assert_eq!(codes, [done, done, done, constraint, constraint, "sql_error", done, done, done, constraint]);
    let again: Vec<HostToPage> = requests.iter().map(|request| first.ask(request.clone())).collect();
    assert_eq!(again, answers, "the same host");
    drop(first);
    let mut next = Site::open(&file, "next");
    let again: Vec<HostToPage> = requests.iter().map(|request| next.ask(request.clone())).collect();
    assert_eq!(again, answers);
    assert_eq!(next.count("SELECT count(*) FROM t"), 4);
    assert_eq!(next.count("SELECT group_concat(x ORDER BY x) = '2,3,4,10' FROM t"), 1);
    assert_eq!(code(&next.ask(exec(11, "INSERT INTO t VALUES (12)"))), done);
}

#[test]
fn what_no_transaction_contains_and_was_begun_is_not_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder.path().join("test.sqlite"), "a");
    let script = "BEGIN; INSERT INTO t VALUES (1); COMMIT";
    assert_eq!(code(&site.ask(exec(1, script))), "done");
    // As a host leaves it that dies before it records what came of it: the kind "begun" as a row of one small integer.
    site.ask(exec(2, "UPDATE tidewater_ledger SET answer = x'0500' WHERE seq = 1"));
    assert_eq!(code(&site.ask(exec(1, script))), codes::OUTCOME_UNKNOWN);
    assert_eq!(site.count("SELECT count(*) FROM t"), 1);
}

#[test]
fn queries_that_only_read_are_not_recorded_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder.path().join("test.sqlite"), "a");
    let reading = ["SELECT count(*) FROM t", "VALUES (0)", "WITH c AS (SELECT 0) SELECT * FROM c", "EXPLAIN SELECT 1"];
    for (seq, sql) in reading.iter().enumerate() {
        assert_eq!(code(&site.ask(query(seq as u64 + 1, sql))), "done", "{sql}");
    }
    assert_eq!(site.count("SELECT count(*) FROM tidewater_ledger"), 0);
    site.ask(exec(9, "INSERT INTO t VALUES (1)"));
    for (seq, sql) in reading.iter().enumerate() {
        assert_eq!(code(&site.ask(query(seq as u64 + 1, sql))), "done", "{sql}");
    }
    // A write before the last one that nobody has recorded: nothing is known of it.
    assert_eq!(code(&site.ask(exec(5, "INSERT INTO t VALUES (2)"))), codes::OUTCOME_UNKNOWN);
    assert_eq!(code(&site.ask(query(6, "INSERT INTO t VALUES (2) RETURNING x"))), codes::OUTCOME_UNKNOWN);
    assert_eq!(site.count("SELECT count(*) FROM t"), 1);
}

#[test]
fn what_is_acknowledged_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder.path().join("test.sqlite"), "a");
    for seq in 1..=100 {
        let PageToHost::Exec { request, seq, sql, params, timeout, .. } = exec(seq, "INSERT INTO t VALUES (NULL)")
        else {
            panic!("no exec")
        };
        // The client learns of each answer two writes later.
        let acknowledged = Seq(seq.0.saturating_sub(3));
        site.ask(PageToHost::Exec { request, seq, acknowledged, sql, params, timeout });
        assert!(site.count("SELECT count(*) FROM tidewater_ledger") < 40);
    }
    assert_eq!(site.count("SELECT count(*) FROM t"), 100);
}

/// Reads take numbers and are not recorded: whatever the pattern of numbers, what is acknowledged does not pile up.
#[test]
fn what_is_acknowledged_is_forgotten_whatever_comes_between() {
    for first in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let mut site = Site::open(&folder.path().join("test.sqlite"), "a");
        for seq in (first..).step_by(2).take(100) {
            let (request, acknowledged) = (RequestId(9), Seq(seq - 1));
            let sql = "INSERT INTO t VALUES (NULL)".to_owned();
            site.ask(PageToHost::Exec { request, seq: Seq(seq), acknowledged, sql, params: None, timeout: None });
            assert_eq!(code(&site.ask(query(seq + 1, "SELECT 1"))), "done");
        }
        assert!(site.count("SELECT count(*) FROM tidewater_ledger") < 40);
        assert_eq!(site.count("SELECT count(*) FROM t"), 100);
    }
}

#[test]
fn a_failing_write_changes_nothing_whatever_its_conflict_clause() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder.path().join("test.sqlite"), "a");
    site.ask(exec(1, "INSERT INTO t VALUES (1)"));
    for (seq, conflict) in ["ABORT", "FAIL", "ROLLBACK"].into_iter().enumerate() {
        let sql = format!("INSERT OR {conflict} INTO t VALUES (2), (1)");
        assert_eq!(code(&site.ask(exec(seq as u64 + 2, &sql))), "constraint");
        assert_eq!(site.count("SELECT count(*) FROM t"), 1, "{conflict}");
    }
}
