//! Planned visits and the calendar, as people type them.

use clap::{ArgGroup, Args, Subcommand};

use super::args::Number;

/// What can be done with the visits of a Work Order.
#[derive(Debug, Subcommand)]
pub enum VisitCommand {
    /// Plan a visit: who goes to the customer, and when
    ///
    /// What else the engineer has to do then is told, not refused.
    Plan {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// When.
        #[command(flatten)]
        when: When,
        /// Id of the engineer [default: whoever the Work Order is assigned to]
        #[arg(long, value_name = "ID")]
        engineer: Option<String>,
        /// A few words for the engineer
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Plan a visit for another time, or for another engineer
    MoveVisit {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Number of the visit, as `show` tells it
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        visit: i64,
        /// When.
        #[command(flatten)]
        when: When,
        /// Id of the engineer [default: the same]
        #[arg(long, value_name = "ID")]
        engineer: Option<String>,
    },
    /// Call a visit off
    CancelVisit {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Number of the visit, as `show` tells it
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        visit: i64,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// From when until when.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("end").required(true)))]
pub struct When {
    /// From when, such as 2026-11-25T08:00, in the time zone that times are shown in
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// Until when
    #[arg(long, value_name = "TIME", group = "end")]
    pub until: Option<String>,
    /// How long, such as 90m or 2h30m
    #[arg(long = "for", value_name = "SPAN", group = "end")]
    pub lasts: Option<String>,
}

/// Which part of the calendar.
#[derive(Debug, Clone, Args)]
pub struct CalendarArgs {
    /// Only this engineer's [default: of all whose calendar you may look at]
    #[arg(long, value_name = "ID")]
    pub engineer: Option<String>,
    /// From when, such as 2026-11-25 [default: today]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Until when; a day without a time is the last one shown [default: two weeks]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Write it as iCalendar (RFC 5545) into this file, or - for standard output
    #[arg(long, value_name = "FILE")]
    pub ics: Option<std::path::PathBuf>,
}
