//! Terminal users (INT-6): what those outside the company see and may do. A signed-in contact has the role `terminal-user`, a guest the
//! role `guest`, and of what these say two things count and no other: which record types they may raise Work Orders of
//! (`create_work_orders`), and of which they also see those of their own account (`read_work_orders`). What they submitted they always
//! see.

use super::relation::{Relation, Subject};
use crate::domain::context::Context;
use crate::domain::definition::{RecordType, Right, RoleDefinition, TypeState};
use crate::domain::directory::{Account, Contact, Terminal};
use crate::domain::form::{Field, Kind, Target};
use crate::domain::ids::Name;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::work_order::state::{Handler, Party};

/// The role of a signed-in contact.
pub const TERMINAL_USER: &str = "terminal-user";
/// The role of whoever is not signed in.
pub const GUEST: &str = "guest";

/// The role of a terminal user; none, where it is somebody else.
fn role(principal: &Principal) -> Option<Name> {
    match principal {
        Principal::TerminalUser { contact: Some(_) } => Name::new(TERMINAL_USER).ok(),
        Principal::TerminalUser { contact: None } => Name::new(GUEST).ok(),
        Principal::Staff { .. } | Principal::Guest { .. } | Principal::System => None,
    }
}

/// The signed-in contact who acts, as long as they may.
pub fn contact<'a>(cx: &Context<'a>) -> Option<&'a Contact> {
    match cx.principal {
        Principal::TerminalUser { contact: Some(id) } => cx.directory.active_contact(id),
        Principal::TerminalUser { contact: None } | Principal::Staff { .. } | Principal::Guest { .. } | Principal::System => None,
    }
}

/// Whether it is a terminal user, and one who may act.
fn acts(cx: &Context<'_>) -> bool {
    matches!(cx.principal, Principal::TerminalUser { contact: None }) || contact(cx).is_some()
}

/// Whether the role of a terminal user has the right for a record type; without one: at all.
pub(super) fn has(right: Right, record_type: Option<&Name>, cx: &Context<'_>) -> bool {
    let of_theirs = matches!(right, Right::CreateWorkOrders | Right::ReadWorkOrders) || mutant!("customers-have-any-right");
    let role = role(cx.principal).filter(|_| of_theirs && acts(cx));
    role.is_some_and(|role| match record_type {
        Some(record_type) => cx.catalogue.role_has_for(&role, right, record_type),
        None => cx.catalogue.role_has(&role, right),
    })
}

/// The role of a terminal user as it is defined.
pub(super) fn definition<'a>(cx: &Context<'a>) -> Option<&'a RoleDefinition> {
    role(cx.principal).and_then(|role| cx.catalogue.role(&role))
}

/// Whether a relation holds between a terminal user and a Work Order.
pub(super) fn holds(relation: Relation, subject: &Subject<'_>, cx: &Context<'_>) -> bool {
    let Some(contact) = contact(cx) else { return false };
    let submitted = *subject.submitter == Party::Contact(contact.id.clone());
    match relation {
        Relation::Submitter => submitted,
        Relation::Handler => submitted && subject.handlers.contains(&Handler::Submitter),
        Relation::OwnAccount => {
            let of_account = contact.account.is_some() && subject.account == contact.account.as_ref();
            of_account || subject.contact == Some(&contact.id) || mutant!("customers-see-each-other")
        }
        Relation::Admin
        | Relation::System
        | Relation::SeesAll
        | Relation::Owner
        | Relation::SuperiorOfOwner
        | Relation::Member(_)
        | Relation::SuperiorOfMember(_)
        | Relation::DepartmentHead
        | Relation::Engineer
        | Relation::Shared(_)
        | Relation::Group
        | Relation::Provider => false,
    }
}

/// A record type that a terminal user may raise Work Orders of. Any other is answered as one that there is not (PER-8).
///
/// # Errors
/// There is none of that name for them.
pub fn offered<'a>(name: &Name, cx: &Context<'a>) -> Result<&'a RecordType, Rejection> {
    let unknown = || Rejection::unknown("recordType", name.as_str());
    let published = cx.catalogue.type_state(name) == Some(TypeState::Published);
    let offered = published && has(Right::CreateWorkOrders, Some(name), cx);
    cx.catalogue.record_type(name).filter(|_| offered).ok_or_else(unknown)
}

/// All record types that a terminal user may raise Work Orders of, in order of name.
pub fn all_offered<'a>(cx: &Context<'a>) -> Vec<&'a RecordType> {
    cx.catalogue.type_names().filter_map(|name| offered(name, cx).ok()).collect()
}

/// Whether customers read what a field holds, beside what the layout of their role says: not where it names people of the staff, or
/// customers.
pub fn reads(field: &Field) -> bool {
    let names_people = |kind: &Kind| matches!(kind, Kind::Reference(Target::StaffUser | Target::Contact | Target::Account));
    match field {
        Field::Single(single) => !names_people(&single.kind) || mutant!("customers-read-staff-names"),
        Field::Table(table) => !table.columns.iter().any(|column| names_people(&column.kind)),
    }
}

/// How much of a terminal somebody outside may know (reading 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It is of their own account: all of it, with what was done.
    Own,
    /// Product and warranty, and nothing of the owner.
    Product,
}

/// How much of a terminal a terminal user may know who knows its serial number; none: nothing.
pub fn sight(terminal: &Terminal, cx: &Context<'_>) -> Option<Sight> {
    if terminal.disabled || !acts(cx) {
        return None;
    }
    let own = contact(cx).is_some_and(|contact| is_own(terminal, contact) || mutant!("terminals-of-others-are-shown"));
    Some(if own { Sight::Own } else { Sight::Product })
}

fn is_own(terminal: &Terminal, contact: &Contact) -> bool {
    contact.account.as_ref() == Some(&terminal.account)
}

/// What the references of a form may lead to, by who fills it in: the staff may name all there is, a customer what is theirs. The rest
/// is answered as what there is not.
#[derive(Debug, Clone, Copy)]
pub enum Names<'a> {
    All,
    Of(Option<&'a Contact>),
}

impl<'a> Names<'a> {
    /// By who acts.
    pub fn of(cx: &Context<'a>) -> Self {
        match cx.principal {
            Principal::TerminalUser { .. } => Self::Of(contact(cx)),
            Principal::Staff { .. } | Principal::Guest { .. } | Principal::System => Self::All,
        }
    }

    /// Whether an account may be named.
    pub fn account(self, account: &Account) -> bool {
        match self {
            Self::All => true,
            Self::Of(contact) => contact.is_some_and(|contact| contact.account.as_ref() == Some(&account.id)),
        }
    }

    /// Whether a contact may be named.
    pub fn contact(self, named: &Contact) -> bool {
        match self {
            Self::All => true,
            Self::Of(contact) => contact.is_some_and(|contact| contact.id == named.id),
        }
    }

    /// Whether a terminal may be named.
    pub fn terminal(self, terminal: &Terminal) -> bool {
        match self {
            Self::All => true,
            Self::Of(contact) => contact.is_some_and(|contact| is_own(terminal, contact)),
        }
    }

    /// Whether people of the staff may be named.
    pub fn staff(self) -> bool {
        matches!(self, Self::All)
    }
}
