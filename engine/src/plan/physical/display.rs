//! A physical plan as indented text: tests compare it, and it helps to debug a plan.

use std::fmt::{self, Write as _};

use super::{Accumulate, Combine, Delta, Fixpoint, Node, Plan, Recompute, Shown};
use crate::plan::{SqlText, TableRef};
use crate::types::{Collation, SortTerm};

/// The derived tables, then the root; each part with its statements, which read every table as the commit left it.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines(String::new());
        lines.plan(self);
        f.write_str(&lines.0)
    }
}

/// The text so far.
struct Lines(String);

impl Lines {
    fn line(&mut self, depth: usize, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{:indent$}{line}", "", indent = depth * 2);
    }

    fn plan(&mut self, plan: &Plan) {
        for (at, derived) in plan.derived.iter().enumerate() {
            let held = if derived.is_held { "held" } else { "changes only" };
            self.line(0, format_args!("derived {at}, {held}"));
            self.node(&derived.node, 1);
        }
        if let Some(window) = &plan.window {
            self.line(0, format_args!("window LIMIT {} OFFSET {}", window.limit, window.offset));
        }
        for (column, term) in plan.order.iter() {
            self.line(0, format_args!("order by column {column}{}", direction(*term)));
        }
        if let Some(sorted) = &plan.sorted_by {
            let terms: Vec<String> =
                sorted.terms.iter().map(|(column, term)| format!("{column}{}", direction(*term))).collect();
            self.line(0, format_args!("sorted by columns of {}: {}", sorted.table, terms.join(", ")));
        }
        if plan.is_stateless {
            self.line(0, format_args!("stateless"));
        }
        self.line(0, format_args!("hydrate: {}", plan.hydrate));
        self.node(&plan.root, 0);
    }

    fn node(&mut self, node: &Node, depth: usize) {
        match node {
            Node::Delta(delta) => self.delta(delta, depth),
            Node::Recompute(recompute) => self.recompute(recompute, depth),
            Node::Accumulate(accumulate) => self.accumulate(accumulate, depth),
            Node::Combine(combine) => self.combine(combine, depth),
            Node::Fixpoint(fixpoint) => self.fixpoint(fixpoint, depth),
        }
    }

    fn texts(&mut self, what: &str, texts: &[SqlText], table_refs: &[TableRef], depth: usize) {
        for text in texts {
            self.line(depth, format_args!("{what}: {}", text.render(table_refs, &[])));
        }
    }

    fn delta(&mut self, delta: &Delta, depth: usize) {
        let evaluated = if delta.evaluator.is_some() { ", evaluated here" } else { "" };
        self.line(depth, format_args!("delta{evaluated}"));
        self.texts("rows", &delta.texts, &delta.table_refs, depth + 1);
    }

    fn recompute(&mut self, recompute: &Recompute, depth: usize) {
        let held = if recompute.remembers { "" } else { ", held by the window" };
        self.line(depth, format_args!("key recompute {}{held}", recompute.what));
        if let Some(why) = recompute.check {
            self.line(depth + 1, format_args!("re-run where the order of rows decides: {}", why.code()));
        }
        for affected in &recompute.affected_keys {
            let tables: Vec<&str> = affected.path.iter().map(|at| &*recompute.table_refs[*at].table).collect();
            let text = affected.text.render(&recompute.table_refs, &[]);
            self.line(depth + 1, format_args!("keys by changes of {}: {text}", tables.join(", ")));
        }
        if let Some(linear) = &recompute.linear {
            let tables: Vec<&str> = linear.table_refs.iter().map(|at| &*recompute.table_refs[*at].table).collect();
            let text = linear.text.render(&recompute.table_refs, &[]);
            self.line(depth + 1, format_args!("changes of {} alone: {text}", tables.join(", ")));
        }
        self.line(depth + 1, format_args!("key: {}", collations(&recompute.key)));
        self.line(depth + 1, format_args!("rows of a key: {}", recompute.rows));
        self.line(depth + 1, format_args!("all: {}", recompute.all));
    }

    fn accumulate(&mut self, accumulate: &Accumulate, depth: usize) {
        let shown = accumulate.shown.iter().map(|shown| match shown {
            Shown::Group(at) => format!("group {at}"),
            Shown::Measure(at) => {
                accumulate.measures.get(*at).map_or_else(String::new, |measure| measure.name().to_owned())
            }
        });
        let shown: Vec<String> = shown.collect();
        self.line(
            depth,
            format_args!("accumulate {} by {} of {} values", shown.join(", "), accumulate.keys, accumulate.values),
        );
        self.delta(&accumulate.input, depth + 1);
        for distinct in &accumulate.distinct {
            self.line(depth + 1, format_args!("values of measure {}: {}", distinct.measure, distinct.all));
        }
        self.line(depth + 1, format_args!("sums of all groups: {}", accumulate.all));
        self.line(depth + 1, format_args!("sums of a group: {}", accumulate.one));
        self.line(depth + 1, format_args!("row of a group: {}", accumulate.rows));
    }

    fn combine(&mut self, combine: &Combine, depth: usize) {
        let ambiguous = combine.loose.as_ref().map(|by| format!(", equal rows may differ by {}", collations(by)));
        self.line(depth, format_args!("combine {}{}", combine.words(), ambiguous.unwrap_or_default()));
        for part in &combine.parts {
            self.node(part, depth + 1);
        }
    }

    fn fixpoint(&mut self, fixpoint: &Fixpoint, depth: usize) {
        let kind = if fixpoint.is_set { "UNION" } else { "UNION ALL" };
        self.line(depth, format_args!("fixpoint {kind} by {}", collations(&fixpoint.columns)));
        self.node(&fixpoint.base, depth + 1);
        self.texts("step", &fixpoint.steps, &fixpoint.table_refs, depth + 1);
        self.texts("step back to given rows", &fixpoint.sought, &fixpoint.table_refs, depth + 1);
        for (table, columns) in &fixpoint.reads {
            self.line(depth + 1, format_args!("reads columns {columns:?} of {table}"));
        }
        self.line(depth + 1, format_args!("all: {}", fixpoint.all));
    }
}

fn collations(collations: &[Collation]) -> String {
    match collations.is_empty() {
        true => "none".to_owned(),
        false => collations.iter().map(|collation| collation.name()).collect::<Vec<_>>().join(", "),
    }
}

fn direction(term: SortTerm) -> String {
    let mut text = format!(" {}", term.collation.name());
    text.push_str(if term.descending { " DESC" } else { "" });
    text.push_str(if term.nulls_last { " NULLS LAST" } else { "" });
    text
}
