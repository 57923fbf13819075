//! What a list is asked for, and what comes back (OPS-3).

use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId};
use crate::domain::time::Timestamp;
use crate::domain::work_order::state::{Priority, Status};
use crate::engine::row::Row;
use crate::engine::scope::{Scene, Scope};
use crate::engine::sorting::{Cursor, Sort};

/// What a list asks for; every field that is set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<Status>,
    pub open: Option<bool>,
    pub priority: Option<Priority>,
    pub record_type: Option<Name>,
    pub group: Option<ServiceGroupId>,
    pub engineer: Option<StaffUserId>,
    pub account: Option<AccountId>,
    pub contact: Option<ContactId>,
    pub reference: Option<Box<str>>,
    pub on_hold: Option<bool>,
    pub overdue: Option<bool>,
    pub owner: Option<StaffUserId>,
    /// Raised by this staff user, or for them.
    pub submitter: Option<StaffUserId>,
    /// Created from then on.
    pub created_from: Option<Timestamp>,
    /// Created before.
    pub created_until: Option<Timestamp>,
    pub fields: Vec<FieldIs>,
    /// Record types that are left out: those where a field that is asked for is not shown to who asks.
    pub not_types: Vec<Name>,
    pub life: LifeOf,
}

/// A field of a form has a value, as `form/sought` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldIs {
    pub field: Name,
    /// In any row of a table.
    pub column: Option<Name>,
    pub text: String,
}

/// What a list is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub scene: Option<Scene>,
    pub filter: &'a Filter,
    /// Only those of whose node they are a handler.
    pub handler: Option<&'a Scope>,
    pub sort: Sort,
    pub after: Option<Cursor>,
    pub most: usize,
}

impl<'a> Ask<'a> {
    /// All that match, the newest first.
    pub fn all(filter: &'a Filter) -> Self {
        Self { scene: None, filter, handler: None, sort: Sort::Newest, after: None, most: usize::MAX }
    }
}

/// Which lives a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LifeOf {
    #[default]
    Normal,
    Void,
    Deleted,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub rows: Vec<Row>,
    /// Where the next page goes on, if there is one.
    pub next: Option<Cursor>,
    /// How many match, on all pages.
    pub total: u64,
}
