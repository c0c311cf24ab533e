//! `fixpoint` at work: see [`crate::plan::Fixpoint`] for what is followed, and why it ends.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::{Operator, Tools, changed, consolidated, has_empty_version, operator};
use crate::dataflow::Job;
use crate::error::Error;
use crate::plan::{Fixpoint as Plan, MOST_CHANGED, RowImages, TableVersion};
use crate::types::{
    Bag, BindingId, Row, RowBuilder, SharedBag, SortTerm, ValueRef, WeightedRow, lock_bag as lock, sort_key,
};

/// How many steps are followed before it is thought that there is no end.
const MOST_STEPS: usize = 10_000;

/// The first evaluation may take so many of SQLite's instructions: the query itself may ask for the first rows of many.
const MOST_WORK: u64 = 20_000_000;

/// What says which rows are equal.
type Class = Box<[u8]>;

/// What is held of a binding.
struct State {
    rows: SharedBag,
    /// Of a set, its rows by class: where two that are equal differ, SQLite alone knows which is shown.
    classes: HashMap<Class, Row>,
    /// Of a set, how often the rows come from where it begins.
    base: HashMap<Class, i64>,
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
    bindings: HashMap<BindingId, State>,
    statements: HashMap<Statement, Arc<str>>,
}

impl Fixpoint {
    pub(super) fn new(plan: &Plan) -> Self {
        let terms = plan.columns.iter().map(|&collation| SortTerm { collation, ..SortTerm::default() }).collect();
        Self {
            base: Box::new(operator(&plan.base)),
            own: plan.steps.iter().map(crate::plan::Text::table_refs).collect(),
            plan: plan.clone(),
            terms,
            bindings: HashMap::new(),
            statements: HashMap::new(),
        }
    }

    pub(super) fn keeps_sums(&self) -> bool {
        self.base.keeps_sums()
    }

    pub(super) fn hydrate(&mut self, job: &Job, tools: &mut Tools<'_>) -> Result<Vec<WeightedRow>, Error> {
        let base = self.base.hydrate(job, tools)?;
        tools.source.allow(job.allowance.min(MOST_WORK));
        let rows = tools.source.rows(&self.plan.all, &job.parameters);
        tools.source.allow(job.allowance);
        let rows: Vec<WeightedRow> = rows?.into_iter().map(|row| (row, 1)).collect();
        let mut state =
            State { rows: Arc::new(Mutex::new(Bag::of(&rows))), classes: HashMap::new(), base: HashMap::new() };
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

    pub(super) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<Vec<WeightedRow>, Error>> {
        let base = self.base.maintain(jobs, tools);
        jobs.iter().zip(base).map(|(job, base)| self.follow(job, &base?, tools)).collect()
    }

    fn follow(&mut self, job: &Job, base: &[WeightedRow], tools: &Tools<'_>) -> Result<Vec<WeightedRow>, Error> {
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
                *images = less_what_stays(images, columns);
            }
        }
        reduced.images.retain(|(_, images)| images.len() > 0);
        reduced
    }

    /// UNION ALL.
    fn follow_bag(
        &mut self,
        job: &Job,
        base: &[WeightedRow],
        state: &State,
        tools: &Tools<'_>,
    ) -> Result<Vec<WeightedRow>, Error> {
        let mut all = Vec::new();
        for (sign, edge) in [(-1, TableVersion::Old), (1, TableVersion::New)] {
            let is_going = sign < 0;
            let mut front: Vec<WeightedRow> = base.iter().filter(|(_, weight)| weight * sign > 0).cloned().collect();
            front.iter_mut().for_each(|(_, weight)| *weight *= sign);
            for step in 0..self.plan.steps.len() {
                let edges = edges(&self.changed(step, job)?, edge);
                front.extend(self.made(false, step, &edges, TableVersion::Post, job, tools)?);
            }
            let mut front = consolidated(front);
            let mut half = front.clone();
            self.each_step(job, tools, |this, steps| {
                if front.is_empty() {
                    return Ok(false);
                }
                this.show_front(&front, tools);
                let mut next = Vec::new();
                for step in 0..this.plan.steps.len() {
                    let left = if is_going { kept(&this.changed(step, job)?) } else { vec![(Vec::new(), 1)] };
                    next.extend(this.made(false, step, &left, TableVersion::New, job, tools)?);
                }
                front = consolidated(next);
                half.extend(front.iter().cloned());
                Ok(steps < MOST_STEPS)
            })?;
            let mut bag = lock(&state.rows);
            for (row, weight) in half {
                bag.add(&row, weight * sign);
                all.push((row, weight * sign));
            }
        }
        Ok(consolidated(all))
    }

    /// UNION.
    fn follow_set(
        &mut self,
        job: &Job,
        base: &[WeightedRow],
        state: &mut State,
        tools: &Tools<'_>,
    ) -> Result<Vec<WeightedRow>, Error> {
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
                    Some(_) => return Err(ambiguous()),
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

    /// Follows step by step until there is nothing to follow, or it has cost too much.
    fn each_step(
        &mut self,
        job: &Job,
        tools: &Tools<'_>,
        mut step: impl FnMut(&mut Self, usize) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let start = tools.source.work();
        for steps in 0.. {
            if !step(self, steps)? {
                return match steps < MOST_STEPS {
                    true => Ok(()),
                    false => Err(Error::NotIncremental("a recursion without an end in sight".into())),
                };
            }
            tools.check(job, start)?;
        }
        Ok(())
    }

    /// The table references in a step whose tables the commit changed.
    fn changed(&self, step: usize, job: &Job) -> Result<Vec<usize>, Error> {
        let changed = changed(&self.plan.table_refs, job);
        let own: Vec<usize> = changed.into_iter().filter(|table_ref| self.own[step].contains(table_ref)).collect();
        match own.len() <= MOST_CHANGED {
            true => Ok(own),
            false => Err(Error::NotIncremental("too many tables changed at once".into())),
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
    ) -> Result<Vec<WeightedRow>, Error> {
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
    fn enter(&mut self, class: Class, row: &Row) -> Result<bool, Error> {
        match self.classes.get(&class) {
            None => {
                self.classes.insert(class, row.clone());
                Ok(true)
            }
            Some(held) if held == row => Ok(false),
            Some(_) => Err(ambiguous()),
        }
    }
}

fn ambiguous() -> Error {
    Error::NotIncremental("which of several equal rows a recursion shows".into())
}

fn rows(weighted: Vec<WeightedRow>) -> impl Iterator<Item = Row> {
    weighted.into_iter().map(|(row, _)| row)
}

/// The images without pairs of an old and a new row that agree in these columns.
fn less_what_stays(images: &RowImages, columns: &[usize]) -> RowImages {
    let read = |row: &Row| {
        let mut key = RowBuilder::default();
        columns.iter().for_each(|column| key.push(row.get(*column).unwrap_or(ValueRef::Null)));
        key.finish()
    };
    let mut old: HashMap<Row, usize> = HashMap::new();
    images.old.iter().for_each(|(_, row)| *old.entry(read(row)).or_default() += 1);
    let mut stays: HashMap<Row, usize> = HashMap::new();
    let take = |from: &mut HashMap<Row, usize>, key: &Row| match from.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let comes = |(_, row): &&(i64, Row)| {
        let key = read(row);
        let is_there = take(&mut old, &key);
        if is_there {
            *stays.entry(key).or_default() += 1;
        }
        !is_there
    };
    let new = images.new.iter().filter(comes).cloned().collect();
    let goes = |(_, row): &&(i64, Row)| !take(&mut stays, &read(row));
    RowImages { old: images.old.iter().filter(goes).cloned().collect(), new }
}

/// Every way in which one of the changed tables is read at this version, and the others as they are.
fn through(changed: &[usize], version: TableVersion) -> Vec<Term> {
    changed.iter().map(|&table_ref| (vec![(table_ref, version)], 1)).collect()
}

/// The rows that the commit left: those that are there, less those that are new.
fn kept(changed: &[usize]) -> Vec<Term> {
    let mut terms: Vec<Term> = vec![(Vec::new(), 1)];
    for &table_ref in changed {
        let without = |(versions, weight): &Term| {
            let versions = versions.iter().copied().chain([(table_ref, TableVersion::New)]).collect();
            (versions, -weight)
        };
        let more: Vec<Term> = terms.iter().map(without).collect();
        terms.extend(more);
    }
    terms
}

/// What goes with the rows that the commit took from the tables, or comes with those that it brought: in every nonempty set
/// of them these rows, elsewhere those that the commit left.
fn edges(changed: &[usize], version: TableVersion) -> Vec<Term> {
    let mut terms: Vec<(Term, bool)> = vec![((Vec::new(), 1), false)];
    for &table_ref in changed {
        let mut next = Vec::new();
        for ((versions, weight), has_edge) in terms {
            let with = |version| versions.iter().copied().chain([(table_ref, version)]).collect::<Vec<_>>();
            next.push(((with(version), weight), true));
            next.push(((with(TableVersion::New), -weight), has_edge));
            next.push(((versions, weight), has_edge));
        }
        terms = next;
    }
    terms.into_iter().filter(|(_, has_edge)| *has_edge).map(|(term, _)| term).collect()
}
