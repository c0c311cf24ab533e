//! Query parameters from the command line.

use std::convert::Infallible;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use tidewater::{Params, Value};

/// One `--param`: a value, for the next position or for a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    name: Option<String>,
    value: Value,
}

impl FromStr for Param {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once('=') {
            Some((name, value)) if is_name(name) => {
                let name = name.trim_start_matches([':', '@', '$']).to_owned();
                Self { name: Some(name), value: parse(value) }
            }
            _ => Self { name: None, value: parse(text) },
        })
    }
}

/// Some `--param`s have a name and some have none.
#[derive(Debug)]
pub struct Mixed;

/// All `--param`s of a command together; named and positional ones do not mix.
pub fn collect(params: Vec<Param>) -> Result<Params, Mixed> {
    if params.is_empty() {
        return Ok(Params::None);
    }
    let (named, positional): (Vec<_>, Vec<_>) = params.into_iter().partition(|param| param.name.is_some());
    match (named.is_empty(), positional.is_empty()) {
        (true, _) => Ok(Params::Positional(positional.into_iter().map(|param| param.value).collect())),
        (false, true) => Ok(Params::Named(
            named.into_iter().filter_map(|param| param.name.map(|name| (name, param.value))).collect(),
        )),
        (false, false) => Err(Mixed),
    }
}

fn is_name(text: &str) -> bool {
    let bare = text.strip_prefix([':', '@', '$']).unwrap_or(text);
    bare.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && bare.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

fn parse(text: &str) -> Value {
    if text.eq_ignore_ascii_case("null") {
        return Value::Null;
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Value::Integer(integer);
    }
    // Rust also parses `inf` and `nan`, which are texts here.
    if text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.ends_with(|last: char| last.is_ascii_digit() || last == '.')
        && let Ok(real) = text.parse::<f64>()
    {
        return Value::Real(real);
    }
    if let Some(hex) = text.strip_prefix(['x', 'X']).and_then(quoted)
        && let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(hex.as_bytes())
    {
        return Value::from(bytes);
    }
    Value::from(quoted(text).map_or_else(|| text.to_owned(), |inner| inner.replace("''", "'")))
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(texts: &[&str]) -> Result<Params, Mixed> {
        collect(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn a_value_has_the_type_it_looks_like() {
        for (text, value) in [
            ("5", Value::Integer(5)),
            ("-9223372036854775808", Value::Integer(i64::MIN)),
            ("9223372036854775808", Value::Real(9_223_372_036_854_775_808.0)),
            ("-1.50", Value::Real(-1.5)),
            (".5", Value::Real(0.5)),
            ("1e3", Value::Real(1000.0)),
            ("NULL", Value::Null),
            ("x'00fF'", Value::from(vec![0_u8, 0xff])),
            ("X''", Value::from(Vec::<u8>::new())),
            ("x'0'", Value::from("x'0'")),
            ("'5'", Value::from("5")),
            ("'it''s'", Value::from("it's")),
            ("it's", Value::from("it's")),
            ("inf", Value::from("inf")),
            ("-inf", Value::from("-inf")),
            ("nan", Value::from("nan")),
            ("", Value::from("")),
            ("1 = 1", Value::from("1 = 1")),
            ("'a=b'", Value::from("a=b")),
        ] {
            assert_eq!(params(&[text]).unwrap(), Params::Positional(vec![value]), "{text}");
        }
    }

    #[test]
    fn a_name_goes_before_the_first_equals_sign() {
        assert_eq!(
            params(&["a=1", ":b=x=y", "c="]).unwrap(),
            Params::Named(vec![
                ("a".to_owned(), Value::Integer(1)),
                ("b".to_owned(), Value::from("x=y")),
                ("c".to_owned(), Value::from(""))
            ])
        );
        assert_eq!(params(&[]).unwrap(), Params::None);
        assert!(params(&["a=1", "2"]).is_err());
    }
}
