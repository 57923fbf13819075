//! Numbers as people write them, kept digit by digit: never a float. Up to 18 digits, of which up to 9 behind the point.
//!
//! `12.50` stays `12.50`; where values are compared it equals `12.5`.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// Most digits of a number.
pub const DIGITS_MAX: usize = 18;
/// Most digits behind the point.
pub const DECIMALS_MAX: u8 = 9;

/// A decimal number: `mantissa` divided by ten to the power of `decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decimal {
    mantissa: i64,
    decimals: u8,
}

impl Decimal {
    /// A whole number.
    pub const fn whole(number: i64) -> Self {
        Self { mantissa: number, decimals: 0 }
    }

    /// Reads digits with a sign in front and a point within, if at all; the error is a lower-case fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let short: String = text.chars().take(40).collect();
        let bad = || format!("{short:?} is not a number; write digits, such as 12 or -3.50");
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
            None => return Err("is empty; a number is expected".to_owned()),
        };
        let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if before.is_empty() || !all_digits(before) || !all_digits(behind) || (digits.contains('.') && behind.is_empty()) {
            return Err(bad());
        }
        let before = before.trim_start_matches('0');
        if behind.len() > usize::from(DECIMALS_MAX) {
            return Err(format!("has {} digits behind the point, at most {DECIMALS_MAX} are kept", behind.len()));
        }
        if before.len() + behind.len() > DIGITS_MAX {
            return Err(format!("has {} digits, at most {DIGITS_MAX} are kept", before.len() + behind.len()));
        }
        let mantissa = format!("0{before}{behind}").parse::<i64>().map_err(|_| bad())?;
        Ok(Self { mantissa: if negative { -mantissa } else { mantissa }, decimals: behind.len() as u8 })
    }

    /// Digits behind the point.
    pub fn decimals(self) -> u8 {
        self.decimals
    }

    /// The same value with exactly so many digits behind the point; none if digits would be lost or there are too many.
    pub fn with_decimals(self, decimals: u8) -> Option<Self> {
        let mut mantissa = i128::from(self.mantissa);
        for _ in self.decimals..decimals {
            mantissa = mantissa.checked_mul(10)?;
        }
        for _ in decimals..self.decimals {
            if mantissa % 10 != 0 {
                return None;
            }
            mantissa /= 10;
        }
        let most = 10i128.pow(DIGITS_MAX as u32);
        (-most < mantissa && mantissa < most && decimals <= DECIMALS_MAX)
            .then(|| i64::try_from(mantissa).ok())
            .flatten()
            .map(|mantissa| Self { mantissa, decimals })
    }

    /// Which value is the larger one.
    pub fn compare(self, other: Self) -> Ordering {
        self.shifted().cmp(&other.shifted())
    }

    fn shifted(self) -> i128 {
        let missing = DECIMALS_MAX.saturating_sub(self.decimals);
        i128::from(self.mantissa) * 10i128.pow(u32::from(missing))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::from(self.decimals.min(DECIMALS_MAX));
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs(), width = decimals + 1);
        let (before, behind) = digits.split_at(digits.len() - decimals);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if behind.is_empty() { write!(f, "{sign}{before}") } else { write!(f, "{sign}{before}.{behind}") }
    }
}
