//! From a text to its tree. The parser has SQLite's grammar; the tokens it gets are our lexer's, which divides a text
//! byte for byte as SQLite does, and what the tree would not keep apart is written so that it does.

use sqlite3_parser::ast::{Cmd, Select, Stmt};
use sqlite3_parser::lexer::sql::{Error, Parser};
use sqlite3_parser::{Bump, FallibleIterator};

use super::lexer::{Token, TokenKind, tokens};
use super::walk;
use crate::plan::Reason;
use crate::sql::Unparsed;

/// How deep parentheses may be in one another: the parser frees those of a text that it refuses one inside the other.
const MOST_NESTED: usize = 1000;

/// SQLite's limit on the depth of an expression, subqueries included; trees are walked with a stack of that many calls.
const DEEPEST_TREE: usize = 1000;

/// A SELECT and its parameters.
pub struct Tree<'t> {
    pub select: &'t Select<'t>,
    pub parameters: Parameters<'t>,
}

/// The parameters of a statement. In the tree each is its number, so that it keeps it wherever it is printed.
#[derive(Debug, Default)]
pub struct Parameters<'t> {
    /// The number of the last one.
    last: usize,
    /// The spellings of those that have a name, with their numbers.
    named: Vec<(&'t str, usize)>,
}

impl<'t> Parameters<'t> {
    /// The name, without its sigil, that the parameter of this number is given by.
    pub fn name(&self, number: usize) -> Option<&'t str> {
        let named = self.named.iter().find(|(_, of)| *of == number);
        named.and_then(|(spelling, _)| spelling.get(1..))
    }

    /// The number that SQLite gives to a parameter where it stands.
    fn number(&mut self, spelling: &'t str) -> usize {
        let digits = spelling.strip_prefix('?').filter(|digits| !digits.is_empty());
        let known = self.named.iter().find(|(named, _)| *named == spelling);
        let number = match (digits, known) {
            (Some(digits), _) => digits.parse().unwrap_or(usize::MAX),
            (None, Some((_, number))) => *number,
            (None, None) => self.last.saturating_add(1),
        };
        self.last = self.last.max(number);
        if known.is_none() && !spelling.starts_with('?') {
            self.named.push((spelling, number));
        }
        number
    }
}

/// The tree of a text that is one SELECT.
pub fn query<'t>(sql: &'t str, arena: &'t Bump) -> Result<Tree<'t>, Unparsed> {
    let mut tokens = tokens(sql).ok_or_else(|| unparsed(Reason::UnknownToken))?;
    while tokens.last().is_some_and(|token| token.is_symbol(";")) {
        tokens.pop();
    }
    let start = tokens.iter().take_while(|token| token.is_symbol(";")).count();
    let tokens = &mut tokens[start..];
    let mut parameters = Parameters::default();
    match statement(tokens, &mut parameters, arena)? {
        Stmt::Select(select) => Ok(Tree { select, parameters }),
        _ => Err(unparsed(Reason::NotSelect)),
    }
}

/// The SELECT inside a CREATE VIEW statement, which has no parameters.
pub fn view<'t>(sql: &'t str, arena: &'t Bump) -> Result<&'t Select<'t>, Unparsed> {
    let mut tokens = tokens(sql).ok_or_else(|| unparsed(Reason::UnknownToken))?;
    match statement(&mut tokens, &mut Parameters::default(), arena)? {
        Stmt::CreateView { select, .. } => Ok(select),
        _ => Err(unparsed(Reason::NotCreateView)),
    }
}

fn statement<'t>(
    tokens: &mut [Token<'t>],
    parameters: &mut Parameters<'t>,
    arena: &'t Bump,
) -> Result<Stmt<'t>, Unparsed> {
    if tokens.iter().any(|token| token.is_symbol(";")) {
        return Err(unparsed(Reason::SeveralStatements));
    }
    if nesting(tokens) > MOST_NESTED {
        return Err(unparsed(Reason::TooManyParentheses));
    }
    #[cfg(test)]
    crate::sql::work::parsed();
    number(tokens, parameters, arena);
    name_offsets(tokens);
    let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let text = arena.alloc_str(&words.join(" "));
    let statement = match Parser::new(arena, text.as_bytes()).next() {
        Ok(Some(Cmd::Stmt(statement))) => statement,
        Ok(_) => return Err(unparsed(Reason::NotSelect)),
        Err(Error::ParserError(error, _)) => return Err(unparsed(Reason::Syntax(error.to_string()))),
        Err(error) => return Err(unparsed(Reason::Syntax(error.to_string()))),
    };
    let select = match &statement {
        Stmt::Select(select) | Stmt::CreateView { select, .. } => *select,
        _ => return Ok(statement),
    };
    match walk::is_deeper_than(DEEPEST_TREE, select) {
        true => Err(unparsed(Reason::TooDeep)),
        false => Ok(statement),
    }
}

/// How deep parentheses are in one another at most.
fn nesting(tokens: &[Token<'_>]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens {
        if token.is_symbol("(") {
            depth += 1;
            deepest = deepest.max(depth);
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
    }
    deepest
}

/// Writes the number of each parameter in its place, counted in the order of the text as SQLite does.
fn number<'t>(tokens: &mut [Token<'t>], parameters: &mut Parameters<'t>, arena: &'t Bump) {
    for token in tokens.iter_mut().filter(|token| token.kind == TokenKind::Parameter) {
        token.text = arena.alloc_str(&format!("?{}", parameters.number(token.text)));
    }
}

/// Writes `LIMIT m, n` as `LIMIT n OFFSET m`: the tree does not tell which of the two it was. LIMIT is never a name, and
/// nothing but the end of its SELECT comes after it.
fn name_offsets(tokens: &mut [Token<'_>]) {
    for limit in 0..tokens.len() {
        if !tokens[limit].is_word("limit") {
            continue;
        }
        let start = limit + 1;
        let mut depth = 0_usize;
        let mut comma = None;
        let mut end = tokens.len();
        for (at, token) in tokens.iter().enumerate().skip(start) {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                if depth == 0 {
                    end = at;
                    break;
                }
                depth -= 1;
            } else if depth == 0 && token.is_symbol(",") {
                comma.get_or_insert(at);
            }
        }
        if let Some(comma) = comma {
            let offset = comma - start;
            tokens[start..end].rotate_left(offset + 1);
            // The comma has come to the end, after what was before it.
            tokens[end - 1 - offset..end].rotate_right(1);
            tokens[end - 1 - offset] = Token { kind: TokenKind::Word, text: "OFFSET" };
        }
    }
}

fn unparsed(reason: Reason) -> Unparsed {
    Unparsed { reason }
}

#[cfg(test)]
mod tests;
