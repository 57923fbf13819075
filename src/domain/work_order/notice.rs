//! Why somebody of the staff is told of a Work Order (OPS-4), and how each wants to be (NTF-3).

use super::state::words;
use crate::domain::rejection::Rejection;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

words!(
    /// What there is to be told.
    NoticeKind {
        /// It came to a node that is theirs.
        New = "new",
        /// Somebody passed it on to them: transferred, declined, given away.
        PassedOn = "passed-on",
        /// Returned as not solved.
        Returned = "returned",
        /// Their node is overdue, or it was escalated to them.
        Overdue = "overdue",
        /// A colleague wants them to look at it.
        Forwarded = "forwarded",
        /// They asked to be reminded.
        Reminder = "reminder",
    }
);

/// What the words of notices are called where those of other mails have the name of a message: they are not a definition.
pub const NOTICE: &str = "notice";

/// What somebody is mailed about who has not said otherwise: what was meant for them alone.
const UNLESS_SAID: [NoticeKind; 2] = [NoticeKind::Forwarded, NoticeKind::Reminder];

/// How long notices wait for others at least, so that several at once are one mail.
const GATHERED: Span = Span::seconds(30);
/// They go out on the full minute.
const SLOT_MS: i64 = 60_000;
/// Why a mail waits that came in somebody's quiet hours.
pub const QUIET_HOURS: &str = "quiet hours";
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Which notices somebody gets by mail, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticeSettings {
    /// Each once, in order.
    pub mail: Vec<NoticeKind>,
    /// Also of what waits for a role or a service group of theirs, and not for them by name.
    pub pools: bool,
    pub quiet: Option<QuietHours>,
}

/// No mail in these hours: what comes then goes out at their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Minutes since midnight; the end may lie before the beginning, on the next day.
    pub from: u16,
    pub until: u16,
    /// The time zone they are in, such as `Asia/Shanghai`.
    pub zone: Box<str>,
}

impl NoticeKind {
    /// Whether it is about the node the Work Order is at: that it is over when the node is left.
    pub fn is_of_node(self) -> bool {
        match self {
            Self::New | Self::PassedOn | Self::Returned | Self::Overdue => true,
            Self::Forwarded | Self::Reminder => false,
        }
    }
}

impl NoticeSettings {
    /// Whether somebody with these settings (none: they said nothing) is mailed about it.
    pub fn mails(settings: Option<&Self>, kind: NoticeKind) -> bool {
        settings.map_or(UNLESS_SAID.as_slice(), |settings| &settings.mail).contains(&kind)
    }

    /// Checked, each kind once.
    ///
    /// # Errors
    /// Quiet hours that are none, or a zone that is not known.
    pub fn checked(mut self) -> Result<Self, Rejection> {
        self.mail.sort_unstable();
        self.mail.dedup();
        if let Some(quiet) = &self.quiet {
            if quiet.from >= DAY || quiet.until >= DAY || quiet.from == quiet.until {
                return Err(Rejection::invalid("quiet", "quiet hours begin and end at different times of a day"));
            }
            if jiff::tz::TimeZone::get(&quiet.zone).is_err() {
                return Err(Rejection::invalid("quiet.zone", format!("{:?} is not a time zone such as Asia/Shanghai", quiet.zone)));
            }
        }
        Ok(self)
    }
}

/// When a notice that is made now goes out by mail, together with what else has come by then; and why it waits.
pub fn goes_out(settings: Option<&NoticeSettings>, now: Timestamp) -> (Timestamp, &'static str) {
    let slot =
        |at: Timestamp| Timestamp(at.0.div_euclid(SLOT_MS).saturating_add(i64::from(at.0.rem_euclid(SLOT_MS) > 0)).saturating_mul(SLOT_MS));
    let soon = slot(now.plus(GATHERED));
    match quiet_until(settings, soon) {
        Some(end) => (slot(end), QUIET_HOURS),
        None => (soon, "waits for others, so that several are one mail"),
    }
}

/// When the quiet hours end in which somebody with these settings gets no mail at a time; none, if they may get it.
pub fn quiet_until(settings: Option<&NoticeSettings>, at: Timestamp) -> Option<Timestamp> {
    let quiet = settings.and_then(|settings| settings.quiet.as_ref()).filter(|_| !mutant!("no-quiet-hours"));
    quiet.and_then(|quiet| quiet.end(at))
}

impl QuietHours {
    /// When the quiet hours end that a time lies in; none, if it lies in none.
    fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let zone = jiff::tz::TimeZone::get(&self.zone).ok()?;
        let local = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone());
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let (today, tomorrow) = (local.date(), local.date().tomorrow().ok()?);
        let day = match (self.from < self.until, minute) {
            (true, minute) if (self.from..self.until).contains(&minute) => today,
            (false, minute) if minute >= self.from => tomorrow,
            (false, minute) if minute < self.until => today,
            _ => return None,
        };
        let end = day.at((self.until / 60) as i8, (self.until % 60) as i8, 0, 0);
        // An hour that a change of the clock leaves out ends with it.
        zone.to_ambiguous_zoned(end).compatible().ok().map(|end| Timestamp(end.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
    }

    fn night(zone: &str) -> NoticeSettings {
        NoticeSettings { quiet: Some(QuietHours { from: 22 * 60, until: 7 * 60, zone: zone.into() }), ..NoticeSettings::default() }
    }

    #[test]
    fn notices_go_out_on_the_full_minute_so_that_several_go_together() {
        for (now, out) in [
            ("2026-11-24T10:00:00Z", "2026-11-24T10:01:00Z"),
            ("2026-11-24T10:00:29.999Z", "2026-11-24T10:01:00Z"),
            ("2026-11-24T10:00:30.001Z", "2026-11-24T10:02:00Z"),
        ] {
            assert_eq!(goes_out(None, at(now)).0, at(out), "{now}");
        }
    }

    #[test]
    fn in_quiet_hours_they_wait_for_the_end_in_the_zone_of_who_is_told() {
        for (zone, now, out) in [
            ("Asia/Shanghai", "2026-11-24T13:58:00Z", "2026-11-24T13:59:00Z"),
            ("Asia/Shanghai", "2026-11-24T14:00:00Z", "2026-11-24T23:00:00Z"),
            ("Asia/Shanghai", "2026-11-24T22:30:00Z", "2026-11-24T23:00:00Z"),
            ("Asia/Shanghai", "2026-11-24T23:00:00Z", "2026-11-24T23:01:00Z"),
            // The night in which the clock is put back is an hour longer.
            ("Europe/Vienna", "2026-10-24T20:30:00Z", "2026-10-25T06:00:00Z"),
        ] {
            assert_eq!(goes_out(Some(&night(zone)), at(now)).0, at(out), "{zone} {now}");
        }
        let noon = QuietHours { from: 12 * 60, until: 13 * 60, zone: "UTC".into() };
        let noon = NoticeSettings { quiet: Some(noon), ..NoticeSettings::default() };
        assert_eq!(goes_out(Some(&noon), at("2026-11-24T12:00:00Z")), (at("2026-11-24T13:00:00Z"), "quiet hours"));
        assert_eq!(goes_out(Some(&noon), at("2026-11-24T13:00:00Z")).0, at("2026-11-24T13:01:00Z"));
    }

    #[test]
    fn quiet_hours_that_are_none_are_refused() {
        let with = |from, until, zone: &str| NoticeSettings {
            quiet: Some(QuietHours { from, until, zone: zone.into() }),
            ..NoticeSettings::default()
        };
        assert!(with(0, 0, "UTC").checked().is_err());
        assert!(with(0, 1440, "UTC").checked().is_err());
        assert!(with(0, 60, "Mars/Base").checked().is_err());
        let twice = NoticeSettings { mail: vec![NoticeKind::Reminder, NoticeKind::New, NoticeKind::New], ..with(0, 60, "UTC") };
        assert_eq!(twice.checked().map(|checked| checked.mail), Ok(vec![NoticeKind::New, NoticeKind::Reminder]));
    }
}
