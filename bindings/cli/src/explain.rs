//! `tidewater explain`: how a result would be kept up to date.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use tidewater::Options;

use crate::args::ExplainArgs;
use crate::open::open_existing;
use crate::text::paragraph;
use crate::wire::{Answer, write_line};

/// Prints the explanation.
pub fn run(args: ExplainArgs) -> Result<ExitCode> {
    let query = args.query;
    let params = query.params()?;
    let explain = open_existing(&query.file, Options::default().with_disabled_features(args.disabled))?
        .explain(&query.sql, params)?;
    let mut text = Vec::new();
    if args.json {
        write_line(&Answer::explained(&explain), &mut text);
    } else {
        text.extend(paragraph(&explain.text).bytes());
        text.push(b'\n');
    }
    std::io::stdout().lock().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}
