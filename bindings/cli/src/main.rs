//! The `tidewater` command: live SQL queries over a SQLite file, in the terminal and for scripts.

mod args;
mod cell;
mod closed_pipe;
mod count;
mod dump;
mod explain;
mod failure;
mod import;
mod interruption;
mod keywords;
mod open;
mod output;
mod param;
mod place;
mod replay;
mod shell;
mod statement;
mod text;
mod watch;
mod wire;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Command};
use closed_pipe::is_closed_pipe;
use interruption::Interrupted;

/// The exit status for a wrong command line, the same as clap's.
const WRONG_COMMAND_LINE: u8 = 2;

fn main() -> ExitCode {
    match Cli::try_parse().map_err(Into::into).and_then(|cli| run(cli.command)) {
        Ok(status) => status,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => interruption::end(),
        Err(error) => match error.downcast_ref::<clap::Error>() {
            Some(usage) => explain_usage(usage),
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

/// Prints what is wrong with the command line, without repeating a long argument.
fn explain_usage(usage: &clap::Error) -> ExitCode {
    let text = usage.render().to_string();
    let shown = text::paragraph(&text);
    if shown == text.trim_end() {
        usage.exit();
    }
    eprintln!("{shown}");
    ExitCode::from(WRONG_COMMAND_LINE)
}
