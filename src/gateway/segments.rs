//! How many segments an SMS takes (3GPP TS 23.038 and 23.040), so that a quota can be counted before sending.
//! Pure. A text that is wholly in the GSM 7-bit alphabet (GSM 03.38, with its extension table) takes 160 septets in one segment and
//! 153 in each of several; any other text goes out as UCS-2, 70 and 67 UTF-16 units. What is two units wide (an escaped character,
//! a surrogate pair) is not split between segments, so a segment may stay one unit short.

/// The GSM 7-bit default alphabet, without its escape.
const BASIC: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension table: written as an escape and one more septet.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How a text is written on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// GSM 03.38, 7 bits a unit.
    Gsm7,
    /// UTF-16 in truth, 16 bits a unit.
    Ucs2,
}

impl Alphabet {
    /// Units in the only segment.
    const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units in one of several segments.
    const fn joined(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Gsm7 if EXTENSION.contains(character) => 2,
            Self::Gsm7 => 1,
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

/// What a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// How many; an empty text takes one too, if it is sent at all.
    pub count: usize,
    /// In which alphabet.
    pub alphabet: Alphabet,
}

/// How many segments a text takes, in the alphabet that takes fewest.
#[must_use]
pub fn segments(text: &str) -> Segments {
    let in_gsm7 = text.chars().all(|character| BASIC.contains(character) || EXTENSION.contains(character));
    let alphabet = if in_gsm7 { Alphabet::Gsm7 } else { Alphabet::Ucs2 };
    Segments { count: count(text, alphabet), alphabet }
}

/// How many segments a text takes as UCS-2, whatever is in it. Chinese carriers count so: 70 characters, then 67 each, and the
/// signature in its brackets is part of the text.
#[must_use]
pub fn ucs2_segments(text: &str) -> usize {
    count(text, Alphabet::Ucs2)
}

fn count(text: &str, alphabet: Alphabet) -> usize {
    let widths = text.chars().map(|character| alphabet.width(character));
    if widths.clone().sum::<usize>() <= alphabet.alone() {
        return 1;
    }
    let (mut segments, mut used) = (1, 0);
    for width in widths {
        if used + width > alphabet.joined() {
            (segments, used) = (segments + 1, 0);
        }
        used += width;
    }
    segments
}
