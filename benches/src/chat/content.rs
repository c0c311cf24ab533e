//! The rows of the chat, determined by the number of messages.

use rusqlite::{Connection, params};
use tidewater_oracle::random::Random;

use super::{INDEXES, TABLES};
use crate::failure::Outcome;

/// The number of channels at any size: a larger application has longer channels before it has more of them.
pub const CHANNELS: u64 = 10_000;

/// Users.
pub const USERS: u64 = 2_000;

const SEED: u64 = 0x71de;
const WORDS: &[&str] = &[
    "a", "the", "we", "ok", "yes", "no", "ship", "deploy", "lunch", "today", "tomorrow", "build", "broken", "green",
    "review", "please", "thanks", "meeting", "moved", "draft", "looks", "good", "again", "why", "server", "down",
    "back", "fixed", "who", "knows", "coffee", "release",
];
const EMOJI: &[&str] = &["+1", "tada", "eyes", "heart", "joy"];

/// Ranks whose frequency falls with the rank. It uses only division, which gives the same bits on every platform.
struct Zipf {
    until: Vec<f64>,
}

impl Zipf {
    fn new(ranks: u64) -> Self {
        let mut sum = 0.0;
        let until = (1..=ranks).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self { until: until.collect() }
    }

    /// A rank from 1.
    fn rank(&self, random: &mut Random) -> u64 {
        let whole = self.until.last().copied().unwrap_or_default();
        let at = (random.bits() >> 11) as f64 / (1u64 << 53) as f64 * whole;
        self.until.partition_point(|until| *until <= at) as u64 + 1
    }
}

/// Fills an empty database. Half of the messages are spread evenly over all channels, so that with a million every timeline
/// has fifty rows. Of the other half, channel 1 gets most, channel 2 half of that, and so on.
///
/// # Errors
/// An error of SQLite.
pub fn fill(connection: &Connection, messages: u64) -> Outcome<()> {
    let mut random = Random::new(SEED);
    connection.execute_batch(TABLES)?;
    connection.execute_batch("BEGIN")?;
    fill_users(connection, &mut random)?;
    fill_channels(connection)?;
    fill_messages(connection, &mut random, messages)?;
    fill_reactions(connection, &mut random, messages)?;
    connection.execute_batch("COMMIT")?;
    connection.execute_batch(INDEXES)?;
    Ok(())
}

fn fill_users(connection: &Connection, random: &mut Random) -> Outcome<()> {
    let mut insert = connection.prepare("INSERT INTO users VALUES (?, ?, ?, ?)")?;
    for id in 1..=USERS {
        let status = random.chance(30).then(|| *random.pick(&["away", "busy", "online"]));
        insert.execute(params![id as i64, format!("{}-{id}", random.pick(WORDS)), status, id as i64])?;
    }
    Ok(())
}

fn fill_channels(connection: &Connection) -> Outcome<()> {
    let mut insert = connection.prepare("INSERT INTO channels VALUES (?, ?, ?, ?, ?)")?;
    for id in 1..=CHANNELS {
        // A tree of depth 5: the first ten channels are its roots.
        let parent = (id > 10).then_some((id / 10) as i64);
        insert.execute(params![id as i64, format!("channel-{id}"), "a topic", parent, id % 20 == 0])?;
    }
    Ok(())
}

fn fill_messages(connection: &Connection, random: &mut Random, messages: u64) -> Outcome<()> {
    let (channels, authors) = (Zipf::new(CHANNELS), Zipf::new(USERS));
    let sql = "INSERT INTO messages(id, channel_id, author_id, reply_to, body, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    let mut insert = connection.prepare(sql)?;
    for id in 1..=messages {
        let channel = if id % 2 == 0 { id / 2 * 7919 % CHANNELS + 1 } else { channels.rank(random) };
        // Authors who left are NULL, or a number that no user has.
        let author = match random.below(100) {
            0 => None,
            1 => Some(USERS + 1),
            _ => Some(authors.rank(random)),
        };
        let reply = (id > 100 && random.chance(10)).then(|| id - 1 - random.below(100) as u64);
        let values = params![
            id as i64,
            channel as i64,
            author.map(|author| author as i64),
            reply.map(|reply| reply as i64),
            body(random),
            created_at(id),
        ];
        insert.execute(values)?;
    }
    Ok(())
}

fn fill_reactions(connection: &Connection, random: &mut Random, messages: u64) -> Outcome<()> {
    let mut insert = connection.prepare("INSERT INTO reactions(message_id, user_id, emoji) VALUES (?, ?, ?)")?;
    for _ in 0..messages / 5 {
        let message = 1 + random.below(messages as usize);
        insert.execute(params![message as i64, 1 + random.below(USERS as usize) as i64, random.pick(EMOJI)])?;
    }
    Ok(())
}

/// About thirty letters, like most messages.
fn body(random: &mut Random) -> String {
    let words: Vec<_> = (0..random.between(1, 10)).map(|_| *random.pick(WORDS)).collect();
    words.join(" ")
}

/// Two messages a second, so that times tie.
fn created_at(id: u64) -> i64 {
    1_700_000_000 + (id / 2) as i64
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{CHANNELS, fill};

    #[test]
    fn every_channel_has_its_floor_and_the_first_has_most() {
        let connection = Connection::open_in_memory().unwrap();
        fill(&connection, 40_000).unwrap();
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(DISTINCT channel_id) FROM messages"), CHANNELS as i64);
        let sizes = "SELECT count(*) FROM messages GROUP BY channel_id ORDER BY count(*) DESC LIMIT 1";
        assert_eq!(count("SELECT channel_id FROM messages GROUP BY channel_id ORDER BY count(*) DESC LIMIT 1"), 1);
        assert!((1_500..3_000).contains(&count(sizes)));
        let hash = "SELECT sum(id * channel_id % 1009 + length(body)) FROM messages";
        let again = Connection::open_in_memory().unwrap();
        fill(&again, 40_000).unwrap();
        assert_eq!(count(hash), again.query_row(hash, [], |row| row.get::<_, i64>(0)).unwrap());
    }
}
