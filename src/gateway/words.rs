//! Texts of providers, made fit to be kept: one line, no control characters, at most 300 characters, and without what must not stand
//! in a log or a history: secrets, the message itself, the phone number.
//! Invariant: no 12 characters in a row of a hidden text, and no number whose last 7 digits are those of a hidden one, get through
//! (as they are; a provider that encodes them in some way first is its own file's business).

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

/// The longest text of a provider that is kept, in characters.
const MAX_CHARACTERS: usize = 300;
/// More of an answer is not looked at.
const MAX_LOOKED_AT: usize = 4096;
/// A run of so many characters of a hidden text gives it away.
const GIVES_AWAY: usize = 12;
/// Shorter texts are in every sentence, and say nothing.
const SAYS_NOTHING: usize = 4;
/// So many last digits give a phone number away.
const DIGITS: usize = 7;
/// The longest id of a provider, in characters.
const MAX_ID_CHARACTERS: usize = 200;

/// What must not be in a text.
#[derive(Default)]
pub(super) struct Hidden<'a> {
    /// Secrets, and what the message says.
    pub(super) texts: Vec<&'a str>,
    /// Phone numbers, in whatever form.
    pub(super) numbers: Vec<&'a str>,
}

/// A text from outside, fit for a log or a history.
pub(super) fn fragment(text: &str, hidden: &Hidden<'_>) -> String {
    let mut text: Vec<char> = text.chars().take(MAX_LOOKED_AT).map(flat).collect();
    for number in &hidden.numbers {
        text = without_number(&text, number);
    }
    for secret in &hidden.texts {
        text = without_text(text, secret);
    }
    let text: String = text.into_iter().collect();
    text.trim().chars().take(MAX_CHARACTERS).collect()
}

/// Controls, and what turns the line or its direction around, become spaces.
fn flat(character: char) -> char {
    let turns = matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if character.is_control() || turns { ' ' } else { character }
}

fn without_text(text: Vec<char>, hidden: &str) -> Vec<char> {
    let hidden: Vec<char> = hidden.trim().chars().map(flat).collect();
    if hidden.len() < SAYS_NOTHING {
        return text;
    }
    let length = hidden.len().min(GIVES_AWAY);
    let windows: HashSet<&[char]> = hidden.windows(length).collect();
    let mut covered = vec![false; text.len()];
    for (start, window) in text.windows(length).enumerate() {
        if windows.contains(window) {
            covered.iter_mut().skip(start).take(length).for_each(|covered| *covered = true);
        }
    }
    let mut open = Vec::with_capacity(text.len());
    let mut before = false;
    for (character, covered) in text.into_iter().zip(covered) {
        if !covered {
            open.push(character);
        } else if !before {
            open.extend("(hidden)".chars());
        }
        before = covered;
    }
    open
}

fn without_number(text: &[char], number: &str) -> Vec<char> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < SAYS_NOTHING {
        return text.to_vec();
    }
    let tail = &digits[digits.len().saturating_sub(DIGITS)..];
    let mut open = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        // A run of digits with what people put between them, from its first character to its last digit.
        let run = match first {
            '0'..='9' | '+' | '(' => {
                rest.iter().take_while(|character| character.is_ascii_digit() || " -.()+/".contains(**character)).count()
            }
            _ => 0,
        };
        let run = rest[..run].iter().rposition(char::is_ascii_digit).map_or(0, |last| last + 1);
        if run == 0 {
            open.push(*first);
            rest = &rest[1..];
            continue;
        }
        let (here, behind) = rest.split_at(run);
        let in_it: Vec<char> = here.iter().copied().filter(char::is_ascii_digit).collect();
        if in_it.windows(tail.len()).any(|window| window == tail) {
            open.extend("(number)".chars());
        } else {
            open.extend(here);
        }
        rest = behind;
    }
    open
}

/// A text or a number as text; providers are not of one mind about which of the two a code is.
pub(super) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Cow::Borrowed(""),
    }
}

/// An id that a provider gave; empty if there is none, or if it is nothing that an id can be.
pub(super) fn id(value: &Value) -> String {
    checked_id(&text_of(value))
}

/// The same, of a text.
pub(super) fn checked_id(text: &str) -> String {
    let is_id = text.chars().count() <= MAX_ID_CHARACTERS && text.chars().all(|character| character.is_ascii_graphic());
    if is_id { text.to_owned() } else { String::new() }
}

/// The answer as JSON; `None` if it is none.
pub(super) fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

/// As RFC 3986 wants it: letters, digits and `-_.~` as they are, everything else as %XX. Providers say it in terms of forms.
pub(super) fn percent_encode(text: &str) -> String {
    let form: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    form.replace('+', "%20").replace('*', "%2A").replace("%7E", "~")
}
