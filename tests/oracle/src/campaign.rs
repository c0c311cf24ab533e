//! Campaigns: many cases within a time, findings made small and written down. Native only: it reads files and the clock.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::case::Case;
use crate::corpus::{Plan, Policy, Standing, Variant, databases, parse, play, play_standing};
use crate::finding::Finding;
use crate::harness::Settings;
use crate::log::Log;
use crate::random::Random;
use crate::shrink::shrink;
use crate::tally::Tally;
use crate::{generate, runner};

/// How long a shrink may take.
const SHRINK_TIME: Duration = Duration::from_secs(4);

/// Findings that are shrunk in one campaign, so that a broken build does not burn the night.
const SHRINKS: usize = 8;

/// Findings in one database of a file after which it is left.
const FINDINGS_A_DATABASE: usize = 5;

/// When a campaign ends.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    deadline: Instant,
    cases: u64,
}

impl Budget {
    /// So long and no more than so many cases.
    #[must_use]
    pub fn new(time: Duration, cases: u64) -> Self {
        Self { deadline: Instant::now() + time, cases }
    }

    fn spent(&self, tally: &Tally) -> bool {
        tally.cases >= self.cases || Instant::now() >= self.deadline
    }
}

/// What a campaign gave.
#[derive(Debug, Default)]
pub struct Campaign {
    /// What was counted.
    pub tally: Tally,
    /// Where something was wrong, and what.
    pub findings: Vec<(String, Finding)>,
}

impl Campaign {
    /// All findings in words.
    #[must_use]
    pub fn report(&self) -> String {
        self.findings.iter().map(|(place, finding)| format!("{place}: {finding}\n")).collect()
    }
}

/// Plays generated cases from a seed on. Findings are shrunk and written into `keep`, if that is given.
pub fn fuzz(seed: u64, budget: Budget, settings: &Settings, keep: Option<&Path>) -> Campaign {
    let mut campaign = Campaign::default();
    let mut seed = seed;
    while !budget.spent(&campaign.tally) {
        let case = generate::case(seed);
        let report = runner::run(&case, settings, Log::hashed());
        campaign.tally.include(&report.tally);
        if let Some(finding) = report.finding {
            let mut place = format!("seed {seed}");
            if campaign.findings.len() < SHRINKS {
                let small = small(&case, settings, SHRINK_TIME);
                place = format!("{place}, shrunk to\n{}", small.to_lines());
                if let Some(folder) = keep {
                    let path = folder.join(format!("seed-{seed}.jsonl"));
                    if let Err(error) = fs::write(&path, format!("// {}\n{}", finding.fault.name(), small.to_lines())) {
                        place = format!("{place} (not kept in {}: {error})", path.display());
                    }
                }
            }
            campaign.findings.push((place, finding));
        }
        seed += 1;
    }
    campaign
}

/// A case made as small as the time allows.
#[must_use]
pub fn small(case: &Case, settings: &Settings, time: Duration) -> Case {
    let deadline = Instant::now() + time;
    shrink(case, settings, &mut || Instant::now() < deadline)
}

/// Plays every case of a folder.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn replay(folder: &Path, settings: &Settings) -> io::Result<Campaign> {
    let mut campaign = Campaign::default();
    for path in files(folder, &["jsonl"])? {
        let case = Case::from_lines(&fs::read_to_string(&path)?).map_err(io::Error::other)?;
        let report = runner::run(&case, settings, Log::hashed());
        campaign.tally.include(&report.tally);
        campaign.findings.extend(report.finding.map(|finding| (path.display().to_string(), finding)));
    }
    Ok(campaign)
}

/// Which part of a corpus is played, and how.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How the writes are transformed.
    pub variant: Variant,
    /// When queries are subscribed to.
    pub policy: Policy,
    /// Subscriptions a database at most.
    pub subscriptions: usize,
    /// One in so many databases is played; which, the seed says.
    pub one_in: usize,
    /// What chance is made from.
    pub seed: u64,
}

/// Plays the `.slt` and `.test` files of a folder, in an order that the seed decides, until the budget is spent.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn corpus(folder: &Path, selection: &Selection, budget: Budget, settings: &Settings) -> io::Result<Campaign> {
    let mut campaign = Campaign::default();
    let mut paths = files(folder, &["slt", "test"])?;
    let mut random = Random::new(selection.seed);
    random.shuffle(&mut paths);
    for path in paths {
        // Some files hold bytes that are not UTF-8; replacing them changes a literal and nothing else.
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let records = parse(&text);
        for (number, records) in databases(&records).into_iter().enumerate() {
            if random.below(selection.one_in) != 0 {
                continue;
            }
            if budget.spent(&campaign.tally) {
                return Ok(campaign);
            }
            let place = format!("{} database {number} {:?} {:?}", path.display(), selection.variant, selection.policy);
            let mut without = Vec::new();
            for _ in 0..FINDINGS_A_DATABASE {
                let plan = Plan {
                    policy: selection.policy,
                    variant: selection.variant,
                    subscriptions: selection.subscriptions,
                    seed: selection.seed,
                    without: without.clone(),
                };
                let report = play(records, &plan, settings);
                campaign.tally.include(&report.tally);
                let Some(finding) = report.finding else { break };
                let known = without.contains(&finding.sql);
                without.push(finding.sql.clone());
                campaign.findings.push((place.clone(), finding));
                if known {
                    break;
                }
            }
        }
    }
    Ok(campaign)
}

/// Plays one set of standing queries.
///
/// # Errors
/// When one of its three files cannot be read.
pub fn standing(folder: &Path, transactions: usize, settings: &Settings) -> io::Result<Campaign> {
    let read = |name: &str| fs::read_to_string(folder.join(name));
    let set = Standing::parse(&read("schema.sql")?, &read("stream.sql")?, &read("queries.sql")?);
    let mut campaign = Campaign::default();
    let mut without = Vec::new();
    for _ in 0..FINDINGS_A_DATABASE {
        let report = play_standing(&set, transactions, &without, settings);
        campaign.tally.include(&report.tally);
        let Some(finding) = report.finding else { break };
        without.push(finding.sql.clone());
        campaign.findings.push((folder.display().to_string(), finding));
    }
    Ok(campaign)
}

/// The folder of recorded corpora: `TIDEWATER_CORPUS`, or `shared/corpus` beside the workspace.
#[must_use]
pub fn corpus_folder() -> Option<PathBuf> {
    let named = std::env::var_os("TIDEWATER_CORPUS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    named.or(Some(beside)).filter(|folder| folder.is_dir())
}

fn files(folder: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extensions)?);
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
