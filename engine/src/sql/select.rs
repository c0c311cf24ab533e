//! One SELECT: its scope, what its expressions read, and the columns of its result.

use sqlite3_parser::ast;

use super::clauses::Clauses;
use super::dependencies::{Analysis, Limit, Order, Surroundings};
use super::from::{From, JoinKind, On};
use super::name::{self, Path, bare, plain};
use super::scope::{Item, Output, ResultColumn, Scope, Shape};
use super::{plan_dependence, walk};

/// A SELECT with its scope.
pub(super) struct Reading<'q> {
    pub(super) clauses: Clauses<'q>,
    pub(super) order: Order<'q>,
    pub(super) limit: Limit,
    pub(super) from: &'q From<'q>,
    pub(super) scope: Scope<'q>,
    pub(super) outputs: &'q [Output],
}

impl Analysis<'_> {
    pub(super) fn select(
        &mut self,
        clauses: Clauses<'_>,
        order: Order<'_>,
        limit: Limit,
        around: &Surroundings<'_>,
    ) -> Vec<Output> {
        let from = self.from(clauses.from, around);
        let results = results(clauses.columns, &from.items);
        let scope = Scope { items: &from.items, results: &results, parent: around.scope };
        // A result column cannot name another one.
        let unnamed = Scope { results: &[], ..scope };

        for condition in &from.conditions {
            if let On::Expression(expression) = &condition.on {
                self.expression(expression, &scope, around);
            }
        }
        for expression in from.arguments.iter().copied().chain(clauses.shown()) {
            self.expression(expression, &unnamed, around);
        }
        for expression in clauses.filter.into_iter().chain(clauses.groups).chain(clauses.having) {
            self.expression(expression, &scope, around);
        }
        for term in order {
            // A plain alias is read where it is defined.
            let path = Path::of(&term.expr).filter(Path::is_bare);
            let is_alias = path.is_some_and(|path| scope.alias(&path.column).is_some());
            if !is_alias {
                self.expression(&term.expr, &scope, around);
            }
        }
        for expression in clauses.windows.iter().flat_map(|definition| walk::window(&definition.window)) {
            self.expression(expression, &scope, around);
        }
        self.wildcards(clauses.columns, &scope);
        self.predicates(clauses.filter, &from, &scope);
        self.equalities(clauses.filter, &from, &scope);

        let outputs = outputs(&results, &unnamed);
        let reading = Reading { clauses, order, limit, from: &from, scope, outputs: &outputs };
        if let Some(reason) = plan_dependence::reason(&reading) {
            self.plan_dependent(reason);
        }
        outputs
    }

    /// `*` and `table.*` read every column.
    fn wildcards(&mut self, columns: &[ast::ResultColumn<'_>], scope: &Scope<'_>) {
        for column in columns {
            for base in wildcard_items(column, scope.items).filter_map(|item| item.base.as_ref()) {
                for column in 0..base.table.columns.len() {
                    self.read(base.source, &base.table, column);
                }
            }
        }
    }

    /// Collects what filters the rows of each table reference.
    ///
    /// WHERE may filter either side of an outer join too: an output row carries the table reference's own row, for which the
    /// comparison was true, or NULLs in its place, for which it is not true. Only `IS NULL`, or IS with a parameter that
    /// may be NULL, is true for those, and is left out. So a row for which the comparison is not true makes no output
    /// row, neither by being there nor by not being there. The same goes for ON of an inner join and the items that
    /// it joins, and for ON of a LEFT JOIN and the items of its right side.
    fn predicates(&mut self, filter: Option<&ast::Expr<'_>>, from: &From<'_>, scope: &Scope<'_>) {
        if let Some(filter) = filter {
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

/// The items whose columns a wildcard stands for.
fn wildcard_items<'a>(column: &ast::ResultColumn<'_>, items: &'a [Item]) -> impl Iterator<Item = &'a Item> + use<'a> {
    let (is_wildcard, qualifier) = match column {
        ast::ResultColumn::Star => (true, None),
        ast::ResultColumn::TableStar(table) => (true, Some(plain(table.0).into_owned())),
        ast::ResultColumn::Expr(..) => (false, None),
    };
    items.iter().filter(move |item| is_wildcard && qualifier.as_ref().is_none_or(|name| item.is_called(name)))
}

/// The result columns in their order, wildcards spread out.
fn results<'q>(columns: &'q [ast::ResultColumn<'q>], items: &[Item]) -> Vec<ResultColumn<'q>> {
    let mut results = Vec::new();
    for column in columns {
        match column {
            ast::ResultColumn::Expr(expression, None) => {
                let name = Path::of(bare(expression)).map(|path| path.column.into_owned());
                results.push(ResultColumn { name, is_alias: false, expression: Some(expression) });
            }
            ast::ResultColumn::Expr(expression, Some(alias)) => {
                let name = Some(name::alias(alias));
                results.push(ResultColumn { name, is_alias: true, expression: Some(expression) });
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
