//! Why a command of the shell did not do what it was asked for.

use std::fmt;
use std::io;

use crate::text::one_line;

/// The failure of one command.
#[derive(Debug)]
pub enum Failure {
    /// What the user is told.
    Message(String),
    /// The output cannot be written; nobody may be there to read it.
    Output(io::Error),
}

impl Failure {
    /// Ctrl-C ended it.
    pub fn interrupted() -> Self {
        Self::Message("interrupted".to_owned())
    }
}

impl From<tidewater::Error> for Failure {
    fn from(error: tidewater::Error) -> Self {
        Self::Message(one_line(&error.to_string()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::Output(error) => error.fmt(f),
        }
    }
}
