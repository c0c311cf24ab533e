//! `tidewater watch`: a live result, on the screen or as lines.

mod columns;
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
use crate::param;
use view::Heading;

/// How often to look for commits.
const TICK: Duration = Duration::from_millis(50);

/// How long a look waits for a lock of another program: a commit long, for keys wait meanwhile and the next look is soon.
const BUSY_TIMEOUT: Duration = Duration::from_millis(20);

/// Watches until the user quits, or the query can no longer be answered.
pub fn run(args: WatchArgs) -> Result<ExitCode> {
    let query = args.query;
    let params = param::collect(query.params.clone())?;
    let (engine, subscription) = subscribe(&query, &params)?;
    if query.json {
        return lines::json(&engine, subscription);
    }
    if !std::io::stdout().is_terminal() {
        return lines::tables(&engine, subscription);
    }
    let heading =
        Heading { file: query.file.display().to_string(), sql: query.sql, plan: subscription.plan().as_str() };
    terminal::run(&engine, subscription, &heading)
}

/// Begins, with the patience that a first answer deserves.
fn subscribe(query: &QueryArgs, params: &Params) -> Result<(Engine, Subscription)> {
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
