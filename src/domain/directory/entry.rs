//! The shapes of directory entries, and the commands and events that change them.

use crate::domain::ids::{AccountId, ContactId, Name, StaffUserId};
use crate::domain::text::PersonalText;
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
    /// People who leave are disabled: they can no longer act and are assigned nothing.
    pub disabled: bool,
}

/// A customer organisation or household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub name: PersonalText,
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
    pub language: Box<str>,
    pub disabled: bool,
}

/// Commands: each gives the whole entry, which is made or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryCommand {
    PutStaffUser(StaffUser),
    PutAccount(Account),
    PutContact(Contact),
}

/// What happened to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryEvent {
    StaffUserPut(StaffUser),
    AccountPut(Account),
    ContactPut(Contact),
}
