//! Failing calls: each single call of a journal's life fails once, as the disk or the kernel has it. Afterwards the journal either
//! goes on or stops for good and tries no sync again; what was acknowledged is there at the next open, and no failure is taken
//! for damage.

use workorderd::journal::{AppendError, Journal, JournalError};

use crate::world::disk::{Fault, SimDisk};
use crate::world::ledger::{Item, all_of, append, open};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// What was acknowledged, and the group that was under way when something failed.
#[derive(Default)]
struct Written {
    certain: Vec<Vec<u8>>,
    unsure: Vec<Vec<u8>>,
    erased: bool,
}

impl Written {
    fn check(&self, disk: &SimDisk, what: &str) {
        let (_, _, seen) = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
        let bodies: Vec<_> = seen.iter().map(|s| s.body.clone()).collect();
        assert!(bodies.starts_with(&self.certain), "{what}: an acknowledged record is gone or altered");
        assert!(self.unsure.starts_with(&bodies[self.certain.len()..]), "{what}: records nobody wrote");
        if self.erased {
            assert!(seen[0].is_erased(), "{what}: an erased value is back");
        }
    }

    /// Appends a group; false if the journal has stopped, after it was seen to stay so.
    fn group(&mut self, journal: &mut Journal, disk: &SimDisk, n: usize) -> bool {
        let items: Vec<_> = (0..1 + n % 3).map(|i| Item::of(&format!("{n}.{i} {}", "x".repeat(400 + 97 * n % 900)), "Grace")).collect();
        match append(journal, &items) {
            Ok(_) => self.certain.extend(items.into_iter().map(|i| i.body)),
            Err(error) => {
                assert!(matches!(error, AppendError::Io(_)), "{error}");
                self.unsure = items.into_iter().map(|i| i.body).collect();
            }
        }
        if journal.is_poisoned() {
            let (syncs, changes) = (disk.syncs(), disk.changes());
            assert!(matches!(append(journal, &[Item::of("later", "")]), Err(AppendError::Poisoned { .. })));
            assert!(journal.wants_next().is_none());
            assert_eq!((disk.syncs(), disk.changes()), (syncs, changes), "a journal that has failed touches nothing");
        }
        !journal.is_poisoned()
    }

    /// Two starts with everything that a journal does in between; ends where something fails for good.
    fn life(&mut self, disk: &SimDisk) {
        let opened = |disk: &SimDisk| match open(disk) {
            Ok((journal, ..)) => Some(journal),
            Err(JournalError::Io(error)) => {
                assert!(!error.file.is_empty() && !error.action.is_empty());
                None
            }
            Err(other) => panic!("a failing call was taken for {other}"),
        };
        let Some(mut journal) = opened(disk) else { return };
        for n in 0..14 {
            if n % 5 != 4
                && let Some(preparation) = journal.wants_next()
                && let Ok(prepared) = preparation.run()
            {
                journal.adopt(prepared);
            }
            if !self.group(&mut journal, disk, n) {
                return;
            }
        }
        let first = journal.reader().records(workorderd::journal::Position::NONE).and_then(|mut all| Ok(all.next()?.map(|r| r.position())));
        let Ok(Some(first)) = first else { return };
        match journal.erase_personal(&[all_of(first)]) {
            Ok(_) => self.erased = true,
            // Finished at the next open, or not begun.
            Err(AppendError::Io(_)) => return assert!(journal.is_poisoned()),
            Err(AppendError::Read(_)) => {}
            Err(other) => panic!("{other}"),
        }
        drop(journal);
        let Some(mut journal) = opened(disk) else { return };
        for n in 14..17 {
            if !self.group(&mut journal, disk, n) {
                return;
            }
        }
    }
}

/// Lets the n-th call fail, for every n; gives how many there are.
fn every(fault: impl Fn(u64) -> Fault, what: &str) -> u64 {
    for n in 0.. {
        let disk = SimDisk::default();
        disk.inject(fault(n));
        let mut written = Written::default();
        written.life(&disk);
        let happened = disk.forgive() == 0;
        disk.kill();
        let what = format!("{what}, call {n}");
        // The process ends and the machine does not; or both do, and keep more or less of what was not synced.
        let pages = disk.copy();
        written.check(&pages, &what);
        for seed in 0..3 {
            let again = disk.fork();
            again.crash(&mut fastrand::Rng::with_seed(seed));
            written.check(&again, &format!("{what}, power lost {seed}"));
        }
        if !happened {
            assert!(written.certain.len() > 25, "{what}: only {} records", written.certain.len());
            return n;
        }
    }
    unreachable!()
}

#[test]
fn every_single_call_may_fail() {
    for (errno, name) in [(EIO, "EIO"), (ENOSPC, "ENOSPC")] {
        let calls = every(|n| Fault::Call(n, errno), name);
        assert!(calls > 100, "only {calls} calls with {name}");
    }
    assert!(every(Fault::Write, "write") > 40);
    assert!(every(Fault::Sync, "sync") > 20);
}

#[test]
fn interrupted_and_short_calls_are_gone_on_with() {
    for (fault, what) in
        [(Fault::Interrupt as fn(u64) -> Fault, "EINTR"), (Fault::ShortWrite, "short write"), (Fault::ShortRead, "short read")]
    {
        for n in 0.. {
            let disk = SimDisk::default();
            disk.inject(fault(n));
            let mut written = Written::default();
            written.life(&disk);
            let happened = disk.forgive() == 0;
            assert!(written.certain.len() > 25 && written.erased && written.unsure.is_empty(), "{what} {n} ended it");
            written.check(&disk, what);
            if !happened {
                assert!(n > 8, "only {n} calls: {what}");
                break;
            }
        }
    }
}
