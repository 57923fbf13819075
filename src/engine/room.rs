//! Whether the disk has room for new steps. Pure: what is free is an argument; who looks, and when, is left to `runtime::room`.

/// Whether room is scarce now. `reserve` (bytes; 0: none is kept) and `more` (bytes that are needed besides, such as the next segment)
/// are held against what is `free`; `was`: it was scarce at the last look. Somewhat more is needed to go on than to stop, so that it
/// does not go to and fro.
pub fn is_scarce(was: bool, free: u64, reserve: u64, more: u64) -> bool {
    let wanted = reserve + more;
    let limit = if was { wanted + wanted / 16 } else { wanted };
    reserve > 0 && free < limit
}
