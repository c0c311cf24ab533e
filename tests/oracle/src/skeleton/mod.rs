//! Exhaustive small-scope testing: every form of FROM with every shape of result, all other clauses pairwise. Each query is
//! checked through every change of one row and back, over three small tables with difficult contents.

mod forms;
mod walk;

use std::collections::BTreeSet;

use tidewater::{Params, Value};

use crate::case::{Case, Step};
use forms::{FORMS, Form};

/// What a result looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Plain,
    Expressions,
    Distinct,
    Totals,
    Sums,
    Extremes,
    Lists,
    Having,
    Partitions,
    Ranks,
    UnionAll,
    Union,
    Intersect,
    Except,
}

const SHAPES: [Shape; 14] = [
    Shape::Plain,
    Shape::Expressions,
    Shape::Distinct,
    Shape::Totals,
    Shape::Sums,
    Shape::Extremes,
    Shape::Lists,
    Shape::Having,
    Shape::Partitions,
    Shape::Ranks,
    Shape::UnionAll,
    Shape::Union,
    Shape::Intersect,
    Shape::Except,
];

/// Conditions, with `G`, `N` and `T` for the form's group, number and text.
const FILTERS: [&str; 12] = [
    "",
    "N = 2",
    "N > ?",
    "G IS NULL",
    "T IN ('x', 'A', 's')",
    "(N = 1 OR T = 'x')",
    "N BETWEEN 1 AND 2",
    "T LIKE 'x%'",
    "(G, N) >= (1, 1)",
    "EXISTS (SELECT 1 FROM d AS e WHERE e.c = N)",
    "N NOT IN (SELECT e.c FROM d AS e WHERE e.word = T)",
    "G = ?",
];

const ORDERS: [&str; 5] = ["", " ORDER BY 1", " ORDER BY 1 DESC NULLS LAST, 2", " ORDER BY 2 COLLATE NOCASE, 1", "KEY"];

const LIMITS: [&str; 5] = ["", " LIMIT 2", " LIMIT 2 OFFSET 1", " LIMIT ?", " LIMIT 0"];

/// Values that look alike, bound at once to the same query.
fn lookalikes() -> [Value; 5] {
    [Value::Integer(1), Value::Real(1.0), Value::from("1"), Value::from(vec![0x31]), Value::Null]
}

/// One choice on every axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Skeleton([usize; 5]);

/// A choice on each of two axes.
type Pair = ((usize, usize), (usize, usize));

impl Skeleton {
    fn pairs(self) -> impl Iterator<Item = Pair> {
        let axes = self.0;
        (0..axes.len()).flat_map(move |one| (one + 1..axes.len()).map(move |two| ((one, axes[one]), (two, axes[two]))))
    }

    /// Its text, and the kinds of its parameters in their order: `true` is a value, `false` a number of rows.
    fn sql(self) -> (String, Vec<bool>) {
        let [form, shape, filter, order, limit] = self.0;
        let (form, shape) = (&FORMS[form], SHAPES[shape]);
        let mut params = Vec::new();
        let condition = filled(FILTERS[filter], form);
        if condition.contains('?') {
            params.push(true);
        }
        let conditions: Vec<&str> = [form.filter, &condition].into_iter().filter(|text| !text.is_empty()).collect();
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let from = format!("FROM {}{filter}", form.from);
        let select = filled(&shape.select().replace("FROM", &from), form);
        let is_plain = matches!(shape, Shape::Plain | Shape::Expressions);
        let order = match ORDERS[order] {
            "KEY" if is_plain => format!(" ORDER BY {} || '', {}", form.text, form.key),
            "KEY" => " ORDER BY 2, 1".to_owned(),
            order => order.to_owned(),
        };
        if LIMITS[limit].contains('?') {
            params.push(false);
        }
        (format!("{}{select}{order}{}", form.with, LIMITS[limit]), params)
    }
}

impl Shape {
    /// The query, with `FROM` for FROM and WHERE and letters for what the form has.
    fn select(self) -> &'static str {
        match self {
            Self::Plain => "SELECT G, N, T FROM",
            Self::Expressions => "SELECT coalesce(N, 0) + 1, T || '!', typeof(G) FROM",
            Self::Distinct => "SELECT DISTINCT G, T FROM",
            Self::Totals => "SELECT count(*), sum(N), min(N), max(T), avg(N) FROM",
            Self::Sums => "SELECT G, count(*), count(N), sum(N), avg(N), total(N) FROM GROUP BY G",
            Self::Extremes => "SELECT G, min(N), max(N), max(T) FROM GROUP BY G",
            Self::Lists => "SELECT G, group_concat(T, ',' ORDER BY K), json_group_array(N ORDER BY K) FROM GROUP BY G",
            Self::Having => {
                "SELECT G, count(DISTINCT N), sum(N) FILTER (WHERE T = 'x') FROM GROUP BY G HAVING count(*) > 1"
            }
            Self::Partitions => {
                "SELECT G, row_number() OVER (PARTITION BY G ORDER BY K), sum(N) OVER (PARTITION BY G) FROM"
            }
            Self::Ranks => "SELECT N, rank() OVER (ORDER BY N, K), lag(T) OVER (ORDER BY K) FROM",
            Self::UnionAll => "SELECT G, N FROM UNION ALL SELECT boss, n FR_OM p",
            Self::Union => "SELECT G, N FROM UNION SELECT p, n FR_OM c UNION ALL SELECT boss, n FR_OM p",
            Self::Intersect => "SELECT G, N FROM INTERSECT SELECT p, n FR_OM c",
            Self::Except => "SELECT G, N FROM EXCEPT SELECT boss, n FR_OM p WHERE n = 2",
        }
    }
}

/// A text with what the form has for its letters. Only letters that stand alone are meant.
fn filled(text: &str, form: &Form) -> String {
    let mut filled = String::new();
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_') {
        let name = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let value = match name {
            "G" => form.group,
            "N" => form.number,
            "T" => form.text,
            "K" => form.key,
            // Of the other SELECT of a compound.
            "FR_OM" => "FROM",
            other => other,
        };
        filled.push_str(value);
        filled.push_str(&word[name.len()..]);
    }
    filled
}

/// Every form with every shape; filters, orders and limits such that each pair of choices is somewhere.
fn skeletons() -> Vec<Skeleton> {
    let mut open: BTreeSet<Pair> = BTreeSet::new();
    let sizes = [FORMS.len(), SHAPES.len(), FILTERS.len(), ORDERS.len(), LIMITS.len()];
    for one in 0..sizes.len() {
        for two in one + 1..sizes.len() {
            open.extend((0..sizes[one]).flat_map(|a| (0..sizes[two]).map(move |b| ((one, a), (two, b)))));
        }
    }
    let mut chosen = Vec::with_capacity(FORMS.len() * SHAPES.len());
    for form in 0..FORMS.len() {
        for shape in 0..SHAPES.len() {
            // Where nothing is open any more, the choices go on in turn.
            let turn = form * SHAPES.len() + shape;
            let candidates = (0..FILTERS.len() * ORDERS.len() * LIMITS.len()).map(|number| {
                let number = number + turn;
                let filter = number % FILTERS.len();
                let order = number / FILTERS.len() % ORDERS.len();
                let limit = number / FILTERS.len() / ORDERS.len() % LIMITS.len();
                Skeleton([form, shape, filter, order, limit])
            });
            let gain = |skeleton: &Skeleton| skeleton.pairs().filter(|pair| open.contains(pair)).count();
            let mut best: Option<(usize, Skeleton)> = None;
            for candidate in candidates {
                let gain = gain(&candidate);
                if best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, candidate));
                }
            }
            if let Some((_, skeleton)) = best {
                skeleton.pairs().for_each(|pair| {
                    open.remove(&pair);
                });
                chosen.push(skeleton);
            }
        }
    }
    // What did not fit anywhere has skeletons of its own.
    while let Some(((one, a), (two, b))) = open.pop_first() {
        let mut axes = [0; 5];
        (axes[one], axes[two]) = (a, b);
        chosen.push(Skeleton(axes));
    }
    chosen
}

/// The cases that walk all skeletons, so many at once in each; those of every second case are subscribed to before there
/// are rows.
#[must_use]
pub fn cases(at_once: usize) -> Vec<Case> {
    let all = skeletons();
    all.chunks(at_once).enumerate().map(|(number, skeletons)| case(skeletons, number % 2 == 1)).collect()
}

fn case(skeletons: &[Skeleton], is_early: bool) -> Case {
    let mut subscriptions = Vec::new();
    for skeleton in skeletons {
        let (sql, params) = skeleton.sql();
        let one = |value: Value| {
            let values: Vec<Value> =
                params.iter().map(|is_value| if *is_value { value.clone() } else { Value::Integer(3) }).collect();
            if values.is_empty() { Params::None } else { Params::Positional(values) }
        };
        let values: &[Value] = if params.contains(&true) { &lookalikes() } else { &[Value::Null] };
        for value in values {
            let id = subscriptions.len() as u64;
            subscriptions.push(Step::Subscribe { id, sql: sql.clone(), params: one(value.clone()) });
        }
    }
    let mut steps: Vec<Step> = walk::schema().into_iter().map(Step::exec).collect();
    let rows = walk::first_rows().into_iter().map(Step::exec);
    if is_early {
        steps.extend(subscriptions);
        steps.extend(rows);
    } else {
        steps.extend(rows);
        steps.extend(subscriptions);
    }
    steps.extend(walk::walk().into_iter().map(Step::exec));
    Case { steps, ..Case::default() }
}

#[cfg(test)]
mod tests {
    use super::{FILTERS, FORMS, LIMITS, ORDERS, Pair, SHAPES, skeletons};
    use std::collections::BTreeSet;

    #[test]
    fn every_pair_of_choices_is_somewhere() {
        let all = skeletons();
        assert!((300..=500).contains(&all.len()), "{}", all.len());
        let pairs: BTreeSet<Pair> = all.iter().flat_map(|skeleton| skeleton.pairs()).collect();
        let sizes = [FORMS.len(), SHAPES.len(), FILTERS.len(), ORDERS.len(), LIMITS.len()];
        let mut wanted = 0;
        for one in 0..sizes.len() {
            wanted += sizes[one + 1..].iter().map(|two| sizes[one] * two).sum::<usize>();
        }
        assert_eq!(pairs.len(), wanted);
    }

    #[test]
    fn texts_are_whole() {
        for skeleton in skeletons() {
            let (sql, params) = skeleton.sql();
            assert_eq!(sql.matches('?').count(), params.len(), "{sql}");
            assert!(!sql.contains("FR_OM"), "{sql}");
        }
    }
}
