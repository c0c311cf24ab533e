//! FROM: its items from left to right, each with an alias of the plan's.

use std::sync::Arc;

use super::{Around, Level, Lowered, Lowering, Place, column, query_columns};
use crate::plan::{self, Column, Expression, Input, Item, Reason, SqlText, TableRef, column_name, quoted};
use crate::sql::bind::tree::{self, Base, Joined, Source};
use crate::types::{Affinity, Collation, ColumnKind, SortedSet, Table, TableKind};

impl Lowering {
    /// The items of FROM, all but the conditions of their joins, and where the columns of the bound items are.
    pub(super) fn from<'t>(
        &mut self,
        from: &tree::From<'t>,
        around: Around<'_, 't>,
    ) -> Lowered<(Vec<Item>, Vec<Place>)> {
        let is_nested = |joined: &Joined<'_>| matches!(joined.source, Source::Parenthesized(_));
        let merges = |joined: &Joined<'_>| !joined.using.is_empty() || (joined.is_natural && is_nested(joined));
        if from.joins.iter().any(is_nested) && from.joins.iter().any(merges) {
            return Err(Reason::UsingBesideParentheses);
        }
        let mut places = Vec::with_capacity(from.items.len());
        let items = self.joins(&from.joins, &from.items, &mut places, around)?;
        Ok((items, places))
    }

    fn joins<'t>(
        &mut self,
        joins: &[Joined<'t>],
        items: &[tree::Item<'t>],
        places: &mut Vec<Place>,
        around: Around<'_, 't>,
    ) -> Lowered<Vec<Item>> {
        let mut lowered = Vec::with_capacity(joins.len());
        for joined in joins {
            let item = match &joined.source {
                Source::Item(at) => self.item(*at, items, places, around)?,
                Source::Parenthesized(inner) => self.nested(inner, joined, items, places, around)?,
            };
            lowered.push(Item { join: joined.join, is_crossed: joined.is_crossed, ..item });
        }
        Ok(lowered)
    }

    fn item<'t>(
        &mut self,
        at: usize,
        items: &[tree::Item<'t>],
        places: &mut Vec<Place>,
        around: Around<'_, 't>,
    ) -> Lowered<Item> {
        let item = &items[at];
        let level = Level { items, places, ..Level::empty(around) };
        let (input, columns) = match &item.arguments {
            Some(arguments) => self.function(item, arguments, &level)?,
            None => self.input(item, around)?,
        };
        let id = self.items;
        self.items += 1;
        places.push(Place { id, columns: columns.clone(), is_nested: false });
        Ok(Item::new(id, input, columns))
    }

    /// A join in parentheses, which SQLite takes for a query that shows all columns of its items. Their names stay.
    fn nested<'t>(
        &mut self,
        joins: &[Joined<'t>],
        whole: &Joined<'t>,
        items: &[tree::Item<'t>],
        places: &mut Vec<Place>,
        around: Around<'_, 't>,
    ) -> Lowered<Item> {
        if items[whole.right.clone()].iter().any(|item| item.group.is_some()) {
            return Err(Reason::NamedParentheses);
        }
        if joins.iter().any(|joined| joined.is_natural || !joined.using.is_empty()) {
            return Err(Reason::UsingBesideParentheses);
        }
        let mut inner = self.joins(joins, items, places, around)?;
        let level = Level { items, places, ..Level::empty(around) };
        for (item, joined) in inner.iter_mut().zip(joins) {
            if let Some(on) = &joined.on {
                item.on = self.conjuncts(on, &level)?;
            }
        }
        let mut shown = Vec::new();
        for at in whole.right.clone() {
            for column in 0..items[at].columns.len() {
                shown.push(self.column(&level, at, column)?);
            }
        }
        let id = self.items;
        self.items += 1;
        let named = |(at, expression): (usize, &Expression)| Column {
            name: column_name(at).to_string(),
            collation: expression.collation,
            affinity: expression.affinity,
        };
        let columns: Vec<Column> = shown.iter().enumerate().map(named).collect();
        let mut rest = &columns[..];
        for (at, place) in places.iter_mut().enumerate().skip(whole.right.start) {
            let (own, others) = rest.split_at(items[at].columns.len().min(rest.len()));
            *place = Place { id, columns: own.to_vec(), is_nested: true };
            rest = others;
        }
        let select = plan::Select { columns: shown, items: inner, ..plan::Select::default() };
        let query = plan::Query { is_uniform: true, ..plan::Query::of(plan::Arm::Select(Box::new(select))) };
        Ok(Item::new(id, Input::Query(Box::new(query)), columns))
    }

    /// What an item without arguments is, and its columns.
    fn input<'t>(&mut self, item: &tree::Item<'t>, around: Around<'_, 't>) -> Lowered<(Input, Vec<Column>)> {
        match &item.input {
            tree::Input::Table(base) => Ok((self.base(base), table_columns(&base.table))),
            tree::Input::Query { query, is_materialized } => {
                let query = self.query(query, around.inside())?;
                let query = plan::Query { is_materialized: *is_materialized, ..query };
                Ok((Input::Query(Box::new(query)), query_columns(&item.columns)))
            }
            tree::Input::Recursive(recursive) => {
                let recursion = self.recursion(recursive, around.inside())?;
                Ok((Input::Recursion(Box::new(recursion)), query_columns(&item.columns)))
            }
            tree::Input::Step(id) => {
                let step = self.steps.iter().rev().find(|(step, _)| step == id);
                let table_ref = step.ok_or(Reason::RecursiveReference)?.1;
                let columns = query_columns(&item.columns);
                Ok((Input::Table { table_ref, identity: Some(columns.clone()) }, columns))
            }
            tree::Input::Unstored(table) => {
                Ok((Input::Function(SqlText::constant(&table.text), SortedSet::new()), unstored_columns(item)))
            }
            tree::Input::Opaque { why, .. } => Err(why.clone()),
        }
    }

    fn function<'t>(
        &mut self,
        item: &tree::Item<'t>,
        arguments: &[tree::Expression<'t>],
        level: &Level<'_, 't>,
    ) -> Lowered<(Input, Vec<Column>)> {
        let function = match &item.input {
            tree::Input::Unstored(function) => function,
            tree::Input::Opaque { why, .. } => return Err(why.clone()),
            _ => return Err(Reason::Internal("a table with arguments")),
        };
        let mut text = SqlText::default();
        let mut items = SortedSet::new();
        text.push(&function.text);
        text.push("(");
        for (at, argument) in arguments.iter().enumerate() {
            text.push(if at == 0 { "" } else { ", " });
            let argument = self.expression(argument, level)?;
            if !argument.subqueries.is_empty() {
                return Err(Reason::TableFunctionSubquery);
            }
            text.append(&argument.text);
            items.extend(argument.items);
        }
        text.push(")");
        Ok((Input::Function(text, items), unstored_columns(item)))
    }

    /// `SELECT * FROM` a table.
    pub(super) fn whole_table<'t>(&mut self, item: &tree::Item<'t>, around: Around<'_, 't>) -> Lowered<plan::Query> {
        let (input, columns) = self.input(item, around)?;
        let lowered = Item::new(self.items, input, columns);
        self.items += 1;
        let places = [Place { id: lowered.id, columns: lowered.columns.clone(), is_nested: false }];
        let level = Level { items: std::slice::from_ref(item), places: &places, ..Level::empty(around) };
        let shown = item.columns.iter().enumerate().filter(|(_, column)| !column.is_hidden);
        let columns = shown.map(|(at, _)| self.column(&level, 0, at)).collect::<Lowered<Vec<_>>>()?;
        let is_exact = columns.iter().all(|column| column.is_exact);
        let select = plan::Select { columns, items: vec![lowered], ..plan::Select::default() };
        Ok(plan::Query { is_exact, is_uniform: true, ..plan::Query::of(plan::Arm::Select(Box::new(select))) })
    }

    fn base(&mut self, base: &Base) -> Input {
        let table = &base.table;
        let table_ref = self.table_refs.len();
        let name = format!("{}.{}", quoted(&table.database), quoted(&table.name));
        self.table_refs.push(TableRef { table: Arc::clone(&table.id), name, derived: None });
        Input::Table { table_ref, identity: identity(table) }
    }

    /// A column of an item.
    fn column<'t>(&mut self, level: &Level<'_, 't>, item: usize, column: usize) -> Lowered<Expression> {
        self.note_column(level, item, column);
        let value_type = level.items[item].columns[column].value_type;
        let place = level.places.get(item).ok_or(Reason::Internal("a name"))?;
        let named = place.columns.get(column).ok_or(Reason::Internal("a column that is not listed"))?;
        let base = level.items[item].base();
        let is_rowid = base.is_some_and(|base| base.table.rowid_alias() == Some(column)) && !place.is_nested;
        let mut expression = Expression {
            items: [place.id].into(),
            collation: named.collation,
            is_collated: named.collation.is_some() && !is_rowid,
            affinity: named.affinity,
            is_exact: value_type.is_exact(),
            ..Expression::default()
        };
        expression.text.push_name(place.id, &named.name);
        Ok(expression)
    }
}

fn table_columns(table: &Table) -> Vec<Column> {
    let column = |column: &crate::types::Column| Column {
        name: quoted(&column.name),
        collation: Collation::named(&column.collation),
        affinity: Some(Some(column.affinity)),
    };
    table.columns.iter().map(column).collect()
}

/// The columns of what has no rows of the database's tables.
fn unstored_columns(item: &tree::Item<'_>) -> Vec<Column> {
    let named = item.columns.iter().filter_map(|output| Some((output.name.as_ref()?, output)));
    named.map(|(name, output)| column(quoted(name), &output.value_type)).collect()
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
    let key = table.primary_key();
    let column = |place: &usize| {
        let column = &table.columns[*place];
        let collation = Some(Collation::named(&column.collation)?);
        (column.kind != ColumnKind::GeneratedVirtual).then(|| Column {
            name: quoted(&column.name),
            collation,
            affinity: Some(Some(column.affinity)),
        })
    };
    key.iter().map(column).collect()
}
