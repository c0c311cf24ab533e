//! From a tree to the bound tree: the one place that says what names mean and what is known of values. What cannot be told
//! is bound to read more rather than less; only what is too large or too deep is given up.

mod call;
mod cte;
mod expression;
mod from;
mod inspect;
mod query;
mod scope;
mod select;
pub(super) mod tree;
mod typing;
pub(super) mod unstored;
mod value_class;
pub(super) mod value_type;
pub(super) mod walk;

use std::rc::Rc;
use std::sync::Arc;

use sqlite3_parser::Bump;
use sqlite3_parser::ast::{self, Select, With};

use super::Unparsed;
use super::syntax::parse;
use crate::plan::{Columns, Reason};
use crate::types::{Catalog, ColumnKind, SortedSet, Table};
pub(super) use expression::chains;
use scope::Scope;
pub(super) use scope::merged;
use tree::{Bound, Input, Output, RecursionId, TableReference};

/// How many SELECTs are bound, those of views and CTEs at each place that reads them.
const MOST_SELECTS: usize = 1000;

/// How deep queries and expressions may be nested. The stack of the wasm modules has two MiB.
const DEEPEST: usize = 200;

/// Binds a query that was parsed into `arena`.
pub(super) fn bind<'t>(tree: parse::Tree<'t>, catalog: &Catalog, arena: &'t Bump) -> Result<Bound<'t>, Unparsed> {
    let mut binder = Binder {
        catalog,
        arena,
        references: Vec::new(),
        expanding: Vec::new(),
        shared: Vec::new(),
        views: Vec::new(),
        recursions: 0,
        selects: 0,
        names_index: false,
        merges_columns: false,
        reads_view: false,
        failure: None,
    };
    let query = binder.query(tree.select, Around::default());
    let Binder { references, names_index, merges_columns, reads_view, failure, .. } = binder;
    match failure {
        Some(reason) => Err(Unparsed { reason }),
        None => Ok(Bound { query, references, parameters: tree.parameters, names_index, merges_columns, reads_view }),
    }
}

struct Binder<'c, 't> {
    catalog: &'c Catalog,
    /// Where the trees are, those of views too.
    arena: &'t Bump,
    references: Vec<TableReference>,
    /// The CTEs whose bodies are being bound, from the outermost.
    expanding: Vec<Expansion>,
    /// CTEs and views that were bound where no SELECT around them could change what their names mean.
    shared: Vec<(NodeAddress, Shared<'t>)>,
    views: Vec<(Arc<str>, &'t Select<'t>)>,
    recursions: usize,
    selects: usize,
    names_index: bool,
    merges_columns: bool,
    reads_view: bool,
    failure: Option<Reason>,
}

/// What is around a query: the CTEs and columns that it can name, and the one database that it is bound to inside a view.
#[derive(Clone, Copy, Default)]
struct Around<'a, 't> {
    with: Option<&'a WithScope<'a, 't>>,
    scope: Option<&'a Scope<'a, 't>>,
    database: Option<&'a str>,
    depth: usize,
}

impl Around<'_, '_> {
    /// The same, one level further in.
    fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, ..*self }
    }
}

/// The CTEs of one WITH, and those around it.
struct WithScope<'a, 't> {
    with: &'t With<'t>,
    parent: Option<&'a WithScope<'a, 't>>,
}

/// A piece of a tree by where it stands in memory, which is where it stays while the arena lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NodeAddress(*const ());

impl NodeAddress {
    fn of<T>(piece: &T) -> Self {
        Self(std::ptr::from_ref(piece).cast())
    }
}

/// A CTE whose body is being bound. A reference to it from there is the recursion.
struct Expansion {
    cte: NodeAddress,
    /// The first SELECT of its body, which decides what columns there are.
    first: NodeAddress,
    id: RecursionId,
    columns: Option<Vec<Output>>,
    is_recursive: bool,
}

#[derive(Clone)]
struct Shared<'t> {
    input: Input<'t>,
    columns: Vec<Output>,
}

/// How far the binder was, to be taken back where something is bound again.
struct Mark {
    references: usize,
    shared: usize,
    selects: usize,
}

impl<'t> Binder<'_, 't> {
    /// Gives up: SQLite alone can tell what is read.
    fn fail(&mut self, reason: Reason) {
        self.failure.get_or_insert(reason);
    }

    /// Whether there is room for one more query or expression at this depth.
    fn has_room(&mut self, depth: usize) -> bool {
        let has_room = depth <= DEEPEST && self.selects <= MOST_SELECTS;
        if !has_room {
            self.fail(if depth > DEEPEST { Reason::TooDeep } else { Reason::TooManySelects });
        }
        has_room
    }

    /// A new place where a table is read, with no column read yet.
    fn reference(&mut self, table: &Arc<Table>) -> usize {
        let columns = Columns::Some(SortedSet::new());
        self.references.push(TableReference { table: Arc::clone(table), columns });
        self.references.len() - 1
    }

    /// Notes that a column is read; no hook shows the value of a virtual one, so it may be any change's.
    fn read(&mut self, reference: usize, column: usize) {
        let TableReference { table, columns } = &mut self.references[reference];
        let is_virtual = table.columns.get(column).is_none_or(|column| column.kind == ColumnKind::GeneratedVirtual);
        match columns {
            Columns::All => {}
            columns if is_virtual => *columns = Columns::All,
            Columns::Some(columns) => {
                columns.insert(column);
            }
        }
    }

    fn read_all(&mut self, items: &[tree::Item<'_>]) {
        for base in items.iter().filter_map(tree::Item::base) {
            (0..base.table.columns.len()).for_each(|column| self.read(base.reference, column));
        }
    }

    fn mark(&self) -> Mark {
        Mark { references: self.references.len(), shared: self.shared.len(), selects: self.selects }
    }

    fn take_back(&mut self, mark: &Mark) {
        self.references.truncate(mark.references);
        self.shared.truncate(mark.shared);
        self.selects = mark.selects;
    }
}

/// The columns of a query that is an item of FROM.
fn as_columns(outputs: &[Output]) -> Vec<Output> {
    outputs.iter().map(Output::as_column).collect()
}

/// An item that is a query of this name.
fn of_query<'t>(name: Option<String>, query: tree::Query<'t>) -> tree::Item<'t> {
    let columns = as_columns(&query.outputs);
    item(name, columns, Input::Query { query: Rc::new(query), is_materialized: false })
}

fn item<'t>(name: Option<String>, columns: Vec<Output>, input: Input<'t>) -> tree::Item<'t> {
    tree::Item {
        name,
        group: None,
        columns,
        is_opaque: false,
        is_nullable: false,
        is_nested: false,
        join: crate::plan::Join::Inner,
        input,
        arguments: None,
        written_arguments: &[],
    }
}

/// The result column that a number in ORDER BY or GROUP BY stands for, counted from 0 (sqlite3ExprIsInteger): what is no
/// integer of 32 bits is a constant.
fn ordinal(expression: &ast::Expr<'_>) -> Option<usize> {
    use super::syntax::{literal, name};
    use sqlite3_parser::ast::{Expr, Literal, UnaryOperator};
    match name::bare(expression) {
        Expr::Literal(Literal::Numeric(digits)) => match literal::number(digits)? {
            crate::types::Value::Integer(position) => {
                usize::try_from(i32::try_from(position).ok()?).ok()?.checked_sub(1)
            }
            _ => None,
        },
        Expr::Unary(UnaryOperator::Positive, operand) => ordinal(operand),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
