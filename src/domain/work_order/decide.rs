//! The rules of a Work Order outside its nodes: creation, hold, ends, timers, mail outcomes. Node commands go to their node kind.

use super::call;
use super::command::{Command, Create};
use super::deadline::{Deadline, deadlines, reminders_until};
use super::draft::Draft;
use super::edit;
use super::event::{Created, Event};
use super::evolve;
use super::fields;
use super::intake::{self, Intake};
use super::labor;
use super::life;
use super::mail::{Errand, Mail, MailOutcome, MailStatus};
use super::notify::notify;
use super::plan;
use super::reach;
use super::remind;
use super::state::{HoldReason, Outcome, Purpose, RecordKind, Status, WorkOrder};
use super::team;
use super::to_do;
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::MailNo;
use crate::domain::may::{Action, may, portal};
use crate::domain::principal::Principal;
use crate::domain::process::{NodeState, accept, assign, confirm, door, evaluate, follow_up, on_site, task};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, LONG_TEXT_MAX, PersonalText, SUBJECT_MAX};
use crate::domain::time::Timestamp;

/// Decides a command on an existing Work Order: the state after it and the events, or why not.
pub fn decide<'a>(order: &WorkOrder, command: &Command, cx: &'a Context<'a>) -> Result<(WorkOrder, Vec<Event>), Rejection> {
    let mut draft = Draft::new(order.clone(), cx);
    let d = &mut draft;
    life::allows(order, command, cx.principal)?;
    match command {
        Command::Create(create) => return Err(Rejection::invalid("id", format!("Work Order {} exists already", create.id))),
        Command::AssignToGroup { group } => assign::to_group(d, group),
        Command::AssignToEngineer { engineer, over_limit } => assign::to_engineer(d, engineer, *over_limit),
        Command::Claim => assign::claim(d),
        Command::AssignByRule { group, visit, choice } if at_follow_up(d) => follow_up::by_turn(d, group, *visit, choice),
        Command::AssignByRule { group, visit, choice } => assign::by_rule(d, group, *visit, choice),
        Command::AcceptAssignment => accept::accept(d),
        Command::DeclineAssignment { reason } => accept::decline(d, reason),
        Command::Transfer { to, reason } => {
            let reason = optional("reason", reason.as_deref())?;
            match &d.open_visit()?.state {
                NodeState::Accept(_) => accept::transfer(d, to, reason),
                NodeState::Task(_) | NodeState::OnSite(_) => task::transfer(d, to, reason),
                NodeState::Assign(_) | NodeState::Confirm(_) | NodeState::Evaluate(_) | NodeState::FollowUp(_) => {
                    Err(d.wrong_node("Transfer"))
                }
            }
        }
        Command::TakeTask if at_follow_up(d) => follow_up::take(d),
        Command::TakeTask => task::take(d),
        Command::CompleteTask { note, fields } => optional("note", note.as_deref()).and_then(|note| task::complete(d, note, fields)),
        Command::SaveFields { step, fields } => fields::save_so_far(d, step.as_deref(), fields),
        Command::ConfirmSolved { fields } => usable_confirmation(d).and_then(|()| confirm::solved(d, fields)),
        Command::ConfirmNotSolved { reason } => usable_confirmation(d).and_then(|()| confirm::not_solved(d, reason)),
        Command::SkipEvaluation { reason } => optional("reason", reason.as_deref()).and_then(|reason| evaluate::skip(d, reason)),
        Command::SubmitEvaluation { invitation, answers } => {
            submitted_by_link(cx, order, *invitation).and_then(|()| evaluate::submit(d, *invitation, answers))
        }
        Command::Hold { reason, note } => hold(d, *reason, note.as_deref()),
        Command::Resume => resume(d),
        Command::Cancel { reason } => cancel(d, reason.as_deref()),
        Command::Reject { reason } => reject(d, reason),
        Command::MoveToVersion { version } => move_to_version(d, *version),
        Command::AddServiceRecord { kind, text } => add_service_record(d, *kind, text),
        Command::Edit(edit) => edit::edit(d, edit),
        Command::PlanVisit { engineer, from, until, note } => plan::plan(d, engineer.as_ref(), (*from, *until), note.as_deref()),
        Command::MoveVisit { visit, from, until, engineer } => plan::move_to(d, *visit, (*from, *until), engineer.as_ref()),
        Command::CancelVisit { visit, reason } => plan::cancel(d, *visit, reason.as_deref()),
        Command::StartCall { to } => call::start(d, to),
        Command::ChangeOwner { owner } => team::change_owner(d, owner),
        Command::AddTeamMember { user, access } => team::add(d, user, *access),
        Command::RemoveTeamMember { user } => team::remove(d, user),
        Command::Forward { to, note } => to_do::forward(d, to, note.as_deref()),
        Command::RemindMe { at, note } => to_do::remind_me(d, *at, note.as_deref()),
        Command::FinishToDo { no } => to_do::finish(d, *no),
        Command::Lock => life::lock(d),
        Command::Unlock => life::unlock(d),
        Command::Void { reason } => life::void(d, reason),
        Command::Restore => life::restore(d),
        Command::Delete { reason } => life::delete(d, reason),
        Command::CompleteStep { step, location, note, fields } => {
            on_site::complete_step(d, step, location.as_deref(), note.as_deref(), fields)
        }
        Command::SkipStep { step, reason } => on_site::skip_step(d, step, reason),
        Command::StartLabor { step } => labor::start(d, step.as_deref()),
        Command::StopLabor { at } => labor::stop(d, *at),
        Command::EnterLabor { from, to, step } => labor::enter(d, *from, *to, step.as_deref()),
        Command::RecordFollowUpAttempt { way, outcome, note } => {
            optional("note", note.as_deref()).and_then(|note| follow_up::attempt(d, *way, *outcome, note))
        }
        Command::SubmitFollowUp { way, answers } => follow_up::submit(d, *way, answers),
        Command::CloseFollowUp { reason } => follow_up::close(d, reason),
        Command::PassFollowUpOn { to, reason } => {
            optional("reason", reason.as_deref()).and_then(|reason| follow_up::pass_on(d, to, reason))
        }
        Command::Fire { deadline, completes_until } => fire(d, *deadline, *completes_until),
        Command::RecordMail { mail, attempt, outcome } => record_mail(d, *mail, *attempt, outcome),
        Command::BeginMail { mail, attempt, segments } => begin_mail(d, *mail, *attempt, *segments),
        Command::RecordCall { call, told, outcome } => call::record(d, *call, *told, outcome),
        Command::ErasePerson { who, whole } => erase_person(d, who, *whole),
    }?;
    notify(Some(order), &mut draft);
    Ok((draft.order, draft.events))
}

fn at_follow_up(draft: &Draft<'_>) -> bool {
    matches!(draft.order.visit().map(|visit| &visit.state), Some(NodeState::FollowUp(_)))
}

/// Decides a creation (INT-1): the Work Order with its first node entered.
pub fn create<'a>(create: &Create, cx: &'a Context<'a>) -> Result<(WorkOrder, Vec<Event>), Rejection> {
    let record_type = match cx.principal {
        Principal::TerminalUser { .. } => portal::offered(&create.record_type, cx)?,
        Principal::Staff { .. } | Principal::Guest { .. } | Principal::System => {
            may(Action::Create(&create.record_type), None, cx)?;
            cx.catalogue.published_type(&create.record_type)?
        }
    };
    let (_, process) =
        cx.catalogue.process(&record_type.process).ok_or_else(|| Rejection::unknown("process", record_type.process.as_str()))?;
    let Intake { account, contact, submitter, channel, entry_point } = intake::intake(create, cx)?;
    let created_by = cx.principal.user().cloned();
    let (form, fields) = fields::at_intake(record_type, &create.fields, cx)?;
    let created = Created {
        id: create.id,
        number: create.number.clone(),
        record_type: create.record_type.clone(),
        process,
        subject: PersonalText(Some(text::line("subject", &create.subject, SUBJECT_MAX)?)),
        description: optional("description", create.description.as_deref())?,
        reference: create.reference.as_deref().map(|r| text::line("reference", r, 64).map(|r| PersonalText(Some(r)))).transpose()?,
        region: account.as_ref().and_then(|id| cx.directory.account(id)?.region.clone()),
        account,
        contact,
        priority: create.priority,
        channel,
        entry_point,
        submitter,
        created_by,
        form,
        fields,
    };
    let order = evolve::create(&created, cx.now);
    let mut draft = Draft::new(order, cx);
    draft.events.push(Event::Created(Box::new(created)));
    door::enter_first(&mut draft)?;
    notify(None, &mut draft);
    Ok((draft.order, draft.events))
}

pub(super) fn optional(field: &'static str, text: Option<&str>) -> Result<Option<PersonalText>, Rejection> {
    text.map(|t| text::long(field, t, LONG_TEXT_MAX).map(|t| PersonalText(Some(t)))).transpose()
}

/// A customer's confirmation must come through an open link of the very visit that waits.
fn usable_confirmation(draft: &Draft<'_>) -> Result<(), Rejection> {
    let Principal::Guest { order, invitation } = draft.cx.principal else { return Ok(()) };
    let invitation = draft.order.invitation(*invitation).filter(|_| *order == draft.order.id).ok_or(Rejection::UnknownInvitation)?;
    match invitation.purpose {
        Purpose::Confirm => {}
        Purpose::Evaluate => return Err(Rejection::InvitationPurpose { purpose: "evaluating the work" }),
    }
    if draft.cx.now >= invitation.expires_at {
        return Err(Rejection::InvitationExpired);
    }
    if draft.order.visit().is_none_or(|v| v.no != invitation.visit) {
        return Err(Rejection::InvitationUsed);
    }
    Ok(())
}

/// Evaluations come from customers behind a link alone (EVA-7): staff cannot put one in, whatever their role.
fn submitted_by_link(cx: &Context<'_>, order: &WorkOrder, invitation: crate::domain::ids::InvitationNo) -> Result<(), Rejection> {
    match cx.principal {
        Principal::Guest { order: id, invitation: no } if *id == order.id && *no == invitation => Ok(()),
        _ if mutant!("anybody-evaluates") => Ok(()),
        Principal::Guest { .. } => Err(Rejection::UnknownInvitation),
        Principal::Staff { .. } | Principal::TerminalUser { .. } | Principal::System => Err(Rejection::NotPermitted {
            action: "an evaluation is the customer's, through a link".into(),
            who: cx.principal.key(),
            handlers: String::new(),
        }),
    }
}

fn hold(draft: &mut Draft<'_>, reason: HoldReason, note: Option<&str>) -> Result<(), Rejection> {
    draft.open_visit()?;
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    draft.not_on_hold()?;
    let note = optional("note", note)?;
    draft.push(Event::Held { reason, note });
    Ok(())
}

fn resume(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    draft.open_visit()?;
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    if draft.order.hold.is_none() {
        return Err(Rejection::NotOnHold);
    }
    draft.push(Event::Resumed);
    Ok(())
}

/// By the submitter, while the work is not yet to be confirmed (CNF-3, reading 13).
fn cancel(draft: &mut Draft<'_>, reason: Option<&str>) -> Result<(), Rejection> {
    draft.open_visit()?;
    may(Action::CancelOwn, Some(&draft.order), draft.cx)?;
    match draft.order.status() {
        Status::Open | Status::InProgress => {}
        Status::Resolved | Status::Closed if mutant!("gate-bypassed-by-cancelling") => {}
        Status::Resolved | Status::Closed => return Err(Rejection::TooLateToCancel),
    }
    let reason = optional("reason", reason)?;
    labor::stop_all(draft);
    draft.push(Event::Ended { outcome: Outcome::Cancelled, reason });
    Ok(())
}

/// By a handler, while it is pending or being processed, with a reason (CNF-3, reading 13).
fn reject(draft: &mut Draft<'_>, reason: &str) -> Result<(), Rejection> {
    match &draft.open_visit()?.state {
        NodeState::Assign(_) | NodeState::Accept(_) | NodeState::Task(_) | NodeState::OnSite(_) => {}
        NodeState::Confirm(_) | NodeState::Evaluate(_) if mutant!("gate-bypassed-by-rejecting") => {}
        NodeState::Confirm(_) | NodeState::Evaluate(_) | NodeState::FollowUp(_) => return Err(draft.wrong_node("Reject")),
    }
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    draft.not_on_hold()?;
    let reason = Some(PersonalText(Some(text::long("reason", reason, LONG_TEXT_MAX)?)));
    labor::stop_all(draft);
    draft.push(Event::Ended { outcome: Outcome::Rejected, reason });
    Ok(())
}

/// By an admin: to another version of the same process, at the node of the same name and kind (REC-5, reading 5).
fn move_to_version(draft: &mut Draft<'_>, version: u32) -> Result<(), Rejection> {
    let visit = draft.open_visit()?.clone();
    may(Action::Use(Right::Administer), Some(&draft.order), draft.cx)?;
    let mut pin = draft.order.process.clone();
    if pin.version == version {
        return Err(Rejection::NothingToChange);
    }
    pin.version = version;
    let process = draft.cx.catalogue.pinned_process(&pin).ok_or_else(|| Rejection::unknown("version", version.to_string()))?;
    let node = process.find(&visit.name).filter(|n| process.node(*n).is_some_and(|n| n.spec.kind() == visit.state.kind()));
    let Some(node) = node.or(mutant!("gate-bypassed-by-a-move").then_some(crate::domain::ids::NodeIndex(0))) else {
        return Err(match visit.state {
            NodeState::Evaluate(_) => Rejection::WouldDropGate { version },
            ref other => Rejection::invalid("version", format!("version {version} has no {} node {}", other.kind(), visit.name)),
        });
    };
    draft.push(Event::MovedToVersion { version, node });
    Ok(())
}

fn add_service_record(draft: &mut Draft<'_>, kind: RecordKind, text: &str) -> Result<(), Rejection> {
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    let text = PersonalText(Some(text::long("text", text, LONG_TEXT_MAX)?));
    let by = draft.cx.principal.user().cloned();
    draft.push(Event::ServiceRecordAdded { kind, by, text });
    Ok(())
}

/// A timer fires: the state decides again whether it still applies, and whether it is time.
fn fire(draft: &mut Draft<'_>, deadline: Deadline, completes_until: Timestamp) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    let all = deadlines(&draft.order);
    let until = |deadline| match deadline {
        Deadline::AutoComplete(_) => draft.cx.now.min(completes_until),
        Deadline::Remind(_)
        | Deadline::Overdue(_)
        | Deadline::Mail(_)
        | Deadline::ToDo(_)
        | Deadline::SignInMail(_)
        | Deadline::Call(_) => draft.cx.now,
    };
    let due = |deadline| all.iter().any(|(at, d)| *d == deadline && *at <= until(deadline));
    if !due(deadline) && !mutant!("timer-not-checked-again") {
        return Err(Rejection::TimerStale);
    }
    match deadline {
        Deadline::AutoComplete(_) => door::complete_by_itself(draft),
        // Late, and overtaken by its own auto-completion: that one happens instead, and nobody is reminded of what is over.
        Deadline::Remind(visit) if due(Deadline::AutoComplete(visit)) && !mutant!("reminded-of-what-is-over") => {
            door::complete_by_itself(draft)
        }
        Deadline::Remind(visit) => {
            // Late after a stop, several may be due: nobody is mailed the same twice in a moment.
            let times = reminders_until(&draft.order, draft.cx.now);
            draft.push(Event::Reminded { visit, times });
            remind::reminded(draft);
            Ok(())
        }
        Deadline::Overdue(visit) => {
            draft.push(Event::BecameOverdue { visit });
            remind::escalated(draft);
            Ok(())
        }
        Deadline::ToDo(no) => {
            draft.push(Event::ReminderDue { no });
            Ok(())
        }
        Deadline::Mail(_) | Deadline::SignInMail(_) | Deadline::Call(_) => Err(Rejection::TimerStale),
    }
}

fn record_mail(draft: &mut Draft<'_>, no: MailNo, attempt: u32, outcome: &MailOutcome) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    let Some(mail) = draft.order.mails.iter().find(|m| m.no == no && (m.attempts + 1 == attempt || mutant!("mail-outcome-twice"))) else {
        return Err(Rejection::TimerStale);
    };
    let mut status = mail.status.after(outcome, mail.ends_at, draft.cx.now).ok_or(Rejection::TimerStale)?;
    // What was on its way when its node was left is called off now.
    if matches!(mail.status, MailStatus::Begun { .. }) && !is_wanted(&draft.order, mail) {
        status = status.called_off(draft.cx.now).unwrap_or(status);
    }
    let (party, has_failed) = (mail.party.clone(), status.has_failed());
    draft.push(Event::MailTried { mail: no, party, status });
    if has_failed {
        reach::fall_back(draft, no);
    }
    Ok(())
}

/// Only what waits and is wanted begins; what is written down as begun and never reported is not begun again.
fn begin_mail(draft: &mut Draft<'_>, no: MailNo, attempt: u32, segments: u32) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    let waits = |mail: &&Mail| {
        mail.no == no && mail.attempts + 1 == attempt && mail.due().is_some_and(|due| due <= draft.cx.now)
            // Asked about, it is not begun.
            && mail.errand(draft.cx.now) == Some(Errand::Begin)
    };
    draft.order.mails.iter().find(waits).ok_or(Rejection::TimerStale)?;
    draft.push(Event::MailBegun { mail: no, segments });
    Ok(())
}

/// Whether the node whose link a mail carries is still open.
fn is_wanted(order: &WorkOrder, mail: &Mail) -> bool {
    let Some(no) = mail.invitation else { return true };
    order.invitation(no).is_some_and(|invitation| order.visit().is_some_and(|visit| visit.no == invitation.visit))
}

fn erase_person(draft: &mut Draft<'_>, who: &super::state::Party, whole: bool) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    draft.push(Event::PersonErased { who: who.clone(), whole });
    Ok(())
}
