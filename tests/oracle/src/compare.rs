//! The comparison: whether a subscription's rows are what SQLite returns, as far as SQL determines the answer.
//!
//! Rows are compared by storage class and value, never as text. With an outermost ORDER BY, the order must be one that
//! SQLite's own comparison allows; with LIMIT, any choice among the rows tied at the boundary is right. Other dependence on
//! SQLite's scan order is detected by reversing the scan.

use std::collections::HashMap;

use tidewater::{Params, Row, ValueRef};

use crate::mirror::{Answer, Mirror};
use crate::shadow::Shadow;
use crate::text::{Kind, Token, tokens};

/// A query and how to compare its result.
#[derive(Clone, Debug)]
pub struct Query {
    /// Its text.
    pub sql: String,
    /// Values for its parameters.
    pub params: Params,
    /// What its outermost clauses leave undetermined.
    pub shadow: Shadow,
    /// Whether each evaluation gives another answer: `random()`, `'now'`.
    pub sampled: bool,
}

impl Query {
    /// Analyses a query whose result has these columns.
    #[must_use]
    pub fn new(sql: &str, params: &Params, columns: &[String]) -> Self {
        Self { sql: sql.to_owned(), params: params.clone(), shadow: Shadow::of(sql, columns), sampled: is_sampled(sql) }
    }
}

/// Why rows are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The same rows, in the same order where ORDER BY asks for one.
    Exact,
    /// Another order of tied rows, or another choice among the rows tied at the boundary of LIMIT.
    Tied,
    /// SQLite's answer depends on its scan order, and these rows are one of its answers.
    PlanDependent,
    /// At most the number of rows was compared: each evaluation gives another answer, or the allowed answers could not be
    /// computed because that takes too long or a row outside LIMIT fails.
    Sampled,
}

/// Compares `actual` with what SQLite returned. `again` asks the engine's own SQLite, for answers that depend on the plan.
///
/// # Errors
/// A description of the difference.
pub fn compare(
    mirror: &Mirror,
    query: &Query,
    actual: &[Row],
    expected: &[Row],
    again: impl FnOnce() -> Option<Vec<Row>>,
) -> Result<Agreement, String> {
    if query.sampled {
        return Ok(Agreement::Sampled);
    }
    if actual == expected {
        return Ok(Agreement::Exact);
    }
    let open = query.shadow.ordered || query.shadow.limited;
    let ranked = if open { ranked(mirror, query) } else { Ranking::None };
    let verdict = match &ranked {
        Ranking::TooSlow if same_bag(actual, expected) => return Ok(Agreement::Tied),
        Ranking::TooSlow => return Ok(Agreement::Sampled),
        Ranking::Failing if same_bag(actual, expected) => return Ok(Agreement::Tied),
        Ranking::Failing if actual.len() == expected.len() => return Ok(Agreement::Sampled),
        Ranking::Known(ranked) => ranked.allows(actual, expected.len(), offset(mirror, query)),
        Ranking::None if same_bag(actual, expected) => {
            return Ok(if open { Agreement::Tied } else { Agreement::Exact });
        }
        Ranking::Failing | Ranking::None => Err("other rows".to_owned()),
    };
    match verdict {
        Ok(()) => Ok(Agreement::Tied),
        Err(problem) => plan_dependent(mirror, query, actual, expected, again).ok_or(problem),
    }
}

/// Whether two lists are equal as multisets.
#[must_use]
pub fn same_bag(left: &[Row], right: &[Row]) -> bool {
    left.len() == right.len() && difference(left, right).is_empty()
}

/// How many times more each row is in `left` than in `right`, without zeros.
#[must_use]
pub fn difference<'a>(left: &'a [Row], right: &'a [Row]) -> HashMap<&'a Row, i64> {
    let mut counts: HashMap<&Row, i64> = HashMap::new();
    for row in left {
        *counts.entry(row).or_default() += 1;
    }
    for row in right {
        *counts.entry(row).or_default() -= 1;
    }
    counts.retain(|_, count| *count != 0);
    counts
}

/// All rows of the query without its LIMIT, in SQLite's order, with their ranks.
struct Ranked(Vec<(i64, Row)>);

/// The ranks, if they could be computed.
enum Ranking {
    Known(Ranked),
    /// Computing all rows takes too long, so the allowed choices among tied rows are unknown.
    TooSlow,
    /// A row outside LIMIT fails, so SQLite does not return the full list.
    Failing,
    None,
}

fn ranked(mirror: &Mirror, query: &Query) -> Ranking {
    let Some(shadow) = &query.shadow.sql else { return Ranking::None };
    let answer = match mirror.query_part(shadow, &query.params) {
        Answer::Rows(answer) => answer,
        Answer::TooSlow => return Ranking::TooSlow,
        Answer::Failing(_) if query.shadow.limited => return Ranking::Failing,
        Answer::Unpreparable(_) | Answer::Failing(_) => return Ranking::None,
    };
    let mut rows: Vec<(i64, Row)> = answer
        .rows
        .into_iter()
        .map(|row| {
            let width = row.len() - 1;
            let rank = match row.get(width) {
                Some(ValueRef::Integer(rank)) => rank,
                _ => 0,
            };
            (rank, row.values().take(width).map(ValueRef::to_value).collect())
        })
        .collect();
    rows.sort_by_key(|(rank, _)| *rank);
    Ranking::Known(Ranked(rows))
}

impl Ranked {
    /// Each position must have a row of the rank that belongs there, and no row may occur more often than it exists.
    fn allows(&self, actual: &[Row], length: usize, offset: usize) -> Result<(), String> {
        if actual.len() != length {
            return Err(format!("{} rows instead of {length}", actual.len()));
        }
        let mut unused: HashMap<(i64, &Row), usize> = HashMap::new();
        for (rank, row) in &self.0 {
            *unused.entry((*rank, row)).or_default() += 1;
        }
        for (index, row) in actual.iter().enumerate() {
            let Some((rank, _)) = self.0.get(offset + index) else { return Err("more rows than there are".to_owned()) };
            match unused.get_mut(&(*rank, row)) {
                Some(count) if *count > 0 => *count -= 1,
                _ => return Err(format!("row {index} does not belong there: {row:?}")),
            }
        }
        Ok(())
    }
}

fn offset(mirror: &Mirror, query: &Query) -> usize {
    let Some(text) = &query.shadow.offset else { return 0 };
    let Answer::Rows(answer) = mirror.query_part(&format!("SELECT {text}"), &query.params) else { return 0 };
    match answer.rows.first().and_then(|row| row.get(0)) {
        Some(ValueRef::Integer(offset)) => usize::try_from(offset).unwrap_or(0),
        _ => 0,
    }
}

/// If SQLite's answer depends on its scan order, any of its answers is accepted, and so is one that differs only in what
/// the scan determines: the order inside a concatenation, or the spelling that represents a group.
fn plan_dependent(
    mirror: &Mirror,
    query: &Query,
    actual: &[Row],
    expected: &[Row],
    again: impl FnOnce() -> Option<Vec<Row>>,
) -> Option<Agreement> {
    let Answer::Rows(reversed) = mirror.query_reversed(&query.sql, &query.params) else { return None };
    if same_bag(actual, &reversed.rows) {
        return Some(Agreement::PlanDependent);
    }
    let depends = !same_bag(expected, &reversed.rows);
    let consistent = || again().is_some_and(|rows| same_bag(actual, &rows));
    let loosely = || same_bag(&loose(actual), &loose(expected));
    (depends && (consistent() || loosely())).then_some(Agreement::PlanDependent)
}

/// Rows reduced to what does not depend on the scan order: text as a multiset of lower-case characters, numbers without
/// their storage class.
fn loose(rows: &[Row]) -> Vec<Row> {
    rows.iter()
        .map(|row| {
            row.values()
                .map(|value| match value {
                    ValueRef::Text(bytes) => {
                        let mut characters = bytes.trim_ascii_end().to_ascii_lowercase();
                        characters.sort_unstable();
                        ValueRef::Blob(&characters).to_value()
                    }
                    #[allow(clippy::cast_precision_loss, reason = "a comparison that is loose on purpose")]
                    ValueRef::Integer(value) => ValueRef::Real(value as f64).to_value(),
                    other => other.to_value(),
                })
                .collect()
        })
        .collect()
}

/// Functions and names whose value differs at each evaluation.
const CHANCE: [&str; 5] = ["random", "randomblob", "current_timestamp", "current_date", "current_time"];

/// Functions that read the state of the connection.
const CONNECTION: [&str; 4] = ["changes", "total_changes", "last_insert_rowid", "sqlite_offset"];

/// Functions that read the clock if no time is given.
const CLOCKS: [&str; 6] = ["date", "time", "datetime", "julianday", "unixepoch", "strftime"];

/// Whether a statement is nondeterministic, so that two databases would diverge.
#[must_use]
pub fn is_random(sql: &str) -> bool {
    let found = tokens(sql);
    let name = |token: &Token<'_>, names: &[&str]| token.kind == Kind::Word && names.iter().any(|name| token.is(name));
    let is = |at: usize, mark: &str| found.get(at).is_some_and(|token| token.is(mark));
    found.iter().enumerate().any(|(at, token)| {
        let idle_clock = name(token, &CLOCKS) && is(at + 1, "(") && is(at + 2, ")");
        name(token, &CHANCE) || token.text.eq_ignore_ascii_case("'now'") || idle_clock
    })
}

fn is_sampled(sql: &str) -> bool {
    is_random(sql) || tokens(sql).iter().any(|token| CONNECTION.iter().any(|name| token.is(name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what it tests by its name")]

    use super::*;

    fn agreement(sql: &str, actual: &[&str]) -> Result<Agreement, String> {
        let mirror = Mirror::new(1_000);
        mirror.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (2), (x'616263')", &Params::default()).unwrap();
        let query = Query::new(sql, &Params::default(), &["a".to_owned()]);
        let Answer::Rows(expected) = mirror.query(sql, &query.params) else { panic!("SQLite fails") };
        let actual: Vec<Row> = actual.iter().flat_map(|value| mirror.rows(&format!("SELECT {value}"))).collect();
        compare(&mirror, &query, &actual, &expected.rows, || None)
    }

    #[test]
    fn a_limit_may_take_any_rows_but_no_others() {
        let any = |actual: &[&str]| agreement("SELECT a FROM t LIMIT 2", actual);
        assert_eq!(any(&["1", "2"]), Ok(Agreement::Exact));
        assert_eq!(any(&["2", "x'616263'"]), Ok(Agreement::Tied));
        any(&["1", "1"]).unwrap_err();
        any(&["1", "'2'"]).unwrap_err();
        any(&["1"]).unwrap_err();
    }

    #[test]
    fn where_a_row_that_limit_leaves_out_fails_there_have_to_be_as_many() {
        let failing = |actual: &[&str]| agreement("SELECT json_array(a) FROM t LIMIT 2", actual);
        assert_eq!(failing(&["'[2]'", "'[1]'"]), Ok(Agreement::Tied));
        assert_eq!(failing(&["'[2]'", "'[2]'"]), Ok(Agreement::Sampled));
        failing(&["'[2]'"]).unwrap_err();
    }
}
