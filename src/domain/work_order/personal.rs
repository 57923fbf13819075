//! Every personal value of a Work Order and of its events, with whose it is; and what becomes of a Work Order when somebody is erased.
//!
//! What `erase` takes from the state is at least what is taken from the events before: so the fold of a history in which values were
//! erased is the state that goes on (`tests/it/world` holds both against each other).

use super::call;
use super::edit::{Edited, Now};
use super::event::Event;
use super::mail::{Mail, MailStatus};
use super::state::{Evaluation, Handler, Party, WorkOrder};
use super::to_do::PersonalToDo;
use crate::domain::definition::Answer;
use crate::domain::erasure::{Of, See};
use crate::domain::form::value::StoredFile;
use crate::domain::form::{Cell, Value};
use crate::domain::process::{NodeEvent, NodeState, accept, confirm, follow_up, on_site, task};
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;

impl Event {
    /// Shows each of its personal values.
    pub fn personal(&mut self, see: &mut See<'_>) {
        match self {
            Self::Created(created) => {
                see(Of::Text, &mut created.subject);
                submitter(&mut created.submitter, see);
                texts([&mut created.description, &mut created.reference], see);
                created.fields.values_mut().for_each(|value| field(value, see));
            }
            Self::NodeEntered(visit) => node(&mut visit.state, see),
            Self::Node(event) => in_node(event, see),
            Self::NodeLeft { reason, .. } | Self::Ended { reason, .. } | Self::VisitCancelled { reason, .. } => texts([reason], see),
            Self::Held { note, .. } | Self::VisitPlanned { note, .. } => texts([note], see),
            Self::ServiceRecordAdded { text, .. } => see(Of::Text, text),
            Self::Voided { reason } | Self::Deleted { reason } => see(Of::Text, reason),
            Self::EvaluationRecorded(evaluation) => answers(evaluation, see),
            Self::MailQueued(mail) => self::mail(mail, see),
            Self::MailTried { party, status, .. } => because(party.as_ref(), status, see),
            Self::CallStarted { call } => call.personal(see),
            Self::CallTold { party, status, .. } => call::told_of(party.as_ref(), status, see),
            Self::FieldsSaved { changes, .. } => {
                changes.iter_mut().filter_map(|(_, value)| value.as_mut()).for_each(|value| field(value, see));
            }
            Self::Edited(edited) => {
                let Edited { subject, description, reference, account: _, contact: _, region: _, priority: _ } = &mut **edited;
                texts([subject], see);
                for text in [description, reference] {
                    if let Some(Now::Is(text)) = text {
                        see(Of::Text, text);
                    }
                }
            }
            Self::ToDoMade(to_do) => self::to_do(to_do, see),
            Self::NodePassedOver { .. }
            | Self::Invited(_)
            | Self::MailBegun { .. }
            | Self::Resumed
            | Self::MovedToVersion { .. }
            | Self::Reminded { .. }
            | Self::BecameOverdue { .. }
            | Self::LaborStarted { .. }
            | Self::LaborStopped { .. }
            | Self::LaborEntered { .. }
            | Self::OwnerChanged { .. }
            | Self::TeamMemberAdded(_)
            | Self::TeamMemberRemoved { .. }
            | Self::Locked { .. }
            | Self::Unlocked
            | Self::Restored
            | Self::ToDoFinished { .. }
            | Self::ReminderDue { .. }
            | Self::VisitMoved { .. }
            | Self::PersonErased { .. } => {}
        }
    }

    /// Whose it makes the Work Order: its contact's, or of whoever raised it for themselves. One with a customer is the customer's,
    /// whoever of the staff raised it.
    pub fn makes_it_of(&self) -> [Option<Party>; 2] {
        if let Self::Created(created) = self {
            let own = match &created.submitter {
                Party::Contact(_) => true,
                Party::Guest(_) => false,
                Party::Staff(_) => created.contact.is_none() && created.account.is_none(),
            };
            return [created.contact.clone().map(Party::Contact), own.then(|| created.submitter.clone())];
        }
        if let Self::Edited(edited) = self {
            return [edited.contact.as_ref().and_then(Now::get).cloned().map(Party::Contact), None];
        }
        [None, None]
    }
}

impl WorkOrder {
    /// Shows each of its personal values.
    pub fn personal(&mut self, see: &mut See<'_>) {
        see(Of::Text, &mut self.subject);
        submitter(&mut self.submitter, see);
        texts([&mut self.description, &mut self.reference], see);
        self.fields.values_mut().for_each(|value| field(value, see));
        if let Some(visit) = &mut self.visit {
            node(&mut visit.state, see);
        }
        self.evaluations.iter_mut().for_each(|evaluation| answers(evaluation, see));
        self.mails.iter_mut().for_each(|one| mail(one, see));
        if let Some(all) = &mut self.attempts {
            all.list.iter_mut().for_each(|attempt| texts([&mut attempt.note], see));
        }
        if let Some(work) = &mut self.field_work {
            if let Some(visit) = &mut work.last_visit {
                steps(visit, see);
            }
            work.records.iter_mut().for_each(|record| see(Of::Text, &mut record.text));
            work.planned.iter_mut().for_each(|visit| texts([&mut visit.note], see));
        }
        if let Some(all) = &mut self.to_dos {
            all.list.iter_mut().for_each(|one| to_do(one, see));
        }
        if let Some(calls) = &mut self.calls {
            calls.list.iter_mut().for_each(|call| call.personal(see));
        }
    }
}

/// Whether somebody cannot be erased as long as the Work Order is open: the customer is still to be reached, or work of theirs is to be
/// done or passed on.
pub fn is_needed(who: &Party, order: &WorkOrder) -> bool {
    match who {
        Party::Contact(contact) => order.contact.as_ref() == Some(contact) || order.submitter == *who,
        Party::Guest(_) => false,
        Party::Staff(user) => {
            let visit = order.visit();
            let named = [&order.owner, &order.engineer].into_iter().flatten().any(|one| one == user);
            let handles = visit.is_some_and(|visit| visit.handlers.contains(&Handler::User(user.clone())));
            let took = visit.and_then(|visit| visit.state.task()?.taken_by.as_ref()) == Some(user);
            let goes = order.planned().iter().any(|visit| visit.engineer == *user);
            let raised = order.submitter == *who && order.contact.is_none() && order.account.is_none();
            named || handles || took || goes || raised
        }
    }
}

/// Part of `evolve`: somebody was erased. What is theirs goes, mails to them are no longer wanted, nothing waits for them; where the
/// Work Order is theirs, its links have ended, for what comes through them would be theirs again.
pub(super) fn erase(order: &mut WorkOrder, who: &Party, whole: bool, at: Timestamp) {
    order.personal(&mut |of, text| {
        if of.is_of(who, whole) {
            text.0 = None;
        }
    });
    for mail in order.mails.iter_mut().filter(|mail| Of::Address(mail.party.as_ref()).is_of(who, whole)) {
        if let Some(called_off) = mail.status.called_off(at) {
            mail.status = called_off;
        }
    }
    call::take_erased(order, who, whole, at);
    if let (Some(all), Party::Staff(user)) = (&mut order.to_dos, who) {
        all.list.retain(|to_do| to_do.user != *user);
    }
    if whole && !mutant!("links-outlive-the-erased") {
        order.invitations.iter_mut().for_each(|invitation| invitation.expires_at = invitation.expires_at.min(at));
    }
}

/// What a guest left of themselves is part of the Work Order alone, and goes with its texts.
fn submitter(party: &mut Party, see: &mut See<'_>) {
    if let Party::Guest(guest) = party {
        guest.personal().into_iter().flatten().for_each(|text| see(Of::Text, text));
    }
}

fn texts<const N: usize>(texts: [&mut Option<PersonalText>; N], see: &mut See<'_>) {
    texts.into_iter().flatten().for_each(|text| see(Of::Text, text));
}

fn in_node(event: &mut NodeEvent, see: &mut See<'_>) {
    match event {
        NodeEvent::Accept(accept::Event::Transferred { reason, .. }) | NodeEvent::Task(task::Event::Transferred { reason, .. }) => {
            texts([reason], see);
        }
        NodeEvent::Task(task::Event::Completed { note, .. }) => texts([note], see),
        NodeEvent::Confirm(confirm::Event::NotSolved { reason }) => see(Of::Text, reason),
        NodeEvent::OnSite(on_site::Event::StepCompleted { step: _, by, location, note }) => {
            location.iter_mut().for_each(|location| see(Of::Whereabouts(by.as_ref()), location));
            texts([note], see);
        }
        NodeEvent::OnSite(on_site::Event::StepSkipped { step: _, by: _, reason }) => see(Of::Text, reason),
        NodeEvent::FollowUp(follow_up::Event::PassedOn { to: _, reason: text } | follow_up::Event::Attempted { note: text, .. }) => {
            texts([text], see);
        }
        NodeEvent::FollowUp(
            follow_up::Event::PersonChosen { .. } | follow_up::Event::NobodyChosen { .. } | follow_up::Event::Taken { .. },
        )
        | NodeEvent::Assign(_)
        | NodeEvent::Accept(accept::Event::Accepted { .. })
        | NodeEvent::Task(task::Event::Taken { .. })
        | NodeEvent::Confirm(confirm::Event::Solved) => {}
    }
}

fn node(state: &mut NodeState, see: &mut See<'_>) {
    match state {
        NodeState::OnSite(state) => steps(state, see),
        NodeState::Assign(_)
        | NodeState::Accept(_)
        | NodeState::Task(_)
        | NodeState::Confirm(_)
        | NodeState::Evaluate(_)
        | NodeState::FollowUp(_) => {}
    }
}

fn steps(state: &mut on_site::State, see: &mut See<'_>) {
    for step in &mut state.steps {
        let on_site::SettledStep { step: _, by, at: _, skipped: _, location, note } = step;
        location.iter_mut().for_each(|location| see(Of::Whereabouts(by.as_ref()), location));
        texts([note], see);
    }
}

fn answers(evaluation: &mut Evaluation, see: &mut See<'_>) {
    for answer in &mut evaluation.answers {
        match answer {
            Answer::Text { field: _, text } => see(Of::Text, text),
            Answer::Photos { field: _, files } => self::files(files, see),
            Answer::Rating { .. } | Answer::Choice { .. } | Answer::YesNo { .. } => {}
        }
    }
}

fn mail(mail: &mut Mail, see: &mut See<'_>) {
    let Mail { party, to, name, reason, by, status, .. } = mail;
    see(Of::Address(party.as_ref()), to);
    see(Of::Address(party.as_ref()), name);
    reason.iter_mut().for_each(|reason| see(Of::Words { to: party.as_ref(), by: by.as_ref() }, reason));
    because(party.as_ref(), status, see);
}

fn because(party: Option<&Party>, status: &mut MailStatus, see: &mut See<'_>) {
    status.personal_mut().into_iter().for_each(|text| see(Of::Address(party), text));
}

fn to_do(to_do: &mut PersonalToDo, see: &mut See<'_>) {
    let PersonalToDo { no: _, user, kind: _, by, note, at: _, ahead: _ } = to_do;
    note.iter_mut().for_each(|note| see(Of::ToDo { user, by: by.as_ref() }, note));
}

fn field(value: &mut Value, see: &mut See<'_>) {
    match value {
        Value::One(one) => cell(one, see),
        Value::Table(rows) => rows.iter_mut().flat_map(|row| row.values_mut()).for_each(|one| cell(one, see)),
    }
}

fn cell(cell: &mut Cell, see: &mut See<'_>) {
    match cell {
        Cell::Text(text) | Cell::Location(text) => see(Of::Text, text),
        Cell::Files(files) => self::files(files, see),
        Cell::Number(_)
        | Cell::Money { .. }
        | Cell::Date(_)
        | Cell::Time(_)
        | Cell::Choice(_)
        | Cell::Choices(_)
        | Cell::Flag(_)
        | Cell::Reference(_)
        | Cell::Stars { .. } => {}
    }
}

fn files(files: &mut [StoredFile], see: &mut See<'_>) {
    for StoredFile { hash, size: _, media_type: _, name } in files {
        see(Of::File(hash), name);
    }
}
