//! Logical plans as SQL.

use super::{Arm, Expression, Input, Item, Join, Limit, OrderBy, Query, Recursion, Select, alias, column_name};
use crate::plan::{Piece, SqlText};

impl Query {
    /// The query as SQL; its columns are named `c0`, `c1`, ..
    #[must_use]
    pub fn text(&self) -> SqlText {
        let mut text = SqlText::default();
        for (at, arm) in self.arms.iter().enumerate() {
            if let Some(operator) = at.checked_sub(1).and_then(|before| self.operators.get(before)) {
                text.push(&format!(" {} ", operator.name()));
            }
            arm.write(&mut text);
        }
        self.write_order(&mut text);
        match &self.limit {
            Limit::None => {}
            Limit::Window(window) => text.push(&format!(" LIMIT {} OFFSET {}", window.limit, window.offset)),
            Limit::Other(limit) => text.append(limit),
        }
        text
    }

    /// Appends ORDER BY, if there is one.
    pub fn write_order(&self, text: &mut SqlText) {
        for (at, order) in self.order.iter().enumerate() {
            text.push(if at == 0 { " ORDER BY " } else { ", " });
            match &order.by {
                OrderBy::Column(column) => text.push(&(column + 1).to_string()),
                OrderBy::Expression(expression) => text.append(&expression.text),
            }
            text.push(&order.suffix);
        }
    }
}

impl Arm {
    fn write(&self, text: &mut SqlText) {
        match self {
            Self::Select(select) => {
                let columns: Vec<&SqlText> = select.columns.iter().map(|column| &column.text).collect();
                text.append(&select_text(select, &columns));
            }
            Self::Values(rows) => {
                text.push("VALUES ");
                for (at, row) in rows.iter().enumerate() {
                    text.push(if at == 0 { "(" } else { ", (" });
                    write_list(text, row.iter().map(|value| &value.text), ", ");
                    text.push(")");
                }
            }
        }
    }
}

/// A SELECT with these columns, which are named `c0`, `c1`, ..
#[must_use]
pub fn select_text(select: &Select, columns: &[&SqlText]) -> SqlText {
    let mut text = SqlText::default();
    text.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            text.push(", ");
        }
        text.append(column);
        text.push(&format!(" AS c{at}"));
    }
    write_from(&mut text, &select.items);
    write_conjuncts(&mut text, " WHERE ", &select.filters);
    if !select.groups.is_empty() {
        text.push(" GROUP BY ");
        // An integer literal would name a column by its number; lowering refuses GROUP BY of a constant.
        for (at, group) in select.groups.iter().enumerate() {
            text.push(if at == 0 { "" } else { ", " });
            text.append(&group.text);
        }
    }
    if let Some(having) = &select.having {
        text.push(" HAVING ");
        text.append(&having.text);
    }
    text
}

/// Texts with a separator between them.
fn write_list<'t>(text: &mut SqlText, parts: impl Iterator<Item = &'t SqlText>, separator: &str) {
    for (at, part) in parts.enumerate() {
        if at > 0 {
            text.push(separator);
        }
        text.append(part);
    }
}

fn write_conjuncts(text: &mut SqlText, before: &str, conjuncts: &[Expression]) {
    for (at, conjunct) in conjuncts.iter().enumerate() {
        text.push(if at == 0 { before } else { " AND " });
        text.push("(");
        text.append(&conjunct.text);
        text.push(")");
    }
}

fn write_from(text: &mut SqlText, items: &[Item]) {
    for (at, item) in items.iter().enumerate() {
        match (at, item.join) {
            (0, _) => text.push(" FROM "),
            (_, Join::Inner) if item.is_crossed => text.push_cross(),
            (_, Join::Inner) => text.push(" JOIN "),
            (_, Join::Left) => text.push(" LEFT JOIN "),
            (_, Join::Right) => text.push(" RIGHT JOIN "),
            (_, Join::Full) => text.push(" FULL JOIN "),
        }
        item.write(text);
        write_conjuncts(text, " ON ", &item.on);
    }
}

impl Recursion {
    /// The recursion as a subquery with a CTE; its own table reference is the name of the CTE.
    fn write(&self, text: &mut SqlText) {
        let name = format!("r{}", self.own);
        let columns: Vec<_> = (0..self.columns.len()).map(|at| column_name(at).to_string()).collect();
        let columns = columns.join(", ");
        text.push(&format!("(WITH RECURSIVE {name}({columns}) AS ("));
        let named = SqlText::constant(&name);
        let by = |piece: &Piece| matches!(piece, Piece::Table(own) if *own == self.own).then(|| named.clone());
        let mut inside = self.base.text();
        for step in &self.steps {
            inside.push(if self.is_set { " UNION " } else { " UNION ALL " });
            Arm::Select(Box::new(step.clone())).write(&mut inside);
        }
        text.append(&inside.exchanged(&by));
        text.push(&format!(") SELECT {columns} FROM {name})"));
    }
}

impl Item {
    fn write(&self, text: &mut SqlText) {
        match &self.input {
            Input::Table { table_ref, .. } => text.push_table(*table_ref),
            Input::Query(query) => {
                text.push("(");
                // SQLite names the columns of VALUES `column1`, ..
                let named = match query.arms.first() {
                    Some(Arm::Values(rows)) => rows.first().map_or(0, Vec::len),
                    Some(Arm::Select(_)) | None => 0,
                };
                for at in 0..named {
                    let before = if at == 0 { "SELECT" } else { "," };
                    text.push(&format!("{before} column{} AS {}", at + 1, column_name(at)));
                }
                text.push(if named > 0 { " FROM (" } else { "" });
                text.append(&query.text());
                text.push(if named > 0 { "))" } else { ")" });
            }
            Input::Function(call, _) => text.append(call),
            Input::Recursion(recursion) => recursion.write(text),
        }
        text.push(&format!(" AS {}", alias(self.id)));
    }
}
