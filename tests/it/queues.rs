//! What a dispatcher looks at: queues with their counts, and the most pressing Work Orders first, however many there are.

use serde_json::{Value, json};
use workorderd::cli::view::queues::{PressingView, queues};
use workorderd::domain::ids::WorkOrderId;
use workorderd::protocol::work_orders::{PressingListed, QueuesTold};

use crate::cli_views::{HOUR as H, NOW, golden, page};
use crate::real_stage::{Caller, HOUR, Home, seed};

#[test]
fn queues_and_what_presses_most_as_a_dispatcher_reads_them() {
    let told: QueuesTold = serde_json::from_value(json!({
        "all": { "open": 1204, "unassigned": 31, "overdue": 7 },
        "mine": { "open": 3, "unassigned": 0, "overdue": 0 },
        "groups": [
            { "open": 12, "unassigned": 12, "overdue": 1 },
            { "group": "north", "open": 1180, "unassigned": 19, "overdue": 6 },
            { "group": "电梯维修组", "open": 12, "unassigned": 0, "overdue": 0 },
        ],
    }))
    .unwrap();
    let line = |number: &str, subject: &str, due: Option<i64>, more: Value| {
        let mut line = json!({ "number": number, "subject": subject, "status": "open", "node": "assign", "priority": "normal" });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "line": line, "due": due })
    };
    let lines = [
        line(
            "WO-20261122-000017",
            "三楼会议室的打印机无法启动，屏幕显示错误代码",
            Some(NOW - 26 * H),
            json!({ "overdue": true, "engineer": "王伟", "priority": "urgent" }),
        ),
        line("WO-20261122-000021", "Coffee machine: no pressure", Some(NOW - 5), json!({ "group": "north" })),
        line("WO-20261122-000020", "电梯坏了", Some(NOW + 90 * 60_000), json!({ "group": "电梯维修组" })),
        line("WO-20261122-000003", "Lift", None, json!({ "onHold": true })),
    ];
    let listed: PressingListed = serde_json::from_value(json!({ "lines": lines, "next": "1.2.3", "now": NOW })).unwrap();
    let mut view = PressingView::default();
    let text = [queues(&told, &page()), view.page(&listed.lines, &page()), view.end(listed.next.as_deref(), &page())];
    golden("queues", &text.join("\n"));
}

/// Subjects of a queue in order, with `!` for those overdue.
fn pressing(caller: &mut Caller, of: Value) -> String {
    let listed = caller.ok("WorkOrders1.ListPressing", of);
    let told = |one: &Value| {
        let mark = if one["line"]["overdue"] == true { "!" } else { "" };
        format!("{}{mark}", one["line"]["subject"].as_str().unwrap())
    };
    listed["lines"].as_array().unwrap().iter().map(told).collect::<Vec<_>>().join(" ")
}

fn counts(queue: &Value) -> [i64; 3] {
    ["open", "unassigned", "overdue"].map(|key| queue[key].as_i64().unwrap())
}

#[test]
fn a_dispatcher_sees_what_is_open_unassigned_and_overdue_of_each_group_also_after_a_restart() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let told = |caller: &mut Caller| caller.ok("WorkOrders1.GetQueues", json!({}));
    assert_eq!(told(&mut dora)["groups"], json!([]), "no queue without work");

    // The first node of a repair may take 8 hours; an hour lies between each two.
    let mut orders = Vec::new();
    for subject in ["one", "two", "three", "four"] {
        orders.push(dora.create(json!({ "subject": subject })));
        daemon.admin().ahead(HOUR);
    }
    let [one, two, three, four] = orders.as_slice() else { panic!("four") };
    dora.act(two, "AssignToGroup", json!({ "group": "hydraulics" }));
    dora.act(three, "AssignToEngineer", json!({ "engineer": "emil" }));
    let receipt = dora.act(four, "Cancel", json!({}));
    let queues = dora.ok("WorkOrders1.GetQueues", json!({ "atLeast": receipt["sequence"] }));
    assert_eq!(counts(&queues["all"]), [3, 2, 0]);
    assert_eq!(counts(&queues["mine"]), [0, 0, 0], "dora is nobody's engineer");
    assert_eq!(counts(&told(&mut daemon.user("emil"))["mine"]), [1, 0, 0]);
    assert_eq!(told(&mut daemon.admin())["mine"], Value::Null, "an admin who is no staff user has no queue");
    let named: Vec<_> = queues["groups"].as_array().unwrap().iter().map(|q| (q["group"].clone(), counts(q))).collect();
    assert_eq!(named, [(Value::Null, [2, 1, 0]), (json!("hydraulics"), [1, 1, 0])]);

    // One is due in 4 hours; so is three, to be accepted within 4 hours of now, which is younger; two in 5 hours.
    assert_eq!(pressing(&mut dora, json!({})), "one three two");
    let due = dora.ok("WorkOrders1.ListPressing", json!({ "limit": 1 }));
    assert_eq!(due["lines"][0]["due"].as_i64().unwrap() - due["now"].as_i64().unwrap(), 4 * HOUR, "{due}");
    assert_eq!(pressing(&mut dora, json!({ "group": "hydraulics" })), "two");
    assert_eq!(pressing(&mut dora, json!({ "noGroup": true })), "one three");
    assert_eq!(pressing(&mut dora, json!({ "noGroup": true, "unassigned": true })), "one");
    assert_eq!(pressing(&mut dora, json!({ "engineer": "emil" })), "three");
    assert_eq!(pressing(&mut dora, json!({ "overdue": true })), "");

    daemon.admin().ahead(4 * HOUR + HOUR / 2);
    crate::real_stage::until("what is overdue", || (counts(&told(&mut dora)["all"]) == [3, 2, 2]).then_some(()));
    assert_eq!(pressing(&mut dora, json!({ "overdue": true })), "one! three!");
    let first = dora.ok("WorkOrders1.ListPressing", json!({ "limit": 2 }));
    assert_eq!(pressing(&mut dora, json!({ "after": first["next"] })), "two", "the next page goes on behind what is overdue");
    let before = (told(&mut dora), pressing(&mut dora, json!({})));
    drop(dora);
    daemon.stop();
    let daemon = home.start();
    let mut dora = daemon.user("dora");
    assert_eq!((told(&mut dora), pressing(&mut dora, json!({}))), before, "the same after a restart");
    // What was overdue is given to somebody: its new node has its own time.
    dora.act(one, "AssignToEngineer", json!({ "engineer": "mei" }));
    assert_eq!(pressing(&mut dora, json!({})), "three! two one");
    assert_eq!(counts(&told(&mut dora)["all"]), [3, 1, 1]);
}

#[test]
fn where_a_page_goes_on_is_checked_where_it_comes_in() {
    use workorderd::engine::queues::Place;
    for text in ["", "1", "1.2", "x.1.1", "1.1.x", "-1.2.3", "1.2.3.4", "11111111111111111.1.1"] {
        assert_eq!(Place::read(text), None, "{text:?}");
    }
    let place = Place::read("fffffffffffffff0.5.a").unwrap();
    assert_eq!((place.id(), Place::read(&place.written())), (WorkOrderId(10), Some(place)));
}
