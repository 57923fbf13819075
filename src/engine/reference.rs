//! What decisions look things up in: definitions, the directory, the installation; and what people look customers up in. Fed by durable
//! states alone.

use super::look_up::LookUp;
use crate::domain::aggregate::State;
use crate::domain::definition::Catalogue;
use crate::domain::directory::{Directory, DirectoryEvent};
use crate::domain::installation::Installation;

/// The reference side of every decision.
#[derive(Debug, Default)]
pub struct Reference {
    pub catalogue: Catalogue,
    pub directory: Directory,
    pub look_up: LookUp,
    pub installation: Option<Installation>,
}

impl Reference {
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
