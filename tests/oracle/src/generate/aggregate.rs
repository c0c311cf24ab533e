//! Aggregates and window functions, with an order wherever their value would otherwise depend on the scan.

use super::Generator;
use super::features::Feature;
use super::source::Scope;

impl Generator {
    /// An aggregate over the rows in scope.
    pub(super) fn aggregate(&mut self, scope: &Scope, depth: usize) -> String {
        let x = self.scalar(&Scope { outer: Vec::new(), ..scope.clone() }, depth.max(1));
        let order = || -> String { scope.keys().join(", ") };
        let json = if self.features.has(Feature::Json) { 5 } else { 0 };
        let call = match self.random.weighted(&[
            (20, 0),
            (10, 1),
            (14, 2),
            (8, 3),
            (4, 4),
            (12, 5),
            (12, 6),
            (8, 7),
            (6, 8),
            (json, 9),
        ]) {
            0 => "count(*)".to_owned(),
            1 => format!("count({x})"),
            2 => format!("sum({x})"),
            3 => format!("avg({x})"),
            4 => format!("total({x})"),
            5 => format!("min({x})"),
            6 => format!("max({x})"),
            7 => format!("{}(DISTINCT {x})", self.random.pick(&["count", "sum", "avg"])),
            8 => format!("{}({x}, ',' ORDER BY {})", self.random.pick(&["group_concat", "string_agg"]), order()),
            _ => format!("json_group_array({x} ORDER BY {})", order()),
        };
        if self.random.chance(15) {
            let condition = self.predicate(&Scope { outer: Vec::new(), ..scope.clone() }, 2);
            return format!("{call} FILTER (WHERE {condition})");
        }
        match self.random.below(10) {
            0 => format!("{call} + 1"),
            1 => format!("coalesce({call}, 0)"),
            _ => call,
        }
    }

    /// Groups by what identifies the rows of a table, or by columns that are joined to it, beside other columns of the table.
    pub(super) fn decided(&mut self) -> String {
        let (mut from, mut scope) = self.one_table();
        let mut equal: Vec<(String, String)> = Vec::new();
        for _ in 0..self.random.weighted(&[(20, 0), (55, 1), (25, 2)]) {
            let (joined, right) = self.one_table();
            let (before, next) = (scope.clone(), right.sources[0].clone());
            let pair =
                |generator: &mut Self, key: &String| (generator.column(&before), format!("{}.{key}", next.alias));
            let pairs: Vec<(String, String)> = next.key.iter().map(|key| pair(self, key)).collect();
            let equations: Vec<String> = pairs.iter().map(|(mine, key)| format!("{mine} = {key}")).collect();
            let kind = self.random.weighted(&[(70, "JOIN"), (25, "LEFT JOIN"), (5, "RIGHT JOIN")]);
            from.push_str(&format!(" {kind} {joined} ON {}", equations.join(" AND ")));
            scope.sources.extend(right.sources);
            equal.extend(pairs);
        }
        let filter = self.filter(&scope, 30);
        let source = self.random.pick(&scope.sources).clone();
        let mut keys = Scope { sources: vec![source.clone()], ..Scope::default() }.keys();
        for key in &mut keys {
            if let Some((mine, _)) = equal.iter().find(|(_, other)| other == key)
                && self.random.chance(50)
            {
                key.clone_from(mine);
            }
        }
        if keys.len() > 1 && self.random.chance(25) {
            keys.pop();
        }
        let near = Scope { sources: vec![source], ..Scope::default() };
        let near = if self.random.chance(75) { near } else { scope.clone() };
        let width = self.random.between(1, 2);
        let mut items = if self.random.chance(80) { self.column(&near) } else { self.items(&near, width) };
        for _ in 0..self.random.between(1, 2) {
            items.push_str(&format!(", {}", self.aggregate(&scope, 2)));
        }
        let having = match self.random.below(5) {
            0 => format!(" HAVING {}", self.predicate(&near, 2)),
            _ => String::new(),
        };
        let order = match self.random.below(4) {
            0 => format!(" ORDER BY {}, {}", self.column(&near), keys.join(", ")),
            _ => String::new(),
        };
        format!("SELECT {items} FROM {from}{filter} GROUP BY {}{having}{order}", keys.join(", "))
    }

    /// Groups and how they stand to each other.
    pub(super) fn standing(&mut self) -> String {
        let (from, scope) = self.joined_sources(&Scope::default(), 1);
        let filter = self.filter(&scope, 30);
        let keys: Vec<String> = (0..self.random.between(1, 2)).map(|_| self.column(&scope)).collect();
        let mut sums: Vec<String> = (0..self.random.between(1, 2)).map(|_| self.aggregate(&scope, 2)).collect();
        if self.random.chance(50) {
            sums.push("count(*)".to_owned());
        }
        let mut items = keys.clone();
        items.push(self.random.pick(&sums).clone());
        for _ in 0..self.random.between(1, 2) {
            let (x, y) = (self.random.pick(&sums).clone(), self.random.pick(&sums).clone());
            let key = self.random.pick(&keys).clone();
            let partition = match self.random.below(4) {
                0 if keys.len() > 1 => format!("PARTITION BY {key} "),
                1 => format!("PARTITION BY {y} "),
                _ => String::new(),
            };
            let order = format!("ORDER BY {x}{}", self.random.pick(&["", " DESC", " NULLS LAST"]));
            // Tied groups get the same rank.
            let (ranks, all) = (["rank()", "dense_rank()", "cume_dist()", "count(*)"], keys.join(", "));
            items.push(match self.random.below(4) {
                0 => format!("{} OVER ({partition}{order})", self.random.pick(&ranks)),
                1 => format!("{}({x}) OVER ({partition})", self.random.pick(&["sum", "total", "avg", "max", "count"])),
                2 => format!("sum({y}) FILTER (WHERE {key} IS NOT NULL) OVER ({partition}{order}, {all})"),
                _ => {
                    let function = *self.random.pick(&["row_number()", "ntile(2)", "lag(count(*))", "first_value(1)"]);
                    format!("{function} OVER ({partition}{order}, {all})")
                }
            });
        }
        let having = if self.random.chance(30) {
            format!(" HAVING {} {} 1", self.random.pick(&sums), self.random.pick(&[">", "<=", "IS NOT"]))
        } else {
            String::new()
        };
        let order = match self.random.below(3) {
            0 => {
                let ordinals: Vec<String> = (1..=items.len()).rev().map(|ordinal| ordinal.to_string()).collect();
                format!(" ORDER BY {}{}", ordinals.join(", "), self.limit())
            }
            _ => String::new(),
        };
        format!("SELECT {} FROM {from}{filter} GROUP BY {}{having}{order}", items.join(", "), keys.join(", "))
    }

    /// A window function. Its order is total, so that SQL decides its value.
    pub(super) fn window(&mut self, scope: &Scope) -> String {
        let own = Scope { outer: Vec::new(), ..scope.clone() };
        let x = self.column(&own);
        let function = match self.random.below(14) {
            0 => "row_number()".to_owned(),
            1 => "rank()".to_owned(),
            2 => "dense_rank()".to_owned(),
            3 => "ntile(2)".to_owned(),
            4 => format!("lag({x})"),
            5 => format!("lead({x}, 1, 'none')"),
            6 => format!("first_value({x})"),
            7 => format!("last_value({x})"),
            8 => format!("nth_value({x}, 2)"),
            9 => "count(*)".to_owned(),
            10 => format!("{}({x})", self.random.pick(&["sum", "sum", "avg", "total"])),
            11 => format!("max({x})"),
            12 => "cume_dist()".to_owned(),
            _ => format!("group_concat({x}, ',')"),
        };
        let partition = match self.random.below(3) {
            0 => String::new(),
            1 => format!("PARTITION BY {} ", self.column(&own)),
            _ => format!("PARTITION BY {}, {} ", self.column(&own), self.column(&own)),
        };
        let mut order = vec![format!("{}{}", self.column(&own), self.random.pick(&["", " DESC", " NULLS LAST"]))];
        // Peers are taken together by sums, which may round as their order has it.
        let is_sum = function.starts_with("sum") || function.starts_with("avg") || function.starts_with("total");
        if is_sum && self.random.chance(40) {
            let frame = *self.random.pick(&[
                "",
                " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
                " RANGE BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES",
            ]);
            return match self.random.below(3) {
                0 => format!("{function} OVER ({partition})"),
                _ => format!("{function} OVER ({partition}ORDER BY {}{frame})", order[0]),
            };
        }
        order.extend(own.keys());
        let frame = match self.random.below(8) {
            0 => " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
            1 => " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
            2 => " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            3 => " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            4 => " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW",
            _ => "",
        };
        format!("{function} OVER ({partition}ORDER BY {}{frame})", order.join(", "))
    }
}
