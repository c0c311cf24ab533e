//! The chat: schema, content from a seed, and the queries that such an application asks.

mod content;
mod queries;

pub use content::{CHANNELS, USERS, fill};
pub use queries::{
    AUTHOR, CHANNEL, TIMELINE, TIMELINE_JOIN, TIMELINE_LEFT_JOIN, edit, hundred, message_of, suite, unwatched,
    write_into,
};

/// Tables without their indexes, which are made once the rows are there.
pub const TABLES: &str = "
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT, created_at INTEGER NOT NULL);
CREATE TABLE channels(id INTEGER PRIMARY KEY, name TEXT NOT NULL, topic TEXT, parent_id INTEGER, archived INTEGER NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY, channel_id INTEGER NOT NULL, author_id INTEGER, reply_to INTEGER,
  body TEXT NOT NULL, created_at INTEGER NOT NULL, edited_at INTEGER);
CREATE TABLE reactions(id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, user_id INTEGER NOT NULL, emoji TEXT NOT NULL);
";

/// The indexes.
pub const INDEXES: &str = "
CREATE INDEX messages_by_channel ON messages(channel_id, created_at);
CREATE INDEX messages_by_author ON messages(author_id);
CREATE INDEX replies ON messages(reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX reactions_by_message ON reactions(message_id);
CREATE INDEX channels_by_parent ON channels(parent_id);
";
