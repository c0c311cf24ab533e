//! An ORDER BY counts where it orders the rows of the whole query.

use super::declares_order;

#[test]
fn the_outermost_order_by_counts() {
    for sql in [
        "SELECT a FROM t ORDER BY a",
        "select a from t union select b from u order\n by 1 limit 3",
        "WITH c AS (SELECT 1) SELECT * FROM c /* ) */ ORDER BY 1",
    ] {
        assert!(declares_order(sql), "{sql}");
    }
}

#[test]
fn others_do_not() {
    for sql in [
        "SELECT a FROM t",
        "SELECT * FROM (SELECT a FROM t ORDER BY a)",
        "SELECT row_number() OVER (ORDER BY a) FROM t",
        "SELECT group_concat(a ORDER BY a) FROM t",
        "SELECT 'ORDER BY', \"order\" FROM t -- ORDER BY a",
    ] {
        assert!(!declares_order(sql), "{sql}");
    }
}
