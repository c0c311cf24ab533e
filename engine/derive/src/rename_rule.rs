//! How the names of columns are made of those of fields.

use proc_macro2::Span;
use syn::{Error, LitStr};

/// How the names of columns are made of those of fields.
#[derive(Clone, Copy)]
pub enum RenameRule {
    Camel,
    Pascal,
    Kebab,
    ScreamingSnake,
    Upper,
}

impl RenameRule {
    pub fn parse(name: &LitStr) -> Result<Self, Error> {
        match name.value().as_str() {
            "camelCase" => Ok(Self::Camel),
            "PascalCase" => Ok(Self::Pascal),
            "kebab-case" => Ok(Self::Kebab),
            "SCREAMING_SNAKE_CASE" => Ok(Self::ScreamingSnake),
            "UPPERCASE" => Ok(Self::Upper),
            _ => Err(unknown(name.span())),
        }
    }

    /// The name of the column of a field in snake_case.
    pub fn apply(self, field: &str) -> String {
        match self {
            Self::Camel => joined(field, false),
            Self::Pascal => joined(field, true),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingSnake | Self::Upper => field.to_ascii_uppercase(),
        }
    }
}

fn unknown(span: Span) -> Error {
    let rules = "`camelCase`, `PascalCase`, `kebab-case`, `SCREAMING_SNAKE_CASE` or `UPPERCASE`";
    Error::new(span, format!("unknown rule, expected {rules}"))
}

/// The words of a name without what is between them, each with a capital, but for the first one if it is to have none.
fn joined(field: &str, mut capital: bool) -> String {
    let mut name = String::new();
    for character in field.chars() {
        match character {
            '_' => capital = !name.is_empty() || capital,
            _ if capital => {
                name.extend(character.to_uppercase());
                capital = false;
            }
            _ => name.push(character),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::RenameRule;

    #[test]
    fn names_follow_the_rules() {
        let names = [RenameRule::Camel, RenameRule::Pascal, RenameRule::Kebab, RenameRule::ScreamingSnake];
        assert_eq!(
            names.map(|rule| rule.apply("created_at_ms")),
            ["createdAtMs", "CreatedAtMs", "created-at-ms", "CREATED_AT_MS"]
        );
        assert_eq!(names.map(|rule| rule.apply("_id")), ["id", "Id", "-id", "_ID"]);
    }
}
