//! Turns `a LEFT JOIN b` into `a JOIN b` where a condition that must hold rejects a row of NULLs in the place of `b`.
//!
//! Such a condition is in WHERE, or in ON of an inner join further to the right.

use crate::plan::{Join, Select};
use crate::types::SortedSet;

pub(super) fn apply(select: &mut Select) {
    loop {
        let mut rejected: SortedSet<usize> =
            select.filters.iter().flat_map(|filter| &filter.rejects_nulls_of).copied().collect();
        // A RIGHT or FULL join fills the items to its left with NULLs, whatever their conditions say.
        let last_outer = select.items.iter().rposition(|item| matches!(item.join, Join::Right | Join::Full));
        let inner = select
            .items
            .iter()
            .enumerate()
            .filter(|(at, item)| item.join == Join::Inner && last_outer.is_none_or(|outer| *at > outer));
        rejected.extend(inner.flat_map(|(_, item)| &item.on).flat_map(|condition| &condition.rejects_nulls_of));
        let outer = select.items.iter_mut().find(|item| item.join == Join::Left && rejected.contains(&item.id));
        match outer {
            Some(item) => item.join = Join::Inner,
            None => return,
        }
    }
}
