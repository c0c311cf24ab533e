//! From SQL text to what the engine needs to know of it: the template, and the dependencies. The only room that names
//! sqlite3-parser.

mod call;
mod clauses;
mod dependencies;
mod expression;
mod from;
mod keys;
mod lexer;
mod literal;
mod lower;
mod name;
mod order;
mod parse;
mod plan_dependence;
mod predicates;
mod print;
mod scope;
mod select;
mod shape;
mod statement;
mod template;
mod trails;
mod unstored;
mod walk;
#[cfg(test)]
mod wild_tests;

pub(crate) use dependencies::dependencies;
pub(crate) use lower::lower;
pub(crate) use order::declares_order;
pub(crate) use statement::{StatementKind, leading_keyword};
pub(crate) use template::{Normalised, normalise};
pub(crate) use unstored::is_unstored;

/// Why the dependencies of a text cannot be derived from it.
#[derive(Debug)]
pub(crate) struct Unparsed {
    /// The parser's words.
    pub(crate) reason: String,
}
