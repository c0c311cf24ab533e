//! The shadow of a query: the same query without its LIMIT and with one column more, the rank that ORDER BY gives the
//! row. SQLite itself computes the rank, by its own comparison and collations, so it decides which rows are tied.

use crate::text::{Kind, Token, tokens};

/// What a query's outermost clauses leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadow {
    /// The shadow query, if the text allows to make one; its last column is the rank.
    pub sql: Option<String>,
    /// The text of the OFFSET expression.
    pub offset: Option<String>,
    /// Whether the query has an outermost ORDER BY.
    pub ordered: bool,
    /// Whether the query has an outermost LIMIT.
    pub limited: bool,
}

impl Shadow {
    /// Reads a query. `columns` are the names of its result's columns.
    #[must_use]
    pub fn of(sql: &str, columns: &[String]) -> Self {
        let mut top = tokens(sql);
        while top.last().is_some_and(|token| token.is(";")) {
            top.pop();
        }
        let end = top.last().map_or(0, Token::end);
        top.retain(|token| token.depth == 0 || token.is("("));
        top.retain(|token| token.depth == 0 || token.depth == 1);
        let outline = Outline::of(sql, &top, end);
        let mut shadow = Self { ordered: outline.order.is_some(), limited: outline.limit.is_some(), ..Self::default() };
        shadow.offset = outline.limit.and_then(|limit| offset(sql, &top, limit, end));
        shadow.sql = match (outline.compound, outline.order) {
            (false, _) => outline.injected(),
            (true, None) => outline.injected_into_all(&top).or_else(|| outline.wrapped(columns)),
            (true, Some(_)) => outline.wrapped(columns),
        };
        shadow
    }
}

struct Outline<'a> {
    sql: &'a str,
    /// Where the outermost SELECT's list begins and ends.
    list: Option<(usize, usize)>,
    order: Option<(usize, usize)>,
    limit: Option<usize>,
    /// Where everything but ORDER BY and LIMIT ends.
    body_end: usize,
    compound: bool,
}

impl<'a> Outline<'a> {
    fn of(sql: &'a str, top: &[Token<'a>], end: usize) -> Self {
        let find = |word: &str| top.iter().rposition(|token| token.depth == 0 && token.is(word));
        let limit = find("limit");
        let order = find("order").filter(|at| top.get(at + 1).is_some_and(|next| next.is("by")));
        let start_of = |at: usize| top[at].start;
        let limit_start = limit.map(start_of);
        let order_range = order.map(|at| (top[at + 1].end(), limit_start.unwrap_or(end)));
        let body_end = order.map(start_of).or(limit_start).unwrap_or(end);
        let compound = ["union", "intersect", "except"].iter().any(|word| find(word).is_some());
        let select = top.iter().position(|token| token.depth == 0 && token.is("select"));
        let list = select.map(|select| {
            let mut first = select + 1;
            if top.get(first).is_some_and(|token| token.is("distinct") || token.is("all")) {
                first += 1;
            }
            let begin = top[first - 1].end();
            let ends = ["from", "where", "group", "having", "window", "order", "limit"];
            let after = top[first..].iter().find(|token| token.depth == 0 && ends.iter().any(|word| token.is(word)));
            (begin, after.map_or(end, |token| token.start))
        });
        Self { sql, list, order: order_range, limit: limit_start, body_end, compound }
    }

    /// The rank as one more item of the SELECT's list.
    fn injected(&self) -> Option<String> {
        let (begin, end) = self.list?;
        let items = split_at_commas(self.sql, begin, end);
        let rank = match self.order {
            None => "1".to_owned(),
            Some((begin, end)) => {
                let terms: Option<Vec<String>> =
                    split_at_commas(self.sql, begin, end).into_iter().map(|term| resolve(term, &items)).collect();
                format!("dense_rank() OVER (ORDER BY {})", terms?.join(", "))
            }
        };
        Some(format!("{} , {rank} {}", &self.sql[..end], &self.sql[end..self.body_end]))
    }

    /// The rank, where nothing is ordered, as one more item of each SELECT's list: around the query a column may have the
    /// affinity of one SELECT and a value of another.
    fn injected_into_all(&self, top: &[Token<'_>]) -> Option<String> {
        let is_word = |token: &Token<'_>, words: &[&str]| token.depth == 0 && words.iter().any(|word| token.is(word));
        let ends = ["from", "where", "group", "having", "window", "order", "limit", "union", "intersect", "except"];
        if top.iter().any(|token| is_word(token, &["values"])) {
            return None;
        }
        let (mut sql, mut copied, mut in_list) = (String::new(), 0, false);
        for token in top.iter().filter(|token| token.start < self.body_end) {
            if in_list && is_word(token, &ends) {
                sql.push_str(&self.sql[copied..token.start]);
                sql.push_str(", 1 ");
                (copied, in_list) = (token.start, false);
            }
            in_list |= is_word(token, &["select"]);
        }
        sql.push_str(&self.sql[copied..self.body_end]);
        if in_list {
            sql.push_str(", 1");
        }
        Some(sql)
    }

    /// The rank around the whole query, by columns alone, which is all that a compound query can be ordered by.
    fn wrapped(&self, columns: &[String]) -> Option<String> {
        let rank = match self.order {
            None => "1".to_owned(),
            Some((begin, end)) => {
                let terms: Option<Vec<String>> = split_at_commas(self.sql, begin, end)
                    .into_iter()
                    .map(|term| {
                        let (base, rest) = split_suffix(term);
                        let index = match base.parse::<usize>() {
                            Ok(ordinal) => ordinal.checked_sub(1)?,
                            Err(_) => columns.iter().position(|name| name.eq_ignore_ascii_case(unquoted(base)))?,
                        };
                        (index < columns.len()).then(|| format!("k{index} {rest}"))
                    })
                    .collect();
                format!("dense_rank() OVER (ORDER BY {})", terms?.join(", "))
            }
        };
        let names: Vec<String> = (0..columns.len()).map(|index| format!("k{index}")).collect();
        let body = &self.sql[..self.body_end];
        Some(format!("WITH shadowed({}) AS ({body}) SELECT *, {rank} FROM shadowed", names.join(", ")))
    }
}

/// An ORDER BY term in words that the SELECT's list understands: a column's number or alias becomes what it stands for.
fn resolve(term: &str, items: &[&str]) -> Option<String> {
    let (base, rest) = split_suffix(term);
    if let Ok(ordinal) = base.parse::<usize>() {
        let known = &items[..ordinal.min(items.len())];
        if ordinal == 0 || ordinal > items.len() || known.iter().any(|item| item.trim_end().ends_with('*')) {
            return None;
        }
        return Some(format!("({}) {rest}", split_alias(items[ordinal - 1]).0));
    }
    let aliased = items
        .iter()
        .map(|item| split_alias(item))
        .find(|(_, alias)| alias.is_some_and(|alias| unquoted(alias).eq_ignore_ascii_case(unquoted(base))));
    Some(match aliased {
        Some((expression, _)) => format!("({expression}) {rest}"),
        None => term.to_owned(),
    })
}

/// A term's expression, and its COLLATE, direction and place of NULLs.
fn split_suffix(term: &str) -> (&str, &str) {
    let found = tokens(term);
    let suffix = found
        .iter()
        .find(|token| token.depth == 0 && ["collate", "asc", "desc", "nulls"].iter().any(|word| token.is(word)));
    let at = suffix.map_or(term.len(), |token| token.start);
    (term[..at].trim(), &term[at..])
}

/// An item's expression and alias.
fn split_alias(item: &str) -> (&str, Option<&str>) {
    let found = tokens(item);
    let [.., before, last] = found.as_slice() else { return (item.trim(), None) };
    let name = matches!(last.kind, Kind::Word | Kind::Name) && last.depth == 0;
    if name && before.is("as") {
        (item[..before.start].trim(), Some(last.text))
    } else if name && (before.kind != Kind::Mark || before.is(")")) && before.kind != Kind::Word {
        (item[..last.start].trim(), Some(last.text))
    } else {
        (item.trim(), None)
    }
}

fn split_at_commas(sql: &str, begin: usize, end: usize) -> Vec<&str> {
    let part = &sql[begin..end];
    let mut parts = Vec::new();
    let mut from = 0;
    for token in tokens(part) {
        if token.depth == 0 && token.is(",") {
            parts.push(part[from..token.start].trim());
            from = token.end();
        }
    }
    parts.push(part[from..].trim());
    parts
}

/// `LIMIT n OFFSET m` or `LIMIT m, n`: the text of `m`.
fn offset(sql: &str, top: &[Token<'_>], limit: usize, end: usize) -> Option<String> {
    let after = |token: &&Token<'_>| token.depth == 0 && token.start > limit;
    if let Some(word) = top.iter().filter(after).find(|token| token.is("offset")) {
        return Some(sql[word.end()..end].to_owned());
    }
    let comma = top.iter().filter(after).find(|token| token.is(","))?;
    Some(sql[limit + "limit".len()..comma.start].to_owned())
}

fn unquoted(name: &str) -> &str {
    name.trim().trim_matches(['"', '`', '[', ']'])
}

#[cfg(test)]
mod tests {
    use super::Shadow;

    fn shadow(sql: &str) -> String {
        Shadow::of(sql, &["a".to_owned(), "b".to_owned()]).sql.expect("a shadow")
    }

    #[test]
    fn rank_joins_the_list() {
        assert_eq!(
            shadow("SELECT a, b FROM t ORDER BY c COLLATE NOCASE DESC LIMIT 3 OFFSET 1;"),
            "SELECT a, b  , dense_rank() OVER (ORDER BY c COLLATE NOCASE DESC) FROM t "
        );
    }

    #[test]
    fn ordinals_and_aliases_are_resolved() {
        assert_eq!(
            shadow("SELECT a+1 AS x, b FROM t ORDER BY x DESC, 2"),
            "SELECT a+1 AS x, b  , dense_rank() OVER (ORDER BY (a+1) DESC, (b) ) FROM t "
        );
    }

    #[test]
    fn compounds_are_wrapped() {
        assert_eq!(
            shadow("SELECT a, b FROM t UNION SELECT 1, 2 ORDER BY b LIMIT 1"),
            "WITH shadowed(k0, k1) AS (SELECT a, b FROM t UNION SELECT 1, 2 ) SELECT *, dense_rank() OVER (ORDER BY k1 ) FROM shadowed"
        );
    }

    #[test]
    fn inner_clauses_do_not_count() {
        let read = Shadow::of("SELECT (SELECT a FROM t ORDER BY a LIMIT 1)", &[]);
        assert!(!read.ordered && !read.limited);
    }

    #[test]
    fn offsets() {
        let offset = |sql: &str| Shadow::of(sql, &[]).offset.map(|text| text.trim().to_owned());
        assert_eq!(offset("SELECT 1 LIMIT 5 OFFSET 2").as_deref(), Some("2"));
        assert_eq!(offset("SELECT 1 LIMIT 2, 5").as_deref(), Some("2"));
        assert_eq!(offset("SELECT 1 LIMIT 5"), None);
    }
}
