//! What the planner makes of queries, as text. Each case of a file in `cases/` is a query with the expected text below; a file
//! is about one rewrite, one strategy, or one kind of fallback.
//!
//! `TIDEWATER_UPDATE_EXPECT=1 cargo nextest run -p tidewater plan::tests` writes the expected texts; their changes are reviewed like
//! code.

mod case;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use case::{Case, File};

use super::reason::marks::{self, Mark};
use super::rewrites::rewrite;
use super::{DisabledFeatures, Logical, OrderDependent, PlannerFeature, Reason, plan};
use crate::api::options::{Location, Options};
use crate::sql::{Arena, bind};
use crate::storage::{Script, Storage, TransactionOwner};
use crate::types::{Catalog, Params};

/// The features that are rewrites; each has a file of cases.
const REWRITES: [PlannerFeature; 9] = [
    PlannerFeature::Scalar,
    PlannerFeature::OuterToInner,
    PlannerFeature::Flatten,
    PlannerFeature::Fold,
    PlannerFeature::Pushdown,
    PlannerFeature::Constant,
    PlannerFeature::Distinct,
    PlannerFeature::Prune,
    PlannerFeature::Determined,
];

fn catalog() -> Catalog {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let run = Script { sql: include_str!("schema.sql"), params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the schema");
    let mut catalog = (*session.catalog().expect("a catalog")).clone();
    // A collating sequence of the application's, which SQLite would want to be there.
    for table in catalog.tables.values_mut().filter(|table| table.name == "special") {
        let mut special = (**table).clone();
        special.columns.iter_mut().for_each(|column| column.collation = "SPECIAL".to_owned());
        *table = Arc::new(special);
    }
    catalog
}

/// A query's logical plan, and what of its result depends on the order of rows. The one place that asks the room `sql`.
fn lowered(sql: &str, catalog: &Catalog) -> Result<(Logical, OrderDependent), Reason> {
    let arena = Arena::default();
    let bound = bind(sql, catalog, &arena).map_err(|unparsed| unparsed.reason)?;
    let parameters = sql.matches('?').count();
    Ok((bound.lower(parameters)?, bound.dependencies().order_dependent()))
}

/// A logical plan before and after one rewrite.
fn rewritten(case: &Case, catalog: &Catalog, feature: PlannerFeature) -> String {
    let (before, depends) = match lowered(&case.sql, catalog) {
        Ok(lowered) => lowered,
        Err(reason) => return format!("not lowered ({}): {reason}\n", reason.code()),
    };
    let disabled = REWRITES.into_iter().filter(|other| *other != feature).collect();
    let mut after = before.clone();
    rewrite(&mut after.query, &mut after.items, disabled, depends.rows);
    let (before, after) = (before.to_string(), after.to_string());
    match before == after {
        true => format!("{before}unchanged\n"),
        false => format!("{before}->\n{after}"),
    }
}

/// What a query is planned as, and the fallbacks on the way.
fn planned(case: &Case, catalog: &Catalog, shows_statements: bool) -> (String, Vec<Mark>) {
    let (logical, depends) = match lowered(&case.sql, catalog) {
        Ok(lowered) => lowered,
        Err(reason) => return (format!("not lowered ({}): {reason}\n", reason.code()), Vec::new()),
    };
    marks::take();
    let planned = plan(&logical, depends, case.disabled);
    let mut text = match &planned {
        Ok(plan) if shows_statements => plan.to_string(),
        Ok(plan) => plan.steps(None).to_string(),
        Err(reason) => format!("re-run ({}): {reason}\n", reason.code()),
    };
    let marks = marks::take();
    let codes: BTreeSet<&str> = marks.iter().map(|mark| mark.code).collect();
    if !codes.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "fallbacks: {}", codes.into_iter().collect::<Vec<_>>().join(", "));
    }
    (text, marks)
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plan/tests/cases").join(name)
}

#[test]
fn each_rewrite_does_what_its_cases_say() {
    let catalog = catalog();
    for feature in REWRITES {
        let path = folder("rewrites").join(feature.name()).with_extension("txt");
        let changes = File::check(&path, |case| rewritten(case, &catalog, feature));
        assert!(changes.iter().any(|text| !text.ends_with("unchanged\n")), "{feature:?} rewrites no case");
    }
}

#[test]
fn each_strategy_does_what_its_cases_say() {
    let catalog = catalog();
    for path in case::files(&folder("strategies")) {
        File::check(&path, |case| planned(case, &catalog, true).0);
    }
}

#[test]
fn each_fallback_does_what_its_cases_say() {
    let catalog = catalog();
    for path in case::files(&folder("fallbacks")) {
        File::check(&path, |case| planned(case, &catalog, false).0);
    }
}

/// Where the sources of the planner return a reason: the calls of [`reached`](super::reason::reached).
fn marked_places() -> BTreeSet<Mark> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plan");
    let mut places = BTreeSet::new();
    for folder in ["planner", "rewrites"].map(|folder| root.join(folder)) {
        for path in case::files(&folder) {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            let lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains("reached("));
            places.extend(lines.map(|(line, _)| Mark { file: name.clone(), line, code: "" }));
        }
    }
    places
}

/// A fallback that no case reaches may as well be wrong.
#[test]
fn each_fallback_is_reached_by_a_case() {
    let catalog = catalog();
    let mut missing = marked_places();
    assert!(missing.len() > 40, "the marks are found");
    for name in ["rewrites", "strategies", "fallbacks"] {
        for path in case::files(&folder(name)) {
            for case in File::read(&path).cases {
                for mark in planned(&case, &catalog, false).1 {
                    missing.remove(&Mark { code: "", ..mark });
                }
            }
        }
    }
    let places: Vec<String> = missing.iter().map(|mark| format!("{}:{}", mark.file, mark.line)).collect();
    assert!(places.is_empty(), "no case reaches the fallbacks at {places:#?}");
}

#[test]
fn disabled_features_are_named_in_reasons() {
    let catalog = catalog();
    let (logical, depends) = lowered("SELECT id FROM users", &catalog).expect("a plain query");
    let disabled = DisabledFeatures::NOTHING.and(PlannerFeature::Delta).and(PlannerFeature::Recompute);
    let reason = plan(&logical, depends, disabled).expect_err("no strategy is left");
    assert_eq!(reason.code(), "disabled");
    assert!(reason.to_string().contains("delta,recompute"), "{reason}");
}
