//! The world: one company on one daemon, and a scheduler that picks what happens next by the seed.
//!
//! All that runs at the same time in the daemon is a choice here: which mailbox, how large a group, whether the clock moves,
//! whether the power goes. A seed replays exactly.

use super::audit::Audit;
use super::clients::{Clients, Then};
use super::company;
use super::coverage::Coverage;
use super::daemon::{Daemon, Ticket};
use super::dialer::Center;
use super::disk::SimDisk;
use super::erasing::Eraser;
use super::people;
use super::post::Post;
use super::restart;
use super::settings::Settings;
use super::store::SimStore;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::installation::{ClockAnchor, InstallationCommand};
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::time::{Span, Timestamp};
use workorderd::engine::cell::Refusal;
use workorderd::engine::clock_guard::Reading;
use workorderd::engine::schedule::Timer;
use workorderd::engine::suspects::Suspects;

/// When it begins.
pub const BEGINNING: Timestamp = Timestamp(1_780_000_000_000);

/// Everything.
pub struct World {
    pub rng: fastrand::Rng,
    pub now: Timestamp,
    pub disk: SimDisk,
    pub store: SimStore,
    pub daemon: Daemon,
    pub audit: Audit,
    pub clients: Clients,
    pub post: Post,
    pub center: Center,
    pub coverage: Coverage,
    /// Lives of the daemon so far.
    pub life: u32,
    /// No faults, no crashes, no people: what is under way comes to rest.
    pub calm: bool,
    /// The daemon has more than it can take, and answers so.
    pub busy: bool,
    pub last_number: Option<WorkOrderNumber>,
    /// Faults of the disk in 1000 groups.
    pub fault_rate: u32,
    crash_rate: u32,
    pub manual_clock: bool,
    /// Which start of the machine, and how long ago it was, in milliseconds: what nobody can set.
    pub boot: u128,
    pub since_boot: u64,
    /// By how much the machine's clock was set away, in milliseconds, if far.
    pub displaced: i64,
    synchronised: bool,
    pub must_be_synchronised: bool,
    /// The latest time at which the clock could be trusted, as the world knows it.
    pub trusted_until: Timestamp,
    /// The timers that are being fired, and who is suspected, as the two files have it.
    pub marker: String,
    pub kept: String,
    pub suspects: Suspects,
    /// A timer that ends the daemon whenever it is fired, until somebody mends that; and how often it did.
    pub poison: Option<Timer>,
    pub poisoned: u32,
    /// It was parked at the last start: the revision that its Work Order had then.
    pub parked_at: Option<u64>,
    /// What the clock was found right against, in this life.
    pub anchor_seen: Option<ClockAnchor>,
    /// What a firing was told that nobody waits for any more, and that may still go through.
    pub lingers_since: Timestamp,
    /// What a reload changes, and the room on the disk.
    pub settings: Settings,
}

#[derive(Clone, Copy)]
enum Next {
    Letter,
    Tell,
    Write,
    Prepare,
    Reply,
    Rows,
    Parcel,
    Timers,
    Mailer,
    Dialer,
    Erase,
    People,
    Clock,
    Mood,
    Settings,
    Archive,
    Crash,
}

impl World {
    /// A new data folder, founded, with the company in it.
    pub fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (disk, mut store) = (SimDisk::default(), SimStore::default());
        let (daemon, _) = restart::start(&disk, &mut store, Settings::default().segment_bytes).expect("nothing fails yet");
        let manual_clock = rng.u32(..4) == 0;
        let crash_rate = [0, 1, 4, 12][rng.usize(..4)];
        let mut world = Self {
            fault_rate: [0, 20, 60][rng.usize(..3)],
            rng,
            now: BEGINNING,
            disk,
            store,
            daemon,
            audit: Audit::default(),
            clients: Clients::default(),
            post: Post::default(),
            center: Center::default(),
            coverage: Coverage::default(),
            life: 0,
            calm: true,
            busy: false,
            last_number: None,
            crash_rate,
            manual_clock,
            boot: 1,
            since_boot: 90_000,
            displaced: 0,
            synchronised: manual_clock,
            must_be_synchronised: false,
            trusted_until: Timestamp(i64::MIN),
            anchor_seen: None,
            lingers_since: Timestamp(i64::MAX),
            marker: String::new(),
            kept: String::new(),
            suspects: Suspects::default(),
            poison: None,
            poisoned: 0,
            parked_at: None,
            settings: Settings::default(),
        };
        world.synchronised |= world.rng.u32(..3) == 0;
        world.must_be_synchronised = world.rng.u32(..5) == 0;
        let anchor = world.daemon.views.clock().look(&world.reading()).record.filter(|_| !manual_clock);
        world.daemon.views.clock().must_be_synchronised(world.must_be_synchronised);
        let found = InstallationCommand::Found { manual_clock: manual_clock.then_some(BEGINNING), anchor };
        world.send_as_system(&Key::Installation, Ticket::Nobody, Command::Installation(found));
        world.come_to_rest();
        // Scarce in some worlds, so that it is used up.
        let by = [0, 3, 20, 500][world.rng.usize(..4)];
        let command = Command::Installation(InstallationCommand::ChangeSmsQuota { by });
        world.ask(Key::Installation, people::administrator(), command, None, None);
        world.come_to_rest();
        for (key, command) in company::founding() {
            world.ask(key, people::administrator(), command, None, None);
            if world.rng.bool() {
                world.come_to_rest();
            }
            world.come_to_rest();
        }
        world.calm = false;
        world
    }

    /// A whole run: many steps with a rest now and then, then all time there is, then the last account.
    pub fn run(&mut self, steps: usize) {
        for step in 1..=steps {
            self.step();
            if step % 64 == 0 {
                self.check_views();
            }
            if self.rng.u32(..400) == 0 {
                self.rest();
            }
        }
        self.rest();
        self.let_time_pass();
        self.check_the_end();
    }

    /// Comes to rest, and everything is compared.
    pub fn rest(&mut self) {
        let busy = std::mem::take(&mut self.busy);
        self.calm = true;
        self.make_room();
        self.come_to_rest();
        self.check_at_rest();
        self.calm = false;
        self.busy = busy;
    }

    fn come_to_rest(&mut self) {
        for _ in 0..50_000 {
            if self.daemon.is_at_rest(self.now) && self.unfinished().is_empty() {
                return;
            }
            self.step();
        }
        panic!("the daemon does not come to rest");
    }

    /// Moves the clock from one deadline to the next until there is none.
    fn let_time_pass(&mut self) {
        self.calm = true;
        self.busy = false;
        self.make_room();
        self.bring_mail_server();
        self.mend_call_center();
        self.trust_clock();
        self.mend();
        self.come_to_rest();
        for _ in 0..5_000 {
            let Some(due) = self.daemon.views.schedule().next_due() else { return };
            let later = if self.rng.bool() { Span(0) } else { Span::minutes(self.rng.u64(..300)) };
            self.move_clock(due.plus(later));
            self.come_to_rest();
        }
        panic!("timers never end");
    }

    fn move_clock(&mut self, to: Timestamp) {
        if !self.manual_clock {
            self.since_boot += to.since(self.now).0;
            self.set_clock(to);
        } else if to > self.now {
            let command = Command::Installation(InstallationCommand::SetClock { to });
            self.ask(Key::Installation, people::administrator(), command, None, None);
        }
    }

    /// The machine's clock is set, or goes on; timers look at it before long.
    fn set_clock(&mut self, to: Timestamp) {
        self.now = to;
        self.daemon.views.schedule().look_again();
    }

    /// All that the daemon reads of the time.
    pub fn reading(&self) -> Reading {
        let (boot, since_boot) = if self.manual_clock { (0, 0) } else { (self.boot, self.since_boot) };
        Reading { wall: self.now, boot, since_boot: Span(since_boot), synchronised: self.synchronised }
    }

    /// An admin says that the clock is right.
    pub fn trust_clock(&mut self) {
        let command = Command::Installation(InstallationCommand::TrustClock { anchor: self.reading().anchor() });
        self.ask(Key::Installation, people::administrator(), command, None, None);
    }

    /// Somebody has found out why a timer ended the daemon, and sets again what is parked.
    pub fn mend(&mut self) {
        (self.poison, self.parked_at) = (None, None);
        for timer in self.daemon.views.schedule().unpark(None) {
            self.suspects.cleared(timer);
            self.coverage.count("timer", "set again");
        }
        self.kept = self.suspects.text();
    }

    /// Whether the clock can be trusted, by the journal and not by the guard.
    pub fn clock_is_right(&self) -> bool {
        let Some(State::Installation(installation)) = self.audit.known.get(&Key::Installation).map(|k| &k.state) else { return true };
        let (now, before) = (self.reading().anchor(), self.anchor_seen.or(installation.anchor).filter(|a| a.boot == self.boot));
        self.manual_clock
            || match before {
                None => !self.must_be_synchronised || self.synchronised,
                Some(before) => (now.offset - before.offset).abs() <= 3_600_000 || self.synchronised && !before.synchronised,
            }
    }

    /// A look at a clock that is right: from now on it is held against this, also while the record of it is on its way.
    pub fn looked_at_right_clock(&mut self) {
        self.trusted_until = self.trusted_until.max(self.now);
        let now = self.reading().anchor();
        let known = self.audit.known.get(&Key::Installation).and_then(|k| match &k.state {
            State::Installation(installation) => installation.anchor,
            _ => None,
        });
        let before = self.anchor_seen.or(known).filter(|a| a.boot == self.boot);
        if before.is_none_or(|before| now.synchronised && !before.synchronised) {
            self.anchor_seen = Some(now);
        }
    }

    /// One thing happens.
    pub fn step(&mut self) {
        let next = self.choose();
        match next {
            Next::Letter => self.cell_takes_letter(),
            Next::Tell => self.tell_cell(),
            Next::Write => self.write_group(),
            Next::Prepare => self.prepare_segment(),
            Next::Reply => self.deliver_reply(),
            Next::Rows => self.apply_rows(),
            Next::Parcel => self.send_parcel(),
            Next::Timers => self.fire_timers(),
            Next::Mailer => self.mailer_goes_on(),
            Next::Dialer => self.dialer_goes_on(),
            Next::Erase => self.erasing_goes_on(),
            Next::People => self.people_act(),
            Next::Clock => self.clock_moves(),
            Next::Mood => {
                self.post.change(&mut self.rng);
                self.receipt_comes();
                self.call_center_changes();
                self.busy = self.rng.u32(..6) == 0;
                if self.daemon.views.schedule().parked().len() > 0 {
                    self.mend();
                }
            }
            Next::Settings => self.settings_change(),
            Next::Archive => self.move_segment(),
            Next::Crash => self.crash(),
        }
    }

    fn choose(&mut self) -> Next {
        let daemon = &self.daemon;
        let holds_still = daemon.eraser.as_ref().is_some_and(Eraser::holds_still);
        let erases = daemon.eraser.is_some() || !self.unfinished().is_empty();
        let mut can: [(Next, u32); 17] = [
            (Next::Letter, if daemon.mailboxes.is_empty() { 0 } else { 120 }),
            (Next::Tell, if daemon.told.is_empty() { 0 } else { 90 }),
            (Next::Write, if daemon.steps.is_empty() { 0 } else { 50 }),
            (Next::Prepare, if daemon.preparation.is_none() { 0 } else { 5 }),
            (Next::Reply, if daemon.replies.is_empty() { 0 } else { 60 }),
            (Next::Rows, if daemon.pending.is_empty() { 0 } else { 12 }),
            (Next::Parcel, if daemon.parcels.is_empty() { 0 } else { 10 }),
            (Next::Timers, if self.timers_are_due() { 15 } else { 0 }),
            (Next::Mailer, if self.mailer_is_ready() { 15 } else { 0 }),
            (Next::Dialer, if self.dialer_is_ready() { 15 } else { 0 }),
            (Next::Erase, if erases { 8 } else { 0 }),
            (Next::People, 40),
            (Next::Clock, if daemon.firing > 0 { 25 } else { 6 }),
            (Next::Mood, 1),
            (Next::Settings, if self.settings.scarce { 12 } else { 1 }),
            (Next::Archive, if self.settings.journal_keep > 0 && !holds_still { 3 } else { 0 }),
            (Next::Crash, 0),
        ];
        if self.calm {
            can[11..].iter_mut().for_each(|(_, weight)| *weight = 0);
        } else if self.rng.u32(..2000) < self.crash_rate {
            return Next::Crash;
        }
        let all: u32 = can.iter().map(|(_, weight)| weight).sum();
        assert!(all > 0, "nothing can happen, and yet the daemon is not at rest: {}", daemon.told_idle(self.now));
        let mut n = self.rng.u32(..all);
        for (next, weight) in can {
            match n.checked_sub(weight) {
                Some(rest) => n = rest,
                None => return next,
            }
        }
        Next::People
    }

    fn deliver_reply(&mut self) {
        let index = self.rng.usize(..self.daemon.replies.len());
        let (ticket, result) = self.daemon.replies.swap_remove(index);
        match ticket {
            Ticket::Client(attempt) => {
                if let Then::Again(call) = self.clients.delivered(attempt, result) {
                    self.try_call(call);
                }
            }
            Ticket::Fire(timer) => self.fired(timer, result),
            Ticket::Take(group) => self.parcel_answered(&group, &result),
            Ticket::Choice(sending) => self.choice_answered(*sending, &result),
            Ticket::Reconsider(group, command) => {
                if let Err(Refusal::Busy) = result {
                    self.reconsider(group, *command);
                }
            }
            Ticket::Mail(errand) => self.mail_answered(errand, result),
            Ticket::Call(dialing) => self.call_answered(dialing, result),
            Ticket::Nobody => {}
        }
    }

    fn clock_moves(&mut self) {
        if self.daemon.firing > 0 && !self.manual_clock && self.rng.bool() {
            // The machine's clock is set back while timers are being fired.
            let to = Timestamp(self.now.0 - self.rng.i64(1..3_000));
            return self.set_clock(to);
        }
        let next_due = self.daemon.views.schedule().next_due().filter(|due| *due > self.now);
        let span = match self.rng.u32(..100) {
            // To the millisecond at which something is due.
            0..20 if next_due.is_some() => next_due.unwrap_or_default().since(self.now),
            0..55 => Span(self.rng.u64(1..60_000)),
            55..80 => Span::minutes(self.rng.u64(1..240)),
            80..92 => Span::hours(self.rng.u64(1..60)),
            _ => {
                if !self.manual_clock {
                    self.set_machine_clock();
                }
                return;
            }
        };
        self.move_clock(self.now.plus(span));
    }

    /// Back a little; or hours and days away, and right again later; or something begins to keep it right, or ceases to.
    fn set_machine_clock(&mut self) {
        match self.rng.u32(..10) {
            0..5 => {
                let to = Timestamp(self.now.0 - self.rng.i64(1..30_000));
                self.set_clock(to);
            }
            5..8 if self.displaced != 0 => {
                self.set_clock(Timestamp(self.now.0 - self.displaced));
                self.displaced = 0;
            }
            5..8 => {
                let most = if self.rng.bool() { 10 } else { 400 };
                let by = self.rng.i64(1..most) * 3_600_000 + self.rng.i64(1..3_600_000);
                // Back not before the beginning: no clock that people look at is that wrong.
                let by = if self.rng.bool() { by } else { -by.min((self.now.0 - BEGINNING.0).max(1)) };
                self.coverage.count("clock", if by > 0 { "set far ahead" } else { "set far back" });
                self.displaced += by;
                self.set_clock(Timestamp(self.now.0 + by));
            }
            _ => {
                self.synchronised = !self.synchronised;
                self.daemon.views.schedule().look_again();
            }
        }
    }
}
