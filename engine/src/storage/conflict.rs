//! Whether what a failed statement wrote is to stay, as it stays when SQLite commits the statement by itself.
//!
//! Alone, a statement that fails leaves nothing, unless it failed under the resolution FAIL, which an OR clause, a
//! constraint or a RAISE may name. Within a transaction of ours the rows alone do not tell: SQLite then also leaves what a
//! statement wrote that it took for one that cannot fail, such as an INSERT OR IGNORE of a wrong type into a STRICT table.
//! Its count of changes tells, 0 unless FAIL, but for rows that only triggers wrote. For those the program is asked.

use rusqlite::Connection;

use crate::error::Error;

/// `OE_Fail` in SQLite's source: the second operand of the instruction that stops a program.
const FAIL: i64 = 3;

/// Whether a statement that ended in `error` ended under FAIL.
pub(super) fn failed_under_fail(connection: &Connection, sql: &str, error: &Error) -> bool {
    let Error::Sqlite { extended_code, .. } = error else { return false };
    connection.changes() > 0 || stops_under_fail(connection, sql, i64::from(*extended_code)).unwrap_or(false)
}

/// Whether the program of a statement, its triggers' included, has an instruction that stops it with this code under FAIL.
fn stops_under_fail(connection: &Connection, sql: &str, code: i64) -> rusqlite::Result<bool> {
    let mut program = connection.prepare(&format!("EXPLAIN {sql}"))?;
    let mut instructions = program.query([])?;
    while let Some(instruction) = instructions.next()? {
        let (opcode, stop, resolution): (String, i64, i64) =
            (instruction.get("opcode")?, instruction.get("p1")?, instruction.get("p2")?);
        if matches!(opcode.as_str(), "Halt" | "HaltIfNull") && stop == code && resolution == FAIL {
            return Ok(true);
        }
    }
    Ok(false)
}
