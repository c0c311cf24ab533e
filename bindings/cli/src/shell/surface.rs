//! Where the shell is: at a terminal or in a pipe, with colours or without.

use std::io::{self, Write};

use ratatui::crossterm::style::{Color, Stylize};
use ratatui::crossterm::terminal;

/// The kind of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A terminal, with colours unless the user disables them.
    Terminal {
        /// Whether text is coloured.
        colours: bool,
    },
    /// A file or a pipe.
    Pipe,
}

impl Surface {
    /// Colours the text if the output supports it.
    pub fn paint(self, text: String, colour: Color) -> String {
        match self {
            Self::Terminal { colours: true } => text.with(colour).to_string(),
            _ => text,
        }
    }

    /// The maximum width of a table, if there is one.
    pub fn width(self) -> Option<u16> {
        match self {
            Self::Terminal { .. } => terminal::size().ok().map(|(width, _)| width),
            Self::Pipe => None,
        }
    }

    /// Tells an error.
    pub fn complain(self, message: &str) -> io::Result<()> {
        let text = format!("error: {message}");
        match self {
            Self::Terminal { .. } => writeln!(io::stdout(), "{}", self.paint(text, Color::Red)),
            // Whatever becomes of standard error, the script goes on.
            Self::Pipe => writeln!(io::stderr(), "{text}").or(Ok(())),
        }
    }
}
