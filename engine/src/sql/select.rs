//! One SELECT: its scope, what its expressions read, and the columns of its result.

use sqlparser::ast::{Distinct, Expr, GroupByExpr, Select, SelectItem, SelectItemQualifiedWildcardKind};

use super::dependencies::{Analysis, Limit, Order, Surroundings};
use super::from::{From, JoinKind, On};
use super::plan_dependence;
use super::scope::{Item, Output, ResultColumn, Scope, Shape, bare, path};

/// A SELECT with its scope.
pub(super) struct Reading<'q> {
    pub(super) select: &'q Select,
    pub(super) order: Order<'q>,
    pub(super) limit: Limit,
    pub(super) from: &'q From<'q>,
    pub(super) scope: Scope<'q>,
    pub(super) outputs: &'q [Output],
}

impl Analysis<'_> {
    pub(super) fn select(
        &mut self,
        select: &Select,
        order: Order<'_>,
        limit: Limit,
        around: &Surroundings<'_>,
    ) -> Vec<Output> {
        let from = self.from(&select.from, around);
        let results = results(select, &from.items);
        let scope = Scope { items: &from.items, results: &results, parent: around.scope };
        // A result column cannot name another one.
        let unnamed = Scope { results: &[], ..scope };

        for condition in &from.conditions {
            if let On::Expression(expression) = &condition.on {
                self.expression(expression, &scope, around);
            }
        }
        let projection = select.projection.iter().filter_map(projected);
        for expression in from.arguments.iter().copied().chain(projection) {
            self.expression(expression, &unnamed, around);
        }
        for expression in filters(select) {
            self.expression(expression, &scope, around);
        }
        for term in order {
            // A plain alias is read where it is defined.
            let is_alias = matches!(path(&term.expr), Some([name]) if scope.alias(&name.value).is_some());
            if !is_alias {
                self.expression(&term.expr, &scope, around);
            }
        }
        for window in &select.named_window {
            self.window(window, &scope, around);
        }
        self.wildcards(select, &scope);
        self.predicates(select, &from, &scope);

        let outputs = outputs(&results, &unnamed);
        let reading = Reading { select, order, limit, from: &from, scope, outputs: &outputs };
        if let Some(reason) = plan_dependence::reason(&reading) {
            self.plan_dependent(reason);
        }
        outputs
    }

    /// `*` and `table.*` read every column.
    fn wildcards(&mut self, select: &Select, scope: &Scope<'_>) {
        for item in &select.projection {
            for base in wildcard_items(item, scope.items).filter_map(|item| item.base.as_ref()) {
                for column in 0..base.table.columns.len() {
                    self.read(base.source, &base.table, column);
                }
            }
        }
    }

    /// Collects what filters the rows of each occurrence.
    ///
    /// WHERE may filter either side of an outer join too: an output row carries the occurrence's own row, for which the
    /// comparison was true, or NULLs in its place, for which it is not true. Only `IS NULL`, or IS with a parameter that
    /// may be NULL, is true for those, and is left out. So a row for which the comparison is not true makes no output
    /// row, neither by being there nor by not being there. The same goes for ON of an inner join and the items that
    /// it joins, and for ON of a LEFT JOIN and the items of its right side.
    fn predicates(&mut self, select: &Select, from: &From<'_>, scope: &Scope<'_>) {
        if let Some(filter) = &select.selection {
            self.conjuncts(filter, scope, 0..from.items.len());
        }
        for condition in &from.conditions {
            let On::Expression(expression) = &condition.on else { continue };
            match condition.kind {
                JoinKind::Inner => self.conjuncts(expression, scope, condition.items.clone()),
                JoinKind::Left => self.conjuncts(expression, scope, condition.middle..condition.items.end),
                JoinKind::Other => {}
            }
        }
    }
}

/// The expressions of WHERE, GROUP BY and HAVING.
fn filters(select: &Select) -> impl Iterator<Item = &Expr> {
    let groups = match &select.group_by {
        GroupByExpr::Expressions(expressions, _) => expressions.as_slice(),
        GroupByExpr::All(_) => &[],
    };
    select.selection.iter().chain(groups).chain(&select.having)
}

/// The expression of a result column, unless it is a wildcard.
pub(super) fn projected(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. } => Some(expression),
        _ => None,
    }
}

/// The items whose columns a wildcard stands for.
pub(super) fn wildcard_items<'a>(item: &SelectItem, items: &'a [Item]) -> impl Iterator<Item = &'a Item> {
    let (is_wildcard, qualifier) = match item {
        SelectItem::Wildcard(_) => (true, None),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            (true, name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()))
        }
        _ => (false, None),
    };
    items.iter().filter(move |item| is_wildcard && qualifier.as_ref().is_none_or(|name| item.is_called(name)))
}

pub(super) fn is_distinct(select: &Select) -> bool {
    matches!(select.distinct, Some(Distinct::Distinct | Distinct::On(_)))
}

/// The result columns in their order, wildcards spread out.
fn results<'q>(select: &'q Select, items: &[Item]) -> Vec<ResultColumn<'q>> {
    let mut results = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expression) => {
                let name = path(bare(expression)).and_then(|path| path.last()).map(|ident| ident.value.clone());
                results.push(ResultColumn { name, is_alias: false, expression: Some(expression) });
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let name = Some(alias.value.clone());
                results.push(ResultColumn { name, is_alias: true, expression: Some(expr) });
            }
            wildcard => {
                let columns = wildcard_items(wildcard, items).flat_map(|item| &item.columns);
                let columns = columns.filter(|column| !column.is_hidden).map(|column| column.name.clone());
                results.extend(columns.map(|name| ResultColumn { name, is_alias: false, expression: None }));
            }
        }
    }
    results
}

fn outputs(results: &[ResultColumn<'_>], scope: &Scope<'_>) -> Vec<Output> {
    let output = |result: &ResultColumn<'_>| Output {
        name: result.name.clone(),
        is_hidden: false,
        shape: match (result.expression, &result.name) {
            (Some(expression), _) => plan_dependence::shape(expression, scope),
            (None, Some(name)) => plan_dependence::named_shape(name, scope),
            (None, None) => Shape::Loose,
        },
    };
    results.iter().map(output).collect()
}
