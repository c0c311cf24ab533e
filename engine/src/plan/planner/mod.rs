//! The planner: which strategy maintains which part of a query, or why none does.

mod accumulate;
mod bare;
mod check;
mod derived;
mod evaluator;
mod fixpoint;
mod limited;
mod linear;
mod padded;
mod projected;
mod recompute;

use std::sync::Arc;

use super::rewrites::{fold_all, rewrite};
use super::{
    Arm, CollatedPart, Column, Combine, Delta, Derived, DerivedColumn, DisabledFeatures, Expression, Input, Item,
    ItemId, Join, Limit, Logical, Node, Order, OrderBy, OrderDependence, OrderDependent, Plan, PlannerFeature, Query,
    Reason, Select, SetOperator, SortedBy, TableRef, Text, column_of, select_text,
};
use crate::types::{Collation, SortedSet};

/// Plans a query, of which so much is left to the order in which SQLite comes to rows.
///
/// # Errors
/// Why it cannot be maintained.
pub fn plan(logical: &Logical, order_dependent: OrderDependent, disabled: DisabledFeatures) -> Result<Plan, Reason> {
    planned(logical, order_dependent, disabled).map_err(|why| match disabled.is_nothing() {
        true => why,
        false => Reason::WithDisabled { why: Box::new(why), disabled },
    })
}

fn planned(logical: &Logical, order_dependent: OrderDependent, disabled: DisabledFeatures) -> Result<Plan, Reason> {
    let mut query = logical.query.clone();
    let mut items = logical.items;
    rewrite(&mut query, &mut items, disabled, order_dependent.rows);
    if order_dependent.bare_columns && bare::stands_unchecked(&query) {
        return Err(Reason::Order(OrderDependence::BareColumn));
    }
    let window = match &query.limit {
        Limit::None => None,
        Limit::Window(window) => {
            disabled.allows(PlannerFeature::Window)?;
            Some(window.clone())
        }
        Limit::Other(_) => return Err(Reason::LimitExpression),
    };
    let width = width(&query)?;
    let mut order = Vec::new();
    let mut extras: Vec<Text> = Vec::new();
    for Order { by, term, .. } in &query.order {
        let term = term.ok_or(Reason::Collation(CollatedPart::Order))?;
        let column = match by {
            OrderBy::Column(column) => *column,
            OrderBy::Expression(expression) => {
                extras.push(expression.text.clone());
                width + extras.len() - 1
            }
        };
        order.push((column, term));
    }
    let mut whole = hydration(&query, &extras);
    let mut planner = Planner {
        table_refs: logical.table_refs.clone(),
        parameters: logical.parameters,
        derived: Vec::new(),
        keyed: SortedSet::new(),
        states: 0,
        items,
        order_dependent,
        in_from: false,
        disabled,
    };
    planner.plan_derived(&mut query)?;
    for order in &mut query.order {
        if let OrderBy::Expression(expression) = &mut order.by {
            expression.change_subqueries(|query| planner.plan_derived(query))?;
        }
    }
    let root = match &query.arms[..] {
        [Arm::Select(select)] => {
            if select.distinct && !extras.is_empty() {
                return Err(Reason::DistinctOrder);
            }
            let by = query.order.iter().filter_map(|order| match &order.by {
                OrderBy::Expression(expression) => Some(expression),
                OrderBy::Column(_) => None,
            });
            let by: Vec<&Expression> = by.collect();
            let mut root = planner.select(select, &by)?;
            if let Node::Recompute(recompute) = &mut root
                && window.is_some()
                && planner.derived.is_empty()
                && !disabled.has(PlannerFeature::Prefix)
            {
                extras.extend(recompute::leave_to_window(&planner, select, &by, recompute)?);
                whole = hydration(&query, &extras);
            }
            root
        }
        [Arm::Values(_)] => planner.constant(&query)?,
        _ => planner.compound(&query)?,
    };
    let Planner { mut derived, table_refs, .. } = planner;
    let mut declared: Vec<(Arc<str>, Arc<[DerivedColumn]>)> = Vec::new();
    for TableRef { table, derived, .. } in &table_refs {
        if let Some(columns) = derived
            && !declared.iter().any(|(known, _)| known == table)
        {
            declared.push((Arc::clone(table), Arc::clone(columns)));
        }
    }
    for at in 0..derived.len() {
        let is_own = |table_ref: &TableRef| table_ref.table == derived[at].table;
        let Some(table_ref) = table_refs.iter().position(is_own) else { continue };
        let is_held = derived[at + 1..].iter().any(|other| other.node.reads_whole(table_ref));
        derived[at].is_held = is_held || root.reads_whole(table_ref);
    }
    let is_stateless = derived.is_empty() && is_stateless(&root) && !disabled.has(PlannerFeature::Prefix);
    let hydrate: Arc<str> = whole.render_all(&logical.table_refs).into();
    let identity = format!("{hydrate} {window:?}").into();
    let order = order.into();
    let sees_end = derived.is_empty() && !disabled.has(PlannerFeature::Beyond);
    let sorted_by = if sees_end { sorted_by(logical, &query, &root, &whole) } else { None };
    Ok(Plan {
        declared,
        derived,
        root,
        width,
        order,
        window,
        hydrate,
        identity,
        parameters: logical.parameters,
        is_stateless,
        sorted_by,
    })
}

/// The table whose row alone says where what it adds to the result stands.
fn sorted_by(logical: &Logical, query: &Query, root: &Node, whole: &Text) -> Option<SortedBy> {
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
            // Where a row of NULLs may stand for it, it does not say where that one stands.
            if is_nullable(select, at) {
                return None;
            }
            let is_named = |column: &Column| by.text == Text::name(item.id, &column.name);
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

/// A plan in the making.
struct Planner {
    /// Of base tables and, behind them, of derived ones.
    table_refs: Vec<TableRef>,
    /// How many parameters the query has.
    parameters: usize,
    derived: Vec<Derived>,
    /// Table references of derived tables that have one row at most of each identity.
    keyed: SortedSet<usize>,
    states: u32,
    items: usize,
    order_dependent: OrderDependent,
    /// Whether what is planned is a query in FROM.
    in_from: bool,
    disabled: DisabledFeatures,
}

impl Planner {
    fn state(&mut self) -> u32 {
        self.states += 1;
        self.states
    }

    /// An item of FROM that the query does not have.
    fn item(&mut self) -> usize {
        self.items += 1;
        self.items - 1
    }

    /// The text, which asks for all rows.
    fn render_all(&self, text: &Text) -> Arc<str> {
        text.render_all(&self.table_refs).into()
    }

    /// The text with the tables as they are.
    fn render(&self, text: &Text) -> Arc<str> {
        text.render(&self.table_refs, &[]).into()
    }

    fn table_refs(&self) -> Vec<TableRef> {
        self.table_refs.clone()
    }

    /// What it makes of derived tables is undone where it fails.
    fn attempt<T>(&mut self, plan: impl FnOnce(&mut Self) -> Result<T, Reason>) -> Result<T, Reason> {
        let before = self.mark();
        let planned = plan(self);
        if planned.is_err() {
            self.back_to(before);
        }
        planned
    }

    /// How many table references and derived tables there are.
    fn mark(&self) -> (usize, usize) {
        (self.table_refs.len(), self.derived.len())
    }

    fn back_to(&mut self, (table_refs, derived): (usize, usize)) {
        self.table_refs.truncate(table_refs);
        self.derived.truncate(derived);
        self.keyed.retain(|table_ref| *table_ref < table_refs);
    }

    /// Whether a table reference is of a derived table that takes more than the changed rows to maintain.
    fn is_of_state(&self, table_ref: usize) -> bool {
        let table = &self.table_refs[table_ref].table;
        self.derived.iter().any(|derived| derived.table == *table && !is_stateless(&derived.node))
    }

    /// A SELECT whose rows have, behind its columns, what it is ordered by.
    fn select(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        let before = self.mark();
        let direct = match self.disabled.allows(PlannerFeature::Direct) {
            Ok(()) => self.attempt(|planner| planner.without_distinct(select, by)),
            Err(why) => Err(why),
        };
        let node = match direct {
            // Where it has made a derived table itself, all rows are those of that.
            Ok(node) if !is_of_all(&node) || self.mark() != before => node,
            direct => match self.over_rows(select, by).or_else(|_| self.over_held(select, by)) {
                Ok(node) if direct.is_err() || !is_of_all(&node) => node,
                _ => {
                    self.back_to(before);
                    match direct {
                        Err(_) if self.disabled.has(PlannerFeature::Direct) => self.without_distinct(select, by)?,
                        direct => direct?,
                    }
                }
            },
        };
        if !select.distinct {
            return Ok(node);
        }
        self.disabled.allows(PlannerFeature::Combine)?;
        let is_exact = select.columns.iter().all(|column| column.is_exact);
        let collations = || select.columns.iter().map(|column| column.collation).collect::<Option<Vec<_>>>();
        let loose = match is_exact {
            true => None,
            false => Some(collations().ok_or(Reason::Collation(CollatedPart::Distinct))?),
        };
        let state = self.state();
        Ok(Node::Combine(Combine { parts: vec![node], distinct: true, operators: Vec::new(), loose, state }))
    }

    /// A SELECT that groups or has window functions, over the derived table of the rows that it is of.
    fn over_rows(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        self.disabled.allows(PlannerFeature::OverRows)?;
        let expressions = select.expressions().chain(by.iter().copied());
        let has_windows = expressions.into_iter().any(|expression| !expression.windows.is_empty());
        let is_plain = select.items.len() == 1
            && select.filters.is_empty()
            && matches!(select.items[0].input, Input::Table { .. });
        if is_plain || !(select.is_aggregated || has_windows) {
            return Err(Reason::PlainRows);
        }
        let mut over = select.clone();
        let mut by: Vec<Expression> = by.iter().map(|expression| (*expression).clone()).collect();
        fold_all(&mut over, &mut by, &mut self.items).ok_or(Reason::HiddenColumn)?;
        self.attempt(|planner| {
            planner.plan_derived_of(&mut over)?;
            planner.without_distinct(&over, &by.iter().collect::<Vec<_>>())
        })
    }

    /// A SELECT of derived tables all of which are held, be they linear or not: then their rows can be told apart.
    fn over_held(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        self.disabled.allows(PlannerFeature::OverHeld)?;
        let mut over = select.clone();
        self.attempt(|planner| {
            let is_loose = |item: &&mut Item| matches!(&item.input, Input::Query(query) if query.is_closed());
            let mut held = 0;
            for item in over.items.iter_mut().filter(is_loose) {
                item.input = planner.derived_input(&item.input, &item.columns)?;
                held += 1;
            }
            match held {
                0 => Err(Reason::NoDerivedTable),
                _ => planner.without_distinct(&over, by),
            }
        })
    }

    fn without_distinct(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        if fails_between_tables(select) {
            // Whether SQLite comes to such rows depends on where it begins.
            return Err(Reason::FailingCondition);
        }
        let mut expressions = select.expressions().chain(by.iter().copied());
        if expressions.any(|expression| !expression.windows.is_empty()) {
            return match select.is_aggregated {
                true => projected::projected(self, select, by).or_else(|_| recompute::partitioned(self, select, by)),
                false => recompute::partitioned(self, select, by),
            };
        }
        if select.is_aggregated {
            return self
                .by_sums(select, by)
                .or_else(|why| self.by_sums_over_both(select, by).ok_or(why))
                .or_else(|_| recompute::grouped(self, select, by));
        }
        let expressions = select.expressions().chain(by.iter().copied());
        match linear::why_not(select, expressions) {
            None if !self.disabled.has(PlannerFeature::Delta) => Ok(Node::Delta(self.delta(select, by)?)),
            _ => recompute::identified(self, select, by),
        }
    }

    fn by_sums(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        accumulate::accumulated(self, select, by).or_else(|_| projected::projected(self, select, by))
    }

    fn by_sums_over_both(&mut self, select: &Select, by: &[&Expression]) -> Option<Node> {
        self.disabled.allows(PlannerFeature::Padded).ok()?;
        let (over, by) = padded::over_both(self, select, by)?;
        self.by_sums(&over, &by.iter().collect::<Vec<_>>()).ok()
    }

    fn delta(&self, select: &Select, by: &[&Expression]) -> Result<Delta, Reason> {
        let columns: Vec<&Text> = select.columns.iter().chain(by.iter().copied()).map(|column| &column.text).collect();
        self.delta_of(select, &columns)
    }

    /// What of a linear SELECT's rows shows these columns.
    fn delta_of(&self, select: &Select, columns: &[&Text]) -> Result<Delta, Reason> {
        let plain = Select { distinct: false, ..select.clone() };
        let texts = linear::summands(&plain)?.iter().map(|summand| select_text(summand, columns)).collect();
        let evaluator = match self.disabled.has(PlannerFeature::Evaluator) {
            true => None,
            false => evaluator::evaluator(select, columns),
        };
        Ok(Delta { table_refs: self.table_refs(), texts, evaluator })
    }

    fn compound(&mut self, query: &Query) -> Result<Node, Reason> {
        let is_set = query.operators.iter().any(|operator| *operator != SetOperator::UnionAll);
        self.disabled.allows(PlannerFeature::Combine)?;
        let mut parts = Vec::with_capacity(query.arms.len());
        let loose = match is_set && !query.is_exact {
            false => None,
            true => Some(compared(query).ok_or(Reason::MixedCompound)?),
        };
        for arm in &query.arms {
            parts.push(match arm {
                Arm::Select(select) => self.select(select, &[])?,
                Arm::Values(_) => {
                    self.constant(&Query { arms: vec![arm.clone()], operators: Vec::new(), ..query.clone() })?
                }
            });
        }
        let state = self.state();
        Ok(Node::Combine(Combine { parts, distinct: false, operators: query.operators.clone(), loose, state }))
    }

    /// VALUES, which no change of a table changes unless a subquery is in it.
    fn constant(&self, query: &Query) -> Result<Node, Reason> {
        let text = query.text();
        if !text.table_refs().is_empty() {
            return Err(Reason::SubqueryInValues);
        }
        let plain = Query { order: Vec::new(), limit: Limit::None, ..query.clone() };
        Ok(Node::Delta(Delta { table_refs: self.table_refs(), texts: vec![plain.text()], evaluator: None }))
    }
}

/// Whether a condition between tables fails for some rows, in the SELECT or in what it reads.
fn fails_between_tables(select: &Select) -> bool {
    let mut conditions = select.filters.iter().chain(select.items.iter().flat_map(|item| &item.on));
    conditions.any(|condition| condition.items.len() > 1 && can_fail(select, condition))
        || select.items.iter().any(|item| match &item.input {
            Input::Query(query) => {
                query.arms.iter().any(|arm| matches!(arm, Arm::Select(inner) if fails_between_tables(inner)))
            }
            Input::Table { .. } | Input::Function(..) | Input::Recursion(_) => false,
        })
}

/// Whether an expression fails for some rows, by itself or by what columns of queries in FROM are made of.
fn can_fail(select: &Select, expression: &Expression) -> bool {
    let is_failing = |(id, name): &(ItemId, String)| {
        let item = select.items.iter().find(|item| item.id == *id);
        let Some(Input::Query(query)) = item.map(|item| &item.input) else { return false };
        let Some(column) = column_of(name) else { return false };
        query.arms.iter().any(|arm| match arm {
            Arm::Select(inner) => inner.columns.get(column).is_some_and(|column| can_fail(inner, column)),
            Arm::Values(rows) => rows.iter().any(|row| row.get(column).is_some_and(|value| value.can_fail)),
        })
    };
    expression.can_fail || expression.text.names().iter().any(is_failing)
}

/// How a compound SELECT compares its columns, or what is coarser: two rows that are equal to SQLite wherever it compares
/// them are equal so.
///
/// It compares a column by the collating sequence of the first SELECT in which it has one, and some of the SELECTs among
/// themselves by that of the first of them (sqlite3's multiSelectByMerge): those to the left of an operator, and, where more
/// than three are alike, the half of them.
fn compared(query: &Query) -> Option<Vec<Collation>> {
    let rows = query.arms.iter().flat_map(|arm| match arm {
        Arm::Select(select) => vec![&select.columns],
        Arm::Values(rows) => rows.iter().collect(),
    });
    let rows: Vec<&Vec<Expression>> = rows.collect();
    let compared = |column: usize| {
        let mut coarsest = Collation::Binary;
        for row in &rows {
            let value = row.get(column)?;
            coarsest = coarsest.coarser(value.collation?)?;
            if value.is_collated && rows.len() <= 3 {
                break;
            }
        }
        Some(coarsest)
    };
    (0..rows.first()?.len()).map(compared).collect()
}

fn width(query: &Query) -> Result<usize, Reason> {
    match query.arms.first() {
        Some(Arm::Select(select)) => Ok(select.columns.len()),
        Some(Arm::Values(rows)) => Ok(rows.first().map_or(0, Vec::len)),
        None => Err(Reason::Internal("a query without a SELECT")),
    }
}

/// Whether all rows of a node are asked for again, where anything else is less to do.
fn is_of_all(node: &Node) -> bool {
    matches!(node, Node::Recompute(recompute) if recompute.key.is_empty())
}

/// Whether nothing is remembered between commits.
fn is_stateless(node: &Node) -> bool {
    match node {
        Node::Delta(_) => true,
        Node::Combine(combine) => combine.is_sum() && combine.parts.iter().all(is_stateless),
        Node::Recompute(recompute) => !recompute.remembers,
        Node::Accumulate(_) | Node::Fixpoint(_) => false,
    }
}

/// The query with its order, and behind its columns those that it is ordered by and the key of its rows.
fn hydration(query: &Query, extras: &[Text]) -> Text {
    let mut text = match &query.arms[..] {
        [Arm::Select(select)] => {
            let columns: Vec<&Text> = select.columns.iter().map(|column| &column.text).chain(extras).collect();
            select_text(select, &columns)
        }
        _ => Query { order: Vec::new(), limit: Limit::None, ..query.clone() }.text(),
    };
    query.write_order(&mut text);
    text
}

/// The table references of base tables in an item of FROM.
fn table_refs_of(input: &Input) -> Vec<usize> {
    match input {
        Input::Table { table_ref, .. } => vec![*table_ref],
        Input::Query(query) => query.text().table_refs(),
        Input::Recursion(_) => Vec::new(),
        Input::Function(..) => Vec::new(),
    }
}

/// Whether rows of NULLs stand for an item where its join finds nothing.
fn is_nullable(select: &Select, at: usize) -> bool {
    let own = matches!(select.items[at].join, Join::Left | Join::Full) && at > 0;
    let by_others = select.items[at + 1..].iter().any(|item| matches!(item.join, Join::Right | Join::Full));
    own || by_others
}
