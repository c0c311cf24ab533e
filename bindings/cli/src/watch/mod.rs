//! `tidewater watch`: a live result, on the screen or as lines.

mod columns;
mod file_identity;
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
use tidewater::{Error, Options, Snapshot};

use crate::args::WatchArgs;
use crate::output::{Format, Mode};
use following::{Following, Source};
use model::Model;
use view::Heading;

/// How often to poll for commits.
const TICK: Duration = Duration::from_millis(50);

/// How long a poll waits for another program's lock while keys wait: about as long as a commit takes.
const BUSY_TIMEOUT: Duration = Duration::from_millis(20);

/// Watches until the user quits or the subscription ends.
pub fn run(args: WatchArgs) -> Result<ExitCode> {
    let params = args.query.params()?;
    let mut source = Source { place: args.query.file, sql: args.query.sql, params, options: Options::default() };
    if args.json {
        return lines::json(source);
    }
    let mode = args.output.mode();
    if mode.is_some() || !std::io::stdout().is_terminal() {
        let mut format = Format::new(mode.unwrap_or(Mode::Box));
        format.headers = args.output.headers();
        format.null = args.output.null;
        return lines::tables(source, &format);
    }
    let patience = std::mem::replace(&mut source.options.busy_timeout, BUSY_TIMEOUT);
    let mut heading = Heading { file: source.place.to_string(), sql: source.sql.clone(), plan: "" };
    let (following, first) = start_patiently(&source, patience)?;
    heading.plan = following.plan().as_str();
    let model = Model::new(&first);
    drop(first);
    terminal::run(following, model, heading)
}

/// Opens and subscribes for the screen. No keys are read yet, so this may wait for the default busy timeout.
fn start_patiently(source: &Source, patience: Duration) -> Result<(Following, Snapshot)> {
    let start = Instant::now();
    loop {
        match Following::start(source.clone()) {
            Err(error) if is_busy(&error) && start.elapsed() < patience => sleep(TICK),
            begun => return begun,
        }
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| error.code() == "busy")
}
