//! What the macro refuses, with the place that the error points to, and what it demands of types.

use super::expand;

/// Each error with the text that it points to.
fn refused(source: &str) -> Vec<(String, String)> {
    let input = syn::parse_str(source).expect("the source is an item");
    let errors = expand(&input).expect_err("the macro refuses it");
    errors.into_iter().map(|error| (error.to_string(), error.span().source_text().unwrap_or_default())).collect()
}

fn accepted(source: &str) -> String {
    expand(&syn::parse_str(source).expect("the source is an item")).expect("the macro accepts it").to_string()
}

#[test]
fn errors_point_to_what_is_wrong() {
    let cases = [
        ("enum A { B }", "FromRow can be derived for structs alone", "enum"),
        ("union A { b: u8 }", "FromRow can be derived for structs alone", "union"),
        ("struct A;", "a struct without fields cannot be read from a row", "A"),
        ("struct A {}", "a struct without fields cannot be read from a row", "A"),
        (
            "struct A<'a> { b: &'a str }",
            "a row is read into values that own what they hold: use `String`, `Vec<u8>` or `Cow`",
            "&'a str",
        ),
        (
            "struct A { #[tidewater(renam = \"x\")] b: u8 }",
            "unknown attribute of a field, expected `rename`, `default`, `flatten` or `skip`",
            "renam",
        ),
        (
            "#[tidewater(rename = \"x\")] struct A { b: u8 }",
            "unknown attribute of a struct, expected `rename_all` or `crate`",
            "rename",
        ),
        (
            "#[tidewater(rename_all = \"snail\")] struct A { b: u8 }",
            "unknown rule, expected `camelCase`, `PascalCase`, `kebab-case`, `SCREAMING_SNAKE_CASE` or `UPPERCASE`",
            "\"snail\"",
        ),
        (
            "struct A { #[tidewater(rename = \"x\", rename = \"y\")] b: u8 }",
            "the attribute is given twice",
            "rename = \"y\"",
        ),
        (
            "struct A { #[tidewater(flatten, default)] b: u8 }",
            "a field that is no column has no other attributes",
            "flatten",
        ),
        ("struct A { #[tidewater(flatten, skip)] b: u8 }", "a field is either flattened or skipped", "skip"),
        ("struct A { #[tidewater(default = 7)] b: u8 }", "expected the path of a function in quotes", "7"),
        (
            "struct A(#[tidewater(rename = \"x\")] u8);",
            "fields of a tuple struct are read by position; they have no names",
            "\"x\"",
        ),
    ];
    for (source, message, place) in cases {
        assert_eq!(refused(source), [(message.to_owned(), place.to_owned())], "{source}");
    }
}

#[test]
fn all_wrong_fields_are_told_at_once() {
    let found = refused("struct A<'a> { b: &'a str, c: u8, d: &'a [u8] }");
    assert_eq!(found.iter().map(|(_, place)| place.as_str()).collect::<Vec<_>>(), ["&'a str", "&'a [u8]"]);
}

#[test]
fn type_parameters_are_bound_as_their_fields_need() {
    let bounds = accepted("struct A<T: Copy, U> { a: T, b: Option<T>, c: u8, #[tidewater(flatten)] d: U }");
    let bounds = bounds.replace(' ', "");
    assert!(bounds.contains("impl<T:Copy,U>::tidewater::FromRowforA<T,U>"), "{bounds}");
    let demanded = "whereT:::tidewater::FromValue,Option<T>:::tidewater::FromValue,U:::tidewater::FromRow{";
    assert!(bounds.contains(demanded), "{bounds}");
}

#[test]
fn keywords_are_names_without_their_prefix() {
    let read = accepted("struct A { r#type: u8 }");
    assert!(read.contains("\"type\"") && read.contains("\"A.type\""), "{read}");
}
