//! Shows the live table on a terminal: reads keys, draws frames.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::TICK;
use super::following::{Following, News};
use super::model::Model;
use super::signals::restore_terminal_on_termination;
use super::trouble::Trouble;
use super::view::{Heading, Scroll, View};

/// Shows the subscription until the user quits.
pub fn run(following: Following, model: Model, heading: Heading) -> Result<ExitCode> {
    restore_terminal_on_termination()?;
    let mut terminal = ratatui::try_init()?;
    let shown = show(&mut terminal, following, model, heading);
    ratatui::try_restore()?;
    shown
}

fn show(
    terminal: &mut DefaultTerminal,
    mut following: Following,
    mut model: Model,
    mut heading: Heading,
) -> Result<ExitCode> {
    let start = Instant::now();
    let mut view = View::default();
    let mut is_stale = true;
    let mut status = ExitCode::SUCCESS;
    let mut trouble = Trouble::default();
    loop {
        let now = start.elapsed();
        let looked = following.look(|news| {
            match news {
                News::Event(event) if model.receive(event, now) => status = ExitCode::FAILURE,
                News::Event(_) => {}
                News::Replaced(snapshot) => {
                    status = ExitCode::SUCCESS;
                    model.replace(&snapshot, now);
                }
            }
            is_stale = true;
        });
        heading.plan = following.plan().as_str();
        is_stale |= trouble.receive(looked, now, start.elapsed());
        is_stale |= model.expire(now);
        if is_stale || model.is_fading() {
            let trouble = trouble.message().or(model.trouble()).or(model.notice());
            terminal.draw(|frame| view.draw(&model, &heading, trouble, now, frame.area(), frame.buffer_mut()))?;
            is_stale = false;
        }
        // All waiting keys come before the next poll, which may take long.
        let mut patience = TICK;
        while event::poll(patience)? {
            patience = Duration::ZERO;
            match event::read()? {
                TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => match action(key) {
                    Some(Action::Quit) => return Ok(status),
                    Some(Action::Scroll(step)) => view.scroll(step),
                    None => continue,
                },
                TerminalEvent::Resize(..) => {}
                _ => continue,
            }
            is_stale = true;
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Action {
    Quit,
    Scroll(Scroll),
}

fn action(key: KeyEvent) -> Option<Action> {
    Some(match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => Action::Quit,
        KeyCode::Char('q') | KeyCode::Esc => Action::Quit,
        KeyCode::Up | KeyCode::Char('k') => Action::Scroll(Scroll::Up),
        KeyCode::Down | KeyCode::Char('j') => Action::Scroll(Scroll::Down),
        KeyCode::PageUp => Action::Scroll(Scroll::PageUp),
        KeyCode::PageDown | KeyCode::Char(' ') => Action::Scroll(Scroll::PageDown),
        KeyCode::Home | KeyCode::Char('g') => Action::Scroll(Scroll::Home),
        KeyCode::End | KeyCode::Char('G') => Action::Scroll(Scroll::End),
        KeyCode::Left | KeyCode::Char('h') => Action::Scroll(Scroll::Left),
        KeyCode::Right | KeyCode::Char('l') => Action::Scroll(Scroll::Right),
        _ => return None,
    })
}
