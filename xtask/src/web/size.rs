//! The size of what a browser downloads.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Prints the size of every script and module in `folder`, as it is and as a server would compress it.
pub fn print(folder: &Path) -> Result<()> {
    let mut files: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "js" || extension == "wasm"));
    files.sort();
    println!("\n    {:<20} {:>10} {:>10}", "file", "bytes", "gzip");
    let mut total = 0;
    for path in files {
        let bytes = fs::read(&path)?;
        let zipped = gzip(&bytes)?;
        total += zipped;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!("    {name:<20} {:>10} {zipped:>10}", bytes.len());
    }
    println!("    {:<20} {:>10} {total:>10}", "together", "");
    Ok(())
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
