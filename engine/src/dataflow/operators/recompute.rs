//! `key recompute` at work: finds the touched keys, asks for their rows, and compares them with those held.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::terms::Terms;
use super::{Tools, changed, consolidated, has_empty_version};
use crate::dataflow::Job;
use crate::error::GiveUp;
use crate::plan::{MOST_CHANGED, Recompute as Plan, TableVersion};
use crate::types::{BindingId, Row, SortTerm, Value, ValueRef, WeightedRow, push_sort_key, sort_key};

/// The rows of each key, under the bytes that say which keys are equal.
type Parts = FxHashMap<Box<[u8]>, Vec<Row>>;

/// The statements of a statement for affected keys for one set of changed table references.
type Statements = Arc<[(Arc<str>, Vec<(usize, TableVersion)>)]>;

pub(in crate::dataflow) struct Recompute {
    plan: Plan,
    terms: Vec<SortTerm>,
    /// How many columns a row has before the key.
    width: usize,
    statements: FxHashMap<(usize, Vec<usize>), Statements>,
    /// Of [`Plan::linear`].
    linear: Option<Terms>,
    bindings: FxHashMap<BindingId, Parts>,
}

impl Recompute {
    pub(super) fn new(plan: &Plan) -> Self {
        let terms = plan.key.iter().map(|&collation| SortTerm { collation, ..SortTerm::default() }).collect();
        Self {
            plan: plan.clone(),
            terms,
            width: plan.width,
            statements: FxHashMap::default(),
            linear: plan.linear.as_ref().map(|linear| Terms::new(&linear.text)),
            bindings: FxHashMap::default(),
        }
    }

    pub(super) fn hydrate(&mut self, job: &Job, tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut parts = Parts::default();
        let mut rows = Vec::new();
        for row in tools.source.rows(&self.plan.all, &job.parameters)? {
            let (row, mut key) = row.split(self.width);
            if self.plan.check.is_some() {
                check(key.next())?;
            }
            parts.entry(sort_key(&self.terms, key)).or_default().push(row.clone());
            rows.push((row, 1));
        }
        self.bindings.insert(job.binding, parts);
        Ok(rows)
    }

    pub(super) fn maintain(&mut self, job: &Job, tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let start = tools.source.instructions();
        if let Some(rows) = self.linear_changes(job, tools, start)? {
            return if self.plan.remembers { self.remember(job.binding, &rows) } else { Ok(rows) };
        }
        let keys = self.touched_keys(job, tools)?;
        if !self.plan.remembers {
            return self.exchanged(job, &keys, tools, start);
        }
        let parts = self.bindings.entry(job.binding).or_default();
        let mut weighted = Vec::new();
        for (bytes, values) in keys {
            let mut now = rows_of(&self.plan.rows, job, &values, tools)?;
            if self.plan.check.is_some() {
                for row in &mut now {
                    check(row.get(self.width))?;
                    let shown = row.split(self.width).0;
                    *row = shown;
                }
            }
            tools.check(job, start)?;
            let was = if now.is_empty() { parts.remove(&bytes) } else { parts.insert(bytes, now.clone()) };
            weighted.extend(was.unwrap_or_default().into_iter().map(|row| (row, -1)));
            weighted.extend(now.into_iter().map(|row| (row, 1)));
        }
        Ok(consolidated(weighted))
    }

    /// What changes, each row with its key behind, if only tables have changed that the query is linear in.
    fn linear_changes(&mut self, job: &Job, tools: &Tools<'_>, start: u64) -> Result<Option<Vec<WeightedRow>>, GiveUp> {
        let (Some(linear), Some(terms)) = (&self.plan.linear, &mut self.linear) else { return Ok(None) };
        let changed = changed(&self.plan.table_refs, job);
        if changed.len() > MOST_CHANGED || !changed.iter().all(|table_ref| linear.table_refs.contains(table_ref)) {
            return Ok(None);
        }
        tools.show(job);
        let mut rows = Vec::new();
        terms.add_changes(&self.plan.table_refs, &changed, job, (tools, start), &mut rows)?;
        Ok(Some(consolidated(rows)))
    }

    /// Puts changes into the rows that are held, and takes the keys off.
    fn remember(&mut self, binding: BindingId, changes: &[WeightedRow]) -> Result<Vec<WeightedRow>, GiveUp> {
        let parts = self.bindings.entry(binding).or_default();
        let mut weighted = Vec::with_capacity(changes.len());
        for (row, weight) in changes {
            let (row, key) = row.split(self.width);
            let key = sort_key(&self.terms, key);
            let rows = parts.entry(key.clone()).or_default();
            for _ in 0..*weight {
                rows.push(row.clone());
            }
            for _ in *weight..0 {
                let place = rows.iter().position(|held| *held == row).ok_or(GiveUp::EqualRowsDiffer)?;
                rows.swap_remove(place);
            }
            if rows.is_empty() {
                parts.remove(&key);
            }
            weighted.push((row, *weight));
        }
        Ok(consolidated(weighted))
    }

    /// The rows of touched keys that the window holds go, and those that there are now come.
    fn exchanged(
        &self,
        job: &Job,
        keys: &BTreeMap<Box<[u8]>, Vec<Value>>,
        tools: &Tools<'_>,
        start: u64,
    ) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut key = Vec::new();
        let mut weighted: Vec<WeightedRow> = Vec::new();
        if !keys.is_empty() {
            (tools.holding)(job.binding, &mut |row| {
                key.clear();
                let (_, values) = row.split(self.width);
                self.terms.iter().zip(values).for_each(|(term, value)| push_sort_key(&mut key, *term, value));
                if keys.contains_key(&key[..]) {
                    weighted.push((row.to_row(), -1));
                }
            });
        }
        for values in keys.values() {
            weighted.extend(rows_of(&self.plan.rows, job, values, tools)?.into_iter().map(|row| (row, 1)));
            tools.check(job, start)?;
        }
        Ok(consolidated(weighted))
    }

    /// The keys that the commit touches, each with its values.
    pub(super) fn touched_keys(
        &mut self,
        job: &Job,
        tools: &Tools<'_>,
    ) -> Result<BTreeMap<Box<[u8]>, Vec<Value>>, GiveUp> {
        let changed = changed(&self.plan.table_refs, job);
        tools.show(job);
        let mut keys = BTreeMap::new();
        for affected in 0..self.plan.affected_keys.len() {
            let path = &self.plan.affected_keys[affected].path;
            let own: Vec<usize> = path.iter().copied().filter(|table_ref| changed.contains(table_ref)).collect();
            if own.len() > MOST_CHANGED {
                return Err(GiveUp::TooManyTables);
            }
            for (sql, versions) in self.statements(affected, own).iter() {
                if has_empty_version(&self.plan.table_refs, versions, job) {
                    continue;
                }
                for row in tools.source.rows(sql, &job.parameters)? {
                    let bytes = sort_key(&self.terms, row.values());
                    let values = || row.values().take(self.terms.len()).map(ValueRef::to_value).collect();
                    keys.entry(bytes).or_insert_with(values);
                }
                if self.terms.is_empty() && !keys.is_empty() {
                    return Ok(keys);
                }
            }
        }
        Ok(keys)
    }

    fn statements(&mut self, affected: usize, changed: Vec<usize>) -> Statements {
        let key = (affected, changed);
        if let Some(statements) = self.statements.get(&key) {
            return Arc::clone(statements);
        }
        let plan = &self.plan;
        let statement = |versions: Vec<(usize, TableVersion)>| {
            (Arc::from(plan.affected_keys[affected].text.render(&plan.table_refs, &versions)), versions)
        };
        let statements: Statements = subsets(&key.1).into_iter().map(statement).collect();
        self.statements.insert(key, Arc::clone(&statements));
        statements
    }

    pub(super) fn forget(&mut self, binding: BindingId) {
        self.bindings.remove(&binding);
    }

    /// The rows that are remembered, and their bytes.
    pub(super) fn held(&self) -> (usize, usize) {
        let rows = self.bindings.values().flat_map(FxHashMap::values).map(Vec::len).sum();
        (rows, self.state_bytes())
    }

    pub(super) fn state_bytes(&self) -> usize {
        self.bindings.keys().map(|binding| self.binding_bytes(*binding)).sum()
    }

    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        let mut bytes = 0;
        for (key, rows) in self.bindings.get(&binding).into_iter().flatten() {
            bytes += key.len() + size_of::<(Box<[u8]>, Vec<Row>)>() + rows.len() * size_of::<Row>();
        }
        bytes
    }
}

/// Gives up where rows show what SQLite alone knows.
fn check(differs: Option<ValueRef<'_>>) -> Result<(), GiveUp> {
    match differs {
        Some(ValueRef::Integer(0)) | None => Ok(()),
        Some(_) => Err(GiveUp::CheckFailed),
    }
}

/// The rows of one key.
pub(super) fn rows_of(sql: &str, job: &Job, key: &[Value], tools: &Tools<'_>) -> Result<Vec<Row>, GiveUp> {
    let mut parameters = job.parameters.clone();
    parameters.extend_from_slice(key);
    Ok(tools.source.rows(sql, &parameters)?)
}

/// Every set of changed table references, as delta tables.
fn subsets(changed: &[usize]) -> Vec<Vec<(usize, TableVersion)>> {
    let mut sets: Vec<Vec<(usize, TableVersion)>> = vec![Vec::new()];
    for &table_ref in changed {
        let with: Vec<_> = sets
            .iter()
            .map(|set| set.iter().copied().chain([(table_ref, TableVersion::Changed)]).collect::<Vec<_>>())
            .collect();
        sets.extend(with);
    }
    // Where none of them changed there is nothing to ask.
    sets.remove(0);
    sets
}
