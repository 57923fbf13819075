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
