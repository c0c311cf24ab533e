//! The `tidewater` command: live SQL queries over a SQLite file, in the terminal and for scripts.

mod args;
mod cell;
mod explain;
mod open;
mod param;
mod replay;
mod shell;
mod table;
mod text;
mod watch;
mod wire;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(status) => status,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<clap::Error>() {
            Some(usage) => usage.exit(),
            None => {
                eprintln!("tidewater: {}", text::one_line(&format!("{error:#}")));
                ExitCode::FAILURE
            }
        },
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Watch(args) => watch::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Shell(args) => shell::run(args),
        Command::Replay(args) => replay::run(args),
    }
}

/// Whoever reads standard output may stop reading, as `head` does; that is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
