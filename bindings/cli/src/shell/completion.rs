//! What can follow in a line that is being typed: dot commands, and in SQL the names that fit, those of the statement first.

use std::collections::HashSet;
use std::ops::Range;

use tidewater::statements;

use super::command::{NAMES, is_dot_command};
use crate::keywords::{KEYWORDS, is_keyword};
use crate::output::{Mode, literal};

/// The names of a database.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Tables and views with their columns.
    pub tables: Vec<(String, Vec<String>)>,
    pub functions: Vec<String>,
}

/// What to put into the line, in the place of which part of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Completion {
    pub span: Range<usize>,
    pub texts: Vec<String>,
}

/// Commands whose argument is a table.
const OF_TABLES: [&str; 4] = [".schema", ".dump", ".indexes", ".tables"];

/// Commands whose argument is SQL.
const OF_SQL: [&str; 2] = [".watch", ".explain"];

/// Words that a table follows.
const BEFORE_TABLES: [&str; 5] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"];

/// What completes a line at a place in it.
pub fn complete(line: &str, place: usize, names: &Names) -> Completion {
    let before = line.get(..place).unwrap_or(line);
    let start = before
        .rfind(|letter| !is_part(letter))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let prefix = &before[start..];
    let texts = if is_dot_command(line) {
        of_command(before, start, prefix, line, names)
    } else {
        of_sql(line, start, prefix, names)
    };
    let span = if is_dot_command(line) && before.trim_start() == format!(".{prefix}") {
        start - 1..place
    } else {
        start..place
    };
    Completion { span, texts }
}

fn of_command(before: &str, start: usize, prefix: &str, line: &str, names: &Names) -> Vec<String> {
    let Some((command, _)) = before.trim_start().split_once(char::is_whitespace) else {
        let typed = format!(".{prefix}");
        return NAMES.iter().filter(|name| name.starts_with(&typed)).map(|name| (*name).to_owned()).collect();
    };
    match command {
        ".mode" => fitting(Mode::names().split(' '), prefix).collect(),
        ".import" => fitting(table_names(names), prefix).map(|name| literal::name(&name)).collect(),
        command if OF_TABLES.contains(&command) => fitting(table_names(names), prefix).collect(),
        command if OF_SQL.contains(&command) => of_sql(line, start, prefix, names),
        _ => Vec::new(),
    }
}

fn of_sql(line: &str, start: usize, prefix: &str, names: &Names) -> Vec<String> {
    let before = &line[..start];
    if is_quoted(before) {
        return Vec::new();
    }
    let statement = statement_at(line, start);
    let words = words_of(statement);
    let named = tables_of(&words, names);
    // `t.` is followed by a column of the table that it means.
    if let Some(before) = before.strip_suffix('.') {
        let qualifier = before.rsplit(|letter| !is_part(letter)).next().unwrap_or_default();
        let table = named.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(qualifier));
        return table.map(|(_, columns)| offered(columns.iter().copied(), prefix)).unwrap_or_default();
    }
    let last = words_of(before).last().map(|word| word.to_ascii_uppercase());
    let tables = table_names(names);
    if last.is_some_and(|word| BEFORE_TABLES.contains(&word.as_str())) {
        return offered(tables, prefix);
    }
    let near = named.iter().flat_map(|(_, columns)| columns.iter().copied());
    if prefix.is_empty() {
        return offered(near.chain(tables), prefix);
    }
    let far = names.tables.iter().flat_map(|(_, columns)| columns.iter().map(String::as_str));
    let near: Vec<_> = near.collect();
    let mut texts = offered(near.into_iter().chain(tables), prefix);
    texts.extend(keywords(prefix));
    texts.extend(fitting(names.functions.iter().map(String::as_str), prefix).map(|name| format!("{name}(")));
    texts.extend(offered(far, prefix));
    distinct(texts)
}

fn table_names(names: &Names) -> impl Iterator<Item = &str> {
    names.tables.iter().map(|(table, _)| table.as_str())
}

/// Names as SQL spells them.
fn offered<'a>(names: impl Iterator<Item = &'a str>, prefix: &str) -> Vec<String> {
    let plain = |name: String| {
        let is_plain =
            name.chars().all(is_part) && !is_keyword(&name) && !name.starts_with(|first: char| first.is_ascii_digit());
        if is_plain { name } else { literal::quoted(&name) }
    };
    distinct(fitting(names, prefix).map(plain).collect())
}

fn fitting<'a>(names: impl Iterator<Item = &'a str>, prefix: &str) -> impl Iterator<Item = String> {
    let begins = move |name: &&str| name.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    names.filter(begins).map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// Keywords in the case in which they were begun.
fn keywords(prefix: &str) -> impl Iterator<Item = String> {
    let is_lower = prefix.chars().any(|letter| letter.is_ascii_lowercase());
    let keywords = fitting(KEYWORDS.iter().copied(), prefix);
    keywords.map(move |keyword| if is_lower { keyword.to_ascii_lowercase() } else { keyword })
}

fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
}

/// The tables that a statement names, by their names and aliases, with their columns.
fn tables_of<'n>(words: &[&str], names: &'n Names) -> Vec<(String, Vec<&'n str>)> {
    let find = |word: &str| names.tables.iter().find(|(table, _)| table.eq_ignore_ascii_case(word));
    let mut named = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some((table, columns)) = find(word) else { continue };
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        named.push((table.clone(), columns.clone()));
        let mut behind = words[place + 1..].iter().filter(|word| !word.eq_ignore_ascii_case("AS"));
        if let Some(alias) = behind.next().filter(|word| !is_keyword(word) && find(word).is_none()) {
            named.push(((*alias).to_owned(), columns));
        }
    }
    named
}

/// The statement of a text that a place is in.
fn statement_at(text: &str, place: usize) -> &str {
    let mut statements = statements(text);
    loop {
        let Some(statement) = statements.next() else { return "" };
        if text.len() - statements.rest().len() > place || statements.rest().is_empty() {
            return statement;
        }
    }
}

/// The words of a text; `.` and `,` are words too, so that nothing on both sides of them goes together.
fn words_of(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length =
            if is_part(first) { rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()) } else { first.len_utf8() };
        if !first.is_whitespace() && !matches!(first, '"' | '`' | '[' | ']') {
            words.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    words
}

/// Whether a text ends inside a quotation.
fn is_quoted(text: &str) -> bool {
    text.matches('\'').count() % 2 == 1
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
#[path = "completion_tests.rs"]
mod tests;
