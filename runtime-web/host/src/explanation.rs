//! The engine's explanations in the form that messages have.

use tidewater_protocol::{
    Explain, Found, LiveStep, LiveTemplate, Route, RoutePredicate, Step, TableColumns, WantedIndex,
};

use crate::answer;

pub(crate) fn explain(explain: tidewater::Explain) -> Explain {
    Explain {
        plan: answer::plan(explain.plan),
        reason: explain.reason,
        reason_code: explain.reason_code.map(str::to_owned),
        tables: explain.tables.into_iter().map(|(table, columns)| TableColumns { table, columns }).collect(),
        template: explain.template,
        steps: explain.steps.map(step),
        routes: explain.routes.into_iter().map(route).collect(),
        notes: explain.notes,
        live: explain.live.as_ref().map(live),
        indexes: explain.indexes.into_iter().map(index).collect(),
        text: explain.text,
    }
}

fn step(step: tidewater::Step) -> Step {
    Step {
        strategy: step.strategy.to_owned(),
        detail: step.detail,
        tables: step.tables,
        inputs: step.inputs.into_iter().map(self::step).collect(),
        live: step.live.as_ref().map(live_step),
    }
}

fn live_step(live: &tidewater::LiveStep) -> LiveStep {
    let tidewater::LiveStep { state_rows, state_bytes, commits, rows_in, rows_out, instructions, .. } = *live;
    LiveStep { state_rows, state_bytes, commits, rows_in, rows_out, instructions }
}

fn route(route: tidewater::Route) -> Route {
    let predicate = |predicate: tidewater::RoutePredicate| RoutePredicate {
        column: predicate.column,
        relation: predicate.relation.to_owned(),
        values: predicate.values,
    };
    Route {
        table: route.table,
        columns: route.columns,
        predicates: route.predicates.into_iter().map(predicate).collect(),
        found: match route.found {
            tidewater::Found::ByValue => Found::ByValue,
            tidewater::Found::ByRange => Found::ByRange,
            tidewater::Found::ByJoin => Found::ByJoin,
            tidewater::Found::ByNoChange => Found::ByNoChange,
            // Of ways that this protocol has no word for, that is the least that can be said.
            _ => Found::ByAnyChange,
        },
        by: route.by,
        over: route.over,
    }
}

/// The metrics that pages are told of.
fn live(live: &tidewater::LiveTemplate) -> LiveTemplate {
    let tidewater::LiveTemplate {
        bindings,
        subscriptions,
        planned,
        state_rows,
        state_bytes,
        commits,
        maintained,
        requeries,
        refused,
        given_up,
        beyond,
        refills,
        instructions_per_commit,
        instructions_per_row,
        instructions_per_run,
        ..
    } = *live;
    LiveTemplate {
        bindings,
        subscriptions,
        planned,
        state_rows,
        state_bytes,
        commits,
        maintained,
        requeries,
        refused,
        given_up,
        beyond,
        refills,
        instructions_per_commit,
        instructions_per_row,
        instructions_per_run,
    }
}

fn index(index: tidewater::WantedIndex) -> WantedIndex {
    WantedIndex { table: index.table, columns: index.columns, sql: index.sql }
}
