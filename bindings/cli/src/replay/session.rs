//! Plays a script: takes one request and returns the events it caused and its answer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidewater::{Engine, Error, Event, Executed, Params, Watch};

use super::request::Request;
use crate::statement::begins_transaction;
use crate::wire::{Answer, EventLine, Failure, SubscriptionName, write_line};

/// The engine, the script's subscriptions by name, and the events delivered since the last answer.
pub struct Replay {
    engine: Engine,
    subscriptions: HashMap<SubscriptionName, Watch>,
    outbox: Arc<Mutex<Outbox>>,
}

/// Events in the order of delivery. The engine adds them; each answer takes them.
#[derive(Default)]
struct Outbox {
    lines: Vec<u8>,
    closed: Vec<SubscriptionName>,
    diverged: bool,
}

impl Outbox {
    fn receive(&mut self, name: &SubscriptionName, event: &Event) {
        match event {
            Event::Error { closed: true, .. } => self.closed.push(name.clone()),
            Event::Divergence(_) => self.diverged = true,
            _ => {}
        }
        write_line(&EventLine::event(Some(name), event), &mut self.lines);
    }
}

impl Replay {
    pub fn new(engine: Engine) -> Self {
        Self { engine, subscriptions: HashMap::new(), outbox: Arc::default() }
    }

    /// Performs one line of the script and returns the lines to print; the answer is the last one.
    pub fn perform(&mut self, line: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        if let Err(failure) = Request::parse(line).and_then(|request| self.answer(request, &mut answer)) {
            write_line(&Answer::failed(failure), &mut answer);
        }
        let (mut lines, closed) = {
            let mut outbox = lock(&self.outbox);
            (mem::take(&mut outbox.lines), mem::take(&mut outbox.closed))
        };
        for name in closed {
            self.subscriptions.remove(&name);
        }
        lines.append(&mut answer);
        lines
    }

    /// Whether the engine found a result that differs from SQLite's.
    pub fn diverged(&self) -> bool {
        lock(&self.outbox).diverged
    }

    fn answer(&mut self, request: Request, out: &mut Vec<u8>) -> Result<(), Failure> {
        match request {
            Request::Exec { sql, params } => write_line(&Answer::executed(&self.exec(&sql, params)?), out),
            Request::Query { sql, params } => write_line(&Answer::rows(&self.engine.query(&sql, params)?), out),
            Request::Subscribe { name, sql, params } => self.subscribe(name, &sql, params, out)?,
            Request::Unsubscribe { name } => match self.subscriptions.remove(&name) {
                Some(_) => write_line(&Answer::done(), out),
                None => return Err(Failure::bad_request(format!("there is no subscription {}", name.json()))),
            },
            Request::Explain { sql, params } => {
                write_line(&Answer::explained(&self.engine.explain(&sql, params)?), out)
            }
            Request::Stats => write_line(&Answer::counted(&self.engine.stats()?), out),
        }
        Ok(())
    }

    /// Runs a script as one transaction, or statement by statement: within a transaction, where the script begins one, and where a
    /// statement has to stand alone.
    fn exec(&self, sql: &str, params: Params) -> Result<Executed, Error> {
        if self.engine.in_transaction() || begins_transaction(sql) {
            return self.engine.exec_each(sql, params);
        }
        match self.engine.exec(sql, params.clone()) {
            Err(Error::MustStandAlone(_)) => self.engine.exec_each(sql, params),
            done => done,
        }
    }

    fn subscribe(
        &mut self,
        name: SubscriptionName,
        sql: &str,
        params: Params,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Entry::Vacant(place) = self.subscriptions.entry(name) else {
            return Err(Failure::bad_request("a subscription with this id is already open"));
        };
        let outbox = Arc::clone(&self.outbox);
        let name = place.key().clone();
        let watch = self.engine.subscribe_with(sql, params, move |_, event| lock(&outbox).receive(&name, event))?;
        write_line(&Answer::subscribed(place.key(), watch.snapshot(), watch.plan()), out);
        place.insert(watch);
        Ok(())
    }
}

fn lock(outbox: &Mutex<Outbox>) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
