//! The inputs of a run: clock, databases, and how much time it may take.

use rusqlite::Connection;
use tidewater::{Engine, Strategy};

use crate::chat;
use crate::chinook::Chinook;
use crate::failure::{Failure, Outcome};
use crate::measure::Patience;

/// The initial contents of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Data {
    /// The chat, with this number of messages.
    Chat(u64),
    /// Chinook, with its whole stream played.
    Chinook,
}

impl Data {
    /// Fills an empty database.
    ///
    /// # Errors
    /// When SQLite refuses, or Chinook is wanted and the run has none.
    pub fn fill(self, connection: &Connection, chinook: Option<&Chinook>) -> Outcome<()> {
        match (self, chinook) {
            (Self::Chat(messages), _) => chat::fill(connection, messages),
            (Self::Chinook, Some(chinook)) => chinook.fill(connection),
            (Self::Chinook, None) => Err(Failure::Workload("this run has no Chinook".to_owned())),
        }
    }
}

/// The platform.
pub trait World {
    /// Seconds since a fixed moment.
    fn now(&self) -> f64;

    /// A new engine with its own database, opened like the product except for the strategy.
    ///
    /// # Errors
    /// If the database cannot be created.
    fn engine(&self, data: Data, strategy: Strategy) -> Outcome<Engine>;

    /// A connection with its own database, with the same pragmas and no hooks.
    ///
    /// # Errors
    /// If the database cannot be created.
    fn raw(&self, data: Data) -> Outcome<Connection>;

    /// Chinook, if the run has it.
    fn chinook(&self) -> Option<&Chinook>;

    /// Reports progress.
    fn say(&self, line: &str);
}

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Numbers of messages, the smaller first.
    pub sizes: Vec<u64>,
    /// How long one line may take.
    pub patience: Patience,
    /// How many subscriptions "many" are.
    pub many: usize,
    /// Only groups whose name contains this.
    pub only: Option<String>,
}
