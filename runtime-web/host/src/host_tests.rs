//! The pipeline with page clients that read slowly, or not at all: what is under way to them is bounded, and their rows are right in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use tidewater::{Engine, Location, Options};
use tidewater_protocol::frame::{DeliveryFrame, Edit, RowsFrame};
use tidewater_protocol::{
    ClientId, Configuration, Delivery, Epoch, HostToPage, PROTOCOL, Packet, PageToHost, RequestId, Seq, StorageMode,
    SubscriptionEvent, SubscriptionId, TabId,
};

use crate::{Host, PortNumber, Service, answer};

const CONFIGURATION: Configuration = Configuration { foreign_keys: true };
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT)";
const QUERIES: [&str; 3] = [
    "SELECT id, body FROM note ORDER BY id DESC LIMIT 20",
    "SELECT count(*), max(id) FROM note",
    // Fails while there is a negative one.
    "SELECT id, abs(iif(id < 0, -9223372036854775807 - 1, id)) FROM note WHERE id % 7 = 0 OR id < 0 ORDER BY id",
];
/// What a packet may be over the window.
const MOST_UNDER_WAY: u64 = 1 << 20;

/// A page client: what it has read of what was posted to it, as it would show it.
#[derive(Default)]
struct Page {
    port: Option<PortNumber>,
    inbox: Vec<Packet>,
    rows: BTreeMap<SubscriptionId, Vec<Vec<u8>>>,
    failing: BTreeMap<SubscriptionId, bool>,
    read: u64,
    answers: Vec<RequestId>,
    deliveries: usize,
}

/// A host and its page clients, whose ports are their names.
struct Site {
    host: Host<TabId>,
    pages: BTreeMap<TabId, Page>,
    last: u64,
    now: Duration,
}

impl Site {
    fn new(tabs: &[&str]) -> Self {
        let engine = Engine::open(Location::Memory, Options::default()).unwrap();
        let service = Service::begin(engine, StorageMode::Memory, CONFIGURATION, Epoch(0)).unwrap();
        let mut site = Self { host: Host::new(service), pages: BTreeMap::new(), last: 0, now: Duration::ZERO };
        for tab in tabs.iter().map(|tab| TabId::from(*tab)) {
            let number = site.host.expect(&tab, true).unwrap();
            site.host.offer(tab.clone(), number, tab.clone());
            site.pages.insert(tab.clone(), Page { port: Some(number), ..Page::default() });
            site.begin(&tab, false);
        }
        site
    }

    /// Says hello, and subscribes to everything.
    fn begin(&mut self, tab: &TabId, restart: bool) {
        let client = ClientId(tab.0.clone());
        let (configuration, schema) = (CONFIGURATION, Some(SCHEMA.to_owned()));
        self.post(tab, PageToHost::Hello { client, protocol: PROTOCOL, nonce: 1, restart, configuration, schema });
        for (number, sql) in (1..).zip(QUERIES) {
            let (subscription, sql) = (SubscriptionId(number), sql.to_owned());
            self.post(tab, PageToHost::Subscribe { subscription, sql, params: None, resumed: restart });
        }
        self.work();
    }

    fn post(&mut self, tab: &TabId, message: PageToHost) {
        self.host.receive(tab, self.pages[tab].port.unwrap(), message);
    }

    fn exec(&mut self, tab: &str, sql: &str) -> RequestId {
        self.last += 1;
        let (request, seq, sql) = (RequestId(self.last), Seq(self.last), sql.to_owned());
        let exec = PageToHost::Exec { request, seq, acknowledged: Seq(0), sql, params: None, timeout: None };
        self.post(&TabId::from(tab), exec);
        request
    }

    /// Does all that can be done.
    fn work(&mut self) {
        loop {
            let turn = self.host.turn(self.now, || false).unwrap();
            for (port, packet) in turn.posts {
                self.pages.get_mut(port).unwrap().inbox.push(packet);
            }
            if !turn.has_more {
                return;
            }
        }
    }

    fn under_way(&self, tab: &str) -> u64 {
        let packets = &self.pages[&TabId::from(tab)].inbox;
        packets.iter().flat_map(|packet| &packet.messages).map(answer::size).sum()
    }

    /// Lets a page client read so many packets, and confirm what it is asked to.
    fn read(&mut self, tab: &str, most: usize) {
        let tab = TabId::from(tab);
        let page = self.pages.get_mut(&tab).unwrap();
        let most = most.min(page.inbox.len());
        let read: Vec<_> = page.inbox.drain(..most).collect();
        for packet in read {
            let page = self.pages.get_mut(&tab).unwrap();
            assert!(packet.number == page.read + 1, "{} after {}", packet.number, page.read);
            page.read = packet.number;
            packet.messages.into_iter().for_each(|message| page.take(message));
            if packet.confirm {
                self.post(&tab, PageToHost::Confirm { number: packet.number });
            }
        }
        self.work();
    }

    fn read_all(&mut self, tab: &str) {
        while !self.pages[&TabId::from(tab)].inbox.is_empty() {
            self.read(tab, usize::MAX);
        }
    }
}

impl Page {
    fn take(&mut self, message: HostToPage) {
        match message {
            HostToPage::Subscribed { subscription, rows, .. } => self.whole(subscription, &rows.0),
            HostToPage::Delivery(Delivery { edits, events, .. }) => {
                self.deliveries += 1;
                for (subscription, edits) in DeliveryFrame::new(&edits.0).unwrap().iter() {
                    self.failing.insert(subscription, false);
                    let rows = self.rows.get_mut(&subscription).unwrap();
                    edits.for_each(|edit| apply(rows, edit.unwrap()));
                }
                for event in events {
                    match event {
                        SubscriptionEvent::Columns { subscription, rows, .. } => self.whole(subscription, &rows.0),
                        SubscriptionEvent::Error { subscription, closed, .. } => {
                            assert!(!closed);
                            self.failing.insert(subscription, true);
                        }
                    }
                }
            }
            HostToPage::Executed { request, .. } => self.answers.push(request),
            HostToPage::Welcome { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn whole(&mut self, subscription: SubscriptionId, rows: &[u8]) {
        self.failing.insert(subscription, false);
        self.rows.insert(subscription, RowsFrame::new(rows).unwrap().iter().map(<[u8]>::to_vec).collect());
    }
}

fn apply(rows: &mut Vec<Vec<u8>>, edit: Edit<'_>) {
    let at = |index: u32| usize::try_from(index).unwrap();
    match edit {
        Edit::Insert { index, row } => rows.insert(at(index), row.to_vec()),
        Edit::Remove { index } => drop(rows.remove(at(index))),
        Edit::Replace { index, row } => rows[at(index)] = row.to_vec(),
        Edit::Move { from, to } => {
            let row = rows.remove(at(from));
            rows.insert(at(to), row);
        }
    }
}

#[test]
fn ten_thousand_diffs_for_one_that_hangs_take_less_than_a_mebibyte() {
    let mut site = Site::new(&["hangs", "writes"]);
    site.read_all("hangs");
    for _ in 0..10_000 {
        site.exec("writes", "INSERT INTO note(body) VALUES ('a body that is as long as those of notes are mostly')");
        site.work();
        site.read_all("writes");
    }
    assert!(site.under_way("hangs") < MOST_UNDER_WAY, "{}", site.under_way("hangs"));
    let [hangs, writes] = ["hangs", "writes"].map(TabId::from);
    let deliveries = site.pages[&hangs].inbox.len();
    site.read("hangs", usize::MAX);
    assert_eq!(site.pages[&hangs].inbox.len(), 1, "what it missed is one delivery");
    site.read_all("hangs");
    assert_eq!(site.pages[&hangs].rows, site.pages[&writes].rows);
    assert!(site.pages[&hangs].deliveries <= deliveries + 1);

    site.exec("writes", "INSERT INTO note(body) VALUES ('one more')");
    site.work();
    assert_eq!(site.pages[&hangs].inbox.len(), 1, "it is told of commits again");
    site.read_all("hangs");
    site.read_all("writes");
    assert_eq!(site.pages[&hangs].rows, site.pages[&writes].rows);
}

#[test]
fn one_that_reads_nothing_is_answered_nothing_more_until_it_does() {
    let mut site = Site::new(&["a"]);
    site.read_all("a");
    let big = format!("INSERT INTO note(body) VALUES ('{}')", "x".repeat(300_000));
    let asked: Vec<_> = (0..20).map(|_| site.exec("a", &big)).collect();
    site.work();
    let tab = TabId::from("a");
    while !site.pages[&tab].inbox.is_empty() {
        assert!(site.under_way("a") < 8 * MOST_UNDER_WAY, "the result is 6 MB in the end, and is sent whole");
        site.read("a", 1);
    }
    assert_eq!(site.pages[&tab].answers, asked, "each is answered once, in order");
}

#[test]
fn one_that_begins_anew_has_everything_again() {
    let mut site = Site::new(&["a", "b"]);
    site.read_all("a");
    for _ in 0..5_000 {
        site.exec("b", "INSERT INTO note(body) VALUES ('a body that is as long as those of notes are mostly')");
        site.work();
        site.read_all("b");
    }
    let [a, b] = ["a", "b"].map(TabId::from);
    // It has lost all that was posted, and nothing of it will be confirmed.
    let page = site.pages.get_mut(&a).unwrap();
    page.inbox.clear();
    page.read = 0;
    site.begin(&a, true);
    site.exec("b", "DELETE FROM note WHERE id > 4000");
    site.work();
    site.read_all("a");
    site.read_all("b");
    assert_eq!(site.pages[&a].rows, site.pages[&b].rows);
}

#[test]
fn whatever_is_read_when_rows_are_right_in_the_end() {
    let mut state = 7_u64;
    let mut below = move |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut fell_behind = 0;
    for _ in 0..40 {
        let tabs = ["a", "b", "c"];
        let mut site = Site::new(&tabs);
        for _ in 0..60 {
            let id = i64::try_from(below(50)).unwrap() - 1;
            let body = "y".repeat(usize::try_from(below(60_000)).unwrap());
            let sql = match below(4) {
                0 => format!("DELETE FROM note WHERE id = {id}"),
                1 => format!("UPDATE note SET body = '{body}' WHERE id >= {id}"),
                _ => format!("INSERT OR REPLACE INTO note VALUES ({id}, '{body}')"),
            };
            site.exec(tabs[usize::try_from(below(3)).unwrap()], &sql);
            site.work();
            let reader = tabs[usize::try_from(below(2)).unwrap()];
            site.read(reader, usize::try_from(below(3)).unwrap());
            fell_behind += site.host.service.behind().len();
        }
        for _ in 0..10 {
            tabs.iter().for_each(|tab| site.read_all(tab));
        }
        let pages: Vec<_> = site.pages.values().collect();
        for (number, sql) in (1..).zip(QUERIES) {
            let subscription = SubscriptionId(number);
            let now = site.host.service.engine.query(sql, ());
            for page in &pages {
                assert_eq!(page.failing[&subscription], now.is_err());
                let Ok(now) = &now else { continue };
                assert!(page.rows[&subscription].iter().eq(now.rows.iter().map(|row| row.as_bytes())), "{sql}");
            }
        }
    }
    assert!(fell_behind > 100, "{fell_behind}");
}
