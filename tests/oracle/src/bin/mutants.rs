//! Tests the tests: breaks the engine in the ways that `mutants/mutants.json` lists, one at a time, in a copy of the tree,
//! and says which of them the oracle's short lane finds.
//!
//! ```text
//! mutants [NAME..] [--time SECONDS] [--seed N] [--scratch FOLDER] [--list]
//! ```
//!
//! The exit code is 1 if a mutant survives. The copy and its build are in `target/mutants` and are reused.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// Folders that are not copied.
const SKIPPED: [&str; 5] = [".git", "target", "node_modules", "dist", "test-results"];

/// How far past its time the lane may run before it counts as hanging.
const GRACE: Duration = Duration::from_secs(60);

/// One way to break the engine.
struct Mutant {
    name: String,
    file: String,
    find: String,
    replace: String,
    why: String,
}

/// The outcome of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The lane found something wrong.
    Killed,
    /// The lane did not end.
    Hung,
    /// The lane found nothing.
    Survived,
    /// It does not build, or the text it replaces is missing or not unique.
    Void,
}

struct Workshop {
    tree: PathBuf,
    target: PathBuf,
    time: String,
    seed: String,
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    let value = |flag: &str| arguments.iter().position(|known| known == flag).and_then(|at| arguments.get(at + 1));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let all = mutants(&fs::read_to_string(root.join("tests/oracle/mutants/mutants.json"))?)?;
    if arguments.iter().any(|argument| argument == "--list") {
        all.iter().for_each(|mutant| println!("{:<32} {}", mutant.name, mutant.why));
        return Ok(true);
    }
    let named = |mutant: &&Mutant| arguments.contains(&mutant.name);
    let wanted: Vec<&Mutant> = match all.iter().filter(named).count() {
        0 => all.iter().collect(),
        _ => all.iter().filter(named).collect(),
    };
    let scratch = value("--scratch").map_or_else(|| root.join("target/mutants"), PathBuf::from);
    let shop = Workshop {
        tree: scratch.join("tree"),
        target: scratch.join("target"),
        time: value("--time").cloned().unwrap_or_else(|| "60".to_owned()),
        seed: value("--seed").cloned().unwrap_or_else(|| "1".to_owned()),
    };
    copy(&root, &shop.tree)?;
    // If the lane finds something in the unchanged engine, its findings say nothing about mutants.
    if !shop.builds(Stdio::inherit())? {
        return Err("the engine itself does not build".into());
    }
    if let (verdict @ (Verdict::Killed | Verdict::Hung | Verdict::Void), word) = shop.lane()? {
        return Err(format!("the engine itself is {verdict:?}: {word}").into());
    }
    let mut counts = [0; 4];
    for mutant in wanted {
        let began = Instant::now();
        let (verdict, word) = shop.judge(mutant)?;
        counts[verdict as usize] += 1;
        println!("{verdict:<9?} {:<32} {:>4} s  {word}", mutant.name, began.elapsed().as_secs());
    }
    println!("{} killed, {} hung, {} survived, {} void", counts[0], counts[1], counts[2], counts[3]);
    Ok(counts[Verdict::Survived as usize] + counts[Verdict::Void as usize] == 0)
}

fn mutants(text: &str) -> Result<Vec<Mutant>, Box<dyn Error>> {
    let json: Json = serde_json::from_str(text)?;
    let list = json.as_array().ok_or("not a list")?;
    list.iter()
        .map(|entry| {
            let field =
                |name: &str| entry[name].as_str().map(str::to_owned).ok_or_else(|| format!("no `{name}` in {entry}"));
            Ok(Mutant {
                name: field("name")?,
                file: field("file")?,
                find: field("find")?,
                replace: field("replace")?,
                why: field("why")?,
            })
        })
        .collect()
}

/// Makes one folder equal to another. Unchanged files keep their times, so that little is rebuilt.
fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        let source = from.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true if !source.is_dir() => fs::remove_dir_all(entry.path())?,
            false if !source.is_file() => fs::remove_file(entry.path())?,
            _ => {}
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let target = to.join(&name);
        if kind.is_dir() {
            if !SKIPPED.iter().any(|skipped| name == *skipped) {
                copy(&entry.path(), &target)?;
            }
        } else if kind.is_file() {
            let content = fs::read(entry.path())?;
            if fs::read(&target).ok().as_ref() != Some(&content) {
                fs::write(&target, content)?;
            }
        }
    }
    Ok(())
}

impl Workshop {
    fn judge(&self, mutant: &Mutant) -> Result<(Verdict, String), Box<dyn Error>> {
        let path = self.tree.join(&mutant.file);
        let healthy = fs::read_to_string(&path)?;
        let places = healthy.matches(&mutant.find).count();
        if places != 1 {
            return Ok((Verdict::Void, format!("what it replaces stands {places} times in {}", mutant.file)));
        }
        fs::write(&path, healthy.replace(&mutant.find, &mutant.replace))?;
        let verdict = match self.builds(Stdio::null()) {
            Ok(true) => self.lane(),
            Ok(false) => Ok((Verdict::Void, "it does not build".to_owned())),
            Err(error) => Err(error),
        };
        fs::write(&path, healthy)?;
        verdict
    }

    /// Builds the tree; the compiler's output goes to `log`.
    fn builds(&self, words: Stdio) -> Result<bool, Box<dyn Error>> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--package", "tidewater-oracle", "--bin", "oracle"]);
        cargo.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).env("RUSTFLAGS", "--cap-lints=allow");
        Ok(cargo.stdout(Stdio::null()).stderr(words).status()?.success())
    }

    /// Plays the lane and returns the first line of its output.
    fn lane(&self) -> Result<(Verdict, String), Box<dyn Error>> {
        let log = self.target.join("lane.log");
        let mut lane = Command::new(self.target.join("debug/oracle"))
            .args(["lane", "--time", &self.time, "--seed", &self.seed])
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .spawn()?;
        let deadline = Instant::now() + Duration::from_secs(self.time.parse()?) + GRACE;
        let status = loop {
            match lane.try_wait()? {
                Some(status) => break Some(status),
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(50)),
                None => {
                    lane.kill()?;
                    lane.wait()?;
                    break None;
                }
            }
        };
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let said = text.lines().find(|line| line.contains(" at step ")).unwrap_or_default();
        let said: String = said.chars().take(160).collect();
        Ok(match status.map(|status| status.success()) {
            None => (Verdict::Hung, said),
            Some(true) => (Verdict::Survived, said),
            Some(false) => (Verdict::Killed, said),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::mutants;

    #[test]
    fn every_mutant_has_its_one_place_in_the_engine() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let all = mutants(&read("tests/oracle/mutants/mutants.json")).expect("a list of mutants");
        assert!(all.len() >= 25, "{} mutants", all.len());
        for mutant in all {
            assert_eq!(read(&mutant.file).matches(&mutant.find).count(), 1, "{} in {}", mutant.name, mutant.file);
        }
    }
}
