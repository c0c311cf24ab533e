//! `tidewater watch`: a live result, on the screen or as lines.

mod columns;
mod lines;
mod model;
mod terminal;
mod view;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;

use crate::args::WatchArgs;
use crate::open::open_existing;
use crate::param;
use view::Heading;

/// Watches until the user quits, or the query can no longer be answered.
pub fn run(args: WatchArgs) -> Result<ExitCode> {
    let query = args.query;
    let params = param::collect(query.params)?;
    let engine = open_existing(&query.file)?;
    let subscription = engine.subscribe(&query.sql, params)?;
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
