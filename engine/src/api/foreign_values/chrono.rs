//! Dates and times of the crate `chrono` as text that SQLite's date functions read.

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::api::from_value::{FromValue, text};
use crate::types::{Value, ValueRef};

macro_rules! written {
    ($($(#[$doc:meta])* $type:ty as $format:literal),* $(,)?) => {$(
        $(#[$doc])*
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                value.format($format).to_string().into()
            }
        }
    )*};
}

written!(
    /// `2026-11-30`.
    NaiveDate as "%F",
    /// `12:30:00`, with as many digits behind the second as it has: none, 3, 6 or 9.
    NaiveTime as "%T%.f",
    /// `2026-11-30 12:30:00`.
    NaiveDateTime as "%F %T%.f",
    /// `2026-11-30 12:30:00+00:00`.
    DateTime<Utc> as "%F %T%.f%:z",
    /// `2026-11-30 12:30:00+02:00`. Texts of different offsets do not sort by time: `DateTime<Utc>` does.
    DateTime<FixedOffset> as "%F %T%.f%:z",
);

/// As the time in UTC.
impl From<DateTime<Local>> for Value {
    fn from(value: DateTime<Local>) -> Self {
        value.with_timezone(&Utc).into()
    }
}

/// The first of the formats that fits.
fn first<T>(formats: &[&str], parse: impl Fn(&str) -> chrono::ParseResult<T>) -> Option<T> {
    formats.iter().find_map(|format| parse(format).ok())
}

/// `2026-11-30`.
impl FromValue for NaiveDate {
    const NAME: &'static str = "NaiveDate";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Self::parse_from_str(text(value)?, "%F").ok()
    }
}

/// `12:30`, `12:30:00`, `12:30:00.5`.
impl FromValue for NaiveTime {
    const NAME: &'static str = "NaiveTime";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let text = text(value)?;
        first(&["%T%.f", "%H:%M"], |format| Self::parse_from_str(text, format))
    }
}

/// `2026-11-30 12:30:00`, also with `T` between, without seconds, or with a fraction.
impl FromValue for NaiveDateTime {
    const NAME: &'static str = "NaiveDateTime";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let text = text(value)?;
        let formats = ["%F %T%.f", "%FT%T%.f", "%F %H:%M", "%FT%H:%M"];
        first(&formats, |format| Self::parse_from_str(text, format))
    }
}

/// `2026-11-30 12:30:00+02:00`, also with `T` between, `Z`, or a fraction; nothing where there is no offset.
fn with_offset(text: &str) -> Option<DateTime<FixedOffset>> {
    let formats = ["%F %T%.f%#z", "%FT%T%.f%#z", "%F %H:%M%#z", "%FT%H:%M%#z"];
    first(&formats, |format| DateTime::parse_from_str(text, format))
}

/// `2026-11-30 12:30:00+02:00`, also with `T` between, `Z`, or a fraction; in UTC where there is no offset; or INTEGER, seconds
/// since 1970.
impl FromValue for DateTime<Utc> {
    const NAME: &'static str = "DateTime<Utc>";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Integer(seconds) = value {
            return Self::from_timestamp(seconds, 0);
        }
        match with_offset(text(value)?) {
            Some(time) => Some(time.to_utc()),
            None => NaiveDateTime::from_value(value).map(|time| time.and_utc()),
        }
    }
}

/// As `DateTime<Utc>`, in the zone of this machine.
impl FromValue for DateTime<Local> {
    const NAME: &'static str = "DateTime<Local>";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        DateTime::<Utc>::from_value(value).map(|time| time.with_timezone(&Local))
    }
}

/// As `DateTime<Utc>`, with the offset that is written.
impl FromValue for DateTime<FixedOffset> {
    const NAME: &'static str = "DateTime<FixedOffset>";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let written = text(value).and_then(with_offset);
        written.or_else(|| DateTime::<Utc>::from_value(value).map(|time| time.fixed_offset()))
    }
}
