//! Removes constant conditions, such as `1 = 1 AND ..` of programs that build WHERE clauses. A true condition goes; beside a
//! false one the other conditions go.

use crate::plan::{Expression, Select};

pub(super) fn apply(select: &mut Select) {
    fold(&mut select.filters);
    select.items.iter_mut().for_each(|item| fold(&mut item.on));
}

fn fold(conditions: &mut Vec<Expression>) {
    let is_false = |condition: &&Expression| condition.known.truth() == Some(false);
    if let Some(never) = conditions.iter().find(is_false).cloned() {
        // A condition that can fail may fail before or after SQLite evaluates this one.
        if conditions.iter().all(|condition| condition.is_scalar() && !condition.can_fail) {
            *conditions = vec![never];
        }
        return;
    }
    conditions.retain(|condition| condition.known.truth() != Some(true));
}
