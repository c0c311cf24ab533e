//! A live result that outlasts the locks of other programs.

use tidewater::{Engine, Error, Event, Params, Subscription};

/// A subscription, and what it takes to begin it again.
pub struct Following<'a> {
    engine: &'a Engine,
    sql: &'a str,
    params: &'a Params,
    /// None once a lock kept the query from running: the engine would try again only at the next commit.
    subscription: Option<Subscription>,
}

impl<'a> Following<'a> {
    pub const fn new(engine: &'a Engine, sql: &'a str, params: &'a Params, subscription: Subscription) -> Self {
        Self { engine, sql, params, subscription: Some(subscription) }
    }

    /// Looks for commits and hands over what they did to the result.
    pub fn look(&mut self, mut receive: impl FnMut(&Event)) -> Result<(), Error> {
        let Some(subscription) = &mut self.subscription else { return self.begin_again(receive) };
        let looked = self.engine.poll();
        while let Some(event) = subscription.try_next() {
            match &event {
                Event::Error { error, closed: false, .. } if error.code() == "busy" => {
                    self.subscription = None;
                    return Err(Error::clone(error));
                }
                event => receive(event),
            }
        }
        looked.map(|_| ())
    }

    fn begin_again(&mut self, mut receive: impl FnMut(&Event)) -> Result<(), Error> {
        let subscription = self.engine.subscribe(self.sql, self.params.clone())?;
        receive(&Event::Columns(subscription.snapshot().clone()));
        self.subscription = Some(subscription);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
