//! DISTINCT and compound SELECTs at work: how often each row comes from each part is summed up.

use rustc_hash::FxHashMap;

use super::{Operator, Tools, check_forms, operator};
use crate::dataflow::Job;
use crate::dataflow::sums::{Key, Measures, Moved, Packed, Totals};
use crate::error::GiveUp;
use crate::plan::Combine as Plan;
use crate::types::{BindingId, Row, SortTerm, WeightedRow, sort_key};

/// How many different rows there are of each class of rows that are equal to SQL.
type Classes = FxHashMap<Box<[u8]>, i64>;

pub(in crate::dataflow) struct Combine {
    plan: Plan,
    parts: Vec<Operator>,
    /// How rows compare, where equal ones may differ.
    loose: Option<Vec<SortTerm>>,
    classes: FxHashMap<BindingId, Classes>,
}

impl Combine {
    pub(super) fn new(plan: &Plan) -> Self {
        let term = |&collation: &_| SortTerm { collation, ..SortTerm::default() };
        Self {
            parts: plan.parts.iter().map(operator).collect(),
            loose: plan.loose.as_ref().map(|collations| collations.iter().map(term).collect()),
            classes: FxHashMap::default(),
            plan: plan.clone(),
        }
    }

    pub(super) fn keeps_sums(&self) -> bool {
        !self.plan.is_sum() || self.parts.iter().any(Operator::keeps_sums)
    }

    pub(super) fn hydrate(&mut self, job: &Job, tools: &mut Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            parts.push(part.hydrate(job, tools)?);
        }
        if self.plan.is_sum() {
            return Ok(parts.into_iter().flatten().collect());
        }
        let (order, mut counts) = counted(parts);
        self.classes.remove(&job.binding);
        self.classify(job.binding, order.iter().map(|row| (row, 1)))?;
        let (mut weighted, mut packed) = (Vec::with_capacity(order.len()), Packed::with_capacity(order.len()));
        for row in order {
            let counts = counts.remove(&row).unwrap_or_default();
            let weight = i64::try_from(self.plan.multiplicity(counts.numbers())).unwrap_or(i64::MAX);
            packed.push(row.as_bytes(), &counts);
            if weight > 0 {
                weighted.push((row, weight));
            }
        }
        tools.sums.begin(job.binding, self.plan.state, packed);
        Ok(weighted)
    }

    pub(super) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<Vec<WeightedRow>, GiveUp>> {
        let mut by_job: Vec<Result<Vec<Vec<WeightedRow>>, GiveUp>> = jobs.iter().map(|_| Ok(Vec::new())).collect();
        for part in &mut self.parts {
            for (all, rows) in by_job.iter_mut().zip(part.maintain(jobs, tools)) {
                match (all.as_mut(), rows) {
                    (Ok(parts), Ok(rows)) => parts.push(rows),
                    (Ok(_), Err(error)) => *all = Err(error),
                    (Err(_), _) => {}
                }
            }
        }
        if self.plan.is_sum() {
            let sum = |parts: Vec<Vec<WeightedRow>>| super::consolidated(parts.into_iter().flatten().collect());
            return by_job.into_iter().map(|parts| parts.map(sum)).collect();
        }
        let mut additions = Vec::new();
        let mut orders: Vec<Result<Vec<Row>, GiveUp>> = Vec::with_capacity(jobs.len());
        for (job, parts) in jobs.iter().zip(by_job) {
            orders.push(parts.map(|parts| self.additions(job, parts, &mut additions)));
        }
        let mut moved = tools.sums.add(&additions).into_iter();
        let difference = |(job, order): (&Job, Result<Vec<Row>, GiveUp>)| {
            let order = order?;
            let rows = order.into_iter().zip(&mut moved).collect::<Vec<_>>();
            self.difference(job, &rows)
        };
        jobs.iter().zip(orders).map(difference).collect()
    }

    /// What the changes of the parts add to the sums of their rows; the rows, in the same order.
    fn additions(&self, job: &Job, parts: Vec<Vec<WeightedRow>>, additions: &mut Vec<(Key, Measures)>) -> Vec<Row> {
        let (mut order, mut counts) = counted(parts);
        order.retain(|row| {
            let counts = counts.remove(row).unwrap_or_default();
            let is_any = !counts.is_zero();
            if is_any {
                additions.push((self.key(job.binding, row), counts));
            }
            is_any
        });
        order
    }

    fn key(&self, binding: BindingId, row: &Row) -> Key {
        Key { binding: binding.0, state: self.plan.state, bytes: row.as_bytes().into() }
    }

    fn difference(&mut self, job: &Job, rows: &[(Row, Moved)]) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut weighted = Vec::new();
        let mut entered = Vec::with_capacity(rows.len());
        for (row, moved) in rows {
            entered.push((row, i64::from(!moved.after.is_zero()) - i64::from(!moved.before.is_zero())));
            let (before, after) = (moved.before.numbers(), moved.after.numbers());
            let weight = self.plan.multiplicity(after) - self.plan.multiplicity(before);
            if let Ok(weight @ (i64::MIN..=-1 | 1..)) = i64::try_from(weight) {
                weighted.push((row.clone(), weight));
            }
        }
        self.classify(job.binding, entered.into_iter())?;
        Ok(weighted)
    }

    /// Notes that rows have come to the parts or have gone from them; an error once a class has several.
    fn classify<'r>(&mut self, binding: BindingId, rows: impl Iterator<Item = (&'r Row, i64)>) -> Result<(), GiveUp> {
        let Some(terms) = &self.loose else { return rows.map(|(row, _)| row).try_for_each(check_forms) };
        let classes = self.classes.entry(binding).or_default();
        let mut touched = Vec::new();
        for (row, more) in rows.filter(|(_, more)| *more != 0) {
            let class = sort_key(terms, row.values());
            *classes.entry(class.clone()).or_default() += more;
            touched.push(class);
        }
        // Only when all is said: a row may have come before its equal went.
        for class in touched {
            match classes.get(&class) {
                Some(0) => {
                    classes.remove(&class);
                }
                Some(1) | None => {}
                Some(_) => return Err(GiveUp::EqualRowsDiffer),
            }
        }
        Ok(())
    }

    pub(super) fn forget(&mut self, binding: BindingId) {
        self.classes.remove(&binding);
        self.parts.iter_mut().for_each(|part| part.forget(binding));
    }

    pub(super) fn parts(&self) -> &[Operator] {
        &self.parts
    }

    /// The different rows that are counted, and the bytes of that.
    pub(super) fn held(&self, totals: &Totals) -> (usize, usize) {
        let (rows, bytes) = totals.of(self.plan.state);
        (rows, bytes + self.class_bytes())
    }

    fn class_bytes(&self) -> usize {
        self.classes.values().map(bytes_of).sum()
    }

    pub(super) fn state_bytes(&self) -> usize {
        self.class_bytes() + self.parts.iter().map(Operator::state_bytes).sum::<usize>()
    }

    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        let classes = self.classes.get(&binding).map_or(0, bytes_of);
        classes + self.parts.iter().map(|part| part.binding_bytes(binding)).sum::<usize>()
    }
}

fn bytes_of(classes: &Classes) -> usize {
    classes.keys().map(|class| class.len() + size_of::<(Box<[u8]>, i64)>()).sum()
}

/// How often each row comes from each part, and the rows in their order.
fn counted(parts: Vec<Vec<WeightedRow>>) -> (Vec<Row>, FxHashMap<Row, Measures>) {
    let mut order = Vec::new();
    let mut counts: FxHashMap<Row, Measures> = FxHashMap::default();
    for (part, rows) in parts.into_iter().enumerate() {
        for (row, weight) in rows {
            let counts = counts.entry(row.clone()).or_insert_with(|| {
                order.push(row);
                Measures::default()
            });
            counts.add(part, i128::from(weight));
        }
    }
    (order, counts)
}
