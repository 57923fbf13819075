//! Durations as people write them: a whole number and a unit, `30d`, `4h`, `15m` or `90s`.
//!
//! Never zero and never above ten years, so that no sum of a time and a span can run out of range.

use crate::domain::time::Span;

/// Longest duration: ten years of 365 days.
pub const SPAN_MAX: Span = Span::days(3_650);

/// Reads a duration; the error is a lower-case fragment and begins with what was read.
pub fn parse_span(text: &str) -> Result<Span, String> {
    let bad = || format!("{text:?} is not a duration; write a whole number and a unit such as 30d, 4h, 15m or 90s");
    let unit = text.chars().next_back().ok_or_else(bad)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        's' => 1,
        _ => return Err(bad()),
    };
    let millis = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(seconds)).and_then(|n| n.checked_mul(1_000));
    match millis {
        Some(0) => Err(format!("{text:?} is no time at all; the shortest duration is 1s")),
        Some(millis) if millis <= SPAN_MAX.0 => Ok(Span(millis)),
        _ => Err(format!("{text:?} is longer than ten years; the longest duration is 3650d")),
    }
}

/// Writes a duration so that [`parse_span`] reads the same; parts of a second are cut off.
pub fn show_span(span: Span) -> String {
    let seconds = span.0 / 1_000;
    match [(86_400, 'd'), (3_600, 'h'), (60, 'm')].into_iter().find(|(size, _)| seconds > 0 && seconds.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", seconds / size),
        None => format!("{seconds}s"),
    }
}
