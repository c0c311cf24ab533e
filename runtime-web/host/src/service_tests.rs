//! The host as pages see it: requests in, answers and deliveries out, on a real engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tidewater::{Engine, Location, Options};
use tidewater_protocol::frame::{DeliveryFrame, RowsFrame, ValueRef, positional_params};
use tidewater_protocol::{
    ClientId, Configuration, Delivery, Epoch, Found, Frame, HostToPage, PROTOCOL, PageToHost, RequestId, Seq,
    Statement, StorageMode, SubscriptionEvent, SubscriptionId, TabId, codes,
};

use crate::{Outgoing, Service};

const CONFIGURATION: Configuration = Configuration { foreign_keys: true };

fn service() -> Service {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    Service::begin(engine, StorageMode::Memory, CONFIGURATION, Epoch(6)).unwrap()
}

fn tab(name: &str) -> TabId {
    TabId::from(name)
}

fn hello(service: &mut Service, client: &str, schema: Option<&str>) -> HostToPage {
    let hello = PageToHost::Hello {
        client: ClientId::from(client),
        protocol: PROTOCOL,
        nonce: 5,
        restart: false,
        configuration: CONFIGURATION,
        schema: schema.map(str::to_owned),
    };
    only(service.receive(&tab(client), hello))
}

fn only(mut outgoing: Vec<Outgoing>) -> HostToPage {
    assert_eq!(outgoing.len(), 1, "{outgoing:?}");
    outgoing.remove(0).message
}

fn exec(service: &mut Service, client: &str, request: u64, sql: &str) -> Vec<Outgoing> {
    service.receive(&tab(client), execution(request, sql))
}

/// The write of this number, under the same number as a request.
fn execution(seq: u64, sql: &str) -> PageToHost {
    let (request, seq, acknowledged, sql) = (RequestId(seq), Seq(seq), Seq(0), sql.to_owned());
    PageToHost::Exec { request, seq, acknowledged, sql, params: None, timeout: None }
}

fn querying(seq: u64, sql: &str, timeout: Option<u64>) -> PageToHost {
    let (request, seq, acknowledged, sql) = (RequestId(seq), Seq(seq), Seq(0), sql.to_owned());
    PageToHost::Query { request, seq, acknowledged, sql, params: None, timeout }
}

fn subscribe(service: &mut Service, client: &str, subscription: u64, sql: &str) -> HostToPage {
    only(service.receive(&tab(client), subscribing(subscription, sql, false)))
}

fn subscribing(subscription: u64, sql: &str, resumed: bool) -> PageToHost {
    let (subscription, sql) = (SubscriptionId(subscription), sql.to_owned());
    PageToHost::Subscribe { subscription, sql, params: None, resumed }
}

/// The events of the only message, which is a delivery.
fn events(outgoing: Vec<Outgoing>) -> Vec<SubscriptionEvent> {
    let HostToPage::Delivery(Delivery { events, .. }) = only(outgoing) else { panic!("no delivery") };
    events
}

fn two_clients() -> Service {
    let mut service = service();
    hello(&mut service, "a", Some("CREATE TABLE t(x INTEGER)"));
    hello(&mut service, "b", None);
    service
}

fn open(file: &std::path::Path, after: Epoch) -> Service {
    let engine = Engine::open(file, Options::default()).unwrap();
    Service::begin(engine, StorageMode::Opfs, CONFIGURATION, after).unwrap()
}

#[test]
fn a_welcome_tells_the_epoch_the_database_and_what_was_done() {
    let mut service = service();
    let HostToPage::Welcome { nonce: 5, epoch, storage, database, applied, .. } = hello(&mut service, "a", None) else {
        panic!("not welcome")
    };
    assert_eq!((epoch, storage, database.0.len(), applied), (Epoch(7), StorageMode::Memory, 32, Seq(0)));
    assert_eq!(service.clients(), [tab("a")]);
    exec(&mut service, "a", 3, "CREATE TABLE t(x)");
    let HostToPage::Welcome { database: again, applied, .. } = hello(&mut service, "a", None) else {
        panic!("not welcome")
    };
    assert_eq!((again, applied), (database, Seq(3)));
}

#[test]
fn epochs_rise_with_each_opening_and_the_database_stays_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let [file, other] = ["test.sqlite", "other.sqlite"].map(|name| folder.path().join(name));
    assert_eq!(open(&file, Epoch(0)).epoch(), Epoch(1));
    assert_eq!(open(&file, Epoch(0)).epoch(), Epoch(2));
    assert_eq!(open(&file, Epoch(9)).epoch(), Epoch(10));
    let database = |file| match hello(&mut open(file, Epoch(0)), "a", None) {
        HostToPage::Welcome { database, .. } => database,
        refused => panic!("{refused:?}"),
    };
    assert_eq!(database(&file), database(&file));
    assert_ne!(database(&file), database(&other));
}

#[test]
fn a_schema_script_runs_once() {
    let mut service = service();
    let script = Some("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    assert!(matches!(hello(&mut service, "a", script), HostToPage::Welcome { .. }));
    assert!(matches!(hello(&mut service, "b", script), HostToPage::Welcome { .. }));
    let HostToPage::Refused { nonce: 5, error } = hello(&mut service, "c", Some("CREATE TABLE t(x)")) else {
        panic!("not refused")
    };
    assert_eq!(error.code, "sql_error");
    assert_eq!(service.clients(), [tab("a"), tab("b")]);
}

#[test]
fn another_protocol_is_refused() {
    let hello = PageToHost::Hello {
        client: ClientId::from("a"),
        protocol: PROTOCOL + 1,
        nonce: 6,
        restart: false,
        configuration: CONFIGURATION,
        schema: None,
    };
    let HostToPage::Refused { nonce: 6, error } = only(service().receive(&tab("a"), hello)) else {
        panic!("not refused")
    };
    assert_eq!(error.code, codes::UPGRADE_REQUIRED);
}

#[test]
fn a_request_before_hello_is_a_bad_message() {
    let HostToPage::Failed { error, .. } = only(exec(&mut service(), "a", 1, "SELECT 1")) else { panic!("not failed") };
    assert_eq!(error.code, codes::BAD_MESSAGE);
}

#[test]
fn one_delivery_a_commit_a_client_before_the_answer() {
    let mut service = two_clients();
    for (client, subscription) in [("a", 1), ("a", 2), ("b", 1)] {
        let sql = "SELECT x FROM t ORDER BY x";
        assert!(matches!(subscribe(&mut service, client, subscription, sql), HostToPage::Subscribed { .. }));
    }
    let outgoing = exec(&mut service, "b", 5, "INSERT INTO t VALUES (7)");
    let to: Vec<_> = outgoing.iter().map(|outgoing| outgoing.client.0.as_str()).collect();
    assert_eq!(to, ["a", "b", "b"]);
    let HostToPage::Delivery(Delivery { edits, events, cause }) = &outgoing[0].message else { panic!("no delivery") };
    let frame = DeliveryFrame::new(&edits.0).unwrap();
    assert_eq!(frame.iter().map(|(subscription, _)| subscription.0).collect::<Vec<_>>(), [1, 2]);
    assert!(events.is_empty() && cause.is_none());
    let HostToPage::Delivery(Delivery { cause, .. }) = &outgoing[1].message else { panic!("no delivery") };
    assert_eq!(*cause, Some(RequestId(5)));
    let HostToPage::Executed { request, commit, changes } = &outgoing[2].message else { panic!("no answer") };
    assert_eq!((*request, *commit, *changes), (RequestId(5), frame.commit(), 1));
}

#[test]
fn who_left_or_unsubscribed_gets_nothing() {
    let mut service = two_clients();
    subscribe(&mut service, "a", 1, "SELECT x FROM t");
    subscribe(&mut service, "b", 1, "SELECT x FROM t");
    service.leave(&tab("a"));
    assert!(service.receive(&tab("b"), PageToHost::Unsubscribe { subscription: SubscriptionId(1) }).is_empty());
    assert!(matches!(only(exec(&mut service, "b", 1, "INSERT INTO t VALUES (1)")), HostToPage::Executed { .. }));
}

#[test]
fn a_bad_query_is_an_event_of_its_subscription_alone() {
    let mut service = two_clients();
    let HostToPage::Delivery(Delivery { events, .. }) = subscribe(&mut service, "a", 1, "SELECT nothing FROM t") else {
        panic!("no delivery")
    };
    let [SubscriptionEvent::Error { subscription, closed: true, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*subscription, SubscriptionId(1));
}

#[test]
fn a_dropped_table_closes_its_subscription() {
    let mut service = two_clients();
    subscribe(&mut service, "a", 1, "SELECT x FROM t");
    let outgoing = exec(&mut service, "b", 1, "DROP TABLE t");
    let HostToPage::Delivery(Delivery { events, .. }) = &outgoing[0].message else { panic!("{outgoing:?}") };
    assert!(matches!(events.as_slice(), [SubscriptionEvent::Error { closed: true, .. }]), "{events:?}");
    let again = exec(&mut service, "b", 2, "CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    assert!(matches!(only(again), HostToPage::Executed { .. }));
}

#[test]
fn a_failing_subscription_of_a_former_host_waits_for_other_data() {
    let mut service = two_clients();
    exec(&mut service, "b", 1, "INSERT INTO t VALUES (-9223372036854775808)");
    let sql = "SELECT abs(x) AS y FROM t";
    for (resumed, ended) in [(false, true), (true, false)] {
        let events = events(service.receive(&tab("a"), subscribing(1, sql, resumed)));
        assert!(
            matches!(events.as_slice(), [SubscriptionEvent::Error { closed, .. }] if *closed == ended),
            "{events:?}"
        );
    }
    let outgoing = exec(&mut service, "b", 2, "INSERT INTO t VALUES (1)");
    assert!(matches!(only(outgoing), HostToPage::Executed { .. }), "it fails as before");
    let mut outgoing = exec(&mut service, "b", 3, "DELETE FROM t WHERE x < 0");
    assert!(matches!(outgoing.pop().unwrap().message, HostToPage::Executed { .. }));
    let recovered = events(outgoing);
    let [SubscriptionEvent::Columns { columns, rows, .. }] = recovered.as_slice() else { panic!("{recovered:?}") };
    assert_eq!((columns.as_slice(), RowsFrame::new(&rows.0).unwrap().len()), (["y".to_owned()].as_slice(), 1));
    assert_eq!(exec(&mut service, "b", 4, "INSERT INTO t VALUES (2)").len(), 2, "it is kept up to date");
}

#[test]
fn a_failing_subscription_of_a_former_host_ends_with_its_table() {
    let mut service = two_clients();
    exec(&mut service, "b", 1, "INSERT INTO t VALUES (-9223372036854775808)");
    service.receive(&tab("a"), subscribing(1, "SELECT abs(x) AS y FROM t", true));
    let mut outgoing = exec(&mut service, "b", 2, "DROP TABLE t");
    outgoing.pop();
    let ended = events(outgoing);
    assert!(matches!(ended.as_slice(), [SubscriptionEvent::Error { closed: true, .. }]), "{ended:?}");
    exec(&mut service, "b", 3, "CREATE TABLE t(x)");
    assert_eq!(exec(&mut service, "b", 4, "INSERT INTO t VALUES (2)").len(), 1);
}

fn integers(values: &[i64]) -> Option<Frame> {
    Some(positional_params(values.iter().map(|value| ValueRef::Integer(*value))).unwrap())
}

/// A subscription of `a` to a page of t, which has the rows 1 to 5.
fn a_page() -> Service {
    let mut service = two_clients();
    exec(&mut service, "b", 1, "INSERT INTO t VALUES (1), (2), (3), (4), (5)");
    let sql = "SELECT x FROM t ORDER BY x LIMIT ? OFFSET ?".to_owned();
    let (subscription, params) = (SubscriptionId(1), integers(&[2, 0]));
    let subscribed = service.receive(&tab("a"), PageToHost::Subscribe { subscription, sql, params, resumed: false });
    assert!(matches!(only(subscribed), HostToPage::Subscribed { .. }));
    service
}

fn rebind(service: &mut Service, request: u64, params: Option<Frame>) -> Vec<Outgoing> {
    let (request, subscription) = (RequestId(request), SubscriptionId(1));
    service.receive(&tab("a"), PageToHost::Rebind { request, subscription, params })
}

fn refusal(mut outgoing: Vec<Outgoing>) -> String {
    match outgoing.pop().map(|last| last.message) {
        Some(HostToPage::Failed { error, .. }) if outgoing.is_empty() => error.code,
        other => panic!("{other:?} after {outgoing:?}"),
    }
}

/// The lengths of the edits for subscription 1, in a delivery that names its cause, before its answer.
fn edits_then_rebound(outgoing: &[Outgoing]) -> usize {
    let [delivery, answer] = outgoing else { panic!("{outgoing:?}") };
    let HostToPage::Delivery(Delivery { edits, cause, .. }) = &delivery.message else { panic!("{outgoing:?}") };
    let frame = DeliveryFrame::new(&edits.0).unwrap();
    let HostToPage::Rebound { request, commit } = &answer.message else { panic!("{outgoing:?}") };
    assert_eq!((Some(*request), *commit), (*cause, frame.commit()));
    let mut subscriptions = frame.iter();
    let (subscription, edits) = subscriptions.next().unwrap();
    assert!(subscription == SubscriptionId(1) && subscriptions.next().is_none());
    edits.count()
}

#[test]
fn other_parameters_bring_the_edits_and_then_the_answer() {
    let mut service = a_page();
    assert_eq!(edits_then_rebound(&rebind(&mut service, 2, integers(&[2, 1]))), 2);
    let same = only(rebind(&mut service, 3, integers(&[2, 1])));
    assert!(matches!(same, HostToPage::Rebound { request: RequestId(3), .. }), "{same:?}");
    let outgoing = exec(&mut service, "b", 2, "DELETE FROM t WHERE x = 5");
    assert_eq!(outgoing.len(), 1, "5 is behind the window");
    let outgoing = exec(&mut service, "b", 3, "DELETE FROM t WHERE x = 1");
    assert_eq!(outgoing.len(), 2, "it is maintained with the new parameters");
}

#[test]
fn parameters_that_do_not_fit_leave_a_subscription_as_it_was() {
    let mut service = a_page();
    assert_eq!(refusal(rebind(&mut service, 2, None)), "bad_parameters");
    assert_eq!(refusal(rebind(&mut service, 3, integers(&[1, 2, 3]))), "bad_parameters");
    assert_eq!(refusal(rebind(&mut service, 4, Some(Frame(vec![9])))), codes::BAD_MESSAGE);
    let outgoing = exec(&mut service, "b", 2, "DELETE FROM t WHERE x = 1");
    assert_eq!(outgoing.len(), 2, "it is maintained with the old parameters");
    service.receive(&tab("a"), PageToHost::Unsubscribe { subscription: SubscriptionId(1) });
    assert_eq!(refusal(rebind(&mut service, 5, integers(&[2, 0]))), codes::CLOSED);
}

#[test]
fn a_failing_subscription_of_a_former_host_can_be_rebound() {
    let mut service = two_clients();
    exec(&mut service, "b", 1, "INSERT INTO t VALUES (-9223372036854775808), (1)");
    let (subscription, sql) = (SubscriptionId(1), "SELECT abs(x) AS y FROM t WHERE x < ?".to_owned());
    let subscribing = PageToHost::Subscribe { subscription, sql, params: integers(&[0]), resumed: true };
    assert!(matches!(events(service.receive(&tab("a"), subscribing)).as_slice(), [SubscriptionEvent::Error { .. }]));
    assert_eq!(refusal(rebind(&mut service, 2, integers(&[5]))), "sql_error");
    let mut outgoing = rebind(&mut service, 3, integers(&[i64::MIN]));
    assert!(matches!(outgoing.pop().unwrap().message, HostToPage::Rebound { .. }));
    let recovered = events(outgoing);
    assert!(matches!(recovered.as_slice(), [SubscriptionEvent::Columns { .. }]), "{recovered:?}");
    exec(&mut service, "b", 4, "DELETE FROM t WHERE x < 0");
    let outgoing = rebind(&mut service, 5, integers(&[5]));
    assert_eq!(edits_then_rebound(&outgoing), 1, "it is a subscription like others");
}

#[test]
fn an_explanation_tells_the_plan_its_routes_and_what_it_came_to() {
    let mut service = two_clients();
    let sql = "SELECT a.x FROM t a JOIN t b ON b.x = a.x WHERE a.x = 4";
    subscribe(&mut service, "a", 1, sql);
    exec(&mut service, "b", 1, "INSERT INTO t VALUES (4)");
    let explain = PageToHost::Explain { request: RequestId(2), sql: sql.to_owned(), params: None };
    let HostToPage::Explained { explain, .. } = only(service.receive(&tab("b"), explain)) else { panic!("failed") };
    assert_eq!(explain.steps.unwrap().strategy, "delta");
    // What is equal to a constant over the join is looked up by it, so both places of the table have one route.
    assert_eq!((explain.routes.len(), explain.routes[0].found), (1, Found::ByValue));
    let live = explain.live.unwrap();
    assert_eq!((live.subscriptions, live.commits, live.maintained, live.state_rows), (1, 1, 1, 1));
    assert_eq!(explain.indexes[0].sql, "CREATE INDEX t_by_x ON t(x)");
}

#[test]
fn a_transaction_is_all_or_nothing() {
    let mut service = two_clients();
    let statement = |sql: &str| Statement { sql: sql.to_owned(), params: None };
    let transaction = |seq, statements| PageToHost::Transaction {
        request: RequestId(1),
        seq,
        acknowledged: Seq(0),
        statements,
        timeout: None,
    };
    let good = vec![
        Statement {
            sql: "INSERT INTO t VALUES (?)".to_owned(),
            params: Some(positional_params([ValueRef::Integer(3)].into_iter()).unwrap()),
        },
        statement("SELECT x + 1 AS y FROM t"),
    ];
    let HostToPage::Transacted { results, .. } = only(service.receive(&tab("a"), transaction(Seq(1), good))) else {
        panic!("failed")
    };
    assert_eq!((results[0].changes, results[0].rows.is_none()), (1, true));
    assert_eq!(results[1].columns, ["y"]);
    let rows = results[1].rows.as_ref().unwrap();
    let rows = RowsFrame::new(&rows.0).unwrap();
    assert_eq!(rows.values(0).unwrap().next().unwrap().unwrap(), ValueRef::Integer(4));

    let bad = vec![statement("INSERT INTO t VALUES (4)"), statement("INSERT INTO missing VALUES (1)")];
    assert!(matches!(only(service.receive(&tab("a"), transaction(Seq(2), bad))), HostToPage::Failed { .. }));
    let count = querying(3, "SELECT x FROM t", None);
    let HostToPage::Queried { rows, .. } = only(service.receive(&tab("a"), count)) else { panic!("failed") };
    assert_eq!(RowsFrame::new(&rows.0).unwrap().len(), 1);
}

#[test]
fn no_transaction_stays_open_after_a_request() {
    let mut service = two_clients();
    let refused = [(1, "BEGIN", "in_transaction"), (2, "BEGIN; INSERT INTO t VALUES (1)", "must_stand_alone")];
    for (request, sql, code) in refused {
        let HostToPage::Failed { error, .. } = only(exec(&mut service, "a", request, sql)) else {
            panic!("not failed")
        };
        assert_eq!(error.code, code);
    }
    let query = querying(3, "SELECT x FROM t", None);
    let HostToPage::Queried { rows, .. } = only(service.receive(&tab("b"), query)) else { panic!("failed") };
    assert!(RowsFrame::new(&rows.0).unwrap().is_empty());
}

#[test]
fn a_query_may_write_and_then_is_a_write() {
    let mut service = two_clients();
    subscribe(&mut service, "a", 1, "SELECT x FROM t");
    let outgoing = service.receive(&tab("a"), querying(7, "INSERT INTO t VALUES (3) RETURNING x", None));
    let [delivery, answer] = outgoing.as_slice() else { panic!("{outgoing:?}") };
    let HostToPage::Delivery(Delivery { cause, edits, .. }) = &delivery.message else { panic!("{outgoing:?}") };
    let HostToPage::Queried { commit, columns, .. } = &answer.message else { panic!("{outgoing:?}") };
    assert_eq!((*cause, columns.as_slice()), (Some(RequestId(7)), ["x".to_owned()].as_slice()));
    assert_eq!(*commit, DeliveryFrame::new(&edits.0).unwrap().commit());
}

#[test]
fn a_page_with_another_configuration_is_refused_with_both_named() {
    let mut service = service();
    let configuration = Configuration { foreign_keys: false };
    let hello = PageToHost::Hello {
        client: ClientId::from("a"),
        protocol: PROTOCOL,
        nonce: 7,
        restart: false,
        configuration,
        schema: None,
    };
    let HostToPage::Refused { nonce: 7, error } = only(service.receive(&tab("a"), hello)) else {
        panic!("not refused")
    };
    assert_eq!(error.code, codes::CONFIGURATION_MISMATCH);
    assert!(error.message.contains("foreignKeys: true") && error.message.contains("foreignKeys: false"), "{error:?}");
    assert_eq!(service.clients(), []);
}

#[test]
fn a_statement_runs_for_as_long_as_its_request_allows() {
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    // A millisecond later each time that somebody looks.
    let clock = || Duration::from_millis(LOOKS.fetch_add(1, Ordering::Relaxed));
    let engine = Engine::open(Location::Memory, crate::options(clock, CONFIGURATION)).unwrap();
    let mut service = Service::begin(engine, StorageMode::Memory, CONFIGURATION, Epoch(0)).unwrap();
    hello(&mut service, "a", None);
    let counting = |most: &str| {
        format!("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n {most}) SELECT count(*) FROM n")
    };
    let mut seq = 0;
    let mut code = |sql: String, timeout| {
        seq += 1;
        match only(service.receive(&tab("a"), querying(seq, &sql, timeout))) {
            HostToPage::Queried { .. } => None,
            HostToPage::Failed { error, .. } => Some(error.code),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code(counting(""), Some(20)), Some("timeout".to_owned()));
    assert_eq!(code(counting("LIMIT 100000"), None), None, "the limit was that request's");
    assert_eq!(code(counting("LIMIT 1000000"), Some(u64::MAX)), None);
    assert_eq!(code("PRAGMA foreign_keys = OFF".to_owned(), None), Some("passes_away".to_owned()));
    assert_eq!(code("PRAGMA foreign_keys".to_owned(), None), None);
}

#[test]
fn who_listens_hears_of_each_commit_by_its_tables() {
    let mut service = two_clients();
    let listening = only(service.receive(&tab("b"), PageToHost::Listen));
    let HostToPage::Committed { commit, tables, is_partial: false, cause: None } = listening else { panic!() };
    assert_eq!((commit, tables.len()), (service.commit(), 0));

    let told = exec(&mut service, "a", 1, "CREATE TABLE u(x); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)");
    let [Outgoing { client, message }, _] = &told[..] else { panic!("{told:?}") };
    let HostToPage::Committed { commit, tables, is_partial, cause: None } = message else { panic!("{message:?}") };
    assert_eq!((client, *commit, *is_partial), (&tab("b"), service.commit(), true), "the schema changed as well");
    assert_eq!(tables, &["t", "u"]);

    let told = exec(&mut service, "b", 1, "INSERT INTO u VALUES (2); UPDATE t SET x = 3; DELETE FROM u");
    let [Outgoing { message: HostToPage::Committed { tables, is_partial: false, cause, .. }, .. }, _] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((&tables[..], *cause), (&["u".to_owned(), "t".to_owned()][..], Some(RequestId(1))));
    assert_eq!(exec(&mut service, "a", 2, "DELETE FROM t WHERE x = 77").len(), 1, "it changed nothing");
}

#[test]
fn errors_of_sqlite_have_its_code_and_the_place_in_the_text() {
    let mut service = two_clients();
    let failure = |outgoing| {
        let HostToPage::Failed { error, .. } = only(outgoing) else { panic!("no error") };
        (error.code, error.sqlite, error.offset)
    };
    let sql = "INSERT INTO t VALUES (1); SELECT nothing FROM t";
    let at = u32::try_from(sql.find("nothing").unwrap()).unwrap();
    assert_eq!(failure(exec(&mut service, "a", 1, sql)), ("sql_error".to_owned(), Some(1), Some(at)));
    exec(&mut service, "a", 2, "CREATE UNIQUE INDEX i ON t(x); INSERT INTO t VALUES (5)");
    let unique = failure(exec(&mut service, "a", 3, "INSERT INTO t VALUES (5)"));
    assert_eq!(unique, ("constraint".to_owned(), Some(2067), None));
    assert_eq!(failure(exec(&mut service, "a", 3, "INSERT INTO t VALUES (5)")), unique, "from the ledger");
    let error = service.receive(&tab("a"), subscribing(4, "SELECT x FORM t", false));
    let [SubscriptionEvent::Error { error, .. }] = &events(error)[..] else { panic!() };
    assert_eq!((error.sqlite, error.offset), (Some(1), Some(14)));
}
