//! The table at the end of a campaign: what each family compared, and how much of it plans maintained.

use std::collections::BTreeMap;
use std::fmt;

use crate::generate::Family;
use crate::harness::Way;
use crate::tally::Tally;

/// What was counted, by family.
#[derive(Clone, Debug, Default)]
pub struct Shares(BTreeMap<Family, Counted>);

/// What was counted of one family.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// Where plans are always used: what the shares are of.
    always: Tally,
    /// All ways together.
    all: Tally,
}

impl Shares {
    /// Adds what a case gave.
    pub fn count(&mut self, family: Family, way: Way, tally: &Tally) {
        let counted = self.0.entry(family).or_default();
        counted.all.include(tally);
        if way == Way::Always {
            counted.always.include(tally);
        }
    }

    /// Adds another campaign's.
    pub fn include(&mut self, other: &Self) {
        for (family, theirs) in &other.0 {
            let mine = self.0.entry(*family).or_default();
            mine.always.include(&theirs.always);
            mine.all.include(&theirs.all);
        }
    }

    /// The families with the tally of the way that uses plans always.
    pub fn always(&self) -> impl Iterator<Item = (Family, &Tally)> {
        self.0.iter().map(|(family, counted)| (*family, &counted.always))
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "{:<10} {:>14} {:>12} {:>8} {:>12} {:>8} {:>12} {:>11}",
            "family", "subscriptions", "incremental", "moved", "maintained", "rerun", "comparisons", "mismatches"
        )?;
        for (family, Counted { always, all }) in &self.0 {
            writeln!(
                f,
                "{:<10} {:>14} {:>10} % {:>6} % {:>12} {:>8} {:>12} {:>11}",
                family.name(),
                always.subscriptions,
                always.incremental_percent(),
                always.moved_percent(),
                always.maintained,
                always.rerun,
                all.comparisons(),
                all.mismatches + all.crashes
            )?;
        }
        Ok(())
    }
}
