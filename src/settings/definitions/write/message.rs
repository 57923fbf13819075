//! `[[message]]`.

use super::sheet::{self, Sheet};
use crate::domain::definition::message::{MiniProgramWording, Pair, SmsWording, WeChatWording};
use crate::domain::definition::{MessageTemplate, Wording};

/// Writes one.
pub fn write(message: &MessageTemplate, sheet: &mut Sheet) {
    let MessageTemplate { name, wordings } = message;
    sheet.table("message");
    sheet.text("name", name.as_str());
    for Wording { language, subject, text, html, sms, wechat } in wordings {
        sheet.table("message.wording");
        sheet.text("language", language);
        sheet.text("subject", subject);
        sheet.text("text", text);
        sheet.some("html", html.as_deref());
        if let Some(SmsWording { text, template, parameters }) = sms {
            sheet.one("message.wording.sms");
            sheet.some("text", text.as_deref());
            sheet.some("template", template.as_deref());
            if !parameters.is_empty() {
                sheet.raw("parameters", &pairs(parameters));
            }
        }
        if let Some(WeChatWording { template, data, mini_program }) = wechat {
            sheet.one("message.wording.wechat");
            sheet.text("template", template);
            sheet.raw("data", &pairs(data));
            if let Some(MiniProgramWording { template, page }) = mini_program {
                sheet.raw("mini_program", &format!("{{ template = {}, page = {} }}", sheet::quoted(template), sheet::quoted(page)));
            }
        }
    }
}

/// Names and their words. A name may hold a dot, which outside quotes would lead into another table.
fn pairs(pairs: &[Pair]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, words)| format!("{} = {}", sheet::quoted(name), sheet::quoted(words))).collect();
    format!("{{ {} }}", pairs.join(", "))
}
