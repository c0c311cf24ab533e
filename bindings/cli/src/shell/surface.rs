//! What the shell prints on: whether it takes colours, and how wide it is.

use ratatui::crossterm::style::{Color, Stylize};
use ratatui::crossterm::terminal;

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A terminal, coloured unless the user wants none.
    Terminal {
        /// Whether text may be coloured.
        colours: bool,
    },
    /// A file or a pipe.
    Pipe,
}

impl Surface {
    /// The text in a colour, where there are any.
    pub fn paint(self, text: String, colour: Color) -> String {
        match self {
            Self::Terminal { colours: true } => text.with(colour).to_string(),
            _ => text,
        }
    }

    /// How wide a table may be, if there is a limit.
    pub fn width(self) -> Option<u16> {
        match self {
            Self::Terminal { .. } => terminal::size().ok().map(|(width, _)| width),
            Self::Pipe => None,
        }
    }
}
