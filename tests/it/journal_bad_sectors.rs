//! A disk that cannot read a sector any more: whoever salvages is told which segment it was, and gets what the others hold.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use workorderd::journal::{Damage, Found, JournalError, Why, scan_all};

use crate::world::disk::{Fault, SimDisk};
use crate::world::ledger::{Item, Seen, append, open};

const EIO: i32 = 5;

/// A journal of several segments, and what is in it.
fn written() -> (SimDisk, Vec<Seen>) {
    let disk = SimDisk::default();
    let (mut journal, ..) = open(&disk).unwrap();
    for n in 0..24 {
        append(&mut journal, &[Item::of(&format!("{n} {}", "x".repeat(900)), "Grace")]).unwrap();
    }
    drop(journal);
    let (_, _, seen) = open(&disk).unwrap();
    assert_eq!(seen.len(), 24);
    assert!(seen[23].position.segment() >= 3, "several segments");
    (disk, seen)
}

fn scan(disk: &SimDisk) -> (Result<u64, JournalError>, Vec<Seen>, Vec<Damage>) {
    let (mut records, mut damages) = (Vec::new(), Vec::new());
    let result = scan_all(Arc::new(disk.clone()), &mut |found| {
        match found {
            Found::Record(record) => records.push(Seen::of(&record)),
            Found::Damage(damage) => damages.push(damage),
        }
        Ok(())
    });
    (result, records, damages)
}

#[test]
fn each_single_read_of_a_salvage_may_fail_and_the_other_segments_are_still_told() {
    let (disk, seen) = written();
    let eio = io::Error::from_raw_os_error(EIO).kind();
    let (mut not_begun, mut bad) = (0, BTreeMap::new());
    for n in 0.. {
        disk.inject(Fault::Call(n, EIO));
        let (result, records, damages) = scan(&disk);
        if disk.forgive() > 0 {
            assert_eq!((result.unwrap(), records, damages.len()), (seen.len() as u64, seen.clone(), 0), "nothing failed");
            break;
        }
        let Ok(count) = result else {
            assert!(matches!(result, Err(JournalError::Io(_))), "call {n}: {result:?}");
            assert!(records.is_empty() && damages.is_empty() && bad.is_empty(), "call {n}: before the first segment, and none behind it");
            not_begun += 1;
            continue;
        };
        let disks = damages.iter().filter(|d| matches!(d.why, Why::Disk { kind } if kind == eio));
        let [failed] = disks.collect::<Vec<_>>()[..] else { panic!("call {n}: {damages:?}") };
        let number = failed.segment.0;
        assert!(damages.iter().all(|d| matches!(d.why, Why::Disk { .. } | Why::Sequence { .. })), "call {n}: {damages:?}");
        let elsewhere = |all: &[Seen]| all.iter().filter(|s| s.position.segment() != number).cloned().collect::<Vec<_>>();
        assert_eq!(elsewhere(&records), elsewhere(&seen), "call {n}: what the other segments hold");
        assert_eq!(count, records.len() as u64, "call {n}");
        *bad.entry(number).or_insert(0) += 1;
    }
    assert!(not_begun >= 1, "the folder could always be listed");
    let segments = seen.iter().map(|s| s.position.segment()).collect::<BTreeSet<_>>();
    assert!(segments.iter().all(|number| bad.contains_key(number)), "a call failed in each segment: {bad:?}");
    println!("a call failed {not_begun} times before the first segment, and in segments: {bad:?}");
}
