//! `accumulate` at work: what each group's rows add is summed up; the group's row is drawn from the sums.

mod measures;
mod touches;

use rustc_hash::FxHashMap;

use super::recompute::rows_of;
use super::{Operator, Tools, bytes_of, check_forms, consolidated, operator};
use crate::dataflow::Job;
use crate::dataflow::sums::{Measures, Packed, Totals};
use crate::error::GiveUp;
use crate::plan::{Accumulate as Plan, Distinct, Measure, Node, Shown};
use crate::types::{
    BindingId, ExactSum, Row, RowBuilder, RowRef, SortTerm, Value, ValueRef, WeightedRow, push_sort_key, sort_key,
};

use measures::{ROWS, is_better, places, sum_at, value};
use touches::Touch;

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

pub(in crate::dataflow) struct Accumulate {
    plan: Plan,
    terms: Vec<SortTerm>,
    /// Where the numbers of each measure begin.
    places: Vec<usize>,
    input: Operator,
    bindings: FxHashMap<BindingId, Groups>,
}

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
            bindings: FxHashMap::default(),
        }
    }

    pub(super) fn hydrate(&mut self, job: &Job, tools: &mut Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut groups = Groups::default();
        let rows = tools.source.rows(&self.plan.all, &job.parameters)?;
        let (mut weighted, mut packed) = (Vec::with_capacity(rows.len()), Packed::with_capacity(rows.len()));
        let (mut key, mut sums) = (Vec::new(), Measures::default());
        for row in rows {
            check_forms(&row)?;
            let (values, extrema) = self.read_group(&row, &mut sums);
            key.clear();
            self.terms.iter().zip(values.values()).for_each(|(term, value)| push_sort_key(&mut key, *term, value));
            packed.push(&key, &sums);
            let drawn = self.draw(job, values, &extrema, &sums, tools)?;
            if self.is_held(&drawn) {
                weighted.extend(drawn.row.iter().map(|row| (row.clone(), 1)));
                groups.insert(key[..].into(), Group { values: values.to_row(), extrema, row: drawn.row });
            } else {
                weighted.extend(drawn.row.map(|row| (row, 1)));
            }
        }
        tools.sums.begin(job.binding, self.plan.state, packed);
        for distinct in &self.plan.distinct {
            let rows = tools.source.rows(&distinct.all, &job.parameters)?;
            tools.sums.begin(job.binding, distinct.state, self.values(distinct, &rows));
        }
        self.bindings.insert(job.binding, groups);
        Ok(weighted)
    }

    pub(super) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<Vec<WeightedRow>, GiveUp>> {
        let changed = self.input.maintain(jobs, tools);
        let touches = changed.into_iter().map(|rows| rows.and_then(|rows| self.touches(&rows)));
        let mut touches: Vec<Result<Vec<Touch>, GiveUp>> = touches.collect();
        self.sum_up(jobs, &mut touches, tools.sums);
        jobs.iter().zip(touches).map(|(job, touches)| self.finish(job, touches?, tools)).collect()
    }

    /// Draws each touched group again.
    fn finish(&mut self, job: &Job, touches: Vec<Touch>, tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut weighted = Vec::new();
        let mut groups = self.bindings.remove(&job.binding).unwrap_or_default();
        for mut touch in touches {
            let old = groups.remove(&touch.key);
            if old.is_none() && touch.added.is_zero() && self.is_told_by_sums() {
                continue;
            }
            let was = match &old {
                Some(group) => group.row.clone(),
                None if self.is_told_by_sums() => self.told(touch.values.as_ref(), &touch.moved.before),
                None => None,
            };
            let is_gone = self.is_grouped() && touch.moved.after.at(ROWS) == 0;
            weighted.extend(was.map(|row| (row, -1)));
            if is_gone {
                continue;
            }
            let key = std::mem::take(&mut touch.key);
            let (mut group, drawn) = self.redrawn(job, old, touch, tools)?;
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

    fn redrawn(
        &self,
        job: &Job,
        old: Option<Group>,
        touch: Touch,
        tools: &Tools<'_>,
    ) -> Result<(Group, Drawn), GiveUp> {
        let Touch { values, came, went, moved, .. } = touch;
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
            if let Some(row) = asked(&self.plan.one, job, &key, tools)?.first() {
                group.extrema = self.read_group(row, &mut Measures::default()).1;
            }
        }
        let drawn = self.draw(job, group.values.as_ref(), &group.extrema, &moved.after, tools)?;
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
    ) -> Result<Drawn, GiveUp> {
        if let Some(row) = self.of_sums(values, extrema, sums) {
            return Ok(Drawn { row: Some(row), is_asked: false });
        }
        for (measure, &place) in self.plan.measures.iter().zip(&self.places) {
            let is_sum = matches!(measure, Measure::Sum | Measure::Total | Measure::Average);
            let sum = sum_at(sums, place);
            if is_sum && sum.strange == 0 && sum.may_overflow() {
                // Whether SQLite's sum overflows depends on the order in which it comes to the rows.
                return Err(GiveUp::SumMayOverflow);
            }
        }
        let rows = asked(&self.plan.rows, job, &self.keys_of(values), tools)?;
        let row = rows.first().map(|row| {
            let (row, mut order) = row.split(self.plan.shown.len());
            match order.next() {
                Some(ValueRef::Integer(0)) | None => Ok(row),
                Some(_) => Err(GiveUp::CheckFailed),
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
        sums.clear();
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
    fn values(&self, distinct: &Distinct, rows: &[Row]) -> Packed {
        let mut values: FxHashMap<Vec<u8>, Measures> = FxHashMap::default();
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
        let mut packed = Packed::with_capacity(values.len());
        values.iter().for_each(|(key, sum)| packed.push(key, sum));
        packed
    }

    pub(super) fn forget(&mut self, binding: BindingId) {
        self.bindings.remove(&binding);
    }

    pub(super) fn input(&self) -> &Operator {
        &self.input
    }

    /// The groups and counted values that are remembered, and their bytes.
    pub(super) fn held(&self, totals: &Totals) -> (usize, usize) {
        let (groups, group_bytes) = totals.of(self.plan.state);
        let counted = self.plan.distinct.iter().map(|distinct| totals.of(distinct.state));
        counted.fold((groups, self.state_bytes() + group_bytes), |(rows, bytes), (values, of_values)| {
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

/// What SQLite knows of a group. Another binding's job may have been the last to be shown.
fn asked(sql: &str, job: &Job, key: &[Value], tools: &Tools<'_>) -> Result<Vec<Row>, GiveUp> {
    tools.show(job);
    rows_of(sql, job, key, tools)
}
