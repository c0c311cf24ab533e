//! How far a worker is on the way to being the host: what orders of the coordinator mean in each state, no browser anywhere.

use tidewater_protocol::{Epoch, Hosting, Term, WorkerToCoordinator};

use crate::host::Host;

/// A worker's part; `H` is what the host has.
#[derive(Debug, Default)]
pub enum Leadership<H> {
    /// It holds nothing.
    #[default]
    Idle,
    /// It waits for the storage, or opens the database.
    Opening(Opening),
    /// It is the host of this term.
    Hosting(Term, H),
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

/// What came of opening the database.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened<H, E> {
    /// The worker is the host: to be said.
    Hosting,
    /// It was told to retire meanwhile: what it opened is to be closed, and then to be said to be down in this term.
    Retired(Term, H),
    /// It failed, to be said in this term.
    Failed(Term, E),
}

/// What to do about an order to retire.
#[derive(Debug, PartialEq, Eq)]
pub enum Retired<H> {
    /// Nothing: it is done and said once the database is open.
    Later,
    /// Close this, and say that it is down.
    Close(H),
    /// Say that it is down: it was before.
    Before,
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
            Self::Hosting(..) => Order::SayReady,
        }
    }

    /// The order that is carried out, if one is.
    pub fn opening(&self) -> Option<Opening> {
        if let Self::Opening(opening) = self { Some(*opening) } else { None }
    }

    /// What the host has, if the worker is it.
    pub fn host(&mut self) -> Option<&mut H> {
        if let Self::Hosting(_, host) = self { Some(host) } else { None }
    }

    /// What the host of this term has, if the worker is it.
    pub fn host_of(&mut self, term: Term) -> Option<&mut H> {
        match self {
            Self::Hosting(own, host) if *own == term => Some(host),
            _ => None,
        }
    }

    /// Takes what came of opening the database; by now it may be another order than the one that began it.
    pub fn opened<E>(&mut self, opened: Result<H, E>) -> Opened<H, E> {
        let (term, retired) = match self {
            Self::Opening(opening) => (opening.term, opening.retired),
            // Nobody opens what was not begun: as good as retired.
            Self::Idle => (Term(0), true),
            Self::Hosting(term, _) => (*term, true),
        };
        match opened {
            Ok(host) if retired => {
                self.stop_opening();
                Opened::Retired(term, host)
            }
            Ok(host) => {
                *self = Self::Hosting(term, host);
                Opened::Hosting
            }
            Err(error) => {
                self.stop_opening();
                Opened::Failed(term, error)
            }
        }
    }

    fn stop_opening(&mut self) {
        if matches!(self, Self::Opening(_)) {
            *self = Self::Idle;
        }
    }

    /// Takes an order to retire. Opening a database cannot be called off; only the term that is meant retires.
    pub fn retire(&mut self, retiring: Term) -> Retired<H> {
        match std::mem::take(self) {
            Self::Opening(opening) if opening.term == retiring => {
                *self = Self::Opening(Opening { retired: true, ..opening });
                Retired::Later
            }
            Self::Hosting(term, host) if term == retiring => Retired::Close(host),
            other => {
                *self = other;
                Retired::Before
            }
        }
    }
}

impl<P, L> Leadership<(Host<P>, L)> {
    /// What it tells a new coordinator.
    #[must_use]
    pub fn hosting(&self) -> Option<Hosting> {
        match self {
            Self::Idle => None,
            Self::Opening(Opening { term, .. }) => Some(Hosting::Opening { term: *term }),
            Self::Hosting(term, (host, _)) => {
                Some(Hosting::Ready { term: *term, epoch: host.epoch(), storage: host.storage() })
            }
        }
    }

    /// What it tells the coordinator that made it the host.
    #[must_use]
    pub fn ready(&self) -> Option<WorkerToCoordinator> {
        let Self::Hosting(term, (host, _)) = self else { return None };
        Some(WorkerToCoordinator::HostReady { term: *term, epoch: host.epoch(), storage: host.storage() })
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
        let mut worker = Leadership::Hosting(Term(1), ());
        assert_eq!(worker.become_host(Term(2), Epoch(5)), Order::SayReady);
        assert!(matches!(worker, Leadership::Hosting(Term(1), ())));
        assert!(worker.host().is_some() && worker.host_of(Term(1)).is_some() && worker.host_of(Term(2)).is_none());
    }

    #[test]
    fn only_the_term_that_is_meant_retires() {
        let mut worker = opening(2, 0);
        assert_eq!(worker.retire(Term(1)), Retired::Before);
        assert_eq!(worker.opening().map(|opening| opening.retired), Some(false));
        assert_eq!(worker.retire(Term(2)), Retired::Later);
        assert_eq!(worker.opening().map(|opening| opening.retired), Some(true));
        assert_eq!(worker.opened(Ok::<_, ()>(())), Opened::Retired(Term(2), ()));
        assert!(matches!(worker, Leadership::Idle));

        let mut worker = Leadership::Hosting(Term(3), ());
        assert_eq!(worker.retire(Term(2)), Retired::Before);
        assert_eq!(worker.retire(Term(3)), Retired::Close(()));
        assert!(matches!(worker, Leadership::Idle));
    }

    #[test]
    fn who_is_wanted_again_does_not_retire() {
        let mut worker = opening(1, 0);
        worker.retire(Term(1));
        assert_eq!(worker.become_host(Term(2), Epoch(0)), Order::GoOn);
        assert_eq!(worker.opening(), Some(Opening { term: Term(2), after: Epoch(0), retired: false }));
        assert_eq!(worker.opened(Ok::<_, ()>(())), Opened::Hosting);
        assert!(worker.host_of(Term(2)).is_some());
    }

    #[test]
    fn who_fails_can_be_asked_again() {
        let mut worker = opening(1, 0);
        assert_eq!(worker.opened(Err("busy")), Opened::Failed(Term(1), "busy"));
        assert_eq!(worker.become_host(Term(2), Epoch(0)), Order::Begin);
    }
}
