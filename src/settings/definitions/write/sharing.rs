//! A sharing rule as it is written.

use super::sheet::Sheet;
use crate::domain::definition::SharingRule;

/// Writes one.
pub fn write(rule: &SharingRule, sheet: &mut Sheet) {
    let SharingRule { name, from, to, access } = rule;
    sheet.table("sharing_rule");
    sheet.text("name", name.as_str());
    sheet.text("from", &from.to_string());
    sheet.text("to", &to.to_string());
    sheet.text("access", access.name());
}
