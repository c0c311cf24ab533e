//! How a shell prints and when it stops.

use crate::output::{Format, Mode};

/// Where the statements come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A person types them.
    Prompt,
    /// A script on standard input.
    Script,
    /// The command line.
    Arguments,
}

/// What dot commands and flags set.
#[derive(Clone, Debug)]
pub struct Settings {
    pub format: Format,
    /// Whether a script ends at its first error.
    pub stops_at_errors: bool,
    pub has_timer: bool,
    /// Whether statements without rows tell what they changed; the input and the mode decide if nothing is chosen.
    pub tells_changes: Option<bool>,
    input: Input,
    is_terminal: bool,
}

impl Settings {
    pub fn new(input: Input, is_terminal: bool) -> Self {
        // A pipe after a command line is read by a program, which may know what `sqlite3` prints there.
        let mode = if input == Input::Arguments && !is_terminal { Mode::List } else { Mode::Box };
        Self {
            format: Format::new(mode),
            stops_at_errors: input == Input::Arguments,
            has_timer: false,
            tells_changes: None,
            input,
            is_terminal,
        }
    }

    /// Whether the shell says more than the rows: how many there are, what was changed.
    pub fn is_talkative(&self) -> bool {
        match self.input {
            Input::Prompt => true,
            Input::Script => self.format.mode == Mode::Box,
            Input::Arguments => self.is_terminal && self.format.mode == Mode::Box,
        }
    }
}
