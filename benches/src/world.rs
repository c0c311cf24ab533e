//! What a run is given: clock, databases, memory, and how much time it may take.

use rusqlite::Connection;
use tidewater::{Engine, Strategy};

use crate::chinook::Chinook;
use crate::failure::Outcome;
use crate::measure::Patience;

/// What a database holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Data {
    /// The chat, with so many messages.
    Chat(u64),
    /// Chinook, with its whole stream played.
    Chinook,
}

/// The platform.
pub trait World {
    /// Seconds since some moment.
    fn now(&self) -> f64;

    /// A database of its own in a new engine, opened as the product does but for the strategy.
    ///
    /// # Errors
    /// When the database cannot be made.
    fn engine(&self, data: Data, strategy: Strategy) -> Outcome<Engine>;

    /// A database of its own in a connection with the same pragmas and no hooks.
    ///
    /// # Errors
    /// When the database cannot be made.
    fn raw(&self, data: Data) -> Outcome<Connection>;

    /// Chinook, where it is to be had.
    fn chinook(&self) -> Option<&Chinook>;

    /// Bytes that the program holds now, SQLite's own not among them.
    fn live_bytes(&self) -> u64;

    /// Shows how far the run has come.
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
