//! What `workorderctl bench` takes. The bench itself stands on a higher floor and is begun by the program.

use clap::Parser;
use std::path::PathBuf;

/// Durable steps per second, beside what the bare disk, a SQLite script and a bare echo do in the same run.
#[derive(Debug, Parser)]
#[command(name = "workorderctl bench", version)]
pub struct BenchArguments {
    /// Seconds of each row.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Numbers of connections.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256")]
    pub connections: Vec<usize>,
    /// Where the data goes: the disk that is measured.
    #[arg(long, default_value = ".")]
    pub dir: PathBuf,
    /// Besides: this many open Work Orders with a timer each, for memory, start-up, lists and timers.
    #[arg(long, default_value_t = 0)]
    pub open: u64,
    /// Besides: invitations, and this many mandatory evaluations that complete by themselves in the same minute, with a kill in the middle.
    #[arg(long, default_value_t = 0)]
    pub evaluations: u64,
    /// The daemon's program.
    #[arg(long)]
    pub daemon: Option<PathBuf>,
}
