//! `[[record_type]]`.

use super::sheet::Sheet;
use crate::domain::definition::{RecordType, TypeState};

/// Writes one, with where it stands.
pub fn write(record_type: &RecordType, state: Option<TypeState>, sheet: &mut Sheet) {
    let RecordType { name, title, description, number, process, form, skills, service_ticket } = record_type;
    sheet.table("record_type");
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    if !description.is_empty() {
        sheet.text("description", description);
    }
    // Said also where it is the usual one: files that do not say it leave it as it is. That it was deleted is not for files.
    sheet.some("state", state.filter(|state| state.is_live()).map(|state| state.name()));
    sheet.flag("service_ticket", *service_ticket, false);
    sheet.text("number", number.as_str());
    sheet.text("process", process.as_str());
    sheet.some("form", form.as_ref().map(|f| f.as_str()));
    sheet.names("skills", skills.iter().map(|s| s.as_str()));
}
