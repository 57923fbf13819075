//! `[sms]`, `[wechat]` and `[calls]`: gateways over HTTP that messages go through (NTF-2), and calls (FUP-5).

use super::build::{Getter, Report};
use crate::domain::work_order::state::words;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

words!(
    /// Who takes short messages.
    SmsProvider { None = "none", Twilio = "twilio", Aliyun = "aliyun" }
);

words!(
    /// How it becomes known whether a short message arrived.
    Receipts { Ask = "ask", Push = "push", None = "none" }
);

/// Short messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    pub provider: SmsProvider,
    /// None: the provider's own address. Without `/` at its end.
    pub base_url: Option<String>,
    /// Account SID, or id of the access key.
    pub user: Option<String>,
    pub secret_file: Option<PathBuf>,
    /// A number or the SID of a messaging service; the signature (SignName).
    pub from: Option<String>,
    /// `+86`: before numbers that are written without a country.
    pub country: Option<String>,
    pub receipts: Receipts,
}

/// WeChat messages of a public account, and of a mini program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeChat {
    /// Without `/` at its end.
    pub base_url: String,
    pub app_id: Option<String>,
    pub secret_file: Option<PathBuf>,
    pub mini_program_app_id: Option<String>,
    pub mini_program_secret_file: Option<PathBuf>,
    /// What WeChat signs its events with; without it there are no receipts, and what is accepted counts as sent.
    pub push_token_file: Option<PathBuf>,
}

/// The call center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// None: there is none. Without `/` at its end.
    pub base_url: Option<String>,
    /// What we show it.
    pub token_file: Option<PathBuf>,
    /// What it shows us; without it, it brings no reports and is asked alone.
    pub push_token_file: Option<PathBuf>,
    /// `+86`: before numbers that are written without a country; none: that of short messages.
    pub country: Option<String>,
}

/// All of them, and their limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateways {
    pub sms: Sms,
    pub wechat: WeChat,
    pub calls: Calls,
    /// Where providers bring receipts, as they see it; ends in `/`.
    pub receipt_url: Option<String>,
    /// For one call.
    pub timeout: Duration,
    /// A PEM file with a further certificate authority to trust.
    pub extra_root: Option<PathBuf>,
}

pub(super) fn build(get: &Getter<'_>) -> Option<Gateways> {
    let without_slash = |url: String| url.trim_end_matches('/').to_owned();
    Some(Gateways {
        sms: Sms {
            provider: get.text("sms.provider").and_then(|text| SmsProvider::from_name(&text))?,
            base_url: get.text("sms.base_url").map(without_slash),
            user: get.text("sms.user"),
            secret_file: get.path("sms.secret_file"),
            from: get.text("sms.from"),
            country: get.text("sms.country"),
            receipts: get.text("sms.receipts").and_then(|text| Receipts::from_name(&text))?,
        },
        wechat: WeChat {
            base_url: get.text("wechat.base_url").map(without_slash)?,
            app_id: get.text("wechat.app_id"),
            secret_file: get.path("wechat.secret_file"),
            mini_program_app_id: get.text("wechat.mini_program_app_id"),
            mini_program_secret_file: get.path("wechat.mini_program_secret_file"),
            push_token_file: get.path("wechat.push_token_file"),
        },
        calls: Calls {
            base_url: get.text("calls.base_url").map(without_slash),
            token_file: get.path("calls.token_file"),
            push_token_file: get.path("calls.push_token_file"),
            country: get.text("calls.country"),
        },
        receipt_url: get.text("gateways.receipt_url"),
        timeout: get.duration("gateways.timeout")?,
        extra_root: get.path("gateways.extra_root"),
    })
}

/// What does not fit together.
pub(super) fn check(gateways: &Gateways, report: &mut Report<'_>) {
    let sms = &gateways.sms;
    if sms.provider != SmsProvider::None {
        let (user, secret, from) = match sms.provider {
            SmsProvider::Aliyun => ("the id of the access key", "the secret of the access key", "the approved signature (SignName)"),
            SmsProvider::Twilio | SmsProvider::None => {
                ("the account SID", "the auth token", "a number such as +15005550006, or a messaging service SID")
            }
        };
        for (is_there, key, what) in [
            (sms.user.is_some(), "sms.user", user),
            (sms.secret_file.is_some(), "sms.secret_file", secret),
            (sms.from.is_some(), "sms.from", from),
        ] {
            if !is_there {
                report("sms.provider", &format!("short messages need {key}"), &format!("it is {what}"));
            }
        }
        if sms.receipts == Receipts::Push && gateways.receipt_url.is_none() {
            let hint = "add receipt_url = \"https://service.example.org/receipts/\" to [gateways]: workorder-portal takes them there";
            report("sms.receipts", "the provider must know where to bring receipts", hint);
        }
    }
    for (key, country) in [("sms.country", &sms.country), ("calls.country", &gateways.calls.country)] {
        if let Some(country) = country
            && !(country
                .strip_prefix('+')
                .is_some_and(|digits| (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())))
        {
            report(key, &format!("{country:?} is no country of phone numbers"), "write it as \"+86\"");
        }
    }
    // A token without a call center may be a credential of systemd that is not needed.
    if gateways.calls.base_url.is_some() && gateways.calls.token_file.is_none() {
        let hint = "name a file that holds the token that we show the call center, and nothing else";
        report("calls.base_url", "there is a call center, but no calls.token_file", hint);
    }
    let wechat = &gateways.wechat;
    for (one, other, key, what) in [
        (&wechat.app_id, &wechat.secret_file, "wechat.app_id", "wechat.secret_file"),
        (&wechat.mini_program_app_id, &wechat.mini_program_secret_file, "wechat.mini_program_app_id", "wechat.mini_program_secret_file"),
    ] {
        // A secret without an app may be a credential of systemd that is not needed.
        if one.is_some() && other.is_none() {
            report(key, &format!("there is an app, but no {what}"), "name a file that holds the app secret and nothing else");
        }
    }
}
