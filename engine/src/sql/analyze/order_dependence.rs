//! Where SQLite's own answer depends on the order in which its plan comes to the rows.

use super::RowChoice;
use super::keys::{Keys, Seeds};
use crate::plan::OrderDependence;
use crate::sql::bind::tree::{
    Call, Expression, Group, Item, Kind, OrderBy, OrderTerm, Output, Over, ResultColumn, Select,
};
use crate::sql::bind::value_type::ValueClass;
use crate::sql::bind::walk;

/// A SELECT with what its order may decide.
struct OrderReader<'s, 't> {
    select: &'s Select<'t>,
    order: &'s [OrderTerm<'t>],
    /// The expressions of GROUP BY.
    groups: Vec<&'s Expression<'t>>,
    keys: Keys<'s, 't>,
}

/// Why the result of a SELECT depends on the plan, if it does.
pub(super) fn reason(select: &Select<'_>, order: &[OrderTerm<'_>], choice: RowChoice) -> Option<OrderDependence> {
    let groups: Vec<_> = select.groups.iter().filter_map(|group| grouped(group, &select.columns)).collect();
    let keys = Keys::of(&select.from, select.filter.as_ref());
    let reading = OrderReader { select, order, groups, keys };
    let calls = reading.calls();
    let is_aggregated = calls.iter().any(|call| call.over.is_none()) || !select.groups.is_empty();
    if is_aggregated && reading.has_bare_column() {
        return Some(OrderDependence::BareColumn);
    }
    if calls.iter().any(|call| reading.shows_ties(call)) {
        return Some(OrderDependence::TiedWindow);
    }
    if let Some(reason) = calls.iter().find_map(|aggregate| reading.order_of_aggregate(aggregate)) {
        return Some(reason);
    }
    if reading.groups.iter().any(|group| !group.value_type.is_exact()) {
        return Some(OrderDependence::EqualInGroup);
    }
    if select.is_distinct && select.outputs.iter().any(|output| !output.value_type.is_exact()) {
        return Some(OrderDependence::EqualInDistinct);
    }
    let has_one_row = is_aggregated && select.groups.is_empty();
    if choice == RowChoice::All || has_one_row || reading.is_total(is_aggregated) {
        return None;
    }
    Some(match choice {
        RowChoice::First => OrderDependence::FirstRow,
        RowChoice::All | RowChoice::Limited => OrderDependence::TiedLimit,
    })
}

/// Whether ORDER BY compares every result column, so that tied rows are equal rows.
pub(super) fn orders_all(order: &[OrderTerm<'_>], outputs: &[Output], columns: &[ResultColumn<'_>]) -> bool {
    let is_ordered_by = |at: usize, term: &OrderTerm<'_>| {
        let is_shown =
            |expression: &Expression<'_>| columns.get(at).is_some_and(|column| column.expression.is_same(expression));
        let orders = match &term.by {
            OrderBy::Column(column) => *column == at || columns.get(*column).is_some_and(|c| is_shown(&c.expression)),
            OrderBy::Expression(expression) => is_shown(expression),
            OrderBy::Unknown => false,
        };
        // By another collating sequence values that differ may be tied.
        orders && term.collation.is_none()
    };
    let is_ordered = |(at, output): (usize, &Output)| {
        output.value_type.is_exact() && order.iter().any(|term| is_ordered_by(at, term))
    };
    outputs.iter().enumerate().all(is_ordered)
}

/// What a term of ORDER BY orders by, without the COLLATE around it.
fn ordered<'s, 't>(term: &'s OrderTerm<'t>, columns: &'s [ResultColumn<'t>]) -> Option<&'s Expression<'t>> {
    match &term.by {
        OrderBy::Column(column) => columns.get(*column).map(|column| &column.expression),
        OrderBy::Expression(expression) => Some(expression),
        OrderBy::Unknown => None,
    }
}

/// What a term of GROUP BY groups by.
fn grouped<'s, 't>(group: &'s Group<'t>, columns: &'s [ResultColumn<'t>]) -> Option<&'s Expression<'t>> {
    match group {
        Group::Column(column) => columns.get(*column).map(|column| &column.expression),
        Group::Expression(expression) => Some(expression),
    }
}

/// The columns among expressions.
fn seeds<'e, 't: 'e>(expressions: impl IntoIterator<Item = &'e Expression<'t>>, items: &[Item<'_>]) -> Seeds {
    let mut seeds = Seeds::default();
    for expression in expressions {
        if let Some(column) = expression.own_base_column(items) {
            seeds.columns.push(column);
        } else if let Kind::Rowid(0, items) = &expression.bare().kind
            && let [item] = items[..]
        {
            seeds.rowids.push(item);
        }
    }
    seeds
}

impl<'s, 't> OrderReader<'s, 't> {
    fn items(&self) -> &'s [Item<'t>] {
        &self.select.from.items
    }

    /// The result columns, HAVING and what ORDER BY orders by.
    fn shown(&self) -> Vec<&'s Expression<'t>> {
        let columns = self.select.columns.iter().map(|column| &column.expression);
        let order = self.order.iter().filter_map(|term| ordered(term, &self.select.columns));
        columns.chain(&self.select.having).chain(order).collect()
    }

    /// The aggregates and window functions among them, those of subqueries aside.
    fn calls(&self) -> Vec<&'s Call<'t>> {
        let mut pending = self.shown();
        let mut found = Vec::new();
        while let Some(expression) = pending.pop() {
            if let Kind::Call(call) = &expression.kind
                && (call.over.is_some() || call.is_aggregate())
            {
                found.push(&**call);
            }
            pending.extend(walk::operands(&expression.kind));
        }
        found
    }

    fn is_same(&self, one: &Expression<'_>, other: &Expression<'_>) -> bool {
        match (one.own_base_column(self.items()), other.own_base_column(self.items())) {
            (Some(one), Some(other)) => one == other,
            _ => one.is_same(other),
        }
    }

    /// Whether ORDER BY decides the order of any two rows that differ.
    fn is_total(&self, is_aggregated: bool) -> bool {
        if orders_all(self.order, &self.select.outputs, &self.select.columns) {
            return true;
        }
        if is_aggregated {
            let is_ordered = |group: &&Expression<'t>| self.order.iter().any(|term| self.orders_group(term, group));
            return self.groups.iter().all(is_ordered);
        }
        let by_own = self.order.iter().filter(|term| term.collation.is_none());
        let terms = by_own.filter_map(|term| ordered(term, &self.select.columns));
        !self.select.is_distinct && self.keys.all_fixed(&seeds(terms, self.items()))
    }

    /// Whether a term orders by what is grouped by, and compares it as GROUP BY does.
    fn orders_group(&self, term: &OrderTerm<'t>, group: &Expression<'t>) -> bool {
        let Some(expression) = ordered(term, &self.select.columns) else { return false };
        match (&term.collation, &group.bare().kind) {
            (None, _) => self.is_same(expression, group),
            (Some(own), Kind::Collate(inner, name)) => {
                own.eq_ignore_ascii_case(name) && self.is_same(expression, inner)
            }
            (Some(_), _) => false,
        }
    }

    /// Whether a window function's value depends on the order of rows that its window may leave tied.
    fn shows_ties(&self, call: &Call<'t>) -> bool {
        let window = match &call.over {
            None => return false,
            Some(Over::Undefined) => return true,
            Some(Over::Window(window)) => window,
        };
        let terms = window.partition.iter().chain(window.order.iter().map(|term| &term.expression));
        let is_own = !window.has_base && self.select.groups.is_empty();
        call.shows_ties(window) && !(is_own && self.keys.all_fixed(&seeds(terms, self.items())))
    }

    /// Whether a result column shows a column of a row that is but one of several of its group.
    fn has_bare_column(&self) -> bool {
        let fixed = self.keys.fixed(&seeds(self.groups.iter().copied(), self.items()));
        let all_fixed = fixed.iter().all(|fixed| *fixed);
        let is_bare_item = |item: &usize| !fixed.get(*item).copied().unwrap_or(false);
        let mut pending = self.shown();
        while let Some(expression) = pending.pop() {
            let is_aggregate = matches!(&expression.kind, Kind::Call(call) if call.is_aggregate());
            if is_aggregate || self.groups.iter().any(|group| self.is_same(expression, group)) {
                continue;
            }
            let is_bare = match &expression.kind {
                Kind::Subquery(_) | Kind::Exists(_) | Kind::InQuery { .. } | Kind::InTable { .. } => !all_fixed,
                Kind::Column(0, columns) => columns.iter().any(|(item, _)| is_bare_item(item)),
                Kind::Rowid(0, items) => items.iter().any(is_bare_item),
                Kind::UnknownColumn(_) => true,
                _ => false,
            };
            if is_bare {
                return true;
            }
            pending.extend(walk::operands(&expression.kind));
        }
        false
    }

    /// Why the value of an aggregate depends on the order of its rows, if it does.
    fn order_of_aggregate(&self, call: &Call<'t>) -> Option<OrderDependence> {
        let argument = call.arguments.first();
        let class = argument.map_or(ValueClass::Ambiguous, |argument| argument.value_type.class);
        match call.name.as_str() {
            "sum" | "total" | "avg" => (class != ValueClass::Integer).then_some(OrderDependence::FloatSum),
            "min" | "max" => (class == ValueClass::Ambiguous).then_some(OrderDependence::EqualExtremum),
            "group_concat" | "string_agg" | "json_group_array" | "json_group_object" | "jsonb_group_array"
            | "jsonb_group_object" => {
                let terms = || call.order.iter().map(|term| &term.expression);
                let orders_values = class != ValueClass::Ambiguous
                    && call.arguments.len() == 1
                    && terms().any(|term| argument.is_some_and(|argument| self.is_same(term, argument)));
                let is_fixed = || self.keys.all_fixed(&seeds(terms(), self.items()));
                let is_ordered = orders_values || (!call.order.is_empty() && is_fixed());
                (!is_ordered).then_some(OrderDependence::Concatenation)
            }
            _ => None,
        }
    }
}
