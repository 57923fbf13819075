//! The settings as the daemon uses them: plain typed values that were checked when they were loaded.

use super::gateways::Gateways;
use super::peer::Peer;
use crate::domain::directory::Reach;
use crate::domain::time::Span;
use crate::domain::work_order::guest::Leaves;
use std::path::PathBuf;
use std::time::Duration;

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub data: Data,
    pub control: Control,
    pub mail: Mail,
    pub gateways: Gateways,
    pub links: Links,
    pub portal: PortalRules,
    pub time: Time,
    pub runtime: Runtime,
    /// How far those above reach.
    pub people: Reach,
    pub look_up: LookUpRules,
    pub definitions: DefinitionLimits,
    pub log: Log,
}

/// Looking customers up (INT-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUpRules {
    pub staff: Staff,
    /// Most results of one look-up.
    pub results: usize,
}

/// How customers come into the portal, and what guests may there (INT-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortalRules {
    /// How long a link to sign in is good.
    pub sign_in_link: Span,
    /// How long a session lasts.
    pub session: Span,
    /// Most requests for a link, all addresses together.
    pub sign_ins_per_minute: u32,
    /// Whether anybody is let in who has not signed in; what they may do, the role `guest` says.
    pub guests: bool,
    pub guests_leave: Leaves,
    /// Most Work Orders and look-ups of guests, all of them together.
    pub guest_calls_per_minute: u32,
}

/// Which look-ups staff who are no admins may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staff {
    Fuzzy,
    Exact,
    Both,
    None,
}

/// Limits of what admins define.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionLimits {
    /// Most live record types of the kind "service ticket" (REC-2).
    pub service_ticket_types: usize,
}

/// Where the data is, and how it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    pub dir: PathBuf,
    /// Size of one segment of the journal, in bytes.
    pub segment_bytes: u32,
    /// Bytes of the disk that are kept free of new steps; 0: none.
    pub reserve_bytes: u64,
    /// Bytes of the journal that stay beside the store; what is older moves to the archive. 0: nothing is moved.
    pub journal_keep_bytes: u64,
    /// How long an attachment is kept that was brought and that no step names.
    pub keep_unnamed: Duration,
    /// Memory for sled's cache, in bytes.
    pub store_cache_bytes: u64,
}

/// The control socket and who may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub socket: PathBuf,
    /// A second socket that serves the guest interface alone, for a gateway such as a portal.
    pub guest_socket: Option<PathBuf>,
    /// Longest message of the protocol, in bytes.
    pub max_frame_bytes: usize,
    pub connections_per_uid: usize,
    pub connections_total: usize,
    /// Calls in flight, per connection.
    pub calls_in_flight: usize,
    /// How long a message that has begun may take to come in.
    pub frame_timeout: Duration,
    /// How long calls in flight may take when the daemon stops.
    pub drain_timeout: Duration,
    /// As written; see [`Control::peers_or_default`].
    pub peers: Vec<Peer>,
}

/// Sending mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub enabled: bool,
    pub host: String,
    /// Never zero: 25, 587 or 465 by `security` where nothing is said.
    pub port: u16,
    pub security: Security,
    /// Given only with a `password_file`.
    pub user: Option<String>,
    /// Without a user it is not read: it may be a credential of systemd that is not needed.
    pub password_file: Option<PathBuf>,
    /// Always there where mail is enabled.
    pub from: Option<Mailbox>,
    /// For one attempt, from connecting to the server's last word.
    pub timeout: Duration,
    /// Connections to the server at the same time.
    pub connections: usize,
    /// A PEM file with a further certificate authority to trust.
    pub extra_root: Option<PathBuf>,
}

/// How the connection to the mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    None,
    StartTls,
    Tls,
}

/// A sender: a name, if any, without quotes or line breaks, and a checked address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: String,
}

/// Links to customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// Ends in `/`; the token follows.
    pub base_url: String,
    /// None: the secret is kept in the data folder.
    pub secret_file: Option<PathBuf>,
}

/// Calendar days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// An IANA name that [`super::Sources::zone_known`] knows.
    pub zone: String,
    /// Whether auto-completions wait until the machine's clock is synchronised.
    pub require_synchronised: bool,
}

/// Actors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Threads for actors; 0: by the number of cores.
    pub arbiters: usize,
    /// How many actors of closed Work Orders stay in memory.
    pub resident_closed: usize,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub level: LogLevel,
}

/// The least weight of what is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Security {
    /// All, with their names in files.
    pub const ALL: [(&'static str, Self); 3] = [("none", Self::None), ("starttls", Self::StartTls), ("tls", Self::Tls)];

    /// The usual port.
    pub fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::StartTls => 587,
            Self::Tls => 465,
        }
    }
}

impl Staff {
    /// All, with their names in files.
    pub const ALL: [(&'static str, Self); 4] = [("fuzzy", Self::Fuzzy), ("exact", Self::Exact), ("both", Self::Both), ("none", Self::None)];
}

impl Default for PortalRules {
    fn default() -> Self {
        Self {
            sign_in_link: Span::minutes(15),
            session: Span::days(7),
            sign_ins_per_minute: 300,
            guests: false,
            guests_leave: Leaves::PhoneOrEmail,
            guest_calls_per_minute: 120,
        }
    }
}

impl Default for LookUpRules {
    fn default() -> Self {
        Self { staff: Staff::Both, results: 10 }
    }
}

impl LogLevel {
    /// All, with their names in files.
    pub const ALL: [(&'static str, Self); 5] =
        [("error", Self::Error), ("warn", Self::Warn), ("info", Self::Info), ("debug", Self::Debug), ("trace", Self::Trace)];

    /// The name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, level)| *level == self).map_or("info", |(name, _)| name)
    }
}

impl Mailbox {
    /// Reads `Name <address>`, `"Name" <address>` or an address alone. The error is a lower-case fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        use crate::domain::text;
        use crate::settings::toml_reader::reason;
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
            Some((name, address)) => (name.trim(), address),
            None => ("", text),
        };
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name).trim();
        if name.contains(['"', '<', '>', '\\']) {
            return Err(format!("the name {name:?} holds a quote, an angle bracket or a backslash"));
        }
        let name = match name {
            "" => None,
            name => Some(text::line("name", name, text::NAME_MAX).map_err(|r| format!("the name {}", reason(&r)))?.into()),
        };
        let address = text::email("from", address).map_err(|r| reason(&r))?.into();
        Ok(Self { name, address })
    }
}
