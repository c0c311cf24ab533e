//! Runs a script in the shell: no prompt; the exit status says whether every statement succeeded.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::Result;
use tidewater::Engine;

use super::command::is_dot_command;
use super::session::{Reply, Shell, steps};
use super::split::{is_blank, split};
use crate::text::one_line;

/// Runs standard input to its end.
pub fn run(engine: &Engine, mut session: Shell) -> Result<ExitCode> {
    let mut script = Script { status: ExitCode::SUCCESS, has_quit: false };
    let mut pending = String::new();
    let mut line = Vec::new();
    let mut input = std::io::stdin().lock();
    while !script.has_quit && input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if is_blank(&pending) && is_dot_command(&text) {
            pending.clear();
            script.perform(engine, &mut session, &text)?;
        } else {
            pending.push_str(&text);
            // Only a semicolon can complete a statement, so other lines are not parsed again.
            if text.contains(';') {
                let rest = split(&pending).1.len();
                let rest = pending.split_off(pending.len() - rest);
                let complete = std::mem::replace(&mut pending, rest);
                script.perform(engine, &mut session, &complete)?;
            }
        }
        line.clear();
    }
    if !script.has_quit {
        script.perform(engine, &mut session, &pending)?;
    }
    Ok(script.status)
}

struct Script {
    status: ExitCode,
    has_quit: bool,
}

impl Script {
    fn perform(&mut self, engine: &Engine, session: &mut Shell, input: &str) -> Result<()> {
        let mut output = std::io::stdout().lock();
        for step in steps(input) {
            match session.perform(step) {
                Reply::Text(text) if text.is_empty() => {}
                Reply::Text(text) => writeln!(output, "{text}")?,
                Reply::Trouble(message) => self.complain(&message),
                Reply::Quit => self.has_quit = true,
            }
            if let Err(error) = engine.poll() {
                self.complain(&one_line(&error.to_string()));
            }
            for text in session.news().take() {
                writeln!(output, "{text}")?;
            }
        }
        output.flush()?;
        Ok(())
    }

    fn complain(&mut self, message: &str) {
        eprintln!("error: {message}");
        self.status = ExitCode::FAILURE;
    }
}
