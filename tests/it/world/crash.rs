//! How the daemon of the world ends, and how it starts again: the process or the machine, with other settings than before at times.
//!
//! After each start everything that was acknowledged is looked for.

use super::audit::Audit;
use super::disk::Fault;
use super::folders;
use super::restart::{self, StartFailure, Started};
use super::store::Fate;
use super::world::World;
use workorderd::domain::time::Timestamp;
use workorderd::engine::suspects::Suspects;
use workorderd::journal;

impl World {
    /// The process or the machine ends; then starts follow until one comes to its end.
    pub fn crash(&mut self) {
        let killed = !self.disk.is_off() && self.rng.u32(..3) == 0;
        self.end(killed);
    }

    /// The process ends, or the machine with it.
    pub fn end(&mut self, killed: bool) {
        self.life += 1;
        let kept = self.audit.lines.len();
        self.coverage.count("end", if killed { "process" } else { "machine" });
        self.trusted_until = Timestamp(i64::MIN);
        self.anchor_seen = None;
        self.lingers_since = Timestamp(i64::MAX);
        if !killed {
            self.boot += 1;
            self.since_boot = self.rng.u64(..100_000);
            self.displaced = 0; // nobody can know: a clock that is wrong when the machine starts is taken for right
        }
        self.other_settings_at_a_start();
        let started = loop {
            if killed {
                self.disk.kill()
            } else {
                self.disk.crash(&mut self.rng)
            }
            let fate = self.store.crash(&mut self.rng);
            self.coverage.count("store", fate_name(fate));
            if self.rng.u32(..4) == 0 {
                let n = self.rng.u64(..12);
                self.disk.inject(if self.rng.bool() { Fault::Power(n) } else { Fault::Sync(n / 4) });
            }
            match restart::start(&self.disk, &mut self.store, self.settings.segment_bytes) {
                Ok((daemon, started)) if !self.disk.is_off() => {
                    self.daemon = daemon;
                    self.daemon.views.clock().must_be_synchronised(self.must_be_synchronised);
                    self.look_for_poison();
                    // Nothing of it was synced.
                    if !killed && self.rng.bool() {
                        self.marker.clear();
                    }
                    self.suspects = Suspects::after_start(&self.kept, &self.marker, &mut self.daemon.views.schedule());
                    (self.kept, self.marker) = (self.suspects.text(), String::new());
                    break started;
                }
                Ok(_) => self.coverage.count("start", "power failed"),
                Err(StartFailure::Disk) => self.coverage.count("start", "disk failed"),
                Err(StartFailure::Store(error)) => panic!("the journal does not fit together: {error}"),
            }
        };
        self.disk.forgive();
        self.last_number = None;
        self.look_at_room();
        self.told(started);
        self.recount(kept);
        self.look_for_parked_poison();
        if let Some(clock) = self.daemon.clock {
            self.now = clock;
        }
        self.check_views();
        self.clients.check(&self.audit);
        for call in self.clients.crashed() {
            if self.rng.u32(..8) > 0 {
                self.coverage.count("client", "asked again after a crash");
                self.try_call(call);
            }
        }
    }

    fn told(&mut self, started: Started) {
        let Started { rebuilt, torn, replayed, behind } = started;
        let how = match (rebuilt, behind, replayed) {
            (true, ..) => "store moved aside, rebuilt",
            (false, false, _) => "no store, rebuilt",
            (false, true, 0) => "clean",
            (false, true, _) => "store behind",
        };
        self.coverage.count("start", how);
        if torn {
            self.coverage.count("start", "torn");
        }
    }

    /// The auditor reads the whole journal again; what was durable before is there, unaltered.
    fn recount(&mut self, kept: usize) {
        let mut fresh = Audit::default();
        let verified = journal::verify_chain(folders::both(&self.disk), &mut |record| {
            fresh.take(&record, None);
            Ok(())
        });
        let verified = verified.unwrap_or_else(|e| panic!("the chain does not hold after a crash: {e}"));
        assert_eq!(verified.head, self.daemon.journal.head(), "the daemon goes on from the end of the chain");
        let same = fresh.lines.len() >= kept && fresh.lines[..kept] == self.audit.lines[..];
        assert!(same, "what was durable before the crash is not what is there after it");
        self.coverage
            .count("crash", if fresh.lines.len() > kept { "kept more than was acknowledged" } else { "kept what was acknowledged" });
        self.audit = fresh;
    }
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "kept",
        Fate::Reverted => "reverted",
        Fate::Lost => "lost",
        Fate::RowLost => "lost a row",
        Fate::RowAged => "aged a row",
    }
}
