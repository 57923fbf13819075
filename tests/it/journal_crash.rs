//! Crashes: whatever power loss leaves of unsynced writes, acknowledged records are there and the journal goes on.
//! Every test is a pure function of its seeds; a failing one names the seed.

use workorderd::journal::{AppendError, Checkpoint, Journal, Position, Storage};

use crate::world::disk::{Fault, SimDisk};
use crate::world::ledger::{Item, Seen, all_of, append, open, open_from};

/// What must be there, and what may be.
#[derive(Default)]
struct Model {
    /// In order; with positions once seen.
    certain: Vec<Item>,
    /// The group in flight.
    unsure: Vec<Item>,
}

impl Model {
    /// Holds what was read against the model; what survived of the group in flight is certain from now on.
    fn check(&mut self, seed: u64, seen: &[Seen]) {
        let items: Vec<Item> = seen.iter().map(Seen::item).collect();
        let certain = self.certain.len();
        assert!(items.len() >= certain, "seed {seed}: an acknowledged record is gone");
        assert!(items[..certain] == self.certain[..], "seed {seed}: a record was altered");
        let extra = &items[certain..];
        assert!(self.unsure.starts_with(extra), "seed {seed}: records nobody wrote");
        for (index, record) in seen.iter().enumerate() {
            assert_eq!(record.sequence, index as u64 + 1, "seed {seed}");
        }
        self.certain.extend_from_slice(extra);
        self.unsure.clear();
    }

    fn work(&mut self, journal: &mut Journal, rng: &mut fastrand::Rng, groups: usize) -> bool {
        for _ in 0..groups {
            if rng.bool()
                && let Some(preparation) = journal.wants_next()
                && let Ok(prepared) = preparation.run()
                && rng.bool()
            {
                journal.adopt(prepared);
            }
            let items: Vec<_> = (0..rng.usize(1..5)).map(|_| Item::random(rng)).collect();
            match append(journal, &items) {
                Ok(appended) => {
                    assert_eq!(appended.len(), items.len());
                    self.certain.extend(items);
                }
                Err(AppendError::GroupTooLarge { .. }) => {}
                Err(_) => {
                    self.unsure = items;
                    return false;
                }
            }
        }
        true
    }
}

fn random_fault(rng: &mut fastrand::Rng) -> Fault {
    let n = rng.u64(..60);
    match rng.usize(..16) {
        0 => Fault::Write(n),
        1 => Fault::Full(n),
        2 => Fault::ShortWrite(n),
        3 => Fault::Interrupt(n),
        4 => Fault::Sync(n / 2),
        5 => Fault::Open(n / 8),
        _ => Fault::Power(n),
    }
}

#[test]
fn acknowledged_records_survive_every_crash_and_dropped_ones_never_come_back() {
    let (mut torn, mut kept, mut rolled) = (0, 0, 0);
    for seed in 0..3000 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let disk = SimDisk::default();
        let mut model = Model::default();
        for _life in 0..6 {
            if rng.u8(..8) > 0 {
                disk.inject(random_fault(&mut rng));
            }
            // The fault may hit while opening, too: then there is a crash, and another life.
            match open(&disk) {
                Ok((mut journal, report, seen)) => {
                    let before = model.certain.len();
                    model.check(seed, &seen);
                    torn += usize::from(report.torn.is_some());
                    kept += model.certain.len() - before;
                    let groups = rng.usize(5..30);
                    model.work(&mut journal, &mut rng, groups);
                    rolled = rolled.max(journal.head().end.segment());
                }
                Err(error) => {
                    let error = format!("{error:?}");
                    assert!(error.starts_with("Io("), "seed {seed}: {error}");
                }
            }
            match rng.u8(..4) {
                0 => disk.kill(),
                _ => disk.crash(&mut rng),
            }
        }
        disk.forgive();
        let (_, _, seen) = open(&disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        model.check(seed, &seen);
    }
    assert!(torn > 200 && kept > 1000 && rolled > 10, "{torn} torn, {kept} kept, {rolled} segments");
}

#[test]
fn power_may_fail_at_each_single_step_of_a_life() {
    for seed in 0..6 {
        for step in 0.. {
            let mut rng = fastrand::Rng::with_seed(seed);
            let disk = SimDisk::default();
            let mut model = Model::default();
            disk.inject(Fault::Power(step));
            let mut finished = false;
            // Covers the first segment's creation, preparation ahead, roll-over, and a second start.
            if let Ok((mut journal, _, _)) = open(&disk)
                && model.work(&mut journal, &mut rng, 15)
            {
                drop(journal);
                if let Ok((mut journal, _, seen)) = open(&disk) {
                    model.check(seed, &seen);
                    finished = model.work(&mut journal, &mut rng, 3);
                }
            }
            disk.crash(&mut rng);
            // And again while what it left is cut and cleared away.
            for again in 0..12 {
                disk.inject(Fault::Power(again));
                if let Ok((_, _, seen)) = open(&disk) {
                    model.check(seed, &seen);
                }
                disk.crash(&mut rng);
            }
            let opened = open(&disk);
            let (mut journal, _, seen) = opened.unwrap_or_else(|e| panic!("seed {seed}, step {step}: {e}"));
            model.check(seed, &seen);
            assert!(model.work(&mut journal, &mut rng, 2), "seed {seed}, step {step}");
            if finished {
                assert!(step > 60, "only {step} steps");
                break;
            }
        }
    }
}

#[test]
fn a_record_left_by_a_failed_fsync_is_made_durable_before_it_is_shown() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    append(&mut journal, &[Item::of("first", "")]).unwrap();
    disk.inject(Fault::Sync(0));
    append(&mut journal, &[Item::of("second", "")]).unwrap_err();
    // The daemon restarts; the page cache still shows the record, the disk does not have it.
    disk.kill();
    let (mut journal, _, seen) = open(&disk).unwrap();
    assert_eq!(seen.len(), 2);
    append(&mut journal, &[Item::of("third", "")]).unwrap();
    disk.crash(&mut fastrand::Rng::with_seed(1));
    let (_, _, seen) = open(&disk).unwrap();
    let bodies: Vec<_> = seen.iter().map(|s| s.body.as_slice()).collect();
    assert_eq!(bodies, [&b"first"[..], b"second", b"third"]);
}

#[test]
fn a_cut_whose_fsync_failed_is_made_again_before_anything_is_appended() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    let end = journal.head().end;
    let group: Vec<_> = ["a", "b", "c"].map(|b| Item::of(b, "")).into();
    disk.inject(Fault::Sync(0));
    append(&mut journal, &group).unwrap_err();
    // The first record of the group is lost, the others are on disk.
    disk.tamper(&end.file().to_string(), |b| b[end.offset() as usize + 20] ^= 1);
    disk.kill();
    disk.inject(Fault::Sync(0));
    assert!(open(&disk).is_err());
    disk.kill();
    let (mut journal, report, _) = open(&disk).unwrap();
    assert!(report.torn.is_none(), "the wipe reads as if it had happened");
    append(&mut journal, &[Item::of("A", "")]).unwrap();
    disk.crash(&mut fastrand::Rng::with_seed(1));
    let (_, report, seen) = open(&disk).unwrap();
    assert!(report.torn.is_none());
    assert_eq!(seen.len(), 1);
    assert_eq!(disk.list().unwrap(), ["00000001.seg", "head"]);
}

#[test]
fn a_failed_write_or_fsync_poisons_the_journal_and_is_never_tried_again() {
    for fault in [Fault::Write(0), Fault::Full(0), Fault::Sync(0)] {
        let disk = SimDisk::default();
        let (mut journal, _, _) = open(&disk).unwrap();
        append(&mut journal, &[Item::of("good", "")]).unwrap();
        let head = journal.head();
        disk.inject(fault);
        let error = append(&mut journal, &[Item::of("bad", "")]).unwrap_err();
        assert!(matches!(error, AppendError::Io(_)), "{fault:?}: {error}");
        assert!(error.to_string().contains("00000001.seg"), "{error}");
        let (syncs, changes) = (disk.syncs(), disk.changes());
        for _ in 0..3 {
            let error = append(&mut journal, &[Item::of("later", "")]).unwrap_err();
            assert!(matches!(error, AppendError::Poisoned { .. }));
            let error = journal.erase_personal(&[all_of(head.last)]).unwrap_err();
            assert!(matches!(error, AppendError::Poisoned { .. }));
            assert!(journal.wants_next().is_none());
        }
        assert_eq!((disk.syncs(), disk.changes()), (syncs, changes), "{fault:?}");
        assert_eq!(journal.head(), head, "what failed must not show");
        assert_eq!(journal.reader().end(), head.end);
    }
}

#[test]
fn a_failed_head_mark_keeps_the_answer_and_refuses_the_next_group() {
    let disk = SimDisk::default();
    let (mut journal, _, _) = open(&disk).unwrap();
    disk.inject(Fault::Full(1));
    append(&mut journal, &[Item::of("durable", "")]).unwrap();
    assert!(journal.is_poisoned());
    let told = append(&mut journal, &[Item::of("refused", "")]).unwrap_err().to_string();
    assert!(told.contains("cannot write journal/head") && told.contains("os error 28"), "{told}");
    disk.crash(&mut fastrand::Rng::with_seed(2));
    assert_eq!(open(&disk).unwrap().2.len(), 1);
}

#[test]
fn erasing_is_finished_after_a_crash_at_any_step() {
    for seed in 0..40 {
        for step in 0.. {
            let mut rng = fastrand::Rng::with_seed(seed * 1000 + step);
            let disk = SimDisk::default();
            let (mut journal, _, _) = open(&disk).unwrap();
            // Long enough to lie in several sectors and segments.
            let name = "Grace Hopper ".repeat(100);
            let items: Vec<_> = (0..12).map(|n| Item::of(&format!("{n}"), &name)).collect();
            let mut at: Vec<Position> = Vec::new();
            for item in &items {
                at.push(append(&mut journal, std::slice::from_ref(item)).unwrap()[0].position);
            }
            let head = journal.head();
            disk.inject(Fault::Power(step));
            let erased = journal.erase_personal(&[all_of(at[7]), all_of(at[2]), all_of(at[2])]);
            if let Err(AppendError::Io(_)) = erased {
                assert!(matches!(append(&mut journal, &items[..1]), Err(AppendError::Poisoned { .. })));
            }
            disk.crash(&mut rng);
            for again in 0..8 {
                disk.inject(Fault::Power(again));
                let _ = open(&disk);
                disk.crash(&mut rng);
            }
            let (journal, _, seen) = open(&disk).unwrap_or_else(|e| panic!("seed {seed}, step {step}: {e}"));
            assert_eq!(journal.head(), head, "the chain is as before");
            assert!(disk.bytes("erase.intent").is_none());
            for (n, (seen, item)) in seen.iter().zip(&items).enumerate() {
                assert_eq!(seen.body, item.body);
                match seen.is_erased() {
                    false => assert_eq!(seen.personal, item.personal),
                    true => assert!(n == 2 || n == 7),
                }
            }
            if let Ok(count) = erased {
                assert_eq!(count, 2);
                assert!(seen[2].is_erased() && seen[7].is_erased());
                break;
            }
        }
    }
}

#[test]
fn a_start_from_a_checkpoint_shows_exactly_what_lies_behind_it() {
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let disk = SimDisk::default();
        let mut model = Model::default();
        let (mut journal, _, _) = open(&disk).unwrap();
        model.work(&mut journal, &mut rng, 20);
        disk.inject(Fault::Power(rng.u64(..20)));
        model.work(&mut journal, &mut rng, 20);
        disk.kill();
        let (_, _, all) = open(&disk.copy()).unwrap();
        let n = rng.usize(..model.certain.len());
        let checkpoint = Checkpoint { sequence: all[n].sequence, position: all[n].position };
        let (journal, _, seen) = open_from(&disk, Some(checkpoint)).unwrap();
        assert_eq!(seen, all[n + 1..], "seed {seed}");
        assert_eq!(journal.head().sequence, all.len() as u64);
    }
}
