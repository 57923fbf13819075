//! Who plays: staff, a service group, customers of several languages; and the shipped sample definitions they work by.

use super::error::{DemoError, Result};
use super::stage::Stage;
use crate::protocol::definitions::{self, Applied, Apply, File};
use crate::protocol::directory::{
    self, Accepted, Account, Contact, PutAccount, PutContact, PutServiceGroup, PutStaffUser, ServiceGroup, StaffUser,
};
use crate::protocol::system::{self, ChangeSmsQuota, SmsQuota};

/// The definitions as they are shipped, by file name.
pub const DEFINITIONS: [(&str, &str); 8] = [
    ("evaluation.toml", include_str!("../../config/definitions/evaluation.toml")),
    ("messages.toml", include_str!("../../config/definitions/messages.toml")),
    ("follow-up.toml", include_str!("../../config/definitions/follow-up.toml")),
    ("forms.toml", include_str!("../../config/definitions/forms.toml")),
    ("processes.toml", include_str!("../../config/definitions/processes.toml")),
    ("sops.toml", include_str!("../../config/definitions/sops.toml")),
    ("record-types.toml", include_str!("../../config/definitions/record-types.toml")),
    ("roles.toml", include_str!("../../config/definitions/roles.toml")),
];

/// The service group.
pub const GROUP: &str = "lifts";

/// Staff: id, name, role, what they are told as.
const STAFF: [(&str, &str, &str, &str); 7] = [
    ("ada", "Ada", "admin", "the admin"),
    ("sue", "Sue", "service-staff", "at the service desk"),
    ("dora", "Dora", "dispatcher", "the dispatcher"),
    ("lena", "Lena", "engineer", "who leads the group Lifts"),
    ("emil", "Emil", "engineer", "engineer"),
    ("mei", "Mei", "engineer", "engineer"),
    ("iris", "Iris", "follow-up", "who asks customers afterwards"),
];

/// Customers: contact, name, e-mail address, language, account, its name, mobile number or nothing.
const CUSTOMERS: [[&str; 7]; 3] = [
    ["wang", "王伟", "wang.wei@example.cn", "zh", "harbour-hotel", "海港酒店 Harbour Hotel", "+86 138 0013 8000"],
    ["zoe", "Zoë Müller", "zoe.mueller@example.de", "en", "moebelhaus-nord", "Möbelhaus Nord", ""],
    ["renee", "Renée O'Brien", "renee@example.ie", "en", "cafe-oconnell", "Café O'Connell", ""],
];

/// The name a staff user or contact goes by.
pub fn name(id: &str) -> &str {
    let staff = STAFF.iter().find(|s| s.0 == id).map(|s| s.1);
    staff.or_else(|| CUSTOMERS.iter().find(|c| c[0] == id).map(|c| c[1])).unwrap_or(id)
}

/// The e-mail address of a staff user or contact.
pub fn address(id: &str) -> String {
    CUSTOMERS.iter().find(|c| c[0] == id).map_or_else(|| format!("{id}@example.org"), |c| c[2].to_owned())
}

/// The definition files, with another text in place of one of them.
pub fn files(instead: Option<(&str, &str)>) -> Vec<File> {
    let text = |(path, text): &(&str, &str)| match instead {
        Some((other, changed)) if other == *path => changed.to_owned(),
        _ => (*text).to_owned(),
    };
    DEFINITIONS.iter().map(|file| File { path: file.0.to_owned(), text: text(file) }).collect()
}

/// Applies definition files; says how many definitions changed.
///
/// # Errors
/// They were refused.
pub fn apply(stage: &mut Stage, who: &str, files: Vec<File>) -> Result<usize> {
    let request_id = stage.request();
    let applied: Applied = stage.call(who, definitions::NAME, "Apply", &Apply { request_id, files, dry_run: None })?;
    Ok(applied.changes.len())
}

/// Enters everybody.
///
/// # Errors
/// A call was refused.
pub fn enter(stage: &mut Stage) -> Result<()> {
    let changes = apply(stage, "", files(None))?;
    if changes == 0 {
        return Err(DemoError::Unexpected("the definitions changed nothing".into()));
    }
    stage.tell(&format!("The sample definitions are applied: {changes} in {} files of config/definitions.", DEFINITIONS.len()));
    for (id, name, role, _) in STAFF {
        let staff_user =
            StaffUser { id: id.into(), name: name.into(), email: Some(address(id)), roles: vec![role.into()], ..StaffUser::default() };
        let put = PutStaffUser { request_id: stage.request(), expected_revision: None, staff_user };
        let _: Accepted = stage.call("", directory::NAME, "PutStaffUser", &put)?;
    }
    let service_group = ServiceGroup {
        id: GROUP.into(),
        name: "Lifts".into(),
        leader: Some("lena".into()),
        members: vec!["emil".into(), "mei".into()],
        ..ServiceGroup::default()
    };
    let put = PutServiceGroup { request_id: stage.request(), expected_revision: None, service_group };
    let _: Accepted = stage.call("", directory::NAME, "PutServiceGroup", &put)?;
    let told: Vec<_> = STAFF.iter().map(|(_, name, _, told)| format!("{name} ({told})")).collect();
    stage.tell(&format!("People: {}.", told.join(", ")));
    for [id, name, email, language, account, account_name, mobile] in CUSTOMERS {
        let put = PutAccount {
            request_id: stage.request(),
            expected_revision: None,
            account: Account { id: account.into(), name: account_name.into(), ..Account::default() },
        };
        let _: Accepted = stage.call("", directory::NAME, "PutAccount", &put)?;
        let contact = Contact {
            id: id.into(),
            name: name.into(),
            account: Some(account.into()),
            email: Some(email.into()),
            mobile: Some(mobile.to_owned()).filter(|mobile| !mobile.is_empty()),
            language: Some(language.into()),
            ..Contact::default()
        };
        let put = PutContact { request_id: stage.request(), expected_revision: None, contact };
        let _: Accepted = stage.call("", directory::NAME, "PutContact", &put)?;
    }
    let bought = ChangeSmsQuota { request_id: stage.request(), by: 100 };
    let _: SmsQuota = stage.call("", system::NAME, "ChangeSmsQuota", &bought)?;
    let told: Vec<_> = CUSTOMERS.iter().map(|c| format!("{} ({})", c[1], c[5])).collect();
    stage.tell(&format!("Customers: {}.", told.join(", ")));
    Ok(())
}
