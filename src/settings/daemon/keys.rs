//! Every key of the settings, with its shape and its default: the one list that reading, checking and showing go by.
//!
//! To add a setting: a row here, a field in `model`, a line in `build`, and its lines in `config/workorderd.toml`.

use super::gateways::{Receipts, SmsProvider};
use super::model::{LogLevel, Mailbox, Security, Staff};
use crate::domain::nearest;
use crate::domain::work_order::guest::Leaves;
use crate::settings::span::parse_span;
use config::ValueKind;

/// What a key's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Path,
    /// A path that fits into a socket's address: at most 107 bytes.
    Socket,
    /// A whole number from .. to.
    Number(u64, u64),
    Flag,
    Span,
    Security,
    LogLevel,
    /// Which look-ups staff may use.
    Staff,
    /// What guests leave beside their name.
    Leaves,
    /// Who takes short messages.
    SmsProvider,
    /// How receipts come.
    Receipts,
    Mailbox,
    Url,
    Zone,
    /// `[[control.peers]]`; in files only.
    Peers,
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Section and key, for example `data.dir`.
    pub name: &'static str,
    pub shape: Shape,
    /// None: not set.
    pub default: Option<&'static str>,
    pub change: Change,
}

/// When a changed value takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// With a reload.
    Reload,
    /// With a restart. A reload that finds it changed is refused as a whole, so that what runs is always one state of the files.
    Restart,
}

const fn key(name: &'static str, shape: Shape, default: &'static str) -> Key {
    Key { name, shape, default: Some(default), change: Change::Reload }
}

const fn unset(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, default: None, change: Change::Reload }
}

const fn fixed(key: Key) -> Key {
    Key { change: Change::Restart, ..key }
}

/// The sections, in order.
pub const SECTIONS: [&str; 15] = [
    "data",
    "control",
    "mail",
    "gateways",
    "sms",
    "wechat",
    "calls",
    "links",
    "portal",
    "time",
    "runtime",
    "people",
    "look_up",
    "definitions",
    "log",
];

/// The base of links where nothing is said: good for trying things out on one machine.
pub const LOCAL_BASE_URL: &str = "http://localhost:8080/e/";

/// All keys, by section, in order.
pub const KEYS: [Key; 63] = [
    fixed(key("data.dir", Shape::Path, "/var/lib/workorderd")),
    fixed(key("data.segment_mib", Shape::Number(1, 2_047), "64")),
    fixed(key("data.store_cache_mib", Shape::Number(16, 1 << 20), "256")),
    key("data.reserve_mib", Shape::Number(0, 1 << 24), "256"),
    key("data.journal_keep_mib", Shape::Number(0, 1 << 24), "0"),
    key("data.keep_unnamed", Shape::Span, "24h"),
    fixed(key("control.socket", Shape::Socket, "/run/workorderd/control.sock")),
    fixed(unset("control.guest_socket", Shape::Socket)),
    key("control.max_frame_bytes", Shape::Number(4_096, 16 << 20), "1048576"),
    key("control.connections_per_uid", Shape::Number(1, 65_536), "256"),
    key("control.connections_total", Shape::Number(1, 65_536), "1024"),
    key("control.calls_in_flight", Shape::Number(1, 4_096), "32"),
    key("control.frame_timeout", Shape::Span, "10s"),
    key("control.drain_timeout", Shape::Span, "20s"),
    unset("control.peers", Shape::Peers),
    key("mail.enabled", Shape::Flag, "false"),
    key("mail.host", Shape::Text, "localhost"),
    unset("mail.port", Shape::Number(1, 65_535)),
    key("mail.security", Shape::Security, "starttls"),
    unset("mail.user", Shape::Text),
    unset("mail.password_file", Shape::Path),
    unset("mail.from", Shape::Mailbox),
    key("mail.timeout", Shape::Span, "60s"),
    key("mail.connections", Shape::Number(1, 100), "4"),
    unset("mail.extra_root", Shape::Path),
    unset("gateways.receipt_url", Shape::Url),
    key("gateways.timeout", Shape::Span, "30s"),
    unset("gateways.extra_root", Shape::Path),
    key("sms.provider", Shape::SmsProvider, "none"),
    unset("sms.base_url", Shape::Url),
    unset("sms.user", Shape::Text),
    unset("sms.secret_file", Shape::Path),
    unset("sms.from", Shape::Text),
    unset("sms.country", Shape::Text),
    key("sms.receipts", Shape::Receipts, "ask"),
    key("wechat.base_url", Shape::Url, "https://api.weixin.qq.com/"),
    unset("wechat.app_id", Shape::Text),
    unset("wechat.secret_file", Shape::Path),
    unset("wechat.mini_program_app_id", Shape::Text),
    unset("wechat.mini_program_secret_file", Shape::Path),
    unset("wechat.push_token_file", Shape::Path),
    unset("calls.base_url", Shape::Url),
    unset("calls.token_file", Shape::Path),
    unset("calls.push_token_file", Shape::Path),
    unset("calls.country", Shape::Text),
    key("links.base_url", Shape::Url, LOCAL_BASE_URL),
    fixed(unset("links.secret_file", Shape::Path)),
    key("portal.sign_in_link", Shape::Span, "15m"),
    key("portal.session", Shape::Span, "7d"),
    key("portal.sign_ins_per_minute", Shape::Number(1, 1_000_000), "300"),
    key("portal.guests", Shape::Flag, "false"),
    key("portal.guests_leave", Shape::Leaves, "phone-or-email"),
    key("portal.guest_calls_per_minute", Shape::Number(1, 1_000_000), "120"),
    fixed(key("time.zone", Shape::Zone, "UTC")),
    fixed(key("time.require_synchronised", Shape::Flag, "false")),
    fixed(key("runtime.arbiters", Shape::Number(0, 256), "0")),
    fixed(key("runtime.resident_closed", Shape::Number(0, 100_000_000), "10000")),
    key("people.direct_reports_only", Shape::Flag, "false"),
    key("people.with_sub_departments", Shape::Flag, "true"),
    key("look_up.staff", Shape::Staff, "both"),
    key("look_up.results", Shape::Number(1, 100), "10"),
    key("definitions.service_ticket_types", Shape::Number(1, 1_000), "15"),
    key("log.level", Shape::LogLevel, "info"),
];

/// What is wrong with a value, and what would be right.
pub type Wrong = (String, Option<String>);

impl Key {
    /// Section and key apart.
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }

    /// The key of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }
}

impl Shape {
    /// A checked value from a text without quotes, as in environment and flags.
    pub fn from_text(self, text: &str, zone_known: fn(&str) -> bool) -> Result<ValueKind, Wrong> {
        match self {
            Self::Number(..) => match text.parse::<i64>() {
                Ok(number) => self.number(number),
                Err(_) => Err((format!("{text:?} is not a whole number"), None)),
            },
            Self::Flag => match text {
                "true" => Ok(ValueKind::Boolean(true)),
                "false" => Ok(ValueKind::Boolean(false)),
                _ => Err((format!("{text:?} is neither true nor false"), None)),
            },
            Self::Peers => Err((
                "can be set in a file only".to_owned(),
                Some("write tables [[control.peers]] into the settings file or into conf.d".to_owned()),
            )),
            Self::Text
            | Self::Path
            | Self::Socket
            | Self::Span
            | Self::Security
            | Self::LogLevel
            | Self::Staff
            | Self::Leaves
            | Self::SmsProvider
            | Self::Receipts
            | Self::Mailbox
            | Self::Url
            | Self::Zone => self.check_text(text, zone_known).map(ValueKind::String),
        }
    }

    /// A checked number.
    pub fn number(self, number: i64) -> Result<ValueKind, Wrong> {
        match self {
            Self::Number(from, to) if !u64::try_from(number).is_ok_and(|n| (from..=to).contains(&n)) => {
                Err((format!("{number} is not between {from} and {to}"), None))
            }
            _ => Ok(ValueKind::I64(number)),
        }
    }

    /// A checked text, in its normal form.
    pub fn check_text(self, text: &str, zone_known: fn(&str) -> bool) -> Result<String, Wrong> {
        let wrong = |problem: String| Err((problem, None));
        if text.is_empty() {
            return Err(("is empty".to_owned(), Some("leave the key out for its default".to_owned())));
        }
        if let Some(bad) = text.chars().find(|c| c.is_control()) {
            return wrong(format!("holds the control character {bad:?}"));
        }
        match self {
            Self::Socket if text.len() > 107 => return wrong(format!("has {} bytes, the path of a socket has at most 107", text.len())),
            Self::Span => parse_span(text).map(|_| ()).map_err(|problem| (problem, None))?,
            Self::Security => one_of(text, Security::ALL.iter().map(|(name, _)| *name))?,
            Self::LogLevel => one_of(text, LogLevel::ALL.iter().map(|(name, _)| *name))?,
            Self::Staff => one_of(text, Staff::ALL.iter().map(|(name, _)| *name))?,
            Self::Leaves => one_of(text, Leaves::NAMES.into_iter())?,
            Self::SmsProvider => one_of(text, SmsProvider::NAMES.into_iter())?,
            Self::Receipts => one_of(text, Receipts::NAMES.into_iter())?,
            Self::Mailbox => {
                Mailbox::parse(text)
                    .map_err(|problem| (problem, Some("for example \"Example Service <service@example.org>\"".to_owned())))?;
            }
            Self::Url => return base_url(text),
            Self::Zone if !zone_known(text) => {
                return Err((
                    format!("there is no time zone {text:?}"),
                    Some("write an IANA name such as Europe/Vienna, Asia/Shanghai or UTC".to_owned()),
                ));
            }
            Self::Text | Self::Path | Self::Socket | Self::Zone | Self::Number(..) | Self::Flag | Self::Peers => {}
        }
        Ok(text.to_owned())
    }
}

fn one_of(text: &str, names: impl Iterator<Item = &'static str> + Clone) -> Result<(), Wrong> {
    if names.clone().any(|name| name == text) {
        Ok(())
    } else {
        Err((format!("{text:?} is not possible here"), nearest::hint(text, names)))
    }
}

fn base_url(text: &str) -> Result<String, Wrong> {
    let example = || Some("for example https://service.example.org/e/".to_owned());
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Err((format!("{text:?} does not begin with https:// or http://"), example()));
    };
    if let Some(bad) = rest.chars().find(|c| !c.is_ascii_graphic() || "?#@\"<>\\^`{|}".contains(*c)) {
        return Err((format!("{text:?} holds {bad:?}, which is not allowed here"), example()));
    }
    if rest.starts_with(['/', ':']) || text.len() > 200 {
        return Err((format!("{text:?} is not an address of at most 200 characters with a host"), example()));
    }
    Ok(if text.ends_with('/') { text.to_owned() } else { format!("{text}/") })
}
