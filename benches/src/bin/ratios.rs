//! Measures the ratios natively and prints them beside their targets.
//!
//! ```text
//! ratios [--quick] [--check] [--only GROUP] [--soak [COMMITS]] [--json FILE]
//! ```
//!
//! The exit code is 0, unless `--check` is given and a target is missed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tidewater_benches::measure::Patience;
use tidewater_benches::memory::Counting;
use tidewater_benches::native::Files;
use tidewater_benches::report::Report;
use tidewater_benches::{Failure, GROUPS, Outcome, Settings, World, run, soak};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "ratios [--quick] [--check] [--only GROUP] [--soak [COMMITS]] [--json FILE]";
const SOAK_COMMITS: u64 = 200_000;

/// The command-line arguments.
struct Arguments {
    quick: bool,
    check: bool,
    only: Option<String>,
    soak: Option<u64>,
    json: PathBuf,
}

fn main() -> ExitCode {
    let measured = parse(std::env::args().skip(1)).and_then(|arguments| {
        let report = measure(&arguments)?;
        write(&report, &arguments.json)?;
        Ok(report.holds() || !arguments.check)
    });
    match measured {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ratios: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(words: impl Iterator<Item = String>) -> Outcome<Arguments> {
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/benches/ratios.json");
    let mut arguments = Arguments { quick: false, check: false, only: None, soak: None, json };
    let mut words = words.peekable();
    let usage = || Failure::Workload(format!("usage: {USAGE}\ngroups: {}", GROUPS.join(", ")));
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => arguments.quick = true,
            "--check" => arguments.check = true,
            "--only" => arguments.only = Some(words.next().ok_or_else(usage)?),
            "--json" => arguments.json = words.next().ok_or_else(usage)?.into(),
            "--soak" => {
                let commits = words.next_if(|word| word.parse::<u64>().is_ok());
                arguments.soak = Some(commits.and_then(|commits| commits.parse().ok()).unwrap_or(SOAK_COMMITS));
            }
            _ => return Err(usage()),
        }
    }
    if arguments.only.as_ref().is_some_and(|only| !GROUPS.iter().any(|group| group.contains(only.as_str()))) {
        return Err(usage());
    }
    Ok(arguments)
}

fn measure(arguments: &Arguments) -> Outcome<Report> {
    let files = Files::new()?;
    let settings = settings(arguments);
    if let Some(commits) = arguments.soak {
        let messages = settings.sizes.first().copied().unwrap_or_default();
        return Ok(Report { soak: Some(soak::soak(&files, messages, commits)?), ..Report::default() });
    }
    if files.chinook().is_none() {
        files.say("TIDEWATER_CORPUS names no folder with Chinook: its queries are left out");
    }
    run(&files, &settings)
}

fn settings(arguments: &Arguments) -> Settings {
    let patience = Patience { seconds: 4.0, least_rounds: 7, most_rounds: 400, calls: 8 };
    let full = Settings { sizes: vec![100_000, 1_000_000], patience, many: 10_000, only: arguments.only.clone() };
    if !arguments.quick {
        return full;
    }
    Settings { sizes: vec![100_000], patience: Patience { seconds: 0.6, least_rounds: 5, ..patience }, ..full }
}

fn write(report: &Report, json: &Path) -> Outcome<()> {
    println!("\n{}", report.markdown());
    if let Some(folder) = json.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(json, serde_json::to_string_pretty(report)?)?;
    Ok(())
}
