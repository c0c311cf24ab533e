//! Checks the licence of every dependency, crates and npm packages, against the list in deny.toml.
//!
//! cargo-deny checks more, and takes longer to build than this project.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::{process, project, toolchain};

/// A package that is not ours.
struct Dependency {
    name: String,
    version: String,
    licence: Option<String>,
}

/// Fails when a dependency's licence is not in the list, or is not stated.
pub fn check() -> Result<()> {
    process::step("Licences of all dependencies");
    let policy = Policy::parse(&fs::read_to_string(project::path("deny.toml"))?)?;
    let mut refused = Vec::new();
    for (kind, dependencies) in [("crates", crates()?), ("npm packages", npm_packages()?)] {
        if dependencies.is_empty() {
            bail!("found no {kind}: the check is broken");
        }
        println!("    {} {kind}", dependencies.len());
        refused.extend(dependencies.iter().filter_map(|dependency| policy.objection(dependency)));
    }
    if !refused.is_empty() {
        bail!("licences that deny.toml does not allow:\n  {}", refused.join("\n  "));
    }
    Ok(())
}

fn crates() -> Result<Vec<Dependency>> {
    let printed =
        process::output(toolchain::plain_cargo().args(["metadata", "--format-version", "1", "--locked", "--quiet"]))?;
    let metadata: Value = serde_json::from_str(&printed)?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    Ok(packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .map(|package| Dependency {
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: package["license"].as_str().map(str::to_owned),
        })
        .collect())
}

fn npm_packages() -> Result<Vec<Dependency>> {
    let lock: Value = serde_json::from_slice(&fs::read(project::path("package-lock.json"))?)?;
    let packages = lock["packages"].as_object().context("package-lock.json lists no packages")?;
    Ok(packages
        .iter()
        .filter(|(_, package)| package["link"].as_bool() != Some(true))
        .filter_map(|(place, package)| {
            let (_, name) = place.rsplit_once("node_modules/")?;
            Some(Dependency {
                name: name.to_owned(),
                version: text(&package["version"]),
                licence: package["license"].as_str().map(str::to_owned),
            })
        })
        .collect())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What deny.toml says.
struct Policy {
    allowed: BTreeSet<String>,
    exceptions: Vec<(String, BTreeSet<String>)>,
}

impl Policy {
    fn parse(source: &str) -> Result<Self> {
        let document: toml::Table = source.parse().context("deny.toml cannot be read")?;
        let licences = &document.get("licenses").context("deny.toml has no [licenses]")?;
        let exceptions = licences.get("exceptions").and_then(toml::Value::as_array);
        Ok(Self {
            allowed: strings(licences.get("allow")).context("deny.toml has no licenses.allow")?,
            exceptions: exceptions
                .into_iter()
                .flatten()
                .map(|exception| {
                    let name = exception.get("name").and_then(toml::Value::as_str);
                    Some((name?.to_owned(), strings(exception.get("allow"))?))
                })
                .collect::<Option<_>>()
                .context("an exception in deny.toml lacks `name` or `allow`")?,
        })
    }

    fn objection(&self, dependency: &Dependency) -> Option<String> {
        let Dependency { name, version, licence } = dependency;
        let Some(stated) = licence else { return Some(format!("{name} {version} states none")) };
        let Ok(expression) = Expression::parse_mode(stated, ParseMode::LAX) else {
            return Some(format!("{name} {version}: `{stated}` is no SPDX expression"));
        };
        let extra: Vec<_> = self
            .exceptions
            .iter()
            .filter(|(excepted, _)| name == excepted || name.starts_with(&format!("{excepted}-")))
            .flat_map(|(_, allowed)| allowed)
            .collect();
        let fits = expression.evaluate(|requirement| {
            let wanted = requirement.to_string();
            self.allowed.contains(&wanted) || extra.contains(&&wanted)
        });
        (!fits).then(|| format!("{name} {version}: {stated}"))
    }
}

fn strings(value: Option<&toml::Value>) -> Option<BTreeSet<String>> {
    value?.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Policy};

    const DENY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0 WITH LLVM-exception"]
        [[licenses.exceptions]]
        name = "bundler"
        allow = ["MPL-2.0"]
    "#;

    fn objection(name: &str, licence: Option<&str>) -> Option<String> {
        let licence = licence.map(str::to_owned);
        Policy::parse(DENY).unwrap().objection(&Dependency {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence,
        })
    }

    #[test]
    fn one_allowed_alternative_is_enough() {
        assert_eq!(objection("a", Some("MIT OR GPL-3.0-only")), None);
        assert_eq!(objection("a", Some("MIT/Apache-2.0")), None);
        assert_eq!(objection("a", Some("Apache-2.0 WITH LLVM-exception")), None);
    }

    #[test]
    fn all_of_a_conjunction_must_be_allowed() {
        assert!(objection("a", Some("MIT AND GPL-3.0-only")).is_some());
        assert!(objection("a", Some("Apache-2.0")).is_some());
    }

    #[test]
    fn an_exception_is_for_its_package_alone() {
        assert_eq!(objection("bundler", Some("MPL-2.0")), None);
        assert_eq!(objection("bundler-linux-x64", Some("MPL-2.0")), None);
        assert!(objection("bundlers", Some("MPL-2.0")).is_some());
    }

    #[test]
    fn silence_is_refused() {
        assert!(objection("a", None).is_some());
        assert!(objection("a", Some("see LICENSE")).is_some());
    }
}
