//! All kinds of aggregates in one place: keys, states, commands, events. Journal, engine and runtime know no other list.

use super::definition::{Catalogue, CatalogueCommand, CatalogueEvent};
use super::directory::{
    Account, Contact, Department, DirectoryCommand, DirectoryEvent, Product, ServiceProvider, StaffUser, Terminal, UserGroup, sign_in,
};
use super::erasure::See;
use super::ids::{
    AccountId, ContactId, DepartmentId, ProductId, ServiceGroupId, ServiceProviderId, StaffUserId, TerminalId, UserGroupId, WorkOrderId,
};
use super::installation::{Installation, InstallationCommand, InstallationEvent};
use super::number::WorkOrderNumber;
use super::service_group::{ServiceGroup, ServiceGroupCommand, ServiceGroupEvent};
use super::time::Timestamp;
use super::work_order::deadline::{Deadline, deadlines};
use super::work_order::{self, WorkOrder};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which aggregate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    Installation,
    Catalogue,
    StaffUser(StaffUserId),
    Account(AccountId),
    Contact(ContactId),
    ServiceGroup(ServiceGroupId),
    WorkOrder(WorkOrderId),
    Department(DepartmentId),
    Product(ProductId),
    Terminal(TerminalId),
    UserGroup(UserGroupId),
    ServiceProvider(ServiceProviderId),
}

/// The state of an aggregate of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Installation(Installation),
    Catalogue(Box<Catalogue>),
    StaffUser(Box<StaffUser>),
    Account(Box<Account>),
    Contact(Box<Contact>),
    ServiceGroup(Box<ServiceGroup>),
    WorkOrder(Box<WorkOrder>),
    Department(Box<Department>),
    Product(Box<Product>),
    Terminal(Box<Terminal>),
    UserGroup(Box<UserGroup>),
    ServiceProvider(Box<ServiceProvider>),
}

/// A command to an aggregate of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Installation(InstallationCommand),
    Catalogue(CatalogueCommand),
    Directory(DirectoryCommand),
    ServiceGroup(ServiceGroupCommand),
    WorkOrder(work_order::Command),
}

/// An event of an aggregate of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Installation(InstallationEvent),
    Catalogue(CatalogueEvent),
    Directory(DirectoryEvent),
    ServiceGroup(ServiceGroupEvent),
    WorkOrder(work_order::Event),
}

/// A claim that holds across aggregates; the writer checks it before the append (guards).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Claim {
    /// This number is used by this Work Order alone, for ever.
    Number(WorkOrderNumber),
    /// The engineer worked on that Work Order then (without an end: works since); no two of one engineer overlap (ONS-2).
    Labor { engineer: StaffUserId, number: WorkOrderNumber, from: Timestamp, to: Option<Timestamp> },
    /// What runs since `from` ended.
    LaborEnded { engineer: StaffUserId, from: Timestamp, to: Timestamp },
    /// The staff user reports to that one, or to nobody; all such lines together have no cycle (reading 19).
    Superior { of: StaffUserId, above: Option<StaffUserId> },
    /// The department stands below that one, or at the top; all such lines together have no cycle.
    Parent { of: DepartmentId, above: Option<DepartmentId> },
    /// The engineer carries one more open Work Order of the group, and then at most so many, if there is a limit (ASG-3).
    OpenWork { group: ServiceGroupId, engineer: StaffUserId, limit: Option<u32> },
    /// So many segments more of short messages; all such claims together stay within the quota (EVA-5).
    SmsSegments { segments: u32 },
    /// The quota is so many segments, since ever; not below what is used.
    SmsQuota { total: u64 },
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation => f.write_str("installation"),
            Self::Catalogue => f.write_str("catalogue"),
            Self::StaffUser(id) => write!(f, "staff user {id}"),
            Self::Account(id) => write!(f, "account {id}"),
            Self::Contact(id) => write!(f, "contact {id}"),
            Self::ServiceGroup(id) => write!(f, "service group {id}"),
            Self::WorkOrder(id) => write!(f, "Work Order {id}"),
            Self::Department(id) => write!(f, "department {id}"),
            Self::Product(id) => write!(f, "product {id}"),
            Self::Terminal(id) => write!(f, "terminal {id}"),
            Self::UserGroup(id) => write!(f, "user group {id}"),
            Self::ServiceProvider(id) => write!(f, "service provider {id}"),
        }
    }
}

impl State {
    /// The key this is the state of.
    pub fn key(&self) -> Key {
        match self {
            Self::Installation(_) => Key::Installation,
            Self::Catalogue(_) => Key::Catalogue,
            Self::StaffUser(user) => Key::StaffUser(user.id.clone()),
            Self::Account(account) => Key::Account(account.id.clone()),
            Self::Contact(contact) => Key::Contact(contact.id.clone()),
            Self::ServiceGroup(group) => Key::ServiceGroup(group.id.clone()),
            Self::WorkOrder(order) => Key::WorkOrder(order.id),
            Self::Department(department) => Key::Department(department.id.clone()),
            Self::Product(product) => Key::Product(product.id.clone()),
            Self::Terminal(terminal) => Key::Terminal(terminal.id.clone()),
            Self::UserGroup(group) => Key::UserGroup(group.id.clone()),
            Self::ServiceProvider(provider) => Key::ServiceProvider(provider.id.clone()),
        }
    }

    /// The Work Order, if it is one.
    pub fn work_order(&self) -> Option<&WorkOrder> {
        match self {
            Self::WorkOrder(order) => Some(order),
            Self::Installation(_)
            | Self::Catalogue(_)
            | Self::StaffUser(_)
            | Self::Account(_)
            | Self::Contact(_)
            | Self::Department(_)
            | Self::Product(_)
            | Self::Terminal(_)
            | Self::UserGroup(_)
            | Self::ServiceProvider(_)
            | Self::ServiceGroup(_) => None,
        }
    }

    /// Timers as a function of the state.
    pub fn deadlines(&self) -> Vec<(Timestamp, Deadline)> {
        match self {
            Self::WorkOrder(order) => deadlines(order),
            Self::Contact(contact) => {
                let links = contact.sign_ins.iter().flat_map(|known| &known.links);
                links.filter_map(|link| Some((link.mail_due()?, Deadline::SignInMail(link.no)))).collect()
            }
            Self::Installation(_)
            | Self::Catalogue(_)
            | Self::StaffUser(_)
            | Self::Department(_)
            | Self::Account(_)
            | Self::Product(_)
            | Self::Terminal(_)
            | Self::UserGroup(_)
            | Self::ServiceProvider(_)
            | Self::ServiceGroup(_) => Vec::new(),
        }
    }

    /// Claims as a function of the state: what the guards hold for it.
    pub fn claims(&self) -> Vec<Claim> {
        match self {
            Self::WorkOrder(order) => {
                let work = open_work(order).map(|(group, engineer)| Claim::OpenWork {
                    group: group.clone(),
                    engineer: engineer.clone(),
                    limit: None,
                });
                let number = std::iter::once(Claim::Number(order.number.clone()));
                let messages = (order.sms_segments > 0).then_some(Claim::SmsSegments { segments: order.sms_segments });
                number.chain(work).chain(messages).chain(work_order::labor::claims(order)).collect()
            }
            Self::StaffUser(user) => vec![Claim::Superior { of: user.id.clone(), above: user.superior.clone() }],
            Self::Department(department) => vec![Claim::Parent { of: department.id.clone(), above: department.parent.clone() }],
            Self::Installation(installation) => vec![Claim::SmsQuota { total: installation.sms_quota }],
            Self::Catalogue(_)
            | Self::Account(_)
            | Self::Contact(_)
            | Self::Product(_)
            | Self::Terminal(_)
            | Self::UserGroup(_)
            | Self::ServiceProvider(_)
            | Self::ServiceGroup(_) => Vec::new(),
        }
    }

    /// Whether an actor is kept for it at all times: open Work Orders and service groups.
    pub fn is_resident(&self) -> bool {
        match self {
            Self::ServiceGroup(_) => true,
            Self::WorkOrder(order) => order.is_open(),
            Self::Installation(_)
            | Self::Catalogue(_)
            | Self::StaffUser(_)
            | Self::Department(_)
            | Self::Account(_)
            | Self::Contact(_)
            | Self::Product(_)
            | Self::Terminal(_)
            | Self::UserGroup(_)
            | Self::ServiceProvider(_) => false,
        }
    }

    /// Takes one event in, at the time of its record. An event of another kind than the state makes nothing: `codec` refuses such records.
    pub fn evolve(state: Option<Self>, event: &Event, at: Timestamp) -> Option<Self> {
        match event {
            Event::Installation(event) => {
                let installation = match state {
                    Some(Self::Installation(installation)) => Some(installation),
                    _ => None,
                };
                Some(Self::Installation(super::installation::evolve(installation, event)))
            }
            Event::Catalogue(event) => {
                let mut catalogue = match state {
                    Some(Self::Catalogue(catalogue)) => catalogue,
                    _ => Box::default(),
                };
                catalogue.evolve(event);
                Some(Self::Catalogue(catalogue))
            }
            Event::Directory(DirectoryEvent::StaffUserPut(user)) => Some(Self::StaffUser(Box::new(user.clone()))),
            Event::Directory(DirectoryEvent::AccountPut(account)) => Some(Self::Account(Box::new(account.clone()))),
            Event::Directory(DirectoryEvent::ContactPut(contact)) => Some(Self::Contact(Box::new(contact.clone()))),
            Event::Directory(DirectoryEvent::DepartmentPut(department)) => Some(Self::Department(Box::new(department.clone()))),
            Event::Directory(DirectoryEvent::ProductPut(product)) => Some(Self::Product(Box::new(product.clone()))),
            Event::Directory(DirectoryEvent::TerminalPut(terminal)) => Some(Self::Terminal(Box::new(terminal.clone()))),
            Event::Directory(DirectoryEvent::UserGroupPut(group)) => Some(Self::UserGroup(Box::new(group.clone()))),
            Event::Directory(DirectoryEvent::ServiceProviderPut(provider)) => Some(Self::ServiceProvider(Box::new(provider.clone()))),
            Event::Directory(DirectoryEvent::NoticesSet { notices, .. }) => match state {
                Some(Self::StaffUser(mut user)) => {
                    user.notices = notices.clone().map(Box::new);
                    Some(Self::StaffUser(user))
                }
                _ => None,
            },
            Event::Directory(DirectoryEvent::PersonErased { at, .. }) => match state {
                Some(Self::StaffUser(mut user)) => {
                    user.erase(*at);
                    Some(Self::StaffUser(user))
                }
                Some(Self::Contact(mut contact)) => {
                    contact.erase(*at);
                    Some(Self::Contact(contact))
                }
                _ => None,
            },
            Event::Directory(DirectoryEvent::ErasureFinished { done, .. }) => match state {
                Some(Self::StaffUser(mut user)) => {
                    user.erasure_done(done);
                    Some(Self::StaffUser(user))
                }
                Some(Self::Contact(mut contact)) => {
                    contact.erasure_done(done);
                    Some(Self::Contact(contact))
                }
                _ => None,
            },
            Event::Directory(DirectoryEvent::AbsenceSet { absence, .. }) => match state {
                Some(Self::StaffUser(mut user)) => {
                    user.absence = *absence;
                    Some(Self::StaffUser(user))
                }
                _ => None,
            },
            Event::Directory(DirectoryEvent::SignIn { event, .. }) => match state {
                Some(Self::Contact(mut contact)) => {
                    sign_in::evolve(&mut contact, event);
                    Some(Self::Contact(contact))
                }
                _ => None,
            },
            Event::ServiceGroup(event) => {
                let group = match state {
                    Some(Self::ServiceGroup(group)) => Some(*group),
                    _ => None,
                };
                super::service_group::group::evolve(group, event).map(|g| Self::ServiceGroup(Box::new(g)))
            }
            Event::WorkOrder(work_order::Event::Created(created)) => {
                Some(Self::WorkOrder(Box::new(work_order::evolve::create(created, at))))
            }
            Event::WorkOrder(event) => match state {
                Some(Self::WorkOrder(mut order)) => {
                    work_order::evolve::evolve(&mut order, event, at);
                    Some(Self::WorkOrder(order))
                }
                _ => None,
            },
        }
    }
}

/// The group and the engineer who carries the Work Order as open work.
pub fn open_work(order: &WorkOrder) -> Option<(&ServiceGroupId, &StaffUserId)> {
    let (group, engineer) = order.load()?;
    Some((group, engineer?))
}

impl Event {
    /// Whether the requests that were accepted before are remembered no longer: they can tell of what was erased.
    pub fn forgets_requests(&self) -> bool {
        let erased =
            matches!(self, Self::Directory(DirectoryEvent::PersonErased { .. }) | Self::WorkOrder(work_order::Event::PersonErased { .. }));
        erased && !mutant!("requests-outlive-the-erased")
    }

    /// Shows each of its personal values.
    pub fn personal(&mut self, see: &mut See<'_>) {
        match self {
            Self::WorkOrder(event) => event.personal(see),
            Self::Directory(event) => event.personal(see),
            Self::Installation(_) | Self::Catalogue(_) | Self::ServiceGroup(_) => {}
        }
    }

    /// The event's name in histories and streams.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Installation(InstallationEvent::Founded { .. }) => "InstallationFounded",
            Self::Installation(InstallationEvent::ClockSet { .. }) => "ClockSet",
            Self::Installation(InstallationEvent::ClockTrusted { .. }) => "ClockTrusted",
            Self::Installation(InstallationEvent::SmsQuotaChanged { .. }) => "SmsQuotaChanged",
            Self::Catalogue(CatalogueEvent::DefinitionsApplied(_)) => "DefinitionsApplied",
            Self::Catalogue(CatalogueEvent::RecordTypePublished(_)) => "RecordTypePublished",
            Self::Catalogue(CatalogueEvent::RecordTypeRetired(_)) => "RecordTypeRetired",
            Self::Catalogue(CatalogueEvent::RecordTypeDeleted(_)) => "RecordTypeDeleted",
            Self::Directory(DirectoryEvent::StaffUserPut(_)) => "StaffUserPut",
            Self::Directory(DirectoryEvent::AccountPut(_)) => "AccountPut",
            Self::Directory(DirectoryEvent::ContactPut(_)) => "ContactPut",
            Self::Directory(DirectoryEvent::DepartmentPut(_)) => "DepartmentPut",
            Self::Directory(DirectoryEvent::ProductPut(_)) => "ProductPut",
            Self::Directory(DirectoryEvent::TerminalPut(_)) => "TerminalPut",
            Self::Directory(DirectoryEvent::UserGroupPut(_)) => "UserGroupPut",
            Self::Directory(DirectoryEvent::ServiceProviderPut(_)) => "ServiceProviderPut",
            Self::Directory(DirectoryEvent::AbsenceSet { absence: Some(_), .. }) => "AbsenceSet",
            Self::Directory(DirectoryEvent::AbsenceSet { absence: None, .. }) => "AbsenceCleared",
            Self::Directory(DirectoryEvent::NoticesSet { .. }) => "NoticesSet",
            Self::Directory(DirectoryEvent::PersonErased { .. }) => "PersonErased",
            Self::Directory(DirectoryEvent::ErasureFinished { .. }) => "ErasureFinished",
            Self::Directory(DirectoryEvent::SignIn { event, .. }) => event.name(),
            Self::ServiceGroup(ServiceGroupEvent::Put(_)) => "ServiceGroupPut",
            Self::ServiceGroup(ServiceGroupEvent::Chosen { .. }) => "ChosenByRule",
            Self::ServiceGroup(ServiceGroupEvent::LoadTaken { .. }) => "LoadTaken",
            Self::WorkOrder(event) => event.name(),
        }
    }
}
