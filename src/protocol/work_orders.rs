//! Shapes of `org.workorderd.WorkOrders1`; its `.varlink` file says what each field means, and a test holds the two together.

use super::varlink::Parameters;
use serde::{Deserialize, Serialize};

/// The interface's name.
pub const NAME: &str = "org.workorderd.WorkOrders1";
/// Its description, served as it is.
pub const DESCRIPTION: &str = include_str!("org.workorderd.WorkOrders1.varlink");

/// Makes parameter and reply structs alike: camel case on the wire, absent options left out. Fields that are not known are passed
/// over: a reply of a newer daemon has more than an older client knows. In a call they are refused before, by its description.
macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident { $($field:ident : $type:ty),* $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $name { $(#[serde(default, skip_serializing_if = "crate::protocol::absent")] pub $field: $type),* }
        )+
    };
}
pub(crate) use shapes;

/// The scenes of `List`.
pub const SCENES: [&str; 11] = [
    "all",
    "my-responsible",
    "my-participation",
    "my-responsible-departments",
    "my-subordinates-responsible",
    "my-subordinates-participated",
    "shared-to-me",
    "unresolved",
    "urgent",
    "closed",
    "submitted-by-me",
];
/// The orders of `List`.
pub const SORTS: [&str; 4] = ["newest", "oldest", "priority", "changed"];

shapes! {
    /// What an accepted command gives.
    Receipt { number: String, revision: i64, sequence: i64 }
    /// Reply of every command.
    Accepted { receipt: Receipt }
    /// One line of a list.
    Line {
        number: String, record_type: String, subject: String, priority: String, status: String, outcome: Option<String>, node: Option<String>,
        group: Option<String>, engineer: Option<String>, account: Option<String>, contact: Option<String>, reference: Option<String>, created_at: i64, on_hold: bool,
        overdue: bool, evaluation_awaited: bool, mail_trouble: bool, owner: Option<String>, life: Option<String>, locked: bool,
    }
    /// Somebody on the team; `access`: read, read-write.
    TeamMember { user: String, access: String }
    /// What a guest left of themselves.
    Guest { name: String, phone: Option<String>, email: Option<String> }
    /// A node of the process; `state`: done, passed-over, now, ahead.
    Node { name: String, title: String, kind: String, state: String }
    /// A timer that is set.
    Timer { due: i64, kind: String, what: String }
    /// A mail intent.
    Mail { no: i64, channel: String, template: String, to: String, status: String, attempts: i64, queued_at: i64, next_at: Option<i64>, why: Option<String> }
    /// A call by one of the staff.
    PhoneCall {
        no: i64, to: Option<String>, phone: String, by: String, account: String, at: i64, status: String, since: Option<i64>,
        seconds: Option<i64>, why: Option<String>,
    }
    /// An invitation.
    Invitation { no: i64, purpose: String, source: String, expires_at: i64, used: i64, link: Option<String> }
    /// An answer of an evaluation.
    Answer { field: String, value: String, scale: Option<i64>, photo: Option<String> }
    /// An evaluation.
    Evaluation {
        source: String, template: String, at: i64, after_completion: bool, by: Option<String>, way: Option<String>, answers: Vec<Answer>,
    }
    /// An answer as it is given.
    GivenAnswer { field: String, value: String, photo: Option<super::guest::Photo> }
    /// What is asked.
    Question { name: String, title: String, kind: String, required: bool, max: Option<i64>, options: Vec<Choice> }
    /// An attempt to reach the customer, in vain.
    FollowUpAttempt { at: i64, by: Option<String>, way: String, outcome: String, note: Option<String> }
    /// The follow-up that is open.
    FollowUp {
        rule: Option<String>, template: String, template_title: String, person: Option<String>, rotation: Option<String>,
        nobody: Option<String>, questions: Vec<Question>,
    }
    /// One line of the list of follow-ups.
    FollowUpLine {
        line: Line, person: Option<String>, template: String, attempts: i64, last_attempt: Option<FollowUpAttempt>, since: i64, due: Option<i64>,
    }
    /// Parameters of `ListFollowUps`.
    ListFollowUps { mine: Option<bool>, sort: Option<String>, limit: Option<i64>, after: Option<String>, at_least: Option<i64> }
    /// Reply of `ListFollowUps`.
    FollowUpsListed { follow_ups: Vec<FollowUpLine>, next: Option<String>, total: i64, now: i64 }
    /// What was worked out when the follow-up node was entered, and who has it.
    FrozenFollowUp {
        node: String, since: i64, rule: Option<String>, template: String, person: Option<String>, rotation: Option<String>, nobody: Option<String>,
    }
    /// How a follow-up rule stands to a Work Order now.
    FollowUpVerdict { rule: String, precedence: i64, verdict: String, why: Option<String>, template: String, by: String }
    /// Parameters of `ExplainFollowUp`.
    ExplainFollowUp { number: String }
    /// Reply of `ExplainFollowUp`.
    FollowUpExplained { number: String, now: i64, on: bool, frozen: Option<FrozenFollowUp>, rules: Vec<FollowUpVerdict> }
    /// A field with its value.
    Field {
        name: String, title: String, kind: String, to: Option<String>, form: Option<String>, text: String, columns: Vec<String>,
        column_kinds: Vec<String>, rows: Vec<Vec<String>>,
    }
    /// One of the things to choose from.
    Choice { name: String, title: String }
    /// A field of a form; with `table` it is a column.
    FormField {
        name: String, table: Option<String>, title: String, kind: String, help: Option<String>, required: bool, read_only: bool,
        default: Option<String>,
        min: Option<String>, max: Option<String>, pattern: Option<String>, decimals: Option<i64>, currency: Option<String>,
        to: Option<String>, media_types: Vec<String>, choices: Vec<Choice>,
    }
    /// A form.
    Form { name: String, version: i64, title: String, fields: Vec<FormField> }
    /// A staff user.
    Person { id: String, name: String }
    /// A handler and the staff users it stands for.
    HandlerPeople { handler: String, people: Vec<Person> }
    /// The step that entered the node.
    Cause { at: i64, by: String, command: String, details: Vec<String> }
    /// A command, were the caller to give it now.
    PossibleCommand {
        command: String, label: Option<String>, allowed: bool, error: Option<String>, why: Option<String>, asks: Option<String>,
        leads_to: Option<String>,
    }
    /// A node after this one.
    NodeAhead { name: String, title: String, kind: String, passed_over: Option<String>, handlers: Vec<String> }
    /// Parameters of `BringAttachment`.
    BringAttachment { upload: String, offset: i64, content: String, last: bool }
    /// Reply of `BringAttachment`.
    AttachmentBrought { received: i64, hash: Option<String>, size: Option<i64> }
    /// Parameters of `ReadAttachment`.
    ReadAttachment { number: String, hash: String, offset: Option<i64> }
    /// Reply of `ReadAttachment`.
    AttachmentRead { content: String, size: i64, media_type: String, name: String, next: Option<i64> }
    /// Parameters of `Explain`.
    Explain { number: String, language: Option<String> }
    /// Why it is there, who may act, what comes next.
    Explanation {
        number: String, subject: String, status: String, outcome: Option<String>, now: i64, node: Option<String>, title: Option<String>,
        kind: Option<String>, since: Option<i64>, on_hold: Option<String>, cause: Option<Cause>, handlers: Vec<HandlerPeople>,
        timers: Vec<Timer>, notes: Vec<String>, commands: Vec<PossibleCommand>, ahead: Vec<NodeAhead>,
    }
    /// What was worked out when the evaluation node was entered.
    FrozenEvaluation { node: String, since: i64, rule: Option<String>, template: String, mandatory: bool, skip: bool,
        channels: Vec<String>, fall_back_after: Option<i64> }
    /// How a rule stands to a Work Order now.
    RuleVerdict { rule: String, precedence: i64, verdict: String, why: Option<String>, template: String, mandatory: bool,
        channels: Vec<String>, message_priority: bool }
    /// Parameters of `ExplainEvaluation`.
    ExplainEvaluation { number: String }
    /// Reply of `ExplainEvaluation`.
    EvaluationExplained { number: String, now: i64, frozen: Option<FrozenEvaluation>, rules: Vec<RuleVerdict> }
    /// Reply of `Explain`.
    Explained { explanation: Explanation }
    /// Parameters of `DescribeForm`.
    DescribeForm { form: Option<String>, record_type: Option<String>, number: Option<String>, language: Option<String> }
    /// Reply of `DescribeForm`.
    DescribedForm { form: Form }
    /// A step of the SOP; `state`: open, done, skipped.
    SopStep {
        name: String, title: String, required: bool, ordered: bool, location: bool, labor: bool, form: Option<String>, state: String, by: Option<String>,
        at: Option<i64>, place: Option<String>, note: Option<String>,
    }
    /// An interval of labor; without an end it runs.
    Labor { engineer: String, from: i64, to: Option<i64>, step: Option<String> }
    /// A planned visit; `moved`: how often.
    PlannedVisit { visit: i64, engineer: String, from: i64, until: i64, note: Option<String>, moved: i64 }
    /// What else an engineer has to do then.
    Overlap { from: i64, until: i64, number: Option<String>, visit: Option<i64> }
    /// Reply of `PlanVisit` and `MoveVisit`.
    Planned { receipt: Receipt, visit: Option<i64>, absent: bool, overlaps: Vec<Overlap> }
    /// A planned visit on a calendar.
    CalendarEntry {
        engineer: String, from: i64, until: i64, number: Option<String>, visit: Option<i64>, subject: Option<String>, account: Option<String>,
        note: Option<String>, moved: i64, changed_at: i64, uid: String, absent: bool, overlaps: Vec<Overlap>,
    }
    /// When somebody is absent.
    Away { engineer: String, from: i64, until: i64 }
    /// Parameters of `GetCalendar`.
    GetCalendar { engineer: Option<String>, from: i64, until: i64, limit: Option<i64>, after: Option<String>, at_least: Option<i64> }
    /// Reply of `GetCalendar`.
    CalendarTold { entries: Vec<CalendarEntry>, absences: Vec<Away>, next: Option<String>, now: i64 }
    /// A service record.
    ServiceRecord { at: i64, kind: String, by: Option<String>, text: String }
    /// An engineer's labor over all Work Orders.
    LaborTotal { engineer: String, labor_ms: i64, intervals: i64, running: Vec<String> }
    /// Parameters of `LaborTotals`.
    LaborTotals { engineer: Option<String>, limit: Option<i64>, after: Option<String> }
    /// Reply of `LaborTotals`.
    LaborTotalsTold { totals: Vec<LaborTotal>, next: Option<String> }
    /// A Work Order in full.
    WorkOrder {
        number: String, revision: i64, record_type: String, record_type_title: String, process: String, process_version: i64, subject: String,
        description: Option<String>, reference: Option<String>, account: Option<String>, account_name: Option<String>,
        contact: Option<String>, contact_name: Option<String>, contact_language: Option<String>, priority: String, channel: String,
        entry_point: String, submitter: String, guest: Option<Guest>, created_by: Option<String>, created_at: i64, owner: Option<String>, team: Vec<TeamMember>, life: Option<String>,
        locked_by: Option<String>, group: Option<String>, engineer: Option<String>, status: String,
        outcome: Option<String>, ended_at: Option<i64>, first_accepted_at: Option<i64>, last_completed_at: Option<i64>,
        last_completed_by: Option<String>, on_hold: Option<String>, held_ms: i64, reopened: i64, reassigned: i64, node: Option<String>,
        node_kind: Option<String>, handlers: Vec<String>, taken_by: Option<String>, mandatory: bool, nodes: Vec<Node>, timers: Vec<Timer>,
        mails: Vec<Mail>, calls: Vec<PhoneCall>, invitations: Vec<Invitation>, evaluations: Vec<Evaluation>, form: Option<String>, fields: Vec<Field>,
        values: Parameters, sop: Option<String>, steps: Vec<SopStep>, planned: Vec<PlannedVisit>,
        labor: Vec<Labor>, labor_ms: i64, service_records: Vec<ServiceRecord>, service_records_made: i64,
        people: Vec<Person>, to_dos: Vec<PersonalToDo>, follow_up: Option<FollowUp>, attempts: Vec<FollowUpAttempt>, attempts_made: i64,
    }
    /// What was done, in the words of whoever did it.
    WorkDone { kind: String, by: Option<Person>, step: Option<String>, note: Option<String> }
    /// One event of one step.
    HistoryLine {
        sequence: i64, revision: i64, at: i64, by: String, command: String, event: String, details: String, done: Option<WorkDone>,
    }
    /// One step as watchers get it.
    Step {
        sequence: i64, at: i64, by: String, what: String, number: Option<String>, command: String, events: Vec<String>,
        to_do: Option<String>,
    }
    /// Something that waits for the caller.
    ToDo { line: Line, kind: String, since: i64, claimable: bool, no: Option<i64>, by: Option<String>, note: Option<String> }
    /// What waits for the caller alone, of one Work Order.
    PersonalToDo { no: i64, kind: String, by: Option<String>, note: Option<String>, at: i64, ahead: bool }
    /// Parameters of `ListToDos`.
    ListToDos { sort: Option<String>, limit: Option<i64>, after: Option<String>, at_least: Option<i64> }
    /// Reply of `ListToDos`.
    ToDosListed { to_dos: Vec<ToDo>, next: Option<String>, total: i64 }
    /// Parameters of `Create`.
    Create {
        request_id: String, record_type: String, subject: String, description: Option<String>, reference: Option<String>, account: Option<String>,
        contact: Option<String>, priority: Option<String>, channel: Option<String>, entry_point: Option<String>,
        submitter: Option<String>, fields: Option<Parameters>,
    }
    /// Parameters of `JudgeCreate`.
    JudgeCreate {
        request_id: Option<String>, record_type: String, subject: String, description: Option<String>, reference: Option<String>,
        account: Option<String>, contact: Option<String>, priority: Option<String>, channel: Option<String>, entry_point: Option<String>, submitter: Option<String>,
        fields: Option<Parameters>,
    }
    /// Reply of `JudgeCreate`.
    CreateJudged { number: Option<String> }
    /// Parameters of `Get`.
    Get { number: String, language: Option<String> }
    /// Reply of `Get`.
    Got { work_order: WorkOrder }
    /// Parameters of `History`.
    History { number: String, limit: Option<i64> }
    /// Reply of `History`.
    HistoryTold { lines: Vec<HistoryLine>, more: bool, away: Option<String> }
    /// Parameters of `List`.
    List {
        status: Option<String>, open: Option<bool>, priority: Option<String>, record_type: Option<String>, group: Option<String>,
        engineer: Option<String>, account: Option<String>, contact: Option<String>, reference: Option<String>, on_hold: Option<bool>,
        overdue: Option<bool>, owner: Option<String>, submitter: Option<String>, handler: Option<String>, created_from: Option<i64>,
        created_until: Option<i64>, fields: Option<Parameters>, life: Option<String>, scene: Option<String>, sort: Option<String>,
        limit: Option<i64>, after: Option<String>, at_least: Option<i64>,
    }
    /// Reply of `List`; `total` counts all that match, on every page.
    Listed { lines: Vec<Line>, next: Option<String>, total: i64 }
    /// What is counted of a queue.
    Queue { group: Option<String>, open: i64, unassigned: i64, overdue: i64 }
    /// Parameters of `GetQueues`.
    GetQueues { at_least: Option<i64> }
    /// Reply of `GetQueues`.
    QueuesTold { all: Queue, mine: Option<Queue>, groups: Vec<Queue> }
    /// One line of a queue.
    Pressing { line: Line, due: Option<i64> }
    /// Parameters of `ListPressing`.
    ListPressing {
        group: Option<String>, no_group: Option<bool>, engineer: Option<String>, unassigned: Option<bool>, overdue: Option<bool>,
        limit: Option<i64>, after: Option<String>, at_least: Option<i64>,
    }
    /// Reply of `ListPressing`.
    PressingListed { lines: Vec<Pressing>, next: Option<String>, now: i64 }
    /// Parameters of `Watch`.
    Watch { after: Option<i64>, number: Option<String> }
    /// One reply of `Watch`.
    Watched { steps: Vec<Step> }
    /// Parameters of every command on a Work Order: the first three are common, the others as the command needs them.
    Act {
        number: String, request_id: String, expected_revision: Option<i64>, group: Option<String>, engineer: Option<String>, reason: Option<String>,
        note: Option<String>, version: Option<i64>, text: Option<String>, fields: Option<Parameters>, over_limit: Option<bool>,
        kind: Option<String>, step: Option<String>, location: Option<String>, from: Option<i64>, to: Option<i64>, at: Option<i64>,
        owner: Option<String>, user: Option<String>, access: Option<String>, subject: Option<String>, description: Option<String>,
        reference: Option<String>, account: Option<String>, contact: Option<String>, priority: Option<String>,
        visit: Option<i64>, until: Option<i64>, users: Option<Vec<String>>, to_do: Option<i64>,
        way: Option<String>, outcome: Option<String>, answers: Option<Vec<GivenAnswer>>,
    }
    /// Parameters of `StartCall`.
    StartCall { number: String, request_id: String, expected_revision: Option<i64>, to: Option<String>, phone: Option<String> }
    /// Parameters of `Why`.
    Why { number: String, user: Option<String> }
    /// What somebody may do or not, and why.
    Verdict { action: String, allowed: bool, because: Vec<String> }
    /// Reply of `Why`.
    WhyTold { number: String, user: Option<String>, relations: Vec<String>, verdicts: Vec<Verdict> }
}

impl super::shape::Absent for Explanation {}
impl super::shape::Absent for Receipt {}
impl super::shape::Absent for Line {}
impl super::shape::Absent for Queue {}
impl super::shape::Absent for WorkOrder {}
impl super::shape::Absent for Form {}
impl super::shape::Absent for Parameters {}
