//! Just enough of SQL's lexical rules to find clauses and tokens in any text that SQLite accepts, parsed or not.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bare word: a keyword or a name.
    Word,
    /// A name in `"`, `[` or backticks.
    Name,
    /// A string or blob literal.
    Literal,
    /// A number.
    Number,
    /// Everything else, one character each except `||`, `<=`, `>=`, `<>`, `!=`, `==`, `<<`, `>>`, `->`, `->>`.
    Mark,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a str,
    /// The byte where it begins.
    pub start: usize,
    /// How many parentheses are open around it; a parenthesis counts as inside the pair it belongs to.
    pub depth: usize,
}

impl Token<'_> {
    /// The byte after it.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this keyword or mark.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text.eq_ignore_ascii_case(text)
    }
}

/// The tokens of a text; comments and white space are left out.
#[must_use]
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut depth = 0usize;
    while let Some(first) = sql[at..].chars().next() {
        let length = if first.is_whitespace() { first.len_utf8() } else { comment(&sql[at..]) };
        if length > 0 {
            at += length;
            continue;
        }
        let (kind, length) = token(&sql[at..], first);
        let text = &sql[at..at + length];
        if text == "(" {
            depth += 1;
        }
        found.push(Token { kind, text, start: at, depth });
        if text == ")" {
            depth = depth.saturating_sub(1);
        }
        at += length;
    }
    found
}

/// The word that the first statement begins with, in upper case; empty if it begins with none.
#[must_use]
pub fn leading_keyword(sql: &str) -> String {
    let tokens = tokens(sql);
    tokens
        .iter()
        .find(|token| !token.is(";"))
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text.to_ascii_uppercase())
        .unwrap_or_default()
}

fn comment(rest: &str) -> usize {
    if rest.starts_with("--") {
        rest.find('\n').map_or(rest.len(), |end| end + 1)
    } else if rest.starts_with("/*") {
        rest.find("*/").map_or(rest.len(), |end| end + 2)
    } else {
        0
    }
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    let run = |text: &str| text.find(|c: char| !word(c)).unwrap_or(text.len());
    match first {
        '\'' => (Kind::Literal, quoted(rest, '\'')),
        '"' => (Kind::Name, quoted(rest, '"')),
        '`' => (Kind::Name, quoted(rest, '`')),
        '[' => (Kind::Name, rest.find(']').map_or(rest.len(), |end| end + 1)),
        'x' | 'X' if rest[1..].starts_with('\'') => (Kind::Literal, 1 + quoted(&rest[1..], '\'')),
        '?' | ':' | '@' | '#' => (Kind::Number, 1 + run(&rest[1..])),
        c if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) => {
            (Kind::Number, number(rest))
        }
        c if word(c) => (Kind::Word, run(rest)),
        c => {
            let marks = ["->>", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"];
            let length = marks.iter().find(|mark| rest.starts_with(**mark)).map_or(c.len_utf8(), |mark| mark.len());
            (Kind::Mark, length)
        }
    }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = rest[at..].find(quote) {
        at += end + 1;
        if !rest[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    rest.len()
}

fn number(rest: &str) -> usize {
    let mut end = 0;
    let bytes = rest.as_bytes();
    while end < bytes.len() {
        let sign = matches!(bytes[end], b'+' | b'-')
            && end > 0
            && matches!(bytes[end - 1], b'e' | b'E')
            && !rest.starts_with("0x");
        if !(bytes[end].is_ascii_alphanumeric() || bytes[end] == b'.' || bytes[end] == b'_' || sign) {
            break;
        }
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{leading_keyword, tokens};

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).iter().map(|token| token.text).collect()
    }

    #[test]
    fn literals_and_names_hide_their_content() {
        assert_eq!(
            texts("SELECT 'it''s --', \"a(b\", [c d], x'31'"),
            ["SELECT", "'it''s --'", ",", "\"a(b\"", ",", "[c d]", ",", "x'31'"]
        );
    }

    #[test]
    fn numbers_and_marks() {
        assert_eq!(texts("1e-5+.5<=?1||a->>'$'"), ["1e-5", "+", ".5", "<=", "?1", "||", "a", "->>", "'$'"]);
    }

    #[test]
    fn comments_are_nothing() {
        assert_eq!(texts("a /* b */ -- c\n d"), ["a", "d"]);
        assert_eq!(leading_keyword(" -- x\n begin immediate"), "BEGIN");
    }

    #[test]
    fn depth() {
        let depths: Vec<usize> = tokens("a(b(c))d").iter().map(|token| token.depth).collect();
        assert_eq!(depths, [0, 1, 1, 2, 2, 2, 1, 0]);
    }
}
