//! What decisions look things up in: definitions, the directory, the installation; and what people look customers up in. Fed by durable
//! states alone.

use super::look_up::{LookUp, Query, Who};
use crate::domain::aggregate::State;
use crate::domain::definition::Catalogue;
use crate::domain::directory::{Directory, DirectoryEvent};
use crate::domain::ids::{ContactId, TerminalUserId};
use crate::domain::installation::Installation;
use crate::domain::text::PersonalText;
use std::collections::HashMap;

/// The reference side of every decision.
#[derive(Debug, Default)]
pub struct Reference {
    pub catalogue: Catalogue,
    pub directory: Directory,
    pub look_up: LookUp,
    /// The contacts that have links to sign in, or had, by how links name them.
    terminal_users: HashMap<TerminalUserId, ContactId>,
    pub installation: Option<Installation>,
}

impl Reference {
    /// The contact that a link or a session is of.
    pub fn terminal_user(&self, id: TerminalUserId) -> Option<&ContactId> {
        self.terminal_users.get(&id)
    }

    /// The contact who may come into the portal by this address; of several that have it, the first in order of id.
    pub fn by_address(&self, email: &str) -> Option<&ContactId> {
        /// A name may be written like an address, too.
        const LOOKED_AT: usize = 1_000;
        let found = self.look_up.exact(&Query::new(email), LOOKED_AT);
        let contacts = found.hits.iter().filter_map(|hit| match &hit.who {
            Who::Contact(id) => self.directory.active_contact(id),
            Who::Account(_) => None,
        });
        let has = |own: &PersonalText| own.0.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email));
        contacts.filter(|contact| contact.email.as_ref().is_some_and(has)).map(|contact| &contact.id).min()
    }

    /// Whether decisions look states of this kind up.
    pub fn concerns(state: &State) -> bool {
        !matches!(state, State::WorkOrder(_))
    }

    /// Takes a durable state in.
    pub fn take(&mut self, state: &State) {
        match state {
            State::Installation(installation) => self.installation = Some(installation.clone()),
            State::Catalogue(catalogue) => self.catalogue = (**catalogue).clone(),
            State::StaffUser(user) => self.directory.take(&DirectoryEvent::StaffUserPut((**user).clone())),
            State::Account(account) => {
                self.look_up.take_account(account);
                self.directory.take(&DirectoryEvent::AccountPut((**account).clone()));
            }
            State::Contact(contact) => {
                if let Some(known) = &contact.sign_ins {
                    self.terminal_users.insert(known.id, contact.id.clone());
                }
                self.look_up.take_contact(contact);
                self.directory.take(&DirectoryEvent::ContactPut((**contact).clone()));
            }
            State::Department(department) => self.directory.take(&DirectoryEvent::DepartmentPut((**department).clone())),
            State::Product(product) => self.directory.take(&DirectoryEvent::ProductPut((**product).clone())),
            State::Terminal(terminal) => self.directory.take(&DirectoryEvent::TerminalPut((**terminal).clone())),
            State::UserGroup(group) => self.directory.take(&DirectoryEvent::UserGroupPut((**group).clone())),
            State::ServiceProvider(provider) => self.directory.take(&DirectoryEvent::ServiceProviderPut((**provider).clone())),
            State::ServiceGroup(group) => self.directory.take_group(&group.id, group.as_members()),
            State::WorkOrder(_) => {}
        }
    }
}
