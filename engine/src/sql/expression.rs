//! What an expression reads: columns, subqueries, and functions whose value is not in any table.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NamedWindowDefinition, Query, Value, Visit,
    Visitor,
};

use super::dependencies::{Analysis, Surroundings, Use};
use super::scope::{Meaning, Scope, bare, path};

/// Functions that tell of the connection, which every commit changes.
const CONNECTION_FUNCTIONS: [&str; 4] = ["changes", "total_changes", "last_insert_rowid", "sqlite_offset"];

/// Functions that never give the same value twice.
const RANDOM_FUNCTIONS: [&str; 2] = ["random", "randomblob"];

/// Functions that tell the time.
const CLOCKS: [&str; 3] = ["current_time", "current_date", "current_timestamp"];

/// Functions of a time that is an argument, and how many arguments come before it.
const TIME_FUNCTIONS: [(&str, usize); 6] =
    [("date", 0), ("time", 0), ("datetime", 0), ("julianday", 0), ("unixepoch", 0), ("strftime", 1)];

impl Analysis<'_> {
    /// Notes what an expression reads in its scope.
    pub(super) fn expression(&mut self, expression: &Expr, scope: &Scope<'_>, around: &Surroundings<'_>) {
        // Long chains of operators lean to the left; they are followed down without recursion.
        let mut pending = vec![expression];
        while let Some(expression) = pending.pop() {
            match expression {
                Expr::BinaryOp { left, right, .. } => pending.extend([&**left, &**right]),
                Expr::Nested(inner) => pending.push(inner),
                _ => self.visit(expression, scope, around),
            }
        }
    }

    /// Notes what a named window reads.
    pub(super) fn window(&mut self, window: &NamedWindowDefinition, scope: &Scope<'_>, around: &Surroundings<'_>) {
        self.visit(window, scope, around);
    }

    fn visit(&mut self, node: &impl Visit, scope: &Scope<'_>, around: &Surroundings<'_>) {
        let inside = Surroundings { scope: Some(scope), ..*around };
        let mut walk = Walk { analysis: self, scope, around: inside, used: Use::Rows, depth: 0 };
        let _ = node.visit(&mut walk);
    }

    fn name(&mut self, name: &[Ident], scope: &Scope<'_>) {
        match scope.meaning(name) {
            Meaning::Columns(level, columns) => {
                let items = scope.levels().nth(level).map_or(&[][..], |scope| scope.items);
                for (item, column) in columns {
                    if let Some(base) = &items[item].base {
                        self.read(base.source, &base.table, column);
                    }
                }
            }
            Meaning::Rowid(level, items) => {
                // A rowid that no column stands for never changes: its row is deleted and another one inserted.
                let all = scope.levels().nth(level).map_or(&[][..], |scope| scope.items);
                for base in items.into_iter().filter_map(|item| all[item].base.as_ref()) {
                    if let Some(column) = base.table.rowid_alias() {
                        self.read(base.source, &base.table, column);
                    }
                }
            }
            Meaning::Alias(_) | Meaning::String | Meaning::Opaque => {}
            Meaning::Missing => {
                for base in scope.levels().flat_map(|scope| scope.items).filter_map(|item| item.base.as_ref()) {
                    self.found.sources[base.source].columns = crate::plan::Columns::All;
                }
            }
        }
    }

    fn function(&mut self, function: &Function) {
        let name = function_name(function);
        let name = name.as_str();
        if CONNECTION_FUNCTIONS.contains(&name) {
            self.every_commit(format!("{name}() tells of the connection"));
        }
        let time = TIME_FUNCTIONS.iter().find(|(time, _)| *time == name);
        let arguments = arguments(function);
        let is_now = |expression: &&Expr| match bare(expression) {
            Expr::Value(value) => {
                matches!(&value.value, Value::SingleQuotedString(text) if text.trim().eq_ignore_ascii_case("now"))
            }
            Expr::Identifier(ident) => ident.value.trim().eq_ignore_ascii_case("now"),
            _ => false,
        };
        let tells_time = match time {
            Some((_, before)) => arguments.len() <= *before || arguments.iter().any(is_now),
            None => name == "timediff" && arguments.iter().any(is_now),
        };
        if tells_time || RANDOM_FUNCTIONS.contains(&name) || CLOCKS.contains(&name) {
            self.found.nondeterministic.insert(name.to_owned());
        }
    }
}

/// A function's name in lower case.
pub(super) fn function_name(function: &Function) -> String {
    let last = function.name.0.last().and_then(|part| part.as_ident());
    last.map(|ident| ident.value.to_ascii_lowercase()).unwrap_or_default()
}

/// A function's arguments, without `*`.
pub(super) fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let expression = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expression)) => Some(expression),
        _ => None,
    };
    list.args.iter().filter_map(expression).collect()
}

/// Walks an expression; a subquery is read as a whole where it starts, and what is inside is passed over.
struct Walk<'w, 'c> {
    analysis: &'w mut Analysis<'c>,
    scope: &'w Scope<'w>,
    around: Surroundings<'w>,
    /// What becomes of the rows of the next subquery.
    used: Use,
    /// How many subqueries the walk is inside of.
    depth: usize,
}

impl Visitor for Walk<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let used = std::mem::take(&mut self.used);
        if self.depth == 0 {
            self.analysis.query(query, &self.around, used);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expression {
            Expr::Exists { .. } => self.used = Use::Existence,
            Expr::Subquery(_) => self.used = Use::First,
            Expr::Function(function) => self.analysis.function(function),
            Expr::Value(value) => {
                // TRUE and FALSE are columns first.
                if let Value::Boolean(truth) = value.value {
                    let name = [Ident::new(if truth { "true" } else { "false" })];
                    if matches!(self.scope.meaning(&name), Meaning::Columns(..)) {
                        self.analysis.name(&name, self.scope);
                    }
                }
            }
            _ => {
                if let Some(name) = path(expression) {
                    self.analysis.name(name, self.scope);
                }
            }
        }
        ControlFlow::Continue(())
    }
}
