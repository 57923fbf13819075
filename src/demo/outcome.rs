//! The end of the play: everything is looked at once more, through the socket, in the mail catcher and, with the daemon
//! stopped, in the folder itself; then the table.

use super::cast;
use super::checks::{self, Arrived, Ending};
use super::error::{DemoError, Result};
use super::narrator::{COLUMNS, stars};
use super::stage::{MINUTE, Stage, message_id};
use crate::protocol::work_orders::WorkOrder;
use crate::verify::verify;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// The Work Orders that were played, by number.
#[derive(Debug)]
pub struct Played {
    /// By way of the group, evaluated.
    pub group: String,
    /// Mandatory, auto-completed.
    pub gate: String,
    /// Cancelled by its submitter.
    pub cancelled: String,
    /// Its mail had to wait.
    pub ticket: String,
    /// The customer was asked by phone.
    pub follow_up: String,
}

/// What should have happened to each, in the order of the play.
fn endings(played: &Played) -> [(&str, &'static str, Ending<'static>); 5] {
    let group = Ending {
        name: "the group's repair",
        outcome: "completed",
        engineer: Some("mei"),
        reopened: 1,
        held_ms: 25 * 60 * MINUTE,
        stars: &["4"],
        failed: &["sms"],
        history: &[
            ("Created", "货梯停在三楼"),
            ("AssignedToGroup", "lifts"),
            ("AssignedToEngineer", "emil"),
            ("NodeLeft", "declined"),
            ("AssignedToEngineer", "mei"),
            ("AssignmentAccepted", "mei"),
            ("Held", "parts"),
            ("Resumed", ""),
            ("TaskCompleted", "door controller replaced"),
            ("ConfirmedNotSolved", "门还是关不上"),
            ("TaskCompleted", "door sensor aligned"),
            ("ConfirmedSolved", ""),
            ("MailQueued", "short message"),
            ("MailBegun", "segments of the quota"),
            ("MailTried", "accepted"),
            ("MailTried", "not delivered"),
            ("MailQueued", "please-rate"),
            ("EvaluationRecorded", ""),
            ("NodeLeft", "evaluated"),
            ("Ended", "completed"),
        ],
    };
    let gate = Ending {
        name: "the urgent repair",
        outcome: "completed",
        engineer: Some("emil"),
        history: &[
            ("Created", "urgent"),
            ("AssignedToEngineer", "emil"),
            ("AssignmentAccepted", "emil"),
            ("TaskCompleted", "drive belt"),
            ("ConfirmedSolved", ""),
            ("NodeEntered", "evaluate"),
            ("ServiceRecordAdded", "note"),
            ("NodeLeft", "auto-completed, not evaluated"),
            ("Ended", "completed"),
        ],
        ..Ending::default()
    };
    let cancelled = Ending {
        name: "the installation",
        outcome: "cancelled",
        engineer: Some("emil"),
        history: &[("Created", "dumb waiter"), ("AssignedToGroup", "lifts"), ("AssignedToEngineer", "emil"), ("Ended", "changed her mind")],
        ..Ending::default()
    };
    let ticket = Ending {
        name: "the ticket",
        outcome: "completed",
        engineer: Some("mei"),
        history: &[
            ("TaskTaken", "mei"),
            ("TaskCompleted", "roller cleaned"),
            ("MailTried", "deferred"),
            ("MailTried", "deferred"),
            ("MailTried", "sent"),
            ("ConfirmedSolved", ""),
            ("Ended", "completed"),
        ],
        ..Ending::default()
    };
    let follow_up = Ending {
        name: "the maintenance",
        outcome: "completed",
        engineer: Some("emil"),
        stars: &["5"],
        failed: &["sms"],
        history: &[
            ("Created", "dumb waiter"),
            ("TaskCompleted", "all in order"),
            ("MailQueued", "no mobile number"),
            ("NodeLeft", "auto-completed, not evaluated"),
            ("NodeEntered", "follow-up"),
            ("FollowUpAttempted", "no-answer"),
            ("EvaluationRecorded", "iris"),
            ("NodeLeft", "followed up"),
            ("Ended", "completed"),
        ],
        ..Ending::default()
    };
    [
        (&played.group, "declined, on hold, not solved, solved", group),
        (&played.gate, "skip refused, daemon killed", gate),
        (&played.cancelled, "cancelled by its submitter", cancelled),
        (&played.ticket, "its mail had to wait", ticket),
        (&played.follow_up, "not rated, followed up by phone", follow_up),
    ]
}

/// Looks at everything while the daemon runs; gives the table.
///
/// # Errors
/// The daemon does not answer.
pub fn look(stage: &mut Stage, played: &Played) -> Result<Table> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_width(COLUMNS);
    table.set_header(["number", "customer", "what happened", "status", "evaluation"]);
    for (number, told, ending) in endings(played) {
        let order = stage.get(number)?;
        let lines = stage.history(number)?;
        checks::ended(&mut stage.checks, &order, &ending);
        checks::history(&mut stage.checks, &lines, &ending);
        let auto = lines.iter().any(|line| line.details == "auto-completed, not evaluated");
        let status = order.outcome.clone().unwrap_or_else(|| order.status.clone());
        table.add_row([order.number.clone(), customer(&order), told.to_owned(), status, evaluation(&order, auto)]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        // What happened takes the room that the others leave.
        if index != 2 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let listed: Vec<_> = stage.list()?.into_iter().rev().map(|line| (line.number, line.status, line.mail_trouble)).collect();
    let closed = |number: &String| (number.clone(), "closed".to_owned(), false);
    let wanted = [&played.group, &played.gate, &played.cancelled, &played.ticket, &played.follow_up].map(closed);
    stage.checks.equal("the list has the five of them, closed, without mail trouble", listed.as_slice(), &wanted[..]);
    let group = stage.group()?;
    let open: Vec<_> = group.loads.iter().filter(|load| load.open != 0).collect();
    stage.checks.that(
        "no engineer carries open work any more",
        group.open == Some(0) && open.is_empty(),
        format_args!("{:?} {open:?}", group.open),
    );
    let status = stage.status()?;
    let left = (status.timers, status.timers_parked, status.messages_under_way, status.panics);
    stage.checks.equal("no timer is set or parked, no message under way, no panic", &left, &(0, 0, 0, 0));
    look_at_mails(stage, played);
    Ok(table)
}

fn look_at_mails(stage: &mut Stage, played: &Played) {
    let mail = |to: &str, subject: &str, number: &str| (cast::address(to), subject.replace('#', number));
    let mut wanted = [
        mail("wang", "问题是否已解决？#", &played.group),
        mail("mei", "Not solved: #", &played.group),
        mail("wang", "问题是否已解决？#", &played.group),
        mail("wang", "请评价我们的服务 #", &played.group),
        mail("zoe", "Is it solved? #", &played.gate),
        mail("zoe", "How did we do? #", &played.gate),
        // Nobody answers: the customer gets the link again, and the engineer hears of it.
        mail("zoe", "How did we do? #", &played.gate),
        mail("emil", "Waiting: # at evaluate", &played.gate),
        mail("sue", "Is it solved? #", &played.ticket),
        mail("renee", "How did we do? #", &played.follow_up),
    ];
    let caught = stage.catcher.mails();
    let mut arrived: Vec<_> =
        caught.iter().map(|mail| Arrived { to: mail.to.join(" "), subject: mail.subject.clone(), id: message_id(mail) }).collect();
    // Those of one moment go out beside each other.
    arrived.sort_by(|a, b| (&a.to, &a.subject).cmp(&(&b.to, &b.subject)));
    wanted.sort();
    checks::mails(&mut stage.checks, &arrived, &wanted);
}

fn customer(order: &WorkOrder) -> String {
    let id = order.contact.as_deref().or_else(|| order.submitter.strip_prefix("staff:")).unwrap_or_default();
    cast::name(id).to_owned()
}

fn evaluation(order: &WorkOrder, auto: bool) -> String {
    let overall = order.evaluations.iter().flat_map(|e| &e.answers).find(|a| a.field == "overall");
    match overall {
        Some(answer) => stars(answer.value.parse().unwrap_or_default(), answer.scale.unwrap_or(5)),
        None if auto => "auto-completed".to_owned(),
        None if order.outcome.as_deref() == Some("completed") => "not asked for".to_owned(),
        None => "none".to_owned(),
    }
}

/// Stops the daemon in order, and has the offline checker read its folder; gives the head of the history.
///
/// # Errors
/// The daemon does not stop, or its history cannot be read.
pub fn close(stage: &mut Stage) -> Result<String> {
    let head = stage.status()?.head;
    stage.hang_up();
    let took = stage.daemon.stop()?;
    stage.tell(&format!("SIGTERM: the daemon has ended in order, after {} ms.", took.as_millis()));
    let found = verify(&stage.daemon.data(), Some(&head)).map_err(|e| DemoError::Unexpected(format!("verify: {e}")))?;
    checks::verified(&mut stage.checks, &found);
    stage.checks.equal("verify: nothing was written after the published head", &found.head.to_string(), &head);
    stage.tell(&format!("workorderd verify has read all {} records.", found.records));
    Ok(head)
}
