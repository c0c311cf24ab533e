//! A case: a list of steps, one JSON object per line, in the format of `tidewater replay`.

use serde_json::{Map, Number, Value as Json};
use tidewater::{DisabledFeatures, Params, Text, Value};

/// A step: one action of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Runs a script.
    Exec {
        /// Its text.
        sql: String,
        /// Values for its parameters.
        params: Params,
    },
    /// Subscribes to a query.
    Subscribe {
        /// The name of the subscription in the case.
        id: u64,
        /// The query.
        sql: String,
        /// Values for its parameters.
        params: Params,
    },
    /// Ends a subscription.
    Unsubscribe {
        /// Its name.
        id: u64,
    },
}

impl Step {
    /// A script without parameters.
    #[must_use]
    pub fn exec(sql: impl Into<String>) -> Self {
        Self::Exec { sql: sql.into(), params: Params::None }
    }

    fn to_json(&self) -> Json {
        let mut object = Map::new();
        let mut put = |key: &str, value: Json| object.insert(key.to_owned(), value);
        match self {
            Self::Exec { sql, params } => {
                put("op", "exec".into());
                put("sql", sql.as_str().into());
                params_to_json(params).map(|params| put("params", params));
            }
            Self::Subscribe { id, sql, params } => {
                put("op", "subscribe".into());
                put("id", (*id).into());
                put("sql", sql.as_str().into());
                params_to_json(params).map(|params| put("params", params));
            }
            Self::Unsubscribe { id } => {
                put("op", "unsubscribe".into());
                put("id", (*id).into());
            }
        }
        Json::Object(object)
    }

    fn from_json(json: &Json) -> Result<Self, String> {
        let text =
            |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned).ok_or(format!("no `{key}` in {json}"));
        let id = || json.get("id").and_then(Json::as_u64).ok_or(format!("no `id` in {json}"));
        let params = || json.get("params").map_or(Ok(Params::None), params_from_json);
        match text("op")?.as_str() {
            "exec" => Ok(Self::Exec { sql: text("sql")?, params: params()? }),
            "subscribe" => Ok(Self::Subscribe { id: id()?, sql: text("sql")?, params: params()? }),
            "unsubscribe" => Ok(Self::Unsubscribe { id: id()? }),
            other => Err(format!("unknown op {other}")),
        }
    }
}

/// A history that starts from an empty database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// The planner features to disable, in a line of their own: `{"op":"disable","features":"flatten,scalar"}`.
    pub disabled: DisabledFeatures,
    /// The steps in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// The case as lines of JSON.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let disabled = match self.disabled.is_nothing() {
            true => String::new(),
            false => format!("{}\n", serde_json::json!({ "op": "disable","features": self.disabled.to_string() })),
        };
        disabled + &self.steps.iter().map(|step| format!("{}\n", step.to_json())).collect::<String>()
    }

    /// Parses lines of JSON; empty lines and lines that begin with `//` are skipped.
    ///
    /// # Errors
    /// Which line is not a step.
    pub fn from_lines(text: &str) -> Result<Self, String> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with("//"));
        let mut case = Self::default();
        for (number, line) in lines {
            case.take(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        }
        Ok(case)
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let json: Json = serde_json::from_str(line).map_err(|error| error.to_string())?;
        match json.get("op").and_then(Json::as_str) {
            Some("disable") => {
                let features = json.get("features").and_then(Json::as_str).ok_or("no `features`")?;
                self.disabled = features.parse().map_err(|error: tidewater::UnknownFeature| error.to_string())?;
            }
            _ => self.steps.push(Step::from_json(&json)?),
        }
        Ok(())
    }
}

fn params_to_json(params: &Params) -> Option<Json> {
    match params {
        Params::None => None,
        Params::Positional(values) => Some(values.iter().map(value_to_json).collect()),
        Params::Named(values) => {
            Some(Json::Object(values.iter().map(|(name, value)| (name.clone(), value_to_json(value))).collect()))
        }
        other => panic!("a case has no {other:?}"),
    }
}

fn params_from_json(json: &Json) -> Result<Params, String> {
    match json {
        Json::Array(values) => Ok(Params::Positional(values.iter().map(value_from_json).collect::<Result<_, _>>()?)),
        Json::Object(values) => {
            let named = values.iter().map(|(name, value)| Ok((name.clone(), value_from_json(value)?)));
            Ok(Params::Named(named.collect::<Result<_, String>>()?))
        }
        other => Err(format!("not parameters: {other}")),
    }
}

fn value_to_json(value: &Value) -> Json {
    let tagged = |tag: &str, text: String| Json::Object([(tag.to_owned(), Json::String(text))].into_iter().collect());
    match value {
        Value::Null => Json::Null,
        Value::Integer(value) => (*value).into(),
        Value::Real(value) => match Number::from_f64(*value) {
            Some(number) => Json::Number(number),
            None => tagged("real", if *value > 0.0 { "inf" } else { "-inf" }.to_owned()),
        },
        Value::Text(text) => match text.as_str() {
            Some(text) => text.into(),
            None => tagged("text_hex", hex(text.as_bytes())),
        },
        Value::Blob(bytes) => tagged("blob", hex(bytes)),
    }
}

fn value_from_json(json: &Json) -> Result<Value, String> {
    let tagged = |tag: &str| json.get(tag).and_then(Json::as_str);
    match json {
        Json::Null => Ok(Value::Null),
        Json::String(text) => Ok(Value::from(text.as_str())),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Integer)
            .or_else(|| number.as_f64().map(Value::Real))
            .ok_or_else(|| format!("not a number of SQLite's: {number}")),
        _ => {
            if let Some(sign) = tagged("real") {
                Ok(Value::Real(if sign == "inf" { f64::INFINITY } else { f64::NEG_INFINITY }))
            } else if let Some(digits) = tagged("text_hex") {
                Ok(Value::Text(Text::from_bytes(&unhex(digits)?)))
            } else if let Some(digits) = tagged("blob") {
                Ok(Value::from(unhex(digits)?))
            } else {
                Err(format!("not a value: {json}"))
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Result<Vec<u8>, String> {
    let bytes = digits.as_bytes().chunks(2).map(|pair| {
        std::str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .ok_or(format!("not hex: {digits}"))
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use tidewater::{DisabledFeatures, Params, PlannerFeature, Value};

    use super::{Case, Step};

    #[test]
    fn lines_there_and_back() {
        let values = vec![
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Real(1.0),
            Value::Real(f64::NEG_INFINITY),
            Value::from("a\0\"é"),
            Value::from(vec![0u8, 255]),
        ];
        let case = Case {
            disabled: DisabledFeatures::NOTHING.and(PlannerFeature::Flatten).and(PlannerFeature::Scalar),
            steps: vec![
                Step::Exec { sql: "INSERT INTO t VALUES(?)".to_owned(), params: Params::Positional(values) },
                Step::Subscribe { id: 7, sql: "SELECT 1".to_owned(), params: Params::from([("x", Value::Real(-0.0))]) },
                Step::Unsubscribe { id: 7 },
            ],
        };
        assert_eq!(Case::from_lines(&case.to_lines()), Ok(case));
    }
}
