//! Marks: which fallbacks of the planner a test has reached.
//!
//! Each place that gives a reason passes it through [`reached`]. In tests that notes the place, and a test fails if no case of
//! `plan/tests/cases` reaches it, so that each fallback has a query that shows it. A place that no query reaches passes it
//! through [`excluded`].

#[cfg(test)]
use super::{NonlinearPart, OrderDependence, Reason};

/// What has a stable code.
#[cfg(test)]
pub trait Coded {
    /// See [`Reason::code`].
    fn code(&self) -> &'static str;
}

#[cfg(test)]
impl Coded for Reason {
    fn code(&self) -> &'static str {
        self.code()
    }
}

#[cfg(test)]
impl Coded for NonlinearPart {
    fn code(&self) -> &'static str {
        (*self).code()
    }
}

#[cfg(test)]
impl Coded for OrderDependence {
    fn code(&self) -> &'static str {
        (*self).code()
    }
}

/// The reason itself; the place that calls this is noted as reached.
#[cfg(test)]
#[track_caller]
pub fn reached<R: Coded>(reason: R) -> R {
    note(reason.code(), std::panic::Location::caller());
    reason
}

/// The reason itself: outside of tests nothing is noted.
#[cfg(not(test))]
pub fn reached<R>(reason: R) -> R {
    reason
}

/// A reason for which no query is known, because an earlier step excludes it; a mistake there must not become a wrong plan.
///
/// # Panics
/// In tests: then the earlier step does not exclude it, and the reason needs [`reached`] and a case.
#[cfg(test)]
#[track_caller]
pub fn excluded<R: Coded>(reason: R) -> R {
    panic!("no earlier step excludes {} at {}", reason.code(), std::panic::Location::caller())
}

/// The reason itself.
#[cfg(not(test))]
pub fn excluded<R>(reason: R) -> R {
    reason
}

/// A place that was reached.
#[cfg(test)]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The file, from `plan/` on.
    pub file: String,
    pub line: u32,
    /// The reason's code.
    pub code: &'static str,
}

#[cfg(test)]
thread_local! {
    static MARKS: std::cell::RefCell<Vec<Mark>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(test)]
fn note(code: &'static str, place: &std::panic::Location<'_>) {
    let file = place.file().replace('\\', "/");
    let file = file.rsplit_once("plan/").map_or(file.as_str(), |(_, file)| file).to_owned();
    MARKS.with_borrow_mut(|marks| marks.push(Mark { file, line: place.line(), code }));
}

/// The places that were reached since the last call.
#[cfg(test)]
pub fn take() -> Vec<Mark> {
    MARKS.take()
}
