//! The plan of a whole query: its window, its order, and the statement that gives its first result.

use std::sync::Arc;

use super::{Planner, bare, is_nullable, is_stateless, recompute};
use crate::plan::reason::reached;
use crate::plan::rewrites::rewrite;
use crate::plan::{
    Arm, CollatedPart, Column, DerivedColumn, DisabledFeatures, Expression, Input, Limit, Logical, Node, Order,
    OrderBy, OrderDependence, OrderDependent, Plan, PlannerFeature, Query, Reason, SortedBy, SqlText, TableRef, Window,
    select_text,
};
use crate::types::SortTerm;

impl Planner {
    /// The plan of a whole query.
    pub(super) fn of_query(
        logical: &Logical,
        order_dependent: OrderDependent,
        disabled: DisabledFeatures,
    ) -> Result<Plan, Reason> {
        let mut query = logical.query.clone();
        let mut items = logical.items;
        rewrite(&mut query, &mut items, disabled, order_dependent.rows);
        if order_dependent.bare_columns && bare::stands_unchecked(&query) {
            return Err(reached(Reason::Order(OrderDependence::BareColumn)));
        }
        let window = window(&query, disabled)?;
        let width = width(&query)?;
        let (order, mut extras) = order_and_extras(&query, width)?;
        // The query as it is written; its derived tables are planned below.
        let mut whole = hydration(&query, &extras);
        let mut planner = Self::new(logical, items, order_dependent, disabled);
        planner.plan_derived_and_order(&mut query)?;
        let shown = extras.len();
        let root = planner.root(&query, window.is_some(), &mut extras)?;
        if extras.len() > shown {
            whole = hydration(&query, &extras);
        }
        let sees_end = planner.derived.is_empty() && !disabled.has(PlannerFeature::Beyond);
        let sorted_by = if sees_end { sorted_by(logical, &query, &root, &whole) } else { None };
        planner.mark_held(&root);
        let has_state = !planner.derived.is_empty() || !is_stateless(&root) || disabled.has(PlannerFeature::Prefix);
        let hydrate: Arc<str> = whole.render_all(&logical.table_refs).into();
        Ok(Plan {
            declared: planner.declared(),
            derived: planner.derived,
            identity: format!("{hydrate} {window:?}").into(),
            root,
            width,
            order: order.into(),
            window,
            hydrate,
            parameters: logical.parameters,
            is_stateless: !has_state,
            sorted_by,
        })
    }

    fn plan_derived_and_order(&mut self, query: &mut Query) -> Result<(), Reason> {
        self.plan_derived(query)?;
        for order in &mut query.order {
            if let OrderBy::Expression(expression) = &mut order.by {
                expression.change_subqueries(|query| self.plan_derived(query))?;
            }
        }
        Ok(())
    }

    /// The node that gives the rows of the query. If a window holds them, the key of a row comes behind the extra columns.
    fn root(&mut self, query: &Query, has_window: bool, extras: &mut Vec<SqlText>) -> Result<Node, Reason> {
        let select = match &query.arms[..] {
            [Arm::Select(select)] => select,
            [Arm::Values(_)] => return self.constant(query),
            _ => return self.compound(query),
        };
        if select.distinct && !extras.is_empty() {
            return Err(reached(Reason::DistinctOrder));
        }
        let by: Vec<&Expression> = query.order.iter().filter_map(Order::expression).collect();
        let mut root = self.select(select, &by)?;
        if let Node::Recompute(recompute) = &mut root
            && has_window
            && self.derived.is_empty()
            && !self.disabled.has(PlannerFeature::Prefix)
        {
            extras.extend(recompute::leave_to_window(self, select, &by, recompute)?);
        }
        Ok(root)
    }

    /// The derived tables that statements read, each once.
    fn declared(&self) -> Vec<(Arc<str>, Arc<[DerivedColumn]>)> {
        let mut declared: Vec<(Arc<str>, Arc<[DerivedColumn]>)> = Vec::new();
        for TableRef { table, derived, .. } in &self.table_refs {
            if let Some(columns) = derived
                && !declared.iter().any(|(known, _)| known == table)
            {
                declared.push((Arc::clone(table), Arc::clone(columns)));
            }
        }
        declared
    }

    /// Marks the derived tables whose unchanged rows a statement reads.
    fn mark_held(&mut self, root: &Node) {
        for at in 0..self.derived.len() {
            let is_own = |table_ref: &TableRef| table_ref.table == self.derived[at].table;
            let Some(table_ref) = self.table_refs.iter().position(is_own) else { continue };
            let is_held = self.derived[at + 1..].iter().any(|other| other.node.reads_whole(table_ref));
            self.derived[at].is_held = is_held || root.reads_whole(table_ref);
        }
    }
}

fn window(query: &Query, disabled: DisabledFeatures) -> Result<Option<Window>, Reason> {
    match &query.limit {
        Limit::None => Ok(None),
        Limit::Window(window) => {
            disabled.allows(PlannerFeature::Window)?;
            Ok(Some(window.clone()))
        }
        Limit::Other(_) => Err(reached(Reason::LimitExpression)),
    }
}

/// Columns and how they sort.
type SortedColumns = Vec<(usize, SortTerm)>;

/// The columns that the result is ordered by, and the expressions among them, which come behind the columns of the result.
fn order_and_extras(query: &Query, width: usize) -> Result<(SortedColumns, Vec<SqlText>), Reason> {
    let (mut order, mut extras) = (Vec::new(), Vec::new());
    for Order { by, term, .. } in &query.order {
        let term = term.ok_or_else(|| reached(Reason::Collation(CollatedPart::Order)))?;
        let column = match by {
            OrderBy::Column(column) => *column,
            OrderBy::Expression(expression) => {
                extras.push(expression.text.clone());
                width + extras.len() - 1
            }
        };
        order.push((column, term));
    }
    Ok((order, extras))
}

fn width(query: &Query) -> Result<usize, Reason> {
    match query.arms.first() {
        Some(Arm::Select(select)) => Ok(select.columns.len()),
        Some(Arm::Values(rows)) => Ok(rows.first().map_or(0, Vec::len)),
        None => Err(Reason::Internal("a query without a SELECT")),
    }
}

/// The query with its ORDER BY, and the extra columns behind its own.
fn hydration(query: &Query, extras: &[SqlText]) -> SqlText {
    let mut text = match &query.arms[..] {
        [Arm::Select(select)] => {
            let columns: Vec<&SqlText> = select.columns.iter().map(|column| &column.text).chain(extras).collect();
            select_text(select, &columns)
        }
        _ => Query { order: Vec::new(), limit: Limit::None, ..query.clone() }.text(),
    };
    query.write_order(&mut text);
    text
}

/// The columns of one table that decide where a row of the result sorts, if the query reads that table once.
fn sorted_by(logical: &Logical, query: &Query, root: &Node, whole: &SqlText) -> Option<SortedBy> {
    let [Arm::Select(select)] = &query.arms[..] else { return None };
    match root {
        Node::Delta(delta) if delta.texts.len() == 1 => {}
        Node::Recompute(recompute) if !recompute.remembers => {}
        _ => return None,
    }
    let term = |order: &Order| {
        let by = match &order.by {
            OrderBy::Column(column) => select.columns.get(*column)?,
            OrderBy::Expression(expression) => expression,
        };
        let (table_ref, column) = select.items.iter().enumerate().find_map(|(at, item)| {
            let Input::Table { table_ref, .. } = item.input else { return None };
            // A row of NULLs can stand for it, and sorts elsewhere.
            if is_nullable(select, at) {
                return None;
            }
            let is_named = |column: &Column| by.text == SqlText::name(item.id, &column.name);
            Some((table_ref, item.columns.iter().position(is_named)?))
        })?;
        Some((table_ref, column, order.term?))
    };
    let terms = query.order.iter().map(term).collect::<Option<Vec<_>>>()?;
    let (first, ..) = *terms.first()?;
    let table = &logical.table_refs.get(first)?.table;
    let is_alone = whole.table_refs().iter().filter(|at| logical.table_refs[**at].table == *table).count() == 1;
    let is_common = terms.iter().all(|(table_ref, ..)| *table_ref == first);
    (is_alone && is_common).then(|| SortedBy {
        table: Arc::clone(table),
        terms: terms.into_iter().map(|(_, column, term)| (column, term)).collect(),
    })
}
