//! A live result, and the locks of other programs that keep it from being read for a while.

use tidewater::{Engine, Error, Event, Subscription};

/// A subscription and the engine that has to be asked for news.
pub struct Following<'a> {
    engine: &'a Engine,
    subscription: Subscription,
    /// Why the result could not be read at the last commit; the engine tries again at each look.
    held_up: Option<Error>,
}

impl<'a> Following<'a> {
    pub const fn new(engine: &'a Engine, subscription: Subscription) -> Self {
        Self { engine, subscription, held_up: None }
    }

    /// Looks for commits and hands over what they did to the result. A lock is no event: most are gone at the next look.
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
