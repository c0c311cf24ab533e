//! From SQLite's tokens to sqlparser's tree. The tokens are SQLite's own, and what SQLite spells differently is respelled
//! on the way, so that the parser meets only what it knows. The tree has to name the same columns in the same scopes and
//! to keep comparisons with constants what they are; beyond that it need not mean the same (LIKE stands for GLOB).

use sqlparser::ast::Query;
use sqlparser::dialect::SQLiteDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token as Parsed, Word};

use super::Unparsed;
use super::lexer::{Token, TokenKind, tokens};
use super::literal;

/// How many operators may stand in one list element. The parser makes a chain of operators a tree as deep as the chain
/// is long; SQLite itself stops at a depth of 1,000.
const LONGEST_CHAIN: usize = 1000;

/// SQLite's limit on the SELECTs of one compound.
const MOST_ARMS: usize = 500;

/// The tree of a text that is one SELECT.
pub(super) fn query(sql: &str) -> Result<Box<Query>, Unparsed> {
    let Some(mut tokens) = tokens(sql) else {
        return Err(Unparsed { reason: "a token that SQLite does not know".to_owned() });
    };
    while tokens.last().is_some_and(|token| token.is_symbol(";")) {
        tokens.pop();
    }
    let start = tokens.iter().take_while(|token| token.is_symbol(";")).count();
    query_of(&tokens[start..])
}

/// The SELECT inside a CREATE VIEW statement.
pub(super) fn view(sql: &str) -> Result<Box<Query>, Unparsed> {
    let tokens = tokens(sql).unwrap_or_default();
    let name = tokens.iter().position(|token| token.is_word("view")).map_or(tokens.len(), |view| view + 2);
    let body = tokens.iter().skip(name).position(|token| token.is_word("as")).map_or(tokens.len(), |at| name + at + 1);
    query_of(&tokens[body..])
}

fn query_of(tokens: &[Token<'_>]) -> Result<Box<Query>, Unparsed> {
    if tokens.iter().any(|token| token.is_symbol(";")) {
        return Err(Unparsed { reason: "more than one statement".to_owned() });
    }
    let mut respelling =
        Respelling { tokens, at: 0, out: Vec::new(), levels: vec![Level::default()], parameters: 0, names: Vec::new() };
    respelling.run()?;
    let mut parser = Parser::new(&SQLiteDialect {}).with_tokens(respelling.out);
    let query = parser.parse_query().map_err(|error| Unparsed { reason: error.to_string() })?;
    match parser.peek_token().token {
        Parsed::EOF => Ok(query),
        other => Err(Unparsed { reason: format!("unexpected {other}") }),
    }
}

/// What is inside one pair of parentheses.
#[derive(Default)]
struct Level {
    /// The parentheses of CAST.
    is_cast: bool,
    /// Parentheses around one table, which the parser does not take.
    is_dropped: bool,
    /// Between FROM and the next clause, where a comma is a join like any other: they are taken from left to right.
    in_from: bool,
    /// A table or a parenthesis is to come.
    table_is_next: bool,
    /// Operators since the last comma.
    chain: usize,
    /// SELECTs of one compound.
    arms: usize,
    /// CASEs that are open.
    cases: usize,
}

struct Respelling<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    out: Vec<Parsed>,
    levels: Vec<Level>,
    /// The number of the last parameter.
    parameters: usize,
    /// The spellings of named parameters, which have numbers too.
    names: Vec<&'a str>,
}

impl<'a> Respelling<'a> {
    fn run(&mut self) -> Result<(), Unparsed> {
        while let Some(token) = self.peek(0) {
            self.at += 1;
            match token.kind {
                TokenKind::Word => self.word(token),
                TokenKind::Quoted => self.identifier(&literal::unquote(token.text), token.text.chars().next()),
                TokenKind::Number => self.out.push(Parsed::Number(token.text.to_owned(), false)),
                TokenKind::String => self.string(token),
                TokenKind::Blob => {
                    let digits = token.text.get(2..token.text.len() - 1).unwrap_or_default();
                    self.out.push(Parsed::HexStringLiteral(digits.to_owned()));
                }
                TokenKind::Parameter => self.parameter(token),
                TokenKind::Symbol => self.symbol(token),
                TokenKind::Illegal => {}
            }
            let level = self.level();
            if level.chain > LONGEST_CHAIN || level.arms > MOST_ARMS {
                return Err(Unparsed { reason: "more operators in a row than SQLite takes".to_owned() });
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// Whether the token `ahead` of the next one is this word.
    fn next_is(&self, ahead: usize, word: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is_word(word))
    }

    fn next_is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is_symbol(symbol))
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn last_keyword(&self) -> Keyword {
        match self.out.last() {
            Some(Parsed::Word(word)) => word.keyword,
            _ => Keyword::NoKeyword,
        }
    }

    /// Whether what stands before can be the end of an operand: then an operator follows, or an alias.
    fn after_operand(&self) -> bool {
        match self.out.last() {
            Some(Parsed::Word(word)) => {
                matches!(
                    word.keyword,
                    Keyword::NoKeyword | Keyword::NULL | Keyword::TRUE | Keyword::FALSE | Keyword::END
                )
            }
            Some(
                Parsed::Number(..)
                | Parsed::SingleQuotedString(_)
                | Parsed::HexStringLiteral(_)
                | Parsed::Placeholder(_)
                | Parsed::RParen,
            ) => true,
            _ => false,
        }
    }

    fn keyword(&mut self, keyword: Keyword) {
        self.out.push(Parsed::Word(Word { value: format!("{keyword:?}"), quote_style: None, keyword }));
    }

    fn identifier(&mut self, name: &str, quote_style: Option<char>) {
        self.level().table_is_next = false;
        self.out.push(Parsed::Word(Word { value: name.to_owned(), quote_style, keyword: Keyword::NoKeyword }));
    }

    /// A string is a name where only a name can be.
    fn string(&mut self, token: Token<'a>) {
        let text = literal::unquote(token.text);
        let names = matches!(self.last_keyword(), Keyword::AS | Keyword::COLLATE)
            || self.out.last() == Some(&Parsed::Period)
            || self.next_is_symbol(0, ".")
            || self.level().table_is_next
            || self.after_operand();
        if names {
            self.identifier(&text, Some('`'));
        } else {
            self.out.push(Parsed::SingleQuotedString(text));
        }
    }

    /// Parameters get the numbers that SQLite gives them.
    fn parameter(&mut self, token: Token<'a>) {
        let text = if let Some(digits) = token.text.strip_prefix('?') {
            let number = if digits.is_empty() { self.parameters + 1 } else { digits.parse().unwrap_or(usize::MAX) };
            self.parameters = self.parameters.max(number);
            format!("?{number}")
        } else {
            if !self.names.contains(&token.text) {
                self.names.push(token.text);
                self.parameters = self.parameters.saturating_add(1);
            }
            token.text.to_owned()
        };
        self.out.push(Parsed::Placeholder(text));
    }

    fn symbol(&mut self, token: Token<'a>) {
        let parsed = match token.text {
            "(" => return self.open(),
            ")" => {
                let closed = if self.levels.len() > 1 { self.levels.pop() } else { None };
                self.level().table_is_next = false;
                if !closed.is_some_and(|level| level.is_dropped) {
                    self.out.push(Parsed::RParen);
                }
                return;
            }
            "," => return self.comma(),
            "." => Parsed::Period,
            "+" | "~" => Parsed::Plus,
            "-" => Parsed::Minus,
            // Only that it binds tightly and is no comparison matters of `->`.
            "*" | "->" | "->>" => Parsed::Mul,
            "/" => Parsed::Div,
            "%" => Parsed::Mod,
            "||" => Parsed::StringConcat,
            // One precedence, as in SQLite.
            "&" | "|" | "<<" | ">>" => Parsed::Ampersand,
            "=" | "==" => Parsed::Eq,
            "<>" | "!=" => Parsed::Neq,
            "<" => Parsed::Lt,
            "<=" => Parsed::LtEq,
            ">" => Parsed::Gt,
            ">=" => Parsed::GtEq,
            _ => Parsed::SemiColon,
        };
        if parsed != Parsed::Period {
            self.level().chain += 1;
        }
        self.out.push(parsed);
    }

    fn open(&mut self) {
        let is_cast = self.last_keyword() == Keyword::CAST;
        let starts_query = ["select", "values", "with"].iter().any(|word| self.next_is(0, word));
        let is_join = self.level().table_is_next && !starts_query;
        let is_dropped = is_join && !self.has_join();
        self.level().table_is_next = false;
        self.levels.push(Level { is_cast, is_dropped, in_from: is_join, table_is_next: is_join, ..Level::default() });
        if !is_dropped {
            self.out.push(Parsed::LParen);
        }
    }

    /// Whether the parentheses that have just been opened join tables themselves.
    fn has_join(&self) -> bool {
        let mut depth = 0_usize;
        for token in &self.tokens[self.at..] {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                if depth == 0 {
                    return false;
                }
                depth -= 1;
            } else if depth == 0 && (token.is_symbol(",") || token.is_word("join")) {
                return true;
            }
        }
        false
    }

    fn comma(&mut self) {
        let level = self.level();
        level.chain = 0;
        if level.in_from {
            level.table_is_next = true;
            self.keyword(Keyword::JOIN);
        } else {
            self.out.push(Parsed::Comma);
        }
    }
}

mod words;
