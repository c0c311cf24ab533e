//! Elections: when there is one, who wins it, and what becomes of attempts that fail.

use tidewater_protocol::{CoordinatorToWorker, ErrorInfo, HostFailure, StorageMode, TabId, Term, codes};

use crate::tab::{Liveness, Rank, Tab};
use crate::{Coordinator, Effect, Host};

/// The history of elections, which decides when the next one may be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    /// No election before this time.
    pub not_before: Option<u64>,
    /// Attempts in a row that found the storage busy.
    pub busy: u32,
    /// Times of failures, the older than the failure window left out.
    pub failures: Vec<u64>,
    /// The last error, until there is a host.
    pub error: Option<ErrorInfo>,
    /// Whether better candidates are waited for.
    pub probe: Probe,
}

/// Whether an election waits for candidates to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Probe {
    /// It has asked nobody.
    #[default]
    Idle,
    /// It has asked, and waits for the best until this time.
    Until(u64),
    /// That time has passed: the first who answers is taken.
    Any,
}

impl Coordinator {
    /// Appoints a host if there is none, if it is time, and if a good candidate answers.
    pub(crate) fn elect(&mut self, now: u64) {
        if self.host != Host::None || self.attempts.not_before.is_some_and(|time| now < time) {
            return;
        }
        self.attempts.not_before = None;
        self.forgive(now);
        let candidates: Vec<(Rank, TabId)> =
            self.tabs.iter().filter_map(|(id, tab)| Some((tab.rank()?, id.clone()))).collect();
        let Some((_, best)) = candidates.iter().min() else {
            self.attempts.probe = Probe::Idle;
            return;
        };
        if self.answers(best, now) {
            self.appoint(best.clone(), now);
            return;
        }
        for (_, candidate) in &candidates {
            if !self.answers(candidate, now) {
                self.ping(candidate, now);
            }
        }
        match self.attempts.probe {
            Probe::Idle => self.attempts.probe = Probe::Until(now + self.timing.probe),
            Probe::Until(time) if now < time => {}
            Probe::Until(_) | Probe::Any => {
                self.attempts.probe = Probe::Any;
                let answering = candidates.into_iter().filter(|(_, candidate)| self.answers(candidate, now));
                if let Some((_, winner)) = answering.min() {
                    self.appoint(winner, now);
                }
            }
        }
    }

    fn appoint(&mut self, tab: TabId, now: u64) {
        self.term = self.term.next();
        self.attempts.probe = Probe::Idle;
        let become_host = CoordinatorToWorker::BecomeHost {
            term: self.term,
            storage: self.storage.unwrap_or(StorageMode::Opfs),
            after: self.epoch,
        };
        self.tell_worker(&tab, become_host);
        self.expect_no_pong(&tab);
        self.host = Host::Opening { tab, term: self.term, since: now };
    }

    /// Takes up that the worker could not become the host.
    pub(crate) fn opening_failed(&mut self, id: &TabId, reason: HostFailure, message: String, now: u64) {
        match reason {
            HostFailure::Busy => {
                self.attempts.busy = self.attempts.busy.saturating_add(1);
                self.attempts.not_before = Some(now + self.timing.backoff(self.attempts.busy));
                self.attempts.error = Some(ErrorInfo::new(codes::STORAGE_BUSY, message));
            }
            HostFailure::Unavailable if self.storage.is_none() => self.storage = Some(StorageMode::Memory),
            HostFailure::Unavailable | HostFailure::Failed => {
                if let Some(worker) = self.tabs.get_mut(id).and_then(Tab::liveness_mut) {
                    worker.failures = worker.failures.saturating_add(1);
                }
                self.failed(ErrorInfo::new(codes::UNAVAILABLE, message), now);
            }
        }
    }

    /// Counts a failure against the restart budget.
    pub(crate) fn failed(&mut self, error: ErrorInfo, now: u64) {
        self.forgive(now);
        self.attempts.failures.push(now);
        self.attempts.error = Some(error);
        let count = self.attempts.failures.len();
        let wait = if self.over_budget() {
            self.timing.failure_window
        } else {
            self.timing.backoff(u32::try_from(count).unwrap_or(u32::MAX))
        };
        self.attempts.not_before = Some(now + wait);
    }

    pub(crate) fn over_budget(&self) -> bool {
        self.attempts.failures.len() > self.timing.failures
    }

    fn forgive(&mut self, now: u64) {
        let window = self.timing.failure_window;
        self.attempts.failures.retain(|time| now.saturating_sub(*time) < window);
    }

    /// Gives up on a worker that takes too long to become the host.
    pub(crate) fn pass_over_slow_opening(&mut self, now: u64) {
        let Host::Opening { tab, term, since } = &self.host else { return };
        let (tab, term, since) = (tab.clone(), *term, *since);
        if self.tabs.get(&tab).and_then(Tab::liveness).is_some_and(|worker| worker.stalls(now, self.timing.stall)) {
            // It may have the storage or get it yet; then it says so when it wakes, and is the host after all.
            self.lose_host();
        } else if now.saturating_sub(since) >= self.timing.opening {
            self.tell_worker(&tab, CoordinatorToWorker::Retire { term });
            self.lose_host();
            self.opening_failed(&tab, HostFailure::Failed, "opening the database took too long".to_owned(), now);
        }
    }

    /// Pings the worker that is the host or becomes it, when it is time and of interest to anybody.
    pub(crate) fn ping_host(&mut self, now: u64) {
        let Some(tab) = self.pinged_host().cloned() else { return };
        let due = |worker: &Liveness| now.saturating_sub(worker.pinged) >= self.timing.ping;
        if self.tabs.get(&tab).and_then(Tab::liveness).is_some_and(due) {
            self.ping(&tab, now);
        }
    }

    fn pinged_host(&self) -> Option<&TabId> {
        match &self.host {
            Host::Opening { tab, .. } => Some(tab),
            Host::Ready { tab, .. } if self.tabs.iter().any(|(id, other)| id != tab && other.has_page()) => Some(tab),
            _ => None,
        }
    }

    /// Tells the worker to stand by that would be the next host.
    pub(crate) fn prepare_successor(&mut self, now: u64) {
        let Host::Ready { tab: host, .. } = &self.host else { return };
        let others = self.tabs.iter().filter(|(id, _)| *id != host);
        let best = others.filter_map(|(id, tab)| Some((tab.rank()?, id))).min().map(|(_, id)| id.clone());
        let since = match (&self.successor, &best) {
            (Some((known, since)), Some(best)) if known == best => *since,
            _ => now,
        };
        self.successor = best.map(|best| (best, since));
        let Some((best, _)) = self.successor.clone().filter(|_| now.saturating_sub(since) >= self.timing.stand_by)
        else {
            return;
        };
        let worker = self.tabs.get_mut(&best).and_then(Tab::liveness_mut);
        if worker.is_some_and(|worker| !std::mem::replace(&mut worker.stands_by, true)) {
            self.tell_worker(&best, CoordinatorToWorker::StandBy);
        }
    }

    fn answers(&self, id: &TabId, now: u64) -> bool {
        let fresh = |worker: &Liveness| now.saturating_sub(worker.heard) <= self.timing.fresh;
        self.tabs.get(id).and_then(Tab::liveness).is_some_and(fresh)
    }

    /// Pings a worker that has no ping to answer.
    fn ping(&mut self, id: &TabId, now: u64) {
        let Some(worker) = self.tabs.get_mut(id).and_then(Tab::liveness_mut) else { return };
        if worker.unanswered.is_none() {
            self.nonce += 1;
            worker.unanswered = Some(self.nonce);
            worker.pinged = now;
            let message = CoordinatorToWorker::Ping { nonce: self.nonce };
            self.effects.push(Effect::ToWorker { tab: id.clone(), message });
        }
    }

    /// It has just been heard of: a ping that it has not answered says nothing any more.
    pub(crate) fn expect_no_pong(&mut self, id: &TabId) {
        if let Some(worker) = self.tabs.get_mut(id).and_then(Tab::liveness_mut) {
            worker.unanswered = None;
        }
    }

    /// When to hand in [`Event::Deadline`](crate::Event::Deadline), if nothing else happens before: later than the time of the
    /// last event.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match &self.host {
            Host::None if !self.tabs.iter().any(|(_, tab)| tab.rank().is_some()) => None,
            Host::None => match (self.attempts.not_before, self.attempts.probe) {
                (Some(time), _) | (None, Probe::Until(time)) => Some(time),
                (None, Probe::Idle | Probe::Any) => None,
            },
            Host::Opening { since, .. } => Some(self.ping_deadline()?.min(since + self.timing.opening)),
            Host::Ready { .. } if self.announced_stall() => None,
            Host::Ready { .. } => self.ping_deadline().into_iter().chain(self.stand_by_deadline()).min(),
            Host::Leaving { .. } => None,
        }
    }

    /// When the successor is to stand by that does not yet.
    fn stand_by_deadline(&self) -> Option<u64> {
        let (successor, since) = self.successor.as_ref()?;
        let worker = self.tabs.get(successor).and_then(Tab::liveness)?;
        (!worker.stands_by).then_some(since + self.timing.stand_by)
    }

    fn ping_deadline(&self) -> Option<u64> {
        let worker = self.tabs.get(self.pinged_host()?).and_then(Tab::liveness)?;
        let wait = if worker.unanswered.is_some() { self.timing.stall } else { self.timing.ping };
        Some(worker.pinged + wait)
    }

    /// Takes up a term that somebody knows of, so that it is not given out again.
    pub(crate) fn heard_of(&mut self, term: Term) {
        self.term = self.term.max(term);
    }
}
