//! From SQL text to what the engine needs to know of it: the template, and the dependencies. The only room that names
//! sqlparser.

mod lexer;
mod literal;
mod statement;
mod template;

pub(crate) use statement::{StatementKind, leading_keyword};
pub(crate) use template::{Normalised, normalise};
