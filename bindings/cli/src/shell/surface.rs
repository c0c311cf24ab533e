//! The output of the shell: whether it supports colours, and its width.

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
}
