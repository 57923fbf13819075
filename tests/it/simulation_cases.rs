//! Small cases that the simulated world came upon, told one at a time.
//! Cells and the writer's checks by themselves, without disk or shell; what whole runs must keep is in `simulation`.

use crate::world::company;
use std::sync::Arc;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::context::Context;
use workorderd::domain::directory::{DirectoryCommand, DirectoryEvent};
use workorderd::domain::ids::{MailNo, RequestId, ServiceGroupId, VisitNo, WorkOrderId};
use workorderd::domain::installation::Installation;
use workorderd::domain::principal::Principal;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::service_group::{ServiceGroup, ServiceGroupCommand};
use workorderd::domain::time::Timestamp;
use workorderd::domain::transition::transition;
use workorderd::domain::work_order::deadline::Deadline;
use workorderd::domain::work_order::reaction::LoadChanged;
use workorderd::engine::cell::{Cell, Output, PendingStep, Refusal, Submission};
use workorderd::engine::commit::{Admission, Committer};
use workorderd::engine::delivery::Delivery;
use workorderd::engine::entity::{Entity, Request};
use workorderd::engine::reference::Reference;
use workorderd::engine::schedule::{Schedule, Timer};
use workorderd::engine::views::Views;

/// The company's directory without anybody's superior.
fn reference() -> Reference {
    let mut reference = Reference::default();
    for (id, ..) in company::STAFF {
        let mut user = company::staff(id);
        (user.superior, user.department) = (None, None);
        reference.directory.take(&DirectoryEvent::StaffUserPut(user));
    }
    reference
}

fn reports_to(id: &str, above: Option<&str>, request: Option<&str>) -> Submission {
    let mut user = company::staff(id);
    (user.superior, user.department) = (above.map(company::user), None);
    let request = request.map(|id| Request { id: RequestId::new(id).expect("a good id"), digest: 1 });
    let command = Command::Directory(DirectoryCommand::PutStaffUser(user));
    Submission { command, principal: Principal::System, request, expected_revision: None }
}

fn cell(id: &str) -> Cell<u32> {
    Cell::new(Key::StaffUser(company::user(id)), Entity::default())
}

/// Submits, and gives the step that is to be appended.
fn step(cell: &mut Cell<u32>, ticket: u32, submission: Submission) -> Box<PendingStep> {
    let reference = reference();
    let cx = Context { now: Timestamp(1), principal: &Principal::System, catalogue: &reference.catalogue, directory: &reference.directory };
    match cell.submit(ticket, submission, &cx) {
        Some(Output::Append(step)) => step,
        other => panic!("a step was expected, not {other:?}"),
    }
}

fn with_context<R>(judge: impl FnOnce(&Context<'_>) -> R) -> R {
    let reference = reference();
    judge(&Context { now: Timestamp(1), principal: &Principal::System, catalogue: &reference.catalogue, directory: &reference.directory })
}

#[test]
fn two_lines_that_are_changed_at_the_same_moment_close_no_circle() {
    let mut writer = Committer::default();
    let one = step(&mut cell("eng-1"), 1, reports_to("eng-1", Some("eng-2"), None));
    let two = step(&mut cell("eng-2"), 2, reports_to("eng-2", Some("eng-1"), None));
    assert!(matches!(writer.admit(&one), Admission::Append { .. }));
    let refused = writer.admit(&two);
    assert!(matches!(&refused, Admission::Refuse(Rejection::InvalidField { field, .. }) if field == "superior"), "{refused:?}");
}

#[test]
fn what_the_writer_refused_can_be_asked_for_again_after_its_cell_was_let_go() {
    let mut writer = Committer::default();
    assert!(matches!(writer.admit(&step(&mut cell("eng-1"), 1, reports_to("eng-1", Some("eng-2"), None))), Admission::Append { .. }));
    let mut two = cell("eng-2");
    let first = step(&mut two, 2, reports_to("eng-2", Some("eng-1"), None));
    let behind = step(&mut two, 3, reports_to("eng-2", Some("root"), None));
    assert!(matches!(writer.admit(&first), Admission::Refuse(_)));
    assert_eq!(writer.admit(&behind), Admission::Void, "it was judged on what was refused");
    // The cell hears of it, is let go, and is made anew.
    let again = step(&mut cell("eng-2"), 4, reports_to("eng-2", None, None));
    assert!(matches!(writer.admit(&again), Admission::Append { .. }), "nobody would ever be answered");
}

#[test]
fn the_first_step_after_a_refusal_may_be_too_large_and_the_next_one_is_the_first_then() {
    let mut writer = Committer::default();
    assert!(matches!(writer.admit(&step(&mut cell("eng-1"), 1, reports_to("eng-1", Some("eng-2"), None))), Admission::Append { .. }));
    let mut two = cell("eng-2");
    let circle = step(&mut two, 2, reports_to("eng-2", Some("eng-1"), None));
    let Admission::Refuse(rejection) = writer.admit(&circle) else { panic!("a circle") };
    with_context(|cx| two.refused(circle.revision, rejection, cx));
    let large = step(&mut two, 3, reports_to("eng-2", Some("root"), None));
    with_context(|cx| two.unfit(large.revision, Rejection::TooMany { what: "bytes in one step", limit: 1 }, cx));
    let next = step(&mut two, 4, reports_to("eng-2", None, None));
    assert!(matches!(writer.admit(&next), Admission::Append { .. }), "nobody would ever be answered");
}

#[test]
fn a_step_that_is_too_large_is_refused_once_when_what_it_was_judged_on_is_durable() {
    let mut cell = cell("eng-1");
    let sound = step(&mut cell, 1, reports_to("eng-1", None, None));
    let large = step(&mut cell, 2, reports_to("eng-1", Some("root"), Some("r1")));
    let repeated = with_context(|cx| cell.submit(3, reports_to("eng-1", Some("root"), Some("r1")), cx));
    assert!(repeated.is_none(), "the same request waits for the first one");
    let too_large = || Rejection::TooMany { what: "bytes in one step", limit: 1 };
    let mut out = with_context(|cx| cell.unfit(large.revision, too_large(), cx));
    // The repeated one is judged by itself now, and is as large.
    let Some(Output::Append(second)) = out.pop() else { panic!("{out:?}") };
    assert!(out.is_empty() && !cell.is_current(&large) && cell.is_current(&second));
    assert!(with_context(|cx| cell.unfit(second.revision, too_large(), cx)).is_empty(), "the first one is not judged again");
    let answers = cell.appended(sound.revision, 1, 8);
    let told: Vec<_> = answers
        .into_iter()
        .map(|output| match output {
            Output::Answer(ticket, Ok(_)) => (ticket, "accepted"),
            Output::Answer(ticket, Err(Refusal::Rejected(rejection))) => (ticket, rejection.name()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(1, "accepted"), (2, "TooMany"), (3, "TooMany")]);
}

fn group() -> ServiceGroupId {
    company::group("north")
}

fn one_more() -> Vec<LoadChanged> {
    vec![LoadChanged { group: group(), order: WorkOrderId(1), engineer: None, change: 1, ask: None }]
}

#[test]
fn after_a_start_a_parcel_with_old_and_new_messages_counts_the_old_ones_once() {
    let take = |state: Option<&State>, command| {
        let reference = reference();
        let cx =
            Context { now: Timestamp(1), principal: &Principal::System, catalogue: &reference.catalogue, directory: &reference.directory };
        transition(&Key::ServiceGroup(group()), state, &Command::ServiceGroup(command), &cx).map(|step| step.state)
    };
    let put = company::put_group("north");
    let founded = take(None, put).expect("it is founded");
    let mut delivery = Delivery::default();
    let parcel = delivery.take(5, 40, &one_more()).pop().expect("it can set out");
    let before =
        take(Some(&founded), ServiceGroupCommand::Take { sequence: parcel.sequence, messages: parcel.messages }).expect("it is new");
    // Start: both records are read again, only the second one is not taken.
    let mut delivery = Delivery::default();
    delivery.take(5, 40, &one_more());
    delivery.take(7, 60, &one_more());
    let parcel = delivery.again(&group()).expect("both at once");
    assert_eq!((parcel.sequence, parcel.messages.len()), (7, 2));
    let after =
        take(Some(&before), ServiceGroupCommand::Take { sequence: parcel.sequence, messages: parcel.messages }).expect("one is new");
    let State::ServiceGroup(after) = after else { panic!("a group") };
    let ServiceGroup { open, last_taken, .. } = *after;
    assert_eq!((open, last_taken), (2, 7));
}

#[test]
fn a_timer_whose_clock_was_set_back_while_it_fired_stays_set() {
    let timer = Timer { due: Timestamp(100), of: WorkOrderId(1).into(), deadline: Deadline::Remind(VisitNo(1)) };
    let mut schedule = Schedule::default();
    schedule.change(timer.of, &[], &[(timer.due, timer.deadline)]);
    assert_eq!(schedule.take_due(Timestamp(100), Timestamp(100), 9), [timer]);
    // At 99 the state says that it is not due, and has it all the same.
    schedule.settled(timer, true);
    assert_eq!(schedule.next_due(), Some(timer.due));
    assert_eq!(schedule.take_due(Timestamp(100), Timestamp(100), 9), [timer]);
    for _ in 0..20 {
        schedule.again(timer);
        assert_eq!(schedule.take_due(Timestamp(100), Timestamp(100), 9), [timer], "a busy daemon is not the timer's fault");
    }
    schedule.change(timer.of, &[(timer.due, timer.deadline)], &[]);
    schedule.settled(timer, true);
    assert!(schedule.is_empty() && schedule.parked().len() == 0);
}

/// Else a mail that is on its way while its Work Order is voided and restored would be sent by two at once.
#[test]
fn a_timer_that_goes_and_comes_back_while_it_is_fired_is_fired_once() {
    let timer = Timer { due: Timestamp(100), of: WorkOrderId(1).into(), deadline: Deadline::Mail(MailNo(1)) };
    let (none, set): (&[_], &[_]) = (&[], &[(timer.due, timer.deadline)]);
    let lent = || {
        let mut schedule = Schedule::default();
        schedule.change(timer.of, none, set);
        assert_eq!(schedule.take_due(Timestamp(100), Timestamp(100), 9), [timer]);
        schedule.change(timer.of, set, none);
        assert!(schedule.is_empty() && schedule.all().next().is_none());
        schedule.change(timer.of, none, set);
        assert_eq!((schedule.len(), schedule.all().collect::<Vec<_>>()), (1, vec![timer]));
        assert_eq!(schedule.take_due(Timestamp(100), Timestamp(100), 9), [], "it is fired already");
        schedule
    };
    let mut recorded = lent();
    recorded.change(timer.of, set, none);
    recorded.settled(timer, false);
    assert!(recorded.is_empty());
    let again: [fn(&mut Schedule, Timer); 3] = [Schedule::again, Schedule::failed, |schedule, timer| schedule.settled(timer, true)];
    for again in again {
        let mut schedule = lent();
        again(&mut schedule, timer);
        assert_eq!(schedule.take_due(Timestamp(100), Timestamp(100), 9), [timer]);
        schedule.change(timer.of, set, none);
        again(&mut schedule, timer);
        assert!(schedule.is_empty() && schedule.parked().len() == 0, "its state has it no more");
    }
}

#[test]
fn lists_reach_the_end_of_the_journal_after_a_start_whatever_its_last_record_is() {
    let views = Views::default();
    views.load(&Arc::new(State::Installation(Installation { manual_clock: None, anchor: None, sms_quota: 0 })), 12);
    assert_eq!(views.board().through(), 12);
}
