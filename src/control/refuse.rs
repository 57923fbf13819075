//! Refusals as error replies: `org.workorderd.<Name>` with a message for people and what stands in the way.

use crate::domain::ids::SlugProblem;
use crate::domain::rejection::Rejection;
use crate::engine::cell::Refusal;
use crate::protocol::varlink::{ErrorReply, INTERNAL};

/// The error reply of a refusal.
pub fn refusal(refusal: Refusal) -> ErrorReply {
    match refusal {
        Refusal::Rejected(rejection) => self::rejection(&rejection),
        Refusal::Internal(_) => ErrorReply::new(INTERNAL),
        Refusal::DiskNearlyFull { free, reserve } => ErrorReply::new("org.workorderd.DiskNearlyFull")
            .with("message", refusal.to_string())
            .with("free", free)
            .with("reserve", reserve),
        Refusal::Busy => ErrorReply::new("org.workorderd.Busy").with("message", refusal.to_string()),
    }
}

/// The error reply of a rejection.
pub fn rejection(rejection: &Rejection) -> ErrorReply {
    let mut error = ErrorReply::new(format!("org.workorderd.{}", rejection.name())).with("message", rejection.to_string());
    if let Ok(serde_json::Value::Object(parameters)) = serde_json::to_value(rejection) {
        error.parameters.extend(parameters);
    }
    error
}

/// A parameter whose text is not what it must be.
pub fn field(name: &str, problem: impl std::fmt::Display) -> ErrorReply {
    rejection(&Rejection::invalid(name, problem.to_string()))
}

/// A checked id of a text.
pub fn slug<T>(name: &str, text: &str, new: impl Fn(&str) -> Result<T, SlugProblem>) -> Result<T, ErrorReply> {
    new(text).map_err(|problem| field(name, format!("{text:?} {problem}")))
}

/// A checked id of a text that may be absent.
pub fn optional_slug<T>(name: &str, text: Option<&str>, new: impl Fn(&str) -> Result<T, SlugProblem>) -> Result<Option<T>, ErrorReply> {
    text.map(|t| slug(name, t, new)).transpose()
}

/// One of a closed list of words.
pub fn word<T>(name: &str, text: &str, known: &[&str], from: impl Fn(&str) -> Option<T>) -> Result<T, ErrorReply> {
    from(text).ok_or_else(|| field(name, format!("{text:?} is none of: {}", known.join(", "))))
}
