//! Provenance: the changed rows of a commit by which a result changed.
//!
//! Routing knows the rows that can have to do with a binding. Where its plan remembers nothing, the plan can be asked
//! again, what each of them changes alone; the rows that change nothing are then left out. That is only right if the
//! rest, each alone, come to the whole difference: rows of two tables that a join brings together may change nothing
//! alone, and much together.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bindings::{Bindings, Told};
use super::images::CommitImages;
use crate::api::event::Event;
use crate::dataflow::Job;
use crate::routing::{Affected, Routed};
use crate::storage::{SealedCommit, Session};
use crate::types::{BindingId, Cause, ChangeBatch, Row};

/// The plan is asked for each row alone if there are at most so many.
const MOST_ALONE: usize = 64;

/// What rows change in a result, by how often each row comes.
type Difference = FxHashMap<Row, i64>;

impl Bindings {
    /// Adds to each diff the rows, of those that routing found, by which it came about.
    pub(super) fn attribute(
        &mut self,
        session: &Session<'_>,
        sealed: &SealedCommit,
        affected: &Affected,
        told: &mut Told,
    ) {
        for (id, event) in told {
            let (Event::Diff(diff) | Event::Recovered(diff)) = event else { continue };
            let routed = affected.get(id).map(Vec::as_slice).unwrap_or_default();
            diff.causes = match self.narrowed(session, &sealed.batch, *id, routed) {
                Some(narrowed) => causes(&sealed.batch, &narrowed),
                None => causes(&sealed.batch, routed),
            };
        }
    }

    /// The rows that change something alone, if that explains all; nothing where it does not, or cannot be told cheaply.
    fn narrowed(
        &mut self,
        session: &Session<'_>,
        batch: &ChangeBatch,
        id: BindingId,
        routed: &[(Arc<str>, Vec<usize>)],
    ) -> Option<Routed> {
        let rows: Vec<(&Arc<str>, usize)> =
            routed.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, *row))).collect();
        if !(2..=MOST_ALONE).contains(&rows.len()) {
            return None;
        }
        // All of it together may cost what maintaining the result once may.
        let most = self.budgets.maintenance(self.registry.binding(id)?.hydration_work);
        let start = session.instructions();
        let mut images = CommitImages::new(batch);
        let mut open = self.difference(session, &mut images, id, routed, most)?;
        let mut kept = Routed::new();
        for (table, row) in rows {
            let alone = [(Arc::clone(table), vec![row])];
            let left = most.checked_sub(session.instructions() - start)?;
            let difference = self.difference(session, &mut images, id, &alone, left)?;
            if difference.is_empty() {
                continue;
            }
            for (row, weight) in difference {
                *open.entry(row).or_default() -= weight;
            }
            match kept.last_mut() {
                Some((last, rows)) if last == table => rows.push(row),
                _ => kept.push((Arc::clone(table), vec![row])),
            }
        }
        let explains_all = open.values().all(|weight| *weight == 0);
        (explains_all && !kept.is_empty()).then_some(kept)
    }

    /// What these rows change in a result that is maintained by a plan that remembers nothing.
    fn difference(
        &mut self,
        session: &Session<'_>,
        images: &mut CommitImages<'_>,
        id: BindingId,
        routed: &[(Arc<str>, Vec<usize>)],
        budget: u64,
    ) -> Option<Difference> {
        let binding = self.registry.binding(id)?;
        let planned = binding.query.planned.as_ref().ok()?;
        // A window has gone on by now.
        let can_tell = planned.plan.is_stateless && !planned.plan.is_remembered_by_window();
        let plan = binding.plan.filter(|_| can_tell)?;
        let images = images.of(session, routed, &planned.virtual_columns, budget).ok()?;
        let parameters = binding.parameters();
        let job = Job { binding: id, parameters, images, derived: Vec::new(), instruction_budget: budget };
        let changes = self.plans.dataflows.maintain(plan, &[job], session, &|_, _| {}).pop();
        session.set_instruction_budget(u64::MAX);
        session.show_nothing();
        let mut difference = Difference::default();
        for (row, weight) in changes?.ok()? {
            *difference.entry(row).or_default() += weight;
        }
        difference.retain(|_, weight| *weight != 0);
        Some(difference)
    }
}

fn causes(batch: &ChangeBatch, routed: &[(Arc<str>, Vec<usize>)]) -> Arc<[Cause]> {
    let mut causes = Vec::new();
    for (table, rows) in routed {
        let Some(changes) = batch.tables.get(table) else { continue };
        causes.extend(rows.iter().filter_map(|row| changes.rows.get(*row)).map(|change| Cause {
            table: Arc::clone(table),
            key: change.key.clone(),
            old: change.old.clone(),
            new: change.new.clone(),
        }));
    }
    causes.into()
}
