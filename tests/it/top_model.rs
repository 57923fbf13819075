//! The board for a dispatcher: what keys and answers make of it, without terminal and daemon; and how that looks, cell by cell.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use workorderd::cli::top::event::{Answer, Call, Counts, Engineer, Event, GroupRow, Key, Looked, Query, Queue, Queues, Target, Write};
use workorderd::cli::top::model::{Link, Model};
use workorderd::cli::top::overlay::Overlay;
use workorderd::cli::top::view::draw;
use workorderd::cli::view::page::Page;
use workorderd::cli::view::paint::Paint;
use workorderd::cli::view::times::Times;
use workorderd::protocol::directory::{ServiceGroup, StaffUser};
use workorderd::protocol::system::{Count, Status};
use workorderd::protocol::work_orders::{HistoryTold, Line, Receipt, WorkOrder};

fn page() -> Page {
    Page { width: 80, paint: Paint(false), times: Times { now: 0, zone: jiff::tz::TimeZone::UTC } }
}

fn one(no: usize, subject: &str) -> Line {
    let engineer = if no.is_multiple_of(2) { Some("mei".to_owned()) } else { None };
    Line {
        number: format!("WO-20251103-{no:06}"),
        record_type: "repair".into(),
        subject: subject.into(),
        priority: if no == 1 { "urgent" } else { "normal" }.into(),
        status: "open".into(),
        node: Some("assign".into()),
        group: Some("hydraulics".into()),
        engineer,
        overdue: no == 3,
        ..Line::default()
    }
}

fn status(sequence: i64) -> Status {
    let by_status = vec![Count { status: "open".into(), count: 7 }, Count { status: "closed".into(), count: 90 }];
    Status { version: "0.1.0".into(), now: 1_762_160_400_000, sequence, timers: 12, mails_sent: 5, by_status, ..Status::default() }
}

fn group(id: &str, name: &str) -> GroupRow {
    let members = vec!["mei".into()];
    GroupRow {
        group: ServiceGroup { id: id.into(), name: name.into(), members, ..ServiceGroup::default() },
        counts: Counts { open: 4, overdue: i64::from(id == "hydraulics") },
    }
}

fn staff(id: &str, name: &str) -> StaffUser {
    StaffUser { id: id.into(), name: name.into(), ..StaffUser::default() }
}

fn all() -> Query {
    Query { queue: Queue::All, overdue: false, after: None }
}

fn answer(board: &mut Model, answer: Answer) -> Vec<Call> {
    board.update(Event::Answered(Box::new(answer)))
}

fn press(board: &mut Model, keys: &[Key]) -> Vec<Call> {
    keys.iter().flat_map(|key| board.update(Event::Key(*key))).collect()
}

fn typed(board: &mut Model, text: &str) -> Vec<Call> {
    press(board, &text.chars().map(Key::Char).collect::<Vec<_>>())
}

/// A board that has looked once: three Work Orders, two service groups, dora looks.
fn board() -> Model {
    let mut board = Model::new((80, 24), page(), "run".into());
    board.update(Event::Due);
    let lines = vec![one(1, "海港酒店的三号电梯坏了，门打不开"), one(2, "Pump leaks"), one(3, "阀门漏水 in the cellar")];
    let looked = Looked {
        at: 1_000,
        status: Some(status(100)),
        lines,
        next: None,
        queues: Some(Queues {
            all: Counts { open: 7, overdue: 1 },
            mine: Some(Counts::default()),
            groups: vec![group("hydraulics", "液压维修组"), group("lifts", "Lifts")],
        }),
        people: Some((Some("dora".into()), vec![staff("mei", "李梅"), staff("emil", "Emil")])),
    };
    answer(&mut board, Answer::Looked(all(), looked.into()));
    board
}

fn chosen(board: &Model) -> &str {
    board.chosen.as_deref().unwrap_or_default()
}

/// What is on the screen, one text a row; the second half of a wide character is left out.
fn screen(board: &mut Model, columns: u16, rows: u16) -> Vec<String> {
    board.update(Event::Size(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(board, frame.buffer_mut())).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let text = |y| {
        let (mut text, mut x) = (String::new(), 0);
        while x < columns {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol).max(1)).unwrap();
        }
        text.trim_end().to_owned()
    };
    (0..rows).map(text).collect()
}

#[test]
fn the_first_look_asks_for_everything_and_no_more_than_one_is_under_way() {
    let mut board = Model::new((80, 24), page(), "run".into());
    let first = Call::Look { query: all(), at_least: None, groups: true, people: true };
    assert_eq!(board.update(Event::Due), [first]);
    assert_eq!(board.update(Event::Due), []);
    answer(&mut board, Answer::Looked(all(), Looked::default().into()));
    let second = Call::Look { query: all(), at_least: None, groups: false, people: false };
    assert_eq!(board.update(Event::Due), [second]);
}

#[test]
fn the_speed_is_what_the_journal_grew_by_between_two_looks() {
    let mut board = board();
    let mut look = |at, sequence| {
        board.update(Event::Due);
        answer(&mut board, Answer::Looked(all(), Looked { at, status: Some(status(sequence)), ..Looked::default() }.into()));
        board.pulse.as_ref().unwrap().speed
    };
    assert_eq!(look(3_000, 150), Some(25.0));
    assert_eq!(look(3_010, 151), Some(25.0), "two looks at once tell nothing");
    assert_eq!(look(5_010, 9), None, "another journal");
}

#[test]
fn the_chosen_one_stays_chosen_while_the_list_moves_under_it() {
    let mut board = board();
    press(&mut board, &[Key::Down]);
    assert_eq!(chosen(&board), "WO-20251103-000002");
    board.update(Event::Due);
    let lines = vec![one(4, "new"), one(1, "a"), one(2, "b")];
    answer(&mut board, Answer::Looked(all(), Looked { lines, ..Looked::default() }.into()));
    assert_eq!((chosen(&board), board.chosen_at()), ("WO-20251103-000002", Some(2)));
    press(&mut board, &[Key::Home]);
    assert_eq!(chosen(&board), "WO-20251103-000004");
    typed(&mut board, "jk");
    press(&mut board, &[Key::End, Key::Up]);
    assert_eq!(chosen(&board), "WO-20251103-000001");
    // It is gone: what stands in its place is chosen.
    board.update(Event::Due);
    answer(&mut board, Answer::Looked(all(), Looked { lines: vec![one(4, "new"), one(2, "b")], ..Looked::default() }.into()));
    assert_eq!(chosen(&board), "WO-20251103-000002");
}

#[test]
fn a_late_answer_to_an_old_question_is_not_shown() {
    let mut board = board();
    board.update(Event::Due);
    press(&mut board, &[Key::Tab]);
    assert_eq!(press(&mut board, &[Key::Down, Key::Down]), [], "a look is under way");
    assert!(board.lines.is_empty() && board.stale);
    let query = Query { queue: Queue::Group("hydraulics".into()), overdue: false, after: None };
    let again = answer(&mut board, Answer::Looked(all(), Looked { lines: vec![one(9, "old")], ..Looked::default() }.into()));
    assert!(matches!(&again[..], [Call::Look { query: wanted, .. }] if *wanted == query), "{again:?}");
    assert!(board.lines.is_empty());
    answer(&mut board, Answer::Looked(query, Looked { lines: vec![one(2, "b")], ..Looked::default() }.into()));
    assert_eq!(chosen(&board), "WO-20251103-000002");
}

#[test]
fn an_order_is_given_to_an_engineer_of_its_group_under_a_request_id() {
    let mut board = board();
    let number = "WO-20251103-000001".to_owned();
    let asked = typed(&mut board, "a");
    assert_eq!(asked, [Call::Choices { number: number.clone(), group: Some("hydraulics".into()) }]);
    let engineers = ["emil", "mei"].map(|id| Engineer { id: id.into(), open: Some(2), absent: id == "emil" }).to_vec();
    answer(&mut board, Answer::Choices(number.clone(), "AssignToEngineer", engineers));
    // Typed letters narrow the choice, also to a Chinese name.
    typed(&mut board, "李");
    let to = Target::Engineer("mei".into());
    let write = Write { number: number.clone(), method: "AssignToEngineer", to, request_id: "run-1".into() };
    assert_eq!(press(&mut board, &[Key::Enter]), [Call::Write(write.clone())]);
    assert_eq!(typed(&mut board, "a"), [], "one after the other");
    assert!(board.message.as_ref().unwrap().bad);
    let receipt = Receipt { number, revision: 3, sequence: 123 };
    let calls = answer(&mut board, Answer::Written(write, receipt));
    assert!(matches!(&calls[..], [Call::Look { at_least: Some(123), groups: true, .. }]), "{calls:?}");
    let message = board.message.clone().unwrap();
    assert_eq!((message.text.as_str(), message.bad), ("WO-20251103-000001 given to 李梅 (revision 3)", false));
}

#[test]
fn an_order_is_given_to_a_service_group() {
    let mut board = board();
    assert_eq!(typed(&mut board, "g"), [Call::GroupChoices("WO-20251103-000001".into())]);
    answer(&mut board, Answer::GroupChoices("WO-20251103-000001".into(), "Transfer"));
    let calls = press(&mut board, &[Key::Down, Key::Enter]);
    assert!(matches!(&calls[..], [Call::Write(write)] if write.to == Target::Group("lifts".into()) && write.method == "Transfer"));
}

#[test]
fn what_was_given_up_changes_nothing() {
    let mut board = board();
    typed(&mut board, "g");
    answer(&mut board, Answer::GroupChoices("WO-20251103-000001".into(), "AssignToGroup"));
    assert_eq!(press(&mut board, &[Key::Esc]), []);
    assert_eq!((board.overlay.clone(), board.writing.clone()), (Overlay::None, None));
}

#[test]
fn a_refusal_stands_until_a_key() {
    let mut board = board();
    let call = typed(&mut board, "a").remove(0);
    answer(&mut board, Answer::Refused(call, "only its handlers may do this".into()));
    board.update(Event::Due);
    answer(&mut board, Answer::Looked(all(), Looked { lines: vec![one(1, "a")], ..Looked::default() }.into()));
    assert!(screen(&mut board, 80, 24)[22].starts_with("only its handlers may do this"));
    press(&mut board, &[Key::Down]);
    assert_eq!(board.message, None);
}

#[test]
fn without_the_daemon_it_says_so_keeps_what_it_shows_and_takes_no_commands() {
    let mut board = board();
    board.update(Event::Lost("nobody listens".into()));
    let shown = screen(&mut board, 80, 24);
    assert!(shown[0].starts_with("workorderd: reconnecting") && shown[22].starts_with("nobody listens"), "{shown:#?}");
    assert!(shown.iter().any(|row| row.contains("Pump leaks")));
    assert_eq!(typed(&mut board, "ag"), []);
    board.update(Event::Due);
    answer(&mut board, Answer::Looked(all(), Looked { lines: vec![one(1, "a")], status: Some(status(1)), ..Looked::default() }.into()));
    assert_eq!(board.link, Link::Up);
    assert!(matches!(&board.update(Event::Due)[..], [Call::Look { groups: true, .. }]), "another daemon may be there");
}

#[test]
fn the_filter_looks_for_text_in_the_page_also_for_chinese_and_names() {
    let mut board = board();
    typed(&mut board, "/漏水");
    assert_eq!(board.visible().len(), 1);
    press(&mut board, &[Key::Enter]);
    assert_eq!((chosen(&board), board.overlay.clone()), ("WO-20251103-000003", Overlay::None));
    press(&mut board, &[Key::Esc]);
    assert_eq!(board.visible().len(), 3);
    typed(&mut board, "/李梅");
    assert_eq!(board.visible()[0].number, "WO-20251103-000002");
    // A key that is a command elsewhere is a letter here; pasted text never is a command.
    press(&mut board, &[Key::Esc]);
    board.update(Event::Pasted("qag".into()));
    assert!(!board.over && board.overlay == Overlay::None);
    typed(&mut board, "/q");
    assert!(!board.over);
}

#[test]
fn only_overdue_and_other_pages_are_asked_for() {
    let mut board = board();
    assert!(matches!(&typed(&mut board, "o")[..], [Call::Look { query: Query { overdue: true, .. }, .. }]));
    let query = Query { overdue: true, ..all() };
    answer(&mut board, Answer::Looked(query, Looked { lines: vec![one(3, "a")], next: Some("c".into()), ..Looked::default() }.into()));
    let next = typed(&mut board, "n");
    assert!(matches!(&next[..], [Call::Look { query: Query { after: Some(cursor), .. }, .. }] if cursor == "c"), "{next:?}");
    let query = Query { overdue: true, after: Some("c".into()), ..all() };
    answer(&mut board, Answer::Looked(query, Looked::default().into()));
    assert_eq!(typed(&mut board, "n"), []);
    assert!(matches!(&typed(&mut board, "p")[..], [Call::Look { query: Query { after: None, .. }, .. }]));
}

#[test]
fn details_are_what_show_prints_and_scroll() {
    let mut board = board();
    assert_eq!(press(&mut board, &[Key::Enter]), [Call::Open("WO-20251103-000001".into())]);
    let order = WorkOrder {
        number: "WO-20251103-000001".into(),
        subject: "海港酒店的三号电梯坏了".into(),
        description: Some("一".repeat(1_000)),
        ..WorkOrder::default()
    };
    answer(&mut board, Answer::Opened(Box::new(order), HistoryTold::default(), Box::default()));
    let shown = screen(&mut board, 40, 10);
    assert_eq!(shown[1], "WO-20251103-000001  海港酒店的三号电梯…", "{shown:#?}");
    press(&mut board, &[Key::End]);
    let Overlay::Details(details) = &board.overlay else { panic!("{:?}", board.overlay) };
    assert_eq!(details.first + 7, details.lines.len());
    press(&mut board, &[Key::Esc]);
    assert_eq!(board.overlay, Overlay::None);
}

#[test]
fn it_is_left_at_once_but_for_a_change_without_an_answer() {
    let mut board = board();
    typed(&mut board, "g");
    answer(&mut board, Answer::GroupChoices("WO-20251103-000001".into(), "AssignToGroup"));
    press(&mut board, &[Key::Enter, Key::Char('q')]);
    assert!(!board.over && board.message.as_ref().unwrap().text.contains("no answer yet"));
    press(&mut board, &[Key::Interrupt]);
    assert!(board.over && board.writing.is_some());
}

#[test]
fn it_looks_like_this_at_80_by_24() {
    let shown = screen(&mut board(), 80, 24);
    let expected = [
        "workorderd  head 100  timers 12  messages 0  mails sent 5  2025-11-03 09:00:00",
        "QUEUES           all · 3 open",
        " all        1! 7 NUMBER              TITLE                PRIO    ENGINEER     !",
        " mine          0 WO-20251103-000001  海港酒店的三号电梯…  urgent  @液压维修组",
        " 液压维修组 1! 4 WO-20251103-000002  Pump leaks                   李梅",
        " Lifts         4 WO-20251103-000003  阀门漏水 in the ce…          @液压维修组  O",
    ];
    for (row, text) in expected.iter().enumerate() {
        assert_eq!(shown[row], *text, "row {row}:\n{}", shown.join("\n"));
    }
    assert!(shown[23].starts_with("? help  q quit  Enter open  a assign  g group"), "{}", shown[23]);
}

#[test]
fn it_looks_like_this_at_40_by_10() {
    let shown = screen(&mut board(), 40, 10);
    let expected = [
        "workorderd  head 100  timers 12  as dora",
        "all · 3 open",
        "NUMBER              TITLE              !",
        "WO-20251103-000001  海港酒店的三号电…",
        "WO-20251103-000002  Pump leaks",
        "WO-20251103-000003  阀门漏水 in the…   O",
    ];
    for (row, text) in expected.iter().enumerate() {
        assert_eq!(shown[row], *text, "row {row}:\n{}", shown.join("\n"));
    }
}

#[test]
fn it_looks_like_this_at_200_by_60() {
    let shown = screen(&mut board(), 200, 60);
    assert_eq!(shown.len(), 60);
    assert!(shown[3].contains("WO-20251103-000001  海港酒店的三号电梯坏了，门打不开  urgent  assign  @液压维修组"), "{}", shown[3]);
    assert!(shown[5].ends_with("阀门漏水 in the cellar                    assign  @液压维修组  overdue"), "{}", shown[5]);
}

#[test]
fn a_box_over_wide_characters_keeps_its_frame_at_every_width() {
    for columns in 20..120 {
        let mut board = board();
        let lines = vec![one(1, &"电".repeat(100)); 9];
        board.update(Event::Due);
        answer(&mut board, Answer::Looked(all(), Looked { lines, ..Looked::default() }.into()));
        typed(&mut board, "g");
        answer(&mut board, Answer::GroupChoices("WO-20251103-000001".into(), "AssignToGroup"));
        let shown = screen(&mut board, columns, 12);
        for row in &shown {
            assert!(unicode_width::UnicodeWidthStr::width(row.as_str()) <= usize::from(columns), "{columns}: {row}");
        }
        let frames = shown.iter().filter(|row| row.matches('│').count() == 2).count();
        assert_eq!(frames, 3, "{columns}:\n{}", shown.join("\n"));
    }
}

#[test]
fn nothing_breaks_however_small_the_terminal() {
    for columns in 1..25 {
        for rows in 1..10 {
            for keys in [vec![], vec![Key::Tab], vec![Key::Char('?')], vec![Key::Char('/'), Key::Char('海')]] {
                let mut board = board();
                press(&mut board, &keys);
                screen(&mut board, columns, rows);
            }
        }
    }
}

#[test]
fn foreign_text_cannot_steer_the_terminal() {
    let mut board = board();
    board.update(Event::Due);
    let lines = vec![one(1, "\u{1b}[2Jgone\u{202e}\u{7}")];
    answer(&mut board, Answer::Looked(all(), Looked { lines, ..Looked::default() }.into()));
    board.update(Event::Lost("\u{1b}]0;title\u{7}".into()));
    let shown = screen(&mut board, 80, 24).join("");
    assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}') && shown.contains("[2Jgone"), "{shown}");
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    for wanted in [true, false] {
        let mut board = board();
        board.colours = wanted;
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(&board, frame.buffer_mut())).unwrap();
        let coloured = terminal.backend().buffer().content().iter().any(|cell| cell.fg != ratatui::style::Color::Reset);
        assert_eq!(coloured, wanted, "the overdue one is red");
    }
}
