//! What the board knows, and what an event makes of it.
//! Keeps: pure. An event gives the calls to be made; at most one look is under way at a time, and an answer to a question that is not
//! asked any more changes nothing on the screen. The chosen Work Order stays chosen by its number while the list moves under it.
//! Leaves to others: what keys do (`keys`), how it looks (`view`).

use super::event::{Answer, Call, Engineer, Event, Looked, Names, Query, Queue, Queues, Target, Write};
use super::layout::{first_shown, order_rows, queue_rows};
use super::overlay::{Choice, Details, Overlay, Picker};
use crate::cli::view::page::Page;
use crate::cli::view::paint::Paint;
use crate::cli::view::width;
use crate::protocol::system::Status;
use crate::protocol::work_orders::Line;

/// Looks between two that also ask for the service groups and their counts.
const LOOKS_PER_GROUPS: u64 = 5;
/// Milliseconds between looks below which no speed is told: it would jump.
const LEAST_SPAN: u64 = 200;

/// The connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Nothing has come yet.
    Opening,
    /// It answers.
    Up,
    /// It is gone; why.
    Lost(String),
}

/// What was said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// For people.
    pub text: String,
    /// Something did not work.
    pub bad: bool,
}

/// How the daemon is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulse {
    /// As it says.
    pub status: Status,
    /// Steps per second since the look before.
    pub speed: Option<f64>,
    at: u64,
}

/// Everything the board knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether colours are wanted.
    pub colours: bool,
    /// Whom one acts as.
    pub user: Option<String>,
    /// The connection.
    pub link: Link,
    /// How the daemon is doing, if one may know.
    pub pulse: Option<Pulse>,
    /// The queues with what is counted of them; service groups by id.
    pub counted: Queues,
    /// Names of staff users.
    pub names: Names,
    /// The queue shown.
    pub queue: Queue,
    /// Only those overdue.
    pub overdue: bool,
    /// Cursors of the pages gone through; the last is the one shown.
    pub pages: Vec<String>,
    /// The page.
    pub lines: Vec<Line>,
    /// Where the next begins.
    pub next: Option<String>,
    /// The page shown is not that of the queue chosen: it is being asked for.
    pub stale: bool,
    /// Only lines with this text.
    pub filter: String,
    /// Number of the chosen Work Order.
    pub chosen: Option<String>,
    /// The first line shown.
    pub first: usize,
    /// The first queue shown.
    pub first_queue: usize,
    /// Keys go to the queues.
    pub in_queues: bool,
    /// What lies over the board.
    pub overlay: Overlay,
    /// What was said last.
    pub message: Option<Message>,
    /// A change that has no answer yet.
    pub writing: Option<Write>,
    /// The program is to end.
    pub over: bool,
    pub(super) page: Page,
    pub(super) opening: Option<String>,
    /// Where the chosen one stood last.
    at: usize,
    looking: bool,
    looks: u64,
    people_wanted: bool,
    at_least: Option<i64>,
    run: String,
    writes: u64,
}

impl Model {
    /// Before anything is known. `run` begins the request ids of this run.
    pub fn new(size: (u16, u16), page: Page, run: String) -> Model {
        Model {
            size,
            colours: page.paint.0,
            user: None,
            link: Link::Opening,
            pulse: None,
            counted: Queues::default(),
            names: Names::new(),
            queue: Queue::All,
            overdue: false,
            pages: Vec::new(),
            lines: Vec::new(),
            next: None,
            stale: true,
            filter: String::new(),
            chosen: None,
            first: 0,
            first_queue: 0,
            in_queues: false,
            overlay: Overlay::None,
            message: None,
            writing: None,
            over: false,
            page: Page { paint: Paint(false), width: usize::from(size.0), ..page },
            opening: None,
            at: 0,
            looking: false,
            looks: 0,
            people_wanted: true,
            at_least: None,
            run,
            writes: 0,
        }
    }

    /// Takes an event in; gives the calls to be made.
    pub fn update(&mut self, event: Event) -> Vec<Call> {
        let calls = match event {
            Event::Key(key) => self.key(key),
            Event::Pasted(text) => self.pasted(&text),
            Event::Size(columns, rows) => {
                self.size = (columns, rows);
                self.page.width = usize::from(columns);
                if let Overlay::Details(details) = &mut self.overlay {
                    details.lay_out(&self.page);
                }
                Vec::new()
            }
            Event::Due => self.look(),
            Event::Lost(why) => {
                self.link = Link::Lost(why);
                Vec::new()
            }
            Event::Answered(answer) => {
                if matches!(self.link, Link::Lost(_)) {
                    // Another daemon may be behind the socket now.
                    self.looks = 0;
                }
                self.link = Link::Up;
                self.answered(*answer)
            }
        };
        self.settle();
        calls
    }

    /// Queues in the order in which they are shown.
    pub fn queues(&self) -> Vec<Queue> {
        let mine = self.user.iter().map(|user| Queue::Mine(user.clone()));
        let groups = self.counted.groups.iter().map(|row| Queue::Group(row.group.id.clone()));
        std::iter::once(Queue::All).chain(mine).chain(groups).collect()
    }

    /// Lines of the page that have the filter's text.
    pub fn visible(&self) -> Vec<&Line> {
        let wanted = self.filter.to_lowercase();
        let has = |line: &&Line| wanted.is_empty() || self.searched(line).to_lowercase().contains(&wanted);
        self.lines.iter().filter(has).collect()
    }

    fn searched(&self, line: &Line) -> String {
        let engineer = line.engineer.as_deref().map(|id| self.name(id));
        let parts = [&line.engineer, &line.group, &line.node, &line.account, &line.reference].into_iter().flatten().map(String::as_str);
        let parts = parts.chain(engineer).chain([line.number.as_str(), &line.subject, &line.priority, &line.record_type]);
        parts.collect::<Vec<_>>().join("\n")
    }

    /// The name of a staff user, else the id.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }

    /// The place of the chosen one among those visible.
    pub fn chosen_at(&self) -> Option<usize> {
        self.visible().iter().position(|line| Some(&line.number) == self.chosen.as_ref())
    }

    /// The chosen one.
    pub fn chosen_line(&self) -> Option<&Line> {
        self.visible().into_iter().find(|line| Some(&line.number) == self.chosen.as_ref())
    }

    /// Says something.
    pub(super) fn say(&mut self, text: impl Into<String>, bad: bool) {
        self.message = Some(Message { text: text.into(), bad });
    }

    fn query(&self) -> Query {
        Query { queue: self.queue.clone(), overdue: self.overdue, after: self.pages.last().cloned() }
    }

    /// Looks, unless a look is under way: then again when its answer is there, if by then something else is wanted.
    pub(super) fn look(&mut self) -> Vec<Call> {
        if self.looking {
            return Vec::new();
        }
        self.looking = true;
        let groups = self.looks.is_multiple_of(LOOKS_PER_GROUPS);
        self.looks += 1;
        let (people, at_least) = (std::mem::take(&mut self.people_wanted), self.at_least.take());
        vec![Call::Look { query: self.query(), at_least, groups, people }]
    }

    /// Looks at everything anew.
    pub(super) fn look_at_all(&mut self) -> Vec<Call> {
        (self.looks, self.people_wanted) = (0, true);
        self.look()
    }

    /// Turns to another page: the old one is not shown as if it were this.
    pub(super) fn turn(&mut self) -> Vec<Call> {
        (self.stale, self.first, self.at, self.chosen, self.next) = (true, 0, 0, None, None);
        self.lines.clear();
        self.look()
    }

    fn answered(&mut self, answer: Answer) -> Vec<Call> {
        match answer {
            Answer::Looked(query, looked) => return self.looked(&query, *looked),
            Answer::Opened(order, steps, explanation) => {
                // A key may have turned to something else meanwhile.
                let again = matches!(&self.overlay, Overlay::Details(details) if details.number() == order.number);
                if self.opening.take().is_some_and(|number| number == order.number) || again {
                    self.overlay = Overlay::Details(Box::new(Details::new(*order, steps, *explanation, &self.page)));
                }
            }
            Answer::Choices(number, method, engineers) if self.opening.as_ref() == Some(&number) => {
                self.offer_engineers(number, method, engineers)
            }
            Answer::GroupChoices(number, method) if self.opening.as_ref() == Some(&number) => self.offer_groups(number, method),
            Answer::Choices(..) | Answer::GroupChoices(..) => {}
            Answer::Written(write, receipt) => {
                let to = match &write.to {
                    Target::Engineer(id) => self.name(id).to_owned(),
                    Target::Group(id) => format!("service group {}", self.group_name(id)),
                };
                self.say(format!("{} given to {to} (revision {})", receipt.number, receipt.revision), false);
                (self.writing, self.at_least, self.looks) = (None, Some(receipt.sequence), 0);
                return self.look();
            }
            Answer::Refused(call, why) => {
                match call {
                    Call::Look { people, .. } => (self.looking, self.people_wanted) = (false, people),
                    Call::Open(_) | Call::Choices { .. } | Call::GroupChoices(_) => self.opening = None,
                    Call::Write(_) => self.writing = None,
                }
                self.say(why, true);
            }
        }
        Vec::new()
    }

    fn looked(&mut self, query: &Query, looked: Looked) -> Vec<Call> {
        self.looking = false;
        self.pulse = looked.status.map(|status| {
            let speed = self.pulse.as_ref().and_then(|before| speed(before, &status, looked.at));
            Pulse { status, speed, at: looked.at }
        });
        if let Some(queues) = looked.queues {
            self.counted = queues;
        }
        if let Some((user, staff)) = looked.people {
            self.user = user;
            self.names = staff.into_iter().map(|user| (user.id, user.name)).collect();
        }
        if *query != self.query() {
            return self.look();
        }
        (self.lines, self.next, self.stale) = (looked.lines, looked.next, false);
        // What was written meanwhile is to be seen at once.
        if self.at_least.is_some() { self.look() } else { Vec::new() }
    }

    fn group_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.counted.groups.iter().find(|row| row.group.id == id).map_or(id, |row| &row.group.name)
    }

    fn offer_engineers(&mut self, number: String, method: &'static str, engineers: Vec<Engineer>) {
        let choices = engineers
            .into_iter()
            .map(|engineer| Choice {
                label: named(self.name(&engineer.id), &engineer.id),
                note: [engineer.open.map(|open| format!("{open} open")), engineer.absent.then(|| "absent".to_owned())]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(", "),
                to: Target::Engineer(engineer.id),
            })
            .collect();
        self.offer(number, method, choices, "nobody");
    }

    fn offer_groups(&mut self, number: String, method: &'static str) {
        let choices = self.counted.groups.iter().filter(|row| row.group.disabled != Some(true)).map(|row| Choice {
            label: named(&row.group.name, &row.group.id),
            note: format!("{} open", row.counts.open),
            to: Target::Group(row.group.id.clone()),
        });
        let choices = choices.collect();
        self.offer(number, method, choices, "no service group");
    }

    fn offer(&mut self, number: String, method: &'static str, choices: Vec<Choice>, nobody: &str) {
        self.opening = None;
        if choices.is_empty() {
            return self.say(format!("there is {nobody} whom {number} could be given to"), true);
        }
        self.overlay = Overlay::Pick(Picker { number, method, choices, typed: String::new(), chosen: 0 });
    }

    /// Gives a Work Order to somebody.
    pub(super) fn write(&mut self, number: String, method: &'static str, to: Target) -> Vec<Call> {
        self.writes += 1;
        let write = Write { number, method, to, request_id: format!("{}-{}", self.run, self.writes) };
        self.writing = Some(write.clone());
        vec![Call::Write(write)]
    }

    /// Sees that something is chosen, and shown.
    fn settle(&mut self) {
        let count = self.visible().len();
        if self.chosen_at().is_none() {
            // It has left the page: what has taken its place is chosen.
            let at = self.at.min(count.saturating_sub(1));
            self.chosen = self.visible().get(at).map(|line| line.number.clone());
        }
        let at = self.chosen_at().unwrap_or(0);
        if !self.stale {
            self.at = at;
        }
        self.first = first_shown(self.first, at, order_rows(self.size)).min(count.saturating_sub(1));
        if !self.queues().contains(&self.queue) && !self.counted.groups.is_empty() {
            (self.queue, self.stale) = (Queue::All, true);
            self.pages.clear();
            self.lines.clear();
        }
        let queue_at = self.queues().iter().position(|queue| *queue == self.queue).unwrap_or(0);
        self.first_queue = first_shown(self.first_queue, queue_at, queue_rows(self.size));
    }
}

/// `Mei (mei)`.
fn named(name: &str, id: &str) -> String {
    let (name, id) = (width::line(name), width::line(id));
    if name == id { id } else { format!("{name} ({id})") }
}

#[expect(clippy::cast_precision_loss, reason = "a speed for people")]
fn speed(before: &Pulse, status: &Status, at: u64) -> Option<f64> {
    let span = at.saturating_sub(before.at);
    let steps = status.sequence - before.status.sequence;
    match steps {
        // Another journal, or an older one.
        ..0 => None,
        _ if span < LEAST_SPAN => before.speed,
        _ => Some(steps as f64 * 1_000.0 / span as f64),
    }
}
