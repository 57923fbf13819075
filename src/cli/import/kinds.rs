//! What can be imported, and which fields it has. A field is named as the calls name it, with `_` for capitals.

/// How a cell becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// As it stands.
    Text,
    /// Several, divided by commas or semicolons, also the Chinese ones.
    List,
    /// yes or no.
    Flag,
    /// A day.
    Date,
    /// A point in time.
    Time,
    /// A number, with a point if it has a fraction.
    Number,
    /// A number without a fraction.
    Whole,
}

/// A kind of line.
#[derive(Debug)]
pub struct Kind {
    /// As it is typed.
    pub name: &'static str,
    /// The method that makes one, with its interface.
    pub method: &'static str,
    /// The method that judges one.
    pub judge: &'static str,
    /// The parameter that the entry is in; none: the fields are parameters themselves.
    pub parameter: Option<&'static str>,
    /// Fields: name, type, whether a line must have it.
    pub fields: &'static [(&'static str, Type, bool)],
    /// The field that names another entry of the same kind.
    pub above: Option<&'static str>,
}

use Type::{Date, Flag, List, Text, Whole};

const JUDGE: &str = "org.workorderd.Directory1.JudgePut";
const ID: (&str, Type, bool) = ("id", Text, true);
const NAME: (&str, Type, bool) = ("name", Text, true);
const DISABLED: (&str, Type, bool) = ("disabled", Flag, false);

/// All of them.
pub const KINDS: [Kind; 10] = [
    Kind {
        name: "staff-user",
        method: "org.workorderd.Directory1.PutStaffUser",
        judge: JUDGE,
        parameter: Some("staffUser"),
        fields: &[
            ID,
            NAME,
            ("email", Text, false),
            ("language", Text, false),
            ("roles", List, false),
            ("superior", Text, false),
            ("department", Text, false),
            ("provider", Text, false),
            ("call_account", Text, false),
            ("skills", List, false),
            ("regions", List, false),
            DISABLED,
        ],
        above: Some("superior"),
    },
    Kind {
        name: "department",
        method: "org.workorderd.Directory1.PutDepartment",
        judge: JUDGE,
        parameter: Some("department"),
        fields: &[ID, NAME, ("head", Text, false), ("parent", Text, false), DISABLED],
        above: Some("parent"),
    },
    Kind {
        name: "user-group",
        method: "org.workorderd.Directory1.PutUserGroup",
        judge: JUDGE,
        parameter: Some("userGroup"),
        fields: &[ID, NAME, ("members", List, false), DISABLED],
        above: None,
    },
    Kind {
        name: "service-provider",
        method: "org.workorderd.Directory1.PutServiceProvider",
        judge: JUDGE,
        parameter: Some("serviceProvider"),
        fields: &[ID, NAME, DISABLED],
        above: None,
    },
    Kind {
        name: "service-group",
        method: "org.workorderd.Directory1.PutServiceGroup",
        judge: JUDGE,
        parameter: Some("serviceGroup"),
        fields: &[
            ID,
            NAME,
            ("leader", Text, false),
            ("members", List, false),
            ("rule", Text, false),
            ("limit", Whole, false),
            ("provider", Text, false),
            DISABLED,
        ],
        above: None,
    },
    Kind {
        name: "account",
        method: "org.workorderd.Directory1.PutAccount",
        judge: JUDGE,
        parameter: Some("account"),
        fields: &[ID, NAME, ("region", Text, false), DISABLED],
        above: None,
    },
    Kind {
        name: "contact",
        method: "org.workorderd.Directory1.PutContact",
        judge: JUDGE,
        parameter: Some("contact"),
        fields: &[
            ID,
            NAME,
            ("account", Text, false),
            ("email", Text, false),
            ("mobile", Text, false),
            ("wechat", Text, false),
            ("wechat_through", Text, false),
            ("language", Text, false),
            DISABLED,
        ],
        above: None,
    },
    Kind {
        name: "product",
        method: "org.workorderd.Directory1.PutProduct",
        judge: JUDGE,
        parameter: Some("product"),
        fields: &[ID, NAME, ("model", Text, false), ("category", Text, false), DISABLED],
        above: None,
    },
    Kind {
        name: "terminal",
        method: "org.workorderd.Directory1.PutTerminal",
        judge: JUDGE,
        parameter: Some("terminal"),
        fields: &[
            ID,
            NAME,
            ("product", Text, true),
            ("account", Text, true),
            ("contact", Text, false),
            ("serial_number", Text, false),
            ("site", Text, false),
            ("warranty_end", Date, false),
            DISABLED,
        ],
        above: None,
    },
    Kind {
        name: WORK_ORDER,
        method: "org.workorderd.WorkOrders1.Create",
        judge: "org.workorderd.WorkOrders1.JudgeCreate",
        parameter: None,
        fields: &[
            ("record_type", Text, true),
            ("subject", Text, true),
            ("description", Text, false),
            ("reference", Text, false),
            ("account", Text, false),
            ("contact", Text, false),
            ("priority", Text, false),
            ("channel", Text, false),
            ("submitter", Text, false),
        ],
        above: None,
    },
];

/// The kind whose lines are created, not put.
pub const WORK_ORDER: &str = "work-order";

/// Names of the kinds, for the arguments.
pub const NAMES: [&str; 10] = [
    "staff-user",
    "department",
    "user-group",
    "service-provider",
    "service-group",
    "account",
    "contact",
    "product",
    "terminal",
    WORK_ORDER,
];

/// `serial_number` as calls write it: `serialNumber`.
pub fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut parts = name.split('_');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}
