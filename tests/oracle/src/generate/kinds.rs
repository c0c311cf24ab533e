//! The queries of each family.

use super::features::Feature;
use super::source::{Scope, Source, numbered};
use super::values::Kind;
use super::{Family, Generator};

impl Generator {
    /// A query of a family.
    pub(super) fn of_family(&mut self, family: Family) -> String {
        match family {
            Family::Mixed => self.mixed(),
            Family::Scalar => match self.random.below(4) {
                0 => self.lookup(),
                _ => self.scalars(),
            },
            Family::Inner => self.joined(&[(80, "JOIN"), (12, ","), (8, "CROSS JOIN")]),
            Family::Outer => self.joined(&[
                (40, "LEFT JOIN"),
                (15, "RIGHT JOIN"),
                (15, "FULL JOIN"),
                (5, "CROSS JOIN"),
                (9, "NATURAL JOIN"),
                (9, "NATURAL LEFT JOIN"),
                (3, "NATURAL FULL JOIN"),
                (14, "JOIN"),
            ]),
            Family::Aggregate => match self.random.below(7) {
                0 => self.bare(),
                1 | 2 => self.decided(),
                _ => self.grouped(),
            },
            Family::Distinct => self.distinct(),
            Family::Compound => self.chain(),
            Family::Subquery => self.asking(),
            Family::Derived => match self.random.below(3) {
                0 => self.with_cte(),
                _ => self.derived(),
            },
            Family::Order => self.ordered(),
            Family::Limit => self.limited(),
            Family::Window => match self.random.below(8) {
                0 => self.ranked(),
                1 | 2 => self.standing(),
                _ => self.windowed(),
            },
            Family::Recursive => match self.random.below(3) {
                0 => self.recursive(),
                _ => self.tree(),
            },
            Family::Values => self.rows(),
        }
    }

    /// One table, filtered and projected.
    fn scalars(&mut self) -> String {
        let (from, scope) = self.one_table();
        let items = match self.random.below(5) {
            0 => "*".to_owned(),
            _ => {
                let width = self.random.between(1, 4);
                self.items(&scope, width)
            }
        };
        let filter = self.filter(&scope, 85);
        let tail = if self.random.chance(30) { self.tail(&scope) } else { String::new() };
        format!("SELECT {items} FROM {from}{filter}{tail}")
    }

    pub(super) fn one_table(&mut self) -> (String, Scope) {
        let table = self.random.pick(&self.schema.tables).clone();
        let alias = self.alias("t_");
        let from = format!("{} AS {alias}", table.name);
        (from, Scope { sources: vec![Source::of(&table, alias)], ..Scope::default() })
    }

    /// Two tables joined in parentheses.
    fn parentheses(&mut self) -> (String, Scope) {
        let ((first, left), (second, right)) = (self.one_table(), self.one_table());
        let mut scope = left.clone();
        scope.sources.extend(right.sources);
        let condition = self.join_condition(&left, &scope, 2);
        let kind = *self.random.pick(&["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN"]);
        (format!("({first} {kind} {second} ON {condition})"), scope)
    }

    /// Two to six tables joined in some of these ways, each to any of those before it.
    fn joined(&mut self, kinds: &[(usize, &str)]) -> String {
        let (mut from, mut scope) = self.one_table();
        for _ in 1..self.random.weighted(&[(50, 2), (28, 3), (12, 4), (6, 5), (4, 6)]) {
            let (joined, right) = if self.random.chance(10) { self.parentheses() } else { self.one_table() };
            let left = scope.clone();
            let kind = self.random.weighted(kinds);
            // A column that several tables on the left have is one name too many for USING and NATURAL.
            let merges = (left.sources.len() == 1 && right.sources.len() == 1) || !kind.starts_with("NATURAL");
            let kind = if merges { kind } else { "LEFT JOIN" };
            let using = self
                .shared_column(&left, &right.sources[0])
                .filter(|_| {
                    right.sources.len() == 1
                        && kind.ends_with(" JOIN")
                        && kind != "CROSS JOIN"
                        && !kind.starts_with("NATURAL")
                })
                .filter(|_| self.random.chance(20));
            scope.sources.extend(right.sources);
            from.push_str(&format!(" {kind} {joined}"));
            if let Some(column) = using {
                from.push_str(&format!(" USING({column})"));
            } else if kind.ends_with("JOIN") && kind != "CROSS JOIN" && !kind.starts_with("NATURAL") {
                let condition = self.join_condition(&left, &scope, 1);
                from.push_str(&format!(" ON {condition}"));
            }
        }
        let width = self.random.between(1, 4);
        let items = if self.random.chance(15) { "*".to_owned() } else { self.items(&scope, width) };
        let percent = if scope.sources.len() > 3 { 70 } else { 45 };
        let filter = self.filter(&scope, percent);
        let tail = if self.random.chance(30) { self.tail(&scope) } else { String::new() };
        format!("SELECT {items} FROM {from}{filter}{tail}")
    }

    /// A chain of joins, mostly by keys, to a table that is compared with the first parameter, and the value that it has at
    /// first. A second parameter may bound a column.
    pub(super) fn leading(&mut self) -> (String, tidewater::Value) {
        let (mut from, mut scope) = self.one_table();
        for _ in 0..self.random.between(1, 3) {
            let (joined, right) = self.one_table();
            let last = &scope.sources[scope.sources.len() - 1];
            let (before, next) = (last.clone(), right.sources[0].clone());
            let column = self.random.pick(&before.columns).name.clone();
            let key = self.random.pick(&next.key).clone();
            let other = if self.random.chance(75) { key } else { self.random.pick(&next.columns).name.clone() };
            let equality = format!("{}.{column} = {}.{other}", before.alias, next.alias);
            scope.sources.extend(right.sources);
            from.push_str(&format!(" JOIN {joined} ON {equality}"));
        }
        let last = scope.sources[scope.sources.len() - 1].clone();
        let compared = self.random.pick(&last.columns).clone();
        let value = self.pool.value(&mut self.random, compared.kind);
        let bound = match self.random.below(3) {
            0 => {
                let sign = *self.random.pick(&["<", "<=", ">", ">="]);
                format!(" AND {} {sign} ?2", self.column(&scope))
            }
            _ => String::new(),
        };
        let relation = *self.random.pick(&["=", "=", "=", "IS"]);
        let items = self.items(&scope, 2);
        let filter = format!("WHERE {}.{} {relation} ?1{bound}", last.alias, compared.name);
        (format!("SELECT {items} FROM {from} {filter}"), value)
    }

    fn distinct(&mut self) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), 0);
        let width = self.random.between(1, 3);
        let columns: Vec<String> = (0..width).map(|_| self.column(&scope)).collect();
        let items = if self.random.chance(60) { columns.join(", ") } else { self.items(&scope, width) };
        let filter = self.filter(&scope, 40);
        let tail = self.ordinal_tail(width, false, &scope);
        format!("SELECT DISTINCT {items} FROM {from}{filter}{tail}")
    }

    /// Two to four SELECTs of plain columns, or of anything.
    fn chain(&mut self) -> String {
        let width = self.random.between(1, 2);
        let mut sql = self.link(width);
        for _ in 0..self.random.weighted(&[(60, 1), (30, 2), (10, 3)]) {
            let operator = self.random.weighted(&[(25, "UNION ALL"), (30, "UNION"), (22, "EXCEPT"), (23, "INTERSECT")]);
            sql.push_str(&format!(" {operator} {}", self.link(width)));
        }
        sql.push_str(&self.ordinal_tail(width, false, &Scope::default()));
        sql
    }

    fn link(&mut self, width: usize) -> String {
        if self.random.chance(25) {
            return self.select_of_width_at(width, 1);
        }
        let (from, scope) = self.one_table();
        let items: Vec<String> = (0..width).map(|_| self.column(&scope)).collect();
        format!("SELECT {} FROM {from}{}", items.join(", "), self.filter(&scope, 40))
    }

    /// A subquery at least, in WHERE or among the columns.
    fn asking(&mut self) -> String {
        let (from, scope) =
            if self.random.chance(70) { self.one_table() } else { self.joined_sources(&Scope::default(), 2) };
        let mut items = vec![self.column(&scope)];
        let mut filters = Vec::new();
        let selects = self.random.weighted(&[(30, (true, false)), (55, (false, true)), (15, (true, true))]);
        if selects.0 {
            items.push(format!("({})", self.scalar_subquery(&scope, 1)));
        }
        if selects.1 {
            filters.push(self.question_of_rows(&scope));
        }
        if self.random.chance(35) {
            filters.push(self.predicate(&scope, 1));
        }
        let joiner = self.random.weighted(&[(80, " AND "), (20, " OR ")]);
        let filter = if filters.is_empty() { String::new() } else { format!(" WHERE {}", filters.join(joiner)) };
        let tail = if self.random.chance(30) { self.tail(&scope) } else { String::new() };
        format!("SELECT {} FROM {from}{filter}{tail}", items.join(", "))
    }

    /// EXISTS, IN and their negations, or a comparison with one value, mostly correlated.
    fn question_of_rows(&mut self, scope: &Scope) -> String {
        let (from, mut inner) = self.one_table();
        inner.outer = scope.sources.iter().chain(&scope.outer).cloned().collect();
        let own = Scope { outer: Vec::new(), ..inner.clone() };
        let (mine, theirs) = (self.column(&own), self.column(scope));
        let correlation = format!("{mine} {} {theirs}", self.random.weighted(&[(85, "="), (8, "IS"), (7, "<")]));
        let filter = match self.random.below(4) {
            0 => self.predicate(&inner, 1),
            1 => format!("{correlation} AND {}", self.predicate(&own, 2)),
            _ => correlation,
        };
        let not = *self.random.pick(&["", "NOT "]);
        match self.random.below(5) {
            0 | 1 => format!("{not}EXISTS (SELECT 1 FROM {from} WHERE {filter})"),
            2 | 3 => {
                let filter = if self.random.chance(50) { format!(" WHERE {filter}") } else { String::new() };
                let (item, outside) = (self.column(&own), self.column(scope));
                format!("{outside} {not}IN (SELECT {item} FROM {from}{filter})")
            }
            _ => {
                let aggregate = self.aggregate(&own, 2);
                let operator = *self.random.pick(&["=", "<", ">=", "IS"]);
                format!("{} {operator} (SELECT {aggregate} FROM {from} WHERE {filter})", self.column(scope))
            }
        }
    }

    /// A subquery in FROM or a view, alone or joined.
    fn derived(&mut self) -> String {
        let (mut from, first) = if self.schema.views.is_empty() || self.random.chance(55) {
            let width = self.random.between(1, 3);
            let body = match self.random.below(10) {
                0..5 => self.projection(width),
                5..7 => self.leading_rows(width),
                _ => self.select_of_width_at(width, 1),
            };
            let alias = self.alias("q");
            let columns = numbered(width);
            let key = columns.iter().map(|column| column.name.clone()).collect();
            (format!("({body}) AS {alias}"), Source { alias, key, columns })
        } else {
            let view = self.random.pick(&self.schema.views).clone();
            let alias = self.alias("s");
            (format!("{} AS {alias}", view.name), Source::of(&view, alias))
        };
        let mut scope = Scope { sources: vec![first], ..Scope::default() };
        if self.random.chance(45) {
            let left = scope.clone();
            let (joined, right) = self.one_table();
            scope.sources.extend(right.sources);
            let kind = *self.random.pick(&["JOIN", "JOIN", "LEFT JOIN"]);
            let condition = self.join_condition(&left, &scope, 2);
            from = format!("{from} {kind} {joined} ON {condition}");
        }
        let width = self.random.between(1, 3);
        let items = self.items(&scope, width);
        let filter = self.filter(&scope, 20);
        let tail = if self.random.chance(30) { self.tail(&scope) } else { String::new() };
        format!("SELECT {items} FROM {from}{filter}{tail}")
    }

    /// Columns of one table, named `x0`, `x1` and so on.
    fn projection(&mut self, width: usize) -> String {
        self.projection_with(width, |_, _| String::new())
    }

    /// The same with what is behind the filter.
    fn projection_with(&mut self, width: usize, tail: impl FnOnce(&mut Self, &Scope) -> String) -> String {
        let (from, scope) = self.one_table();
        let items: Vec<String> = (0..width).map(|index| format!("{} AS x{index}", self.column(&scope))).collect();
        let filter = self.filter(&scope, 30);
        format!("SELECT {} FROM {from}{filter}{}", items.join(", "), tail(self, &scope))
    }

    /// The first rows of a table, or those after them.
    fn leading_rows(&mut self, width: usize) -> String {
        let body = self.projection_with(width, Self::sorting);
        let limit = self.bound(&["0", "1", "2", "2", "3", "3", "5", "-1", "100"]);
        match self.random.below(3) {
            0 => format!("{body} LIMIT {limit} OFFSET {}", self.bound(&["0", "1", "2", "-1"])),
            _ => format!("{body} LIMIT {limit}"),
        }
    }

    /// Columns of groups that are neither aggregated nor grouped by.
    fn bare(&mut self) -> String {
        let (from, scope) =
            if self.random.chance(70) { self.one_table() } else { self.joined_sources(&Scope::default(), 1) };
        let filter = self.filter(&scope, 40);
        let key = self.column(&scope);
        let mut items: Vec<String> = (0..self.random.between(1, 2)).map(|_| self.column(&scope)).collect();
        if self.random.chance(15) {
            items.push(format!("coalesce({}, 'none')", self.column(&scope)));
        }
        match self.random.below(8) {
            0 => items.push("count(*)".to_owned()),
            1 => items.push(self.aggregate(&scope, 1)),
            2 => items.extend([format!("max({})", self.column(&scope)), format!("min({})", self.column(&scope))]),
            _ => items.push(format!("{}({})", self.random.pick(&["max", "min"]), self.column(&scope))),
        }
        let group = if self.random.chance(80) { format!(" GROUP BY {key}") } else { String::new() };
        let having = match self.random.below(6) {
            0 if !group.is_empty() => format!(" HAVING {} IS NOT NULL", self.column(&scope)),
            _ => String::new(),
        };
        let select = format!("SELECT {key} AS x0, {} FROM {from}{filter}{group}{having}", items.join(", "));
        match self.random.below(5) {
            0 => format!("SELECT q.x0 FROM ({select}) AS q"),
            _ => select,
        }
    }

    /// The rows that a window function ranks first.
    fn ranked(&mut self) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), 1);
        let filter = self.filter(&scope, 30);
        let (x, rank) = (self.column(&scope), self.window(&scope));
        let condition = *self.random.pick(&["q.w <= 2", "q.w = 1", "q.w IS NOT NULL", "q.w > 1"]);
        format!("SELECT q.x0, q.w FROM (SELECT {x} AS x0, {rank} AS w FROM {from}{filter}) AS q WHERE {condition}")
    }

    fn ordered(&mut self) -> String {
        let (from, scope) =
            if self.random.chance(60) { self.one_table() } else { self.joined_sources(&Scope::default(), 1) };
        let width = self.random.between(1, 3);
        let items = self.items(&scope, width);
        let filter = self.filter(&scope, 45);
        format!("SELECT {items} FROM {from}{filter}{}", self.sorting(&scope))
    }

    /// ORDER BY one to three terms, mostly made total by the keys.
    fn sorting(&mut self, scope: &Scope) -> String {
        let mut terms: Vec<String> = (0..self.random.between(1, 3))
            .map(|_| {
                let term = if self.random.chance(65) { self.column(scope) } else { self.scalar(scope, 1) };
                let collation = self.collation();
                let directions = ["", "", " DESC", " DESC NULLS LAST", " ASC NULLS LAST", " DESC NULLS FIRST"];
                format!("({term}){collation}{}", self.random.pick(&directions))
            })
            .collect();
        if self.random.chance(65) {
            terms.extend(scope.keys());
        }
        format!(" ORDER BY {}", terms.join(", "))
    }

    /// The first rows of something, or those after them.
    fn limited(&mut self) -> String {
        let (from, scope) =
            if self.random.chance(65) { self.one_table() } else { self.joined_sources(&Scope::default(), 1) };
        let filter = self.filter(&scope, 40);
        let body = match self.random.below(10) {
            0 if self.features.has(Feature::Distinct) => {
                let columns = [self.column(&scope), self.column(&scope)].join(", ");
                format!("SELECT DISTINCT {columns} FROM {from}{filter} ORDER BY 1, 2")
            }
            1 if self.features.has(Feature::Aggregates) => {
                let (key, sum) = (self.column(&scope), self.aggregate(&scope, 2));
                let by = *self.random.pick(&["2, 1", "2 DESC, 1", "1"]);
                format!("SELECT {key}, {sum} FROM {from}{filter} GROUP BY {key} ORDER BY {by}")
            }
            _ => {
                let width = self.random.between(1, 3);
                let items = if self.random.chance(20) { "*".to_owned() } else { self.items(&scope, width) };
                let sorting = if self.random.chance(88) { self.sorting(&scope) } else { String::new() };
                format!("SELECT {items} FROM {from}{filter}{sorting}")
            }
        };
        let limit = self.bound(&["0", "1", "2", "2", "3", "3", "5", "-1", "100"]);
        if self.random.chance(35) {
            let offset = self.bound(&["0", "1", "1", "2", "3", "-1"]);
            return match self.random.below(4) {
                0 => format!("{body} LIMIT {offset}, {limit}"),
                _ => format!("{body} LIMIT {limit} OFFSET {offset}"),
            };
        }
        format!("{body} LIMIT {limit}")
    }

    /// A number of rows, literally or as a parameter.
    fn bound(&mut self, numbers: &[&str]) -> String {
        let number = *self.random.pick(numbers);
        match &mut self.params {
            Some(params) if self.random.chance(50) => {
                params.push(tidewater::Value::Integer(number.parse().unwrap_or_default()));
                format!("?{}", params.len())
            }
            _ => number.to_owned(),
        }
    }

    /// A hierarchy in a table: everything under something, with its depth and path.
    fn tree(&mut self) -> String {
        let table = self.random.pick(&self.schema.tables).clone();
        let key = table.key[0].clone();
        let up = self.random.pick(&table.columns).name.clone();
        let start = self.pool.literal(&mut self.random, Kind::Key);
        let name = &table.name;
        let union = *self.random.pick(&["UNION", "UNION ALL"]);
        let depth = self.random.between(2, 4);
        let walk = format!(
            "WITH RECURSIVE r(n, d) AS (SELECT {key}, 0 FROM {name} WHERE {key} = {start} {union} \
             SELECT t.{key}, d + 1 FROM {name} AS t JOIN r ON t.{up} = r.n WHERE d < {depth})"
        );
        match self.random.below(4) {
            0 => format!("{walk} SELECT n, d FROM r"),
            1 => format!("{walk} SELECT DISTINCT n FROM r ORDER BY n"),
            2 => format!("{walk} SELECT count(*), max(d) FROM r"),
            _ => format!("{walk} SELECT t.{up}, r.d FROM r JOIN {name} AS t ON t.{key} = r.n"),
        }
    }

    /// VALUES as a query, as a table and on the right of IN; row values.
    fn rows(&mut self) -> String {
        let (from, scope) = self.one_table();
        let ((one, first), (two, second)) = (self.typed_column(&scope), self.typed_column(&scope));
        let row = |generator: &mut Self| {
            let (a, b) = (generator.operand(first), generator.operand(second));
            format!("({a}, {b})")
        };
        let list = [row(self), row(self), row(self)].join(", ");
        let columns = format!("{one}, {two}");
        match self.random.below(9) {
            0 => format!("SELECT {columns}, v.column2 FROM {from} JOIN (VALUES {list}) AS v ON {one} = v.column1"),
            1 => format!(
                "SELECT v.column1, count({two}) FROM (VALUES {list}) AS v LEFT JOIN {from} ON {one} = v.column1 GROUP BY v.column1, v.column2"
            ),
            2 => format!("SELECT {columns} FROM {from} WHERE ({columns}) IN (VALUES {list})"),
            3 => format!("SELECT {columns} FROM {from} WHERE ({columns}) NOT IN (VALUES {list})"),
            4 => {
                let operator = *self.random.pick(&["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]);
                format!("SELECT {columns} FROM {from} WHERE ({columns}) {operator} {}", row(self))
            }
            5 => {
                let (inside, inner) = self.one_table();
                let pair = [self.column(&inner), self.column(&inner)].join(", ");
                let not = *self.random.pick(&["", "NOT "]);
                format!("SELECT {columns} FROM {from} WHERE ({columns}) {not}IN (SELECT {pair} FROM {inside})")
            }
            6 => format!("VALUES {list} UNION ALL SELECT {columns} FROM {from}"),
            7 => format!("SELECT {columns} FROM {from} EXCEPT VALUES {list}"),
            _ => format!("SELECT {columns} FROM {from} WHERE ({columns}) BETWEEN {} AND {}", row(self), row(self)),
        }
    }
}
