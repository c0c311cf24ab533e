//! The worker as an actor: told by the coordinator to host or to retire, talked to by page clients while it hosts.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Function};
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use tidewater::{Engine, Location, Options};
use tidewater_protocol::{
    CoordinatorToWorker, Epoch, HostFailure, HostToPage, Hosting, PROTOCOL, PageToHost, StorageMode, TabId, Term,
    WorkerToCoordinator, names,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::leadership::{Leadership, Opening, Order};
use super::service::{Outgoing, Service};
use super::storage::{self, Failure};
use crate::js::port::{Port, RawPort, Received};
use crate::js::{locks, message, panic};

/// What plans may remember beside the results, in bytes: all tabs of an origin share the memory of one worker.
const MEMORY_BUDGET: usize = 256 << 20;

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
    /// Comes to life: takes the lock by which others will know of its death.
    ///
    /// # Errors
    /// What the browser says of the lock.
    pub async fn start(database: String, tab: String, shell: Shell) -> Result<Worker, JsValue> {
        panic::report_to(shell.fatal());
        let tab = TabId(tab);
        let alive = locks::acquire(&names::worker(&database, &tab)).await?;
        let actor = Actor {
            database,
            tab,
            shell,
            _alive: alive,
            pool: RefCell::default(),
            state: RefCell::default(),
            coordinator: RefCell::default(),
            next_port: Cell::default(),
        };
        Ok(Self { actor: Rc::new(actor) })
    }

    /// Registers with a coordinator, in place of any former one.
    pub fn coordinator(&self, port: RawPort) {
        let actor = Rc::clone(&self.actor);
        let port = Port::listen(port, move |received| actor.control(received));
        *self.actor.coordinator.borrow_mut() = Some(port);
        self.actor.register();
    }
}

struct Actor {
    database: String,
    tab: TabId,
    shell: Shell,
    _alive: locks::Held,
    coordinator: RefCell<Option<Port>>,
    next_port: Cell<u64>,
    /// The files' VFS once it was installed; paused while this worker does not host.
    pool: RefCell<Option<OpfsSAHPoolUtil>>,
    state: RefCell<Leadership<Host>>,
}

struct Host {
    term: Term,
    // Before the lock, so that it is closed before the lock is free.
    service: Service,
    connections: BTreeMap<TabId, Connection>,
    _storage: locks::Held,
}

/// A page client's ports. A new one counts from the moment that a hello arrives on it: a page client that is introduced
/// again by a new coordinator keeps the one that it has, and may say hello again there.
#[derive(Default)]
struct Connection {
    open: Option<Numbered>,
    offered: Option<Numbered>,
}

struct Numbered {
    number: u64,
    port: Port,
}

impl Connection {
    /// Takes note of a hello on the port of this number; says whether that is a new connection.
    fn hello(&mut self, number: u64) -> bool {
        let is_new = self.offered.as_ref().is_some_and(|offered| offered.number == number);
        if is_new {
            self.open = self.offered.take();
        }
        is_new
    }
}

impl Actor {
    fn register(&self) {
        let hosting = match &*self.state.borrow() {
            Leadership::Idle => None,
            Leadership::Opening(Opening { term, .. }) => Some(Hosting::Opening { term: *term }),
            Leadership::Hosting(host) => {
                Some(Hosting::Ready { term: host.term, epoch: host.service.epoch(), storage: host.service.storage() })
            }
        };
        self.tell(&WorkerToCoordinator::Register { tab: self.tab.clone(), protocol: PROTOCOL, hosting });
    }

    fn tell(&self, said: &WorkerToCoordinator) {
        if let (Some(port), Ok(said)) = (&*self.coordinator.borrow(), message::to_js(said)) {
            port.post(&said, &Array::new());
        }
    }

    fn control(self: &Rc<Self>, received: Received) {
        let Ok(message) = message::from_js(received.message) else { return };
        match message {
            CoordinatorToWorker::CoordinatorStarted { .. } => self.register(),
            CoordinatorToWorker::Registered { .. } | CoordinatorToWorker::UpgradeRequired { .. } => {}
            CoordinatorToWorker::BecomeHost { term, storage, after } => self.become_host(term, storage, after),
            CoordinatorToWorker::Retire { term } => self.retire(term),
            CoordinatorToWorker::Connect { client, term } => self.connect(client, term, received.port),
            CoordinatorToWorker::Disconnect { client } => {
                if let Leadership::Hosting(host) = &mut *self.state.borrow_mut() {
                    host.service.leave(&client);
                    host.connections.remove(&client);
                }
            }
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
        if let Leadership::Hosting(Host { term, service, .. }) = &*self.state.borrow() {
            let (epoch, storage) = (service.epoch(), service.storage());
            self.tell(&WorkerToCoordinator::HostReady { term: *term, epoch, storage });
        }
    }

    async fn open(&self, storage: StorageMode) -> Result<(Service, locks::Held), Failure> {
        let lock =
            locks::try_acquire(&names::storage(&self.database)).await.map_err(|error| failed(format!("{error:?}")))?;
        let busy = || Failure { reason: HostFailure::Busy, message: "another worker holds the storage".to_owned() };
        let lock = lock.ok_or_else(busy)?;
        let options = Options::default().with_memory_budget(MEMORY_BUDGET);
        let engine = match storage {
            StorageMode::Memory => Engine::open(Location::Memory, options),
            StorageMode::Opfs => {
                self.take_files().await?;
                Engine::open(storage::FILE, options.with_vfs(storage::VFS).with_exclusive(true))
            }
        };
        let after = self.state.borrow().opening().map_or(Epoch(0), |opening| opening.after);
        let service = engine.and_then(|engine| Service::begin(engine, storage, after));
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
        let opened = storage::open(&self.database, paused.as_ref()).await;
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
        // By now it may be another order than the one that began this.
        let Some(Opening { term, retired, .. }) = self.state.borrow().opening() else { return };
        match opened {
            Ok((service, lock)) => {
                let host = Host { term, service, connections: BTreeMap::new(), _storage: lock };
                if retired {
                    self.close(host);
                    self.tell(&WorkerToCoordinator::HostDown { term });
                } else {
                    self.state.replace(Leadership::Hosting(host));
                    self.say_ready();
                }
            }
            Err(Failure { reason, message }) => {
                self.state.replace(Leadership::Idle);
                self.tell(&WorkerToCoordinator::HostFailed { term, reason, message });
            }
        }
    }

    fn retire(&self, retiring: Term) {
        if self.state.borrow_mut().retire_opening(retiring) {
            // `opened` answers.
            return;
        }
        let state = self.state.take();
        match state {
            Leadership::Hosting(host) if host.term == retiring => self.close(host),
            other => drop(self.state.replace(other)),
        }
        self.tell(&WorkerToCoordinator::HostDown { term: retiring });
    }

    fn close(&self, host: Host) {
        let Host { service, connections, _storage: lock, .. } = host;
        drop(connections);
        drop(service);
        self.give_files_back();
        drop(lock);
        self.state.replace(Leadership::Idle);
    }

    fn connect(self: &Rc<Self>, client: TabId, term: Term, port: Option<RawPort>) {
        let mut state = self.state.borrow_mut();
        let Leadership::Hosting(host) = &mut *state else { return };
        if host.term != term {
            return;
        }
        if port.is_none() && host.connections.contains_key(&client) {
            // The bus has one way between the two, which is open already.
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "ids are below 2^53")]
        let port = port.unwrap_or_else(|| self.shell.page_on_bus(&client.0, host.service.epoch().0 as f64));
        let actor = Rc::clone(self);
        let sender = client.clone();
        let number = self.next_port.replace(self.next_port.get() + 1);
        let port = Port::listen(port, move |received| actor.serve(&sender, number, received.message));
        host.connections.entry(client).or_default().offered = Some(Numbered { number, port });
    }

    fn serve(&self, client: &TabId, number: u64, received: JsValue) {
        let Ok(request) = message::from_js::<PageToHost>(received) else { return };
        let mut state = self.state.borrow_mut();
        let Leadership::Hosting(host) = &mut *state else { return };
        if matches!(request, PageToHost::Hello { .. })
            && host.connections.get_mut(client).is_some_and(|connection| connection.hello(number))
        {
            host.service.leave(client);
        }
        for Outgoing { client, message } in host.service.receive(client, request) {
            if let Some(Connection { open: Some(open), .. }) = host.connections.get(&client) {
                post(&open.port, &message);
            }
        }
    }
}

fn post(port: &Port, said: &HostToPage) {
    if let Ok(said) = message::to_js(said) {
        port.post(&said, &message::large_frames(&said));
    }
}

fn failed(message: String) -> Failure {
    Failure { reason: HostFailure::Failed, message }
}
