//! The shapes of directory entries, and the commands and events that change them.

use super::sign_in::{SignInCommand, SignInEvent, SignIns};
use crate::domain::erasure::{Done, Erasure, Sums};
use crate::domain::form::date::Date;
use crate::domain::ids::{
    AccountId, ContactId, DepartmentId, Name, ProductId, Region, ServiceProviderId, Skill, StaffUserId, TerminalId, UserGroupId,
};
use crate::domain::number::WorkOrderNumber;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::notice::NoticeSettings;
use crate::domain::work_order::state::{Party, words};
use serde::{Deserialize, Serialize};

/// An inside person with a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffUser {
    pub id: StaffUserId,
    pub name: PersonalText,
    pub email: Option<PersonalText>,
    pub language: Box<str>,
    pub roles: Vec<Name>,
    pub superior: Option<StaffUserId>,
    /// The main department.
    pub department: Option<DepartmentId>,
    /// The outside company they work for, for ever; none: ours.
    pub provider: Option<ServiceProviderId>,
    /// Their own account at the call center, over which they call (FUP-5).
    pub call_account: Option<PersonalText>,
    /// What they can do; a Work Order that needs a skill goes by itself only to somebody who has it (ASG-3).
    pub skills: Vec<Skill>,
    /// Where they work; none: everywhere.
    pub regions: Vec<Region>,
    /// Set and cleared by commands of its own; a put leaves it as it is.
    pub absence: Option<Absence>,
    /// What they are told by mail; set by a command of its own, a put leaves it as it is. None: they said nothing.
    pub notices: Option<Box<NoticeSettings>>,
    /// People who leave are disabled: they can no longer act and are assigned nothing.
    pub disabled: bool,
    /// Their personal data is gone, or going; the id stays taken for ever.
    pub erased: Option<Box<Erasure>>,
}

/// A time at which nothing is assigned to somebody by itself: from (included) until (not included).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// A node of the organisation tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    pub id: DepartmentId,
    pub name: Box<str>,
    pub head: Option<StaffUserId>,
    pub parent: Option<DepartmentId>,
    pub disabled: bool,
}

/// An ad-hoc set of staff users, for data sharing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    pub id: UserGroupId,
    pub name: Box<str>,
    /// In order of id.
    pub members: Vec<StaffUserId>,
    pub disabled: bool,
}

/// An outside company whose staff also dispatch and do work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceProvider {
    pub id: ServiceProviderId,
    pub name: Box<str>,
    /// Its people can no longer act, and its service groups get nothing more.
    pub disabled: bool,
}

/// A customer organisation or household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub name: PersonalText,
    pub region: Option<Region>,
    pub disabled: bool,
}

/// A person at an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub account: Option<AccountId>,
    pub name: PersonalText,
    pub email: Option<PersonalText>,
    pub mobile: Option<PersonalText>,
    pub wechat: Option<Box<WeChat>>,
    pub language: Box<str>,
    /// Links and sessions of the portal; of commands of their own, a put ends them or leaves them as they are.
    pub sign_ins: Option<Box<SignIns>>,
    pub disabled: bool,
    /// Their personal data is gone, or going; the id stays taken for ever.
    pub erased: Option<Box<Erasure>>,
}

/// How somebody is known to WeChat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeChat {
    pub open_id: PersonalText,
    pub through: Through,
}

words!(
    /// Through what WeChat knows somebody (EVA-5): they follow the public account, or came in through the mini program. The open ids of the
    /// two are not the same.
    Through { Account = "account", MiniProgram = "mini-program" }
);

/// A model that terminals are instances of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub id: ProductId,
    pub name: Box<str>,
    /// The maker's own name of it.
    pub model: Option<Box<str>>,
    /// What kind of equipment it is, in the company's own words.
    pub category: Option<Box<str>>,
    pub disabled: bool,
}

/// One installed device at a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    pub id: TerminalId,
    pub name: PersonalText,
    pub product: ProductId,
    pub account: AccountId,
    /// Whom to ask for there.
    pub contact: Option<ContactId>,
    pub serial_number: Option<Box<str>>,
    /// Where it stands.
    pub site: Option<PersonalText>,
    /// The last day of the warranty.
    pub warranty_end: Option<Date>,
    pub disabled: bool,
}

/// Commands: a put gives the whole entry, which is made or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryCommand {
    PutStaffUser(StaffUser),
    PutAccount(Account),
    PutContact(Contact),
    PutDepartment(Department),
    SetAbsence {
        user: StaffUserId,
        absence: Absence,
    },
    ClearAbsence {
        user: StaffUserId,
    },
    /// None: as for whoever said nothing.
    SetNotices {
        user: StaffUserId,
        notices: Option<NoticeSettings>,
    },
    PutProduct(Product),
    PutTerminal(Terminal),
    PutUserGroup(UserGroup),
    PutServiceProvider(ServiceProvider),
    /// `open`: their open Work Orders, as the lists have them.
    ErasePerson {
        who: Party,
        open: Vec<WorkOrderNumber>,
    },
    /// By the system: nothing of them is left.
    FinishErasure {
        who: Party,
        sums: Sums,
    },
    /// What a contact does to come into the portal.
    SignIn {
        contact: ContactId,
        command: SignInCommand,
    },
}

/// What happened to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryEvent {
    StaffUserPut(StaffUser),
    AccountPut(Account),
    ContactPut(Contact),
    DepartmentPut(Department),
    AbsenceSet {
        user: StaffUserId,
        absence: Option<Absence>,
    },
    ProductPut(Product),
    TerminalPut(Terminal),
    UserGroupPut(UserGroup),
    ServiceProviderPut(ServiceProvider),
    NoticesSet {
        user: StaffUserId,
        notices: Option<NoticeSettings>,
    },
    /// Their entry loses what is personal at once; the rest follows.
    PersonErased {
        who: Party,
        at: Timestamp,
    },
    ErasureFinished {
        who: Party,
        done: Done,
    },
    SignIn {
        contact: ContactId,
        event: SignInEvent,
    },
}

impl StaffUser {
    /// Whether they are absent at a time.
    pub fn is_absent(&self, at: Timestamp) -> bool {
        self.absence.is_some_and(|absence| absence.from <= at && at < absence.until)
    }
}
