//! Many commits in a row: whether memory and speed stay constant.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde::Serialize;
use tidewater::{Engine, Strategy, Value};
use tidewater_oracle::random::Random;

use crate::chat::{self, edit, hundred};
use crate::failure::Outcome;
use crate::memory;
use crate::query::Statement;
use crate::trio::{edit_count, watch};
use crate::units::bytes;
use crate::world::{Data, World};

const SEED: u64 = 0x50a4;

/// The number of new messages that exist at a time. Each further one replaces the oldest, so that results do not grow.
const STANDING: usize = 1_000;

/// Larger than all ids of the content, and later than all its times.
const NEW: i64 = 2_000_000_000;

/// The percentages of the run at which it is sampled.
const LOOKS: [u64; 3] = [10, 50, 100];

/// The outcome of a soak.
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
    /// The samples.
    pub looks: Vec<Look>,
}

/// A sample.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Look {
    /// Commits so far.
    pub commits: u64,
    /// Live bytes of the program, without SQLite's.
    pub live_bytes: u64,
    /// Bytes that the engine reports.
    pub state_bytes: u64,
    /// Commits per second since the last sample.
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

/// Plays `commits` commits.
///
/// # Errors
/// An error of the engine.
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
            live_bytes: memory::live_bytes(),
            state_bytes: engine.stats()?.state_bytes,
            rate: (done - before) as f64 / (world.now() - begun),
        };
        world.say(&format!("soak: {done} commits, {} live, {:.0}/s", bytes(look.live_bytes as f64), look.rate));
        looks.push(look);
    }
    let edits = edits.load(std::sync::atomic::Ordering::Relaxed);
    Ok(Soak { commits, messages, subscriptions: watches.len() as u64, edits, looks })
}

/// Users, who mostly write messages.
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
            // Alternates between longer and shorter bodies, so that they do not grow.
            return if self.random.chance(50) { edit.apply } else { edit.undo }.exec(engine);
        }
        self.last += 1;
        self.standing.push_back(self.last);
        // Half of the writes go to channels with subscribers.
        let channels = if self.random.chance(50) { 40 } else { chat::CHANNELS as usize };
        let channel = self.random.between(1, channels) as i64;
        let author = self.random.between(1, chat::USERS as usize) as i64;
        let sql = "INSERT INTO messages(id, channel_id, author_id, body, created_at) VALUES (?, ?, ?, ?, ?)";
        let values: Vec<Value> =
            vec![self.last.into(), channel.into(), author.into(), "are we green again".into(), self.last.into()];
        Statement::new(sql, values).exec(engine)
    }
}
