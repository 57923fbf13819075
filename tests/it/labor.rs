//! Labor time, one rule at a time: the writer's book of it against a plain list, and what it is told of (ONS-2).
//!
//! What whole runs must keep is in `simulation`; what callers meet at the same moment, in `real_labor`.

use workorderd::domain::ids::{StaffUserId, WorkOrderId};
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::event::Event;
use workorderd::engine::labor_guard::LaborGuard;
use workorderd::verify::labor::Labor;

use crate::world::company::user;

fn number(no: u64) -> WorkOrderNumber {
    WorkOrderNumber(format!("IN-{no}").into())
}

/// What is booked, as a plain list.
#[derive(Default)]
struct Plain(Vec<(StaffUserId, i64, Option<i64>)>);

impl Plain {
    fn overlaps(&self, who: &StaffUserId, from: i64, to: Option<i64>) -> bool {
        let (to, mine) = (to.unwrap_or(i64::MAX), self.0.iter().filter(|(engineer, ..)| engineer == who));
        mine.map(|(_, begin, end)| (*begin, end.unwrap_or(i64::MAX))).any(|(begin, end)| begin < end && begin < to && from < end)
    }
}

#[test]
fn the_book_refuses_what_overlaps_and_nothing_else() {
    let mut random = fastrand::Rng::with_seed(14);
    let (mut refused, mut booked, mut ended) = (0, 0, 0);
    for _ in 0..400 {
        let (mut guard, mut plain) = (LaborGuard::default(), Plain::default());
        for _ in 0..60 {
            let who = user(["eng-1", "eng-2"][random.usize(..2)]);
            // Few moments, so that beginnings and ends meet.
            let from = random.i64(0..40);
            let to = (random.u32(..4) > 0).then(|| from + random.i64(0..8));
            let runs = plain.0.iter_mut().find(|(engineer, _, end)| *engineer == who && end.is_none());
            if let Some((_, begin, end)) = runs.filter(|_| random.u32(..3) == 0) {
                let to = *begin + random.i64(0..10);
                guard.end(&who, Timestamp(*begin), Timestamp(to));
                (*end, ended) = (Some(to), ended + 1);
                continue;
            }
            let refusal = guard.refusal(&who, Timestamp(from), to.map(Timestamp));
            assert_eq!(refusal.is_some(), plain.overlaps(&who, from, to), "{who} {from} {to:?} among {:?}", plain.0);
            if refusal.is_some() {
                refused += 1;
            } else {
                guard.book(&who, &number(random.u64(..3)), Timestamp(from), to.map(Timestamp));
                plain.0.push((who, from, to));
                booked += 1;
            }
        }
    }
    assert!(refused > 1_000 && booked > 1_000 && ended > 300, "{refused} {booked} {ended}");
}

#[test]
fn labor_is_in_the_way_of_other_labor_on_the_same_work_order_that_begins_with_it() {
    let mut guard = LaborGuard::default();
    let emil = user("emil");
    guard.book(&emil, &number(1), Timestamp(10), Some(Timestamp(20)));
    let refusal = guard.refusal(&emil, Timestamp(10), Some(Timestamp(15)));
    let expected = Rejection::LaborOverlaps { engineer: "emil".into(), number: "IN-1".into(), from: 10, to: Some(20) };
    assert_eq!(refusal, Some(expected));
    guard.book(&emil, &number(1), Timestamp(30), None);
    assert!(guard.refusal(&emil, Timestamp(30), Some(Timestamp(40))).is_some(), "what runs is in the way of what began with it");
    assert!(guard.refusal(&emil, Timestamp(20), Some(Timestamp(30))).is_none(), "between the two there is room");
    assert!(guard.refusal(&user("mei"), Timestamp(10), None).is_none(), "it is no business of anybody else's");
}

#[test]
fn the_offline_checker_finds_labor_that_overlaps_and_nothing_else() {
    let order = |no: u128| WorkOrderId(no);
    let entered = |who: &str, from, to, may_overlap| Event::LaborEntered {
        engineer: user(who),
        from: Timestamp(from),
        to: Timestamp(to),
        step: None,
        may_overlap,
    };
    let started = |who: &str, from| Event::LaborStarted { engineer: user(who), from: Timestamp(from), step: None, may_overlap: false };
    let stopped = |who: &str, to| Event::LaborStopped { engineer: user(who), to: Timestamp(to) };
    let found = |events: &[(u128, Event)]| {
        let (mut labor, mut wrong) = (Labor::default(), Vec::new());
        events.iter().for_each(|(no, event)| labor.take(order(*no), event, &mut wrong));
        assert_eq!(labor.count(), events.iter().filter(|(_, e)| !matches!(e, Event::LaborStopped { .. })).count());
        wrong.extend(labor.wrong(|id| format!("IN-{}", id.0)));
        wrong
    };
    // One after the other, of others, of no length, or where the node allows it.
    let good = [
        (1, started("emil", 10)),
        (2, entered("emil", 5, 10, false)),
        (1, stopped("emil", 20)),
        (2, started("emil", 20)),
        (1, entered("mei", 12, 18, false)),
        (3, entered("emil", 0, 90, true)),
        (2, stopped("emil", 20)),
        (1, entered("emil", 20, 30, false)),
    ];
    assert_eq!(found(&good), [""; 0]);
    let overlaps = |from, other: &str| format!("labor of emil on IN-2 from {from} ms overlaps that on IN-1, {other}");
    assert_eq!(found(&[(1, entered("emil", 0, 10, false)), (2, entered("emil", 9, 12, false))]), [overlaps(9, "until 10 ms")]);
    let same = [(1, entered("emil", 0, 10, false)), (2, entered("emil", 0, 10, false))];
    assert_eq!(found(&same), [overlaps(0, "until 10 ms")]);
    // A long one hides behind a short one that came between.
    let hidden = [(1, entered("emil", 0, 100, false)), (1, entered("emil", 10, 20, true)), (2, entered("emil", 90, 95, false))];
    assert_eq!(found(&hidden), [overlaps(90, "until 100 ms")]);
    let running = [(1, started("emil", 50)), (2, entered("emil", 60, 61, false))];
    assert_eq!(found(&running), [overlaps(60, "which runs")]);
    let backwards = [(1, started("emil", 50)), (1, stopped("emil", 40))];
    assert_eq!(found(&backwards), ["labor of emil on IN-1 ends before it begins, at 50 ms"]);
    assert_eq!(found(&[(1, stopped("emil", 40))]), ["labor of emil is stopped and does not run"]);
}
