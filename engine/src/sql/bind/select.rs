//! One SELECT: FROM, the result columns with wildcards spread out, then what can name both.

use sqlite3_parser::ast::{self, Distinctness, Expr, OneSelect, SortedColumn, WindowDef};

use super::query::uncollated;
use super::scope::Scope;
use super::tree::{
    Arm, Direction, Expression, From, Group, Input, Item, Joined, Kind, OrderBy, OrderTerm, Output, ResultColumn,
    Select, Size, Source,
};
use super::{Around, Binder, ordinal};
use crate::sql::syntax::name::{self, Path, bare, plain};

impl<'t> Binder<'_, 't> {
    pub(super) fn select(
        &mut self,
        select: &'t OneSelect<'t>,
        terms: &'t [SortedColumn<'t>],
        around: Around<'_, 't>,
    ) -> (Select<'t>, Vec<OrderTerm<'t>>) {
        let OneSelect::Select { distinctness, columns, from, where_clause, group_by, having, window_clause } = select
        else {
            return (Select::default(), Vec::new());
        };
        let windows: &'t [WindowDef<'t>] = window_clause.unwrap_or_default();
        let mut from = self.from(from.as_ref(), around);
        let unnamed = Scope { windows, ..Scope::of(&from.items, 0..from.items.len(), around.scope) };
        // A result column cannot name another one.
        let columns = self.results(columns, &from, &unnamed, around);
        let scope = Scope { results: &columns, ..unnamed };
        let on = self.conditions(&from.joins, &scope, around);
        let filter = where_clause.map(|filter| self.expression(filter, &scope, around));
        let groups = group_by.unwrap_or_default().iter().map(|group| self.group(group, &scope, around)).collect();
        let having = having.map(|having| self.expression(having, &scope, around));
        let order = terms.iter().map(|term| self.order_term(term, &scope, around)).collect();
        let windows = windows.iter().map(|definition| self.window(&definition.window, &scope, around)).collect();
        for (joined, on) in from.joins.iter_mut().zip(on) {
            joined.on = on;
        }
        let outputs = columns.iter().map(ResultColumn::output).collect();
        let is_distinct = *distinctness == Some(Distinctness::Distinct);
        (Select { is_distinct, columns, from, filter, groups, having, windows, outputs }, order)
    }

    /// The conditions of the joins of one list.
    pub(super) fn conditions(
        &mut self,
        joins: &[Joined<'t>],
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Vec<Option<Expression<'t>>> {
        let on = |joined: &Joined<'t>| joined.written_on.map(|on| self.expression(on, scope, around));
        joins.iter().map(on).collect()
    }

    /// A term of GROUP BY: in it a column comes before an alias.
    fn group(&mut self, group: &'t Expr<'t>, scope: &Scope<'_, 't>, around: Around<'_, 't>) -> Group<'t> {
        if let Some(column) = ordinal(group) {
            return Group::Column(column);
        }
        let expression = self.expression(group, scope, around);
        match expression.bare().kind {
            Kind::Alias(column) => Group::Column(column),
            _ => Group::Expression(expression),
        }
    }

    /// A term of ORDER BY: in it an alias comes before a column of the same name.
    fn order_term(
        &mut self,
        term: &'t SortedColumn<'t>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> OrderTerm<'t> {
        let (inner, collation) = uncollated(&term.expr);
        let named = Path::of(bare(inner)).filter(Path::is_bare);
        let column = ordinal(inner).or_else(|| scope.alias(&named?.column));
        let by = match column {
            Some(column) => OrderBy::Column(column),
            None => OrderBy::Expression(self.expression(inner, scope, around)),
        };
        OrderTerm { by, collation, direction: Direction::of(term) }
    }

    /// The result columns in their order, wildcards spread out.
    fn results(
        &mut self,
        columns: &'t [ast::ResultColumn<'t>],
        from: &From<'t>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Vec<ResultColumn<'t>> {
        let mut results = Vec::new();
        for column in columns {
            match column {
                ast::ResultColumn::Expr(written, alias) => {
                    let name = match alias {
                        Some(alias) => Some(name::alias(alias)),
                        None => Path::of(bare(written)).map(|path| path.column.into_owned()),
                    };
                    let expression = self.expression(written, scope, around);
                    let is_alias = alias.is_some();
                    results.push(ResultColumn { name, is_alias, expression });
                }
                ast::ResultColumn::Star => self.wildcard(None, from, scope, &mut results),
                ast::ResultColumn::TableStar(table) => {
                    self.wildcard(Some(&plain(table.0)), from, scope, &mut results);
                }
            }
        }
        results
    }

    /// `*` or `table.*`.
    fn wildcard(
        &mut self,
        qualifier: Option<&str>,
        from: &From<'t>,
        scope: &Scope<'_, 't>,
        results: &mut Vec<ResultColumn<'t>>,
    ) {
        let merged = merged_names(from);
        let merges = |at: usize, name: &str| merged[at].iter().any(|merged| merged.eq_ignore_ascii_case(name));
        for (at, item) in from.items.iter().enumerate() {
            if qualifier.is_some_and(|qualifier| !item.is_called(qualifier)) {
                continue;
            }
            for (column, output) in item.columns.iter().enumerate() {
                let name = output.name.as_deref();
                let is_merged = qualifier.is_none() && name.is_some_and(|name| merges(at, name));
                if output.is_hidden || is_merged {
                    continue;
                }
                // The column itself, and those further on that USING merges with it.
                let mut meant = vec![(at, column)];
                if let (Some(name), None) = (name, qualifier) {
                    let others = (at + 1..from.items.len()).filter(|other| merges(*other, name));
                    meant.extend(others.filter_map(|other| Some((other, from.items[other].column(name)?))));
                }
                let (name, expression) = (output.name.clone(), self.columns(0, meant, scope));
                results.push(ResultColumn { name, is_alias: false, expression });
            }
        }
    }
}

/// By item, the columns that USING and NATURAL merge with those of the items before it.
fn merged_names(from: &From<'_>) -> Vec<Vec<String>> {
    let mut merged = vec![Vec::new(); from.items.len()];
    for joined in from.all_joins() {
        if let Some(names) = merged.get_mut(joined.right.start) {
            names.extend(joined.using.iter().cloned());
        }
    }
    merged
}

impl ResultColumn<'_> {
    fn output(&self) -> Output {
        Output::of_expression(self.name.clone(), &self.expression)
    }
}

impl<'t> Select<'t> {
    /// The expressions of the SELECT itself, those of ORDER BY aside, which belongs to its query.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression<'t>> {
        let groups = self.groups.iter().filter_map(|group| match group {
            Group::Expression(expression) => Some(expression),
            Group::Column(_) => None,
        });
        let columns = self.columns.iter().map(|column| &column.expression);
        let arguments = self.from.items.iter().flat_map(|item| item.arguments.iter().flatten());
        let on = self.from.all_joins().into_iter().filter_map(|joined| joined.on.as_ref());
        let windows = self.windows.iter().flat_map(|window| window.expressions());
        on.chain(arguments).chain(columns).chain(&self.filter).chain(groups).chain(&self.having).chain(windows)
    }
}

impl Arm<'_> {
    pub(super) fn size(&self) -> Size {
        match self {
            Self::Values { rows, .. } => rows.iter().flatten().map(|value| value.size).fold(Size::default(), Size::and),
            Self::Select(select) => {
                let expressions = select.expressions().map(|expression| expression.size);
                let items = select.from.items.iter().map(Item::size);
                let nesting = Size { selects: 0, depth: nesting(&select.from.joins) };
                expressions.chain(items).fold(nesting, Size::and)
            }
        }
    }
}

impl Item<'_> {
    pub(super) fn size(&self) -> Size {
        match &self.input {
            Input::Query { query, .. } => query.size,
            Input::Recursive(recursive) => recursive.query.size,
            Input::Table(_) | Input::Step(_) | Input::Unstored(_) | Input::Opaque { .. } => Size::default(),
        }
    }
}

/// How deep joins are in parentheses.
fn nesting(joins: &[Joined<'_>]) -> usize {
    let inside = joins.iter().map(|joined| match &joined.source {
        Source::Item(_) => 0,
        Source::Parenthesized(inner) => 1 + nesting(inner),
    });
    inside.max().unwrap_or_default()
}
