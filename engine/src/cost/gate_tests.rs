//! The gate refuses what is dearer than a re-run, learns what rows cost, and tries a refused plan again.

use super::{CostGate, Rerun};
use crate::types::{CommitId, PlanId};

const PLAN: PlanId = PlanId(1);
const DEAR: Rerun = Rerun { instructions: 100_000, rows: 10 };
const CHEAP: Rerun = Rerun { instructions: 100, rows: 1 };

fn gate(row_cost: u64) -> CostGate {
    let mut gate = CostGate::new(true);
    gate.add(PLAN, 0);
    gate.record(PLAN, 1, row_cost);
    gate
}

#[test]
fn a_plan_that_never_ran_is_tried() {
    let mut gate = CostGate::new(true);
    gate.add(PLAN, 0);
    assert!(gate.admits(PLAN, CommitId(1), 1_000_000, CHEAP));
    assert_eq!(gate.row_cost(PLAN), None);
}

#[test]
fn it_compares_all_changed_rows_with_one_rerun() {
    let mut gate = gate(1_000);
    assert!(gate.admits(PLAN, CommitId(1), 1, DEAR));
    assert!(!gate.admits(PLAN, CommitId(1), 100, DEAR));
    assert!(!gate.admits(PLAN, CommitId(1), 1, CHEAP));
}

#[test]
fn the_rows_of_the_result_count_for_maintaining() {
    let mut gate = gate(150);
    assert!(!gate.admits(PLAN, CommitId(1), 1, Rerun { instructions: 100, rows: 0 }));
    assert!(gate.admits(PLAN, CommitId(1), 1, Rerun { instructions: 100, rows: 100 }));
}

#[test]
fn the_work_beside_the_statements_counts_against_it() {
    let rerun = Rerun { instructions: 1_000, rows: 0 };
    let mut plain = gate(500);
    assert!(plain.admits(PLAN, CommitId(1), 1, rerun) && plain.was_worth(PLAN, 500, 1, rerun));
    let mut with_fixpoint = CostGate::new(true);
    with_fixpoint.add(PLAN, 600);
    with_fixpoint.record(PLAN, 1, 500);
    assert!(!with_fixpoint.admits(PLAN, CommitId(1), 1, rerun) && !with_fixpoint.was_worth(PLAN, 500, 1, rerun));
}

#[test]
fn refusals_fade_once_a_commit_until_the_plan_is_tried_again() {
    let mut gate = gate(1_000);
    let rerun = Rerun { instructions: 895, rows: 0 };
    assert!(!gate.admits(PLAN, CommitId(1), 1, rerun));
    let after_one = gate.row_cost(PLAN);
    assert!(!gate.admits(PLAN, CommitId(1), 1, rerun));
    assert_eq!(gate.row_cost(PLAN), after_one);
    let tried_at = (2..20).find(|commit| gate.admits(PLAN, CommitId(*commit), 1, rerun));
    assert_eq!(tried_at, Some(4));
}

#[test]
fn the_average_moves_a_quarter_of_the_way() {
    let mut gate = gate(1_000);
    gate.record(PLAN, 2, 4_000);
    assert_eq!(gate.row_cost(PLAN), Some(1_250));
    gate.record(PLAN, 0, 1_000_000);
    assert_eq!(gate.row_cost(PLAN), Some(1_250));
}

#[test]
fn a_removed_plan_is_forgotten_and_an_open_gate_admits_everything() {
    let mut removed = gate(1_000);
    removed.remove(PLAN);
    removed.add(PLAN, 0);
    assert_eq!(removed.row_cost(PLAN), None);
    let mut open = CostGate::new(false);
    open.add(PLAN, 0);
    open.record(PLAN, 1, 1_000_000);
    assert!(open.admits(PLAN, CommitId(1), 1_000, CHEAP) && open.was_worth(PLAN, 1_000_000, 1, CHEAP));
}

#[test]
fn so_many_rows_are_kept_as_evaluating_again_costs() {
    let gate = CostGate::new(true);
    let few = gate.rows_worth_keeping(0);
    assert_eq!(gate.rows_worth_keeping(Rerun { instructions: 100, rows: 1 }.whole_cost()), few, "some are always kept");
    let many = gate.rows_worth_keeping(Rerun { instructions: 1_000_000, rows: 0 }.whole_cost());
    assert!(many > 10 * few, "{many}");
    assert_eq!(CostGate::new(false).rows_worth_keeping(0), usize::MAX, "a gate that refuses nothing");
}
