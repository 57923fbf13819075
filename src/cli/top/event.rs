//! What reaches the board, and what it asks for.

use std::collections::BTreeMap;

use crate::protocol::directory::{ServiceGroup, StaffUser};
use crate::protocol::system::Status;
use crate::protocol::work_orders::{Explanation, HistoryTold, Line, Receipt, WorkOrder};

/// A key, as far as the board knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// To the other pane.
    Tab,
    /// Opens, chooses.
    Enter,
    /// Closes.
    Esc,
    /// Takes the last character back.
    Backspace,
    /// Ctrl-C.
    Interrupt,
    /// Any other.
    Char(char),
}

/// What reaches the board.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted; it is no command.
    Pasted(String),
    /// The terminal has these columns and rows.
    Size(u16, u16),
    /// It is time to look again.
    Due,
    /// The daemon has answered.
    Answered(Box<Answer>),
    /// The daemon cannot be reached; what was asked is asked again until it can.
    Lost(String),
}

/// Work Orders that belong together on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queue {
    /// All that are open.
    All,
    /// Those of the staff user one acts as.
    Mine(String),
    /// Those of a service group.
    Group(String),
}

/// One page of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which queue.
    pub queue: Queue,
    /// Only those overdue.
    pub overdue: bool,
    /// Behind this cursor; `None`: the newest.
    pub after: Option<String>,
}

/// What changes a Work Order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Which one.
    pub number: String,
    /// Member of `org.workorderd.WorkOrders1`.
    pub method: &'static str,
    /// To whom.
    pub to: Target,
    /// The same when it is asked again.
    pub request_id: String,
}

/// To whom a Work Order goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Staff user, by id.
    Engineer(String),
    /// Service group, by id.
    Group(String),
}

/// What is asked of the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// How it is doing, and a page of a queue.
    Look {
        /// The page.
        query: Query,
        /// The list is to show this sequence at least.
        at_least: Option<i64>,
        /// Also the service groups with their counts.
        groups: bool,
        /// Also who one is, and the names of staff users.
        people: bool,
    },
    /// All about one.
    Open(String),
    /// Whom it can be given to, and by which command.
    Choices {
        /// Which one.
        number: String,
        /// Its service group.
        group: Option<String>,
    },
    /// By which command it can be given to a service group.
    GroupChoices(String),
    /// A change.
    Write(Write),
}

/// A service group on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// As the directory has it.
    pub group: ServiceGroup,
    /// Its work.
    pub counts: Counts,
}

/// What is counted of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Not ended.
    pub open: i64,
    /// Of these, at a node whose time is over.
    pub overdue: i64,
}

/// The queues on the board.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queues {
    /// Every open Work Order.
    pub all: Counts,
    /// Those of whom one acts as, if that is a staff user.
    pub mine: Option<Counts>,
    /// Service groups.
    pub groups: Vec<GroupRow>,
}

/// An engineer who could be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engineer {
    /// Id.
    pub id: String,
    /// Open work in the service group.
    pub open: Option<i64>,
    /// Away now.
    pub absent: bool,
}

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Looked {
    /// By a clock that only goes ahead, in milliseconds.
    pub at: u64,
    /// How the daemon is doing, if one may know.
    pub status: Option<Status>,
    /// The page.
    pub lines: Vec<Line>,
    /// Where the next begins.
    pub next: Option<String>,
    /// If they were asked for.
    pub queues: Option<Queues>,
    /// If they were asked for: who one is.
    pub people: Option<(Option<String>, Vec<StaffUser>)>,
}

/// What the daemon said.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To `Look`.
    Looked(Query, Box<Looked>),
    /// To `Open`.
    Opened(Box<WorkOrder>, HistoryTold, Box<Explanation>),
    /// To `Choices`: whom, by which command.
    Choices(String, &'static str, Vec<Engineer>),
    /// To `GroupChoices`: by which command.
    GroupChoices(String, &'static str),
    /// To `Write`.
    Written(Write, Receipt),
    /// It was refused; why, for people.
    Refused(Call, String),
}

/// Names of staff users by id.
pub type Names = BTreeMap<String, String>;
