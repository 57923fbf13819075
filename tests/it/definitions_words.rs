//! Random words for messages over gateways, for the tests of definitions.

use workorderd::domain::definition::message::{MiniProgramWording, SmsWording, WeChatWording};

use crate::definitions_dice::Dice;

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
