//! The command line of `workorderd`, and its exit codes.

use super::prepare::prepare;
use super::run::{self, RunError};
use crate::settings::daemon::{SettingProblem, Sources, load};
use crate::{archive, demo, salvage, torture, verify};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Wrong settings or arguments (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;

/// Work orders on your own machine: the daemon.
///
/// Exit codes: 0 ended in order; 1 could not start, or verify found something; 2 wrong arguments; 70 an invariant of its own was broken;
/// 74 the journal could not be written; 78 wrong settings.
#[derive(Debug, Parser)]
#[command(name = "workorderd", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground.
    Run(RunArguments),
    /// Check a data folder's history offline: chain, revisions, numbers, and that no mandatory evaluation was passed by.
    Verify {
        /// The data folder; the daemon may be running.
        dir: PathBuf,
        /// A head that was published before (`sequence:hash`): the history must contain it.
        #[arg(long)]
        head: Option<String>,
        /// Write a page for an auditor, HTML: every mandatory evaluation that was left, and what let it pass.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
        /// Language of the page.
        #[arg(long, value_name = "TAG", default_value = "en", value_parser = ["en", "zh"], requires = "page")]
        language: String,
    },
    /// Make a data folder of a back-up, once every file in it and the whole chain are proven; all or nothing.
    ///
    /// The store is built from the journal by the first start. What was written after the back-up is not there.
    Restore {
        /// The folder that `workorderctl backup` wrote.
        backup: PathBuf,
        /// The new data folder: not there yet, or empty.
        dir: PathBuf,
    },
    /// Write everything in a data folder as lines of JSON, an open format: every record with its events, and attachments.
    ///
    /// The daemon must not run on the folder; of one that runs, restore a back-up and export that. The first line tells the format.
    /// Personal values are in it as text, but those that were erased.
    Export {
        /// The data folder.
        dir: PathBuf,
        /// The new file; without it, standard output.
        file: Option<PathBuf>,
        /// With the secret of links: whoever reads the export can make links for every Work Order. Without it, links that customers
        /// have got do not open on what is imported.
        #[arg(long)]
        with_secret: bool,
    },
    /// Make a data folder of an export, with the same chain and head; all or nothing.
    Import {
        /// The file that `workorderd export` wrote, or - for standard input.
        file: PathBuf,
        /// The new data folder: not there yet, or empty.
        dir: PathBuf,
    },
    /// Save what is whole of a data folder whose journal is damaged, into a new one.
    ///
    /// The history up to the damage becomes a data folder that starts. What can be read behind the damage cannot follow on it and is
    /// told in OUT/behind.jsonl, a record a line: when, who, what, and the values that people gave. OUT/salvage.txt says what is
    /// damaged and where, which records are missing, and which Work Orders that touches. A back-up, if there is one, holds more.
    Salvage {
        /// The damaged data folder; it is not changed. No daemon may be running on it.
        dir: PathBuf,
        /// The new data folder: not there yet, or empty.
        out: PathBuf,
    },
    /// Show the main job from end to end, in a temporary folder, with a daemon and a mail server of its own.
    Demo {
        /// Leave the daemon running at the end and print commands to try.
        #[arg(long)]
        stay: bool,
    },
    /// Kill a daemon of its own again and again under load, and hold what it acknowledged against its history after every start.
    Torture(torture::Arguments),
    /// Write the manual pages into a folder, one for each command.
    Man {
        /// Made if it is not there; pages of the same names are written anew.
        dir: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// Settings file instead of /etc/workorderd/workorderd.toml; conf.d/*.toml beside it is read as well.
    #[arg(long, env = "WORKORDERD_CONFIG")]
    config: Option<PathBuf>,
    /// The data folder (data.dir).
    #[arg(long)]
    data: Option<PathBuf>,
    /// The control socket (control.socket).
    #[arg(long)]
    socket: Option<PathBuf>,
    /// Any other setting, as section.key=value; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The clock of a new data folder: the machine's, or one that is set by hand.
    #[arg(long, default_value = "system")]
    clock: ClockKind,
    /// Where a clock set by hand begins, in milliseconds since 1970 (default: now).
    #[arg(long, value_name = "MS")]
    clock_start: Option<i64>,
    /// Check the settings, with the names, secrets and certificates they speak of, and end.
    #[arg(long)]
    check: bool,
    /// Print the settings that hold, with where each comes from, and end.
    #[arg(long)]
    print_effective: bool,
}

/// Which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClockKind {
    System,
    Manual,
}

/// The whole program.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => run_daemon(arguments),
        Command::Verify { dir, head, page, language } => {
            let page = page.as_deref().map(|file| (file, verify::Language::of(&language)));
            verify::main(&dir, head.as_deref(), page)
        }
        Command::Restore { backup, dir } => archive::restore_main(&backup, &dir),
        Command::Export { dir, file, with_secret } => archive::export_main(&dir, file.as_deref(), with_secret),
        Command::Import { file, dir } => archive::import_main(&file, &dir),
        Command::Salvage { dir, out } => salvage::main(&dir, &out),
        Command::Demo { stay } => demo::main(stay),
        Command::Torture(arguments) => torture::main(&arguments),
        Command::Man { dir } => manual(&dir),
    }
}

fn manual(dir: &Path) -> ExitCode {
    let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Arguments::command(), dir));
    match written {
        Ok(()) => {
            println!("{}", dir.join("workorderd.1").display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workorderd: {}: {error}", dir.display());
            ExitCode::FAILURE
        }
    }
}

fn run_daemon(arguments: RunArguments) -> ExitCode {
    let sources = match sources(&arguments) {
        Ok(sources) => sources,
        Err(problem) => return wrong_settings(&[problem]),
    };
    let loaded = match load(&sources) {
        Ok(loaded) => loaded,
        Err(problems) => return wrong_settings(&problems),
    };
    if arguments.print_effective {
        print!("{}", loaded.effective());
        return ExitCode::SUCCESS;
    }
    if arguments.check {
        if let Err(problems) = prepare(&loaded) {
            return wrong_settings(&problems);
        }
        println!("the settings are good");
        return ExitCode::SUCCESS;
    }
    let manual = (arguments.clock == ClockKind::Manual).then_some(arguments.clock_start);
    match run::run(sources, loaded, manual) {
        Ok(()) => ExitCode::SUCCESS,
        Err(RunError::Settings(problems)) => wrong_settings(&problems),
        Err(error) => {
            eprintln!("workorderd: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrong_settings(problems: &[SettingProblem]) -> ExitCode {
    for problem in problems {
        eprintln!("workorderd: {problem}");
    }
    ExitCode::from(EXIT_CONFIG)
}

fn sources(arguments: &RunArguments) -> Result<Sources, SettingProblem> {
    let mut flags = Vec::new();
    let path = |p: &PathBuf| p.to_string_lossy().into_owned();
    flags.extend(arguments.data.as_ref().map(|p| ("data.dir".to_owned(), path(p))));
    flags.extend(arguments.socket.as_ref().map(|p| ("control.socket".to_owned(), path(p))));
    for set in &arguments.set {
        let (key, value) = set.split_once('=').ok_or_else(|| SettingProblem {
            source: format!("flag --set {set}"),
            key: String::new(),
            problem: "there is no =".to_owned(),
            hint: Some("write section.key=value, for example --set log.level=debug".to_owned()),
        })?;
        flags.push((key.to_owned(), value.to_owned()));
    }
    let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
    Ok(Sources { file: arguments.config.clone(), environment, flags, zone_known: |zone| jiff::tz::TimeZone::get(zone).is_ok() })
}
