//! Divides a text into its statements, as SQLite would come to them one after the other.
//!
//! A semicolon ends a statement, but for CREATE TRIGGER, which ends at `; END ;`: <https://sqlite.org/c3ref/complete.html>.

use super::lexer::{Lexer, TokenKind};

/// The statements of a text, each with its semicolon. Empty ones are left out; the last one may lack its semicolon.
///
/// Semicolons in texts, names, comments and the bodies of triggers end nothing.
///
/// ```
/// let text = "INSERT INTO t VALUES ('a;b'); -- done;\nSELECT 1";
/// let statements: Vec<_> = tidewater::statements(text).collect();
/// assert_eq!(statements, ["INSERT INTO t VALUES ('a;b');", " -- done;\nSELECT 1"]);
/// ```
#[must_use]
pub fn statements(sql: &str) -> Statements<'_> {
    Statements { rest: sql }
}

/// Whether nothing of a text is unfinished: each of its statements has its semicolon, and no text, name or comment is open. A text
/// without statements is complete. A prompt asks this to know whether to run what was typed or to read on.
///
/// ```
/// use tidewater::is_complete;
/// assert!(is_complete("SELECT 1; -- one"));
/// assert!(!is_complete("SELECT 1"));
/// assert!(!is_complete("SELECT 'one;"));
/// assert!(!is_complete("CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u;"));
/// ```
#[must_use]
pub fn is_complete(sql: &str) -> bool {
    let mut rest = sql;
    while !rest.is_empty() {
        let first = first(rest);
        if !first.is_closed {
            return false;
        }
        rest = &rest[first.length..];
    }
    true
}

/// The iterator that [`statements`] returns.
#[derive(Clone, Debug)]
pub struct Statements<'a> {
    rest: &'a str,
}

impl<'a> Statements<'a> {
    /// The text behind the statements that were returned.
    #[must_use]
    pub fn rest(&self) -> &'a str {
        self.rest
    }
}

impl<'a> Iterator for Statements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let first = first(self.rest);
            let (statement, rest) = self.rest.split_at(first.length);
            self.rest = rest;
            if !first.is_empty {
                return Some(statement);
            }
        }
        None
    }
}

/// Where a reader of a text is: a machine of the words that [`sqlite3_complete`](https://sqlite.org/c3ref/complete.html) knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Before a statement.
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

/// The first statement of a text.
struct First {
    /// How long it is, with its semicolon.
    length: usize,
    /// It is white space and comments, perhaps with a semicolon.
    is_empty: bool,
    /// It has its semicolon, or is empty without an open comment.
    is_closed: bool,
}

fn first(sql: &str) -> First {
    let mut lexer = Lexer::new(sql);
    let mut progress = Progress::Start;
    loop {
        let before = lexer.rest();
        let Some(token) = lexer.next() else {
            let is_empty = progress == Progress::Start;
            return First { length: sql.len(), is_empty, is_closed: is_empty && !ends_in_comment(before) };
        };
        let was = progress;
        progress = match token.kind {
            TokenKind::Word => progress.after_word(token.text),
            TokenKind::Symbol if token.text == ";" => progress.after_semicolon(),
            TokenKind::Illegal => {
                let Some(junk) = junk(token.text) else {
                    return First { length: sql.len(), is_empty: false, is_closed: false };
                };
                // SQLite refuses the statement, and the next one begins behind its semicolon all the same.
                lexer = Lexer::new(&token.text[junk..]);
                progress.after_other()
            }
            _ => progress.after_other(),
        };
        if progress == Progress::Start {
            let length = sql.len() - lexer.rest().len();
            return First { length, is_empty: was == Progress::Start, is_closed: true };
        }
    }
}

/// How long the token is that `text` begins with and SQLite refuses. Nothing if the text has no tokens behind it: something is open,
/// or SQLite reads no further than a NUL.
fn junk(text: &str) -> Option<usize> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$' || !letter.is_ascii();
    match text.chars().next()? {
        '\'' | '"' | '`' | '[' | '\0' => None,
        first if is_word(first) => Some(text.find(|letter| !is_word(letter)).unwrap_or(text.len())),
        first => Some(first.len_utf8()),
    }
}

/// Whether white space and comments end in a comment that is not closed.
fn ends_in_comment(mut blank: &str) -> bool {
    while let Some(at) = blank.find(['-', '/']) {
        let comment = &blank[at..];
        let end = match comment.starts_with("--") {
            true => comment.find('\n'),
            false => match comment.get(2..).and_then(|inside| inside.find("*/")) {
                Some(end) => Some(end + 4),
                None => return true,
            },
        };
        blank = end.map_or("", |end| &comment[end..]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{is_complete, statements};

    #[test]
    fn statements_end_at_semicolons_outside_of_texts_comments_and_triggers() {
        let texts = [
            "SELECT ';', \"a;b\", [c;d] -- ;\n;",
            " /* ; */ INSERT INTO t VALUES ('it''s;');",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t; END;",
            "\nCREATE TEMP TRIGGER g BEFORE DELETE ON t BEGIN SELECT 1; END;",
            "EXPLAIN QUERY PLAN CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;",
            "CREATE TABLE trigger_like(a);",
            "BEGIN;",
            "END;",
            "SELECT 1",
        ];
        assert_eq!(statements(&texts.concat()).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn empty_statements_are_left_out_and_what_is_unfinished_is_kept() {
        assert_eq!(statements("").count(), 0);
        assert_eq!(statements(" ; ;; -- nothing\n").count(), 0);
        assert_eq!(statements(";SELECT 1;;").collect::<Vec<_>>(), ["SELECT 1;"]);
        assert_eq!(statements("SELECT 1; SELECT 'open").collect::<Vec<_>>(), ["SELECT 1;", " SELECT 'open"]);
        let mut two = statements("SELECT 1; SELECT 2; ");
        assert_eq!((two.next(), two.rest()), (Some("SELECT 1;"), " SELECT 2; "));
    }

    #[test]
    fn a_statement_that_sqlite_refuses_ends_where_it_would_end() {
        assert_eq!(statements("SELECT \u{1} ; x").collect::<Vec<_>>(), ["SELECT \u{1} ;", " x"]);
        assert_eq!(
            statements("SELECT 1a; SELECT x'0;'; b").collect::<Vec<_>>(),
            ["SELECT 1a;", " SELECT x'0;';", " b"]
        );
        assert_eq!(statements("SELECT 1; \0 SELECT 2; b").collect::<Vec<_>>(), ["SELECT 1;", " \0 SELECT 2; b"]);
    }

    #[test]
    fn what_is_open_is_not_complete() {
        for open in ["a", "'", "a; 'b;", "a; /* b;", "a; -- b\n/*", "a; \"", "a; [b;", "a; `;", "/*", "a /* ; */"] {
            assert!(!is_complete(open), "{open:?}");
        }
        for complete in ["", " -- a\n", "-- a", "/* a */", ";", "a;", "a; /* b */ -- c", "a - 1; -- /*", "a; /*/ */"] {
            assert!(is_complete(complete), "{complete:?}");
        }
    }
}
