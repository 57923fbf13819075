//! Keys as bytes: one byte for the kind, then the id. They sort on disk as kinds and ids do.

use super::envelope::CodecError;
use crate::domain::aggregate::Key;
use crate::domain::ids::{
    AccountId, ContactId, DepartmentId, ProductId, ServiceGroupId, ServiceProviderId, SlugProblem, StaffUserId, TerminalId, UserGroupId,
    WorkOrderId,
};

/// The bytes of a key, at most 241.
pub fn encode(key: &Key) -> Vec<u8> {
    let (kind, id): (u8, &[u8]) = match key {
        Key::Installation => (1, &[]),
        Key::Catalogue => (2, &[]),
        Key::StaffUser(id) => (3, id.as_str().as_bytes()),
        Key::Account(id) => (4, id.as_str().as_bytes()),
        Key::Contact(id) => (5, id.as_str().as_bytes()),
        Key::ServiceGroup(id) => (6, id.as_str().as_bytes()),
        Key::WorkOrder(id) => (7, &id.0.to_be_bytes()),
        Key::Department(id) => (8, id.as_str().as_bytes()),
        Key::Product(id) => (9, id.as_str().as_bytes()),
        Key::Terminal(id) => (10, id.as_str().as_bytes()),
        Key::UserGroup(id) => (11, id.as_str().as_bytes()),
        Key::ServiceProvider(id) => (12, id.as_str().as_bytes()),
    };
    let mut out = Vec::with_capacity(1 + id.len());
    out.push(kind);
    out.extend_from_slice(id);
    out
}

/// The key of bytes.
pub fn decode(bytes: &[u8]) -> Result<Key, CodecError> {
    let bad = |why: &str| CodecError::Key(why.to_owned());
    let (kind, id) = bytes.split_first().ok_or_else(|| bad("it is empty"))?;
    let text = || std::str::from_utf8(id).map_err(|_| bad("the id is not UTF-8"));
    let slug = |problem: SlugProblem| bad(&format!("the id {problem}"));
    match kind {
        1 if id.is_empty() => Ok(Key::Installation),
        2 if id.is_empty() => Ok(Key::Catalogue),
        3 => StaffUserId::new(text()?).map(Key::StaffUser).map_err(slug),
        4 => AccountId::new(text()?).map(Key::Account).map_err(slug),
        5 => ContactId::new(text()?).map(Key::Contact).map_err(slug),
        6 => ServiceGroupId::new(text()?).map(Key::ServiceGroup).map_err(slug),
        7 => id.try_into().map(|id| Key::WorkOrder(WorkOrderId(u128::from_be_bytes(id)))).map_err(|_| bad("a Work Order id has 16 bytes")),
        8 => DepartmentId::new(text()?).map(Key::Department).map_err(slug),
        9 => ProductId::new(text()?).map(Key::Product).map_err(slug),
        10 => TerminalId::new(text()?).map(Key::Terminal).map_err(slug),
        11 => UserGroupId::new(text()?).map(Key::UserGroup).map_err(slug),
        12 => ServiceProviderId::new(text()?).map(Key::ServiceProvider).map_err(slug),
        kind => Err(bad(&format!("kind {kind} is not known"))),
    }
}
