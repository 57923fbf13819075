//! The command line as people type it: global options, and the commands in the glossary's words.
//! Keeps: what is parsed is complete; combinations that make no sense are refused here (exit code 2).
//! Leaves to others: what the values mean; the daemon says so in words.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde_json::Value;

use super::args_act::ActCommand;
use super::args_calendar::{CalendarArgs, VisitCommand};
use super::args_call::CallArgs;
use super::args_definitions::DefinitionsArgs;
use super::args_equipment::{ProductCommand, TerminalCommand};
use super::args_follow_up::FollowUpCommand;
use super::args_guest::GuestCommand;
use super::args_import::ImportArgs;
use super::args_more::{
    AbsenceCommand, AccountCommand, ClockCommand, ContactCommand, DepartmentCommand, EvaluationCommand, GroupCommand, LaborCommand,
    ParkedCommand, SmsCommand, StaffUserCommand,
};
use super::args_people::{ServiceProviderCommand, UserGroupCommand};
use super::args_print::PrintArgs;
use super::args_to_do::{NoticesCommand, RemindMeArgs, ToDosArgs};
use super::batch::Batch;
use super::bench_args::BenchArguments;
use super::fields::{FieldArgs, FormOf, sought};
use super::queues::Pressing;
use super::replay::ReplayArgs;
use crate::protocol::work_orders::{SCENES, SORTS};

/// Where the daemon listens when nothing else is said.
pub const DEFAULT_SOCKET: &str = "/run/workorderd/control.sock";

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   refused by the rules: nothing was changed
  2   wrong usage, or files that cannot be read
  3   the daemon cannot be reached, or does not understand
  4   not permitted, or this user is not known to the daemon
  5   in conflict: --expected-revision or --request-id do not match what is there
  74  the output cannot be written
  75  busy or stopping: nothing was changed, the same again with the same --request-id may succeed

Every command that changes something carries a request id. If it is not known whether a command was carried out, give it again
with the same --request-id: it is not done twice, and the answer is the same.";

/// The command-line client of workorderd: Work Orders from the first call to the customer's evaluation.
#[derive(Debug, Parser)]
#[command(name = "workorderctl", version, max_term_width = 100, after_help = EXIT_CODES, infer_subcommands = false)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Control socket of the daemon
    #[arg(long, global = true, env = "WORKORDERD_SOCKET", value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
    /// Act as this staff user (only for users that are mapped to it); both names enter the history
    #[arg(long = "as", global = true, env = "WORKORDERCTL_AS", value_name = "USER")]
    pub act_as: Option<String>,
    /// Print the daemon's reply as JSON; streams and pages one document a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Request id of this command, 1 to 64 printable ASCII characters [default: a random one]
    #[arg(long, global = true, value_name = "ID", value_parser = request_id)]
    pub request_id: Option<String>,
    /// Refuse (exit code 5) unless the Work Order or entry is at this revision
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub expected_revision: Option<i64>,
    /// Time zone that times are shown and read in, such as Asia/Shanghai [default: TZ, else the system's]
    #[arg(long, global = true, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Colours; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub color: Colour,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn request_id(text: &str) -> Result<String, String> {
    if (1..=64).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        Ok(text.to_owned())
    } else {
        Err("a request id has 1 to 64 printable ASCII characters".to_owned())
    }
}

/// The Work Order a command is about.
#[derive(Debug, Clone, Args)]
pub struct Number {
    /// Number of the Work Order, such as WO-20261122-000017
    pub number: String,
}

/// What can be asked of the daemon.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a Work Order
    Create(Create),
    /// List Work Orders, by whatever they are filtered and in whatever order
    List(List),
    /// Count open, unassigned and overdue Work Orders, of all and of each service group
    Queues,
    /// List open Work Orders, most pressing first: overdue ones, then by when they are due
    Pressing(Pressing),
    /// List what waits for you: at nodes you handle, forwarded to you, to be reminded of
    ToDos(ToDosArgs),
    /// Have a Work Order on your to-do list from a time on
    RemindMe(RemindMeArgs),
    /// Show a Work Order: where it stands, who may act, what comes next, and its history
    Show {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Language of titles, such as zh [default: that of the staff user]
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Explain a Work Order: why it is where it is, who may act, what you may do, what comes next
    Explain {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Language of titles, such as zh [default: that of the staff user]
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// How a Work Order is evaluated
    #[command(subcommand)]
    Evaluation(EvaluationCommand),
    /// Follow-ups: what the staff ask the customer after the work
    #[command(subcommand)]
    FollowUp(FollowUpCommand),
    /// Tell why you, or another user, may or may not see a Work Order and act on it
    #[command(override_usage = "workorderctl why [USER] NUMBER")]
    Why {
        /// [USER] NUMBER: the Work Order, before it whom it is about (for admins) [default: yourself]
        #[arg(num_args = 1..=2, required = true, value_name = "NUMBER")]
        about: Vec<String>,
    },
    /// Tell the history of a Work Order, oldest step first
    History {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// At most this many of the newest steps
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        limit: Option<i64>,
    },
    /// Follow every step as it is taken, one line each, until interrupted
    Watch {
        /// Only this Work Order
        number: Option<String>,
        /// Begin behind this sequence instead of now; 0 is the beginning
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
        after: Option<i64>,
        /// Only what waits for you from then on
        #[arg(long)]
        to_dos: bool,
    },
    /// Carry one command out on many Work Orders, and tell of each whether it was done, or why not
    ///
    /// For example: workorderctl batch --owner emil --open -- change-owner NUMBER mei
    Batch(Box<Batch>),
    /// Commands on one Work Order.
    #[command(flatten)]
    Act(ActCommand),
    /// Planned visits.
    #[command(flatten)]
    Visit(VisitCommand),
    /// Ring the customer up over your own account at the call center; show tells what came of it
    Call(CallArgs),
    /// Tell what is planned for whom and when, day by day, or as iCalendar; what overlaps is marked
    Calendar(CalendarArgs),
    /// Print a Work Order as a page that one hands to the customer: PDF or HTML, for A4
    ///
    /// The page has what you may see of it, but notes, remarks and places that are for the company alone. For example:
    /// workorderctl print WO-20261122-000017 report.pdf
    Print(PrintArgs),
    /// Save an attachment of a Work Order to a file
    SaveAttachment {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Its name, or the beginning of its hash
        attachment: String,
        /// Where to; a file that is there is not written over [default: its name, in this folder]
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
    /// Draw the QR code that the customer scans to evaluate
    Qr {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// For terminals with a light background, when colours are off
        #[arg(long)]
        invert: bool,
        /// Save it as a picture to this new file, which ends in .svg or .png
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Staff users
    #[command(subcommand)]
    StaffUser(StaffUserCommand),
    /// Departments: the organisation tree, with heads
    #[command(subcommand)]
    Department(DepartmentCommand),
    /// User groups: sets of staff users, for data sharing
    #[command(subcommand)]
    UserGroup(UserGroupCommand),
    /// Service providers: outside companies whose staff also dispatch and do work
    #[command(subcommand)]
    ServiceProvider(ServiceProviderCommand),
    /// Absences of staff users
    #[command(subcommand)]
    Absence(AbsenceCommand),
    /// What staff users are told by mail: which notices, and not in which hours
    #[command(subcommand)]
    Notices(NoticesCommand),
    /// Service groups
    #[command(subcommand, visible_alias = "service-group")]
    Group(GroupCommand),
    /// Accounts: customer organisations and households
    #[command(subcommand)]
    Account(AccountCommand),
    /// Contacts: persons at accounts
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Look accounts and contacts up by what is known of them
    Lookup {
        /// Words, each a part of name, phone, e-mail or number; together at least 2 characters
        #[arg(required = true)]
        query: Vec<String>,
        /// It is the whole name, phone or e-mail
        #[arg(long)]
        exact: bool,
    },
    /// Products: the models that customers have
    #[command(subcommand)]
    Product(ProductCommand),
    /// Terminals: installed devices at customers
    #[command(subcommand)]
    Terminal(TerminalCommand),
    /// Import entries of the directory, or Work Orders, from a spreadsheet
    ///
    /// Every line is judged before the first one is sent; a bad one is named with its line and field. It is safe to repeat: lines that
    /// were imported before are told as already there. Repeat it as the same user.
    Import(ImportArgs),
    /// Apply definition files, all or none
    Apply {
        /// Folder whose *.toml files (also in its folders) are sent, or one file
        dir: PathBuf,
        /// Only check them, and tell what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Show a form: what is asked, and what may be answered
    Form(FormOf),
    /// Definitions: list, show, export, history; publish, retire and delete record types
    Definitions(DefinitionsArgs),
    /// Watch over open Work Orders on a board in the terminal: queues, what is overdue; open and assign by keys
    Top,
    /// Back up the running daemon into a folder; again into the same folder, only what is new is fetched
    ///
    /// The back-up holds everything up to one record: the journal, attachments, and whose it is. It is checked while it is made, and
    /// whole as soon as manifest.json is there; until then the one before it holds. If it is cut off, the same command mends it.
    /// `workorderd restore DEST DIR` makes a data folder of it.
    Backup {
        /// Folder of the back-up; made if it is not there
        dest: PathBuf,
        /// With the secret of links that the data folder holds, now and from now on
        ///
        /// Without it, links that customers have got do not open on what is restored; new ones do. With it, whoever reads the back-up
        /// can make links for every Work Order. A secret that the settings name (links.secret_file) is no part of the data folder:
        /// keep that file yourself.
        #[arg(long)]
        with_secret: bool,
    },
    /// Tell how the daemon is doing
    Status,
    /// Tell who the daemon takes this user for
    Whoami,
    /// Set a clock that is set by hand (for trials) ahead, or say that the machine's is right
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Short messages: how many may be sent
    #[command(subcommand)]
    Sms(SmsCommand),
    /// Labor time: started, stopped, entered, and its totals
    #[command(subcommand)]
    Labor(LaborCommand),
    /// Timers that failed, or ended the daemon, again and again and are parked
    #[command(subcommand)]
    ParkedTimers(ParkedCommand),
    /// What people outside may do: customers behind a link, contacts who sign in, guests
    #[command(subcommand)]
    Guest(GuestCommand),
    /// Drive the log of a help desk through the daemon, and compare what became of every incident
    ///
    /// FILE is a ServiceNow incident event log as CSV, one row per update. The daemon must run on a fresh data folder with a clock
    /// set by hand that is not ahead of the log: `workorderd run --data DIR --socket PATH --clock manual --clock-start 0`.
    /// Exit code 1: there are differences that no rule explains.
    Replay(ReplayArgs),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual pages into a folder, one for each command
    Man {
        /// Made if it is not there; pages of the same names are written anew
        dir: PathBuf,
    },
    /// Measure this machine with a daemon of its own
    Bench(BenchArguments),
}

/// A new Work Order.
#[derive(Debug, Clone, Args)]
pub struct Create {
    /// Name of the record type, such as repair
    pub record_type: String,
    /// What it is about, in one line
    pub subject: String,
    /// More about it
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// The customer's or another system's number for it
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Account it is for
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Contact it is for
    #[arg(long, value_name = "ID")]
    pub contact: Option<String>,
    /// How urgent it is
    #[arg(long, value_parser = ["low", "normal", "high", "urgent"])]
    pub priority: Option<String>,
    /// How it came in
    #[arg(long, value_parser = ["phone", "e-mail", "portal", "online-service", "service-provider", "staff"])]
    pub channel: Option<String>,
    /// Where it was begun [default: list]
    #[arg(long, value_parser = ["list", "account", "contact", "service-request", "import"])]
    pub entry_point: Option<String>,
    /// Who raised it, staff:ID or contact:ID [default: the contact, else the caller]
    #[arg(long, value_name = "PARTY")]
    pub submitter: Option<String>,
    /// Of the record type's form.
    #[command(flatten)]
    pub fields: FieldArgs,
}

/// Which Work Orders to list.
#[derive(Debug, Clone, Args)]
pub struct List {
    /// Only those of this status
    #[arg(long, value_parser = ["open", "in-progress", "resolved", "closed"])]
    pub status: Option<String>,
    /// Only those that have not ended (=false: that have)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub open: Option<bool>,
    /// Only those of this priority
    #[arg(long, value_parser = ["low", "normal", "high", "urgent"])]
    pub priority: Option<String>,
    /// Only those of this record type
    #[arg(long, value_name = "NAME")]
    pub record_type: Option<String>,
    /// Only those of this service group
    #[arg(long, value_name = "ID")]
    pub group: Option<String>,
    /// Only those of this engineer
    #[arg(long, value_name = "ID")]
    pub engineer: Option<String>,
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Only those of this contact
    #[arg(long, value_name = "ID")]
    pub contact: Option<String>,
    /// Only those with this reference
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Only those on hold (=false: not on hold)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub on_hold: Option<bool>,
    /// Only those overdue (=false: not overdue)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub overdue: Option<bool>,
    /// Only those of this owner
    #[arg(long, value_name = "ID")]
    pub owner: Option<String>,
    /// Only those raised by this staff user, or for them
    #[arg(long, value_name = "ID")]
    pub submitter: Option<String>,
    /// Only those at a node that this staff user handles
    #[arg(long, value_name = "ID")]
    pub handler: Option<String>,
    /// Only those created from then on, such as 2026-11-22 or 2026-11-22T08:00
    #[arg(long, value_name = "TIME")]
    pub created_from: Option<String>,
    /// Only those created before
    #[arg(long, value_name = "TIME")]
    pub created_until: Option<String>,
    /// Only those with this value in a field of a form (of a table: TABLE.COLUMN=VALUE); several times, all must hold
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = sought)]
    pub fields: Vec<(String, Value)>,
    /// Those of a scene: yours, your subordinates', ...
    #[arg(long, value_parser = SCENES)]
    pub scene: Option<String>,
    /// In which order [default: newest]
    #[arg(long, value_parser = SORTS)]
    pub sort: Option<String>,
    /// Those that are void, instead of those that count (for admins)
    #[arg(long, conflicts_with = "deleted")]
    pub void: bool,
    /// Those that were deleted (for admins)
    #[arg(long)]
    pub deleted: bool,
    /// At least the steps up to this sequence are reflected
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(i64).range(0..))]
    pub at_least: Option<i64>,
    /// How many, and from where on.
    #[command(flatten)]
    pub paging: Paging,
}

/// How much of a long list.
#[derive(Debug, Clone, Args)]
pub struct Paging {
    /// At most this many
    #[arg(long, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(i64).range(1..))]
    pub limit: Option<i64>,
    /// Go on behind this one, as the end of a page says
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// All of them, page by page
    #[arg(long)]
    pub all: bool,
}

/// Most lines of one page: the daemon gives no more.
pub const PAGE_MOST: i64 = 1_000;

impl Paging {
    /// How many to ask for when this many are there; `None`: what the daemon thinks fit.
    pub fn next_limit(&self, got: i64) -> Option<i64> {
        if self.all { Some(PAGE_MOST) } else { self.limit.map(|limit| (limit - got).clamp(1, PAGE_MOST)) }
    }

    /// Whether another page is wanted after one of `page` lines, when `got` are there.
    pub fn wants_more(&self, page: i64, got: i64) -> bool {
        page > 0 && (self.all || self.limit.is_some_and(|limit| got < limit))
    }
}
