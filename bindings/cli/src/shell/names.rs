//! Gives the line editor the names of the database when Tab is pressed.

use reedline::{Completer, CompletionResult, Span, Suggestion};
use tidewater::Engine;

use super::completion::{Names, complete};
use super::listing;

/// Completes with the names of a database as it is.
pub struct NameCompleter {
    engine: Engine,
    names: Names,
}

impl NameCompleter {
    pub fn new(engine: Engine) -> Self {
        Self { engine, names: Names::default() }
    }

    /// Reads the names again; the last ones stay if the database cannot be read now.
    fn refresh(&mut self) {
        if let Ok(tables) = listing::tables_with_columns(&self.engine) {
            self.names.tables = tables;
        }
        if self.names.functions.is_empty() {
            self.names.functions = listing::functions(&self.engine).unwrap_or_default();
        }
    }
}

impl Completer for NameCompleter {
    fn complete(&mut self, line: &str, place: usize) -> CompletionResult {
        self.refresh();
        let completion = complete(line, place, &self.names);
        let span = Span { start: completion.span.start, end: completion.span.end };
        let suggestion = |value: String| {
            let append_whitespace = !value.ends_with('(');
            Suggestion { value, span, append_whitespace, ..Suggestion::default() }
        };
        CompletionResult::fresh(completion.texts.into_iter().map(suggestion).collect::<Vec<_>>())
    }
}
