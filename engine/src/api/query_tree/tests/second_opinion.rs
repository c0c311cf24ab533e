//! The tables and columns that a query reads, derived from sqlparser's tree: a second opinion on the binder, which shares
//! no line with it. It resolves names as SQLite documents it and knows nothing of types, predicates or plans.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{
    Cte, Expr, Ident, InTarget, Join, JoinConstraint, JoinOperator, ObjectName, OrderBy, OrderByKind, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement, TableAlias, TableFactor, TableWithJoins, Visit,
    Visitor,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use crate::types::{Catalog, ColumnKind, Table, TableKind};

/// Columns by the id of an ordinary table.
pub(super) type Columns = BTreeMap<Arc<str>, BTreeSet<usize>>;

/// What a text reads, or why the tree does not tell.
pub(super) fn reads(sql: &str, catalog: &Catalog) -> Result<Columns, String> {
    let statements = Parser::parse_sql(&SQLiteDialect {}, sql).map_err(|error| error.to_string())?;
    let [Statement::Query(query)] = statements.as_slice() else { return Err("not one query".to_owned()) };
    let mut resolver = Resolver::new(catalog);
    resolver.query(query);
    match resolver.problem {
        Some(problem) => Err(problem),
        None => Ok(resolver.columns),
    }
}

/// An item of FROM: what it is called, and its columns.
#[derive(Clone, Debug)]
struct Item {
    database: Option<String>,
    name: String,
    outputs: Vec<Output>,
    /// The ordinary table that it is.
    base: Option<Arc<Table>>,
    /// Its columns are not known: a table-valued function, a system table.
    opaque: bool,
}

/// A column of an item: its name, and the column of a table if it is one.
#[derive(Clone, Debug)]
struct Output {
    name: String,
    column: Option<(Arc<str>, usize)>,
    hidden: bool,
}

impl Output {
    fn computed(name: String) -> Self {
        Self { name, column: None, hidden: false }
    }
}

#[derive(Clone, Default)]
struct Scope {
    items: Vec<Item>,
    /// Names that SELECT gives, which ORDER BY, GROUP BY, HAVING and WHERE may use.
    aliases: Vec<String>,
}

/// A common table expression, and how many scopes and expressions it sees.
#[derive(Clone)]
struct Visible {
    cte: Cte,
    scopes: usize,
    ctes: usize,
}

struct Resolver<'c> {
    catalog: &'c Catalog,
    columns: Columns,
    scopes: Vec<Scope>,
    ctes: Vec<Visible>,
    /// Views and CTEs that are being read, against loops.
    open: Vec<String>,
    problem: Option<String>,
}

impl<'c> Resolver<'c> {
    fn new(catalog: &'c Catalog) -> Self {
        let (columns, scopes, ctes) = (Columns::new(), Vec::new(), Vec::new());
        Self { catalog, columns, scopes, ctes, open: Vec::new(), problem: None }
    }

    /// Reads a query and gives its output columns.
    fn query(&mut self, query: &Query) -> Vec<Output> {
        let (scopes, ctes) = (self.scopes.len(), self.ctes.len());
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            // It also sees those after it: SQLite allows that, and the innermost of a name is taken.
            let all = ctes + query.with.as_ref().map_or(0, |with| with.cte_tables.len());
            self.ctes.push(Visible { cte: cte.clone(), scopes, ctes: all });
        }
        let outputs = self.body(&query.body);
        // The last SELECT's scope is still there: a simple query's ORDER BY sees its tables.
        if let (SetExpr::Select(_), Some(order)) = (&*query.body, &query.order_by) {
            self.order_by(order);
        }
        if let Some(limit) = &query.limit_clause {
            self.expressions(limit);
        }
        self.scopes.truncate(scopes);
        self.ctes.truncate(ctes);
        outputs
    }

    fn body(&mut self, body: &SetExpr) -> Vec<Output> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                let scopes = self.scopes.len();
                let outputs = self.body(left);
                self.scopes.truncate(scopes);
                self.body(right);
                self.scopes.truncate(scopes);
                outputs.into_iter().map(|output| Output::computed(output.name)).collect()
            }
            SetExpr::Values(values) => {
                self.expressions(values);
                let width = values.rows.first().map_or(0, |row| row.content.len());
                (1..=width).map(|place| Output::computed(format!("column{place}"))).collect()
            }
            _ => {
                self.problem = Some("a body that SQLite does not have".to_owned());
                Vec::new()
            }
        }
    }

    fn select(&mut self, select: &Select) -> Vec<Output> {
        let mut scope = Scope::default();
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                scope.aliases.push(alias.value.clone());
            }
        }
        for table in &select.from {
            self.joined(table, &mut scope.items);
        }
        self.scopes.push(scope);
        for table in &select.from {
            self.constraints(table);
        }
        let mut outputs = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => outputs.push(self.output(expr, None)),
                SelectItem::ExprWithAlias { expr, alias } => outputs.push(self.output(expr, Some(alias))),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let name = last(name);
                    outputs.extend(self.all(Some(&name)));
                }
                _ => outputs.extend(self.all(None)),
            }
        }
        if let Some(selection) = &select.selection {
            self.expressions(selection);
        }
        self.expressions(&select.group_by);
        if let Some(having) = &select.having {
            self.expressions(having);
        }
        self.expressions(&select.named_window);
        outputs
    }

    /// The columns of `*` or `name.*`, which are read.
    fn all(&mut self, name: Option<&str>) -> Vec<Output> {
        let Some(scope) = self.scopes.last() else { return Vec::new() };
        let named = |item: &&Item| name.is_none_or(|name| item.name.eq_ignore_ascii_case(name));
        let outputs: Vec<_> = scope
            .items
            .iter()
            .filter(named)
            .flat_map(|item| item.outputs.iter().filter(|output| !output.hidden).cloned())
            .collect();
        outputs.iter().for_each(|output| self.read(output));
        outputs
    }

    fn output(&mut self, expr: &Expr, alias: Option<&Ident>) -> Output {
        self.expressions(expr);
        let name = match (alias, expr) {
            (Some(alias), _) => alias.value.clone(),
            (None, Expr::Identifier(name)) => name.value.clone(),
            (None, Expr::CompoundIdentifier(names)) => names.last().map_or_else(String::new, |name| name.value.clone()),
            (None, expr) => expr.to_string(),
        };
        // A reference to the column of a subquery reads nothing more: the subquery has read it.
        Output::computed(name)
    }

    fn joined(&mut self, table: &TableWithJoins, items: &mut Vec<Item>) {
        self.factor(&table.relation, items);
        for join in &table.joins {
            let left = items.len();
            self.factor(&join.relation, items);
            self.merged(join, left, items);
        }
    }

    /// Columns that USING and NATURAL compare are read on both sides.
    fn merged(&mut self, join: &Join, left: usize, items: &[Item]) {
        let names: Vec<String> = match constraint(&join.join_operator) {
            Some(JoinConstraint::Using(names)) => names.iter().map(last).collect(),
            Some(JoinConstraint::Natural) => {
                let right = items[left..].iter().flat_map(|item| &item.outputs).filter(|output| !output.hidden);
                right.map(|output| output.name.clone()).collect()
            }
            _ => return,
        };
        let (left, right) = items.split_at(left);
        for name in names {
            let find = |items: &[Item]| -> Vec<Output> {
                let outputs = items.iter().flat_map(|item| &item.outputs);
                outputs.filter(|output| output.name.eq_ignore_ascii_case(&name)).cloned().collect()
            };
            let (left, right) = (find(left), find(right));
            if !left.is_empty() && !right.is_empty() {
                left.iter().chain(&right).for_each(|output| self.read(output));
            }
        }
    }

    fn constraints(&mut self, table: &TableWithJoins) {
        let mut factors = vec![&table.relation];
        for join in &table.joins {
            factors.push(&join.relation);
            if let Some(JoinConstraint::On(on)) = constraint(&join.join_operator) {
                self.expressions(on);
            }
        }
        for factor in factors {
            match factor {
                TableFactor::NestedJoin { table_with_joins, .. } => self.constraints(table_with_joins),
                TableFactor::Table { args: Some(args), .. } => self.expressions(&args.args),
                TableFactor::Function { args, .. } => self.expressions(args),
                _ => {}
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, items: &mut Vec<Item>) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => items.push(self.table(name, alias.as_ref())),
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
                items.push(opaque(name, alias.as_ref()));
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let outputs = self.query(subquery);
                items.push(Item {
                    database: None,
                    name: alias.as_ref().map_or_else(String::new, |alias| alias.name.value.clone()),
                    outputs: inner(outputs),
                    base: None,
                    opaque: false,
                });
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let start = items.len();
                self.joined(table_with_joins, items);
                // `(a JOIN b) AS x` calls all of it `x`.
                if let Some(alias) = alias {
                    let outputs = items.drain(start..).flat_map(|item| item.outputs).collect();
                    let name = alias.name.value.clone();
                    items.push(Item { database: None, name, outputs, base: None, opaque: false });
                }
            }
            _ => self.problem = Some("an item of FROM that SQLite does not have".to_owned()),
        }
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Item {
        let parts: Vec<_> = name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.clone()).collect();
        let (database, table) = match parts.as_slice() {
            [database, table] => (Some(database.clone()), table.clone()),
            parts => (None, parts.last().cloned().unwrap_or_default()),
        };
        let called = alias.map_or_else(|| table.clone(), |alias| alias.name.value.clone());
        let item =
            |outputs, base, opaque| Item { database: database.clone(), name: called.clone(), outputs, base, opaque };
        let is_cte = |visible: &&Visible| visible.cte.alias.name.value.eq_ignore_ascii_case(&table);
        if let (None, Some(visible)) = (&database, self.ctes.iter().rev().find(is_cte).cloned()) {
            return item(self.cte(&visible), None, false);
        }
        let Some(found) = self.catalog.resolve(database.as_deref(), &table).cloned() else {
            return opaque(name, alias);
        };
        match &found.kind {
            TableKind::Table { .. } => {
                self.columns.entry(Arc::clone(&found.id)).or_default();
                let outputs = found.columns.iter().enumerate().map(|(place, column)| Output {
                    name: column.name.clone(),
                    column: Some((Arc::clone(&found.id), place)),
                    hidden: column.kind == ColumnKind::Hidden,
                });
                item(outputs.collect(), Some(Arc::clone(&found)), false)
            }
            TableKind::View { sql } => item(self.view(sql, &found), None, false),
            TableKind::Virtual { .. } => opaque(name, alias),
        }
    }

    fn cte(&mut self, visible: &Visible) -> Vec<Output> {
        let name = format!("cte {} {}", visible.cte.alias.name.value.to_lowercase(), visible.scopes);
        let declared: Vec<_> = visible.cte.alias.columns.iter().map(|column| column.name.value.clone()).collect();
        if self.open.contains(&name) {
            // Inside itself: the names are those of its first SELECT, which has been read.
            let names = if declared.is_empty() { first_names(&visible.cte.query.body) } else { declared };
            return names.into_iter().map(Output::computed).collect();
        }
        self.open.push(name);
        let (scopes, ctes) =
            (self.scopes.split_off(visible.scopes), self.ctes.split_off(visible.ctes.min(self.ctes.len())));
        let outputs = self.query(&visible.cte.query);
        self.scopes.extend(scopes);
        self.ctes.extend(ctes);
        self.open.pop();
        named(outputs, &declared)
    }

    fn view(&mut self, sql: &str, table: &Table) -> Vec<Output> {
        let name = format!("view {}", table.id);
        if self.open.contains(&name) {
            self.problem = Some("a view of itself".to_owned());
            return Vec::new();
        }
        let query = match Parser::parse_sql(&SQLiteDialect {}, sql) {
            Ok(statements) => match statements.into_iter().next() {
                Some(Statement::CreateView(view)) => view.query,
                _ => return Vec::new(),
            },
            Err(error) => {
                self.problem = Some(format!("a view: {error}"));
                return Vec::new();
            }
        };
        self.open.push(name);
        let (scopes, ctes) = (std::mem::take(&mut self.scopes), std::mem::take(&mut self.ctes));
        self.query(&query);
        (self.scopes, self.ctes) = (scopes, ctes);
        self.open.pop();
        table.columns.iter().map(|column| Output::computed(column.name.clone())).collect()
    }

    fn order_by(&mut self, order: &OrderBy) {
        let OrderByKind::Expressions(terms) = &order.kind else { return };
        for term in terms {
            // A name alone is an output column before it is a column of a table.
            let is_alias = matches!(&term.expr, Expr::Identifier(name) if self.has_alias(&name.value));
            if !is_alias {
                self.expressions(term);
            }
        }
    }

    fn has_alias(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|scope| scope.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)))
    }

    /// Reads the columns of all expressions below a node, and the subqueries in them.
    fn expressions(&mut self, node: &impl Visit) {
        let _ = node.visit(&mut Expressions { resolver: self, inside: 0 });
    }

    fn read(&mut self, output: &Output) {
        if let Some((table, column)) = &output.column {
            self.columns.entry(Arc::clone(table)).or_default().insert(*column);
        }
    }

    fn name(&mut self, names: &[Ident]) {
        let (database, table, column) = match names {
            [column] => (None, None, column),
            [table, column] => (None, Some(table), column),
            [database, table, column] => (Some(database), Some(table), column),
            _ => return self.problem = Some("a name of more parts than SQLite's have".to_owned()),
        };
        for depth in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[depth];
            let candidates: Vec<&Item> = scope.items.iter().filter(|item| item.is_called(database, table)).collect();
            let with_it = candidates.iter().filter_map(|item| item.output(&column.value));
            let found: Vec<Output> = with_it.cloned().collect();
            if let Some(first) = found.first() {
                return self.read(&first.clone());
            }
            let is_rowid = ["rowid", "_rowid_", "oid"].iter().any(|name| column.value.eq_ignore_ascii_case(name));
            let rowids: Vec<_> = candidates.iter().filter_map(|item| item.base.clone()).collect();
            if let (true, Some(base)) = (is_rowid, rowids.first()) {
                if let Some(alias) = base.rowid_alias() {
                    self.columns.entry(Arc::clone(&base.id)).or_default().insert(alias);
                }
                return;
            }
            let is_alias =
                table.is_none() && scope.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&column.value));
            if is_alias || candidates.iter().any(|item| item.opaque) {
                return;
            }
        }
        // `"text"` is a string where no column is called so, and TRUE and FALSE are values.
        let is_text = column.quote_style == Some('"') && table.is_none();
        let is_value = ["true", "false"].iter().any(|word| column.value.eq_ignore_ascii_case(word));
        if !is_text && !is_value {
            self.problem = Some(format!(
                "no column {}",
                names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".")
            ));
        }
    }
}

impl Item {
    fn is_called(&self, database: Option<&Ident>, table: Option<&Ident>) -> bool {
        table.is_none_or(|table| self.name.eq_ignore_ascii_case(&table.value))
            && database.is_none_or(|database| {
                let own = self.base.as_ref().map(|base| base.database.as_str()).or(self.database.as_deref());
                own.is_none_or(|own| own.eq_ignore_ascii_case(&database.value))
            })
    }

    fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name.eq_ignore_ascii_case(name))
    }
}

struct Expressions<'r, 'c> {
    resolver: &'r mut Resolver<'c>,
    /// How many queries deep: what is inside one is its own walk's.
    inside: usize,
}

impl Visitor for Expressions<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.inside == 0 {
            self.resolver.query(query);
        }
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.inside > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Identifier(name) => self.resolver.name(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(names) => self.resolver.name(names),
            // `x IN t` reads the first column of `t`, which has no other.
            Expr::In { target: InTarget::Table { name, args: None }, .. } => {
                let item = self.resolver.table(name, None);
                item.outputs.iter().for_each(|output| self.resolver.read(output));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(String::new, |ident| ident.value.clone())
}

fn opaque(name: &ObjectName, alias: Option<&TableAlias>) -> Item {
    let name = alias.map_or_else(|| last(name), |alias| alias.name.value.clone());
    Item { database: None, name, outputs: Vec::new(), base: None, opaque: true }
}

/// The outputs of a subquery as columns of an item: reading them again reads nothing.
fn inner(outputs: Vec<Output>) -> Vec<Output> {
    outputs.into_iter().map(|output| Output::computed(output.name)).collect()
}

fn named(outputs: Vec<Output>, declared: &[String]) -> Vec<Output> {
    if declared.is_empty() {
        return inner(outputs);
    }
    declared.iter().cloned().map(Output::computed).collect()
}

/// The names of the first SELECT of a recursive expression, as far as they can be told without its tables.
fn first_names(body: &SetExpr) -> Vec<String> {
    match body {
        SetExpr::SetOperation { left, .. } => first_names(left),
        SetExpr::Query(query) => first_names(&query.body),
        SetExpr::Values(values) => {
            (1..=values.rows.first().map_or(0, |row| row.content.len())).map(|n| format!("column{n}")).collect()
        }
        SetExpr::Select(select) => select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.value.clone()),
                SelectItem::UnnamedExpr(Expr::CompoundIdentifier(names)) => names.last().map(|name| name.value.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => Some(constraint),
        _ => None,
    }
}
