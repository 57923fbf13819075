//! From merged values to typed settings, with the checks that need more than one key.

use super::gateways;
use super::keys::{KEYS, LOCAL_BASE_URL};
use super::layer::SettingProblem;
use super::load::Merged;
use super::model::{
    Control, Data, DefinitionLimits, Links, Log, LogLevel, LookUpRules, Mail, Mailbox, PortalRules, Runtime, Security, Settings, Staff,
    Time,
};
use super::peer;
use crate::domain::directory::Reach;
use crate::domain::time::Span;
use crate::domain::work_order::guest::Leaves;
use crate::settings::span::parse_span;
use config::ValueKind;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Which keys were written, and where last.
pub type Written = BTreeMap<&'static str, String>;

/// Builds the settings and reports what does not fit together. None if a value is missing, which defaults prevent.
pub fn build(values: &Merged, written: &Written, problems: &mut Vec<SettingProblem>) -> Option<Settings> {
    let get = Getter(values);
    let security = get.text("mail.security").and_then(|text| find(&Security::ALL, &text))?;
    let settings = Settings {
        data: Data {
            dir: get.path("data.dir")?,
            segment_bytes: u32::try_from(get.number("data.segment_mib")? << 20).ok()?,
            reserve_bytes: get.number("data.reserve_mib")? << 20,
            journal_keep_bytes: get.number("data.journal_keep_mib")? << 20,
            keep_unnamed: get.duration("data.keep_unnamed")?,
            store_cache_bytes: get.number("data.store_cache_mib")? << 20,
        },
        control: Control {
            socket: get.path("control.socket")?,
            guest_socket: get.path("control.guest_socket"),
            max_frame_bytes: get.size("control.max_frame_bytes")?,
            connections_per_uid: get.size("control.connections_per_uid")?,
            connections_total: get.size("control.connections_total")?,
            calls_in_flight: get.size("control.calls_in_flight")?,
            frame_timeout: get.duration("control.frame_timeout")?,
            drain_timeout: get.duration("control.drain_timeout")?,
            peers: peers(values, problems),
        },
        mail: Mail {
            enabled: get.flag("mail.enabled")?,
            host: get.text("mail.host")?,
            port: get.number("mail.port").and_then(|port| u16::try_from(port).ok()).unwrap_or(security.port()),
            security,
            user: get.text("mail.user"),
            password_file: get.path("mail.password_file"),
            from: get.text("mail.from").and_then(|text| Mailbox::parse(&text).ok()),
            timeout: get.duration("mail.timeout")?,
            connections: get.size("mail.connections")?,
            extra_root: get.path("mail.extra_root"),
        },
        gateways: gateways::build(&get)?,
        links: Links { base_url: get.text("links.base_url")?, secret_file: get.path("links.secret_file") },
        portal: PortalRules {
            sign_in_link: get.span("portal.sign_in_link")?,
            session: get.span("portal.session")?,
            sign_ins_per_minute: get.count("portal.sign_ins_per_minute")?,
            guests: get.flag("portal.guests")?,
            guests_leave: get.text("portal.guests_leave").and_then(|text| Leaves::from_name(&text))?,
            guest_calls_per_minute: get.count("portal.guest_calls_per_minute")?,
        },
        time: Time { zone: get.text("time.zone")?, require_synchronised: get.flag("time.require_synchronised")? },
        runtime: Runtime { arbiters: get.size("runtime.arbiters")?, resident_closed: get.size("runtime.resident_closed")? },
        people: Reach {
            direct_reports_only: get.flag("people.direct_reports_only")?,
            without_sub_departments: !get.flag("people.with_sub_departments")?,
        },
        look_up: LookUpRules {
            staff: get.text("look_up.staff").and_then(|text| find(&Staff::ALL, &text))?,
            results: get.size("look_up.results")?,
        },
        definitions: DefinitionLimits { service_ticket_types: get.size("definitions.service_ticket_types")? },
        log: Log { level: get.text("log.level").and_then(|text| find(&LogLevel::ALL, &text))? },
    };
    check(&settings, written, problems);
    Some(settings)
}

/// Takes a key, what is wrong with it, and what to do.
pub(super) type Report<'a> = dyn FnMut(&str, &str, &str) + 'a;

fn check(settings: &Settings, written: &Written, problems: &mut Vec<SettingProblem>) {
    let mut report: Box<Report<'_>> = Box::new(|key: &str, problem: &str, hint: &str| {
        let source = written.get(key).cloned().unwrap_or_else(|| "default".to_owned());
        problems.push(SettingProblem { source, key: key.to_owned(), problem: problem.to_owned(), hint: Some(hint.to_owned()) });
    });
    let mail = &settings.mail;
    let given = |key: &str| written.contains_key(key);
    if mail.enabled && !given("mail.from") {
        report(
            "mail.enabled",
            "mail is enabled, but mail.from is missing",
            "add from = \"Example Service <service@example.org>\" to [mail]",
        );
    }
    if mail.enabled && settings.links.base_url == LOCAL_BASE_URL && !given("links.base_url") {
        let hint = "add base_url = \"https://service.example.org/e/\", say, to [links]";
        report("mail.enabled", "mail is enabled, but links.base_url is missing: customers could not open their links", hint);
    }
    if given("mail.user") && mail.password_file.is_none() && !given("mail.password_file") {
        report("mail.user", "there is a user, but no mail.password_file", "name a file that holds the password and nothing else");
    }
    if given("mail.password_file") && !given("mail.user") {
        report("mail.password_file", "there is a password, but no mail.user", "add the user's name to [mail]");
    }
    let local = ["localhost", "127.0.0.1", "::1"].contains(&mail.host.as_str());
    if mail.security == Security::None && given("mail.user") && !local {
        report("mail.security", "the password would cross the network in the clear", "choose starttls or tls");
    }
    gateways::check(&settings.gateways, &mut report);
    let control = &settings.control;
    if control.guest_socket.as_ref() == Some(&control.socket) {
        report("control.guest_socket", "is the control socket itself", "give guests a socket of their own, or leave the key out");
    }
    if control.connections_per_uid > control.connections_total {
        report("control.connections_per_uid", "is larger than control.connections_total", "raise the total or lower the share of one uid");
    }
}

fn peers(values: &Merged, problems: &mut Vec<SettingProblem>) -> Vec<peer::Peer> {
    let Some(value) = values.get("control.peers") else { return Vec::new() };
    let ValueKind::Array(array) = &value.kind else { return Vec::new() };
    let mut peers = Vec::new();
    for value in array {
        let source = value.origin().unwrap_or("settings").to_owned();
        match peer::build(value.clone()) {
            Ok(peer) => peers.push(peer),
            Err(problem) => problems.push(SettingProblem { source, key: "control.peers".to_owned(), problem, hint: None }),
        }
    }
    peers
}

fn find<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

pub(super) struct Getter<'a>(&'a Merged);

impl Getter<'_> {
    pub(super) fn text(&self, key: &str) -> Option<String> {
        debug_assert!(KEYS.iter().any(|k| k.name == key), "{key} is not in the list of keys");
        self.0.get(key)?.clone().into_string().ok()
    }

    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.clone().into_uint().ok()
    }

    fn size(&self, key: &str) -> Option<usize> {
        self.number(key).and_then(|number| usize::try_from(number).ok())
    }

    fn count(&self, key: &str) -> Option<u32> {
        self.number(key).and_then(|number| u32::try_from(number).ok())
    }

    fn span(&self, key: &str) -> Option<Span> {
        self.text(key).and_then(|text| parse_span(&text).ok())
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.clone().into_bool().ok()
    }

    pub(super) fn duration(&self, key: &str) -> Option<Duration> {
        self.span(key).map(|span| Duration::from_millis(span.0))
    }
}
