//! An explanation as indented text. Writing to a String cannot fail.

use std::fmt::Write as _;

use crate::api::explain::{Explain, Found, LiveTemplate, Route};

pub(super) fn write(explain: &Explain) -> String {
    let mut text = explain.plan.as_str().to_owned();
    if let Some(reason) = &explain.reason {
        let _ = write!(text, ": {reason}");
    }
    let _ = writeln!(text, "\n  template {}", explain.template);
    if let Some(step) = &explain.steps {
        for line in step.to_string().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    for route in &explain.routes {
        let _ = writeln!(text, "  {}", describe(route));
    }
    for note in &explain.notes {
        let _ = writeln!(text, "  {note}");
    }
    if let Some(live) = &explain.live {
        write_live(&mut text, live);
    }
    for index in &explain.indexes {
        let _ = writeln!(text, "  full scan of {} on every change; suggested index: {}", index.table, index.sql);
    }
    text
}

fn describe(route: &Route) -> String {
    let mut text = format!("{}({})", route.table, route.columns.join(", "));
    for (index, predicate) in route.predicates.iter().enumerate() {
        let joiner = if index == 0 { "where" } else { "and" };
        let _ = write!(text, " {joiner} {} {} {}", predicate.column, predicate.relation, predicate.values.join(", "));
    }
    match (route.found, &route.by) {
        (Found::ByValue, Some(column)) => {
            let _ = write!(text, ", routed by {column}");
        }
        (Found::ByJoin, Some(column)) => {
            let _ = write!(text, ", routed by {column} over {}", route.over.join(", "));
        }
        (Found::ByRange, Some(column)) => {
            let _ = write!(text, ", routed by ranges of {column}");
        }
        (Found::ByNoChange, _) => text.push_str(", routed by no change: no row can match"),
        _ => text.push_str(", routed by any change"),
    }
    text
}

fn write_live(text: &mut String, live: &LiveTemplate) {
    let LiveTemplate { bindings, subscriptions, planned, state_rows, state_bytes, .. } = live;
    let _ = writeln!(
        text,
        "  live: {subscriptions} subscriptions to {bindings} bindings, {planned} of them planned; {state_rows} rows, \
         {state_bytes} bytes"
    );
    let LiveTemplate { commits, maintained, requeries, refused, given_up, beyond, refills, .. } = live;
    let _ = writeln!(
        text,
        "  {commits} commits: maintained {maintained}, re-run {requeries} (refused {refused}, given up {given_up}), \
         beyond {beyond}, refilled {refills}"
    );
    let costs = [
        (live.instructions_per_commit, "a commit"),
        (live.instructions_per_row, "a changed row"),
        (live.instructions_per_run, "a re-run"),
    ];
    let costs = costs.iter().filter_map(|(cost, of)| cost.map(|cost| format!("{cost} {of}")));
    let costs = costs.collect::<Vec<_>>().join(", ");
    if !costs.is_empty() {
        let _ = writeln!(text, "  SQLite's instructions: {costs}");
    }
}
