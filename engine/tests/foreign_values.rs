//! Types of other crates as values: what they are stored as is what rusqlite stores, and either reads what the other wrote.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::fmt::Debug;

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use rusqlite::types::{FromSql, ToSql};
use serde_json::json;
use tidewater::{Engine, FromValue, Location, Options, Value};
use time::macros::{date, datetime, time};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};
use uuid::Uuid;

/// A value is stored as rusqlite stores it; each reads what the other stored.
fn agrees<T>(value: T, stored: Value)
where
    T: Into<Value> + FromValue + ToSql + FromSql + Clone + Debug + PartialEq + Send,
{
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    let theirs = engine.with_connection(|connection| {
        connection.execute("INSERT INTO t VALUES (?)", [&value]).unwrap();
        connection.query_row("SELECT ?", [value.clone().into()], |row| row.get::<_, T>(0)).unwrap()
    });
    assert_eq!(theirs.unwrap(), value, "rusqlite reads it");
    let (written,): (Value,) = engine.query_one("SELECT a FROM t", ()).unwrap().unwrap();
    assert_eq!((&written, &value.clone().into()), (&stored, &stored), "both store it alike");
    assert_eq!(engine.query_one::<(T,)>("SELECT a FROM t", ()).unwrap(), Some((value,)), "it is read back");
}

fn read<T: FromValue>(sql: &str) -> Option<T> {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.query_one::<(T,)>(&format!("SELECT {sql}"), ()).ok().flatten().map(|(value,)| value)
}

#[test]
fn uuids_are_blobs_and_read_from_text_too() {
    let uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    agrees(uuid, Value::from(*uuid.as_bytes()));
    for text in [
        "00112233-4455-6677-8899-aabbccddeeff",
        "00112233445566778899AABBCCDDEEFF",
        "{00112233-4455-6677-8899-aabbccddeeff}",
    ] {
        assert_eq!(read(&format!("'{text}'")), Some(uuid), "{text}");
    }
    assert_eq!((read::<Uuid>("x'00'"), read::<Uuid>("'x'"), read::<Uuid>("1")), (None, None, None));
}

#[test]
fn json_is_text_but_for_null_and_numbers() {
    for (json, stored) in [
        (json!(null), Value::Null),
        (json!(7), Value::from(7)),
        (json!(-2.5), Value::from(-2.5)),
        (json!(u64::MAX), Value::from("18446744073709551615")),
        (json!(true), Value::from("true")),
        (json!("tea"), Value::from("\"tea\"")),
        (json!([1, {"a": null}]), Value::from("[1,{\"a\":null}]")),
    ] {
        agrees(json, stored);
    }
    assert_eq!(read::<serde_json::Value>("CAST('[1]' AS BLOB)"), Some(json!([1])));
    assert_eq!((read::<serde_json::Value>("'tea'"), read::<serde_json::Value>("9e999")), (None, None));
}

#[test]
fn chronos_times_are_texts_that_sqlite_reads() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
    let time = NaiveTime::from_hms_milli_opt(9, 5, 7, 250).unwrap();
    let whole = NaiveTime::from_hms_opt(9, 5, 7).unwrap();
    agrees(date, Value::from("2026-11-30"));
    agrees(time, Value::from("09:05:07.250"));
    agrees(whole, Value::from("09:05:07"));
    agrees(date.and_time(time), Value::from("2026-11-30 09:05:07.250"));
    agrees(date.and_time(whole).and_utc(), Value::from("2026-11-30 09:05:07+00:00"));
    let east = FixedOffset::east_opt(2 * 3600).unwrap();
    let local = date.and_time(time).and_local_timezone(east).unwrap();
    agrees(local, Value::from("2026-11-30 09:05:07.250+02:00"));
    let here: DateTime<Local> = local.with_timezone(&Local);
    agrees(here, Value::from("2026-11-30 07:05:07.250+00:00"));
    assert_eq!(read("unixepoch('2026-11-30 09:05:07.250+02:00')"), Some(local.timestamp()));
}

#[test]
fn chronos_times_are_read_from_what_sqlites_functions_write() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
    let (minute, second) = (NaiveTime::from_hms_opt(9, 5, 0).unwrap(), NaiveTime::from_hms_opt(9, 5, 7).unwrap());
    assert_eq!(read("date('2026-11-30 09:05:07')"), Some(date));
    assert_eq!((read("time('09:05:07')"), read("'09:05'")), (Some(second), Some(minute)));
    for (text, time) in [
        ("2026-11-30 09:05", minute),
        ("2026-11-30T09:05", minute),
        ("2026-11-30 09:05:07", second),
        ("2026-11-30T09:05:07.5", second + TimeDelta::milliseconds(500)),
    ] {
        let naive: NaiveDateTime = date.and_time(time);
        let literal = format!("'{text}'");
        assert_eq!((read(&literal), read(&literal)), (Some(naive), Some(naive.and_utc())), "{text}");
        assert_eq!(
            (read(&format!("'{text}Z'")), read::<NaiveDateTime>(&format!("'{text}Z'"))),
            (Some(naive.and_utc()), None)
        );
    }
    assert_eq!(read("unixepoch('2026-11-30 09:05:07')"), Some(date.and_time(second).and_utc()));
    let written = read::<DateTime<FixedOffset>>("'2026-11-30 09:05:07-07:30'").unwrap();
    assert_eq!((written.offset().local_minus_utc(), written.naive_local()), (-27_000, date.and_time(second)));
    assert_eq!(
        (read::<NaiveDate>("'2026-02-30'"), read::<NaiveTime>("'25:00'"), read::<DateTime<Utc>>("2.5")),
        (None, None, None)
    );
}

#[test]
fn times_of_the_crate_time_are_texts_that_sqlite_reads() {
    agrees(date!(2026 - 11 - 30), Value::from("2026-11-30"));
    agrees(time!(9:05:07.25), Value::from("09:05:07.25"));
    agrees(time!(9:05:07), Value::from("09:05:07.0"));
    agrees(datetime!(2026-11-30 9:05:07.25), Value::from("2026-11-30 09:05:07.25"));
    agrees(datetime!(2026-11-30 9:05:07 +2), Value::from("2026-11-30 09:05:07.0+02:00"));
    agrees(datetime!(2026-11-30 9:05:07 UTC), Value::from("2026-11-30 09:05:07.0+00:00"));
    let moment = datetime!(2026-11-30 9:05:07.25 -7:30);
    assert_eq!(read("unixepoch('2026-11-30 09:05:07.25-07:30')"), Some(moment.unix_timestamp()));
}

#[test]
fn times_of_the_crate_time_are_read_from_what_sqlites_functions_write() {
    assert_eq!(read::<Date>("date('2026-11-30 09:05:07')"), Some(date!(2026 - 11 - 30)));
    assert_eq!((read::<Time>("time('09:05:07')"), read::<Time>("'09:05'")), (Some(time!(9:05:07)), Some(time!(9:05))));
    for (text, naive) in [
        ("2026-11-30 09:05", datetime!(2026-11-30 9:05)),
        ("2026-11-30T09:05", datetime!(2026-11-30 9:05)),
        ("2026-11-30 09:05:07", datetime!(2026-11-30 9:05:07)),
        ("2026-11-30T09:05:07.5", datetime!(2026-11-30 9:05:07.5)),
    ] {
        let literal = format!("'{text}'");
        assert_eq!(
            (read::<PrimitiveDateTime>(&literal), read(&literal)),
            (Some(naive), Some(naive.assume_utc())),
            "{text}"
        );
        assert_eq!(read(&format!("'{text}Z'")), Some(naive.assume_utc()), "{text}Z");
        let east = read::<OffsetDateTime>(&format!("'{text}+02:00'")).unwrap();
        assert_eq!((east.offset().whole_hours(), PrimitiveDateTime::new(east.date(), east.time())), (2, naive));
    }
    assert_eq!(read("unixepoch('2026-11-30 09:05:07')"), Some(datetime!(2026-11-30 9:05:07 UTC)));
    assert_eq!(
        (read::<Date>("'2026-02-30'"), read::<Time>("'25:00'"), read::<OffsetDateTime>("2.5")),
        (None, None, None)
    );
}
