//! `a RIGHT JOIN b ON c` is `b LEFT JOIN a ON c`: all rows of `b`, with those of `a` that match or NULLs. Aliases are the
//! plan's and result columns are spread out, so the order of the items decides nothing else.
//!
//! Only where `a` is the first item: of several to the left of RIGHT JOIN, all together would have to change places.

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
