//! The readable number of a Work Order from a pattern such as `WO-{date}-{counter}` (INT-7).
//!
//! Uniqueness is not kept here but by a claim that the writer checks (`claims`); this only spells numbers.

use super::time::Timestamp;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A readable number, for example `WO-20261122-000017`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkOrderNumber(pub CompactString);

impl fmt::Display for WorkOrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A checked pattern: literal text with `{date}` at most once and `{counter}` once, at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberPattern(Box<str>);

impl NumberPattern {
    /// Takes a pattern of up to 32 characters that ends in `{counter}`.
    pub fn new(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_suffix("{counter}") else {
            return Err(format!("number pattern {text:?} must end in {{counter}}"));
        };
        let literal = rest.replacen("{date}", "", 1);
        if let Some(bad) = literal.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_/.".contains(*c))) {
            return Err(format!("number pattern {text:?} holds {bad:?}; letters, digits, - _ / . and {{date}}, {{counter}} are allowed"));
        }
        if rest.ends_with(|c: char| c.is_ascii_digit() || c == '}') {
            return Err(format!(
                "number pattern {text:?} needs a separator such as - before {{counter}}, or days and counters run together"
            ));
        }
        if text.len() > 40 {
            return Err(format!("number pattern {text:?} is longer than 40 characters"));
        }
        Ok(Self(text.into()))
    }

    /// The part before the counter on the day of `now` in the given zone; counters run within it.
    pub fn scope(&self, now: Timestamp, zone: &jiff::tz::TimeZone) -> String {
        let rest = self.0.strip_suffix("{counter}").unwrap_or(&self.0);
        let day = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone.clone());
        rest.replacen("{date}", &day.strftime("%Y%m%d").to_string(), 1)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Spells a number: the scope and a counter of at least six digits.
pub fn spell(scope: &str, counter: u64) -> WorkOrderNumber {
    WorkOrderNumber(format!("{scope}{counter:06}").into())
}

/// Takes a number apart into scope and counter; `None` if it does not end in digits.
pub fn parse(number: &WorkOrderNumber) -> Option<(&str, u64)> {
    let text = &*number.0;
    let digits = text.len() - text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let counter = text.get(digits..)?.parse().ok()?;
    Some((&text[..digits], counter))
}
