//! What keys do.
//! Keeps: nothing is changed while the daemon cannot be reached or an earlier change has no answer; what was said stays until a key.

use super::event::{Call, Key, Queue};
use super::layout::{detail_rows, order_rows, queue_rows};
use super::model::{Link, Model};
use super::overlay::{Overlay, Picked, moved};

/// Keys, and what they do, for the footer (the first of them wherever there is room) and the help.
pub const KEYS: [(&str, &str, &str); 15] = [
    ("?", "help", "this help"),
    ("q", "quit", "leaves (also Ctrl-C)"),
    ("Enter", "open", "opens the Work Order: all that `show` tells; Esc closes"),
    ("a", "assign", "gives it to an engineer"),
    ("g", "group", "gives it to a service group"),
    ("/", "filter", "only what has this text, within the page; Esc: all"),
    ("o", "overdue", "only what is overdue, or all"),
    ("Tab", "queues", "to the queues, and back"),
    ("r", "refresh", "looks again now"),
    ("n p", "page", "next and previous page of at most 200"),
    ("↑ ↓", "", "up and down (also k j)"),
    ("PgUp PgDn", "", "a screen up and down"),
    ("Home End", "", "to the first and the last"),
    ("Esc", "", "closes, ends the filter"),
    ("O H", "", "no keys but marks: overdue, on hold"),
];

/// Longest filter, in characters.
const FILTER_MOST: usize = 100;

impl Model {
    pub(super) fn key(&mut self, key: Key) -> Vec<Call> {
        let said = self.message.take();
        if key == Key::Interrupt {
            return self.quit(said.is_some_and(|message| message.bad));
        }
        match &mut self.overlay {
            Overlay::None => self.key_on_board(key, said.is_some_and(|message| message.bad)),
            Overlay::Help => {
                self.overlay = Overlay::None;
                Vec::new()
            }
            Overlay::Filter => self.key_in_filter(key),
            Overlay::Details(_) => self.key_in_details(key),
            Overlay::Pick(picker) => match picker.key(key, order_rows(self.size)) {
                Picked::NotYet => Vec::new(),
                Picked::Never => {
                    self.overlay = Overlay::None;
                    Vec::new()
                }
                Picked::Now(to) if self.free_to_act() => {
                    let Overlay::Pick(picker) = std::mem::replace(&mut self.overlay, Overlay::None) else { return Vec::new() };
                    self.write(picker.number, picker.method, to)
                }
                Picked::Now(_) => Vec::new(),
            },
        }
    }

    /// Pasted text is typed where there is typing, and nothing anywhere else.
    pub(super) fn pasted(&mut self, text: &str) -> Vec<Call> {
        if matches!(self.overlay, Overlay::Filter | Overlay::Pick(_)) {
            text.chars().filter(|c| !c.is_control()).take(FILTER_MOST).for_each(|c| drop(self.key(Key::Char(c))));
        }
        Vec::new()
    }

    fn key_on_board(&mut self, key: Key, warned: bool) -> Vec<Call> {
        match key {
            Key::Char('q') => return self.quit(warned),
            Key::Char('?') => self.overlay = Overlay::Help,
            Key::Char('/') => self.overlay = Overlay::Filter,
            Key::Char('r') => return self.look_at_all(),
            Key::Char('o') => {
                self.overdue = !self.overdue;
                self.pages.clear();
                return self.turn();
            }
            Key::Char('n') => {
                let Some(next) = self.next.clone() else {
                    self.say("this is the last page", false);
                    return Vec::new();
                };
                self.pages.push(next);
                return self.turn();
            }
            Key::Char('p') => {
                if self.pages.pop().is_none() {
                    self.say("this is the first page", false);
                    return Vec::new();
                }
                return self.turn();
            }
            Key::Tab => self.in_queues = !self.in_queues,
            Key::Esc if !self.filter.is_empty() => self.filter.clear(),
            Key::Enter if self.in_queues => self.in_queues = false,
            Key::Enter => return self.about_chosen(|number, _| Call::Open(number)),
            Key::Char('a') => return self.about_chosen(|number, group| Call::Choices { number, group }),
            Key::Char('g') => return self.about_chosen(|number, _| Call::GroupChoices(number)),
            other => return self.walk(other),
        }
        Vec::new()
    }

    fn walk(&mut self, key: Key) -> Vec<Call> {
        let key = vi(key);
        if self.in_queues {
            let queues = self.queues();
            let at = queues.iter().position(|queue| *queue == self.queue).unwrap_or(0);
            let to = moved(at, key, queue_rows(self.size), queues.len()).and_then(|to| queues.get(to));
            return to.cloned().filter(|to| *to != self.queue).map_or_else(Vec::new, |to| self.turn_to(to));
        }
        let (at, visible) = (self.chosen_at().unwrap_or(0), self.visible());
        if let Some(line) = moved(at, key, order_rows(self.size), visible.len()).and_then(|to| visible.get(to)) {
            self.chosen = Some(line.number.clone());
        }
        Vec::new()
    }

    fn turn_to(&mut self, queue: Queue) -> Vec<Call> {
        self.queue = queue;
        self.pages.clear();
        self.turn()
    }

    fn key_in_filter(&mut self, key: Key) -> Vec<Call> {
        match key {
            Key::Enter => self.overlay = Overlay::None,
            Key::Esc => {
                self.filter.clear();
                self.overlay = Overlay::None;
            }
            Key::Backspace => drop(self.filter.pop()),
            Key::Char(c) if self.filter.chars().count() < FILTER_MOST => self.filter.push(c),
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End => return self.walk(key),
            Key::Char(_) | Key::Tab | Key::Interrupt => {}
        }
        Vec::new()
    }

    fn key_in_details(&mut self, key: Key) -> Vec<Call> {
        let rows = detail_rows(self.size);
        let Overlay::Details(details) = &mut self.overlay else { return Vec::new() };
        match key {
            Key::Esc | Key::Char('q') | Key::Enter => self.overlay = Overlay::None,
            Key::Char('a') => return self.about_chosen(|number, group| Call::Choices { number, group }),
            Key::Char('g') => return self.about_chosen(|number, _| Call::GroupChoices(number)),
            Key::Char('r') => return vec![Call::Open(details.number().to_owned())],
            Key::Char('?') => self.overlay = Overlay::Help,
            Key::Char(' ') => details.scroll(Key::PageDown, rows),
            other => details.scroll(vi(other), rows),
        }
        Vec::new()
    }

    /// Asks about the Work Order that is open or, on the board, the chosen one.
    fn about_chosen(&mut self, call: impl FnOnce(String, Option<String>) -> Call) -> Vec<Call> {
        let (number, group) = match (&self.overlay, self.chosen_line()) {
            (Overlay::Details(details), _) => (details.number().to_owned(), details.group()),
            (_, Some(line)) => (line.number.clone(), line.group.clone()),
            (_, None) => return Vec::new(),
        };
        if !self.free_to_act() {
            return Vec::new();
        }
        self.opening = Some(number.clone());
        vec![call(number, group)]
    }

    fn free_to_act(&mut self) -> bool {
        if let Some(write) = &self.writing {
            self.say(format!("{} has no answer yet; it is asked again until there is one", write.number), true);
        } else if self.link != Link::Up {
            self.say("not now: the daemon cannot be reached", true);
        } else {
            return true;
        }
        false
    }

    /// Ends; while a change has no answer, only when asked twice.
    fn quit(&mut self, warned: bool) -> Vec<Call> {
        match &self.writing {
            Some(write) if !warned => {
                let text = format!("{} has no answer yet; once more leaves without knowing what became of it", write.number);
                self.say(text, true);
            }
            Some(_) | None => self.over = true,
        }
        Vec::new()
    }
}

fn vi(key: Key) -> Key {
    match key {
        Key::Char('j') => Key::Down,
        Key::Char('k') => Key::Up,
        other => other,
    }
}
