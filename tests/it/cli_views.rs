//! What people see, byte for byte: shapes in, text out. `WO_BLESS=1` writes the golden files anew; look at the difference.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;
use workorderd::cli::view::list::ListView;
use workorderd::cli::view::page::Page;
use workorderd::cli::view::paint::Paint;
use workorderd::cli::view::times::Times;
use workorderd::cli::view::{directory, history, qr, show, status, width};
use workorderd::protocol::directory::{Absence, GotServiceGroup, StaffUser};
use workorderd::protocol::system::Status;
use workorderd::protocol::work_orders::{HistoryLine, HistoryTold, Invitation, Line, Step, WorkOrder};

/// 2026-11-22T14:03:05Z.
pub const NOW: i64 = 1_795_356_185_000;
const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub fn page() -> Page {
    Page { width: 80, paint: Paint(false), times: Times { now: NOW, zone: TimeZone::UTC } }
}

pub fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/cli/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WO_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert_eq!(text, expected, "{name} has changed:\n{text}");
    for line in text.lines() {
        assert!(line.width() <= 80, "{name}: {} columns: {line}", line.width());
        assert_eq!(line, line.trim_end(), "{name}: spaces at the end");
    }
}

fn line(number: &str, subject: &str) -> Line {
    Line {
        number: number.into(),
        record_type: "repair".into(),
        subject: subject.into(),
        priority: "normal".into(),
        status: "open".into(),
        node: Some("assign".into()),
        created_at: NOW - HOUR,
        ..Line::default()
    }
}

fn lines() -> Vec<Line> {
    vec![
        Line {
            priority: "urgent".into(),
            status: "in progress".into(),
            node: Some("repair".into()),
            engineer: Some("王伟".into()),
            overdue: true,
            mail_trouble: true,
            ..line("WO-20261122-000017", "三楼会议室的打印机无法启动，屏幕显示错误代码，客户要求今天之内修好")
        },
        Line {
            group: Some("north".into()),
            ..line("WO-20261122-000016", "Coffee machine: no pressure, leaks from below, and the display stays dark")
        },
        Line {
            status: "in progress".into(),
            node: Some("on-site-inspection-of-the-lift".into()),
            engineer: Some("maximiliana.mustermann".into()),
            on_hold: true,
            ..line("WO-20261121-000202", "Lift")
        },
        Line {
            priority: "low".into(),
            status: "closed".into(),
            outcome: Some("cancelled".into()),
            node: None,
            ..line("WO-20261121-000201", "a\u{1b}[31m\tb\nc")
        },
    ]
}

/// A Work Order in the middle of its life.
pub fn order() -> WorkOrder {
    let node = |name: &str, title: &str, kind: &str, state: &str| json!({ "name": name, "title": title, "kind": kind, "state": state });
    let mut order = json!({
        "number": "WO-20261122-000017", "revision": 9, "recordType": "repair", "process": "repair", "processVersion": 2,
        "subject": "三楼会议室的打印机无法启动", "description": "屏幕显示错误代码 E-104。客户已经重新启动过两次，没有变化；请在今天下午五点之前到达现场。\nAsk for Ms Li at the desk.",
        "reference": "INC0012", "account": "acme", "contact": "li-na", "priority": "urgent", "channel": "phone", "entryPoint": "contact", "submitter": "contact:li-na",
    });
    let more = json!({
        "createdBy": "zhao", "createdAt": NOW - 3 * DAY, "owner": "zhao", "group": "north", "engineer": "wang.wei", "status": "in progress",
        "firstAcceptedAt": NOW - 2 * DAY, "lastCompletedAt": NOW - 30 * HOUR, "lastCompletedBy": "wang.wei", "heldMs": 5 * HOUR, "reopened": 1,
        "reassigned": 2, "node": "repair", "nodeKind": "task", "handlers": ["wang.wei", "role dispatcher"], "mandatory": false
    });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order["nodes"] = json!([
        node("assign", "Assign", "assign", "done"),
        node("accept", "Accept", "accept", "passed-over"),
        node("repair", "Repair", "task", "now"),
        node("confirm", "Confirmed by the customer", "confirm", "ahead"),
        node("evaluate", "Rated by the customer", "evaluate", "ahead"),
    ]);
    order["timers"] = json!([{ "due": NOW + 3 * DAY, "what": "the node is overdue" }, { "due": NOW + 3 * HOUR, "what": "a reminder" }, { "due": NOW - MINUTE, "what": "mail 2 is tried" }]);
    order["mails"] = json!([
        { "no": 1, "template": "please-confirm", "to": "li.na@example.com", "status": "sent", "attempts": 1, "queuedAt": NOW - 30 * HOUR },
        { "no": 2, "template": "please-act", "to": "wang.wei@example.com", "status": "deferred", "attempts": 3, "queuedAt": NOW - 2 * HOUR,
          "nextAt": NOW + 5 * MINUTE, "why": "451 4.7.1 Greylisting in action, please come back later; see https://mail.example.com/greylisting" },
        { "no": 3, "template": "not-solved", "to": "nobody@example.com", "status": "failed", "attempts": 1, "queuedAt": NOW - HOUR, "why": "550 5.1.1 no such user" },
    ]);
    order["calls"] = json!([
        { "no": 1, "to": "contact:li-na", "phone": "138 0013 8000", "by": "zhao", "account": "8001", "at": NOW - 2 * HOUR, "status": "answered", "seconds": 605 },
        { "no": 2, "phone": "+86 21 5888 0000", "by": "wang.wei", "account": "sip:wang.wei@call-center.example.com", "at": NOW - HOUR, "status": "given-up",
          "why": "it was not handed over within 2 minutes: the call center answered 503: 坐席全忙，请稍后再拨，或者换一个号码再试一次，谢谢您的理解" },
        { "no": 3, "to": "contact:li-na", "phone": "138 0013 8000", "by": "王芳", "account": "8002", "at": NOW - MINUTE, "status": "ringing" },
    ]);
    order["invitations"] = json!([
        { "no": 1, "purpose": "confirm", "source": "link", "expiresAt": NOW - HOUR, "used": 1 },
        { "no": 2, "purpose": "evaluate", "source": "qr-code", "expiresAt": NOW + 30 * DAY, "used": 0, "link": "https://example.com/e/AAAA" },
    ]);
    let field = |name: &str, title: &str, kind: &str, text: &str| json!({ "name": name, "title": title, "kind": kind, "text": text, "columns": [], "rows": [] });
    order["fields"] = json!([
        field("fault", "故障描述", "long-text", "打印机无法启动，屏幕显示错误代码 E-104。客户已经重新启动过两次，没有变化；请在今天下午五点之前到达现场。\nIt hums."),
        field("serial", "Serial number", "text", "AB123456"),
        { "name": "parts", "title": "Parts used 使用配件", "kind": "table", "text": "", "columns": ["Part", "数量", "Price"], "rows": [
            ["密封圈", "2", "12.50 CNY"], ["A very long name of a part that takes more than the line has room for, really", "10", ""],
        ] },
        field("cost", "费用合计", "money", "120.50 CNY"),
    ]);
    let step = |name: &str, title: &str, state: &str, more: Value| {
        let mut step = json!({ "name": name, "title": title, "state": state, "required": true, "ordered": true });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    };
    order["sop"] = json!("repair-visit version 3");
    order["steps"] = json!([
        step("depart", "出发", "skipped", json!({ "required": false, "by": "wang.wei", "at": NOW - 3 * HOUR, "note": "客户就在隔壁" })),
        step(
            "arrive",
            "到达现场",
            "done",
            json!({ "by": "wang.wei", "at": NOW - 2 * HOUR, "location": true, "place": "31.230400,121.473700" })
        ),
        step("inspect", "Inspect the unit", "open", json!({})),
        step("measure", "Measure the run-out at each of the four guide rails", "open", json!({ "location": true, "form": "rails-report" })),
        step("photos", "Take photos", "open", json!({ "required": false, "ordered": false, "location": true })),
    ]);
    order["labor"] = json!([
        { "engineer": "wang.wei", "from": NOW - 3 * HOUR, "to": NOW - 2 * HOUR + 5 * MINUTE, "step": "depart" },
        { "engineer": "王芳", "from": NOW - HOUR },
    ]);
    order["laborMs"] = json!(2 * HOUR + 5 * MINUTE);
    order["serviceRecords"] = json!([{ "at": NOW - HOUR, "kind": "call", "by": "wang.wei", "text": "客户说电源模块已经收到，可以继续维修；门卫那里要登记，请带上身份证，并在到达前十分钟打电话。" }]);
    order["serviceRecordsMade"] = json!(3);
    order["evaluations"] = json!([{ "source": "qr-code", "template": "service-rating", "at": NOW - 40 * MINUTE, "afterCompletion": false, "answers": [
            { "field": "overall", "value": "4", "scale": 5 }, { "field": "recommend", "value": "9", "scale": 10 }, { "field": "punctuality", "value": "on time" },
            { "field": "comment", "value": "师傅很专业，解释得很清楚，就是等了很久才有人来；下次希望可以提前打电话告诉我们大概什么时候到，谢谢！" },
        ] }]);
    serde_json::from_value(order).unwrap()
}

/// As the daemon gives it: newest first, also within a step.
pub fn history_lines() -> Vec<HistoryLine> {
    let line = |sequence: i64, revision: i64, at: i64, by: &str, command: &str, event: &str, details: &str| HistoryLine {
        sequence,
        revision,
        at,
        by: by.into(),
        command: command.into(),
        event: event.into(),
        details: details.into(),
        done: None,
    };
    let accepted = |event, details| line(41, 3, NOW - DAY, "wang.wei (uid:1000)", "AcceptAssignment", event, details);
    vec![
        line(57, 4, NOW - HOUR, "system", "Fire", "Reminded", ""),
        accepted("NodeEntered", "repair, for wang.wei"),
        accepted("NodeLeft", "accepted"),
        accepted("AssignmentAccepted", ""),
        line(
            40,
            2,
            NOW - 2 * DAY,
            "wang.wei",
            "AddServiceRecord",
            "ServiceRecordAdded",
            "已经打电话给客户，约好明天上午九点到十点之间到现场，需要带上备用的电源模块和一套螺丝刀；门卫那里要登记",
        ),
    ]
}

#[test]
fn a_list_fits_and_its_columns_stand_under_one_another() {
    let mut view = ListView::default();
    let mut text = view.page(&lines(), &page());
    text.push_str(&view.page(&[line("WO-20261120-000001", "second page")], &page()));
    text.push_str(&view.end(1204, Some("179.ab"), &page()));
    golden("list", &text);
    assert!(!text.contains('\u{1b}'), "foreign text steers the terminal");
}

#[test]
fn an_empty_list_says_so() {
    let mut view = ListView::default();
    assert_eq!(view.page(&[], &page()) + &view.end(7, None, &page()), "no Work Order of 7\n");
}

#[test]
fn a_work_order_is_shown_in_full() {
    let mut text = show::work_order(&order(), &[], &page());
    show::section(&mut text, "history", &history::history(&told(true), &page()), &page());
    golden("show", &text);
}

#[test]
fn a_work_order_that_ended_and_one_on_hold() {
    let ended = WorkOrder {
        outcome: Some("completed".into()),
        ended_at: Some(NOW - DAY),
        status: "closed".into(),
        node: None,
        node_kind: None,
        ..order()
    };
    let held = WorkOrder { on_hold: Some("parts".into()), taken_by: Some("wang.wei".into()), ..order() };
    let gate = WorkOrder { node_kind: Some("evaluate".into()), mandatory: true, ..order() };
    let text = [&ended, &held, &gate].map(|order| show::now_and_next(order, &[], &page())).join("\n");
    golden("now-and-next", &text);
}

fn told(more: bool) -> HistoryTold {
    HistoryTold { lines: history_lines(), more, away: None }
}

#[test]
fn steps_that_are_away_are_told_as_such() {
    let away = HistoryTold { lines: Vec::new(), more: true, away: Some("cannot open journal/00000001.seg".into()) };
    assert_eq!(history::history(&away, &page()), "older steps cannot be shown: cannot open journal/00000001.seg\n");
}

#[test]
fn a_history_is_told_oldest_first() {
    golden("history", &history::history(&told(false), &page()));
}

#[test]
fn watched_steps_are_a_line_each() {
    let step = |sequence, number: Option<&str>, what: &str, command: &str, events: &[&str]| Step {
        sequence,
        at: NOW,
        by: "wang.wei".into(),
        what: what.into(),
        number: number.map(Into::into),
        command: command.into(),
        to_do: (sequence == 2).then(|| "new".into()),
        events: events.iter().map(|e| (*e).to_owned()).collect(),
    };
    let number = Some("WO-20261122-000017");
    let steps = [
        step(41, number, "", "Resume", &["Resumed"]),
        step(42, number, "", "AcceptAssignment", &["AssignmentAccepted", "NodeLeft", "NodeEntered"]),
        step(43, None, "contact:li-na", "PutContact", &["ContactPut"]),
        Step { at: NOW - 400 * DAY, ..step(44, None, "service-group:north", "PutServiceGroup", &[]) },
    ];
    let text: String = steps.iter().map(|s| history::step(s, &page())).collect();
    golden("watch", &text);
}

#[test]
fn tables_of_the_directory() {
    let user = |id: &str, name: &str, roles: &[&str], disabled| StaffUser {
        id: id.into(),
        name: name.into(),
        email: Some(format!("{id}@service.example.com")),
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        disabled,
        ..StaffUser::default()
    };
    let users = [
        StaffUser {
            department: Some("field".into()),
            superior: Some("lei".into()),
            absence: Some(Absence { from: NOW - DAY, until: NOW + DAY }),
            ..user("wang.wei", "王伟", &["engineer"], None)
        },
        StaffUser { absence: Some(Absence { from: NOW + DAY, until: NOW + 2 * DAY }), ..user("lei", "雷", &["engineer"], None) },
        StaffUser { absence: Some(Absence { from: 0, until: 1 }), ..user("mei", "梅", &["engineer"], None) },
        user("maximiliana.mustermann", "Maximiliana Mustermann-Überall", &["dispatcher", "service staff", "follow-up staff"], Some(true)),
    ];
    let group: GotServiceGroup = serde_json::from_value(json!({
        "serviceGroup": { "id": "north", "name": "北区服务组", "leader": "lei", "members": ["wang.wei", "lei"], "rule": "least-loaded", "limit": 12 },
        "open": 14, "lastChosen": "lei",
        "loads": [
            { "engineer": "wang.wei", "open": 11, "offered": 1, "member": true, "skills": ["电梯", "hydraulics"], "regions": ["华东"], "disabled": false },
            { "engineer": "lei", "open": 0, "offered": 0, "member": true, "skills": [], "regions": [], "absence": { "from": NOW, "until": NOW + DAY }, "disabled": false },
            { "engineer": "gone", "open": 2, "offered": 0, "member": false, "skills": [], "regions": [], "disabled": true },
        ],
    }))
    .unwrap();
    let text = format!("{}\n{}", directory::staff_users(&users, &page()), directory::service_group(&group, &page()));
    let text = format!("{text}\n{}", directory::service_groups(std::slice::from_ref(&group.service_group), &page()));
    golden("directory", &text);
}

#[test]
fn the_status_tells_what_asks_for_attention() {
    let told: Status = serde_json::from_value(json!({
        "version": "0.1.0", "pid": 4711, "uptimeMs": 3 * DAY, "now": NOW, "clock": "system", "clockSynchronised": false, "clockDoubt": "the clock was set ahead by 26 h 3 min",
        "timersHeld": 2, "timeZone": "Asia/Shanghai",
        "head": format!("1042:{}", "ab".repeat(32)), "sequence": 1042, "workOrders": 17,
        "byStatus": [{ "status": "open", "count": 3 }, { "status": "closed", "count": 14 }], "actors": 4, "timers": 9, "nextTimer": NOW + 90 * MINUTE,
        "timersFired": 12, "timersStale": 1, "timersParked": 1, "messagesUnderWay": 0, "steps": 900, "groups": 400, "mailsSent": 31, "mailsFailed": 2,
        "storeBehind": 0, "storeThrough": 1042, "diskFree": 5_i64 << 30, "diskReserve": 256 << 20,
        "diskNearlyFull": false, "panics": 1, "said": ["the store was rebuilt from the journal"],
        "reloads": 2, "reloadedAt": NOW - MINUTE, "reloadProblems": ["workorderd.toml:3: mail.hots: unknown key (did you mean host?)"],
    }))
    .unwrap();
    golden("status", &status::status(&told, &page()));
}

#[test]
fn a_long_process_goes_on_in_the_next_line() {
    let node =
        |i: i64| json!({ "name": "n", "title": format!("客户确认 {i}"), "kind": "task", "state": if i == 4 { "now" } else { "ahead" } });
    let nodes: Vec<_> = (0..9).map(|i| serde_json::from_value(node(i)).unwrap()).collect();
    golden("process", &show::process(&nodes, &page()));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = Page { paint: Paint(true), ..page() };
    let text = show::work_order(&order(), &[], &coloured);
    let mut bare = String::new();
    for (i, piece) in text.split('\x1b').enumerate() {
        bare.push_str(if i == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    let trimmed: Vec<_> = bare.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n") + "\n", show::work_order(&order(), &[], &page()));
}

#[test]
fn the_newest_open_qr_code_is_drawn_with_its_quiet_zone() {
    let order = order();
    let (invitation, link) = qr::open_invitation(&order, &page()).unwrap();
    assert_eq!((invitation.no, link), (2, "https://example.com/e/AAAA"));
    golden("qr", &qr::code(link, true, &page()).unwrap());
    let drawn = qr::code(link, false, &page()).unwrap();
    let widths: Vec<_> = drawn.lines().map(UnicodeWidthStr::width).collect();
    assert_eq!(widths[0], 25 + 8, "25 modules and 4 light ones on each side");
    assert!(drawn.lines().take(2).all(|line| line.chars().all(|c| c == '█')), "light modules are drawn");
}

#[test]
fn a_qr_code_as_a_picture_has_the_same_modules_and_its_quiet_zone() {
    let link = "https://example.com/e/AAAA";
    let modules = qrcode::QrCode::new(link).unwrap();
    let bytes = qr::png(link).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let side = reader.next_frame(&mut dots).unwrap().width as usize;
    assert_eq!(side, (modules.width() + 8) * 8);
    let dark = |x: usize, y: usize| dots[y * side.div_ceil(8) + x / 8] >> (7 - x % 8) & 1 == 0;
    for y in 0..side {
        for x in 0..side {
            let inside = |n: usize| (n / 8).checked_sub(4).filter(|n| *n < modules.width());
            let wanted = inside(x).zip(inside(y)).is_some_and(|place| modules[place] == qrcode::Color::Dark);
            assert_eq!(dark(x, y), wanted, "{x} {y}");
        }
    }
    let svg = qr::svg(link).unwrap();
    assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
}

#[test]
fn why_there_is_no_qr_code_is_said() {
    let with = |invitations: Vec<Invitation>| WorkOrder { invitations, ..order() };
    let qr_code =
        |expires_at| Invitation { no: 1, purpose: "evaluate".into(), source: "qr-code".into(), expires_at, ..Invitation::default() };
    let why = |order: &WorkOrder| qr::open_invitation(order, &page()).unwrap_err();
    assert!(why(&with(vec![])).contains("has no QR code"));
    assert!(why(&with(vec![qr_code(NOW - DAY)])).contains("ended 24 h ago"));
    assert!(why(&with(vec![qr_code(NOW + DAY)])).contains("shown only to those who may act"));
}

#[test]
fn text_is_cut_and_wrapped_by_columns() {
    assert_eq!(width::cut("打印机无法启动", 9), "打印机无…");
    assert_eq!(width::cut("打印机无法启动", 8), "打印机…");
    assert_eq!(width::cut("printer", 7), "printer");
    assert_eq!(width::cut("printer", 1), "…");
    assert_eq!(width::cut("printer", 0), "");
    assert_eq!(width::pad("王伟", 6), "王伟  ");
    assert_eq!(width::wrap("a quick brown fox", 8), ["a quick", "brown", "fox"]);
    assert_eq!(width::wrap("打印机无法启动", 8), ["打印机无", "法启动"]);
    assert_eq!(width::wrap("", 8), [""]);
    assert_eq!(width::line("a\u{202e}b\u{7}c\nd"), "a\u{fffd}b\u{fffd}c d");
}

#[test]
fn any_text_is_cut_to_what_fits() {
    for text in ["👩‍🔧👩‍🔧👩‍🔧 repairs", "e\u{301}e\u{301}e\u{301}e\u{301}", "한국어 텍스트", "\u{200b}\u{200b}x", "ＡＢＣ"]
    {
        for columns in 0..12 {
            assert!(width::width(&width::cut(text, columns)) <= columns, "{text} {columns}");
            assert!(width::wrap(text, columns).iter().all(|line| width::width(line) <= columns.max(8)), "{text} {columns}");
        }
    }
}
