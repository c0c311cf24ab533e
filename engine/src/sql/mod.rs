//! From SQL text to what the engine needs to know of it. A text is parsed once ([`syntax`]) and bound once ([`bind`]); from
//! the bound tree come the dependencies ([`analyze`]) and the logical plan ([`lower`]). The only room that names
//! sqlite3-parser.

mod analyze;
mod bind;
#[cfg(test)]
#[path = "corpus_tests.rs"]
pub(crate) mod corpus;
mod describe;
mod lower;
mod syntax;
#[cfg(test)]
mod wild_tests;
#[cfg(test)]
pub(crate) mod work;

use sqlite3_parser::Bump;

use crate::plan::{Dependencies, Logical, Reason};
use crate::types::Catalog;
pub(crate) use analyze::tells_of_connection;
pub(crate) use bind::unstored::is_unstored;
pub(crate) use describe::ResultColumn;
pub(crate) use syntax::order::declares_order;
pub use syntax::split::{Statements, is_complete, statements};
pub(crate) use syntax::statement::{StatementKind, leading_keyword, pragma, savepoint_name};
pub(crate) use syntax::template::{Normalised, normalise};

/// Why a text has no bound tree.
#[derive(Debug)]
pub(crate) struct Unparsed {
    /// What the parser or the binder does not read.
    pub(crate) reason: Reason,
}

/// Where trees are while a query is read.
#[derive(Default)]
pub(crate) struct Arena(Bump);

/// A SELECT whose names are resolved.
pub(crate) struct BoundQuery<'t> {
    bound: bind::tree::Bound<'t>,
    catalog: &'t Catalog,
}

/// Parses and binds a text that is one SELECT.
pub(crate) fn bind<'t>(sql: &str, catalog: &'t Catalog, arena: &'t Arena) -> Result<BoundQuery<'t>, Unparsed> {
    let tree = syntax::parse::query(arena.0.alloc_str(sql), &arena.0)?;
    let bound = bind::bind(tree, catalog, &arena.0)?;
    #[cfg(test)]
    work::bound();
    Ok(BoundQuery { bound, catalog })
}

impl BoundQuery<'_> {
    /// What the query depends on.
    pub(crate) fn dependencies(&self) -> Dependencies {
        analyze::dependencies(&self.bound, self.catalog)
    }

    /// The logical plan of the query, which has so many parameters.
    pub(crate) fn lower(&self, parameters: usize) -> Result<Logical, Reason> {
        lower::lower(&self.bound, parameters)
    }

    /// Whether the query orders its rows itself.
    pub(crate) fn declares_order(&self) -> bool {
        !self.bound.query.order.is_empty()
    }

    /// Whether SQLite's authorizer may keep silent about a table that is read: of one that gives only columns which a join
    /// merges, or of one inside a view.
    pub(crate) fn may_read_silently(&self) -> bool {
        self.bound.merges_columns || self.bound.reads_view
    }
}
