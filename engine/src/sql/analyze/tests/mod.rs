//! What queries are found to depend on: form by form, beside SQLite's authorizer over a corpus, and under random writes.

pub(in crate::sql) mod corpus_tests;
mod forms;
mod random_tests;
mod watch_tests;

use crate::plan::Dependencies;
use crate::sql::{Arena, Unparsed, bind};
use crate::types::Catalog;

fn dependencies(sql: &str, catalog: &Catalog) -> Result<Dependencies, Unparsed> {
    bind(sql, catalog, &Arena::default()).map(|bound| bound.dependencies())
}
