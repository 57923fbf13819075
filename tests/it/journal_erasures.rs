//! Personal values erased in segments that are here and in the archive: wherever power fails, the chain is as before, nothing is
//! halved, and it is finished; also if the archive's disk was away meanwhile.

use workorderd::journal::{AppendError, Archive, Checkpoint, Erase, Journal, JournalError, Storage, verify_chain};

use crate::world::disk::{Fault, SimDisk};
use crate::world::folders::{Folder, both};
use crate::world::ledger::{Item, Seen, append, options};

const GONE: &str = "王伟 13977770001 ";

fn reopen(disk: &SimDisk, checkpoint: Option<Checkpoint>) -> Result<(Journal, Vec<Seen>), JournalError> {
    let mut seen = Vec::new();
    let (journal, _) = Journal::open(both(disk), options(), checkpoint, &mut |record| {
        seen.push(Seen::of(&record));
        Ok(())
    })?;
    Ok((journal, seen))
}

/// Three segments in the archive and three here; each record has a value that goes, in its middle, and two that stay.
fn aged() -> (SimDisk, Vec<Seen>, String) {
    let disk = SimDisk::default();
    let (mut journal, _) = reopen(&disk, None).unwrap();
    let mut n = 0;
    while journal.head().end.segment() < 6 {
        n += 1;
        let values = [format!("first of {n}"), GONE.repeat(n % 40 + 1), format!("last of {n}")];
        let personal = values.iter().map(|value| Some(value.as_bytes().into())).collect();
        append(&mut journal, &[Item { personal, ..Item::of(&format!("step {n}"), "") }]).unwrap();
    }
    let mut archive = Archive::open(both(&disk), journal.reader()).unwrap();
    for _ in 0..3 {
        archive.move_oldest(1, 5).unwrap().unwrap();
    }
    let head = journal.head().to_string();
    drop(journal);
    let seen = reopen(&disk, None).unwrap().1;
    (disk, seen, head)
}

fn erasures(seen: &[Seen]) -> Vec<Erase> {
    seen.iter().step_by(3).map(|seen| Erase { position: seen.position, values: vec![1] }).collect()
}

/// Each record as it was, but for the values that may be gone; how many are.
#[track_caller]
fn held(before: &[Seen], now: &[Seen], what: &str) -> usize {
    assert_eq!(before.len(), now.len(), "{what}");
    let mut gone = 0;
    for (n, (before, now)) in before.iter().zip(now).enumerate() {
        let mut expected = before.clone();
        if n % 3 == 0 && now.personal[1].is_none() {
            expected.personal[1] = None;
            gone += 1;
        }
        assert_eq!(&expected, now, "{what}, record {n}");
    }
    gone
}

/// In any byte of either folder, also of what is not of use any more.
fn is_anywhere(disk: &SimDisk) -> bool {
    disk.list().unwrap().iter().any(|name| String::from_utf8_lossy(&disk.bytes(name).unwrap()).contains(GONE))
}

fn archived(disk: &SimDisk) -> Vec<(String, Vec<u8>)> {
    let names = Folder(disk.clone(), "archive").list().unwrap();
    names.into_iter().map(|name| format!("archive/{name}")).map(|name| (name.clone(), disk.bytes(&name).unwrap())).collect()
}

#[test]
fn power_fails_at_every_step_of_an_erasure_and_it_is_finished_even_if_the_archive_is_away_meanwhile() {
    let (disk, before, head) = aged();
    let wanted = erasures(&before);
    let last = before.last().unwrap();
    let checkpoint = Some(Checkpoint { sequence: last.sequence, position: last.position });
    let mut cuts = 0;
    for n in 0.. {
        let disk = disk.copy();
        let mut rng = fastrand::Rng::with_seed(n);
        let (mut journal, _) = reopen(&disk, checkpoint).unwrap();
        disk.inject(Fault::Power(n));
        let done = journal.erase_personal(&wanted);
        drop(journal);
        disk.crash(&mut rng);
        cuts += u32::from(done.is_err());

        // The archive's disk is not there at the next start: what is here is worked with, and what is there waits.
        if n % 2 == 0 {
            let away = archived(&disk);
            away.iter().for_each(|(name, _)| disk.lose(name));
            let (mut journal, _) = reopen(&disk, checkpoint).unwrap_or_else(|error| panic!("cut {n}, away: {error}"));
            let refused = journal.erase_personal(&wanted[..1]);
            assert!(matches!(refused, Err(AppendError::Read(_))), "cut {n}: {refused:?}");
            assert!(!journal.is_poisoned());
            // Appending goes on.
            if n % 4 == 0 {
                let mut other = reopen(&disk.copy(), checkpoint).unwrap().0;
                append(&mut other, &[Item::of("on it goes", "")]).unwrap();
            }
            drop(journal);
            away.into_iter().for_each(|(name, bytes)| disk.plant(&name, bytes));
        }
        let (mut journal, seen) = reopen(&disk, None).unwrap_or_else(|error| panic!("cut {n}: {error}"));
        let gone = held(&before, &seen, &format!("cut {n}"));
        let left = journal.erase_personal(&wanted).unwrap_or_else(|error| panic!("cut {n}: {error}"));
        assert_eq!(gone + left, wanted.len(), "cut {n}");
        assert_eq!(journal.head().to_string(), head);
        drop(journal);
        let mut seen = Vec::new();
        let verified = verify_chain(both(&disk), &mut |record| {
            seen.push(Seen::of(&record));
            Ok(())
        });
        assert_eq!(verified.unwrap().head.to_string(), head, "cut {n}");
        assert_eq!(held(&before, &seen, "at the end"), wanted.len());
        if done.is_ok() {
            break;
        }
    }
    assert!(cuts > 15, "{cuts} cuts");
}

#[test]
fn every_call_of_an_erasure_fails_once_and_it_is_finished_by_the_next_start() {
    let (disk, before, head) = aged();
    let wanted = erasures(&before);
    let mut failed = 0;
    for n in 0.. {
        let disk = disk.copy();
        let (mut journal, _) = reopen(&disk, None).unwrap();
        disk.inject(Fault::Call(n, 5));
        let done = journal.erase_personal(&wanted);
        let unused = disk.forgive();
        drop(journal);
        disk.kill();
        let (mut journal, seen) = reopen(&disk, None).unwrap_or_else(|error| panic!("call {n}: {error}"));
        held(&before, &seen, &format!("call {n}"));
        journal.erase_personal(&wanted).unwrap();
        let (_, seen) = reopen(&disk, None).unwrap();
        assert_eq!((held(&before, &seen, "at the end"), journal.head().to_string()), (wanted.len(), head.clone()));
        failed += u32::from(done.is_err());
        if unused == 1 {
            break;
        }
    }
    assert!(failed > 20, "{failed} failed");
}

#[test]
fn what_an_interrupted_move_left_behind_is_settled_before_anything_is_erased() {
    let (disk, before, _) = aged();
    let all: Vec<Erase> = before.iter().map(|seen| Erase { position: seen.position, values: vec![1] }).collect();
    let mut cuts = 0;
    for n in 0.. {
        let disk = disk.copy();
        let mut rng = fastrand::Rng::with_seed(n);
        let (journal, _) = reopen(&disk, None).unwrap();
        let mut archive = Archive::open(both(&disk), journal.reader()).unwrap();
        disk.inject(Fault::Power(n));
        let moved = archive.move_oldest(1, 5);
        drop((archive, journal));
        disk.crash(&mut rng);
        let (mut journal, _) = reopen(&disk, None).unwrap();
        let mut archive = Archive::open(both(&disk), journal.reader()).unwrap();
        archive.settle().unwrap_or_else(|error| panic!("cut {n}: {error}"));
        assert_eq!(journal.erase_personal(&all).unwrap(), before.len(), "cut {n}");
        assert!(!is_anywhere(&disk), "cut {n}: {:?}", disk.list());
        while archive.move_oldest(1, 5).unwrap().is_some() {}
        assert!(!is_anywhere(&disk), "cut {n}");
        if moved.is_ok() {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 4, "{cuts} cuts");
    // What is to be there and is not is told.
    let (journal, _) = reopen(&disk, None).unwrap();
    let mut archive = Archive::open(both(&disk), journal.reader()).unwrap();
    disk.lose("archive/00000002.seg");
    let error = archive.settle().unwrap_err().to_string();
    assert!(error.contains("00000002.seg"), "{error}");
}
