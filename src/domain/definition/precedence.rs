//! Rules in another order (EVA-3): one is given another precedence, and the others keep theirs wherever there is room.

use super::assignment::AssignmentRule;
use super::condition::Condition;
use super::evaluation::EvaluationRule;
use super::follow_up::FollowUpRule;
use crate::domain::ids::Name;
use crate::domain::rejection::Rejection;

/// Between two rules that are numbered anew.
const STEP: u32 = 10;

/// Where a rule is to stand among those of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// A number that no other rule has.
    Precedence(u32),
    /// Directly before that one.
    Before(Name),
    /// Directly behind that one.
    After(Name),
}

/// A rule that stands among others of its kind.
pub trait Ranked: Clone {
    /// As people say it.
    const KIND: &'static str;
    fn name(&self) -> &Name;
    /// The smallest that matches wins.
    fn precedence(&self) -> u32;
    fn set_precedence(&mut self, precedence: u32);
    /// For which Work Orders it is.
    fn scope(&self) -> &Condition;
}

impl Ranked for EvaluationRule {
    const KIND: &'static str = "evaluation rule";

    fn name(&self) -> &Name {
        &self.name
    }

    fn precedence(&self) -> u32 {
        self.precedence
    }

    fn set_precedence(&mut self, precedence: u32) {
        self.precedence = precedence;
    }

    fn scope(&self) -> &Condition {
        &self.scope
    }
}

impl Ranked for AssignmentRule {
    const KIND: &'static str = "assignment rule";

    fn name(&self) -> &Name {
        &self.name
    }

    fn precedence(&self) -> u32 {
        self.precedence
    }

    fn set_precedence(&mut self, precedence: u32) {
        self.precedence = precedence;
    }

    fn scope(&self) -> &Condition {
        &self.scope
    }
}

impl Ranked for FollowUpRule {
    const KIND: &'static str = "follow-up rule";

    fn name(&self) -> &Name {
        &self.name
    }

    fn precedence(&self) -> u32 {
        self.precedence
    }

    fn set_precedence(&mut self, precedence: u32) {
        self.precedence = precedence;
    }

    fn scope(&self) -> &Condition {
        &self.scope
    }
}

/// All rules with the one moved, in order; `rules` are in order as well. Where it is put between two whose numbers leave none free, all
/// are numbered anew.
///
/// # Errors
/// There is no such rule, another has the number, or it stands there already.
pub fn moved<R: Ranked>(rules: &[R], name: &Name, to: &To) -> Result<Vec<R>, Rejection> {
    let mut rest = rules.to_vec();
    let at = place(&rest, name)?;
    let mut rule = rest.remove(at);
    let to = match to {
        To::Precedence(wanted) => {
            if let Some(other) = rest.iter().find(|other| other.precedence() == *wanted) {
                let problem = format!("{wanted} is that of {}; put it before or after that one", other.name());
                return Err(Rejection::invalid("precedence", problem));
            }
            if rule.precedence() == *wanted {
                return Err(Rejection::NothingToChange);
            }
            rule.set_precedence(*wanted);
            rest.push(rule);
            rest.sort_by_key(Ranked::precedence);
            return Ok(rest);
        }
        To::Before(other) => within(&rest, name, other, "before")?,
        To::After(other) => within(&rest, name, other, "after")? + 1,
    };
    if to == at {
        return Err(Rejection::NothingToChange);
    }
    let behind = to.checked_sub(1).map_or(0, |before| rest[before].precedence());
    let free = match rest.get(to).map(Ranked::precedence) {
        Some(next) => Some(behind + (next - behind) / 2).filter(|number| *number > behind),
        None => behind.checked_add(STEP),
    };
    rest.insert(to, rule);
    match free {
        Some(number) => rest[to].set_precedence(number),
        None => (1..).zip(&mut rest).for_each(|(n, rule)| rule.set_precedence(n * STEP)),
    }
    Ok(rest)
}

fn place<R: Ranked>(rules: &[R], name: &Name) -> Result<usize, Rejection> {
    let unknown = || Rejection::NotFound { what: R::KIND, id: name.to_string() };
    rules.iter().position(|rule| rule.name() == name).ok_or_else(unknown)
}

/// Where the rule stands that another is to be put beside.
fn within<R: Ranked>(rest: &[R], name: &Name, other: &Name, field: &'static str) -> Result<usize, Rejection> {
    if name == other {
        return Err(Rejection::invalid(field, "names the rule itself"));
    }
    place(rest, other)
}
