//! How far a worker is on the way to being the host: what orders of the coordinator mean in each state, no browser anywhere.

use tidewater_protocol::{Epoch, Term};

/// A worker's part; `H` is what the host has.
#[derive(Debug, Default)]
pub enum Leadership<H> {
    /// It holds nothing.
    #[default]
    Idle,
    /// It waits for the storage, or opens the database.
    Opening(Opening),
    /// It is the host.
    Hosting(H),
}

/// The order under which a worker opens the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The term it was given last.
    pub term: Term,
    /// The epoch to exceed.
    pub after: Epoch,
    /// Whether it was told to stop. Opening cannot be called off: it is closed again once it is done.
    pub retired: bool,
}

/// What to do about an order to become the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Begin to open the database.
    Begin,
    /// Nothing: what has begun goes on, and answers in the new term.
    GoOn,
    /// Say again that the database is open.
    SayReady,
}

impl<H> Leadership<H> {
    /// Takes an order to become the host. It may come again while the first is carried out: from a new coordinator, or from one
    /// that has not heard of the worker for a while. That is no failure, and neither begun nor open databases are given up.
    pub fn become_host(&mut self, term: Term, after: Epoch) -> Order {
        match self {
            Self::Idle => {
                *self = Self::Opening(Opening { term, after, retired: false });
                Order::Begin
            }
            Self::Opening(opening) => {
                *opening = Opening { term, after: opening.after.max(after), retired: false };
                Order::GoOn
            }
            Self::Hosting(_) => Order::SayReady,
        }
    }

    /// The order that is carried out, if one is.
    pub fn opening(&self) -> Option<Opening> {
        if let Self::Opening(opening) = self { Some(*opening) } else { None }
    }

    /// Stops opening the database as soon as that can be done, if it is opened in this term.
    pub fn retire_opening(&mut self, retiring: Term) -> bool {
        match self {
            Self::Opening(opening) if opening.term == retiring => {
                opening.retired = true;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(term: u64, after: u64) -> Leadership<()> {
        let mut worker = Leadership::Idle;
        assert_eq!(worker.become_host(Term(term), Epoch(after)), Order::Begin);
        worker
    }

    #[test]
    fn an_order_that_comes_again_goes_on_in_the_new_term() {
        let mut worker = opening(1, 4);
        assert_eq!(worker.become_host(Term(2), Epoch(5)), Order::GoOn);
        assert_eq!(worker.opening(), Some(Opening { term: Term(2), after: Epoch(5), retired: false }));
        assert_eq!(worker.become_host(Term(3), Epoch(0)), Order::GoOn);
        assert_eq!(worker.opening(), Some(Opening { term: Term(3), after: Epoch(5), retired: false }));
    }

    #[test]
    fn the_host_stays_what_it_is() {
        let mut worker = Leadership::Hosting(());
        assert_eq!(worker.become_host(Term(2), Epoch(5)), Order::SayReady);
        assert!(matches!(worker, Leadership::Hosting(())));
    }

    #[test]
    fn only_the_term_that_is_meant_retires() {
        let mut worker = opening(2, 0);
        assert!(!worker.retire_opening(Term(1)));
        assert_eq!(worker.opening().map(|opening| opening.retired), Some(false));
        assert!(worker.retire_opening(Term(2)));
        assert_eq!(worker.opening().map(|opening| opening.retired), Some(true));
    }

    #[test]
    fn who_is_wanted_again_does_not_retire() {
        let mut worker = opening(1, 0);
        worker.retire_opening(Term(1));
        assert_eq!(worker.become_host(Term(2), Epoch(0)), Order::GoOn);
        assert_eq!(worker.opening(), Some(Opening { term: Term(2), after: Epoch(0), retired: false }));
    }
}
