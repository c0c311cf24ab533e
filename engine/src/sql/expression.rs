//! What an expression reads: columns, subqueries, and functions whose value is not in any table.

use sqlite3_parser::ast::{Expr, Literal};

use super::call::Call;
use super::dependencies::{Analysis, Surroundings, Use};
use super::name::{Path, bare, plain};
use super::scope::{Meaning, Scope};
use super::walk;

/// Functions that tell of the connection, which every commit changes.
const CONNECTION_FUNCTIONS: [&str; 4] = ["changes", "total_changes", "last_insert_rowid", "sqlite_offset"];

/// Functions that never give the same value twice.
const RANDOM_FUNCTIONS: [&str; 2] = ["random", "randomblob"];

/// Functions of a time that is an argument, and how many arguments come before it.
const TIME_FUNCTIONS: [(&str, usize); 6] =
    [("date", 0), ("time", 0), ("datetime", 0), ("julianday", 0), ("unixepoch", 0), ("strftime", 1)];

impl Analysis<'_> {
    /// Notes what an expression reads in its scope.
    pub(super) fn expression(&mut self, expression: &Expr<'_>, scope: &Scope<'_>, around: &Surroundings<'_>) {
        let inside = Surroundings { scope: Some(scope), ..*around };
        let mut pending = vec![Step::Whole(expression)];
        while let Some(step) = pending.pop() {
            match step {
                Step::Set(Expr::InSelect { rhs, .. }) => drop(self.query(rhs, &inside, Use::Rows)),
                Step::Set(Expr::InTable { rhs, args, .. }) => self.set(rhs, *args, scope, &inside),
                Step::Set(_) => {}
                Step::Whole(Expr::Exists(query)) => drop(self.query(query, &inside, Use::Existence)),
                Step::Whole(Expr::Subquery(query)) => drop(self.query(query, &inside, Use::First)),
                Step::Whole(whole @ (Expr::InSelect { lhs, .. } | Expr::InTable { lhs, .. })) => {
                    pending.extend([Step::Set(whole), Step::Whole(lhs)]);
                }
                Step::Whole(Expr::Literal(literal)) => self.clock(literal),
                Step::Whole(other) => {
                    if let Some(path) = Path::of(other) {
                        self.name(&path, scope);
                    } else if let Some(call) = Call::of(other) {
                        self.function(&call);
                    }
                    pending.extend(walk::operands(other).into_iter().rev().map(Step::Whole));
                }
            }
        }
    }

    fn name(&mut self, path: &Path<'_>, scope: &Scope<'_>) {
        match scope.meaning(path) {
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
            Meaning::Alias(_) | Meaning::String | Meaning::Truth(_) | Meaning::Opaque => {}
            Meaning::Missing => {
                for base in scope.levels().flat_map(|scope| scope.items).filter_map(|item| item.base.as_ref()) {
                    self.found.sources[base.source].columns = crate::plan::Columns::All;
                }
            }
        }
    }

    /// CURRENT_TIME and its like tell the time.
    fn clock(&mut self, literal: &Literal<'_>) {
        let name = match literal {
            Literal::CurrentDate => "current_date",
            Literal::CurrentTime => "current_time",
            Literal::CurrentTimestamp => "current_timestamp",
            _ => return,
        };
        self.found.nondeterministic.insert(name.to_owned());
    }

    fn function(&mut self, call: &Call<'_>) {
        let name = call.name.as_str();
        if CONNECTION_FUNCTIONS.contains(&name) {
            self.every_commit(format!("{name}() tells of the connection"));
        }
        let tells_time = match TIME_FUNCTIONS.iter().find(|(time, _)| *time == name) {
            Some((_, before)) => call.arguments.len() <= *before || call.arguments.iter().any(is_now),
            None => name == "timediff" && call.arguments.iter().any(is_now),
        };
        if tells_time || RANDOM_FUNCTIONS.contains(&name) {
            self.found.nondeterministic.insert(name.to_owned());
        }
    }
}

/// What is still to be read of an expression; chains of operators are as deep as they are long.
enum Step<'t> {
    Whole(&'t Expr<'t>),
    /// What is on the right of IN.
    Set(&'t Expr<'t>),
}

/// Whether an argument is `'now'`, which may be written as a name.
fn is_now(argument: &Expr<'_>) -> bool {
    match bare(argument) {
        Expr::Literal(Literal::String(text)) => plain(text).trim().eq_ignore_ascii_case("now"),
        other => Path::of(other).is_some_and(|path| path.column.trim().eq_ignore_ascii_case("now")),
    }
}
