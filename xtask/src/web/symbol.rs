//! Names of functions in a wasm module: which crate one is of, and which generic it is made from.

/// The crates of the standard library, whose generics are made for others.
const STANDARD: &[&str] = &["alloc", "core", "hashbrown", "std"];

/// The group of functions without a path: SQLite and the libc beside it.
const C: &str = "(C: SQLite and libc)";
const FTS5: &str = "(C: FTS5)";

/// Where a function comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The crate that defines it.
    pub defined: &'a str,
    /// The first crate named in it that is not the standard library, or else the same.
    pub used: &'a str,
}

/// The origin of a function, by its demangled name.
pub fn origin(name: &str) -> Origin<'_> {
    let mut crates = crates(name);
    let Some(defined) = crates.next() else {
        let group = if name.to_ascii_lowercase().contains("fts5") { FTS5 } else { C };
        return Origin { defined: group, used: group };
    };
    let used = std::iter::once(defined).chain(crates).find(|name| !STANDARD.contains(name)).unwrap_or(defined);
    Origin { defined, used }
}

/// The crates that begin the paths in a name.
fn crates(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let begin = at;
            while bytes.get(at).is_some_and(is_word) {
                at += 1;
            }
            let end = at;
            at = at.max(begin + 1);
            let begins_path = begin == 0 || !matches!(bytes[begin - 1], b':' | b'#' | b']' | b'}');
            if end > begin && begins_path && is_path(&name[end..]) {
                return Some(&name[begin..end]);
            }
        }
        None
    })
}

/// Whether a path goes on here, perhaps after the crate's hash in brackets.
fn is_path(rest: &str) -> bool {
    let rest = rest.strip_prefix('[').and_then(|hash| hash.split_once(']')).map_or(rest, |(_, rest)| rest);
    rest.starts_with("::") && !rest.starts_with("::<")
}

/// The name without crates' hashes and without the types that a generic is made for.
pub fn generic(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let after_word = plain.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let skipped = match next {
            '[' if after_word => closed(rest, '[', ']'),
            '<' if after_word => closed(rest, '<', '>'),
            ':' if rest.starts_with("::<") => closed(&rest[2..], '<', '>').map(|length| length + 2),
            _ => None,
        };
        let length = skipped.unwrap_or_else(|| {
            plain.push(next);
            next.len_utf8()
        });
        rest = &rest[length..];
    }
    // Names of the older mangling end with a hash of their own.
    match plain.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => path.to_owned(),
        _ => plain,
    }
}

/// The length of a bracketed text with its brackets.
fn closed(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close && before != '-' {
            depth -= 1;
            if depth == 0 {
                return Some(at + c.len_utf8());
            }
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generics_lose_their_types() {
        for (name, plain) in [
            ("tidewater[8a1b]::types::Row::get", "tidewater::types::Row::get"),
            ("<alloc[1f]::vec::Vec<a[2]::B>>::push", "<alloc::vec::Vec>::push"),
            (
                "<alloc[1f]::vec::Vec<fn(u8) -> a[2]::B> as core[3]::clone::Clone>::clone",
                "<alloc::vec::Vec as core::clone::Clone>::clone",
            ),
            ("core[1]::slice::sort::quicksort::<&[f32], <a[2]::B>::f::{closure#0}>", "core::slice::sort::quicksort"),
            ("alloc::vec::Vec<T,A>::push::h0123456789abcdef", "alloc::vec::Vec::push"),
            ("sqlite3_step", "sqlite3_step"),
        ] {
            assert_eq!(generic(name), plain);
        }
    }

    #[test]
    fn functions_have_a_crate() {
        for (name, defined, used) in [
            ("tidewater[8a1b]::types::Row::get", "tidewater", "tidewater"),
            ("<alloc[1f]::vec::Vec<u8>>::push", "alloc", "alloc"),
            ("<alloc[1f]::vec::Vec<(&[u8], a[2]::B)>>::push", "alloc", "a"),
            ("<&mut [a[2]::B] as core[3]::fmt::Debug>::fmt", "a", "a"),
            ("core[1]::ptr::drop_in_place::<hashbrown[4]::map::HashMap<b[2]::C, ()>>", "core", "b"),
            ("sqlite3_step", C, C),
            ("fts5ExprNode", FTS5, FTS5),
        ] {
            assert_eq!(origin(name), Origin { defined, used }, "{name}");
        }
    }
}
