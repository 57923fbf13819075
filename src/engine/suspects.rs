//! Timers under suspicion: those that were being fired when the daemon ended without being told to.
//!
//! A batch that is fired is written down first, and crossed out after. What is found written down at a start may have ended the
//! daemon: these timers are fired one by one before all others, so that the next such end tells which one it was. One that was
//! being fired at `CRASHES_MAX` such ends is parked and shown. Pure: the shell reads and writes the two texts.

use super::schedule::{Holder, Parked, Schedule, Timer};
use crate::domain::ids::{CallNo, MailNo, SignInNo, VisitNo};
use crate::domain::time::Timestamp;
use crate::domain::work_order::deadline::Deadline;
use std::collections::{BTreeMap, VecDeque};

/// At how many ends of the daemon a timer may have been fired before it is parked.
pub const CRASHES_MAX: u32 = 3;

/// Who is suspected of how many ends, and who is still to be tried.
#[derive(Debug, Default)]
pub struct Suspects {
    crashes: BTreeMap<Timer, u32>,
    to_try: VecDeque<Timer>,
}

impl Suspects {
    /// What follows from the texts that an earlier run left: `kept` by [`Suspects::text`], `firing` by [`marker`]. Lines that
    /// cannot be read, and timers that are not set any more, are dropped.
    pub fn after_start(kept: &str, firing: &str, schedule: &mut Schedule) -> Self {
        let mut crashes: BTreeMap<Timer, u32> = kept.lines().filter_map(read_kept).collect();
        for timer in firing.lines().filter_map(read) {
            *crashes.entry(timer).or_insert(0) += 1;
        }
        let set: std::collections::BTreeSet<Timer> = schedule.all().filter(|t| crashes.contains_key(t)).collect();
        crashes.retain(|timer, _| set.contains(timer));
        let mut to_try = VecDeque::new();
        for (timer, times) in &crashes {
            if *times >= CRASHES_MAX && !mutant!("poison-fired-for-ever") {
                schedule.park(*timer, Parked::Crashed { times: *times });
            } else {
                to_try.push_back(*timer);
            }
        }
        Self { crashes, to_try }
    }

    /// The next one that is to be fired alone.
    pub fn next_to_try(&mut self) -> Option<Timer> {
        self.to_try.pop_front()
    }

    /// Whether some are still to be fired alone.
    pub fn remain(&self) -> bool {
        !self.to_try.is_empty()
    }

    /// Whether it is suspected, and so to be fired alone.
    pub fn contains(&self, timer: Timer) -> bool {
        self.crashes.contains_key(&timer)
    }

    /// It was fired, or was of no use any more, and the daemon is still there.
    pub fn cleared(&mut self, timer: Timer) {
        self.crashes.remove(&timer);
    }

    /// How many are suspected, those that are parked included.
    pub fn len(&self) -> usize {
        self.crashes.len()
    }

    /// Whether nobody is suspected.
    pub fn is_empty(&self) -> bool {
        self.crashes.is_empty()
    }

    /// What the next start has to know.
    pub fn text(&self) -> String {
        self.crashes.iter().map(|(timer, times)| format!("{times} {}", line(timer))).collect()
    }
}

/// The text of a batch that is about to be fired.
pub fn marker(batch: &[Timer]) -> String {
    batch.iter().map(line).collect()
}

/// The word for a kind of timer, in files and protocol.
pub fn kind(deadline: Deadline) -> &'static str {
    match deadline {
        Deadline::AutoComplete(_) => "auto-complete",
        Deadline::Overdue(_) => "overdue",
        Deadline::Remind(_) => "remind",
        Deadline::Mail(_) => "mail",
        Deadline::ToDo(_) => "to-do",
        Deadline::SignInMail(_) => "sign-in-mail",
        Deadline::Call(_) => "call",
    }
}

fn line(timer: &Timer) -> String {
    let no = match timer.deadline {
        Deadline::AutoComplete(no) | Deadline::Overdue(no) | Deadline::Remind(no) => no.0,
        Deadline::Mail(no) => no.0,
        Deadline::ToDo(no) => no,
        Deadline::SignInMail(no) => no.0,
        Deadline::Call(no) => no.0,
    };
    format!("{} {:032x} {} {no}\n", timer.due.0, timer.of.0, kind(timer.deadline))
}

fn read(line: &str) -> Option<Timer> {
    let mut words = line.split(' ');
    let (due, of, kind, no) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let no: u32 = no.parse().ok()?;
    let deadline = match kind {
        "auto-complete" => Deadline::AutoComplete(VisitNo(no)),
        "overdue" => Deadline::Overdue(VisitNo(no)),
        "remind" => Deadline::Remind(VisitNo(no)),
        "mail" => Deadline::Mail(MailNo(no)),
        "to-do" => Deadline::ToDo(no),
        "sign-in-mail" => Deadline::SignInMail(SignInNo(no)),
        "call" => Deadline::Call(CallNo(no)),
        _ => return None,
    };
    let of = Holder(u128::from_str_radix(of, 16).ok()?);
    Some(Timer { due: Timestamp(due.parse().ok()?), of, deadline })
}

fn read_kept(line: &str) -> Option<(Timer, u32)> {
    let (times, timer) = line.split_once(' ')?;
    Some((read(timer)?, times.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(n: u32) -> Timer {
        Timer { due: Timestamp(1000 + i64::from(n)), of: Holder(u128::from(n) << 100), deadline: Deadline::Remind(VisitNo(n)) }
    }

    fn schedule(count: u32) -> Schedule {
        let mut schedule = Schedule::default();
        for timer in (0..count).map(timer) {
            schedule.change(timer.of, &[], &[(timer.due, timer.deadline)]);
        }
        schedule
    }

    #[test]
    fn the_one_that_ends_the_daemon_is_found_and_parked_and_the_others_are_fired() {
        let batch: Vec<Timer> = (0..5).map(timer).collect();
        let (mut kept, mut firing) = (String::new(), marker(&batch));
        let mut fired = Vec::new();
        for start in 1..=CRASHES_MAX {
            let mut schedule = schedule(5);
            for done in &fired {
                let Timer { due, of, deadline } = *done;
                schedule.change(of, &[(due, deadline)], &[]);
            }
            let mut suspects = Suspects::after_start(&kept, &firing, &mut schedule);
            kept = suspects.text();
            firing = String::new();
            while let Some(next) = suspects.next_to_try() {
                if next == timer(2) {
                    firing = marker(&[next]);
                    break;
                }
                fired.push(next);
                suspects.cleared(next);
            }
            assert_eq!(schedule.parked().len(), usize::from(start == CRASHES_MAX));
            if start == CRASHES_MAX {
                assert_eq!(schedule.parked().next(), Some((timer(2), Parked::Crashed { times: CRASHES_MAX })));
                assert_eq!(suspects.text(), format!("{CRASHES_MAX} {}", line(&timer(2))), "the next start parks it again");
            }
        }
        assert_eq!(fired, [0, 1, 3, 4].map(timer));
    }

    #[test]
    fn what_cannot_be_read_or_is_not_set_any_more_is_dropped() {
        let firing = format!("nonsense\n{}\u{0}\u{0}", marker(&[timer(0), timer(7)]));
        let suspects = Suspects::after_start("9 9 9", &firing, &mut schedule(1));
        assert_eq!(suspects.text(), format!("1 {}", line(&timer(0))));
    }
}
