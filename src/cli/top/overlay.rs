//! What lies over the board for a while: the details of a Work Order, a choice of whom it goes to, the filter, help.

use super::event::{Key, Target};
use crate::cli::view::page::Page;
use crate::cli::view::show;
use crate::protocol::work_orders::{Explanation, HistoryTold, WorkOrder};

/// What lies over the board.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// Nothing.
    None,
    /// All about one Work Order.
    Details(Box<Details>),
    /// To whom it goes.
    Pick(Picker),
    /// The filter is being typed.
    Filter,
    /// What the keys do.
    Help,
}

/// All about one Work Order, as `show` prints it.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    order: WorkOrder,
    steps: HistoryTold,
    explanation: Explanation,
    /// As it is drawn.
    pub lines: Vec<String>,
    /// The first line shown.
    pub first: usize,
}

impl Details {
    /// Laid out for a page.
    pub fn new(order: WorkOrder, steps: HistoryTold, explanation: Explanation, page: &Page) -> Details {
        let mut details = Details { order, steps, explanation, lines: Vec::new(), first: 0 };
        details.lay_out(page);
        details
    }

    /// Its number.
    pub fn number(&self) -> &str {
        &self.order.number
    }

    /// Its service group.
    pub fn group(&self) -> Option<String> {
        self.order.group.clone()
    }

    /// Lays it out anew.
    pub fn lay_out(&mut self, page: &Page) {
        let mut page = page.clone();
        page.times.now = self.explanation.now;
        let text = show::with_history(&self.order, &self.explanation.commands, &self.steps, &page);
        self.lines = text.lines().map(str::to_owned).collect();
    }

    /// Scrolls; `rows` are shown at a time.
    pub fn scroll(&mut self, key: Key, rows: usize) {
        let last = self.lines.len().saturating_sub(rows);
        self.first = moved(self.first, key, rows, last + 1).unwrap_or(self.first).min(last);
    }
}

/// Where a key leads from the `at`-th of `count`; `None`: it does not move.
pub fn moved(at: usize, key: Key, rows: usize, count: usize) -> Option<usize> {
    let to = match key {
        Key::Up => at.saturating_sub(1),
        Key::Down => at + 1,
        Key::PageUp => at.saturating_sub(rows),
        Key::PageDown => at + rows,
        Key::Home => 0,
        Key::End => usize::MAX,
        Key::Tab | Key::Enter | Key::Esc | Key::Backspace | Key::Interrupt | Key::Char(_) => return None,
    };
    Some(to.min(count.saturating_sub(1)))
}

/// One to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// To whom.
    pub to: Target,
    /// Name and id.
    pub label: String,
    /// What to know before.
    pub note: String,
}

/// A choice of whom a Work Order goes to; typing narrows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// Which Work Order.
    pub number: String,
    /// The command that gives it.
    pub method: &'static str,
    /// All there are.
    pub choices: Vec<Choice>,
    /// What was typed.
    pub typed: String,
    /// The chosen one among those shown.
    pub chosen: usize,
}

/// What a key did to a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// It goes on.
    NotYet,
    /// It was given up.
    Never,
    /// It was made.
    Now(Target),
}

impl Picker {
    /// Those that have what was typed.
    pub fn shown(&self) -> Vec<&Choice> {
        let typed = self.typed.to_lowercase();
        self.choices.iter().filter(|choice| choice.label.to_lowercase().contains(&typed)).collect()
    }

    /// A key; `rows` choices are shown at a time.
    pub fn key(&mut self, key: Key, rows: usize) -> Picked {
        match key {
            Key::Esc => return Picked::Never,
            Key::Enter => return self.shown().get(self.chosen).map_or(Picked::NotYet, |choice| Picked::Now(choice.to.clone())),
            Key::Char(c) => self.typed.push(c),
            Key::Backspace => drop(self.typed.pop()),
            other => {
                let count = self.shown().len();
                self.chosen = moved(self.chosen, other, rows, count).unwrap_or(self.chosen);
                return Picked::NotYet;
            }
        }
        self.chosen = 0;
        Picked::NotYet
    }
}
