//! The subcommand: lives one after the other, progress, and a table at the end. Exit code 0 only if nothing was lost.

use super::life::{Life, Tally};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Kills of one data folder; then a new one begins, so that starts stay short.
const LIFE: u64 = 100;

/// What `workorderd torture` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Where its data folders go: the disk that is tried. Made if it is not there; what was in it stays.
    pub dir: PathBuf,
    /// How often the daemon is killed under load; starts are killed besides.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub cycles: u64,
    /// Connections that work at the same time.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub connections: u64,
    /// Makes the same choices again; moments in the daemon still differ.
    #[arg(long)]
    pub seed: Option<u64>,
}

/// The whole subcommand.
pub fn main(arguments: &Arguments) -> ExitCode {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000));
    println!("workorderd torture in {}, seed {seed}", arguments.dir.display());
    let began = Instant::now();
    let mut all = Tally::default();
    let result = run(arguments, seed, &mut all);
    println!("{}", report(&all));
    println!("it took {:.0} s", began.elapsed().as_secs_f64());
    match result {
        Ok(()) => {
            let tries = all.kills + all.kills_starting;
            println!("nothing acknowledged was lost, halved or doubled in {tries} kills: by this at most 3 in {tries} do harm (95 %)");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("workorderd: torture: {wrong}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, seed: u64, all: &mut Tally) -> Result<(), String> {
    std::fs::create_dir_all(&arguments.dir).map_err(|e| format!("{}: {e}", arguments.dir.display()))?;
    let dir = arguments.dir.canonicalize().map_err(|e| format!("{}: {e}", arguments.dir.display()))?;
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut left = arguments.cycles;
    while left > 0 {
        let cycles = left.min(LIFE);
        one_life(&dir, &program, arguments, seed.wrapping_add(left), cycles, all)?;
        left -= cycles;
    }
    Ok(())
}

fn one_life(dir: &Path, program: &Path, arguments: &Arguments, seed: u64, cycles: u64, all: &mut Tally) -> Result<(), String> {
    let folder = dir.join(format!("torture-{}-{}", std::process::id(), all.kills));
    let connections = usize::try_from(arguments.connections).unwrap_or(1);
    let (mut life, mut running) = Life::found(folder, program.to_owned(), connections, seed)?;
    let before = *all;
    let live = || {
        for _ in 0..cycles {
            running = life.cycle(running)?;
            *all = before.and(&life.tally);
            progress(all, arguments.cycles);
        }
        life.end(running)?;
        *all = before.and(&life.tally);
        Ok(())
    };
    match live() {
        Ok(()) => {
            life.clear();
            Ok(())
        }
        Err::<(), String>(wrong) => Err(format!("{wrong}\nwhat was going on is kept in {}", life.folder().display())),
    }
}

fn progress(all: &Tally, cycles: u64) {
    let text = format!("{} of {cycles} kills under load, {} while starting, {} steps", all.kills, all.kills_starting, all.acknowledged);
    let mut out = std::io::stderr();
    if out.is_terminal() {
        let end = if all.kills == cycles { "\n" } else { "" };
        let _ = write!(out, "\r{text}\u{1b}[K{end}");
    } else if all.kills.is_multiple_of(LIFE) {
        let _ = writeln!(out, "{text}");
    }
}

impl Tally {
    fn and(&self, other: &Self) -> Self {
        Self {
            kills: self.kills + other.kills,
            kills_starting: self.kills_starting + other.kills_starting,
            kills_rebuilding: self.kills_rebuilding + other.kills_rebuilding,
            kills_reloading: self.kills_reloading + other.kills_reloading,
            rebuilds: self.rebuilds + other.rebuilds,
            acknowledged: self.acknowledged + other.acknowledged,
            unanswered: self.unanswered + other.unanswered,
            survived: self.survived + other.survived,
            verified: self.verified + other.verified,
            completions: self.completions + other.completions,
        }
    }
}

fn report(all: &Tally) -> String {
    let rows = [
        ("kills under load", all.kills),
        ("  of them just after a reload of the settings", all.kills_reloading),
        ("kills while starting", all.kills_starting),
        ("  of them while rebuilding the store", all.kills_rebuilding),
        ("stores thrown away and rebuilt", all.rebuilds),
        ("steps acknowledged, each looked for", all.acknowledged),
        ("calls without an answer at a kill", all.unanswered),
        ("  of them on the disk all the same", all.survived),
        ("auto-completions, each there once", all.completions),
        ("whole histories verified", all.verified),
    ];
    rows.map(|(what, count)| format!("{what:<48}{count:>12}")).join("\n")
}
