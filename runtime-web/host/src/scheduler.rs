//! Whose request is done next: those of one client in their order, and the clients by turns, so that one that asks for much holds up nobody else
//! for longer than one request takes.

use std::collections::VecDeque;

use tidewater_protocol::{ById, TabId};

/// Requests that wait, of all clients.
#[derive(Debug)]
pub(crate) struct Scheduler<T> {
    waiting: ById<TabId, VecDeque<T>>,
    /// Whose turn it was last.
    last: Option<TabId>,
}

impl<T> Default for Scheduler<T> {
    fn default() -> Self {
        Self { waiting: ById::default(), last: None }
    }
}

impl<T> Scheduler<T> {
    /// Takes in a request.
    pub(crate) fn push(&mut self, client: &TabId, request: T) {
        self.waiting.get_or_insert_with(client, VecDeque::new).push_back(request);
    }

    /// Takes out the next request, of clients that can be told of it.
    pub(crate) fn pop(&mut self, can_be_told: &dyn Fn(&TabId) -> bool) -> Option<(TabId, T)> {
        let after = |client: &&TabId| self.last.as_ref().is_none_or(|last| *client > last);
        let clients = || self.waiting.iter().map(|(client, _)| client).filter(|client| can_be_told(client));
        let next = clients().find(after).or_else(|| clients().next())?.clone();
        let waiting = self.waiting.get_mut(&next)?;
        let request = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.remove(&next);
        }
        self.last = Some(next.clone());
        Some((next, request))
    }

    /// Drops what a client has asked for.
    pub(crate) fn leave(&mut self, client: &TabId) {
        self.waiting.remove(client);
    }

    /// Whether more than one request waits.
    pub(crate) fn has_several(&self) -> bool {
        self.waiting.iter().map(|(_, waiting)| waiting.len()).sum::<usize>() > 1
    }

    /// Whether anything waits that can be done.
    pub(crate) fn has_more(&self, can_be_told: &dyn Fn(&TabId) -> bool) -> bool {
        self.waiting.iter().any(|(client, _)| can_be_told(client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(scheduler: &mut Scheduler<u32>) -> Vec<(String, u32)> {
        std::iter::from_fn(|| scheduler.pop(&|_| true)).map(|(client, request)| (client.0, request)).collect()
    }

    fn with(requests: &[(&str, u32)]) -> Scheduler<u32> {
        let mut scheduler = Scheduler::default();
        for (client, request) in requests {
            scheduler.push(&TabId::from(*client), *request);
        }
        scheduler
    }

    #[test]
    fn clients_take_turns_and_each_keeps_its_order() {
        let mut scheduler = with(&[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("c", 6)]);
        let expected = [("a", 1), ("b", 4), ("c", 5), ("a", 2), ("c", 6), ("a", 3)];
        assert_eq!(order(&mut scheduler), expected.map(|(client, request)| (client.to_owned(), request)));
        assert!(!scheduler.has_more(&|_| true));
    }

    #[test]
    fn one_that_comes_meanwhile_waits_for_one_request_of_each_other() {
        let mut scheduler = with(&[("b", 1), ("b", 2), ("b", 3)]);
        assert_eq!(scheduler.pop(&|_| true), Some((TabId::from("b"), 1)));
        scheduler.push(&TabId::from("a"), 4);
        assert_eq!(scheduler.pop(&|_| true), Some((TabId::from("a"), 4)));
        assert_eq!(scheduler.pop(&|_| true), Some((TabId::from("b"), 2)));
    }

    #[test]
    fn one_that_cannot_be_told_waits_and_holds_nobody_up() {
        let mut scheduler = with(&[("a", 1), ("b", 2), ("a", 3)]);
        let but_a = |client: &TabId| client.0 != "a";
        assert_eq!(scheduler.pop(&but_a), Some((TabId::from("b"), 2)));
        assert_eq!((scheduler.pop(&but_a), scheduler.has_more(&but_a)), (None, false));
        assert_eq!(order(&mut scheduler), [("a".to_owned(), 1), ("a".to_owned(), 3)]);
    }

    #[test]
    fn who_leaves_has_nothing_waiting() {
        let mut scheduler = with(&[("a", 1), ("b", 2), ("a", 3)]);
        scheduler.leave(&TabId::from("a"));
        assert_eq!(order(&mut scheduler), [("b".to_owned(), 2)]);
    }
}
