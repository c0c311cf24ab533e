//! Splits SQL text into statements. A test checks that it agrees with `sqlite3_complete`.

/// The state of the splitter. Triggers need more states, because their bodies contain semicolons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Only white space so far.
    Start,
    /// After EXPLAIN, which can precede CREATE TRIGGER.
    Explain,
    /// After CREATE, perhaps followed by TEMP.
    Create,
    /// In a statement that ends at the next semicolon.
    Plain,
    /// In a trigger, which ends at `; END ;`.
    Trigger,
    /// In a trigger, after a semicolon.
    TriggerSemicolon,
    /// In a trigger, after a semicolon and END.
    TriggerEnd,
}

impl Progress {
    fn after_word(self, word: &str) -> Self {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        match self {
            Self::Start if is("EXPLAIN") => Self::Explain,
            Self::Start | Self::Explain if is("CREATE") => Self::Create,
            Self::Explain if ["EXPLAIN", "TEMP", "TEMPORARY", "TRIGGER", "END"].into_iter().any(is) => Self::Plain,
            Self::Create if is("TEMP") || is("TEMPORARY") => Self::Create,
            Self::Create if is("TRIGGER") => Self::Trigger,
            Self::TriggerSemicolon if is("END") => Self::TriggerEnd,
            other => other.after_other(),
        }
    }

    const fn after_other(self) -> Self {
        match self {
            // EXPLAIN QUERY PLAN CREATE ..
            Self::Explain => Self::Explain,
            Self::Start | Self::Create | Self::Plain => Self::Plain,
            Self::Trigger | Self::TriggerSemicolon | Self::TriggerEnd => Self::Trigger,
        }
    }

    const fn after_semicolon(self) -> Self {
        match self {
            Self::Trigger | Self::TriggerSemicolon => Self::TriggerSemicolon,
            _ => Self::Start,
        }
    }
}

/// Returns the complete statements of a text, each with its semicolon, and the text after the last one.
pub fn split(text: &str) -> (Vec<&str>, &str) {
    let mut statements = Vec::new();
    let mut progress = Progress::Start;
    let mut begin = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let token = token(rest);
        match token.kind {
            Kind::Space => {}
            Kind::Open => break,
            Kind::Other => progress = progress.after_other(),
            Kind::Word => progress = progress.after_word(&rest[..token.length]),
            Kind::Semicolon => {
                let was_empty = progress == Progress::Start;
                progress = progress.after_semicolon();
                if progress == Progress::Start {
                    if !was_empty {
                        statements.push(text[begin..=at].trim());
                    }
                    begin = at + 1;
                }
            }
        }
        at += token.length;
    }
    (statements, &text[begin..])
}

/// Whether a text consists of white space and comments only.
pub fn is_blank(text: &str) -> bool {
    without_leading_comments(text).is_empty()
}

/// The text from its first token.
pub fn without_leading_comments(text: &str) -> &str {
    let mut rest = text;
    while !rest.is_empty() {
        let token = token(rest);
        if token.kind != Kind::Space {
            break;
        }
        rest = &rest[token.length..];
    }
    rest
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Semicolon,
    Word,
    Other,
    /// A quotation or comment that is not closed.
    Open,
}

struct Token {
    kind: Kind,
    length: usize,
}

/// The first token of a non-empty text.
fn token(text: &str) -> Token {
    let first = text.chars().next().unwrap_or(' ');
    let (kind, length) = match first {
        ' ' | '\t' | '\n' | '\r' | '\u{c}' => (Kind::Space, 1),
        ';' => (Kind::Semicolon, 1),
        '/' if text.starts_with("/*") => closed(text[2..].find("*/").map(|end| end + 4), Kind::Space, text),
        '-' if text.starts_with("--") => (Kind::Space, text.find('\n').map_or(text.len(), |end| end + 1)),
        '\'' | '"' | '`' => closed(text[1..].find(first).map(|end| end + 2), Kind::Other, text),
        '[' => closed(text.find(']').map(|end| end + 1), Kind::Other, text),
        letter if is_word(letter) => (Kind::Word, text.find(|letter| !is_word(letter)).unwrap_or(text.len())),
        other => (Kind::Other, other.len_utf8()),
    };
    Token { kind, length }
}

fn closed(end: Option<usize>, kind: Kind, text: &str) -> (Kind, usize) {
    end.map_or((Kind::Open, text.len()), |end| (kind, end))
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$' || !letter.is_ascii()
}

#[cfg(test)]
mod tests;
