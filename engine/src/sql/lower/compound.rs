//! ORDER BY over several SELECTs.

use super::{Lowered, Lowering, ordered, query_columns};
use crate::plan::{Arm, Expression, Input, Item, Limit, Order, OrderBy, Query, Reason, Select, SqlText};
use crate::sql::bind::tree::{self, OrderTerm, Output};
use crate::types::{Affinity, Collation};

/// Refuses a compound that SQLite sorts as a subquery where what belongs to the last SELECT then becomes that of the whole.
pub(super) fn check_sorted_outside(arms: &[Arm]) -> Lowered<()> {
    match arms.last() {
        Some(Arm::Select(last)) if last.distinct || !last.groups.is_empty() || last.having.is_some() => {
            Err(Reason::CompoundOrderCollation)
        }
        _ => Ok(()),
    }
}

/// Whether a column can take whole numbers for REAL.
pub(super) fn may_be_real(output: &Output) -> bool {
    matches!(output.value_type.affinity, None | Some(Some(Affinity::Real)))
}

/// Whether each column has the same affinity and collating sequence in all SELECTs.
pub(super) fn is_uniform(arms: &[tree::Arm<'_>]) -> bool {
    let Some((first, others)) = arms.split_first() else { return true };
    let is_alike = |(own, other): (&Output, &Output)| {
        let (own, other) = (own.value_type, other.value_type);
        own.affinity.is_some()
            && own.affinity == other.affinity
            && own.collation.is_some()
            && own.collation == other.collation
    };
    others.iter().all(|other| first.outputs().iter().zip(other.outputs()).all(is_alike))
}

impl Lowering {
    /// A compound SELECT as the subquery of the SELECT that sorts it, where the values of a column that is REAL are REAL.
    pub(super) fn sorted_outside(&mut self, mut query: Query, outputs: &[Output]) -> Query {
        let (order, is_exact) = (std::mem::take(&mut query.order), query.is_exact);
        let limit = std::mem::replace(&mut query.limit, Limit::None);
        let id = self.items;
        self.items += 1;
        let columns = query_columns(outputs);
        let named = columns.iter().zip(outputs).map(|(column, output)| Expression {
            text: SqlText::name(id, &column.name),
            items: [id].into(),
            collation: output.value_type.collation,
            is_collated: output.value_type.is_collated,
            affinity: output.value_type.affinity,
            is_exact: output.value_type.is_exact(),
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
pub(super) fn sorting<'a, 't: 'a>(arms: impl Iterator<Item = &'a tree::Arm<'t>>, at: usize) -> Option<Collation> {
    let mut collation = None;
    for arm in arms {
        let Some(output) = arm.outputs().get(at) else { continue };
        let own = output.value_type.collation?;
        let is_several = matches!(arm, tree::Arm::Values { rows, .. } if rows.len() > 1);
        if (output.value_type.is_collated || is_several) && *collation.get_or_insert(own) != own {
            return None;
        }
        if output.value_type.is_collated && !is_several {
            break;
        }
    }
    Some(collation.unwrap_or_default())
}

/// A term of ORDER BY over a compound SELECT or VALUES. `sorting` says by which collating sequence a column is sorted.
pub(super) fn order(term: &OrderTerm<'_>, sorting: impl Fn(usize) -> Option<Collation>) -> Lowered<Order> {
    match term.by {
        tree::OrderBy::Column(column) => Ok(ordered(OrderBy::Column(column), term, sorting(column))),
        tree::OrderBy::Expression(_) | tree::OrderBy::Unknown => Err(Reason::CompoundOrderExpression),
    }
}
