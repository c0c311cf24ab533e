//! Names in Rust code, found in its tokens: comments and strings do not count.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A name and the line it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The identifier.
    pub word: String,
    /// Counted from one.
    pub line: usize,
}

/// Every identifier.
pub fn names(source: &str) -> Vec<Name> {
    let mut found = Vec::new();
    visit(tokens(source), &mut |rest| found.extend(name(&rest[0])));
    found
}

/// The paths that start with `crate::`, without that; a group gives one path for each entry.
pub fn crate_paths(source: &str) -> Vec<Name> {
    let paths = located_paths(source).into_iter();
    paths
        .filter_map(|Name { word, line }| Some(Name { word: word.strip_prefix("crate::")?.to_owned(), line }))
        .collect()
}

/// All paths of more than one name, down to their ends; a group gives one path for each entry.
pub fn paths(source: &str) -> Vec<String> {
    located_paths(source).into_iter().map(|path| path.word).collect()
}

fn located_paths(source: &str) -> Vec<Name> {
    let mut found = Vec::new();
    visit(tokens(source), &mut |rest| {
        if let [TokenTree::Ident(word), rest @ ..] = rest
            && let Some(rest) = after_colons(rest)
        {
            push_paths(&word.to_string(), rest, &mut found);
        }
    });
    found
}

/// The paths that these tokens begin with, behind what comes before them.
fn push_paths(before: &str, tokens: &[TokenTree], found: &mut Vec<Name>) {
    match tokens.first() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let trees: Vec<_> = group.stream().into_iter().collect();
            trees.split(is_comma).for_each(|entry| push_paths(before, entry, found));
        }
        Some(tree) => {
            let Some(Name { word, line }) = name(tree) else { return };
            let path = format!("{before}::{word}");
            let known = found.len();
            if let Some(rest) = after_colons(&tokens[1..]) {
                push_paths(&path, rest, found);
            }
            if found.len() == known {
                found.push(Name { word: path, line });
            }
        }
        None => {}
    }
}

/// What follows `::`, if that is next.
fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [TokenTree::Punct(a), TokenTree::Punct(b), rest @ ..] if (a.as_char(), b.as_char()) == (':', ':') => Some(rest),
        _ => None,
    }
}

fn is_comma(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',')
}

fn name(tree: &TokenTree) -> Option<Name> {
    match tree {
        TokenTree::Ident(word) => Some(Name { word: word.to_string(), line: word.span().start().line }),
        _ => None,
    }
}

fn tokens(source: &str) -> TokenStream {
    TokenStream::from_str(source).expect("a Rust file is made of tokens")
}

/// Calls `see` with the tokens from each one on, groups inside as well.
fn visit(stream: TokenStream, see: &mut impl FnMut(&[TokenTree])) {
    let trees: Vec<_> = stream.into_iter().collect();
    for from in 0..trees.len() {
        see(&trees[from..]);
        if let TokenTree::Group(group) = &trees[from] {
            visit(group.stream(), see);
        }
    }
}

#[test]
fn paths_are_found_in_use_and_in_code_but_not_in_text() {
    let source = "//! crate::no\nuse crate::types::Row;\nuse crate::{plan::{Plan, text::*}, sql};\n/// crate::nor\nfn f() { let _ = \"crate::neither\"; crate::storage::open::<u8>() }";
    let found: Vec<_> = crate_paths(source).into_iter().map(|name| (name.word, name.line)).collect();
    let expected = [("types::Row", 2), ("plan::Plan", 3), ("plan::text", 3), ("sql", 3), ("storage::open", 5)];
    assert_eq!(found, expected.map(|(word, line)| (word.to_owned(), line)));
}
