//! `tidewater shell`: an SQL prompt with results that stay live while you type.

mod command;
mod live;
mod piped;
mod prompt;
mod session;
pub mod split;
mod surface;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use tidewater::Options;

use crate::args::ShellArgs;
use crate::open::open;
use session::Shell;
use surface::Surface;

/// Runs until the input ends or the user quits.
pub fn run(args: ShellArgs) -> Result<ExitCode> {
    let name = args.file.as_ref().map_or_else(|| "in memory".to_owned(), |file| file.display().to_string());
    let engine = open(args.file, Options::default())?;
    let surface = if std::io::stdout().is_terminal() {
        Surface::Terminal { colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    } else {
        Surface::Pipe
    };
    let session = Shell::new(engine.clone(), surface);
    if std::io::stdin().is_terminal() && surface != Surface::Pipe {
        prompt::run(engine, session, &name)
    } else {
        piped::run(&engine, session)
    }
}
