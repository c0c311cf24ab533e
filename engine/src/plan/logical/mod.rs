//! Logical plans: a query with every name resolved, in pieces of SQL that can be put together again.
//!
//! Each item of FROM, in whatever SELECT of the query, has an alias of its own (`i0`, `i1`, ..) and every name is
//! written with it, so a piece means the same in any statement that has its items. Views and CTEs stand in FROM as the
//! SELECTs that they are.

mod statement;

use std::sync::Arc;

pub use statement::select_text;

use super::{DerivedColumn, Piece, SetOperator, TableRef, Text, Window};
use crate::types::{Affinity, Collation, SortTerm, SortedSet, Value};

/// The identity of an item of FROM in its query.
pub type ItemId = usize;

/// A query and what its names stand for.
#[derive(Clone, Debug)]
pub struct Logical {
    /// The query.
    pub query: Query,
    /// The table references of base tables, in all its SELECTs.
    pub table_refs: Vec<TableRef>,
    /// How many items of FROM there are, in all its SELECTs.
    pub items: usize,
    /// The tables whose virtual generated columns it reads, which no hook shows.
    pub virtual_columns: SortedSet<Arc<str>>,
    /// Literals that became parameters, which come after the query's own.
    pub literals: Vec<Value>,
    /// How many parameters the query has, those included.
    pub parameters: usize,
}

/// One or several SELECTs with what is common to them.
#[derive(Clone, Debug)]
pub struct Query {
    /// The SELECTs from left to right.
    pub arms: Vec<Arm>,
    /// What stands before the second and those after it.
    pub operators: Vec<SetOperator>,
    /// ORDER BY.
    pub order: Vec<Order>,
    /// LIMIT and OFFSET.
    pub limit: Limit,
    /// Two rows that are equal to SQL are the same row.
    pub is_exact: bool,
    /// All of it is evaluated, whatever is asked of it.
    pub is_materialized: bool,
    /// Each column has the same affinity and collating sequence in all SELECTs: then to read from one of them alone means
    /// what it means to read from all.
    pub is_uniform: bool,
}

/// LIMIT and OFFSET.
#[derive(Clone, Debug)]
pub enum Limit {
    /// There is none.
    None,
    /// Of numbers or parameters.
    Window(Window),
    /// Of what only SQLite evaluates; as written, `LIMIT` included.
    Other(Text),
}

/// A term of ORDER BY.
#[derive(Clone, Debug)]
pub struct Order {
    /// What it sorts by.
    pub by: OrderBy,
    /// The direction and the collating sequence; nothing where the sequence is not known.
    pub term: Option<SortTerm>,
    /// What stands behind the expression: COLLATE, DESC, NULLS LAST.
    pub suffix: String,
}

/// What a term of ORDER BY sorts by.
#[derive(Clone, Debug)]
pub enum OrderBy {
    /// A result column.
    Column(usize),
    /// An expression that is none.
    Expression(Expression),
}

/// A SELECT among those of a query.
#[derive(Clone, Debug)]
pub enum Arm {
    /// SELECT.
    Select(Box<Select>),
    /// VALUES.
    Values(Vec<Vec<Expression>>),
}

/// A SELECT.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// DISTINCT.
    pub distinct: bool,
    /// The result columns, wildcards spread out.
    pub columns: Vec<Expression>,
    /// FROM.
    pub items: Vec<Item>,
    /// The conjuncts of WHERE.
    pub filters: Vec<Expression>,
    /// GROUP BY.
    pub groups: Vec<Expression>,
    /// Columns that are no groups, but of which all rows of a group have the same value: to group by them as well would make
    /// no other groups. They are exact where two values that a group may come to have one after the other are told apart by
    /// comparing them byte by byte.
    pub determined: Vec<Expression>,
    /// HAVING.
    pub having: Option<Expression>,
    /// Whether it has GROUP BY or aggregates.
    pub is_aggregated: bool,
}

/// An item of FROM.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which one.
    pub id: ItemId,
    /// How it is joined to those before it.
    pub join: Join,
    /// By CROSS JOIN, which is how SQLite is told to take it after all that stand before it.
    pub is_crossed: bool,
    /// What it is.
    pub input: Input,
    /// The conjuncts of its ON.
    pub on: Vec<Expression>,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Item {
    /// An item whose conditions stand elsewhere.
    #[must_use]
    pub fn new(id: ItemId, input: Input, columns: Vec<Column>) -> Self {
        Self { id, join: Join::Inner, is_crossed: false, input, on: Vec::new(), columns }
    }
}

/// A column of an item of FROM.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in SQL, quoted where it must be.
    pub name: String,
    /// How its texts compare, if that is known.
    pub collation: Option<Collation>,
    /// Its affinity, or that it has none, if that is known.
    pub affinity: Option<Option<Affinity>>,
}

/// How an item is joined to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Only rows that match.
    Inner,
    /// All rows of those before it.
    Left,
    /// All rows of the item.
    Right,
    /// All rows of both.
    Full,
}

/// What an item of FROM is.
#[derive(Clone, Debug)]
pub enum Input {
    /// A base table.
    Table {
        /// Which table reference.
        table_ref: usize,
        /// What identifies a row; nothing where no name of it is left.
        identity: Option<Vec<Column>>,
    },
    /// A SELECT: a subquery, a view, a CTE.
    Query(Box<Query>),
    /// A table-valued function with its arguments.
    Function(Text, SortedSet<ItemId>),
    /// A recursive CTE.
    Recursion(Box<Recursion>),
}

/// A recursive CTE: the least set or bag that has the rows of `base`, and of each of its rows those that the steps make.
#[derive(Clone, Debug)]
pub struct Recursion {
    /// Where it begins.
    pub base: Query,
    /// What makes rows of rows.
    pub steps: Vec<Select>,
    /// UNION: a row is there once.
    pub is_set: bool,
    /// The table reference that stands for the CTE in each step.
    pub own: usize,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The same, for its versions.
    pub kinds: Arc<[DerivedColumn]>,
}

/// An expression.
#[derive(Clone, Debug, Default)]
pub struct Expression {
    /// It as SQL.
    pub text: Text,
    /// The items of FROM that it names, in subqueries too.
    pub items: SortedSet<ItemId>,
    /// The subqueries directly in it.
    pub subqueries: Vec<Subquery>,
    /// The windows of the functions in it.
    pub windows: Vec<Over>,
    /// Whether an aggregate is in it.
    pub has_aggregate: bool,
    /// The aggregates in it.
    pub aggregates: Vec<Aggregate>,
    /// How its texts compare, if that is known.
    pub collation: Option<Collation>,
    /// Whether it surely has that collating sequence of its own, as columns have one; to others BINARY is lent, which gives
    /// way to those of the other SELECTs of a compound.
    pub is_collated: bool,
    /// Its affinity, or that it has none, if that is known.
    pub affinity: Option<Option<Affinity>>,
    /// Two of its values that are equal to SQL are the same value.
    pub is_exact: bool,
    /// Whether a function is in it that fails for some values.
    pub can_fail: bool,
    /// Items of which a row of NULLs makes it other than true.
    pub rejects_nulls_of: SortedSet<ItemId>,
    /// Items of which a row of NULLs makes it NULL.
    pub is_null_with: SortedSet<ItemId>,
}

/// The window of a window function.
#[derive(Clone, Debug)]
pub struct Over {
    /// PARTITION BY.
    pub partition: Vec<Expression>,
    /// ORDER BY.
    pub order: Vec<Expression>,
    /// Whether the function's value depends on the order of rows that ORDER BY leaves tied.
    pub shows_ties: bool,
    /// Whether the function fails where it sums up too much.
    pub can_overflow: bool,
    /// Of a sum that takes such rows together, what is not 0 where it rounds as their order has it.
    pub rounding: Option<Expression>,
}

impl Over {
    /// The expressions in it, to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expression> {
        self.partition.iter_mut().chain(&mut self.order).chain(&mut self.rounding)
    }
}

/// A call of an aggregate.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The call.
    pub text: Text,
    /// Its name in lower case.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<Expression>,
    /// DISTINCT.
    pub distinct: bool,
    /// FILTER.
    pub filter: Option<Expression>,
    /// Whether it has an ORDER BY.
    pub ordered: bool,
}

impl Aggregate {
    /// Whether it is MIN or MAX.
    #[must_use]
    pub fn is_extremum(&self) -> bool {
        matches!(self.name.as_str(), "min" | "max")
    }

    /// Whether a row that comes or goes changes its value by what the row itself says: it is a sum, or an extremum whatever
    /// stands for it.
    #[must_use]
    pub fn is_sum(&self) -> bool {
        match self.name.as_str() {
            "min" | "max" => !self.ordered && self.arguments.iter().all(|argument| argument.is_exact),
            "count" => !self.ordered,
            "sum" | "total" | "avg" => !self.ordered && !self.distinct,
            _ => false,
        }
    }
}

/// A subquery in an expression.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// The SELECTs.
    pub query: Query,
    /// How it is used.
    pub used: Used,
}

/// How a subquery is used.
#[derive(Clone, Debug)]
pub enum Used {
    /// EXISTS.
    Exists,
    /// As a value or row of values.
    Value,
    /// `x IN (SELECT ..)`: the elements of `x`. Whether the result being NULL or false is the same.
    In(Vec<Expression>, bool),
}

/// The alias of an item.
#[must_use]
pub fn alias(item: ItemId) -> String {
    format!("i{item}")
}

/// The name that a column of a query in FROM has.
#[must_use]
pub fn column_name(column: usize) -> Arc<str> {
    format!("c{column}").into()
}

/// The column of a query in FROM that a name is, counted from 0.
#[must_use]
pub fn column_of(name: &str) -> Option<usize> {
    name.strip_prefix('c')?.parse().ok()
}

impl Expression {
    /// The aggregate that it is, if it is nothing else.
    #[must_use]
    pub fn aggregate(&self) -> Option<&Aggregate> {
        match (&self.text.pieces[..], &self.aggregates[..]) {
            ([Piece::Aggregate(_)], [aggregate]) => Some(aggregate),
            _ => None,
        }
    }

    /// Whether it is evaluated row by row, without looking at other rows.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.subqueries.is_empty() && self.windows.is_empty() && !self.has_aggregate
    }
}

impl Query {
    /// One SELECT or VALUES.
    #[must_use]
    pub fn of(arm: Arm) -> Self {
        Self {
            arms: vec![arm],
            operators: Vec::new(),
            order: Vec::new(),
            limit: Limit::None,
            is_exact: false,
            is_materialized: false,
            is_uniform: false,
        }
    }

    /// Whether it names nothing around it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let own = self.own_items();
        self.text().names().iter().all(|(item, _)| own.contains(item))
    }

    /// The items of FROM in it, at whatever depth.
    fn own_items(&self) -> SortedSet<ItemId> {
        let mut own = SortedSet::new();
        let mut pending = vec![self];
        while let Some(query) = pending.pop() {
            for arm in &query.arms {
                let Arm::Select(select) = arm else { continue };
                for item in &select.items {
                    own.insert(item.id);
                    match &item.input {
                        Input::Query(query) => pending.push(query),
                        Input::Recursion(recursion) => {
                            pending.push(&recursion.base);
                            own.extend(recursion.steps.iter().flat_map(|step| &step.items).map(|item| item.id));
                        }
                        Input::Table { .. } | Input::Function(..) => {}
                    }
                }
                let conditions = select.items.iter().flat_map(|item| &item.on);
                let subqueries = select.expressions().chain(conditions).flat_map(|expression| &expression.subqueries);
                pending.extend(subqueries.map(|subquery| &subquery.query));
            }
        }
        own
    }

    /// The items of FROM that its expressions name, at whatever depth, its own and those around it.
    #[must_use]
    pub fn items(&self) -> SortedSet<ItemId> {
        let mut items = SortedSet::new();
        for arm in &self.arms {
            match arm {
                Arm::Select(select) => {
                    select.expressions().for_each(|expression| items.extend(&expression.items));
                    for item in &select.items {
                        item.on.iter().for_each(|condition| items.extend(&condition.items));
                        match &item.input {
                            Input::Table { .. } => {}
                            Input::Query(query) => items.extend(query.items()),
                            Input::Function(_, named) => items.extend(named),
                            Input::Recursion(recursion) => items.extend(recursion.base.items()),
                        }
                    }
                }
                Arm::Values(rows) => rows.iter().flatten().for_each(|value| items.extend(&value.items)),
            }
        }
        for order in &self.order {
            if let OrderBy::Expression(expression) = &order.by {
                items.extend(&expression.items);
            }
        }
        items
    }

    /// Whether what it gives can depend on the order in which SQLite comes to its rows, those of the queries in it aside.
    #[must_use]
    pub fn depends_on_order(&self) -> bool {
        let chooses = |aggregate: &Aggregate| match aggregate.name.as_str() {
            "count" => false,
            "min" | "max" => aggregate.arguments.iter().any(|argument| !argument.is_exact),
            _ => true,
        };
        let shows = |select: &Select| {
            let all = || select.columns.iter().chain(&select.having);
            (select.distinct && select.columns.iter().any(|column| !column.is_exact))
                || select.groups.iter().any(|group| !group.is_exact)
                || all().flat_map(|expression| &expression.aggregates).any(chooses)
                || all().any(|expression| !expression.windows.is_empty())
        };
        let is_limited = !matches!(self.limit, Limit::None);
        is_limited || self.arms.iter().any(|arm| matches!(arm, Arm::Select(select) if shows(select)))
    }
}

impl Expression {
    /// Does something to each subquery in it, and writes it again with what they have become.
    ///
    /// # Errors
    /// The first that `change` gives.
    pub fn change_subqueries<E>(&mut self, mut change: impl FnMut(&mut Query) -> Result<(), E>) -> Result<(), E> {
        for subquery in &mut self.subqueries {
            let before = subquery.query.text();
            change(&mut subquery.query)?;
            let after = subquery.query.text();
            if before != after {
                self.text = self.text.exchanged(&|piece| match piece {
                    Piece::Subquery(inside) if **inside == before => {
                        Some(Text { pieces: vec![Piece::Subquery(Box::new(after.clone()))] })
                    }
                    _ => None,
                });
                self.items.extend(subquery.query.items());
            }
        }
        Ok(())
    }
}

impl Expression {
    /// The same with what never fails.
    pub fn each_subquery(&mut self, mut change: impl FnMut(&mut Query)) {
        let done = self.change_subqueries(|query| {
            change(query);
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = done;
    }
}

impl Select {
    /// Every expression in it, those of its FROM included, to be changed.
    pub fn all_expressions_mut(&mut self) -> impl Iterator<Item = &mut Expression> {
        let conditions = self.items.iter_mut().flat_map(|item| &mut item.on);
        let own = self.columns.iter_mut().chain(&mut self.filters).chain(&mut self.groups).chain(&mut self.having);
        own.chain(conditions)
    }

    /// The columns of its FROM that are neither in an aggregate nor grouped by, in it and in the order of its rows.
    #[must_use]
    pub fn bare_columns(&self, by: &[&Expression]) -> Vec<(ItemId, String)> {
        let mut bare = Vec::new();
        if !self.is_aggregated {
            return bare;
        }
        for expression in self.columns.iter().chain(&self.having).chain(by.iter().copied()) {
            for column in self.bare_columns_of(expression) {
                if !bare.contains(&column) {
                    bare.push(column);
                }
            }
        }
        bare
    }

    /// The same of one expression, as often as it names them.
    pub fn bare_columns_of(&self, expression: &Expression) -> Vec<(ItemId, String)> {
        let is_own = |item: ItemId| self.items.iter().any(|own| own.id == item);
        let is_bare = |(item, name): &(ItemId, String)| is_own(*item) && !self.is_group(&Text::name(*item, name));
        self.outside_groups(&expression.text).into_iter().filter(is_bare).collect()
    }

    fn is_group(&self, text: &Text) -> bool {
        self.groups.iter().any(|group| group.text == *text)
    }

    /// What a text names outside of aggregates and of what is grouped by.
    fn outside_groups(&self, text: &Text) -> Vec<(ItemId, String)> {
        if self.is_group(text) {
            return Vec::new();
        }
        let named = text.pieces.iter().flat_map(|piece| match piece {
            Piece::Name(item, name) => vec![(*item, name.clone())],
            Piece::Subquery(inside) => inside.names(),
            Piece::Term(term) => self.outside_groups(term),
            Piece::Aggregate(_) | Piece::Sql(_) | Piece::Table(_) | Piece::Cross => Vec::new(),
        });
        named.collect()
    }

    /// Every expression in it but those of its FROM.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.columns.iter().chain(&self.filters).chain(&self.groups).chain(&self.having)
    }
}
