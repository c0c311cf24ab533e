//! Sort keys against SQLite's own order: for every collating sequence, direction and place of NULLs, two values' keys
//! compare as ORDER BY ranks them, and are equal exactly where it calls them equal.

use crate::api::options::{Location, Options};
use crate::storage::{Script, Storage, TransactionOwner};
use crate::types::{Collation, Params, SortTerm, ValueRef, sort_key};

const VALUES: &str = "
    (NULL), (0), (1), (-1), (2), (1.0), (0.5), (-0.5), (-0.0), (9007199254740992), (9007199254740993), (9007199254740992.0),
    (-9007199254740993), (9223372036854775807), (-9223372036854775808), (9223372036854775808.0), (-9223372036854775808.0),
    (1e300), (-1e300), (9e999), (-9e999), (5e-324), (''), (' '), ('a'), ('A'), ('a '), ('A  '), ('ab'), ('aB'), ('b'), ('_'),
    ('[' ), ('1'), ('10'), ('9'), ('é'), ('É'), ('a' || char(0) || 'b'), ('A' || char(0) || 'c'), ('a' || char(0)),
    (char(0)), (x''), (x'00'), (x'0000'), (x'61'), (x'ff'), (x'6100')";

#[test]
fn keys_compare_as_sqlite_orders() {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let sql = format!("CREATE TABLE t(v); INSERT INTO t VALUES {VALUES}");
    let run = Script { sql: &sql, params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the values");
    for collation in [Collation::Binary, Collation::NoCase, Collation::RTrim] {
        for (descending, nulls_last) in [(false, false), (false, true), (true, false), (true, true)] {
            let term = SortTerm { collation, descending, nulls_last };
            let direction = if descending { "DESC" } else { "ASC" };
            let nulls = if nulls_last { "LAST" } else { "FIRST" };
            let by = format!("v COLLATE {} {direction} NULLS {nulls}", collation.name());
            let ranked = session.select(&format!("SELECT v, dense_rank() OVER (ORDER BY {by}) FROM t"), &[]);
            let ranked = ranked.expect("ranks");
            let rank = |row: &crate::types::Row| match row.get(1) {
                Some(ValueRef::Integer(rank)) => rank,
                other => panic!("a rank, not {other:?}"),
            };
            for one in &ranked {
                for other in &ranked {
                    let keys = [one, other].map(|row| sort_key(&[term], row.values()));
                    assert_eq!(keys[0].cmp(&keys[1]), rank(one).cmp(&rank(other)), "{one:?} and {other:?} by {by}");
                }
            }
        }
    }
}
