//! A live subscription: the rows that its diffs give, and their check.

use tidewater::{Engine, Event, Row, Watch};

use crate::compare::{Agreement, Query, compare, same_bag};
use crate::finding::{Fault, Finding};
use crate::hygiene;
use crate::mirror::{Answer, Mirror};

/// A live subscription and the rows that its diffs have led to.
pub(crate) struct Live {
    pub(crate) id: u64,
    pub(crate) query: Query,
    pub(crate) watch: Watch,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) state: State,
    pub(crate) moved: bool,
    pub(crate) last: u64,
    pub(crate) needless_moves: u64,
    pub(crate) wasteful: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Good,
    Failing,
    Closed,
}

/// The outcome of a comparison.
pub(crate) enum Checked {
    Agreed(Agreement),
    Failing,
    Closed,
}

/// Whether a query leaves rows out that SQLite may still evaluate: by a join, another condition, or LIMIT after a sorter.
fn leaves_rows_out(sql: &str) -> bool {
    let has_conditions = sql.matches(" AND ").count() > sql.matches(" BETWEEN ").count();
    sql.contains(" JOIN ") || has_conditions || (sql.contains(" ORDER BY ") && sql.contains(" LIMIT "))
}

/// Whether a result may stand although SQLite fails: with another plan, SQLite does not evaluate the failing row (see the
/// README's limits). `is_right` checks the result against the answer of such a plan.
pub(crate) fn fails_by_plan(mirror: &Mirror, error: &str, query: &Query, is_right: impl Fn(&[Row]) -> bool) -> bool {
    let mut otherwise = mirror.query_planned_otherwise(&query.sql, &query.params);
    // SQLite cannot be told which table a join starts from, or to use an index that does not exist.
    otherwise.any(|rows| is_right(&rows)) || (error == "JSON cannot hold BLOB values" && leaves_rows_out(&query.sql))
}

/// Compares a subscription with what SQLite answers.
pub(crate) fn check(mirror: &Mirror, engine: &Engine, live: &Live, answer: Answer) -> Result<Checked, Finding> {
    let Query { sql, params, .. } = &live.query;
    let wrong = |detail: String| Finding::new(Fault::Mismatch, sql, detail);
    match (answer, live.state) {
        (Answer::Rows(expected), State::Good) => {
            if !same_names(&live.columns, &expected.columns) {
                return Err(wrong(format!("columns {:?} instead of {:?}", live.columns, expected.columns)));
            }
            let again = || engine.query(sql, params.clone()).ok().map(|rows| rows.rows);
            compare(mirror, &live.query, &live.rows, &expected.rows, again)
                .map(Checked::Agreed)
                .map_err(|problem| wrong(report("accumulated", &problem, &live.rows, &expected.rows)))
        }
        (Answer::Unpreparable(_), State::Closed) => Ok(Checked::Closed),
        (Answer::Failing(_), State::Failing) => Ok(Checked::Failing),
        (Answer::Failing(error), State::Good)
            if fails_by_plan(mirror, &error, &live.query, |rows| same_bag(rows, &live.rows)) =>
        {
            Ok(Checked::Agreed(Agreement::PlanDependent))
        }
        (answer, state) => Err(wrong(format!("the subscription is {state:?}, SQLite says {answer:?}"))),
    }
}

impl Live {
    /// Applies an event.
    pub(crate) fn take(&mut self, event: &Event) -> Result<(), String> {
        let commit = event.commit().0;
        if commit <= self.last {
            return Err(format!("commit {commit} after commit {}", self.last));
        }
        self.last = commit;
        match event {
            Event::Diff(diff) | Event::Recovered(diff) => {
                let before = self.rows.clone();
                let recovers = self.state == State::Failing;
                if recovers != matches!(event, Event::Recovered(_)) {
                    return Err(format!(
                        "{event:?} of a query that {}",
                        if recovers { "failed" } else { "did not fail" }
                    ));
                }
                if diff.edits.is_empty() && !recovers {
                    return Err("an empty diff of a query that did not fail".to_owned());
                }
                self.wasteful += u64::from(hygiene::apply(diff, &mut self.rows)?);
                if before == self.rows && !recovers {
                    return Err(format!("a diff that changes nothing: {:?}", diff.edits));
                }
                let moved_alone = !self.query.shadow.ordered && !diff.edits.is_empty() && same_bag(&before, &self.rows);
                self.needless_moves += u64::from(moved_alone);
                self.state = State::Good;
            }
            Event::Columns(snapshot) => {
                self.columns = snapshot.columns.to_vec();
                self.rows = snapshot.rows.to_vec();
                self.query = Query::new(&self.query.sql, &self.query.params, &self.columns);
                self.state = State::Good;
            }
            Event::Error { closed: true, .. } => self.state = State::Closed,
            Event::Error { closed: false, .. } => self.state = State::Failing,
            Event::Divergence(divergence) => {
                return Err(report("the engine itself found", "", &divergence.actual, &divergence.expected));
            }
            other => return Err(format!("the oracle does not know {other:?}")),
        }
        Ok(())
    }
}

/// SQLite makes names distinct with a random number after a colon when simpler means fail.
pub(crate) fn same_names(left: &[String], right: &[String]) -> bool {
    let stem = |name: &String| match name.rsplit_once(':') {
        Some((stem, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => stem.to_owned(),
        _ => name.clone(),
    };
    left.iter().map(stem).eq(right.iter().map(stem))
}

pub(crate) fn report(what: &str, problem: &str, actual: &[Row], expected: &[Row]) -> String {
    format!("{what}: {problem}\n    actual   {}\n    expected {}", shorten(actual), shorten(expected))
}

fn shorten(rows: &[Row]) -> String {
    let mut text = format!("{:?}", &rows[..rows.len().min(40)]);
    if rows.len() > 40 {
        text.push_str(&format!(" and {} more", rows.len() - 40));
    }
    text
}
