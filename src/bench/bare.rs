//! (a) The bare journal: threads hand records of the same bytes to one writer with the same write pattern; no protocol, no rules.

use super::load::Measured;
use crate::journal::{Entry, Journal, Options, Previous, RealStorage, WithArchive, verify_chain};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Mean sizes of the records that a daemon wrote: key, body, personal part.
pub fn sizes(data: &Path) -> Result<(usize, usize, usize), String> {
    let storage = WithArchive::existing(data).map_err(|e| e.to_string())?;
    let (mut count, mut sums) = (0usize, [0usize; 3]);
    verify_chain(Arc::new(storage), &mut |record| {
        count += 1;
        sums[0] += record.key().len();
        sums[1] += record.body().len();
        sums[2] += record.personal().map(|value| value.length() as usize).sum::<usize>();
        Ok(())
    })
    .map_err(|e| e.to_string())?;
    let count = count.max(1);
    Ok((sums[0] / count, sums[1] / count, sums[2] / count))
}

/// Appends from so many threads for so long.
pub fn run(dir: &Path, threads: usize, time: Duration, (key, body, personal): (usize, usize, usize)) -> Result<Measured, String> {
    let folder = dir.join(format!("workorderd-bare-{}", std::process::id()));
    let storage = Arc::new(RealStorage::new(&folder).map_err(|e| e.to_string())?);
    let options = Options { segment_bytes: 64 << 20, installation: [7; 16], epoch: 1 };
    let (mut journal, _) = Journal::open(storage, options, None, &mut |_| Ok(())).map_err(|e| e.to_string())?;
    let (sender, receiver) = channel::<Option<Sender<()>>>();
    let (key, body, personal) = (vec![7u8; key], vec![8u8; body], [Some(vec![9u8; personal].into_boxed_slice())]);
    let began = Instant::now();
    let until = began + time;
    let clients: Vec<_> = (0..threads)
        .map(|_| {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut latencies = Vec::new();
                let (done, wait) = channel();
                while Instant::now() < until {
                    let began = Instant::now();
                    if sender.send(Some(done.clone())).is_err() || wait.recv().is_err() {
                        break;
                    }
                    latencies.push(began.elapsed().as_micros() as u32);
                }
                latencies
            })
        })
        .collect();
    let writer = std::thread::spawn(move || -> Result<(), String> {
        let mut revision = 0;
        while let Ok(first) = receiver.recv() {
            let group: Vec<Sender<()>> = std::iter::once(first).chain(receiver.try_iter()).flatten().collect();
            if group.is_empty() {
                return Ok(());
            }
            let entries: Vec<_> = group
                .iter()
                .map(|_| {
                    revision += 1;
                    let previous = Previous::None;
                    Entry { key: &key, revision, previous, time: 0, body: &body, personal: &personal, seed: [1; 16] }
                })
                .collect();
            journal.append(&entries).map_err(|e| e.to_string())?;
            if let Some(preparation) = journal.wants_next() {
                // As the daemon does, but awaited: the bare pattern has nothing else to do.
                journal.adopt(preparation.run().map_err(|e| e.to_string())?);
            }
            for done in group {
                let _ = done.send(());
            }
        }
        Ok(())
    });
    let mut all = Measured::default();
    for client in clients {
        let latencies = client.join().map_err(|_| "a thread of the bare run panicked")?;
        all.calls += latencies.len() as u64;
        all.latencies.extend(latencies);
    }
    all.elapsed = began.elapsed();
    let _ = sender.send(None);
    writer.join().map_err(|_| "the bare writer panicked")??;
    all.latencies.sort_unstable();
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    Ok(all)
}
