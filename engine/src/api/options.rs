//! How an engine is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::plan::DisabledFeatures;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// In memory, gone with the engine.
    Memory,
    /// A file; [`Options::access`] says whether it is created when missing.
    File(PathBuf),
    /// A file as a URI, `file:shop.db?mode=ro`: <https://sqlite.org/uri.html>.
    Uri(String),
}

/// What may be done with a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Read and write; it is created when missing.
    #[default]
    Create,
    /// Read and write; it has to exist.
    Write,
    /// Read; it has to exist. Subscriptions follow what others write.
    Read,
}

impl From<&str> for Location {
    fn from(path: &str) -> Self {
        Self::File(path.into())
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// How subscriptions are maintained; everything but [`Strategy::Auto`] is for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "tests alone choose another than the default"))]
pub enum Strategy {
    /// Incremental where a plan exists, re-running elsewhere.
    #[default]
    Auto,
    /// Refuse what has no incremental plan with [`Error::NotIncremental`](crate::Error::NotIncremental).
    Incremental,
    /// Re-run every affected query.
    Requery,
}

/// Where sums by key are kept: the counts and sums of groups, and how often rows come in DISTINCT and compound SELECTs. Every
/// result is the same wherever they are; tests compare the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SumStore {
    /// In hash tables. The default without the feature `differential`.
    HashTable,
    /// In differential-dataflow, on timely. The default with the feature `differential`.
    #[cfg(feature = "differential")]
    Differential,
}

impl Default for SumStore {
    fn default() -> Self {
        #[cfg(feature = "differential")]
        return Self::Differential;
        #[cfg(not(feature = "differential"))]
        return Self::HashTable;
    }
}

/// The application's code that prepares each connection; see [`Options::with_on_open`].
#[derive(Clone)]
pub(crate) struct OnOpen(Arc<OnOpenFn>);

type OnOpenFn = dyn Fn(&Connection) -> rusqlite::Result<()> + Send + Sync;

impl OnOpen {
    pub(crate) fn call(&self, connection: &Connection) -> rusqlite::Result<()> {
        (self.0)(connection)
    }
}

impl std::fmt::Debug for OnOpen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnOpen")
    }
}

/// How an engine is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Compare every subscription with a fresh evaluation after every commit and report a
    /// [`Divergence`](crate::Divergence) where they differ, with the SQL that makes it happen again. Slow; for development.
    pub paranoid: bool,
    /// Add to every [`Diff`](crate::Diff) the changed rows of the commit that caused it:
    /// [`Diff::causes`](crate::Diff::causes). Finding them may cost as much again as maintaining the results that changed.
    pub provenance: bool,
    /// How subscriptions are maintained.
    pub(crate) strategy: Strategy,
    /// Whether a result is re-run where maintaining it is estimated to cost more.
    pub(crate) cost_gate: bool,
    /// How many changed rows of a table capture keeps in a commit, instead of what the cost gate says.
    pub(crate) most_captured_rows: Option<usize>,
    /// Features that the planner does not use.
    pub(crate) disabled_features: DisabledFeatures,
    /// Where sums by key are kept.
    pub sums: SumStore,
    /// How many bytes plans may remember beside the results, as in [`Stats::remembered_bytes`](crate::Stats); no limit when
    /// `None`. When they exceed it after a commit or a subscribe, the memory that was used least recently is dropped. A query
    /// without its memory is re-run when a commit affects it, until there is room again. Sizes are measured without the
    /// allocator's overhead, and only now and then while they grow, so in between they may reach about twice the limit.
    pub memory_budget: Option<usize>,
    /// Whether foreign keys are enforced from the start. `PRAGMA foreign_keys` changes it later.
    pub foreign_keys: bool,
    /// What may be done with the file.
    pub access: Access,
    /// Be the only connection: `locking_mode=EXCLUSIVE`, then WAL with `synchronous=NORMAL`. One-row commits are about
    /// thirty times cheaper on OPFS than with SQLite's defaults and survive the death of every tab and of the browser.
    pub exclusive: bool,
    /// Store the number of each commit with it, also where the engine is the only connection. Otherwise such an engine reserves
    /// numbers, 256 at a time, which saves each commit a page: after a crash the next number leaves some out. The number that is found then
    /// does not tell whether a commit before the crash was made; with this, it does.
    pub exact_commit_numbers: bool,
    /// The name of a SQLite VFS that is already registered; the default one when `None`.
    pub vfs: Option<String>,
    /// The size of SQLite's page cache in KiB; SQLite's default when `None`.
    pub cache_kib: Option<u32>,
    /// How long a statement waits for another connection's lock, and a call for the end of another thread's transaction.
    pub busy_timeout: Duration,
    /// How long one statement may run, a query of the application's or the evaluation of a subscribed one: then it fails with the code
    /// `timeout` and has changed nothing. No limit when `None`. What the engine itself does at a commit is not counted.
    pub statement_timeout: Option<Duration>,
    /// How many bytes the rows of one result may have, also where a subscription is evaluated: then the query fails with the code
    /// `result_too_large`. No limit when `None`. The rows of RETURNING are not counted, nor those that are handed on one by one,
    /// nor what the changes of later commits add to a result.
    pub most_result_bytes: Option<usize>,
    /// Another connection may take the place of this one at any moment, as in a browser when the active tab is closed. Statements that
    /// would be undone by that are refused with the code `passes_away`: PRAGMAs that set the connection, TEMP and ATTACH.
    pub is_replaceable: bool,
    /// See [`Options::with_clock`].
    pub(crate) clock: Option<Clock>,
    /// How many events wait in a [`Subscription`](crate::Subscription) that is not read, 64 by default. Those that follow are
    /// merged into one diff, without causes: a late reader misses steps between, never what they come to.
    pub waiting_events: usize,
    /// See [`Options::with_on_open`].
    pub(crate) on_open: Option<OnOpen>,
}

/// The time since some moment.
pub type Clock = fn() -> Duration;

/// The clock where nobody gives another one.
#[cfg(target_arch = "wasm32")]
const CLOCK: Option<Clock> = None;
#[cfg(not(target_arch = "wasm32"))]
const CLOCK: Option<Clock> = Some(since_start);

/// The time since it was first asked for.
#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::disallowed_methods, reason = "a native clock, which a test replaces")]
fn since_start() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paranoid: false,
            provenance: false,
            strategy: Strategy::Auto,
            cost_gate: true,
            most_captured_rows: None,
            disabled_features: DisabledFeatures::NOTHING,
            sums: SumStore::default(),
            memory_budget: None,
            foreign_keys: true,
            access: Access::Create,
            exclusive: false,
            exact_commit_numbers: false,
            vfs: None,
            cache_kib: None,
            busy_timeout: Duration::from_secs(5),
            statement_timeout: None,
            most_result_bytes: None,
            is_replaceable: false,
            clock: CLOCK,
            waiting_events: 64,
            on_open: None,
        }
    }
}

impl Options {
    /// The options with [`Options::paranoid`] set.
    #[must_use]
    pub fn with_paranoid(mut self, paranoid: bool) -> Self {
        self.paranoid = paranoid;
        self
    }

    /// The options with [`Options::provenance`] set.
    #[must_use]
    pub fn with_provenance(mut self, provenance: bool) -> Self {
        self.provenance = provenance;
        self
    }

    /// How subscriptions are maintained, [`Strategy::Auto`] by default. Only for tests: no result depends on it.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Whether a result is re-run where maintaining it is estimated to cost more, as it is by default. Off only in tests, which want
    /// the plans to be used on the smallest tables.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_cost_gate(mut self, cost_gate: bool) -> Self {
        self.cost_gate = cost_gate;
        self
    }

    /// After how many changed rows of a table capture gives the rows of a commit up, and whatever reads the table is evaluated again;
    /// by default as many as that costs. Only for tests: no result depends on it.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_most_captured_rows(mut self, rows: usize) -> Self {
        self.most_captured_rows = Some(rows);
        self
    }

    /// Features that the planner does not use, so that each part of a query is maintained by the next correct strategy, or the query
    /// is re-run. Only for tests: every result is the same, whatever is disabled.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_disabled_features(mut self, disabled_features: DisabledFeatures) -> Self {
        self.disabled_features = disabled_features;
        self
    }

    /// The options with [`Options::sums`] set.
    #[must_use]
    pub fn with_sums(mut self, sums: SumStore) -> Self {
        self.sums = sums;
        self
    }

    /// The options with [`Options::memory_budget`] set.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: usize) -> Self {
        self.memory_budget = Some(bytes);
        self
    }

    /// The options with [`Options::exclusive`] set.
    #[must_use]
    pub fn with_exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// The options with [`Options::exact_commit_numbers`] set.
    #[must_use]
    pub fn with_exact_commit_numbers(mut self, exact_commit_numbers: bool) -> Self {
        self.exact_commit_numbers = exact_commit_numbers;
        self
    }

    /// The options with [`Options::access`] set.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// The options with [`Options::vfs`] set.
    #[must_use]
    pub fn with_vfs(mut self, vfs: impl Into<String>) -> Self {
        self.vfs = Some(vfs.into());
        self
    }

    /// The options with [`Options::foreign_keys`] set.
    #[must_use]
    pub fn with_foreign_keys(mut self, foreign_keys: bool) -> Self {
        self.foreign_keys = foreign_keys;
        self
    }

    /// The options with [`Options::cache_kib`] set.
    #[must_use]
    pub fn with_cache_kib(mut self, cache_kib: u32) -> Self {
        self.cache_kib = Some(cache_kib);
        self
    }

    /// The options with [`Options::busy_timeout`] set.
    #[must_use]
    pub fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// The options with [`Options::statement_timeout`] set.
    #[must_use]
    pub fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// The options with [`Options::most_result_bytes`] set.
    #[must_use]
    pub fn with_most_result_bytes(mut self, bytes: usize) -> Self {
        self.most_result_bytes = Some(bytes);
        self
    }

    /// The options with [`Options::is_replaceable`] set.
    #[must_use]
    pub fn with_replaceable(mut self, is_replaceable: bool) -> Self {
        self.is_replaceable = is_replaceable;
        self
    }

    /// Measures time by this clock, which never goes back. On wasm32 there is no other, and without one no statement times out.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The options with [`Options::waiting_events`] set.
    #[must_use]
    pub fn with_waiting_events(mut self, waiting_events: usize) -> Self {
        self.waiting_events = waiting_events;
        self
    }

    /// Runs `on_open` on each connection that the engine opens, before anything else: to register functions and collations or to
    /// load extensions.
    ///
    /// A function that is registered as deterministic can be part of incremental plans. Queries with other ones, and with aggregates
    /// of the application's, are re-run. Hooks and the authorizer are the engine's.
    ///
    /// ```
    /// use tidewater::rusqlite::functions::FunctionFlags;
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let options = Options::default().with_on_open(|connection| {
    ///     let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    ///     connection.create_scalar_function("half", 1, flags, |context| Ok(context.get::<f64>(0)? / 2.0))
    /// });
    /// let engine = Engine::open(Location::Memory, options)?;
    /// assert_eq!(engine.query("SELECT half(3)", ())?.rows[0].get(0), Some(tidewater::ValueRef::Real(1.5)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_on_open(
        mut self,
        on_open: impl Fn(&Connection) -> rusqlite::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.on_open = Some(OnOpen(Arc::new(on_open)));
        self
    }
}
