//! Shrinks a failing case: first fewer steps, then fewer tokens in each, as long as the same kind of fault shows.

use tidewater::Params;

use crate::case::{Case, Step};
use crate::finding::Fault;
use crate::harness::Settings;
use crate::log::Log;
use crate::runner;
use crate::text::{Token, tokens};

/// The smallest case found while `patience` returns true; it is called before each run.
#[must_use]
pub fn shrink(case: &Case, settings: &Settings, patience: &mut dyn FnMut() -> bool) -> Case {
    let report = runner::run(case, settings, Log::hashed());
    let Some(finding) = report.finding else { return case.clone() };
    let mut shrinker = Shrinker { fault: finding.fault, settings, patience };
    let mut best = case.clone();
    // Steps after the failing one do not matter, unless the end of the case failed.
    best.steps.truncate(finding.step + 1);
    if !shrinker.fails(&best) {
        best = case.clone();
    }
    loop {
        let size = best.to_lines().len();
        best = shrinker.fewer_steps(best);
        best = shrinker.smaller_steps(best);
        if best.to_lines().len() >= size {
            return best;
        }
    }
}

struct Shrinker<'a> {
    fault: Fault,
    settings: &'a Settings,
    patience: &'a mut dyn FnMut() -> bool,
}

impl Shrinker<'_> {
    fn fails(&mut self, case: &Case) -> bool {
        (self.patience)()
            && runner::run(case, self.settings, Log::hashed())
                .finding
                .is_some_and(|finding| finding.fault == self.fault)
    }

    /// Removes runs of steps, from long to short.
    fn fewer_steps(&mut self, mut best: Case) -> Case {
        let mut size = best.steps.len().div_ceil(2);
        while size > 0 {
            let mut at = best.steps.len();
            while at > 0 {
                let from = at.saturating_sub(size);
                let mut smaller = best.clone();
                smaller.steps.drain(from..at.min(best.steps.len()));
                if self.fails(&smaller) {
                    best = smaller;
                }
                at = from;
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        best
    }

    /// Simplifies the text of each step.
    fn smaller_steps(&mut self, mut best: Case) -> Case {
        for index in 0..best.steps.len() {
            self.without_parameters(&mut best, index);
            let Some(mut sql) = sql_of(&best.steps[index]).map(str::to_owned) else { continue };
            let mut size = tokens(&sql).len().div_ceil(2);
            while size > 0 {
                let mut from = 0;
                loop {
                    let candidate = {
                        let all = tokens(&sql);
                        if from + size > all.len() || all.len() <= 1 {
                            break;
                        }
                        balanced(&all[from..from + size]).then(|| without(&sql, &all, from, size))
                    };
                    let smaller = candidate.map(|candidate| (with_sql(&best, index, &candidate), candidate));
                    match smaller {
                        Some((case, candidate)) if self.fails(&case) => {
                            best = case;
                            sql = candidate;
                        }
                        _ => from += 1,
                    }
                }
                size /= 2;
            }
        }
        best
    }

    /// Replaces parameters by their values.
    fn without_parameters(&mut self, best: &mut Case, index: usize) {
        let (Step::Subscribe { sql, params: Params::Positional(values), .. }
        | Step::Exec { sql, params: Params::Positional(values) }) = &best.steps[index]
        else {
            return;
        };
        let mut text = sql.clone();
        for (place, value) in values.iter().enumerate().rev() {
            text = text.replace(&format!("?{}", place + 1), &value.to_string());
        }
        let mut candidate = with_sql(best, index, &text);
        match &mut candidate.steps[index] {
            Step::Subscribe { params, .. } | Step::Exec { params, .. } => *params = Params::None,
            Step::Unsubscribe { .. } => {}
        }
        if self.fails(&candidate) {
            *best = candidate;
        }
    }
}

fn sql_of(step: &Step) -> Option<&str> {
    match step {
        Step::Exec { sql, .. } | Step::Subscribe { sql, .. } => Some(sql),
        Step::Unsubscribe { .. } => None,
    }
}

fn with_sql(case: &Case, index: usize, text: &str) -> Case {
    let mut changed = case.clone();
    match &mut changed.steps[index] {
        Step::Exec { sql, .. } | Step::Subscribe { sql, .. } => text.clone_into(sql),
        Step::Unsubscribe { .. } => {}
    }
    changed
}

/// Whether a run of tokens opens as many parentheses as it closes, and in that order.
fn balanced(run: &[Token<'_>]) -> bool {
    let mut open = 0i32;
    run.iter().all(|token| {
        open += i32::from(token.is("(")) - i32::from(token.is(")"));
        open >= 0
    }) && open == 0
}

fn without(sql: &str, all: &[Token<'_>], from: usize, size: usize) -> String {
    let start = all[from].start;
    let end = all.get(from + size).map_or(sql.len(), |next| next.start);
    format!("{}{}", &sql[..start], &sql[end..]).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{balanced, without};
    use crate::text::tokens;

    #[test]
    fn runs_of_tokens() {
        let sql = "SELECT (a) FROM t";
        let all = tokens(sql);
        assert!(balanced(&all[1..4]) && !balanced(&all[1..3]) && !balanced(&all[3..4]));
        assert_eq!(without(sql, &all, 1, 3), "SELECT FROM t");
    }
}
