//! The command line: commands, arguments, and their help.

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use tidewater::{DisabledFeatures, Params, Strategy};

use crate::output::Mode;
use crate::param::{self, Param};
use crate::place::Place;

const PARAM_HELP: &str = "\
Parameters:
  --param 5          the next ? of the query, counted from ?1
  --param name=5     :name, @name or $name
  A value is an INTEGER or a REAL if it looks like one, null, a blob x'00ff', a text in
  quotes 'a=1', and otherwise the text as it stands.";

const WATCH_EXAMPLES: &str = "\
Keys: arrows, j/k, PgUp/PgDn, Home/End scroll; Left/Right scroll columns; q, Esc or Ctrl-C quit.
If standard output is not a terminal, the whole result is printed each time it changes, as a box or in another --mode.

Examples:
  tidewater watch app.db 'SELECT * FROM todo WHERE done = 0 ORDER BY id'
  tidewater watch app.db 'SELECT * FROM event WHERE kind = :kind' --param kind=error
  tidewater watch app.db 'SELECT count(*) FROM job' --json | jq .
  tidewater watch 'file:app.db?mode=ro' 'SELECT id, title FROM todo' --csv --header";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tidewater explain app.db 'SELECT project, count(*) FROM todo GROUP BY project'
  tidewater explain app.db 'SELECT * FROM todo WHERE id = ?' --param 7 --json";

const SHELL_EXAMPLES: &str = "\
Examples:
  tidewater shell app.db
  tidewater shell                        a database in memory
  tidewater shell app.db < script.sql    the same, read from a script
  tidewater shell app.db 'SELECT * FROM todo'        prints a box in a terminal, else values with |
  tidewater shell app.db 'SELECT * FROM todo' --json | jq .
  tidewater shell app.db .dump > backup.sql
  tidewater shell app.db '.import people.csv person'";

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

fn place() -> impl TypedValueParser<Value = Place> {
    OsStringValueParser::new().map(|text: OsString| Place::from(text))
}

#[derive(Args)]
pub struct QueryArgs {
    /// The SQLite file, which must exist, or a URI (file:app.db?mode=ro)
    #[arg(value_parser = place())]
    pub file: Place,
    /// The SELECT
    #[arg(value_name = "SELECT")]
    pub sql: String,
    /// A value for a parameter of the query (see below); may be repeated
    #[arg(long = "param", value_name = "VALUE|NAME=VALUE", allow_hyphen_values = true)]
    pub params: Vec<Param>,
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
    /// Print the result and then each change as a line of JSON
    #[arg(long, group = "form")]
    pub json: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How results are printed.
#[derive(Args)]
pub struct OutputArgs {
    /// Print whole results in this form
    #[arg(long, value_enum, value_name = "NAME", group = "form")]
    pub mode: Option<Mode>,
    /// The same as --mode csv
    #[arg(long, group = "form")]
    pub csv: bool,
    /// The same as --mode jsonl
    #[arg(long, group = "form")]
    pub jsonl: bool,
    /// The same as --mode markdown
    #[arg(long, group = "form")]
    pub markdown: bool,
    /// The same as --mode line
    #[arg(long, group = "form")]
    pub line: bool,
    /// The same as --mode list
    #[arg(long, group = "form")]
    pub list: bool,
    /// The same as --mode tabs
    #[arg(long, group = "form")]
    pub tabs: bool,
    /// The same as --mode box
    #[arg(long = "box", group = "form")]
    pub boxed: bool,
    /// Print the names of the columns first
    #[arg(long, overrides_with = "no_header")]
    pub header: bool,
    /// Do not print the names of the columns
    #[arg(long)]
    pub no_header: bool,
    /// What stands for NULL
    #[arg(long = "nullvalue", value_name = "TEXT")]
    pub null: Option<String>,
}

impl OutputArgs {
    /// The mode, if one is chosen.
    pub fn mode(&self) -> Option<Mode> {
        let flags = [
            (self.csv, Mode::Csv),
            (self.jsonl, Mode::Jsonl),
            (self.markdown, Mode::Markdown),
            (self.line, Mode::Line),
            (self.list, Mode::List),
            (self.tabs, Mode::Tabs),
            (self.boxed, Mode::Box),
        ];
        self.mode.or(flags.into_iter().find_map(|(is_set, mode)| is_set.then_some(mode)))
    }

    /// Whether the names of the columns come first, if that is chosen.
    pub const fn headers(&self) -> Option<bool> {
        match (self.header, self.no_header) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

#[derive(Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub query: QueryArgs,
    /// Print a line of JSON
    #[arg(long)]
    pub json: bool,

    /// Planner features to disable, separated by commas, to see how the query is planned instead
    #[arg(long = "disable", value_name = "NAMES", default_value = "", hide_default_value = true)]
    pub disabled: DisabledFeatures,
}

#[derive(Args)]
pub struct ShellArgs {
    /// The SQLite file, created if it does not exist, or a URI; without it, or with :memory:, the database is in memory
    #[arg(value_parser = place())]
    pub file: Option<Place>,
    /// Statements and dot commands to run instead of reading standard input
    #[arg(value_name = "SQL")]
    pub sql: Vec<String>,
    /// Print rows as an array of JSON objects
    #[arg(long, group = "form")]
    pub json: bool,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Stop a script at its first error, as statements on the command line do
    #[arg(long)]
    pub bail: bool,
}

#[derive(Args)]
pub struct ReplayArgs {
    /// The SQLite file, created if it does not exist, or a URI; without it the database is in memory
    #[arg(long, value_name = "FILE", value_parser = place())]
    pub db: Option<Place>,
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
