//! Starts everything from the settings, serves until told to stop, reloads in between, stops in order.

use super::descriptors;
use super::health::Health;
use super::log;
use super::notify;
use super::prepare::prepare;
use super::reload::Reloader;
use super::sockets::{self, SocketError, Sockets};
use crate::control::desk::Desk;
use crate::control::limits::{Bounds, Census};
use crate::control::listener;
use crate::domain::time::Timestamp;
use crate::runtime::clock::wall_time;
use crate::runtime::start::Running;
use crate::runtime::{Options, StartError, start};
use crate::settings::daemon::{Loaded, SettingProblem, Sources};
use actix_rt::{Arbiter, System};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Threads that read files for those who watch, and for attachments and back-ups: the disk is not faster with more of them.
const BLOCKING_THREADS: usize = 16;

/// How long each of the writer and the store may take at a stop, calls having been answered.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// Why the daemon could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the settings are not good")]
    Settings(Vec<SettingProblem>),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Sockets(#[from] SocketError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the interface descriptions are broken: {0}")]
    Descriptions(#[from] crate::protocol::catalogue::CatalogueError),
    #[error("the {0} did not come to its end in time; nothing acknowledged is lost")]
    Stop(&'static str),
}

/// Runs until SIGTERM or SIGINT. `manual_clock`: a clock set by hand, perhaps with where it begins.
///
/// # Errors
/// See [`RunError`].
pub fn run(sources: Sources, loaded: Loaded, manual_clock: Option<Option<i64>>) -> Result<(), RunError> {
    let passed = sockets::passed()?;
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().max_blocking_threads(BLOCKING_THREADS);
        // What it asks for was there when the process began; actix would not go on without it either.
        #[expect(clippy::expect_used, reason = "as actix does for its own")]
        builder.build().expect("a runtime")
    };
    System::with_tokio_rt(runtime).block_on(serve(sources, loaded, manual_clock, passed))
}

async fn serve(
    sources: Sources,
    loaded: Loaded,
    manual_clock: Option<Option<i64>>,
    passed: Vec<(String, OwnedFd)>,
) -> Result<(), RunError> {
    // A hang-up before the daemon is ready is kept until then; without this it would be the end.
    let mut hang_up = signal(SignalKind::hangup())?;
    let settings = loaded.settings.clone();
    let log = log::begin(settings.log.level);
    descriptors::raise();
    let prepared = prepare(&loaded).map_err(RunError::Settings)?;
    let mail_on = prepared.post.smtp.is_some();
    let options = Options {
        data: settings.data.dir.clone(),
        segment_bytes: settings.data.segment_bytes,
        reserve_bytes: settings.data.reserve_bytes,
        journal_keep_bytes: settings.data.journal_keep_bytes,
        keep_unnamed: settings.data.keep_unnamed,
        store_cache_bytes: settings.data.store_cache_bytes,
        time_zone: prepared.zone,
        manual_clock: manual_clock.map(|at| at.map_or_else(wall_time, Timestamp)),
        arbiters: arbiters(settings.runtime.arbiters),
        keep_idle: settings.runtime.resident_closed,
        post: prepared.post,
        clock_must_be_synchronised: settings.time.require_synchronised,
        secret: prepared.secret,
        progress: Box::new(notify::more_time()),
    };
    let began = wall_time();
    let running = start(options).await?;
    for sentence in &running.report.said {
        tracing::info!("{sentence}");
    }
    // Whoever finds the socket may stop the daemon.
    let mut told_to_stop = pin!(told_to_stop()?);
    let sockets = sockets::open(passed, &settings.control)?;
    let runtime = running.runtime.clone();
    runtime.set_reach(settings.people);
    let desk = Rc::new(Desk::new(runtime.clone(), prepared.peers, running.report.said.clone(), settings.links.base_url.clone())?);
    desk.service_ticket_types.set(settings.definitions.service_ticket_types);
    desk.look_up.set(settings.look_up);
    desk.portal.set(settings.portal);
    let guests = Rc::new(Desk::for_guests(runtime.clone(), Rc::clone(&desk.portal))?);
    let bounds = Bounds::new(prepared.limits);
    let health = Health::new(runtime.clone(), Rc::clone(&desk), mail_on);
    tracing::info!(
        socket = Sockets::paths(&sockets.control),
        guest_socket = Sockets::paths(&sockets.guest),
        work_orders = running.report.work_orders,
        actors = running.report.actors,
        start_ms = wall_time().0 - began.0,
        head = %runtime.head(),
        "ready"
    );
    let Sockets { control, guest, ours } = sockets;
    let (stop, stopping) = watch::channel(false);
    let mut serving = pin!(async {
        // Each socket counts its own connections: a gateway cannot take the places of the staff.
        let staff = listener::serve(control, Rc::clone(&desk), bounds.clone(), Census::default(), raised(stopping.clone()));
        let customers = listener::serve(guest, guests, bounds.clone(), Census::default(), raised(stopping));
        let (staff, customers) = tokio::join!(staff, customers);
        staff.and(customers)
    });
    let secret = prepared.secret;
    let mut reloader =
        Reloader { sources, loaded, secret, desk: Rc::clone(&desk), bounds: bounds.clone(), log, health: Rc::clone(&health) };
    let mut watchdog = pin!(health.feed_watchdog());
    let mut status = pin!(health.tell_status());
    health.notifier.ready(&health.line());
    loop {
        tokio::select! {
            biased;
            () = &mut told_to_stop, if !*stop.borrow() => {
                tracing::info!("stopping");
                health.notifier.stopping();
                stop.send_replace(true);
            }
            _ = hang_up.recv(), if !*stop.borrow() => reloader.reload(&running),
            served = &mut serving => break served?,
            () = &mut watchdog => {}
            () = &mut status, if !*stop.borrow() => {}
        }
    }
    // The last time: from here on there are limits of our own.
    health.notifier.alive();
    end(running, &ours).await
}

async fn raised(mut flag: watch::Receiver<bool>) {
    let _ = flag.wait_for(|raised| *raised).await;
}

async fn end(running: Running, ours: &[PathBuf]) -> Result<(), RunError> {
    let runtime = running.runtime.clone();
    let ended = running.stop(STOP_LIMIT).await;
    for socket in ours {
        // Nobody answers there any more.
        let _ = std::fs::remove_file(socket);
    }
    ended.map_err(RunError::Stop)?;
    tracing::info!(head = %runtime.head(), "stopped");
    Ok(())
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
