//! Patterns that a text must match as a whole. They run in linear time whatever the pattern and the text (no back-references, no
//! look-around), and what would need too much memory is refused when the form is saved.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::VecDeque;

/// Longest pattern, in bytes.
pub const PATTERN_MAX: usize = 500;
/// Most memory of one pattern made ready, in bytes.
const MEMORY_MAX: usize = 1 << 20;
/// Patterns kept ready on each thread.
const READY_MAX: usize = 64;

/// A checked pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern(Box<str>);

thread_local! {
    /// Patterns made ready, the one used last in front. What a pattern matches depends on its text alone.
    static READY: RefCell<VecDeque<(Box<str>, Regex)>> = const { RefCell::new(VecDeque::new()) };
}

impl Pattern {
    /// Takes a pattern that can be run; the error is a lower-case fragment that says where it is wrong.
    pub fn new(source: &str) -> Result<Self, String> {
        if source.is_empty() {
            return Err("is empty; leave it out".to_owned());
        }
        if source.len() > PATTERN_MAX {
            return Err(format!("has {} bytes, at most {PATTERN_MAX} are allowed", source.len()));
        }
        // By itself first, so that an unbalanced bracket cannot close the one around it.
        build(source).and_then(|_| build(&whole(source))).map(|_| Self(source.into()))
    }

    /// The pattern as written.
    pub fn source(&self) -> &str {
        &self.0
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let ready = READY.with_borrow_mut(|ready| {
            let found = ready.iter().position(|(source, _)| *source == self.0).and_then(|at| ready.remove(at));
            let found = found.or_else(|| Some((self.0.clone(), build(&whole(&self.0)).ok()?)))?;
            let regex = found.1.clone();
            ready.push_front(found);
            ready.truncate(READY_MAX);
            Some(regex)
        });
        ready.is_some_and(|regex| regex.is_match(text))
    }
}

fn whole(source: &str) -> String {
    format!(r"\A(?:{source})\z")
}

fn build(source: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(source).size_limit(MEMORY_MAX).dfa_size_limit(MEMORY_MAX).nest_limit(50).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("needs more than {MEMORY_MAX} bytes of memory to run; repeat less"),
        other => {
            // The parser draws the place below the pattern; the last line says what is wrong there.
            let text = other.to_string();
            let place = text.lines().find(|line| line.trim_start().starts_with('^')).and_then(|line| line.find('^'));
            let what = text.lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_owned();
            match place {
                Some(column) => format!("is no pattern: {what} (at character {})", column.saturating_sub(3)),
                None => format!("is no pattern: {what}"),
            }
        }
    })
}
