//! When the next look comes.

use std::time::Duration;

use super::Schedule;

fn waits(schedule: &mut Schedule, count: usize) -> Vec<u128> {
    (0..count).map(|_| schedule.wait().as_millis()).collect()
}

#[test]
fn looks_after_a_change_become_rarer() {
    let mut schedule = Schedule::after_changes(Duration::from_millis(20));
    assert_eq!(waits(&mut schedule, 7), [1, 2, 4, 8, 16, 20, 20], "as after a change, for there may have been one");
    schedule.changed();
    assert_eq!(waits(&mut schedule, 3), [1, 2, 4]);
    schedule.changed();
    assert_eq!(waits(&mut schedule, 2), [1, 2]);
}

#[test]
fn a_steady_schedule_stays_steady() {
    let mut schedule = Schedule::steady(Duration::from_millis(100));
    schedule.changed();
    assert_eq!(waits(&mut schedule, 3), [100, 100, 100]);
}

#[test]
fn no_wait_is_longer_than_asked_for() {
    let mut schedule = Schedule::after_changes(Duration::ZERO);
    schedule.changed();
    assert_eq!(waits(&mut schedule, 2), [0, 0]);
}
