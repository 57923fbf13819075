//! Phone numbers as people write them: with and without the country, with signs between the digits.

use super::look_up::Rank;
use compact_str::CompactString;

/// A phone number, or the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// All digits, those of the country too; without 00 and the bracketed 0 behind a country.
    digits: CompactString,
    /// Written with a country.
    international: bool,
    /// Without country and the 0 before an area; none where it is written with neither.
    national: Option<CompactString>,
}

/// Whether a text is nothing but digits and the signs that stand between them.
pub fn signs(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || "+-/(). ".contains(c))
}

/// Digits of the country at the beginning of an international number (ITU-T E.164: a country's is the beginning of no other one's).
fn country(digits: &str) -> usize {
    const TWO: [&str; 43] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54",
        "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95",
    ];
    let length = match digits.get(..2) {
        _ if digits.starts_with(['1', '7']) => 1,
        Some("98") => 2,
        Some(two) if TWO.contains(&two) => 2,
        _ => 3,
    };
    length.min(digits.len())
}

impl Number {
    /// Reads a number; none if it is none, or has fewer than two digits.
    pub fn read(text: &str) -> Option<Self> {
        let (text, plus) = text.strip_prefix('+').map_or((text, false), |rest| (rest, true));
        if !signs(text) || text.contains('+') {
            return None;
        }
        let bare: CompactString = text.chars().filter(char::is_ascii_digit).collect();
        let international = plus || bare.starts_with("00");
        let digits: CompactString = match (plus, international) {
            (true, _) => text.replacen("(0)", "", 1).chars().filter(char::is_ascii_digit).collect(),
            (false, true) => text.replacen("(0)", "", 1).chars().filter(char::is_ascii_digit).skip(2).collect(),
            (false, false) => bare,
        };
        let national = if international {
            digits.get(country(&digits)..).map(|rest| rest.trim_start_matches('0').into())
        } else {
            digits.strip_prefix('0').map(CompactString::from)
        };
        (digits.len() >= 2).then_some(Self { digits, international, national })
    }

    /// A text that is the same for the same number, whatever signs are between its digits; no name or e-mail is like it.
    pub fn key(&self) -> String {
        format!("\n{}{}", if self.international { "+" } else { "" }, self.digits)
    }

    /// How well a phone begins with it, or holds it.
    pub fn meets(&self, phone: &Self) -> Option<Rank> {
        let begins = |asked: &str, whole: &str| {
            let rank = if asked == whole { Rank::Exact } else { Rank::Prefix };
            (!asked.is_empty() && whole.starts_with(asked)).then_some(rank)
        };
        if self.international == phone.international
            && let Some(rank) = begins(&self.digits, &phone.digits)
        {
            return Some(rank);
        }
        // With the country here and without it there.
        if self.international != phone.international
            && let Some(asked) = &self.national
        {
            let rank = begins(asked, phone.national.as_deref().unwrap_or(&phone.digits));
            if rank.is_some() {
                return rank;
            }
        }
        (!self.international && phone.digits.contains(self.digits.as_str())).then_some(Rank::Inside)
    }
}
