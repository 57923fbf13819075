//! Shapes of `org.workorderd.System1`; its `.varlink` file says what each field means.

use super::work_orders::shapes;
use serde::{Deserialize, Serialize};

/// The interface's name.
pub const NAME: &str = "org.workorderd.System1";
/// Its description, served as it is.
pub const DESCRIPTION: &str = include_str!("org.workorderd.System1.varlink");

shapes! {
    /// How many Work Orders are in a status.
    Count { status: String, count: i64 }
    /// How the daemon is doing.
    Status {
        version: String, pid: i64, uptime_ms: i64, now: i64, clock: String, clock_synchronised: bool, clock_doubt: Option<String>, time_zone: String, head: String, sequence: i64, work_orders: i64,
        by_status: Vec<Count>, actors: i64, timers: i64, next_timer: Option<i64>, timers_fired: i64, timers_stale: i64, timers_held: i64, timers_parked: i64,
        messages_under_way: i64, steps: i64, groups: i64, mails_sent: i64, mails_failed: i64, store_behind: i64, store_through: i64,
        disk_free: i64, disk_reserve: i64, disk_nearly_full: bool, archived_through: Option<i64>, archive_problem: Option<String>, erasing: Option<String>, panics: i64,
        said: Vec<String>, reloads: i64, reloaded_at: Option<i64>, reload_problems: Vec<String>,
    }
    /// Reply of `Status`.
    StatusTold { status: Status }
    /// Reply of `WhoAmI`.
    Who { uid: i64, user: Option<String>, roles: Vec<String>, through: String, may_act_as: bool }
    /// Parameters of `ActAs`.
    ActAs { user: String }
    /// Reply of `ActAs`.
    Acting { user: String, roles: Vec<String> }
    /// Parameters of `SetClock`.
    SetClock { request_id: String, to: Option<i64>, ahead_ms: Option<i64> }
    /// Reply of `SetClock`.
    ClockSet { now: i64 }
    /// Parameters of `TrustClock`.
    TrustClock { request_id: String }
    /// A timer that is not fired any more.
    ParkedTimer { number: String, kind: String, due: i64, why: String }
    /// Reply of `ListParkedTimers`.
    ParkedTimers { timers: Vec<ParkedTimer> }
    /// Parameters of `RetryTimers`.
    RetryTimers { request_id: String, number: Option<String> }
    /// Reply of `RetryTimers`.
    TimersRetried { timers: i64 }
    /// Reply of `TrustClock`.
    ClockTrusted { now: i64 }
    /// Parameters of `ChangeSmsQuota`.
    ChangeSmsQuota { request_id: String, by: i64 }
    /// Reply of `GetSmsQuota` and `ChangeSmsQuota`: segments.
    SmsQuota { total: i64, used: i64, left: i64 }
    /// A file of a back-up.
    BackUpFile { name: String, bytes: i64, written: i64, hash: String, first: Option<i64>, last: Option<i64> }
    /// Reply of `GetBackUp`.
    BackUp { installation: String, version: String, at: i64, sequence: i64, head: String, end: i64 }
    /// Parameters of `ListBackUpFiles`.
    ListBackUpFiles { end: i64, after: Option<String>, secret: Option<bool>, known: Option<i64> }
    /// Reply of `ListBackUpFiles`.
    BackUpFiles { files: Vec<BackUpFile>, known_hash: Option<String> }
    /// Parameters of `ReadBackUpFile`.
    ReadBackUpFile { end: i64, name: String, offset: i64 }
    /// Reply of `ReadBackUpFile`.
    BackUpPiece { content: String }
}

impl super::shape::Absent for Status {}
