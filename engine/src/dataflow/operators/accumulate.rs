//! `accumulate` at work: the dataflow sums up what each group's rows add; the group's row is drawn from the sums.

use std::collections::{BTreeMap, HashMap};

use rustc_hash::FxHashMap;

use super::recompute::rows_of;
use super::{Operator, Tools, bytes_of, check_forms, consolidated, operator};
use crate::dataflow::Job;
use crate::dataflow::initial::Initial;
use crate::dataflow::tally::{Key, Measures, Moved, Sums};
use crate::error::Error;
use crate::plan::{Accumulate as Plan, Distinct, Measure, Node, OrderDependence, Shown};
use crate::types::{
    BindingId, Collation, ExactSum, Row, RowBuilder, RowRef, SUM_PLACES, SortTerm, Value, ValueRef, WeightedRow,
    push_sort_key, sort_key,
};

/// What is summed up of a group before the measures: its rows.
const ROWS: usize = 0;

/// The groups whose sums do not tell what was last shown of them.
type Groups = FxHashMap<Box<[u8]>, Group>;

/// A group as it was last shown.
struct Group {
    /// Its values.
    values: Row,
    /// Of each measure that is one, the extremum; nothing if there is none among them.
    extrema: Vec<Value>,
    /// Its row, if it has one.
    row: Option<Row>,
}

/// A group's row, if it has one.
struct Drawn {
    row: Option<Row>,
    /// Whether only SQLite could tell.
    is_asked: bool,
}

/// What a commit does to a group.
struct Touch {
    values: Row,
    sums: Measures,
    /// Of each measure that is an extremum, the best of the values that came.
    came: Vec<Value>,
    /// And the best of those that went.
    went: Vec<Value>,
    /// By what is counted of different values: how often each comes more than before.
    values_moved: Vec<BTreeMap<Vec<u8>, i64>>,
}

pub(in crate::dataflow) struct Accumulate {
    plan: Plan,
    terms: Vec<SortTerm>,
    /// Where the numbers of each measure begin.
    places: Vec<usize>,
    input: Operator,
    bindings: HashMap<BindingId, Groups>,
}

type Touches = Vec<(Box<[u8]>, Touch)>;

impl Accumulate {
    pub(super) fn new(plan: &Plan) -> Self {
        let terms = vec![SortTerm::default(); plan.values];
        let place = |place: &mut usize, measure: &Measure| {
            let own = *place;
            *place += places(*measure);
            Some(own)
        };
        Self {
            places: plan.measures.iter().scan(ROWS + 1, place).collect(),
            input: operator(&Node::Delta(plan.input.clone())),
            plan: plan.clone(),
            terms,
            bindings: HashMap::new(),
        }
    }

    pub(super) fn hydrate(&mut self, job: &Job, tools: &mut Tools<'_>) -> Result<Vec<WeightedRow>, Error> {
        let mut groups = Groups::default();
        let rows = tools.source.rows(&self.plan.all, &job.parameters)?;
        let (mut weighted, mut initial) = (Vec::with_capacity(rows.len()), Initial::with_capacity(rows.len()));
        let (mut key, mut sums) = (Vec::new(), Measures::default());
        for row in rows {
            check_forms(&row)?;
            let (values, extrema) = self.read_group(&row, &mut sums);
            key.clear();
            self.terms.iter().zip(values.values()).for_each(|(term, value)| push_sort_key(&mut key, *term, value));
            initial.push(&key, &sums);
            let drawn = self.draw(job, values, &extrema, &sums, tools)?;
            if self.is_held(&drawn) {
                weighted.extend(drawn.row.iter().map(|row| (row.clone(), 1)));
                groups.insert(key[..].into(), Group { values: values.to_row(), extrema, row: drawn.row });
            } else {
                weighted.extend(drawn.row.map(|row| (row, 1)));
            }
        }
        if let Some(tally) = tools.tally.as_deref_mut() {
            tally.begin(job.binding, self.plan.state, initial);
        }
        for distinct in &self.plan.distinct {
            let rows = tools.source.rows(&distinct.all, &job.parameters)?;
            if let Some(tally) = tools.tally.as_deref_mut() {
                tally.begin(job.binding, distinct.state, self.values(distinct, &rows));
            }
        }
        self.bindings.insert(job.binding, groups);
        Ok(weighted)
    }

    pub(super) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<Vec<WeightedRow>, Error>> {
        let changed = self.input.maintain(jobs, tools);
        let touches: Vec<Result<Touches, Error>> = jobs
            .iter()
            .zip(changed)
            .map(|(job, rows)| {
                let touches = self.touches(&rows?)?;
                if let Some(tally) = tools.tally.as_deref_mut() {
                    for (key, touch) in &touches {
                        tally.add(self.key(job.binding, key), &touch.sums);
                        for (distinct, values) in self.plan.distinct.iter().zip(&touch.values_moved) {
                            for (value, weight) in values {
                                let count = Measures::of(i128::from(*weight));
                                tally.add(value_key(job.binding, distinct.state, key, value), &count);
                            }
                        }
                    }
                }
                Ok(touches)
            })
            .collect();
        let moved = tools.tally.as_deref_mut().map(|tally| tally.take_moved(tools.host)).unwrap_or_default();
        let results =
            jobs.iter().zip(touches).map(|(job, touches)| self.finish(job, touches?, &moved, tools)).collect();
        if let Some(tally) = tools.tally.as_deref_mut().filter(|_| !self.plan.distinct.is_empty()) {
            // Counts of different values were added while the groups were drawn.
            tally.take_moved(tools.host);
        }
        results
    }

    /// The changed rows by group, in the order of their first.
    fn touches(&self, rows: &[WeightedRow]) -> Result<Touches, Error> {
        let mut places: HashMap<Box<[u8]>, usize> = HashMap::new();
        let mut touches: Touches = Vec::new();
        for (row, weight) in rows {
            check_forms(row)?;
            let (values, arguments) = row.split(self.plan.values);
            let key = sort_key(&self.terms, values.values());
            let place = *places.entry(key.clone()).or_insert_with(|| {
                let nothing = vec![Value::Null; self.plan.measures.len()];
                let touch = Touch {
                    values,
                    sums: Measures::default(),
                    came: nothing.clone(),
                    went: nothing,
                    values_moved: vec![BTreeMap::new(); self.plan.distinct.len()],
                };
                touches.push((key, touch));
                touches.len() - 1
            });
            let touch = &mut touches[place].1;
            touch.sums.add(ROWS, i128::from(*weight));
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
                    Measure::Count => touch.sums.add(place, i128::from(weight)),
                    Measure::Distinct(collation) => {
                        let mut key = Vec::new();
                        push_sort_key(&mut key, SortTerm { collation: *collation, ..SortTerm::default() }, value);
                        let distinct = self.plan.distinct.iter().position(|distinct| distinct.measure == at);
                        if let Some(values) = distinct.and_then(|distinct| touch.values_moved.get_mut(distinct)) {
                            *values.entry(key).or_default() += weight;
                        }
                    }
                    Measure::Sum | Measure::Total | Measure::Average => {
                        add_to_sum(&mut touch.sums, place, value, weight)
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

    /// Draws each touched group anew.
    fn finish(
        &mut self,
        job: &Job,
        touches: Touches,
        moved: &BTreeMap<Key, Moved>,
        tools: &mut Tools<'_>,
    ) -> Result<Vec<WeightedRow>, Error> {
        // Another binding's job may have been the last to be shown.
        tools.show(job);
        let mut weighted = Vec::new();
        let mut groups = self.bindings.remove(&job.binding).unwrap_or_default();
        for (key, touch) in touches {
            let moved_sums = moved.get(&self.key(job.binding, &key));
            let old = groups.remove(&key);
            if old.is_none() && moved_sums.is_none() && self.is_told_by_sums() {
                continue;
            }
            let was = match (&old, moved_sums) {
                (Some(group), _) => group.row.clone(),
                (None, Some(moved)) if self.is_told_by_sums() => self.told(touch.values.as_ref(), &moved.before),
                (None, _) => None,
            };
            let sums = moved_sums.map(|moved| &moved.after);
            // A group whose sums did not move has the values it had: but an extremum may have been exchanged.
            let mut sums = match sums {
                Some(sums) => sums.clone(),
                None => self.sums_of(job, &key, tools),
            };
            self.add_distinct(job, &key, &touch, moved, &mut sums, tools);
            let is_gone = self.is_grouped() && sums.at(ROWS) == 0;
            weighted.extend(was.map(|row| (row, -1)));
            if is_gone {
                continue;
            }
            let (mut group, drawn) = self.redrawn(job, old, touch, &sums, tools)?;
            let is_held = self.is_held(&drawn);
            weighted.extend(drawn.row.iter().map(|row| (row.clone(), 1)));
            if is_held {
                group.row = drawn.row;
                groups.insert(key, group);
            }
        }
        self.bindings.insert(job.binding, groups);
        Ok(consolidated(weighted))
    }

    /// Adds to the sums of a group how many different values came.
    fn add_distinct(
        &self,
        job: &Job,
        key: &[u8],
        touch: &Touch,
        moved: &BTreeMap<Key, Moved>,
        sums: &mut Measures,
        tools: &mut Tools<'_>,
    ) {
        let Some(tally) = tools.tally.as_deref_mut() else { return };
        for (distinct, values) in self.plan.distinct.iter().zip(&touch.values_moved) {
            let came = |value: &Vec<u8>| {
                let moved = moved.get(&value_key(job.binding, distinct.state, key, value));
                moved.map_or(0, |moved| i128::from(moved.after.at(0) > 0) - i128::from(moved.before.at(0) > 0))
            };
            let came: i128 = values.keys().map(came).sum();
            let place = self.places[distinct.measure];
            let mut added = Measures::default();
            added.add(place, came);
            sums.add(place, came);
            tally.add(self.key(job.binding, key), &added);
        }
    }

    /// Whether the row of a group follows from its sums, unless SQLite had to be asked for it: then it need not be held. How
    /// many different values there were before a commit, its sums do not tell by then.
    fn is_told_by_sums(&self) -> bool {
        self.plan.distinct.is_empty() && !self.has_extrema()
    }

    fn has_extrema(&self) -> bool {
        self.plan.measures.iter().any(|measure| matches!(measure, Measure::Minimum(_) | Measure::Maximum(_)))
    }

    fn is_held(&self, drawn: &Drawn) -> bool {
        drawn.is_asked || !self.is_told_by_sums()
    }

    /// The row that a group had whose sums were these, if it was there.
    fn told(&self, values: RowRef<'_>, sums: &Measures) -> Option<Row> {
        let was_there = !self.is_grouped() || sums.at(ROWS) != 0;
        was_there.then(|| self.of_sums(values, &[], sums)).flatten()
    }

    /// The sums of a group as they stand.
    fn sums_of(&self, job: &Job, key: &[u8], tools: &mut Tools<'_>) -> Measures {
        let key = self.key(job.binding, key);
        tools.tally.as_deref_mut().map(|tally| tally.sum(&key)).unwrap_or_default()
    }

    fn redrawn(
        &self,
        job: &Job,
        old: Option<Group>,
        touch: Touch,
        sums: &Measures,
        tools: &mut Tools<'_>,
    ) -> Result<(Group, Drawn), Error> {
        let Touch { values, came, went, .. } = touch;
        let nothing = || self.no_extrema();
        let (values, mut extrema) = old.map_or_else(|| (values, nothing()), |old| (old.values, old.extrema));
        let mut is_lost = false;
        for (at, measure) in self.plan.measures.iter().enumerate() {
            if !matches!(measure, Measure::Minimum(_) | Measure::Maximum(_)) {
                continue;
            }
            is_lost |= went[at] != Value::Null && !is_better(*measure, extrema[at].as_ref(), went[at].as_ref());
            if came[at] != Value::Null
                && (extrema[at] == Value::Null || is_better(*measure, came[at].as_ref(), extrema[at].as_ref()))
            {
                extrema[at] = came[at].clone();
            }
        }
        let mut group = Group { values, extrema, row: None };
        if is_lost {
            let key = self.keys_of(group.values.as_ref());
            if let Some(row) = rows_of(&self.plan.one, job, &key, tools)?.first() {
                group.extrema = self.read_group(row, &mut Measures::default()).1;
            }
        }
        let drawn = self.draw(job, group.values.as_ref(), &group.extrema, sums, tools)?;
        Ok((group, drawn))
    }

    fn is_grouped(&self) -> bool {
        self.plan.keys > 0
    }

    /// What GROUP BY says of a group's values.
    fn keys_of(&self, values: RowRef<'_>) -> Vec<Value> {
        values.values().take(self.plan.keys).map(ValueRef::to_value).collect()
    }

    fn no_extrema(&self) -> Vec<Value> {
        if self.has_extrema() { vec![Value::Null; self.plan.measures.len()] } else { Vec::new() }
    }

    /// A group's row, from its sums or, where they cannot tell, from SQLite.
    fn draw(
        &self,
        job: &Job,
        values: RowRef<'_>,
        extrema: &[Value],
        sums: &Measures,
        tools: &Tools<'_>,
    ) -> Result<Drawn, Error> {
        if let Some(row) = self.of_sums(values, extrema, sums) {
            return Ok(Drawn { row: Some(row), is_asked: false });
        }
        for (measure, &place) in self.plan.measures.iter().zip(&self.places) {
            let is_sum = matches!(measure, Measure::Sum | Measure::Total | Measure::Average);
            let sum = sum_at(sums, place);
            if is_sum && sum.strange == 0 && sum.may_overflow() {
                // Whether SQLite's sum overflows depends on the order in which it comes to the rows.
                return Err(Error::NotIncremental("a sum that may overflow".into()));
            }
        }
        let rows = rows_of(&self.plan.rows, job, &self.keys_of(values), tools)?;
        let row = rows.first().map(|row| {
            let (row, mut order) = row.split(self.plan.shown.len());
            match order.next() {
                Some(ValueRef::Integer(0)) | None => Ok(row),
                Some(_) => Err(Error::NotIncremental(OrderDependence::FloatSum.to_string().into())),
            }
        });
        Ok(Drawn { row: row.transpose()?, is_asked: true })
    }

    /// The row of a group as its sums have it, if they tell.
    fn of_sums(&self, values: RowRef<'_>, extrema: &[Value], sums: &Measures) -> Option<Row> {
        let mut builder =
            RowBuilder::with_capacity(values.as_bytes().len() + self.plan.shown.len() * size_of::<Value>());
        for shown in &self.plan.shown {
            match shown {
                Shown::Group(at) => builder.push(values.values().nth(*at).unwrap_or(ValueRef::Null)),
                Shown::Measure(at) => {
                    let extremum = extrema.get(*at).unwrap_or(&Value::Null);
                    builder.push(value(self.plan.measures[*at], sums, self.places[*at], extremum)?.as_ref());
                }
            }
        }
        Some(builder.finish())
    }

    /// A row of the statement that sums up whole groups: the group's values and its extrema.
    fn read_group<'r>(&self, row: &'r Row, sums: &mut Measures) -> (RowRef<'r>, Vec<Value>) {
        let (values, mut rest) = row.as_ref().split(self.plan.values);
        let mut next = || rest.next().unwrap_or(ValueRef::Null);
        let number = |value: ValueRef<'_>| if let ValueRef::Integer(number) = value { number.into() } else { 0 };
        sums.0.clear();
        sums.add(ROWS, number(next()));
        let mut extrema = self.no_extrema();
        for (at, (measure, &place)) in self.plan.measures.iter().zip(&self.places).enumerate() {
            match measure {
                Measure::Rows => {}
                Measure::Minimum(_) | Measure::Maximum(_) => extrema[at] = next().to_value(),
                Measure::Count | Measure::Distinct(_) => sums.add(place, number(next())),
                Measure::Sum | Measure::Total | Measure::Average => {
                    if let ValueRef::Blob(bytes) = next() {
                        let places = ExactSum::from_bytes(bytes).places();
                        places.into_iter().enumerate().for_each(|(at, number)| sums.add(place + at, number));
                    }
                }
            }
        }
        (values, extrema)
    }

    /// How often each value comes in each group.
    fn values(&self, distinct: &Distinct, rows: &[Row]) -> Initial {
        let mut values: HashMap<Vec<u8>, Measures> = HashMap::new();
        for row in rows {
            let (group, mut rest) = row.split(self.plan.values);
            let (Some(value), Some(ValueRef::Integer(count))) = (rest.next(), rest.next()) else { continue };
            if matches!(value, ValueRef::Null) {
                continue;
            }
            let mut key = sort_key(&self.terms, group.values()).into_vec();
            push_sort_key(&mut key, SortTerm { collation: distinct.collation, ..SortTerm::default() }, value);
            values.entry(key).or_default().add(0, i128::from(count));
        }
        let mut initial = Initial::with_capacity(values.len());
        values.iter().for_each(|(key, sum)| initial.push(key, sum));
        initial
    }

    fn key(&self, binding: BindingId, key: &[u8]) -> Key {
        Key { binding: binding.0, state: self.plan.state, bytes: key.into() }
    }

    pub(super) fn forget(&mut self, binding: BindingId) {
        self.bindings.remove(&binding);
    }

    pub(super) fn input(&self) -> &Operator {
        &self.input
    }

    /// The groups and counted values that are remembered, and their bytes.
    pub(super) fn held(&self, sums: &Sums) -> (usize, usize) {
        let (groups, _) = sums.of(self.plan.state);
        let counted = self.plan.distinct.iter().map(|distinct| sums.of(distinct.state));
        counted.fold((groups, self.state_bytes() + sums.of(self.plan.state).1), |(rows, bytes), (values, of_values)| {
            (rows + values, bytes + of_values)
        })
    }

    pub(super) fn state_bytes(&self) -> usize {
        self.bindings.keys().map(|binding| self.binding_bytes(*binding)).sum()
    }

    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        let mut bytes = 0;
        for (key, group) in self.bindings.get(&binding).into_iter().flatten() {
            bytes +=
                key.len() + bytes_of(&group.values) + size_of::<Group>() + group.extrema.len() * size_of::<Value>();
        }
        bytes
    }
}

/// What counts a value of a group.
fn value_key(binding: BindingId, state: u32, group: &[u8], value: &[u8]) -> Key {
    // No group's key is the beginning of another one's: both have the same number of terms.
    let bytes = [group, value].concat().into_boxed_slice();
    Key { binding: binding.0, state, bytes }
}

/// How many numbers are summed up for a measure.
fn places(measure: Measure) -> usize {
    match measure {
        Measure::Rows | Measure::Minimum(_) | Measure::Maximum(_) => 0,
        Measure::Count | Measure::Distinct(_) => 1,
        Measure::Sum | Measure::Total | Measure::Average => SUM_PLACES,
    }
}

fn add_to_sum(sums: &mut Measures, place: usize, value: ValueRef<'_>, weight: i64) {
    for (at, number) in ExactSum::of(value).places().into_iter().enumerate() {
        sums.add(place + at, i128::from(weight) * number);
    }
}

/// The sum that begins at a place.
fn sum_at(sums: &Measures, place: usize) -> ExactSum {
    ExactSum::at(sums.from(place))
}

/// The value of a measure, or nothing if only SQLite can tell.
#[expect(clippy::cast_precision_loss, reason = "as SQLite converts its 64-bit sum")]
fn value(measure: Measure, sums: &Measures, place: usize, extremum: &Value) -> Option<Value> {
    let integer = |number: i128| i64::try_from(number).ok().map(Value::Integer);
    match measure {
        Measure::Rows => integer(sums.at(ROWS)),
        Measure::Count | Measure::Distinct(_) => integer(sums.at(place)),
        Measure::Minimum(_) | Measure::Maximum(_) => Some(extremum.clone()),
        Measure::Sum | Measure::Total | Measure::Average => {
            let sum = sum_at(sums, place);
            let float = || if sum.is_float() { sum.float() } else { sum.integer().map(|sum| sum as f64) };
            match measure {
                Measure::Sum | Measure::Average if sum.values == 0 => Some(Value::Null),
                Measure::Sum if !sum.is_float() => sum.integer().map(Value::Integer),
                Measure::Average => Some(Value::Real(float()? / i64::try_from(sum.values).ok()? as f64)),
                _ => float().map(Value::Real),
            }
        }
    }
}

/// Whether a value would take the place of another as the extremum.
fn is_better(measure: Measure, value: ValueRef<'_>, other: ValueRef<'_>) -> bool {
    let key = |collation: Collation, value| {
        let mut key = Vec::new();
        push_sort_key(&mut key, SortTerm { collation, ..SortTerm::default() }, value);
        key
    };
    match measure {
        Measure::Minimum(collation) => key(collation, value) < key(collation, other),
        Measure::Maximum(collation) => key(collation, value) > key(collation, other),
        _ => false,
    }
}
