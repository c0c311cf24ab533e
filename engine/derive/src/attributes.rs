//! The attributes `#[tidewater(..)]` of a struct and of its fields.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, ExprLit, ExprPath, Field, Lit, LitStr, Path, Token};

use crate::rename_rule::RenameRule;

/// The attributes of a struct.
#[derive(Default)]
pub struct StructAttributes {
    pub rename_all: Option<RenameRule>,
    pub krate: Option<Path>,
}

/// How a field is read.
pub enum FieldSource {
    /// From a column: of another name than its own, or with a value where there is no such column.
    Column { rename: Option<LitStr>, default: Option<DefaultValue> },
    /// By the `FromRow` of its type.
    Flatten,
    /// It is not.
    Skip,
}

/// Where the value of a missing column comes from.
pub enum DefaultValue {
    /// `Default::default()`.
    OfType,
    /// A function.
    Function(ExprPath),
}

impl StructAttributes {
    pub fn parse(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut parsed = Self::default();
        for_each(attributes, |meta| {
            if meta.path.is_ident("rename_all") {
                let rule: LitStr = meta.value()?.parse()?;
                once(&meta, &mut parsed.rename_all, RenameRule::parse(&rule)?)
            } else if meta.path.is_ident("crate") {
                let path: LitStr = meta.value()?.parse()?;
                once(&meta, &mut parsed.krate, path.parse()?)
            } else {
                Err(meta.error("unknown attribute of a struct, expected `rename_all` or `crate`"))
            }
        })?;
        Ok(parsed)
    }
}

impl FieldSource {
    pub fn parse(field: &Field) -> Result<Self, Error> {
        let (mut rename, mut default) = (None, None);
        let (mut flatten, mut skip) = (None, None);
        for_each(&field.attrs, |meta| {
            if meta.path.is_ident("rename") {
                let name = meta.value()?.parse::<LitStr>()?;
                once(&meta, &mut rename, name)
            } else if meta.path.is_ident("default") {
                let value = default_value(&meta)?;
                once(&meta, &mut default, value)
            } else if meta.path.is_ident("flatten") {
                once(&meta, &mut flatten, meta.path.clone())
            } else if meta.path.is_ident("skip") {
                once(&meta, &mut skip, meta.path.clone())
            } else {
                Err(meta.error("unknown attribute of a field, expected `rename`, `default`, `flatten` or `skip`"))
            }
        })?;
        let is_column = rename.is_some() || default.is_some();
        match (flatten, skip) {
            (None, None) => Ok(Self::Column { rename, default }),
            (Some(alone), None) | (None, Some(alone)) if is_column => {
                Err(Error::new_spanned(alone, "a field that is no column has no other attributes"))
            }
            (Some(_), None) => Ok(Self::Flatten),
            (None, Some(_)) => Ok(Self::Skip),
            (Some(_), Some(skip)) => Err(Error::new_spanned(skip, "a field is either flattened or skipped")),
        }
    }
}

fn default_value(meta: &ParseNestedMeta<'_>) -> Result<DefaultValue, Error> {
    if !meta.input.peek(Token![=]) {
        return Ok(DefaultValue::OfType);
    }
    match meta.value()?.parse()? {
        Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Ok(DefaultValue::Function(path.parse()?)),
        other => Err(Error::new_spanned(other, "expected the path of a function in quotes")),
    }
}

/// Calls `each` with what is inside every `#[tidewater(..)]`.
fn for_each(
    attributes: &[Attribute],
    mut each: impl FnMut(ParseNestedMeta<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("tidewater"));
    ours.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(&mut each))
}

fn once<T>(meta: &ParseNestedMeta<'_>, place: &mut Option<T>, value: T) -> Result<(), Error> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error("the attribute is given twice")),
    }
}
