//! Values against a description: the parameters of a call at the door, and in tests replies and errors as well.
//! Keeps: what passes has every required field, no field that is not described, and each with its type; what does not is
//! refused with the path of the first value that disagrees. Recursion follows the value, whose depth the JSON parser bounds.
//! Leaves to others: what the values mean.

use serde_json::Value;

use super::idl::{Field, Interface, Type};
use super::varlink::{ErrorReply, Parameters, kind, shorten};

/// A value that is not as described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {reason}")]
pub struct Violation {
    /// Where, such as `contact.email`, `lines[3].amount` or `labels[colour]`.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl From<Violation> for ErrorReply {
    fn from(violation: Violation) -> ErrorReply {
        ErrorReply::invalid_parameter(&violation.path, &violation.reason)
    }
}

/// Holds `values` against `fields` of `interface`.
///
/// # Errors
/// The first value that disagrees.
pub fn check_fields(interface: &Interface, fields: &[Field], values: &Parameters) -> Result<(), Violation> {
    // Counting what was found spares the search for strangers when there are none.
    let mut found = 0;
    for field in fields {
        match values.get(&field.name) {
            Some(value) => {
                found += 1;
                check(interface, &field.kind, value).map_err(|v| v.under(&field.name))?;
            }
            None if matches!(field.kind, Type::Optional(_)) => {}
            None => return Err(violation("is missing").under(&field.name)),
        }
    }
    if found == values.len() {
        return Ok(());
    }
    match values.keys().find(|key| !fields.iter().any(|field| field.name == **key)) {
        Some(key) => Err(violation("is not known here").under(&shorten(key))),
        None => Ok(()),
    }
}

/// Holds one value against a type of `interface`.
///
/// # Errors
/// The first value in it that disagrees, its path counted from `value`.
pub fn check(interface: &Interface, wanted: &Type, value: &Value) -> Result<(), Violation> {
    match (wanted, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::Float, Value::Number(_))
        | (Type::String, Value::String(_))
        | (Type::Object, Value::Object(_))
        | (Type::Optional(_), Value::Null) => Ok(()),
        (Type::Int, Value::Number(number)) if number.is_i64() => Ok(()),
        (Type::Optional(inner), value) => check(interface, inner, value),
        (Type::Named(name), value) => match interface.type_named(name) {
            Some(body) => check(interface, body, value),
            None => Err(violation(format!("has the type `{name}`, which is not described"))),
        },
        (Type::Struct(fields), Value::Object(values)) => check_fields(interface, fields, values),
        (Type::Enum(words), Value::String(word)) => {
            if words.iter().any(|w| w == word) {
                Ok(())
            } else {
                Err(violation(format!("must be one of {}, found `{}`", words.join(", "), shorten(word))))
            }
        }
        (Type::Array(inner), Value::Array(values)) => {
            for (i, value) in values.iter().enumerate() {
                check(interface, inner, value).map_err(|v| v.at(&i.to_string()))?;
            }
            Ok(())
        }
        (Type::Map(inner), Value::Object(values)) => {
            for (key, value) in values {
                check(interface, inner, value).map_err(|v| v.at(&shorten(key)))?;
            }
            Ok(())
        }
        (wanted, value) => Err(violation(format!("must be {}, found {}", wanted_kind(wanted), kind(value)))),
    }
}

fn wanted_kind(wanted: &Type) -> &'static str {
    match wanted {
        Type::Bool => "a boolean",
        Type::Int => "a whole number of 64 bits",
        Type::Float => "a number",
        Type::String | Type::Enum(_) => "a string",
        Type::Array(_) => "an array",
        Type::Object | Type::Struct(_) | Type::Map(_) | Type::Named(_) | Type::Optional(_) => "an object",
    }
}

fn violation(reason: impl Into<String>) -> Violation {
    Violation { path: String::new(), reason: reason.into() }
}

impl Violation {
    /// The path is built on the way out, so that values that pass cost nothing.
    fn under(mut self, name: &str) -> Violation {
        self.path = match self.path.as_str() {
            "" => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        self
    }

    fn at(mut self, index: &str) -> Violation {
        self.path = match self.path.as_str() {
            path if path.is_empty() || path.starts_with('[') => format!("[{index}]{path}"),
            path => format!("[{index}].{path}"),
        };
        self
    }
}
