//! The journal's archive on simulated disks: wherever power fails while segments move, every one of them is in one of the two folders.

use workorderd::journal::{Archive, ArchiveError, Checkpoint, Journal, JournalError, Storage, Why, verify_chain};

use crate::world::disk::{Fault, SimDisk};
use crate::world::folders::{Folder, both};
use crate::world::ledger::{Item, append, options};

fn reopen(disk: &SimDisk, checkpoint: Option<Checkpoint>) -> Result<(Journal, usize, u32), JournalError> {
    let mut seen = 0;
    let (journal, report) = Journal::open(both(disk), options(), checkpoint, &mut |_| {
        seen += 1;
        Ok(())
    })?;
    Ok((journal, seen, report.away.len() as u32))
}

/// A journal of several segments, its disk, and how many records it has.
fn filled(seed: u64) -> (SimDisk, Journal, usize) {
    let disk = SimDisk::default();
    let (mut journal, ..) = reopen(&disk, None).unwrap();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut records = 0;
    while journal.head().end.segment() < 6 {
        let items: Vec<_> = (0..rng.usize(1..4)).map(|_| Item::random(&mut rng)).collect();
        records += append(&mut journal, &items).unwrap().len();
    }
    (disk, journal, records)
}

fn archive(disk: &SimDisk, journal: &Journal) -> Archive {
    Archive::open(both(disk), journal.reader()).unwrap()
}

/// What both folders hold is the whole history.
fn whole(disk: &SimDisk, records: usize, seed: u64) {
    let mut seen = 0;
    let verified = verify_chain(both(disk), &mut |_| {
        seen += 1;
        Ok(())
    });
    let verified = verified.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert_eq!((seen, verified.head.sequence), (records, records as u64), "seed {seed}");
}

fn segments(folder: &Folder) -> Vec<String> {
    let mut names = folder.list().unwrap();
    names.retain(|name| name.ends_with(".seg"));
    names.sort();
    names
}

fn places(disk: &SimDisk) -> (Vec<String>, Vec<String>) {
    (segments(&Folder(disk.clone(), "")), segments(&Folder(disk.clone(), "archive")))
}

#[test]
fn power_fails_at_every_step_of_a_move_and_every_segment_is_somewhere() {
    let mut cuts = 0;
    for seed in 0..40 {
        let (disk, journal, records) = filled(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        let at = disk.changes();
        let rehearsal = disk.copy();
        let mut all = archive(&rehearsal, &journal_of(&rehearsal));
        while all.move_oldest(1, 5).unwrap().is_some() {}
        let most = rehearsal.changes();
        assert_eq!(places(&rehearsal).1.len(), 4, "seed {seed}");
        whole(&rehearsal, records, seed);
        let checkpoint = Checkpoint { sequence: journal.head().sequence, position: journal.head().last };
        drop(journal);
        assert!(at > 0 && most > 20);
        for n in 0..most {
            let disk = disk.copy();
            let journal = journal_of(&disk);
            disk.inject(Fault::Power(n));
            let moved = Archive::open(both(&disk), journal.reader()).map_err(ArchiveError::from).and_then(|mut archive| {
                while archive.move_oldest(1, 5)?.is_some() {}
                Ok(())
            });
            if moved.is_ok() {
                break;
            }
            cuts += 1;
            disk.crash(&mut rng);
            whole(&disk, records, seed);
            // A start that needs none of them does without the archive, whatever had been moved.
            let alone = disk.copy();
            segments(&Folder(alone.clone(), "archive")).iter().for_each(|name| alone.lose(&format!("archive/{name}")));
            let started = reopen(&alone, Some(checkpoint));
            assert!(started.is_ok(), "seed {seed}, cut {n}: {:?}", started.err().map(|e| e.to_string()));
            // It goes on where it was.
            let journal = journal_of(&disk);
            let mut archive = archive(&disk, &journal);
            while archive.move_oldest(1, 5).unwrap_or_else(|error| panic!("seed {seed}, cut {n}: {error}")).is_some() {}
            let (here, there) = places(&disk);
            assert_eq!((there.len(), here.first().map(String::as_str)), (4, Some("00000005.seg")), "seed {seed}, cut {n}");
            whole(&disk, records, seed);
        }
    }
    println!("{cuts} cuts");
    assert!(cuts > 1_000, "{cuts} cuts");
}

fn journal_of(disk: &SimDisk) -> Journal {
    reopen(disk, None).unwrap().0
}

#[test]
fn every_call_of_a_move_fails_once_and_the_next_look_finishes_it() {
    let (disk, journal, records) = filled(7);
    drop(journal);
    let mut failed = 0;
    for errno in [5, 28] {
        for n in 0.. {
            let disk = disk.copy();
            let journal = journal_of(&disk);
            disk.inject(Fault::Call(n, errno));
            let moved = Archive::open(both(&disk), journal.reader()).map_err(ArchiveError::from).and_then(|mut archive| {
                while archive.move_oldest(1, 5)?.is_some() {}
                Ok(())
            });
            let unused = disk.forgive();
            whole(&disk, records, n);
            if moved.is_ok() && unused == 1 {
                break;
            }
            failed += u32::from(moved.is_err());
            let mut again = archive(&disk, &journal);
            while again.move_oldest(1, 5).unwrap_or_else(|error| panic!("call {n}: {error}")).is_some() {}
            assert_eq!(places(&disk).1.len(), 4, "call {n}");
            whole(&disk, records, n);
        }
    }
    assert!(failed > 100, "{failed} failed");
}

#[test]
fn an_archive_that_is_away_keeps_nobody_from_working_and_nothing_more_is_moved_into_its_place() {
    let (disk, journal, records) = filled(3);
    let mut first = archive(&disk, &journal);
    let moved = first.move_oldest(1, 5).unwrap().unwrap();
    assert_eq!((moved.segment.to_string().as_str(), first.moved()), ("00000001.seg", Some(moved)));
    let head = journal.head();
    let checkpoint = Checkpoint { sequence: head.sequence, position: head.last };
    let (mut journal, seen, away) = reopen(&disk, Some(checkpoint)).unwrap();
    assert_eq!((seen, away), (0, 0));

    let kept = disk.bytes("archive/00000001.seg").unwrap();
    disk.lose("archive/00000001.seg");
    let mut archive = archive(&disk, &journal);
    assert!(matches!(archive.move_oldest(1, 5), Err(ArchiveError::Away(segment)) if segment == moved.segment));
    assert_eq!(places(&disk).0.len(), 5, "what is here stays here");
    append(&mut journal, &[Item::of("on it goes", "")]).unwrap();
    let (journal, seen, away) = reopen(&disk, Some(checkpoint)).unwrap();
    assert_eq!((seen, away), (1, 1));
    let Err(error) = reopen(&disk, None) else { panic!("nobody can build everything anew without it") };
    assert!(error.to_string().contains("neither in the journal nor in journal-archive"), "{error}");
    let Err(error) = verify_chain(both(&disk), &mut |_| Ok(())) else { panic!("proven without it") };
    assert!(matches!(error, JournalError::Damage(damage) if damage.why == Why::Archived && damage.segment == moved.segment));
    let reader = journal.reader();
    let error = reader.records(workorderd::journal::Position::new(1, 64)).and_then(|mut r| r.next().map(|_| ())).unwrap_err();
    assert!(error.to_string().contains("is the archive's disk mounted?"), "{error}");

    // Something else of that name.
    disk.plant("archive/00000001.seg", kept);
    disk.plant("archive/00000002.seg", vec![1; 8 << 10]);
    assert!(matches!(archive.move_oldest(1, 5), Err(ArchiveError::Another(segment)) if segment.0 == 2));
    disk.lose("archive/00000002.seg");
    while archive.move_oldest(1, 5).unwrap().is_some() {}
    whole(&disk, records + 1, 3);
}

#[test]
fn a_segment_stays_while_it_is_needed_or_there_is_room_or_it_is_damaged() {
    let (disk, journal, records) = filled(9);
    let mut archive = archive(&disk, &journal);
    let size = u64::from(options().segment_bytes);
    assert_eq!(archive.move_oldest(0, 1).unwrap(), None, "a start may need it");
    assert_eq!(archive.move_oldest(6 * size, 5).unwrap(), None, "there is room");
    disk.tamper("00000001.seg", |bytes| bytes[700] ^= 1);
    assert!(matches!(archive.move_oldest(5 * size, 5), Err(ArchiveError::Damaged { segment, .. }) if segment.0 == 1));
    disk.tamper("00000001.seg", |bytes| bytes[700] ^= 1);
    assert!(archive.move_oldest(5 * size, 5).unwrap().is_some());
    assert_eq!(archive.move_oldest(5 * size, 5).unwrap(), None, "five stay");
    whole(&disk, records, 9);
}
