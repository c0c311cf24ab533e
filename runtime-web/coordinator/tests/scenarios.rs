//! What the coordinator does in situations that can be told in a few lines.

#![allow(clippy::unwrap_used, reason = "a test")]

use tidewater_coordinator::{Coordinator, Effect, Event, Timing};
use tidewater_protocol::{
    CoordinatorToPage, CoordinatorToWorker, Epoch, ErrorInfo, HostFailure, HostState, Hosting, InstanceId, PROTOCOL,
    PageToCoordinator, StorageMode, TabId, Term, WorkerToCoordinator,
};

/// A coordinator and the effects of the last event.
struct Scene {
    coordinator: Coordinator,
    now: u64,
    effects: Vec<Effect>,
}

impl Scene {
    fn new() -> Self {
        let coordinator = Coordinator::new(InstanceId::from("c"), Timing::default());
        Self { coordinator, now: 10_000, effects: Vec::new() }
    }

    fn event(&mut self, event: Event) -> &mut Self {
        self.effects = self.coordinator.handle(event, self.now);
        self
    }

    fn page(&mut self, tab: &str, message: PageToCoordinator) -> &mut Self {
        self.event(Event::FromPage { tab: tab.into(), message })
    }

    fn worker(&mut self, tab: &str, message: WorkerToCoordinator) -> &mut Self {
        self.event(Event::FromWorker { tab: tab.into(), message })
    }

    fn register_page(&mut self, tab: &str, visible: bool, hidden_for: Option<u64>, epoch: u64) -> &mut Self {
        let (epoch, id) = (Epoch(epoch), TabId::from(tab));
        let returning = false;
        let register =
            PageToCoordinator::Register { tab: id, protocol: PROTOCOL, visible, hidden_for, returning, epoch };
        self.page(tab, register)
    }

    /// A page client comes back as another tab.
    fn return_page(&mut self, tab: &str) -> &mut Self {
        let (protocol, visible, hidden_for, epoch) = (PROTOCOL, true, Some(0), Epoch(0));
        let register =
            PageToCoordinator::Register { tab: tab.into(), protocol, visible, hidden_for, returning: true, epoch };
        self.page(tab, register)
    }

    fn poisoned(&mut self, tab: &str) -> &mut Self {
        let error = ErrorInfo::new("host_panicked", "trap");
        self.worker(tab, WorkerToCoordinator::Poisoned { error })
    }

    fn register_worker(&mut self, tab: &str, hosting: Option<Hosting>) -> &mut Self {
        self.worker(tab, WorkerToCoordinator::Register { tab: tab.into(), protocol: PROTOCOL, hosting })
    }

    fn ready(&mut self, tab: &str, term: u64, epoch: u64) -> &mut Self {
        let (term, epoch) = (Term(term), Epoch(epoch));
        self.worker(tab, WorkerToCoordinator::HostReady { term, epoch, storage: StorageMode::Opfs })
    }

    fn failed(&mut self, tab: &str, term: u64, reason: HostFailure) -> &mut Self {
        self.worker(tab, WorkerToCoordinator::HostFailed { term: Term(term), reason, message: String::new() })
    }

    /// A tab with page client and worker.
    fn open(&mut self, tab: &str, visible: bool) -> &mut Self {
        self.register_page(tab, visible, None, 0).register_worker(tab, None)
    }

    /// `a` is the host in term 1 and epoch 1, and `b` is there.
    fn hosted() -> Self {
        let mut scene = Self::new();
        scene.open("a", true).ready("a", 1, 1).open("b", false);
        scene
    }

    fn after(&mut self, time: u64) -> &mut Self {
        self.now += time;
        self.event(Event::Deadline)
    }

    /// Lets time pass up to the next deadline.
    fn deadline(&mut self) -> &mut Self {
        self.now = self.coordinator.next_deadline().unwrap();
        self.event(Event::Deadline)
    }

    /// Who was told to become the host, in which term and storage mode.
    fn elected(&self) -> Option<(&str, u64, StorageMode)> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::ToWorker { tab, message: CoordinatorToWorker::BecomeHost { term, storage, .. } } => {
                Some((tab.0.as_str(), term.0, *storage))
            }
            _ => None,
        })
    }

    /// Who was introduced to whom.
    fn introduced(&self) -> Vec<(&str, &str)> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Introduce { client, host, .. } => Some((client.0.as_str(), host.0.as_str())),
                _ => None,
            })
            .collect()
    }

    fn told_page(&self, tab: &str, message: &CoordinatorToPage) -> bool {
        self.effects.contains(&Effect::ToPage { tab: tab.into(), message: message.clone() })
    }

    fn told_worker(&self, tab: &str, message: &CoordinatorToWorker) -> bool {
        self.effects.contains(&Effect::ToWorker { tab: tab.into(), message: message.clone() })
    }

    fn state(&self) -> HostState {
        self.coordinator.status(self.now).state
    }

    /// The nonce of the ping that a worker was sent.
    fn pinged(&self, to: &str) -> Option<u64> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::ToWorker { tab, message: CoordinatorToWorker::Ping { nonce } } if tab.0 == to => Some(*nonce),
            _ => None,
        })
    }
}

fn ready(term: u64, epoch: u64) -> Option<Hosting> {
    Some(Hosting::Ready { term: Term(term), epoch: Epoch(epoch), storage: StorageMode::Opfs })
}

fn lost(host: &str, epoch: u64) -> CoordinatorToPage {
    CoordinatorToPage::HostLost { host: host.into(), epoch: Epoch(epoch) }
}

fn goodbye() -> PageToCoordinator {
    PageToCoordinator::Goodbye
}

#[test]
fn the_first_tab_becomes_the_host_and_meets_itself() {
    let mut scene = Scene::new();
    assert_eq!(scene.register_page("a", true, None, 0).elected(), None);
    assert_eq!(scene.state(), HostState::Waiting);
    assert_eq!(scene.register_worker("a", None).elected(), Some(("a", 1, StorageMode::Opfs)));
    assert_eq!(scene.state(), HostState::Electing);
    assert_eq!(scene.ready("a", 1, 7).introduced(), [("a", "a")]);
    let status = scene.coordinator.status(scene.now);
    assert_eq!((status.state, status.host), (HostState::Ready, Some("a".into())));
    assert_eq!((status.term, status.epoch, status.storage), (Term(1), Epoch(7), Some(StorageMode::Opfs)));
}

#[test]
fn a_second_tab_is_introduced_and_elects_nobody() {
    let mut scene = Scene::new();
    scene.open("a", false).ready("a", 1, 1);
    assert_eq!(scene.register_page("b", true, None, 0).introduced(), [("b", "a")]);
    assert_eq!(scene.register_worker("b", None).elected(), None);
}

#[test]
fn visible_before_recently_visible_before_oldest() {
    let mut scene = Scene::new();
    scene.open("host", true).ready("host", 1, 1);
    scene.register_page("old", false, Some(5_000_000), 1).register_worker("old", None);
    scene.register_page("recent", false, Some(4_000_000), 1).register_worker("recent", None);
    scene.register_page("seen", false, Some(6_000_000), 1).register_worker("seen", None);
    scene.page("seen", PageToCoordinator::Visibility { visible: true });
    assert_eq!(scene.event(Event::WorkerGone { tab: "host".into() }).elected(), Some(("seen", 2, StorageMode::Opfs)));
    assert_eq!(scene.event(Event::WorkerGone { tab: "seen".into() }).elected(), Some(("recent", 3, StorageMode::Opfs)));
    assert_eq!(scene.event(Event::WorkerGone { tab: "recent".into() }).elected(), Some(("old", 4, StorageMode::Opfs)));
    assert_eq!(scene.event(Event::WorkerGone { tab: "old".into() }).elected(), None);
    assert_eq!(scene.state(), HostState::Waiting);
}

#[test]
fn a_page_that_turns_hidden_was_visible_until_then() {
    let mut scene = Scene::new();
    scene.open("host", true).ready("host", 1, 1);
    scene.register_page("a", true, None, 1).register_worker("a", None);
    scene.register_page("b", false, Some(1_000), 1).register_worker("b", None);
    scene.page("a", PageToCoordinator::Visibility { visible: false });
    assert_eq!(scene.event(Event::WorkerGone { tab: "host".into() }).elected(), Some(("a", 2, StorageMode::Opfs)));
}

#[test]
fn times_seen_here_and_reported_ones_are_of_one_clock() {
    let mut scene = Scene::new();
    scene.open("host", true).ready("host", 1, 1);
    scene.register_page("never", false, None, 1).register_worker("never", None);
    scene.register_page("a", true, None, 1).register_worker("a", None);
    scene.page("a", PageToCoordinator::Visibility { visible: false });
    scene.now += 100;
    scene.register_page("b", false, Some(99), 1).register_worker("b", None);
    scene.register_page("c", false, Some(101), 1).register_worker("c", None);
    for (term, (host, next)) in (2..).zip([("host", "b"), ("b", "a"), ("a", "c"), ("c", "never")]) {
        let elected = scene.event(Event::WorkerGone { tab: host.into() }).elected();
        assert_eq!(elected, Some((next, term, StorageMode::Opfs)));
    }
}

#[test]
fn the_death_of_the_hosts_worker_is_awaited_when_its_page_goes() {
    for leave in [Event::FromPage { tab: "a".into(), message: goodbye() }, Event::PageGone { tab: "a".into() }] {
        let mut scene = Scene::hosted();
        assert_eq!(scene.event(leave).elected(), None);
        assert!(!scene.told_page("b", &lost("a", 1)));
        assert_eq!(scene.open("c", true).introduced(), [], "a host that leaves gets no more clients");
        assert_eq!(scene.event(Event::WorkerGone { tab: "a".into() }).elected(), Some(("c", 2, StorageMode::Opfs)));
        assert!(scene.told_page("b", &lost("a", 1)));
        assert!(scene.effects.contains(&Effect::Forget { tab: "a".into() }));
    }
}

#[test]
fn the_next_host_is_told_the_epoch_to_exceed_and_meets_everybody() {
    let mut scene = Scene::hosted();
    scene.page("a", goodbye()).event(Event::WorkerGone { tab: "a".into() });
    let become_host = CoordinatorToWorker::BecomeHost { term: Term(2), storage: StorageMode::Opfs, after: Epoch(1) };
    assert!(scene.told_worker("b", &become_host));
    assert_eq!(scene.ready("b", 2, 2).introduced(), [("b", "b")]);
}

#[test]
fn a_client_that_leaves_is_forgotten_and_the_host_told() {
    let mut scene = Scene::hosted();
    scene.page("b", goodbye());
    assert!(scene.told_worker("a", &CoordinatorToWorker::Disconnect { client: "b".into() }));
    assert!(scene.effects.contains(&Effect::Forget { tab: "b".into() }));
    assert_eq!(scene.elected(), None);
}

#[test]
fn a_page_learns_that_its_worker_died() {
    let mut scene = Scene::hosted();
    scene.event(Event::WorkerGone { tab: "b".into() });
    assert!(scene.told_page("b", &CoordinatorToPage::WorkerLost));
    assert_eq!(scene.event(Event::WorkerGone { tab: "a".into() }).elected(), None, "b has no worker any more");
}

#[test]
fn without_opfs_the_mode_is_memory_for_everybody() {
    let mut scene = Scene::new();
    scene.open("a", true).open("b", false);
    assert_eq!(scene.failed("a", 1, HostFailure::Unavailable).elected(), Some(("a", 2, StorageMode::Memory)));
    let memory = StorageMode::Memory;
    scene.worker("a", WorkerToCoordinator::HostReady { term: Term(2), epoch: Epoch(1), storage: memory });
    assert_eq!(scene.event(Event::WorkerGone { tab: "a".into() }).elected(), Some(("b", 3, memory)));
}

#[test]
fn where_there_was_opfs_there_is_never_memory() {
    let mut scene = Scene::hosted();
    scene.event(Event::WorkerGone { tab: "a".into() });
    assert_eq!(scene.failed("b", 2, HostFailure::Unavailable).elected(), None);
    assert_eq!(scene.deadline().elected(), Some(("b", 3, StorageMode::Opfs)));
}

#[test]
fn busy_storage_is_waited_for_and_never_replaced() {
    let mut scene = Scene::new();
    scene.open("a", true);
    let mut waited = 0;
    for term in 1..200 {
        assert_eq!(scene.failed("a", term, HostFailure::Busy).elected(), None);
        let before = scene.now;
        assert_eq!(scene.deadline().elected(), Some(("a", term + 1, StorageMode::Opfs)));
        waited = scene.now - before;
        // It answers, or it would be passed over.
        scene.worker("a", WorkerToCoordinator::Pong { nonce: term });
    }
    assert_eq!(waited, Timing::default().retry.1);
    assert_eq!(scene.state(), HostState::Busy);
    assert!(scene.coordinator.status(scene.now).error.is_some());
    assert_eq!(scene.ready("a", 200, 1).introduced(), [("a", "a")]);
    assert_eq!(scene.coordinator.status(scene.now).error, None);
}

#[test]
fn too_many_failures_wait_for_another_tab_or_a_minute() {
    let mut scene = Scene::new();
    scene.open("a", true);
    for term in 1..=5 {
        assert_eq!(scene.failed("a", term, HostFailure::Failed).elected(), None);
        assert_eq!(scene.deadline().elected(), Some(("a", term + 1, StorageMode::Opfs)));
    }
    scene.failed("a", 6, HostFailure::Failed);
    assert_eq!(scene.state(), HostState::Unavailable);
    assert_eq!(scene.after(30_000).elected(), None);
    assert_eq!(scene.register_page("b", false, None, 0).elected(), None, "a has not been heard of lately");
    assert_eq!(scene.register_worker("b", None).elected(), Some(("b", 7, StorageMode::Opfs)), "b has not failed yet");
    scene.failed("b", 7, HostFailure::Failed);
    assert_eq!(scene.state(), HostState::Unavailable);
    assert_eq!(scene.coordinator.next_deadline(), Some(scene.now + 60_000));
}

#[test]
fn a_poisoned_worker_never_hosts_again() {
    let mut scene = Scene::hosted();
    assert_eq!(scene.poisoned("a").elected(), None, "it holds the storage until it is dead");
    scene.event(Event::WorkerGone { tab: "a".into() });
    assert!(scene.told_page("b", &lost("a", 1)));
    assert_eq!(scene.deadline().elected(), Some(("b", 2, StorageMode::Opfs)), "though a is visible and b is not");
}

#[test]
fn hosts_that_panic_are_counted_and_their_pages_coming_back_is_no_news() {
    let mut scene = Scene::new();
    scene.open("a0", true);
    for life in 0..6 {
        let (tab, next) = (format!("a{life}"), format!("a{}", life + 1));
        scene.ready(&tab, life + 1, life + 1).poisoned(&tab).page(&tab, goodbye());
        scene.event(Event::WorkerGone { tab: tab.as_str().into() });
        assert_eq!(scene.return_page(&next).register_worker(&next, None).elected(), None);
        if life < 5 {
            assert_eq!(scene.deadline().elected(), Some((next.as_str(), life + 2, StorageMode::Opfs)));
        }
    }
    assert_eq!(scene.state(), HostState::Unavailable);
    assert_eq!(scene.coordinator.next_deadline(), Some(scene.now + 60_000));
    assert_eq!(scene.register_page("b", true, None, 0).elected(), Some(("a6", 7, StorageMode::Opfs)), "b is");
}

#[test]
fn a_worker_that_panics_without_hosting_holds_up_nobody() {
    let mut scene = Scene::hosted();
    scene.poisoned("b").page("b", goodbye()).event(Event::WorkerGone { tab: "b".into() });
    scene.open("c", true);
    assert_eq!(scene.event(Event::WorkerGone { tab: "a".into() }).elected(), Some(("c", 2, StorageMode::Opfs)));
}

#[test]
fn a_stalled_host_is_reported_and_kept() {
    let mut scene = Scene::hosted();
    let nonce = scene.after(1_000).pinged("a").unwrap();
    scene.after(2_999);
    assert_eq!(scene.state(), HostState::Ready);
    assert_eq!(scene.after(1).elected(), None);
    assert_eq!(scene.state(), HostState::Stalled);
    assert!(scene.effects.iter().any(|effect| matches!(effect, Effect::ToPage { tab, .. } if tab.0 == "b")));
    assert_eq!(scene.coordinator.next_deadline(), None, "there is nothing to do but wait");
    scene.worker("a", WorkerToCoordinator::Pong { nonce });
    assert_eq!(scene.state(), HostState::Ready);
}

#[test]
fn the_next_host_stands_by_once_it_has_been_the_best_for_a_while() {
    let mut scene = Scene::hosted();
    scene.open("c", false);
    let stands_by =
        |scene: &Scene| ["a", "b", "c"].into_iter().find(|tab| scene.told_worker(tab, &CoordinatorToWorker::StandBy));
    assert_eq!(stands_by(&scene), None);
    // The user passes through `c`: nobody has been the best for long.
    let turned = |visible| PageToCoordinator::Visibility { visible };
    assert_eq!(stands_by(scene.after(400).page("c", turned(true))), None);
    assert_eq!(stands_by(scene.after(400)), None);
    assert_eq!(stands_by(scene.deadline()), Some("c"));
    assert_eq!(stands_by(scene.after(5_000)), None, "no second message");
    // Another one is the best candidate, and stands by as well if it stays that.
    scene.page("c", turned(false)).after(10);
    scene.page("b", turned(true));
    assert_eq!(stands_by(scene.after(500)), Some("b"));
    scene.worker("b", WorkerToCoordinator::Pong { nonce: 0 });
    scene.page("a", goodbye()).event(Event::WorkerGone { tab: "a".into() });
    assert_eq!(scene.elected().map(|(tab, ..)| tab), Some("b"));
}

#[test]
fn nobody_is_pinged_for_a_host_that_is_alone() {
    let mut scene = Scene::new();
    scene.open("a", true).ready("a", 1, 1);
    assert_eq!(scene.coordinator.next_deadline(), None);
    assert!(scene.after(100_000).effects.is_empty());
}

#[test]
fn who_does_not_answer_is_not_elected_when_others_do() {
    let mut scene = Scene::hosted();
    scene.register_page("frozen", true, None, 1).register_worker("frozen", None);
    scene.now += 5_000;
    scene.event(Event::WorkerGone { tab: "a".into() });
    assert_eq!(scene.elected(), None);
    assert!(scene.pinged("frozen").is_some());
    let nonce = scene.pinged("b").unwrap();
    assert_eq!(scene.worker("b", WorkerToCoordinator::Pong { nonce }).elected(), None, "the best is waited for");
    assert_eq!(scene.deadline().elected(), Some(("b", 2, StorageMode::Opfs)));
}

#[test]
fn the_best_candidate_is_taken_as_soon_as_it_answers() {
    let mut scene = Scene::hosted();
    scene.register_page("best", true, None, 1).register_worker("best", None);
    scene.now += 5_000;
    let nonce = scene.event(Event::WorkerGone { tab: "a".into() }).pinged("best").unwrap();
    assert_eq!(
        scene.worker("best", WorkerToCoordinator::Pong { nonce }).elected(),
        Some(("best", 2, StorageMode::Opfs))
    );
}

#[test]
fn a_worker_that_stalls_while_opening_is_passed_over_and_believed_later() {
    let mut scene = Scene::new();
    scene.open("a", true).open("b", false);
    // The ping that follows the order to become the host stays unanswered.
    let nonce = scene.after(3_000).pinged("b").unwrap();
    assert_eq!(scene.worker("b", WorkerToCoordinator::Pong { nonce }).elected(), None);
    assert_eq!(scene.deadline().elected(), Some(("b", 2, StorageMode::Opfs)));
    assert_eq!(scene.ready("a", 1, 1).introduced(), [("a", "a"), ("b", "a")], "it had the lock all the time");
    assert_eq!(scene.failed("b", 2, HostFailure::Busy).elected(), None);
    assert_eq!(scene.state(), HostState::Ready);
}

#[test]
fn opening_may_not_take_for_ever() {
    let mut scene = Scene::new();
    scene.open("a", true);
    for _ in 0..100 {
        if let Some(nonce) = scene.pinged("a") {
            scene.worker("a", WorkerToCoordinator::Pong { nonce });
        }
        if scene.told_worker("a", &CoordinatorToWorker::Retire { term: Term(1) }) {
            assert_eq!(scene.now, 10_000 + 30_000);
            return;
        }
        scene.deadline();
    }
    panic!("it was not told to retire");
}

#[test]
fn of_two_hosts_the_later_stays() {
    let mut scene = Scene::hosted();
    scene.register_worker("b", ready(9, 2));
    assert!(scene.told_worker("a", &CoordinatorToWorker::Retire { term: Term(1) }));
    assert_eq!(scene.introduced(), [("a", "b"), ("b", "b")]);
    scene.open("c", false).register_worker("c", ready(3, 1));
    assert!(scene.told_worker("c", &CoordinatorToWorker::Retire { term: Term(3) }));
    assert_eq!(scene.introduced(), []);
}

#[test]
fn a_new_coordinator_waits_for_the_host_that_its_pages_know_of() {
    let mut scene = Scene::new();
    scene.register_page("b", true, None, 4);
    assert_eq!(scene.register_worker("b", None).elected(), None);
    assert_eq!(scene.register_worker("a", ready(7, 4)).introduced(), [("b", "a")]);
    scene.event(Event::WorkerGone { tab: "a".into() });
    assert_eq!(scene.elected(), Some(("b", 8, StorageMode::Opfs)), "terms go on from those it heard of");
}

#[test]
fn a_new_coordinator_elects_when_no_host_registers() {
    let mut scene = Scene::new();
    scene.register_page("b", true, None, 4).register_worker("b", None);
    assert_eq!(scene.deadline().elected(), Some(("b", 1, StorageMode::Opfs)));
    assert_eq!(scene.now, 10_000 + Timing::default().settle);
}

#[test]
fn a_new_coordinator_waits_for_no_host_where_nobody_holds_the_storage() {
    let mut scene = Scene::new();
    scene.coordinator.nobody_hosts();
    scene.register_page("b", true, None, 4);
    assert_eq!(scene.register_worker("b", None).elected(), Some(("b", 1, StorageMode::Opfs)));
}

#[test]
fn a_new_coordinator_leaves_a_worker_that_is_opening_alone() {
    let mut scene = Scene::new();
    scene.register_page("a", true, None, 0);
    assert_eq!(scene.register_worker("a", Some(Hosting::Opening { term: Term(3) })).elected(), None);
    assert_eq!(scene.ready("a", 3, 1).introduced(), [("a", "a")]);
}

#[test]
fn an_order_to_become_the_host_that_comes_again_is_no_failure() {
    let mut scene = Scene::new();
    scene.open("b", true).open("a", true);
    // A new coordinator heard of `b` first; `a` opens the database in a term of the one before.
    scene.register_worker("a", Some(Hosting::Opening { term: Term(4) }));
    assert_eq!(scene.failed("b", 1, HostFailure::Busy).elected(), None);
    scene.page("b", PageToCoordinator::Visibility { visible: false });
    for term in 5..50 {
        // The order comes to a worker that goes on in its term, until it finds the files busy for too long.
        assert_eq!(scene.deadline().elected(), Some(("a", term, StorageMode::Opfs)));
        assert_eq!(scene.failed("a", term, HostFailure::Busy).elected(), None);
        scene.worker("a", WorkerToCoordinator::Pong { nonce: 0 });
        assert_ne!(scene.state(), HostState::Unavailable);
    }
    scene.deadline();
    assert_eq!(scene.ready("a", 50, 1).introduced(), [("a", "a"), ("b", "a")]);
}

#[test]
fn other_versions_are_refused() {
    let mut scene = Scene::hosted();
    let (tab, protocol) = (TabId::from("new"), PROTOCOL + 1);
    let register = PageToCoordinator::Register {
        tab,
        protocol,
        visible: true,
        hidden_for: None,
        returning: false,
        epoch: Epoch(0),
    };
    scene.page("new", register);
    assert!(scene.told_page("new", &CoordinatorToPage::UpgradeRequired { protocol: PROTOCOL }));
    assert_eq!(scene.coordinator.status(scene.now).tabs, 2);
    scene.worker("new", WorkerToCoordinator::Register { tab: "new".into(), protocol, hosting: None });
    assert!(scene.told_worker("new", &CoordinatorToWorker::UpgradeRequired { protocol: PROTOCOL }));
    assert!(scene.effects.contains(&Effect::Forget { tab: "new".into() }), "its port is closed");
    assert_eq!(scene.event(Event::WorkerGone { tab: "a".into() }).elected(), Some(("b", 2, StorageMode::Opfs)));
}

#[test]
fn strangers_are_asked_to_register() {
    let mut scene = Scene::hosted();
    let instance = InstanceId::from("c");
    scene.page("x", PageToCoordinator::Visibility { visible: true });
    assert!(scene.told_page("x", &CoordinatorToPage::CoordinatorStarted { instance: instance.clone() }));
    scene.worker("x", WorkerToCoordinator::Pong { nonce: 1 });
    assert!(scene.told_worker("x", &CoordinatorToWorker::CoordinatorStarted { instance }));
}

#[test]
fn the_mode_is_decided_again_once_everybody_is_gone() {
    let mut scene = Scene::new();
    scene.open("a", true).failed("a", 1, HostFailure::Unavailable);
    scene.page("a", goodbye()).event(Event::WorkerGone { tab: "a".into() });
    assert_eq!(scene.open("b", true).elected(), Some(("b", 3, StorageMode::Opfs)));
}
