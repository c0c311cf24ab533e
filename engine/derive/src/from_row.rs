//! What `#[derive(FromRow)]` stands for.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Generics, Path, Type, parse_quote};

use crate::attributes::{DefaultValue, FieldSource, StructAttributes};

/// The implementation for a struct.
pub fn expand(input: &DeriveInput) -> Result<TokenStream, Error> {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => return Err(no_struct(&data.enum_token)),
        Data::Union(data) => return Err(no_struct(&data.union_token)),
    };
    if fields.is_empty() {
        return Err(Error::new_spanned(&input.ident, "a struct without fields cannot be read from a row"));
    }
    let attributes = StructAttributes::parse(&input.attrs)?;
    let krate = attributes.krate.clone().unwrap_or_else(|| parse_quote!(::tidewater));
    let read = Reader { input, attributes: &attributes, krate: &krate, is_tuple: matches!(fields, Fields::Unnamed(_)) };
    let mut generics = input.generics.clone();
    let values = collect(fields.iter().enumerate().map(|(place, field)| read.field(place, field, &mut generics)))?;
    let body = match fields {
        Fields::Named(named) => {
            let names = named.named.iter().map(|field| &field.ident);
            quote!(Self { #(#names: #values),* })
        }
        _ => quote!(Self(#(#values),*)),
    };
    let name = &input.ident;
    let (implementation, _, bounds) = generics.split_for_impl();
    let (_, of_type, _) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #implementation #krate::FromRow for #name #of_type #bounds {
            fn from_row(row: #krate::NamedRow<'_>) -> ::core::result::Result<Self, #krate::Error> {
                ::core::result::Result::Ok(#body)
            }
        }
    })
}

fn no_struct(keyword: &impl ToTokens) -> Error {
    Error::new_spanned(keyword, "FromRow can be derived for structs alone")
}

/// The values, or all errors.
fn collect<T>(results: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let (mut values, mut errors) = (Vec::new(), None::<Error>);
    for result in results {
        match (result, &mut errors) {
            (Ok(value), _) => values.push(value),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(values), Err)
}

/// Makes the expressions that read the fields.
struct Reader<'i> {
    input: &'i DeriveInput,
    attributes: &'i StructAttributes,
    krate: &'i Path,
    is_tuple: bool,
}

impl Reader<'_> {
    fn field(&self, place: usize, field: &Field, generics: &mut Generics) -> Result<TokenStream, Error> {
        let source = FieldSource::parse(field)?;
        if let Type::Reference(reference) = &field.ty
            && !matches!(source, FieldSource::Skip)
        {
            let message = "a row is read into values that own what they hold: use `String`, `Vec<u8>` or `Cow`";
            return Err(Error::new_spanned(reference, message));
        }
        let (krate, of_type) = (self.krate, &field.ty);
        let span = of_type.span();
        match source {
            FieldSource::Skip => {
                self.bind(generics, of_type, &parse_quote!(::core::default::Default));
                Ok(quote_spanned!(span=> <#of_type as ::core::default::Default>::default()))
            }
            FieldSource::Flatten if self.is_tuple => Err(Error::new_spanned(
                field,
                "fields of a tuple struct are read by position; only named ones are flattened",
            )),
            FieldSource::Flatten => {
                self.bind(generics, of_type, &parse_quote!(#krate::FromRow));
                Ok(quote_spanned!(span=> <#of_type as #krate::FromRow>::from_row(row)?))
            }
            FieldSource::Column { rename: Some(name), .. } if self.is_tuple => {
                Err(Error::new_spanned(name, "fields of a tuple struct are read by position; they have no names"))
            }
            FieldSource::Column { rename, default } => {
                self.bind(generics, of_type, &parse_quote!(#krate::FromValue));
                let path = self.path(place, field);
                let column = match (&field.ident, rename) {
                    (_, Some(name)) => name.to_token_stream(),
                    (Some(name), None) => self.column(&name.unraw().to_string()).to_token_stream(),
                    (None, None) => place.to_token_stream(),
                };
                Ok(self.column_value(generics, of_type, &column, &path, default))
            }
        }
    }

    fn column_value(
        &self,
        generics: &mut Generics,
        of_type: &Type,
        column: &TokenStream,
        path: &str,
        default: Option<DefaultValue>,
    ) -> TokenStream {
        let krate = self.krate;
        let span = of_type.span();
        let or = match default {
            None => return quote_spanned!(span=> #krate::__private::field::<#of_type>(row, #column, #path)?),
            Some(DefaultValue::Function(function)) => function.to_token_stream(),
            Some(DefaultValue::OfType) => {
                self.bind(generics, of_type, &parse_quote!(::core::default::Default));
                quote_spanned!(span=> <#of_type as ::core::default::Default>::default)
            }
        };
        quote_spanned!(span=> #krate::__private::field_or::<#of_type>(row, #column, #path, #or)?)
    }

    fn column(&self, field: &str) -> String {
        self.attributes.rename_all.map_or_else(|| field.to_owned(), |rule| rule.apply(field))
    }

    /// How messages name a field.
    fn path(&self, place: usize, field: &Field) -> String {
        let name = field.ident.as_ref().map_or_else(|| place.to_string(), |name| name.unraw().to_string());
        format!("{}.{name}", self.input.ident)
    }

    /// Demands a trait of the type of a field, if a type parameter is in it: of others the compiler says where it is missing.
    fn bind(&self, generics: &mut Generics, of_type: &Type, bound: &Path) {
        let parameters: BTreeSet<String> = self.input.generics.type_params().map(|it| it.ident.to_string()).collect();
        if names_any(of_type.to_token_stream(), &parameters) {
            generics.make_where_clause().predicates.push(parse_quote!(#of_type: #bound));
        }
    }
}

fn names_any(tokens: TokenStream, names: &BTreeSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(name) => names.contains(&name.to_string()),
        proc_macro2::TokenTree::Group(group) => names_any(group.stream(), names),
        _ => false,
    })
}

#[cfg(test)]
#[path = "from_row_tests.rs"]
mod tests;
