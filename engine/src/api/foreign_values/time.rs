//! Dates and times of the crate `time` as text that SQLite's date functions read.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

use crate::api::from_value::{FromValue, text};
use crate::types::{Value, ValueRef};

type Form = &'static [BorrowedFormatItem<'static>];

const DATE: Form = format_description!("[year]-[month]-[day]");
const TIME: Form = format_description!("[hour]:[minute]:[second].[subsecond]");
const DATE_TIME: Form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond]");
const OFFSET_DATE_TIME: Form = format_description!(
    "[year]-[month]-[day] [hour]:[minute]:[second].[subsecond][offset_hour sign:mandatory]:[offset_minute]"
);

const READ_TIME: Form =
    format_description!(version = 2, "[hour]:[minute][optional [:[second][optional [.[subsecond]]]]]");
const READ_DATE_TIME: Form = format_description!(
    version = 2,
    "[year]-[month]-[day][first [ ][T]][hour]:[minute][optional [:[second][optional [.[subsecond]]]]][optional [Z]]"
);
const READ_OFFSET_DATE_TIME: Form = format_description!(
    version = 2,
    "[year]-[month]-[day][first [ ][T]][hour]:[minute][optional [:[second][optional [.[subsecond]]]]][offset_hour sign:mandatory]:[offset_minute]"
);

/// `2026-11-30`.
impl From<Date> for Value {
    fn from(value: Date) -> Self {
        value.format(DATE).unwrap_or_else(|_| value.to_string()).into()
    }
}

/// `12:30:00.5`, with at least one digit behind the second.
impl From<Time> for Value {
    fn from(value: Time) -> Self {
        value.format(TIME).unwrap_or_else(|_| value.to_string()).into()
    }
}

/// `2026-11-30 12:30:00.0`.
impl From<PrimitiveDateTime> for Value {
    fn from(value: PrimitiveDateTime) -> Self {
        value.format(DATE_TIME).unwrap_or_else(|_| value.to_string()).into()
    }
}

/// `2026-11-30 12:30:00.0+02:00`. Texts of different offsets do not sort by time: those in UTC do.
impl From<OffsetDateTime> for Value {
    fn from(value: OffsetDateTime) -> Self {
        value.format(OFFSET_DATE_TIME).unwrap_or_else(|_| value.to_string()).into()
    }
}

/// `2026-11-30`.
impl FromValue for Date {
    const NAME: &'static str = "Date";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Self::parse(text(value)?, DATE).ok()
    }
}

/// `12:30`, `12:30:00`, `12:30:00.5`.
impl FromValue for Time {
    const NAME: &'static str = "Time";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Self::parse(text(value)?, READ_TIME).ok()
    }
}

/// `2026-11-30 12:30:00`, also with `T` between, without seconds, or with a fraction.
impl FromValue for PrimitiveDateTime {
    const NAME: &'static str = "PrimitiveDateTime";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Self::parse(text(value)?, READ_DATE_TIME).ok()
    }
}

/// `2026-11-30 12:30:00+02:00`, also with `T` between, `Z`, or a fraction; in UTC where there is no offset; or INTEGER, seconds
/// since 1970.
impl FromValue for OffsetDateTime {
    const NAME: &'static str = "OffsetDateTime";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Integer(seconds) = value {
            return Self::from_unix_timestamp(seconds).ok();
        }
        let text = text(value)?;
        let written = Self::parse(text, READ_OFFSET_DATE_TIME);
        written.or_else(|_| PrimitiveDateTime::parse(text, READ_DATE_TIME).map(PrimitiveDateTime::assume_utc)).ok()
    }
}
