//! The report of a run: lines with their targets, as Markdown and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::Quartiles;
use crate::query::Class;
use crate::soak::Soak;
use crate::units::{plain, time};

/// The target of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// For information, without a target.
    None,
}

/// One ratio.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Its benchmark.
    pub group: &'static str,
    /// What was measured.
    pub what: String,
    /// How many messages the database had; 0 for Chinook.
    pub messages: u64,
    /// The numerator, with its unit.
    pub above: String,
    /// The denominator, with its unit.
    pub below: String,
    /// The ratio of the medians, and the quartiles of the ratios of the rounds, which need not enclose it.
    pub ratio: Quartiles,
    /// Its target.
    pub target: Target,
    /// The number of rounds; 0 for a line computed from other lines.
    pub rounds: usize,
}

impl Line {
    /// Whether it reaches its target.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.ratio.median <= most,
            Target::AtLeast(least) => self.ratio.median >= least,
            Target::None => true,
        }
    }

    /// As a row of the table.
    #[must_use]
    pub fn row(&self) -> String {
        let Self { group, what, above, below, .. } = self;
        let rounds = if self.rounds == 0 { "-".to_owned() } else { self.rounds.to_string() };
        let Quartiles { low, median, high } = self.ratio;
        let (target, verdict) = match self.target {
            Target::AtMost(most) => (format!("<= {}", plain(most)), self.verdict()),
            Target::AtLeast(least) => (format!(">= {}", plain(least)), self.verdict()),
            Target::None => ("-".to_owned(), ""),
        };
        let (size, ratio) = (size(self.messages), plain(median));
        let spread = format!("{} .. {}", plain(low), plain(high));
        format!(
            "| {group} | {what} | {size} | {above} | {below} | {ratio} | {spread} | {rounds} | {target} | {verdict} |"
        )
    }

    fn verdict(&self) -> &'static str {
        if self.holds() { "ok" } else { "MISS" }
    }
}

/// What a commit costs one query.
#[derive(Clone, Debug, Serialize)]
pub struct QueryCost {
    /// The query.
    pub name: String,
    /// Its main operator.
    pub class: Class,
    /// How many messages the database had; 0 for Chinook.
    pub messages: u64,
    /// Additional seconds of a commit with the subscription.
    pub maintain: Quartiles,
    /// Seconds of a re-run.
    pub rerun: f64,
    /// `maintain` divided by `rerun`.
    pub ratio: Quartiles,
    /// Additional seconds of a commit with the subscription if it is re-run, compared and delivered.
    pub rerun_told: f64,
    /// `maintain` divided by `rerun_told`, if that is measurable.
    pub ratio_told: Option<Quartiles>,
    /// Rows of the result.
    pub rows: usize,
}

/// The work of an operator in all queries that contain it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Work {
    /// The strategy, or `re-run`.
    pub operator: String,
    /// How many messages the database had.
    pub messages: u64,
    /// The number of parts of plans with this operator that had any work.
    pub parts: u64,
    /// Commits that gave a part work, added up over the parts.
    pub commits: u64,
    /// SQLite's instructions of its own statements.
    pub instructions: u64,
    /// Changed rows that it received.
    pub rows_in: u64,
    /// Rows that it added or removed.
    pub rows_out: u64,
    /// Bytes that it remembers.
    pub state_bytes: u64,
}

/// Everything that a run measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The ratios.
    pub lines: Vec<Line>,
    /// The queries of the suite one by one.
    pub queries: Vec<QueryCost>,
    /// Queries that were not measured, and why.
    pub left_out: Vec<String>,
    /// The engine's counts of work by operator.
    pub work: Vec<Work>,
    /// The soak, if one was run.
    pub soak: Option<Soak>,
}

impl Report {
    /// Whether every line reaches its target.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lines.iter().all(Line::holds)
    }

    /// The tables.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        if !self.lines.is_empty() {
            text += "| benchmark | what | messages | measured | beside | ratio | quartiles | rounds | target | |\n";
            text += "|---|---|---|---|---|---|---|---|---|---|\n";
            self.lines.iter().for_each(|line| text += &(line.row() + "\n"));
            let judged = self.lines.iter().filter(|line| line.target != Target::None);
            let missed = self.lines.iter().filter(|line| !line.holds()).count();
            let _ = writeln!(text, "\n{missed} of {} targets missed.", judged.count());
        }
        if !self.queries.is_empty() {
            self.classes(&mut text);
            self.single_queries(&mut text);
        }
        for why in &self.left_out {
            let _ = writeln!(text, "\nLeft out: {why}.");
        }
        if !self.work.is_empty() {
            self.operators(&mut text);
        }
        if let Some(soak) = &self.soak {
            text += &soak.markdown();
        }
        text
    }

    /// What a commit costs each operator.
    fn operators(&self, text: &mut String) {
        *text += "\n| operator | messages | parts | instructions a commit | share | rows in a commit | rows out | bytes a part |\n";
        *text += "|---|---|---|---|---|---|---|---|\n";
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let ratio = |above: u64, below: u64| plain(above as f64 / below.max(1) as f64);
        for work in &self.work {
            let alike = self.work.iter().filter(|other| other.messages == work.messages);
            let all: u64 = alike.map(|other| other.instructions).sum();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} % | {} | {} | {} |",
                work.operator,
                size(work.messages),
                work.parts,
                ratio(work.instructions, work.commits),
                ratio(work.instructions * 100, all),
                ratio(work.rows_in, work.commits),
                ratio(work.rows_out, work.commits),
                ratio(work.state_bytes, work.parts),
            );
        }
    }

    /// What a commit costs, by the operator of the query.
    fn classes(&self, text: &mut String) {
        *text += "\n| class | messages | queries | a commit, median | at most | a re-run, median | ratio, median | at most |\n";
        *text += "|---|---|---|---|---|---|---|---|\n";
        let mut sizes: Vec<_> = self.queries.iter().map(|query| query.messages).collect();
        sizes.sort_unstable();
        sizes.dedup();
        for (class, messages) in Class::ALL.iter().flat_map(|class| sizes.iter().map(move |size| (*class, *size))) {
            let queries: Vec<_> =
                self.queries.iter().filter(|query| query.class == class && query.messages == messages).collect();
            if queries.is_empty() {
                continue;
            }
            let all = |of: fn(&QueryCost) -> f64| queries.iter().map(|query| of(query)).collect::<Vec<_>>();
            let most = |of| all(of).into_iter().fold(0.0, f64::max);
            let median = |of| crate::measure::median(all(of));
            let (maintain, rerun) = (|query: &QueryCost| query.maintain.median, |query: &QueryCost| query.rerun);
            let ratio = |query: &QueryCost| query.ratio.median;
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                class.name(),
                size(messages),
                queries.len(),
                time(median(maintain)),
                time(most(maintain)),
                time(median(rerun)),
                plain(median(ratio)),
                plain(most(ratio)),
            );
        }
    }

    fn single_queries(&self, text: &mut String) {
        *text += "\n| query | class | messages | rows | a commit | quartiles | a re-run | ratio | re-run and told | ratio |\n";
        *text += "|---|---|---|---|---|---|---|---|---|---|\n";
        for query in &self.queries {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} .. {} | {} | {} | {} | {} |",
                query.name,
                query.class.name(),
                size(query.messages),
                query.rows,
                time(query.maintain.median),
                time(query.maintain.low),
                time(query.maintain.high),
                time(query.rerun),
                plain(query.ratio.median),
                time(query.rerun_told),
                query.ratio_told.map_or_else(|| "-".to_owned(), |told| plain(told.median)),
            );
        }
    }
}

fn size(messages: u64) -> String {
    match messages {
        0 => "Chinook".to_owned(),
        millions if millions % 1_000_000 == 0 => format!("{} M", millions / 1_000_000),
        thousands => format!("{} k", thousands / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Target};
    use crate::measure::Quartiles;
    use crate::units::time;

    #[test]
    fn a_miss_is_named() {
        let line = |ratio: f64, target| Line {
            group: "a",
            what: "b".to_owned(),
            messages: 100_000,
            above: time(2e-4),
            below: time(1e-4),
            ratio: Quartiles::exactly(ratio),
            target,
            rounds: 3,
        };
        let miss = line(2.5, Target::AtMost(2.0));
        assert_eq!(miss.row(), "| a | b | 100 k | 200 us | 100 us | 2.50 | 2.50 .. 2.50 | 3 | <= 2.00 | MISS |");
        assert!(!miss.holds() && line(2.0, Target::AtMost(2.0)).holds());
        assert!(line(0.95, Target::AtLeast(0.95)).holds() && !line(0.9, Target::AtLeast(0.95)).holds());
        assert!(line(f64::NAN, Target::None).holds() && !line(f64::NAN, Target::AtMost(1.0)).holds());
    }
}
