//! Decides whether the rows of a failed statement stay, as they would if SQLite committed the statement by itself.
//!
//! By itself, a failed statement leaves nothing, unless it failed with the conflict resolution FAIL, which an OR clause, a
//! constraint or a RAISE can name. Inside the engine's transaction the remaining rows do not show that: SQLite also keeps
//! the rows of a statement that it assumed could not fail, such as an INSERT OR IGNORE of a wrong type into a STRICT table.
//! SQLite's count of changes does show it (0 unless FAIL), except for rows that only triggers wrote. For those, the
//! compiled program shows it.

use rusqlite::Connection;

use crate::error::Error;

/// `OE_Fail` in SQLite's source: the second operand of the Halt instruction.
const FAIL: i64 = 3;

/// Whether a statement that failed with `error` failed with the resolution FAIL.
pub(super) fn failed_under_fail(connection: &Connection, sql: &str, error: &Error) -> bool {
    let Error::Sqlite { extended_code, .. } = error else { return false };
    connection.changes() > 0 || stops_under_fail(connection, sql, i64::from(*extended_code)).unwrap_or(false)
}

/// Whether the program of a statement or of its triggers has an instruction that halts with this code and FAIL.
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
