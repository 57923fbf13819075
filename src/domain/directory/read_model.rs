//! The directory as decisions see it: durable entries by id. Fed by durable events alone.

use super::entry::{Account, Contact, Department, DirectoryEvent, Product, ServiceProvider, StaffUser, Terminal, UserGroup};
use crate::domain::ids::{
    AccountId, ContactId, DepartmentId, Name, ProductId, ServiceGroupId, ServiceProviderId, StaffUserId, TerminalId, UserGroupId,
};
use crate::domain::service_group::GroupRule;
use std::collections::BTreeMap;

/// Leader and members of a service group, as far as decisions about others need them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMembers {
    pub name: Box<str>,
    pub leader: Option<StaffUserId>,
    pub members: Vec<StaffUserId>,
    pub rule: GroupRule,
    pub limit: Option<u32>,
    pub provider: Option<ServiceProviderId>,
    pub disabled: bool,
}

/// All entries by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    staff_users: BTreeMap<StaffUserId, StaffUser>,
    accounts: BTreeMap<AccountId, Account>,
    contacts: BTreeMap<ContactId, Contact>,
    departments: BTreeMap<DepartmentId, Department>,
    products: BTreeMap<ProductId, Product>,
    terminals: BTreeMap<TerminalId, Terminal>,
    groups: BTreeMap<ServiceGroupId, GroupMembers>,
    user_groups: BTreeMap<UserGroupId, UserGroup>,
    providers: BTreeMap<ServiceProviderId, ServiceProvider>,
}

impl Directory {
    /// A staff user, also a disabled one.
    pub fn staff_user(&self, id: &StaffUserId) -> Option<&StaffUser> {
        self.staff_users.get(id)
    }

    /// A staff user who can act and be assigned to.
    pub fn active(&self, id: &StaffUserId) -> Option<&StaffUser> {
        self.staff_user(id).filter(|user| self.can_act(user))
    }

    /// Neither they nor the service provider they work for have been disabled.
    fn can_act(&self, user: &StaffUser) -> bool {
        !user.disabled && self.works(user.provider.as_ref())
    }

    fn works(&self, provider: Option<&ServiceProviderId>) -> bool {
        provider.is_none_or(|id| self.provider(id).is_some_and(|provider| !provider.disabled))
    }

    /// An account.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// A contact.
    pub fn contact(&self, id: &ContactId) -> Option<&Contact> {
        self.contacts.get(id)
    }

    /// A product, also a disabled one.
    pub fn product(&self, id: &ProductId) -> Option<&Product> {
        self.products.get(id)
    }

    /// A terminal, also a disabled one.
    pub fn terminal(&self, id: &TerminalId) -> Option<&Terminal> {
        self.terminals.get(id)
    }

    /// A department, also a disabled one.
    pub fn department(&self, id: &DepartmentId) -> Option<&Department> {
        self.departments.get(id)
    }

    /// Departments in order of id.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    /// Active staff users who have the role, in order of id.
    pub fn with_role<'a>(&'a self, role: &'a Name) -> impl Iterator<Item = &'a StaffUser> {
        self.staff_users().filter(move |user| self.can_act(user) && user.roles.contains(role))
    }

    /// The nearest superior who can act: whoever has left is passed over. None at the top of the line.
    pub fn superior(&self, of: &StaffUserId) -> Option<&StaffUserId> {
        let above = |id: &StaffUserId| self.staff_user(id).and_then(|u| u.superior.as_ref());
        // Should the line ever be a circle, this must still end.
        let line = std::iter::successors(self.staff_user(of)?.superior.as_ref(), |id| above(id)).take(self.staff_users.len());
        line.into_iter().find(|id| *id != of && self.active(id).is_some())
    }

    /// The head of somebody's main department, or of the next one above that has another head who can act.
    pub fn department_head(&self, of: &StaffUserId) -> Option<&StaffUserId> {
        let first = self.staff_user(of)?.department.as_ref().and_then(|id| self.department(id));
        let up = |d: &&Department| d.parent.as_ref().and_then(|id| self.department(id));
        let line = std::iter::successors(first, up).take(self.departments.len());
        line.filter_map(|d| d.head.as_ref()).find(|head| *head != of && self.active(head).is_some())
    }

    /// A service group.
    pub fn group(&self, id: &ServiceGroupId) -> Option<&GroupMembers> {
        self.groups.get(id)
    }

    /// A service group that can be given work: neither it nor the service provider it belongs to has been disabled.
    pub fn active_group(&self, id: &ServiceGroupId) -> Option<&GroupMembers> {
        self.group(id).filter(|group| !group.disabled && self.works(group.provider.as_ref()))
    }

    /// A user group, also a disabled one.
    pub fn user_group(&self, id: &UserGroupId) -> Option<&UserGroup> {
        self.user_groups.get(id)
    }

    /// A service provider, also a disabled one.
    pub fn provider(&self, id: &ServiceProviderId) -> Option<&ServiceProvider> {
        self.providers.get(id)
    }

    /// Whether the user is the leader or a member of the group.
    pub fn is_member(&self, group: &ServiceGroupId, user: &StaffUserId) -> bool {
        self.group(group).is_some_and(|g| g.leader.as_ref() == Some(user) || g.members.contains(user))
    }

    /// Staff users in order of id.
    pub fn staff_users(&self) -> impl Iterator<Item = &StaffUser> {
        self.staff_users.values()
    }

    /// Accounts in order of id.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Contacts in order of id.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.values()
    }

    /// Products in order of id.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// Terminals in order of id.
    pub fn terminals(&self) -> impl Iterator<Item = &Terminal> {
        self.terminals.values()
    }

    /// Service groups in order of id.
    pub fn groups(&self) -> impl Iterator<Item = (&ServiceGroupId, &GroupMembers)> {
        self.groups.iter()
    }

    /// User groups in order of id.
    pub fn user_groups(&self) -> impl Iterator<Item = &UserGroup> {
        self.user_groups.values()
    }

    /// Service providers in order of id.
    pub fn providers(&self) -> impl Iterator<Item = &ServiceProvider> {
        self.providers.values()
    }

    /// Takes a durable event in.
    pub fn take(&mut self, event: &DirectoryEvent) {
        match event {
            DirectoryEvent::StaffUserPut(user) => {
                self.staff_users.insert(user.id.clone(), user.clone());
            }
            DirectoryEvent::AccountPut(account) => {
                self.accounts.insert(account.id.clone(), account.clone());
            }
            DirectoryEvent::ContactPut(contact) => {
                self.contacts.insert(contact.id.clone(), contact.clone());
            }
            DirectoryEvent::DepartmentPut(department) => {
                self.departments.insert(department.id.clone(), department.clone());
            }
            DirectoryEvent::ProductPut(product) => {
                self.products.insert(product.id.clone(), product.clone());
            }
            DirectoryEvent::TerminalPut(terminal) => {
                self.terminals.insert(terminal.id.clone(), terminal.clone());
            }
            DirectoryEvent::UserGroupPut(group) => {
                self.user_groups.insert(group.id.clone(), group.clone());
            }
            DirectoryEvent::ServiceProviderPut(provider) => {
                self.providers.insert(provider.id.clone(), provider.clone());
            }
            DirectoryEvent::AbsenceSet { user, absence } => {
                if let Some(user) = self.staff_users.get_mut(user) {
                    user.absence = *absence;
                }
            }
        }
    }

    /// Takes the durable members of a group in.
    pub fn take_group(&mut self, id: &ServiceGroupId, members: GroupMembers) {
        self.groups.insert(id.clone(), members);
    }
}
