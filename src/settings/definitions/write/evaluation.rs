//! `[[evaluation_template]]` and `[[evaluation_rule]]`.

use super::condition;
use super::sheet::{self, Sheet};
use crate::domain::definition::{AnswerOption, EvaluationRule, EvaluationTemplate, FieldKind, Recipient, TemplateField};
use crate::domain::work_order::mail::{FALL_BACK_AFTER, MessageChannel};
use crate::settings::definitions::evaluation::PHOTOS;

/// Writes a template.
pub fn write_template(template: &EvaluationTemplate, sheet: &mut Sheet) {
    let EvaluationTemplate { name, title, fields } = template;
    sheet.table("evaluation_template");
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    for TemplateField { name, title, required, kind } in fields {
        sheet.table("evaluation_template.field");
        sheet.text("name", name.as_str());
        sheet.title(title, name.as_str());
        match kind {
            FieldKind::Rating { scale } => sheet.text("kind", &format!("stars-{scale}")),
            FieldKind::Text => sheet.text("kind", "text"),
            FieldKind::Choice { options } => {
                sheet.text("kind", "choice");
                let option = |AnswerOption { name, title }: &AnswerOption| sheet::named(name, title);
                sheet.list("options", &options.iter().map(option).collect::<Vec<_>>());
            }
            FieldKind::YesNo => sheet.text("kind", "yes-no"),
            FieldKind::Photos { max } => {
                sheet.text("kind", "photos");
                if *max != PHOTOS {
                    sheet.raw("max", &max.to_string());
                }
            }
        }
        sheet.flag("required", *required, false);
    }
}

/// Writes a rule.
pub fn write_rule(rule: &EvaluationRule, sheet: &mut Sheet) {
    let EvaluationRule {
        name,
        precedence,
        scope,
        template,
        mandatory,
        recipients,
        channels,
        message_priority,
        fall_back_after,
        qr,
        message,
    } = rule;
    sheet.table("evaluation_rule");
    sheet.text("name", name.as_str());
    sheet.raw("precedence", &precedence.to_string());
    condition::write(scope, sheet);
    sheet.text("template", template.as_str());
    sheet.flag("mandatory", *mandatory, false);
    if !recipients.is_empty() {
        let recipient = |recipient: &Recipient| match recipient {
            Recipient::Contact => "contact".to_owned(),
            Recipient::Submitter => "submitter".to_owned(),
            Recipient::Address(address) => address.to_string(),
            Recipient::Number(number) => number.to_string(),
            Recipient::Field(field) => format!("field:{field}"),
        };
        sheet.texts("recipients", recipients.iter().map(recipient));
    }
    if !recipients.is_empty() && *channels != [MessageChannel::Email] {
        sheet.texts("channels", channels.iter().map(|channel| channel.name()));
    }
    sheet.flag("message_priority", *message_priority, false);
    sheet.span("fall_back_after", Some(*fall_back_after).filter(|after| *after != FALL_BACK_AFTER));
    sheet.some("message", message.as_ref().map(|m| m.as_str()));
    sheet.flag("qr", *qr, false);
}
