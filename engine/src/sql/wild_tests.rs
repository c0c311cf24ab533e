//! Texts that nobody would write: queries with tokens left out, doubled, exchanged and nested go all the way from the parser
//! to a plan, whatever SQLite would say to them. Nothing panics, and nothing takes long.
//!
//! Chance is one seed. `TIDEWATER_WILD_SECONDS` makes the run longer; `TIDEWATER_CORPUS` adds the queries of its folder.

#![allow(clippy::disallowed_methods, reason = "a test takes the time")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::corpus::{Record, corpus, files, records};
use super::{Arena, bind, declares_order, leading_keyword, normalise};
use crate::api::options::{Location, Options};
use crate::plan::{DisabledFeatures, PlannerFeature, plan};
use crate::storage::{Script, Storage, TransactionOwner};
use crate::types::{Catalog, Params};

const SCHEMA: &str = "
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT COLLATE NOCASE, c);
CREATE TABLE u(id INT PRIMARY KEY, t_id INT, x REAL, y TEXT);
CREATE TABLE w(p, q, r, PRIMARY KEY (p, q)) WITHOUT ROWID;
CREATE TABLE g(a, v AS (a || 'x') VIRTUAL, s AS (a || 'y') STORED);
CREATE VIEW tv AS SELECT id, c FROM t WHERE a = 1;
CREATE VIEW uv(n, m) AS SELECT t_id, count(*) FROM u GROUP BY t_id;";

const QUERIES: [&str; 22] = [
    "SELECT t.a, u.x FROM t, u WHERE t.id = u.t_id AND t.b LIKE 'a%' AND u.x BETWEEN 1 AND ?",
    "SELECT * FROM t LEFT JOIN u ON u.t_id = t.id AND u.x > 1 WHERE u.y IS NULL",
    "SELECT t.*, u.rowid FROM t RIGHT JOIN u USING (id) ORDER BY t.b COLLATE NOCASE DESC NULLS LAST",
    "SELECT t.id, u.id FROM t FULL JOIN u ON t.a = u.t_id LIMIT 3 OFFSET ?2",
    "SELECT a, count(*), sum(c) FILTER (WHERE c > 1), count(DISTINCT b) FROM t GROUP BY a HAVING count(*) > :least",
    "SELECT max(b) || 'x', min(c) + 1 FROM t",
    "SELECT DISTINCT b FROM t UNION ALL SELECT y FROM u EXCEPT SELECT p FROM w ORDER BY 1",
    "SELECT a FROM t INTERSECT SELECT t_id FROM u UNION VALUES (1), (2)",
    "SELECT id FROM t WHERE a IN (SELECT t_id FROM u WHERE u.x = t.c) AND NOT EXISTS (SELECT 1 FROM w WHERE w.p = t.a)",
    "SELECT (SELECT avg(x) FROM u), (SELECT y FROM u WHERE u.t_id = t.id LIMIT 1) FROM t",
    "SELECT x.n, t.id FROM (SELECT a AS n, count(*) AS k FROM t GROUP BY a) x JOIN t ON t.a = x.k WHERE x.n = 2",
    "WITH m(i, z) AS (SELECT t.id, u.x FROM t LEFT JOIN u ON u.t_id = t.id), n AS MATERIALIZED (SELECT * FROM m) SELECT z FROM n WHERE i = 1",
    "WITH RECURSIVE r(x, d) AS (SELECT id, 0 FROM t WHERE a IS NULL UNION SELECT t.id, r.d + 1 FROM t JOIN r ON t.a = r.x) SELECT x, d FROM r",
    "SELECT id, row_number() OVER (PARTITION BY a ORDER BY c), lead(b, 1) OVER win FROM t WINDOW win AS (PARTITION BY a)",
    "SELECT j.value ->> '$.a', j.key FROM t, json_each(t.c) AS j WHERE j.key <> 'x'",
    "SELECT CASE a WHEN 1 THEN b WHEN 2 THEN c ELSE x'00' END, CAST(c AS TEXT), -a << 2 FROM t NOT INDEXED",
    "SELECT id FROM t WHERE (a, b) = (SELECT t_id, y FROM u) OR (a, c) IN (VALUES (1, 2), (3, 4))",
    "SELECT v, s FROM g WHERE v GLOB 'a*' ORDER BY s LIMIT 5",
    "SELECT * FROM tv NATURAL JOIN uv",
    "SELECT n, sum(m) FROM uv GROUP BY n",
    "SELECT group_concat(b, ',' ORDER BY id), total(a), avg(DISTINCT a) FROM t",
    "SELECT p.id FROM (t AS p JOIN u ON p.a = u.t_id) LEFT JOIN (SELECT q FROM w) ON q = p.c",
];

const WORDS: [&str; 44] = [
    "SELECT", "FROM", "WHERE", "(", ")", ",", ".", "*", "AS", "t", "u", "a", "b", "id", "rowid", "NULL", "?", "?3",
    ":x", "1", "'a'", "\"t\"", "=", "IS", "NOT", "IN", "EXISTS", "AND", "OR", "JOIN", "LEFT", "RIGHT", "FULL", "ON",
    "USING", "GROUP BY", "ORDER BY", "LIMIT", "UNION", "ALL", "DISTINCT", "OVER", "count", "COLLATE",
];

/// One text may take so long, in a build for tests on a busy machine.
const LONGEST: Duration = Duration::from_secs(4);

/// Understood texts that are kept to go on from, and how long they may be.
const MOST_KEPT: usize = 3_000;
const LONGEST_TEXT: usize = 3_000;

/// Texts that a query of the corpus is made into.
const OF_EACH: usize = 12;

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

/// Words, quoted texts and single marks.
fn tokens(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            first if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        found.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    found
}

/// A text with a few things done to it; parts of another one come into it.
fn wild(sql: &str, other: &str, chance: &mut Chance) -> String {
    let mut all = tokens(sql);
    let others = tokens(other);
    for _ in 0..=chance.below(2) {
        let at = chance.below(all.len());
        let run = (at + 1 + chance.below(5)).min(all.len());
        match chance.below(8) {
            0 => drop(all.drain(at..run)),
            1 => all.insert(at, WORDS[chance.below(WORDS.len())]),
            2 if !all.is_empty() => all[at] = WORDS[chance.below(WORDS.len())],
            3 if !all.is_empty() => {
                let with = chance.below(all.len());
                all.swap(at, with);
            }
            4 => {
                let copy = all[at..run].to_vec();
                all.splice(at..at, copy);
            }
            5 => {
                let from = chance.below(others.len());
                let to = (from + 1 + chance.below(8)).min(others.len());
                all.splice(at..at, others[from.min(to)..to].iter().copied());
            }
            6 => {
                // The whole of another one as a subquery.
                let whole = [&["("], &others[..], &[")"]].concat();
                all.splice(at..run.min(at + 1), whole);
            }
            _ => {
                let alone = ["SELECT", "*", "FROM", "("].into_iter().chain(all).chain([")"]);
                all = alone.collect();
            }
        }
    }
    all.join(" ")
}

#[derive(Default, Debug)]
struct Runs {
    texts: usize,
    parsed: usize,
    lowered: usize,
    planned: usize,
    wrong: Vec<String>,
}

impl Runs {
    /// Whether it got as far as a logical plan.
    fn take(&mut self, sql: &str, catalog: &Catalog, disabled: DisabledFeatures) -> bool {
        self.texts += 1;
        let begun = Instant::now();
        let went = catch_unwind(AssertUnwindSafe(|| {
            let _ = (normalise(sql), leading_keyword(sql), declares_order(sql));
            let arena = Arena::default();
            let Ok(bound) = bind(sql, catalog, &arena) else { return (false, false, false) };
            let read = bound.dependencies();
            let Ok(logical) = bound.lower(3) else { return (true, false, false) };
            let planned = plan(&logical, read.order_dependent(), disabled);
            let is_planned = planned
                .is_ok_and(|plan| !plan.maintenance_statements().is_empty() | !plan.steps(None).strategy.is_empty());
            (true, true, is_planned)
        }));
        let is_lowered = went.as_ref().is_ok_and(|(_, lowered, _)| *lowered);
        match went {
            Ok((parsed, lowered, planned)) => {
                self.parsed += usize::from(parsed);
                self.lowered += usize::from(lowered);
                self.planned += usize::from(planned);
            }
            Err(_) => self.wrong.push(format!("panics, with {disabled} disabled: {sql}")),
        }
        if begun.elapsed() > LONGEST {
            self.wrong.push(format!("{:?}: {sql}", begun.elapsed()));
        }
        is_lowered
    }
}

fn catalog(script: &str) -> std::sync::Arc<Catalog> {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("a database in memory");
    let run = Script { sql: script, params: &Params::None, owner: TransactionOwner::Script };
    let _ = storage.session().run(&run, &mut |_, _| true);
    storage.session().catalog().expect("a catalog")
}

fn disabled(chance: &mut Chance) -> DisabledFeatures {
    (0..chance.below(3)).map(|_| PlannerFeature::ALL[chance.below(PlannerFeature::ALL.len())]).collect()
}

fn seconds(default: u64) -> Duration {
    let named = std::env::var("TIDEWATER_WILD_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(named.unwrap_or(default))
}

fn conclude(what: &str, run: &Runs) {
    let Runs { texts, parsed, lowered, planned, wrong } = run;
    println!("{what}: {texts} texts, {parsed} parsed, {lowered} lowered, {planned} planned, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_text_makes_the_planner_panic() {
    let catalog = catalog(SCHEMA);
    let mut run = Runs::default();
    let mut pool: Vec<String> = QUERIES.map(str::to_owned).to_vec();
    for sql in QUERIES {
        run.take(sql, &catalog, DisabledFeatures::NOTHING);
    }
    assert!(run.lowered >= 20 && run.planned >= 12, "the queries themselves: {run:?}");
    let mut chance = Chance(0x71de);
    let end = Instant::now() + seconds(12);
    while Instant::now() < end {
        let [one, other] = [0, 1].map(|_| &pool[chance.below(pool.len())]);
        let text = wild(one, other, &mut chance);
        // What is understood is where the next ones begin.
        if run.take(&text, &catalog, disabled(&mut chance)) && text.len() < LONGEST_TEXT {
            match pool.len() < MOST_KEPT {
                true => pool.push(text),
                false => {
                    let place = QUERIES.len() + chance.below(MOST_KEPT - QUERIES.len());
                    pool[place] = text;
                }
            }
        }
    }
    conclude("wild", &run);
    assert!(run.planned > 100 && run.lowered > run.planned && run.parsed < run.texts, "{run:?}");
}

#[test]
fn no_text_of_the_corpus_makes_the_planner_panic() {
    let Some(folder) = corpus() else { return eprintln!("skipped: there is no corpus") };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let (mut run, mut chance) = (Runs::default(), Chance(0xc0_17));
    let end = Instant::now() + seconds(12);
    while Instant::now() < end && !paths.is_empty() {
        let path = &paths[chance.below(paths.len())];
        let text = String::from_utf8_lossy(&std::fs::read(path).expect("a file of the corpus")).into_owned();
        let (mut script, mut queries) = (String::new(), Vec::new());
        for record in records(&text).into_iter().take(400) {
            match record {
                Record::Reset => {}
                Record::Statement(sql) if sql.trim_start().to_ascii_uppercase().starts_with("CREATE") => {
                    script.push_str(&format!("{sql};\n"));
                }
                Record::Statement(_) => {}
                Record::Query(sql) => queries.push(sql),
            }
        }
        let mut known = catalog(&script);
        if known.tables.is_empty() {
            known = catalog(SCHEMA);
        }
        for sql in &queries {
            run.take(sql, &known, disabled(&mut chance));
            for _ in 0..OF_EACH {
                let other = &queries[chance.below(queries.len())];
                run.take(&wild(sql, other, &mut chance), &known, disabled(&mut chance));
            }
            if Instant::now() > end {
                break;
            }
        }
    }
    conclude("wild corpus", &run);
    assert!(run.planned > 100, "{run:?}");
}

#[test]
fn depth_and_length_that_sqlite_takes_are_taken() {
    let catalog = catalog(SCHEMA);
    let mut run = Runs::default();
    // SQLite takes expressions of a depth of 1000.
    for depth in [50, 900] {
        let sums = vec!["a"; depth].join(" + ");
        let parentheses = format!("{}a{}", "(".repeat(depth / 10), ")".repeat(depth / 10));
        let texts = [
            format!("SELECT {sums} FROM t WHERE {}", vec!["a = 1"; depth].join(" OR ")),
            format!("SELECT {parentheses} FROM t"),
            format!("SELECT a FROM t WHERE {} a", "NOT ".repeat(depth)),
            format!("SELECT a FROM t WHERE a IN ({})", vec!["1"; depth * 20].join(", ")),
            format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(depth / 18), ")".repeat(depth / 18)),
            vec!["SELECT a FROM t"; depth / 2].join(" UNION "),
            format!("SELECT 1 FROM {}", (0..60).map(|at| format!("t t{at}")).collect::<Vec<_>>().join(", ")),
            format!(
                "SELECT 1 FROM t {}",
                (0..30).map(|at| format!("FULL JOIN u u{at} USING (id)")).collect::<String>()
            ),
        ];
        for sql in &texts {
            run.take(sql, &catalog, DisabledFeatures::NOTHING);
        }
    }
    conclude("deep", &run);
    assert!(run.lowered >= 10, "{run:?}");
}
