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

/// The first names of the paths that start with `crate::`, those of a group too.
pub fn crate_paths(source: &str) -> Vec<Name> {
    let mut found = Vec::new();
    visit(tokens(source), &mut |rest| {
        if let [TokenTree::Ident(word), TokenTree::Punct(a), TokenTree::Punct(b), next, ..] = rest
            && word == "crate"
            && (a.as_char(), b.as_char()) == (':', ':')
        {
            found.extend(heads(next));
        }
    });
    found
}

fn heads(tree: &TokenTree) -> Vec<Name> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let trees: Vec<_> = group.stream().into_iter().collect();
            trees.split(is_comma).filter_map(|entry| name(entry.first()?)).collect()
        }
        other => name(other).into_iter().collect(),
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
    let source = "//! crate::no\nuse crate::types::Row;\nuse crate::{plan::Plan, sql};\n/// crate::nor\nfn f() { let _ = \"crate::neither\"; crate::storage::open() }";
    let found: Vec<_> = crate_paths(source).into_iter().map(|name| (name.word, name.line)).collect();
    let expected = [("types", 2), ("plan", 3), ("sql", 3), ("storage", 5)];
    assert_eq!(found, expected.map(|(word, line)| (word.to_owned(), line)));
}
