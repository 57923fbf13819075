//! `[[sharing_rule]]`: whose Work Orders others may see, or see and change (PER-6).

use crate::domain::ids::{DepartmentId, Name, StaffUserId, UserGroupId};
use crate::domain::work_order::team::Access;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose: by the owner, or by the main department of the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShareFrom {
    User(StaffUserId),
    Department(DepartmentId),
}

/// With whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShareTo {
    User(StaffUserId),
    Department(DepartmentId),
    UserGroup(UserGroupId),
}

/// Work Orders of some are shared with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingRule {
    pub name: Name,
    pub from: ShareFrom,
    pub to: ShareTo,
    pub access: Access,
}

impl fmt::Display for ShareFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Department(id) => write!(f, "department:{id}"),
        }
    }
}

impl fmt::Display for ShareTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Department(id) => write!(f, "department:{id}"),
            Self::UserGroup(id) => write!(f, "user-group:{id}"),
        }
    }
}
