//! A live result of a file that other programs lock for a while, or put another file in the place of.

use std::fmt;

use tidewater::{Engine, Error, Event, Options, Params, PlanKind, Snapshot, Subscription};

use super::file_identity::{Fate, NamedFile};
use crate::open::open_existing;
use crate::place::Place;

/// What is watched.
#[derive(Clone, Debug)]
pub struct Source {
    pub place: Place,
    pub sql: String,
    pub params: Params,
    pub options: Options,
}

/// A subscription, the engine to poll, and where both are from.
pub struct Following {
    source: Source,
    file: NamedFile,
    /// Nothing while the new file cannot be read.
    live: Option<Live>,
    plan: PlanKind,
}

struct Live {
    // Dropped first.
    subscription: Subscription,
    engine: Engine,
    /// Why the result could not be read at the last commit. The engine tries again at each poll.
    held_up: Option<Error>,
}

/// What there is to tell.
#[derive(Debug)]
pub enum News<'a> {
    /// The result changed.
    Event(&'a Event),
    /// Another file is in the place of the one that was watched: this is its result.
    Replaced(Snapshot),
}

/// Why there are no newer rows.
#[derive(Debug)]
pub enum Obstacle {
    /// The database cannot be read.
    Engine(Error),
    /// There is no file, or the new one cannot be read yet.
    File(String),
}

impl Obstacle {
    /// Whether another program has locked the database.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Engine(error) if error.code() == "busy")
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => error.fmt(f),
            Self::File(message) => f.write_str(message),
        }
    }
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl Source {
    fn open(&self) -> anyhow::Result<Live> {
        let engine = open_existing(&self.place, self.options.clone())?;
        let subscription = engine.subscribe(&self.sql, self.params.clone())?;
        Ok(Live { subscription, engine, held_up: None })
    }
}

impl Following {
    /// Opens the database and subscribes; the first result is returned, and not held.
    pub fn start(source: Source) -> anyhow::Result<(Self, Snapshot)> {
        let mut file = NamedFile::new(source.place.path());
        let mut live = source.open()?;
        // Its log is known from now on.
        file.fate();
        let (snapshot, plan) = (live.subscription.take_snapshot(), live.subscription.plan());
        Ok((Self { source, file, live: Some(live), plan }, snapshot))
    }

    /// How the result is maintained.
    pub const fn plan(&self) -> PlanKind {
        self.plan
    }

    /// Polls for commits, and for another file, and passes on what they bring.
    pub fn look(&mut self, mut receive: impl FnMut(News<'_>)) -> Result<(), Obstacle> {
        match self.file.fate() {
            Fate::Same => {}
            Fate::Gone => return Err(Obstacle::File(format!("{} is gone", self.source.place))),
            Fate::ReplacedBesideOldLog => return Err(Obstacle::File(self.beside_old_log())),
            Fate::Replaced => self.live = None,
        }
        if self.live.is_none() {
            let snapshot = self.reopen()?;
            receive(News::Replaced(snapshot));
        }
        self.live.as_mut().map_or(Ok(()), |live| Ok(live.look(|event| receive(News::Event(event)))?))
    }

    fn beside_old_log(&self) -> String {
        let place = &self.source.place;
        format!(
            "{place} was replaced by another file beside the -wal file of the old one, which would damage it; delete that -wal \
             file and the -shm file"
        )
    }

    fn reopen(&mut self) -> Result<Snapshot, Obstacle> {
        let mut file = NamedFile::new(self.source.place.path());
        let mut live = self.source.open().map_err(|error| {
            Obstacle::File(format!("{} was replaced by another file: {error:#}", self.source.place))
        })?;
        let snapshot = live.subscription.take_snapshot();
        self.plan = live.subscription.plan();
        file.fate();
        (self.file, self.live) = (file, Some(live));
        Ok(snapshot)
    }
}

impl Live {
    /// Polls for commits and passes on their events. A lock is not passed on: most are gone at the next poll.
    fn look(&mut self, mut receive: impl FnMut(&Event)) -> Result<(), Error> {
        let looked = self.engine.poll();
        while let Some(event) = self.subscription.try_next() {
            match &event {
                Event::Error { error, closed: false, .. } if error.code() == "busy" => {
                    self.held_up = Some(Error::clone(error));
                }
                event => {
                    self.held_up = None;
                    receive(event);
                }
            }
        }
        self.held_up.clone().map_or(looked.map(|_| ()), Err)
    }
}

#[cfg(test)]
mod tests;
