//! What it is like with very many open Work Orders: memory, start-up, lists while steps go on, and very many timers due at once.

use super::load::{self, Line, Measured, Work};
use super::stage::Stage;
use super::{bare, report};
use crate::cli::bench_args::BenchArguments as Arguments;
use crate::protocol::work_orders::{SCENES, SORTS};
use crate::runtime::measure;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// People who go on working meanwhile.
const PEOPLE: usize = 8;
/// Timers that fall due at once.
const DUE: u64 = 100_000;
const HOUR_MS: i64 = 3_600_000;
/// Of the process that is measured with.
const TIME_LIMIT_MS: i64 = 30 * 24 * HOUR_MS;

/// How fast timers fired, and how people fared meanwhile.
#[derive(Debug)]
pub struct Firing {
    pub timers: u64,
    pub elapsed: Duration,
    pub steps: Measured,
}

/// Lists with filters, each call another one, and the steps beside them.
#[derive(Debug)]
pub struct Lists {
    pub calls: Measured,
    /// Every scene and every order, of somebody whose all of them are.
    pub scenes: Measured,
    pub steps: Measured,
}

/// All of it, from an empty folder on. The clock is set by hand, so that what is due is due at one moment.
///
/// # Errors
/// The daemon, or the machine.
pub fn measure(program: &Path, arguments: &Arguments) -> Result<report::Million, String> {
    let mut stage = Stage::start(program, &arguments.dir, true)?;
    let empty = stage.resident();
    let due = DUE.min(arguments.open / 2);
    let mut made = 0;
    // Those that are to fall due first, those that are to fall due while it is down, and the rest.
    for until in [due, 2 * due, arguments.open] {
        while made < until {
            let some = (until - made).min(50_000);
            load::run(&stage.socket(), 64, Duration::ZERO, &Work::Creations("bench", some))?;
            made += some;
            eprintln!("{made} of {} Work Orders", arguments.open);
        }
        stage.ahead(HOUR_MS)?;
    }
    stage.caught_up()?;
    let full = stage.resident();
    let clean = stage.restart(true)?;
    let after_restart = stage.resident();
    let killed = stage.restart(false)?;
    let orders = stage.status()?.work_orders.max(0) as u64;
    let state_bytes = bare::sizes(&stage.data())?.1;
    let (journal_bytes, store_bytes) = (size(&stage.data().join("journal")), size(&stage.data().join("store")));

    eprintln!("lists while steps go on ...");
    let time = Duration::from_secs(arguments.seconds.clamp(1, 20));
    let ((calls, scenes), steps) =
        beside_people(&stage, |stage| Ok((lists(stage, time, None, &filters())?, lists(stage, time, Some("bench"), &scenes())?)))?;
    let lists = Lists { calls, scenes, steps };

    eprintln!("{due} timers at once ...");
    let ((timers, elapsed), steps) = beside_people(&stage, |stage| {
        let began = Instant::now();
        // Up to the time of the first, and no further.
        stage.ahead(TIME_LIMIT_MS - 3 * HOUR_MS)?;
        Ok((due, fired(stage, due, began)?))
    })?;
    let at_once = Firing { timers, elapsed, steps };

    eprintln!("{due} timers that fell due while it was down ...");
    stage.ahead(HOUR_MS)?;
    stage.restart(false)?;
    let before = overdue(&stage)?;
    let ((timers, elapsed), steps) = beside_people(&stage, |stage| {
        let (began, before) = (Instant::now(), overdue(stage)?.max(before));
        Ok(((2 * due).saturating_sub(before), fired(stage, 2 * due, began)?))
    })?;
    let after_down = Firing { timers, elapsed, steps };
    stage.stop(true)?;
    let board_bytes = measure::board_bytes_for_each(&stage.data())?;
    Ok(report::Million {
        orders,
        empty,
        full,
        after_restart,
        clean,
        killed,
        state_bytes,
        board_bytes,
        journal_bytes,
        store_bytes,
        lists,
        at_once,
        after_down,
    })
}

/// Does something while people go on with their work; gives what it gave, and how long the people's steps took.
pub(super) fn beside_people<T>(stage: &Stage, what: impl FnOnce(&Stage) -> Result<T, String>) -> Result<(T, Measured), String> {
    let (socket, goes_on) = (stage.socket(), Arc::new(AtomicBool::new(true)));
    let work = Work::StepsWhile(Arc::clone(&goes_on));
    std::thread::scope(|scope| {
        let people = scope.spawn(|| load::run(&socket, PEOPLE, Duration::ZERO, &work));
        let done = what(stage);
        goes_on.store(false, Ordering::Relaxed);
        let steps = people.join().map_err(|_| "the people's thread panicked".to_owned())??;
        Ok((done?, steps))
    })
}

fn list(filter: &str) -> String {
    format!(r#"{{"method":"org.workorderd.WorkOrders1.List","parameters":{{{filter}}}}}"#)
}

fn filters() -> Vec<String> {
    vec![
        list(r#""limit":50"#),
        list(r#""status":"open","priority":"high","limit":50"#),
        list(r#""overdue":true,"limit":50"#),
        list(r#""engineer":"bench","open":true,"limit":50"#),
        list(r#""open":false,"priority":"low","limit":50"#),
        list(r#""status":"resolved","onHold":true,"recordType":"bench","limit":50"#),
        list(r#""status":"open","onHold":false,"overdue":false,"recordType":"bench","limit":50"#),
        r#"{"method":"org.workorderd.WorkOrders1.ListPressing","parameters":{"unassigned":true,"limit":50}}"#.to_owned(),
    ]
}

fn scenes() -> Vec<String> {
    let scenes = SCENES.map(|scene| list(&format!(r#""scene":"{scene}","limit":50"#)));
    let sorts = SORTS.map(|sort| list(&format!(r#""scene":"my-responsible","sort":"{sort}","limit":50"#)));
    scenes.into_iter().chain(sorts).collect()
}

fn lists(stage: &Stage, time: Duration, user: Option<&str>, frames: &[String]) -> Result<Measured, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let mut line = Line::open(&stage.socket(), user).await?;
        let began = Instant::now();
        let mut measured = Measured::default();
        while began.elapsed() < time {
            for frame in frames {
                let asked = Instant::now();
                line.call(frame).await?;
                measured.latencies.push(asked.elapsed().as_micros().min(u128::from(u32::MAX)) as u32);
            }
        }
        measured.calls = measured.latencies.len() as u64;
        measured.elapsed = began.elapsed();
        measured.latencies.sort_unstable();
        Ok(measured)
    })
}

/// How many are overdue.
fn overdue(stage: &Stage) -> Result<u64, String> {
    let list = crate::protocol::work_orders::List { overdue: Some(true), limit: Some(1), ..Default::default() };
    let listed: crate::protocol::work_orders::Listed =
        stage.client()?.call("org.workorderd.WorkOrders1.List", &list).map_err(|e| e.to_string())?;
    Ok(listed.total.max(0) as u64)
}

/// Waits until so many are overdue.
fn fired(stage: &Stage, all: u64, began: Instant) -> Result<Duration, String> {
    while overdue(stage)? < all {
        if began.elapsed() > Duration::from_secs(300) {
            return Err("the timers did not fire within 5 minutes".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(began.elapsed())
}

/// Bytes on the disk, as far as they are allocated.
fn size(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}
