//! `[[role]]`: with all its rights; what it included was worked out when it was applied.

use super::sheet::Sheet;
use crate::domain::definition::{Right, RoleDefinition};

/// Writes one.
pub fn write(role: &RoleDefinition, sheet: &mut Sheet) {
    let RoleDefinition { name, rights } = role;
    sheet.table("role");
    sheet.text("name", name.as_str());
    if !rights.is_empty() {
        sheet.texts("rights", rights.iter().filter_map(|right| Right::ALL.iter().find(|(_, known)| known == right).map(|(name, _)| *name)));
    }
}
