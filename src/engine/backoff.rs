//! Pauses between tries of a mail: 30 s, 2 m, 5 m, 15 m, 30 m, 1 h, 2 h, then 4 h each, spread by 20 %.

use crate::domain::time::Span;

const PAUSES: [Span; 8] = [
    Span::seconds(30),
    Span::minutes(2),
    Span::minutes(5),
    Span::minutes(15),
    Span::minutes(30),
    Span::hours(1),
    Span::hours(2),
    Span::hours(4),
];

/// The pause after the n-th failed attempt (counted from 1). `spread` is any number; it moves the pause by up to 20 %.
pub fn pause(attempt: u32, spread: u64) -> Span {
    let attempt = if mutant!("pauses-do-not-grow") { 1 } else { attempt };
    let base = PAUSES[(attempt.max(1) as usize - 1).min(PAUSES.len() - 1)].0;
    Span(base * 9 / 10 + spread % (base / 5))
}
