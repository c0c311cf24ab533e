//! What the papers promise: commands that exist, links that lead somewhere.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::files::{self, File};

/// The words after `cargo xtask` in a text.
fn commands(text: &str) -> Vec<&str> {
    text.match_indices("cargo xtask ")
        .map(|(at, found)| {
            let rest = &text[at + found.len()..];
            &rest[..rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len())]
        })
        .filter(|command| !command.is_empty())
        .collect()
}

/// The first strings of the pairs in xtask's table of commands.
fn known_commands(source: &str) -> BTreeSet<&str> {
    let table = source.split("const COMMANDS").nth(1).and_then(|rest| rest.split("];").next()).unwrap_or_default();
    table.split("(\"").skip(1).filter_map(|entry| entry.split('"').next()).collect()
}

/// Targets of Markdown links into the project.
fn links(text: &str) -> Vec<&str> {
    text.match_indices("](")
        .filter_map(|(at, found)| text[at + found.len()..].split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

fn dead_links(file: &File) -> Vec<String> {
    let folder = files::root().join(&file.path);
    let folder = folder.parent().expect("a file is in a folder");
    links(&file.text)
        .into_iter()
        .filter(|target| !folder.join(target).exists())
        .map(|target| format!("{}: {target} does not exist", file.path))
        .collect()
}

fn papers() -> Vec<File> {
    let mut files = files::all();
    files.retain(|file| file.path.ends_with(".md"));
    files
}

#[test]
fn commands_in_papers_exist() {
    let source = files::read("xtask/src/main.rs");
    let known = known_commands(&source);
    assert!(known.contains("test") && known.contains("demo"), "README's two commands are in xtask's table: {known:?}");
    let readme = files::read("README.md");
    for promised in ["test", "demo"] {
        assert!(commands(&readme).contains(&promised), "README.md names `cargo xtask {promised}`");
    }
    let unknown = papers()
        .iter()
        .flat_map(|file| {
            commands(&file.text)
                .into_iter()
                .filter(|command| !known.contains(command))
                .map(|command| format!("{}: {command}", file.path))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_none("commands that xtask does not have", unknown);
}

#[test]
fn links_in_papers_lead_somewhere() {
    assert_none("dead links", papers().iter().flat_map(dead_links).collect());
}

#[test]
fn commands_and_links_are_found() {
    let text = "Run `cargo xtask tests` or\n`cargo xtask COMMAND`; see [x](a/b.md#part), [y](https://c.d) and ![z](nothing.png).";
    assert_eq!(commands(text), ["tests"]);
    assert_eq!(links(text), ["a/b.md", "nothing.png"]);
    assert_eq!(
        known_commands("const COMMANDS: &[(&str, &str)] = &[(\"a\", \"x\"), (\"b\", \"y\")];")
            .into_iter()
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(dead_links(&File { path: "README.md".to_owned(), text: text.to_owned() }).len(), 2);
}
