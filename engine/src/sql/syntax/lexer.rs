//! SQLite's own division of a text into tokens, byte for byte. The parser's lexer refuses some of what SQLite takes, such
//! as `$v::w(x)` and a comment that the text ends in; and two readers that disagree would make templates of different
//! queries equal.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or an unquoted identifier.
    Word,
    /// `"name"`, `` `name` `` or `[name]`.
    Quoted,
    /// A numeric literal.
    Number,
    /// `'text'`.
    String,
    /// `x'31'`.
    Blob,
    /// `?`, `?1`, `:name`, `@name`, `$name::x(y)`.
    Parameter,
    /// An operator or punctuation.
    Symbol,
    /// What SQLite refuses.
    Illegal,
}

/// A token and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
}

impl Token<'_> {
    /// Whether this is the keyword or unquoted identifier `word`, given in lower case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether this is the operator or punctuation `symbol`.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }
}

/// The tokens of a text without its white space and comments; ends after the first illegal one.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub fn new(sql: &'a str) -> Self {
        Self { rest: sql }
    }

    /// The text behind the last token.
    pub fn rest(&self) -> &'a str {
        self.rest
    }
}

/// All tokens of a text, or nothing if SQLite would refuse one of them.
pub fn tokens(sql: &str) -> Option<Vec<Token<'_>>> {
    let tokens: Vec<_> = Lexer::new(sql).collect();
    tokens.iter().all(|token| token.kind != TokenKind::Illegal).then_some(tokens)
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = skip_blank(self.rest);
        if self.rest.is_empty() {
            return None;
        }
        let (kind, length) = scan(self.rest.as_bytes());
        // Every scan ends before an ASCII character, after one, or at the end; the fallback only keeps this line honest.
        let Some((text, rest)) = self.rest.split_at_checked(length).filter(|_| kind != TokenKind::Illegal) else {
            return Some(Token { kind: TokenKind::Illegal, text: std::mem::take(&mut self.rest) });
        };
        self.rest = rest;
        Some(Token { kind, text })
    }
}

/// `text` from its first character that is neither white space nor comment.
fn skip_blank(mut text: &str) -> &str {
    loop {
        let trimmed = match text.as_bytes().first() {
            Some(b' ' | b'\t' | b'\n' | b'\x0c' | b'\r') => {
                text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r'])
            }
            Some(b'-') if text.starts_with("--") => text.find('\n').map_or("", |end| &text[end..]),
            // SQLite reads a comment that the text ends in as closed, but `/*` as the very last two bytes as operators.
            Some(b'/') if text.starts_with("/*") && text.len() > 2 => {
                text[2..].find("*/").map_or("", |end| &text[end + 4..])
            }
            Some(0xef) => text.strip_prefix('\u{feff}').unwrap_or(text),
            _ => text,
        };
        if trimmed.len() == text.len() {
            return text;
        }
        text = trimmed;
    }
}

/// The kind and length of the token that `bytes`, which are not empty, start with.
fn scan(bytes: &[u8]) -> (TokenKind, usize) {
    let second = bytes.get(1).copied().unwrap_or(0);
    let third = bytes.get(2).copied().unwrap_or(0);
    match bytes[0] {
        b'\'' => quoted(bytes, TokenKind::String),
        b'"' | b'`' => quoted(bytes, TokenKind::Quoted),
        b'[' => match bytes.iter().position(|&byte| byte == b']') {
            Some(end) => (TokenKind::Quoted, end + 1),
            None => (TokenKind::Illegal, bytes.len()),
        },
        b'x' | b'X' if second == b'\'' => blob(bytes),
        b'0'..=b'9' => number(bytes),
        b'.' if second.is_ascii_digit() => number(bytes),
        b'?' => (TokenKind::Parameter, 1 + run(&bytes[1..], |byte| byte.is_ascii_digit())),
        b'$' | b'@' | b':' | b'#' => parameter(bytes),
        b'-' if second == b'>' => (TokenKind::Symbol, 2 + usize::from(third == b'>')),
        b'=' => (TokenKind::Symbol, 1 + usize::from(second == b'=')),
        b'<' => (TokenKind::Symbol, 1 + usize::from(matches!(second, b'=' | b'>' | b'<'))),
        b'>' => (TokenKind::Symbol, 1 + usize::from(matches!(second, b'=' | b'>'))),
        b'!' if second == b'=' => (TokenKind::Symbol, 2),
        b'|' => (TokenKind::Symbol, 1 + usize::from(second == b'|')),
        b'-' | b'(' | b')' | b';' | b'+' | b'*' | b'/' | b'%' | b',' | b'&' | b'~' | b'.' => (TokenKind::Symbol, 1),
        byte if is_identifier(byte) => (TokenKind::Word, run(bytes, is_identifier)),
        _ => (TokenKind::Illegal, 1),
    }
}

/// Whether SQLite allows the byte inside an identifier.
fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// How many bytes at the start satisfy `accept`.
fn run(bytes: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !accept(byte)).unwrap_or(bytes.len())
}

fn quoted(bytes: &[u8], kind: TokenKind) -> (TokenKind, usize) {
    let delimiter = bytes[0];
    let mut end = 1;
    loop {
        match bytes.get(end) {
            None => return (TokenKind::Illegal, end),
            // A NUL ends the text for SQLite, whatever the quotes say.
            Some(0) => return (TokenKind::Illegal, end),
            Some(&byte) if byte == delimiter => {
                if bytes.get(end + 1) != Some(&delimiter) {
                    return (kind, end + 1);
                }
                end += 2;
            }
            Some(_) => end += 1,
        }
    }
}

fn blob(bytes: &[u8]) -> (TokenKind, usize) {
    let digits = run(&bytes[2..], |byte| byte.is_ascii_hexdigit());
    if bytes.get(2 + digits) == Some(&b'\'') && digits % 2 == 0 {
        (TokenKind::Blob, digits + 3)
    } else {
        (TokenKind::Illegal, bytes.len())
    }
}

fn number(bytes: &[u8]) -> (TokenKind, usize) {
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let digits = |from: usize| from + run(&bytes[from..], |byte| byte.is_ascii_digit() || byte == b'_');
    let mut end;
    if at(0) == b'0' && matches!(at(1), b'x' | b'X') && at(2).is_ascii_hexdigit() {
        end = 2 + run(&bytes[2..], |byte| byte.is_ascii_hexdigit() || byte == b'_');
    } else {
        end = digits(0);
        if at(end) == b'.' {
            end = digits(end + 1);
        }
        let sign = usize::from(matches!(at(end + 1), b'+' | b'-'));
        if matches!(at(end), b'e' | b'E') && at(end + 1 + sign).is_ascii_digit() {
            end = digits(end + 1 + sign);
        }
    }
    match run(&bytes[end..], is_identifier) {
        0 => (TokenKind::Number, end),
        junk => (TokenKind::Illegal, end + junk),
    }
}

fn parameter(bytes: &[u8]) -> (TokenKind, usize) {
    let mut named = false;
    let mut end = 1;
    while let Some(&byte) = bytes.get(end) {
        if is_identifier(byte) {
            named = true;
            end += 1;
        } else if byte == b'(' && named {
            // Tcl's array notation: up to the closing parenthesis, without white space.
            end += 1 + run(&bytes[end + 1..], |byte| byte != b')' && byte != 0 && !is_space(byte));
            if bytes.get(end) != Some(&b')') {
                return (TokenKind::Illegal, end);
            }
            end += 1;
            break;
        } else if byte == b':' && bytes.get(end + 1) == Some(&b':') {
            end += 2;
        } else {
            break;
        }
    }
    (if named { TokenKind::Parameter } else { TokenKind::Illegal }, end)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
