//! Campaigns: play many cases within a time, shrink the findings and write them to files. Native only, because it reads
//! files and the clock.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tidewater::SumStore;

use crate::case::Case;
use crate::corpus::{Policy, Schedule, StandingQueries, Variant, databases, parse, play, play_standing};
use crate::finding::Finding;
use crate::forcing::{Forcings, drawn};
use crate::generate::Family;
use crate::harness::{Settings, Way};
use crate::log::Log;
use crate::random::Random;
use crate::shares::Shares;
use crate::shrink::shrink;
use crate::tally::Tally;
use crate::{generate, runner, skeleton};

/// How long a shrink may take.
const SHRINK_TIME: Duration = Duration::from_secs(4);

/// The number of findings that one campaign shrinks, so that a broken build does not take all night.
const SHRINKS: usize = 8;

/// The number of skeletons that one case walks.
pub const AT_ONCE: usize = 70;

/// The number of findings after which a database of a file is left.
const FINDINGS_A_DATABASE: usize = 5;

/// When a campaign ends.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    deadline: Instant,
    cases: u64,
}

impl Budget {
    /// A time limit and a limit on the number of cases.
    #[must_use]
    pub fn new(time: Duration, cases: u64) -> Self {
        Self { deadline: Instant::now() + time, cases }
    }

    fn spent(&self, tally: &Tally) -> bool {
        tally.cases >= self.cases || Instant::now() >= self.deadline
    }
}

/// The outcome of a campaign.
#[derive(Debug, Default)]
pub struct Campaign {
    /// The counts.
    pub tally: Tally,
    /// The counts of each family.
    pub shares: Shares,
    /// The counts of plays with disabled planner features.
    pub forcings: Forcings,
    /// The findings, with the place of each.
    pub findings: Vec<(String, Finding)>,
}

impl Campaign {
    /// All findings as text.
    #[must_use]
    pub fn report(&self) -> String {
        self.findings.iter().map(|(place, finding)| format!("{place}: {finding}\n")).collect()
    }
}

/// Which cases a campaign generates, and how it plays them.
#[derive(Clone, Debug)]
pub struct Fuzz {
    /// The first seed.
    pub seed: u64,
    /// The families; each seed gives one case of each.
    pub families: Vec<Family>,
    /// The ways to play each case.
    pub ways: Vec<Way>,
    /// How many more times each case is played by plans with disabled features that its seed chooses, and with sums in hash
    /// tables.
    pub forced: usize,
    /// Whether the campaign ends with the first finding.
    pub stops: bool,
}

impl Fuzz {
    /// Every family, every way, nothing disabled.
    #[must_use]
    pub fn all(seed: u64) -> Self {
        Self { seed, families: Family::ALL.to_vec(), ways: Way::ALL.to_vec(), forced: 0, stops: false }
    }

    /// One family, every way.
    #[must_use]
    pub fn of(family: Family, seed: u64) -> Self {
        Self { families: vec![family], ..Self::all(seed) }
    }

    /// The settings of the plays of a seed's case, in order.
    fn plays(&self, seed: u64, settings: &Settings) -> Vec<(Way, Settings)> {
        let is_bulk = self.ways.len() > 1 && seed % 2 == 1;
        let by_turns = |way| if is_bulk && way == Way::Gated { Way::Bulk } else { way };
        let ways = self.ways.iter().map(|way| by_turns(*way)).map(|way| (way, way.settings(settings)));
        let always = Way::Always.settings(settings);
        let forced = drawn(seed, self.forced).into_iter().map(|disabled| {
            let disabled = disabled.or(settings.disabled);
            (Way::Always, Settings { disabled, sums: SumStore::HashTable, ..always.clone() })
        });
        ways.chain(forced).collect()
    }
}

/// A small sample whose figures are the same wherever the engine is built: how many results were maintained and re-run.
///
/// # Errors
/// The findings, if there are any.
pub fn sample() -> Result<String, String> {
    let mut line = "sample:".to_owned();
    for family in [Family::Mixed, Family::Aggregate, Family::Subquery, Family::Order] {
        let fuzzed = Fuzz { ways: vec![Way::Always], ..Fuzz::of(family, 4_000_000) };
        let campaign = fuzz(&fuzzed, Budget::new(Duration::from_secs(600), 120), &Settings::default(), None);
        if !campaign.findings.is_empty() {
            return Err(campaign.report());
        }
        let Tally { maintained, rerun, .. } = &campaign.tally;
        line += &format!(" {family:?} maintained {maintained} re-run {rerun} of {},", campaign.tally.comparisons());
    }
    Ok(line)
}

/// Plays generated cases. Findings are shrunk and written into `keep`, if that is given.
pub fn fuzz(fuzz: &Fuzz, budget: Budget, settings: &Settings, keep: Option<&Path>) -> Campaign {
    let mut campaign = Campaign::default();
    let turns = (fuzz.seed..).flat_map(|seed| fuzz.families.iter().map(move |family| (seed, *family)));
    for (seed, family) in turns {
        if budget.spent(&campaign.tally) || (fuzz.stops && !campaign.findings.is_empty()) {
            break;
        }
        let case = generate::case_of(family, seed);
        for (way, settings) in fuzz.plays(seed, settings) {
            let report = runner::run(&case, &settings, Log::hashed());
            let disabled = settings.disabled;
            if disabled.is_nothing() {
                campaign.shares.count(family, way, &report.tally);
            } else {
                campaign.forcings.count(disabled, &report.tally);
            }
            campaign.tally.include(&report.tally);
            let Some(finding) = report.finding else { continue };
            let mut place = format!("{family}, seed {seed}, {way:?}");
            if !disabled.is_nothing() {
                place.push_str(&format!(", with {disabled} disabled"));
            }
            if !fuzz.stops {
                let path = keep.map(|keep| keep.join(format!("{family}-{seed}.jsonl")));
                place = campaign.kept(&case, &settings, &finding, place, path);
            }
            campaign.findings.push((place, finding));
            // A fault in one way usually shows in the others too.
            break;
        }
    }
    campaign
}

impl Campaign {
    /// Shrinks a case if time is left and writes it to a file. Returns a description of the finding.
    fn kept(
        &self,
        case: &Case,
        settings: &Settings,
        finding: &Finding,
        place: String,
        path: Option<PathBuf>,
    ) -> String {
        if self.findings.len() >= SHRINKS {
            return place;
        }
        let case = Case { disabled: settings.disabled.or(case.disabled), ..case.clone() };
        let small = small(&case, settings, SHRINK_TIME);
        let place = format!("{place}, shrunk to\n{}", small.to_lines());
        let Some(path) = path else { return place };
        match fs::write(&path, format!("// {}\n{}", finding.fault.name(), small.to_lines())) {
            Ok(()) => place,
            Err(error) => format!("{place} (not kept in {}: {error})", path.display()),
        }
    }
}

/// Walks every skeleton in every way, `at_once` of them in a case.
pub fn skeletons(at_once: usize, ways: &[Way], settings: &Settings, keep: Option<&Path>) -> Campaign {
    let mut campaign = Campaign::default();
    for (number, case) in skeleton::cases(at_once).iter().enumerate() {
        for way in ways {
            let settings = way.settings(settings);
            let report = runner::run(case, &settings, Log::hashed());
            campaign.tally.include(&report.tally);
            let Some(finding) = report.finding else { continue };
            let path = keep.map(|keep| keep.join(format!("skeletons-{number}.jsonl")));
            let place = campaign.kept(case, &settings, &finding, format!("skeletons {number}, {way:?}"), path);
            campaign.findings.push((place, finding));
            break;
        }
    }
    campaign
}

/// The short lane: regressions, skeletons, then all families until the time is up. It ends with the first finding and does
/// not shrink it.
///
/// # Errors
/// When the folder of regressions or a file in it cannot be read.
pub fn lane(seed: u64, regressions: &Path, budget: Budget, settings: &Settings) -> io::Result<Campaign> {
    let mut campaign = replay(regressions, settings)?;
    for (number, case) in skeleton::cases(AT_ONCE).iter().enumerate() {
        if !campaign.findings.is_empty() || budget.spent(&campaign.tally) {
            return Ok(campaign);
        }
        let report = runner::run(case, &Way::Always.settings(settings), Log::hashed());
        campaign.tally.include(&report.tally);
        campaign.findings.extend(report.finding.map(|finding| (format!("skeletons {number}"), finding)));
    }
    if campaign.findings.is_empty() {
        let all = Fuzz { ways: vec![Way::Always, Way::Gated], forced: 1, stops: true, ..Fuzz::all(seed) };
        let fuzzed = fuzz(&all, budget, settings, None);
        campaign.tally.include(&fuzzed.tally);
        campaign.shares.include(&fuzzed.shares);
        campaign.forcings = fuzzed.forcings;
        campaign.findings.extend(fuzzed.findings);
    }
    Ok(campaign)
}

/// Shrinks a case as far as the time allows.
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

/// Which part of a corpus to play, and how.
#[derive(Clone, Debug)]
pub struct Selection {
    /// How the writes are transformed.
    pub variant: Variant,
    /// When queries are subscribed to.
    pub policy: Policy,
    /// The maximum number of subscriptions of a database.
    pub subscriptions: usize,
    /// One in this many databases is played; the seed chooses which.
    pub one_in: usize,
    /// The seed of all random choices.
    pub seed: u64,
}

/// Plays the `.slt` and `.test` files of a folder, in an order that the seed chooses, until the budget is spent.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn corpus(folder: &Path, selection: &Selection, budget: Budget, settings: &Settings) -> io::Result<Campaign> {
    let mut campaign = Campaign::default();
    let mut paths = files(folder, &["slt", "test"])?;
    let mut random = Random::new(selection.seed);
    random.shuffle(&mut paths);
    for path in paths {
        // Some files are not UTF-8. Replacing the invalid bytes only changes literals.
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
                let plan = Schedule {
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
    let set = StandingQueries::parse(&read("schema.sql")?, &read("stream.sql")?, &read("queries.sql")?);
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
