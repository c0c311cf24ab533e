//! What the papers promise, and what hosted CI runs: commands that exist, links that lead somewhere.

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
        // Of an item of a crate, for rustdoc.
        .filter(|target| !target.starts_with("crate::"))
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

/// The programs of the project that a workflow runs by path: words that begin with a folder of it.
fn programs(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| word.starts_with(".ci/") || word.starts_with("scripts/")).collect()
}

/// What follows `cargo xtask test` on its line.
fn suites(text: &str) -> Vec<&str> {
    let rests = text.lines().filter_map(|line| line.split("cargo xtask test").nth(1));
    rests.flat_map(str::split_whitespace).collect()
}

/// The workflows of hosted CI.
fn workflows() -> Vec<File> {
    let mut files = files::all();
    files.retain(|file| file.path.starts_with(".github/workflows/"));
    files
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
    let mut papers = papers();
    papers.extend(workflows());
    let unknown = papers
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
fn workflows_run_what_the_project_has() {
    let known = files::read("xtask/src/suites.rs");
    let workflows = workflows();
    assert!(workflows.iter().any(|file| programs(&file.text).contains(&".ci/run")), "hosted CI runs .ci/run");
    let mut missing = Vec::new();
    for file in &workflows {
        let strange = suites(&file.text).into_iter().filter(|suite| !known.contains(&format!("(\"{suite}\", ")));
        missing.extend(strange.map(|suite| format!("{}: no suite `{suite}`", file.path)));
        let absent = programs(&file.text).into_iter().filter(|path| !files::root().join(path).exists());
        missing.extend(absent.map(|path| format!("{}: no program {path}", file.path)));
    }
    assert_none("what workflows run and the project does not have", missing);
}

#[test]
fn links_in_papers_lead_somewhere() {
    assert_none("dead links", papers().iter().flat_map(dead_links).collect());
}

#[test]
fn commands_and_links_are_found() {
    let text = "Run `cargo xtask tests` or\n`cargo xtask COMMAND`; see [x](a/b.md#part), [y](https://c.d), [w](crate::W) and ![z](nothing.png).";
    assert_eq!(commands(text), ["tests"]);
    assert_eq!(links(text), ["a/b.md", "nothing.png"]);
    assert_eq!(
        known_commands("const COMMANDS: &[(&str, &str)] = &[(\"a\", \"x\"), (\"b\", \"y\")];")
            .into_iter()
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    let workflow = "run: cargo xtask test native outside\n  run: .ci/run\n run: cargo xtask test";
    assert_eq!((suites(workflow), programs(workflow)), (vec!["native", "outside"], vec![".ci/run"]));
    assert_eq!(dead_links(&File { path: "README.md".to_owned(), text: text.to_owned() }).len(), 2);
}
