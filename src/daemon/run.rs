//! Starts everything from the settings, serves until told to stop, stops in order.

use super::peers;
use crate::control::desk::Desk;
use crate::control::limits::{Census, Limits};
use crate::control::listener::{self, BindError};
use crate::domain::time::Timestamp;
use crate::mail::{self, Smtp};
use crate::runtime::clock::wall_time;
use crate::runtime::mailer::Post;
use crate::runtime::render::Letterhead;
use crate::runtime::start::Running;
use crate::runtime::{Options, StartError, start};
use crate::settings::daemon::{Mail, Security, Settings};
use actix_rt::{Arbiter, System};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Why the daemon could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{problem}")]
    Settings { problem: String },
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the interface descriptions are broken: {0}")]
    Descriptions(#[from] crate::protocol::catalogue::CatalogueError),
}

/// Runs until SIGTERM or SIGINT. `manual_clock`: a clock set by hand, perhaps with where it begins.
///
/// # Errors
/// See [`RunError`].
pub fn run(settings: &Settings, manual_clock: Option<Option<i64>>) -> Result<(), RunError> {
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,workorderd={}", settings.log.level.name()));
    // A test may have set one before.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).try_init();
    System::new().block_on(serve(settings, manual_clock))
}

async fn serve(settings: &Settings, manual_clock: Option<Option<i64>>) -> Result<(), RunError> {
    let peer_map =
        peers::resolve(&settings.control, rustix::process::getuid().as_raw()).map_err(|problem| RunError::Settings { problem })?;
    let zone = jiff::tz::TimeZone::get(&settings.time.zone).map_err(|e| RunError::Settings { problem: format!("time.zone: {e}") })?;
    let options = Options {
        data: settings.data.dir.clone(),
        segment_bytes: u32::try_from(settings.data.segment_bytes)
            .map_err(|_| RunError::Settings { problem: "data.segment_mib: at most 2047".into() })?,
        store_cache_bytes: settings.data.store_cache_bytes,
        time_zone: zone,
        manual_clock: manual_clock.map(|at| at.map_or_else(wall_time, Timestamp)),
        arbiters: arbiters(settings.runtime.arbiters),
        keep_idle: settings.runtime.resident_closed,
        post: post(settings)?,
        clock_must_be_synchronised: settings.time.require_synchronised,
        secret: secret(settings)?,
    };
    let began = wall_time();
    let running = start(options).await?;
    for sentence in &running.report.said {
        tracing::info!("{sentence}");
    }
    let socket = &settings.control.socket;
    // Whoever finds the socket may stop the daemon.
    let told_to_stop = told_to_stop()?;
    let listener = listener::bind(socket, 0o660)?;
    let control = &settings.control;
    let limits = Limits {
        frame_bytes: control.max_frame_bytes,
        frame_time: control.frame_timeout,
        calls_in_flight: control.calls_in_flight,
        connections_per_uid: control.connections_per_uid,
        connections: control.connections_total,
        stop_time: control.drain_timeout,
        ..Limits::default()
    };
    let desk = Desk::new(running.runtime.clone(), peer_map, running.report.said.clone(), settings.links.base_url.clone())?;
    tracing::info!(
        socket = %socket.display(),
        work_orders = running.report.work_orders,
        actors = running.report.actors,
        start_ms = wall_time().0 - began.0,
        head = %running.runtime.head(),
        "ready"
    );
    listener::serve(vec![listener], Rc::new(desk), Arc::new(limits), Census::default(), told_to_stop).await?;
    stop(running, socket).await;
    Ok(())
}

async fn stop(running: Running, socket: &Path) {
    tracing::info!("stopping");
    let head = running.runtime.head();
    running.stop().await;
    // Nobody answers there any more.
    let _ = std::fs::remove_file(socket);
    tracing::info!(%head, "stopped");
}

fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Threads for actors. On few cores everything lives on the first one, which saves a thread change per step.
fn arbiters(wanted: usize) -> Vec<actix_rt::ArbiterHandle> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = if wanted == 0 { (cores / 2).clamp(1, 8) } else { wanted };
    if count == 1 {
        return vec![Arbiter::current()];
    }
    (0..count).map(|_| Arbiter::new().handle()).collect()
}

fn post(settings: &Settings) -> Result<Post, RunError> {
    let wrong = |problem: String| RunError::Settings { problem };
    let fallback = mail::clean("workorderd", "workorderd@localhost.localdomain").map_err(|e| wrong(format!("mail.from: {e}")))?;
    let from = match &settings.mail.from {
        Some(from) => mail::clean(from.name.as_deref().unwrap_or(""), &from.address).map_err(|e| wrong(format!("mail.from: {e}")))?,
        None => fallback,
    };
    let smtp = if settings.mail.enabled { Some(smtp(&settings.mail)?) } else { None };
    Ok(Post { smtp, letterhead: Letterhead { from, base_url: settings.links.base_url.clone() }, at_once: settings.mail.connections })
}

fn smtp(mail: &Mail) -> Result<Smtp, RunError> {
    let wrong = |key: &str, e: &dyn std::fmt::Display| RunError::Settings { problem: format!("{key}: {e}") };
    let credentials = match (&mail.user, &mail.password_file) {
        (Some(user), Some(file)) => {
            let secret = std::fs::read_to_string(file).map_err(|e| wrong("mail.password_file", &format!("{}: {e}", file.display())))?;
            Some((user.clone(), secret.trim_end_matches(['\r', '\n']).to_owned()))
        }
        _ => None,
    };
    let extra_root_pem = mail.extra_root.as_ref().map(std::fs::read).transpose().map_err(|e| wrong("mail.extra_root", &e))?;
    Smtp::new(mail::Settings {
        host: mail.host.clone(),
        port: mail.port,
        security: match mail.security {
            Security::None => mail::Security::None,
            Security::StartTls => mail::Security::StartTls,
            Security::Tls => mail::Security::Tls,
        },
        credentials,
        extra_root_pem,
        timeout: mail.timeout,
        connections: mail.connections,
        hello_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
    })
    .map_err(|e| wrong("mail", &e))
}

fn secret(settings: &Settings) -> Result<Option<[u8; 32]>, RunError> {
    let Some(path) = &settings.links.secret_file else { return Ok(None) };
    let wrong = |problem: String| RunError::Settings { problem: format!("links.secret_file: {}: {problem}", path.display()) };
    let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
    if bytes.len() < 32 {
        return Err(wrong(format!("{} bytes are too few for a secret; at least 32", bytes.len())));
    }
    Ok(Some(blake3::derive_key("workorderd links 1 secret", &bytes)))
}
