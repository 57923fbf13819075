//! The whole store at a start: threads read, sum and decode a part each, while the one that asked puts rows where they belong.

use super::step;
use crate::codec;
use crate::domain::aggregate::Key;
use crate::domain::ids::WorkOrderId;
use crate::engine::entity::Entity;
use crate::store::db::Sums;
use crate::store::{Store, StoreError};
use std::sync::mpsc::sync_channel;

/// Rows that are handed over at once, and how often before the one that takes them is waited for.
const ROWS: usize = 512;
const CHUNKS: usize = 8;
/// More threads than this would wait for the one that takes what they read.
const READERS: usize = 4;

/// Every row but those of the keys to skip, in no order, and compares the store's sums at the end.
///
/// # Errors
/// A row cannot be read or decoded, or the sums are not right.
pub fn scan(store: &Store, skip: impl Fn(&[u8]) -> bool + Sync, mut take: impl FnMut(Entity)) -> Result<(), StoreError> {
    let (send, receive) = sync_channel::<Vec<Entity>>(CHUNKS);
    let bounds = bounds(std::thread::available_parallelism().map_or(1, usize::from).min(READERS));
    let skip = &skip;
    let sums = std::thread::scope(|scope| {
        let readers: Vec<_> = bounds
            .windows(2)
            .map(|part| {
                let (send, from, before) = (send.clone(), part[0].as_deref().unwrap_or_default(), part[1].as_deref());
                scope.spawn(move || {
                    let mut chunk = Vec::with_capacity(ROWS);
                    // Nobody takes rows any more: taking them panicked, and that is what is told.
                    let given_up = |_| StoreError::Io(std::io::ErrorKind::Interrupted.into());
                    let sums = store.scan_part(from, before, |key, row| {
                        if skip(key) {
                            return Ok(());
                        }
                        chunk.push(step::decode_row(row)?);
                        if chunk.len() == ROWS {
                            send.send(std::mem::replace(&mut chunk, Vec::with_capacity(ROWS))).map_err(given_up)?;
                        }
                        Ok(())
                    })?;
                    send.send(chunk).map_err(given_up)?;
                    Ok(sums)
                })
            })
            .collect();
        drop(send);
        // By value: should taking one panic, the readers hear that nobody takes any.
        receive.into_iter().flatten().for_each(&mut take);
        let panicked = |_| Err(StoreError::Io(std::io::Error::other("reading the store panicked")));
        readers.into_iter().try_fold(Sums::default(), |all, reader| Ok::<_, StoreError>(all + reader.join().unwrap_or_else(panicked)?))
    })?;
    store.hold_against(sums)
}

/// Where so many parts begin and end, by key. Nearly all rows are Work Orders, whose ids are spread evenly.
fn bounds(parts: usize) -> Vec<Option<Vec<u8>>> {
    let share = u128::MAX / parts.max(1) as u128;
    let inner = (1..parts).map(|n| Some(codec::key::encode(&Key::WorkOrder(WorkOrderId(share * n as u128)))));
    std::iter::once(None).chain(inner).chain([None]).collect()
}
