//! A live result that other programs' locks may block for a while.

use tidewater::{Engine, Error, Event, Subscription};

/// A subscription and the engine to poll.
pub struct Following<'a> {
    engine: &'a Engine,
    subscription: Subscription,
    /// Why the result could not be read at the last commit. The engine tries again at each poll.
    held_up: Option<Error>,
}

impl<'a> Following<'a> {
    pub const fn new(engine: &'a Engine, subscription: Subscription) -> Self {
        Self { engine, subscription, held_up: None }
    }

    /// Polls for commits and passes on their events. A lock is not passed on: most are gone at the next poll.
    pub fn look(&mut self, mut receive: impl FnMut(&Event)) -> Result<(), Error> {
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
