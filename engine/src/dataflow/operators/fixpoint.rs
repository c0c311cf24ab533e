//! `fixpoint` at work: see [`crate::plan::Fixpoint`] for what is followed, and why it ends.

mod bag;
mod net_change;
mod set;

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::{Operator, Tools, changed, has_empty_version, operator};
use crate::dataflow::Job;
use crate::error::GiveUp;
use crate::plan::{Fixpoint as Plan, MOST_CHANGED, RowImages, TableVersion};
use crate::types::{Bag, BindingId, Row, SharedBag, SortTerm, WeightedRow, lock_bag as lock, sort_key};

/// How many steps are followed before it is thought that there is no end.
const MOST_STEPS: usize = 10_000;

/// The first evaluation may take so many of SQLite's instructions: the query itself may ask for the first rows of many.
const MOST_INSTRUCTIONS: u64 = 20_000_000;

/// What says which rows are equal.
type Class = Box<[u8]>;

/// What is held of a binding.
struct State {
    rows: SharedBag,
    /// Of a set, its rows by class: where two that are equal differ, SQLite alone knows which is shown.
    classes: FxHashMap<Class, Row>,
    /// Of a set, how often the rows come from where it begins.
    base: FxHashMap<Class, i64>,
}

/// Versions of the tables, and whether the rows count or are taken off.
type Term = (Vec<(usize, TableVersion)>, i64);

/// A statement: whether it seeks, of which step, the table versions.
type Statement = (bool, usize, Vec<(usize, TableVersion)>);

pub(in crate::dataflow) struct Fixpoint {
    plan: Plan,
    terms: Vec<SortTerm>,
    base: Box<Operator>,
    /// By text and step, the table references that stand in it.
    own: Vec<Vec<usize>>,
    bindings: FxHashMap<BindingId, State>,
    statements: FxHashMap<Statement, Arc<str>>,
}

impl Fixpoint {
    pub(super) fn new(plan: &Plan) -> Self {
        let terms = plan.columns.iter().map(|&collation| SortTerm { collation, ..SortTerm::default() }).collect();
        Self {
            base: Box::new(operator(&plan.base)),
            own: plan.steps.iter().map(crate::plan::SqlText::table_refs).collect(),
            plan: plan.clone(),
            terms,
            bindings: FxHashMap::default(),
            statements: FxHashMap::default(),
        }
    }

    pub(super) fn keeps_sums(&self) -> bool {
        self.base.keeps_sums()
    }

    pub(super) fn hydrate(&mut self, job: &Job, tools: &mut Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let base = self.base.hydrate(job, tools)?;
        tools.source.set_instruction_budget(job.instruction_budget.min(MOST_INSTRUCTIONS));
        let rows = tools.source.rows(&self.plan.all, &job.parameters);
        tools.source.set_instruction_budget(job.instruction_budget);
        let rows: Vec<WeightedRow> = rows?.into_iter().map(|row| (row, 1)).collect();
        let mut state = State {
            rows: Arc::new(Mutex::new(Bag::of(&rows))),
            classes: FxHashMap::default(),
            base: FxHashMap::default(),
        };
        if self.plan.is_set {
            for (row, _) in &rows {
                state.enter(self.class(row), row)?;
            }
            for (row, weight) in base {
                *state.base.entry(self.class(&row)).or_default() += weight;
            }
        }
        self.bindings.insert(job.binding, state);
        Ok(rows)
    }

    pub(super) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<Vec<WeightedRow>, GiveUp>> {
        let base = self.base.maintain(jobs, tools);
        jobs.iter().zip(base).map(|(job, base)| self.follow(job, &base?, tools)).collect()
    }

    fn follow(&mut self, job: &Job, base: &[WeightedRow], tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let Some(mut state) = self.bindings.remove(&job.binding) else { return Ok(Vec::new()) };
        let job = &self.reduced(job);
        tools.show(job);
        tools.source.show_derived(&self.plan.table_refs[self.plan.own].table, &state.rows);
        let changes = match self.plan.is_set {
            true => self.follow_set(job, base, &mut state, tools)?,
            false => self.follow_bag(job, base, &state, tools)?,
        };
        self.bindings.insert(job.binding, state);
        Ok(changes)
    }

    /// The job without rows that go and come alike as far as the steps read them.
    fn reduced(&self, job: &Job) -> Job {
        let mut reduced = job.clone();
        for (table, images) in &mut reduced.images {
            if let Some((_, columns)) = self.plan.reads.iter().find(|(read, _)| read == table) {
                *images = net_change::of(images, columns);
            }
        }
        reduced.images.retain(|(_, images)| images.len() > 0);
        reduced
    }

    /// Follows step by step until there is nothing to follow, or it has cost too much.
    fn each_step(
        &mut self,
        job: &Job,
        tools: &Tools<'_>,
        mut step: impl FnMut(&mut Self, usize) -> Result<bool, GiveUp>,
    ) -> Result<(), GiveUp> {
        let start = tools.source.instructions();
        for steps in 0.. {
            if !step(self, steps)? {
                return match steps < MOST_STEPS {
                    true => Ok(()),
                    false => Err(GiveUp::NoEndInSight),
                };
            }
            tools.check(job, start)?;
        }
        Ok(())
    }

    /// The table references in a step whose tables the commit changed.
    fn changed(&self, step: usize, job: &Job) -> Result<Vec<usize>, GiveUp> {
        let changed = changed(&self.plan.table_refs, job);
        let own: Vec<usize> = changed.into_iter().filter(|table_ref| self.own[step].contains(table_ref)).collect();
        match own.len() <= MOST_CHANGED {
            true => Ok(own),
            false => Err(GiveUp::TooManyTables),
        }
    }

    /// What a step makes, for these versions of its tables and of the recursion's own rows.
    fn made(
        &mut self,
        seeks: bool,
        step: usize,
        terms: &[Term],
        own: TableVersion,
        job: &Job,
        tools: &Tools<'_>,
    ) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut made = Vec::new();
        for (versions, weight) in terms {
            if has_empty_version(&self.plan.table_refs, versions, job) {
                continue;
            }
            let mut versions = versions.clone();
            versions.push((self.plan.own, own));
            if seeks {
                versions.push((self.plan.again, TableVersion::New));
            }
            let plan = &self.plan;
            let text = if seeks { &plan.sought[step] } else { &plan.steps[step] };
            let sql = self.statements.entry((seeks, step, versions.clone()));
            let sql = Arc::clone(sql.or_insert_with(|| text.render(&plan.table_refs, &versions).into()));
            made.extend(tools.source.rows(&sql, &job.parameters)?.into_iter().map(|row| (row, *weight)));
        }
        Ok(made)
    }

    /// Has the steps read these rows as the recursion's.
    fn show_front(&self, front: &[WeightedRow], tools: &Tools<'_>) {
        let copies = |(row, weight): &WeightedRow| (0..*weight).map(|_| (0, row.clone())).collect::<Vec<_>>();
        let images = RowImages { old: Arc::default(), new: front.iter().flat_map(copies).collect() };
        tools.source.show(&self.plan.table_refs[self.plan.own].table, &images);
    }

    fn class(&self, row: &Row) -> Class {
        sort_key(&self.terms, row.values())
    }

    pub(super) fn forget(&mut self, binding: BindingId) {
        self.base.forget(binding);
        self.bindings.remove(&binding);
    }

    pub(super) fn base(&self) -> &Operator {
        &self.base
    }

    /// The rows that are remembered, and the bytes of that.
    pub(super) fn held(&self) -> (usize, usize) {
        let rows = self.bindings.values().map(|state| lock(&state.rows).len()).sum();
        (rows, self.own_bytes())
    }

    fn own_bytes(&self) -> usize {
        self.bindings.values().map(State::bytes).sum()
    }

    pub(super) fn state_bytes(&self) -> usize {
        self.base.state_bytes() + self.own_bytes()
    }

    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        self.base.binding_bytes(binding) + self.bindings.get(&binding).map_or(0, State::bytes)
    }
}

impl State {
    fn bytes(&self) -> usize {
        let keys: usize = self.classes.keys().chain(self.base.keys()).map(|class| class.len()).sum();
        let entries = (self.classes.len() + self.base.len()) * size_of::<(Class, Row)>();
        lock(&self.rows).state_bytes() + keys + entries
    }

    /// Whether a row of a set is new in it.
    fn enter(&mut self, class: Class, row: &Row) -> Result<bool, GiveUp> {
        match self.classes.get(&class) {
            None => {
                self.classes.insert(class, row.clone());
                Ok(true)
            }
            Some(held) if held == row => Ok(false),
            Some(_) => Err(GiveUp::EqualRowsDiffer),
        }
    }
}
