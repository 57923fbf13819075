//! From the settings `[gateways]`, `[sms]`, `[wechat]` and `[calls]` to gateways: secrets and certificates are read, all problems told at once.

use super::prepare::{Problems, read, text_secret};
use crate::gateway::{Aliyun, CallCenter, Gateway, Http, Sender, Twilio, WeChat, WeChatKind, WeChatPush};
use crate::runtime::dialer::Center;
use crate::runtime::gateways::{Gateways, Receipts, SmsGateway};
use crate::settings::daemon::{self, SmsProvider};
use std::path::PathBuf;
use std::sync::Arc;

/// Where Twilio is.
const TWILIO: &str = "https://api.twilio.com";
/// Where Aliyun's short messages are.
const ALIYUN: &str = "https://dysmsapi.aliyuncs.com";

/// Prepares.
pub(super) fn prepare(settings: &daemon::Gateways, problems: &mut Problems<'_>) -> Gateways {
    let extra_root = settings.extra_root.as_ref().and_then(|path| problems.take("gateways.extra_root", read(path), None));
    let http = |key: &str, base: &str, problems: &mut Problems<'_>| {
        problems.take(key, Http::new(base, extra_root.as_deref(), settings.timeout), Some("an address such as https://api.example.org"))
    };
    let sms = sms(&settings.sms, &http, problems);
    let call_center = call_center(settings, &http, problems);
    let wechat = &settings.wechat;
    let app = |kind, id: &Option<String>, file: &Option<PathBuf>, key: &str, problems: &mut Problems<'_>| {
        let (id, file) = id.as_ref().zip(file.as_ref())?;
        let http = http("wechat.base_url", &wechat.base_url, problems);
        let secret = text_secret(key, file, "the file holds the app secret and nothing else", problems);
        Some(Arc::new(WeChat::new(http?, kind, id.clone(), secret?)))
    };
    let push = wechat.push_token_file.as_ref().and_then(|file| {
        let hint = "the file holds the token that is entered at WeChat beside the address, and nothing else";
        text_secret("wechat.push_token_file", file, hint, problems)
    });
    let public = app(WeChatKind::ServiceAccount, &wechat.app_id, &wechat.secret_file, "wechat.secret_file", problems);
    let (mini_id, mini_secret) = (&wechat.mini_program_app_id, &wechat.mini_program_secret_file);
    let mini_program = app(WeChatKind::MiniProgram { state: None }, mini_id, mini_secret, "wechat.mini_program_secret_file", problems);
    Gateways {
        sms: sms.map(Arc::new),
        wechat_push: push.filter(|_| public.is_some()).map(|token| Arc::new(WeChatPush::new(token))),
        wechat: public,
        mini_program,
        call_center: call_center.map(Arc::new),
        receipt_url: settings.receipt_url.clone(),
    }
}

fn call_center(
    settings: &daemon::Gateways,
    http: &impl Fn(&str, &str, &mut Problems<'_>) -> Option<Http>,
    problems: &mut Problems<'_>,
) -> Option<Center> {
    let calls = &settings.calls;
    let http = http("calls.base_url", calls.base_url.as_deref()?, problems);
    let hint = "the file holds the token that we show the call center, and nothing else";
    let token = text_secret("calls.token_file", calls.token_file.as_ref()?, hint, problems);
    let hint = "the file holds the token that the call center shows us, and nothing else";
    let push_token = calls.push_token_file.as_ref().map(|file| text_secret("calls.push_token_file", file, hint, problems));
    let reports = push_token.is_some() && settings.receipt_url.is_some();
    let push_token = push_token.unwrap_or_else(|| Some(String::new()));
    let center = CallCenter::new(http?, token?, push_token?);
    Some(Center { center, country: calls.country.clone().or_else(|| settings.sms.country.clone()), reports })
}

fn sms(
    sms: &daemon::Sms,
    http: &impl Fn(&str, &str, &mut Problems<'_>) -> Option<Http>,
    problems: &mut Problems<'_>,
) -> Option<SmsGateway> {
    let base = match sms.provider {
        SmsProvider::None => return None,
        SmsProvider::Twilio => TWILIO,
        SmsProvider::Aliyun => ALIYUN,
    };
    let http = http("sms.base_url", sms.base_url.as_deref().unwrap_or(base), problems);
    let hint = "the file holds the secret and nothing else; under systemd use the credential sms-secret";
    let secret = text_secret("sms.secret_file", sms.secret_file.as_ref()?, hint, problems);
    let (user, from) = (sms.user.clone()?, sms.from.clone()?);
    let (gateway, signature) = match sms.provider {
        SmsProvider::None => return None,
        SmsProvider::Twilio => {
            let sender = if from.starts_with("MG") { Sender::Service(from) } else { Sender::From(from) };
            (Gateway::Twilio(Twilio::new(http?, user, secret?, sender)), None)
        }
        SmsProvider::Aliyun => (Gateway::Aliyun(Aliyun::new(http?, user, secret?, from.clone())), Some(from)),
    };
    let receipts = match sms.receipts {
        daemon::Receipts::Ask => Receipts::Asked,
        daemon::Receipts::Push => Receipts::Pushed,
        daemon::Receipts::None => Receipts::None,
    };
    Some(SmsGateway { gateway, country: sms.country.clone(), signature, receipts })
}
