//! The coordinator's ports, locks and timer around its state machine.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use tidewater_coordinator::{Coordinator as Machine, Effect, Event, Timing};
use tidewater_protocol::{Epoch, InstanceId, PROTOCOL, PageToCoordinator, TabId, WorkerToCoordinator, names};
use wasm_bindgen::prelude::*;

use crate::js::port::{Port, RawPort, Received, pair};
use crate::js::{locks, message, timer};

/// The coordinator of a database.
#[wasm_bindgen]
pub struct Coordinator {
    shell: Rc<Shell>,
}

#[wasm_bindgen]
impl Coordinator {
    /// Comes to life under an id that is drawn at random: takes the lock by which page clients will know of its death.
    ///
    /// # Errors
    /// What the browser says of the lock.
    pub async fn start(database: String, instance: String) -> Result<Coordinator, JsValue> {
        console_error_on_panic();
        let instance = InstanceId(instance);
        let alive = locks::acquire(&names::coordinator_instance(&database, &instance)).await?;
        let shell = Shell {
            database,
            _alive: alive,
            machine: RefCell::new(Machine::new(instance, Timing::default())),
            tabs: RefCell::default(),
            strangers: RefCell::default(),
            next_port: Cell::default(),
            deadline: RefCell::default(),
        };
        Ok(Self { shell: Rc::new(shell) })
    }

    /// What to tell everybody on the bus at the start.
    ///
    /// # Errors
    /// None that can happen: the messages are the coordinator's own.
    pub fn greeting(&self) -> Result<JsValue, JsValue> {
        let (to_pages, to_workers) = self.shell.machine.borrow().greeting();
        let greeting = Object::new();
        Reflect::set(&greeting, &"toPages".into(), &message::to_js(&to_pages)?)?;
        Reflect::set(&greeting, &"toWorkers".into(), &message::to_js(&to_workers)?)?;
        Ok(greeting.into())
    }

    /// Listens to a page client.
    #[wasm_bindgen(js_name = connectPage)]
    pub fn connect_page(&self, port: RawPort) {
        self.shell.listen(port, Role::Page);
    }

    /// Listens to a worker.
    #[wasm_bindgen(js_name = connectWorker)]
    pub fn connect_worker(&self, port: RawPort) {
        self.shell.listen(port, Role::Worker);
    }
}

struct Shell {
    database: String,
    _alive: locks::Held,
    machine: RefCell<Machine>,
    tabs: RefCell<BTreeMap<TabId, Tab>>,
    /// Ports that have not registered yet.
    strangers: RefCell<BTreeMap<u64, Port>>,
    next_port: Cell<u64>,
    deadline: RefCell<Option<timer::Timer>>,
}

#[derive(Default)]
struct Tab {
    page: Side,
    worker: Side,
}

#[derive(Default)]
struct Side {
    port: Option<Port>,
    watch: Option<locks::Queued>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Page,
    Worker,
}

/// Who is at the other end of a port, once they have said so.
type Speaker = Rc<RefCell<Option<TabId>>>;

impl Shell {
    fn listen(self: &Rc<Self>, raw: RawPort, role: Role) {
        let number = self.next_port.replace(self.next_port.get() + 1);
        let shell = Rc::clone(self);
        let speaker = Speaker::default();
        let port = Port::listen(raw, move |received| shell.receive(number, role, &speaker, received));
        self.strangers.borrow_mut().insert(number, port);
    }

    fn receive(self: &Rc<Self>, number: u64, role: Role, speaker: &Speaker, received: Received) {
        let Received { message: raw, port } = received;
        let (registering, protocol) = registration(&raw).unzip();
        let known = speaker.borrow().clone();
        let Some(tab) = registering.or(known) else { return self.ask_to_register(number, role) };
        if speaker.borrow().is_none() {
            speaker.replace(Some(tab.clone()));
            if let Some(port) = self.strangers.borrow_mut().remove(&number) {
                self.side(&tab, role, |side| side.port = Some(port));
            }
        }
        if let Some(worker) = port {
            self.listen(worker, Role::Worker);
        }
        if let Some(protocol) = protocol.filter(|protocol| *protocol != PROTOCOL) {
            return self.happened(foreign(tab, role, protocol));
        }
        match role {
            Role::Page => match message::from_js::<PageToCoordinator>(raw) {
                Ok(message) => self.happened(Event::FromPage { tab, message }),
                Err(error) => complain(&error),
            },
            Role::Worker => match message::from_js::<WorkerToCoordinator>(raw) {
                Ok(message) => self.happened(Event::FromWorker { tab, message }),
                Err(error) => complain(&error),
            },
        }
    }

    fn ask_to_register(&self, number: u64, role: Role) {
        let (to_page, to_worker) = self.machine.borrow().greeting();
        if let Some(port) = self.strangers.borrow().get(&number) {
            match role {
                Role::Page => post(port, &to_page),
                Role::Worker => post(port, &to_worker),
            }
        }
    }

    fn side(&self, tab: &TabId, role: Role, change: impl FnOnce(&mut Side)) {
        let mut tabs = self.tabs.borrow_mut();
        let tab = tabs.entry(tab.clone()).or_default();
        change(match role {
            Role::Page => &mut tab.page,
            Role::Worker => &mut tab.worker,
        });
    }

    fn happened(self: &Rc<Self>, event: Event) {
        let effects = self.machine.borrow_mut().handle(event, timer::now());
        for effect in effects {
            self.perform(effect);
        }
        let deadline = self.machine.borrow().next_deadline();
        let due = deadline.map(|deadline| {
            let shell = Rc::clone(self);
            timer::after(deadline.saturating_sub(timer::now()), move || shell.happened(Event::Deadline))
        });
        self.deadline.replace(due);
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::ToPage { tab, message } => self.post(&tab, Role::Page, &message, None),
            Effect::ToWorker { tab, message } => self.post(&tab, Role::Worker, &message, None),
            Effect::Introduce { client, to_client, host, to_host } => {
                // Over the bus these ports go nowhere: it has no way to transfer them, and its stand-ins ignore them.
                let (for_client, for_host) = pair();
                self.post(&host, Role::Worker, &to_host, Some(&for_host));
                self.post(&client, Role::Page, &to_client, Some(&for_client));
            }
            Effect::WatchPage { tab } => self.watch(tab, Role::Page),
            Effect::WatchWorker { tab } => self.watch(tab, Role::Worker),
            Effect::Forget { tab } => drop(self.tabs.borrow_mut().remove(&tab)),
        }
    }

    fn post(&self, tab: &TabId, role: Role, said: &impl Serialize, transfer: Option<&RawPort>) {
        let tabs = self.tabs.borrow();
        let side = tabs.get(tab).map(|tab| if role == Role::Page { &tab.page } else { &tab.worker });
        let (Some(port), Ok(said)) = (side.and_then(|side| side.port.as_ref()), message::to_js(said)) else { return };
        port.post(&said, &transfer.into_iter().collect::<Array>());
    }

    fn watch(self: &Rc<Self>, tab: TabId, role: Role) {
        let shell = Rc::clone(self);
        let (name, event) = match role {
            Role::Page => (names::page(&self.database, &tab), Event::PageGone { tab: tab.clone() }),
            Role::Worker => (names::worker(&self.database, &tab), Event::WorkerGone { tab: tab.clone() }),
        };
        self.side(&tab, role, |side| {
            if side.watch.is_none() {
                side.watch = locks::on_free(&name, move || shell.happened(event)).ok();
            }
        });
    }
}

/// Tab and protocol of a `register` message, which are the same in all versions of the protocol.
fn registration(message: &JsValue) -> Option<(TabId, u32)> {
    let field = |name: &str| Reflect::get(message, &name.into()).ok();
    let text = |name: &str| field(name)?.as_string();
    (text("type")? == "register").then_some(())?;
    let tab = TabId(text("tab")?);
    Some((tab, message::from_js(field("protocol")?).ok()?))
}

/// A registration in another version: what else it says is not to be understood, and is not needed to refuse it.
fn foreign(tab: TabId, role: Role, protocol: u32) -> Event {
    let id = tab.clone();
    match role {
        Role::Page => {
            let (visible, hidden_for, returning, epoch) = (false, None, false, Epoch(0));
            let message = PageToCoordinator::Register { tab: id, protocol, visible, hidden_for, returning, epoch };
            Event::FromPage { tab, message }
        }
        Role::Worker => {
            let message = WorkerToCoordinator::Register { tab: id, protocol, hosting: None };
            Event::FromWorker { tab, message }
        }
    }
}

fn post(port: &Port, said: &impl Serialize) {
    if let Ok(said) = message::to_js(said) {
        port.post(&said, &Array::new());
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &JsValue);
}

fn complain(error: &JsValue) {
    console_error(error);
}

fn console_error_on_panic() {
    std::panic::set_hook(Box::new(|info| console_error(&info.to_string().into())));
}
