//! Divides lines into steps: statements, which may span lines, and dot commands, which are lines.

use super::command::is_dot_command;
use crate::statement::{complete_statements, is_blank, without_leading_comments};

/// A statement or a dot command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub text: String,
    /// The number of the line that it begins in, from 1.
    pub line: usize,
}

/// The lines that are not steps yet.
#[derive(Debug, Default)]
pub struct Script {
    pending: String,
    /// The number of the line that `pending` begins in.
    begins: usize,
    lines: usize,
}

impl Script {
    /// Takes a line with its end, and returns the steps that it completes.
    pub fn push(&mut self, line: &str) -> Vec<Step> {
        self.lines += 1;
        if is_blank(&self.pending) {
            self.pending.clear();
            self.begins = self.lines;
            if is_dot_command(line) {
                return vec![Step { text: line.trim().to_owned(), line: self.lines }];
            }
        }
        self.pending.push_str(line);
        // Only a semicolon can complete a statement, so other lines are not divided again.
        if !line.contains(';') {
            return Vec::new();
        }
        let pending = std::mem::take(&mut self.pending);
        let (statements, rest) = complete_statements(&pending);
        let steps = statements.into_iter().map(|statement| self.step(statement)).collect();
        rest.clone_into(&mut self.pending);
        steps
    }

    /// What is left at the end: a statement without its semicolon.
    pub fn finish(mut self) -> Option<Step> {
        let pending = std::mem::take(&mut self.pending);
        (!is_blank(&pending)).then(|| self.step(&pending))
    }

    /// The next part of what was pending as a step.
    fn step(&mut self, statement: &str) -> Step {
        let text = without_leading_comments(statement);
        let line = self.begins + lines(&statement[..statement.len() - text.len()]);
        self.begins += lines(statement);
        Step { text: statement.trim().to_owned(), line }
    }
}

/// The steps of what was typed at once.
pub fn steps(input: &str) -> Vec<Step> {
    let mut script = Script::default();
    let mut steps: Vec<_> = input.split_inclusive('\n').flat_map(|line| script.push(line)).collect();
    steps.extend(script.finish());
    steps
}

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(input: &str) -> Vec<(String, usize)> {
        steps(input).into_iter().map(|step| (step.text, step.line)).collect()
    }

    #[test]
    fn each_step_knows_its_line() {
        let input = "-- first\nSELECT 1; SELECT\n 2;\n.tables\n\n/* a\nb */ SELECT 3";
        let expected = [("SELECT 1;", 2), ("SELECT\n 2;", 2), (".tables", 4), ("/* a\nb */ SELECT 3", 7)];
        assert_eq!(found(input), expected.map(|(text, line)| (text.to_owned(), line)));
    }

    #[test]
    fn a_dot_inside_a_statement_is_no_command() {
        assert_eq!(found("SELECT 1\n.5;\n .quit \n"), [("SELECT 1\n.5;".to_owned(), 1), (".quit".to_owned(), 3)]);
    }

    #[test]
    fn a_trigger_is_one_step() {
        let trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n SELECT 1;\n SELECT 2;\nEND;";
        assert_eq!(found(&format!("{trigger}\nSELECT 3;")), [(trigger.to_owned(), 1), ("SELECT 3;".to_owned(), 5)]);
    }
}
