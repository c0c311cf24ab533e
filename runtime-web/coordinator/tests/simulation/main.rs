//! A seeded simulation of whole browsers: every order of messages, every death, checked against the rules that must hold.
//!
//! `TIDEWATER_SIMULATIONS` is the number of seeds (2,000 by default), `TIDEWATER_SIMULATION` one seed to be run alone.

#![allow(clippy::unwrap_used, reason = "a test")]

mod browser;
mod page;
mod random;
mod worker;
mod world;

use world::{Fault, Setting, World};

const STEPS: usize = 500;

type Run = dyn Fn(&mut World) -> Result<(), String>;

/// Runs a world; when it breaks a rule, does so again and tells what happened.
fn check(setting: Setting, name: &str, run: &Run) -> World {
    let mut world = World::new(setting);
    let Err(error) = run(&mut world) else { return world };
    let mut again = World::new(setting);
    again.trace = Some(Vec::new());
    assert_eq!(run(&mut again).as_ref(), Err(&error), "not reproducible");
    let trace = again.trace.unwrap_or_default();
    let last = trace.len().saturating_sub(200);
    panic!("{setting:?}{name}: {error}\nthe last of {} events:\n{}", trace.len(), trace[last..].join("\n"));
}

/// Opens some tabs, lets anything happen, and sees whether the world comes to order.
fn simulate(world: &mut World) -> Result<(), String> {
    world.chaos = true;
    for _ in 0..1 + world.random.below(4) {
        world.new_client();
    }
    for _ in 0..STEPS {
        world.step()?;
    }
    world.converge()
}

fn setting(seed: u64) -> Setting {
    Setting { seed, bus: seed.is_multiple_of(3), opfs: !seed.is_multiple_of(5) }
}

#[test]
fn any_order_of_events_comes_to_order() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("TIDEWATER_SIMULATION") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TIDEWATER_SIMULATIONS").unwrap_or(2_000),
    };
    let (mut openings, mut delivered, mut repeated, mut answered, mut rebound) = (0, 0, 0, 0, 0);
    for seed in seeds.clone() {
        let world = check(setting(seed), "", &simulate);
        openings += world.openings;
        delivered += world.delivered;
        repeated += world.repeated;
        for (_, outcome) in world.clients.iter().flat_map(|client| &client.outcomes) {
            match outcome {
                page::Outcome::Rebound => rebound += 1,
                _ => answered += 1,
            }
        }
    }
    println!(
        "{seeds:?}: {openings} hosts, {delivered} messages, {answered} requests answered, {repeated} from the ledger"
    );
    // A simulation in which nothing happens would prove nothing.
    let count = seeds.end - seeds.start;
    assert!(count == 1 || openings > 2 * count && answered > 10 * count && rebound > 2 * count && repeated > 0);
}

/// Three tabs read and write in a fixed order of events; then the same again with each fault at each step.
#[test]
fn every_fault_at_every_step_of_a_script() {
    let faults = |tabs: usize| {
        let each = [Fault::Close, Fault::Crash, Fault::Freeze, Fault::FreezeSilently, Fault::Poison];
        let mut faults: Vec<Fault> = (0..tabs).flat_map(|tab| each.map(|fault| fault(tab))).collect();
        faults.extend([Fault::KillCoordinator, Fault::RestartCoordinator]);
        faults
    };
    for bus in [false, true] {
        for opfs in [true, false] {
            for fault in faults(3) {
                for step in 0..220 {
                    let setting = Setting { seed: 7, bus, opfs };
                    let name = format!(" with {fault:?} at step {step}");
                    check(setting, &name, &move |world: &mut World| script(world, fault, step));
                }
            }
        }
    }
}

fn script(world: &mut World, fault: Fault, at: usize) -> Result<(), String> {
    for _ in 0..3 {
        world.new_client();
    }
    for step in 0..at + 60 {
        if step == at {
            world.inflict(fault);
        }
        if step % 8 == 0 {
            world.act();
        }
        if !world.progress()? {
            world.advance()?;
        }
    }
    world.converge()
}
