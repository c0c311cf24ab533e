//! Tracks errors of polling for commits. Time is passed in.

use std::time::Duration;

use super::following::Obstacle;

/// A lock held for less than this is an ordinary commit and is not reported.
const GOES_BY: Duration = Duration::from_millis(300);

/// Why the rows may be older than the database, if they are.
#[derive(Default)]
pub struct Trouble {
    busy_since: Option<Duration>,
    message: Option<String>,
}

impl Trouble {
    /// Records a poll that began at one time and ended at another. Returns whether the message changed.
    pub fn receive(&mut self, look: Result<(), Obstacle>, began: Duration, now: Duration) -> bool {
        let message = match look {
            Err(obstacle) if obstacle.is_busy() => {
                let since = *self.busy_since.get_or_insert(began);
                let is_long = now.saturating_sub(since) >= GOES_BY;
                is_long.then(|| "busy: another program has locked the database".to_owned())
            }
            look => {
                self.busy_since = None;
                look.err().map(|obstacle| obstacle.to_string())
            }
        };
        let is_new = message != self.message;
        self.message = message;
        is_new
    }

    /// The message to show.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidewater::Error;

    const START: Duration = Duration::from_secs(9);

    fn busy() -> Result<(), Obstacle> {
        Err(Error::Sqlite { extended_code: 5, message: "database is locked".into(), offset: None }.into())
    }

    fn look(trouble: &mut Trouble, look: Result<(), Obstacle>, now: Duration) -> bool {
        trouble.receive(look, now, now)
    }

    #[test]
    fn a_lock_is_told_once_it_lasts() {
        let mut trouble = Trouble::default();
        assert!(!look(&mut trouble, busy(), START));
        assert!(!look(&mut trouble, busy(), START + GOES_BY / 2));
        assert_eq!(trouble.message(), None);
        assert!(look(&mut trouble, busy(), START + GOES_BY));
        assert!(trouble.message().is_some_and(|message| message.contains("busy")));
        assert!(!look(&mut trouble, busy(), START + GOES_BY * 2), "told already");
        assert!(look(&mut trouble, Ok(()), START + GOES_BY * 3));
        assert_eq!(trouble.message(), None);
        assert!(!look(&mut trouble, busy(), START + GOES_BY * 4), "another lock");
    }

    #[test]
    fn a_look_that_waited_long_needs_no_second() {
        assert!(Trouble::default().receive(busy(), START, START + GOES_BY));
    }

    #[test]
    fn other_trouble_is_told_at_once() {
        let mut trouble = Trouble::default();
        assert!(look(&mut trouble, Err(Error::InTransaction.into()), START));
        assert_eq!(trouble.message(), Some(Error::InTransaction.to_string().as_str()));
        assert!(look(&mut trouble, Ok(()), START));
    }
}
