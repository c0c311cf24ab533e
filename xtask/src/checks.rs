//! The checks that run no test: formatting, lints, types.

use std::fs;

use anyhow::{Result, bail};

use crate::web::Mode;
use crate::{node, outside, packages, process, project, toolchain};

/// Formats the Rust code, or compares it with what formatting would make.
pub fn format(check_only: bool) -> Result<()> {
    process::step("Rust formatting");
    let mut command = toolchain::plain_cargo();
    command.args(["fmt", "--all"]);
    if check_only {
        command.arg("--check");
    }
    process::run(&mut command)
}

/// The crates that are published, as they would be: built from what is packaged, without the repository around it. The tests outside
/// of the repository use what this compiles.
pub fn package() -> Result<()> {
    process::step("Packages of the published crates");
    let mut command = outside::cargo(&std::env::temp_dir())?;
    command
        .args(["package", "--allow-dirty", "--manifest-path"])
        .arg(project::root().canonicalize()?.join("Cargo.toml"));
    for name in project::PUBLISHED {
        command.args(["--package", name]);
    }
    process::run(&mut command)
}

/// Clippy natively and for wasm32, warnings being errors.
pub fn lint() -> Result<()> {
    process::step("Clippy, native");
    process::run(toolchain::cargo()?.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    process::step("Clippy, wasm32");
    let mut command = toolchain::cargo()?;
    command.args(["clippy", "--lib", "--all-features", "--target", toolchain::WASM]);
    for name in project::WASM_CRATES {
        command.args(["--package", name]);
    }
    process::run(command.args(["--", "-D", "warnings"]))?;
    types()
}

/// The TypeScript compiler over every npm package, and over the examples in README.md. The types of the wasm modules
/// are made by the build.
fn types() -> Result<()> {
    packages::built(Mode::Debug)?;
    for package in project::NPM_PACKAGES {
        process::step(&format!("TypeScript, {package}"));
        process::run(node::tool("tsc").args(["--noEmit", "--project", package]))?;
    }
    readme_types()
}

fn readme_types() -> Result<()> {
    process::step("TypeScript, examples in README.md");
    let folder = project::path("target/readme");
    fs::create_dir_all(&folder)?;
    let readme = fs::read_to_string(project::path("README.md"))?;
    let examples = typescript_blocks(&readme);
    if examples.is_empty() {
        bail!("README.md has no example in TypeScript: the check is broken");
    }
    for (at, example) in examples.iter().enumerate() {
        fs::write(folder.join(format!("example-{at}.ts")), example)?;
    }
    let settings = r#"{
        "extends": "../../bindings/js/tsconfig.json",
        "compilerOptions": { "paths": { "tidewater": ["../../bindings/js/src/index.ts"] } },
        "include": ["*.ts", "../../bindings/js/src/*.d.ts"]
    }"#;
    fs::write(folder.join("tsconfig.json"), settings)?;
    process::run(node::tool("tsc").args(["--noEmit", "--project"]).arg(&folder))
}

/// What stands between "```ts" and "```".
fn typescript_blocks(text: &str) -> Vec<&str> {
    text.split("```ts\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[cfg(test)]
mod tests {
    use super::typescript_blocks;

    #[test]
    fn examples_are_cut_out_of_their_fences() {
        let text = "a\n```ts\nconst b = 1\n```\n```rust\nlet c = 1;\n```\n```ts\nconst d = 2\n```\n";
        assert_eq!(typescript_blocks(text), ["const b = 1\n", "const d = 2\n"]);
    }
}
