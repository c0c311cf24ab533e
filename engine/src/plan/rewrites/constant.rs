//! Conditions without a name in them, as programs write them that put WHERE together (`1 = 1 AND ..`), are worth what they
//! say: what is true goes, and beside what is false nothing else matters.

use crate::plan::{Expression, Piece, Select};

pub(super) fn apply(select: &mut Select) {
    fold(&mut select.filters);
    select.items.iter_mut().for_each(|item| fold(&mut item.on));
}

fn fold(conditions: &mut Vec<Expression>) {
    let is_false = |condition: &&Expression| truth(condition) == Some(false);
    if let Some(never) = conditions.iter().find(is_false).cloned() {
        // A condition that fails for some rows may fail before or after SQLite has come to this one.
        if conditions.iter().all(|condition| condition.is_scalar() && !condition.can_fail) {
            *conditions = vec![never];
        }
        return;
    }
    conditions.retain(|condition| truth(condition) != Some(true));
}

/// Whether a condition is true, if it is a number or compares two.
fn truth(condition: &Expression) -> Option<bool> {
    let [Piece::Sql(sql)] = &condition.text.pieces[..] else { return None };
    let sql = sql.trim();
    match sql.to_ascii_uppercase().as_str() {
        "TRUE" => return Some(true),
        "FALSE" | "NULL" => return Some(false),
        _ => {}
    }
    if let Some(value) = number(sql) {
        return Some(value != 0);
    }
    for (symbol, holds) in COMPARISONS {
        if let Some((left, right)) = sql.split_once(symbol) {
            return Some(holds(number(left)?, number(right)?));
        }
    }
    None
}

/// Whether a comparison of two numbers is true.
type Holds = fn(i64, i64) -> bool;

/// What compares two numbers; the longer symbols first, for they begin with the shorter ones.
const COMPARISONS: [(&str, Holds); 6] = [
    ("<>", |left, right| left != right),
    ("<=", |left, right| left <= right),
    (">=", |left, right| left >= right),
    ("<", |left, right| left < right),
    (">", |left, right| left > right),
    ("=", |left, right| left == right),
];

/// An integer as SQL writes it.
fn number(sql: &str) -> Option<i64> {
    let digits = sql.trim();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::truth;
    use crate::plan::{Expression, Text};

    #[test]
    fn only_numbers_and_what_compares_them_are_known() {
        let known = |sql: &str| truth(&Expression { text: Text::constant(sql), ..Expression::default() });
        for sql in ["1", "TRUE", "2", "1 = 1", "1 <> 0", "1 <= 2", "2 > 1"] {
            assert_eq!(known(sql), Some(true), "{sql}");
        }
        for sql in ["0", "false", "NULL", "1 = 0", "2 < 1", "3 >= 4"] {
            assert_eq!(known(sql), Some(false), "{sql}");
        }
        for sql in [
            "",
            "?1",
            "?1 = 1",
            "'a' = 'a'",
            "1 == 1",
            "1.0",
            "-1",
            "random() = 1",
            "1 = 1 = 1",
            "99999999999999999999",
        ] {
            assert_eq!(known(sql), None, "{sql}");
        }
    }
}
