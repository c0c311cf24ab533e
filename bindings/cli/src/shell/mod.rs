//! `tidewater shell`: an SQL prompt with results that stay live while you type; the same for scripts and for one command line.

mod command;
mod completion;
mod destination;
mod listing;
mod live;
mod names;
mod prompt;
mod script;
mod session;
mod settings;
mod surface;
mod watched;
mod words;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use tidewater::Options;

use crate::args::ShellArgs;
use crate::interruption::{Interrupted, Interruption, WhenIdle};
use crate::open::open;
use crate::output::Mode;
use crate::place::Place;
use script::steps;
use session::{Flow, Shell};
use settings::{Input, Settings};
use surface::Surface;

/// Runs until the input ends or the user quits.
pub fn run(args: ShellArgs) -> Result<ExitCode> {
    let place = args.file.clone().unwrap_or(Place::Memory);
    let engine = open(&place, Options::default())?;
    let is_terminal = std::io::stdout().is_terminal();
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let surface = if is_terminal { Surface::Terminal { colours } } else { Surface::Pipe };
    let input = match (args.sql.is_empty(), std::io::stdin().is_terminal() && is_terminal) {
        (false, _) => Input::Arguments,
        (true, true) => Input::Prompt,
        (true, false) => Input::Script,
    };
    let when_idle = if input == Input::Prompt { WhenIdle::Ignore } else { WhenIdle::End };
    let interruption = Interruption::listen(engine.interrupt_handle(), when_idle)?;
    let settings = chosen(&args, Settings::new(input, is_terminal));
    let mut session = Shell::new(engine, surface, settings, interruption.clone());
    match input {
        Input::Prompt => return prompt::run(session, &place.to_string()),
        Input::Script => {
            session.perform_lines(std::io::stdin().lock())?;
        }
        Input::Arguments => {
            for text in &args.sql {
                if session.perform(&steps(text))? != Flow::Continue {
                    break;
                }
            }
        }
    }
    if interruption.is_requested() {
        return Err(Interrupted.into());
    }
    Ok(if session.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The settings that the command line asks for.
fn chosen(args: &ShellArgs, mut settings: Settings) -> Settings {
    if let Some(mode) = args.json.then_some(Mode::Json).or(args.output.mode()) {
        settings.format.mode = mode;
    }
    settings.format.headers = args.output.headers();
    settings.format.null = args.output.null.clone();
    settings.stops_at_errors |= args.bail;
    settings
}
