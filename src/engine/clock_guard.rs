//! Whether the machine's clock may complete nodes. A clock that jumps ahead must not complete every gate (EVA-11).
//!
//! The wall clock is held against the time since the machine's start, which no one sets: when the two have moved apart by more
//! than an hour since the clock was last trusted, or it is not synchronised where the settings ask for that, auto-completions
//! wait until it agrees again or an admin says that it is right. Everything else goes on. The readings are arguments.

use crate::domain::installation::{ClockAnchor, Installation};
use crate::domain::time::{Span, Timestamp};
use std::fmt;

/// How far the clock may move away before it is doubted.
pub const MOST_APART: Span = Span::hours(1);

/// All that is read of the machine's time, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub wall: Timestamp,
    /// Which start of the machine.
    pub boot: u128,
    /// Time since that start, sleep included.
    pub since_boot: Span,
    /// Whether the kernel says that something keeps the clock right.
    pub synchronised: bool,
}

/// Why the clock is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It moved by so many milliseconds, ahead or (negative) back, against the time since the machine's start.
    RanAway {
        by_ms: i64,
    },
    NotSynchronised,
}

/// What a look at the clock gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub now: Timestamp,
    /// Nodes may complete by themselves for what was due until then.
    pub completes_until: Timestamp,
    /// The clock is trusted from here on: to be recorded, so that a restart of the daemon does not forget what it was held against.
    pub record: Option<ClockAnchor>,
}

/// The guard. Fed by the durable state of the installation and by looks at the clock.
#[derive(Debug)]
pub struct ClockGuard {
    must_be_synchronised: bool,
    /// A clock set by hand is right by definition.
    by_hand: bool,
    anchor: Option<ClockAnchor>,
    recorded: Option<ClockAnchor>,
    trusted_until: Timestamp,
    doubt: Option<Doubt>,
    synchronised: bool,
}

impl Default for ClockGuard {
    fn default() -> Self {
        Self {
            must_be_synchronised: false,
            by_hand: false,
            anchor: None,
            recorded: None,
            trusted_until: Timestamp(i64::MIN),
            doubt: None,
            synchronised: false,
        }
    }
}

impl Reading {
    /// The clock as it is now, to be held against later.
    pub fn anchor(&self) -> ClockAnchor {
        ClockAnchor { boot: self.boot, offset: self.offset(), synchronised: self.synchronised }
    }

    fn offset(&self) -> i64 {
        self.wall.0.saturating_sub_unsigned(self.since_boot.0)
    }
}

impl ClockGuard {
    /// Whether a clock that is not synchronised at the start is doubted.
    pub fn must_be_synchronised(&mut self, must: bool) {
        self.must_be_synchronised = must;
    }

    /// Follows the installation's durable state.
    pub fn take(&mut self, installation: &Installation) {
        self.by_hand = installation.manual_clock.is_some();
        self.recorded = installation.anchor;
        self.anchor = installation.anchor.or(self.anchor).filter(|_| !self.by_hand);
    }

    /// Looks at the clock.
    pub fn look(&mut self, reading: &Reading) -> Look {
        self.synchronised = reading.synchronised;
        if !self.by_hand {
            self.doubt = self.judge(reading);
        }
        if self.doubt.is_none() {
            self.trusted_until = reading.wall;
        }
        Look { now: reading.wall, completes_until: self.trusted_until, record: self.anchor.filter(|a| self.recorded != Some(*a)) }
    }

    fn judge(&mut self, reading: &Reading) -> Option<Doubt> {
        let held_against = self.anchor.filter(|anchor| anchor.boot == reading.boot);
        match held_against {
            None if self.must_be_synchronised && !reading.synchronised => return Some(Doubt::NotSynchronised),
            // After a start of the machine there is nothing to hold it against.
            None => self.anchor = Some(reading.anchor()),
            // Now something keeps it right that did not before: it may have been set a long way, and rightly.
            Some(anchor) if reading.synchronised && !anchor.synchronised => self.anchor = Some(reading.anchor()),
            Some(anchor) => {
                let by_ms = reading.offset().saturating_sub(anchor.offset);
                if by_ms.unsigned_abs() > MOST_APART.0 && !mutant!("jump-completes-the-gate") {
                    return Some(Doubt::RanAway { by_ms });
                }
            }
        }
        None
    }

    /// Why the clock is doubted, as of the last look.
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// Whether the kernel said at the last look that the clock is synchronised.
    pub fn is_synchronised(&self) -> bool {
        self.synchronised
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RanAway { by_ms } => {
                let minutes = by_ms.unsigned_abs() / 60_000;
                let way = if *by_ms > 0 { "ahead" } else { "back" };
                write!(f, "the clock was set {way} by {} h {} min", minutes / 60, minutes % 60)
            }
            Self::NotSynchronised => f.write_str("the clock is not synchronised"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(wall_h: i64, since_boot_h: i64) -> Reading {
        Reading { wall: Timestamp(wall_h * HOUR), boot: 7, since_boot: Span((since_boot_h * HOUR) as u64), synchronised: false }
    }

    fn trusts(guard: &mut ClockGuard, reading: &Reading) -> bool {
        let look = guard.look(reading);
        assert_eq!(look.completes_until == reading.wall, guard.doubt().is_none());
        guard.doubt().is_none()
    }

    fn recorded(guard: &mut ClockGuard, anchor: ClockAnchor) {
        guard.take(&Installation { manual_clock: None, anchor: Some(anchor), sms_quota: 0 });
    }

    #[test]
    fn a_clock_that_jumps_ahead_by_days_is_doubted_until_it_is_back() {
        let mut guard = ClockGuard::default();
        assert!(trusts(&mut guard, &at(1000, 5)));
        assert!(trusts(&mut guard, &at(1010, 15)), "time passes");
        assert!(trusts(&mut guard, &at(1012, 16)), "an hour is borne");
        let jumped = guard.look(&at(1100, 17));
        assert_eq!(guard.doubt(), Some(Doubt::RanAway { by_ms: 88 * HOUR }));
        assert_eq!((jumped.now, jumped.completes_until), (Timestamp(1100 * HOUR), Timestamp(1012 * HOUR)), "what was due then may go on");
        assert!(trusts(&mut guard, &at(1014, 19)));
    }

    #[test]
    fn a_clock_set_back_is_doubted_too() {
        let mut guard = ClockGuard::default();
        assert!(trusts(&mut guard, &at(1000, 5)));
        guard.look(&at(900, 6));
        assert_eq!(guard.doubt(), Some(Doubt::RanAway { by_ms: -101 * HOUR }));
    }

    #[test]
    fn a_restart_of_the_daemon_forgets_nothing_and_a_restart_of_the_machine_does() {
        let mut guard = ClockGuard::default();
        let anchor = guard.look(&at(1000, 5)).record.expect("it is to be recorded");
        recorded(&mut guard, anchor);
        assert_eq!(guard.look(&at(1001, 6)).record, None, "once");
        let mut again = ClockGuard::default();
        recorded(&mut again, anchor);
        assert!(!trusts(&mut again, &at(1100, 8)));
        assert_eq!(again.look(&at(1100, 8)).completes_until, Timestamp(i64::MIN));
        let mut machine = ClockGuard::default();
        recorded(&mut machine, anchor);
        assert!(trusts(&mut machine, &Reading { boot: 8, ..at(1100, 0) }));
    }

    #[test]
    fn an_admin_may_say_that_it_is_right() {
        let mut guard = ClockGuard::default();
        guard.look(&at(1000, 5));
        assert!(!trusts(&mut guard, &at(1100, 6)));
        recorded(&mut guard, at(1100, 6).anchor());
        assert!(trusts(&mut guard, &at(1101, 7)));
        assert!(!trusts(&mut guard, &at(1001, 7)), "and then the old time is what is doubted");
    }

    #[test]
    fn a_clock_that_is_synchronised_for_the_first_time_may_be_set_far() {
        let mut guard = ClockGuard::default();
        assert!(trusts(&mut guard, &at(0, 0)));
        assert!(trusts(&mut guard, &Reading { synchronised: true, ..at(500_000, 1) }), "a machine without a battery, at its start");
        assert!(!trusts(&mut guard, &Reading { synchronised: true, ..at(500_100, 2) }), "but only once");
    }

    #[test]
    fn where_it_must_be_synchronised_it_is_waited_for() {
        let mut guard = ClockGuard::default();
        guard.must_be_synchronised(true);
        assert_eq!(guard.look(&at(1000, 0)).record, None);
        assert_eq!(guard.doubt(), Some(Doubt::NotSynchronised));
        assert!(trusts(&mut guard, &Reading { synchronised: true, ..at(1001, 1) }));
        assert!(trusts(&mut guard, &at(1002, 2)), "it counts at the start");
    }

    #[test]
    fn a_clock_set_by_hand_may_go_anywhere() {
        let mut guard = ClockGuard::default();
        guard.take(&Installation { manual_clock: Some(Timestamp(0)), anchor: None, sms_quota: 0 });
        let mut founding = ClockGuard::default();
        founding.look(&at(1000, 5));
        founding.take(&Installation { manual_clock: Some(Timestamp(0)), anchor: None, sms_quota: 0 });
        assert_eq!(founding.look(&at(0, 0)).record, None, "also where it was looked at before it was known");
        for wall in [0, 5, 90_000] {
            assert!(trusts(&mut guard, &at(wall, 0)));
            assert_eq!(guard.look(&at(wall, 0)).record, None);
        }
    }
}
