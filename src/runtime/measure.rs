//! For the bench: what the board takes beside the states, which it shares with the actors. It is built in this process, as a start
//! builds it.

use super::folder;
use super::scan::scan;
use crate::domain::aggregate::State;
use crate::engine::board::Board;
use crate::engine::entity::Entity;
use crate::store::Store;
use std::path::Path;
use std::sync::Arc;

/// sled's, for reading everything once.
const CACHE_BYTES: u64 = 64 << 20;

/// Bytes for each Work Order of a data folder whose daemon has stopped in order.
///
/// # Errors
/// The folder cannot be read.
pub fn board_bytes_for_each(data: &Path) -> Result<f64, String> {
    let installation = folder::installation_of(data).map_err(|e| e.to_string())?;
    let store = Store::open(&data.join("store"), CACHE_BYTES, installation).map_err(|e| e.to_string())?.store;
    let mut states: Vec<(Arc<State>, u64)> = Vec::new();
    let all = |entity: Entity| states.extend(entity.state.map(|state| (state, entity.sequence)));
    scan(&store, |_| false, all).map_err(|e| e.to_string())?;
    // The states have filled what was free before, so that what the process grows by is the board.
    let before = resident_of("self");
    let mut board = Board::default();
    for (state, sequence) in &states {
        board.load(state, *sequence);
    }
    board.loaded();
    Ok(resident_of("self").saturating_sub(before) as f64 / board.len().max(1) as f64)
}

/// Resident memory of a process, in bytes.
pub fn resident_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}
