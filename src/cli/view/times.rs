//! Times for people: in their time zone, and from now ("in 3 h", "2 d ago"); and what people write read back.
//! Now and the zone are arguments; `now` is the daemon's, whose clock may be set by hand.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, SpanRelativeTo, Timestamp};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Now, in milliseconds since 1970, and the zone that times are told in.
#[derive(Debug, Clone)]
pub struct Times {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// For people.
    pub zone: TimeZone,
}

impl Times {
    /// `2026-11-22 14:03`.
    pub fn minute(&self, at: i64) -> String {
        self.told(at, "%Y-%m-%d %H:%M")
    }

    /// `2026-11-22 14:03:05`.
    pub fn second(&self, at: i64) -> String {
        self.told(at, "%Y-%m-%d %H:%M:%S")
    }

    /// `11-22 14:03:05`; with the year, if that is not this one.
    pub fn short(&self, at: i64) -> String {
        let same_year = self.told(at, "%Y") == self.told(self.now, "%Y");
        if same_year { self.told(at, "%m-%d %H:%M:%S") } else { self.second(at) }
    }

    /// `2026-11-22`.
    pub fn date(&self, at: i64) -> String {
        self.told(at, "%Y-%m-%d")
    }

    /// `Sunday 2026-11-22`.
    pub fn weekday(&self, at: i64) -> String {
        self.told(at, "%A %Y-%m-%d")
    }

    /// `14:03`; in the hour that comes twice with which one it is.
    pub fn clock(&self, at: i64) -> String {
        self.told(at, "%H:%M")
    }

    /// `11-22`; with the year, if that is not this one.
    pub fn day(&self, at: i64) -> String {
        let same_year = self.told(at, "%Y") == self.told(self.now, "%Y");
        self.told(at, if same_year { "%m-%d" } else { "%Y-%m-%d" })
    }

    /// `in 3 h`, `2 d ago`, `now`.
    pub fn from_now(&self, at: i64) -> String {
        let away = at.saturating_sub(self.now);
        match away {
            -999..=999 => "now".to_owned(),
            1_000.. => format!("in {}", span(away)),
            _ => format!("{} ago", span(away.saturating_neg())),
        }
    }

    /// `2026-11-22 14:03 (2 d ago)`.
    pub fn both(&self, at: i64) -> String {
        format!("{} ({})", self.minute(at), self.from_now(at))
    }

    fn told(&self, at: i64, form: &str) -> String {
        match Timestamp::from_millisecond(at) {
            Ok(at) => {
                let local = at.to_zoned(self.zone.clone());
                // In the hour that comes twice when clocks are put back, the time alone does not say which one is meant.
                let twice = self.zone.to_ambiguous_timestamp(local.datetime()).is_ambiguous();
                local.strftime(&if twice && form.contains("%H") { format!("{form} %Z") } else { form.to_owned() }).to_string()
            }
            Err(_) => format!("{at} ms"),
        }
    }
}

/// When the day begins that comes so many days after the one of a time.
pub fn day_after(at: i64, days: u32, zone: &TimeZone) -> i64 {
    let day = || Timestamp::from_millisecond(at).ok()?.to_zoned(zone.clone()).date().checked_add(Span::new().days(days)).ok();
    let begin = day().and_then(|day| day.to_zoned(zone.clone()).ok());
    begin.map_or(at, |begin| begin.timestamp().as_millisecond())
}

/// A span in one unit, rounded: `45 s`, `90 min`, `36 h`, `12 d`, `3 y`. The unit grows when two of it are full.
pub fn span(milliseconds: i64) -> String {
    let in_units = |unit: i64| (milliseconds.max(0).saturating_add(unit / 2)) / unit;
    match milliseconds {
        ..SECOND => "under 1 s".to_owned(),
        _ if in_units(SECOND) < 120 => format!("{} s", in_units(SECOND)),
        _ if in_units(MINUTE) < 120 => format!("{} min", in_units(MINUTE)),
        _ if in_units(HOUR) < 48 => format!("{} h", in_units(HOUR)),
        _ if in_units(DAY) < 730 => format!("{} d", in_units(DAY)),
        _ => format!("{} y", in_units(365 * DAY)),
    }
}

/// Reads a span such as `3d`, `36h`, `1h30m`, `2 weeks`, in milliseconds; a day has 24 hours.
///
/// # Errors
/// In words: what is expected.
pub fn read_span(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no span of time; for example: 90s, 30m, 36h, 3d, 1d12h");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    match i64::try_from(span.as_millis()) {
        Ok(ms) if ms > 0 => Ok(ms),
        _ => Err(format!("{text:?} does not go ahead")),
    }
}

/// Reads a point in time, in milliseconds: `2026-11-25`, `2026-11-25 08:00`, `2026-11-25T08:00:30` in `zone`, or with a zone of its
/// own (`...Z`, `...+08:00`).
///
/// # Errors
/// In words: what is expected.
pub fn read_time(text: &str, zone: &TimeZone) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no point in time; for example: 2026-11-25, 2026-11-25T08:00, 2026-11-25T08:00:00Z");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_millisecond());
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(Date::into)).map_err(|_| wrong())?;
    if !text.contains(':') && civil.time() == Time::midnight() {
        // A day begins when it begins, which is not everywhere at 00:00.
        return civil.date().to_zoned(zone.clone()).map(|start| start.timestamp().as_millisecond()).map_err(|_| wrong());
    }
    let found = zone.to_ambiguous_timestamp(civil);
    let zone = zone.iana_name().unwrap_or("the time zone");
    match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => found.compatible().map(Timestamp::as_millisecond).map_err(|_| wrong()),
        AmbiguousOffset::Gap { before, after } => {
            Err(format!("there is no {text} in {zone}: clocks are put ahead in that hour, from {before} to {after}"))
        }
        AmbiguousOffset::Fold { before, after } => Err(format!(
            "{text} comes twice in {zone}, as clocks are put back in that hour; write which one: {civil}{before} or {civil}{after}"
        )),
    }
}
