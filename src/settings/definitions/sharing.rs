//! `[[sharing_rule]]`: whose Work Orders others may see or change (PER-6).
//!
//! People, departments and user groups are in the directory, which is not in files: a rule about somebody who is not there shares nothing.

use super::book::{Book, Kind};
use crate::domain::definition::{ShareFrom, ShareTo, SharingRule};
use crate::domain::ids::{DepartmentId, SlugProblem, StaffUserId, UserGroupId};
use crate::domain::nearest;
use crate::domain::work_order::team::Access;
use crate::settings::toml_reader::Table;

/// Reads a rule; none if it has problems, which are reported.
pub fn read_rule(table: Table<'_>, book: &mut Book<'_>) -> Option<SharingRule> {
    let (name, table) = book.define(Kind::SharingRule, table);
    let from = who(&table, "from", "write user:NAME or department:NAME: the owner, or the owner's main department", |kind, id| {
        Some(match kind {
            "user" => StaffUserId::new(id).map(ShareFrom::User),
            "department" => DepartmentId::new(id).map(ShareFrom::Department),
            _ => return None,
        })
    });
    let to = who(&table, "to", "write user:NAME, department:NAME or user-group:NAME", |kind, id| {
        Some(match kind {
            "user" => StaffUserId::new(id).map(ShareTo::User),
            "department" => DepartmentId::new(id).map(ShareTo::Department),
            "user-group" => UserGroupId::new(id).map(ShareTo::UserGroup),
            _ => return None,
        })
    });
    let access = access(&table);
    table.finish();
    Some(SharingRule { name: name?, from: from?, to: to?, access: access? })
}

fn who<T>(
    table: &Table<'_>,
    key: &'static str,
    forms: &'static str,
    read: impl Fn(&str, &str) -> Option<Result<T, SlugProblem>>,
) -> Option<T> {
    let found = table.required(key, forms)?;
    let read = match found.value.split_once(':').map(|(kind, id)| read(kind, id)) {
        Some(Some(read)) => read.map_err(|problem| format!("the name {problem}")),
        Some(None) | None => Err(format!("{:?} is none of these", found.value)),
    };
    read.map_err(|problem| table.sink().report_with(&found.place, problem, forms)).ok()
}

fn access(table: &Table<'_>) -> Option<Access> {
    let found = table.required("access", "write read or read-write")?;
    let access = Access::from_name(found.value);
    if access.is_none() {
        let hint = nearest::hint(found.value, Access::NAMES);
        table.sink().put(&found.place, format!("{:?} is neither read nor read-write", found.value), hint);
    }
    access
}
