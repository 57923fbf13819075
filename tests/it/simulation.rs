//! The simulated world, run: many seeds, each a company over weeks of simulated time with crashes in between.
//! `WO_SEEDS=2000` runs so many of them on all cores, as `.ci/run` does; `WO_SEED=7` that one.
//! A failing seed is printed with the command that replays it. What is checked is in `world`.

use crate::world::coverage::Coverage;
use crate::world::world::{BEGINNING, World};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use workorderd::domain::work_order::state::{Exit, Outcome};

const STEPS: usize = 2_500;

/// Runs one seed: what was reached, records, days passed.
fn run(seed: u64) -> World {
    let guard = Replay(seed);
    let mut world = World::new(seed);
    world.run(STEPS);
    std::mem::forget(guard);
    world
}

struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        let seed = self.0;
        eprintln!("seed {seed} fails; replay it with: WO_SEED={seed} cargo test --test it thousands_of_simulated_days");
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn thousands_of_simulated_days_keep_every_promise() {
    let begun = Instant::now();
    let (first, most) = match (setting("WO_SEED"), setting("WO_SEEDS")) {
        (Some(seed), _) => (seed, 1),
        (None, Some(seeds)) => (0, seeds),
        (None, None) => (0, u64::MAX),
    };
    let limit = Duration::from_secs(if most == u64::MAX { 25 } else { 36_000 });
    let next = AtomicU64::new(0);
    let work = || {
        let mut coverage = Coverage::default();
        let (mut seeds, mut days, mut records, mut crashes, mut repeated) = (0_u64, 0, 0, 0, 0);
        while begun.elapsed() < limit {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= most {
                break;
            }
            let world = run(first + seed);
            seeds += 1;
            days += (world.now.0 - BEGINNING.0) / 86_400_000;
            records += world.audit.lines.len();
            crashes += world.life;
            repeated += world.post.repeated;
            coverage.add(&world.coverage);
        }
        (coverage, [seeds as i64, days, records as i64, crashes.into(), repeated.into()])
    };
    // Where many seeds are asked for, all cores; else the other tests run beside it.
    // `WO_THREADS=1`: one seed after the other, so that what is found first is always the same.
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if most == u64::MAX { 1 } else { setting("WO_THREADS").map_or_else(cores, |threads| threads as usize) };
    let mut coverage = Coverage::default();
    let mut sums = [0; 5];
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let (more, figures) = thread.join().expect("a seed failed");
            coverage.add(&more);
            sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        }
    });
    let [seeds, days, records, crashes, repeated] = sums;
    let rate = seeds as f64 / begun.elapsed().as_secs_f64();
    println!("{seeds} seeds, {rate:.1} a second; {days} days, {records} records, {crashes} crashes, {repeated} mails repeated");
    println!("{}", coverage.summary());
}

/// What some dozens of seeds must reach.
const REACHED: [(&str, &[&str]); 17] = [
    (
        "command",
        &[
            "AcceptAssignment",
            "AddServiceRecord",
            "AddTeamMember",
            "ApplyDefinitions",
            "AssignByRule",
            "AssignToEngineer",
            "AssignToGroup",
            "Cancel",
            "CloseFollowUp",
            "PassFollowUpOn",
            "RecordFollowUpAttempt",
            "SubmitFollowUp",
            "CancelVisit",
            "ChangeOwner",
            "Claim",
            "ClearAbsence",
            "CompleteStep",
            "CompleteTask",
            "ConfirmNotSolved",
            "ConfirmSolved",
            "Create",
            "DeclineAssignment",
            "Delete",
            "Edit",
            "FinishToDo",
            "Forward",
            "DeleteRecordType",
            "EnterLabor",
            "ErasePerson",
            "FinishErasure",
            "Fire",
            "Found",
            "Hold",
            "Lock",
            "MoveToVersion",
            "MoveVisit",
            "PlanVisit",
            "PublishRecordType",
            "PutAccount",
            "PutContact",
            "PutDepartment",
            "PutProduct",
            "PutServiceGroup",
            "PutServiceProvider",
            "PutStaffUser",
            "PutTerminal",
            "PutUserGroup",
            "Reconsider",
            "RecordCall",
            "RecordMail",
            "RecordSignInMail",
            "RequestSignIn",
            "Reject",
            "RemindMe",
            "RemoveTeamMember",
            "Restore",
            "Resume",
            "RetireRecordType",
            "SaveFields",
            "SetAbsence",
            "SetClock",
            "SetNotices",
            "SignIn",
            "SignOut",
            "SkipEvaluation",
            "SkipStep",
            "StartCall",
            "StartLabor",
            "StopLabor",
            "SubmitEvaluation",
            "Take",
            "TakeTask",
            "TrustClock",
            "Transfer",
            "Unlock",
            "Void",
        ],
    ),
    (
        "event",
        &[
            "AbsenceCleared",
            "AbsenceSet",
            "AccountPut",
            "AssignedToEngineer",
            "AssignedToGroup",
            "AssignmentAccepted",
            "AssignmentTransferred",
            "BecameOverdue",
            "CallStarted",
            "CallTold",
            "ClockSet",
            "ClockTrusted",
            "ConfirmedNotSolved",
            "ConfirmedSolved",
            "ContactPut",
            "ChosenByRule",
            "Created",
            "DefinitionsApplied",
            "DepartmentPut",
            "Deleted",
            "Edited",
            "Ended",
            "ErasureFinished",
            "EvaluationRecorded",
            "FieldsSaved",
            "FollowUpAssigned",
            "FollowUpAttempted",
            "FollowUpNotAssigned",
            "FollowUpPassedOn",
            "FollowUpTaken",
            "Held",
            "InstallationFounded",
            "Invited",
            "LaborEntered",
            "LaborStarted",
            "LaborStopped",
            "Locked",
            "LoadTaken",
            "MailQueued",
            "MailTried",
            "MovedToVersion",
            "NodeEntered",
            "NodeLeft",
            "NodePassedOver",
            "OwnerChanged",
            "PersonErased",
            "ProductPut",
            "RecordTypeDeleted",
            "RecordTypePublished",
            "RecordTypeRetired",
            "NotAssigned",
            "NoticesSet",
            "ReminderDue",
            "Reminded",
            "Resumed",
            "Restored",
            "TeamMemberAdded",
            "TeamMemberRemoved",
            "Unlocked",
            "Voided",
            "ServiceGroupPut",
            "ServiceProviderPut",
            "ServiceRecordAdded",
            "SignInMailTried",
            "SignInRequested",
            "SignedIn",
            "SignedOut",
            "StaffUserPut",
            "StepCompleted",
            "StepSkipped",
            "TaskCompleted",
            "TaskTaken",
            "TaskTransferred",
            "TerminalPut",
            "ToDoFinished",
            "ToDoMade",
            "UserGroupPut",
            "VisitCancelled",
            "VisitMoved",
            "VisitPlanned",
        ],
    ),
    ("clock", &["set far ahead", "set far back", "doubted, and a completion waits"]),
    ("timer", &["fired alone", "set again"]),
    ("end", &["process", "machine", "by a timer"]),
    ("exit", &Exit::NAMES),
    ("outcome", &Outcome::NAMES),
    ("room", &["scarce", "scarce while timers were due", "there again", "there again, with timers overdue"]),
    ("reload", &["reserve", "mail server", "no mail server", "journal to keep"]),
    ("archive", &["moved a segment"]),
    ("erasure", &["Work Orders were told", "the disk failed", "finished"]),
    ("evaluation", &["link", "qr-code", "staff", "after completion"]),
    ("passed over", &["the follow-up plug-in is off", "no rule matched"]),
    ("mail", &["sent", "deferred", "failed", "expired"]),
    (
        "call",
        &[
            "waiting",
            "ringing",
            "talking",
            "answered",
            "no-answer",
            "busy",
            "failed",
            "given-up",
            "handed over",
            "handed over again",
            "the answer was lost",
            "the center is down",
            "the center brings a report",
            "nobody waits for it any more",
        ],
    ),
    (
        "refusal",
        &[
            "DiskNearlyFull",
            "Erased",
            "HasOpenWork",
            "NotFound",
            "InvalidField",
            "InvalidFormField",
            "UnknownReference",
            "NotPermitted",
            "WrongNode",
            "Ended",
            "OnHold",
            "NotOnHold",
            "Locked",
            "NotLocked",
            "NotVoid",
            "Void",
            "EvaluationMissing",
            "SkipNotOffered",
            "NotAttempted",
            "TooLateToCancel",
            "LaborNotRunning",
            "LaborOverlaps",
            "StepOutOfOrder",
            "StepsMissing",
            "InvalidAnswer",
            "UnknownInvitation",
            "InvitationExpired",
            "InvitationPurpose",
            "InvitationUsed",
            "NotAMember",
            "NoCallAccount",
            "CallUnderWay",
            "OverLimit",
            "ChoiceStale",
            "NotAllowedHere",
            "TakenByAnother",
            "Conflict",
            "RequestIdReused",
            "NumberTaken",
            "TimerStale",
            "NothingToChange",
            "RecordTypeNotPublished",
            "RecordTypeNotRetired",
            "TooMany",
            "MessageTakenAlready",
            "WouldDropGate",
            "ClockNotManual",
            "ClockGoesAhead",
        ],
    ),
    ("start", &["clean", "store behind", "no store, rebuilt", "store moved aside, rebuilt", "torn", "disk failed"]),
];

#[test]
fn the_world_reaches_every_command_event_exit_and_refusal() {
    let mut coverage = Coverage::default();
    let missing = |coverage: &Coverage| -> Vec<_> {
        REACHED.iter().map(|(kind, names)| (kind, coverage.missing(kind, names))).filter(|(_, m)| !m.is_empty()).collect()
    };
    // Some are met by one seed in fifty: they are gone on with until all were, but not for ever.
    for seed in 1_000..1_200 {
        coverage.add(&run(seed).coverage);
        if seed >= 1_060 && missing(&coverage).is_empty() {
            break;
        }
    }
    let missing = missing(&coverage);
    assert!(missing.is_empty(), "never reached: {missing:?}\n{}", coverage.summary());
    for (kind, name) in [("writer", "void"), ("cell", "left"), ("cell", "dropped a step"), ("client", "asked again after a crash")] {
        assert!(coverage.of(kind, name) > 0, "no {kind} was ever: {name}");
    }
}

#[test]
fn the_same_seed_replays_exactly() {
    let mut crashes = 0;
    for seed in 1..7 {
        let (one, two) = (run(seed), run(seed));
        assert_eq!(one.audit.head(), two.audit.head(), "seed {seed}");
        assert_eq!((one.audit.lines.len(), one.now, one.life), (two.audit.lines.len(), two.now, two.life), "seed {seed}");
        assert_eq!(one.coverage.summary(), two.coverage.summary(), "seed {seed}");
        crashes += one.life;
    }
    assert!(crashes > 5, "only {crashes} crashes were replayed");
}
