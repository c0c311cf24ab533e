//! What the changed rows of a commit do to each group, and to its sums.

use rustc_hash::FxHashMap;

use super::Accumulate;
use super::measures::{ROWS, add_to_sum, is_better};
use crate::dataflow::Job;
use crate::dataflow::operators::check_forms;
use crate::dataflow::sums::{Key, Measures, Moved, Sums};
use crate::error::GiveUp;
use crate::plan::Measure;
use crate::types::{BindingId, Row, SortTerm, Value, ValueRef, WeightedRow, push_sort_key, sort_key};

/// Up to this number of rows, comparing all groups costs less than a hash table does.
const FEW: usize = 4;

/// What a commit does to a group.
pub(super) struct Touch {
    /// What names the group among the sums.
    pub(super) key: Box<[u8]>,
    /// The group's values.
    pub(super) values: Row,
    /// Of each measure that is an extremum, the best of the values that came; empty if none is.
    pub(super) came: Vec<Value>,
    /// And the best of those that went.
    pub(super) went: Vec<Value>,
    /// What is added to its sums.
    pub(super) added: Measures,
    /// The sums before and after, once they are summed up.
    pub(super) moved: Moved,
    /// The values whose different ones are counted: for which count, and how often each comes more than before.
    counted: Vec<(usize, Vec<u8>, i64)>,
}

impl Accumulate {
    /// The changed rows by group, in the order of their first.
    pub(super) fn touches(&self, rows: &[WeightedRow]) -> Result<Vec<Touch>, GiveUp> {
        // Of a few rows all are compared.
        let mut places: Option<FxHashMap<Box<[u8]>, usize>> = (rows.len() > FEW).then(FxHashMap::default);
        let mut touches: Vec<Touch> = Vec::new();
        for (row, weight) in rows {
            check_forms(row)?;
            let (values, arguments) = row.as_ref().split(self.plan.values);
            let key = sort_key(&self.terms, values.values());
            let known = match &places {
                Some(places) => places.get(&key).copied(),
                None => touches.iter().position(|touch| touch.key == key),
            };
            let place = known.unwrap_or(touches.len());
            if known.is_none() {
                if let Some(places) = &mut places {
                    places.insert(key.clone(), place);
                }
                touches.push(Touch {
                    key,
                    values: values.to_row(),
                    came: self.no_extrema(),
                    went: self.no_extrema(),
                    added: Measures::default(),
                    moved: Moved::default(),
                    counted: Vec::new(),
                });
            }
            let touch = &mut touches[place];
            touch.added.add(ROWS, i128::from(*weight));
            self.add_arguments(touch, arguments, *weight);
        }
        Ok(touches)
    }

    fn add_arguments<'v>(&self, touch: &mut Touch, mut arguments: impl Iterator<Item = ValueRef<'v>>, weight: i64) {
        for (at, (measure, &place)) in self.plan.measures.iter().zip(&self.places).enumerate() {
            if *measure == Measure::Rows {
                continue;
            }
            let value = arguments.next().unwrap_or(ValueRef::Null);
            if !matches!(value, ValueRef::Null) {
                match measure {
                    Measure::Rows => {}
                    Measure::Count => touch.added.add(place, i128::from(weight)),
                    Measure::Distinct(collation) => {
                        let mut key = Vec::new();
                        push_sort_key(&mut key, SortTerm { collation: *collation, ..SortTerm::default() }, value);
                        let distinct = self.plan.distinct.iter().position(|distinct| distinct.measure == at);
                        touch.counted.extend(distinct.map(|distinct| (distinct, key, weight)));
                    }
                    Measure::Sum | Measure::Total | Measure::Average => {
                        add_to_sum(&mut touch.added, place, value, weight)
                    }
                    Measure::Minimum(_) | Measure::Maximum(_) => {
                        let best = if weight > 0 { &mut touch.came[at] } else { &mut touch.went[at] };
                        if *best == Value::Null || is_better(*measure, value, best.as_ref()) {
                            *best = value.to_value();
                        }
                    }
                }
            }
        }
    }

    /// Adds to the sums what commits do to the groups of some bindings.
    pub(super) fn sum_up(&self, jobs: &[Job], touches: &mut [Result<Vec<Touch>, GiveUp>], sums: &mut Sums) {
        let mut additions = Vec::new();
        for (job, touches) in jobs.iter().zip(&*touches) {
            for touch in touches.iter().flatten() {
                additions.push((self.key(job.binding, &touch.key), touch.added.clone()));
                for (distinct, value, weight) in &touch.counted {
                    let key = value_key(job.binding, self.plan.distinct[*distinct].state, &touch.key, value);
                    additions.push((key, Measures::of(i128::from(*weight))));
                }
            }
        }
        let mut all_moved = sums.add(&additions).into_iter();
        // A value that a group did not have, or has no more, is another one that it counts.
        let mut additions = Vec::new();
        for (job, touches) in jobs.iter().zip(touches) {
            for touch in touches.iter_mut().flatten() {
                touch.moved = all_moved.next().unwrap_or_default();
                let mut different = Measures::default();
                for (distinct, ..) in &touch.counted {
                    let moved = all_moved.next().unwrap_or_default();
                    let came = i128::from(moved.after.at(0) > 0) - i128::from(moved.before.at(0) > 0);
                    different.add(self.places[self.plan.distinct[*distinct].measure], came);
                }
                if !different.is_zero() {
                    touch.moved.after.add_all(&different);
                    additions.push((self.key(job.binding, &touch.key), different));
                }
            }
        }
        if !additions.is_empty() {
            sums.add(&additions);
        }
    }

    fn key(&self, binding: BindingId, key: &[u8]) -> Key {
        Key { binding: binding.0, state: self.plan.state, bytes: key.into() }
    }
}

/// What counts a value of a group.
fn value_key(binding: BindingId, state: u32, group: &[u8], value: &[u8]) -> Key {
    // No group's key is the beginning of another one's: both have the same number of terms.
    let bytes = [group, value].concat().into_boxed_slice();
    Key { binding: binding.0, state, bytes }
}
