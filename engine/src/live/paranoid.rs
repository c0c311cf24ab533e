//! Paranoid mode: every result beside what SQLite returns for its query at the same commit.

use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::binding::Binding;
use super::registry::Registry;
use crate::api::event::Divergence;
use crate::plan::OrderDependence;
use crate::report::{Query, script};
use crate::results::HeldResult;
use crate::storage::{SealedCommit, Session};
use crate::types::{BindingId, Row};

/// The results that differ from SQLite's.
pub(super) fn divergences(
    registry: &Registry,
    session: &mut Session<'_>,
    sealed: &SealedCommit,
) -> Vec<(BindingId, Divergence)> {
    let ids = registry.binding_ids().into_iter();
    ids.filter_map(|id| Some((id, divergence(registry.binding(id)?, session, sealed)?))).collect()
}

fn divergence(binding: &Binding, session: &mut Session<'_>, sealed: &SealedCommit) -> Option<Divergence> {
    let query = &binding.query;
    if binding.failure.is_some() || !query.dependencies.nondeterministic.is_empty() {
        return None;
    }
    let expected = session.select(&query.sql, &binding.slots).ok()?;
    let actual = binding.held.rows();
    if is_same_bag(&expected, &actual) || (may_hold_other_ties(binding) && expected.len() == actual.len()) {
        return None;
    }
    let tables = query.dependencies.sources.iter().map(|source| Arc::clone(&source.table)).collect();
    let asked = Query { sql: &query.sql, slots: &query.slots, values: &binding.slots, tables };
    let script = script(session, sealed, &asked);
    Some(Divergence { commit: sealed.commit, sql: Arc::clone(&query.sql), expected: expected.into(), actual, script })
}

/// Whether a window's LIMIT takes some of several tied rows: SQLite may take others than those that are held, so only how many
/// there are can be compared.
fn may_hold_other_ties(binding: &Binding) -> bool {
    let is_window = matches!(binding.held, HeldResult::Maintained(_))
        && binding.query.planned.as_ref().is_ok_and(|planned| planned.plan.window.is_some());
    is_window && binding.query.dependencies.order_dependence == Some(OrderDependence::TiedLimit)
}

fn is_same_bag(a: &[Row], b: &[Row]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut copies: FxHashMap<&Row, i64> = FxHashMap::with_capacity_and_hasher(a.len(), FxBuildHasher);
    a.iter().for_each(|row| *copies.entry(row).or_default() += 1);
    b.iter().for_each(|row| *copies.entry(row).or_default() -= 1);
    copies.values().all(|count| *count == 0)
}
