//! Which fields of forms somebody sees and may change: what their roles say together (PER-2).
//!
//! A field is hidden from whom every one of their roles hides it, and read only for whom none lets them change it. Roles that are about
//! other record types are left out of it, unless there is no other. Terminal users have one role; customers behind a link and the system
//! have none, and see what they are told.

use super::portal;
use crate::domain::context::Context;
use crate::domain::definition::{RoleDefinition, role::built_in};
use crate::domain::ids::Name;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;

/// What the roles of somebody say of fields, where one record type is concerned.
#[derive(Debug)]
pub struct Layout<'a> {
    /// Empty, if one of the roles shows all and lets all be changed.
    roles: Vec<&'a RoleDefinition>,
}

impl<'a> Layout<'a> {
    /// Of who acts, for a record type; without one: of all their roles together.
    pub fn of(record_type: Option<&Name>, cx: &Context<'a>) -> Self {
        let names = match cx.principal {
            Principal::Staff { roles, .. } => roles,
            Principal::TerminalUser { .. } => return Self { roles: portal::definition(cx).into_iter().collect() },
            Principal::Guest { .. } | Principal::System => return Self { roles: Vec::new() },
        };
        let mut roles = Vec::new();
        let mut of_others = Vec::new();
        for name in names {
            match cx.catalogue.role(name) {
                Some(role) if role.is_about(record_type) => roles.push(role),
                Some(role) => of_others.push(role),
                None if built_in(name.as_str()).is_some() => return Self { roles: Vec::new() },
                None => {}
            }
        }
        Self { roles: if roles.is_empty() { of_others } else { roles } }
    }

    /// Whether the field is not shown.
    pub fn hides(&self, field: &Name) -> bool {
        !mutant!("layouts-hide-nothing") && self.all(|role| role.hidden_fields.contains(field))
    }

    /// Whether the field may not be changed; also of what is hidden.
    pub fn keeps(&self, field: &Name) -> bool {
        self.all(|role| role.hidden_fields.contains(field) || role.read_only_fields.contains(field))
    }

    fn all(&self, says: impl Fn(&RoleDefinition) -> bool) -> bool {
        !self.roles.is_empty() && self.roles.iter().all(|role| says(role))
    }

    /// The fields that are hidden or read only, each with whether it is hidden and the roles that say so.
    pub fn limits(&self) -> Vec<(&'a Name, bool, Vec<&'a Name>)> {
        let named = self.roles.iter().flat_map(|role| role.hidden_fields.iter().chain(&role.read_only_fields));
        let mut fields: Vec<&Name> = named.filter(|field| self.keeps(field)).collect();
        fields.sort_unstable();
        fields.dedup();
        let roles: Vec<&Name> = self.roles.iter().map(|role| &role.name).collect();
        fields.into_iter().map(|field| (field, self.hides(field), roles.clone())).collect()
    }

    /// Refuses a field that is given though it is not to be changed: what is hidden as one that there is not (PER-8).
    pub fn takes(&self, field: &str) -> Result<(), Rejection> {
        let Ok(name) = Name::new(field) else { return Ok(()) };
        let path = || format!("fields.{field}");
        if self.hides(&name) {
            return Err(Rejection::InvalidFormField { field: path(), rule: "unknown", problem: "there is no such field".to_owned() });
        }
        if self.keeps(&name) && !mutant!("read-only-is-written") {
            let problem = "may be read, but not changed, with your roles".to_owned();
            return Err(Rejection::InvalidFormField { field: path(), rule: "read-only", problem });
        }
        Ok(())
    }
}
