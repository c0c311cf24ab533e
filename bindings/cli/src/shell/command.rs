//! Parses dot commands.

use std::path::PathBuf;

use super::words::{Word, words};
use crate::import::Import;
use crate::output::Mode;

/// A dot command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DotCommand {
    Bail(bool),
    Changes(bool),
    Databases,
    Dump(Vec<String>),
    Explain(String),
    Headers(bool),
    Help,
    Import(Import),
    Indexes(Option<String>),
    Mode(Option<(Mode, Option<String>)>),
    NullValue(String),
    Once(PathBuf),
    Output(Option<PathBuf>),
    Print(String),
    Quit,
    Read(PathBuf),
    Schema(Option<String>),
    Stats,
    Tables(Option<String>),
    Timer(bool),
    Unwatch(Option<u32>),
    Watch(String),
    Watches,
}

pub const HELP: &str = "\
SQL ends with a semicolon and may span lines. Ctrl-C ends what runs, Tab completes names.

.watch SELECT ..       keep a result live: show what later commits of any program change
.unwatch [N]           stop one watch, or all
.watches               the live results
.explain SELECT ..     explain how a result would be kept up to date, and why
.stats                 the engine's counters

.databases             the files that are open
.dump [TABLE..]        the database, or some tables, as SQL
.import FILE TABLE     read comma-separated values into a table, all or nothing; a missing table is
                       created with the names in the first line (--tabs, --skip N)
.indexes [TABLE]       the indexes
.read FILE             run the SQL and the commands in a file
.schema [NAME]         the statements that created the tables
.tables [PATTERN]      the tables and views

.bail on|off           stop a script at its first error
.changes on|off        tell how many rows a statement changed
.headers on|off        print the names of the columns
.mode [NAME]           how results are printed: box csv column insert json jsonl line list markdown
                       quote table tabs
.nullvalue TEXT        what stands for NULL
.once FILE             write the output of the next command to a file
.output [FILE]         write all output to a file, or to the terminal again
.print TEXT            print a text
.timer on|off          tell how long a statement took

.help                  show this text
.quit                  leave (also Ctrl-D)";

/// The names of all commands, for completion.
pub const NAMES: &[&str] = &[
    ".bail",
    ".changes",
    ".databases",
    ".dump",
    ".exit",
    ".explain",
    ".headers",
    ".help",
    ".import",
    ".indexes",
    ".mode",
    ".nullvalue",
    ".once",
    ".output",
    ".print",
    ".quit",
    ".read",
    ".schema",
    ".stats",
    ".tables",
    ".timer",
    ".unwatch",
    ".watch",
    ".watches",
];

/// Whether a line is a dot command rather than SQL.
pub fn is_dot_command(line: &str) -> bool {
    line.trim_start().starts_with('.')
}

impl DotCommand {
    /// Parses a dot command. The error says what to type instead.
    pub fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim().trim_end_matches(';').trim_end();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let arguments = Arguments { command: word, rest: rest.trim(), words: words(rest) };
        match word {
            ".bail" => arguments.switch().map(Self::Bail),
            ".changes" => arguments.switch().map(Self::Changes),
            ".databases" => arguments.none(Self::Databases),
            ".dump" => Ok(Self::Dump(arguments.texts())),
            ".explain" => arguments.query().map(Self::Explain),
            ".headers" | ".header" => arguments.switch().map(Self::Headers),
            ".help" => Ok(Self::Help),
            ".import" => arguments.import().map(Self::Import),
            ".indexes" | ".indices" | ".index" => arguments.optional("TABLE").map(Self::Indexes),
            ".mode" => arguments.mode().map(Self::Mode),
            ".nullvalue" => arguments.one("TEXT").map(Self::NullValue),
            ".once" => arguments.one("FILE").map(|file| Self::Once(file.into())),
            ".output" => arguments.output().map(Self::Output),
            ".print" => Ok(Self::Print(arguments.texts().join(" "))),
            ".quit" | ".exit" => Ok(Self::Quit),
            ".read" => arguments.one("FILE").map(|file| Self::Read(file.into())),
            ".schema" => arguments.optional("NAME").map(Self::Schema),
            ".stats" => arguments.none(Self::Stats),
            ".tables" => arguments.optional("PATTERN").map(Self::Tables),
            ".timer" => arguments.switch().map(Self::Timer),
            ".unwatch" => arguments.watch_number().map(Self::Unwatch),
            ".watch" => arguments.query().map(Self::Watch),
            ".watches" => arguments.none(Self::Watches),
            _ => Err(format!("unknown command {word}; .help lists the commands")),
        }
    }
}

/// What follows a command's name.
struct Arguments<'a> {
    command: &'a str,
    rest: &'a str,
    words: Vec<Word>,
}

impl Arguments<'_> {
    fn texts(self) -> Vec<String> {
        self.words.into_iter().map(|word| word.text).collect()
    }

    fn usage<T>(&self, arguments: &str) -> Result<T, String> {
        Err(format!("type {} {arguments}", self.command))
    }

    fn none<T>(self, command: T) -> Result<T, String> {
        if self.words.is_empty() { Ok(command) } else { Err(format!("{} takes no argument", self.command)) }
    }

    fn one(mut self, what: &str) -> Result<String, String> {
        match self.words.len() {
            1 => Ok(self.words.remove(0).text),
            _ => self.usage(what),
        }
    }

    fn optional(mut self, what: &str) -> Result<Option<String>, String> {
        match self.words.len() {
            0 => Ok(None),
            1 => Ok(Some(self.words.remove(0).text)),
            _ => self.usage(&format!("[{what}]")),
        }
    }

    fn switch(self) -> Result<bool, String> {
        match self.rest.to_ascii_lowercase().as_str() {
            "on" | "yes" | "1" => Ok(true),
            "off" | "no" | "0" => Ok(false),
            _ => self.usage("on or off"),
        }
    }

    fn query(self) -> Result<String, String> {
        if self.rest.is_empty() { self.usage("SELECT ..") } else { Ok(self.rest.to_owned()) }
    }

    fn watch_number(self) -> Result<Option<u32>, String> {
        match self.rest {
            "" | "all" => Ok(None),
            number => number.parse().map(Some).map_err(|_| {
                ".unwatch takes the number of a watch, or nothing for all; .watches lists them".to_owned()
            }),
        }
    }

    fn output(self) -> Result<Option<PathBuf>, String> {
        let file = self.optional("FILE")?;
        Ok(file.filter(|file| file != "stdout").map(PathBuf::from))
    }

    fn mode(self) -> Result<Option<(Mode, Option<String>)>, String> {
        let mut texts = self.texts().into_iter();
        let Some(name) = texts.next() else { return Ok(None) };
        match Mode::named(&name) {
            Some(mode) => Ok(Some((mode, texts.next()))),
            None => Err(format!("there is no mode {name}; there are {}", Mode::names())),
        }
    }

    fn import(self) -> Result<Import, String> {
        const USAGE: &str = "FILE TABLE, with --csv, --tabs or --skip N before or behind";
        let mut separator = b',';
        let mut skip = None;
        let mut names = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            match word.text.as_str() {
                "--csv" if !word.is_quoted => separator = b',',
                "--tabs" | "--tsv" if !word.is_quoted => separator = b'\t',
                "--skip" if !word.is_quoted => match words.next().and_then(|word| word.text.parse().ok()) {
                    Some(count) => skip = Some(count),
                    None => return self.usage(USAGE),
                },
                text if text.starts_with("--") && !word.is_quoted => return self.usage(USAGE),
                text => names.push(text.to_owned()),
            }
        }
        let Ok([file, table]) = <[String; 2]>::try_from(names) else { return self.usage(USAGE) };
        Ok(Import { file: file.into(), table, separator, skip })
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
