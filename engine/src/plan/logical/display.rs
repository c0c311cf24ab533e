//! A logical plan as indented text: tests compare it, and it helps to debug a plan.

use std::fmt;

use super::{
    Arm, Expression, Input, Item, Join, Limit, Logical, Order, OrderBy, Query, Recursion, Select, alias, column_name,
};
use crate::plan::{SetOperator, SqlText, TableRef};

/// One line for each clause, with the parts of a query below it.
impl fmt::Display for Logical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines { table_refs: &self.table_refs, text: String::new() };
        lines.query(&self.query, 0);
        f.write_str(&lines.text)
    }
}

/// The text so far.
struct Lines<'l> {
    table_refs: &'l [TableRef],
    text: String,
}

impl Lines<'_> {
    fn line(&mut self, depth: usize, line: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn sql(&self, text: &SqlText) -> String {
        text.render(self.table_refs, &[])
    }

    fn query(&mut self, query: &Query, depth: usize) {
        for (at, arm) in query.arms.iter().enumerate() {
            if let Some(operator) = at.checked_sub(1).and_then(|before| query.operators.get(before)) {
                self.line(depth, operator.name());
            }
            match arm {
                Arm::Select(select) => self.select(select, depth),
                Arm::Values(rows) => self.values(rows, depth),
            }
        }
        for order in &query.order {
            self.order(order, depth);
        }
        match &query.limit {
            Limit::None => {}
            Limit::Window(window) => self.line(depth, &format!("LIMIT {} OFFSET {}", window.limit, window.offset)),
            Limit::Other(text) => self.line(depth, self.sql(text).trim_start()),
        }
    }

    fn values(&mut self, rows: &[Vec<Expression>], depth: usize) {
        self.line(depth, "VALUES");
        for row in rows {
            let values: Vec<String> = row.iter().map(|value| self.sql(&value.text)).collect();
            self.line(depth + 1, &values.join(", "));
        }
    }

    fn order(&mut self, order: &Order, depth: usize) {
        let by = match &order.by {
            OrderBy::Column(column) => column_name(*column).to_string(),
            OrderBy::Expression(expression) => self.sql(&expression.text),
        };
        self.line(depth, &format!("ORDER BY {by}{}", order.suffix));
    }

    fn select(&mut self, select: &Select, depth: usize) {
        self.line(depth, if select.distinct { "SELECT DISTINCT" } else { "SELECT" });
        self.expressions("", &select.columns, depth + 1);
        for (at, item) in select.items.iter().enumerate() {
            self.item(at, item, depth + 1);
        }
        self.expressions("WHERE ", &select.filters, depth + 1);
        self.expressions("GROUP BY ", &select.groups, depth + 1);
        self.expressions("DETERMINED ", &select.determined, depth + 1);
        self.expressions("HAVING ", select.having.as_slice(), depth + 1);
    }

    fn expressions(&mut self, clause: &str, expressions: &[Expression], depth: usize) {
        for expression in expressions {
            let line = format!("{clause}{}", self.sql(&expression.text));
            self.line(depth, &line);
        }
    }

    fn item(&mut self, at: usize, item: &Item, depth: usize) {
        let join = match item.join {
            _ if at == 0 => "FROM",
            Join::Inner if item.is_crossed => "CROSS JOIN",
            Join::Inner => "JOIN",
            Join::Left => "LEFT JOIN",
            Join::Right => "RIGHT JOIN",
            Join::Full => "FULL JOIN",
        };
        let id = alias(item.id);
        match &item.input {
            Input::Table { table_ref, .. } => {
                let table = self.table_refs.get(*table_ref).map_or("?", |table_ref| &table_ref.table).to_owned();
                self.line(depth, &format!("{join} {id} = {table}"));
            }
            Input::Query(query) => {
                let kind = if query.is_materialized { " MATERIALIZED" } else { "" };
                self.line(depth, &format!("{join} {id} ={kind}"));
                self.query(query, depth + 2);
            }
            Input::Function(call, _) => {
                let call = self.sql(call);
                self.line(depth, &format!("{join} {id} = {call}"));
            }
            Input::Recursion(recursion) => {
                self.line(depth, &format!("{join} {id} = RECURSIVE r{}", recursion.own));
                self.recursion(recursion, depth + 2);
            }
        }
        self.expressions("ON ", &item.on, depth + 1);
    }

    fn recursion(&mut self, recursion: &Recursion, depth: usize) {
        self.query(&recursion.base, depth);
        let operator = if recursion.is_set { SetOperator::Union } else { SetOperator::UnionAll };
        for step in &recursion.steps {
            self.line(depth, operator.name());
            self.select(step, depth);
        }
    }
}
