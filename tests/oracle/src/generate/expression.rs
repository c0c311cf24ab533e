//! Scalar expressions and predicates over the columns in scope.

use tidewater::Value;

use super::Generator;
use super::features::Feature;
use super::source::{Scope, Source};
use super::values::Kind;

impl Generator {
    /// A column, sometimes of a query around.
    pub(super) fn column(&mut self, scope: &Scope) -> String {
        self.typed_column(scope).0
    }

    pub(super) fn typed_column(&mut self, scope: &Scope) -> (String, Kind) {
        let outside = !scope.outer.is_empty() && (scope.sources.is_empty() || self.random.chance(30));
        let sources: &[Source] = if outside { &scope.outer } else { &scope.sources };
        if sources.is_empty() {
            return ("1".to_owned(), Kind::Key);
        }
        let source = self.random.pick(sources);
        let column = self.random.pick(&source.columns);
        (format!("{}.{}", source.alias, column.name), column.kind)
    }

    /// A literal, or a parameter where they are allowed.
    pub(super) fn operand(&mut self, kind: Kind) -> String {
        let mut value = self.pool.value(&mut self.random, kind);
        // Of NULL little is true, and a query that never has a row tests little.
        if value == Value::Null && self.random.chance(70) {
            value = self.pool.value(&mut self.random, kind);
        }
        let parameters = self.features.has(Feature::Parameters);
        match &mut self.params {
            Some(params) if parameters && self.random.chance(40) => {
                params.push(value);
                format!("?{}", params.len())
            }
            _ => super::values::literal(&value),
        }
    }

    /// Two operands, integers in their order.
    fn bounds(&mut self, kind: Kind) -> (String, String) {
        let (low, high) = (self.operand(kind), self.operand(kind));
        match (low.parse::<i64>(), high.parse::<i64>()) {
            (Ok(first), Ok(second)) if first > second => (high, low),
            _ => (low, high),
        }
    }

    /// An expression of any type.
    pub(super) fn scalar(&mut self, scope: &Scope, depth: usize) -> String {
        let (column, kind) = self.typed_column(scope);
        if depth > 2 || self.random.chance(55) {
            return column;
        }
        let inner = |generator: &mut Self| generator.scalar(scope, depth + 1);
        let subquery = if self.features.has(Feature::Subqueries) && depth < 2 { 5 } else { 0 };
        let json = if self.features.has(Feature::Json) { 4 } else { 0 };
        match self.random.weighted(&[
            (8, 0),
            (8, 1),
            (6, 2),
            (4, 3),
            (5, 4),
            (4, 5),
            (4, 6),
            (4, 7),
            (3, 8),
            (3, 9),
            (3, 10),
            (subquery, 11),
            (json, 12),
            (3, 13),
        ]) {
            0 => self.operand(kind),
            1 => format!(
                "({column} {} {})",
                self.random.pick(&["+", "-", "*", "/", "%"]),
                self.random.pick(&["1", "2", "0.5", "3"])
            ),
            2 => format!("({column} || {})", inner(self)),
            3 => format!(
                "CAST({} AS {})",
                inner(self),
                self.random.pick(&["INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB"])
            ),
            4 => format!("coalesce({}, {})", inner(self), self.operand(kind)),
            5 => {
                format!("CASE WHEN {} THEN {} ELSE {} END", self.predicate(scope, depth + 2), inner(self), inner(self))
            }
            6 => format!(
                "{}({})",
                self.random.pick(&["typeof", "length", "upper", "lower", "hex", "quote", "unicode"]),
                inner(self)
            ),
            7 => format!("({column} {} {})", self.random.pick(&["=", "<", "IS", "IS NOT"]), inner(self)),
            8 => format!("nullif({}, {})", inner(self), self.operand(kind)),
            9 => format!("(+{column})"),
            10 => format!("substr({}, {}, 2)", inner(self), self.random.pick(&["1", "2", "-1"])),
            11 => format!("({})", self.scalar_subquery(scope, depth + 1)),
            12 => format!("json_array({column}, {})", self.operand(kind)),
            _ => format!("({column} {} {})", self.random.pick(&["&", "|", "<<"]), self.random.pick(&["1", "3"])),
        }
    }

    /// A condition.
    pub(super) fn predicate(&mut self, scope: &Scope, depth: usize) -> String {
        let (column, kind) = self.typed_column(scope);
        let subqueries = if self.features.has(Feature::Subqueries) && depth < 2 { 8 } else { 0 };
        let nested = if depth < 2 { 8 } else { 0 };
        let collations = if self.features.has(Feature::Collations) { 5 } else { 0 };
        match self.random.weighted(&[
            (26, 0),
            (16, 1),
            (6, 2),
            (8, 3),
            (6, 4),
            (5, 5),
            (nested, 6),
            (subqueries, 7),
            (subqueries, 8),
            (3, 9),
            (4, 10),
            (collations, 11),
            (3, 12),
        ]) {
            0 => format!("{column} = {}", self.operand(kind)),
            1 => format!("{column} {} {}", self.random.pick(&["<", "<=", ">", ">=", "<>"]), self.operand(kind)),
            2 => format!("{column} {} {}", self.random.pick(&["IS", "IS NOT"]), self.operand(kind)),
            3 => {
                let list = [self.operand(kind), self.operand(kind), self.operand(kind)].join(", ");
                format!("{column} {}IN ({list})", self.random.pick(&["", "", "NOT "]))
            }
            4 => {
                let (low, high) = self.bounds(kind);
                format!("{column} BETWEEN {low} AND {high}")
            }
            5 => format!("{column} IS {}NULL", self.random.pick(&["", "NOT "])),
            6 => {
                let operator = *self.random.pick(&["AND", "OR", "OR"]);
                let not = *self.random.pick(&["", "", "", "NOT "]);
                format!("{not}({} {operator} {})", self.predicate(scope, depth + 1), self.predicate(scope, depth + 1))
            }
            7 => {
                let not = *self.random.pick(&["", "NOT "]);
                let (from, inner) = self.joined_sources(scope, depth + 1);
                format!("{not}EXISTS (SELECT 1 FROM {from} WHERE {})", self.predicate(&inner, depth + 1))
            }
            8 => {
                let not = *self.random.pick(&["", "", "NOT "]);
                let (from, inner) = self.joined_sources(scope, depth + 1);
                let item = self.column(&Scope { outer: Vec::new(), ..inner.clone() });
                let filter = if self.random.chance(50) {
                    format!(" WHERE {}", self.predicate(&inner, depth + 1))
                } else {
                    String::new()
                };
                format!("{column} {not}IN (SELECT {item} FROM {from}{filter})")
            }
            9 => format!(
                "{column} {} {}",
                self.random.pick(&["LIKE", "NOT LIKE"]),
                self.random.pick(&["'a%'", "'%b%'", "'_'", "'1%'"])
            ),
            10 => format!("{column} = {}", self.scalar(scope, depth + 1)),
            11 => format!(
                "{column} = {} COLLATE {}",
                self.operand(kind),
                self.random.pick(&["NOCASE", "RTRIM", "BINARY"])
            ),
            _ => {
                let (other, second) = self.typed_column(scope);
                format!(
                    "({column}, {other}) {} ({}, {})",
                    self.random.pick(&["=", "<", ">=", "IS"]),
                    self.operand(kind),
                    self.operand(second)
                )
            }
        }
    }

    /// A subquery of one column whose row is decided: an aggregate, or the first by a key.
    pub(super) fn scalar_subquery(&mut self, scope: &Scope, depth: usize) -> String {
        let (from, inner) = self.joined_sources(scope, depth + 1);
        let filter = format!(" WHERE {}", self.predicate(&inner, depth + 1));
        let own = Scope { outer: Vec::new(), ..inner.clone() };
        if self.random.chance(60) {
            let aggregate = self.aggregate(&own, depth + 2);
            format!("SELECT {aggregate} FROM {from}{filter}")
        } else {
            let item = self.column(&own);
            format!("SELECT {item} FROM {from}{filter} ORDER BY {} LIMIT 1", inner.keys().join(", "))
        }
    }
}
