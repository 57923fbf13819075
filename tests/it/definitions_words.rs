//! Random words for messages over gateways, and random questions to customers, for the tests of definitions.

use std::collections::BTreeSet;

use workorderd::domain::definition::message::{MiniProgramWording, SmsWording, WeChatWording};

use workorderd::domain::definition::{AnswerOption, EvaluationTemplate, FieldKind, TemplateField};
use workorderd::domain::ids::Name;

use crate::definitions_dice::Dice;

fn name(text: &str) -> Name {
    Name::new(text).expect(text)
}

/// Of a short message: a text, a template with parameters, or both. `link`: where it is to stand, or nothing.
pub fn sms(dice: &mut Dice, link: &str) -> SmsWording {
    let template: Option<Box<str>> = dice.maybe(|_| "SMS_1".into());
    let parameters = match template {
        Some(_) => vec![("url".into(), format!("'\"{link} {}", dice.roll(9)).into()), ("a.b".into(), "#Subject#".into())],
        None => Vec::new(),
    };
    let text: Option<Box<str>> = (template.is_none() || dice.flag()).then(|| format!("一：{link}\n'''\"\"\"").into());
    SmsWording { text, template, parameters }
}

/// Of a WeChat message.
pub fn wechat(dice: &mut Dice, link: &str) -> WeChatWording {
    WeChatWording {
        template: "T-1".into(),
        data: vec![("thing1.DATA".into(), "#Subject# '''".into()), ("a".into(), format!("\"{}", dice.roll(9)).into())],
        mini_program: dice.maybe(|_| MiniProgramWording { template: "M".into(), page: format!("pages/rate?u={}", link.trim()).into() }),
    }
}

/// An evaluation template called e0.
pub fn template(dice: &mut Dice) -> EvaluationTemplate {
    let field = |dice: &mut Dice, n: usize| {
        let kind = match dice.roll(5) {
            0 => FieldKind::Rating { scale: *dice.of(&[5, 10]) },
            1 => FieldKind::Text,
            2 => FieldKind::YesNo,
            3 => FieldKind::Photos { max: *dice.of(&[1, 3, 10]) },
            _ => {
                let names = BTreeSet::from_iter(dice.some(1, 3, |dice, _| dice.line()));
                FieldKind::Choice { options: names.into_iter().map(|name| AnswerOption { name, title: dice.label() }).collect() }
            }
        };
        TemplateField { name: name(&format!("q{n}")), title: dice.label(), required: dice.flag(), kind }
    };
    EvaluationTemplate { name: name("e0"), title: dice.label(), fields: dice.some(1, 3, field) }
}
