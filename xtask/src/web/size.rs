//! The size of what a browser downloads, and the budget of each file.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::project;

/// How many bytes each shipped file and all together may have, compressed.
const BUDGET: &str = "bindings/js/budget.toml";
/// All files, in the budget.
const TOGETHER: &str = "together";

/// A file that a browser downloads.
struct Shipped {
    name: String,
    bytes: usize,
    zipped: usize,
}

/// Prints the size of every script and module in `folder`, as it is and as a server would compress it, beside its budget.
pub fn print(folder: &Path) -> Result<()> {
    let budget = budget()?;
    println!("\n    {:<20} {:>10} {:>10} {:>10}", "file", "bytes", "gzip", "budget");
    for Shipped { name, bytes, zipped } in measure(folder)? {
        let allowed = budget.get(&name).and_then(toml::Value::as_integer);
        let allowed = allowed.map_or_else(|| "none".to_owned(), |allowed| allowed.to_string());
        println!("    {name:<20} {bytes:>10} {zipped:>10} {allowed:>10}");
    }
    Ok(())
}

/// Fails when a file in `folder` is larger than its budget, or one of the two does not know the other.
pub fn check(folder: &Path) -> Result<()> {
    let found = excesses(&measure(folder)?, &budget()?);
    if !found.is_empty() {
        bail!("the shipped files do not keep to {BUDGET}:\n  {}", found.join("\n  "));
    }
    Ok(())
}

fn budget() -> Result<toml::Table> {
    let text = fs::read_to_string(project::path(BUDGET)).with_context(|| format!("cannot read {BUDGET}"))?;
    let document: toml::Table = text.parse().with_context(|| format!("cannot read {BUDGET}"))?;
    document.get("gzip").and_then(toml::Value::as_table).cloned().with_context(|| format!("{BUDGET} has no [gzip]"))
}

fn excesses(shipped: &[Shipped], budget: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for Shipped { name, zipped, .. } in shipped {
        match budget.get(name).and_then(toml::Value::as_integer).and_then(|bytes| usize::try_from(bytes).ok()) {
            Some(allowed) if *zipped <= allowed => {}
            Some(allowed) => found.push(format!("{name}: {zipped} bytes, {allowed} allowed")),
            None => found.push(format!("{name}: it has no budget")),
        }
    }
    let missing = budget.keys().filter(|name| !shipped.iter().any(|file| file.name == **name));
    found.extend(missing.map(|name| format!("{name}: it is not there")));
    found
}

fn measure(folder: &Path) -> Result<Vec<Shipped>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "js" || extension == "wasm"));
    files.sort();
    let mut shipped = Vec::new();
    for path in files {
        let bytes = fs::read(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        shipped.push(Shipped { name, bytes: bytes.len(), zipped: gzip(&bytes)? });
    }
    let (bytes, zipped) = (shipped.iter().map(|file| file.bytes).sum(), shipped.iter().map(|file| file.zipped).sum());
    shipped.push(Shipped { name: TOGETHER.to_owned(), bytes, zipped });
    Ok(shipped)
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

#[cfg(test)]
mod tests {
    use super::{Shipped, excesses};

    fn found(budget: &str) -> Vec<String> {
        let shipped = |name: &str, zipped| Shipped { name: name.to_owned(), bytes: 9, zipped };
        excesses(&[shipped("a.js", 5), shipped("together", 5)], &budget.parse().unwrap())
    }

    #[test]
    fn a_file_may_be_as_large_as_its_budget() {
        assert_eq!(found("'a.js' = 5\ntogether = 5"), Vec::<String>::new());
        assert_eq!(found("'a.js' = 4\ntogether = 5"), ["a.js: 5 bytes, 4 allowed"]);
    }

    #[test]
    fn files_and_budgets_know_each_other() {
        assert_eq!(found("together = 5"), ["a.js: it has no budget"]);
        assert_eq!(found("'a.js' = 5\ntogether = 5\n'b.js' = 9"), ["b.js: it is not there"]);
    }
}
