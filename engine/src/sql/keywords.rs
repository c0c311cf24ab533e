//! Which words are keywords where. SQLite lets most of its keywords be names; the parser is told which is which, so that
//! it takes none of the words that only other dialects reserve for a keyword.

use sqlparser::keywords::Keyword;

use super::lexer::{Token, TokenKind};

/// The words that make up the kind of a join.
pub(super) const JOIN_WORDS: [&str; 7] = ["natural", "left", "right", "full", "inner", "outer", "cross"];

/// Where a word stands.
pub(super) struct Context<'a> {
    /// The keyword before it, if that is one.
    pub(super) previous: Keyword,
    /// Whether an operand has just ended.
    pub(super) after_operand: bool,
    /// Whether a CASE is open.
    pub(super) inside_case: bool,
    /// The tokens after it.
    pub(super) next: [Option<Token<'a>>; 3],
}

impl Context<'_> {
    fn next_is(&self, words: &[&str]) -> bool {
        self.next[0].is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    }

    fn next_is_symbol(&self, symbol: &str) -> bool {
        self.next[0].is_some_and(|token| token.is_symbol(symbol))
    }

    /// Whether the next token can start an operand: then the word before it is not an alias.
    fn next_is_operand(&self) -> bool {
        self.next[0].is_some_and(|token| match token.kind {
            TokenKind::Symbol => token.is_symbol("(") || token.is_symbol("-") || token.is_symbol("+"),
            TokenKind::Word => reserved(&token.text.to_ascii_lowercase()).is_none(),
            _ => true,
        })
    }

    /// `WINDOW name AS (`.
    fn starts_window(&self) -> bool {
        self.next[1].is_some_and(|token| token.is_word("as")) && self.next[2].is_some_and(|token| token.is_symbol("("))
    }
}

/// The keyword that `word`, in lower case, is in this context; nothing if it is a name there.
pub(super) fn keyword(word: &str, context: &Context<'_>) -> Option<Keyword> {
    reserved(word).or_else(|| contextual(word, context))
}

/// The words that are never names.
fn reserved(word: &str) -> Option<Keyword> {
    Some(match word {
        "all" => Keyword::ALL,
        "and" => Keyword::AND,
        "between" => Keyword::BETWEEN,
        "case" => Keyword::CASE,
        "collate" => Keyword::COLLATE,
        "distinct" => Keyword::DISTINCT,
        "else" => Keyword::ELSE,
        "escape" => Keyword::ESCAPE,
        "except" => Keyword::EXCEPT,
        "exists" => Keyword::EXISTS,
        "from" => Keyword::FROM,
        "group" => Keyword::GROUP,
        "having" => Keyword::HAVING,
        "intersect" => Keyword::INTERSECT,
        "join" => Keyword::JOIN,
        "limit" => Keyword::LIMIT,
        "null" => Keyword::NULL,
        "on" => Keyword::ON,
        "or" => Keyword::OR,
        "order" => Keyword::ORDER,
        "select" => Keyword::SELECT,
        "then" => Keyword::THEN,
        "union" => Keyword::UNION,
        "using" => Keyword::USING,
        "values" => Keyword::VALUES,
        "when" => Keyword::WHEN,
        "where" => Keyword::WHERE,
        _ => return None,
    })
}

/// The words that are keywords only where the grammar has them.
fn contextual(word: &str, context: &Context<'_>) -> Option<Keyword> {
    let after_operand = context.after_operand;
    let (keyword, applies) = match word {
        "true" => (Keyword::TRUE, !after_operand),
        "false" => (Keyword::FALSE, !after_operand),
        "asc" => (Keyword::ASC, after_operand),
        "desc" => (Keyword::DESC, after_operand),
        "by" => (Keyword::BY, matches!(context.previous, Keyword::GROUP | Keyword::ORDER | Keyword::PARTITION)),
        "cast" => (Keyword::CAST, context.next_is_symbol("(")),
        "end" => (Keyword::END, after_operand && context.inside_case),
        "offset" => (Keyword::OFFSET, after_operand && context.next_is_operand()),
        "with" => (Keyword::WITH, !after_operand && !context.next_is_symbol(",")),
        "recursive" => (
            Keyword::RECURSIVE,
            context.previous == Keyword::WITH
                && context.next_is_operand()
                && !context.next_is(&["as"])
                && !context.next_is_symbol("("),
        ),
        "nulls" => (Keyword::NULLS, context.next_is(&["first", "last"])),
        "first" => (Keyword::FIRST, context.previous == Keyword::NULLS),
        "last" => (Keyword::LAST, context.previous == Keyword::NULLS),
        "filter" => (Keyword::FILTER, after_operand && context.next_is_symbol("(")),
        "over" => (Keyword::OVER, after_operand && context.next_is_operand()),
        "partition" => (Keyword::PARTITION, context.next_is(&["by"])),
        "window" => (Keyword::WINDOW, after_operand && context.starts_window()),
        "rows" => (Keyword::ROWS, starts_frame(context)),
        "range" => (Keyword::RANGE, starts_frame(context)),
        "groups" => (Keyword::GROUPS, starts_frame(context)),
        "unbounded" => (Keyword::UNBOUNDED, context.next_is(&["preceding", "following"])),
        "preceding" => (Keyword::PRECEDING, after_operand || context.previous == Keyword::UNBOUNDED),
        "following" => (Keyword::FOLLOWING, after_operand || context.previous == Keyword::UNBOUNDED),
        "current" => (Keyword::CURRENT, context.next_is(&["row"])),
        "row" => (Keyword::ROW, context.previous == Keyword::CURRENT),
        _ => return None,
    };
    applies.then_some(keyword)
}

/// A frame starts with BETWEEN or a bound.
fn starts_frame(context: &Context<'_>) -> bool {
    context.next_is(&["between", "unbounded", "current"])
        || context.next[1].is_some_and(|token| token.is_word("preceding") || token.is_word("following"))
}
