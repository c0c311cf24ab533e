//! FROM: its items from left to right, and the joins between them.

use std::sync::Arc;

use sqlite3_parser::ast::{
    As, Expr, FromClause, JoinConstraint, JoinOperator, JoinType, JoinedSelectTable, QualifiedName, SelectTable,
};

use super::cte::Read;
use super::scope::Scope;
use super::tree::{Base, From, Input, Item, Joined, Output, SetTable, Source};
use super::{Around, Binder, NodeAddress, Shared, as_columns, item, of_query, unstored};
use crate::plan::{AlwaysAffected, Columns, Join, Reason};
use crate::sql::syntax::name::{self, plain};
use crate::sql::syntax::{lexer, literal, parse};
use crate::types::{Table, TableKind};

/// Modules that keep everything they hold in shadow tables, which are ordinary tables.
const SHADOWED_MODULES: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];

impl<'t> Binder<'_, 't> {
    /// Binds FROM, all but the conditions of its own joins: those can name the result columns.
    pub(super) fn from(&mut self, clause: Option<&'t FromClause<'t>>, around: Around<'_, 't>) -> From<'t> {
        let mut from = From::default();
        if let Some(clause) = clause {
            self.joins(clause, &mut from.items, &mut from.joins, around);
            self.arguments(&mut from.items, 0, around);
        }
        from
    }

    /// Binds what `IN table` and `IN function(..)` read: the whole table.
    pub(super) fn set_table(
        &mut self,
        written: &'t QualifiedName<'t>,
        arguments: Option<&'t [Expr<'t>]>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> SetTable<'t> {
        let item = self.named(written, None, arguments.is_some(), around);
        self.read_all(std::slice::from_ref(&item));
        let bound = |argument| self.expression(argument, scope, around);
        let arguments = arguments.map(|arguments| arguments.iter().map(bound).collect());
        SetTable { written, item: Box::new(item), arguments }
    }

    /// The joins of one list. `items` has those of the whole clause.
    fn joins(
        &mut self,
        clause: &'t FromClause<'t>,
        items: &mut Vec<Item<'t>>,
        joins: &mut Vec<Joined<'t>>,
        around: Around<'_, 't>,
    ) {
        let start = items.len();
        match clause.select {
            // SQLite takes what is in the first parentheses for a part of the list itself.
            Some(SelectTable::Sub(inner, None)) => {
                if self.has_room(around.depth) {
                    self.joins(inner, items, joins, around.deeper());
                }
            }
            Some(first) => {
                let source = self.table(first, items, around);
                joins.push(Joined::first(source, start..items.len()));
            }
            None => self.fail(Reason::NoTableInFrom),
        }
        for joined in clause.joins.iter().flatten() {
            let middle = items.len();
            let source = self.table(&joined.table, items, around);
            let joined = self.join(joined, source, start, middle, items);
            joins.push(joined);
        }
    }

    fn join(
        &mut self,
        joined: &'t JoinedSelectTable<'t>,
        source: Source<'t>,
        start: usize,
        middle: usize,
        items: &mut [Item<'t>],
    ) -> Joined<'t> {
        let words = match joined.operator {
            JoinOperator::TypedJoin(Some(words)) => words,
            JoinOperator::TypedJoin(None) | JoinOperator::Comma => JoinType::INNER,
        };
        let join = match (words.contains(JoinType::LEFT), words.contains(JoinType::RIGHT)) {
            (true, true) => Join::Full,
            (true, false) => Join::Left,
            (false, true) => Join::Right,
            (false, false) => Join::Inner,
        };
        if matches!(join, Join::Left | Join::Full) {
            items[middle..].iter_mut().for_each(|item| item.is_nullable = true);
        }
        if matches!(join, Join::Right | Join::Full) {
            items[start..middle].iter_mut().for_each(|item| item.is_nullable = true);
        }
        items[middle..].iter_mut().for_each(|item| item.join = join);
        let is_natural = words.contains(JoinType::NATURAL);
        let (mut using, mut written_on) = (Vec::new(), None);
        match &joined.constraint {
            Some(JoinConstraint::On(condition)) => written_on = Some(condition),
            Some(JoinConstraint::Using(names)) => {
                using = names.iter().map(|name| plain(name.0).into_owned()).collect();
            }
            None if is_natural => using = common_names(&items[start..], middle - start),
            None => {}
        }
        if is_natural || !using.is_empty() {
            self.merges_columns = true;
            self.read_merged(&using, &items[start..]);
        }
        Joined {
            join,
            is_crossed: words.contains(JoinType::CROSS),
            source,
            left: start..middle,
            right: middle..items.len(),
            is_natural,
            using,
            written_on,
            on: None,
        }
    }

    /// USING and NATURAL compare the columns of both sides.
    fn read_merged(&mut self, names: &[String], items: &[Item<'t>]) {
        for item in items {
            let Some(base) = item.base() else { continue };
            for column in names.iter().filter_map(|name| item.column(name)) {
                self.read(base.reference, column);
            }
        }
    }

    fn table(&mut self, table: &'t SelectTable<'t>, items: &mut Vec<Item<'t>>, around: Around<'_, 't>) -> Source<'t> {
        let start = items.len();
        match table {
            SelectTable::Table(path, alias, indexed) => {
                self.names_index |= indexed.is_some();
                items.push(self.named(path, alias.as_ref(), false, around));
            }
            SelectTable::TableCall(path, arguments, alias) => {
                let item = self.named(path, alias.as_ref(), true, around);
                let written_arguments = arguments.unwrap_or_default();
                items.push(Item { arguments: Some(Vec::new()), written_arguments, ..item });
            }
            SelectTable::Select(query, alias) => {
                let query = self.query(query, around);
                items.push(of_query(alias.as_ref().map(name::alias), query));
            }
            SelectTable::Sub(inner, alias) => return self.parenthesized(inner, alias.as_ref(), items, around),
        }
        Source::Item(start)
    }

    fn parenthesized(
        &mut self,
        inner: &'t FromClause<'t>,
        alias: Option<&'t As<'t>>,
        items: &mut Vec<Item<'t>>,
        around: Around<'_, 't>,
    ) -> Source<'t> {
        let start = items.len();
        let mut joins = Vec::new();
        if self.has_room(around.depth) {
            self.joins(inner, items, &mut joins, around.deeper());
        }
        let alias = alias.map(name::alias);
        if let [item] = &mut items[start..] {
            // An alias inside the parentheses is lost.
            item.name = alias.or_else(|| table_name(inner));
            return Source::Item(start);
        }
        self.arguments(items, start, around);
        let on = self.conditions(&joins, &Scope::of(items, start..items.len(), around.scope), around);
        for (joined, on) in joins.iter_mut().zip(on) {
            joined.on = on;
        }
        // SQLite reads a join in parentheses as `(SELECT * FROM ..)`.
        self.read_all(&items[start..]);
        for item in &mut items[start..] {
            item.group.clone_from(&alias);
            item.is_nested = true;
            for column in &mut item.columns {
                column.value_type = column.value_type.as_column();
            }
        }
        Source::Parenthesized(joins)
    }

    /// Binds the arguments of table-valued functions, which can name all items of their list.
    fn arguments(&mut self, items: &mut [Item<'t>], start: usize, around: Around<'_, 't>) {
        let scope = Scope::of(items, start..items.len(), around.scope);
        let mut bound = Vec::new();
        for (at, item) in items.iter().enumerate().skip(start) {
            if !item.written_arguments.is_empty() {
                let arguments: Vec<_> =
                    item.written_arguments.iter().map(|argument| self.expression(argument, &scope, around)).collect();
                bound.push((at, arguments));
            }
        }
        for (at, arguments) in bound {
            items[at].arguments = Some(arguments);
            items[at].written_arguments = &[];
        }
    }

    /// A name in FROM: a CTE, a table, a view, a virtual table, or a function.
    fn named(
        &mut self,
        path: &'t QualifiedName<'t>,
        alias: Option<&'t As<'t>>,
        is_function: bool,
        around: Around<'_, 't>,
    ) -> Item<'t> {
        let name = &*plain(path.name.0);
        let called = Some(alias.map_or_else(|| name.to_owned(), name::alias));
        let database = path.db_name.as_ref().map(|database| plain(database.0));
        let database = database.as_deref();
        if database.is_none()
            && !is_function
            && let Some(Read { input, columns, is_opaque }) = self.cte(name, around)
        {
            return Item { is_opaque, ..item(called, columns, input) };
        }
        let catalog = self.catalog;
        // The tables of a stored view are those of its own database.
        let bound = around.database.filter(|_| database.is_none()).and_then(|own| catalog.resolve(Some(own), name));
        let Some(table) = bound.or_else(|| catalog.resolve(database, name)) else {
            let database = if is_function { None } else { database.or(around.database) };
            return self.unlisted(database, name, called, is_function);
        };
        let columns: Vec<Output> = table.columns.iter().map(Output::of_column).collect();
        match &table.kind {
            TableKind::Table { .. } if is_unreported(name) => item(called, columns, unreported(name)),
            TableKind::Table { .. } => {
                let base = Base { reference: self.reference(table), table: Arc::clone(table) };
                item(called, columns, Input::Table(base))
            }
            TableKind::View { sql } => {
                let Shared { input, columns } = self.view(table, sql, around);
                item(called, columns, input)
            }
            TableKind::Virtual { module, sql } => {
                let is_covered = self.shadow_tables(table, module, sql);
                let (table, module) = (name.to_owned(), Some(module.clone()));
                let affected = AlwaysAffected::VirtualTable { table, module };
                let (why, every_commit) = (affected.clone().into(), (!is_covered).then_some(affected));
                Item { is_opaque: true, ..item(called, columns, Input::Opaque { why, every_commit }) }
            }
        }
    }

    /// A view means the same wherever it is read.
    fn view(&mut self, table: &Arc<Table>, sql: &str, around: Around<'_, 't>) -> Shared<'t> {
        self.reads_view = true;
        let address = NodeAddress::of(&**table);
        if let Some((_, shared)) = self.shared.iter().find(|(shared, _)| *shared == address) {
            return shared.clone();
        }
        let known = self.views.iter().find(|(id, _)| *id == table.id).map(|(_, select)| *select);
        let select = match known {
            Some(select) => select,
            None => match parse::view(self.arena.alloc_str(sql), self.arena) {
                Ok(select) => select,
                Err(unparsed) => {
                    let why = unparsed.reason.in_view(&table.name);
                    self.fail(why.clone());
                    let columns = table.columns.iter().map(Output::of_column).collect();
                    return Shared { input: Input::Opaque { why, every_commit: None }, columns };
                }
            },
        };
        self.views.push((Arc::clone(&table.id), select));
        // A view of the temp database may name tables of any; the others only their own.
        let database = (table.database != "temp").then_some(table.database.as_str());
        let query = self.query(select, Around { with: None, scope: None, database, depth: around.depth + 1 });
        let mut columns = as_columns(&query.outputs);
        for (column, own) in columns.iter_mut().zip(&table.columns) {
            column.name = Some(own.name.clone());
        }
        let shared = Shared { input: Input::Query { query: query.into(), is_materialized: false }, columns };
        self.shared.push((address, shared.clone()));
        shared
    }

    /// A virtual table changes when its shadow tables change, or the table that it indexes without a copy. Whether those are
    /// all that it can change by.
    fn shadow_tables(&mut self, table: &Table, module: &str, sql: &str) -> bool {
        let catalog = self.catalog;
        let prefix = format!("{}_", table.id);
        let shadows = catalog.tables.values().filter(|other| other.id.starts_with(&prefix));
        let mut tables = shadows.filter(|other| matches!(other.kind, TableKind::Table { .. })).collect::<Vec<_>>();
        let content = external_content(sql).filter(|name| !name.is_empty());
        let content = content.map(|name| catalog.resolve(Some(&table.database), &name));
        let is_covered = match content {
            Some(Some(content)) => {
                tables.push(content);
                matches!(content.kind, TableKind::Table { .. })
            }
            Some(None) => false,
            None => true,
        };
        if !SHADOWED_MODULES.contains(&module) || tables.is_empty() || !is_covered {
            return false;
        }
        for table in tables {
            let reference = self.reference(table);
            self.references[reference].columns = Columns::All;
        }
        true
    }

    /// A name that the catalog does not list: a system table, or a table-valued function.
    fn unlisted(&mut self, database: Option<&str>, name: &str, called: Option<String>, is_function: bool) -> Item<'t> {
        if let Some(table) = unstored::named(database, name) {
            return item(called, Output::of_unstored(&table), Input::Unstored(table));
        }
        let input = match (unreported(name), is_function) {
            (Input::Opaque { every_commit, .. }, true) => {
                let why = Reason::TableFunction { function: name.to_ascii_lowercase() };
                Input::Opaque { why, every_commit }
            }
            (input, _) => input,
        };
        Item { is_opaque: true, ..item(called, Vec::new(), input) }
    }
}

impl<'t> Joined<'t> {
    /// The first of a list.
    fn first(source: Source<'t>, items: std::ops::Range<usize>) -> Self {
        Self {
            join: Join::Inner,
            is_crossed: false,
            source,
            left: items.start..items.start,
            right: items,
            is_natural: false,
            using: Vec::new(),
            written_on: None,
            on: None,
        }
    }
}

/// A table that SQLite writes without telling a hook.
fn unreported<'t>(name: &str) -> Input<'t> {
    let affected = AlwaysAffected::Unreported { table: name.to_ascii_lowercase() };
    Input::Opaque { why: affected.clone().into(), every_commit: Some(affected) }
}

fn is_unreported(name: &str) -> bool {
    name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

/// The name of the one table that a FROM clause is, if it has one.
fn table_name(clause: &FromClause<'_>) -> Option<String> {
    match clause.select? {
        SelectTable::Table(path, ..) | SelectTable::TableCall(path, ..) => Some(plain(path.name.0).into_owned()),
        SelectTable::Select(..) => None,
        SelectTable::Sub(inner, alias) => alias.as_ref().map(name::alias).or_else(|| table_name(inner)),
    }
}

/// The columns that both sides of a join have; `left` is the number of items on the left side.
fn common_names(items: &[Item<'_>], left: usize) -> Vec<String> {
    let (left, right) = items.split_at(left.min(items.len()));
    let visible = right.iter().flat_map(|item| item.columns.iter().filter(|column| !column.is_hidden));
    let names = visible.filter_map(|column| column.name.clone());
    names.filter(|name| left.iter().any(|item| item.column(name).is_some())).collect()
}

/// The table that `content=` names in the arguments of a full-text table.
fn external_content(sql: &str) -> Option<String> {
    let tokens = lexer::tokens(sql)?;
    let at = tokens.windows(2).position(|pair| pair[0].is_word("content") && pair[1].is_symbol("="))?;
    let name = tokens.get(at + 2)?;
    Some(match name.kind {
        lexer::TokenKind::String | lexer::TokenKind::Quoted => literal::unquote(name.text),
        _ => name.text.to_owned(),
    })
}
