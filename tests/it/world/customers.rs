//! Customers who come in by themselves: they ask for links, sign in and out, raise Work Orders, confirm and cancel their own and try others';
//! guests beside them. And the book of links and sessions, kept from events alone.

use super::company::{self, CONTACTS, name};
use super::people::administrator;
use super::world::World;
use std::collections::{BTreeMap, BTreeSet};
use workorderd::codec::StepBody;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::context::Context;
use workorderd::domain::definition::evaluation::{GivenAnswer, Said};
use workorderd::domain::definition::{Right, RoleDefinition};
use workorderd::domain::directory::sign_in::{LINKS_MAX, PAUSE, SESSIONS_MAX};
use workorderd::domain::directory::{Contact, DirectoryCommand, SignInCommand, SignInEvent};
use workorderd::domain::form::value::StoredFile;
use workorderd::domain::ids::{ContactId, InvitationNo, SignInNo, VisitNo, WorkOrderId};
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::principal::{Actor, Principal};
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Span;
use workorderd::domain::work_order::command::Create;
use workorderd::domain::work_order::guest::{GivenGuest, Guest, Leaves};
use workorderd::domain::work_order::life::Life;
use workorderd::domain::work_order::state::{Channel, EntryPoint, Invitation, Party, Priority, Purpose};
use workorderd::domain::work_order::{Command as Order, WorkOrder};
use workorderd::engine::listing::{Ask, Filter};
use workorderd::engine::scope::Scope;
use workorderd::runtime::Runtime;

/// How long links and sessions last.
const LINK: Span = Span::hours(2);
const SESSION: Span = Span::hours(36);

/// What people outside may; repairs of one's own account are shown, tickets are not.
pub fn roles() -> [RoleDefinition; 2] {
    let role = |id: &str, rights: &[Right], types: &[&str]| RoleDefinition {
        name: name(id),
        rights: rights.to_vec(),
        record_types: Some(types.iter().map(|id| name(id)).collect()),
        hidden_fields: Vec::new(),
        read_only_fields: Vec::new(),
    };
    // That it may administer means nothing outside.
    let customer = [Right::CreateWorkOrders, Right::ReadWorkOrders, Right::ReadAllWorkOrders, Right::Administer];
    [role("terminal-user", &customer, &["repair", "installation"]), role("guest", &[Right::CreateWorkOrders], &["repair"])]
}

fn outside(contact: Option<&ContactId>) -> Principal {
    Principal::TerminalUser { contact: contact.cloned() }
}

impl World {
    /// An answer through a link of that visit, or of any.
    pub fn evaluation(&mut self, order: &WorkOrder, visit: Option<VisitNo>) -> (Principal, Order) {
        let fits = |i: &&Invitation| i.purpose == Purpose::Evaluate && visit.is_none_or(|v| i.visit == v);
        let all: Vec<_> = order.invitations.iter().filter(fits).map(|i| i.no).collect();
        let invitation = all.get(self.rng.usize(..all.len().max(1))).copied().unwrap_or(InvitationNo(1));
        let count = if self.rng.u32(..4) == 0 { 7 } else { 3 };
        let rating = ["5", "3", "1", "10", "6", "0", "five"][self.rng.usize(..count)];
        let mut answers: Vec<GivenAnswer> = vec![("overall".into(), rating.into())];
        if self.rng.u32(..3) == 0 {
            answers.push(("comment".into(), Said::from(self.text())));
        }
        if self.rng.u32(..4) == 0 {
            answers.push(("again".into(), ["yes", "no", "perhaps"][self.rng.usize(..3)].into()));
        }
        for _ in 0..[0, 0, 0, 0, 1, 2, 3][self.rng.usize(..7)] {
            answers.push(("photos".into(), Said::Photo(self.photo())));
        }
        (Principal::Guest { order: order.id, invitation }, Order::SubmitEvaluation { invitation, answers })
    }

    fn photo(&mut self) -> StoredFile {
        let hash = format!("{:064x}", self.rng.u32(..));
        let media_type = ["image/jpeg", "image/png", "text/html"][self.rng.usize(..3)].into();
        StoredFile { hash: hash.into(), size: self.rng.u64(1..20 << 20), media_type, name: PersonalText::new("门 1.jpg") }
    }

    /// A customer does something.
    pub fn customer_acts(&mut self) {
        let contact = company::contact_id(CONTACTS[self.rng.usize(..CONTACTS.len())].0);
        match self.rng.u32(..10) {
            0..3 => self.sign_in(contact, outside(None)),
            3 => {
                // What only those outside do.
                let who = if self.rng.bool() { administrator() } else { outside(Some(&company::contact_id("li-lei"))) };
                self.sign_in(contact, who);
            }
            4 | 5 => self.raise(Some(contact)),
            6 => self.raise(None),
            _ => self.ask_about_own(&contact),
        }
    }

    fn sign_in(&mut self, contact: ContactId, who: Principal) {
        let known = match self.audit.known.get(&Key::Contact(contact.clone())).map(|known| &known.state) {
            Some(State::Contact(contact)) => contact.sign_ins.clone(),
            _ => None,
        };
        let made = known.as_ref().map_or(0, |known| known.made);
        let sessions: Vec<SignInNo> = known.iter().flat_map(|known| &known.sessions).map(|session| session.no).collect();
        match self.rng.u32(..9) {
            // Who is in goes out, rather often: few are in at a time.
            _ if !sessions.is_empty() && self.rng.u32(..3) == 0 => {
                let no = sessions[self.rng.usize(..sessions.len())];
                self.ask_to(&contact, outside(Some(&contact)), SignInCommand::SignOut { no }, true);
            }
            0..5 => {
                let language = self.rng.bool().then(|| "zh".into());
                let command = SignInCommand::Request { id: Runtime::terminal_user_id(&contact), language, ends_after: LINK };
                let times = if self.rng.u32(..3) == 0 { 3 } else { 1 };
                (0..times).for_each(|_| self.ask_to(&contact, who.clone(), command.clone(), false));
                // Who has not even got the mail yet clicks already; and twice.
                let clicks = self.rng.u32(..3);
                let command = SignInCommand::SignIn { no: SignInNo(made + 1), ends_after: SESSION };
                (0..clicks).for_each(|_| self.ask_to(&contact, who.clone(), command.clone(), true));
            }
            5 | 6 => {
                // The newest, one before, or one that there never was.
                let no = SignInNo((made + 1).saturating_sub(self.rng.u32(..4)).max(1));
                self.ask_to(&contact, who, SignInCommand::SignIn { no, ends_after: SESSION }, true);
            }
            _ => {
                let no = sessions.get(self.rng.usize(..sessions.len().max(1))).copied().unwrap_or(SignInNo(made));
                self.ask_to(&contact, outside(Some(&contact)), SignInCommand::SignOut { no }, true);
            }
        }
    }

    fn ask_to(&mut self, contact: &ContactId, who: Principal, command: SignInCommand, with_id: bool) {
        let id = with_id.then(|| self.request_id());
        let command = Command::Directory(DirectoryCommand::SignIn { contact: contact.clone(), command });
        self.ask(Key::Contact(contact.clone()), who, command, id, None);
    }

    fn raise(&mut self, contact: Option<ContactId>) {
        let record_type = self.pick(&["repair", "repair", "installation", "ticket"]);
        let given = GivenGuest { name: "路人甲".into(), phone: Some("139 0000 0000".into()), ..GivenGuest::default() };
        let guest = Guest::new(&given, Leaves::PhoneOrEmail).expect("enough is left");
        // What they say of themselves does not count, but for a guest.
        let submitter = match (&contact, self.rng.u32(..6)) {
            (_, 0) => None,
            (_, 1) => Some(Party::Staff(company::user("root"))),
            (_, _) => Some(Party::Guest(Box::new(guest))),
        };
        let fields = self.intake(record_type);
        let create = Create {
            id: WorkOrderId(0),
            number: WorkOrderNumber("".into()),
            record_type: name(record_type),
            subject: "电梯坏了".into(),
            description: None,
            reference: None,
            account: Some(company::account_id("acme")),
            contact: Some(company::contact_id("grace")),
            priority: Priority::Normal,
            channel: Channel::Phone,
            entry_point: EntryPoint::List,
            submitter,
            fields,
        };
        let (principal, request) = (outside(contact.as_ref()), self.request_id());
        let id = Runtime::work_order_id(&principal, &request);
        let command = Command::WorkOrder(Order::Create(Box::new(Create { id, ..create })));
        self.ask(Key::WorkOrder(id), principal, command, Some(request), None);
    }

    /// Of what they submitted, or of somebody else's, in vain.
    fn ask_about_own(&mut self, contact: &ContactId) {
        let orders: Vec<&WorkOrder> = self.audit.known.values().filter_map(|known| known.state.work_order()).collect();
        let own: Vec<WorkOrderId> =
            orders.iter().filter(|o| o.submitter == Party::Contact(contact.clone()) && o.is_open()).map(|o| o.id).collect();
        let all: Vec<WorkOrderId> = orders.iter().map(|o| o.id).collect();
        let from = if own.is_empty() || self.rng.u32(..5) == 0 { all } else { own };
        let Some(id) = from.get(self.rng.usize(..from.len().max(1))).copied() else { return };
        let command = match self.rng.u32(..6) {
            0..3 => Order::ConfirmSolved { fields: Vec::new() },
            3 => Order::ConfirmNotSolved { reason: self.text() },
            4 => Order::Cancel { reason: None },
            _ => Order::AddServiceRecord { kind: workorderd::domain::work_order::state::RecordKind::Remark, text: "let me in".into() },
        };
        let request = self.request_id();
        self.ask(Key::WorkOrder(id), outside(Some(contact)), Command::WorkOrder(command), Some(request), None);
    }

    /// Whoever looks from outside: the predicate, the lists and the plain reading of the rules agree.
    pub fn check_customers_sight(&self) {
        let reference = self.daemon.views.reference();
        let board = self.daemon.views.board();
        let orders: Vec<&WorkOrder> = self.audit.known.values().filter_map(|known| known.state.work_order()).collect();
        let contacts = CONTACTS.iter().map(|(id, ..)| Some(company::contact_id(id))).chain([None]);
        for contact in contacts {
            let principal = outside(contact.as_ref());
            let cx = Context { now: self.now, principal: &principal, catalogue: &reference.catalogue, directory: &reference.directory };
            let known = contact.as_ref().and_then(|id| reference.directory.contact(id)).filter(|contact| !contact.disabled);
            let seen: BTreeSet<WorkOrderId> = orders.iter().filter(|o| known.is_some_and(|c| reads(c, o))).map(|o| o.id).collect();
            for order in &orders {
                assert_eq!(board.sees(order.id, &cx), seen.contains(&order.id), "{} sees {}: {order:?}", principal.key(), order.number);
            }
            let filter = Filter::default();
            let list = board.list(&Scope::of(&cx), &Ask::all(&filter));
            assert_eq!(
                list.rows.iter().map(|row| row.id).collect::<BTreeSet<_>>(),
                seen,
                "what {} sees is what is listed",
                principal.key()
            );
        }
        for known in self.audit.known.values() {
            if let State::Contact(contact) = &known.state
                && let Some(known) = &contact.sign_ins
            {
                assert_eq!(reference.terminal_user(known.id), Some(&contact.id), "a link leads to its contact");
            }
        }
    }
}

/// The rule once more, read out plainly.
fn reads(contact: &Contact, order: &WorkOrder) -> bool {
    let submitted = order.submitter == Party::Contact(contact.id.clone());
    let of_type = ["repair", "installation"].contains(&order.record_type.as_str());
    let own = order.contact.as_ref() == Some(&contact.id) || contact.account.is_some() && order.account == contact.account;
    order.life == Life::Normal && (submitted || own && of_type)
}

/// What the events say of one contact.
#[derive(Debug, Default)]
struct Story {
    /// When each link was made, and whether it was used.
    links: BTreeMap<u32, (i64, bool)>,
    disabled_since: Option<u64>,
}

/// All contacts.
#[derive(Debug, Default)]
pub struct SignInBook(BTreeMap<ContactId, Story>);

impl SignInBook {
    /// Takes an event in, at the time of its record; `before` is the contact before it.
    pub fn take(&mut self, id: &ContactId, event: &SignInEvent, before: Option<&Contact>, at: i64) {
        let story = self.0.entry(id.clone()).or_default();
        let before = before.expect("a contact is there before it signs in");
        match event {
            SignInEvent::Requested { link, .. } => {
                assert!(!before.disabled && before.email.is_some(), "{id} is mailed a link, and is {before:?}");
                // An erasure that was cut off has taken the one and not the other yet.
                let known = before.email.as_ref().filter(|known| known.0.is_some() && link.mail.to.0.is_some());
                assert!(known.is_none_or(|known| *known == link.mail.to), "the link goes to the address that is known");
                let soon = story.links.values().last().filter(|(made, _)| (0..PAUSE.0 as i64).contains(&(at - made)));
                assert!(soon.is_none(), "{id} is mailed twice within a minute: at {soon:?} and at {at}");
                assert_eq!(u64::from(link.no.0), story.links.len() as u64 + 1, "no number of a link is used twice");
                story.links.insert(link.no.0, (at, false));
            }
            SignInEvent::SignedIn(session) => {
                let (made, used) = story.links.get_mut(&session.no.0).expect("there is the link");
                assert!(!*used, "{id} signed in twice by link {}", session.no.0);
                assert!(at < *made + LINK.0 as i64, "{id} signed in by a link that had ended");
                assert!(!before.disabled, "{id} signed in, and is disabled");
                *used = true;
            }
            SignInEvent::SignedOut { .. } | SignInEvent::MailTried { .. } => {}
        }
    }

    /// What holds of a contact after each step.
    pub fn rests(&mut self, contact: &Contact, sequence: u64) {
        let story = self.0.entry(contact.id.clone()).or_default();
        match contact.disabled {
            true => drop(story.disabled_since.get_or_insert(sequence)),
            false => story.disabled_since = None,
        }
        let Some(known) = &contact.sign_ins else { return };
        assert!(known.links.len() <= LINKS_MAX && known.sessions.len() <= SESSIONS_MAX, "{known:?} is bounded");
        let nothing = known.links.is_empty() && known.sessions.is_empty();
        assert!(!contact.disabled || nothing, "{} is disabled, and has links or sessions: {known:?}", contact.id);
        let unsettled = known.links.iter().filter(|link| !link.mail.status.is_settled()).count();
        assert!(unsettled <= 1, "{unsettled} mails to {} are under way", contact.id);
    }

    /// Takes a step in; it may have been judged before the last `in_flight` records.
    pub fn step(&self, body: &StepBody, sequence: u64, in_flight: u64) {
        let Actor::TerminalUser { contact: Some(contact) } = &body.actor else { return };
        if let Some(since) = self.0.get(contact).and_then(|story| story.disabled_since) {
            assert!(sequence - since < in_flight, "record {sequence}: {} by {contact}, who is disabled since {since}", body.command);
        }
    }
}

/// Who raised a new Work Order from outside is its submitter, and it came by the portal.
pub fn raised(created: &workorderd::domain::work_order::event::Created, actor: &Actor) {
    match actor {
        Actor::TerminalUser { contact: Some(contact) } => {
            assert_eq!(created.submitter, Party::Contact(contact.clone()), "they raise it for themselves");
            assert_eq!(created.contact.as_ref(), Some(contact), "and for nobody else");
        }
        Actor::TerminalUser { contact: None } => assert!(matches!(created.submitter, Party::Guest(_)) && created.account.is_none()),
        Actor::Staff { .. } | Actor::Guest { .. } | Actor::System => {
            return assert_ne!(created.entry_point, EntryPoint::Portal, "the portal is not theirs");
        }
    }
    assert_eq!((created.channel, created.entry_point), (Channel::Portal, EntryPoint::Portal), "how it came is recorded");
}
