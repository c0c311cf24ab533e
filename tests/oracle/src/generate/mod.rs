//! Random histories, valid by construction: schemas, rows, writes, transactions and queries, all from one seed.
//!
//! Bugs of maintained queries need few rows and few writes, but rows that join, collide and cross predicate boundaries.
//! Each case has its own tiny pool of values and a random half of all features (swarm testing): the absence of some
//! features makes the others more frequent.

mod aggregate;
mod expression;
mod family;
mod features;
mod history;
mod kinds;
mod query;
mod schema;
mod source;
mod values;
mod write;

use tidewater::{Params, Value};

use crate::case::Case;
use crate::random::Random;
pub use family::Family;
use features::Features;
use schema::Schema;
use values::Pool;

/// The case that a seed stands for.
#[must_use]
pub fn case(seed: u64) -> Case {
    case_of(Family::Mixed, seed)
}

/// The case that a seed stands for in a family: all its queries are of that kind.
#[must_use]
pub fn case_of(family: Family, seed: u64) -> Case {
    Generator::new(seed, family).history()
}

/// A query and values for its parameters.
#[derive(Clone, Debug)]
struct Question {
    sql: String,
    params: Vec<Value>,
}

impl Question {
    fn params(&self) -> Params {
        if self.params.is_empty() { Params::None } else { Params::Positional(self.params.clone()) }
    }
}

/// Everything that a case is made from.
struct Generator {
    random: Random,
    features: Features,
    pool: Pool,
    schema: Schema,
    /// Values of the parameters of the query being written; `None` where parameters are not allowed.
    params: Option<Vec<Value>>,
    /// Aliases given so far in the query being written.
    aliases: usize,
    /// The kind of its queries.
    family: Family,
}

impl Generator {
    fn new(seed: u64, family: Family) -> Self {
        let mut random = Random::new(seed);
        let features = family.shape(Features::any(&mut random));
        let pool = Pool::any(&mut random, features);
        Self { random, features, pool, schema: Schema::default(), params: None, aliases: 0, family }
    }

    fn alias(&mut self, prefix: &str) -> String {
        self.aliases += 1;
        format!("{prefix}{}", self.aliases)
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, case, case_of};

    #[test]
    fn a_seed_is_a_case() {
        assert_eq!(case(7), case(7));
        assert_ne!(case(7), case(8));
    }

    #[test]
    fn each_family_has_cases_of_its_own() {
        for family in Family::ALL {
            assert_eq!(case_of(family, 7), case_of(family, 7));
            assert!(family == Family::Mixed || case_of(family, 7) != case(7), "{family}");
            assert_eq!(family.name().parse(), Ok(family));
        }
    }
}
