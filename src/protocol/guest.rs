//! Shapes of `org.workorderd.Guest1`; its `.varlink` file says what each field means.

use super::varlink::Parameters;
use super::work_orders::{self, shapes};
use serde::{Deserialize, Serialize};

/// The interface's name.
pub const NAME: &str = "org.workorderd.Guest1";
/// Its description, served as it is.
pub const DESCRIPTION: &str = include_str!("org.workorderd.Guest1.varlink");

/// The orders of `ListOwn`.
pub const ORDERS: [&str; 2] = ["newest", "changed"];

shapes! {
    /// A question of an evaluation template.
    Field { name: String, title: String, kind: String, required: bool, max: Option<i64>, options: Vec<Choice> }
    /// One of the answers to choose from.
    Choice { name: String, title: String }
    /// An answer as given.
    Answer { field: String, value: String, photo: Option<Photo> }
    /// A photo that was brought.
    Photo { hash: String, name: String }
    /// What was given through a link.
    Given { at: i64, after_completion: bool, answers: Vec<Answer> }
    /// Parameters of `Show`.
    Show { token: String, language: Option<String> }
    /// Reply of `Show`.
    Shown {
        purpose: String, number: String, subject: String, language: String, template: Option<String>, fields: Vec<Field>, used: i64,
        open: bool, closed: Option<String>, given: Option<Given>,
    }
    /// Parameters of `Evaluate`.
    Evaluate { token: String, request_id: String, answers: Vec<Answer> }
    /// Reply of `Evaluate`.
    Evaluated { number: String, sequence: i64, after_completion: bool }
    /// Parameters of `BringPhoto`; its reply is that of `BringAttachment`.
    BringPhoto { token: String, upload: String, offset: i64, content: String, last: bool }
    /// Parameters of `Confirm`.
    Confirm { token: String, request_id: String, solved: bool, reason: Option<String> }
    /// Reply of `Confirm`, and of other commands on one Work Order.
    Confirmed { number: String, sequence: i64 }
    /// Parameters of `RequestSignIn`.
    RequestSignIn { email: String, language: Option<String> }
    /// Reply of `RequestSignIn`, in milliseconds.
    SignInRequested { good_for: i64 }
    /// Parameters of `SignIn`.
    SignIn { token: String, request_id: String }
    /// Reply of `SignIn`.
    SignedIn { session: String, ends_at: i64, name: String, language: String }
    /// Parameters of `TakeReceipt`.
    TakeReceipt { provider: String, token: Option<String>, query: Option<String>, signature: Option<String>, body: Option<String> }
    /// Reply of `TakeReceipt`.
    ReceiptTaken { answer: String }
    /// Parameters of `SignOut`.
    SignOut { session: String, request_id: String }
    /// A kind of Work Order that can be raised.
    RecordType { name: String, title: String, form: bool }
    /// Parameters of `ListRecordTypes`.
    ListRecordTypes { session: Option<String>, language: Option<String> }
    /// Reply of `ListRecordTypes`.
    RecordTypes { record_types: Vec<RecordType> }
    /// Parameters of `DescribeForm`.
    DescribeForm { session: Option<String>, record_type: String, language: Option<String> }
    /// Parameters of `Create`.
    Create {
        session: Option<String>, request_id: String, record_type: String, subject: String, description: Option<String>, reference: Option<String>,
        fields: Option<Parameters>, guest: Option<work_orders::Guest>, language: Option<String>,
    }
    /// One line of a list.
    Line {
        number: String, record_type: String, subject: String, status: String, outcome: Option<String>, status_text: String, created_at: i64,
        mine: bool, waits_for_you: bool,
    }
    /// When somebody is to come.
    Visit { from: i64, until: i64 }
    /// A Work Order as a customer may read it.
    WorkOrder {
        line: Line, record_type_name: String, description: Option<String>, reference: Option<String>, on_hold: bool, accepted_at: Option<i64>,
        completed_at: Option<i64>, ended_at: Option<i64>, visits: Vec<Visit>, fields: Vec<work_orders::Field>, may_confirm: bool, may_cancel: bool,
    }
    /// Parameters of `ListOwn`.
    ListOwn {
        session: String, open: Option<bool>, order: Option<String>, language: Option<String>, limit: Option<i64>, after: Option<String>,
        at_least: Option<i64>,
    }
    /// Reply of `ListOwn`.
    OwnListed { lines: Vec<Line>, next: Option<String>, total: i64 }
    /// Parameters of `GetOwn`.
    GetOwn { session: String, number: String, language: Option<String> }
    /// Reply of `GetOwn`.
    OwnGot { work_order: WorkOrder }
    /// Parameters of `ConfirmOwn`.
    ConfirmOwn { session: String, number: String, request_id: String, solved: bool, reason: Option<String> }
    /// Parameters of `CancelOwn`.
    CancelOwn { session: String, number: String, request_id: String, reason: Option<String> }
    /// Parameters of `LookUpTerminal`.
    LookUpTerminal { session: Option<String>, serial_number: String, language: Option<String> }
    /// A terminal, as far as the caller may know of it.
    Terminal {
        product: String, model: Option<String>, warranty_end: Option<String>, in_warranty: Option<bool>, own: bool, id: Option<String>,
        name: Option<String>, site: Option<String>, work_orders: Vec<Line>,
    }
    /// Reply of `LookUpTerminal`.
    Terminals { terminals: Vec<Terminal> }
    /// Reply of `SignOut`.
    SignedOut {}
}

impl super::shape::Absent for Line {}
impl super::shape::Absent for WorkOrder {}
