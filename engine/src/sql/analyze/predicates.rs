//! The comparisons with constants that a row of an table_ref has to satisfy.

use std::ops::Range;

use sqlite3_parser::ast::{Literal, Operator, UnaryOperator};

use super::Analysis;
use crate::plan::{Join, Operand, Predicate, Relation, Slot};
use crate::sql::bind::tree::{ColumnOf, Expression, Item, Kind, Select};
use crate::sql::syntax::literal;
use crate::sql::syntax::parse::Parameters;
use crate::types::{Affinity, ColumnKind, Value};

/// A comparison of a column of an item with constants.
struct Comparison {
    item: usize,
    predicate: Predicate,
}

/// What a comparison has on one side, with its explicit collating sequence.
struct Side<T> {
    what: T,
    collation: Option<String>,
}

impl<'t> Analysis<'_, 't> {
    /// Collects what filters the rows of each table reference.
    ///
    /// WHERE may filter either side of an outer join too: an output row carries the reference's own row, for which the
    /// comparison was true, or NULLs in its place, for which it is not true. Only `IS NULL`, or IS with a parameter that
    /// may be NULL, is true for those, and is left out. So a row for which the comparison is not true makes no output
    /// row, neither by being there nor by not being there. The same goes for ON of an inner join and the items that
    /// it joins, and for ON of a LEFT JOIN and the items of its right side.
    pub(super) fn predicates(&mut self, select: &Select<'t>) {
        let items = &select.from.items;
        if let Some(filter) = &select.filter {
            self.conjuncts(filter, items, &(0..items.len()));
        }
        for joined in select.from.all_joins() {
            let Some(on) = &joined.on else { continue };
            match joined.join {
                Join::Inner => self.conjuncts(on, items, &(joined.left.start..joined.right.end)),
                Join::Left => self.conjuncts(on, items, &joined.right),
                Join::Right | Join::Full => {}
            }
        }
    }

    /// Adds the predicates among the conjuncts of a condition to the sources of the items that they are about.
    fn conjuncts(&mut self, condition: &Expression<'t>, items: &[Item<'t>], about: &Range<usize>) {
        let reading = PredicateReader { items, parameters: self.parameters };
        for conjunct in condition.chain(Operator::And) {
            for comparison in reading.comparisons(conjunct) {
                self.predicate(comparison, items, about);
            }
        }
    }

    fn predicate(&mut self, Comparison { item: at, predicate }: Comparison, items: &[Item<'t>], about: &Range<usize>) {
        let item = &items[at];
        let may_be_null = |operand: &Operand| !matches!(operand, Operand::Literal(value) if *value != Value::Null);
        let accepts_nulls = predicate.relation == Relation::Is && predicate.any_of.iter().any(may_be_null);
        // Of texts that are no UTF-8 the order is another one.
        let is_known = self.is_utf8 || !predicate.relation.is_range();
        if !about.contains(&at) || (item.is_nullable && accepts_nulls) || !is_known {
            return;
        }
        if let Some(base) = item.base()
            && base.table.columns[predicate.column].kind != ColumnKind::GeneratedVirtual
        {
            self.found.sources[base.reference].predicates.push(predicate);
        }
    }
}

/// What the names in a condition stand for.
struct PredicateReader<'r, 't> {
    items: &'r [Item<'t>],
    parameters: &'r Parameters<'t>,
}

impl PredicateReader<'_, '_> {
    /// What a conjunct says of one column; BETWEEN is two comparisons.
    fn comparisons(&self, conjunct: &Expression<'_>) -> Vec<Comparison> {
        match &conjunct.kind {
            Kind::Between { operand, not: false, low, high } => {
                let bounds = [(low, Relation::AtLeast), (high, Relation::AtMost)];
                bounds.into_iter().filter_map(|(bound, relation)| self.of_sides(operand, relation, bound)).collect()
            }
            _ => self.disjunction(conjunct).into_iter().collect(),
        }
    }

    /// `a = 1 OR a = 2` is `a IN (1, 2)`.
    fn disjunction(&self, condition: &Expression<'_>) -> Option<Comparison> {
        let mut alternatives = condition.chain(Operator::Or).into_iter();
        let mut first = self.comparison(alternatives.next()?)?;
        for alternative in alternatives {
            let other = self.comparison(alternative)?;
            let is_alike = other.item == first.item
                && other.predicate.column == first.predicate.column
                && other.predicate.relation == first.predicate.relation
                && other.predicate.collation == first.predicate.collation;
            if !is_alike {
                return None;
            }
            first.predicate.any_of.extend(other.predicate.any_of);
        }
        Some(first)
    }

    fn comparison(&self, condition: &Expression<'_>) -> Option<Comparison> {
        match &condition.kind {
            Kind::Binary(left, op, right) => {
                let relation = match op {
                    Operator::Equals => Relation::Equal,
                    Operator::Is => Relation::Is,
                    Operator::Less => Relation::Less,
                    Operator::LessEquals => Relation::AtMost,
                    Operator::Greater => Relation::Greater,
                    Operator::GreaterEquals => Relation::AtLeast,
                    _ => return None,
                };
                // `x IS TRUE` asks for truth, not for 1.
                if relation == Relation::Is && matches!(right.bare().kind, Kind::Truth(_)) {
                    return None;
                }
                self.of_sides(left, relation, right)
            }
            Kind::IsNull(operand) => {
                let column = self.column(operand)?;
                let null = vec![Operand::Literal(Value::Null)];
                Some(self.compared(column.what, Relation::Is, column.collation, null))
            }
            Kind::InList { operand, list, not: false } => {
                let column = self.column(operand)?;
                let operands = list.iter().map(|element| self.operand(element).filter(|side| side.collation.is_none()));
                let operands = operands.map(|side| side.map(|side| side.what)).collect::<Option<Vec<_>>>()?;
                Some(self.compared(column.what, Relation::Equal, column.collation, operands))
            }
            _ => None,
        }
    }

    /// A comparison of a column on one side with a constant on the other.
    fn of_sides(&self, left: &Expression<'_>, relation: Relation, right: &Expression<'_>) -> Option<Comparison> {
        let (column, relation, constant, explicit) = match self.column(left) {
            Some(column) => {
                let constant = self.operand(right)?;
                (column.what, relation, constant.what, column.collation.or(constant.collation))
            }
            None => {
                let (constant, column) = (self.operand(left)?, self.column(right)?);
                (column.what, relation.mirrored(), constant.what, constant.collation.or(column.collation))
            }
        };
        Some(self.compared(column, relation, explicit, vec![constant]))
    }

    fn compared(
        &self,
        (item, column): ColumnOf,
        relation: Relation,
        explicit: Option<String>,
        any_of: Vec<Operand>,
    ) -> Comparison {
        let own = self.items[item].base().and_then(|base| base.table.columns.get(column));
        let affinity = own.map_or(Affinity::Blob, |own| own.affinity);
        let own = own.map(|column| column.collation.as_str());
        let collation = explicit.unwrap_or_else(|| own.unwrap_or("BINARY").to_owned()).to_ascii_uppercase();
        Comparison { item, predicate: Predicate { column, relation, affinity, collation, any_of } }
    }

    fn column(&self, expression: &Expression<'_>) -> Option<Side<ColumnOf>> {
        let Side { what, collation } = collated(expression);
        Some(Side { what: what.own_base_column(self.items)?, collation })
    }

    fn operand(&self, expression: &Expression<'_>) -> Option<Side<Operand>> {
        let Side { what, collation } = collated(expression);
        let what = match &what.kind {
            Kind::Unary(UnaryOperator::Negative, digits) => Operand::Literal(negative(digits.bare())?),
            Kind::Literal(literal) => Operand::Literal(constant(literal)?),
            Kind::Parameter(number) => Operand::Parameter(match self.parameters.name(*number) {
                Some(name) => Slot::Name(name.to_owned()),
                None => Slot::Position(*number),
            }),
            Kind::Text(text) => Operand::Literal(Value::from(text.as_str())),
            Kind::Truth(truth) => Operand::Literal(Value::from(*truth)),
            _ => return None,
        };
        Some(Side { what, collation })
    }
}

/// The expression without parentheses and COLLATE; the outermost COLLATE decides.
fn collated<'e, 't>(expression: &'e Expression<'t>) -> Side<&'e Expression<'t>> {
    let mut collation = None;
    let mut what = expression.bare();
    while let Kind::Collate(operand, name) = &what.kind {
        collation.get_or_insert_with(|| name.to_ascii_uppercase());
        what = operand.bare();
    }
    Side { what, collation }
}

fn negative(expression: &Expression<'_>) -> Option<Value> {
    let Kind::Literal(Literal::Numeric(digits)) = expression.kind else { return None };
    match literal::number(digits)? {
        Value::Integer(value) => value.checked_neg().map(Value::Integer),
        Value::Real(value) => Some(Value::Real(-value)),
        _ => None,
    }
}

fn constant(literal: &Literal<'_>) -> Option<Value> {
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Numeric(digits) => literal::number(digits)?,
        Literal::String(text) => literal::string(text),
        Literal::Blob(digits) => literal::blob(&format!("x'{digits}'"))?,
        Literal::Keyword(_) | Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp => return None,
    })
}
