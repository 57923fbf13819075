//! Times as people read and write them.

use jiff::tz::TimeZone;
use workorderd::cli::view::times::{Times, read_span, read_time, span};

/// 2026-11-22T14:03:05Z.
const NOW: i64 = 1_795_356_185_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn times(zone: &str) -> Times {
    Times { now: NOW, zone: TimeZone::get(zone).unwrap() }
}

#[test]
fn a_span_is_told_in_one_unit() {
    let cases = [
        (0, "under 1 s"),
        (999, "under 1 s"),
        (SECOND, "1 s"),
        (119 * SECOND, "119 s"),
        (2 * MINUTE, "2 min"),
        (119 * MINUTE + 20 * SECOND, "119 min"),
        (119 * MINUTE + 40 * SECOND, "2 h"),
        (3 * HOUR - 1, "3 h"),
        (47 * HOUR, "47 h"),
        (2 * DAY, "2 d"),
        (729 * DAY, "729 d"),
        (731 * DAY, "2 y"),
        (i64::MAX, "292471208 y"),
        (-5, "under 1 s"),
    ];
    for (milliseconds, told) in cases {
        assert_eq!(span(milliseconds), told, "{milliseconds}");
    }
}

#[test]
fn times_are_told_from_now() {
    let times = times("UTC");
    assert_eq!(times.from_now(NOW + 3 * HOUR), "in 3 h");
    assert_eq!(times.from_now(NOW - 3 * DAY), "3 d ago");
    assert_eq!(times.from_now(NOW + 999), "now");
    assert_eq!(times.from_now(NOW - 999), "now");
    assert_eq!(times.from_now(i64::MAX), "in 292471152 y");
    assert_eq!(times.from_now(i64::MIN), "292471208 y ago");
}

#[test]
fn times_are_told_in_the_zone() {
    assert_eq!(times("Asia/Shanghai").minute(NOW), "2026-11-22 22:03");
    assert_eq!(times("America/New_York").second(NOW), "2026-11-22 09:03:05");
    assert_eq!(times("UTC").both(NOW - 90 * MINUTE), "2026-11-22 12:33 (90 min ago)");
    assert_eq!(times("UTC").minute(i64::MAX), format!("{} ms", i64::MAX));
}

#[test]
fn spans_are_read() {
    for (text, milliseconds) in
        [("3d", 3 * DAY), ("36h", 36 * HOUR), ("1d12h", 36 * HOUR), ("2 weeks", 14 * DAY), ("90s", 90 * SECOND), ("1h30m", 90 * MINUTE)]
    {
        assert_eq!(read_span(text), Ok(milliseconds), "{text}");
    }
    for text in ["", "3", "d", "-3d", "0s", "tomorrow", "1 month"] {
        assert!(read_span(text).is_err(), "{text}");
    }
}

#[test]
fn points_in_time_are_read_in_the_zone() {
    let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
    for text in ["2026-11-22T22:03:05", "2026-11-22 22:03:05", "2026-11-22T14:03:05Z", "2026-11-22T15:03:05+01:00"] {
        assert_eq!(read_time(text, &shanghai), Ok(NOW), "{text}");
    }
    assert_eq!(read_time("2026-11-22T22:03", &shanghai), Ok(NOW - 5 * SECOND));
    assert_eq!(read_time("2026-11-22", &shanghai), Ok(1_795_276_800_000));
    for text in ["", "22.11.2026", "2026-13-01", "14:03"] {
        assert!(read_time(text, &shanghai).is_err(), "{text}");
    }
}

/// 2026-10-25T00:30:00Z; half an hour later clocks in Berlin go from 03:00 back to 02:00.
const BEFORE: i64 = 1_792_888_200_000;
/// 2026-03-29T00:30:00Z; half an hour later they go from 02:00 on to 03:00.
const SPRING: i64 = 1_774_744_200_000;

#[test]
fn the_hour_that_comes_twice_says_which_one_it_is_and_none_is_told_that_does_not_come() {
    let berlin = times("Europe/Berlin");
    let told: Vec<_> = (-1..4).map(|hours| berlin.minute(BEFORE + hours * HOUR)).collect();
    let hours = ["01:30", "02:30 CEST", "02:30 CET", "03:30", "04:30"];
    assert_eq!(told, hours.map(|hour| format!("2026-10-25 {hour}")));
    assert_eq!(berlin.second(BEFORE), "2026-10-25 02:30:00 CEST");
    let told: Vec<_> = (0..2).map(|hours| berlin.minute(SPRING + hours * HOUR)).collect();
    assert_eq!(told, ["2026-03-29 01:30", "2026-03-29 03:30"]);
}

#[test]
fn a_time_that_comes_twice_or_never_is_asked_back_and_the_offset_settles_it() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let read = |text: &str| read_time(text, &berlin);
    let twice = read("2026-10-25T02:30").unwrap_err();
    assert_eq!(
        twice,
        "2026-10-25T02:30 comes twice in Europe/Berlin, as clocks are put back in that hour; write which one: \
         2026-10-25T02:30:00+02 or 2026-10-25T02:30:00+01"
    );
    for (offset, hours) in [("+02", 0), ("+02:00", 0), ("+01", 1)] {
        assert_eq!(read(&format!("2026-10-25T02:30:00{offset}")), Ok(BEFORE + hours * HOUR));
    }
    let never = read("2026-03-29 02:30").unwrap_err();
    assert_eq!(never, "there is no 2026-03-29 02:30 in Europe/Berlin: clocks are put ahead in that hour, from +01 to +02");
    assert_eq!(read("2026-03-29T03:00"), Ok(SPRING + HOUR / 2));
    assert_eq!(read("2026-10-25"), Ok(BEFORE - 5 * HOUR / 2), "a day begins when it begins");
    // Clocks in Beirut go from 00:00 on to 01:00.
    assert_eq!(read_time("2026-03-29", &TimeZone::get("Asia/Beirut").unwrap()), Ok(SPRING - 5 * HOUR / 2));
}
