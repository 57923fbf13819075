//! Conditions over a Work Order: tests of its fields, joined by all, any and not (PRC-3, EVA-3).
//!
//! Kept as a flat list in which each join stands behind what it joins, so that no type on disk contains itself and judging one
//! needs no recursion. What cannot be judged does not hold: a test of a field without a value, or whose value is of another kind
//! (an older form's), holds only if it asks for emptiness or for "none of".

use super::test::{Test, quoted};
use crate::domain::work_order::WorkOrder;
use serde::{Deserialize, Serialize};

/// Deepest nesting of all, any and not.
pub const DEPTH_MAX: usize = 16;
/// Most tests and joins of one condition.
pub const SIZE_MAX: usize = 200;
/// Tests that a reason names at most.
const REASONS_MAX: usize = 3;

/// A condition; without parts it always holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Condition {
    parts: Vec<Part>,
}

/// A test, or a join of the parts before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Test(Test),
    /// The last so many parts before it must all hold.
    All(u16),
    /// One of them must hold.
    Any(u16),
    /// The last one must not hold.
    Not,
}

/// How parts are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    All,
    Any,
    Not,
}

/// Whether a part holds, and the tests that make it so.
struct Judged<'a> {
    holds: bool,
    because: Vec<&'a Test>,
    /// Whether the reason is to be read as "although": under a not.
    negated: bool,
}

impl Condition {
    /// One test.
    pub fn test(test: Test) -> Self {
        Self { parts: vec![Part::Test(test)] }
    }

    /// All of these must hold; none at all always hold.
    pub fn all(conditions: Vec<Self>) -> Self {
        Self::joined(conditions, Part::All)
    }

    /// One of these must hold; of none at all none does.
    pub fn any(conditions: Vec<Self>) -> Self {
        Self::joined(conditions, Part::Any)
    }

    /// This must not hold.
    #[expect(clippy::should_implement_trait, reason = "the word of definition files, beside all and any")]
    pub fn not(mut self) -> Self {
        if self.parts.is_empty() {
            self.parts.push(Part::All(0));
        }
        self.parts.push(Part::Not);
        self
    }

    fn joined(conditions: Vec<Self>, join: fn(u16) -> Part) -> Self {
        let count = conditions.len().min(usize::from(u16::MAX));
        let mut parts = Vec::new();
        for condition in conditions.into_iter().take(count) {
            if condition.parts.is_empty() {
                parts.push(Part::All(0));
            }
            parts.extend(condition.parts);
        }
        parts.push(join(count as u16));
        Self { parts }
    }

    /// Makes one thing of it, from the tests up; none of a condition without parts.
    pub fn fold<T>(&self, mut test: impl FnMut(&Test) -> T, mut join: impl FnMut(Join, Vec<T>) -> T) -> Option<T> {
        let mut stack = Vec::new();
        for part in &self.parts {
            let (kind, count) = match part {
                Part::Test(one) => {
                    stack.push(test(one));
                    continue;
                }
                Part::All(count) => (Join::All, usize::from(*count)),
                Part::Any(count) => (Join::Any, usize::from(*count)),
                Part::Not => (Join::Not, 1),
            };
            let parts = stack.split_off(stack.len().saturating_sub(count));
            stack.push(join(kind, parts));
        }
        stack.pop()
    }

    /// How many tests and joins there are.
    pub fn size(&self) -> usize {
        self.parts.len()
    }

    /// The tests, in order.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.parts.iter().filter_map(|part| match part {
            Part::Test(test) => Some(test),
            Part::All(_) | Part::Any(_) | Part::Not => None,
        })
    }

    /// Whether it holds for this Work Order.
    pub fn holds(&self, order: &WorkOrder) -> bool {
        self.judge(order).is_none_or(|judged| judged.holds)
    }

    /// Why it does not hold, as a sentence that names the tests that failed; none where it holds. What people typed is not in it.
    pub fn why_not(&self, order: &WorkOrder) -> Option<String> {
        let judged = self.judge(order).filter(|judged| !judged.holds)?;
        let told = |test: &&Test| if judged.negated { test.told_although(order) } else { test.told_failed(order) };
        let mut reasons: Vec<_> = judged.because.iter().take(REASONS_MAX).map(told).collect();
        if judged.because.len() > REASONS_MAX {
            reasons.push(format!("{} more", judged.because.len() - REASONS_MAX));
        }
        Some(if reasons.is_empty() { "it never holds".to_owned() } else { reasons.join("; ") })
    }

    fn judge(&self, order: &WorkOrder) -> Option<Judged<'_>> {
        let mut stack: Vec<Judged<'_>> = Vec::new();
        for part in &self.parts {
            let judged = match part {
                Part::Test(test) => Judged { holds: test.holds(order), because: vec![test], negated: false },
                Part::Not => match stack.pop() {
                    Some(inner) => Judged { holds: !inner.holds, negated: !inner.negated, ..inner },
                    None => return Some(Judged { holds: false, because: Vec::new(), negated: false }),
                },
                Part::All(count) => joined(&mut stack, *count, true),
                Part::Any(count) => joined(&mut stack, *count, false),
            };
            stack.push(judged);
        }
        stack.pop()
    }
}

/// Takes the last so many off the stack. All: the first that fails decides; any: the first that holds. Else it is due to each.
fn joined<'a>(stack: &mut Vec<Judged<'a>>, count: u16, all: bool) -> Judged<'a> {
    let parts = stack.split_off(stack.len().saturating_sub(usize::from(count)));
    let mut because = Vec::new();
    let mut negated = false;
    for part in parts {
        if part.holds != all {
            return part;
        }
        // Reasons of both kinds in one sentence are told as those of the first.
        if because.is_empty() {
            negated = part.negated;
        }
        if part.negated == negated {
            because.extend(part.because);
        }
    }
    Judged { holds: all, because, negated }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut stack: Vec<String> = Vec::new();
        for part in &self.parts {
            let text = match part {
                Part::Test(test) => test.to_string(),
                Part::Not => format!("not ({})", stack.pop().unwrap_or_default()),
                Part::All(n) | Part::Any(n) => {
                    let word = if matches!(part, Part::All(_)) { " and " } else { " or " };
                    let parts = stack.split_off(stack.len().saturating_sub(usize::from(*n)));
                    if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(word)) }
                }
            };
            stack.push(text);
        }
        f.write_str(&quoted(&stack.pop().unwrap_or_else(|| "always".to_owned())))
    }
}
