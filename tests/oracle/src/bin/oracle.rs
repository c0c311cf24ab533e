//! Long runs of the oracle, from a terminal.
//!
//! ```text
//! oracle fuzz [--family NAME] [--strategy NAME] [--forced N] [--seed N] [--cases N] [--time SECONDS] [--keep FOLDER] [--paranoid]
//! oracle skeletons [--at-once N] [--strategy NAME] [--keep FOLDER]
//! oracle lane [--seed N] [--time SECONDS]
//! oracle corpus FOLDER [--variant V] [--early|--late] [--one-in N] [--subscriptions N] [--seed N] [--time SECONDS]
//! oracle standing FOLDER [--transactions N]
//! oracle logs [--seed N] [--cases N] [--text]
//! oracle show [--family NAME] [--seed N]
//! oracle replay FILE
//! oracle shrink FILE
//! oracle sample
//! ```
//!
//! `--strategy` is `incremental` (plans are used wherever there are any), `auto` (the cost gate decides), `bulk` (plans are used, and
//! changes of more than one row of a table are given up) or `requery`, for
//! any command that plays cases; without it, what is generated is played with each of them and what is recorded with plans.
//! With `--reasons` they also print why subscriptions have no plan. `--disable NAME[,NAME]` disables planner features;
//! `--forced N` plays each case N more times with features disabled that its seed chooses, and with sums in hash tables;
//! `--sums hash-table` keeps them there in every play.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tidewater::{DisabledFeatures, SumStore};
use tidewater_oracle::campaign::{self, Budget, Campaign, Fuzz, Selection};
use tidewater_oracle::case::Case;
use tidewater_oracle::corpus::{Policy, Variant};
use tidewater_oracle::generate::{self, Family};
use tidewater_oracle::harness::{Settings, Way};
use tidewater_oracle::log::Log;
use tidewater_oracle::{run_case, runner};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|command| command == "sample") {
        let (text, code) = match campaign::sample() {
            Ok(line) => (line, 0),
            Err(findings) => (findings, 1),
        };
        println!("{text}");
        return ExitCode::from(code);
    }
    match run(&arguments) {
        Ok(campaign) => {
            // On standard error, because standard output may go into a file.
            let reasons = if arguments.iter().any(|argument| argument == "--reasons") {
                campaign.tally.reasons()
            } else {
                String::new()
            };
            eprintln!("{}{reasons}{}{}{}", campaign.report(), campaign.shares, campaign.forcings, campaign.tally);
            ExitCode::from(u8::from(!campaign.findings.is_empty()))
        }
        Err(error) => {
            eprintln!("oracle: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<Campaign, Box<dyn std::error::Error>> {
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let value =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, default: u64| value(name).map_or(Ok(default), |text| text.parse::<u64>());
    let place = || arguments.get(1).map(Path::new).ok_or("name a file or folder");
    let ways = match value("--strategy").map(String::as_str) {
        Some("incremental") => vec![Way::Always],
        Some("auto") => vec![Way::Gated],
        Some("bulk") => vec![Way::Bulk],
        Some("requery") => vec![Way::Requery],
        Some(other) => return Err(format!("no strategy `{other}`").into()),
        None => Way::ALL.to_vec(),
    };
    let disabled = value("--disable").map_or(Ok(DisabledFeatures::NOTHING), |names| names.parse())?;
    let sums = match value("--sums").map(String::as_str) {
        None => SumStore::default(),
        Some("hash-table") => SumStore::HashTable,
        Some(other) => return Err(format!("no store of sums `{other}`").into()),
    };
    let settings = Settings { paranoid: flag("--paranoid"), disabled, sums, ..Settings::default() };
    // A case that is played once is played the first named way, if one is named.
    let single = ways[0].settings(&settings);
    let seed = number("--seed", 1)?;
    let budget = Budget::new(Duration::from_secs(number("--time", 60)?), number("--cases", u64::MAX)?);
    match arguments.first().map(String::as_str) {
        Some("fuzz") => {
            let families = match value("--family") {
                Some(name) => vec![name.parse::<Family>()?],
                None => Family::ALL.to_vec(),
            };
            let fuzz = Fuzz { seed, families, ways, forced: usize::try_from(number("--forced", 0)?)?, stops: false };
            Ok(campaign::fuzz(&fuzz, budget, &settings, value("--keep").map(Path::new)))
        }
        Some("skeletons") => {
            let at_once = usize::try_from(number("--at-once", campaign::AT_ONCE as u64)?)?;
            Ok(campaign::skeletons(at_once, &ways, &settings, value("--keep").map(Path::new)))
        }
        Some("lane") => {
            let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
            Ok(campaign::lane(seed, &regressions, budget, &settings)?)
        }
        Some("corpus") => {
            let selection = Selection {
                variant: value("--variant").map_or(Ok(Variant::None), |name| name.parse())?,
                policy: if flag("--late") { Policy::Late } else { Policy::Early },
                subscriptions: usize::try_from(number("--subscriptions", 60)?)?,
                one_in: usize::try_from(number("--one-in", 1)?)?,
                seed,
            };
            Ok(campaign::corpus(place()?, &selection, budget, &single)?)
        }
        Some("standing") => {
            Ok(campaign::standing(place()?, usize::try_from(number("--transactions", 100)?)?, &single)?)
        }
        Some("logs") => Ok(logs(seed, number("--cases", 1)?, &settings, flag("--text"))),
        Some("show") => {
            let family = value("--family").map_or(Ok(Family::Mixed), |name| name.parse())?;
            print!("{}", generate::case_of(family, seed).to_lines());
            Ok(Campaign::default())
        }
        Some("replay") => {
            let case = Case::from_lines(&std::fs::read_to_string(place()?)?)?;
            let report = runner::run(&case, &single, Log::kept());
            print!("{}", report.log.text().unwrap_or_default());
            let findings = report
                .finding
                .map(|finding| (place().map(|path| path.display().to_string()).unwrap_or_default(), finding));
            Ok(Campaign { tally: report.tally, findings: findings.into_iter().collect(), ..Campaign::default() })
        }
        Some("shrink") => {
            let case = Case::from_lines(&std::fs::read_to_string(place()?)?)?;
            print!("{}", campaign::small(&case, &single, Duration::from_secs(60)).to_lines());
            Ok(Campaign::default())
        }
        _ => Err("use: oracle fuzz|skeletons|lane|corpus|standing|logs|show|replay|shrink".into()),
    }
}

/// Prints the hash of each seed's log, or the log itself. Every platform must print the same.
fn logs(seed: u64, cases: u64, settings: &Settings, text: bool) -> Campaign {
    let mut campaign = Campaign::default();
    for seed in seed..seed + cases {
        let report = run_case(seed, settings, if text { Log::kept() } else { Log::hashed() });
        match report.log.text() {
            Some(text) => print!("{text}"),
            None => println!("{seed} {}", report.log.hash_text()),
        }
        campaign.tally.include(&report.tally);
        campaign.findings.extend(report.finding.map(|finding| (format!("seed {seed}"), finding)));
    }
    campaign
}
