//! Evaluations in great number: how many invitations a second are durable, and what it is like when very many mandatory evaluations are
//! completed by themselves in the same minute: how long it takes, how late people's steps become, and whether a kill in the middle loses one.

use super::load::{self, Measured, Work};
use super::million::{Firing, beside_people};
use super::stage::Stage;
use crate::cli::bench_args::BenchArguments as Arguments;
use crate::protocol::work_orders::{List, Listed};
use std::path::Path;
use std::time::{Duration, Instant};

const DAY_MS: i64 = 24 * 3_600_000;
/// A kill comes when so much of them is through: one part of so many.
const KILL_AFTER: u64 = 3;
/// Longest time until all are through.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was measured.
#[derive(Debug)]
pub struct Evaluations {
    /// Work Orders made, each with an invitation and the message that carries it.
    pub invitations: Measured,
    /// Half of the auto-completions, beside people.
    pub completions: Firing,
    /// The other half, with a SIGKILL in the middle: how many there were, and until all were through, the start included.
    pub killed: (u64, Duration),
}

/// All of it.
///
/// # Errors
/// The daemon, or the machine; or an auto-completion that is lost.
pub fn measure(program: &Path, arguments: &Arguments) -> Result<Evaluations, String> {
    let half = arguments.evaluations / 2;
    eprintln!("invitations ...");
    let invitations = {
        let stage = Stage::start(program, &arguments.dir, true)?;
        load::run(&stage.socket(), 64, Duration::ZERO, &Work::Creations("invited", arguments.evaluations.min(50_000)))?
    };
    let mut stage = Stage::start(program, &arguments.dir, true)?;
    let closed = |stage: &Stage| {
        let list = List { status: Some("closed".into()), record_type: Some("awaited".into()), limit: Some(1), ..List::default() };
        let listed: Listed = stage.client()?.call("org.workorderd.WorkOrders1.List", &list).map_err(|e| e.to_string())?;
        Ok::<_, String>(listed.total.max(0) as u64)
    };
    let wait = |stage: &Stage, until: u64| {
        let began = Instant::now();
        while closed(stage)? < until {
            if began.elapsed() > PATIENCE {
                return Err(format!("only {} of {until} evaluations completed by themselves", closed(stage)?));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    };
    let make = |stage: &Stage| load::run(&stage.socket(), 64, Duration::ZERO, &Work::Creations("awaited", half));
    eprintln!("{half} auto-completions in the same minute ...");
    make(&stage)?;
    let (elapsed, steps) = beside_people(&stage, |stage| {
        let began = Instant::now();
        stage.ahead(DAY_MS)?;
        wait(stage, half)?;
        Ok(began.elapsed())
    })?;
    let completions = Firing { timers: half, elapsed, steps };
    eprintln!("{half} more, and a kill in the middle ...");
    make(&stage)?;
    let began = Instant::now();
    stage.ahead(DAY_MS)?;
    wait(&stage, half + half / KILL_AFTER)?;
    stage.restart(false)?;
    wait(&stage, 2 * half)?;
    let elapsed = began.elapsed();
    // None came twice, and none is left.
    std::thread::sleep(Duration::from_millis(500));
    let all = closed(&stage)?;
    if all != 2 * half {
        return Err(format!("{all} Work Orders are closed, where {} were to be", 2 * half));
    }
    stage.stop(true)?;
    Ok(Evaluations { invitations, completions, killed: (half, elapsed) })
}
