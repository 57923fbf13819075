//! The mail server as the daemon sees it: settings checked once, a bound on connections, a time limit around each mail.
//! Invariant: at most `connections` connections are open at any time, idle ones included, and `send` always comes back with
//! one of four outcomes, never with a panic.
//! Idle connections are kept for a few seconds and tried with RSET before use. Trying again later is left to the engine.

use std::fmt;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::delivery::{Attempt, Encryption, Parcel, Progress, Server, deliver, open, renew};
use super::message::{Message, MessageProblem, lettre_address};

/// An idle connection is closed after one to two of these.
const IDLE: Duration = Duration::from_secs(5);
/// How long an idle connection may take to answer RSET, and a QUIT is waited for.
const RENEW: Duration = Duration::from_secs(2);
/// Some servers close a connection after so many mails; do it first.
const MAILS_PER_CONNECTION: u32 = 100;

/// How the connection is protected. There is no "if the server offers it": that is no protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain text. A login is refused unless the server is this machine.
    None,
    /// Plain at first, then STARTTLS, which the server must offer (port 587).
    StartTls,
    /// TLS from the first byte (port 465). Costs 40 ms a mail more than STARTTLS: lettre leaves Nagle on and sends the dot alone.
    Tls,
}

/// Which mail server, and how. `Debug` does not show the secret.
#[derive(Clone)]
pub struct Settings {
    /// Name or IP address; the certificate is checked against it.
    pub host: String,
    /// TCP port, not 0.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User name and secret, if the server wants a login.
    pub credentials: Option<(String, String)>,
    /// Certificates, PEM, that are trusted besides the machine's own.
    pub extra_root_pem: Option<Vec<u8>>,
    /// The longest one mail may take, connecting included, waiting for a free connection not. At least 1 ms.
    /// A server may answer slowly after the final dot, and giving up there means [`Outcome::Unknown`]: a minute or more.
    pub timeout: Duration,
    /// The most connections at a time, at least 1.
    pub connections: usize,
    /// What this machine calls itself in EHLO: a host name or an IP address.
    pub hello_name: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("login", &self.credentials.is_some())
            .field("extra_root_pem", &self.extra_root_pem.is_some())
            .field("timeout", &self.timeout)
            .field("connections", &self.connections)
            .field("hello_name", &self.hello_name)
            .finish()
    }
}

/// Why settings are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsProblem {
    /// Not a host name and not an IP address.
    #[error("{field}: `{value}` is neither a host name nor an ip address")]
    NotAHost {
        /// `host` or `hello_name`.
        field: &'static str,
        /// What was given.
        value: String,
    },
    /// A number or a duration that must not be 0.
    #[error("{field}: must be more than 0")]
    Zero {
        /// `port`, `timeout` or `connections`.
        field: &'static str,
    },
    /// A login without TLS would show the secret to everybody on the way.
    #[error("credentials: a login at {host} needs security starttls or tls")]
    LoginInPlainText {
        /// The host.
        host: String,
    },
    /// The extra root certificates cannot be used.
    #[error("extra_root_pem: {why}")]
    Certificate {
        /// What is wrong.
        why: String,
    },
}

/// What is known after one attempt to send a mail (NTF-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken the mail over.
    Sent {
        /// Its answer: code and text.
        response: String,
    },
    /// Certainly not delivered; try again later.
    Deferred {
        /// What stood in the way.
        why: String,
    },
    /// Refused for good: this mail or this recipient.
    Failed {
        /// The server's answer, or what is wrong with the message.
        why: String,
    },
    /// The connection ended after the final dot without an answer: delivered or not.
    /// Sending again carries the same Message-ID.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// The way to one mail server. Cheap to clone; clones share connections and their bound.
#[derive(Clone)]
pub struct Smtp {
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    permits: Semaphore,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<IdleConnection>,
    sweeping: bool,
}

struct IdleConnection {
    connection: AsyncSmtpConnection,
    mails: u32,
    stale: bool,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.shared.server.host).field("port", &self.shared.server.port).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Checks the settings and loads the certificates; does not connect.
    ///
    /// # Errors
    /// A [`SettingsProblem`] that names the setting.
    pub fn new(settings: Settings) -> Result<Self, SettingsProblem> {
        let zero = |field| SettingsProblem::Zero { field };
        if settings.port == 0 {
            return Err(zero("port"));
        }
        if settings.timeout.is_zero() {
            return Err(zero("timeout"));
        }
        if settings.connections == 0 {
            return Err(zero("connections"));
        }
        check_host("host", &settings.host)?;
        check_host("hello_name", &settings.hello_name)?;
        if settings.credentials.is_some() && settings.security == Security::None && !is_this_machine(&settings.host) {
            return Err(SettingsProblem::LoginInPlainText { host: settings.host });
        }
        let tls = match settings.security {
            Security::None => Encryption::None,
            Security::StartTls => Encryption::StartTls(tls_parameters(&settings)?),
            Security::Tls => Encryption::Tls(tls_parameters(&settings)?),
        };
        let server = Server {
            tls,
            host: settings.host,
            port: settings.port,
            credentials: settings.credentials.map(|(user, secret)| Credentials::new(user, secret)),
            hello_name: match settings.hello_name.parse() {
                Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
                Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
                Err(_) => ClientId::Domain(settings.hello_name),
            },
            limit: settings.timeout,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                server,
                permits: Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS)),
                idle: Mutex::default(),
            }),
        })
    }

    /// Tries once to hand a mail to the server, within the time limit, counted from when a connection is free.
    /// Dropping the future gives the connection up; the mail may then have been delivered or not.
    pub async fn send(&self, message: &Message) -> Outcome {
        let parcel = match catch_unwind(AssertUnwindSafe(|| pack(message))) {
            Ok(Ok(parcel)) => parcel,
            Ok(Err(problem)) => {
                return Outcome::Failed { why: problem.to_string() };
            }
            Err(_) => {
                return Outcome::Failed { why: "message: cannot be rendered, a fault of the program".to_owned() };
            }
        };
        let Ok(_permit) = self.shared.permits.acquire().await else {
            return Outcome::Deferred { why: "mail is being shut down".to_owned() };
        };
        let progress = Progress::new();
        let limit = self.shared.server.limit;
        match timeout(limit, self.attempt(&parcel, &progress)).await {
            Ok(outcome) => outcome,
            Err(_) => progress.interrupted(&format!("timed out after {limit:?}")),
        }
    }

    /// On an idle connection if there is one, else, or if that one turns out to be gone, on a new one.
    async fn attempt(&self, parcel: &Parcel, progress: &Progress) -> Outcome {
        let shared = &self.shared;
        while let Some(mut idle) = shared.take_idle() {
            if !renew(&mut idle.connection, RENEW.min(shared.server.limit / 2)).await {
                continue;
            }
            let attempt = deliver(&mut idle.connection, parcel, progress).await;
            if attempt.connection_lost {
                break;
            }
            return shared.finish(attempt, idle.connection, idle.mails + 1);
        }
        match open(&shared.server, progress).await {
            Ok(mut connection) => {
                let attempt = deliver(&mut connection, parcel, progress).await;
                shared.finish(attempt, connection, 1)
            }
            Err(why) => Outcome::Deferred { why },
        }
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(&self) -> Option<IdleConnection> {
        self.idle().connections.pop()
    }

    fn finish(self: &Arc<Self>, attempt: Attempt, connection: AsyncSmtpConnection, mails: u32) -> Outcome {
        if attempt.connection_usable && mails < MAILS_PER_CONNECTION {
            let mut idle = self.idle();
            idle.connections.push(IdleConnection { connection, mails, stale: false });
            if !idle.sweeping {
                idle.sweeping = true;
                tokio::spawn(sweep(Arc::downgrade(self)));
            }
        }
        attempt.outcome
    }
}

/// Closes connections that nobody has used for a round; ends with the last of them.
async fn sweep(shared: Weak<Shared>) {
    loop {
        sleep(IDLE).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        loop {
            // The permit keeps the bound on connections while one says goodbye.
            let Ok(_permit) = shared.permits.acquire().await else {
                return;
            };
            let stale = {
                let mut idle = shared.idle();
                let position = idle.connections.iter().position(|idle| idle.stale);
                position.map(|position| idle.connections.swap_remove(position))
            };
            let Some(mut stale) = stale else {
                break;
            };
            let _ = timeout(RENEW, stale.connection.quit()).await;
        }
        let mut idle = shared.idle();
        if idle.connections.is_empty() {
            idle.sweeping = false;
            return;
        }
        for connection in &mut idle.connections {
            connection.stale = true;
        }
    }
}

fn pack(message: &Message) -> Result<Parcel, MessageProblem> {
    Ok(Parcel { from: lettre_address("from", &message.from)?, to: lettre_address("to", &message.to)?, bytes: message.render()? })
}

fn tls_parameters(settings: &Settings) -> Result<TlsParameters, SettingsProblem> {
    let certificate = |why: String| SettingsProblem::Certificate { why };
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.extra_root_pem {
        if !pem.windows(27).any(|bytes| bytes == b"-----BEGIN CERTIFICATE-----") {
            return Err(certificate("holds no certificate in pem form".to_owned()));
        }
        let root = Certificate::from_pem(pem).map_err(|error| certificate(error.to_string()))?;
        builder = builder.add_root_certificate(root);
    }
    builder.build().map_err(|error| certificate(error.to_string()))
}

/// Letters, digits, hyphens, underscores and dots, or an IP address: nothing that could end a command line.
fn check_host(field: &'static str, value: &str) -> Result<(), SettingsProblem> {
    let is_name =
        !value.is_empty() && value.len() <= 253 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_name || value.parse::<IpAddr>().is_ok() { Ok(()) } else { Err(SettingsProblem::NotAHost { field, value: value.to_owned() }) }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
