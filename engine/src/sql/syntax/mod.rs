//! The text of a query: its tokens, its tree, and both as text again. Nothing here knows what a name means.

pub(super) mod lexer;
pub(super) mod literal;
pub(super) mod name;
pub(super) mod order;
pub(super) mod parse;
pub(super) mod print;
pub(super) mod split;
pub(super) mod statement;
pub(super) mod template;
mod walk;
