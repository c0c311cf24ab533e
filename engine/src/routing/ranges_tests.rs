//! Ranges against SQLite: a value that is said to be in none is in none, whatever affinity and collating sequence do; and
//! the index finds what each interval contains.

use super::{Axis, Interval, Intervals, Rank};
use crate::api::options::{Location, Options};
use crate::plan::{Operand, Predicate, Relation};
use crate::storage::{Script, Session, Storage, TransactionOwner};
use crate::types::{Affinity, Params, Value, ValueRef};

const VALUES: &str = "
    (NULL), (0), (0.0), (-0.0), (1), (-1), (1.5), (10), (9), (1e300), (-1e300), (9e999), (-9e999), (5e-324),
    (9007199254740992), (9007199254740993), (-9007199254740993), (9007199254740992.0), (9223372036854775807),
    (-9223372036854775808), (9.223372036854775807e18), (-9.3e18), (''), (' '), ('a'), ('A'), ('a '), ('A  '), ('ab'), ('b'),
    ('_'), ('10'), ('9'), ('-1'), ('+1'), (' 10 '), ('1.5'), ('1e3'), ('10x'), ('0x10'), ('.'), ('-'), ('007'), ('inf'),
    ('9007199254740993'), ('9223372036854775808'), ('é'), ('a' || char(0) || 'b'), ('A' || char(0)), (x''), (x'00'), (x'31'),
    (x'61'), (x'ff')";

const RELATIONS: [(&str, Relation); 4] =
    [("<", Relation::Less), ("<=", Relation::AtMost), (">", Relation::Greater), (">=", Relation::AtLeast)];

const AFFINITIES: [Affinity; 5] =
    [Affinity::Blob, Affinity::Text, Affinity::Numeric, Affinity::Integer, Affinity::Real];

fn run(session: &mut Session<'_>, sql: &str) {
    session
        .run(&Script { sql, params: &Params::None, owner: TransactionOwner::Script }, &mut |_, _| true)
        .1
        .expect(sql);
}

fn axis(affinity: Affinity, collation: &str) -> Axis {
    let any_of = vec![Operand::Literal(Value::Null)];
    let predicate = Predicate { column: 0, relation: Relation::Less, affinity, collation: collation.into(), any_of };
    Axis::of(&predicate).expect("a sequence of SQLite's own")
}

fn values(session: &Session<'_>, table: &str) -> Vec<Value> {
    let rows = session.select(&format!("SELECT v FROM {table}"), &[]).expect("the values");
    rows.iter().filter_map(|row| row.get(0)).map(ValueRef::to_value).collect()
}

#[test]
fn what_is_in_no_range_satisfies_no_comparison() {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    run(&mut session, &format!("CREATE TABLE constants(v); INSERT INTO constants VALUES {VALUES}"));
    let constants = values(&session, "constants");
    let (mut compared, mut ruled_out, mut untrue) = (0, 0, 0);
    for affinity in AFFINITIES {
        for (collation, is_indexed) in ["BINARY", "NOCASE", "RTRIM"].into_iter().flat_map(|c| [(c, false), (c, true)]) {
            let index = if is_indexed { "CREATE INDEX i ON t(v);" } else { "" };
            let declared = affinity.name();
            run(
                &mut session,
                &format!(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t(v {declared} COLLATE {collation}); {index}
                     INSERT INTO t SELECT v FROM constants"
                ),
            );
            let axis = axis(affinity, collation);
            let stored = values(&session, "t");
            for (sign, relation) in RELATIONS {
                let sql = format!("SELECT v FROM t WHERE v {sign} ?");
                for constant in &constants {
                    let rows = session.select(&sql, std::slice::from_ref(constant)).expect("an answer");
                    let found: Vec<Value> = rows.iter().filter_map(|row| row.get(0)).map(ValueRef::to_value).collect();
                    for value in &stored {
                        let may_hold = axis.may_hold(value.as_ref(), relation, constant.as_ref());
                        let holds = found.contains(value);
                        assert!(may_hold || !holds, "{value:?} {sign} {constant:?}, {affinity:?} {collation}");
                        compared += 1;
                        ruled_out += usize::from(!may_hold);
                        untrue += usize::from(!holds);
                    }
                }
            }
        }
    }
    assert!(ruled_out * 10 >= untrue * 7, "of {compared} comparisons {untrue} are not true, {ruled_out} ruled out");
}

#[test]
fn the_index_finds_what_the_intervals_contain() {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    run(&mut session, &format!("CREATE TABLE constants(v); INSERT INTO constants VALUES {VALUES}"));
    let constants = values(&session, "constants");
    let axis = axis(Affinity::Blob, "NOCASE");
    let key = |value: &Value| match axis.rank_of_constant(value.as_ref()) {
        Rank::At(key) => Some(key),
        _ => None,
    };
    let mut all: Vec<Interval> = Vec::new();
    for (at, one) in constants.iter().filter_map(key).enumerate() {
        let bounds = RELATIONS.map(|(_, relation)| Interval::of(relation, one.clone()));
        for other in constants.iter().filter_map(key).skip(at % 5).step_by(5) {
            all.push(bounds[at % 4].clone().and(Interval::of(RELATIONS[(at / 4) % 4].1, other)));
        }
        all.extend(bounds);
    }
    let mut intervals = Intervals::default();
    all.iter().enumerate().for_each(|(at, interval)| intervals.add(interval.clone(), at));
    let found = |intervals: &Intervals<usize>, rank| {
        let mut found = Vec::new();
        intervals.find(rank, &mut |at| found.push(at));
        found.sort_unstable();
        found
    };
    for value in &constants {
        let expected: Vec<usize> = match key(value) {
            None => Vec::new(),
            Some(key) => (0..all.len()).filter(|at| all[*at].contains(&key)).collect(),
        };
        assert_eq!(found(&intervals, axis.rank(value.as_ref())), expected, "{value:?}");
    }
    assert_eq!(found(&intervals, Rank::Anywhere).len(), all.len());
    assert!(found(&intervals, Rank::Nowhere).is_empty());
    all.into_iter().enumerate().for_each(|(at, interval)| intervals.remove(interval, at));
    assert!(intervals.is_empty(), "what was added can be removed");
}
