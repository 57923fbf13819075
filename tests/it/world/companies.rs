//! Service providers with their people and service groups, and user groups: put and put again, now and then so that companies would
//! mix. They never do.

use super::company::{group, staff, user};
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::directory::{Directory, DirectoryCommand, ServiceProvider, StaffUser, UserGroup};
use workorderd::domain::ids::{ServiceProviderId, UserGroupId};
use workorderd::domain::service_group::{GroupEntry, GroupRule, ServiceGroupCommand};
use workorderd::domain::text::PersonalText;
use workorderd::domain::transition::directory_key;

pub const PROVIDERS: [(&str, &str); 2] = [("nordlift", "Nordlift GmbH"), ("外包", "外包维修公司")];
/// Its people, with their provider and superior.
pub const OUTSIDERS: [(&str, &str, Option<&str>); 3] =
    [("out-1", "nordlift", None), ("out-2", "nordlift", Some("out-1")), ("out-3", "外包", None)];

fn provider_id(id: &str) -> ServiceProviderId {
    ServiceProviderId::new(id).expect("a good slug")
}

fn put(command: DirectoryCommand) -> (Key, Command) {
    (directory_key(&command), Command::Directory(command))
}

fn put_provider(n: usize, disabled: bool) -> (Key, Command) {
    let (id, name) = PROVIDERS[n];
    put(DirectoryCommand::PutServiceProvider(ServiceProvider { id: provider_id(id), name: name.into(), disabled }))
}

/// A provider's person.
pub fn outsider(n: usize) -> StaffUser {
    let (id, provider, superior) = OUTSIDERS[n];
    StaffUser {
        id: user(id),
        name: PersonalText::new(&format!("{id} 外部")),
        superior: superior.map(user),
        department: None,
        provider: Some(provider_id(provider)),
        ..staff("eng-1")
    }
}

fn their_group(members: &[&str]) -> (Key, Command) {
    let entry = GroupEntry {
        id: group("nord"),
        name: "Nordlift's".into(),
        leader: Some(user("out-1")),
        members: members.iter().map(|id| user(id)).collect(),
        rule: GroupRule::LeastLoaded,
        limit: None,
        provider: Some(provider_id("nordlift")),
        disabled: false,
    };
    (Key::ServiceGroup(group("nord")), Command::ServiceGroup(ServiceGroupCommand::Put(entry)))
}

fn user_group(members: &[&str], disabled: bool) -> (Key, Command) {
    let (id, members) = (UserGroupId::new("branch").expect("a good slug"), members.iter().map(|id| user(id)).collect());
    put(DirectoryCommand::PutUserGroup(UserGroup { id, name: "The branch".into(), members, disabled }))
}

/// What is there from the beginning; our own staff comes first.
pub fn founding() -> Vec<(Key, Command)> {
    let mut all: Vec<_> = (0..PROVIDERS.len()).map(|n| put_provider(n, false)).collect();
    all.extend((0..OUTSIDERS.len()).map(|n| put(DirectoryCommand::PutStaffUser(outsider(n)))));
    all.extend([their_group(&["out-2"]), user_group(&["eng-1", "王芳"], false)]);
    all
}

/// What somebody changes, sensibly or so that companies would mix.
pub fn change(rng: &mut fastrand::Rng) -> (Key, Command) {
    match rng.u32(..8) {
        0 => put_provider(rng.usize(..PROVIDERS.len()), rng.u32(..3) == 0),
        1 => their_group(&["out-1", "out-2"]),
        2 => their_group(&["out-2", if rng.bool() { "eng-1" } else { "out-3" }]),
        3 => user_group(&["eng-1", ["eng-2", "disp-1", "out-2"][rng.usize(..3)]], rng.u32(..4) == 0),
        4 => {
            // One of ours who would go over, or would report to somebody over there.
            let mut ours = staff("eng-2");
            match rng.bool() {
                true => ours.provider = Some(provider_id("nordlift")),
                false => ours.superior = Some(user("out-1")),
            }
            put(DirectoryCommand::PutStaffUser(ours))
        }
        _ => {
            let mut theirs = outsider(rng.usize(..OUTSIDERS.len()));
            match rng.u32(..6) {
                0 => theirs.provider = None,
                1 => theirs.superior = Some(user("lead-a")),
                2 => theirs.superior = Some(user("out-3")),
                3 => theirs.department = staff("eng-1").department,
                4 => theirs.superior = None,
                _ => theirs.disabled = rng.bool(),
            }
            put(DirectoryCommand::PutStaffUser(theirs))
        }
    }
}

/// Companies do not mix, at no moment, and nobody and no service group ever changes theirs.
pub fn check<'a>(states: impl Iterator<Item = &'a State>, directory: &Directory) {
    for state in states {
        let (provider, others): (_, Vec<_>) = match state {
            State::StaffUser(one) => {
                assert!(one.provider.is_none() || one.department.is_none(), "{} is in a department of ours", one.id);
                (one.provider.clone(), one.superior.iter().collect())
            }
            State::ServiceGroup(one) => (one.provider.clone(), one.leader.iter().chain(&one.members).collect()),
            State::UserGroup(one) => (None, one.members.iter().collect()),
            State::Department(one) => (None, one.head.iter().collect()),
            _ => continue,
        };
        for other in others {
            let of = directory.staff_user(other).and_then(|user| user.provider.clone());
            assert_eq!(of, provider, "{} and {other} are of one company", state.key());
        }
        let founded = match state.key() {
            Key::StaffUser(id) => OUTSIDERS.iter().find(|(known, ..)| *known == id.as_str()).map(|(_, provider, _)| provider_id(provider)),
            Key::ServiceGroup(id) => (id == group("nord")).then(|| provider_id("nordlift")),
            _ => None,
        };
        assert_eq!(provider, founded, "{} has changed the company", state.key());
    }
}
