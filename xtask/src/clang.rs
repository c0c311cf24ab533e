//! The C compiler for wasm32 (SQLite is compiled from source): any clang that lists the target.

use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use crate::{debian, process};

/// Newest first: Debian 12 and 13 both have 19.
const VERSIONS: &[&str] = &["-21", "-20", "-19", "-18", "-17", "-16", ""];

/// A clang that compiles for wasm32, and the archiver that goes with it: the system's `ar`
/// writes no symbol index for wasm objects.
#[derive(Debug)]
pub struct Clang {
    compiler: String,
    archiver: String,
}

impl Clang {
    /// What the `cc` crate reads.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [("CC_wasm32_unknown_unknown", self.compiler.clone()), ("AR_wasm32_unknown_unknown", self.archiver.clone())]
    }
}

/// The compiler, found or installed at the first call.
pub fn current() -> Result<&'static Clang> {
    static FOUND: OnceLock<Result<Clang, String>> = OnceLock::new();
    FOUND
        .get_or_init(|| find_or_install().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow!(error.clone()))
}

fn find_or_install() -> Result<Clang> {
    if let Some(found) = find() {
        return Ok(found);
    }
    debian::install("clang with the wasm32 backend", &["clang-19", "llvm-19"])?;
    find().ok_or_else(|| anyhow!("clang is installed and still none lists wasm32 with `--print-targets`"))
}

fn find() -> Option<Clang> {
    if let (Ok(compiler), Ok(archiver)) =
        (std::env::var("CC_wasm32_unknown_unknown"), std::env::var("AR_wasm32_unknown_unknown"))
    {
        return Some(Clang { compiler, archiver });
    }
    VERSIONS.iter().find_map(|version| {
        let (compiler, archiver) = (format!("clang{version}"), format!("llvm-ar{version}"));
        let lists_wasm = process::probe(&compiler, &["--print-targets"])?.contains("wasm32");
        (lists_wasm && process::in_path(&archiver)).then_some(Clang { compiler, archiver })
    })
}
