//! The events of one subscription that wait until its stream is read.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::api::event::Event;

/// The events of one subscription that nobody has taken yet.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
}

#[derive(Debug, Default)]
struct Mail {
    events: VecDeque<Event>,
    closed: bool,
    reader: Option<Waker>,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first event that waits, if one does.
    pub(crate) fn take(&self) -> Option<Event> {
        self.lock().events.pop_front()
    }

    /// The first event, or the end of the stream; otherwise the reader is woken when there is one or the other.
    pub(crate) fn poll(&self, context: &mut Context<'_>, engine_is_gone: bool) -> Poll<Option<Event>> {
        let mut mail = self.lock();
        match mail.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if mail.closed || engine_is_gone => Poll::Ready(None),
            None => {
                mail.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) fn put(&self, event: Event) {
        let mut mail = self.lock();
        mail.closed |= matches!(event, Event::Error { closed: true, .. });
        mail.events.push_back(event);
        wake(mail);
    }

    /// The engine is gone.
    pub(crate) fn close(&self) {
        let mut mail = self.lock();
        mail.closed = true;
        wake(mail);
    }
}

/// Wakes the reader, if one waits, once the lock is free.
fn wake(mut mail: MutexGuard<'_, Mail>) {
    if let Some(reader) = mail.reader.take() {
        drop(mail);
        reader.wake();
    }
}
