//! Damage: whatever was altered, lost or put there is found and named, and no bytes make the journal panic.
//! The counterpart, that a mere crash is never called damage, is in `journal_crash`.

use std::sync::Arc;

use proptest::prelude::*;
use workorderd::journal::{Checkpoint, Damage, Found, Journal, JournalError, Options, SegmentName, Storage, Why, scan_all, verify_chain};

use crate::world::disk::{Fault, SimDisk};
use crate::world::ledger::{ID, Item, Seen, append, open, open_from, options, refusal};

/// A journal of several segments, all of it acknowledged.
fn written(seed: u64) -> (SimDisk, Vec<Seen>) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    while journal.head().end.segment() < 3 || journal.head().end.offset() < 5000 {
        let items: Vec<_> = (0..rng.usize(1..4)).map(|_| Item::random(&mut rng)).collect();
        append(&mut journal, &items).unwrap();
    }
    drop(journal);
    let (_, _, seen) = open(&disk.copy()).unwrap();
    (disk, seen)
}

fn damage(disk: &SimDisk) -> Damage {
    let error = refusal(disk);
    let verify = verify_chain(Arc::new(disk.clone()), &mut |_| Ok(()));
    match (error, verify) {
        (JournalError::Damage(found), Err(JournalError::Damage(proved))) => {
            assert_eq!(found, proved, "opening and verifying must agree");
            found
        }
        other => panic!("not damage: {other:?}"),
    }
}

fn name(number: u32) -> String {
    SegmentName(number).to_string()
}

#[test]
fn a_flipped_bit_anywhere_in_what_was_acknowledged_is_found_and_named() {
    let (disk, seen) = written(1);
    let end = open(&disk.copy()).unwrap().0.head().end;
    let mut rng = fastrand::Rng::with_seed(2);
    for round in 0..1500 {
        let number = rng.u32(1..=3);
        // Every third time in the last acknowledged group.
        let last = seen[seen.len() - 1].position;
        let (number, offset) = match (round % 3, number) {
            (0, _) => (3, rng.u32(last.offset()..end.offset())),
            (_, 3) => (3, rng.u32(..end.offset())),
            _ => (number, rng.u32(..8 << 10)),
        };
        let copy = disk.copy();
        copy.tamper(&name(number), |b| b[offset as usize] ^= 1 << rng.u8(..8));
        let untouched = copy.copy();
        let found = damage(&copy);
        assert_eq!(found.segment.0, number, "round {round}: {found}");
        let starts = seen.iter().map(|s| s.position);
        let mut before = starts.filter(|p| p.segment() == number && p.offset() <= offset);
        let start = before.next_back();
        let behind_all = matches!(found.why, Why::Slack);
        match start {
            _ if offset < 64 => assert_eq!(found.offset, 0),
            Some(start) if !behind_all => assert_eq!(found.offset, start.offset(), "{found}"),
            _ => assert!(found.offset <= offset && found.offset > 64, "{found}"),
        }
        for file in copy.list().unwrap() {
            assert_eq!(untouched.bytes(&file), copy.bytes(&file), "{file} was touched");
        }
    }
}

#[test]
fn truncated_and_missing_segments_are_found_and_named() {
    let (disk, _) = written(3);
    for number in 1..=3 {
        let copy = disk.copy();
        copy.tamper(&name(number), |b| b.truncate(fastrand::usize(..8 << 10)));
        let found = damage(&copy);
        assert!(matches!(found.why, Why::FileLength { .. } | Why::Header), "{found}");
        assert_eq!(found.segment.0, number);

        let copy = disk.copy();
        copy.lose(&name(number));
        let found = damage(&copy);
        // Without the last one, the journal ends before its head mark.
        let lost = matches!(found.why, Why::Lost { .. });
        assert!(if number == 3 { lost } else { found.why == Why::Missing }, "{found}");
    }
    let copy = disk.copy();
    (1..=3).for_each(|n| copy.lose(&name(n)));
    assert_eq!(damage(&copy).why, Why::Missing);
}

#[test]
fn the_last_acknowledged_group_zeroed_or_rolled_back_is_found_by_the_head_mark() {
    let (disk, seen) = written(4);
    let last = seen[seen.len() - 1].position.offset() as usize;
    let copy = disk.copy();
    copy.tamper(&name(3), |b| b[last..].fill(0));
    let found = damage(&copy);
    assert!(matches!(found.why, Why::Lost { .. }), "{found}");
    assert_eq!((found.segment.0, found.offset as usize), (3, last));
    assert_eq!(found.sequence, seen.len() as u64);
    // Without the mark nobody can know; with a checkpoint, one can again.
    copy.lose("head");
    assert_eq!(open(&copy.copy()).unwrap().2.len(), seen.len() - 1);
    let position = seen[seen.len() - 1].position;
    let sequence = seen.len() as u64;
    let error = open_from(&copy, Some(Checkpoint { sequence, position })).err().unwrap();
    assert!(matches!(error, JournalError::Damage(Damage { why: Why::Lost { .. }, .. })));
}

/// Found by a long run of `real_rot`: the empty segment ahead was named instead.
#[test]
fn the_last_group_zeroed_is_named_where_it_stood_and_not_in_the_segment_ahead() {
    let (disk, seen) = written(4);
    let (mut journal, ..) = open(&disk).unwrap();
    let prepared = journal.wants_next().expect("more than half is used").run().unwrap();
    journal.adopt(prepared);
    drop(journal);
    let last = seen[seen.len() - 1].position.offset() as usize;
    assert!(disk.bytes(&name(4)).is_some(), "there is one ahead");
    disk.tamper(&name(3), |b| b[last..].fill(0));
    let found = damage(&disk);
    assert_eq!((found.segment.0, found.offset as usize, found.sequence), (3, last, seen.len() as u64), "{found}");
}

#[test]
fn a_bad_record_with_later_groups_behind_it_is_damage_without_any_head_mark() {
    let (disk, seen) = written(5);
    disk.lose("head");
    let (journal, _, _) = open(&disk.copy()).unwrap();
    let last = journal.reader().read(journal.head().last).unwrap().group_first();
    let earlier = seen.iter().filter(|s| s.sequence < last);
    assert!(earlier.clone().filter(|s| s.position.segment() == 3).count() > 3);
    for record in earlier {
        let copy = disk.copy();
        copy.tamper(&name(record.position.segment()), |b| {
            b[record.position.offset() as usize..][..128].fill(0);
        });
        let found = damage(&copy);
        assert_eq!(found.sequence, record.sequence, "{found}");
        assert_eq!(found.offset, record.position.offset());
    }
}

#[test]
fn an_altered_record_with_a_fresh_checksum_breaks_the_chain() {
    let (disk, seen) = written(6);
    let reseal = |bytes: &mut [u8], at: usize| {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let mut hasher = crc32fast::Hasher::new_with_initial(crc32fast::hash(&ID));
        hasher.update(&bytes[at + 8..at + length]);
        bytes[at + 4..at + 8].copy_from_slice(&hasher.finalize().to_le_bytes());
    };
    // Time, revision, key or body, as long as the record stays well-formed.
    for (index, record) in seen.iter().enumerate() {
        for field in [32, 40, 12, 120 + 8] {
            let has_key_or_body = record.key.len() + record.body.len() > 0;
            if field == 128 && !has_key_or_body {
                continue;
            }
            let copy = disk.copy();
            let at = record.position.offset() as usize;
            copy.tamper(&name(record.position.segment()), |b| {
                b[at + field] ^= 1;
                reseal(b, at);
            });
            let found = damage(&copy);
            if index + 1 < seen.len() {
                assert_eq!((found.why, found.sequence), (Why::Chain, record.sequence + 1));
            } else {
                assert_eq!((found.why, found.sequence), (Why::Mark, record.sequence));
            }
        }
        if record.personal.iter().flatten().any(|value| !value.is_empty()) {
            let copy = disk.copy();
            let at = record.position.offset() as usize;
            let personal = at + 128 + record.key.len() + record.body.len();
            copy.tamper(&name(record.position.segment()), |b| {
                b[personal + 16] ^= 1;
                reseal(b, at);
            });
            assert_eq!(damage(&copy).why, Why::Personal);
        }
    }
}

#[test]
fn a_torn_group_is_cut_reported_and_wiped() {
    let (disk, seen) = written(7);
    let (mut journal, _, _) = open(&disk).unwrap();
    let end = journal.head().end;
    disk.inject(Fault::Sync(0));
    let items = [Item::of(&"a".repeat(600), ""), Item::of("b", ""), Item::of("c", "")];
    append(&mut journal, &items).unwrap_err();
    disk.kill();
    disk.tamper(&end.file().to_string(), |b| b[end.offset() as usize + 20] ^= 1);
    let proof = verify_chain(Arc::new(disk.clone()), &mut |_| Ok(())).unwrap();
    let (journal, report, after) = open(&disk).unwrap();
    let torn = report.torn.unwrap();
    assert_eq!(proof.torn, Some(torn));
    assert_eq!((torn.segment, torn.offset, torn.records), (end.file(), end.offset(), 2));
    assert_eq!(after, seen);
    assert_eq!(journal.head().end, end);
    let bytes = disk.bytes(&end.file().to_string()).unwrap();
    assert!(bytes[end.offset() as usize..].iter().all(|b| *b == 0));
}

#[test]
fn a_foreign_installation_and_an_unknown_version_are_refused() {
    let (disk, _) = written(8);
    let other = Options { installation: *b"installation-two", ..options() };
    let error = Journal::open(Arc::new(disk.clone()), other, None, &mut |_| Ok(())).err().unwrap();
    assert!(matches!(error, JournalError::ForeignInstallation { .. }), "{error}");
    disk.tamper(&name(1), |b| {
        b[8] = 2;
        let sum = crc32fast::hash(&b[..60]);
        b[60..64].copy_from_slice(&sum.to_le_bytes());
    });
    let error = refusal(&disk);
    assert!(matches!(error, JournalError::UnsupportedVersion { found: 2, .. }), "{error}");
}

#[test]
fn a_torn_head_mark_leaves_the_other_slot() {
    let (disk, seen) = written(9);
    for slot in [0, 512] {
        let copy = disk.copy();
        copy.tamper("head", |b| b[slot + 10] ^= 1);
        assert_eq!(open(&copy).unwrap().2, seen);
    }
}

#[test]
fn salvage_reads_on_behind_damage() {
    let (disk, seen) = written(10);
    let broken = [&seen[2], &seen[seen.len() - 3]];
    for record in broken {
        let at = record.position.offset() as usize + 60;
        disk.tamper(&name(record.position.segment()), |b| b[at] ^= 4);
    }
    disk.tamper(&name(2), |b| b[3] ^= 1);
    let (mut records, mut damages) = (Vec::new(), Vec::new());
    scan_all(Arc::new(disk), &mut |found| {
        match found {
            Found::Record(record) => records.push(Seen::of(&record)),
            Found::Damage(damage) => damages.push(damage),
        }
        Ok(())
    })
    .unwrap();
    let readable = |s: &&Seen| !broken.contains(s) && s.position.segment() != 2;
    assert_eq!(records, seen.iter().filter(readable).cloned().collect::<Vec<_>>());
    let places: Vec<_> = damages.iter().map(|d| d.segment.0).collect();
    assert!([1, 2, 3].iter().all(|n| places.contains(n)), "{damages:?}");
}

/// Reads `disk` in every way there is; only panics and endless loops matter.
fn survive(disk: &SimDisk) {
    let storage = Arc::new(disk.clone());
    let _ = verify_chain(storage.clone(), &mut |_| Ok(()));
    let _ = scan_all(storage.clone(), &mut |_| Ok(()));
    if let Ok((mut journal, _, seen)) = open(disk) {
        let _ = append(&mut journal, &[Item::of("more", "x")]);
        for record in seen {
            let _ = journal.reader().read(record.position);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_in_any_file_never_panic(
        seed in 0u64..4,
        file in 0usize..5,
        at in 0usize..8000,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        whole in any::<bool>(),
    ) {
        let (disk, _) = written(seed);
        let file = ["00000001.seg", "00000003.seg", "head", "erase.intent", "00000004.seg"][file];
        if whole || disk.bytes(file).is_none() {
            disk.plant(file, bytes);
        } else {
            disk.tamper(file, |b| {
                let at = at.min(b.len());
                let n = bytes.len().min(b.len() - at);
                b[at..at + n].copy_from_slice(&bytes[..n]);
            });
        }
        survive(&disk);
    }

    #[test]
    fn hostile_lengths_with_right_checksums_never_panic(
        which in 0usize..1000,
        fields in prop::collection::vec((0usize..32, prop_oneof![Just(0u32), Just(u32::MAX), Just(8), Just(1 << 31), any::<u32>()]), 1..4),
    ) {
        let (disk, seen) = written(11);
        let record = &seen[which % seen.len()];
        let at = record.position.offset() as usize;
        disk.tamper(&name(record.position.segment()), |b| {
            for (field, value) in fields {
                b[at + field * 4..][..4].copy_from_slice(&value.to_le_bytes());
            }
            let length = u32::from_le_bytes(b[at..at + 4].try_into().unwrap()) as usize;
            if let Some(covered) = b.get(at + 8..at.saturating_add(length)) {
                let mut hasher = crc32fast::Hasher::new_with_initial(crc32fast::hash(&ID));
                hasher.update(covered);
                let sum = hasher.finalize().to_le_bytes();
                b[at + 4..at + 8].copy_from_slice(&sum);
            }
        });
        survive(&disk);
    }
}
