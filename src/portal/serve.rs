//! The process: HTTP connections, their limits in time, size and number, and what stands in the log.
//!
//! Keeps: the path of a request, which holds the link, is in no log line. A connection that does nothing or dawdles is closed.

use super::args::Arguments;
use super::limits::Limits;
use super::page::Look;
use super::route::{self, Daemon, Reply, Request};
use super::uploads::{self, Refused, Uploaded};
use clap::Parser;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

/// Largest body of a request, in bytes.
const BODY_MAX: usize = 64 << 10;
/// Receipts that one address may bring in a minute.
const RECEIPTS_PER_MINUTE: u32 = 6_000;
/// How long the head of a request may take to come in.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long its body may take.
const BODY_TIME: Duration = Duration::from_secs(15);
/// How long one connection may last in all.
const CONNECTION_TIME: Duration = Duration::from_secs(120);
/// How long one may last that brings photos.
const UPLOAD_TIME: Duration = Duration::from_secs(480);
/// Forms with photos that are read at the same time; another is asked to come back.
const UPLOADS: usize = 16;
/// How long connections may go on after a stop.
const STOP_TIME: Duration = Duration::from_secs(10);
/// Calls to the daemon at the same time; the others wait.
const CALLS: usize = 32;

/// What all connections share.
struct Portal {
    look: Look,
    daemon: Daemon,
    trusted_proxy: Option<IpAddr>,
    limits: Mutex<Limits>,
    receipt_limits: Mutex<Limits>,
    calls: Semaphore,
    uploads: Semaphore,
    began: Instant,
}

/// Runs the portal.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let stderr = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO);
    stderr.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        runtime.block_on(run(arguments))
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workorder-portal: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| format!("cannot serve on {}: {error}", arguments.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let portal = Arc::new(Portal {
        look: Look { company: arguments.company, path: arguments.path, receipts: arguments.receipts },
        daemon: Daemon(arguments.socket),
        trusted_proxy: arguments.trusted_proxy,
        limits: Mutex::new(Limits::new(arguments.per_minute)),
        receipt_limits: Mutex::new(Limits::new(RECEIPTS_PER_MINUTE)),
        calls: Semaphore::new(CALLS),
        uploads: Semaphore::new(UPLOADS),
        began: Instant::now(),
    });
    let mut stop = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let there = portal.daemon.is_there();
    tracing::info!(%address, socket = %portal.daemon.0.display(), there, "ready");
    let places = Arc::new(Semaphore::new(arguments.connections as usize));
    loop {
        let place = tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            place = Arc::clone(&places).acquire_owned() => place.map_err(|error| error.to_string())?,
        };
        let (stream, peer) = tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(error) => {
                    // No file may be opened, say: others are closed in a moment.
                    tracing::warn!(%error, "a connection was not taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let portal = Arc::clone(&portal);
        tokio::spawn(async move {
            let brings_photos = Arc::new(AtomicBool::new(false));
            let mut connection = pin!(connection(portal, stream, peer, Arc::clone(&brings_photos)));
            let ended = tokio::time::timeout(CONNECTION_TIME, &mut connection).await;
            if ended.is_err() && brings_photos.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(UPLOAD_TIME - CONNECTION_TIME, connection).await;
            }
            drop(place);
        });
    }
    drop(listener);
    let all = arguments.connections;
    let _ = tokio::time::timeout(STOP_TIME, places.acquire_many(all)).await;
    tracing::info!("stopped");
    Ok(())
}

async fn connection(portal: Arc<Portal>, stream: TcpStream, peer: IpAddr, brings_photos: Arc<AtomicBool>) {
    let service = service_fn(move |request| {
        let (portal, brings_photos) = (Arc::clone(&portal), Arc::clone(&brings_photos));
        async move { Ok::<_, Infallible>(respond(portal, request, peer, &brings_photos).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(16 << 10).keep_alive(true);
    // A client that breaks the protocol or hangs up is its own affair.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    portal: Arc<Portal>,
    request: hyper::Request<Incoming>,
    peer: IpAddr,
    brings_photos: &AtomicBool,
) -> Response<Full<Bytes>> {
    let began = Instant::now();
    let (head, body) = request.into_parts();
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let address = customer(&head.headers, peer, portal.trusted_proxy);
    // A provider brings many from one address, and is known by what it brings.
    let is_receipt = head.uri.path().starts_with(portal.look.receipts.as_str());
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        content_type: text(header::CONTENT_TYPE),
        accept_language: text(header::ACCEPT_LANGUAGE),
        from_elsewhere: from_elsewhere(&head.headers),
        authorization: text(header::AUTHORIZATION),
        signature: text(HeaderName::from_static("x-twilio-signature")),
        ..Request::default()
    };
    let method = request.method.clone();
    let reply = if portal.limits(is_receipt).ask(address, portal.now()).is_none() {
        Reply::too_many(&portal.look, &request.accept_language)
    } else {
        match filled(&portal, &request, body, brings_photos).await {
            Ok((filled, body)) => answer(&portal, Request { filled, body, ..request }).await,
            Err(status) => Reply::bad(status, &portal.look, &request.accept_language),
        }
    };
    if reply.unknown {
        portal.limits(is_receipt).unknown(address, portal.now());
    }
    let ms = began.elapsed().as_millis() as u64;
    tracing::info!(method, status = reply.status, ms, "answered");
    response(reply)
}

/// What a request brings: a form with photos, or a body; or with which status it is turned away.
async fn filled(
    portal: &Portal,
    request: &Request,
    body: Incoming,
    brings_photos: &AtomicBool,
) -> Result<(Option<Uploaded>, Vec<u8>), u16> {
    let token = route::token(&request.path, &portal.look).filter(|_| request.method == "POST" && !request.from_elsewhere);
    if let Some(token) = token.filter(|_| request.content_type.starts_with("multipart/form-data")) {
        let _place = portal.uploads.try_acquire().map_err(|_| 503_u16)?;
        brings_photos.store(true, Ordering::Relaxed);
        let uploaded = uploads::take(&portal.daemon, token, &request.content_type, body, request_id).await;
        return match uploaded {
            Ok(uploaded) => Ok((Some(uploaded), Vec::new())),
            Err(Refused::Bad) => Err(415),
            Err(Refused::TooLarge) => Err(413),
            Err(Refused::TooSlow) => Err(408),
            Err(Refused::Later) => Err(503),
        };
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_MAX).collect()).await {
        Err(_) => Err(408),
        Ok(Err(_)) => Err(413),
        Ok(Ok(body)) => Ok((None, body.to_bytes().to_vec())),
    }
}

/// Asks the daemon on a thread that may wait.
async fn answer(portal: &Arc<Portal>, request: Request) -> Reply {
    let accept_language = request.accept_language.clone();
    let Ok(_place) = portal.calls.acquire().await else { return Reply::bad(500, &portal.look, &accept_language) };
    let inner = Arc::clone(portal);
    let asked = tokio::task::spawn_blocking(move || route::answer(&request, &inner.look, &inner.daemon, request_id()));
    asked.await.unwrap_or_else(|_| Reply::bad(500, &portal.look, &accept_language))
}

impl Portal {
    fn limits(&self, of_receipts: bool) -> std::sync::MutexGuard<'_, Limits> {
        let limits = if of_receipts { &self.receipt_limits } else { &self.limits };
        limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

/// What tells one handing in of a form from another.
fn request_id() -> String {
    format!("p{:032x}", fastrand::u128(..))
}

/// Whose request it is: whoever is connected, or whom the web server in front names last.
fn customer(headers: &HeaderMap, peer: IpAddr, trusted_proxy: Option<IpAddr>) -> IpAddr {
    if trusted_proxy.map(|proxy| proxy.to_canonical()) != Some(peer.to_canonical()) {
        return peer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    last.and_then(|list| list.rsplit(',').next()).and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

/// Whether a browser says that another site made the request; older ones, which do not say, name the site at least.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, site)| site != host),
        (None, _, _) => false,
    }
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, reply.content_type),
        // Nothing from elsewhere, no script, no frame of another site; the link is told to no other site.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, if reply.kept { "public, max-age=3600" } else { "no-store" }),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    match reply.status {
        405 => drop(headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"))),
        429 | 503 => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"))),
        _ => {}
    }
    if let Some(location) = reply.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        headers.insert(header::LOCATION, location);
    }
    response
}
