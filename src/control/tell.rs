//! Events as sentences for people.

use crate::domain::aggregate::Event;
use crate::domain::definition::CatalogueEvent;
use crate::domain::directory::{Directory, DirectoryEvent, SignInEvent};
use crate::domain::erasure;
use crate::domain::form::value::Changes;
use crate::domain::form::{Value, shown};
use crate::domain::ids::Name;
use crate::domain::installation::InstallationEvent;
use crate::domain::principal::Actor;
use crate::domain::process::{NodeEvent, accept, assign, confirm, follow_up, on_site, task};
use crate::domain::service_group::ServiceGroupEvent;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};
use crate::domain::work_order::edit::Edited;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::mail::MessageChannel;
use crate::domain::work_order::notice::NoticeKind;
use crate::domain::work_order::state::{Purpose, Source, TakenBy};

/// Who acted.
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Staff { user: Some(user), through } if **through == *user.as_str() => user.to_string(),
        Actor::Staff { user: Some(user), through } => format!("{user} ({through})"),
        Actor::Staff { user: None, through } => through.to_string(),
        Actor::Guest { invitation } => format!("customer (link {})", invitation.0),
        Actor::TerminalUser { contact: Some(contact) } => format!("customer {contact}"),
        Actor::TerminalUser { contact: None } => "guest".into(),
        Actor::System => "system".into(),
    }
}

fn because(reason: Option<&PersonalText>) -> String {
    reason.map(|r| format!(": {}", r.shown())).unwrap_or_default()
}

fn on_step(step: Option<&Name>) -> String {
    step.map(|s| format!(" on step {s}")).unwrap_or_default()
}

fn minutes(span: Span) -> String {
    format!("{} h {} min", span.0 / 3_600_000, span.0 / 60_000 % 60)
}

/// What happened.
pub fn event(event: &Event) -> String {
    event_without(event, &|_| false)
}

/// What happened, for somebody to whom some fields of forms are not shown.
pub fn event_without(event: &Event, hidden: &dyn Fn(&Name) -> bool) -> String {
    match event {
        Event::WorkOrder(event) => work_order(event, hidden),
        Event::ServiceGroup(ServiceGroupEvent::Put(put)) => format!("{}, {} members, {}", put.name, put.members.len(), put.rule.name()),
        Event::ServiceGroup(ServiceGroupEvent::Chosen { offer, .. }) => match &offer.choice {
            assign::Choice::Engineer(engineer) => format!("chose {engineer}"),
            assign::Choice::Nobody(why) => why.to_string(),
        },
        Event::ServiceGroup(ServiceGroupEvent::LoadTaken { changes, .. }) => format!("{} changes of open work", changes.len()),
        Event::Directory(DirectoryEvent::StaffUserPut(u)) => u.name.shown().to_owned(),
        Event::Directory(DirectoryEvent::AccountPut(a)) => a.name.shown().to_owned(),
        Event::Directory(DirectoryEvent::ContactPut(c)) => c.name.shown().to_owned(),
        Event::Directory(DirectoryEvent::DepartmentPut(d)) => d.name.to_string(),
        Event::Directory(DirectoryEvent::ProductPut(p)) => p.name.to_string(),
        Event::Directory(DirectoryEvent::TerminalPut(t)) => t.name.shown().to_owned(),
        Event::Directory(DirectoryEvent::UserGroupPut(g)) => format!("{}, {} members", g.name, g.members.len()),
        Event::Directory(DirectoryEvent::ServiceProviderPut(p)) => p.name.to_string(),
        Event::Directory(DirectoryEvent::AbsenceSet { absence: Some(a), .. }) => format!("from {} ms until {} ms", a.from.0, a.until.0),
        Event::Directory(DirectoryEvent::AbsenceSet { absence: None, .. }) => "no longer absent".into(),
        Event::Directory(DirectoryEvent::SignIn { event, .. }) => sign_in(event),
        Event::Directory(DirectoryEvent::NoticesSet { user, .. }) => format!("what {user} is told by mail"),
        Event::Directory(DirectoryEvent::PersonErased { who, .. }) => format!("{} is erased", erasure::told(who)),
        Event::Directory(DirectoryEvent::ErasureFinished { done, .. }) => format!("nothing is left of {} values", done.sums.values),
        Event::Catalogue(CatalogueEvent::DefinitionsApplied(d)) => format!(
            "{} forms, {} record types, {} processes, {} templates, {} rules, {} messages, {} roles, {} assignment rules, {} SOPs, {} sharing rules, {} follow-up rules, {} plug-ins",
            d.forms.len(),
            d.record_types.len(),
            d.processes.len(),
            d.templates.len(),
            d.rules.as_ref().map_or(0, Vec::len),
            d.messages.len(),
            d.roles.len(),
            d.assignment_rules.as_ref().map_or(0, Vec::len),
            d.sops.len(),
            d.sharing_rules.as_ref().map_or(0, Vec::len),
            d.follow_up_rules.as_ref().map_or(0, Vec::len),
            d.plug_ins.len()
        ),
        Event::Catalogue(CatalogueEvent::RecordTypePublished(name)) => format!("record type {name} is published"),
        Event::Catalogue(CatalogueEvent::RecordTypeRetired(name)) => format!("record type {name} is retired"),
        Event::Catalogue(CatalogueEvent::RecordTypeDeleted(name)) => format!("record type {name} is deleted"),
        Event::Installation(InstallationEvent::Founded { .. }) => "the data folder was founded".into(),
        Event::Installation(InstallationEvent::ClockSet { to }) => format!("clock set to {} ms", to.0),
        Event::Installation(InstallationEvent::SmsQuotaChanged { by, total }) => {
            format!("{by:+} segments of short messages, {total} in all")
        }
        Event::Installation(InstallationEvent::ClockTrusted { anchor }) => {
            format!("the machine's clock is trusted as it is{}", if anchor.synchronised { ", synchronised" } else { "" })
        }
    }
}

fn work_order(event: &OrderEvent, hidden: &dyn Fn(&Name) -> bool) -> String {
    match event {
        OrderEvent::Created(c) => {
            format!("{} by {}, priority {}: {}", c.record_type, c.channel.name(), c.priority.name(), c.subject.shown())
        }
        OrderEvent::NodePassedOver { name, reason, .. } => format!("{name} passed over: {reason}"),
        OrderEvent::NodeEntered(visit) => {
            let handlers: Vec<_> = visit.handlers.iter().map(ToString::to_string).collect();
            let why = visit.fallback.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("{}, for {}{why}", visit.name, handlers.join(", "))
        }
        OrderEvent::Node(event) => node(event),
        OrderEvent::NodeLeft { exit, reason, .. } => format!("{}{}", exit.name(), because(reason.as_ref())),
        OrderEvent::Invited(i) => {
            let what = match i.purpose {
                Purpose::Evaluate => "evaluate",
                Purpose::Confirm => "confirm",
            };
            let way = match i.source {
                Source::Link => "by a link",
                Source::QrCode => "by QR code",
                Source::Staff => "by the staff",
            };
            format!("the customer is asked to {what} {way} (link {})", i.no.0)
        }
        OrderEvent::EvaluationRecorded(e) => {
            let late = if e.after_completion { ", after completion" } else { "" };
            match (&e.taken, e.invitation) {
                (Some(taken), _) => format!("{} answers, {}", e.answers.len(), taken_down(taken)),
                (None, Some(no)) => format!("{} answers through link {}{late}", e.answers.len(), no.0),
                (None, None) => format!("{} answers{late}", e.answers.len()),
            }
        }
        OrderEvent::Held { reason, note } => format!("waiting for {}{}", reason.name(), because(note.as_ref())),
        OrderEvent::Resumed => "no longer on hold".into(),
        OrderEvent::Ended { outcome, reason } => format!("{}{}", outcome.name(), because(reason.as_ref())),
        OrderEvent::MovedToVersion { version, .. } => format!("moved to version {version} of its process"),
        OrderEvent::ServiceRecordAdded { kind, text, .. } => format!("{}: {}", kind.name(), text.shown()),
        OrderEvent::LaborStarted { engineer, step, .. } => format!("of {engineer}{}", on_step(step.as_ref())),
        OrderEvent::LaborStopped { engineer, to } => format!("of {engineer} until {}", utc(*to)),
        OrderEvent::LaborEntered { engineer, from, to, step, .. } => {
            format!("of {engineer}{}, {}", on_step(step.as_ref()), minutes(to.since(*from)))
        }
        OrderEvent::VisitPlanned { visit, engineer, from, until, note } => {
            format!("visit {} of {engineer}, {}{}", visit.0, period(*from, *until), because(note.as_ref()))
        }
        OrderEvent::VisitMoved { visit, engineer, from, until } => {
            format!("visit {} of {engineer}, now {}", visit.0, period(*from, *until))
        }
        OrderEvent::VisitCancelled { visit, reason } => format!("visit {}{}", visit.0, because(reason.as_ref())),
        OrderEvent::Reminded { times, .. } => format!("reminder {times}"),
        OrderEvent::BecameOverdue { .. } => "the node is overdue".into(),
        OrderEvent::MailQueued(mail) => match mail.status.why() {
            Some(why) => format!("{} {} ({}) cannot be sent: {why}", sort(mail.channel), mail.no.0, mail.template.name),
            None => format!("{} {} ({}) to {}", sort(mail.channel), mail.no.0, mail.template.name, mail.to.shown()),
        },
        OrderEvent::OwnerChanged { owner } => format!("to {owner}"),
        OrderEvent::TeamMemberAdded(member) => format!("{}, {}", member.user, member.access.name()),
        OrderEvent::TeamMemberRemoved { user } => user.to_string(),
        OrderEvent::Locked { .. } => "nobody changes it until it is unlocked".into(),
        OrderEvent::Unlocked => "it can be changed again".into(),
        OrderEvent::Voided { reason } => format!("it no longer counts: {}", reason.shown()),
        OrderEvent::Restored => "it counts again".into(),
        OrderEvent::Deleted { reason } => reason.shown().to_owned(),
        OrderEvent::FieldsSaved { changes, .. } => self::changes(changes, hidden),
        OrderEvent::Edited(edited) => self::edited(edited),
        OrderEvent::ToDoMade(to_do) => match to_do.kind {
            NoticeKind::Forwarded => format!("to {}{}", to_do.user, because(to_do.note.as_ref())),
            // What somebody wants to be reminded of is theirs.
            _ => format!("{} is reminded on {}", to_do.user, utc(to_do.at)),
        },
        OrderEvent::ToDoFinished { no } => format!("to-do {no}"),
        OrderEvent::ReminderDue { no } => format!("to-do {no}"),
        OrderEvent::MailTried { mail, status, .. } => match status.why() {
            Some(why) => format!("mail {} {}: {why}", mail.0, status.name()),
            None => format!("mail {} {}", mail.0, status.name()),
        },
        OrderEvent::MailBegun { mail, segments: 0 } => format!("mail {} is handed over", mail.0),
        OrderEvent::MailBegun { mail, segments } => format!("mail {} is handed over, {segments} segments of the quota", mail.0),
        OrderEvent::CallStarted { call } => {
            format!("call {} to {} by {} over {}", call.no.0, call.number.shown(), call.by, call.account.shown())
        }
        OrderEvent::CallTold { call, status, .. } => match (status.why(), status.seconds()) {
            (Some(why), _) => format!("call {} {}: {why}", call.0, status.name()),
            (None, Some(seconds)) => format!("call {} {}, {seconds} s", call.0, status.name()),
            (None, None) => format!("call {} {}", call.0, status.name()),
        },
        OrderEvent::PersonErased { who, whole: true } => format!("{} is erased, and with them all texts", erasure::told(who)),
        OrderEvent::PersonErased { who, whole: false } => format!("{} is erased", erasure::told(who)),
    }
}

/// What kind of mail it is.
fn sort(channel: MessageChannel) -> &'static str {
    match channel {
        MessageChannel::Email => "mail",
        MessageChannel::Sms => "short message",
        MessageChannel::WeChat => "WeChat message",
    }
}

/// `taken down by mei over phone`.
fn taken_down(taken: &TakenBy) -> String {
    let by = taken.by.as_ref().map_or_else(|| "the staff".to_owned(), ToString::to_string);
    format!("taken down by {by} over {}", taken.way.name())
}

/// What a contact did to come into the portal. Who reads it learns no token.
fn sign_in(event: &SignInEvent) -> String {
    match event {
        SignInEvent::Requested { link, .. } => {
            format!("link {} to sign in, mailed to {}, until {}", link.no.0, link.mail.to.shown(), utc(link.ends_at))
        }
        SignInEvent::MailTried { no, status } => {
            format!("mail with link {} {}{}", no.0, status.name(), status.why().map(|why| format!(": {why}")).unwrap_or_default())
        }
        SignInEvent::SignedIn(session) => format!("by link {}, until {}", session.no.0, utc(session.ends_at)),
        SignInEvent::SignedOut { no } => format!("of the session by link {}", no.0),
    }
}

/// `2026-11-22 09:05 UTC`: a time within words, whose readers' zones are not known here.
fn utc(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// `2026-11-22 09:05 UTC to 11:05 UTC`; with both dates, if it goes over midnight there.
fn period(from: Timestamp, until: Timestamp) -> String {
    let (from, until) = (utc(from), utc(until));
    let day = |text: &str| text.split(' ').next().map(ToOwned::to_owned);
    let short = until.split_once(' ').map(|(_, time)| time).filter(|_| day(&from) == day(&until));
    format!("{from} to {}", short.unwrap_or(&until))
}

/// Names of what was filled in, with short values.
fn changes(changes: &Changes, hidden: &dyn Fn(&Name) -> bool) -> String {
    let told = changes.iter().filter(|(name, _)| !hidden(name)).map(|(name, value)| match value {
        None => format!("{name} emptied"),
        Some(Value::Table(rows)) if rows.len() == 1 => format!("{name}: 1 row"),
        Some(Value::Table(rows)) => format!("{name}: {} rows", rows.len()),
        Some(Value::One(cell)) => {
            let text = shown::cell(cell, None, "", &Directory::default());
            let short: String = text.chars().take(60).collect();
            format!("{name}: {short}{}", if short.len() < text.len() { "..." } else { "" })
        }
    });
    told.collect::<Vec<_>>().join(", ")
}

/// What is otherwise.
fn edited(edited: &Edited) -> String {
    let Edited { subject, description, reference, account, contact, region: _, priority } = edited;
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let told = [
        subject.as_ref().map(|subject| format!("subject: {}", subject.shown())),
        description.as_ref().map(|text| if text.get().is_some() { "another description".to_owned() } else { "no description".to_owned() }),
        reference.as_ref().map(|reference| format!("reference: {}", or_none(reference.get().map(|text| text.shown().to_owned())))),
        account.as_ref().map(|account| format!("account: {}", or_none(account.get().map(ToString::to_string)))),
        contact.as_ref().map(|contact| format!("contact: {}", or_none(contact.get().map(ToString::to_string)))),
        priority.map(|priority| format!("priority: {}", priority.name())),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn by_rule(rule: Option<&Name>) -> String {
    rule.map(|rule| format!(" by assignment rule {rule}")).unwrap_or_default()
}

fn node(event: &NodeEvent) -> String {
    match event {
        NodeEvent::Assign(assign::Event::GroupChosen { group, handler, rule, .. }) => {
            format!("to service group {group}, for {handler}{}", by_rule(rule.as_ref()))
        }
        NodeEvent::Assign(assign::Event::EngineerChosen { engineer, how, .. }) => match how {
            assign::How::ByHand => format!("to {engineer}"),
            assign::How::Claimed => format!("to {engineer}, who claimed it"),
            assign::How::ByGroup(rule) => format!("to {engineer} by the group's rule {}", rule.name()),
            assign::How::ByRule(rule) => format!("to {engineer}{}", by_rule(Some(rule))),
        },
        NodeEvent::Assign(assign::Event::NotChosen { rule, why }) => format!("by hand{}: {why}", by_rule(rule.as_ref())),
        NodeEvent::Accept(accept::Event::Accepted { engineer }) => match engineer {
            Some(engineer) => format!("accepted by {engineer}"),
            None => "accepted".into(),
        },
        NodeEvent::Accept(accept::Event::Transferred { engineer, reason })
        | NodeEvent::Task(task::Event::Transferred { engineer, reason }) => {
            format!("to {engineer}{}", because(reason.as_ref()))
        }
        NodeEvent::Task(task::Event::Taken { by }) => format!("taken by {by}"),
        NodeEvent::Task(task::Event::Completed { by, note, .. }) => match by {
            Some(by) => format!("completed by {by}{}", because(note.as_ref())),
            None => format!("completed{}", because(note.as_ref())),
        },
        NodeEvent::OnSite(on_site::Event::StepCompleted { step, by, location, note }) => {
            let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let at = location.as_ref().map(|l| format!(" at {}", l.shown())).unwrap_or_default();
            format!("{step}{by}{at}{}", because(note.as_ref()))
        }
        NodeEvent::OnSite(on_site::Event::StepSkipped { step, reason, .. }) => format!("{step}: {}", reason.shown()),
        NodeEvent::FollowUp(follow_up::Event::PersonChosen { person, group }) => format!("by {person}, whose turn it is in {group}"),
        NodeEvent::FollowUp(follow_up::Event::NobodyChosen { why }) => format!("by whoever takes it: {why}"),
        NodeEvent::FollowUp(follow_up::Event::Taken { by }) => format!("taken by {by}"),
        NodeEvent::FollowUp(follow_up::Event::PassedOn { to, reason }) => format!("to {to}{}", because(reason.as_ref())),
        NodeEvent::FollowUp(follow_up::Event::Attempted { way, outcome, note, .. }) => {
            format!("over {}, {}{}", way.name(), outcome.name(), because(note.as_ref()))
        }
        NodeEvent::Confirm(confirm::Event::Solved) => "solved".into(),
        NodeEvent::Confirm(confirm::Event::NotSolved { reason }) => format!("not solved: {}", reason.shown()),
    }
}
