//! The people of a log: staff users, service groups with their members, accounts, contacts.
//! Keeps: everybody in it is named in the log; a member of a group is who was assigned one of its incidents or updated one.
//!
//! Resolvers are engineers and updaters dispatchers; the log hides who of them is the same person. A location is an account, but
//! one of the incident and not of the caller: some call from several.

use std::collections::{BTreeMap, BTreeSet};

use super::log::Incident;

/// Everybody in a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// Who is assigned work.
    pub engineers: BTreeSet<String>,
    /// Who updates.
    pub dispatchers: BTreeSet<String>,
    /// Groups and their members.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// Locations.
    pub accounts: BTreeSet<String>,
    /// Callers.
    pub contacts: BTreeSet<String>,
}

/// Collects them.
pub fn of(incidents: &[Incident]) -> People {
    let mut people = People::default();
    for incident in incidents {
        let mut group: Option<&String> = None;
        for row in &incident.rows {
            people.dispatchers.insert(row.updated_by.clone());
            people.engineers.extend(row.assigned.clone());
            people.accounts.extend(row.location.clone());
            people.contacts.insert(row.caller.clone());
            // Who takes it from one group to another acts in both. An emptied group is still the last one's work.
            for of in [group, row.group.as_ref()].into_iter().flatten() {
                people.groups.entry(of.clone()).or_default().insert(row.updated_by.clone());
            }
            group = row.group.as_ref().or(group);
            if let (Some(group), Some(engineer)) = (group, &row.assigned) {
                people.groups.entry(group.clone()).or_default().insert(engineer.clone());
            }
        }
    }
    people
}

#[cfg(test)]
mod tests {
    use super::super::log::State::{Active, New, Resolved};
    use super::super::made_up::incident;
    use super::*;

    #[test]
    fn members_are_those_who_had_or_updated_an_incident_of_the_group() {
        let people = of(&[incident(&[(0, New, "g", "-"), (1, Active, "g", "e"), (2, Active, "h", "-"), (3, Resolved, "-", "f")])]);
        let members = |group: &str| people.groups[group].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(members("g"), ["e", "u1", "u2", "u3"]);
        assert_eq!(members("h"), ["f", "u3", "u4"], "an emptied group is still the last one's work");
        assert_eq!(people.engineers.iter().collect::<Vec<_>>(), ["e", "f"]);
        assert_eq!((people.dispatchers.len(), people.contacts.len(), people.accounts.len()), (4, 1, 1));
    }
}
