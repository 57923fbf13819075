//! The directory as decisions see it: durable entries by id. Fed by durable events alone.

use super::entry::{Account, Contact, Department, DirectoryEvent, Product, ServiceProvider, StaffUser, Terminal, UserGroup};
use super::sign_in;
use crate::domain::ids::{
    AccountId, ContactId, DepartmentId, Name, ProductId, ServiceGroupId, ServiceProviderId, StaffUserId, TerminalId, UserGroupId,
};
use crate::domain::service_group::GroupRule;
use crate::domain::work_order::state::Party;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Terminals by their serial numbers, written small.
    serial_numbers: BTreeMap<Box<str>, BTreeSet<TerminalId>>,
    reach: Reach,
    /// Who is told also of what waits for many.
    told_of_pools: BTreeSet<StaffUserId>,
}

/// How far those above reach, by the settings (readings 19 and 20). The default: the whole line below, and sub-departments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Subordinates are those who report directly.
    pub direct_reports_only: bool,
    /// A department is its own people, without those of the departments below it.
    pub without_sub_departments: bool,
}

impl Directory {
    /// From now on those above reach so far.
    pub fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// Whether one is a superior of another, as far as superiors reach. Those who have left stay in the line.
    pub fn is_above(&self, superior: &StaffUserId, user: &StaffUserId) -> bool {
        let above = |id: &StaffUserId| self.staff_user(id).and_then(|u| u.superior.as_ref());
        let most = if self.reach.direct_reports_only { 1 } else { self.staff_users.len() };
        let mut line = std::iter::successors(above(user), |id| above(id)).take(most);
        user != superior && line.any(|id| id == superior)
    }

    /// All whose superior somebody is, as far as superiors reach.
    pub fn subordinates(&self, of: &StaffUserId) -> Vec<StaffUserId> {
        let mut below: BTreeMap<&StaffUserId, Vec<&StaffUserId>> = BTreeMap::new();
        for user in self.staff_users.values() {
            if let Some(superior) = &user.superior {
                below.entry(superior).or_default().push(&user.id);
            }
        }
        let mut found: Vec<&StaffUserId> = below.get(of).cloned().unwrap_or_default();
        let mut next = 0;
        while let Some(user) = found.get(next).copied().filter(|_| !self.reach.direct_reports_only && found.len() <= self.staff_users.len())
        {
            next += 1;
            found.extend(below.get(user).into_iter().flatten());
        }
        found.into_iter().filter(|user| *user != of).cloned().collect()
    }

    /// Whether a department is the other one, or below it as far as departments reach.
    pub fn is_within(&self, department: &DepartmentId, of: &DepartmentId) -> bool {
        let above = |id: &DepartmentId| self.department(id).and_then(|d| d.parent.as_ref());
        let most = if self.reach.without_sub_departments { 1 } else { self.departments.len().max(1) };
        std::iter::successors(Some(department), |id| above(id)).take(most).any(|id| id == of)
    }

    /// Whether somebody heads the main department of another, or one above it as far as departments reach.
    pub fn heads_department_of(&self, head: &StaffUserId, user: &StaffUserId) -> bool {
        let Some(department) = self.staff_user(user).and_then(|u| u.department.as_ref()) else { return false };
        let headed = |d: &&Department| d.head.as_ref() == Some(head);
        self.departments().filter(headed).any(|d| self.is_within(department, &d.id))
    }

    /// All whose main department somebody heads, as far as departments reach; themselves too where they are in it.
    pub fn headed_by(&self, head: &StaffUserId) -> Vec<StaffUserId> {
        let headed: Vec<_> = self.departments().filter(|d| d.head.as_ref() == Some(head)).map(|d| &d.id).collect();
        if headed.is_empty() {
            return Vec::new();
        }
        let within = |user: &&StaffUser| user.department.as_ref().is_some_and(|own| headed.iter().any(|of| self.is_within(own, of)));
        self.staff_users().filter(within).map(|user| user.id.clone()).collect()
    }

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
                self.tell_of_pools(&user.id);
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
                let old = self.terminals.insert(terminal.id.clone(), terminal.clone());
                self.number(old.as_ref(), terminal);
            }
            DirectoryEvent::UserGroupPut(group) => {
                self.user_groups.insert(group.id.clone(), group.clone());
            }
            DirectoryEvent::ServiceProviderPut(provider) => {
                self.providers.insert(provider.id.clone(), provider.clone());
            }
            DirectoryEvent::NoticesSet { user, notices } => {
                if let Some(known) = self.staff_users.get_mut(user) {
                    known.notices = notices.clone().map(Box::new);
                }
                self.tell_of_pools(user);
            }
            DirectoryEvent::SignIn { contact, event } => {
                if let Some(contact) = self.contacts.get_mut(contact) {
                    sign_in::evolve(contact, event);
                }
            }
            DirectoryEvent::AbsenceSet { user, absence } => {
                if let Some(user) = self.staff_users.get_mut(user) {
                    user.absence = *absence;
                }
            }
            DirectoryEvent::PersonErased { who: Party::Staff(user), at } => {
                self.staff_users.get_mut(user).into_iter().for_each(|user| user.erase(*at));
                self.tell_of_pools(user);
            }
            DirectoryEvent::PersonErased { who: Party::Contact(id), at } => {
                self.contacts.get_mut(id).into_iter().for_each(|contact| contact.erase(*at));
            }
            DirectoryEvent::ErasureFinished { who: Party::Staff(user), done } => {
                self.staff_users.get_mut(user).into_iter().for_each(|user| user.erasure_done(done));
            }
            DirectoryEvent::ErasureFinished { who: Party::Contact(id), done } => {
                self.contacts.get_mut(id).into_iter().for_each(|contact| contact.erasure_done(done));
            }
            // They are nobody of the directory.
            DirectoryEvent::PersonErased { who: Party::Guest(_), .. } | DirectoryEvent::ErasureFinished { who: Party::Guest(_), .. } => {}
        }
    }

    fn number(&mut self, old: Option<&Terminal>, new: &Terminal) {
        let key = |terminal: &Terminal| terminal.serial_number.as_deref().map(small);
        if let Some(old) = old.and_then(key)
            && let Some(those) = self.serial_numbers.get_mut(&old)
        {
            those.remove(&new.id);
            if those.is_empty() {
                self.serial_numbers.remove(&old);
            }
        }
        if let Some(number) = key(new) {
            self.serial_numbers.entry(number).or_default().insert(new.id.clone());
        }
    }

    /// Terminals with a serial number, however it is written, in order of id; disabled ones too.
    pub fn with_serial_number<'a>(&'a self, number: &str) -> impl Iterator<Item = &'a Terminal> {
        self.serial_numbers.get(&small(number)).into_iter().flatten().filter_map(|id| self.terminal(id))
    }

    fn tell_of_pools(&mut self, user: &StaffUserId) {
        let told = self.staff_user(user).and_then(|user| user.notices.as_ref()).is_some_and(|notices| notices.pools);
        if told {
            self.told_of_pools.insert(user.clone());
        } else {
            self.told_of_pools.remove(user);
        }
    }

    /// Who wants to be told also of what waits for a role or a service group of theirs, in order of id.
    pub fn told_of_pools(&self) -> impl Iterator<Item = &StaffUserId> {
        self.told_of_pools.iter()
    }

    /// Takes the durable members of a group in.
    pub fn take_group(&mut self, id: &ServiceGroupId, members: GroupMembers) {
        self.groups.insert(id.clone(), members);
    }
}

fn small(number: &str) -> Box<str> {
    number.trim().to_lowercase().into()
}
