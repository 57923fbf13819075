//! What somebody carries in the directory: who reports to them, what they head and lead, where they are a member. Whoever leaves is
//! disabled, and all of it stays as it is; an admin has to see it to pass it on.

use super::read_model::Directory;
use crate::domain::ids::{DepartmentId, ServiceGroupId, StaffUserId, UserGroupId};

/// Told at most of each.
pub const CARRIED_MAX: usize = 200;

/// What one staff user carries, each in order of id. Entries that are disabled themselves are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    pub superior_of: Vec<StaffUserId>,
    pub head_of: Vec<DepartmentId>,
    pub leader_of: Vec<ServiceGroupId>,
    pub member_of: Vec<ServiceGroupId>,
    pub user_groups: Vec<UserGroupId>,
}

impl Directory {
    /// What a staff user carries.
    pub fn carried(&self, user: &StaffUserId) -> Carried {
        let groups = || self.groups().filter(|(_, group)| !group.disabled);
        let led = groups().filter(|(_, group)| group.leader.as_ref() == Some(user));
        let joined = groups().filter(|(_, group)| group.members.contains(user));
        Carried {
            superior_of: told(self.staff_users().filter(|one| !one.disabled && one.superior.as_ref() == Some(user)).map(|one| &one.id)),
            head_of: told(self.departments().filter(|one| !one.disabled && one.head.as_ref() == Some(user)).map(|one| &one.id)),
            leader_of: told(led.map(|(id, _)| id)),
            member_of: told(joined.map(|(id, _)| id)),
            user_groups: told(self.user_groups().filter(|one| !one.disabled && one.members.contains(user)).map(|one| &one.id)),
        }
    }
}

fn told<'a, T: Clone + 'a>(ids: impl Iterator<Item = &'a T>) -> Vec<T> {
    ids.take(CARRIED_MAX).cloned().collect()
}
