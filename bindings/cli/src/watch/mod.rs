//! `tidewater watch`: a live result, on the screen or as lines.

mod columns;
mod following;
mod lines;
mod model;
mod signals;
mod terminal;
mod trouble;
mod view;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;
use tidewater::{Engine, Error, Options, Params, Subscription};

use crate::args::{QueryArgs, WatchArgs};
use crate::open::open_existing;
use following::Following;
use model::Model;
use view::Heading;

/// How often to poll for commits.
const TICK: Duration = Duration::from_millis(50);

/// How long a poll waits for another program's lock while keys wait: about as long as a commit takes.
const BUSY_TIMEOUT: Duration = Duration::from_millis(20);

/// Watches until the user quits or the subscription ends.
pub fn run(args: WatchArgs) -> Result<ExitCode> {
    let query = args.query;
    let params = query.params()?;
    if query.json || !std::io::stdout().is_terminal() {
        let engine = open_existing(&query.file, Options::default())?;
        let subscription = engine.subscribe(&query.sql, params)?;
        return if query.json { lines::json(&engine, subscription) } else { lines::tables(&engine, subscription) };
    }
    let (engine, subscription) = subscribe_patiently(&query, &params)?;
    let plan = subscription.plan().as_str();
    let heading = Heading { file: query.file.display().to_string(), sql: query.sql.clone(), plan };
    let model = Model::new(subscription.snapshot());
    terminal::run(Following::new(&engine, subscription), model, &heading)
}

/// Opens and subscribes for the screen. No keys are read yet, so this may wait for the default busy timeout.
fn subscribe_patiently(query: &QueryArgs, params: &Params) -> Result<(Engine, Subscription)> {
    let mut options = Options::default();
    let patience = std::mem::replace(&mut options.busy_timeout, BUSY_TIMEOUT);
    let start = Instant::now();
    loop {
        let begun = open_existing(&query.file, options.clone()).and_then(|engine| {
            let subscription = engine.subscribe(&query.sql, params.clone())?;
            Ok((engine, subscription))
        });
        match begun {
            Err(error) if is_busy(&error) && start.elapsed() < patience => sleep(TICK),
            begun => return begun,
        }
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| error.code() == "busy")
}
