//! Markdown tables that are rules: each stands below a comment `<!-- tidy: name -->`.

use crate::files;

/// The rows of a table of ARCHITECTURE.md, cells trimmed and without backquotes.
pub fn architecture(name: &str) -> Vec<Vec<String>> {
    let rows = parse(&files::read("ARCHITECTURE.md"), name);
    assert!(!rows.is_empty(), "ARCHITECTURE.md has no table marked `tidy: {name}`");
    rows
}

/// The items of a cell, separated by commas; `-` is none.
pub fn items(cell: &str) -> Vec<String> {
    cell.split(',').map(str::trim).filter(|item| !item.is_empty() && *item != "-").map(str::to_owned).collect()
}

fn parse(text: &str, name: &str) -> Vec<Vec<String>> {
    let marker = format!("<!-- tidy: {name} -->");
    text.lines()
        .skip_while(|line| line.trim() != marker)
        .skip(1)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

#[test]
fn a_table_is_found_by_its_marker() {
    let text =
        "| a |\n| - |\n| 1 |\n\n<!-- tidy: two -->\n\n| a | b |\n| --- | --- |\n| `x` | `y`, z |\n| w | - |\n\ntext\n";
    let rows = parse(text, "two");
    assert_eq!(rows, [["x", "y, z"], ["w", "-"]]);
    assert_eq!(items(&rows[0][1]), ["y", "z"]);
    assert_eq!(items(&rows[1][1]), [""; 0]);
    assert!(parse(text, "three").is_empty());
}
