//! The worker as an actor: told by the coordinator to host or to retire, talked to by page clients while it hosts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Function};
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use tidewater::{Engine, Location};
use tidewater_host::{Host, Leadership, Opened, Order, PortNumber, Retired, Service, Turn, options, warm_up};
use tidewater_protocol::{
    Configuration, CoordinatorToWorker, Epoch, HostFailure, PROTOCOL, StorageMode, TabId, Term, WorkerToCoordinator,
    names,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::files::{self, Failure};
use crate::js::port::{Port, RawPort, Received, Signal};
use crate::js::{locks, message, panic, timer};

#[wasm_bindgen]
extern "C" {
    /// What the script around the module gives it.
    pub type Shell;

    /// Told the last words of an instance that ends; closes the worker.
    #[wasm_bindgen(method, getter)]
    fn fatal(this: &Shell) -> Function;

    /// Where ports cannot be transferred: the stand-in for a port to the page client of a tab.
    #[wasm_bindgen(method, js_name = pageOnBus)]
    fn page_on_bus(this: &Shell, tab: &str, epoch: f64) -> RawPort;
}

/// The worker of a tab.
#[wasm_bindgen]
pub struct Worker {
    actor: Rc<Actor>,
}

#[wasm_bindgen]
impl Worker {
    /// Comes to life in a worker that holds the lock by which others will know of its death.
    #[wasm_bindgen(constructor)]
    pub fn new(database: String, tab: String, foreign_keys: bool, shell: Shell) -> Worker {
        panic::report_to(shell.fatal());
        let actor = Actor {
            database,
            tab: TabId(tab),
            configuration: Configuration { foreign_keys },
            shell,
            pool: RefCell::default(),
            state: RefCell::default(),
            pages: RefCell::default(),
            next_turn: RefCell::default(),
            lease: RefCell::default(),
            is_warm: Cell::default(),
            has_next_turn: Cell::default(),
            coordinator: RefCell::default(),
        };
        let actor = Rc::new(actor);
        let next = Rc::clone(&actor);
        actor.next_turn.replace(Some(Signal::new(move || next.turn())));
        Self { actor }
    }

    /// Talks to a coordinator, in place of any former one; registers with it unless the script around the module has done so.
    pub fn coordinator(&self, port: RawPort, is_registered: bool) {
        let actor = Rc::clone(&self.actor);
        let port = Port::listen(port, move |received| actor.control(received));
        *self.actor.coordinator.borrow_mut() = Some(port);
        if !is_registered {
            self.actor.register();
        }
    }
}

struct Actor {
    database: String,
    tab: TabId,
    /// What the page of the tab wants.
    configuration: Configuration,
    shell: Shell,
    coordinator: RefCell<Option<Port>>,
    /// The files' VFS once it was installed; paused while this worker does not host.
    pool: RefCell<Option<OpfsSAHPoolUtil>>,
    /// The host before the storage lock, so that the database is closed before the lock is free.
    state: RefCell<Leadership<(Host<Port>, locks::Held)>>,
    /// Requests for the locks of the pages that are served: the coordinator that would tell of a page's death may die with it.
    pages: RefCell<Vec<(TabId, locks::Queued)>>,
    /// What lets the next turn come.
    next_turn: RefCell<Option<Signal>>,
    /// Whether it comes: more was asked for than the last one did.
    has_next_turn: Cell<bool>,
    /// What ends a transaction that is open for too long.
    lease: RefCell<Option<timer::Timer>>,
    /// Whether it has prepared to host.
    is_warm: Cell<bool>,
}

/// How long the host does what it is asked for before it listens again.
const TURN: Duration = Duration::from_millis(4);

impl Actor {
    fn register(&self) {
        let hosting = self.state.borrow().hosting();
        self.tell(&WorkerToCoordinator::Register { tab: self.tab.clone(), protocol: PROTOCOL, hosting });
    }

    fn tell(&self, said: &WorkerToCoordinator) {
        if let Some(port) = &*self.coordinator.borrow() {
            port.post(&message::to_js(said), &Array::new());
        }
    }

    fn control(self: &Rc<Self>, received: Received) {
        let Some(message) = message::from_js(received.message) else { return };
        match message {
            CoordinatorToWorker::CoordinatorStarted { .. } => self.register(),
            CoordinatorToWorker::Registered { .. } | CoordinatorToWorker::UpgradeRequired { .. } => {}
            CoordinatorToWorker::StandBy => {
                // Each new coordinator says it.
                if !self.is_warm.replace(true) {
                    warm_up(timer::clock);
                }
            }
            CoordinatorToWorker::BecomeHost { term, storage, after } => self.become_host(term, storage, after),
            CoordinatorToWorker::Retire { term } => self.retire(term),
            CoordinatorToWorker::Connect { client, term } => self.connect(client, term, received.port),
            CoordinatorToWorker::Disconnect { client } => self.disconnect(&client),
            CoordinatorToWorker::Ping { nonce } => self.tell(&WorkerToCoordinator::Pong { nonce }),
        }
    }

    fn become_host(self: &Rc<Self>, term: Term, storage: StorageMode, after: Epoch) {
        let order = self.state.borrow_mut().become_host(term, after);
        match order {
            Order::Begin => {
                let actor = Rc::clone(self);
                spawn_local(async move {
                    let opened = actor.open(storage).await;
                    actor.opened(opened);
                });
            }
            Order::GoOn => {}
            Order::SayReady => self.say_ready(),
        }
    }

    fn say_ready(&self) {
        let ready = self.state.borrow().ready();
        if let Some(ready) = ready {
            self.tell(&ready);
        }
    }

    async fn open(&self, storage: StorageMode) -> Result<(Service, locks::Held), Failure> {
        let lock =
            locks::try_acquire(&names::storage(&self.database)).await.map_err(|error| failed(format!("{error:?}")))?;
        let busy = || Failure { reason: HostFailure::Busy, message: "another worker holds the storage".to_owned() };
        let lock = lock.ok_or_else(busy)?;
        let options = options(timer::clock, self.configuration);
        let engine = match storage {
            StorageMode::Memory => Engine::open(Location::Memory, options),
            StorageMode::Opfs => {
                self.take_files().await?;
                Engine::open(files::FILE, options.with_vfs(files::VFS).with_exclusive(true))
            }
        };
        let after = self.state.borrow().opening().map_or(Epoch(0), |opening| opening.after);
        let service = engine.and_then(|engine| Service::begin(engine, storage, self.configuration, after));
        match service {
            Ok(service) => Ok((service, lock)),
            Err(error) => {
                self.give_files_back();
                Err(failed(error.to_string()))
            }
        }
    }

    async fn take_files(&self) -> Result<(), Failure> {
        let paused = self.pool.take();
        let opened = files::open(&self.database, paused.as_ref()).await;
        let (pool, taken) = match opened {
            Ok(Some(installed)) => (Some(installed), Ok(())),
            Ok(None) => (paused, Ok(())),
            Err(failure) => (paused, Err(failure)),
        };
        self.pool.replace(pool);
        taken
    }

    fn give_files_back(&self) {
        if let Some(pool) = &*self.pool.borrow()
            && let Err(error) = pool.pause()
        {
            // Files that stay open would lock every other tab out: better no worker than this one.
            let _ = self.shell.fatal().call1(&JsValue::UNDEFINED, &error.to_string().into());
        }
    }

    fn opened(&self, opened: Result<(Service, locks::Held), Failure>) {
        let opened = opened.map(|(service, lock)| (Host::new(service), lock));
        let opened = self.state.borrow_mut().opened(opened);
        match opened {
            Opened::Hosting => self.say_ready(),
            Opened::Retired(term, host) => {
                self.close(host);
                self.tell(&WorkerToCoordinator::HostDown { term });
            }
            Opened::Failed(term, Failure { reason, message }) => {
                self.tell(&WorkerToCoordinator::HostFailed { term, reason, message });
            }
        }
    }

    fn retire(&self, term: Term) {
        let retired = self.state.borrow_mut().retire(term);
        match retired {
            Retired::Later => return,
            Retired::Close(host) => self.close(host),
            Retired::Before => {}
        }
        self.tell(&WorkerToCoordinator::HostDown { term });
    }

    fn close(&self, (host, lock): (Host<Port>, locks::Held)) {
        drop(host);
        self.pages.borrow_mut().clear();
        self.give_files_back();
        drop(lock);
    }

    fn connect(self: &Rc<Self>, client: TabId, term: Term, port: Option<RawPort>) {
        let mut state = self.state.borrow_mut();
        let Some((host, _)) = state.host_of(term) else { return };
        let Some(number) = host.expect(&client, port.is_some()) else { return };
        #[expect(clippy::cast_precision_loss, reason = "ids are below 2^53")]
        let port = port.unwrap_or_else(|| self.shell.page_on_bus(&client.0, host.epoch().0 as f64));
        let actor = Rc::clone(self);
        let sender = client.clone();
        let port = Port::listen(port, move |received| actor.serve(&sender, number, &received.message));
        host.offer(client.clone(), number, port);
        drop(state);
        self.watch(client);
    }

    /// Waits for the death of a page.
    fn watch(self: &Rc<Self>, client: TabId) {
        if self.pages.borrow().iter().any(|(watched, _)| *watched == client) {
            return;
        }
        let (actor, dead) = (Rc::clone(self), client.clone());
        if let Ok(watch) = locks::on_free(&names::page(&self.database, &client), move || actor.disconnect(&dead)) {
            self.pages.borrow_mut().push((client, watch));
        }
    }

    fn disconnect(&self, client: &TabId) {
        self.pages.borrow_mut().retain(|(watched, _)| watched != client);
        if let Some((host, _)) = self.state.borrow_mut().host() {
            host.disconnect(client);
        }
    }

    /// Takes in what a page client posts, a list of requests, and begins to do it unless that waits for its turn.
    fn serve(self: &Rc<Self>, client: &TabId, number: PortNumber, received: &JsValue) {
        let mut state = self.state.borrow_mut();
        let Some((host, _)) = state.host() else { return };
        for request in message::items(received) {
            if let Some(known) = message::from_js(request.clone()) {
                host.receive(client, number, known);
            } else if let Some(request) = message::field(&request, "request").and_then(message::from_js) {
                host.refuse(client, request);
            }
        }
        drop(state);
        if !self.has_next_turn.get() {
            self.turn();
        }
    }

    /// Lets a turn come at this time, or at an earlier one that was asked for before: it asks again.
    fn end_lease(self: &Rc<Self>, at: Duration) {
        if self.lease.borrow().is_none() {
            let actor = Rc::clone(self);
            let left = at.saturating_sub(timer::clock()).as_secs() + 1;
            let end = timer::after(left * 1_000, move || {
                actor.lease.replace(None);
                actor.turn();
            });
            self.lease.replace(Some(end));
        }
    }

    /// Does some of what is asked for, and lets others be heard before the rest.
    fn turn(self: &Rc<Self>) {
        self.has_next_turn.set(false);
        let mut state = self.state.borrow_mut();
        let Some((host, _)) = state.host() else { return };
        let end = timer::clock() + TURN;
        let Turn { posts, has_more, lease } = match host.turn(timer::clock(), || timer::clock() >= end) {
            Ok(turn) => turn,
            Err(error) => {
                // What it holds is not in the file: another host begins with what is. None of it was answered.
                let _ = self.shell.fatal().call1(&JsValue::UNDEFINED, &error.to_string().into());
                return;
            }
        };
        for (port, packet) in posts {
            let said = message::to_js(&packet);
            port.post(&said, &message::large_frames(&said));
        }
        if let Some(lease) = lease {
            self.end_lease(lease);
        }
        if has_more && let Some(next) = &*self.next_turn.borrow() {
            self.has_next_turn.set(true);
            next.raise();
        }
    }
}

fn failed(message: String) -> Failure {
    Failure { reason: HostFailure::Failed, message }
}
