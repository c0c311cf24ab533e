//! The engine as applications build it: crates that are no members of the workspace, and the terminal program as `cargo install`
//! makes it. All are built from a folder outside of the repository, so that nothing of its settings reaches them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::tally::Tally;
use crate::{process, project, toolchain};

/// What the settings of the repository would say to builds of SQLite.
const SETTINGS: [&str; 2] = ["LIBSQLITE3_FLAGS", "SQLITE_WASM_RS_FLAGS"];

/// One profile for everything that is compiled outside, so that each step compiles only what the one before has not.
const PROFILE: [&str; 2] = ["profile.dev.debug=false", "profile.dev.package.libsqlite3-sys.opt-level=1"];

/// A script of `tidewater replay` whose queries are to be maintained.
const SCRIPT: &str = r#"{"op":"exec","sql":"CREATE TABLE contact(id INTEGER PRIMARY KEY, email TEXT COLLATE NOCASE); INSERT INTO contact(email) VALUES ('a'), ('a'), ('b')"}
{"op":"subscribe","id":"s","sql":"SELECT email, count(*) FROM contact GROUP BY email"}
{"op":"exec","sql":"INSERT INTO contact(email) VALUES ('b')"}
{"op":"explain","sql":"SELECT email, count(*) FROM contact GROUP BY email"}
"#;

/// Runs the tests of `tests/outside`, the same sample inside and outside, the installed program, `tests/beside` and `examples/axum`.
pub fn test() -> Result<Tally> {
    let folder = std::env::temp_dir().join(format!("tidewater-outside-{}", std::process::id()));
    let tested = test_in(&folder);
    fs::remove_dir_all(&folder).ok();
    tested
}

fn test_in(folder: &Path) -> Result<Tally> {
    process::step("Outside the repository: a crate that is no member of the workspace");
    let mut tally = Tally::default();
    let mut sample = None;
    let outside = folder.join("outside");
    copy("tests/outside", &outside)?;
    // The versions that the workspace has chosen, so that figures can be compared.
    fs::copy(project::path("Cargo.lock"), outside.join("Cargo.lock"))?;
    run_tests(&outside, &mut tally, |line| {
        // The harness writes the name of the test on the same line.
        if let Some(at) = line.find("sample:") {
            sample = Some(line[at..].trim().to_owned());
        }
    })?;

    process::step("Outside the repository: the sample beside that of the workspace");
    let inside =
        output(toolchain::cargo()?.args(["run", "--quiet", "-p", "tidewater-oracle", "--bin", "oracle", "sample"]))?;
    println!("    outside {}\n    inside  {}", sample.as_deref().unwrap_or("nothing"), inside.trim());
    note(&mut tally, sample.as_deref() == Some(inside.trim()));

    process::step("Outside the repository: the terminal program by cargo install");
    let installed = project::path("target/outside/installed");
    let cli = project::path("bindings/cli");
    let mut command = cargo(&outside)?;
    command.args(["install", "--locked", "--debug", "--force", "--path"]).arg(cli).arg("--root").arg(&installed);
    process::run(&mut command)?;
    let answers = replay(&installed.join("bin/tidewater"))?;
    print!("{answers}");
    let is_maintained = answers.contains(r#""plan":"incremental""#) && answers.contains("maintained 1, re-run 0");
    note(&mut tally, is_maintained);

    process::step("Outside the repository: beside other SQLite crates");
    let beside = folder.join("beside");
    copy("tests/beside", &beside)?;
    run_tests(&beside, &mut tally, |_| {})?;

    process::step("Outside the repository: a web server with live results");
    let server = folder.join("axum");
    copy("examples/axum", &server)?;
    run_tests(&server, &mut tally, |_| {})?;
    Ok(tally)
}

fn run_tests(folder: &Path, tally: &mut Tally, mut line_read: impl FnMut(&str)) -> Result<()> {
    let mut command = cargo(folder)?;
    command.args(["test", "--", "--nocapture", "--test-threads=1"]);
    let succeeded = process::run_reading(&mut command, |line| {
        tally.read(line);
        line_read(line);
    })?;
    ensure!(succeeded || tally.failed > 0, "the tests in {} did not run", folder.display());
    Ok(())
}

fn note(tally: &mut Tally, is_right: bool) {
    match is_right {
        true => tally.passed += 1,
        false => tally.failed += 1,
    }
}

/// Copies a crate, with the paths of its dependencies in the project.
fn copy(crate_folder: &str, folder: &Path) -> Result<()> {
    let source = project::path(crate_folder);
    for inside in ["src", "tests", "migrations"] {
        let Ok(entries) = fs::read_dir(source.join(inside)) else { continue };
        fs::create_dir_all(folder.join(inside))?;
        for entry in entries {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(inside).join(entry.file_name()))?;
        }
    }
    let root: PathBuf = project::root().canonicalize()?;
    let root = root.to_str().context("the project's path is not text")?;
    let manifest = fs::read_to_string(source.join("Cargo.toml"))?;
    let manifest = manifest.replace("\"../../", &format!("\"{root}/")).replace("\"../", &format!("\"{root}/tests/"));
    fs::write(folder.join("Cargo.toml"), manifest)?;
    // A crate with versions of its own choice keeps them.
    let versions = source.join("Cargo.lock");
    if versions.exists() {
        fs::copy(versions, folder.join("Cargo.lock"))?;
    }
    Ok(())
}

/// `cargo` in a folder outside, without the settings of the repository.
pub fn cargo(folder: &Path) -> Result<Command> {
    let mut command = toolchain::native_cargo()?;
    command.current_dir(folder).env("CARGO_TARGET_DIR", project::path("target/outside"));
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    Ok(command)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("{command:?} failed");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn replay(program: &Path) -> Result<String> {
    let mut command = Command::new(program);
    let mut child = command.arg("replay").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().context("a pipe")?.write_all(SCRIPT.as_bytes())?;
    Ok(String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned())
}
