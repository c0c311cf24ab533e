//! Parses a line of a script into a request. A line that is no request is refused with a message.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use tidewater::Params;

use crate::wire::{Failure, SubscriptionName, parse_value};

/// A request of a script.
#[derive(Debug, PartialEq)]
pub enum Request {
    Exec { sql: String, params: Params },
    Query { sql: String, params: Params },
    Subscribe { name: SubscriptionName, sql: String, params: Params },
    Unsubscribe { name: SubscriptionName },
    Explain { sql: String, params: Params },
    Stats,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    op: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    sql: Option<String>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

impl Request {
    /// Reads one line, without its line feed.
    pub fn parse(line: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(line)
            .map_err(|error| Failure::bad_request(format!("the line is not UTF-8: {error}")))?;
        // serde would accept an array of the fields in order.
        if !text.trim_start().starts_with('{') {
            return Err(Failure::bad_request("the line is not a JSON object"));
        }
        let fields: Fields<'_> = serde_json::from_str(text)
            .map_err(|error| Failure::bad_request(format!("the line is not a request: {error}")))?;
        fields.request()
    }
}

impl Fields<'_> {
    fn request(self) -> Result<Request, Failure> {
        match self.op.as_deref() {
            Some("exec") => Ok(Request::Exec { params: self.params()?, sql: self.sql()? }),
            Some("query") => Ok(Request::Query { params: self.params()?, sql: self.sql()? }),
            Some("subscribe") => {
                Ok(Request::Subscribe { name: self.name()?, params: self.params()?, sql: self.sql()? })
            }
            Some("unsubscribe") => Ok(Request::Unsubscribe { name: self.name()? }),
            Some("explain") => Ok(Request::Explain { params: self.params()?, sql: self.sql()? }),
            Some("stats") => Ok(Request::Stats),
            Some(other) => Err(Failure::bad_request(format!("unknown op \"{other}\""))),
            None => Err(Failure::bad_request("\"op\" is missing")),
        }
    }

    fn sql(self) -> Result<String, Failure> {
        self.sql.ok_or_else(|| Failure::bad_request("\"sql\" is missing"))
    }

    fn name(&self) -> Result<SubscriptionName, Failure> {
        let json = self.id.ok_or_else(|| Failure::bad_request("\"id\" is missing"))?;
        SubscriptionName::from_json(json)
            .ok_or_else(|| Failure::bad_request(format!("\"id\" must be a string or a number, not {json}")))
    }

    fn params(&self) -> Result<Params, Failure> {
        self.params.map_or(Ok(Params::None), |json| parse_params(json).map_err(Failure::bad_request))
    }
}

fn parse_params(json: &RawValue) -> Result<Params, String> {
    let text = json.get();
    let unreadable = |error: serde_json::Error| format!("\"params\" cannot be read: {error}");
    match text.as_bytes().first() {
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(unreadable)?;
            values.into_iter().map(parse_value).collect::<Result<_, _>>().map(Params::Positional)
        }
        Some(b'{') => {
            let values: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(unreadable)?;
            let named = values.into_iter().map(|(name, json)| Ok((name, parse_value(json)?)));
            named.collect::<Result<_, String>>().map(Params::Named)
        }
        _ => Err(format!("\"params\" must be an array or an object, not {text}")),
    }
}

#[cfg(test)]
mod tests;
