//! Commands on one Work Order as calls: which method, with what, and the words for its receipt.
//! Pure; `session` carries them out.

use super::args::{Command, Number};
use super::args_act::{ActCommand, StepCommand};
use super::args_keep::{KeepCommand, TeamCommand};
use crate::protocol::work_orders::{Act, Receipt};

/// One command on one Work Order. `request_id` and `expected_revision` of `act` are filled in when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Member of `org.workorderd.WorkOrders1`.
    pub method: &'static str,
    /// Parameters.
    pub act: Act,
    /// What the Work Order has been when it is done: "accepted".
    pub done: String,
}

/// The call for a command.
pub fn step(command: &ActCommand) -> Step {
    let (method, number, done, parameters) = match command {
        ActCommand::AssignToGroup { of, group } => {
            ("AssignToGroup", of, format!("assigned to service group {group}"), Act { group: Some(group.clone()), ..Act::default() })
        }
        ActCommand::AssignToEngineer { of, engineer, over_limit } => {
            let act = Act { engineer: Some(engineer.clone()), over_limit: over_limit.then_some(true), ..Act::default() };
            ("AssignToEngineer", of, format!("assigned to {engineer}"), act)
        }
        ActCommand::Claim(of) => ("Claim", of, "claimed".into(), Act::default()),
        ActCommand::Accept(of) => ("AcceptAssignment", of, "accepted".into(), Act::default()),
        ActCommand::Decline { of, reason } => ("DeclineAssignment", of, "declined".into(), because(Some(reason))),
        ActCommand::Transfer { of, engineer, group, reason } => {
            let to = engineer.clone().or_else(|| group.as_ref().map(|group| format!("service group {group}"))).unwrap_or_default();
            let act = Act { engineer: engineer.clone(), group: group.clone(), ..because(reason.as_ref()) };
            ("Transfer", of, format!("transferred to {to}"), act)
        }
        ActCommand::Take(of) => ("TakeTask", of, "taken".into(), Act::default()),
        ActCommand::Complete { of, note, fields } => {
            ("CompleteTask", of, "completed".into(), Act { note: note.clone(), fields: fields.object(), ..Act::default() })
        }
        ActCommand::SaveFields { of, step, fields } => {
            let act = Act { step: step.clone(), fields: Some(fields.object().unwrap_or_default()), ..Act::default() };
            ("SaveFields", of, "kept".into(), act)
        }
        ActCommand::ConfirmSolved { of, fields } => {
            ("ConfirmSolved", of, "confirmed as solved".into(), Act { fields: fields.object(), ..Act::default() })
        }
        ActCommand::ConfirmNotSolved { of, reason } => ("ConfirmNotSolved", of, "returned as not solved".into(), because(Some(reason))),
        ActCommand::SkipEvaluation { of, reason } => {
            ("SkipEvaluation", of, "passed on without evaluation".into(), because(reason.as_ref()))
        }
        ActCommand::Hold { of, reason, note } => {
            let waits = if reason == "customer" { "the customer" } else { reason };
            ("Hold", of, format!("put on hold, waiting for {waits}"), Act { note: note.clone(), ..because(Some(reason)) })
        }
        ActCommand::Resume(of) => ("Resume", of, "resumed".into(), Act::default()),
        ActCommand::Cancel { of, reason } => ("Cancel", of, "cancelled".into(), because(reason.as_ref())),
        ActCommand::Reject { of, reason } => ("Reject", of, "rejected".into(), because(Some(reason))),
        ActCommand::MoveToVersion { of, version } => {
            let act = Act { version: Some(*version), ..Act::default() };
            ("MoveToVersion", of, format!("moved to version {version} of its process"), act)
        }
        ActCommand::Note { of, kind, text } => {
            ("AddServiceRecord", of, "annotated".into(), Act { text: Some(text.clone()), kind: kind.clone(), ..Act::default() })
        }
        ActCommand::Step(StepCommand::Complete { of, step, location, note, fields }) => {
            let (location, note, fields) = (location.clone(), note.clone(), fields.object());
            let act = Act { step: Some(step.clone()), location, note, fields, ..Act::default() };
            ("CompleteStep", of, format!("step {step} completed"), act)
        }
        ActCommand::Step(StepCommand::Skip { of, step, reason }) => {
            ("SkipStep", of, format!("step {step} skipped"), Act { step: Some(step.clone()), ..because(Some(reason)) })
        }
        ActCommand::Keep(command) => keep(command),
    };
    Step { method, act: Act { number: number.number.clone(), ..parameters }, done }
}

/// What is done with it as a whole.
fn keep(command: &KeepCommand) -> (&'static str, &Number, String, Act) {
    match command {
        KeepCommand::Edit { of, subject, description, reference, account, contact, priority, fields } => {
            let act = Act {
                subject: subject.clone(),
                description: description.clone(),
                reference: reference.clone(),
                account: account.clone(),
                contact: contact.clone(),
                priority: priority.clone(),
                fields: fields.object(),
                ..Act::default()
            };
            ("Edit", of, "edited".into(), act)
        }
        KeepCommand::ChangeOwner { of, owner } => {
            ("ChangeOwner", of, format!("given to {owner}"), Act { owner: Some(owner.clone()), ..Act::default() })
        }
        KeepCommand::Team(TeamCommand::Add { of, user, access }) => {
            let act = Act { user: Some(user.clone()), access: access.clone(), ..Act::default() };
            ("AddTeamMember", of, format!("has {user} on its team"), act)
        }
        KeepCommand::Team(TeamCommand::Remove { of, user }) => {
            ("RemoveTeamMember", of, format!("has {user} no longer on its team"), Act { user: Some(user.clone()), ..Act::default() })
        }
        KeepCommand::Forward { of, users, note } => {
            let act = Act { users: Some(users.clone()), note: note.clone(), ..Act::default() };
            ("Forward", of, format!("forwarded to {}", users.join(", ")), act)
        }
        KeepCommand::FinishToDo { of, to_do } => {
            ("FinishToDo", of, format!("to-do {to_do} finished"), Act { to_do: Some(*to_do), ..Act::default() })
        }
        KeepCommand::Lock(of) => ("Lock", of, "locked".into(), Act::default()),
        KeepCommand::Unlock(of) => ("Unlock", of, "unlocked".into(), Act::default()),
        KeepCommand::Void { of, reason } => ("Void", of, "made void".into(), because(Some(reason))),
        KeepCommand::Restore(of) => ("Restore", of, "restored".into(), Act::default()),
        KeepCommand::Delete { of, reason } => ("Delete", of, "deleted".into(), because(Some(reason))),
    }
}

/// How the commands of the protocol are typed.
const TYPED: [(&str, &str); 43] = [
    ("AssignToGroup", "assign-to-group"),
    ("AssignToEngineer", "assign-to-engineer"),
    ("Claim", "claim"),
    ("AcceptAssignment", "accept"),
    ("DeclineAssignment", "decline"),
    ("Transfer", "transfer"),
    ("TakeTask", "take"),
    ("CompleteTask", "complete"),
    ("SaveFields", "save-fields"),
    ("CompleteStep", "step complete"),
    ("SkipStep", "step skip"),
    ("StartLabor", "labor start"),
    ("StopLabor", "labor stop"),
    ("EnterLabor", "labor enter"),
    ("ConfirmSolved", "confirm-solved"),
    ("ConfirmNotSolved", "confirm-not-solved"),
    ("SkipEvaluation", "skip-evaluation"),
    ("RecordFollowUpAttempt", "follow-up attempt"),
    ("SubmitFollowUp", "follow-up submit"),
    ("CloseFollowUp", "follow-up close"),
    ("PassFollowUpOn", "follow-up pass-on"),
    ("Hold", "hold"),
    ("Resume", "resume"),
    ("Cancel", "cancel"),
    ("Reject", "reject"),
    ("MoveToVersion", "move-to-version"),
    ("AddServiceRecord", "note"),
    ("Edit", "edit"),
    ("PlanVisit", "plan"),
    ("MoveVisit", "move-visit"),
    ("CancelVisit", "cancel-visit"),
    ("StartCall", "call"),
    ("ChangeOwner", "change-owner"),
    ("AddTeamMember", "team add"),
    ("RemoveTeamMember", "team remove"),
    ("Forward", "forward"),
    ("RemindMe", "remind-me"),
    ("FinishToDo", "finish-to-do"),
    ("Lock", "lock"),
    ("Unlock", "unlock"),
    ("Void", "void"),
    ("Restore", "restore"),
    ("Delete", "delete"),
];

/// How a command of the protocol is typed.
pub fn typed(method: &str) -> &str {
    TYPED.iter().find(|(name, _)| *name == method).map_or(method, |(_, typed)| typed)
}

fn because(reason: Option<&String>) -> Act {
    Act { reason: reason.cloned(), ..Act::default() }
}

/// `WO-20261122-000017 accepted (revision 3)`.
pub fn told(receipt: &Receipt, done: &str) -> String {
    format!("{} {done} (revision {})\n", receipt.number, receipt.revision)
}

/// Whether `--expected-revision` means something for the command.
pub fn takes_revision(command: &Command) -> bool {
    use super::args_equipment::{ProductCommand, TerminalCommand};
    use super::args_more::{AccountCommand, ContactCommand, DepartmentCommand, GroupCommand, LaborCommand, StaffUserCommand};
    use super::args_people::{Erase, ServiceProviderCommand, UserGroupCommand};
    matches!(
        command,
        Command::Act(_)
            | Command::Visit(_)
            | Command::Call(_)
            | Command::StaffUser(StaffUserCommand::Put(_) | StaffUserCommand::Erase(Erase { dry_run: false, .. }))
            | Command::Department(DepartmentCommand::Put { .. })
            | Command::Absence(_)
            | Command::RemindMe(_)
            | Command::Notices(_)
            | Command::Labor(LaborCommand::Start { .. } | LaborCommand::Stop { .. } | LaborCommand::Enter { .. })
            | Command::Group(GroupCommand::Put(_))
            | Command::Account(AccountCommand::Put { .. })
            | Command::Contact(ContactCommand::Put(_) | ContactCommand::Erase(Erase { dry_run: false, .. }))
            | Command::Product(ProductCommand::Put { .. })
            | Command::Terminal(TerminalCommand::Put(_))
            | Command::UserGroup(UserGroupCommand::Put { .. })
            | Command::ServiceProvider(ServiceProviderCommand::Put { .. })
    ) || matches!(command, Command::FollowUp(of) if of.changes())
}

/// Whether `--request-id` means something for the command: it changes something.
pub fn takes_request_id(command: &Command) -> bool {
    use super::args_more::ParkedCommand;
    takes_revision(command)
        || matches!(command, Command::Definitions(of) if of.command.as_ref().is_some_and(|c| c.takes_request_id()))
        || matches!(
            command,
            Command::Create(_)
                | Command::Batch(_)
                | Command::Apply { .. }
                | Command::Clock(_)
                | Command::Sms(_)
                | Command::ParkedTimers(ParkedCommand::Retry { .. })
        )
        || matches!(command, Command::Guest(guest) if guest.takes_request_id())
}
