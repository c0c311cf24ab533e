//! The coordinator's ports, locks and timer around its state machine.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use tidewater_coordinator::{Coordinator as Machine, Effect, Event, Heard, PortId, Ports, Registration, Role, Timing};
use tidewater_protocol::{ById, InstanceId, Message, TabId, names};
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
    /// Comes to life under an id that is drawn at random, in a script that holds the lock by which page clients will know of its death.
    /// `is_hosted`: whether a worker holds the storage.
    #[wasm_bindgen(constructor)]
    pub fn new(database: String, instance: String, is_hosted: bool) -> Coordinator {
        console_error_on_panic();
        let mut machine = Machine::new(InstanceId(instance), Timing::default());
        if !is_hosted {
            machine.nobody_hosts();
        }
        let shell = Shell {
            database,
            machine: RefCell::new(machine),
            ports: RefCell::default(),
            raw: RefCell::default(),
            watches: RefCell::default(),
            deadline: RefCell::default(),
        };
        Self { shell: Rc::new(shell) }
    }

    /// What to tell everybody on the bus at the start.
    pub fn greeting(&self) -> Greeting {
        self.shell.greeting()
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

/// Messages for everybody.
#[wasm_bindgen]
pub struct Greeting {
    to_pages: JsValue,
    to_workers: JsValue,
}

#[wasm_bindgen]
impl Greeting {
    /// For the page clients.
    #[wasm_bindgen(getter, js_name = toPages)]
    pub fn to_pages(&self) -> JsValue {
        self.to_pages.clone()
    }

    /// For the workers.
    #[wasm_bindgen(getter, js_name = toWorkers)]
    pub fn to_workers(&self) -> JsValue {
        self.to_workers.clone()
    }
}

struct Shell {
    database: String,
    machine: RefCell<Machine>,
    ports: RefCell<Ports>,
    raw: RefCell<Vec<(PortId, Port)>>,
    watches: RefCell<ById<TabId, Watches>>,
    deadline: RefCell<Option<timer::Timer>>,
}

/// Requests for the locks of a tab.
#[derive(Default)]
struct Watches {
    page: Option<locks::Queued>,
    worker: Option<locks::Queued>,
}

impl Shell {
    fn listen(self: &Rc<Self>, raw: RawPort, role: Role) {
        let id = self.ports.borrow_mut().open();
        let shell = Rc::clone(self);
        let port = Port::listen(raw, move |received| shell.receive(id, role, received));
        self.raw.borrow_mut().push((id, port));
    }

    fn receive(self: &Rc<Self>, port: PortId, role: Role, received: Received) {
        let Received { message: raw, port: worker } = received;
        let (heard, replaced) = self.ports.borrow_mut().hear(port, role, registration(&raw));
        if let Some(replaced) = replaced {
            self.close(replaced);
        }
        if let Some(worker) = worker {
            self.listen(worker, Role::Worker);
        }
        match (heard, role) {
            (Heard::Stranger, _) => self.greet(port, role),
            (Heard::Foreign(event), _) => self.happened(event),
            (Heard::From(tab), Role::Page) => self.understood(raw, |message| Event::FromPage { tab, message }),
            (Heard::From(tab), Role::Worker) => self.understood(raw, |message| Event::FromWorker { tab, message }),
        }
    }

    fn understood<M: Message>(self: &Rc<Self>, raw: JsValue, event: impl FnOnce(M) -> Event) {
        match message::from_js(raw.clone()) {
            Some(message) => self.happened(event(message)),
            None => console_error(&raw),
        }
    }

    fn greet(&self, port: PortId, role: Role) {
        let Greeting { to_pages, to_workers } = self.greeting();
        self.post(Some(port), if role == Role::Page { &to_pages } else { &to_workers }, None);
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
            Effect::ToPage { tab, message } => self.tell(&tab, Role::Page, &message::to_js(&message), None),
            Effect::ToWorker { tab, message } => self.tell(&tab, Role::Worker, &message::to_js(&message), None),
            Effect::Introduce { client, to_client, host, to_host } => {
                // Over the bus these ports go nowhere: it has no way to transfer them, and its stand-ins ignore them.
                let (for_client, for_host) = pair();
                self.tell(&host, Role::Worker, &message::to_js(&to_host), Some(&for_host));
                self.tell(&client, Role::Page, &message::to_js(&to_client), Some(&for_client));
            }
            Effect::WatchPage { tab } => self.watch(tab, Role::Page),
            Effect::WatchWorker { tab } => self.watch(tab, Role::Worker),
            Effect::Forget { tab } => {
                drop(self.watches.borrow_mut().remove(&tab));
                let ports = self.ports.borrow_mut().forget(&tab);
                ports.for_each(|port| self.close(port));
            }
        }
    }

    fn tell(&self, tab: &TabId, role: Role, said: &JsValue, transfer: Option<&RawPort>) {
        self.post(self.ports.borrow().to(tab, role), said, transfer);
    }

    fn post(&self, to: Option<PortId>, said: &JsValue, transfer: Option<&RawPort>) {
        let raw = self.raw.borrow();
        if let Some((_, port)) = raw.iter().find(|(id, _)| Some(*id) == to) {
            port.post(said, &transfer.into_iter().collect::<Array>());
        }
    }

    fn close(&self, port: PortId) {
        self.raw.borrow_mut().retain(|(id, _)| *id != port);
    }

    fn watch(self: &Rc<Self>, tab: TabId, role: Role) {
        let shell = Rc::clone(self);
        let mut watches = self.watches.borrow_mut();
        let watches = watches.get_or_insert_with(&tab, Watches::default);
        let (watch, name, event) = match role {
            Role::Page => (&mut watches.page, names::page(&self.database, &tab), Event::PageGone { tab }),
            Role::Worker => (&mut watches.worker, names::worker(&self.database, &tab), Event::WorkerGone { tab }),
        };
        if watch.is_none() {
            *watch = locks::on_free(&name, move || shell.happened(event)).ok();
        }
    }

    fn greeting(&self) -> Greeting {
        let (to_pages, to_workers) = self.machine.borrow().greeting();
        Greeting { to_pages: message::to_js(&to_pages), to_workers: message::to_js(&to_workers) }
    }
}

/// Tab and protocol of a `register` message.
fn registration(message: &JsValue) -> Option<Registration> {
    let text = |name: &'static str| message::field(message, name)?.as_string();
    (text("type")? == "register").then_some(())?;
    let protocol = message::from_js(message::field(message, "protocol")?)?;
    Some(Registration { tab: TabId(text("tab")?), protocol })
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &JsValue);
}

fn console_error_on_panic() {
    std::panic::set_hook(Box::new(|info| console_error(&info.to_string().into())));
}
