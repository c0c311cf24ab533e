//! UNION: each row is there once. What may have gone is taken out, what can still be made of the rest is put back, and what comes
//! is followed from there.

use std::collections::BTreeMap;

use super::{Class, Fixpoint, MOST_STEPS, State, Term};
use crate::dataflow::Job;
use crate::dataflow::operators::Tools;
use crate::error::GiveUp;
use crate::plan::TableVersion;
use crate::types::{Row, WeightedRow, lock_bag as lock};

impl Fixpoint {
    /// What a commit changes.
    pub(super) fn follow_set(
        &mut self,
        job: &Job,
        base: &[WeightedRow],
        state: &mut State,
        tools: &Tools<'_>,
    ) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut begun = Vec::new();
        for (row, weight) in base {
            let class = self.class(row);
            let count = state.base.entry(class.clone()).or_default();
            *count += weight;
            match *count {
                0 => drop(state.base.remove(&class)),
                _ if *weight > 0 => begun.push(row.clone()),
                _ => {}
            }
        }
        let mut gone: BTreeMap<Class, Row> = BTreeMap::new();
        let ended = base.iter().filter(|(_, weight)| *weight < 0).map(|(row, _)| row.clone());
        let mut doubted: Vec<Row> = ended.collect();
        for step in 0..self.plan.steps.len() {
            let edges = through(&self.changed(step, job)?, TableVersion::Old);
            doubted.extend(rows(self.made(false, step, &edges, TableVersion::Post, job, tools)?));
        }
        self.each_step(job, tools, |this, steps| {
            let mut front = Vec::new();
            for row in doubted.drain(..) {
                let class = this.class(&row);
                if let Some(held) = state.classes.remove(&class) {
                    front.push((held.clone(), 1));
                    gone.insert(class, held);
                }
            }
            if front.is_empty() {
                return Ok(false);
            }
            this.show_front(&front, tools);
            for step in 0..this.plan.steps.len() {
                doubted.extend(rows(this.made(false, step, &[(Vec::new(), 1)], TableVersion::New, job, tools)?));
            }
            Ok(steps < MOST_STEPS)
        })?;
        {
            let mut bag = lock(&state.rows);
            gone.values().for_each(|row| bag.add(row, -1));
        }
        let mut coming = begun;
        coming.extend(gone.iter().filter(|(class, _)| state.base.contains_key(*class)).map(|(_, row)| row.clone()));
        if !gone.is_empty() {
            let sought: Vec<WeightedRow> = gone.values().map(|row| (row.clone(), 1)).collect();
            self.show_front(&sought, tools);
            for step in 0..self.plan.steps.len() {
                coming.extend(rows(self.made(true, step, &[(Vec::new(), 1)], TableVersion::Post, job, tools)?));
            }
        }
        for step in 0..self.plan.steps.len() {
            let edges = through(&self.changed(step, job)?, TableVersion::New);
            coming.extend(rows(self.made(false, step, &edges, TableVersion::Post, job, tools)?));
        }
        let mut come: Vec<WeightedRow> = Vec::new();
        self.each_step(job, tools, |this, steps| {
            let mut front = Vec::new();
            for row in coming.drain(..) {
                let class = this.class(&row);
                if !state.enter(class.clone(), &row)? {
                    continue;
                }
                match gone.remove(&class) {
                    Some(held) if held == row => {}
                    Some(_) => return Err(GiveUp::EqualRowsDiffer),
                    None => come.push((row.clone(), 1)),
                }
                lock(&state.rows).add(&row, 1);
                front.push((row, 1));
            }
            if front.is_empty() {
                return Ok(false);
            }
            this.show_front(&front, tools);
            for step in 0..this.plan.steps.len() {
                coming.extend(rows(this.made(false, step, &[(Vec::new(), 1)], TableVersion::New, job, tools)?));
            }
            Ok(steps < MOST_STEPS)
        })?;
        come.extend(gone.into_values().map(|row| (row, -1)));
        Ok(come)
    }
}

fn rows(weighted: Vec<WeightedRow>) -> impl Iterator<Item = Row> {
    weighted.into_iter().map(|(row, _)| row)
}

/// Every way in which one of the changed tables is read at this version, and the others as they are.
fn through(changed: &[usize], version: TableVersion) -> Vec<Term> {
    changed.iter().map(|&table_ref| (vec![(table_ref, version)], 1)).collect()
}
