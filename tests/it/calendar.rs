//! The calendar, one rule at a time: what is planned stays on it as long as it counts; what overlaps; whose it is; and the same as
//! iCalendar, read back by a parser of other people's.

use std::process::{Command, Stdio};
use std::time::Instant;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use workorderd::cli::ics;
use workorderd::cli::view::calendar as view;
use workorderd::cli::view::page::Page;
use workorderd::cli::view::times::{Times, day_after, read_time};
use workorderd::domain::ids::{PlannedNo, StaffUserId, WorkOrderId};
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::plan::PlannedVisit;
use workorderd::engine::calendar::{Calendar, Cursor, During};
use workorderd::protocol::work_orders::{Away, CalendarEntry, CalendarTold, Overlap};

use crate::cli_views::{DAY, HOUR, NOW, golden, page};
use crate::real_python;
use crate::world::company::user;

const MINUTE: i64 = 60_000;

fn visit(no: u32, engineer: &str, from: i64, until: i64) -> PlannedVisit {
    PlannedVisit {
        no: PlannedNo(no),
        engineer: user(engineer),
        from: Timestamp(from),
        until: Timestamp(until),
        note: None,
        moved: 0,
        changed_at: Timestamp(0),
    }
}

fn span(from: i64, until: i64) -> During {
    During { from: Timestamp(from), until: Timestamp(until) }
}

#[test]
fn what_ends_as_the_other_begins_does_not_overlap_it() {
    let mut calendar = Calendar::default();
    let visits = [visit(1, "emil", 0, 10), visit(2, "emil", 10, 20), visit(3, "emil", 19, 30), visit(4, "mei", 0, 30)];
    calendar.take(WorkOrderId(1), &[], &visits);
    let (found, _) = calendar.page(None, span(0, 100), None, 100, |_| true);
    let told: Vec<_> = found.iter().map(|e| (e.slot.no.0, e.overlaps.iter().map(|(s, _)| s.no.0).collect::<Vec<_>>())).collect();
    assert_eq!(told, [(1, vec![]), (4, vec![]), (2, vec![3]), (3, vec![2])]);
    let within = |from, until| -> Vec<u32> {
        calendar.page(Some(&user("emil")), span(from, until), None, 100, |_| true).0.iter().map(|e| e.slot.no.0).collect()
    };
    assert_eq!((within(10, 19), within(9, 20), within(30, 40), within(5, 5)), (vec![2], vec![1, 2, 3], vec![], vec![]));
    assert_eq!(calendar.page(None, span(0, 100), None, 100, |id| *id == user("mei")).0.len(), 1);
}

/// A step of the dice: the Work Order whose visits are replaced, and by which (for whom, from when, how many hours).
type Replaced = (u8, Vec<(u8, i64, i64)>);

fn steps() -> impl Strategy<Value = Vec<Replaced>> {
    let visits = prop::collection::vec((0_u8..3, 0_i64..60, 1_i64..24), 0..6);
    prop::collection::vec((0_u8..5, visits), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_planned_and_taken_away_the_calendar_shows_what_a_plain_list_has(
        steps in steps(), from in -30_i64..70, length in 1_i64..50, most in 1_usize..6, who in 0_u8..4,
    ) {
        let names = ["emil", "mei", "李.娜"];
        let mut calendar = Calendar::default();
        let mut plain: Vec<Vec<PlannedVisit>> = vec![Vec::new(); 5];
        for (order, visits) in steps {
            let build = |(no, (who, from, hours)): (usize, &(u8, i64, i64))| {
                visit(no as u32 + 1, names[usize::from(*who)], from * HOUR, (from + hours) * HOUR)
            };
            let after: Vec<PlannedVisit> = visits.iter().enumerate().map(build).collect();
            calendar.take(WorkOrderId(u128::from(order)), &plain[usize::from(order)], &after);
            plain[usize::from(order)] = after;
        }
        let during = span(from * HOUR, (from + length) * HOUR);
        let engineer: Option<StaffUserId> = names.get(usize::from(who)).map(|name| user(name));
        let mut expected: Vec<(i64, StaffUserId, u128, u32)> = Vec::new();
        for (order, visits) in plain.iter().enumerate() {
            for v in visits.iter().filter(|v| v.from < during.until && during.from < v.until) {
                if engineer.as_ref().is_none_or(|engineer| *engineer == v.engineer) {
                    expected.push((v.from.0, v.engineer.clone(), order as u128, v.no.0));
                }
            }
        }
        expected.sort();
        let (mut found, mut after) = (Vec::new(), None::<Cursor>);
        loop {
            let (page, more) = calendar.page(engineer.as_ref(), during, after.as_ref(), most, |_| true);
            prop_assert!(page.len() == most || !more);
            found.extend(page.iter().map(|e| (e.slot.from.0, e.engineer.clone(), e.slot.order.0, e.slot.no.0)));
            let Some(last) = page.last().filter(|_| more) else { break };
            after = Cursor::read(&Cursor { slot: last.slot, engineer: last.engineer.clone() }.written());
            prop_assert!(after.is_some());
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(calendar.len(), plain.iter().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn any_text_comes_out_of_icalendar_as_it_went_in(texts in prop::collection::vec("\\PC{0,90}|[\\\\;,:\"\n a长é🛗]{0,60}", 1..8)) {
        let entries: Vec<CalendarEntry> = texts.iter().enumerate().map(|(n, text)| entry(n as i64, text)).collect();
        let told = CalendarTold { entries, ..CalendarTold::default() };
        for (n, event) in unread(&ics::calendar(&told, Some("emil"))).into_iter().enumerate() {
            let wanted = workorderd::cli::view::width::lines(&texts[n]);
            prop_assert_eq!(&event["DESCRIPTION"], &wanted);
            prop_assert_eq!(&event["SUMMARY"], &format!("WO-{n} {wanted}"));
        }
    }
}

fn entry(n: i64, text: &str) -> CalendarEntry {
    CalendarEntry {
        engineer: "emil".into(),
        from: NOW + n * HOUR,
        until: NOW + (n + 1) * HOUR,
        number: Some(format!("WO-{n}")),
        visit: Some(1),
        subject: Some(text.into()),
        note: Some(text.into()),
        moved: n,
        changed_at: NOW,
        uid: format!("{n:032x}-1"),
        ..CalendarEntry::default()
    }
}

/// The events of an iCalendar file, read plainly: unfolded, unescaped.
fn unread(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    let mut events = Vec::new();
    for line in text.replace("\r\n ", "").split("\r\n") {
        let Some((key, value)) = line.split_once(':') else { continue };
        if (key, value) == ("BEGIN", "VEVENT") {
            events.push(std::collections::BTreeMap::new());
        }
        let mut out = String::new();
        let mut chars = value.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, true) => out.push(chars.next().map_or('\\', |c| if c == 'n' { '\n' } else { c })),
                (c, false) => out.push(c),
            }
        }
        if let Some(event) = events.last_mut() {
            event.insert(key.to_owned(), out);
        }
    }
    events
}

fn told() -> CalendarTold {
    let overlap = |from, until, number: Option<&str>| Overlap { from, until, visit: number.map(|_| 2), number: number.map(Into::into) };
    CalendarTold {
        entries: vec![
            CalendarEntry {
                number: Some("WO-20261122-000017".into()),
                subject: Some("三楼会议室的打印机无法启动，屏幕显示错误代码，客户要求今天之内修好".into()),
                account: Some("harbour-hotel".into()),
                note: Some("Bring the valve; ask for Ms Li at the desk, and park behind the house, not in front of it".into()),
                overlaps: vec![overlap(NOW + 2 * HOUR, NOW + 3 * HOUR, Some("WO-20261122-000018"))],
                ..entry(1, "")
            },
            CalendarEntry {
                engineer: "mei".into(),
                number: None,
                subject: None,
                note: None,
                absent: true,
                overlaps: vec![overlap(NOW, NOW + 20 * HOUR, None)],
                until: NOW + 12 * HOUR,
                ..entry(2, "")
            },
            CalendarEntry { engineer: "maximiliana.mustermann".into(), note: None, ..entry(30, "Lift") },
        ],
        absences: vec![Away { engineer: "mei".into(), from: NOW, until: NOW + 3 * DAY }],
        next: None,
        now: NOW,
    }
}

#[test]
fn a_calendar_is_told_day_by_day_and_marks_what_overlaps() {
    let (from, until) = (NOW - 14 * HOUR, NOW + 14 * DAY);
    let all = view::calendar(&told(), None, (from, until), &page());
    let one = view::calendar(
        &CalendarTold { entries: told().entries[..1].to_vec(), ..CalendarTold::default() },
        Some("emil"),
        (from, until),
        &page(),
    );
    let none = view::calendar(&CalendarTold::default(), Some("emil"), (from, until), &page());
    golden("calendar", &format!("{all}\n{one}\n{none}"));
}

#[test]
fn a_visit_in_the_night_when_clocks_change_has_the_times_that_it_has() {
    let zone = TimeZone::get("Europe/Vienna").unwrap();
    let berlin = Page { times: Times { now: NOW, zone: zone.clone() }, ..page() };
    let at = |text: &str| read_time(text, &zone).unwrap();
    // 2026-10-25: at three o'clock it is two o'clock again; the day has 25 hours.
    let begin = at("2026-10-25");
    assert_eq!(day_after(begin + 5 * HOUR, 1, &zone) - day_after(begin + 5 * HOUR, 0, &zone), 25 * HOUR);
    let mut night = entry(0, "nachts");
    (night.from, night.until) = (at("2026-10-25T01:30"), at("2026-10-25T01:30") + 2 * HOUR);
    let told = CalendarTold { entries: vec![night.clone()], ..CalendarTold::default() };
    let text = view::calendar(&told, Some("emil"), (begin, begin + DAY), &berlin);
    assert!(text.contains("01:30-02:30 CET"), "the second half past two: {text}");
    let event = &unread(&ics::calendar(&told, Some("emil")))[0];
    assert_eq!(
        (event["DTSTART"].as_str(), event["DTEND"].as_str()),
        ("20261024T233000Z", "20261025T013000Z"),
        "two hours, whatever clocks show"
    );
    // 2026-03-29: two o'clock is three o'clock.
    assert_eq!(day_after(at("2026-03-29T12:00"), 1, &zone) - at("2026-03-29"), 23 * HOUR);
    assert!(read_time("2026-03-29T02:30", &zone).is_err_and(|why| why.contains("clocks are put ahead")));
}

/// The events that the Python package finds in a file.
fn parsed(python: &std::path::Path, text: &str) -> Vec<Value> {
    use std::io::Write;
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_calendar.py");
    let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_parser_of_other_people_reads_the_icalendar_file_and_finds_everything() {
    let python = match real_python::environment() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let mut hostile = told();
    let nasty = "END:VEVENT\r\nBEGIN:VALARM\nx; y, z\\n \u{202e}\u{7}";
    (hostile.entries[2].subject, hostile.entries[2].note) = (Some("电梯；\\,;:\"停".repeat(20)), Some(nasty.into()));
    let found = parsed(&python, &ics::calendar(&hostile, None));
    let seconds = |ms: i64| ms / 1000;
    assert_eq!(found.len(), 4);
    assert_eq!(found[0]["summary"], "emil: WO-20261122-000017 三楼会议室的打印机无法启动，屏幕显示错误代码，客户要求今天之内修好");
    assert_eq!((&found[0]["location"], &found[0]["sequence"]), (&json!("harbour-hotel"), &json!("1")));
    assert_eq!((&found[0]["dtstart"], &found[0]["dtend"]), (&json!(seconds(NOW + HOUR)), &json!(seconds(NOW + 2 * HOUR))));
    assert_eq!((&found[0]["dtstamp"], &found[0]["status"]), (&json!(seconds(NOW)), &json!("CONFIRMED")));
    assert_eq!(found[0]["uid"], "00000000000000000000000000000001-1@workorderd");
    assert_eq!((&found[1]["summary"], found[1].get("description")), (&json!("mei: busy"), None));
    assert_eq!(found[2]["summary"], format!("maximiliana.mustermann: WO-30 {}", "电梯；\\,;:\"停".repeat(20)));
    assert_eq!(found[2]["description"], "END:VEVENT\nBEGIN:VALARM\nx; y, z\\n \u{fffd}\u{fffd}", "what looks like another event is a note");
    assert_eq!((&found[3]["summary"], &found[3]["dtend"]), (&json!("mei: absent"), &json!(seconds(NOW + 3 * DAY))));
    assert_eq!(parsed(&python, &ics::calendar(&CalendarTold::default(), None)), [json!(null); 0], "an empty calendar is one");
}

#[test]
fn a_page_of_a_calendar_with_a_million_visits_is_there_at_once() {
    let mut calendar = Calendar::default();
    let names: Vec<String> = (0..1_000).map(|n| format!("eng-{n}")).collect();
    for n in 0..1_000_000_u32 {
        let from = i64::from(n / 1_000) * 90 * MINUTE;
        let mut one = visit(1, &names[(n % 1_000) as usize], from, from + 2 * HOUR);
        one.note = (n % 10 == 0).then(|| PersonalText::new("bring the valve"));
        calendar.take(WorkOrderId(u128::from(n) << 64), &[], &[one]);
    }
    assert_eq!(calendar.len(), 1_000_000);
    let late = 700 * 90 * MINUTE;
    let mut slowest = std::time::Duration::ZERO;
    for (engineer, most) in [(None, 200), (Some(user("eng-77")), 200), (None, 1_000)] {
        let begun = Instant::now();
        let (found, more) = calendar.page(engineer.as_ref(), span(late, late + 14 * DAY), None, most, |_| true);
        slowest = slowest.max(begun.elapsed());
        assert!(found.len() == most || engineer.is_some() && !more, "{}", found.len());
        assert!(found.iter().all(|entry| !entry.overlaps.is_empty()), "each meets the next");
    }
    println!("the slowest page of a calendar with a million visits took {slowest:?}");
    // Of an optimised build it is a tenth of this.
    assert!(slowest.as_millis() < 100, "{slowest:?}");
}
