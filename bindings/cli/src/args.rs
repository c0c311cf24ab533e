//! The command line: commands, arguments, and their help.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use tidewater::{DisabledFeatures, Params, Strategy};

use crate::param::{self, Param};

const PARAM_HELP: &str = "\
Parameters:
  --param 5          the next ? of the query, counted from ?1
  --param name=5     :name, @name or $name
  A value is an INTEGER or a REAL if it looks like one, null, a blob x'00ff', a text in
  quotes 'a=1', and otherwise the text as it stands.";

const WATCH_EXAMPLES: &str = "\
Keys: arrows, j/k, PgUp/PgDn, Home/End scroll; Left/Right scroll columns; q, Esc or Ctrl-C quit.
If standard output is not a terminal, the whole table is printed each time the result changes.

Examples:
  tidewater watch app.db 'SELECT * FROM todo WHERE done = 0 ORDER BY id'
  tidewater watch app.db 'SELECT * FROM event WHERE kind = :kind' --param kind=error
  tidewater watch app.db 'SELECT count(*) FROM job' --json | jq .";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tidewater explain app.db 'SELECT project, count(*) FROM todo GROUP BY project'
  tidewater explain app.db 'SELECT * FROM todo WHERE id = ?' --param 7 --json";

const SHELL_EXAMPLES: &str = "\
Examples:
  tidewater shell app.db
  tidewater shell                        a database in memory
  tidewater shell app.db < script.sql    the same, read from a script";

const REPLAY_EXAMPLES: &str = "\
The exit status is 3 if --paranoid finds a result that differs from SQLite's.

Examples:
  echo '{\"op\":\"query\",\"sql\":\"SELECT 1.0, null\"}' | tidewater replay
  tidewater replay --db app.db --paranoid < script.jsonl";

/// Keeps the results of SQL queries over a SQLite database up to date.
#[derive(Parser)]
#[command(name = "tidewater", version, arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Show the result of a query, live, while other programs write the file
    #[command(after_help = format!("{PARAM_HELP}\n\n{WATCH_EXAMPLES}"))]
    Watch(WatchArgs),
    /// Explain how the result of a query would be kept up to date, and why
    #[command(after_help = format!("{PARAM_HELP}\n\n{EXPLAIN_EXAMPLES}"))]
    Explain(ExplainArgs),
    /// Type SQL and keep results live while you do
    #[command(after_help = SHELL_EXAMPLES)]
    Shell(ShellArgs),
    /// Drive the engine with a script: one JSON request per line in, events and answers out
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
}

#[derive(Args)]
pub struct QueryArgs {
    /// The SQLite file, which must exist
    pub file: PathBuf,
    /// The SELECT
    #[arg(value_name = "SELECT")]
    pub sql: String,
    /// A value for a parameter of the query (see below); may be repeated
    #[arg(long = "param", value_name = "VALUE|NAME=VALUE", allow_hyphen_values = true)]
    pub params: Vec<Param>,
    /// Print JSON lines
    #[arg(long)]
    pub json: bool,
}

impl QueryArgs {
    /// The values of all `--param`s together.
    pub fn params(&self) -> Result<Params, clap::Error> {
        param::collect(self.params.clone()).map_err(|param::Mixed| {
            Cli::command().error(
                ErrorKind::ArgumentConflict,
                "--param takes either values only or NAME=VALUE only; write a text that contains = as 'a=b', with the quotes",
            )
        })
    }
}

#[derive(Args)]
pub struct WatchArgs {
    #[command(flatten)]
    pub query: QueryArgs,
}

#[derive(Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub query: QueryArgs,

    /// Planner features to disable, separated by commas, to see how the query is planned instead
    #[arg(long = "disable", value_name = "NAMES", default_value = "", hide_default_value = true)]
    pub disabled: DisabledFeatures,
}

#[derive(Args)]
pub struct ShellArgs {
    /// The SQLite file, created if it does not exist; without it the database is in memory
    pub file: Option<PathBuf>,
}

#[derive(Args)]
pub struct ReplayArgs {
    /// The SQLite file, created if it does not exist; without it the database is in memory
    #[arg(long, value_name = "FILE")]
    pub db: Option<PathBuf>,
    /// How subscriptions are kept up to date
    #[arg(long, value_enum, default_value_t = StrategyArg::Auto)]
    pub strategy: StrategyArg,
    /// Re-run every subscription in SQLite after every commit and compare
    #[arg(long)]
    pub paranoid: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum StrategyArg {
    /// Incrementally where a plan exists and is cheaper
    Auto,
    /// Incrementally only; a query without a plan is refused
    Incremental,
    /// By re-running affected queries
    Requery,
}

impl From<StrategyArg> for Strategy {
    fn from(arg: StrategyArg) -> Self {
        match arg {
            StrategyArg::Auto => Self::Auto,
            StrategyArg::Incremental => Self::Incremental,
            StrategyArg::Requery => Self::Requery,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
