//! One HTTP request over one connection of its own, http:// or https://.
//! Invariant: [`Exchange::NotSent`] is answered only if no byte of the request has been given to the connection; whatever goes wrong
//! afterwards, the time limit included, is [`Exchange::Unknown`]. Errors never quote the request.
//! No pool, no redirects, no proxy: each would blur what was sent. What an answer means is left to the provider's own file.

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::words::{Hidden, fragment};

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The longest head of an answer, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Why a gateway's address or certificates are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpProblem {
    /// Not an address that a request can go to.
    #[error("base: must be http:// or https:// with a host, and without a user name, a query and a fragment")]
    NotABase,
    /// Every request carries a secret; without TLS it would show it to everybody on the way.
    #[error("base: http:// is for this machine only; {host} needs https://")]
    PlainText {
        /// The host.
        host: String,
    },
    /// The extra root certificates, or the machine's own, cannot be used.
    #[error("extra_root_pem: {why}")]
    Certificate {
        /// What is wrong.
        why: String,
    },
    /// No time at all.
    #[error("timeout: must be more than 0")]
    NoTime,
}

/// The way to one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Http {
    secure: Option<(TlsConnector, ServerName<'static>)>,
    host: String,
    port: u16,
    authority: HeaderValue,
    path: String,
    limit: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.secure.is_some())
            .finish_non_exhaustive()
    }
}

/// One request. `Debug` shows the method alone: paths and bodies hold numbers, texts and tokens.
#[derive(Clone, Default)]
pub struct Request {
    /// A body makes it POST, its media type and the bytes; none GET.
    pub body: Option<(&'static str, String)>,
    /// Behind the base, from `/` on, with the query if any; percent-encoded.
    pub path: String,
    /// The value of the header `Authorization`.
    pub authorization: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("post", &self.body.is_some()).finish_non_exhaustive()
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Nothing of the request left this machine.
    NotSent {
        /// What stood in the way.
        why: String,
    },
    /// The whole answer is there.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body, at most [`MAX_ANSWER_BYTES`].
        body: Vec<u8>,
    },
    /// Some or all of the request may have arrived.
    Unknown {
        /// What happened.
        why: String,
    },
}

impl Http {
    /// Checks the address and loads the certificates; does not connect. `limit` is for a whole request, connecting included.
    /// The certificates, PEM, are trusted besides the machine's own.
    ///
    /// # Errors
    /// An [`HttpProblem`] that names the setting.
    pub fn new(base: &str, extra_root_pem: Option<&[u8]>, limit: Duration) -> Result<Self, HttpProblem> {
        if limit.is_zero() {
            return Err(HttpProblem::NoTime);
        }
        let uri: Uri = base.trim().parse().map_err(|_| HttpProblem::NotABase)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(HttpProblem::NotABase);
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let explicit_port = authority.as_str().len() > authority.host().len();
        if host.is_empty()
            || uri.query().is_some()
            || base.contains(['@', '#'])
            || (explicit_port && authority.port_u16().is_none_or(|port| port == 0))
        {
            return Err(HttpProblem::NotABase);
        }
        let (secure, standard_port) = match scheme {
            "https" => {
                let name = ServerName::try_from(host.clone()).map_err(|_| HttpProblem::NotABase)?;
                (Some((connector(extra_root_pem)?, name)), 443)
            }
            "http" if is_this_machine(&host) => (None, 80),
            "http" => return Err(HttpProblem::PlainText { host }),
            _ => return Err(HttpProblem::NotABase),
        };
        let port = authority.port_u16().unwrap_or(standard_port);
        let authority = HeaderValue::from_str(authority.as_str()).map_err(|_| HttpProblem::NotABase)?;
        Ok(Self { secure, host, port, authority, path: uri.path().trim_end_matches('/').to_owned(), limit })
    }

    /// One request. Comes back within the time limit.
    pub async fn exchange(&self, request: &Request) -> Exchange {
        let request = match self.build(request) {
            Ok(request) => request,
            Err(why) => return Exchange::NotSent { why },
        };
        // Set before the connection is given the request.
        let on_its_way = AtomicBool::new(false);
        match timeout(self.limit, self.attempt(request, &on_its_way)).await {
            Ok(exchange) => exchange,
            Err(_) if on_its_way.load(Ordering::SeqCst) => Exchange::Unknown { why: format!("{} did not answer in time", self.host) },
            Err(_) => Exchange::NotSent { why: format!("cannot connect to {}:{}: timed out", self.host, self.port) },
        }
    }

    fn build(&self, request: &Request) -> Result<hyper::Request<Full<Bytes>>, String> {
        let method = if request.body.is_some() { Method::POST } else { Method::GET };
        let mut builder = hyper::Request::builder()
            .method(method)
            .uri(format!("{}{}", self.path, request.path))
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("workorderd/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/json")
            .header(CONNECTION, "close");
        if let Some(authorization) = &request.authorization {
            let mut value =
                HeaderValue::from_str(authorization).map_err(|_| "the secret has characters that no header may have".to_owned())?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some((media_type, _)) = &request.body {
            builder = builder.header(CONTENT_TYPE, *media_type);
        }
        let body = request.body.as_ref().map(|(_, body)| Bytes::from(body.clone())).unwrap_or_default();
        builder.body(Full::new(body)).map_err(|_| "the request cannot be written as HTTP".to_owned())
    }

    async fn attempt(&self, request: hyper::Request<Full<Bytes>>, on_its_way: &AtomicBool) -> Exchange {
        let stream = match self.connect().await {
            Ok(stream) => stream,
            Err(why) => return Exchange::NotSent { why },
        };
        match &self.secure {
            None => self.talk(stream, request, on_its_way).await,
            Some((connector, name)) => match connector.connect(name.clone(), stream).await {
                Ok(stream) => self.talk(stream, request, on_its_way).await,
                Err(error) => Exchange::NotSent { why: one_line(&format!("cannot connect to {} over tls: {error}", self.host)) },
            },
        }
    }

    /// Tries each address of the host, each for half the time limit of the whole request.
    async fn connect(&self) -> Result<TcpStream, String> {
        let name = format!("{}:{}", self.host, self.port);
        let addresses =
            lookup_host((self.host.as_str(), self.port)).await.map_err(|error| one_line(&format!("cannot look up {name}: {error}")))?;
        let mut why = "no address".to_owned();
        for address in addresses {
            match timeout(self.limit / 2, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // One write and one read; without this a request of two packets waits for an acknowledgement.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => why = "timed out".to_owned(),
            }
        }
        Err(one_line(&format!("cannot connect to {name}: {why}")))
    }

    async fn talk<S>(&self, stream: S, request: hyper::Request<Full<Bytes>>, on_its_way: &AtomicBool) -> Exchange
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let not_sent = |error: &hyper::Error| Exchange::NotSent { why: self.explain(error) };
        let unknown = |why: String| Exchange::Unknown { why };
        let (mut sender, connection) = match http1::Builder::new().max_buf_size(MAX_HEAD_BYTES).handshake(TokioIo::new(stream)).await {
            Ok(pair) => pair,
            Err(error) => return not_sent(&error),
        };
        // Ends with this function, however it is left.
        let mut running = JoinSet::new();
        running.spawn(connection);
        if let Err(error) = sender.ready().await {
            return not_sent(&error);
        }
        on_its_way.store(true, Ordering::SeqCst);
        let answer = match sender.try_send_request(request).await {
            Ok(answer) => answer,
            Err(mut refused) => {
                // The request comes back only if the connection has not begun with it.
                let untouched = refused.take_message().is_some();
                let error = refused.into_error();
                return if untouched { not_sent(&error) } else { unknown(self.explain(&error)) };
            }
        };
        let status = answer.status().as_u16();
        match Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await {
            Ok(body) => Exchange::Answered { status, body: body.to_bytes().to_vec() },
            Err(error) if error.is::<LengthLimitError>() => unknown(format!("{} answered more than {MAX_ANSWER_BYTES} bytes", self.host)),
            Err(error) => unknown(one_line(&format!("the answer of {} broke off: {error}", self.host))),
        }
    }

    fn explain(&self, error: &hyper::Error) -> String {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        one_line(&format!("the connection to {} failed: {error}{source}", self.host))
    }
}

fn connector(extra_root_pem: Option<&[u8]>) -> Result<TlsConnector, HttpProblem> {
    let certificate = |why: String| HttpProblem::Certificate { why };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = extra_root_pem {
        let before = roots.len();
        for root in CertificateDer::pem_slice_iter(pem) {
            let root = root.map_err(|error| certificate(error.to_string()))?;
            roots.add(root).map_err(|error| certificate(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(certificate("holds no certificate in pem form".to_owned()));
        }
    }
    if roots.is_empty() {
        return Err(certificate("not given, and this machine has no root certificates of its own".to_owned()));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| certificate(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn one_line(text: &str) -> String {
    fragment(text, &Hidden::default())
}
