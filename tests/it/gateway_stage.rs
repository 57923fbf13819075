//! The stage of the gateway tests: a provider that behaves as told and keeps what it saw, and the way to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use workorderd::gateway::{Answer, Http, Sms, Stamp};

/// Long enough for any answer on this machine, however busy.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Gives up soon, for providers that fall silent.
pub const IMPATIENCE: Duration = Duration::from_millis(300);
/// 2026-12-01T01:02:03.004Z; in China 09:02 of the same day.
pub const NOW_MS: i64 = 1_796_086_923_004;

pub const STAMP: Stamp = Stamp { now_ms: NOW_MS, nonce: [0xab; 16] };

/// What the provider does with a request.
#[derive(Clone, Debug)]
pub enum Does {
    /// Answers with status and body.
    Say(u16, String),
    /// The same, after a while.
    Late(Duration, u16, String),
    /// Reads the request and hangs up.
    HangUp,
    /// Reads the request, sends these bytes, and hangs up.
    Raw(Vec<u8>),
    /// Reads the request and says nothing more.
    Silence,
    /// Hangs up without reading anything.
    Deaf,
}

/// One request as the provider saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Seen {
    pub fn form(&self) -> BTreeMap<String, String> {
        assert_eq!(self.headers["content-type"], "application/x-www-form-urlencoded");
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn login(&self) -> String {
        let basic = self.headers["authorization"].strip_prefix("Basic ").unwrap();
        String::from_utf8(BASE64.decode(basic.as_bytes()).unwrap()).unwrap()
    }
}

pub struct Provider {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Provider {
    /// Listens, and does with each request what `does` says.
    pub async fn start(does: impl Fn(&Seen) -> Does + Send + Sync + 'static) -> Self {
        Self::listen(does, false, None).await
    }

    /// Does the same with each request.
    pub async fn always(does: Does) -> Self {
        let deaf = matches!(does, Does::Deaf);
        Self::listen(move |_| does.clone(), deaf, None).await
    }

    pub async fn says(status: u16, body: &str) -> Self {
        Self::always(Does::Say(status, body.to_owned())).await
    }

    /// Speaks TLS, with a certificate for this name; gives the certificate too, in PEM.
    pub async fn secure(name: &str, does: Does) -> (Self, String) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let provider = Self::listen(move |_| does.clone(), false, Some(TlsAcceptor::from(Arc::new(config)))).await;
        (provider, cert.pem())
    }

    async fn listen(does: impl Fn(&Seen) -> Does + Send + Sync + 'static, deaf: bool, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, does) = (Arc::clone(&seen), Arc::new(does));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                if deaf {
                    continue;
                }
                let (kept, does, tls) = (Arc::clone(&kept), Arc::clone(&does), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &kept, &*does).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &kept, &*does).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, seen }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn http(&self) -> Http {
        Http::new(&self.base(), None, PATIENCE).unwrap()
    }

    pub fn impatient(&self) -> Http {
        Http::new(&self.base(), None, IMPATIENCE).unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    pub fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path == path).count()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, kept: &Mutex<Vec<Seen>>, does: &(impl Fn(&Seen) -> Does + Sync)) {
    let Some(seen) = read(&mut stream).await else {
        return;
    };
    kept.lock().unwrap().push(seen.clone());
    let does = does(&seen);
    if let Does::Late(while_, ..) = &does {
        sleep(*while_).await;
    }
    match does {
        Does::Say(status, body) | Does::Late(_, status, body) => {
            let head = format!(
                "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body.as_bytes()).await;
        }
        Does::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Does::Silence => sleep(PATIENCE).await,
        Does::HangUp | Does::Deaf => {}
    }
    let _ = stream.shutdown().await;
}

/// Reads one request to its last byte; `None` if the other side hangs up before.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            bytes.drain(..end + 4);
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(|at| at.trim().parse().unwrap()));
            break (head, length.unwrap_or(0));
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    while bytes.len() < length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = BTreeMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        assert!(headers.insert(name.to_lowercase(), value.to_owned()).is_none(), "{name} twice");
    }
    Some(Seen {
        method,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers,
        body: String::from_utf8(bytes).unwrap(),
    })
}

/// Runs on a runtime of one thread, as an arbiter of the daemon does; nothing may hang.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(async { timeout(PATIENCE * 3, future).await.expect("it hangs") });
    // Does not wait for a look-up of a name that nobody answers.
    runtime.shutdown_background();
    outcome
}

/// A port at which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port())
}

/// The answer's name alone.
pub fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted { .. } => "accepted",
        Answer::Failed { .. } => "failed",
        Answer::Deferred { .. } => "deferred",
        Answer::Unknown { .. } => "unknown",
    }
}

/// Its words; of an accepted one the reference.
pub fn words(answer: &Answer) -> &str {
    match answer {
        Answer::Accepted { reference } => reference,
        Answer::Failed { why } | Answer::Deferred { why } | Answer::Unknown { why } => why,
    }
}

/// One line, not too long, and nothing in it that must not be there.
pub fn fit(why: &str, hidden: &[&str]) {
    assert!(!why.is_empty());
    assert!(why.chars().count() <= 300, "{} characters: {why}", why.chars().count());
    assert!(!why.chars().any(char::is_control), "{why:?}");
    for hidden in hidden {
        assert!(!why.contains(hidden), "`{hidden}` is in `{why}`");
    }
}

pub fn sms() -> Sms {
    Sms {
        to: "+8613800000001".to_owned(),
        text: "【示例】李女士，您的工单 WO-7 已完成，请评价：https://f.example/x7".to_owned(),
        template: Some(workorderd::gateway::SmsTemplate {
            code: "SMS_71390007".to_owned(),
            parameters: vec![("name".to_owned(), "李女士".to_owned()), ("link".to_owned(), "https://f.example/x7".to_owned())],
        }),
        receipt: Some(workorderd::gateway::Callback { url: "https://f.example/gateway/sms?m=7&k=a b".to_owned(), token: "t-7".to_owned() }),
    }
}

/// How an attempt ends that meets each fault of a connection: the name of the fault, what the provider does, the answer.
pub fn faults() -> Vec<(&'static str, Does, &'static str)> {
    let huge = "x".repeat(workorderd::gateway::MAX_ANSWER_BYTES + 1);
    let raw = |text: &str| Does::Raw(text.as_bytes().to_vec());
    vec![
        ("hangs up behind the request", Does::HangUp, "unknown"),
        ("falls silent", Does::Silence, "unknown"),
        ("answers too late", Does::Late(IMPATIENCE * 3, 200, "{}".to_owned()), "unknown"),
        ("answers too much", Does::Say(200, huge), "unknown"),
        ("breaks off in the head", raw("HTTP/1.1 201 Cre"), "unknown"),
        ("breaks off in the body", raw("HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"sid\":\"SM1\""), "unknown"),
        ("is no HTTP", raw("220 mail.example.com ESMTP\r\n"), "unknown"),
        ("answers no JSON", Does::Say(200, "<html>fine</html>".to_owned()), "unknown"),
        ("answers nothing", Does::Say(200, String::new()), "unknown"),
        ("answers a list", Does::Say(200, "[1]".to_owned()), "unknown"),
        ("a proxy lost it", Does::Say(502, "<html>bad gateway</html>".to_owned()), "unknown"),
        ("a proxy waited in vain", Does::Say(504, "<html>gateway timeout</html>".to_owned()), "unknown"),
        ("is overloaded", Does::Say(503, "<html>later</html>".to_owned()), "deferred"),
        ("is elsewhere", raw("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "deferred"),
        ("wants a login", Does::Say(401, "<html>who are you</html>".to_owned()), "deferred"),
        ("wants it slower", Does::Say(429, "slow down".to_owned()), "deferred"),
    ]
}
