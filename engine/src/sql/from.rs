//! FROM: its items from left to right, and the conditions that join them.

use std::ops::Range;
use std::sync::Arc;

use sqlite3_parser::ast::{
    As, Expr, FromClause, JoinConstraint, JoinOperator, JoinType, JoinedSelectTable, QualifiedName, SelectTable,
};

use super::dependencies::{Analysis, DEEPEST, Surroundings, TOO_DEEP, Use};
use super::name::{self, plain};
use super::parse;
use super::scope::{Base, Item, Output, Scope};
use super::unstored;
use crate::types::{Table, TableKind};

/// Modules that keep everything they hold in shadow tables, which are ordinary tables.
const SHADOWED_MODULES: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];

/// How a join treats the rows of its sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinKind {
    Inner,
    Left,
    /// RIGHT and FULL.
    Other,
}

/// What a join asks of its rows.
pub(super) struct Condition<'q> {
    pub(super) kind: JoinKind,
    /// The items of both sides.
    pub(super) items: Range<usize>,
    /// Where the right side begins.
    pub(super) middle: usize,
    pub(super) on: On<'q>,
}

pub(super) enum On<'q> {
    Expression(&'q Expr<'q>),
    /// The columns of USING and NATURAL.
    Names(Vec<String>),
}

/// A FROM clause.
#[derive(Default)]
pub(super) struct From<'q> {
    pub(super) items: Vec<Item>,
    pub(super) conditions: Vec<Condition<'q>>,
    /// Arguments of table-valued functions.
    pub(super) arguments: Vec<&'q Expr<'q>>,
    /// Whether there is a RIGHT or FULL join.
    pub(super) has_right_join: bool,
}

impl Analysis<'_> {
    pub(super) fn from<'q>(&mut self, clause: Option<&'q FromClause<'q>>, around: &Surroundings<'_>) -> From<'q> {
        let mut from = From::default();
        if let Some(clause) = clause {
            self.joins(clause, &mut from, around);
        }
        self.read_merged_columns(&from);
        from
    }

    /// Reads what `IN table` and `IN function(..)` read: the whole table.
    pub(super) fn set(
        &mut self,
        name: &QualifiedName<'_>,
        arguments: Option<&[Expr<'_>]>,
        scope: &Scope<'_>,
        around: &Surroundings<'_>,
    ) {
        let item = self.named(name, None, arguments.is_some(), around);
        self.read_all(std::slice::from_ref(&item));
        for argument in arguments.unwrap_or_default() {
            self.expression(argument, scope, around);
        }
    }

    fn joins<'q>(&mut self, clause: &'q FromClause<'q>, from: &mut From<'q>, around: &Surroundings<'_>) {
        let start = from.items.len();
        match clause.select {
            // SQLite takes what is in the first parentheses for a part of the list itself.
            Some(SelectTable::Sub(inner, None)) => self.nested(inner, from, around),
            Some(first) => self.table(first, from, around),
            None => self.fail("FROM without a table".to_owned()),
        }
        for join in clause.joins.iter().flatten() {
            let middle = from.items.len();
            self.table(&join.table, from, around);
            self.join(join, start, middle, from);
        }
    }

    /// Reads what is in parentheses.
    fn nested<'q>(&mut self, clause: &'q FromClause<'q>, from: &mut From<'q>, around: &Surroundings<'_>) {
        match around.depth > DEEPEST {
            true => self.fail(TOO_DEEP.to_owned()),
            false => self.joins(clause, from, &around.deeper()),
        }
    }

    fn join<'q>(&mut self, join: &'q JoinedSelectTable<'q>, start: usize, middle: usize, from: &mut From<'q>) {
        let words = match join.operator {
            JoinOperator::TypedJoin(Some(words)) => words,
            JoinOperator::TypedJoin(None) | JoinOperator::Comma => JoinType::INNER,
        };
        let kind = match words {
            words if words.contains(JoinType::RIGHT) => JoinKind::Other,
            words if words.contains(JoinType::LEFT) => JoinKind::Left,
            _ => JoinKind::Inner,
        };
        if words.contains(JoinType::LEFT) {
            from.items[middle..].iter_mut().for_each(|item| item.is_nullable = true);
        }
        if kind == JoinKind::Other {
            from.has_right_join = true;
            from.items[start..middle].iter_mut().for_each(|item| item.is_nullable = true);
        }
        let items = start..from.items.len();
        let on = match &join.constraint {
            Some(JoinConstraint::On(expression)) => On::Expression(expression),
            Some(JoinConstraint::Using(names)) => {
                On::Names(names.iter().map(|name| plain(name.0).into_owned()).collect())
            }
            None if words.contains(JoinType::NATURAL) => {
                On::Names(common_names(&from.items[items.clone()], middle - start))
            }
            None => return,
        };
        from.conditions.push(Condition { kind, items, middle, on });
    }

    /// USING and NATURAL compare the columns of both sides.
    fn read_merged_columns(&mut self, from: &From<'_>) {
        for condition in &from.conditions {
            let On::Names(names) = &condition.on else { continue };
            for item in &from.items[condition.items.clone()] {
                let Some(base) = &item.base else { continue };
                for column in names.iter().filter_map(|name| item.column(name)) {
                    self.read(base.source, &base.table, column);
                }
            }
        }
    }

    fn table<'q>(&mut self, table: &'q SelectTable<'q>, from: &mut From<'q>, around: &Surroundings<'_>) {
        match table {
            SelectTable::Table(name, alias, indexed) => {
                self.found.names_index |= indexed.is_some();
                let item = self.named(name, alias.as_ref(), false, around);
                from.items.push(item);
            }
            SelectTable::TableCall(name, arguments, alias) => {
                from.arguments.extend(arguments.unwrap_or_default());
                let item = self.named(name, alias.as_ref(), true, around);
                from.items.push(item);
            }
            SelectTable::Select(query, alias) => {
                let columns = self.query(query, around, Use::Rows);
                from.items.push(derived(alias.as_ref().map(name::alias), columns));
            }
            SelectTable::Sub(inner, alias) => {
                let start = from.items.len();
                self.nested(inner, from, around);
                let alias = alias.as_ref().map(name::alias);
                if let [item] = &mut from.items[start..] {
                    // An alias inside the parentheses is lost.
                    item.name = alias.or_else(|| table_name(inner));
                    return;
                }
                // SQLite reads a join in parentheses as `(SELECT * FROM ..)`.
                self.read_all(&from.items[start..]);
                from.items[start..].iter_mut().for_each(|item| item.group.clone_from(&alias));
            }
        }
    }

    fn read_all(&mut self, items: &[Item]) {
        for base in items.iter().filter_map(|item| item.base.as_ref()) {
            (0..base.table.columns.len()).for_each(|column| self.read(base.source, &base.table, column));
        }
    }

    /// A name in FROM: a CTE, a table, a view, a virtual table, or a function.
    fn named(
        &mut self,
        path: &QualifiedName<'_>,
        alias: Option<&As<'_>>,
        is_function: bool,
        around: &Surroundings<'_>,
    ) -> Item {
        let name = &*plain(path.name.0);
        let called = alias.map_or_else(|| name.to_owned(), name::alias);
        let database = path.db_name.as_ref().map(|database| plain(database.0));
        let database = database.as_deref();
        if database.is_none()
            && !is_function
            && let Some((columns, is_opaque)) = self.cte(name, around)
        {
            return Item { is_opaque, ..derived(Some(called), columns) };
        }
        let catalog = self.catalog;
        // The tables of a stored view are those of its own database.
        let bound = around.database.filter(|_| database.is_none()).and_then(|own| catalog.resolve(Some(own), name));
        let Some(table) = bound.or_else(|| catalog.resolve(database, name)) else {
            return self.unlisted(database, name, called);
        };
        let columns = table.columns.iter().map(Output::of).collect::<Vec<_>>();
        match &table.kind {
            TableKind::Table { .. } if is_unreported(name) => {
                self.every_commit(format!("no hook reports changes of {name}"));
                derived(Some(called), columns)
            }
            TableKind::Table { .. } => {
                let base = Base { source: self.source(table), table: Arc::clone(table) };
                Item { base: Some(base), ..derived(Some(called), columns) }
            }
            TableKind::View { sql } => derived(Some(called), self.view(table, sql, columns, around)),
            TableKind::Virtual { module, sql } => {
                self.virtual_table(table, module, sql);
                Item { is_opaque: true, ..derived(Some(called), columns) }
            }
        }
    }

    fn view(&mut self, table: &Table, sql: &str, mut columns: Vec<Output>, around: &Surroundings<'_>) -> Vec<Output> {
        let query = match parse::view(self.arena.alloc_str(sql), self.arena) {
            Ok(query) => query,
            Err(unparsed) => {
                self.fail(format!("in the view {}: {}", table.name, unparsed.reason));
                return columns;
            }
        };
        // A view of the temp database may name tables of any; the others only their own.
        let database = (table.database != "temp").then_some(table.database.as_str());
        let inside = Surroundings { with: None, scope: None, database, depth: around.depth + 1 };
        let outputs = self.query(query, &inside, Use::Rows);
        if columns.len() != outputs.len() {
            return if columns.is_empty() { outputs } else { columns };
        }
        for (column, output) in columns.iter_mut().zip(outputs) {
            column.shape = output.shape;
        }
        columns
    }

    /// A virtual table changes when its shadow tables change, or the table that it indexes without a copy.
    fn virtual_table(&mut self, table: &Table, module: &str, sql: &str) {
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
            return self.every_commit(format!("{} is a virtual table of the module {module}", table.name));
        }
        for table in tables {
            let source = self.source(table);
            self.found.sources[source].columns = crate::plan::Columns::All;
        }
    }

    /// A name that the catalog does not list: a system table, or a table-valued function.
    fn unlisted(&mut self, database: Option<&str>, name: &str, called: String) -> Item {
        if let Some(table) = unstored::named(database, name) {
            return derived(Some(called), table.outputs());
        }
        self.every_commit(format!("no hook reports changes of {}", name.to_ascii_lowercase()));
        Item { is_opaque: true, ..derived(Some(called), Vec::new()) }
    }
}

/// An item that is no base table.
fn derived(name: Option<String>, columns: Vec<Output>) -> Item {
    Item { name, group: None, columns, is_opaque: false, base: None, is_nullable: false }
}

/// The name of the one table that a FROM clause is, if it has one.
fn table_name(clause: &FromClause<'_>) -> Option<String> {
    match clause.select? {
        SelectTable::Table(path, ..) | SelectTable::TableCall(path, ..) => Some(plain(path.name.0).into_owned()),
        SelectTable::Select(..) => None,
        SelectTable::Sub(inner, alias) => alias.as_ref().map(name::alias).or_else(|| table_name(inner)),
    }
}

/// The columns that both sides of a join have, of which the left one has so many items.
fn common_names(items: &[Item], left: usize) -> Vec<String> {
    let (left, right) = items.split_at(left.min(items.len()));
    let visible = right.iter().flat_map(|item| item.columns.iter().filter(|column| !column.is_hidden));
    let names = visible.filter_map(|column| column.name.clone());
    names.filter(|name| left.iter().any(|item| item.column(name).is_some())).collect()
}

/// Tables that SQLite writes without telling a hook.
fn is_unreported(name: &str) -> bool {
    name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

/// The table that `content=` names in the arguments of a full-text table.
fn external_content(sql: &str) -> Option<String> {
    let tokens = super::lexer::tokens(sql)?;
    let at = tokens.windows(2).position(|pair| pair[0].is_word("content") && pair[1].is_symbol("="))?;
    let name = tokens.get(at + 2)?;
    Some(match name.kind {
        super::lexer::TokenKind::String | super::lexer::TokenKind::Quoted => super::literal::unquote(name.text),
        _ => name.text.to_owned(),
    })
}
