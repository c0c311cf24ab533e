//! ORDER BY over several SELECTs.

use sqlite3_parser::ast::{Expr, SortedColumn};

use super::expression::ordinal;
use super::{Lowered, Lowering, Shown, ordered};
use crate::plan::{Arm, Expression, Input, Item, Limit, Order, OrderBy, Query, Select, SetOperator, Text};
use crate::sql::name::{Path, bare, plain};
use crate::sql::scope::Shape;
use crate::types::Collation;

/// Whether SQLite sorts a compound SELECT as a subquery, for the sake of a COLLATE (its convertCompoundSelectToSubquery).
///
/// # Errors
/// Where what belongs to the last SELECT then becomes that of the whole.
pub(super) fn is_sorted_outside(terms: &[SortedColumn<'_>], operators: &[SetOperator], arms: &[Arm]) -> Lowered<bool> {
    let is_set = operators.iter().any(|operator| *operator != SetOperator::UnionAll);
    if !is_set || !terms.iter().any(|term| matches!(term.expr, Expr::Collate(..))) {
        return Ok(false);
    }
    match arms.last() {
        Some(Arm::Select(last)) if last.distinct || !last.groups.is_empty() || last.having.is_some() => {
            Err("a compound SELECT with COLLATE in ORDER BY, the last of which is DISTINCT or grouped".to_owned())
        }
        _ => Ok(true),
    }
}

impl Lowering<'_> {
    /// A compound SELECT as the subquery of the SELECT that sorts it, where the values of a column that is REAL are REAL.
    pub(super) fn outside(&mut self, mut query: Query, shown: &[Shown]) -> Query {
        let (order, is_exact) = (std::mem::take(&mut query.order), query.is_exact);
        let limit = std::mem::replace(&mut query.limit, Limit::None);
        let id = self.items;
        self.items += 1;
        let columns: Vec<_> = shown.iter().enumerate().map(|(at, shown)| shown.column(at)).collect();
        let named = columns.iter().zip(shown).map(|(column, shown)| Expression {
            text: Text::name(id, &column.name),
            items: [id].into(),
            collation: shown.collation,
            is_collated: shown.is_collated,
            affinity: shown.affinity,
            is_exact: shown.shape != Shape::Loose,
            ..Expression::default()
        });
        let named = named.collect();
        let item = Item::new(id, Input::Query(Box::new(query)), columns);
        let select = Select { columns: named, items: vec![item], ..Select::default() };
        Query { order, limit, is_exact, is_uniform: true, ..Query::of(Arm::Select(Box::new(select))) }
    }
}

/// The collating sequence by which a compound SELECT sorts a column (sqlite3's multiSelectCollSeq): that of the first SELECT
/// in which it has one. Whether it has one in several rows of VALUES depends on how SQLite reads them.
pub(super) fn sorting<'s>(arms: &[Arm], parts: impl Iterator<Item = &'s Shown>) -> Option<Collation> {
    let mut perhaps = None;
    for (arm, part) in arms.iter().zip(parts) {
        let own = part.collation?;
        let is_several = matches!(arm, Arm::Values(rows) if rows.len() > 1);
        if (part.is_collated || is_several) && *perhaps.get_or_insert(own) != own {
            return None;
        }
        if part.is_collated && !is_several {
            break;
        }
    }
    Some(perhaps.unwrap_or_default())
}

/// A term of ORDER BY over a compound SELECT or VALUES: a column of the result by its number or name. `sorting` says by which
/// collating sequence one is sorted.
pub(super) fn order(
    term: &SortedColumn<'_>,
    shown: &[Shown],
    sorting: impl Fn(usize) -> Option<Collation>,
) -> Lowered<Order> {
    let (inner, collation) = match &term.expr {
        Expr::Collate(inner, collation) => (bare(inner), Some(*collation)),
        other => (bare(other), None),
    };
    let by_name = Path::of(inner).filter(Path::is_bare);
    let column = match (ordinal(inner), by_name) {
        (Some(column), _) => Some(column),
        (None, Some(path)) => shown
            .iter()
            .position(|column| column.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&path.column))),
        (None, None) => None,
    };
    let column =
        column.filter(|column| *column < shown.len()).ok_or("ORDER BY an expression over a compound SELECT")?;
    let collation = match collation {
        Some(name) => Collation::named(&plain(name)),
        None => sorting(column),
    };
    Ok(ordered(OrderBy::Column(column), term, collation))
}
