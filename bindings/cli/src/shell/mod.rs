//! `tidewater shell`: SQL in, results out, and results that stay live while one types.

mod command;
mod live;
mod piped;
mod prompt;
mod session;
mod split;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use tidewater::Options;

use crate::args::ShellArgs;
use crate::open::open;
use live::Paint;
use session::Session;

/// Runs until the input ends or the user quits.
pub fn run(args: ShellArgs) -> Result<ExitCode> {
    let is_interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let name = args.file.as_ref().map_or_else(|| "in memory".to_owned(), |file| file.display().to_string());
    let engine = open(args.file, Options::default())?;
    let is_colourful =
        std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let paint = if is_colourful { Paint::Colours } else { Paint::Plain };
    let session = Session::new(engine.clone(), paint);
    if is_interactive { prompt::run(engine, session, &name) } else { piped::run(&engine, session) }
}
