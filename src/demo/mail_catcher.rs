//! A small real mail server that catches mails instead of delivering them: for the demo, and for tests that need a server
//! that refuses, falls silent or hangs up at a chosen moment.
//! Invariant: it runs on a thread and a runtime of its own, so that code of any kind can use it, and is gone, connections
//! and all, when it is dropped. The dialogue is next door; encryption is brought by whoever wants it ([`Upgrade`]).

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::mail_dialogue::{After, Opening, converse};
use super::mail_parts;

/// The most mails kept in memory; the oldest go first.
const MAILS_KEPT: usize = 10_000;

/// A moment in the dialogue at which the catcher can misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Before the first line of the server.
    Greeting,
    /// EHLO and HELO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, before the content.
    Data,
    /// Within the content, after its first line. Answers make no sense here.
    Content,
    /// After the final dot, before the answer to it.
    FinalDot,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
}

/// What the catcher does at such a moment instead of, or before, its ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// This answer, without its line end: `451 later`. After the final dot the mail is kept only if it starts with 2.
    Answer(String),
    /// Nothing more, with the connection left open. After the final dot the mail is kept.
    Silence,
    /// Hang up. After the final dot the mail is kept.
    Cut,
    /// Wait, then go on as usual. After the final dot the mail is kept at once.
    Delay(Duration),
    /// The ordinary answer and, in the same packet, these bytes: somebody on the line slips them in.
    Inject(String),
}

/// One misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// When.
    pub verb: Verb,
    /// What.
    pub reaction: Reaction,
    /// How often still; `None` means always.
    pub left: Option<u32>,
}

/// How the catcher behaves. The default takes every mail of up to 10 MiB and asks for no login.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Of several rules for a moment the first that is not used up counts.
    pub rules: Vec<Rule>,
    /// User name and secret. When set, MAIL is refused with 530 before a login.
    pub login: Option<(String, String)>,
    /// Which login mechanisms are offered.
    pub mechanisms: Vec<&'static str>,
    /// Addresses that RCPT refuses with 550.
    pub unknown_recipients: Vec<String>,
    /// The longest content, in bytes; more is answered with 552.
    pub size_limit: usize,
    /// Where each mail is also written to, as `<number>.eml`. The folder exists.
    pub folder: Option<PathBuf>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            login: None,
            mechanisms: vec!["PLAIN", "LOGIN"],
            unknown_recipients: Vec::new(),
            size_limit: 10 << 20,
            folder: None,
        }
    }
}

impl Behaviour {
    /// Misbehaves at this moment every time.
    #[must_use]
    pub fn always(mut self, verb: Verb, reaction: Reaction) -> Self {
        self.rules.push(Rule { verb, reaction, left: None });
        self
    }

    /// Misbehaves at this moment once.
    #[must_use]
    pub fn once(mut self, verb: Verb, reaction: Reaction) -> Self {
        self.rules.push(Rule { verb, reaction, left: Some(1) });
        self
    }

    /// Asks for this login.
    #[must_use]
    pub fn with_login(mut self, user: &str, secret: &str) -> Self {
        self.login = Some((user.to_owned(), secret.to_owned()));
        self
    }

    fn take(&mut self, verb: Verb) -> Option<Reaction> {
        let rule = self.rules.iter_mut().find(|rule| rule.verb == verb && rule.left != Some(0))?;
        rule.left = rule.left.map(|left| left - 1);
        Some(rule.reaction.clone())
    }
}

/// A mail that was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// The sender in the envelope.
    pub from: String,
    /// The recipients in the envelope.
    pub to: Vec<String>,
    /// The mail as it came, dot-stuffing undone.
    pub raw: Vec<u8>,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text, decoded, with line feeds as line ends; empty if there is none.
    pub text: String,
    /// The HTML, likewise.
    pub html: Option<String>,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
}

impl Caught {
    pub(super) fn new(from: String, to: Vec<String>, raw: Vec<u8>, encrypted: bool) -> Self {
        Self {
            subject: mail_parts::header(&raw, "Subject").unwrap_or_default(),
            text: mail_parts::part(&raw, "text/plain").unwrap_or_default(),
            html: mail_parts::part(&raw, "text/html"),
            from,
            to,
            raw,
            encrypted,
        }
    }

    /// The first header of this name, unfolded and decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        mail_parts::header(&self.raw, name)
    }
}

/// A connection, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What an encryption comes to in the end.
pub type Upgraded = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// The server's side of TLS, which the catcher does not bring itself.
pub trait Upgrade: Send + Sync {
    /// Encrypts a connection, or fails as the handshake does.
    fn upgrade(&self, stream: Box<dyn Stream>) -> Upgraded;
}

/// Whether and when connections are encrypted.
#[derive(Clone)]
pub enum Protection {
    /// Never.
    None,
    /// When the client asks by STARTTLS.
    StartTls(Arc<dyn Upgrade>),
    /// From the first byte.
    Tls(Arc<dyn Upgrade>),
}

/// What has been seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections taken, ever.
    pub connections: usize,
    /// Connections open now.
    pub open: usize,
    /// The most connections open at a time.
    pub most_open: usize,
    /// Mails caught, ever.
    pub mails: usize,
}

struct State {
    behaviour: Behaviour,
    mails: VecDeque<Caught>,
    counts: Counts,
}

/// What the thread and its owner share.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reaction asked for at this moment; a rule that holds once is used up by this.
    pub(super) fn reaction(&self, verb: Verb) -> Option<Reaction> {
        self.state().behaviour.take(verb)
    }

    /// The reaction that [`Self::reaction`] would take.
    pub(super) fn peek(&self, verb: Verb) -> Option<Reaction> {
        self.state().behaviour.clone().take(verb)
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        self.state().behaviour.clone()
    }

    /// Keeps a mail. A folder that cannot be written to is no reason to refuse it; the copy in memory counts.
    pub(super) fn keep(&self, caught: Caught) {
        let mut state = self.state();
        state.counts.mails += 1;
        if let Some(folder) = &state.behaviour.folder {
            let path = folder.join(format!("{:06}.eml", state.counts.mails));
            let _ = std::fs::write(path, &caught.raw);
        }
        if state.mails.len() == MAILS_KEPT {
            state.mails.pop_front();
        }
        state.mails.push_back(caught);
        drop(state);
        self.changed.notify_all();
    }
}

/// A running mail catcher; it stops when dropped.
pub struct MailCatcher {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MailCatcher {
    /// Starts on a free port of 127.0.0.1, in plain text.
    ///
    /// # Errors
    /// When no port, thread or runtime is to be had.
    pub fn start(behaviour: Behaviour) -> io::Result<Self> {
        Self::start_with(0, behaviour, Protection::None)
    }

    /// Starts on a port of 127.0.0.1 (0: any free one), protected in this way.
    ///
    /// # Errors
    /// When the port is taken, or no thread or runtime is to be had.
    pub fn start_with(port: u16, behaviour: Behaviour, protection: Protection) -> io::Result<Self> {
        // Bound without the runtime: whoever starts this may be on a runtime already, where blocking on another panics.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(State { behaviour, mails: VecDeque::new(), counts: Counts::default() }),
            changed: Condvar::new(),
        });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("mail-catcher".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, shared, protection) => {}
                        _ = stopped => {}
                    }
                });
            }
        })?;
        Ok(Self { addr, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Behaves in this way from the next moment on, on open connections too.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.state().behaviour = behaviour;
    }

    /// All mails caught so far (the last 10,000), oldest first.
    pub fn mails(&self) -> Vec<Caught> {
        self.shared.state().mails.iter().cloned().collect()
    }

    /// What has been seen so far.
    pub fn counts(&self) -> Counts {
        self.shared.state().counts
    }

    /// Waits until a mail that fits has been caught, now or before; `None` when the time is up.
    /// Blocks the calling thread.
    pub fn wait_for(&self, mut fits: impl FnMut(&Caught) -> bool, timeout: Duration) -> Option<Caught> {
        let mut found = None;
        let state = self.shared.state();
        let waited = self.shared.changed.wait_timeout_while(state, timeout, |state| {
            found = state.mails.iter().find(|mail| fits(mail)).cloned();
            found.is_none()
        });
        drop(waited);
        found
    }
}

impl Drop for MailCatcher {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, protection: Protection) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: let others finish.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let open = OpenConnection::new(Arc::clone(&shared));
        let protection = protection.clone();
        tokio::spawn(async move {
            // A client that goes away is everyday life here.
            let _ = serve(stream, &open.0, &protection).await;
        });
    }
}

async fn serve(stream: TcpStream, shared: &Shared, protection: &Protection) -> io::Result<()> {
    let _ = stream.set_nodelay(true);
    let opening = |greet, encrypted, offer_starttls| Opening { greet, encrypted, offer_starttls };
    match protection {
        Protection::None => {
            converse(stream, shared, opening(true, false, false)).await?;
        }
        Protection::Tls(tls) => {
            let stream = tls.upgrade(Box::new(stream)).await?;
            converse(stream, shared, opening(true, true, false)).await?;
        }
        Protection::StartTls(tls) => {
            let plain = converse(stream, shared, opening(true, false, true)).await?;
            if let After::StartTls(stream) = plain {
                let stream = tls.upgrade(Box::new(stream)).await?;
                converse(stream, shared, opening(false, true, false)).await?;
            }
        }
    }
    Ok(())
}

/// Counts a connection for as long as it is open.
struct OpenConnection(Arc<Shared>);

impl OpenConnection {
    fn new(shared: Arc<Shared>) -> Self {
        let mut state = shared.state();
        state.counts.connections += 1;
        state.counts.open += 1;
        state.counts.most_open = state.counts.most_open.max(state.counts.open);
        drop(state);
        Self(shared)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.counts.open -= 1;
    }
}
