//! `[[role]]`: with all its rights; what it included was worked out when it was applied.

use super::sheet::Sheet;
use crate::domain::definition::RoleDefinition;

/// Writes one.
pub fn write(role: &RoleDefinition, sheet: &mut Sheet) {
    let RoleDefinition { name, rights, record_types, hidden_fields, read_only_fields } = role;
    sheet.table("role");
    sheet.text("name", name.as_str());
    if !rights.is_empty() {
        sheet.texts("rights", rights.iter().map(|right| right.name()));
    }
    if let Some(types) = record_types {
        sheet.texts("record_types", types.iter().map(|name| name.as_str()));
    }
    for (key, fields) in [("hidden_fields", hidden_fields), ("read_only_fields", read_only_fields)] {
        if !fields.is_empty() {
            sheet.texts(key, fields.iter().map(|name| name.as_str()));
        }
    }
}
