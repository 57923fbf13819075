//! Commands with commands of their own: directory, clock.

use clap::{Args, Subcommand};

use super::args::{Number, Paging};
use super::args_definitions::TryRules;
use super::args_people::Erase;

/// What can be told of evaluations.
#[derive(Debug, Subcommand)]
pub enum EvaluationCommand {
    /// Tell by which rule a Work Order is evaluated, and why not by the others
    Explain {
        /// Which one.
        #[command(flatten)]
        of: Number,
    },
    /// Try rules on Work Orders that there are, open or ended: which counts now, and which would; nothing is changed
    DryRun(TryRules),
}

/// What can be done with staff users.
#[derive(Debug, Subcommand)]
pub enum StaffUserCommand {
    /// Make a staff user, or replace all that is known of one
    Put(Box<PutStaffUser>),
    /// Show a staff user: what they can do, what they carry in the directory, and how much open work
    Show {
        /// Id of the staff user
        id: String,
    },
    /// Erase a person: what is personal goes for ever, from the state, the history, attachments, mails and new back-ups
    ///
    /// For admins. It is refused as long as they have open Work Orders. The id stays taken; numbers, times, choices and stars stay, so
    /// that counts and averages are as before. It goes on by itself if this command, or the daemon, is cut off; give it again to see how
    /// far it is.
    Erase(Erase),
    /// List staff users
    List(Paging),
}

/// What can be done with departments.
#[derive(Debug, Subcommand)]
pub enum DepartmentCommand {
    /// Make a department, or replace all that is known of one
    Put {
        /// Id: letters, digits and - _ . @
        id: String,
        /// Name for people
        #[arg(long)]
        name: String,
        /// Id of the head
        #[arg(long, value_name = "ID")]
        head: Option<String>,
        /// Id of the department it belongs to
        #[arg(long, value_name = "ID")]
        parent: Option<String>,
        /// No longer there; kept for the history
        #[arg(long)]
        disabled: bool,
    },
    /// List departments
    List(Paging),
}

/// When somebody is absent: nothing is assigned to them by itself.
#[derive(Debug, Subcommand)]
pub enum AbsenceCommand {
    /// Say when a staff user is absent; replaces what was said before
    Set {
        /// Id of the staff user
        id: String,
        /// First moment, such as 2026-11-25 or 2026-11-25T08:00 [default: now]
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// First moment back
        #[arg(long, value_name = "TIME")]
        until: String,
    },
    /// Say that a staff user is back
    Clear {
        /// Id of the staff user
        id: String,
    },
}

/// A staff user.
#[derive(Debug, Clone, Args)]
pub struct PutStaffUser {
    /// Id: letters, digits and - _ . @
    pub id: String,
    /// Name for people
    #[arg(long)]
    pub name: String,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Language of mails, such as en or zh
    #[arg(long)]
    pub language: Option<String>,
    /// Role; may be given several times, or with commas
    #[arg(long = "role", value_name = "NAME", value_delimiter = ',')]
    pub roles: Vec<String>,
    /// Id of the superior
    #[arg(long, value_name = "ID")]
    pub superior: Option<String>,
    /// Id of the main department
    #[arg(long, value_name = "ID")]
    pub department: Option<String>,
    /// Id of the service provider they work for, for good [default: our own company]
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Their account at the call center, over which they call
    #[arg(long, value_name = "ACCOUNT")]
    pub call_account: Option<String>,
    /// Skill; may be given several times, or with commas
    #[arg(long = "skill", value_name = "NAME", value_delimiter = ',')]
    pub skills: Vec<String>,
    /// Region they work in; may be given several times, or with commas [default: everywhere]
    #[arg(long = "region", value_name = "NAME", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// May do nothing any more; kept for the history
    #[arg(long)]
    pub disabled: bool,
}

/// What can be done with service groups.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Make a service group, or replace all that is known of one
    Put(PutGroup),
    /// List service groups
    List(Paging),
    /// Show a service group and the open work of its members
    Show {
        /// Id of the service group
        id: String,
    },
}

/// A service group.
#[derive(Debug, Clone, Args)]
pub struct PutGroup {
    /// Id: letters, digits and - _ . @
    pub id: String,
    /// Name for people
    #[arg(long)]
    pub name: String,
    /// Id of the leader
    #[arg(long, value_name = "ID")]
    pub leader: Option<String>,
    /// Id of a member; may be given several times, or with commas
    #[arg(long = "member", value_name = "ID", value_delimiter = ',')]
    pub members: Vec<String>,
    /// How it passes work on to its engineers [default: by-leader]
    #[arg(long, value_parser = ["by-leader", "round-robin", "least-loaded", "pool"])]
    pub rule: Option<String>,
    /// Most open Work Orders of the group for one engineer [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub limit: Option<i64>,
    /// Id of the service provider it belongs to, for good [default: our own company]
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Gets no more work; kept for the history
    #[arg(long)]
    pub disabled: bool,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account, or replace all that is known of one
    Put {
        /// Id: letters, digits and - _ . @
        id: String,
        /// Name for people
        #[arg(long)]
        name: String,
        /// Region it is in
        #[arg(long, value_name = "NAME")]
        region: Option<String>,
        /// Not for new Work Orders; kept for the history
        #[arg(long)]
        disabled: bool,
    },
    /// Show an account: its contacts, its terminals, its latest Work Orders, and how to create the next
    Show {
        /// Id of the account
        id: String,
    },
    /// List accounts
    List(Paging),
}

/// What can be done with contacts.
#[derive(Debug, Subcommand)]
pub enum ContactCommand {
    /// Make a contact, or replace all that is known of one
    Put(PutContact),
    /// Show a contact: the account, the latest Work Orders, and how to create the next
    Show {
        /// Id of the contact
        id: String,
    },
    /// Erase a person: what is personal goes for ever, from the state, the history, attachments, mails and new back-ups
    ///
    /// For admins. It is refused as long as they have open Work Orders. The id stays taken; numbers, times, choices and stars stay, so
    /// that counts and averages are as before. It goes on by itself if this command, or the daemon, is cut off; give it again to see how
    /// far it is.
    Erase(Erase),
    /// List contacts
    List(Paging),
}

/// A contact.
#[derive(Debug, Clone, Args)]
pub struct PutContact {
    /// Id: letters, digits and - _ . @
    pub id: String,
    /// Name for people
    #[arg(long)]
    pub name: String,
    /// Id of the account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Mobile number
    #[arg(long)]
    pub mobile: Option<String>,
    /// WeChat open id
    #[arg(long, value_name = "OPEN-ID")]
    pub wechat: Option<String>,
    /// Through what WeChat knows them: account (they follow it) or mini-program
    #[arg(long, value_name = "WAY", requires = "wechat")]
    pub wechat_through: Option<String>,
    /// Language of mails, such as en or zh
    #[arg(long)]
    pub language: Option<String>,
    /// Not for new Work Orders; kept for the history
    #[arg(long)]
    pub disabled: bool,
}

/// Short messages.
#[derive(Debug, Subcommand)]
pub enum SmsCommand {
    /// How many segments may be sent: bought, used, left
    Quota {
        /// So many more were bought
        #[arg(long, value_name = "SEGMENTS", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
        add: Option<u32>,
        /// So many fewer; not fewer than are used
        #[arg(long, value_name = "SEGMENTS", conflicts_with = "add", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
        take: Option<u32>,
    },
}

/// How to set the clock.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Set it ahead by a span, such as 3d or 36h
    Ahead {
        /// How far
        span: String,
    },
    /// Say that the machine's clock, which was doubted because it was set far, is right as it is
    Trust,
    /// Set it to a later time, such as 2026-11-25T08:00, in the time zone that times are shown in
    Set {
        /// When
        time: String,
    },
}

/// Labor time; every engineer's own.
#[derive(Debug, Subcommand)]
pub enum LaborCommand {
    /// Start to work
    Start {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// On this step of the SOP
        #[arg(long, value_name = "STEP")]
        step: Option<String>,
    },
    /// Stop; also if it was forgotten, with --at
    Stop {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// When it was, such as 2026-11-25T17:30 [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Enter work that is done
    Enter {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// From when, such as 2026-11-25T08:00, in the time zone that times are shown in
        #[arg(long, value_name = "TIME")]
        from: String,
        /// Until when
        #[arg(long, value_name = "TIME")]
        to: String,
        /// On this step of the SOP
        #[arg(long, value_name = "STEP")]
        step: Option<String>,
    },
    /// Labor by engineer, over all Work Orders
    Totals {
        /// Only this engineer's
        #[arg(long, value_name = "ID")]
        engineer: Option<String>,
        /// At most this many
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        limit: Option<i64>,
        /// Go on behind this one
        #[arg(long, value_name = "ID")]
        after: Option<String>,
    },
}

/// What to do with parked timers.
#[derive(Debug, Subcommand)]
pub enum ParkedCommand {
    /// List them
    List,
    /// Set them again, once what was wrong is mended
    Retry {
        /// Only those of this Work Order
        number: Option<String>,
    },
}
