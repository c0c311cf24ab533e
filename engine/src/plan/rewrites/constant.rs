//! Removes constant conditions, such as `1 = 1 AND ..` of programs that build WHERE clauses. A true condition goes; beside a
//! false one the other conditions go.

use crate::plan::{Expression, Piece, Select};

pub(super) fn apply(select: &mut Select) {
    fold(&mut select.filters);
    select.items.iter_mut().for_each(|item| fold(&mut item.on));
}

fn fold(conditions: &mut Vec<Expression>) {
    let is_false = |condition: &&Expression| truth(condition) == Some(false);
    if let Some(never) = conditions.iter().find(is_false).cloned() {
        // A condition that can fail may fail before or after SQLite evaluates this one.
        if conditions.iter().all(|condition| condition.is_scalar() && !condition.can_fail) {
            *conditions = vec![never];
        }
        return;
    }
    conditions.retain(|condition| truth(condition) != Some(true));
}

/// The value of a condition that is a number or compares two numbers.
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

/// Compares two numbers.
type Holds = fn(i64, i64) -> bool;

/// The comparisons; longer symbols come first, because they begin with shorter ones.
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
    use crate::plan::{Expression, SqlText};

    #[test]
    fn only_numbers_and_what_compares_them_are_known() {
        let known = |sql: &str| truth(&Expression { text: SqlText::constant(sql), ..Expression::default() });
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
