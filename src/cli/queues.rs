//! What a dispatcher asks: how the queues stand, and what presses most.

use clap::Args;

use super::args::Paging;
use super::failure::Failure;
use super::session::Session;
use super::view::queues::{self as view, PressingView};
use crate::protocol::work_orders::{self as shapes, PressingListed, QueuesTold};

/// Which open Work Orders are listed.
#[derive(Debug, Clone, Args)]
pub struct Pressing {
    /// Only those of this service group
    #[arg(long, value_name = "ID", group = "queue")]
    pub group: Option<String>,
    /// Only those of no service group
    #[arg(long, group = "queue")]
    pub no_group: bool,
    /// Only those of this engineer
    #[arg(long, value_name = "ID", group = "queue")]
    pub engineer: Option<String>,
    /// Only those without an engineer
    #[arg(long)]
    pub unassigned: bool,
    /// Only those overdue
    #[arg(long)]
    pub overdue: bool,
    /// At least the steps up to this sequence are reflected
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(i64).range(0..))]
    pub at_least: Option<i64>,
    /// How many, and from where on.
    #[command(flatten)]
    pub paging: Paging,
}

fn method(member: &str) -> String {
    format!("{}.{member}", shapes::NAME)
}

/// Every queue with its counts.
///
/// # Errors
/// What the daemon says.
pub fn queues(session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let reply = session.ask(&method("GetQueues"), &shapes::GetQueues::default())?;
    session.print(reply, |told: &QueuesTold, page| view::queues(told, page))
}

/// Open Work Orders, most pressing first, page by page as far as is wanted.
///
/// # Errors
/// What the daemon says.
pub fn pressing(session: &mut Session<'_, '_>, of: Pressing) -> Result<(), Failure> {
    let mut parameters = shapes::ListPressing {
        group: of.group,
        no_group: of.no_group.then_some(true),
        engineer: of.engineer,
        unassigned: of.unassigned.then_some(true),
        overdue: of.overdue.then_some(true),
        limit: of.paging.next_limit(0),
        after: of.paging.after.clone(),
        at_least: of.at_least,
    };
    let (mut view, mut got) = (PressingView::default(), 0);
    loop {
        let reply = session.ask(&method("ListPressing"), &parameters)?;
        let listed: PressingListed = session.shape(reply.clone())?;
        if session.json() {
            session.print_json_line(&reply)?;
        } else {
            session.page.times.now = listed.now;
            let text = view.page(&listed.lines, &session.page);
            session.write(&text)?;
        }
        let lines = i64::try_from(listed.lines.len()).unwrap_or(i64::MAX);
        got += lines;
        if listed.next.is_none() || !of.paging.wants_more(lines, got) {
            let end = view.end(listed.next.as_deref(), &session.page);
            return if session.json() { Ok(()) } else { session.write(&end) };
        }
        (parameters.after, parameters.limit) = (listed.next, of.paging.next_limit(got));
    }
}
