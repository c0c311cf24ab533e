//! The bound tree: every name is resolved, views and CTEs stand expanded where they are read, and each expression carries
//! what is known of its values without evaluating it.

use std::rc::Rc;
use std::sync::Arc;

use sqlite3_parser::ast::{
    self, CompoundOperator, FrameExclude, FrameMode, LikeOperator, Literal, NullsOrder, Operator, SortOrder,
    UnaryOperator,
};

use super::unstored::Unstored;
use super::value_type::ValueType;
use crate::plan::{AlwaysAffected, Columns, Join, Reason};
use crate::sql::syntax::parse::Parameters;
use crate::types::Table;

/// A column of an item of FROM, `(item, column)`.
pub type ColumnOf = (usize, usize);

/// A query with what all of it has in common.
pub struct Bound<'t> {
    pub query: Query<'t>,
    /// The places in FROM where a base table stands. [`Base::reference`] counts them from 0.
    pub references: Vec<TableReference>,
    pub parameters: Parameters<'t>,
    /// Whether the query, or a view that it reads, says which index SQLite takes or does not take.
    pub names_index: bool,
    /// Whether a join merges columns (USING, NATURAL).
    pub merges_columns: bool,
    /// Whether a view is read.
    pub reads_view: bool,
}

/// One place in FROM where a base table stands, with the columns that are read of it there.
#[derive(Debug)]
pub struct TableReference {
    pub table: Arc<Table>,
    pub columns: Columns,
}

/// One or several SELECTs with what is common to them.
#[derive(Debug)]
pub struct Query<'t> {
    pub arms: Vec<Arm<'t>>,
    /// What stands before the second arm and those after it.
    pub operators: Vec<CompoundOperator>,
    pub order: Vec<OrderTerm<'t>>,
    pub limit: Option<Box<Limit<'t>>>,
    pub outputs: Vec<Output>,
    /// Whether SQLite sorts a compound SELECT as a subquery, for the sake of a COLLATE in ORDER BY (its
    /// convertCompoundSelectToSubquery).
    pub is_sorted_outside: bool,
    pub size: Size,
}

/// How large a query is when every CTE and view in it is written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// SELECTs and VALUES.
    pub selects: usize,
    /// How deep queries and expressions are nested. A chain of one operator that binds to the left counts once.
    pub depth: usize,
}

impl Size {
    /// Of something that contains this and that.
    pub fn and(self, other: Self) -> Self {
        Self { selects: self.selects.saturating_add(other.selects), depth: self.depth.max(other.depth) }
    }

    pub fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

#[derive(Debug)]
pub struct Limit<'t> {
    pub limit: Expression<'t>,
    pub offset: Option<Expression<'t>>,
}

impl<'t> Limit<'t> {
    pub fn expressions(&self) -> impl Iterator<Item = &Expression<'t>> {
        std::iter::once(&self.limit).chain(&self.offset)
    }
}

/// One of the SELECTs that UNION and the like join, or the only one.
#[derive(Debug)]
pub enum Arm<'t> {
    Select(Box<Select<'t>>),
    Values { rows: Vec<Vec<Expression<'t>>>, outputs: Vec<Output> },
}

impl Arm<'_> {
    pub fn outputs(&self) -> &[Output] {
        match self {
            Self::Select(select) => &select.outputs,
            Self::Values { outputs, .. } => outputs,
        }
    }
}

#[derive(Debug, Default)]
pub struct Select<'t> {
    pub is_distinct: bool,
    /// Wildcards are spread out.
    pub columns: Vec<ResultColumn<'t>>,
    pub from: From<'t>,
    pub filter: Option<Expression<'t>>,
    pub groups: Vec<Group<'t>>,
    pub having: Option<Expression<'t>>,
    /// The definitions of WINDOW. A function that names one has a copy of its own.
    pub windows: Vec<Window<'t>>,
    pub outputs: Vec<Output>,
}

/// A result column of a SELECT.
#[derive(Debug)]
pub struct ResultColumn<'t> {
    pub name: Option<String>,
    /// Whether AS names it: only then can expressions name it.
    pub is_alias: bool,
    pub expression: Expression<'t>,
}

/// A column of a result or of an item of FROM.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name; nothing where SQLite takes it from the text of an expression.
    pub name: Option<String>,
    /// Left out of `*`.
    pub is_hidden: bool,
    pub value_type: ValueType,
    /// Whether CAST gives it.
    pub is_cast: bool,
}

/// A term of GROUP BY.
#[derive(Debug)]
pub enum Group<'t> {
    /// The result column of this number, counted from 0, by its position or alias; there may be none.
    Column(usize),
    Expression(Expression<'t>),
}

/// A term of ORDER BY of a query.
#[derive(Debug)]
pub struct OrderTerm<'t> {
    pub by: OrderBy<'t>,
    /// The collating sequence that COLLATE names around the term.
    pub collation: Option<String>,
    pub direction: Direction,
}

#[derive(Debug)]
pub enum OrderBy<'t> {
    /// The result column of this number, counted from 0; there may be none.
    Column(usize),
    Expression(Expression<'t>),
    /// An expression over a compound SELECT that names none of its columns.
    Unknown,
}

/// ASC or DESC, and where NULLs stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    pub order: Option<SortOrder>,
    pub nulls: Option<NullsOrder>,
}

impl Direction {
    pub fn of(term: &ast::SortedColumn<'_>) -> Self {
        Self { order: term.order, nulls: term.nulls }
    }

    pub fn is_descending(self) -> bool {
        self.order == Some(SortOrder::Desc)
    }

    /// What stands behind the expression.
    pub fn text(self) -> String {
        let order = if self.is_descending() { " DESC" } else { "" };
        let nulls = match self.nulls {
            Some(NullsOrder::First) => " NULLS FIRST",
            Some(NullsOrder::Last) => " NULLS LAST",
            None => "",
        };
        format!("{order}{nulls}")
    }
}

/// A FROM clause.
#[derive(Debug, Default)]
pub struct From<'t> {
    /// All items from left to right, those in parentheses included.
    pub items: Vec<Item<'t>>,
    pub joins: Vec<Joined<'t>>,
}

/// What a join adds to the items on its left.
#[derive(Debug)]
pub struct Joined<'t> {
    pub join: Join,
    /// By CROSS JOIN.
    pub is_crossed: bool,
    pub source: Source<'t>,
    /// The items on the left, among those of the whole clause. They end where the right side begins.
    pub left: std::ops::Range<usize>,
    pub right: std::ops::Range<usize>,
    pub is_natural: bool,
    /// The columns of USING, or those that NATURAL finds.
    pub using: Vec<String>,
    /// ON as it is written, until all that it can name is known.
    pub(super) written_on: Option<&'t ast::Expr<'t>>,
    pub on: Option<Expression<'t>>,
}

/// The right side of a join.
#[derive(Debug)]
pub enum Source<'t> {
    /// One item.
    Item(usize),
    /// A join in parentheses, which SQLite reads as `(SELECT * FROM ..)`.
    Parenthesized(Vec<Joined<'t>>),
}

impl<'t> From<'t> {
    /// Every join of the clause, those in parentheses first.
    pub fn all_joins(&self) -> Vec<&Joined<'t>> {
        let mut found = Vec::new();
        collect_joins(&self.joins, &mut found);
        found
    }
}

fn collect_joins<'f, 't>(joins: &'f [Joined<'t>], found: &mut Vec<&'f Joined<'t>>) {
    for joined in joins {
        if let Source::Parenthesized(inner) = &joined.source {
            collect_joins(inner, found);
        }
        found.push(joined);
    }
}

/// One item of FROM.
#[derive(Debug)]
pub struct Item<'t> {
    /// Its alias, or the table's name.
    pub name: Option<String>,
    /// The alias of the parentheses it is in.
    pub group: Option<String>,
    pub columns: Vec<Output>,
    /// There may be columns that are not listed.
    pub is_opaque: bool,
    /// It has rows of NULLs where an outer join finds no match.
    pub is_nullable: bool,
    /// It is in a join in parentheses, so that its columns are those of a query.
    pub is_nested: bool,
    /// How it, or the parentheses that it is in, is joined to the items before.
    pub join: Join,
    pub input: Input<'t>,
    /// The arguments of a table-valued function.
    pub arguments: Option<Vec<Expression<'t>>>,
    /// The same as they are written, until all that they can name is known.
    pub(super) written_arguments: &'t [ast::Expr<'t>],
}

/// What an item of FROM is.
#[derive(Clone, Debug)]
pub enum Input<'t> {
    Table(Base),
    /// A subquery, a view or a CTE.
    Query {
        query: Rc<Query<'t>>,
        is_materialized: bool,
    },
    Recursive(Rc<Recursive<'t>>),
    /// The recursive CTE itself, in one of its steps.
    Step(RecursionId),
    /// What has no rows of the database's tables: a function, or the schema.
    Unstored(Unstored),
    /// What no plan can read. Its shadow tables, if they tell of every change, are references of their own.
    Opaque {
        why: Reason,
        /// Why any commit may change its rows, unless its shadow tables tell.
        every_commit: Option<AlwaysAffected>,
    },
}

/// The base table that an item of FROM is.
#[derive(Clone, Debug)]
pub struct Base {
    /// The index of its [`TableReference`].
    pub reference: usize,
    pub table: Arc<Table>,
}

/// Which recursive CTE of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecursionId(pub(super) usize);

/// A recursive CTE.
#[derive(Debug)]
pub struct Recursive<'t> {
    pub id: RecursionId,
    pub name: String,
    pub query: Query<'t>,
    /// Whether there is a WITH inside it.
    pub has_with: bool,
    /// The columns as its steps read them; nothing if their types do not settle.
    pub columns: Option<Vec<Output>>,
}

impl Item<'_> {
    /// The table, if its rows are the rows of one.
    pub fn base(&self) -> Option<&Base> {
        match &self.input {
            Input::Table(base) => Some(base),
            _ => None,
        }
    }
}

/// An expression.
#[derive(Debug)]
pub struct Expression<'t> {
    pub kind: Kind<'t>,
    pub value_type: ValueType,
    pub size: Size,
}

#[derive(Debug, PartialEq)]
pub enum Kind<'t> {
    Literal(&'t Literal<'t>),
    /// By its number, counted from 1.
    Parameter(usize),
    /// Columns of items of the SELECT so many levels out; more than one if USING merged them.
    Column(usize, Vec<ColumnOf>),
    /// The rowids of items of the SELECT so many levels out.
    Rowid(usize, Vec<usize>),
    /// A result column of the SELECT, by its index.
    Alias(usize),
    /// A name in double quotes that names nothing.
    Text(String),
    Truth(bool),
    /// A column that cannot be told, of an item whose reads are all known.
    OpaqueColumn(String),
    UnknownColumn(String),
    Parenthesized(Box<Expression<'t>>),
    Row(Vec<Expression<'t>>),
    Unary(UnaryOperator, Box<Expression<'t>>),
    Binary(Box<Expression<'t>>, Operator, Box<Expression<'t>>),
    Between {
        operand: Box<Expression<'t>>,
        not: bool,
        low: Box<Expression<'t>>,
        high: Box<Expression<'t>>,
    },
    Case {
        base: Option<Box<Expression<'t>>>,
        branches: Vec<(Expression<'t>, Expression<'t>)>,
        otherwise: Option<Box<Expression<'t>>>,
    },
    Cast(Box<Expression<'t>>, Option<&'t ast::Type<'t>>),
    Collate(Box<Expression<'t>>, String),
    IsNull(Box<Expression<'t>>),
    NotNull(Box<Expression<'t>>),
    Like {
        operand: Box<Expression<'t>>,
        not: bool,
        operator: LikeOperator,
        pattern: Box<Expression<'t>>,
        escape: Option<Box<Expression<'t>>>,
    },
    InList {
        operand: Box<Expression<'t>>,
        not: bool,
        list: Vec<Expression<'t>>,
    },
    InQuery {
        operand: Box<Expression<'t>>,
        not: bool,
        subquery: Subquery<'t>,
    },
    InTable {
        operand: Box<Expression<'t>>,
        not: bool,
        table: SetTable<'t>,
    },
    Exists(Subquery<'t>),
    Subquery(Subquery<'t>),
    Call(Box<Call<'t>>),
    Raise,
}

/// A query in an expression. Two are the same if they are written alike: both stand in the same SELECT.
#[derive(Debug)]
pub struct Subquery<'t> {
    pub(super) written: &'t ast::Select<'t>,
    pub query: Query<'t>,
}

impl PartialEq for Subquery<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// What `IN table` and `IN function(..)` read: all of a table.
#[derive(Debug)]
pub struct SetTable<'t> {
    pub(super) written: &'t ast::QualifiedName<'t>,
    pub item: Box<Item<'t>>,
    pub arguments: Option<Vec<Expression<'t>>>,
}

impl PartialEq for SetTable<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written && self.arguments == other.arguments
    }
}

/// A call of a function, an aggregate or a window function.
#[derive(Debug, PartialEq)]
pub struct Call<'t> {
    /// In lower case.
    pub name: String,
    /// `f(*)`.
    pub is_star: bool,
    pub arguments: Vec<Expression<'t>>,
    pub is_distinct: bool,
    /// The ORDER BY among the arguments.
    pub order: Vec<SortedBy<'t>>,
    pub filter: Option<Expression<'t>>,
    pub over: Option<Over<'t>>,
}

/// A term of an ORDER BY that is inside a call or a window.
#[derive(Debug, PartialEq)]
pub struct SortedBy<'t> {
    pub expression: Expression<'t>,
    pub direction: Direction,
}

#[derive(Debug, PartialEq)]
pub enum Over<'t> {
    Window(Box<Window<'t>>),
    /// The name of a window that WINDOW does not define.
    Undefined,
}

/// A window of window functions.
#[derive(Debug, PartialEq)]
pub struct Window<'t> {
    /// Whether it is made of another one.
    pub has_base: bool,
    pub partition: Vec<Expression<'t>>,
    pub order: Vec<SortedBy<'t>>,
    pub frame: Option<Frame<'t>>,
}

#[derive(Debug, PartialEq)]
pub struct Frame<'t> {
    pub mode: FrameMode,
    pub start: FrameBound<'t>,
    pub end: Option<FrameBound<'t>>,
    pub exclude: Option<FrameExclude>,
}

#[derive(Debug, PartialEq)]
pub enum FrameBound<'t> {
    CurrentRow,
    Following(Expression<'t>),
    Preceding(Expression<'t>),
    UnboundedFollowing,
    UnboundedPreceding,
}

impl<'t> FrameBound<'t> {
    fn offset(&self) -> Option<&Expression<'t>> {
        match self {
            Self::Following(offset) | Self::Preceding(offset) => Some(offset),
            Self::CurrentRow | Self::UnboundedFollowing | Self::UnboundedPreceding => None,
        }
    }
}

impl<'t> Window<'t> {
    pub fn expressions(&self) -> impl Iterator<Item = &Expression<'t>> {
        let bounds = self.frame.iter().flat_map(|frame| [Some(&frame.start), frame.end.as_ref()]);
        let offsets = bounds.flatten().filter_map(FrameBound::offset);
        self.partition.iter().chain(self.order.iter().map(|term| &term.expression)).chain(offsets)
    }
}

/// Expressions are compared by what they say: what is known of their values follows from it.
impl PartialEq for Expression<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}
