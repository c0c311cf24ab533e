//! Running other programs: what is run is printed, and a failure names it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail};

static STEPS: Mutex<Vec<(String, Instant)>> = Mutex::new(Vec::new());

/// Prints the headline of a step, which lasts until the next.
pub fn step(what: &str) {
    println!("\n==> {what}");
    steps().push((what.to_owned(), Instant::now()));
}

/// Prints how long each step took so far.
pub fn print_durations() {
    let steps = steps();
    let ends = steps.iter().skip(1).map(|(_, begun)| *begun).chain([Instant::now()]);
    println!("\n==> Durations");
    for ((what, begun), end) in steps.iter().zip(ends) {
        println!("{:>8.1} s  {what}", (end - *begun).as_secs_f64());
    }
}

fn steps() -> MutexGuard<'static, Vec<(String, Instant)>> {
    STEPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs to the end with the caller's output; an error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = describe(command);
    println!("    $ {shown}");
    let begun = Instant::now();
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    println!("    ({:.1} s)", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Runs to the end, shows its output as it comes and hands every line of it to `line`, of standard error too, where nextest
/// counts. True when it succeeded: a failing test run still has lines worth counting.
pub fn run_reading(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool> {
    let shown = describe(command);
    println!("    $ {shown}");
    let begun = Instant::now();
    let (output, input) = std::io::pipe()?;
    let mut child =
        command.stdout(input.try_clone()?).stderr(input).spawn().with_context(|| format!("cannot start `{shown}`"))?;
    // The command holds ends of the pipe as well, and with them open the output would have no end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut reader = BufReader::new(output);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        std::io::stdout().write_all(&bytes)?;
        line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    let status = child.wait()?;
    println!("    ({:.1} s, {status})", begun.elapsed().as_secs_f64());
    Ok(status.success())
}

/// Standard output of a program that must succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = describe(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Standard output of a program that may be missing or fail, without showing anything.
pub fn probe(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program of this name is in PATH.
pub fn in_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| is_file(&folder.join(program))))
}

fn is_file(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}

fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
