//! Long runs of the oracle, from a terminal.
//!
//! ```text
//! oracle fuzz [--seed N] [--cases N] [--time SECONDS] [--keep FOLDER] [--strategy auto|incremental|requery] [--paranoid]
//! oracle corpus FOLDER [--variant V] [--early|--late] [--one-in N] [--subscriptions N] [--seed N] [--time SECONDS]
//! oracle standing FOLDER [--transactions N]
//! oracle logs [--seed N] [--cases N] [--text]
//! oracle replay FILE
//! oracle shrink FILE
//! ```

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tidewater::Strategy;
use tidewater_oracle::campaign::{self, Budget, Campaign, Selection};
use tidewater_oracle::case::Case;
use tidewater_oracle::corpus::{Policy, Variant};
use tidewater_oracle::harness::Settings;
use tidewater_oracle::log::Log;
use tidewater_oracle::{run_case, runner};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(campaign) => {
            // Apart from what a command prints, which may go into a file.
            eprintln!("{}{}", campaign.report(), campaign.tally);
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
    let strategy = match value("--strategy").map(String::as_str) {
        Some("incremental") => Strategy::Incremental,
        Some("requery") => Strategy::Requery,
        _ => Strategy::Auto,
    };
    let settings = Settings { strategy, paranoid: flag("--paranoid"), ..Settings::default() };
    let seed = number("--seed", 1)?;
    let budget = Budget::new(Duration::from_secs(number("--time", 60)?), number("--cases", u64::MAX)?);
    match arguments.first().map(String::as_str) {
        Some("fuzz") => Ok(campaign::fuzz(seed, budget, &settings, value("--keep").map(Path::new))),
        Some("corpus") => {
            let selection = Selection {
                variant: value("--variant").map_or(Ok(Variant::None), |name| name.parse())?,
                policy: if flag("--late") { Policy::Late } else { Policy::Early },
                subscriptions: usize::try_from(number("--subscriptions", 60)?)?,
                one_in: usize::try_from(number("--one-in", 1)?)?,
                seed,
            };
            Ok(campaign::corpus(place()?, &selection, budget, &settings)?)
        }
        Some("standing") => {
            Ok(campaign::standing(place()?, usize::try_from(number("--transactions", 100)?)?, &settings)?)
        }
        Some("logs") => Ok(logs(seed, number("--cases", 1)?, &settings, flag("--text"))),
        Some("replay") => {
            let case = Case::from_lines(&std::fs::read_to_string(place()?)?)?;
            let report = runner::run(&case, &settings, Log::kept());
            print!("{}", report.log.text().unwrap_or_default());
            let findings = report
                .finding
                .map(|finding| (place().map(|path| path.display().to_string()).unwrap_or_default(), finding));
            Ok(Campaign { tally: report.tally, findings: findings.into_iter().collect() })
        }
        Some("shrink") => {
            let case = Case::from_lines(&std::fs::read_to_string(place()?)?)?;
            print!("{}", campaign::small(&case, &settings, Duration::from_secs(60)).to_lines());
            Ok(Campaign::default())
        }
        _ => Err("use: oracle fuzz|corpus|standing|logs|replay|shrink".into()),
    }
}

/// Prints for each seed the hash of its case's log, or the log: what another platform has to print as well.
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
