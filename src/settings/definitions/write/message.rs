//! `[[message]]`.

use super::sheet::Sheet;
use crate::domain::definition::{MessageTemplate, Wording};

/// Writes one.
pub fn write(message: &MessageTemplate, sheet: &mut Sheet) {
    let MessageTemplate { name, wordings } = message;
    sheet.table("message");
    sheet.text("name", name.as_str());
    for Wording { language, subject, text, html } in wordings {
        sheet.table("message.wording");
        sheet.text("language", language);
        sheet.text("subject", subject);
        sheet.text("text", text);
        sheet.some("html", html.as_deref());
    }
}
