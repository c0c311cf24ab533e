//! Runs the shell at a terminal: line editing, history, and changes of watched results while you type.

use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use reedline::{
    ColumnarMenu, Emacs, ExternalPrinter, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal, ValidationResult, Validator,
    default_emacs_keybindings,
};
use tidewater::{Engine, is_complete};

use super::command::is_dot_command;
use super::names::NameCompleter;
use super::script::steps;
use super::session::{Flow, Shell};
use crate::text::one_line;

/// How often to poll for commits of other programs while waiting for a key.
const TICK: Duration = Duration::from_millis(50);

/// The capacity of the channel to the line editor, which empties it at each tick.
const WAITING_TEXTS: usize = 16;

/// The number of inputs kept in the history file.
const HISTORY: usize = 10_000;

/// The name of the menu that Tab opens.
const MENU: &str = "completion";

/// Runs until the user quits.
pub fn run(mut session: Shell, name: &str) -> Result<ExitCode> {
    println!("tidewater {}, {name}; .help lists the commands", env!("CARGO_PKG_VERSION"));
    let mut editor = editor(session.engine().clone(), &session);
    loop {
        let prompt = ShellPrompt { in_transaction: session.engine().in_transaction() };
        let flow = match editor.read_line(&prompt)? {
            Signal::Success(input) => session.perform(&steps(&input))?,
            Signal::CtrlD => Flow::Quit,
            // Ctrl-C: the line is given up.
            _ => Flow::Continue,
        };
        if flow == Flow::Quit {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn editor(engine: Engine, session: &Shell) -> Reedline {
    let printer = ExternalPrinter::new(WAITING_TEXTS);
    let (sender, news) = (printer.sender(), session.news());
    let engine_of_names = engine.clone();
    let mut trouble = None;
    let look_for_commits = move || {
        let mut texts = Vec::new();
        let polled = engine.poll().err().map(|error| one_line(&error.to_string()));
        if polled != trouble {
            texts.extend(polled.iter().map(|message| format!("error: {message}")));
            trouble = polled;
        }
        texts.extend(news.take());
        if !texts.is_empty() {
            // The editor empties the channel at every tick, so it has room.
            let _ = sender.try_send(texts.join("\n"));
        }
    };
    let completer = NameCompleter::new(engine_of_names);
    let menu = ColumnarMenu::default().with_name(MENU).with_marker("> ");
    let mut keys = default_emacs_keybindings();
    let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    let editor = Reedline::create()
        .with_completer(Box::new(completer))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_validator(Box::new(StatementValidator))
        .with_external_printer(printer)
        .with_poll_interval(TICK)
        .with_idle_callback(Box::new(look_for_commits));
    match history_file().and_then(|file| FileBackedHistory::with_file(HISTORY, file).ok()) {
        Some(history) => editor.with_history(Box::new(history)),
        None => editor,
    }
}

fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME")
        .or_else(|| std::env::var_os("LOCALAPPDATA"))
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".local").join("state")))?;
    let folder = state.join("tidewater");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("shell_history"))
}

/// Enter submits a dot command or complete statements, and otherwise starts a new line.
struct StatementValidator;

impl Validator for StatementValidator {
    fn validate(&self, input: &str) -> ValidationResult {
        if is_dot_command(input) || is_complete(input) {
            ValidationResult::Complete
        } else {
            ValidationResult::Incomplete
        }
    }
}

struct ShellPrompt {
    in_transaction: bool,
}

impl Prompt for ShellPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "tidewater".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        if self.in_transaction { "transaction open".into() } else { "".into() }
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        if self.in_transaction { "*> ".into() } else { "> ".into() }
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "        .. ".into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("(history: {}) ", search.term).into()
    }
}
