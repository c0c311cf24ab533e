//! FROM clauses: tables, views, subqueries, CTEs, table-valued functions, joined in every way.

use super::Generator;
use super::features::Feature;
use super::schema::{Column, Table};
use super::values::Kind;

/// Something in a FROM clause and what can be named of it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) alias: String,
    pub(super) columns: Vec<Column>,
    /// Columns that tell its rows apart; all of them if nothing better is known.
    pub(super) key: Vec<String>,
}

impl Source {
    pub(super) fn of(table: &Table, alias: String) -> Self {
        let all = || table.columns.iter().map(|column| column.name.clone()).collect();
        let key = if table.key.is_empty() { all() } else { table.key.clone() };
        Self { alias, columns: table.columns.clone(), key }
    }
}

/// The sources that an expression may name: the innermost query's first.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) sources: Vec<Source>,
    /// Sources of the queries around it.
    pub(super) outer: Vec<Source>,
    /// Named where a column of any source is meant and the sources have merged columns.
    pub(super) merged: bool,
}

impl Scope {
    /// Everything that tells rows apart, as ORDER BY terms.
    pub(super) fn keys(&self) -> Vec<String> {
        let qualified = |source: &Source| -> Vec<String> {
            source.key.iter().map(|column| format!("{}.{column}", source.alias)).collect()
        };
        self.sources.iter().flat_map(qualified).collect()
    }
}

impl Generator {
    /// A FROM clause with its sources. `around` are the sources of the queries around it.
    pub(super) fn joined_sources(&mut self, around: &Scope, depth: usize) -> (String, Scope) {
        let outer: Vec<Source> = around.sources.iter().chain(&around.outer).cloned().collect();
        let (mut text, first) = self.source(depth);
        let mut scope = Scope { sources: vec![first], outer, merged: false };
        let joins = self.features.has(Feature::InnerJoins) || self.features.has(Feature::OuterJoins);
        let count = if joins { self.random.weighted(&[(45, 0), (40, 1), (15, 2)]) } else { 0 };
        for _ in 0..count.min(2 + usize::from(depth == 0)) {
            let (joined, source) = self.source(depth + 1);
            let mut kinds: Vec<(usize, &str)> = Vec::new();
            if self.features.has(Feature::InnerJoins) {
                kinds.extend([(30, "JOIN"), (8, ","), (4, "CROSS JOIN")]);
            }
            if self.features.has(Feature::OuterJoins) {
                kinds.extend([(30, "LEFT JOIN"), (8, "RIGHT JOIN"), (8, "FULL JOIN")]);
            }
            let kind = self.random.weighted(&kinds);
            let using = self
                .shared_column(&scope, &source)
                .filter(|_| !scope.merged && kind.ends_with(" JOIN") && self.random.chance(15));
            let left = scope.clone();
            scope.sources.push(source);
            text.push_str(&format!(" {kind} {joined}"));
            if let Some(column) = using {
                text.push_str(&format!(" USING({column})"));
                scope.merged = true;
            } else if kind.ends_with("JOIN") && kind != "CROSS JOIN" {
                let condition = self.join_condition(&left, &scope, depth);
                text.push_str(&format!(" ON {condition}"));
            }
        }
        if self.features.has(Feature::Json) && self.random.chance(8) {
            let (function, source) = self.unstored();
            text.push_str(&format!(", {function}"));
            scope.sources.push(source);
        }
        (text, scope)
    }

    /// What stands in FROM and is no table's rows: JSON, and the schema, which changes under the history.
    fn unstored(&mut self) -> (String, Source) {
        let column = |(name, kind): (&str, Kind)| Column { name: name.to_owned(), kind, writable: false };
        let (text, columns, key) = match self.random.below(4) {
            0 => ("sqlite_schema".to_owned(), [("name", Kind::Text), ("type", Kind::Text)], "name"),
            1 => {
                let table = &self.random.pick(&self.schema.tables).name;
                (format!("pragma_table_info('{table}')"), [("name", Kind::Text), ("cid", Kind::Integer)], "cid")
            }
            _ => ("json_each('[1,2,\"a\",null]')".to_owned(), [("value", Kind::Any), ("key", Kind::Any)], "key"),
        };
        let alias = self.alias("j");
        let source = Source { columns: columns.map(column).into(), key: vec![key.to_owned()], alias };
        (format!("{text} AS {}", source.alias), source)
    }

    pub(super) fn source(&mut self, depth: usize) -> (String, Source) {
        let views = if self.schema.views.is_empty() { 0 } else { 14 };
        let subqueries = if self.features.has(Feature::Subqueries) && depth < 2 { 8 } else { 0 };
        let values = if self.features.has(Feature::Compounds) && depth > 0 { 3 } else { 0 };
        match self.random.weighted(&[(70, 0), (views, 1), (subqueries, 2), (values, 3)]) {
            1 => {
                let view = self.random.pick(&self.schema.views).clone();
                let alias = self.alias("s");
                (format!("{} AS {alias}", view.name), Source::of(&view, alias))
            }
            2 => {
                let width = self.random.between(1, 3);
                let mut body = self.select_of_width_at(width, depth + 1);
                if self.features.has(Feature::Limits) && self.random.chance(12) {
                    let all: Vec<String> = (1..=width).map(|ordinal| ordinal.to_string()).collect();
                    body = format!("{body} ORDER BY {} LIMIT {}", all.join(", "), self.random.between(2, 5));
                }
                let alias = self.alias("q");
                let columns = numbered(width);
                // Columns of a subquery are named by their aliases, which select_of_width gives.
                (format!("({body}) AS {alias}"), Source { alias, key: names(&columns), columns })
            }
            3 => {
                let alias = self.alias("w");
                let row = |generator: &mut Self| {
                    let kind = *generator.random.pick(&[Kind::Key, Kind::Text, Kind::Integer]);
                    format!("({})", generator.pool.literal(&mut generator.random, kind))
                };
                let rows = [row(self), row(self), row(self)].join(", ");
                let column = Column { name: "column1".to_owned(), kind: Kind::Any, writable: false };
                (
                    format!("(VALUES {rows}) AS {alias}"),
                    Source { alias, key: vec!["column1".to_owned()], columns: vec![column] },
                )
            }
            _ => {
                let table = self.random.pick(&self.schema.tables).clone();
                let alias = self.alias("t_");
                (format!("{} AS {alias}", table.name), Source::of(&table, alias))
            }
        }
    }

    pub(super) fn join_condition(&mut self, left: &Scope, all: &Scope, depth: usize) -> String {
        let right = &all.sources[all.sources.len() - 1];
        let own = Scope { outer: Vec::new(), ..left.clone() };
        let (mut mine, mut kind) = self.typed_column(&own);
        let mut column = self.random.pick(&right.columns);
        // Values of different kinds are rarely equal, and a join without rows tests little.
        for _ in 0..3 {
            if kind == column.kind {
                break;
            }
            (mine, kind) = self.typed_column(&own);
            column = self.random.pick(&right.columns);
        }
        let theirs = format!("{}.{}", right.alias, column.name);
        let operator = self.random.weighted(&[(80, "="), (8, "IS"), (6, "<"), (3, ">="), (3, "<>")]);
        let equation = if self.random.chance(50) {
            format!("{mine} {operator} {theirs}")
        } else {
            format!("{theirs} {operator} {mine}")
        };
        match self.random.below(12) {
            0 => format!("{equation} AND {}", self.predicate(all, depth + 2)),
            1 => self.random.pick(&["1", "1", "0", "NULL"]).to_string(),
            _ => equation,
        }
    }

    /// A column that both sides have and that is named once on the left.
    pub(super) fn shared_column(&mut self, left: &Scope, right: &Source) -> Option<String> {
        let [only] = left.sources.as_slice() else { return None };
        let has = |name: &str| only.columns.iter().any(|column| column.name == name);
        let shared: Vec<&Column> = right.columns.iter().filter(|column| has(&column.name)).collect();
        (!shared.is_empty()).then(|| self.random.pick(&shared).name.clone())
    }
}

/// The columns `x0`, `x1` and so on.
pub(super) fn numbered(width: usize) -> Vec<Column> {
    (0..width).map(|index| Column { name: format!("x{index}"), kind: Kind::Any, writable: false }).collect()
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}
