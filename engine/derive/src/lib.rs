//! `#[derive(FromRow)]` of the crate `tidewater`: rows of a query as structs. Use it by tidewater's feature `derive`.

#![forbid(missing_docs)]

mod attributes;
mod from_row;
mod rename_rule;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `FromRow` for a struct.
///
/// A struct with named fields is read by the names of the columns, a tuple struct by their positions; each field has to be
/// `FromValue`. A column that can be NULL is an `Option`. Columns that no field is for are left out. Type parameters are bound as
/// their fields need it. Fields own what they hold: references are refused, `Cow` is not.
///
/// Attributes, in `#[tidewater(..)]`:
///
/// | on | attribute | meaning |
/// | --- | --- | --- |
/// | field | `rename = "name"` | the name of its column |
/// | field | `default` | `Default::default()` where the result has no such column |
/// | field | `default = "path"` | what the function at the path returns, there |
/// | field | `skip` | always `Default::default()` |
/// | field | `flatten` | another `FromRow`, which is read from the same row by name |
/// | struct | `rename_all = "camelCase"` | how names of columns are made of those of fields; also `PascalCase`, `kebab-case`, `SCREAMING_SNAKE_CASE` and `UPPERCASE` |
/// | struct | `crate = "path"` | where the crate `tidewater` is found, if under another name |
#[proc_macro_derive(FromRow, attributes(tidewater))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
