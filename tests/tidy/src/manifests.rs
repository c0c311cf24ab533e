//! What every Cargo.toml and package.json of the project has in common.

use crate::assert_none;
use crate::files::{self, File};

/// Settings that every crate takes from the workspace.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

fn crate_findings(file: &File) -> Vec<String> {
    let manifest: toml::Table = file.text.parse().expect("a manifest is TOML");
    let Some(package) = manifest.get("package") else { return Vec::new() };
    // A crate that stands for an application inherits nothing.
    if manifest.contains_key("workspace") {
        return Vec::new();
    }
    let inherits = |key: &str| package.get(key).and_then(|value| value.get("workspace")).is_some();
    let mut found: Vec<_> = INHERITED
        .iter()
        .filter(|key| !inherits(key))
        .map(|key| format!("{}: `{key}` is not the workspace's", file.path))
        .collect();
    if manifest.get("lints").and_then(|lints| lints.get("workspace")).is_none() {
        found.push(format!("{}: the workspace's lints are not on", file.path));
    }
    if package.get("description").is_none() {
        found.push(format!("{}: no description", file.path));
    }
    found
}

#[test]
fn crates_share_version_edition_licence_and_lints() {
    let files = files::all();
    let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    assert_none("manifests", manifests.flat_map(crate_findings).collect());
}

#[test]
fn npm_packages_say_the_same_version_and_licence() {
    let workspace: toml::Table = files::read("Cargo.toml").parse().expect("a manifest is TOML");
    let version = workspace["workspace"]["package"]["version"].as_str().expect("a version is a string");
    let package: serde_json::Value =
        serde_json::from_str(&files::read("bindings/js/package.json")).expect("a manifest is JSON");
    assert_eq!(package["version"], version);
    assert_eq!(
        package["license"],
        workspace["workspace"]["package"]["license"].as_str().expect("a licence is a string")
    );
}

#[test]
fn a_careless_manifest_is_found() {
    let file = File {
        path: "x/Cargo.toml".to_owned(),
        text: "[package]\nname = \"x\"\nversion = \"1.0.0\"\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n".to_owned(),
    };
    assert_eq!(
        crate_findings(&file),
        [
            "x/Cargo.toml: `version` is not the workspace's",
            "x/Cargo.toml: the workspace's lints are not on",
            "x/Cargo.toml: no description",
        ]
    );
}
