//! SELECTs over every axis: grouping, windows, DISTINCT, compounds, CTEs, ORDER BY, LIMIT.

use tidewater::Value;

use super::features::Feature;
use super::source::{Scope, numbered};
use super::values::Kind;
use super::{Family, Generator, Question};

impl Generator {
    /// A query that an application could subscribe to.
    pub(super) fn question(&mut self) -> Question {
        self.params = Some(Vec::new());
        self.aliases = 0;
        let sql = match self.family {
            Family::Mixed => self.mixed(),
            family => self.of_family(family),
        };
        // What was drawn and then not used may have taken parameters with it.
        let mut params = self.params.take().unwrap_or_default();
        while !params.is_empty() && !sql.contains(&format!("?{}", params.len())) {
            params.pop();
        }
        Question { sql, params }
    }

    /// A query of any kind.
    pub(super) fn mixed(&mut self) -> String {
        let compounds = if self.features.has(Feature::Compounds) { 10 } else { 0 };
        let aggregates = if self.features.has(Feature::Aggregates) { 25 } else { 0 };
        let windows = if self.features.has(Feature::Windows) { 10 } else { 0 };
        let ctes = if self.features.has(Feature::Ctes) { 7 } else { 0 };
        let recursions = if self.features.has(Feature::Recursion) { 4 } else { 0 };
        match self.random.weighted(&[
            (22, 0),
            (35, 1),
            (aggregates, 2),
            (windows, 3),
            (compounds, 4),
            (ctes, 5),
            (recursions, 6),
        ]) {
            0 => self.lookup(),
            1 => self.plain(),
            2 => self.grouped(),
            3 => self.windowed(),
            4 => self.compound(),
            5 => self.with_cte(),
            _ => self.recursive(),
        }
    }

    /// The same query with other values, as the rows of a list subscribe.
    pub(super) fn sibling(&mut self, question: &Question) -> Question {
        let params = question
            .params
            .iter()
            .map(|value| {
                let kind = match value {
                    Value::Integer(1..=7) | Value::Null => Kind::Key,
                    Value::Integer(_) => Kind::Integer,
                    Value::Real(_) => Kind::Real,
                    Value::Text(_) => Kind::Text,
                    Value::Blob(_) => Kind::Any,
                };
                self.pool.value(&mut self.random, kind)
            })
            .collect();
        Question { sql: question.sql.clone(), params }
    }

    /// What applications ask most: the rows of one table by one value, newest first.
    pub(super) fn lookup(&mut self) -> String {
        let (from, scope) = {
            let table = self.random.pick(&self.schema.tables).clone();
            (table.name.clone(), table)
        };
        let column = self.random.pick(&scope.columns).clone();
        let value = self.pool.value(&mut self.random, column.kind);
        let operand = match &mut self.params {
            Some(params) if self.random.chance(70) => {
                params.push(value);
                format!("?{}", params.len())
            }
            _ => super::values::literal(&value),
        };
        let items = if self.random.chance(50) { "*".to_owned() } else { self.random.pick(&scope.columns).name.clone() };
        let mut sql = format!("SELECT {items} FROM {from} WHERE {} = {operand}", column.name);
        if self.random.chance(60) {
            let by = &self.random.pick(&scope.columns).name;
            let direction = *self.random.pick(&["", " DESC"]);
            sql.push_str(&format!(" ORDER BY {by}{direction}, {}", scope.key.join(", ")));
            if self.features.has(Feature::Limits) && self.random.chance(60) {
                sql.push_str(&format!(" LIMIT {}", self.random.between(1, 3)));
            }
        }
        sql
    }

    pub(super) fn plain(&mut self) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), 0);
        let distinct = self.features.has(Feature::Distinct) && self.random.chance(25);
        let star = !distinct && self.random.chance(20);
        let width = self.random.between(1, 3);
        let items = if star { "*".to_owned() } else { self.items(&scope, width) };
        let filter = self.filter(&scope, 65);
        let head = if distinct { "SELECT DISTINCT" } else { "SELECT" };
        let tail = if distinct || star { self.ordinal_tail(width, star, &scope) } else { self.tail(&scope) };
        format!("{head} {items} FROM {from}{filter}{tail}")
    }

    pub(super) fn grouped(&mut self) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), 0);
        let filter = self.filter(&scope, 45);
        let mut items = Vec::new();
        let mut keys = Vec::new();
        for at in 0..self.random.weighted(&[(35, 0), (50, 1), (15, 2)]) {
            let is_column = self.random.chance(65);
            let key = if is_column { self.column(&scope) } else { self.scalar(&scope, 2) };
            // A number by itself would be that of a result column.
            let is_called = !is_column || self.random.chance(15);
            items.push(if is_called { format!("{key} AS g{at}") } else { key.clone() });
            keys.push(if is_called && self.random.chance(80) { format!("g{at}") } else { key });
        }
        for _ in 0..self.random.between(1, 3) {
            items.push(self.aggregate(&scope, 1));
        }
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        let having = if !keys.is_empty() && self.random.chance(25) {
            format!(
                " HAVING {} {} {}",
                self.aggregate(&scope, 2),
                self.random.pick(&[">", "<=", "IS NOT"]),
                self.random.pick(&["0", "1", "2", "NULL"])
            )
        } else {
            String::new()
        };
        let order = if self.random.chance(40) {
            let last = items.len();
            let direction = *self.random.pick(&["", " DESC"]);
            let mut terms = vec![format!("{last}{direction}")];
            terms.extend((1..=keys.len()).map(|ordinal| ordinal.to_string()));
            format!(" ORDER BY {}{}", terms.join(", "), self.limit())
        } else {
            String::new()
        };
        format!("SELECT {} FROM {from}{filter}{group}{having}{order}", items.join(", "))
    }

    pub(super) fn windowed(&mut self) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), 1);
        let filter = self.filter(&scope, 30);
        let mut items = scope.keys();
        items.truncate(2);
        for _ in 0..self.random.between(1, 2) {
            items.push(self.window(&scope));
        }
        let tail = self.tail(&scope);
        format!("SELECT {} FROM {from}{filter}{tail}", items.join(", "))
    }

    pub(super) fn compound(&mut self) -> String {
        let width = self.random.between(1, 2);
        let mut sql = self.select_of_width_at(width, 1);
        for _ in 0..self.random.between(1, 2) {
            let operator = self.random.weighted(&[(30, "UNION ALL"), (30, "UNION"), (20, "EXCEPT"), (20, "INTERSECT")]);
            sql.push_str(&format!(" {operator} {}", self.select_of_width_at(width, 1)));
        }
        sql.push_str(&self.ordinal_tail(width, false, &Scope::default()));
        sql
    }

    pub(super) fn with_cte(&mut self) -> String {
        let width = self.random.between(1, 3);
        let body = self.select_of_width_at(width, 1);
        let hint = *self.random.pick(&["", " MATERIALIZED", " NOT MATERIALIZED"]);
        let source = super::source::Source {
            alias: "c".to_owned(),
            key: numbered(width).into_iter().map(|column| column.name).collect(),
            columns: numbered(width),
        };
        let mut scope = Scope { sources: vec![source], ..Scope::default() };
        let mut from = "w AS c".to_owned();
        if self.random.chance(40) {
            let (joined, other) = self.joined_sources(&Scope::default(), 2);
            if other.sources.len() == 1 {
                let theirs = self.column(&other);
                let mine = self.column(&scope);
                from = format!("w AS c {} {joined} ON {mine} = {theirs}", self.random.pick(&["JOIN", "LEFT JOIN"]));
                scope.sources.extend(other.sources);
            }
        }
        let columns: Vec<String> = numbered(width).into_iter().map(|column| column.name).collect();
        let items = self.items(&scope, 2);
        let filter = self.filter(&scope, 50);
        let tail = self.tail(&scope);
        format!("WITH w({}) AS{hint} ({body}) SELECT {items} FROM {from}{filter}{tail}", columns.join(", "))
    }

    /// Reachability along two columns of a table, cycles included.
    pub(super) fn recursive(&mut self) -> String {
        let table = self.random.pick(&self.schema.tables).clone();
        let (from, to) = (self.random.pick(&table.columns).name.clone(), self.random.pick(&table.columns).name.clone());
        let start = self.pool.literal(&mut self.random, Kind::Key);
        let name = &table.name;
        match self.random.below(3) {
            0 => format!(
                "WITH RECURSIVE r(n) AS (VALUES({start}) UNION SELECT t.{to} FROM {name} AS t JOIN r ON t.{from} = r.n) SELECT n FROM r"
            ),
            1 => format!(
                "WITH RECURSIVE r(n, d) AS (SELECT {to}, 0 FROM {name} WHERE {from} = {start} UNION SELECT t.{to}, d + 1 FROM {name} AS t \
                 JOIN r ON t.{from} = r.n WHERE d < 4) SELECT n, min(d) FROM r GROUP BY n"
            ),
            _ => format!(
                "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < (SELECT count(*) FROM {name})) SELECT count(*), max(n) FROM r"
            ),
        }
    }

    /// A SELECT for inside another statement; columns are named `x0`, `x1` and so on. Without parameters outside queries.
    pub(super) fn select_of_width(&mut self, width: usize) -> String {
        self.select_of_width_at(width, 1)
    }

    pub(super) fn select_of_width_at(&mut self, width: usize, depth: usize) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), depth);
        let filter = self.filter(&scope, 50);
        let named = |items: Vec<String>| -> String {
            items.iter().enumerate().map(|(index, item)| format!("{item} AS x{index}")).collect::<Vec<_>>().join(", ")
        };
        if self.features.has(Feature::Aggregates) && self.random.chance(25) {
            let keys: Vec<String> = (1..width).map(|_| self.column(&scope)).collect();
            let mut items = keys.clone();
            items.push(self.aggregate(&scope, 2));
            let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
            return format!("SELECT {} FROM {from}{filter}{group}", named(items));
        }
        let distinct = if self.features.has(Feature::Distinct) && self.random.chance(20) { "DISTINCT " } else { "" };
        let items: Vec<String> = (0..width).map(|_| self.scalar(&scope, 2)).collect();
        format!("SELECT {distinct}{} FROM {from}{filter}", named(items))
    }

    pub(super) fn items(&mut self, scope: &Scope, width: usize) -> String {
        let items: Vec<String> = (0..width).map(|_| self.scalar(scope, 0)).collect();
        items.join(", ")
    }

    pub(super) fn filter(&mut self, scope: &Scope, percent: usize) -> String {
        if !self.random.chance(percent) {
            return String::new();
        }
        let first = self.predicate(scope, 0);
        if self.random.chance(15) {
            format!(" WHERE {first} AND {}", self.predicate(scope, 1))
        } else {
            format!(" WHERE {first}")
        }
    }

    /// ORDER BY expressions, mostly made total by the keys, and LIMIT.
    pub(super) fn tail(&mut self, scope: &Scope) -> String {
        if !self.random.chance(50) {
            return if self.random.chance(8) { self.limit() } else { String::new() };
        }
        let term = if self.random.chance(75) { self.column(scope) } else { self.scalar(scope, 1) };
        let collation = self.collation();
        let direction =
            *self.random.pick(&["", "", " DESC", " DESC NULLS LAST", " ASC NULLS LAST", " DESC NULLS FIRST"]);
        // A bare literal in ORDER BY would be a column's number.
        let mut terms = vec![format!("({term}){collation}{direction}")];
        if self.random.chance(70) {
            terms.extend(scope.keys());
        }
        format!(" ORDER BY {}{}", terms.join(", "), self.limit())
    }

    /// ORDER BY columns of the result, for DISTINCT and compounds.
    pub(super) fn ordinal_tail(&mut self, width: usize, star: bool, scope: &Scope) -> String {
        if star {
            return self.tail(scope);
        }
        if !self.random.chance(40) {
            return String::new();
        }
        let terms: Vec<String> = (1..=width)
            .map(|ordinal| {
                let collation = self.collation();
                format!("{ordinal}{collation}{}", self.random.pick(&["", " DESC"]))
            })
            .collect();
        format!(" ORDER BY {}{}", terms.join(", "), self.limit())
    }

    pub(super) fn limit(&mut self) -> String {
        if !self.features.has(Feature::Limits) || self.random.chance(45) {
            return String::new();
        }
        let count =
            self.random.weighted(&[(3, "0"), (25, "1"), (25, "2"), (20, "3"), (10, "5"), (4, "-1"), (5, "100")]);
        match self.random.below(4) {
            0 => format!(" LIMIT {count} OFFSET {}", self.random.between(0, 3)),
            _ => format!(" LIMIT {count}"),
        }
    }
}
