//! The journal in ordinary use: writing, reading, rolling over, erasing.
//! What crashes and damage do is left to `journal_crash` and `journal_damage`.

use std::sync::Arc;

use workorderd::journal::{
    AppendError, Entry, Erase, Journal, JournalError, Options, Position, Previous, ReadError, RealStorage, verify_chain,
};

use crate::world::disk::{Fault, SimDisk};
use crate::world::ledger::{ID, Item, Seen, all_of, append, open, options};

fn verified(disk: &SimDisk) -> workorderd::journal::Verified {
    verify_chain(Arc::new(disk.clone()), &mut |_| Ok(())).unwrap()
}

#[test]
fn what_is_appended_is_read_back_by_position_in_order_and_after_a_restart() {
    let disk = SimDisk::default();
    let (mut journal, report, _) = open(&disk).unwrap();
    assert!(report.created);
    let mut rng = fastrand::Rng::with_seed(5);
    let (mut items, mut places) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let group: Vec<_> = (0..rng.usize(1..4)).map(|_| Item::random(&mut rng)).collect();
        places.extend(append(&mut journal, &group).unwrap());
        items.extend(group);
    }
    let mut reader = journal.reader().clone();
    for (item, place) in items.iter().zip(&places) {
        let record = reader.read(place.position).unwrap();
        assert_eq!(Seen::of(&record).item(), *item);
        assert_eq!(record.sequence(), place.sequence);
        assert_eq!(record.epoch(), 1);
    }
    let mut records = reader.records(places[10].position).unwrap();
    for item in &items[10..] {
        assert_eq!(Seen::of(&records.next().unwrap().unwrap()).item(), *item);
    }
    assert!(records.next().unwrap().is_none());
    assert!(journal.head().end.segment() > 3, "the test must roll over");

    let head = journal.head();
    assert_eq!(verified(&disk).head, head);
    drop(journal);
    let (journal, report, seen) = open(&disk).unwrap();
    assert!(report.torn.is_none() && !report.created);
    assert_eq!(seen.iter().map(Seen::item).collect::<Vec<_>>(), items);
    assert_eq!(journal.head(), head);
}

#[test]
fn journal_and_reader_can_be_sent_to_other_threads() {
    fn sendable<T: Send + 'static>(_: &T) {}
    let (mut journal, _, _) = open(&SimDisk::default()).unwrap();
    sendable(&journal);
    sendable(&journal.wants_next());
    sendable(&journal.reader());
}

#[test]
fn records_of_several_mebibytes_are_read_back() {
    let disk = SimDisk::default();
    let storage = Arc::new(disk.clone());
    let large = Options { segment_bytes: 9 << 20, ..options() };
    let (mut journal, _) = Journal::open(storage.clone(), large, None, &mut |_| Ok(())).unwrap();
    let items: Vec<_> = [700_000, 4 << 20, 1_100_000, 3_900_000, 5, 1_048_000]
        .map(|n: usize| Item::of(&"y".repeat(n.min((4 << 20) - 200)), &"p".repeat(n / 100 % 50)))
        .into();
    for item in &items {
        append(&mut journal, std::slice::from_ref(item)).unwrap();
    }
    let mut records = journal.reader().records(Position::NONE).unwrap();
    for item in &items {
        let seen = Seen::of(&records.next().unwrap().unwrap());
        assert!(seen.item() == *item);
        assert!(Seen::of(&journal.reader().read(seen.position).unwrap()) == seen);
    }
    let head = journal.head();
    assert_eq!(verified(&disk).head, head);
    drop(journal);
    let mut count = 0;
    let (journal, _) = Journal::open(storage, large, None, &mut |_| {
        count += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!((count, journal.head()), (6, head));
}

#[test]
fn a_group_lies_in_one_segment() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let mut rng = fastrand::Rng::with_seed(9);
    for _ in 0..200 {
        let items: Vec<_> = (0..rng.usize(1..6)).map(|_| Item::random(&mut rng)).collect();
        if let Ok(places) = append(&mut journal, &items) {
            let first = places[0].position;
            assert!(places.iter().all(|p| p.position.segment() == first.segment()));
            let record = journal.reader().read(places[places.len() - 1].position).map(|r| r.group_first());
            assert_eq!(record.unwrap(), places[0].sequence);
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let changes = disk.changes();
    let big = Item::of(&"x".repeat(9000), "");
    let half = Item::of(&"x".repeat(5000), "");
    let mut long_key = Item::of("", "");
    long_key.key = vec![0; 256];
    let e = append(&mut journal, &[big]).unwrap_err();
    assert!(matches!(e, AppendError::RecordTooLarge { index: 0, limit: 8128, .. }), "{e}");
    let e = append(&mut journal, &[half.clone(), half.clone()]).unwrap_err();
    assert!(matches!(e, AppendError::GroupTooLarge { limit: 8128, .. }), "{e}");
    let e = append(&mut journal, &[half.clone(), long_key]).unwrap_err();
    assert!(matches!(e, AppendError::KeyTooLong { index: 1, bytes: 256 }), "{e}");
    let entry = Entry { previous: Previous::InGroup(0), ..half.entry() };
    let e = journal.append(&[entry]).unwrap_err();
    assert!(matches!(e, AppendError::PreviousNotEarlier { index: 0, previous: 0 }), "{e}");
    assert!(journal.append(&[]).unwrap().is_empty());
    assert_eq!(disk.changes(), changes);
    append(&mut journal, &[half]).unwrap();
}

#[test]
fn the_history_of_one_aggregate_is_read_backwards() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let item = Item::of("created", "");
    let first = journal.append(&[item.entry()]).unwrap()[0];
    let group = [
        Entry { previous: Previous::At(first.position), revision: 2, ..item.entry() },
        Entry { previous: Previous::InGroup(0), revision: 3, ..item.entry() },
    ];
    let mut at = journal.append(&group).unwrap()[1].position;
    let (mut reader, mut revisions) = (journal.reader(), Vec::new());
    while at != Position::NONE {
        let record = reader.read(at).unwrap();
        revisions.push(record.revision());
        at = record.previous();
    }
    assert_eq!(revisions, [3, 2, 7]);
}

#[test]
fn the_next_segment_is_prepared_ahead_and_appending_writes_into_zeros() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    assert!(journal.wants_next().is_none(), "not before half is used");
    let item = Item::of(&"x".repeat(1000), "");
    for _ in 0..4 {
        append(&mut journal, std::slice::from_ref(&item)).unwrap();
    }
    let preparation = journal.wants_next().expect("more than half is used");
    assert!(journal.wants_next().is_none(), "asked for once");
    let prepared = preparation.run().unwrap();
    assert_eq!(disk.bytes("00000002.seg").unwrap().len(), 8 << 10);
    journal.adopt(prepared);
    for _ in 0..3 {
        append(&mut journal, std::slice::from_ref(&item)).unwrap();
    }
    let changes = disk.changes();
    let place = append(&mut journal, std::slice::from_ref(&item)).unwrap()[0];
    assert_eq!(place.position, Position::new(2, 64));
    assert_eq!(disk.changes() - changes, 3, "write, sync, head mark: nothing is made now");
    assert_eq!(disk.bytes("00000002.seg").unwrap().len(), 8 << 10);
}

#[test]
fn a_late_or_failed_preparation_does_no_harm() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let item = Item::of(&"x".repeat(1000), "");
    let (mut late, mut written) = (None, 0);
    while journal.head().end.segment() < 3 {
        append(&mut journal, std::slice::from_ref(&item)).unwrap();
        written += 1;
        match journal.wants_next() {
            Some(preparation) if late.is_none() => late = Some(preparation),
            Some(preparation) => {
                disk.inject(Fault::Full(0));
                assert!(preparation.run().is_err());
            }
            None => {}
        }
    }
    // The writer has made segment 2 itself and filled it by now.
    let before = disk.bytes("00000002.seg");
    let prepared = late.unwrap().run().unwrap();
    journal.adopt(prepared);
    assert_eq!(disk.bytes("00000002.seg"), before);
    append(&mut journal, std::slice::from_ref(&item)).unwrap();
    assert_eq!(open(&disk).unwrap().2.len(), written + 1);
}

#[test]
fn a_reader_never_goes_beyond_what_is_durable() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let mut reader = journal.reader();
    let start = Position::new(1, 64);
    assert!(matches!(reader.read(start), Err(ReadError::Beyond { .. })));
    assert!(reader.records(Position::NONE).unwrap().next().unwrap().is_none());
    append(&mut journal, &[Item::of("one", "")]).unwrap();
    assert!(reader.read(start).is_ok());
    let end = reader.end();
    disk.inject(Fault::Sync(0));
    append(&mut journal, &[Item::of("two", "")]).unwrap_err();
    assert!(matches!(reader.read(end), Err(ReadError::Beyond { .. })));
    assert!(reader.records(Position::new(1, end.offset() + 8)).is_err());
    for wrong in [Position::new(1, 72), Position::new(1, 65), Position::new(1, 8), Position(3)] {
        let error = reader.read(wrong).unwrap_err();
        assert!(matches!(error, ReadError::NotARecord { .. }), "{error}");
    }
}

#[test]
fn erasing_takes_one_personal_value_and_keeps_the_others_and_the_chain() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let mut items = [Item::of("visit", "Ada Lovelace, London"), Item::of("note", "")];
    items[0].personal.push(Some(b"Charles Babbage".as_slice().into()));
    let places = append(&mut journal, &items).unwrap();
    append(&mut journal, &[Item::of("later", "kept")]).unwrap();
    let head = journal.head();
    let hash = journal.reader().read(places[0].position).unwrap().personal_hash();
    let ada = Erase { position: places[0].position, values: vec![0] };
    assert_eq!(journal.erase_personal(&[ada.clone(), all_of(places[1].position)]).unwrap(), 1);
    assert_eq!(journal.erase_personal(&[ada]).unwrap(), 0, "there is nothing left to erase");
    let mut reader = journal.reader();
    let record = reader.read(places[0].position).unwrap();
    let left: Vec<_> = record.personal().map(|value| value.bytes()).collect();
    assert_eq!(left, [None, Some(b"Charles Babbage".as_slice())]);
    assert_eq!(record.body(), b"visit");
    assert_eq!(record.personal_hash(), hash);
    let bytes = disk.bytes("00000001.seg").unwrap();
    for gone in [&b"Lovelace"[..], b"Ada"] {
        assert!(!bytes.windows(gone.len()).any(|w| w == gone));
    }
    assert_eq!(verified(&disk).head, head);
    append(&mut journal, &[Item::of("after", "more")]).unwrap();
    drop(journal);
    assert_eq!(open(&disk).unwrap().2.len(), 4);
}

#[test]
fn another_segment_size_takes_effect_with_the_next_segment() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let item = Item::of(&"x".repeat(2000), "");
    for _ in 0..3 {
        append(&mut journal, std::slice::from_ref(&item)).unwrap();
    }
    journal.wants_next().unwrap().run().unwrap();
    let larger = Options { segment_bytes: 64 << 10, ..options() };
    let storage = Arc::new(disk.clone());
    let (mut journal, _) = Journal::open(storage, larger, None, &mut |_| Ok(())).unwrap();
    append(&mut journal, &[Item::of(&"y".repeat(30_000), "")]).unwrap();
    assert_eq!(disk.bytes("00000002.seg").unwrap().len(), 64 << 10);
    assert_eq!(verified(&disk).head, journal.head());
    let odd = Options { segment_bytes: 5001, ..options() };
    let refused = Journal::open(Arc::new(disk), odd, None, &mut |_| Ok(())).err().unwrap();
    assert!(matches!(refused, JournalError::SegmentBytes { found: 5001 }));
}

#[test]
fn the_real_disk_keeps_the_journal_and_verify_reads_it_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("journal");
    let options = Options { segment_bytes: 64 << 10, installation: ID, epoch: 3 };
    let storage = Arc::new(RealStorage::new(&folder).unwrap());
    let (mut journal, _) = Journal::open(storage.clone(), options, None, &mut |_| Ok(())).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let checker = scope.spawn(|| {
            let mut rounds = 0;
            while rounds < 3 || !done.load(std::sync::atomic::Ordering::Acquire) {
                let storage = Arc::new(RealStorage::existing(&folder).unwrap());
                verify_chain(storage, &mut |_| Ok(())).unwrap();
                rounds += 1;
            }
            rounds
        });
        let mut rng = fastrand::Rng::with_seed(4);
        for n in 0..600 {
            if let Some(preparation) = journal.wants_next() {
                scope.spawn(move || preparation.run().map(|_| ()).unwrap());
            }
            let places = append(&mut journal, &[Item::random(&mut rng), Item::of("a", "b")]).unwrap();
            if n % 50 == 0 {
                journal.erase_personal(&[all_of(places[1].position)]).unwrap();
            }
        }
        done.store(true, std::sync::atomic::Ordering::Release);
        assert!(checker.join().unwrap() >= 3);
    });
    let head = journal.head();
    assert!(head.end.segment() > 3);
    drop(journal);
    let mut count = 0;
    let (journal, _) = Journal::open(storage, options, None, &mut |_| {
        count += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!((count, journal.head()), (1200, head));
}

#[test]
fn an_error_of_the_visitor_comes_back_with_the_record_it_was_about() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    for body in ["a", "b", "c"] {
        append(&mut journal, &[Item::of(body, "")]).unwrap();
    }
    let error = Journal::open(Arc::new(disk), options(), None, &mut |r| match r.body() {
        b"b" => Err("no".into()),
        _ => Ok(()),
    });
    let error = error.err().unwrap();
    assert!(matches!(error, JournalError::Visitor { sequence: 2, .. }), "{error}");
}
