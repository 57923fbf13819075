//! The rows of the bench, one after the other, and what is printed of them.

use super::load::{self, Line, Work};
use super::report::{self, Row, Table};
use super::stage::{Stage, USER};
use super::{bare, echo, evaluations, million, rival};
use crate::cli::bench_args::BenchArguments as Arguments;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The whole subcommand, from the program's arguments.
pub fn main() -> ExitCode {
    match measure(&Arguments::parse_from(std::env::args_os().skip(1))) {
        Ok(table) => {
            println!("{}", report::print(&table));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("workorderctl: bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn program(arguments: &Arguments) -> Result<PathBuf, String> {
    if let Some(program) = &arguments.daemon {
        return Ok(program.clone());
    }
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    Ok(own.with_file_name("workorderd"))
}

fn measure(arguments: &Arguments) -> Result<Table, String> {
    let program = program(arguments)?;
    let time = Duration::from_secs(arguments.seconds.max(1));
    let mut table = Table::default();
    let mut sizes = (17, 300, 60);
    for &connections in &arguments.connections {
        eprintln!("steps over {connections} connections ...");
        let stage = Stage::start(&program, &arguments.dir, false)?;
        let began = Instant::now();
        let mut steps = load::run(&stage.socket(), connections, time, &Work::Steps)?;
        stage.caught_up()?;
        steps.elapsed = began.elapsed();
        let data = stage.data();
        let (reads, reply) = reads(&stage, connections, time)?;
        let groups = stage.status()?;
        drop_quietly(stage, || sizes = bare::sizes(&data).unwrap_or(sizes));
        eprintln!("the bare journal from {connections} threads ...");
        let bare = bare::run(&arguments.dir, connections, time, sizes)?;
        eprintln!("a bare echo over {connections} connections ...");
        let echo = echoed(&arguments.dir, connections, time, &reply)?;
        let steps_per_group = groups.steps as f64 / groups.groups.max(1) as f64;
        table.rows.push(Row { connections, steps, bare, reads, echo, steps_per_group });
    }
    table.record_bytes = sizes.0 + sizes.1 + sizes.2;
    for connections in [1, 4, 8] {
        eprintln!("the SQLite script from {connections} connections ...");
        let rate = rival::run(&arguments.dir, connections, time, 600, sizes.1 + sizes.2);
        table.rival.extend(rate.map(|rate| (connections, rate)));
    }
    if arguments.open > 0 {
        table.million = Some(million::measure(&program, arguments)?);
    }
    if arguments.evaluations > 0 {
        table.evaluations = Some(evaluations::measure(&program, arguments)?);
    }
    Ok(table)
}

/// The journal is read for its sizes before the folder goes.
fn drop_quietly(stage: Stage, before: impl FnOnce()) {
    before();
    drop(stage);
}

fn reads(stage: &Stage, connections: usize, time: Duration) -> Result<(load::Measured, String), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let (frame, reply) = runtime.block_on(async {
        let mut line = Line::open(&stage.socket(), Some(USER)).await?;
        let list = line.call(r#"{"method":"org.workorderd.WorkOrders1.List","parameters":{"limit":1}}"#).await?;
        let number = list.split(r#""number":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        let frame = format!(r#"{{"method":"org.workorderd.WorkOrders1.Get","parameters":{{"number":"{number}"}}}}"#);
        let reply = line.call(&frame).await?.to_owned();
        Ok::<_, String>((frame, reply))
    })?;
    let seconds = time.min(Duration::from_secs(10));
    Ok((load::run(&stage.socket(), connections, seconds, &Work::Repeat(frame))?, reply))
}

fn echoed(dir: &Path, connections: usize, time: Duration, reply: &str) -> Result<load::Measured, String> {
    let path = dir.join(format!("workorderd-echo-{}.sock", std::process::id()));
    let _server = echo::Echo::start(&path, reply)?;
    let frame = r#"{"method":"org.workorderd.WorkOrders1.Get","parameters":{"number":"B-20261122-000001"}}"#;
    let measured = load::run(&path, connections, time.min(Duration::from_secs(10)), &Work::Repeat(frame.into()));
    let _ = std::fs::remove_file(&path);
    measured
}
