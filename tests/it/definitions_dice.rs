//! Choices from a stream of numbers, from which random definitions are made.

use workorderd::domain::label::Label;
use workorderd::domain::text;

/// Pieces of texts that a careless writer of TOML would trip over; the last one is no piece of a message.
pub const PIECES: [&str; 24] = [
    "a",
    "Zoë ",
    "维修",
    "\"",
    "'",
    "\\",
    "'''",
    "\"\"\"",
    "=",
    "[[",
    "{ }",
    ", ",
    "👩‍🔧",
    "\u{301}",
    "0",
    "true",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{2028}",
    "\\u0041",
    "\n\n  ",
    "#",
];

pub struct Dice {
    numbers: Vec<u16>,
    next: usize,
}

impl Dice {
    pub fn new(numbers: Vec<u16>) -> Self {
        Self { numbers, next: 0 }
    }

    /// Less than `below`; 0 once the numbers are used up.
    pub fn roll(&mut self, below: usize) -> usize {
        let number = self.numbers.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        usize::from(number) % below
    }

    pub fn flag(&mut self) -> bool {
        self.roll(2) == 1
    }

    /// The same of words.
    pub fn word(&mut self, all: &[&'static str]) -> &'static str {
        all[self.roll(all.len())]
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }

    pub fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.flag() { Some(make(self)) } else { None }
    }

    pub fn some<T>(&mut self, from: usize, to: usize, mut make: impl FnMut(&mut Self, usize) -> T) -> Vec<T> {
        (0..from + self.roll(to - from + 1)).map(|n| make(self, n)).collect()
    }

    /// Each of them or not, in their order.
    pub fn subset<T: Clone>(&mut self, all: &[T]) -> Vec<T> {
        all.iter().filter(|_| self.flag()).cloned().collect()
    }

    pub fn pieces(&mut self, pieces: &[&str]) -> String {
        self.some(1, 5, |dice, _| *dice.of(pieces)).concat()
    }

    pub fn line(&mut self) -> Box<str> {
        text::line("", &self.pieces(&PIECES), 100).unwrap_or_else(|_| "x".into())
    }

    pub fn long(&mut self) -> Box<str> {
        text::long("", &self.pieces(&PIECES), 100).unwrap_or_else(|_| "x".into())
    }

    pub fn label(&mut self) -> Label {
        let tags = self.subset(&["en", "zh", "pt-BR"]);
        if tags.is_empty() {
            Label::from(&*self.line())
        } else {
            Label::of(tags.into_iter().map(|tag| (tag.into(), self.line())).collect())
        }
    }

    /// Two of these, or one, or none, the smaller first.
    pub fn limits<T: Copy>(&mut self, ascending: &[T]) -> (Option<T>, Option<T>) {
        let (a, b) = (self.roll(ascending.len()), self.roll(ascending.len()));
        (self.maybe(|_| ascending[a.min(b)]), self.maybe(|_| ascending[a.max(b)]))
    }
}
