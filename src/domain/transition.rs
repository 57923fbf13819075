//! The whole step as one pure function: authorise, decide, evolve, claims, reactions. No clock, no I/O.

use super::aggregate::{Claim, Command, Event, Key, State, open_work};
use super::context::Context;
use super::definition::Right;
use super::directory::{self, DirectoryCommand, DirectoryEvent};
use super::may::{Action, may};
use super::rejection::Rejection;
use super::work_order::reaction::{LoadChanged, reactions};
use super::work_order::state::Party;
use super::work_order::{WorkOrder, labor};
use super::{installation, service_group, work_order};

/// What a step does: all of it is one journal record, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub events: Vec<Event>,
    /// Messages to service groups.
    pub messages: Vec<LoadChanged>,
    /// Claims this step is the first to make.
    pub claims: Vec<Claim>,
    pub state: State,
}

/// Judges a command against a state. A refusal changes nothing.
pub fn transition(key: &Key, state: Option<&State>, command: &Command, cx: &Context<'_>) -> Result<Step, Rejection> {
    match command {
        Command::WorkOrder(command) => work_order_step(key, state, command, cx),
        Command::ServiceGroup(command) => {
            let group = match state {
                Some(State::ServiceGroup(group)) => Some(&**group),
                _ => None,
            };
            let events = service_group::group::decide(group, command, cx)?;
            folded(state, events.into_iter().map(Event::ServiceGroup).collect(), cx)
        }
        Command::Directory(command) => {
            match command {
                DirectoryCommand::ErasePerson { .. } => may(Action::Use(Right::Administer), None, cx)?,
                DirectoryCommand::FinishErasure { .. } => may(Action::ActAsSystem, None, cx)?,
                // Each of them has its own rule.
                DirectoryCommand::SignIn { .. } => {}
                DirectoryCommand::SetAbsence { user, .. } | DirectoryCommand::ClearAbsence { user } => {
                    may(Action::SetAbsence(user), None, cx)?;
                }
                DirectoryCommand::SetNotices { user, .. } => may(Action::SetNotices(user), None, cx)?,
                DirectoryCommand::PutStaffUser(_)
                | DirectoryCommand::PutAccount(_)
                | DirectoryCommand::PutContact(_)
                | DirectoryCommand::PutDepartment(_)
                | DirectoryCommand::PutProduct(_)
                | DirectoryCommand::PutTerminal(_)
                | DirectoryCommand::PutUserGroup(_)
                | DirectoryCommand::PutServiceProvider(_) => may(Action::Use(Right::ChangeDirectory), None, cx)?,
            }
            let event = directory::decide(command, &directory::Known::of(state), cx)?;
            if is_so_already(state, &event) {
                return Err(Rejection::NothingToChange);
            }
            let step = simple(state, Event::Directory(event), cx)?;
            // Two people's lines may be changed at the same moment: each is fine by itself, only the writer sees both.
            let known = state.map(State::claims).unwrap_or_default();
            let claims = step.state.claims().into_iter().filter(|claim| !known.contains(claim)).collect();
            Ok(Step { claims, ..step })
        }
        Command::Catalogue(command) => {
            may(Action::Use(Right::ChangeDefinitions), None, cx)?;
            let events = match state {
                Some(State::Catalogue(catalogue)) => catalogue.decide(command)?,
                _ => super::definition::Catalogue::default().decide(command)?,
            };
            folded(state, events.into_iter().map(Event::Catalogue).collect(), cx)
        }
        Command::Installation(command) => {
            let installation = match state {
                Some(State::Installation(installation)) => Some(installation),
                _ => None,
            };
            let event = installation::decide(installation, command, cx)?;
            let step = simple(state, Event::Installation(event), cx)?;
            let known = state.map(State::claims).unwrap_or_default();
            let claims = step.state.claims().into_iter().filter(|claim| !known.contains(claim)).collect();
            Ok(Step { claims, ..step })
        }
    }
}

fn work_order_step(key: &Key, state: Option<&State>, command: &work_order::Command, cx: &Context<'_>) -> Result<Step, Rejection> {
    let before = state.and_then(State::work_order);
    let (after, events) = match (before, command) {
        (None, work_order::Command::Create(create)) => work_order::decide::create(create, cx)?,
        (None, _) => return Err(Rejection::NotFound { what: "Work Order", id: key.to_string() }),
        (Some(order), command) => {
            hidden(order, cx).map_or(Ok(()), Err)?;
            work_order::decide::decide(order, command, cx)?
        }
    };
    let messages = reactions(before, &after);
    let number = (before.is_none() && !mutant!("number-not-claimed")).then(|| Claim::Number(after.number.clone()));
    let claims = number
        .into_iter()
        .chain(more_work(before, &after, command, cx))
        .chain(labor::new_claims(before, &after))
        .chain(more_messages(before, &after))
        .collect();
    let state = State::WorkOrder(Box::new(after));
    Ok(Step { events: events.into_iter().map(Event::WorkOrder).collect(), messages, claims, state })
}

/// What a Work Order answers to whoever may not see it, whatever they ask: as a number that was never given out (PER-8).
pub fn hidden(order: &WorkOrder, cx: &Context<'_>) -> Option<Rejection> {
    let seen = may(Action::See, Some(order), cx).is_ok();
    (!seen).then(|| Rejection::NotFound { what: "Work Order", id: order.number.to_string() })
}

/// The claim of an engineer who gets the Work Order. The limit holds where somebody gives or takes it; what comes back because it
/// is not solved is theirs, however much they carry.
fn more_work(before: Option<&WorkOrder>, after: &WorkOrder, command: &work_order::Command, cx: &Context<'_>) -> Option<Claim> {
    use work_order::Command as Order;
    let (group, engineer) = open_work(after).filter(|work| before.and_then(open_work) != Some(*work))?;
    let limited = match command {
        Order::AssignToEngineer { over_limit, .. } => !over_limit,
        Order::AssignByRule { .. } | Order::Claim | Order::AcceptAssignment | Order::Transfer { .. } => true,
        Order::Create(_)
        | Order::AssignToGroup { .. }
        | Order::DeclineAssignment { .. }
        | Order::TakeTask
        | Order::CompleteTask { .. }
        | Order::SaveFields { .. }
        | Order::ConfirmSolved { .. }
        | Order::ConfirmNotSolved { .. }
        | Order::SkipEvaluation { .. }
        | Order::SubmitEvaluation { .. }
        | Order::Hold { .. }
        | Order::Resume
        | Order::Cancel { .. }
        | Order::Reject { .. }
        | Order::MoveToVersion { .. }
        | Order::AddServiceRecord { .. }
        | Order::CompleteStep { .. }
        | Order::SkipStep { .. }
        | Order::StartLabor { .. }
        | Order::StopLabor { .. }
        | Order::EnterLabor { .. }
        | Order::RecordFollowUpAttempt { .. }
        | Order::SubmitFollowUp { .. }
        | Order::CloseFollowUp { .. }
        | Order::PassFollowUpOn { .. }
        | Order::Edit(_)
        | Order::PlanVisit { .. }
        | Order::MoveVisit { .. }
        | Order::CancelVisit { .. }
        | Order::StartCall { .. }
        | Order::ChangeOwner { .. }
        | Order::AddTeamMember { .. }
        | Order::RemoveTeamMember { .. }
        | Order::Forward { .. }
        | Order::RemindMe { .. }
        | Order::FinishToDo { .. }
        | Order::Lock
        | Order::Unlock
        | Order::Void { .. }
        | Order::Restore
        | Order::Delete { .. }
        | Order::Fire { .. }
        | Order::RecordMail { .. }
        | Order::BeginMail { .. }
        | Order::RecordCall { .. }
        | Order::ErasePerson { .. } => false,
    };
    let limit = cx.directory.group(group).and_then(|g| g.limit).filter(|_| limited && !mutant!("limit-not-claimed"));
    Some(Claim::OpenWork { group: group.clone(), engineer: engineer.clone(), limit })
}

/// The claim on the quota of a short message that begins.
fn more_messages(before: Option<&WorkOrder>, after: &WorkOrder) -> Option<Claim> {
    let segments = after.sms_segments.saturating_sub(before.map_or(0, |order| order.sms_segments));
    (segments > 0).then_some(Claim::SmsSegments { segments })
}

fn simple(state: Option<&State>, event: Event, cx: &Context<'_>) -> Result<Step, Rejection> {
    folded(state, vec![event], cx)
}

fn folded(state: Option<&State>, events: Vec<Event>, cx: &Context<'_>) -> Result<Step, Rejection> {
    let after = events.iter().fold(state.cloned(), |state, event| State::evolve(state, event, cx.now));
    let state = after.ok_or(Rejection::NothingToChange)?;
    Ok(Step { events, messages: Vec::new(), claims: Vec::new(), state })
}

fn is_so_already(state: Option<&State>, event: &DirectoryEvent) -> bool {
    match (state, event) {
        (Some(State::StaffUser(old)), DirectoryEvent::StaffUserPut(new)) => **old == *new,
        (Some(State::Account(old)), DirectoryEvent::AccountPut(new)) => **old == *new,
        (Some(State::Contact(old)), DirectoryEvent::ContactPut(new)) => **old == *new,
        (Some(State::Department(old)), DirectoryEvent::DepartmentPut(new)) => **old == *new,
        (Some(State::Product(old)), DirectoryEvent::ProductPut(new)) => **old == *new,
        (Some(State::Terminal(old)), DirectoryEvent::TerminalPut(new)) => **old == *new,
        (Some(State::UserGroup(old)), DirectoryEvent::UserGroupPut(new)) => **old == *new,
        (Some(State::ServiceProvider(old)), DirectoryEvent::ServiceProviderPut(new)) => **old == *new,
        _ => false,
    }
}

/// The entry of a person.
pub fn person_key(who: &Party) -> Key {
    match who {
        Party::Staff(user) => Key::StaffUser(user.clone()),
        Party::Contact(contact) => Key::Contact(contact.clone()),
        // Nobody of the directory: there is no entry, and so nobody to be found.
        Party::Guest(_) => Key::Installation,
    }
}

/// The key a directory command is about.
pub fn directory_key(command: &DirectoryCommand) -> Key {
    match command {
        DirectoryCommand::PutStaffUser(user) => Key::StaffUser(user.id.clone()),
        DirectoryCommand::PutAccount(account) => Key::Account(account.id.clone()),
        DirectoryCommand::PutContact(contact) => Key::Contact(contact.id.clone()),
        DirectoryCommand::SignIn { contact, .. } => Key::Contact(contact.clone()),
        DirectoryCommand::PutDepartment(department) => Key::Department(department.id.clone()),
        DirectoryCommand::PutProduct(product) => Key::Product(product.id.clone()),
        DirectoryCommand::PutTerminal(terminal) => Key::Terminal(terminal.id.clone()),
        DirectoryCommand::PutUserGroup(group) => Key::UserGroup(group.id.clone()),
        DirectoryCommand::PutServiceProvider(provider) => Key::ServiceProvider(provider.id.clone()),
        DirectoryCommand::SetAbsence { user, .. } | DirectoryCommand::ClearAbsence { user } | DirectoryCommand::SetNotices { user, .. } => {
            Key::StaffUser(user.clone())
        }
        DirectoryCommand::ErasePerson { who, .. } | DirectoryCommand::FinishErasure { who, .. } => person_key(who),
    }
}
