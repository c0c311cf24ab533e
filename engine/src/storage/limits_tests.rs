//! Time limits by a clock of the test's own: what is over, what is not, and that one statement's time is not another's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{ResultLimit, TimeLimit};
use crate::api::options::Options;
use crate::error::Error;
use crate::types::{Row, Value};

static NOW: AtomicU64 = AtomicU64::new(0);

fn now() -> Duration {
    Duration::from_millis(NOW.load(Ordering::Relaxed))
}

#[test]
fn a_statement_is_over_when_it_has_run_for_as_long_as_it_may() {
    let limit = TimeLimit::new(&Options::default().with_clock(now).with_statement_timeout(Duration::from_millis(10)));
    let at = |time: u64| {
        NOW.store(time, Ordering::Relaxed);
        limit.is_over()
    };
    let interrupted = Error::Closed("interrupted");
    let ran = limit.during(|| {
        assert_eq!([100, 109, 110, 500].map(at), [false, false, true, true]);
        Err::<(), _>(interrupted.clone())
    });
    assert_eq!(ran, Err(Error::Timeout));
    let ran = limit.during(|| {
        assert_eq!([500, 509].map(at), [false, false], "it has begun at 500");
        Err::<(), _>(interrupted.clone())
    });
    assert_eq!(ran, Err(interrupted), "it failed by itself");
    limit.set(None);
    assert_eq!(limit.during(|| Ok([1_000, 100_000].map(at))), Ok([false, false]));
}

#[test]
fn a_result_is_too_large_at_the_row_that_exceeds_the_limit() {
    let row = Row::from_iter([Value::from(7)]);
    let bytes = row.as_bytes().len() + size_of::<Row>();
    let mut size = ResultLimit::new(&Options::default().with_most_result_bytes(2 * bytes)).counted();
    assert_eq!(size.add(&row), Ok(()));
    assert_eq!(size.add(&row), Ok(()));
    assert_eq!(size.add(&row), Err(Error::ResultTooLarge));
    assert_eq!(ResultLimit::new(&Options::default()).counted().add(&row), Ok(()));
}
