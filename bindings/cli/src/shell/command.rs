//! Parses dot commands and classifies statements.

/// A dot command.
#[derive(Debug, PartialEq, Eq)]
pub enum DotCommand<'a> {
    Watch(&'a str),
    Unwatch(Option<u32>),
    Watches,
    Tables,
    Schema(Option<&'a str>),
    Explain(&'a str),
    Stats,
    Help,
    Quit,
}

pub const HELP: &str = "\
SQL ends with a semicolon and may span lines. Results are shown as tables.

.watch SELECT ..    keep a result live: show what later commits of any program change
.unwatch [N]        stop one watch, or all
.watches            the live results
.explain SELECT ..  explain how a result would be kept up to date, and why
.tables             the tables and views
.schema [NAME]      the statements that created them
.stats              the engine's counters
.help               show this text
.quit               leave (also Ctrl-D)";

/// Whether a line is a dot command rather than SQL.
pub fn is_dot_command(line: &str) -> bool {
    line.trim_start().starts_with('.')
}

impl<'a> DotCommand<'a> {
    /// Parses a dot command. The error says what to type instead.
    pub fn parse(line: &'a str) -> Result<Self, String> {
        let line = line.trim().trim_end_matches(';').trim_end();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let alone = |command| match rest {
            "" => Ok(command),
            _ => Err(format!("{word} takes no argument")),
        };
        let query = || match rest {
            "" => Err(format!("type {word} SELECT ..")),
            sql => Ok(sql),
        };
        match word {
            ".watch" => query().map(Self::Watch),
            ".unwatch" if rest.is_empty() || rest == "all" => Ok(Self::Unwatch(None)),
            ".unwatch" => match rest.parse() {
                Ok(number) => Ok(Self::Unwatch(Some(number))),
                Err(_) => {
                    Err(".unwatch takes the number of a watch, or nothing for all; .watches lists them".to_owned())
                }
            },
            ".watches" => alone(Self::Watches),
            ".tables" => alone(Self::Tables),
            ".schema" => Ok(Self::Schema(Some(rest).filter(|name| !name.is_empty()))),
            ".explain" => query().map(Self::Explain),
            ".stats" => alone(Self::Stats),
            ".help" => alone(Self::Help),
            ".quit" | ".exit" => alone(Self::Quit),
            _ => Err(format!("unknown command {word}; .help lists the commands")),
        }
    }
}

/// Whether a statement is run for its rows and not for its effect.
pub fn asks_for_rows(statement: &str) -> bool {
    let mut words = words(statement);
    match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
        "SELECT" | "VALUES" | "EXPLAIN" | "WITH" => true,
        // A PRAGMA that sets something must go through `exec`, so that the engine evaluates all results again.
        "PRAGMA" => !statement.contains('='),
        _ => words.any(|word| word.eq_ignore_ascii_case("RETURNING")),
    }
}

/// The words outside comments. Quoted text counts as words too, which at worst hides a change count.
fn words(statement: &str) -> impl Iterator<Item = &str> {
    super::split::without_leading_comments(statement)
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_commands_are_read() {
        for (line, command) in [
            (".watch SELECT 1;", DotCommand::Watch("SELECT 1")),
            ("  .unwatch 2 ", DotCommand::Unwatch(Some(2))),
            (".unwatch", DotCommand::Unwatch(None)),
            (".schema", DotCommand::Schema(None)),
            (".schema t", DotCommand::Schema(Some("t"))),
            (".exit", DotCommand::Quit),
        ] {
            assert_eq!(DotCommand::parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn a_wrong_dot_command_says_what_to_write() {
        for (line, says) in [
            (".watch", "type .watch SELECT"),
            (".unwatch x", ".watches lists them"),
            (".tables t", "takes no argument"),
            (".wat", "unknown command .wat"),
        ] {
            let error = DotCommand::parse(line).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn rows_are_asked_for_by_the_first_word_or_returning() {
        for (statement, expected) in [
            ("select 1", true),
            ("-- x\n/* y */ WITH a AS (SELECT 1) SELECT * FROM a", true),
            ("(SELECT 1)", true),
            ("INSERT INTO t VALUES (1)", false),
            ("INSERT INTO t VALUES (1) RETURNING x", true),
            ("PRAGMA table_info(t)", true),
            ("PRAGMA foreign_keys = ON", false),
            ("COMMIT", false),
        ] {
            assert_eq!(asks_for_rows(statement), expected, "{statement}");
        }
    }
}
