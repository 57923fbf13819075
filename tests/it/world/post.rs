//! The mail server of the world, which does as the seed says, and the book of what it took.
//!
//! Invariant: it takes an intent a second time only after an answer that was lost: an unknown outcome or a crash in between.

use std::collections::{BTreeMap, BTreeSet};
use workorderd::domain::work_order::deadline::Deadline;
use workorderd::engine::schedule::Holder;

/// A mail: whose it is, and which.
pub type Intent = (Holder, Deadline);

/// What the server answers to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Taken,
    /// 4xx.
    Later,
    /// 5xx.
    Never,
    Down,
    /// The connection died after the final dot; the server may have taken it.
    DiedAfterDot {
        taken: bool,
    },
}

#[derive(Debug, Clone, Copy, Default)]
enum Mood {
    #[default]
    Well,
    Flaky,
    Down,
}

#[derive(Debug, Default)]
struct Taken {
    times: u32,
    /// In which life of the daemon it was taken last.
    life: u32,
    lost_answer: bool,
}

/// The server.
#[derive(Debug, Default)]
pub struct Post {
    mood: Mood,
    book: BTreeMap<Intent, Taken>,
    pub tries: BTreeMap<Intent, u32>,
    pub repeated: u32,
    /// Messages that a gateway took, or may have: these are never handed over again.
    may_have: BTreeSet<Intent>,
}

/// What a gateway answers to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Taken,
    Never,
    /// Certainly not taken.
    Later,
    /// Nobody knows.
    Unknown,
}

impl Post {
    /// Another mood, at times.
    pub fn change(&mut self, rng: &mut fastrand::Rng) {
        self.mood = match rng.u32(..6) {
            0..3 => Mood::Well,
            3 | 4 => Mood::Flaky,
            _ => Mood::Down,
        };
    }

    /// One attempt.
    pub fn receive(&mut self, intent: Intent, life: u32, rng: &mut fastrand::Rng) -> Said {
        *self.tries.entry(intent).or_insert(0) += 1;
        let said = match (self.mood, rng.u32(..100)) {
            (Mood::Down, _) | (Mood::Flaky, 0..20) => Said::Down,
            (Mood::Well, 0..90) | (Mood::Flaky, 20..40) => Said::Taken,
            (Mood::Well, 90..94) | (Mood::Flaky, 40..70) => Said::Later,
            (Mood::Well, 94..97) | (Mood::Flaky, 70..75) => Said::Never,
            _ => Said::DiedAfterDot { taken: rng.bool() },
        };
        if matches!(said, Said::Taken | Said::DiedAfterDot { taken: true }) {
            let book = self.book.entry(intent).or_default();
            let excused = book.times == 0 || book.lost_answer || book.life != life;
            assert!(excused, "mail {intent:?} was sent again though the server had said that it took it");
            self.repeated += u32::from(book.times > 0);
            *book = Taken { times: book.times + 1, life, lost_answer: said != Said::Taken };
        }
        said
    }

    /// One attempt to hand a message to a gateway.
    pub fn hand_over(&mut self, intent: Intent, rng: &mut fastrand::Rng) -> Answered {
        *self.tries.entry(intent).or_insert(0) += 1;
        assert!(!self.may_have.contains(&intent), "message {intent:?} is handed over again, though it may have gone out");
        let answered = match (self.mood, rng.u32(..100)) {
            (Mood::Down, _) | (Mood::Flaky, 0..30) | (Mood::Well, 0..5) => Answered::Later,
            (Mood::Flaky, 30..50) | (Mood::Well, 5..15) => Answered::Never,
            (Mood::Flaky, 50..70) | (Mood::Well, 15..25) => Answered::Unknown,
            _ => Answered::Taken,
        };
        if matches!(answered, Answered::Taken | Answered::Unknown) {
            self.may_have.insert(intent);
        }
        answered
    }

    /// A look for a receipt was made.
    pub fn looked(&mut self, intent: Intent) {
        *self.tries.entry(intent).or_insert(0) += 1;
    }
}
