//! A day of the calendar, and how days and times are read and written.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A day, as the number `yyyymmdd`, so that days compare as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(u32);

impl Date {
    /// Reads `2026-11-22`; the years are 1 to 9999.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bad = || format!("{:?} is not a date; write it as 2026-11-22", text.chars().take(40).collect::<String>());
        let shaped =
            text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        let date: jiff::civil::Date = if shaped { text.parse().map_err(|_| bad())? } else { return Err(bad()) };
        let year = u32::try_from(date.year()).ok().filter(|year| *year > 0).ok_or_else(bad)?;
        Ok(Self(year * 10_000 + date.month().unsigned_abs() as u32 * 100 + date.day().unsigned_abs() as u32))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }
}

/// Reads a point in time with its offset, such as `2026-11-22T14:00+08:00` or `2026-11-22T06:00:00Z`.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    let shown: String = text.trim().chars().take(40).collect();
    match text.trim().parse::<jiff::Timestamp>() {
        Ok(time) => Ok(Timestamp(time.as_millisecond())),
        Err(_) => Err(format!("{shown:?} is not a point in time; write date, time and offset, such as 2026-11-22T14:00+08:00")),
    }
}

/// Writes a point in time so that [`parse_time`] reads the same, in UTC.
pub fn show_time(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| format!("{} ms", time.0), |t| t.to_string())
}
