//! `tidewater replay`: the engine driven by a script of JSON lines.

mod request;
mod session;

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::Result;
use tidewater::Options;

use crate::args::ReplayArgs;
use crate::open::open;
use crate::place::Place;
use session::Replay;

/// The exit status if `--paranoid` found a wrong result.
const DIVERGED: u8 = 3;

/// Answers every line of standard input until it ends.
pub fn run(args: ReplayArgs) -> Result<ExitCode> {
    // Recorded scripts keep their meaning, whatever the library's defaults become.
    let options =
        Options::default().with_strategy(args.strategy.into()).with_paranoid(args.paranoid).with_foreign_keys(false);
    let engine = open(&args.db.unwrap_or(Place::Memory), options)?;
    let mut session = Replay::new(engine);
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        output.write_all(&session.perform(&line))?;
        output.flush()?;
        line.clear();
    }
    Ok(if session.diverged() { ExitCode::from(DIVERGED) } else { ExitCode::SUCCESS })
}
