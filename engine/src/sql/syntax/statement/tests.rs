//! Kinds of statements, told from their first words.

use super::StatementKind::{
    Begin, Commit, Dml, Empty, Pragma, Release, Rollback, RollbackTo, Savepoint, Schema, Select, Unwrapped, With,
};
use super::leading_keyword;

#[test]
fn kinds_are_told_by_the_first_words() {
    for (sql, kind) in [
        ("", Empty),
        (" ;; -- nothing\n /* at all", Empty),
        ("begin immediate", Begin),
        ("COMMIT;", Commit),
        ("END TRANSACTION", Commit),
        ("rollback", Rollback),
        ("rollback transaction", Rollback),
        ("rollback transaction t", Rollback),
        ("rollback; select 1 to", Rollback),
        ("rollback to a", RollbackTo),
        ("ROLLBACK /* x */ TRANSACTION TO SAVEPOINT a", RollbackTo),
        ("rollback transaction t to a", RollbackTo),
        ("savepoint a", Savepoint),
        ("release a", Release),
        ("\u{feff}SELECT 1", Select),
        ("values (1)", Select),
        ("explain query plan delete from t", Select),
        ("with a as (select 1) select * from a", With),
        ("replace into t values (1)", Dml),
        ("; --x\n insert into t values (1)", Dml),
        ("update t set a = 1", Dml),
        ("delete/**/from t", Dml),
        ("create table t(a)", Schema),
        ("analyze", Schema),
        ("pragma user_version", Pragma),
        ("vacuum", Unwrapped),
        ("attach 'x' as y", Unwrapped),
    ] {
        assert_eq!(leading_keyword(sql), Some(kind), "{sql}");
    }
}

#[test]
fn what_starts_no_statement_has_no_kind() {
    for sql in ["selec 1", "\"select\" 1", "(select 1)", "\0", "'x", "123"] {
        assert_eq!(leading_keyword(sql), None, "{sql}");
    }
}
