//! Long write streams against standing queries: a schema, transactions in order of arrival, and all queries subscribed.

use tidewater::Params;

use crate::finding::Finding;
use crate::harness::{Harness, Settings, Subscribed};
use crate::log::Log;
use crate::runner::{CaseReport, caught};
use crate::text::tokens;

/// A set of standing queries, from its three files.
#[derive(Clone, Debug)]
pub struct StandingQueries {
    /// The script that makes the schema.
    pub schema: String,
    /// `BEGIN .. COMMIT` blocks.
    pub transactions: Vec<String>,
    /// The queries.
    pub queries: Vec<String>,
}

impl StandingQueries {
    /// Reads the three texts.
    #[must_use]
    pub fn parse(schema: &str, stream: &str, queries: &str) -> Self {
        let transactions = stream.split_inclusive("COMMIT;").map(str::trim).filter(|block| block.contains("BEGIN;"));
        let queries = queries.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        Self {
            schema: schema.to_owned(),
            transactions: transactions.map(str::to_owned).collect(),
            queries: statements(&queries),
        }
    }
}

/// Plays the first `transactions` of a set with all its queries subscribed, except those in `without`.
#[must_use]
pub fn play_standing(
    set: &StandingQueries,
    transactions: usize,
    without: &[String],
    settings: &Settings,
) -> CaseReport {
    let mut harness = Harness::new(settings.clone(), Log::hashed());
    let finding = caught(|| run(set, transactions, without, &mut harness).err());
    crate::runner::close(&harness, finding)
}

fn run(set: &StandingQueries, transactions: usize, without: &[String], harness: &mut Harness) -> Result<(), Finding> {
    harness.exec(&set.schema, &Params::None)?;
    for (id, sql) in set.queries.iter().enumerate().filter(|(_, sql)| !without.contains(sql)) {
        if harness.subscribe(id as u64, sql, &Params::None)? == Subscribed::Refused {
            harness.tally.invalid += 1;
        }
    }
    for transaction in set.transactions.iter().take(transactions) {
        harness.exec(transaction, &Params::None)?;
    }
    harness.finish()
}

/// Splits at semicolons that end a statement.
fn statements(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    for token in tokens(script) {
        if token.depth == 0 && token.is(";") {
            found.push(script[from..token.start].trim().to_owned());
            from = token.end();
        }
    }
    found.push(script[from..].trim().to_owned());
    found.retain(|statement| !statement.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::StandingQueries;

    #[test]
    fn the_three_texts() {
        let set = StandingQueries::parse(
            "CREATE TABLE t(a);",
            "-- x\nBEGIN;\nINSERT INTO t VALUES('a;');\nCOMMIT;\nBEGIN;\nCOMMIT;\n",
            "-- name: a\nSELECT ';';\nSELECT 2;",
        );
        assert_eq!(set.transactions.len(), 2);
        assert_eq!(set.queries, ["SELECT ';'", "SELECT 2"]);
    }
}
