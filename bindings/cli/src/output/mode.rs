//! What a result looks like.

use clap::ValueEnum;

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// A table with lines, for people; values are shortened
    Box,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// Columns without lines
    Column,
    /// INSERT statements
    Insert,
    /// An array of objects
    Json,
    /// One object per line
    Jsonl,
    /// One `name = value` per line
    Line,
    /// Values with | between them
    List,
    /// A table in Markdown
    Markdown,
    /// SQL literals with , between them
    Quote,
    /// A table with lines of ASCII
    Table,
    /// Values with tabs between them
    Tabs,
}

impl Mode {
    /// The mode with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, true).ok()
    }

    /// All names, separated by spaces.
    pub fn names() -> String {
        let names = Self::value_variants().iter().filter_map(Self::to_possible_value);
        names.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(" ")
    }

    /// Its name.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether the names of the columns come first unless something else is asked for.
    const fn has_headers(self) -> bool {
        matches!(self, Self::Box | Self::Table | Self::Column | Self::Markdown)
    }
}

/// A mode with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pub mode: Mode,
    /// Whether the names of the columns come first; the mode decides if nothing is chosen.
    pub headers: Option<bool>,
    /// What stands for NULL in modes that have no NULL of their own; the mode decides if nothing is chosen.
    pub null: Option<String>,
    /// The table that INSERT statements name.
    pub table: String,
}

impl Format {
    pub fn new(mode: Mode) -> Self {
        Self { mode, headers: None, null: None, table: "tab".to_owned() }
    }

    /// Whether the names of the columns come first.
    pub fn has_headers(&self) -> bool {
        self.headers.unwrap_or(self.mode.has_headers())
    }

    /// What stands for NULL.
    pub fn null(&self) -> &str {
        match (&self.null, self.mode) {
            (Some(null), _) => null,
            (None, Mode::Box) => "NULL",
            (None, _) => "",
        }
    }
}
