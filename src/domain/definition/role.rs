//! Roles: named sets of rights. Built-in ones hold without any file; a definition of the same name replaces one.

use crate::domain::ids::Name;
use serde::{Deserialize, Serialize};

/// What a role may allow. Which Work Order it is about is judged beside it (`may`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    ReadWorkOrders,
    CreateWorkOrders,
    /// Hold, resume and annotate without being the node's handler.
    HandleWorkOrders,
    ReadDirectory,
    ChangeDirectory,
    ChangeDefinitions,
    /// Move running Work Orders to another process version, set a manual clock, see the status in full.
    Administer,
    /// Bring customers' calls that carry a link's token (the portal).
    ServeGuests,
    /// See every Work Order that is not void, whoever is responsible for it.
    ReadAllWorkOrders,
    /// The role gate of editing (reading 10); the data gate comes beside it, for this and the three below.
    EditWorkOrders,
    /// Change the owner, and who is on the team.
    ReassignWorkOrders,
    LockWorkOrders,
    VoidWorkOrders,
    /// Follow up, and see the list of what is to be followed up (FUP-3).
    FollowUp,
}

impl Right {
    /// All rights with their names in definition files.
    pub const ALL: [(&'static str, Self); 14] = [
        ("read_work_orders", Self::ReadWorkOrders),
        ("create_work_orders", Self::CreateWorkOrders),
        ("handle_work_orders", Self::HandleWorkOrders),
        ("read_directory", Self::ReadDirectory),
        ("change_directory", Self::ChangeDirectory),
        ("change_definitions", Self::ChangeDefinitions),
        ("administer", Self::Administer),
        ("serve_guests", Self::ServeGuests),
        ("read_all_work_orders", Self::ReadAllWorkOrders),
        ("edit_work_orders", Self::EditWorkOrders),
        ("reassign_work_orders", Self::ReassignWorkOrders),
        ("lock_work_orders", Self::LockWorkOrders),
        ("void_work_orders", Self::VoidWorkOrders),
        ("follow_up", Self::FollowUp),
    ];

    /// Its name in definition files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, right)| *right == self).map_or("?", |(name, _)| name)
    }
}

/// A role as defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDefinition {
    pub name: Name,
    /// Rights of its own and of all roles it includes, worked out when the definition was applied.
    pub rights: Vec<Right>,
    /// The record types whose Work Orders the rights are about; none: all (PER-2).
    pub record_types: Option<Vec<Name>>,
    /// Fields of forms that the role does not show.
    pub hidden_fields: Vec<Name>,
    /// Fields of forms that the role shows and does not let change.
    pub read_only_fields: Vec<Name>,
}

impl RoleDefinition {
    /// Whether it is about a record type; without one: of course.
    pub fn is_about(&self, record_type: Option<&Name>) -> bool {
        record_type.is_none_or(|wanted| self.record_types.as_ref().is_none_or(|types| types.contains(wanted)))
    }
}

/// Rights of the roles that exist without any definition (glossary: Role).
pub fn built_in(role: &str) -> Option<&'static [Right]> {
    use Right::*;
    Some(match role {
        "admin" => &[
            ReadWorkOrders,
            CreateWorkOrders,
            HandleWorkOrders,
            ReadDirectory,
            ChangeDirectory,
            ChangeDefinitions,
            Administer,
            ServeGuests,
            ReadAllWorkOrders,
            EditWorkOrders,
            ReassignWorkOrders,
            LockWorkOrders,
            VoidWorkOrders,
            FollowUp,
        ],
        "dispatcher" => &[
            ReadWorkOrders,
            CreateWorkOrders,
            HandleWorkOrders,
            ReadDirectory,
            ReadAllWorkOrders,
            EditWorkOrders,
            ReassignWorkOrders,
            LockWorkOrders,
            VoidWorkOrders,
        ],
        "service-staff" => &[
            ReadWorkOrders,
            CreateWorkOrders,
            HandleWorkOrders,
            ReadDirectory,
            EditWorkOrders,
            ReassignWorkOrders,
            LockWorkOrders,
            VoidWorkOrders,
        ],
        "engineer" => &[ReadWorkOrders, ReadDirectory],
        "request-handler" => &[ReadWorkOrders, CreateWorkOrders, ReadDirectory],
        "follow-up-staff" => &[ReadWorkOrders, CreateWorkOrders, ReadDirectory, FollowUp],
        "gateway" => &[ServeGuests],
        "guest" | "terminal-user" => &[],
        _ => return None,
    })
}

/// Names of the built-in roles.
pub const BUILT_IN: [&str; 9] =
    ["admin", "dispatcher", "service-staff", "engineer", "request-handler", "follow-up-staff", "gateway", "guest", "terminal-user"];
