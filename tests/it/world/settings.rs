//! Reloads while the daemon works, settings that differ after a restart, and the room on the disk, which other programs take and give
//! back. The rules are the daemon's own (`engine::room`, `Cell::needs_room`, `Archive`); what is here is who looks, and when.
//!
//! Invariant of a spell with too little room: no step of a person is begun in it, no timer is lent out and no mail set out with;
//! what was accepted before is acknowledged again.

use super::disk::Fault;
use super::folders;
use super::world::World;
use workorderd::domain::principal::Principal;
use workorderd::engine::cell::{Refusal, Submission};
use workorderd::engine::room::is_scarce;
use workorderd::journal::{Archive, Position};

/// Bytes that are free when nobody needs them.
const PLENTY: u64 = 1 << 30;

/// The office that mails go through: mails under way end in the one they began in.
#[derive(Debug, Clone, Copy)]
pub struct Office {
    pub no: u32,
    /// There is a mail server in the settings.
    pub enabled: bool,
    pub at_once: usize,
}

/// What the settings say now, and the disk.
#[derive(Debug)]
pub struct Settings {
    /// Bytes that are kept free; 0: none.
    reserve: u64,
    free: u64,
    pub scarce: bool,
    /// Bytes of the journal that stay; 0: all.
    pub journal_keep: u64,
    pub office: Office,
    /// Takes a restart.
    pub segment_bytes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let office = Office { no: 1, enabled: true, at_once: 3 };
        Self { reserve: 256 << 20, free: PLENTY, scarce: false, journal_keep: 0, office, segment_bytes: 48 << 10 }
    }
}

impl World {
    /// Somebody reloads other settings, or another program writes or removes files.
    pub fn settings_change(&mut self) {
        let settings = &mut self.settings;
        match self.rng.u32(..6) {
            0 => {
                settings.reserve = [0, 64 << 20, 256 << 20, 256 << 20][self.rng.usize(..4)];
                self.coverage.count("reload", "reserve");
            }
            1 | 2 => settings.free = if settings.scarce { PLENTY } else { self.rng.u64(..512 << 20) },
            3 => {
                let (enabled, at_once) = (self.rng.u32(..5) > 0, self.rng.usize(1..5));
                settings.office = Office { no: settings.office.no + 1, enabled, at_once };
                self.coverage.count("reload", if enabled { "mail server" } else { "no mail server" });
            }
            4 => {
                settings.journal_keep = [0, 1, 100 << 10][self.rng.usize(..3)];
                self.coverage.count("reload", "journal to keep");
            }
            _ => {}
        }
        self.look_at_room();
    }

    /// What takes a restart may be another then.
    pub fn other_settings_at_a_start(&mut self) {
        self.settings.scarce = false;
        if self.rng.u32(..3) == 0 {
            self.settings.segment_bytes = [48 << 10, 64 << 10][self.rng.usize(..2)];
            self.must_be_synchronised = self.rng.u32(..5) == 0;
            self.coverage.count("restart", "other settings");
        }
    }

    /// As it is done every second, and with each reload.
    pub fn look_at_room(&mut self) {
        let Settings { scarce: was, free, reserve, .. } = self.settings;
        self.settings.scarce = is_scarce(was, free, reserve, 0);
        match (was, self.settings.scarce) {
            (false, true) => {
                self.coverage.count("room", "scarce");
                if self.daemon.views.schedule().next_due().is_some_and(|due| due <= self.now) {
                    self.coverage.count("room", "scarce while timers were due");
                }
            }
            (true, false) => {
                self.coverage.count("room", "there again");
                if self.daemon.views.schedule().next_due().is_some_and(|due| due <= self.now) {
                    self.coverage.count("room", "there again, with timers overdue");
                }
            }
            (true, true) | (false, false) => {}
        }
    }

    /// Somebody has tidied up.
    pub fn make_room(&mut self) {
        (self.settings.free, self.settings.reserve) = (PLENTY, 256 << 20);
        self.look_at_room();
        assert!(!self.settings.scarce, "there is room, and it is not seen");
    }

    /// There is a mail server again.
    pub fn bring_mail_server(&mut self) {
        self.settings.office = Office { no: self.settings.office.no + 1, enabled: true, at_once: 3 };
    }

    /// The answer to a submission for which there is no room; none where it is judged.
    pub fn no_room(&self, needs_room: bool) -> Option<Refusal> {
        let Settings { free, reserve, scarce, .. } = self.settings;
        (scarce && needs_room).then_some(Refusal::DiskNearlyFull { free, reserve })
    }

    /// Whether this may be the beginning of a step now.
    pub fn may_begin(&self, submission: &Submission) -> bool {
        !self.settings.scarce || matches!(submission.principal, Principal::System)
    }

    /// The archiver moves the oldest segment, if it may; the disk fails in it at times.
    pub fn move_segment(&mut self) {
        let applied = self.daemon.pending.applied_through().position;
        let unsent = self.daemon.views.delivery().oldest_position().unwrap_or(u64::MAX);
        let limit = Position(applied.min(unsent)).segment().saturating_sub(1);
        if self.rng.u32(..1000) < self.fault_rate {
            let n = self.rng.u64(..12);
            self.disk.inject(if self.rng.bool() { Fault::Power(n) } else { Fault::Write(n / 4) });
        }
        let moved = Archive::open(folders::both(&self.disk), self.daemon.journal.reader())
            .map_err(|_| ())
            .and_then(|mut archive| archive.move_oldest(self.settings.journal_keep, limit).map_err(|_| ()));
        let told = match &moved {
            Ok(Some(_)) => "moved a segment",
            Ok(None) => "had nothing to move",
            Err(()) => "failed",
        };
        self.coverage.count("archive", told);
        if self.disk.is_off() {
            return self.crash();
        }
        self.disk.forgive();
    }
}
