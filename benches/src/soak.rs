//! Many commits in a row: whether memory stays what it was, and speed.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde::Serialize;
use tidewater::{Engine, Strategy, Value};
use tidewater_oracle::random::Random;

use crate::chat::{self, edit, hundred};
use crate::failure::Outcome;
use crate::query::Statement;
use crate::report::bytes;
use crate::trio::{edit_count, watch};
use crate::world::{Data, World};

const SEED: u64 = 0x50a4;

/// New messages that exist at a time: the oldest is deleted for each one more, so that results have no reason to grow.
const STANDING: usize = 1_000;

/// Above all ids that the content has, and as seconds after all its times.
const NEW: i64 = 2_000_000_000;

/// Shares of the run after which it is looked at.
const LOOKS: [u64; 3] = [10, 50, 100];

/// What a soak gave.
#[derive(Clone, Debug, Serialize)]
pub struct Soak {
    /// Commits of the whole run.
    pub commits: u64,
    /// Messages in the database.
    pub messages: u64,
    /// Subscriptions.
    pub subscriptions: u64,
    /// Edits that were delivered.
    pub edits: u64,
    /// What was seen under way.
    pub looks: Vec<Look>,
}

/// What was seen at a moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Look {
    /// Commits so far.
    pub commits: u64,
    /// Bytes the program holds, SQLite's own not among them.
    pub live_bytes: u64,
    /// Bytes the engine says that it holds.
    pub state_bytes: u64,
    /// Commits per second since the last look.
    pub rate: f64,
}

impl Soak {
    /// As a table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let Self { commits, messages, subscriptions, edits, looks } = self;
        let mut text = format!(
            "\nSoak: {commits} commits over {messages} messages, {subscriptions} subscriptions, {edits} edits.\n\n\
             | commits | live bytes | state_bytes | commits/s |\n|---|---|---|---|\n"
        );
        for look in looks {
            let (live, state) = (bytes(look.live_bytes as f64), bytes(look.state_bytes as f64));
            let _ = writeln!(text, "| {} | {live} | {state} | {:.0} |", look.commits, look.rate);
        }
        text
    }
}

/// Plays so many commits.
///
/// # Errors
/// What the engine says.
pub fn soak(world: &dyn World, messages: u64, commits: u64) -> Outcome<Soak> {
    let engine = world.engine(Data::Chat(messages), Strategy::Auto)?;
    let edits = edit_count();
    let watches = hundred().into_iter().map(|(sql, slot)| watch(&engine, sql, [slot], &edits));
    let watches: Vec<_> = watches.collect::<Outcome<_>>()?;
    let mut writer = Writer { random: Random::new(SEED), standing: VecDeque::new(), last: NEW };
    let mut looks = Vec::new();
    let mut done = 0;
    for share in LOOKS {
        let until = commits * share / 100;
        let (begun, before) = (world.now(), done);
        while done < until {
            writer.commit(&engine)?;
            done += 1;
        }
        let look = Look {
            commits: done,
            live_bytes: world.live_bytes(),
            state_bytes: engine.stats().state_bytes,
            rate: (done - before) as f64 / (world.now() - begun),
        };
        world.say(&format!("soak: {done} commits, {} live, {:.0}/s", bytes(look.live_bytes as f64), look.rate));
        looks.push(look);
    }
    let edits = edits.load(std::sync::atomic::Ordering::Relaxed);
    Ok(Soak { commits, messages, subscriptions: watches.len() as u64, edits, looks })
}

/// What users do: mostly they write.
struct Writer {
    random: Random,
    standing: VecDeque<i64>,
    last: i64,
}

impl Writer {
    fn commit(&mut self, engine: &Engine) -> Outcome<()> {
        if self.standing.len() > STANDING {
            let oldest = self.standing.pop_front().unwrap_or_default();
            return Statement::new("DELETE FROM messages WHERE id = ?", vec![oldest.into()]).exec(engine);
        }
        if self.random.chance(20) && !self.standing.is_empty() {
            let message = *self.random.pick(self.standing.make_contiguous());
            let edit = edit(message);
            // Longer and shorter by turns, so that bodies do not grow.
            return if self.random.chance(50) { edit.apply } else { edit.undo }.exec(engine);
        }
        self.last += 1;
        self.standing.push_back(self.last);
        // Half of the writes are into what somebody watches.
        let channels = if self.random.chance(50) { 40 } else { chat::CHANNELS as usize };
        let channel = self.random.between(1, channels) as i64;
        let author = self.random.between(1, chat::USERS as usize) as i64;
        let sql = "INSERT INTO messages(id, channel_id, author_id, body, created_at) VALUES (?, ?, ?, ?, ?)";
        let values: Vec<Value> =
            vec![self.last.into(), channel.into(), author.into(), "are we green again".into(), self.last.into()];
        Statement::new(sql, values).exec(engine)
    }
}
