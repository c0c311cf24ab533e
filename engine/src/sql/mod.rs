//! From SQL text to what the engine needs to know of it: the template, and the dependencies. The only room that names
//! sqlparser.

mod lexer;
mod literal;
mod order;
mod statement;
mod template;

pub(crate) use order::declares_order;
pub(crate) use statement::{StatementKind, leading_keyword};
pub(crate) use template::{Normalised, normalise};

/// Why the dependencies of a text cannot be derived from it.
pub(crate) struct Unparsed {
    /// The parser's words.
    pub(crate) reason: String,
}

/// The dependencies of a query: nobody derives them yet, so SQLite's authorizer tells.
pub(crate) fn dependencies(
    _sql: &str,
    _catalog: &crate::types::Catalog,
) -> Result<crate::plan::Dependencies, Unparsed> {
    Err(Unparsed { reason: "dependencies are not derived yet".to_owned() })
}
