//! FROM: its items from left to right, each with an alias of the plan's.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlite3_parser::ast::{self, Expr, FromClause, JoinConstraint, JoinOperator, JoinType, QualifiedName, SelectTable};

use super::{Around, Level, Lowered, Lowering, Place, Shown, WithScope};
use crate::plan::{self, Column, Expression, Input, Item, ItemId, Join, TableRef, Text, column_name, quoted};
use crate::sql::name::{self, plain};
use crate::sql::scope::{self, Base, Output, Scope};
use crate::sql::unstored::{self, Unstored};
use crate::sql::{Unparsed, parse};
use crate::types::{Affinity, Collation, ColumnKind, Table, TableKind};

/// A FROM clause, its conditions not yet lowered: they can name all of its items.
#[derive(Default)]
pub(super) struct From<'c> {
    pub(super) names: Vec<scope::Item>,
    /// By name.
    pub(super) places: Vec<Place>,
    /// By name, the columns of USING and NATURAL.
    pub(super) merged: Vec<Vec<String>>,
    pub(super) items: Vec<Item>,
    /// By item, of which name it is the first.
    pub(super) conditions: Vec<(usize, Option<&'c Expr<'c>>)>,
    pub(super) has_right_join: bool,
}

/// Why a column that USING merges beside a join in parentheses is not looked for.
const MERGED: &str = "USING beside a join in parentheses";

impl<'c> From<'c> {
    /// An item with its names.
    fn push(&mut self, item: Item, names: Vec<(scope::Item, Place)>) {
        self.conditions.push((self.names.len(), None));
        self.items.push(item);
        for (name, place) in names {
            self.names.push(name);
            self.places.push(place);
            self.merged.push(Vec::new());
        }
    }

    fn without_merged_parentheses(&self) -> Lowered<()> {
        let has_nested = self.names.len() > self.items.len();
        match has_nested && self.merged.iter().any(|merged| !merged.is_empty()) {
            true => Err(MERGED.to_owned()),
            false => Ok(()),
        }
    }
}

/// Why a CTE that names itself is no query of its own.
const RECURSIVE: &str = "a CTE that names itself";

impl<'c> Lowering<'c> {
    pub(super) fn from(&mut self, clause: Option<&'c FromClause<'c>>, around: Around<'_, 'c>) -> Lowered<From<'c>> {
        let mut from = From::default();
        if let Some(clause) = clause {
            self.joins(clause, &mut from, around)?;
        }
        from.without_merged_parentheses()?;
        Ok(from)
    }

    fn joins(&mut self, clause: &'c FromClause<'c>, from: &mut From<'c>, around: Around<'_, 'c>) -> Lowered<()> {
        match clause.select {
            // SQLite takes what is in the first parentheses for a part of the list itself.
            Some(SelectTable::Sub(inner, None)) if from.items.is_empty() => self.joins(inner, from, around)?,
            Some(first) => self.table(first, Join::Inner, from, around)?,
            None => return Ok(()),
        }
        for joined in clause.joins.iter().flatten() {
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
            from.has_right_join |= matches!(join, Join::Full | Join::Right);
            let at = from.names.len();
            self.table(&joined.table, join, from, around)?;
            if let Some(item) = from.items.last_mut() {
                item.is_crossed = words.contains(JoinType::CROSS);
            }
            match &joined.constraint {
                Some(JoinConstraint::On(condition)) => {
                    from.conditions.last_mut().ok_or("a join of nothing")?.1 = Some(condition);
                }
                Some(JoinConstraint::Using(names)) => {
                    from.merged[at] = names.iter().map(|name| plain(name.0).into_owned()).collect();
                }
                None if words.contains(JoinType::NATURAL) => {
                    if from.names.len() > at + 1 {
                        return Err(MERGED.to_owned());
                    }
                    let names = from.names[at].columns.iter().filter(|column| !column.is_hidden);
                    let names = names.filter_map(|column| column.name.clone());
                    let is_common = |name: &String| from.names[..at].iter().any(|item| item.column(name).is_some());
                    from.merged[at] = names.filter(is_common).collect();
                }
                None => {}
            }
        }
        Ok(())
    }

    fn table(
        &mut self,
        table: &'c SelectTable<'c>,
        join: Join,
        from: &mut From<'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let (names, input, columns) = match table {
            SelectTable::Table(path, alias, _) => {
                let called = alias.as_ref().map(name::alias);
                self.named(path, called, around)?
            }
            SelectTable::TableCall(path, arguments, alias) => {
                let called = alias.as_ref().map(name::alias);
                self.function(path, arguments.unwrap_or_default(), called, from, around)?
            }
            SelectTable::Select(query, alias) => {
                let (query, shown) = self.query(query, around)?;
                derived(alias.as_ref().map(name::alias), Input::Query(Box::new(query)), &shown)
            }
            SelectTable::Sub(inner, alias) => {
                let mut nested = From::default();
                self.joins(inner, &mut nested, around)?;
                if nested.items.len() > 1 {
                    return match alias {
                        None => self.nested(nested, join, from, around),
                        Some(_) => Err("a join in parentheses that has a name".to_owned()),
                    };
                }
                let (Some(item), Some(mut names)) = (nested.items.pop(), nested.names.pop()) else {
                    return Err("a join of nothing".to_owned());
                };
                if let Some(alias) = alias {
                    names.name = Some(name::alias(alias));
                }
                (names, item.input, item.columns)
            }
        };
        let place = Place { id: self.items, join, columns: columns.clone() };
        from.push(Item { join, ..Item::new(place.id, input, columns) }, vec![(names, place)]);
        self.items += 1;
        Ok(())
    }

    /// A join in parentheses, which SQLite takes for a query that shows all columns of its items. Their names stay.
    fn nested(&mut self, nested: From<'c>, join: Join, from: &mut From<'c>, around: Around<'_, 'c>) -> Lowered<()> {
        let From { names, places, merged, mut items, conditions, has_right_join } = nested;
        if merged.iter().any(|merged| !merged.is_empty()) {
            return Err(MERGED.to_owned());
        }
        let scope = Scope { items: &names, results: &[], parent: around.level.map(|level| &level.scope) };
        let level = Level { scope, items: &places, results: &[], has_right_join, windows: &[], parent: around.level };
        for (item, (_, condition)) in items.iter_mut().zip(conditions) {
            if let Some(condition) = condition {
                item.on = self.conjuncts(condition, &level, around)?;
            }
        }
        let id = self.items;
        self.items += 1;
        let (mut shown, mut columns, mut named) = (Vec::new(), Vec::new(), Vec::new());
        for (at, names) in names.iter().enumerate() {
            let before = columns.len();
            for column in 0..names.columns.len() {
                let expression = self.column(&level, at, column)?;
                let Expression { collation, affinity, .. } = expression;
                columns.push(Column { name: column_name(columns.len()).to_string(), collation, affinity });
                shown.push(expression);
            }
            // Its columns are those of a query.
            let names = scope::Item { base: None, ..names.clone() };
            named.push((names, Place { id, join, columns: columns[before..].to_vec() }));
        }
        let select = plan::Select { columns: shown, items, ..plan::Select::default() };
        let query = plan::Query { is_uniform: true, ..plan::Query::of(plan::Arm::Select(Box::new(select))) };
        from.push(Item { join, ..Item::new(id, Input::Query(Box::new(query)), columns) }, named);
        Ok(())
    }

    /// A name in FROM: a CTE, a table, a view.
    fn named(
        &mut self,
        path: &QualifiedName<'_>,
        called: Option<String>,
        around: Around<'_, 'c>,
    ) -> Lowered<(scope::Item, Input, Vec<Column>)> {
        let name = &*plain(path.name.0);
        let called = called.unwrap_or_else(|| name.to_owned());
        let database = path.db_name.as_ref().map(|database| plain(database.0));
        let database = database.as_deref();
        if database.is_none()
            && let Some((input, shown)) = self.cte(name, around)?
        {
            return Ok(derived(Some(called), input, &shown));
        }
        let catalog = self.catalog;
        let bound = around.database.filter(|_| database.is_none()).and_then(|own| catalog.resolve(Some(own), name));
        let Some(table) = bound.or_else(|| catalog.resolve(database, name)) else {
            let table = unstored::named(database.or(around.database), name)
                .ok_or_else(|| format!("no hook reports changes of {}", name.to_ascii_lowercase()))?;
            return Ok(of_no_rows(called, Text::constant(&table.text), BTreeSet::new(), &table));
        };
        match &table.kind {
            TableKind::Table { .. } if table.name.to_ascii_lowercase().starts_with("sqlite_") => {
                Err(format!("no hook reports changes of {name}"))
            }
            TableKind::Table { .. } => Ok(self.base(table, called)),
            TableKind::View { sql } => {
                let (query, mut shown) = self.view(table, sql, around)?;
                for (shown, column) in shown.iter_mut().zip(&table.columns) {
                    shown.name = Some(column.name.clone());
                }
                Ok(derived(Some(called), Input::Query(Box::new(query)), &shown))
            }
            TableKind::Virtual { module, .. } => Err(format!("{name} is a virtual table of the module {module}")),
        }
    }

    /// `SELECT * FROM` a table.
    pub(super) fn whole_table(&mut self, path: &QualifiedName<'_>, around: Around<'_, 'c>) -> Lowered<plan::Query> {
        let (names, input, columns) = self.named(path, None, around)?;
        let item = Item::new(self.items, input, columns);
        self.items += 1;
        let (names, places) = ([names], [Place { id: item.id, join: item.join, columns: item.columns.clone() }]);
        let scope = Scope { items: &names, results: &[], parent: None };
        let level = Level { scope, items: &places, results: &[], has_right_join: false, windows: &[], parent: None };
        let shown = names[0].columns.iter().enumerate().filter(|(_, column)| !column.is_hidden);
        let columns = shown.map(|(at, _)| self.column(&level, 0, at)).collect::<Lowered<Vec<_>>>()?;
        let is_exact = columns.iter().all(|column| column.is_exact);
        let select = plan::Select { columns, items: vec![item], ..plan::Select::default() };
        Ok(plan::Query { is_exact, is_uniform: true, ..plan::Query::of(plan::Arm::Select(Box::new(select))) })
    }

    fn base(&mut self, table: &Arc<Table>, called: String) -> (scope::Item, Input, Vec<Column>) {
        let table_ref = self.table_refs.len();
        let name = format!("{}.{}", quoted(&table.database), quoted(&table.name));
        self.table_refs.push(TableRef { table: Arc::clone(&table.id), name, derived: None });
        let column = |column: &crate::types::Column| Column {
            name: quoted(&column.name),
            collation: Collation::named(&column.collation),
            affinity: Some(Some(column.affinity)),
        };
        let columns: Vec<Column> = table.columns.iter().map(column).collect();
        let names = scope::Item {
            name: Some(called),
            group: None,
            columns: table.columns.iter().map(Output::of).collect(),
            is_opaque: false,
            base: Some(Base { source: table_ref, table: Arc::clone(table) }),
            is_nullable: false,
        };
        (names, Input::Table { table_ref, identity: identity(table) }, columns)
    }

    fn view(&mut self, table: &Table, sql: &str, around: Around<'_, 'c>) -> Lowered<(plan::Query, Vec<Shown>)> {
        let query = parse::view(self.arena.alloc_str(sql), self.arena)
            .map_err(|Unparsed { reason }| format!("in the view {}: {reason}", table.name))?;
        // A view of the temp database may name tables of any; the others only their own.
        let name = self.arena.alloc_str(&table.database);
        let database = (table.database != "temp").then_some(&*name);
        self.query(query, Around { with: None, level: None, database, depth: around.depth + 1 })
    }

    fn cte(&mut self, name: &str, around: Around<'_, 'c>) -> Lowered<Option<(Input, Vec<Shown>)>> {
        let mut with: Option<&WithScope<'_, 'c>> = around.with;
        while let Some(scope) = with {
            let is_called = |cte: &&ast::CommonTableExpr<'_>| plain(cte.tbl_name.0).eq_ignore_ascii_case(name);
            if let Some(cte) = scope.with.ctes.iter().find(is_called) {
                let place: *const ast::CommonTableExpr<'c> = cte;
                if let Some(reading) = self.readings.iter().rev().find(|reading| reading.cte == place) {
                    let columns = reading.shown.iter().enumerate().map(|(at, shown)| shown.column(at)).collect();
                    let input = Input::Table { table_ref: reading.own, identity: Some(columns) };
                    return Ok(Some((input, reading.shown.clone())));
                }
                if self.expanding.contains(&place) {
                    return Err(RECURSIVE.to_owned());
                }
                self.expanding.push(place);
                let inside = Around { with: Some(scope), depth: around.depth + 1, ..scope.around };
                let lowered = match self.query(cte.select, inside) {
                    Err(why) if why == RECURSIVE => self
                        .recursion(cte, inside)
                        .map(|(recursion, shown)| (Input::Recursion(Box::new(recursion)), shown)),
                    lowered => lowered.map(|(query, shown)| {
                        let is_materialized = cte.materialized == ast::Materialized::Yes;
                        (Input::Query(Box::new(plan::Query { is_materialized, ..query })), shown)
                    }),
                };
                self.expanding.pop();
                let (input, mut shown) = lowered?;
                for (shown, column) in shown.iter_mut().zip(cte.columns.into_iter().flatten()) {
                    shown.name = Some(plain(column.col_name.0).into_owned());
                }
                return Ok(Some((input, shown)));
            }
            with = scope.around.with;
        }
        Ok(None)
    }

    fn function(
        &mut self,
        path: &QualifiedName<'_>,
        arguments: &'c [Expr<'c>],
        called: Option<String>,
        from: &From<'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<(scope::Item, Input, Vec<Column>)> {
        let name = plain(path.name.0).to_ascii_lowercase();
        let function = unstored::named(None, &name).ok_or_else(|| format!("{name} is a table-valued function"))?;
        let scope = Scope { items: &from.names, results: &[], parent: around.level.map(|level| &level.scope) };
        let level = Level {
            scope,
            items: &from.places,
            results: &[],
            has_right_join: from.has_right_join,
            windows: &[],
            parent: around.level,
        };
        let mut text = Text::default();
        let mut items = BTreeSet::new();
        text.push(&function.text);
        text.push("(");
        for (at, argument) in arguments.iter().enumerate() {
            text.push(if at == 0 { "" } else { ", " });
            let argument = self.expression(argument, &level, around)?;
            if !argument.subqueries.is_empty() {
                return Err("a subquery as the argument of a table-valued function".to_owned());
            }
            text.append(&argument.text);
            items.extend(argument.items);
        }
        text.push(")");
        Ok(of_no_rows(called.unwrap_or(name), text, items, &function))
    }
}

/// What stands for no rows of tables.
fn of_no_rows(
    called: String,
    text: Text,
    items: BTreeSet<ItemId>,
    table: &Unstored,
) -> (scope::Item, Input, Vec<Column>) {
    let names = scope::Item {
        name: Some(called),
        group: None,
        columns: table.outputs(),
        is_opaque: false,
        base: None,
        is_nullable: false,
    };
    let column = |(name, affinity): (&str, Affinity)| Column {
        name: quoted(name),
        collation: Some(Collation::Binary),
        affinity: Some(Some(affinity)),
    };
    (names, Input::Function(text, items), table.columns().map(column).collect())
}

fn derived(called: Option<String>, input: Input, shown: &[Shown]) -> (scope::Item, Input, Vec<Column>) {
    let names = scope::Item {
        name: called,
        group: None,
        columns: shown.iter().map(Shown::output).collect(),
        is_opaque: false,
        base: None,
        is_nullable: false,
    };
    let columns = shown.iter().enumerate().map(|(at, shown)| shown.column(at)).collect();
    (names, input, columns)
}

/// What identifies the rows of a table.
fn identity(table: &Table) -> Option<Vec<Column>> {
    if table.kind == (TableKind::Table { without_rowid: false }) {
        let name = match table.rowid_alias() {
            Some(alias) => quoted(&table.columns[alias].name),
            None => table.rowid_name()?.to_owned(),
        };
        return Some(vec![Column {
            name,
            collation: Some(Collation::Binary),
            affinity: Some(Some(Affinity::Integer)),
        }]);
    }
    let mut key: Vec<&crate::types::Column> = table.columns.iter().filter(|column| column.primary_key > 0).collect();
    key.sort_by_key(|column| column.primary_key);
    let column = |column: &&crate::types::Column| {
        let collation = Some(Collation::named(&column.collation)?);
        (column.kind != ColumnKind::GeneratedVirtual).then(|| Column {
            name: quoted(&column.name),
            collation,
            affinity: Some(Some(column.affinity)),
        })
    };
    key.iter().map(column).collect()
}
