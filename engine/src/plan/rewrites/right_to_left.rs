//! Turns `a RIGHT JOIN b ON c` into `b LEFT JOIN a ON c`: all rows of `b`, with the matching rows of `a` or NULLs. Names
//! have aliases and wildcards are expanded, so nothing else depends on the order of the items.
//!
//! Only if `a` is the first item: several items to the left would have to move together.

use crate::plan::{Join, Select};

pub(super) fn apply(select: &mut Select) {
    if let [first, second, ..] = &mut select.items[..]
        && second.join == Join::Right
    {
        std::mem::swap(first, second);
        second.on = std::mem::take(&mut first.on);
        second.join = Join::Left;
        first.join = Join::Inner;
    }
}
