//! The queries of a chat application, and the writes that affect them.

use rusqlite::Connection;
use tidewater::Value;

use super::CHANNELS;
use crate::failure::Outcome;
use crate::query::{Class, Query, Statement, Write};

/// The newest fifty messages of a channel.
pub const TIMELINE: &str = "SELECT id, author_id, body, created_at FROM messages WHERE channel_id = ? \
    ORDER BY created_at DESC, id DESC LIMIT 50";

/// The same with the names of the authors.
pub const TIMELINE_JOIN: &str = "SELECT m.id, u.name, m.body, m.created_at FROM messages m \
    JOIN users u ON u.id = m.author_id WHERE m.channel_id = ? ORDER BY m.created_at DESC, m.id DESC LIMIT 50";

/// The same with those of authors who left.
pub const TIMELINE_LEFT_JOIN: &str = "SELECT m.id, u.name, m.body, m.created_at FROM messages m \
    LEFT JOIN users u ON u.id = m.author_id WHERE m.channel_id = ? ORDER BY m.created_at DESC, m.id DESC LIMIT 50";

/// One of the longer channels; the suite's queries read it.
pub const CHANNEL: i64 = 5;

/// One of the busier authors.
pub const AUTHOR: i64 = 20;

/// Larger than all ids and times of the content.
const NEW: i64 = 1_000_000_000;
const NOW: i64 = 2_000_000_000;

/// A new message, the newest of its channel.
#[must_use]
pub fn write_into(channel: i64, author: i64, reply_to: Option<i64>) -> Write {
    let sql = "INSERT INTO messages(id, channel_id, author_id, reply_to, body, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    let reply_to = reply_to.map_or(Value::Null, Value::from);
    let values = vec![
        NEW.into(),
        channel.into(),
        author.into(),
        reply_to,
        "has anybody seen the build today".into(),
        NOW.into(),
    ];
    Write {
        apply: Statement::new(sql, values),
        undo: Statement::new("DELETE FROM messages WHERE id = ?", vec![NEW.into()]),
    }
}

/// Another body for a message.
#[must_use]
pub fn edit(message: i64) -> Write {
    let (longer, shorter) = ("body || '!'", "substr(body, 1, length(body) - 1)");
    let set = |body| Statement::new(&format!("UPDATE messages SET body = {body} WHERE id = ?"), vec![message.into()]);
    Write { apply: set(longer), undo: set(shorter) }
}

/// A message of a channel, counted from the newest.
///
/// # Errors
/// If the channel has fewer messages.
pub fn message_of(connection: &Connection, channel: i64, back: i64) -> Outcome<i64> {
    let sql = "SELECT id FROM messages WHERE channel_id = ? ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?";
    Ok(connection.query_row(sql, [channel, back], |row| row.get(0))?)
}

/// The suite: each query with the writes that may affect it.
///
/// # Errors
/// If the content lacks rows that a query needs.
pub fn suite(connection: &Connection) -> Outcome<Vec<Query>> {
    let message = message_of(connection, CHANNEL, 10)?;
    let newcomer = "SELECT coalesce(max(id), 1) FROM users WHERE id NOT IN \
        (SELECT author_id FROM messages WHERE channel_id = ? AND author_id IS NOT NULL)";
    let newcomer: i64 = connection.query_row(newcomer, [CHANNEL], |row| row.get(0))?;
    let reaction = Write {
        apply: Statement::new(
            "INSERT INTO reactions(id, message_id, user_id, emoji) VALUES (?, ?, ?, 'rocket')",
            vec![NEW.into(), message.into(), newcomer.into()],
        ),
        undo: Statement::new("DELETE FROM reactions WHERE id = ?", vec![NEW.into()]),
    };
    let channel = format!("INSERT INTO channels VALUES ({NEW}, 'channel-new', NULL, {CHANNEL}, 0)");
    let user = format!("INSERT INTO users VALUES ({NEW}, 'newcomer', NULL, 0)");
    let writes = vec![
        write_into(CHANNEL, AUTHOR, Some(message)),
        write_into(CHANNEL, newcomer, None),
        write_into(CHANNEL, 1, None),
        write_into(CHANNEL * 10, AUTHOR, None),
        edit(message),
        reaction,
        Write::of(&channel, &format!("DELETE FROM channels WHERE id = {NEW}")),
        Write::of(&user, &format!("DELETE FROM users WHERE id = {NEW}")),
    ];
    let place = Place { channel: CHANNEL, author: AUTHOR, message };
    let query = |(name, class, sql, slots): &(&str, Class, &str, &[Slot])| Query {
        name: (*name).to_owned(),
        class: *class,
        sql: (*sql).to_owned(),
        params: slots.iter().map(|slot| slot(&place).into()).collect(),
        writes: writes.clone(),
    };
    Ok(QUERIES.iter().map(query).collect())
}

/// The rows that the suite's queries read.
struct Place {
    channel: i64,
    author: i64,
    message: i64,
}

type Slot = fn(&Place) -> i64;

const C: Slot = |place| place.channel;
const A: Slot = |place| place.author;
const M: Slot = |place| place.message;

const QUERIES: &[(&str, Class, &str, &[Slot])] = &[
    ("timeline", Class::Window, TIMELINE, &[C]),
    ("newest of all", Class::Window, "SELECT id, channel_id, body FROM messages ORDER BY id DESC LIMIT 50", &[]),
    (
        "an author's newest",
        Class::Window,
        "SELECT id, channel_id, body FROM messages WHERE author_id = ? ORDER BY id DESC LIMIT 20",
        &[A],
    ),
    ("timeline with names", Class::Join, TIMELINE_JOIN, &[C]),
    (
        "messages with names",
        Class::Join,
        "SELECT m.id, u.name, m.body FROM messages m JOIN users u ON u.id = m.author_id WHERE m.channel_id = ?",
        &[C],
    ),
    (
        "an author's channels",
        Class::Join,
        "SELECT m.id, c.name, u.name FROM messages m JOIN channels c ON c.id = m.channel_id \
         JOIN users u ON u.id = m.author_id WHERE m.author_id = ?",
        &[A],
    ),
    (
        "replies with what they answer",
        Class::Join,
        "SELECT m.id, m.body, p.body FROM messages m JOIN messages p ON p.id = m.reply_to WHERE m.channel_id = ?",
        &[C],
    ),
    ("timeline with names of those who left", Class::LeftJoin, TIMELINE_LEFT_JOIN, &[C]),
    (
        "sizes of a channel's children",
        Class::LeftJoin,
        "SELECT c.id, c.name, count(m.id) FROM channels c LEFT JOIN messages m ON m.channel_id = c.id \
         WHERE c.parent_id = ? GROUP BY c.id",
        &[C],
    ),
    (
        "users who are silent",
        Class::LeftJoin,
        "SELECT u.id, u.name FROM users u LEFT JOIN messages m ON m.author_id = u.id WHERE m.id IS NULL",
        &[],
    ),
    ("an author's messages", Class::Filter, "SELECT id, channel_id, body FROM messages WHERE author_id = ?", &[A]),
    ("replies", Class::Filter, "SELECT id, author_id, body FROM messages WHERE reply_to = ? ORDER BY id", &[M]),
    ("one message", Class::Filter, "SELECT * FROM messages WHERE id = ?", &[M]),
    ("channels", Class::Filter, "SELECT id, name FROM channels WHERE archived = 0 ORDER BY name", &[]),
    ("count per channel", Class::Group, "SELECT channel_id, count(*) FROM messages GROUP BY channel_id", &[]),
    ("count of a channel", Class::Group, "SELECT count(*) FROM messages WHERE channel_id = ?", &[C]),
    (
        "last time per channel",
        Class::Group,
        "SELECT channel_id, max(created_at) FROM messages GROUP BY channel_id",
        &[],
    ),
    (
        "busiest authors of a channel",
        Class::Group,
        "SELECT author_id, count(*) AS n FROM messages WHERE channel_id = ? GROUP BY author_id \
         ORDER BY n DESC, author_id LIMIT 10",
        &[C],
    ),
    (
        "reactions to a message",
        Class::Group,
        "SELECT emoji, count(*) FROM reactions WHERE message_id = ? GROUP BY emoji",
        &[M],
    ),
    (
        "reactions in a channel",
        Class::Group,
        "SELECT r.emoji, count(*) FROM messages m JOIN reactions r ON r.message_id = m.id WHERE m.channel_id = ? \
         GROUP BY r.emoji",
        &[C],
    ),
    ("authors of a channel", Class::Distinct, "SELECT DISTINCT author_id FROM messages WHERE channel_id = ?", &[C]),
    ("all emoji", Class::Distinct, "SELECT DISTINCT emoji FROM reactions", &[]),
    (
        "who is in a channel",
        Class::Union,
        "SELECT author_id FROM messages WHERE channel_id = ?1 UNION SELECT r.user_id FROM messages m \
         JOIN reactions r ON r.message_id = m.id WHERE m.channel_id = ?1",
        &[C],
    ),
    (
        "two channels in one",
        Class::Union,
        "SELECT id, body, created_at FROM messages WHERE channel_id = ?1 UNION ALL \
         SELECT id, body, created_at FROM messages WHERE channel_id = ?1 + 1 ORDER BY 3 DESC, 1 DESC LIMIT 50",
        &[C],
    ),
    (
        "who is not in a channel",
        Class::Union,
        "SELECT id FROM users EXCEPT SELECT author_id FROM messages WHERE channel_id = ?",
        &[C],
    ),
    (
        "users of a channel",
        Class::Exists,
        "SELECT id, name FROM users u WHERE EXISTS \
         (SELECT 1 FROM messages WHERE channel_id = ? AND author_id = u.id)",
        &[C],
    ),
    (
        "messages nobody reacts to",
        Class::Exists,
        "SELECT id, body FROM messages m WHERE channel_id = ? AND NOT EXISTS \
         (SELECT 1 FROM reactions r WHERE r.message_id = m.id)",
        &[C],
    ),
    (
        "an author in a channel's children",
        Class::Exists,
        "SELECT id, body FROM messages WHERE author_id = ? AND channel_id IN \
         (SELECT id FROM channels WHERE parent_id = ?)",
        &[A, C],
    ),
    (
        "timeline with reactions",
        Class::Exists,
        "SELECT m.id, m.body, (SELECT count(*) FROM reactions r WHERE r.message_id = m.id) FROM messages m \
         WHERE m.channel_id = ? ORDER BY m.created_at DESC, m.id DESC LIMIT 50",
        &[C],
    ),
    (
        "channels below a channel",
        Class::Recursive,
        "WITH RECURSIVE below(id, depth) AS (SELECT id, 0 FROM channels WHERE id = ? UNION ALL \
         SELECT c.id, depth + 1 FROM channels c JOIN below ON c.parent_id = below.id) SELECT id, depth FROM below",
        &[C],
    ),
    (
        "a thread",
        Class::Recursive,
        "WITH RECURSIVE thread(id, body) AS (SELECT id, body FROM messages WHERE id = ? UNION ALL \
         SELECT m.id, m.body FROM messages m JOIN thread ON m.reply_to = thread.id) SELECT id, body FROM thread",
        &[M],
    ),
    (
        "three newest of each child",
        Class::Over,
        "SELECT id, channel_id, body FROM (SELECT m.*, row_number() OVER (PARTITION BY channel_id \
         ORDER BY created_at DESC, id DESC) AS place FROM messages m WHERE channel_id IN \
         (SELECT id FROM channels WHERE parent_id = ?)) WHERE place <= 3",
        &[C],
    ),
];

/// A hundred subscriptions of an application: timelines with and without names, counts, an author's messages.
#[must_use]
pub fn hundred() -> Vec<(&'static str, i64)> {
    let count = "SELECT count(*) FROM messages WHERE channel_id = ?";
    let author = "SELECT id, channel_id, body FROM messages WHERE author_id = ? ORDER BY id DESC LIMIT 20";
    let kinds = [(TIMELINE, 40), (TIMELINE_JOIN, 20), (TIMELINE_LEFT_JOIN, 10), (count, 20), (author, 10)];
    kinds.iter().flat_map(|(sql, number)| (1..=*number).map(|id| (*sql, id))).collect()
}

/// A channel that no timeline of the first `CHANNELS` shows.
#[must_use]
pub fn unwatched() -> Write {
    write_into(CHANNELS as i64 + 1, AUTHOR, None)
}
